/*
 * int8_peer.c - a quantised network with the bytes of all its grids as outputs,
 * for int8_peer.js to run in another engine.
 *
 *     int8_peer MODEL FOLDER
 *
 * writes bytes.onnx, the network; input.f32, a picture of soft noise; ours.u8,
 * what `--precision int8` makes of it, output after output; and how many
 * integer operators that took to standard output.
 */
#include <stdio.h>
#include <string.h>
#include <sinew/runtime.h>
#include "base/rng.h"
#include "format/format.h"
#include "graph/graph.h"

static int show_bytes(sinew_graph *graph) {
    graph->n_outputs = 0;
    for (int n = 0; n < graph->n_nodes; n++)
        if (graph->nodes[n].op == sinew_op_desc(SINEW_OP_QUANTIZE)) {
            char name[24];
            snprintf(name, sizeof name, "grid%d", graph->n_outputs);
            sinew_graph_add_output(graph, graph->nodes[n].out[0], name);
        }
    return graph->n_outputs;
}

/* Each number near the last one, so that there are edges and plains. */
static void fill(const sinew_tensor *in) {
    struct sinew_rng rng;
    float x = 0;

    sinew_rng_seed(&rng, 1);
    for (int64_t i = 0; i < sinew_tensor_count(in); i++) {
        x = .9f * x + (float)(sinew_rng_uniform(&rng) - .5);
        ((float *)in->data)[i] = x;
    }
}

static bool put(const char *folder, const char *name, const sinew_tensor *data,
                const char *mode) {
    char path[4096];
    size_t bytes = sinew_tensor_bytes(data);

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, mode);
    bool fine = file && fwrite(data->data, 1, bytes, file) == bytes;
    return file && fclose(file) == 0 && fine;
}

int main(int argc, char **argv) {
    sinew_graph *graph = NULL;
    sinew_runtime *runtime = NULL;
    sinew_runtime_options options;
    char path[4096];
    int integers = 0;
    sinew_status status;

    if (argc != 3) return 2;
    snprintf(path, sizeof path, "%s/bytes.onnx", argv[2]);
    sinew_runtime_options_init(&options);
    options.threads = 1;
    options.precision = SINEW_PRECISION_INT8;
    SINEW_TRY(sinew_graph_load(&graph, argv[1]));
    int outputs = show_bytes(graph);
    SINEW_TRY(sinew_graph_finish(graph));
    SINEW_TRY(sinew_graph_save(graph, path, true));
    SINEW_TRY(sinew_runtime_create(&runtime, graph, &options));
    fill(sinew_runtime_input(runtime, 0));
    SINEW_TRY(sinew_runtime_run(runtime));
    bool fine =
        put(argv[2], "input.f32", sinew_runtime_input(runtime, 0), "wb");
    for (int i = 0; fine && i < outputs; i++)
        fine = put(argv[2], "ours.u8", sinew_runtime_output(runtime, i),
                   i == 0 ? "wb" : "ab");
    for (int i = 0; i < sinew_runtime_step_count(runtime); i++)
        integers += strncmp(sinew_runtime_step(runtime, i).op, "q_", 2) == 0;
    printf("%d\n", integers);
    if (!fine) status = sinew_fail(SINEW_IO, "%s: cannot be written", argv[2]);
fail:
    if (status < 0) fprintf(stderr, "int8_peer: %s\n", sinew_error_message());
    sinew_runtime_free(&runtime);
    sinew_graph_free(&graph);
    return status < 0;
}
