/*
 * onnx_sample.h - what tests of the ONNX reader and writer share: the files of
 * tests/data/onnx and running a graph on the input they were made for.
 */
#ifndef SINEW_TESTS_UNIT_ONNX_SAMPLE_H
#define SINEW_TESTS_UNIT_ONNX_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/runtime.h>
#include "format/format.h"
#include "op/attrs.h"

#define MAX_OUTPUTS 32

/* Copies of all outputs of one run. */
struct results {
    int n;
    sinew_tensor out[MAX_OUTPUTS];
};

/* Input i of N elements: ((37 k + 11 i + 11) mod 101 - 50) / 25, k < N. */
static inline void fill_inputs(const sinew_graph *graph,
                               sinew_runtime *runtime) {
    for (int i = 0; i < sinew_graph_input_count(graph); i++) {
        sinew_tensor *in = sinew_runtime_input(runtime, i);
        assert_int_equal(in->dtype, SINEW_F32);
        for (int64_t k = 0; k < sinew_tensor_count(in); k++)
            ((float *)in->data)[k] =
                (float)((37 * k + 11 * i + 11) % 101 - 50) / 25.0f;
    }
}

static inline struct results run_graph(const sinew_graph *graph) {
    struct results results = {.n = sinew_graph_output_count(graph)};
    sinew_runtime *runtime = NULL;
    if (sinew_runtime_create(&runtime, graph, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    fill_inputs(graph, runtime);
    if (sinew_runtime_run(runtime) < 0) fail_msg("%s", sinew_error_message());
    assert_true(results.n <= MAX_OUTPUTS);
    for (int i = 0; i < results.n; i++) {
        results.out[i] = *sinew_runtime_output(runtime, i);
        size_t bytes = sinew_tensor_bytes(&results.out[i]);
        void *copy = sinew_alloc(bytes, 1);
        assert_non_null(copy);
        memcpy(copy, results.out[i].data, bytes);
        results.out[i].data = copy;
    }
    sinew_runtime_free(&runtime);
    return results;
}

static inline void results_free(struct results *results) {
    for (int i = 0; i < results->n; i++)
        sinew_free(results->out[i].data);
    results->n = 0;
}

static inline void check_same(const char *what, const struct results *a,
                              const struct results *b) {
    assert_int_equal(a->n, b->n);
    for (int i = 0; i < a->n; i++) {
        const sinew_tensor *x = &a->out[i], *y = &b->out[i];
        if (x->dtype != y->dtype || !sinew_tensor_same_shape(x, y) ||
            memcmp(x->data, y->data, sinew_tensor_bytes(x)) != 0)
            fail_msg("%s: output %d differs", what, i);
    }
}

/* The bytes of a file of tests/data/onnx, in a block of exactly their size. */
static inline uint8_t *sample_bytes(const char *name, size_t *size) {
    char path[300];
    struct sinew_file file;
    snprintf(path, sizeof path, "tests/data/onnx/%s.onnx", name);
    if (sinew_file_open(&file, path) < 0) fail_msg("%s", sinew_error_message());
    uint8_t *bytes = malloc(file.size);
    assert_non_null(bytes);
    memcpy(bytes, file.data, file.size);
    *size = file.size;
    sinew_file_close(&file);
    return bytes;
}

static inline sinew_graph *read_bytes(const void *bytes, size_t size) {
    sinew_graph *graph = NULL;
    if (sinew_graph_load_memory(&graph, bytes, size, "memory.onnx") < 0)
        fail_msg("%s", sinew_error_message());
    return graph;
}

static inline sinew_graph *load_sample(const char *name) {
    size_t size;
    uint8_t *bytes = sample_bytes(name, &size);
    sinew_graph *graph = read_bytes(bytes, size);
    free(bytes);
    return graph;
}

static inline struct sinew_bytes
write_graph(const sinew_graph *graph,
            const struct sinew_write_options *options) {
    static const struct sinew_write_options defaults = {0};
    struct sinew_bytes bytes = {0};
    sinew_status status =
        sinew_format_onnx.write(graph, options ? options : &defaults, &bytes);
    if (status < 0) fail_msg("%s", sinew_error_message());
    return bytes;
}

#endif
