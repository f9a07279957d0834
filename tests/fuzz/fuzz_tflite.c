/*
 * fuzz_tflite.c - TFLite files: what is read is a whole graph, whose sizes can
 * be asked for and which can be printed.
 */
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "graph/graph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sinew_graph *graph = NULL;
    /* The identifier keeps other formats' readers out. */
    if (size < 8 || memcmp(data + 4, "TFL3", 4) != 0) return 0;
    if (sinew_graph_load_memory(&graph, data, size, "fuzz.tflite") < 0) {
        if (graph) abort();
        return 0;
    }
    if (sinew_graph_output_count(graph) < 1) abort();
    const sinew_graph_stats stats = sinew_graph_count(graph);
    if (stats.nodes < 0 || stats.macs < 0) abort();
    char *text = sinew_graph_dump(graph);
    sinew_free(text);
    sinew_graph_free(&graph);
    return 0;
}
