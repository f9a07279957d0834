/*
 * fuzz_onnx.c - ONNX files: what is read is a whole graph, which can be printed
 * and written; what is written can be read again. Grids become integer
 * operators or stay as they are.
 */
#include <stdlib.h>
#include "format/format.h"
#include "fuzz.h"

static void write_and_read(const sinew_graph *graph) {
    static const struct sinew_write_options options = {0};
    struct sinew_bytes out = {0};
    sinew_graph *again = NULL;
    if (sinew_format_onnx.write(graph, &options, &out) == SINEW_OK &&
        sinew_graph_load_memory(&again, out.data, out.size, "again.onnx") < 0)
        abort();
    sinew_graph_free(&again);
    sinew_bytes_free(&out);
}

static void make_integers(const sinew_graph *graph) {
    sinew_graph *copy = NULL;
    int made;
    if (sinew_graph_clone(&copy, graph) == SINEW_OK &&
        sinew_pass_quant(copy, &made) == SINEW_OK && made < 0)
        abort();
    sinew_graph_free(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sinew_graph *graph = NULL;
    /* The check of the first bytes keeps other formats' readers out. */
    if (!sinew_format_onnx.probe(data, size)) return 0;
    if (sinew_graph_load_memory(&graph, data, size, "fuzz.onnx") < 0) {
        if (graph) abort();
        return 0;
    }
    if (sinew_graph_output_count(graph) < 1) abort();
    const sinew_graph_stats stats = sinew_graph_count(graph);
    if (stats.nodes < 0 || stats.macs < 0) abort();
    char *text = sinew_graph_dump(graph);
    sinew_free(text);
    write_and_read(graph);
    make_integers(graph);
    sinew_graph_free(&graph);
    return 0;
}
