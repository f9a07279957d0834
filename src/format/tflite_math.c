/*
 * tflite_math.c - TFLite operators on every element: arithmetic, activations,
 * reductions, softmax, matrix products, type changes.
 *
 * What has no operator of its own in the graph is put together here:
 *   RSQRT               1 / sqrt(x)
 *   SQUARE              x * x
 *   SQUARED_DIFFERENCE  (a - b) * (a - b)
 * Options' field numbers: tensorflow/lite/schema/schema.fbs.
 */
#include "format/tflite.h"

void tflite_map_binary(struct tflite_op *op) {
    enum { ACT };
    const struct sinew_binary_attr attr = {tflite_act(op, ACT)};
    const sinew_value a = tflite_in(op, 0), b = tflite_in(op, 1);
    tflite_result(op, 0, tflite_add(op, op->kind, &attr, SINEW_IN(a, b)));
}

void tflite_map_plain_binary(struct tflite_op *op) {
    const sinew_value a = tflite_in(op, 0), b = tflite_in(op, 1);
    tflite_result(op, 0, tflite_add(op, op->kind, NULL, SINEW_IN(a, b)));
}

void tflite_map_squared_difference(struct tflite_op *op) {
    const struct sinew_binary_attr attr = {{SINEW_ACT_NONE, 0, 0}};
    const sinew_value a = tflite_in(op, 0), b = tflite_in(op, 1);
    const sinew_value d =
        tflite_add_part(op, SINEW_OP_SUB, &attr, SINEW_IN(a, b));
    tflite_result(op, 0, tflite_add(op, SINEW_OP_MUL, &attr, SINEW_IN(d, d)));
}

void tflite_map_unary(struct tflite_op *op) {
    const sinew_value x = tflite_in(op, 0);
    tflite_result(op, 0, tflite_add(op, op->kind, NULL, SINEW_IN(x)));
}

void tflite_map_square(struct tflite_op *op) {
    const struct sinew_binary_attr attr = {{SINEW_ACT_NONE, 0, 0}};
    const sinew_value x = tflite_in(op, 0);
    tflite_result(op, 0, tflite_add(op, SINEW_OP_MUL, &attr, SINEW_IN(x, x)));
}

void tflite_map_rsqrt(struct tflite_op *op) {
    const sinew_value x = tflite_in(op, 0);
    const sinew_value root =
        tflite_add_part(op, SINEW_OP_SQRT, NULL, SINEW_IN(x));
    tflite_result(op, 0,
                  tflite_add(op, SINEW_OP_RECIPROCAL, NULL, SINEW_IN(root)));
}

/* ---- activations --------------------------------------------------------- */

static sinew_value activate(struct tflite_op *op, sinew_value x, int32_t kind,
                            float a, float b) {
    const struct sinew_activation_attr attr = {{kind, a, b}};
    return tflite_add(op, SINEW_OP_ACTIVATION, &attr, SINEW_IN(x));
}

void tflite_map_logistic(struct tflite_op *op) {
    tflite_result(op, 0,
                  activate(op, tflite_in(op, 0), SINEW_ACT_SIGMOID, 0, 0));
}

void tflite_map_relu(struct tflite_op *op) {
    tflite_result(op, 0, activate(op, tflite_in(op, 0), SINEW_ACT_RELU, 0, 0));
}

void tflite_map_relu6(struct tflite_op *op) {
    tflite_result(op, 0, activate(op, tflite_in(op, 0), SINEW_ACT_RELU6, 0, 0));
}

void tflite_map_relu_n1_to_1(struct tflite_op *op) {
    tflite_result(op, 0, activate(op, tflite_in(op, 0), SINEW_ACT_CLIP, -1, 1));
}

void tflite_map_relu_0_to_1(struct tflite_op *op) {
    tflite_result(op, 0, activate(op, tflite_in(op, 0), SINEW_ACT_CLIP, 0, 1));
}

void tflite_map_hard_swish(struct tflite_op *op) {
    tflite_result(op, 0,
                  activate(op, tflite_in(op, 0), SINEW_ACT_HARD_SWISH, 0, 0));
}

void tflite_map_prelu(struct tflite_op *op) {
    const sinew_value x = tflite_in(op, 0), slope = tflite_in(op, 1);
    tflite_result(op, 0,
                  tflite_add(op, SINEW_OP_PRELU, NULL, SINEW_IN(x, slope)));
}

void tflite_map_leaky_relu(struct tflite_op *op) {
    enum { ALPHA };
    const sinew_value x = tflite_in(op, 0);
    const sinew_value slope =
        sinew_graph_add_f32(op->graph, sinew_fb_f32(&op->options, ALPHA, 0));
    tflite_result(op, 0,
                  tflite_add(op, SINEW_OP_PRELU, NULL, SINEW_IN(x, slope)));
}

/* ---- along axes ---------------------------------------------------------- */

void tflite_map_reduce(struct tflite_op *op) {
    enum { KEEP_DIMS };
    int64_t axes[SINEW_MAX_RANK];
    const int n = tflite_in_ints(op, 1, axes, SINEW_MAX_RANK);
    struct sinew_reduce_attr attr = {
        .n_axes = n,
        .keepdims = sinew_fb_u8(&op->options, KEEP_DIMS, 0) != 0,
    };
    for (int i = 0; i < n; i++) {
        if (axes[i] < -SINEW_MAX_RANK || axes[i] >= SINEW_MAX_RANK) {
            tflite_refuse(op, SINEW_SHAPE, "axis %lld", (long long)axes[i]);
            return;
        }
        attr.axes[i] = (int32_t)axes[i];
    }
    tflite_result(op, 0,
                  tflite_add(op, op->kind, &attr, SINEW_IN(tflite_in(op, 0))));
}

/* SOFTMAX has a factor on its input, LOG_SOFTMAX has not; the last axis. */
void tflite_map_softmax(struct tflite_op *op) {
    enum { BETA };
    const struct sinew_axis_attr attr = {-1};
    const struct sinew_binary_attr plain = {{SINEW_ACT_NONE, 0, 0}};
    sinew_value x = tflite_in(op, 0);
    const float beta =
        op->kind == SINEW_OP_SOFTMAX ? sinew_fb_f32(&op->options, BETA, 0) : 1;
    if (beta != 1)
        x = tflite_add_part(op, SINEW_OP_MUL, &plain,
                            SINEW_IN(x, sinew_graph_add_f32(op->graph, beta)));
    tflite_result(op, 0, tflite_add(op, op->kind, &attr, SINEW_IN(x)));
}

void tflite_map_batch_matmul(struct tflite_op *op) {
    enum { ADJOINT_X, ADJOINT_Y };
    const struct sinew_matmul_attr attr = {
        .transpose_a = sinew_fb_u8(&op->options, ADJOINT_X, 0) != 0,
        .transpose_b = sinew_fb_u8(&op->options, ADJOINT_Y, 0) != 0,
        .alpha = 1,
    };
    const sinew_value a = tflite_in(op, 0), b = tflite_in(op, 1);
    tflite_result(op, 0,
                  tflite_add(op, SINEW_OP_MATMUL, &attr, SINEW_IN(a, b)));
}

/* ---- types --------------------------------------------------------------- */

/* Constants are f32 by the time they are values; see tflite_tensor.c. */
void tflite_map_dequantize(struct tflite_op *op) {
    tflite_result(op, 0, tflite_in(op, 0));
}

void tflite_map_cast(struct tflite_op *op) {
    const int32_t index = sinew_fb_vector_i32(&op->out, 0);
    if (index < 0 || (uint32_t)index >= op->model->n_tensors) {
        tflite_refuse(op, SINEW_FORMAT, "output 0 is no tensor");
        return;
    }
    /* The options may be left out; the output's type says the same. */
    const struct sinew_cast_attr attr = {op->model->tensors[index].dtype};
    tflite_result(
        op, 0,
        tflite_add(op, SINEW_OP_CAST, &attr, SINEW_IN(tflite_in(op, 0))));
}
