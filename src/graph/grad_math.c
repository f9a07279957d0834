/*
 * grad_math.c - derivatives of element-wise operators, reductions and softmax.
 *
 * dy is the gradient of the result y; a rule gives dx to each input that wants
 * one, summed down where the input was broadcast.
 */
#include "graph/grad.h"

/* Gives input i a gradient of the result's shape, or of that with sizes 1. */
static void give(struct sinew_grad *grad, const struct sinew_node *node, int i,
                 sinew_value dx) {
    sinew_grad_give(grad, node, i,
                    sinew_grad_unbroadcast(grad, dx, node->in[i]));
}

/* A fused activation hides the value its derivative needs. */
static bool is_plain(struct sinew_grad *grad, const struct sinew_node *node) {
    const struct sinew_binary_attr *attr = node->attr;
    if (!attr || attr->act.kind == SINEW_ACT_NONE)
        return true;
    sinew_graph_fail(grad->graph, SINEW_UNSUPPORTED,
                     "node '%s' (%s): a fused activation has no derivative",
                     node->name, node->op->name);
    return false;
}

void sinew_grad_of_add(struct sinew_grad *grad, const struct sinew_node *node,
                       const sinew_value *dy) {
    for (int i = 0; i < 2 && is_plain(grad, node); i++)
        if (sinew_grad_wants(grad, node, i))
            give(grad, node, i, dy[0]);
}

void sinew_grad_of_sub(struct sinew_grad *grad, const struct sinew_node *node,
                       const sinew_value *dy) {
    if (!is_plain(grad, node))
        return;
    if (sinew_grad_wants(grad, node, 0))
        give(grad, node, 0, dy[0]);
    if (sinew_grad_wants(grad, node, 1))
        give(grad, node, 1, sinew_grad_unary(grad, SINEW_OP_NEG, dy[0]));
}

/* dy times the other factor, for a factor that was broadcast summed at once. */
static sinew_value times_other(struct sinew_grad *grad,
                               const struct sinew_node *node, int i,
                               sinew_value dy) {
    const sinew_tensor wide = *sinew_grad_shape(grad, dy);
    const sinew_tensor own = *sinew_grad_shape(grad, node->in[i]);
    struct sinew_reduce_attr attr = {.keepdims = 1};
    sinew_value other = node->in[1 - i];
    int extra = wide.rank - own.rank;
    for (int d = 0; d < wide.rank; d++)
        if (d < extra || own.dims[d - extra] != wide.dims[d])
            attr.axes[attr.n_axes++] = d;
    if (attr.n_axes == 0 ||
        !sinew_tensor_same_shape(sinew_grad_shape(grad, other), &wide))
        return sinew_grad_mul(grad, dy, other);
    return sinew_graph_add(grad->graph, SINEW_OP_PRODUCT_SUM, "", &attr,
                           SINEW_IN(dy, other));
}

void sinew_grad_of_mul(struct sinew_grad *grad, const struct sinew_node *node,
                       const sinew_value *dy) {
    for (int i = 0; i < 2 && is_plain(grad, node); i++)
        if (sinew_grad_wants(grad, node, i))
            give(grad, node, i, times_other(grad, node, i, dy[0]));
}

/* a / b: dy / b, and -(dy y) / b. */
void sinew_grad_of_div(struct sinew_grad *grad, const struct sinew_node *node,
                       const sinew_value *dy) {
    if (!is_plain(grad, node))
        return;
    if (sinew_grad_wants(grad, node, 0))
        give(grad, node, 0,
             sinew_grad_binary(grad, SINEW_OP_DIV, dy[0], node->in[1]));
    if (sinew_grad_wants(grad, node, 1)) {
        sinew_value dx = sinew_grad_mul(grad, dy[0], node->out[0]);
        dx = sinew_grad_binary(grad, SINEW_OP_DIV, dx, node->in[1]);
        give(grad, node, 1, sinew_grad_unary(grad, SINEW_OP_NEG, dx));
    }
}

static sinew_value as_floats(struct sinew_grad *grad, sinew_value mask) {
    struct sinew_cast_attr attr = {SINEW_F32};
    return sinew_graph_add(grad->graph, SINEW_OP_CAST, "", &attr,
                           SINEW_IN(mask));
}

/* Whichever side was taken gets dy; where both are equal each gets half. */
static void choose(struct sinew_grad *grad, const struct sinew_node *node,
                   sinew_value dy, enum sinew_op taken) {
    sinew_value a = node->in[0], b = node->in[1];
    sinew_value same =
        as_floats(grad, sinew_grad_binary(grad, SINEW_OP_EQUAL, a, b));
    same = sinew_grad_scale(grad, same, 0.5f);
    for (int i = 0; i < 2; i++) {
        if (!sinew_grad_wants(grad, node, i))
            continue;
        sinew_value mask =
            as_floats(grad, sinew_grad_binary(grad, taken, i ? b : a, i ? a : b));
        mask = sinew_grad_binary(grad, SINEW_OP_ADD, mask, same);
        give(grad, node, i, sinew_grad_mul(grad, dy, mask));
    }
}

void sinew_grad_of_max(struct sinew_grad *grad, const struct sinew_node *node,
                       const sinew_value *dy) {
    choose(grad, node, dy[0], SINEW_OP_GREATER);
}

void sinew_grad_of_min(struct sinew_grad *grad, const struct sinew_node *node,
                       const sinew_value *dy) {
    choose(grad, node, dy[0], SINEW_OP_LESS);
}

/* x^p for a p that needs no gradient: p x^(p-1) dy. */
void sinew_grad_of_pow(struct sinew_grad *grad, const struct sinew_node *node,
                       const sinew_value *dy) {
    if (sinew_grad_wants(grad, node, 1)) {
        sinew_graph_fail(grad->graph, SINEW_UNSUPPORTED,
                         "node '%s' (pow): no derivative for the exponent",
                         node->name);
        return;
    }
    sinew_value p = node->in[1];
    sinew_value less = sinew_grad_binary(grad, SINEW_OP_SUB, p,
                                         sinew_graph_add_f32(grad->graph, 1));
    sinew_value dx = sinew_grad_binary(grad, SINEW_OP_POW, node->in[0], less);
    dx = sinew_grad_mul(grad, sinew_grad_mul(grad, dx, p), dy[0]);
    give(grad, node, 0, dx);
}

void sinew_grad_of_neg(struct sinew_grad *grad, const struct sinew_node *node,
                       const sinew_value *dy) {
    sinew_grad_give(grad, node, 0,
                    sinew_grad_unary(grad, SINEW_OP_NEG, dy[0]));
}

void sinew_grad_of_exp(struct sinew_grad *grad, const struct sinew_node *node,
                       const sinew_value *dy) {
    sinew_grad_give(grad, node, 0, sinew_grad_mul(grad, dy[0], node->out[0]));
}

void sinew_grad_of_log(struct sinew_grad *grad, const struct sinew_node *node,
                       const sinew_value *dy) {
    sinew_grad_give(grad, node, 0,
                    sinew_grad_binary(grad, SINEW_OP_DIV, dy[0], node->in[0]));
}

/* dy / (2 y) */
void sinew_grad_of_sqrt(struct sinew_grad *grad, const struct sinew_node *node,
                        const sinew_value *dy) {
    sinew_value dx = sinew_grad_scale(grad, dy[0], 0.5f);
    dx = sinew_grad_binary(grad, SINEW_OP_DIV, dx, node->out[0]);
    sinew_grad_give(grad, node, 0, dx);
}

void sinew_grad_of_reciprocal(struct sinew_grad *grad,
                              const struct sinew_node *node,
                              const sinew_value *dy) {
    sinew_value y = node->out[0];
    sinew_value dx = sinew_grad_mul(grad, dy[0], sinew_grad_mul(grad, y, y));
    sinew_grad_give(grad, node, 0, sinew_grad_unary(grad, SINEW_OP_NEG, dx));
}

void sinew_grad_of_abs(struct sinew_grad *grad, const struct sinew_node *node,
                       const sinew_value *dy) {
    sinew_value sign = sinew_grad_unary(grad, SINEW_OP_SIGN, node->in[0]);
    sinew_grad_give(grad, node, 0, sinew_grad_mul(grad, dy[0], sign));
}

/* dy - dy y^2 */
void sinew_grad_of_tanh(struct sinew_grad *grad, const struct sinew_node *node,
                        const sinew_value *dy) {
    sinew_value y = node->out[0];
    sinew_value part = sinew_grad_mul(grad, sinew_grad_mul(grad, dy[0], y), y);
    sinew_grad_give(grad, node, 0,
                    sinew_grad_binary(grad, SINEW_OP_SUB, dy[0], part));
}

/* 2 / sqrt(pi) e^(-x^2) dy */
void sinew_grad_of_erf(struct sinew_grad *grad, const struct sinew_node *node,
                       const sinew_value *dy) {
    sinew_value x = node->in[0], slope = sinew_grad_mul(grad, x, x);
    slope = sinew_grad_unary(grad, SINEW_OP_NEG, slope);
    slope = sinew_grad_unary(grad, SINEW_OP_EXP, slope);
    slope = sinew_grad_scale(grad, slope, 1.128379167f);
    sinew_grad_give(grad, node, 0, sinew_grad_mul(grad, dy[0], slope));
}

/* To the side that was chosen. */
void sinew_grad_of_where(struct sinew_grad *grad, const struct sinew_node *node,
                         const sinew_value *dy) {
    for (int i = 1; i < 3; i++) {
        if (!sinew_grad_wants(grad, node, i))
            continue;
        sinew_value zero = sinew_graph_add_f32(grad->graph, 0);
        sinew_value dx = sinew_graph_add(
            grad->graph, SINEW_OP_WHERE, "", NULL,
            SINEW_IN(node->in[0], i == 1 ? dy[0] : zero,
                     i == 1 ? zero : dy[0]));
        give(grad, node, i, dx);
    }
}

void sinew_grad_of_activation(struct sinew_grad *grad,
                              const struct sinew_node *node,
                              const sinew_value *dy) {
    sinew_grad_give(grad, node, 0,
                    sinew_graph_add(grad->graph, SINEW_OP_ACTIVATION_GRAD, "",
                                    node->attr,
                                    SINEW_IN(node->in[0], dy[0])));
}

/* ---- reductions ------------------------------------------------------------ */

/* A reduced value in the rank of what it came from, sizes 1 along the axes, so
 * that it broadcasts; *count is how many elements became one. */
static sinew_value keep_dims(struct sinew_grad *grad,
                             const struct sinew_node *node, sinew_value reduced,
                             int64_t *count) {
    const struct sinew_reduce_attr *attr = node->attr;
    const sinew_tensor shape = *sinew_grad_shape(grad, node->in[0]);
    int64_t dims[SINEW_MAX_RANK];
    struct sinew_reshape_attr reshape = {.allow_zero = 1};
    *count = 1;
    for (int d = 0; d < shape.rank; d++) {
        bool along = attr->n_axes == 0;
        for (int i = 0; i < attr->n_axes; i++)
            along = along || sinew_axis(attr->axes[i], shape.rank) == d;
        dims[d] = along ? 1 : shape.dims[d];
        *count *= along ? shape.dims[d] : 1;
    }
    return sinew_graph_add(
        grad->graph, SINEW_OP_RESHAPE, "", &reshape,
        SINEW_IN(reduced, sinew_graph_add_i64s(grad->graph, dims, shape.rank)));
}

static sinew_value spread(struct sinew_grad *grad, sinew_value narrow,
                          sinew_value like) {
    const sinew_tensor shape = *sinew_grad_shape(grad, like);
    return sinew_graph_add(
        grad->graph, SINEW_OP_EXPAND, "", NULL,
        SINEW_IN(narrow,
                 sinew_graph_add_i64s(grad->graph, shape.dims, shape.rank)));
}

void sinew_grad_of_reduce_sum(struct sinew_grad *grad,
                              const struct sinew_node *node,
                              const sinew_value *dy) {
    int64_t count;
    sinew_value dx = keep_dims(grad, node, dy[0], &count);
    sinew_grad_give(grad, node, 0, spread(grad, dx, node->in[0]));
}

void sinew_grad_of_reduce_mean(struct sinew_grad *grad,
                               const struct sinew_node *node,
                               const sinew_value *dy) {
    int64_t count;
    sinew_value dx = keep_dims(grad, node, dy[0], &count);
    dx = sinew_grad_scale(grad, dx, 1.0f / (float)(count ? count : 1));
    sinew_grad_give(grad, node, 0, spread(grad, dx, node->in[0]));
}

/* x dy / |x|, and 0 where |x| is 0. */
void sinew_grad_of_reduce_l2(struct sinew_grad *grad,
                             const struct sinew_node *node,
                             const sinew_value *dy) {
    int64_t count;
    sinew_value norm = sinew_grad_binary(
        grad, SINEW_OP_MAX, node->out[0],
        sinew_graph_add_f32(grad->graph, 1e-30f));
    sinew_value ratio = sinew_grad_binary(grad, SINEW_OP_DIV, dy[0], norm);
    ratio = keep_dims(grad, node, ratio, &count);
    sinew_grad_give(grad, node, 0,
                    sinew_grad_mul(grad, node->in[0], ratio));
}

/* Sum along the axis of a softmax, kept as size 1. */
static sinew_value sum_along(struct sinew_grad *grad,
                             const struct sinew_node *node, sinew_value a) {
    const struct sinew_axis_attr *attr = node->attr;
    const int32_t axes[1] = {attr->axis};
    return sinew_grad_sum(grad, a, 1, axes, true);
}

/* y (dy - sum(dy y)) */
void sinew_grad_of_softmax(struct sinew_grad *grad,
                           const struct sinew_node *node,
                           const sinew_value *dy) {
    sinew_value y = node->out[0];
    sinew_value sum = sum_along(grad, node, sinew_grad_mul(grad, dy[0], y));
    sinew_value dx = sinew_grad_binary(grad, SINEW_OP_SUB, dy[0], sum);
    sinew_grad_give(grad, node, 0, sinew_grad_mul(grad, y, dx));
}

/* dy - e^y sum(dy) */
void sinew_grad_of_log_softmax(struct sinew_grad *grad,
                               const struct sinew_node *node,
                               const sinew_value *dy) {
    sinew_value p = sinew_grad_unary(grad, SINEW_OP_EXP, node->out[0]);
    sinew_value part = sinew_grad_mul(grad, p, sum_along(grad, node, dy[0]));
    sinew_grad_give(grad, node, 0,
                    sinew_grad_binary(grad, SINEW_OP_SUB, dy[0], part));
}
