/*
 * graph.c - building graphs (errors that stick), shapes and known values,
 * passes (fold, norm, layout, fuse), sharing of memory, and running.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/runtime.h>
#include "base/rng.h"
#include "graph/graph.h"
#include "op/attrs.h"

#define DIMS(...) (const int64_t[]){__VA_ARGS__}

static sinew_graph *new_graph(void) {
    sinew_graph *graph;
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    return graph;
}

static sinew_value weights(sinew_graph *graph, int rank, const int64_t *dims,
                           uint64_t seed) {
    struct sinew_rng rng;
    sinew_value value =
        sinew_graph_add_const(graph, "w", SINEW_F32, rank, dims, NULL);
    float *data = sinew_graph_const_data(graph, value);
    assert_non_null(data);
    sinew_tensor tensor = sinew_graph_tensor(graph, value);
    sinew_rng_seed(&rng, seed);
    for (int64_t i = 0; i < sinew_tensor_count(&tensor); i++)
        data[i] = (float)(sinew_rng_uniform(&rng) - 0.5);
    return value;
}

static const struct sinew_conv2d_attr plain_conv = {
    .stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1,
    .groups = 1, .same = 1};

static sinew_value conv(sinew_graph *graph, sinew_value x, int64_t out,
                        int64_t size) {
    sinew_tensor shape = sinew_graph_tensor(graph, x);
    sinew_value w = weights(graph, 4, DIMS(out, size, size, shape.dims[3]),
                            (uint64_t)(out * 100 + size));
    sinew_value b = weights(graph, 1, DIMS(out), 5);
    return sinew_graph_add(graph, SINEW_OP_CONV2D, "conv", &plain_conv,
                           SINEW_IN(x, w, b));
}

static sinew_value act(sinew_graph *graph, sinew_value x, int32_t kind,
                       float a, float b) {
    struct sinew_activation_attr attr = {{kind, a, b}};
    return sinew_graph_add(graph, SINEW_OP_ACTIVATION, "act", &attr,
                           SINEW_IN(x));
}

static sinew_value input(sinew_graph *graph) {
    return sinew_graph_add_input(graph, "x", SINEW_F32, 4, DIMS(1, 6, 5, 8));
}

static int count_ops(const sinew_graph *graph, enum sinew_op op) {
    int count = 0;
    for (int n = 0; n < graph->n_nodes; n++)
        count += !graph->nodes[n].dead &&
                 graph->nodes[n].op == sinew_op_desc(op);
    return count;
}

static void fill(sinew_tensor *tensor, uint64_t seed) {
    struct sinew_rng rng;
    float *data = tensor->data;
    sinew_rng_seed(&rng, seed);
    for (int64_t i = 0; i < sinew_tensor_count(tensor); i++)
        data[i] = (float)(4 * sinew_rng_uniform(&rng) - 2);
}

/* A runtime that takes the graph over does what one beside it does. */
static void check_taken(const sinew_graph *graph, const sinew_runtime *other,
                        const sinew_runtime_options *options) {
    sinew_graph *copy;
    sinew_runtime *runtime;
    assert_int_equal(sinew_graph_clone(&copy, graph), SINEW_OK);
    assert_int_equal(sinew_runtime_take(&runtime, &copy, options), SINEW_OK);
    assert_null(copy);
    fill(sinew_runtime_input(runtime, 0), 9);
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
    for (int i = 0; i < graph->n_outputs; i++) {
        const sinew_tensor *got = sinew_runtime_output(runtime, i);
        assert_memory_equal(got->data, sinew_runtime_output(other, i)->data,
                            sinew_tensor_bytes(got));
    }
    sinew_runtime_free(&runtime);
}

/* Runs `graph` optimised and, node by node on the reference kernels with no
 * pass applied, plainly; the two agree. Gives the optimised memory use. */
static sinew_runtime_memory check_run(const sinew_graph *graph) {
    sinew_graph *plain;
    sinew_runtime *runtime;
    sinew_runtime_memory memory;
    sinew_runtime_options options;
    sinew_runtime_options_init(&options);
    options.threads = 2;
    assert_int_equal(sinew_runtime_create(&runtime, graph, &options),
                     SINEW_OK);
    fill(sinew_runtime_input(runtime, 0), 9);
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);

    /* An input made constant is evaluated as the graph is inferred. */
    assert_int_equal(sinew_graph_clone(&plain, graph), SINEW_OK);
    sinew_value x = plain->inputs[0];
    sinew_tensor shape = plain->values[x].tensor;
    sinew_value constant = sinew_graph_add_const(plain, "", SINEW_F32,
                                                 shape.rank, shape.dims, NULL);
    sinew_tensor data = sinew_graph_tensor(plain, constant);
    fill(&data, 9);
    sinew_graph_replace(plain, x, constant);
    assert_int_equal(sinew_graph_infer(plain), SINEW_OK);
    for (int i = 0; i < graph->n_outputs; i++) {
        const sinew_tensor *got = sinew_runtime_output(runtime, i);
        sinew_tensor want = sinew_graph_tensor(plain, plain->outputs[i]);
        assert_true(sinew_tensor_same_shape(got, &want));
        assert_non_null(want.data);
        const float *g = got->data, *w = want.data;
        for (int64_t k = 0; k < sinew_tensor_count(&want); k++)
            assert_true(fabsf(g[k] - w[k]) <= 2e-5f * (1 + fabsf(w[k])));
    }
    check_taken(graph, runtime, &options);
    memory = sinew_runtime_memory_use(runtime);
    sinew_runtime_free(&runtime);
    sinew_graph_free(&plain);
    return memory;
}

static void the_first_error_sticks(void **state) {
    (void)state;
    sinew_graph *graph = new_graph();
    sinew_value x = input(graph);
    sinew_value w = weights(graph, 4, DIMS(4, 3, 3, 7), 1); /* 7 is not 8 */
    sinew_value y = sinew_graph_add(graph, SINEW_OP_CONV2D, "bad", &plain_conv,
                                    SINEW_IN(x, w));
    assert_int_equal(y, SINEW_NO_VALUE);
    y = act(graph, y, SINEW_ACT_RELU, 0, 0);
    assert_int_equal(y, SINEW_NO_VALUE);
    sinew_graph_add_output(graph, y, "y");
    assert_true(sinew_graph_finish(graph) < 0);
    assert_non_null(strstr(sinew_error_message(), "'bad' (conv2d)"));
    sinew_runtime *runtime = (sinew_runtime *)&x;
    assert_true(sinew_runtime_create(&runtime, graph, NULL) < 0);
    assert_null(runtime);
    assert_true(sinew_runtime_take(&runtime, &graph, NULL) < 0);
    assert_null(graph);
    sinew_graph_free(&graph);
}

static void missing_operands_are_refused(void **state) {
    (void)state;
    sinew_graph *graph = new_graph();
    sinew_value x = input(graph);
    sinew_graph_add(graph, SINEW_OP_ADD, "sum", NULL, SINEW_IN(x, 77));
    assert_int_equal(sinew_graph_finish(graph), SINEW_FORMAT);
    assert_non_null(strstr(sinew_error_message(), "input 1 is missing"));
    sinew_graph_free(&graph);
    graph = new_graph();
    input(graph);
    assert_int_equal(sinew_graph_finish(graph), SINEW_FORMAT);
    sinew_graph_free(&graph);
}

static void swish_in_all_spellings_is_fused(void **state) {
    (void)state;
    for (int spelling = 0; spelling < 3; spelling++) {
        sinew_graph *graph = new_graph();
        sinew_value x = conv(graph, input(graph), 8, 1);
        sinew_value gate = act(graph, x, SINEW_ACT_SIGMOID, 0, 0);
        sinew_value factor = sinew_graph_add_f32(graph, 1.25f), y;
        if (spelling == 0) { /* 1.25 (x s) */
            y = sinew_graph_add(graph, SINEW_OP_MUL, "", NULL,
                                SINEW_IN(gate, x));
            y = sinew_graph_add(graph, SINEW_OP_MUL, "", NULL,
                                SINEW_IN(factor, y));
        } else if (spelling == 1) { /* (1.25 x) s */
            y = sinew_graph_add(graph, SINEW_OP_MUL, "", NULL,
                                SINEW_IN(x, factor));
            y = sinew_graph_add(graph, SINEW_OP_MUL, "", NULL,
                                SINEW_IN(y, gate));
        } else { /* x s */
            y = sinew_graph_add(graph, SINEW_OP_MUL, "", NULL,
                                SINEW_IN(x, gate));
        }
        sinew_graph_add_output(graph, y, "y");
        check_run(graph);
        assert_int_equal(sinew_graph_optimize(graph), SINEW_OK);
        assert_int_equal(graph->n_nodes, 1);
        const struct sinew_conv2d_attr *attr = graph->nodes[0].attr;
        assert_int_equal(attr->act.kind, SINEW_ACT_SWISH);
        assert_true(attr->act.a == (spelling == 2 ? 1 : 1.25f));
        assert_string_equal(sinew_graph_output_name(graph, 0), "y");
        sinew_graph_free(&graph);
    }
}

static void needless_activations_go(void **state) {
    (void)state;
    sinew_graph *graph = new_graph();
    sinew_value x = conv(graph, input(graph), 8, 1);
    x = act(graph, x, SINEW_ACT_RELU, 0, 0);
    x = act(graph, x, SINEW_ACT_RELU6, 0, 0);
    x = act(graph, x, SINEW_ACT_RELU, 0, 0);
    sinew_graph_add_output(graph, x, "y");
    check_run(graph);
    assert_int_equal(sinew_graph_optimize(graph), SINEW_OK);
    assert_int_equal(graph->n_nodes, 1);
    sinew_graph_free(&graph);

    graph = new_graph(); /* a limit that does something stays */
    x = act(graph, conv(graph, input(graph), 8, 1), SINEW_ACT_CLIP, -1, 7);
    x = act(graph, x, SINEW_ACT_RELU6, 0, 0);
    sinew_graph_add_output(graph, x, "y");
    check_run(graph);
    assert_int_equal(sinew_graph_optimize(graph), SINEW_OK);
    assert_int_equal(graph->n_nodes, 2);
    sinew_graph_free(&graph);
}

static void padding_moves_into_convolutions(void **state) {
    (void)state;
    for (int zero = 0; zero < 2; zero++) {
        sinew_graph *graph = new_graph();
        struct sinew_conv2d_attr valid = plain_conv;
        struct sinew_pad_attr pad = {SINEW_PAD_CONSTANT};
        const int64_t around[8] = {0, 1, 2, 0, 0, 3, 0, 0};
        valid.same = 0;
        valid.pads.left = 1;
        sinew_value x = sinew_graph_add(
            graph, SINEW_OP_PAD, "pad", &pad,
            SINEW_IN(input(graph), sinew_graph_add_i64s(graph, around, 8),
                     sinew_graph_add_f32(graph, zero ? 0.0f : 1.0f)));
        x = sinew_graph_add(
            graph, SINEW_OP_CONV2D, "conv", &valid,
            SINEW_IN(x, weights(graph, 4, DIMS(4, 3, 3, 8), 2)));
        sinew_graph_add_output(graph, x, "y");
        check_run(graph);
        assert_int_equal(sinew_graph_optimize(graph), SINEW_OK);
        assert_int_equal(graph->n_nodes, zero ? 1 : 2);
        sinew_graph_free(&graph);
    }
}

/* What is read elsewhere too must stay. */
static void shared_values_are_not_fused_away(void **state) {
    (void)state;
    sinew_graph *graph = new_graph();
    sinew_value x = conv(graph, input(graph), 8, 1);
    sinew_value y = act(graph, x, SINEW_ACT_RELU, 0, 0);
    sinew_graph_add_output(graph, x, "before");
    sinew_graph_add_output(graph, y, "after");
    check_run(graph);
    assert_int_equal(sinew_graph_optimize(graph), SINEW_OK);
    assert_int_equal(graph->n_nodes, 2);
    sinew_graph_free(&graph);
}

static void norms_and_scales_fold_into_convolutions(void **state) {
    (void)state;
    sinew_graph *graph = new_graph();
    sinew_value x = conv(graph, input(graph), 4, 3);
    struct sinew_batch_norm_attr norm = {1e-3f};
    sinew_value v[4];
    for (int i = 0; i < 4; i++)
        v[i] = weights(graph, 1, DIMS(4), (uint64_t)i + 20);
    float *variance = sinew_graph_const_data(graph, v[3]);
    for (int i = 0; i < 4; i++)
        variance[i] = variance[i] * variance[i] + 0.1f;
    x = sinew_graph_add(graph, SINEW_OP_BATCH_NORM, "bn", &norm,
                        SINEW_IN(x, v[0], v[1], v[2], v[3]));
    x = sinew_graph_add(graph, SINEW_OP_MUL, "", NULL,
                        SINEW_IN(weights(graph, 1, DIMS(4), 30), x));
    x = sinew_graph_add(graph, SINEW_OP_ADD, "", NULL,
                        SINEW_IN(x, sinew_graph_add_f32(graph, 0.5f)));
    x = act(graph, x, SINEW_ACT_RELU6, 0, 0);
    sinew_graph_add_output(graph, x, "y");
    check_run(graph);
    /* 4*3*3*8 + 4 of the convolution, gamma and beta, the factor */
    assert_int_equal(sinew_graph_count(graph).parameters, 292 + 8 + 4);
    assert_int_equal(sinew_graph_count(graph).macs, 6 * 5 * 288);
    assert_int_equal(sinew_graph_optimize(graph), SINEW_OK);
    assert_int_equal(graph->n_nodes, 1);
    sinew_graph_free(&graph);
}

static void diagonal_kernels_become_depthwise(void **state) {
    (void)state;
    for (int diagonal = 0; diagonal < 2; diagonal++) {
        sinew_graph *graph = new_graph();
        struct sinew_conv_transpose2d_attr attr = {
            .stride_h = 2, .stride_w = 2, .dilation_h = 1, .dilation_w = 1,
            .groups = 1, .same = 1};
        sinew_value w = weights(graph, 4, DIMS(8, 4, 4, 8), 40);
        float *data = sinew_graph_const_data(graph, w);
        for (int i = 0; i < 8 * 16 * 8; i++)
            if (i / 128 != i % 8 && (diagonal || i != 1)) data[i] = 0;
        sinew_value y = sinew_graph_add(graph, SINEW_OP_CONV_TRANSPOSE2D, "up",
                                        &attr, SINEW_IN(input(graph), w));
        sinew_graph_add_output(graph, y, "y");
        check_run(graph);
        assert_int_equal(sinew_graph_optimize(graph), SINEW_OK);
        const struct sinew_conv_transpose2d_attr *now = graph->nodes[0].attr;
        assert_int_equal(now->groups, diagonal ? 8 : 1);
        check_run(graph);
        sinew_graph_free(&graph);
    }
}

/* Gates of channels go to the weights of the layer behind, but where weights
 * are no fewer than pixels (4 channels), others read the product (an output) or
 * it has an activation. */
static void gates_move_to_weights(void **state) {
    (void)state;
    for (int other = 0; other < 5; other++) {
        struct sinew_reduce_attr over = {2, {1, 2}, 1};
        struct sinew_binary_attr clipped = {{SINEW_ACT_RELU, 0, 0}};
        sinew_graph *graph = new_graph();
        sinew_value x = conv(graph, input(graph), 8, 3);
        sinew_value gate = sinew_graph_add(graph, SINEW_OP_REDUCE_MEAN, "mean",
                                           &over, SINEW_IN(x));
        gate = act(graph, conv(graph, gate, 8, 1), SINEW_ACT_SIGMOID, 0, 0);
        const sinew_value in[2] = {other == 1 ? gate : x,
                                   other == 1 ? x : gate};
        x = sinew_graph_add(graph, SINEW_OP_MUL, "gated",
                            other == 3 ? &clipped : NULL, in, 2);
        sinew_graph_add_output(graph, conv(graph, x, other == 2 ? 4 : 3, 1),
                               "y");
        if (other == 4) sinew_graph_add_output(graph, x, "gated");
        check_run(graph);
        assert_int_equal(sinew_graph_optimize(graph), SINEW_OK);
        assert_int_equal(sinew_pass_gate(graph), SINEW_OK);
        for (int n = 0; n < graph->n_nodes; n++)
            if (graph->nodes[n].op == sinew_op_desc(SINEW_OP_MUL)) {
                sinew_tensor y =
                    sinew_graph_tensor(graph, graph->nodes[n].out[0]);
                assert_int_equal(y.dims[0], other < 2 ? 3 : 1);
                assert_int_equal(y.dims[3], 8);
            }
        assert_int_equal(count_ops(graph, SINEW_OP_MUL), 1);
        sinew_graph_free(&graph);
    }
}

static void transposes_cancel(void **state) {
    (void)state;
    struct sinew_transpose_attr last = {4, {0, 2, 3, 1}};
    struct sinew_transpose_attr second = {4, {0, 3, 1, 2}};
    sinew_graph *graph = new_graph();
    sinew_value x = sinew_graph_add_input(graph, "x", SINEW_F32, 4,
                                          DIMS(1, 8, 6, 5));
    x = sinew_graph_add(graph, SINEW_OP_TRANSPOSE, "", &last, SINEW_IN(x));
    x = conv(graph, x, 8, 3);
    x = sinew_graph_add(graph, SINEW_OP_TRANSPOSE, "", &second, SINEW_IN(x));
    x = act(graph, x, SINEW_ACT_RELU, 0, 0);
    x = sinew_graph_add(graph, SINEW_OP_TRANSPOSE, "", &last, SINEW_IN(x));
    x = conv(graph, x, 3, 1);
    x = sinew_graph_add(graph, SINEW_OP_TRANSPOSE, "", &second, SINEW_IN(x));
    sinew_graph_add_output(graph, x, "y");
    check_run(graph);
    assert_int_equal(sinew_graph_use_nhwc(graph), SINEW_OK);
    assert_int_equal(sinew_graph_input(graph, 0).dims[3], 8);
    assert_int_equal(sinew_graph_output(graph, 0).dims[3], 3);
    assert_string_equal(sinew_graph_output_name(graph, 0), "y");
    check_run(graph);
    assert_int_equal(sinew_graph_optimize(graph), SINEW_OK);
    assert_int_equal(count_ops(graph, SINEW_OP_TRANSPOSE), 0);
    assert_int_equal(graph->n_nodes, 2);
    sinew_graph_free(&graph);
}

/* DenseNet: c, b, a of d3 and the concat(b, a) inside it share one buffer. */
static void nested_concats_are_built_in_place(void **state) {
    (void)state;
    struct sinew_axis_attr channels = {-1};
    sinew_graph *graph = new_graph();
    sinew_value x = input(graph);
    sinew_value a = conv(graph, x, 8, 1), b = conv(graph, a, 8, 1);
    sinew_value d2 = sinew_graph_add(graph, SINEW_OP_CONCAT, "d2", &channels,
                                     SINEW_IN(b, a));
    sinew_value c = conv(graph, d2, 8, 3);
    sinew_value d3 = sinew_graph_add(graph, SINEW_OP_CONCAT, "d3", &channels,
                                     SINEW_IN(c, b, a));
    sinew_value y = conv(graph, d3, 4, 1);
    sinew_graph_add_output(graph, y, "y");
    sinew_runtime_memory memory = check_run(graph);
    /* x, d3 (24 channels) and y are all there is: 30 pixels of 4 bytes. */
    size_t least = 30 * 4 * (8 + 24 + 4);
    assert_true(memory.arena >= least);
    assert_true(memory.naive == 30 * 4 * (8 + 8 + 16 + 8 + 24 + 4));
    sinew_graph_free(&graph);
}

/* The same value twice, in two concats, and as an output besides. */
static void awkward_concats_are_right(void **state) {
    (void)state;
    struct sinew_axis_attr channels = {3};
    sinew_graph *graph = new_graph();
    sinew_value x = input(graph);
    sinew_value a = conv(graph, x, 3, 1), b = conv(graph, x, 5, 3);
    sinew_value twice = sinew_graph_add(graph, SINEW_OP_CONCAT, "", &channels,
                                        SINEW_IN(a, a, x));
    sinew_value other = sinew_graph_add(graph, SINEW_OP_CONCAT, "", &channels,
                                        SINEW_IN(b, a, b));
    sinew_value swap = sinew_graph_add(graph, SINEW_OP_CONCAT, "", &channels,
                                       SINEW_IN(a, b));
    sinew_graph_add_output(graph, conv(graph, twice, 2, 1), "1");
    sinew_graph_add_output(graph, conv(graph, other, 2, 1), "2");
    sinew_graph_add_output(graph, act(graph, swap, SINEW_ACT_RELU, 0, 0), "3");
    sinew_graph_add_output(graph, b, "4");
    check_run(graph);
    sinew_graph_free(&graph);
}

/* y = relu(x) in place must not touch an x that is needed later, nor the
 * graph's input. */
static void in_place_work_spares_what_is_needed(void **state) {
    (void)state;
    sinew_graph *graph = new_graph();
    sinew_value x = input(graph);
    sinew_value a = act(graph, x, SINEW_ACT_HARD_SWISH, 0, 0);
    sinew_value b = act(graph, a, SINEW_ACT_SIGMOID, 0, 0);
    sinew_value s = sinew_graph_add(graph, SINEW_OP_ADD, "", NULL,
                                    SINEW_IN(b, a));
    s = sinew_graph_add(graph, SINEW_OP_SUB, "", NULL, SINEW_IN(s, x));
    sinew_graph_add_output(graph, s, "y");
    check_run(graph);
    sinew_runtime *runtime;
    assert_int_equal(sinew_runtime_create(&runtime, graph, NULL), SINEW_OK);
    fill(sinew_runtime_input(runtime, 0), 3);
    float first[240];
    for (int run = 0; run < 3; run++) { /* the input survives a run */
        assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
        const void *out = sinew_runtime_output(runtime, 0)->data;
        if (run == 0)
            memcpy(first, out, sizeof first);
        assert_memory_equal(first, out, sizeof first);
    }
    sinew_runtime_free(&runtime);
    sinew_graph_free(&graph);
}

static void shapes_follow_the_input(void **state) {
    (void)state;
    sinew_graph *graph = new_graph();
    sinew_value x = input(graph);
    sinew_value y = conv(graph, x, 4, 3);
    int64_t flat[2] = {0, -1};
    struct sinew_reshape_attr reshape = {0};
    y = sinew_graph_add(graph, SINEW_OP_RESHAPE, "flat", &reshape,
                        SINEW_IN(y, sinew_graph_add_i64s(graph, flat, 2)));
    sinew_graph_add_output(graph, y, "y");
    assert_int_equal(
        sinew_graph_set_input_shape(graph, 0, DIMS(3, 10, 7, 8), 4), SINEW_OK);
    assert_int_equal(sinew_graph_output(graph, 0).dims[0], 3);
    assert_int_equal(sinew_graph_output(graph, 0).dims[1], 280);
    check_run(graph);
    /* A size the network cannot take leaves it as it was. */
    assert_int_equal(
        sinew_graph_set_input_shape(graph, 0, DIMS(1, 10, 7, 9), 4),
        SINEW_SHAPE);
    assert_int_equal(sinew_graph_output(graph, 0).dims[1], 280);
    assert_int_equal(sinew_graph_set_input_shape(graph, 0, DIMS(1, 2), 2),
                     SINEW_INVALID);
    assert_int_equal(
        sinew_graph_set_input_shape(graph, 0, DIMS(0, 10, 7, 8), 4),
        SINEW_INVALID);
    assert_int_equal(sinew_graph_set_input_shape(graph, 1, DIMS(1), 1),
                     SINEW_INVALID);
    sinew_graph_free(&graph);
}

static void unwanted_outputs_cost_nothing(void **state) {
    (void)state;
    sinew_graph *graph = new_graph();
    sinew_value x = conv(graph, input(graph), 8, 1);
    sinew_graph_add_output(graph, conv(graph, x, 28, 1), "paf");
    sinew_graph_add_output(graph, conv(graph, x, 16, 1), "maps");
    const int keep[] = {1};
    assert_int_equal(sinew_graph_keep_outputs(graph, keep, 1), SINEW_OK);
    assert_int_equal(graph->n_nodes, 2);
    assert_string_equal(sinew_graph_output_name(graph, 0), "maps");
    assert_int_equal(sinew_graph_keep_outputs(graph, keep, 1), SINEW_INVALID);
    check_run(graph);
    sinew_graph_free(&graph);
}

static void metadata_is_kept(void **state) {
    (void)state;
    sinew_graph *graph = new_graph(), *copy;
    assert_null(sinew_graph_metadata(graph, "a"));
    assert_int_equal(sinew_graph_set_metadata(graph, "a", "1"), SINEW_OK);
    assert_int_equal(sinew_graph_set_metadata(graph, "b", "2"), SINEW_OK);
    assert_int_equal(sinew_graph_set_metadata(graph, "a", "3"), SINEW_OK);
    assert_int_equal(sinew_graph_clone(&copy, graph), SINEW_OK);
    assert_int_equal(sinew_graph_set_metadata(graph, "a", NULL), SINEW_OK);
    assert_null(sinew_graph_metadata(graph, "a"));
    assert_string_equal(sinew_graph_metadata(graph, "b"), "2");
    assert_string_equal(sinew_graph_metadata(copy, "a"), "3");
    sinew_graph_free(&graph);
    sinew_graph_free(&copy);
}

static void text_forms_name_everything(void **state) {
    (void)state;
    sinew_graph *graph = new_graph();
    sinew_graph_add_output(
        graph, act(graph, conv(graph, input(graph), 4, 3), SINEW_ACT_RELU, 0, 0),
        "a \"quoted\" name");
    char *dump = sinew_graph_dump(graph), *dot = sinew_graph_dot(graph);
    assert_non_null(dump);
    assert_non_null(strstr(dump, "%0 input f32[1,6,5,8] 'x'"));
    assert_non_null(strstr(dump, "conv2d(%0, f32[4,3,3,8], f32[4])"));
    assert_non_null(strstr(dump, "-> f32[1,6,5,4]"));
    assert_non_null(strstr(dot, "a \\\"quoted\\\" name"));
    sinew_free(dump);
    sinew_free(dot);
    sinew_graph_free(&graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_sticks),
        cmocka_unit_test(missing_operands_are_refused),
        cmocka_unit_test(swish_in_all_spellings_is_fused),
        cmocka_unit_test(needless_activations_go),
        cmocka_unit_test(padding_moves_into_convolutions),
        cmocka_unit_test(shared_values_are_not_fused_away),
        cmocka_unit_test(norms_and_scales_fold_into_convolutions),
        cmocka_unit_test(diagonal_kernels_become_depthwise),
        cmocka_unit_test(gates_move_to_weights),
        cmocka_unit_test(transposes_cancel),
        cmocka_unit_test(nested_concats_are_built_in_place),
        cmocka_unit_test(awkward_concats_are_right),
        cmocka_unit_test(in_place_work_spares_what_is_needed),
        cmocka_unit_test(shapes_follow_the_input),
        cmocka_unit_test(unwanted_outputs_cost_nothing),
        cmocka_unit_test(metadata_is_kept),
        cmocka_unit_test(text_forms_name_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
