/*
 * quantize.c - memory runs out at every possible moment of quantising a network
 * and of making and running the integer one.
 */
#include "oom/heap.h"
#include "compress/quantize.h"
#include "op/attrs.h"
#include <sinew/runtime.h>

static sinew_value conv(sinew_graph *graph, sinew_value x, int64_t oc, int k,
                        int groups, int act) {
    int64_t ic = sinew_graph_tensor(graph, x).dims[3] / groups;
    const int64_t dims[] = {oc, k, k, ic};
    const struct sinew_conv2d_attr attr = {.stride_h = 1,
                                           .stride_w = 1,
                                           .dilation_h = 1,
                                           .dilation_w = 1,
                                           .groups = groups,
                                           .same = 1,
                                           .act = {act, 1, 0}};
    sinew_value w =
        sinew_graph_add_const(graph, NULL, SINEW_F32, 4, dims, NULL);
    float *data = sinew_graph_const_data(graph, w);

    for (int64_t i = 0; data && i < oc * k * k * ic; i++)
        data[i] = (float)(i * 37 % 23 - 11) / 32;
    return sinew_graph_add(graph, SINEW_OP_CONV2D, NULL, &attr, SINEW_IN(x, w));
}

/* Swish, a depthwise layer, a sum and a concatenation. */
static sinew_status build(sinew_graph **result) {
    static const int64_t picture[] = {1, 6, 6, 3};
    const struct sinew_binary_attr plain = {{SINEW_ACT_NONE, 0, 0}};
    const struct sinew_axis_attr last = {3};
    sinew_graph *graph;
    sinew_status status = sinew_graph_create(&graph);

    if (status < 0) return status;
    sinew_value x = sinew_graph_add_input(graph, "in", SINEW_F32, 4, picture);
    x = conv(graph, x, 4, 3, 1, SINEW_ACT_SWISH);
    sinew_value y = conv(graph, x, 4, 3, 4, SINEW_ACT_NONE);
    y = sinew_graph_add(graph, SINEW_OP_ADD, NULL, &plain, SINEW_IN(x, y));
    y = conv(graph, y, 4, 1, 1, SINEW_ACT_RELU);
    x = sinew_graph_add(graph, SINEW_OP_CONCAT, NULL, &last, SINEW_IN(x, y));
    x = conv(graph, x, 4, 1, 1, SINEW_ACT_RELU);
    sinew_graph_add_output(graph, conv(graph, x, 2, 1, 1, SINEW_ACT_NONE),
                           "out");
    status = sinew_graph_finish(graph);
    if (status < 0) sinew_graph_free(&graph);
    *result = graph;
    return status;
}

static void fill(const sinew_tensor *in, int seed) {
    for (int64_t i = 0; i < sinew_tensor_count(in); i++)
        ((float *)in->data)[i] = (float)((i + seed) * 29 % 17 - 8) / 8;
}

static sinew_status quantize_once(void) {
    sinew_graph *graph = NULL, *made = NULL;
    struct sinew_quantizer *quantizer = NULL;
    sinew_runtime *runtime = NULL;
    sinew_runtime_options options;
    sinew_status status;

    sinew_runtime_options_init(&options);
    options.threads = 1;
    options.precision = SINEW_PRECISION_INT8;
    SINEW_TRY(build(&graph));
    SINEW_TRY(sinew_quantizer_create(&quantizer, graph, 1));
    for (int i = 0; i < 2; i++) {
        fill(sinew_quantizer_input(quantizer, 0), i);
        SINEW_TRY(sinew_quantizer_observe(quantizer));
    }
    SINEW_TRY(sinew_quantizer_finish(quantizer, &made));
    assert_int_equal(sinew_quantizer_describe(quantizer).layers, 4);
    SINEW_TRY(sinew_runtime_create(&runtime, made, &options));
    fill(sinew_runtime_input(runtime, 0), 1);
    SINEW_TRY(sinew_runtime_run(runtime));
fail:
    sinew_runtime_free(&runtime);
    sinew_quantizer_free(&quantizer);
    sinew_graph_free(&graph);
    sinew_graph_free(&made);
    return status;
}

static void test_quantize(void **state) {
    (void)state;
    sweep(quantize_once);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_quantize)};
    return cmocka_run_group_tests_name("oom quantize", tests, NULL, NULL);
}
