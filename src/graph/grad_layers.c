/*
 * grad_layers.c - derivatives of layers: convolution, products, pooling,
 * resizing, batch norm, dropout.
 */
#include "graph/grad.h"

static bool is_plain(struct sinew_grad *grad, const struct sinew_node *node,
                     const struct sinew_act *act) {
    if (act->kind == SINEW_ACT_NONE)
        return true;
    sinew_graph_fail(grad->graph, SINEW_UNSUPPORTED,
                     "node '%s' (%s): a fused activation has no derivative",
                     node->name, node->op->name);
    return false;
}

/* The sum over all but the last dimension: the gradient of a bias. */
static sinew_value sum_to_channels(struct sinew_grad *grad, sinew_value dy) {
    int32_t axes[SINEW_MAX_RANK];
    int n = sinew_grad_shape(grad, dy)->rank - 1;
    for (int i = 0; i < n; i++)
        axes[i] = i;
    return n > 0 ? sinew_grad_sum(grad, dy, n, axes, false) : dy;
}

/* Whether the value is read by layers and sums alone: only the layers' weights
 * need it on the way back. */
static bool feeds_layers(const sinew_graph *graph, sinew_value value) {
    for (int k = 0; k < graph->n_nodes; k++) {
        const struct sinew_node *node = &graph->nodes[k];
        const bool fine = sinew_node_is(node, SINEW_OP_CONV2D) ||
                          sinew_node_is(node, SINEW_OP_CONV2D_GRAD_W) ||
                          sinew_node_is(node, SINEW_OP_ADD);
        for (int i = 0; !node->dead && !fine && i < node->n_in; i++)
            if (node->in[i] == value && sinew_op_reads(node->op, i))
                return false;
    }
    for (int i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i] == value)
            return false;
    return true;
}

/* x for use on the way back. A large result of a norm, which would be kept until
 * then, is made anew from what the norm keeps for itself anyway. */
static sinew_value anew(struct sinew_grad *grad, sinew_value x) {
    const struct sinew_node *maker = sinew_graph_producer(grad->graph, x);
    sinew_value *again = &grad->again[x];
    if (*again >= 0)
        return *again;
    if (!sinew_node_is(maker, SINEW_OP_BATCH_NORM_TRAIN) ||
        sinew_tensor_count(sinew_grad_shape(grad, x)) < grad->large ||
        !feeds_layers(grad->graph, x))
        return x;
    return *again = sinew_graph_add(
               grad->graph, SINEW_OP_BATCH_NORM_AGAIN, maker->name,
               maker->attr,
               SINEW_IN(maker->in[0], maker->in[1], maker->in[2],
                        maker->out[1], maker->out[2]));
}

/* y = layer(x, w) + b, by the two operators that differentiate the layer. */
static void differentiate_conv(struct sinew_grad *grad,
                               const struct sinew_node *node, sinew_value dy,
                               enum sinew_op grad_x, enum sinew_op grad_w) {
    sinew_value x = node->in[0], w = node->in[1];
    if (sinew_grad_wants(grad, node, 0))
        sinew_grad_give(grad, node, 0,
                        sinew_graph_add(grad->graph, grad_x, node->name,
                                        node->attr, SINEW_IN(dy, w, x)));
    if (sinew_grad_wants(grad, node, 1))
        sinew_grad_give(grad, node, 1,
                        sinew_graph_add(grad->graph, grad_w, node->name,
                                        node->attr,
                                        SINEW_IN(anew(grad, x), dy, w)));
    if (sinew_grad_wants(grad, node, 2))
        sinew_grad_give(grad, node, 2, sum_to_channels(grad, dy));
}

void sinew_grad_of_conv2d(struct sinew_grad *grad,
                          const struct sinew_node *node,
                          const sinew_value *dy) {
    const struct sinew_conv2d_attr *attr = node->attr;
    if (is_plain(grad, node, &attr->act))
        differentiate_conv(grad, node, dy[0], SINEW_OP_CONV2D_GRAD_X,
                           SINEW_OP_CONV2D_GRAD_W);
}

void sinew_grad_of_conv_transpose2d(struct sinew_grad *grad,
                                    const struct sinew_node *node,
                                    const sinew_value *dy) {
    const struct sinew_conv_transpose2d_attr *attr = node->attr;
    if (is_plain(grad, node, &attr->act))
        differentiate_conv(grad, node, dy[0], SINEW_OP_CONV_TRANSPOSE2D_GRAD_X,
                           SINEW_OP_CONV_TRANSPOSE2D_GRAD_W);
}

static sinew_value product(struct sinew_grad *grad, sinew_value a,
                           sinew_value b, bool transpose_a, bool transpose_b,
                           float alpha) {
    struct sinew_matmul_attr attr = {
        .transpose_a = transpose_a, .transpose_b = transpose_b, .alpha = alpha};
    return sinew_graph_add(grad->graph, SINEW_OP_MATMUL, "", &attr,
                           SINEW_IN(a, b));
}

/* Rows of all batches as one matrix, for a weight that all of them share. */
static sinew_value rows(struct sinew_grad *grad, sinew_value a) {
    const sinew_tensor shape = *sinew_grad_shape(grad, a);
    struct sinew_reshape_attr attr = {0};
    const int64_t dims[2] = {-1, shape.dims[shape.rank - 1]};
    if (shape.rank <= 2)
        return a;
    return sinew_graph_add(grad->graph, SINEW_OP_RESHAPE, "", &attr,
                           SINEW_IN(a, sinew_graph_add_i64s(grad->graph, dims,
                                                            2)));
}

/* Y = A B: dA = dY B', dB = A' dY, each seen through its own transposition. */
void sinew_grad_of_matmul(struct sinew_grad *grad,
                          const struct sinew_node *node,
                          const sinew_value *dy) {
    const struct sinew_matmul_attr *attr = node->attr;
    sinew_value a = node->in[0], b = node->in[1], d = dy[0];
    bool ta = attr->transpose_a, tb = attr->transpose_b;
    float alpha = attr->alpha;
    if (!is_plain(grad, node, &attr->act))
        return;
    if (sinew_grad_shape(grad, a)->rank < 2 ||
        sinew_grad_shape(grad, b)->rank < 2) {
        sinew_graph_fail(grad->graph, SINEW_UNSUPPORTED,
                         "node '%s' (matmul): no derivative for vectors",
                         node->name);
        return;
    }
    if (sinew_grad_wants(grad, node, 0)) {
        sinew_value da = ta ? product(grad, b, d, tb, true, alpha)
                            : product(grad, d, b, false, !tb, alpha);
        sinew_grad_give(grad, node, 0, sinew_grad_unbroadcast(grad, da, a));
    }
    if (sinew_grad_wants(grad, node, 1)) {
        bool shared = sinew_grad_shape(grad, b)->rank == 2 && !ta;
        sinew_value left = shared ? rows(grad, a) : a;
        sinew_value right = shared ? rows(grad, d) : d;
        sinew_value db = tb ? product(grad, right, left, true, ta, alpha)
                            : product(grad, left, right, !ta, false, alpha);
        sinew_grad_give(grad, node, 1, sinew_grad_unbroadcast(grad, db, b));
    }
    if (sinew_grad_wants(grad, node, 2))
        sinew_grad_give(grad, node, 2, sum_to_channels(grad, d));
}

void sinew_grad_of_max_pool2d(struct sinew_grad *grad,
                              const struct sinew_node *node,
                              const sinew_value *dy) {
    const struct sinew_pool2d_attr *attr = node->attr;
    if (is_plain(grad, node, &attr->act))
        sinew_grad_give(grad, node, 0,
                        sinew_graph_add(grad->graph, SINEW_OP_MAX_POOL2D_GRAD,
                                        "", node->attr,
                                        SINEW_IN(node->in[0], dy[0])));
}

void sinew_grad_of_avg_pool2d(struct sinew_grad *grad,
                              const struct sinew_node *node,
                              const sinew_value *dy) {
    const struct sinew_pool2d_attr *attr = node->attr;
    if (is_plain(grad, node, &attr->act))
        sinew_grad_give(grad, node, 0,
                        sinew_graph_add(grad->graph, SINEW_OP_AVG_POOL2D_GRAD,
                                        "", node->attr,
                                        SINEW_IN(node->in[0], dy[0])));
}

void sinew_grad_of_resize2d(struct sinew_grad *grad,
                            const struct sinew_node *node,
                            const sinew_value *dy) {
    sinew_grad_give(grad, node, 0,
                    sinew_graph_add(grad->graph, SINEW_OP_RESIZE2D_GRAD, "",
                                    node->attr,
                                    SINEW_IN(node->in[0], dy[0])));
}

/* Statistics that stand still: an affine map of each channel. */
void sinew_grad_of_batch_norm(struct sinew_grad *grad,
                              const struct sinew_node *node,
                              const sinew_value *dy) {
    const struct sinew_batch_norm_attr *attr = node->attr;
    sinew_value epsilon = sinew_graph_add_f32(grad->graph, attr->epsilon);
    sinew_value deviation = sinew_grad_unary(
        grad, SINEW_OP_SQRT,
        sinew_grad_binary(grad, SINEW_OP_ADD, node->in[4], epsilon));
    if (sinew_grad_wants(grad, node, 0)) {
        sinew_value slope = sinew_grad_binary(grad, SINEW_OP_DIV, node->in[1],
                                              deviation);
        sinew_grad_give(grad, node, 0, sinew_grad_mul(grad, dy[0], slope));
    }
    if (sinew_grad_wants(grad, node, 1)) {
        sinew_value x = sinew_grad_binary(grad, SINEW_OP_SUB, node->in[0],
                                          node->in[3]);
        x = sum_to_channels(grad, sinew_grad_mul(grad, dy[0], x));
        sinew_grad_give(grad, node, 1,
                        sinew_grad_binary(grad, SINEW_OP_DIV, x, deviation));
    }
    if (sinew_grad_wants(grad, node, 2))
        sinew_grad_give(grad, node, 2, sum_to_channels(grad, dy[0]));
}

static sinew_value mean_of(struct sinew_grad *grad, sinew_value a,
                           const struct sinew_reduce_attr *axes) {
    return sinew_graph_add(grad->graph, SINEW_OP_REDUCE_MEAN, "", axes,
                           SINEW_IN(a));
}

/* With g = dy scale and xhat made again: r (g - mean g - xhat mean(g xhat)). */
void sinew_grad_of_layer_norm(struct sinew_grad *grad,
                              const struct sinew_node *node,
                              const sinew_value *dy) {
    const struct sinew_layer_norm_attr *attr = node->attr;
    const sinew_tensor shape = *sinew_grad_shape(grad, node->in[0]);
    struct sinew_reduce_attr axes = {.keepdims = 1};
    for (int d = sinew_axis(attr->axis, shape.rank); d < shape.rank; d++)
        axes.axes[axes.n_axes++] = d;
    sinew_value x = node->in[0];
    x = sinew_grad_binary(grad, SINEW_OP_SUB, x, mean_of(grad, x, &axes));
    sinew_value deviation = mean_of(grad, sinew_grad_mul(grad, x, x), &axes);
    deviation =
        sinew_grad_binary(grad, SINEW_OP_ADD, deviation,
                          sinew_graph_add_f32(grad->graph, attr->epsilon));
    deviation = sinew_grad_unary(grad, SINEW_OP_SQRT, deviation);
    x = sinew_grad_binary(grad, SINEW_OP_DIV, x, deviation);
    if (sinew_grad_wants(grad, node, 0)) {
        sinew_value g = sinew_grad_mul(grad, dy[0], node->in[1]);
        sinew_value along = mean_of(grad, sinew_grad_mul(grad, g, x), &axes);
        sinew_value dx = sinew_grad_binary(grad, SINEW_OP_SUB, g,
                                           mean_of(grad, g, &axes));
        dx = sinew_grad_binary(grad, SINEW_OP_SUB, dx,
                               sinew_grad_mul(grad, x, along));
        sinew_grad_give(grad, node, 0,
                        sinew_grad_binary(grad, SINEW_OP_DIV, dx, deviation));
    }
    for (int i = 1; i < 3; i++)
        if (sinew_grad_wants(grad, node, i)) {
            sinew_value g = i == 1 ? sinew_grad_mul(grad, dy[0], x) : dy[0];
            sinew_grad_give(grad, node, i,
                            sinew_grad_unbroadcast(grad, g, node->in[i]));
        }
}

void sinew_grad_of_batch_norm_train(struct sinew_grad *grad,
                                    const struct sinew_node *node,
                                    const sinew_value *dy) {
    sinew_value out[3];
    const sinew_value in[6] = {node->in[0],  node->in[1],  node->in[2],
                               node->out[1], node->out[2], dy[0]};
    if (dy[0] < 0)
        return;
    sinew_graph_add_node(grad->graph, SINEW_OP_BATCH_NORM_GRAD, node->name,
                         node->attr, in, 6, out, 3);
    for (int i = 0; i < 3; i++)
        if (sinew_grad_wants(grad, node, i))
            sinew_grad_give(grad, node, i, out[i]);
}

/* The mask that was kept, scaled as it was. */
void sinew_grad_of_dropout(struct sinew_grad *grad,
                           const struct sinew_node *node,
                           const sinew_value *dy) {
    if (dy[0] >= 0)
        sinew_grad_give(grad, node, 0,
                        sinew_grad_mul(grad, dy[0], node->out[1]));
}
