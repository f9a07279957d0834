/*
 * grad.c - differentiation of graphs: chains, values read twice, broadcasting,
 * batch norm in training, what is made anew, dropout, refusals.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "graph/graph.h"
#include "op/attrs.h"
#include <sinew/runtime.h>

static sinew_graph *fresh(void) {
    sinew_graph *graph = NULL;
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    return graph;
}

static sinew_value input(sinew_graph *graph, const char *name, int64_t rows,
                         int64_t n) {
    const int64_t dims[] = {rows, n};
    return sinew_graph_add_input(graph, name, SINEW_F32, 2, dims);
}

static sinew_value binary(sinew_graph *graph, enum sinew_op op, sinew_value a,
                          sinew_value b) {
    const struct sinew_binary_attr plain = {{SINEW_ACT_NONE, 0, 0}};
    return sinew_graph_add(graph, op, "", &plain, SINEW_IN(a, b));
}

static sinew_value total(sinew_graph *graph, sinew_value a) {
    const struct sinew_reduce_attr all = {0};
    return sinew_graph_add(graph, SINEW_OP_REDUCE_SUM, "", &all, SINEW_IN(a));
}

/* A runtime whose inputs are filled with `start`, start + 1, ... in turn. */
static sinew_runtime *run(const sinew_graph *graph, float start) {
    sinew_runtime *runtime = NULL;
    if (sinew_runtime_create(&runtime, graph, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    for (int i = 0; i < sinew_graph_input_count(graph); i++) {
        sinew_tensor *t = sinew_runtime_input(runtime, i);
        for (int64_t k = 0; k < sinew_tensor_count(t); k++)
            ((float *)t->data)[k] = start++;
    }
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
    return runtime;
}

static void expect(const sinew_runtime *runtime, int output, int n,
                   const float *want) {
    const sinew_tensor *t = sinew_runtime_output(runtime, output);
    assert_int_equal(sinew_tensor_count(t), n);
    for (int i = 0; i < n; i++)
        if (fabsf(((const float *)t->data)[i] - want[i]) >
            1e-5f * fabsf(want[i]) + 1e-6f)
            fail_msg("element %d is %g, not %g", i,
                     (double)((const float *)t->data)[i], (double)want[i]);
}

/* y = sum (x w + b)^2 with x [2, 3], w [3, 2], b [1, 2]. */
static void chain_and_broadcast(void **state) {
    const struct sinew_matmul_attr plain = {.alpha = 1};
    sinew_graph *graph = fresh();
    sinew_value in[3], grads[3];
    (void)state;
    in[0] = input(graph, "x", 2, 3);
    in[1] = input(graph, "w", 3, 2);
    in[2] = input(graph, "b", 1, 2);
    sinew_value y = sinew_graph_add(graph, SINEW_OP_MATMUL, "", &plain,
                                    SINEW_IN(in[0], in[1]));
    y = binary(graph, SINEW_OP_ADD, y, in[2]);
    sinew_value loss = total(graph, binary(graph, SINEW_OP_MUL, y, y));
    assert_int_equal(sinew_graph_add_gradients(graph, loss, in, 3, grads),
                     SINEW_OK);
    for (int i = 0; i < 3; i++)
        sinew_graph_add_output(graph, grads[i], "grad");
    assert_int_equal(sinew_graph_finish(graph), SINEW_OK);
    sinew_runtime *runtime = run(graph, 1);
    /* x = [1 2 3; 4 5 6], w = [7 8; 9 10; 11 12], b = [13 14]:
     * y = [71 78; 152 168], dy = 2 y */
    expect(runtime, 0, 6,
           (float[]){2242, 2838, 3434, 4816, 6096, 7376});
    expect(runtime, 1, 6,
           (float[]){1358, 1500, 1804, 1992, 2250, 2484});
    expect(runtime, 2, 2, (float[]){446, 492});
    sinew_runtime_free(&runtime);
    sinew_graph_free(&graph);
}

/* y = sum x * x * x + x with x read four times. */
static void shared_values_add_up(void **state) {
    sinew_graph *graph = fresh();
    sinew_value x = input(graph, "x", 1, 3), grad;
    (void)state;
    sinew_value y = binary(graph, SINEW_OP_MUL, x, x);
    y = binary(graph, SINEW_OP_ADD, binary(graph, SINEW_OP_MUL, y, x), x);
    assert_int_equal(sinew_graph_add_gradients(graph, total(graph, y), &x, 1,
                                               &grad),
                     SINEW_OK);
    sinew_graph_add_output(graph, grad, "grad");
    sinew_runtime *runtime = run(graph, 1);
    expect(runtime, 0, 3, (float[]){4, 13, 28});
    sinew_runtime_free(&runtime);
    sinew_graph_free(&graph);
}

/* What the loss does not depend on has no derivative; a value computed from
 * both sides of a split gets both parts. */
static void independent_values(void **state) {
    const struct sinew_axis_attr last = {-1};
    sinew_graph *graph = fresh();
    sinew_value in[2], grads[2], parts[2];
    (void)state;
    in[0] = input(graph, "x", 2, 4);
    in[1] = input(graph, "other", 1, 4);
    sinew_graph_add_node(graph, SINEW_OP_SPLIT, "", &last, SINEW_IN(in[0]),
                         parts, 2);
    sinew_graph_add_output(graph, binary(graph, SINEW_OP_ADD, in[1], in[1]),
                           "unused");
    assert_int_equal(sinew_graph_add_gradients(
                         graph,
                         total(graph, binary(graph, SINEW_OP_MUL, parts[1],
                                             parts[1])),
                         in, 2, grads),
                     SINEW_OK);
    assert_int_equal(grads[1], SINEW_NO_VALUE);
    sinew_graph_add_output(graph, grads[0], "grad");
    sinew_runtime *runtime = run(graph, 1);
    expect(runtime, 1, 8, (float[]){0, 0, 6, 8, 0, 0, 14, 16});
    sinew_runtime_free(&runtime);
    sinew_graph_free(&graph);
}

static void refuse(sinew_graph *graph, sinew_value y, sinew_value x,
                   const char *words) {
    sinew_value grad;
    sinew_graph_add_output(graph, y, "y");
    sinew_status status =
        sinew_graph_add_gradients(graph, total(graph, y), &x, 1, &grad);
    assert_int_equal(status, SINEW_UNSUPPORTED);
    if (!strstr(sinew_error_message(), words))
        fail_msg("\"%s\" does not say \"%s\"", sinew_error_message(), words);
    sinew_graph_free(&graph);
}

static void refusals_name_the_node(void **state) {
    const struct sinew_binary_attr relu = {{SINEW_ACT_RELU, 0, 0}};
    const struct sinew_axis_attr rows = {0};
    sinew_graph *graph = fresh();
    sinew_value x = input(graph, "x", 2, 3);
    (void)state;
    refuse(graph,
           sinew_graph_add(graph, SINEW_OP_FLOOR, "stairs", NULL, SINEW_IN(x)),
           x, "node 'stairs': floor has no derivative");
    graph = fresh();
    x = input(graph, "x", 2, 3);
    refuse(graph,
           sinew_graph_add(graph, SINEW_OP_ADD, "bent", &relu, SINEW_IN(x, x)),
           x, "node 'bent' (add): a fused activation has no derivative");
    graph = fresh();
    x = input(graph, "x", 2, 3);
    sinew_value at = sinew_graph_add_i64s(graph, (const int64_t[]){0}, 1);
    refuse(graph,
           sinew_graph_add(graph, SINEW_OP_GATHER, "pick", &rows,
                           SINEW_IN(x, at)),
           x, "node 'pick': gather has no derivative");
}

static void the_loss_is_a_float(void **state) {
    sinew_graph *graph = fresh();
    sinew_value x = input(graph, "x", 2, 3), grad;
    (void)state;
    sinew_value shape =
        sinew_graph_add(graph, SINEW_OP_SHAPE, "", NULL, SINEW_IN(x));
    assert_int_equal(sinew_graph_add_gradients(graph, shape, &x, 1, &grad),
                     SINEW_INVALID);
    assert_int_equal(grad, SINEW_NO_VALUE);
    sinew_graph_free(&graph);
}

/* The derivative through a batch norm in training sums to 0 over the batch and
 * has no part along xhat; running statistics move by the momentum. */
static void norms_in_training(void **state) {
    const struct sinew_batch_norm_train_attr attr = {
        1e-5f, 0.25f, {SINEW_ACT_NONE, 0, 0}};
    const int64_t one[] = {1};
    sinew_graph *graph = fresh();
    sinew_value x = input(graph, "x", 4, 1), out[5], grad;
    const float ones[1] = {1}, zeros[1] = {0}, twos[1] = {2};
    (void)state;
    const sinew_value in[5] = {
        x, sinew_graph_add_const(graph, "s", SINEW_F32, 1, one, twos),
        sinew_graph_add_const(graph, "b", SINEW_F32, 1, one, ones),
        sinew_graph_add_const(graph, "m", SINEW_F32, 1, one, zeros),
        sinew_graph_add_const(graph, "v", SINEW_F32, 1, one, ones)};
    sinew_graph_add_node(graph, SINEW_OP_BATCH_NORM_TRAIN, "", &attr, in, 5,
                         out, 5);
    sinew_value cube = binary(graph, SINEW_OP_MUL, out[0],
                              binary(graph, SINEW_OP_MUL, out[0], out[0]));
    assert_int_equal(sinew_graph_add_gradients(graph, total(graph, cube), &x,
                                               1, &grad),
                     SINEW_OK);
    sinew_graph_add_output(graph, grad, "grad");
    sinew_graph_add_output(graph, out[3], "mean");
    sinew_graph_add_output(graph, out[4], "var");
    sinew_runtime *runtime = run(graph, 1);
    const float *dx = sinew_runtime_output(runtime, 0)->data;
    /* x = 1 2 3 4: xhat of -1.5 -.5 .5 1.5 over the deviation */
    assert_true(fabsf(dx[0] + dx[1] + dx[2] + dx[3]) < 1e-3f);
    assert_true(
        fabsf(-1.5f * dx[0] - 0.5f * dx[1] + 0.5f * dx[2] + 1.5f * dx[3]) <
        1e-3f);
    assert_true(fabsf(dx[0]) > 1.0f);
    expect(runtime, 1, 1, (float[]){0.625f});
    expect(runtime, 2, 1, (float[]){0.75f + 0.25f * 5 / 3});
    sinew_runtime_free(&runtime);
    sinew_graph_free(&graph);
}

/* 8 channels by 1x1 in steps of `stride`, and a norm; the weight is *w. */
static sinew_value layer(sinew_graph *graph, sinew_value x, int32_t stride,
                         sinew_value *w) {
    const struct sinew_conv2d_attr conv = {.stride_h = stride,
                                           .stride_w = stride,
                                           .dilation_h = 1,
                                           .dilation_w = 1,
                                           .groups = 1};
    const struct sinew_batch_norm_train_attr norm = {
        1e-5f, 0.1f, {SINEW_ACT_SWISH, 1, 0}};
    const int64_t shape[] = {8, 1, 1, 8}, channels[] = {8};
    float numbers[64];
    sinew_value in[5], out[5];
    for (int i = 0; i < 64; i++)
        numbers[i] = (float)(i * i % 7) - 2.5f;
    *w = sinew_graph_add_const(graph, "w", SINEW_F32, 4, shape, numbers);
    in[0] = sinew_graph_add(graph, SINEW_OP_CONV2D, "", &conv, SINEW_IN(x, *w));
    for (int i = 1; i < 5; i++)
        in[i] = sinew_graph_add_const(graph, "", SINEW_F32, 1, channels,
                                      numbers + i);
    sinew_graph_add_node(graph, SINEW_OP_BATCH_NORM_TRAIN, "", &norm, in, 5,
                         out, 5);
    return out[0];
}

/* The gradient of the second of three layers' weights, and how many norms are
 * made anew for it. With `read` the first layer's result is squared, which is
 * 0 in the loss but needs the result. */
static int made_anew(bool read, float gradient[64]) {
    const int64_t dims[] = {2, 4, 4, 8};
    sinew_graph *graph = fresh();
    sinew_value w[3], grads[3];
    const sinew_value x = sinew_graph_add_input(graph, "x", SINEW_F32, 4, dims);
    const sinew_value first = layer(graph, x, 1, &w[0]);
    sinew_value y = layer(graph, layer(graph, first, 2, &w[1]), 1, &w[2]);
    y = total(graph, binary(graph, SINEW_OP_MUL, y, y));
    if (read) {
        sinew_value squares =
            total(graph, binary(graph, SINEW_OP_MUL, first, first));
        y = binary(graph, SINEW_OP_ADD, y,
                   binary(graph, SINEW_OP_MUL, squares,
                          sinew_graph_add_f32(graph, 0)));
    }
    assert_int_equal(sinew_graph_add_gradients(graph, y, w, 3, grads),
                     SINEW_OK);
    sinew_graph_add_output(graph, grads[1], "grad");
    sinew_runtime *runtime = run(graph, 1);
    memcpy(gradient, sinew_runtime_output(runtime, 0)->data,
           64 * sizeof *gradient);
    int n = 0;
    for (int i = 0; i < sinew_runtime_step_count(runtime); i++)
        n += strcmp(sinew_runtime_step(runtime, i).op, "batch_norm_again") == 0;
    sinew_runtime_free(&runtime);
    sinew_graph_free(&graph);
    return n;
}

/* A large norm's result is not kept when only layers read it; the bits are the
 * same. */
static void large_norms_are_made_anew(void **state) {
    float anew[64], kept[64];
    (void)state;
    assert_int_equal(made_anew(false, anew), 1);
    assert_int_equal(made_anew(true, kept), 0);
    assert_memory_equal(anew, kept, sizeof anew);
    for (int i = 0; i < 64; i++)
        assert_true(isfinite(anew[i]));
}

/* ---- dropout --------------------------------------------------------------- */

enum { ROWS = 64, COLS = 257 };

static sinew_runtime *drop(float rate, int32_t rows, int64_t seed,
                           int32_t salt) {
    const struct sinew_dropout_attr attr = {rate, salt, rows};
    sinew_graph *graph = fresh();
    sinew_value x = input(graph, "x", ROWS, COLS), out[2], grad;
    const int64_t none[1] = {0};
    sinew_value key =
        sinew_graph_add_const(graph, "seed", SINEW_I64, 0, none, &seed);
    /* it changes from run to run: nothing may be worked out ahead */
    sinew_graph_set_variable(graph, key, true);
    sinew_graph_add_node(graph, SINEW_OP_DROPOUT, "", &attr, SINEW_IN(x, key),
                         out, 2);
    assert_int_equal(sinew_graph_add_gradients(graph, total(graph, out[0]), &x,
                                               1, &grad),
                     SINEW_OK);
    sinew_graph_add_output(graph, out[0], "y");
    sinew_graph_add_output(graph, grad, "grad");
    sinew_runtime *runtime = run(graph, 1);
    sinew_graph_free(&graph);
    return runtime;
}

static void dropout_keeps_the_mean(void **state) {
    sinew_runtime *runtime = drop(0.25f, 0, 7, 3);
    const float *x = sinew_runtime_input(runtime, 0)->data;
    const float *y = sinew_runtime_output(runtime, 0)->data;
    const float *grad = sinew_runtime_output(runtime, 1)->data;
    int kept = 0;
    (void)state;
    for (int i = 0; i < ROWS * COLS; i++) {
        assert_true(grad[i] == 0 || fabsf(grad[i] - 4.0f / 3) < 1e-6f);
        assert_true(y[i] == x[i] * grad[i]);
        kept += grad[i] != 0;
    }
    /* 16448 draws: the deviation is 56 */
    assert_in_range(kept, 12336 - 280, 12336 + 280);
    sinew_runtime_free(&runtime);
}

static int unlike(sinew_runtime *a, sinew_runtime *b) {
    const float *x = sinew_runtime_output(a, 1)->data;
    const float *y = sinew_runtime_output(b, 1)->data;
    int n = 0;
    for (int i = 0; i < ROWS * COLS; i++)
        n += (x[i] == 0) != (y[i] == 0);
    sinew_runtime_free(&a);
    sinew_runtime_free(&b);
    return n;
}

static void dropout_follows_seed_and_salt(void **state) {
    (void)state;
    assert_int_equal(unlike(drop(0.5f, 0, 7, 3), drop(0.5f, 0, 7, 3)), 0);
    assert_in_range(unlike(drop(0.5f, 0, 7, 3), drop(0.5f, 0, 8, 3)), 7900,
                    8600);
    assert_in_range(unlike(drop(0.5f, 0, 7, 3), drop(0.5f, 0, 7, 4)), 7900,
                    8600);
}

static void dropout_of_rows(void **state) {
    sinew_runtime *runtime = drop(0.5f, 1, 11, 0);
    const float *y = sinew_runtime_output(runtime, 0)->data;
    int kept = 0;
    (void)state;
    for (int r = 0; r < ROWS; r++) {
        for (int i = 1; i < COLS; i++)
            assert_int_equal(y[r * COLS + i] == 0, y[r * COLS] == 0);
        kept += y[r * COLS] != 0;
    }
    assert_in_range(kept, 16, 48);
    sinew_runtime_free(&runtime);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chain_and_broadcast),
        cmocka_unit_test(shared_values_add_up),
        cmocka_unit_test(independent_values),
        cmocka_unit_test(refusals_name_the_node),
        cmocka_unit_test(the_loss_is_a_float),
        cmocka_unit_test(norms_in_training),
        cmocka_unit_test(large_norms_are_made_anew),
        cmocka_unit_test(dropout_keeps_the_mean),
        cmocka_unit_test(dropout_follows_seed_and_salt),
        cmocka_unit_test(dropout_of_rows),
    };
    return cmocka_run_group_tests_name("grad", tests, NULL, NULL);
}
