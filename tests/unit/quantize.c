/*
 * quantize.c - a small network with everything the quantiser knows, put on
 * grids and run in integers: on every level with the same bytes, against the
 * same grids in floats, and against the network it was made of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sinew/runtime.h>
#include "base/rng.h"
#include "compress/quantizer.h"
#include "format/format.h"
#include "kernel/cpu.h"
#include "op/attrs.h"
#include "wire/cursor.h"

/* ---- the network ---- */

struct builder {
    sinew_graph *graph;
    struct sinew_rng rng;
};

static sinew_value weights(struct builder *b, int rank, const int64_t *dims,
                           float size) {
    sinew_value v =
        sinew_graph_add_const(b->graph, NULL, SINEW_F32, rank, dims, NULL);
    sinew_tensor t = sinew_graph_tensor(b->graph, v);
    float *data = sinew_graph_const_data(b->graph, v);

    for (int64_t i = 0; data && i < sinew_tensor_count(&t); i++)
        data[i] = (float)(sinew_rng_uniform(&b->rng) * 2 - 1) * size;
    return v;
}

static sinew_value conv(struct builder *b, sinew_value x, int64_t oc, int k,
                        int stride, int64_t groups, int act) {
    int64_t ic = sinew_graph_tensor(b->graph, x).dims[3];
    const int64_t w[] = {oc, k, k, ic / groups};
    const struct sinew_conv2d_attr attr = {.stride_h = stride,
                                           .stride_w = stride,
                                           .dilation_h = 1,
                                           .dilation_w = 1,
                                           .groups = (int32_t)groups,
                                           .same = 1,
                                           .act = {act, 1, 0}};
    float size = 2 / sqrtf((float)(w[1] * w[2] * w[3]));
    sinew_value kernel = weights(b, 4, w, size), bias = weights(b, 1, &oc, .3f);

    return sinew_graph_add(b->graph, SINEW_OP_CONV2D, NULL, &attr,
                           SINEW_IN(x, kernel, bias));
}

static sinew_value binary(struct builder *b, enum sinew_op op, sinew_value x,
                          sinew_value y) {
    const struct sinew_binary_attr attr = {{SINEW_ACT_NONE, 0, 0}};

    return sinew_graph_add(b->graph, op, NULL, &attr, SINEW_IN(x, y));
}

/* x times what its means say of each channel. */
static sinew_value squeeze(struct builder *b, sinew_value x, int64_t c) {
    const struct sinew_reduce_attr mean = {2, {1, 2}, 0};
    const int64_t dims[] = {1, 1, 1, c};
    const struct sinew_reshape_attr plain = {0};
    sinew_value m = sinew_graph_add(b->graph, SINEW_OP_REDUCE_MEAN, NULL, &mean,
                                    SINEW_IN(x));

    m = sinew_graph_add(b->graph, SINEW_OP_RESHAPE, NULL, &plain,
                        SINEW_IN(m, sinew_graph_add_i64s(b->graph, dims, 4)));
    m = conv(b, m, 4, 1, 1, 1, SINEW_ACT_RELU);
    m = conv(b, m, c, 1, 1, 1, SINEW_ACT_SIGMOID);
    return binary(b, SINEW_OP_MUL, x, m);
}

static sinew_value pool(struct builder *b, sinew_value x) {
    const struct sinew_pool2d_attr attr = {.kernel_h = 2,
                                           .kernel_w = 2,
                                           .stride_h = 2,
                                           .stride_w = 2,
                                           .dilation_h = 1,
                                           .dilation_w = 1};

    return sinew_graph_add(b->graph, SINEW_OP_MAX_POOL2D, NULL, &attr,
                           SINEW_IN(x));
}

static sinew_value twice(struct builder *b, sinew_value x) {
    const struct sinew_resize2d_attr attr = {.mode = SINEW_INTERP_NEAREST,
                                             .coord = SINEW_COORD_ASYMMETRIC,
                                             .round = SINEW_ROUND_FLOOR,
                                             .scale_h = 2,
                                             .scale_w = 2};

    return sinew_graph_add(b->graph, SINEW_OP_RESIZE2D, NULL, &attr,
                           SINEW_IN(x));
}

static sinew_value back(struct builder *b, sinew_value x, int64_t c) {
    const int64_t w[] = {c, 4, 4, c};
    const struct sinew_conv_transpose2d_attr attr = {.stride_h = 2,
                                                     .stride_w = 2,
                                                     .dilation_h = 1,
                                                     .dilation_w = 1,
                                                     .groups = 1,
                                                     .same = 1};

    return sinew_graph_add(b->graph, SINEW_OP_CONV_TRANSPOSE2D, NULL, &attr,
                           SINEW_IN(x, weights(b, 4, w, .2f)));
}

/* Two outputs, one of which others read too. */
static sinew_graph *make_network(void) {
    const int64_t dims[] = {1, 24, 32, 3};
    const struct sinew_axis_attr last = {3};
    struct builder b = {0};

    sinew_rng_seed(&b.rng, 5);
    assert_int_equal(sinew_graph_create(&b.graph), SINEW_OK);
    sinew_value x = sinew_graph_add_input(b.graph, "x", SINEW_F32, 4, dims);
    x = conv(&b, x, 16, 3, 2, 1, SINEW_ACT_SWISH);
    sinew_value y = conv(&b, x, 16, 3, 1, 16, SINEW_ACT_HARD_SWISH);
    y = squeeze(&b, y, 16);
    y = conv(&b, y, 16, 1, 1, 1, SINEW_ACT_NONE);
    x = binary(&b, SINEW_OP_ADD, x, y);
    sinew_graph_add_output(b.graph, x, "middle");
    y = twice(&b, conv(&b, pool(&b, x), 24, 3, 1, 1, SINEW_ACT_RELU6));
    x = sinew_graph_add(b.graph, SINEW_OP_CONCAT, NULL, &last, SINEW_IN(x, y));
    x = conv(&b, x, 24, 5, 1, 1, SINEW_ACT_SWISH);
    x = back(&b, x, 24);
    x = conv(&b, x, 5, 1, 1, 1, SINEW_ACT_NONE);
    sinew_graph_add_output(b.graph, x, "maps");
    assert_int_equal(sinew_graph_finish(b.graph), SINEW_OK);
    return b.graph;
}

static void fill(const sinew_tensor *in, uint64_t seed) {
    struct sinew_rng rng;

    sinew_rng_seed(&rng, seed);
    for (int64_t i = 0; i < sinew_tensor_count(in); i++)
        ((float *)in->data)[i] = (float)sinew_rng_uniform(&rng) * 2 - 1;
}

static sinew_graph *quantized(const sinew_graph *network, int *layers) {
    struct sinew_quantizer *q;
    sinew_graph *made;

    assert_int_equal(sinew_quantizer_create(&q, network, 1), SINEW_OK);
    for (uint64_t i = 0; i < 4; i++) {
        fill(sinew_quantizer_input(q, 0), i);
        assert_int_equal(sinew_quantizer_observe(q), SINEW_OK);
    }
    if (sinew_quantizer_finish(q, &made) < 0)
        fail_msg("%s", sinew_error_message());
    *layers = sinew_quantizer_describe(q).layers;
    assert_int_equal(sinew_quantizer_describe(q).observed, 4);
    sinew_quantizer_free(&q);
    return made;
}

static sinew_runtime *compiled(const sinew_graph *graph, int precision,
                               const char *level) {
    sinew_runtime_options options;
    sinew_runtime *runtime;

    sinew_runtime_options_init(&options);
    options.precision = precision;
    options.cpu = level;
    if (sinew_runtime_create(&runtime, graph, &options) < 0)
        fail_msg("%s", sinew_error_message());
    fill(sinew_runtime_input(runtime, 0), 2);
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
    return runtime;
}

/* The bytes of every grid as outputs, and nothing else. */
static int show_bytes(sinew_graph *graph) {
    graph->n_outputs = 0;
    for (int n = 0; n < graph->n_nodes; n++)
        if (graph->nodes[n].op == sinew_op_desc(SINEW_OP_QUANTIZE)) {
            char name[16];
            snprintf(name, sizeof name, "q%d", n);
            sinew_graph_add_output(graph, graph->nodes[n].out[0], name);
        }
    assert_int_equal(sinew_graph_finish(graph), SINEW_OK);
    return graph->n_outputs;
}

static int count_steps(const sinew_runtime *runtime, const char *op) {
    int n = 0;

    for (int i = 0; i < sinew_runtime_step_count(runtime); i++)
        n += strcmp(sinew_runtime_step(runtime, i).op, op) == 0;
    return n;
}

/* ---- tests ---- */

/* Bytes of all grids, in integers on every level against the reference, and
 * against the same grids in floats, which may round the other way, and then
 * again where that was read. */
static void test_bytes(void **state) {
    sinew_graph *network = make_network();
    int layers;
    sinew_graph *made = quantized(network, &layers);
    int n = show_bytes(made);
    sinew_runtime *ref = compiled(made, SINEW_PRECISION_INT8, "ref");
    sinew_runtime *floats = compiled(made, SINEW_PRECISION_FP32, "ref");

    (void)state;
    for (int i = 0; i < n; i++) {
        const sinew_tensor *a = sinew_runtime_output(ref, i);
        const sinew_tensor *b = sinew_runtime_output(floats, i);
        const uint8_t *x = a->data, *y = b->data;
        assert_int_equal(a->dtype, SINEW_U8);
        assert_true(sinew_tensor_same_shape(a, b));
        int64_t count = sinew_tensor_count(a), far = 0;
        for (int64_t k = 0; k < count; k++) {
            far += abs(x[k] - y[k]) > 1;
            if (abs(x[k] - y[k]) > 3)
                fail_msg("grid %d: byte %d is %d, in floats %d", i, (int)k,
                         x[k], y[k]);
        }
        assert_true(far * 200 <= count);
    }
    for (int level = 0; level < SINEW_CPU_COUNT; level++) {
        if (!sinew_cpu_has((enum sinew_cpu_level)level)) continue;
        const char *name = sinew_cpu_level_name((enum sinew_cpu_level)level);
        sinew_runtime *now = compiled(made, SINEW_PRECISION_INT8, name);
        for (int i = 0; i < n; i++)
            assert_memory_equal(
                sinew_runtime_output(now, i)->data,
                sinew_runtime_output(ref, i)->data,
                sinew_tensor_bytes(sinew_runtime_output(ref, i)));
        sinew_runtime_free(&now);
    }
    sinew_runtime_free(&ref);
    sinew_runtime_free(&floats);
    sinew_graph_free(&made);
    sinew_graph_free(&network);
}

/* Everything between the first grid and the last convolution is integers; the
 * result is close to the network's own. */
static void test_network(void **state) {
    sinew_graph *network = make_network();
    int layers, last = 1;
    sinew_graph *made = quantized(network, &layers);

    (void)state;
    assert_int_equal(sinew_graph_keep_outputs(network, &last, 1), SINEW_OK);
    assert_int_equal(sinew_graph_keep_outputs(made, &last, 1), SINEW_OK);
    sinew_runtime *ours = compiled(made, SINEW_PRECISION_INT8, NULL);
    sinew_runtime *floats = compiled(network, SINEW_PRECISION_FP32, NULL);
    assert_int_equal(layers, 8);
    assert_int_equal(count_steps(ours, "q_conv"), 8);
    assert_int_equal(count_steps(ours, "q_mean"), 1);
    assert_int_equal(count_steps(ours, "q_add"), 1);
    assert_int_equal(count_steps(ours, "q_mul"), 1);
    assert_int_equal(count_steps(ours, "q_table"), 0);
    assert_int_equal(count_steps(ours, "quantize"), 1);
    assert_int_equal(count_steps(ours, "dequantize"), 1);
    assert_int_equal(count_steps(ours, "conv2d"), 1);

    const sinew_tensor *a = sinew_runtime_output(ours, 0);
    const sinew_tensor *b = sinew_runtime_output(floats, 0);
    const float *x = a->data, *y = b->data;
    double apart = 0, low = 0, high = 0;
    int64_t n = sinew_tensor_count(b);
    assert_true(sinew_tensor_same_shape(a, b));
    for (int64_t k = 0; k < n; k++) {
        apart += fabs((double)x[k] - (double)y[k]) / (double)n;
        low = fmin(low, (double)y[k]);
        high = fmax(high, (double)y[k]);
    }
    assert_true(apart < 0.02 * (high - low));
    assert_true(apart > 0);
    sinew_runtime_free(&ours);
    sinew_runtime_free(&floats);
    sinew_graph_free(&made);
    sinew_graph_free(&network);
}

/* Through a file: the same bits. */
static void test_file(void **state) {
    sinew_graph *network = make_network(), *read = NULL;
    int layers;
    sinew_graph *made = quantized(network, &layers);
    struct sinew_bytes file = {0};

    (void)state;
    const struct sinew_write_options options = {0};
    assert_int_equal(sinew_format_onnx.write(made, &options, &file), SINEW_OK);
    assert_int_equal(sinew_graph_create(&read), SINEW_OK);
    if (sinew_format_onnx.read(read, file.data, file.size) < 0 ||
        sinew_graph_finish(read) < 0)
        fail_msg("%s", sinew_error_message());
    assert_int_equal(sinew_graph_use_nhwc(read), SINEW_OK);
    sinew_runtime *a = compiled(made, SINEW_PRECISION_INT8, NULL);
    sinew_runtime *b = compiled(read, SINEW_PRECISION_INT8, NULL);
    for (int i = 0; i < 2; i++)
        assert_memory_equal(sinew_runtime_output(a, i)->data,
                            sinew_runtime_output(b, i)->data,
                            sinew_tensor_bytes(sinew_runtime_output(a, i)));
    sinew_runtime_free(&a);
    sinew_runtime_free(&b);
    sinew_bytes_free(&file);
    sinew_graph_free(&read);
    sinew_graph_free(&made);
    sinew_graph_free(&network);
}

static void test_refused(void **state) {
    sinew_graph *network = make_network(), *made;
    sinew_runtime_options options;
    struct sinew_quantizer *q;
    sinew_runtime *runtime;

    (void)state;
    sinew_runtime_options_init(&options);
    options.precision = SINEW_PRECISION_INT8;
    assert_int_equal(sinew_runtime_create(&runtime, network, &options),
                     SINEW_UNSUPPORTED);
    assert_non_null(strstr(sinew_error_message(), "quantize"));
    assert_int_equal(sinew_quantizer_create(&q, network, 1), SINEW_OK);
    assert_int_equal(sinew_quantizer_finish(q, &made), SINEW_INVALID);
    assert_null(made);
    fill(sinew_quantizer_input(q, 0), 1);
    ((float *)sinew_quantizer_input(q, 0)->data)[7] = NAN;
    assert_int_equal(sinew_quantizer_observe(q), SINEW_INVALID);
    sinew_quantizer_free(&q);
    sinew_graph_free(&network);
}

/* A linear stream of 16 channels from 1 to 4^7 apart, joined, shuffled, parted,
 * added and pooled before a layer reads it. */
static sinew_graph *make_unlike(void) {
    const int64_t dims[] = {1, 16, 16, 3}, cut[] = {1, 256, 2, 16},
                  whole[] = {1, 16, 16, 32};
    const struct sinew_transpose_attr turn = {4, {0, 1, 3, 2}};
    const struct sinew_axis_attr last = {3};
    const struct sinew_reshape_attr plain = {0};
    struct builder b = {0};
    sinew_value half[2];

    sinew_rng_seed(&b.rng, 11);
    assert_int_equal(sinew_graph_create(&b.graph), SINEW_OK);
    sinew_value x = sinew_graph_add_input(b.graph, "x", SINEW_F32, 4, dims);
    x = conv(&b, x, 16, 3, 1, 1, SINEW_ACT_NONE);
    struct sinew_node *node = &b.graph->nodes[b.graph->n_nodes - 1];
    float *w = sinew_graph_const_data(b.graph, node->in[1]);
    float *bias = sinew_graph_const_data(b.graph, node->in[2]);
    for (int c = 0; c < 16; c++) {
        for (int i = 0; i < 27; i++)
            w[c * 27 + i] *= (float)(1 << c % 8 * 2);
        bias[c] *= (float)(1 << c % 8 * 2);
    }
    sinew_value y = conv(&b, x, 16, 1, 1, 1, SINEW_ACT_RELU);
    x = sinew_graph_add(b.graph, SINEW_OP_CONCAT, NULL, &last, SINEW_IN(x, y));
    x = sinew_graph_add(b.graph, SINEW_OP_RESHAPE, NULL, &plain,
                        SINEW_IN(x, sinew_graph_add_i64s(b.graph, cut, 4)));
    x = sinew_graph_add(b.graph, SINEW_OP_TRANSPOSE, NULL, &turn, SINEW_IN(x));
    x = sinew_graph_add(b.graph, SINEW_OP_RESHAPE, NULL, &plain,
                        SINEW_IN(x, sinew_graph_add_i64s(b.graph, whole, 4)));
    sinew_graph_add_node(b.graph, SINEW_OP_SPLIT, NULL, &last, &x, 1, half, 2);
    x = pool(&b, binary(&b, SINEW_OP_ADD, half[0], half[1]));
    x = conv(&b, x, 8, 1, 1, 1, SINEW_ACT_RELU);
    sinew_graph_add_output(b.graph, conv(&b, x, 4, 1, 1, 1, SINEW_ACT_NONE),
                           "maps");
    assert_int_equal(sinew_graph_finish(b.graph), SINEW_OK);
    return b.graph;
}

/* Channels become less unlike, the network's function stays, and 8 bits are
 * enough for it. */
static void test_equalised(void **state) {
    sinew_graph *network = make_unlike(), *made;
    struct sinew_quantizer *q;
    float least = INFINITY, greatest = 0;

    (void)state;
    assert_int_equal(sinew_quantizer_create(&q, network, 1), SINEW_OK);
    fill(sinew_quantizer_input(q, 0), 2);
    assert_int_equal(sinew_quantizer_observe(q), SINEW_OK);
    assert_int_equal(sinew_quantizer_finish(q, &made), SINEW_OK);
    const struct sinew_node *first = &q->graph->nodes[0];
    const struct sinew_quant_channels *seen = &q->channels[first->out[0]];
    for (int c = 0; c < 16; c++) {
        float most = fmaxf(-seen->low[c], seen->high[c]);
        least = fminf(least, most);
        greatest = fmaxf(greatest, most);
    }
    assert_true(least > 0 && greatest < 512 * least);

    sinew_runtime *a = compiled(network, SINEW_PRECISION_FP32, "ref");
    sinew_runtime *b = compiled(q->graph, SINEW_PRECISION_FP32, "ref");
    sinew_runtime *c = compiled(made, SINEW_PRECISION_INT8, "ref");
    const float *x = sinew_runtime_output(a, 0)->data;
    const float *y = sinew_runtime_output(b, 0)->data;
    const float *z = sinew_runtime_output(c, 0)->data;
    double power = 0, error = 0, rounded = 0;
    for (int64_t i = 0; i < sinew_tensor_count(sinew_runtime_output(a, 0));
         i++) {
        power += (double)(x[i] * x[i]);
        error += (double)((y[i] - x[i]) * (y[i] - x[i]));
        rounded += (double)((z[i] - x[i]) * (z[i] - x[i]));
    }
    assert_true(error < 1e-10 * power);
    assert_true(rounded < 1e-2 * power && rounded > 0);
    sinew_runtime_free(&a);
    sinew_runtime_free(&b);
    sinew_runtime_free(&c);
    sinew_quantizer_free(&q);
    sinew_graph_free(&made);
    sinew_graph_free(&network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes), cmocka_unit_test(test_network),
        cmocka_unit_test(test_file), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_equalised)};
    return cmocka_run_group_tests_name("quantize", tests, NULL, NULL);
}
