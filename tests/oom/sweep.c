/*
 * sweep.c - memory runs out at every possible moment of loading, compiling,
 * running and saving a network.
 */
#include <unistd.h>
#include "graph/graph.h"
#include "oom/heap.h"
#include "op/attrs.h"
#include <sinew/runtime.h>

/* ---- a small network with a bit of everything -----------------------------
 */

static sinew_value weights(sinew_graph *graph, const char *name, int rank,
                           const int64_t *dims) {
    sinew_value value =
        sinew_graph_add_const(graph, name, SINEW_F32, rank, dims, NULL);
    sinew_tensor tensor = sinew_graph_tensor(graph, value);
    float *data = sinew_graph_const_data(graph, value);
    for (int64_t i = 0; data && i < sinew_tensor_count(&tensor); i++)
        data[i] = (float)((i * 37) % 23 - 11) / 32;
    return value;
}
#define WEIGHTS(graph, name, ...)                                              \
    weights(graph, name, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t),   \
            (const int64_t[]){__VA_ARGS__})

static sinew_value conv(sinew_graph *graph, const char *name, sinew_value x,
                        sinew_value w, int stride, int groups) {
    const struct sinew_conv2d_attr attr = {
        .stride_h = stride,
        .stride_w = stride,
        .dilation_h = 1,
        .dilation_w = 1,
        .groups = groups,
        .pads = {1, 1, 1, 1},
    };
    return sinew_graph_add(graph, SINEW_OP_CONV2D, name, &attr, SINEW_IN(x, w));
}

static sinew_value swish(sinew_graph *graph, sinew_value x) {
    const struct sinew_activation_attr sigmoid = {{SINEW_ACT_SIGMOID, 0, 0}};
    const struct sinew_binary_attr plain = {{SINEW_ACT_NONE, 0, 0}};
    sinew_value gate = sinew_graph_add(graph, SINEW_OP_ACTIVATION, "gate",
                                       &sigmoid, SINEW_IN(x));
    return sinew_graph_add(graph, SINEW_OP_MUL, "swish", &plain,
                           SINEW_IN(x, gate));
}

static sinew_status build(sinew_graph **result) {
    static const int64_t picture[] = {1, 8, 8, 3}, flat[] = {-1, 256};
    const struct sinew_axis_attr last = {-1};
    const struct sinew_reshape_attr reshape = {0};
    const struct sinew_matmul_attr linear = {.transpose_b = 1, .alpha = 1};
    sinew_graph *graph;
    sinew_status status = sinew_graph_create(&graph);
    if (status < 0) return status;
    sinew_value x = sinew_graph_add_input(graph, "in", SINEW_F32, 4, picture);
    x = conv(graph, "stem", x, WEIGHTS(graph, "stem.w", 8, 3, 3, 3), 2, 1);
    x = swish(graph, x);
    sinew_value y =
        conv(graph, "dw", x, WEIGHTS(graph, "dw.w", 8, 3, 3, 1), 1, 8);
    x = sinew_graph_add(graph, SINEW_OP_CONCAT, "cat", &last, SINEW_IN(x, y));
    x = sinew_graph_add(graph, SINEW_OP_RESHAPE, "flat", &reshape,
                        SINEW_IN(x, sinew_graph_add_i64s(graph, flat, 2)));
    x = sinew_graph_add(graph, SINEW_OP_MATMUL, "fc", &linear,
                        SINEW_IN(x, WEIGHTS(graph, "fc.w", 5, 256)));
    x = sinew_graph_add(graph, SINEW_OP_SOFTMAX, "soft", &last, SINEW_IN(x));
    sinew_graph_add_output(graph, x, "out");
    status = sinew_graph_set_metadata(graph, "sinew.keypoints", "a b");
    if (status == SINEW_OK) status = sinew_graph_finish(graph);
    if (status < 0) sinew_graph_free(&graph);
    *result = graph;
    return status;
}

/* The network as a file, in a folder of its own. */
static char model_path[300], copy_path[300];

static int write_model(void **state) {
    (void)state;
    static char folder[256];
    sinew_graph *graph;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/sinew-oom-XXXXXX",
             base ? base : P_tmpdir);
    if (!mkdtemp(folder)) return -1;
    snprintf(model_path, sizeof model_path, "%s/model.onnx", folder);
    snprintf(copy_path, sizeof copy_path, "%s/copy.onnx", folder);
    *state = folder;
    if (build(&graph) < 0 || sinew_graph_save(graph, model_path, false) < 0) {
        fprintf(stderr, "%s\n", sinew_error_message());
        return -1;
    }
    sinew_graph_free(&graph);
    return 0;
}

static int remove_model(void **state) {
    remove(model_path);
    remove(copy_path);
    return rmdir(*state); /* fails if a temporary file was left */
}

/* ---- the sweeps ------------------------------------------------------------
 */

static sinew_status build_once(void) {
    sinew_graph *graph = NULL;
    sinew_status status = build(&graph);
    sinew_graph_free(&graph);
    return status;
}

static sinew_status run_with(int precision) {
    sinew_graph *graph = NULL;
    sinew_runtime *runtime = NULL;
    sinew_runtime_options options;
    sinew_status status;
    sinew_runtime_options_init(&options);
    options.threads = 2;
    options.precision = precision;
    SINEW_TRY(sinew_graph_load(&graph, model_path));
    SINEW_TRY(sinew_runtime_create(&runtime, graph, &options));
    sinew_graph_free(&graph);
    long before = heap.count;
    SINEW_TRY(sinew_runtime_run(runtime));
    if (heap.count != before)
        fail_msg("running allocated %ld blocks", heap.count - before);
    const sinew_tensor *out = sinew_runtime_output(runtime, 0);
    float sum = 0;
    for (int i = 0; i < 5; i++)
        sum += ((const float *)out->data)[i];
    assert_true(sum > 0.999f && sum < 1.001f);
fail:
    if (status < 0) assert_null(runtime);
    sinew_runtime_free(&runtime);
    sinew_graph_free(&graph);
    return status;
}

static sinew_status run_once(void) {
    return run_with(SINEW_PRECISION_FP32);
}

static sinew_status run_bf16_once(void) {
    return run_with(SINEW_PRECISION_BF16);
}

static sinew_status reshape_once(void) {
    static const int64_t dims[] = {2, 8, 8, 3}, wrong[] = {1, 8, 8, 4};
    sinew_graph *graph = NULL;
    sinew_status status;
    SINEW_TRY(sinew_graph_load(&graph, model_path));
    SINEW_TRY(sinew_graph_use_nhwc(graph));
    status = sinew_graph_set_input_shape(graph, 0, wrong, 4);
    if (status != SINEW_SHAPE && status != SINEW_NOMEM)
        fail_msg("a wrong shape gives %d", status);
    assert_int_equal(sinew_graph_input(graph, 0).dims[3], 3);
    if (heap.failed) { /* maybe only the message's memory was short */
        status = SINEW_NOMEM;
        goto fail;
    }
    status = sinew_graph_set_input_shape(graph, 0, dims, 4);
    assert_int_equal(sinew_graph_output(graph, 0).dims[0], status < 0 ? 1 : 2);
fail:
    sinew_graph_free(&graph);
    return status;
}

static sinew_status save_once(void) {
    sinew_graph *graph = NULL;
    sinew_status status;
    remove(copy_path);
    SINEW_TRY(sinew_graph_load(&graph, model_path));
    status = sinew_graph_save(graph, copy_path, false);
    if (status < 0) assert_int_not_equal(access(copy_path, F_OK), 0);
fail:
    sinew_graph_free(&graph);
    return status;
}

static sinew_status text_once(void) {
    sinew_graph *graph = NULL;
    char *text = NULL;
    sinew_status status;
    SINEW_TRY(sinew_graph_load(&graph, model_path));
    text = sinew_graph_dump(graph);
    status = text ? SINEW_OK : SINEW_NOMEM;
    if (text) {
        sinew_free(text);
        text = sinew_graph_dot(graph);
        status = text ? SINEW_OK : SINEW_NOMEM;
    }
fail:
    sinew_free(text);
    sinew_graph_free(&graph);
    return status;
}

static void building(void **state) {
    (void)state;
    sweep(build_once);
}

static void loading_and_running(void **state) {
    (void)state;
    sweep(run_once);
}

static void running_in_bf16(void **state) {
    (void)state;
    sweep(run_bf16_once);
}

static void changing_shapes(void **state) {
    (void)state;
    sweep(reshape_once);
}

static void saving(void **state) {
    (void)state;
    sweep(save_once);
}

static void printing(void **state) {
    (void)state;
    sweep(text_once);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(building),
        cmocka_unit_test(loading_and_running),
        cmocka_unit_test(running_in_bf16),
        cmocka_unit_test(changing_shapes),
        cmocka_unit_test(saving),
        cmocka_unit_test(printing),
    };
    return cmocka_run_group_tests(tests, write_model, remove_model);
}
