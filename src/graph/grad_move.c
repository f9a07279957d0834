/*
 * grad_move.c - derivatives of operators that only move data: the gradient
 * moves back.
 */
#include "graph/grad.h"

/* Reshape, flatten, squeeze, unsqueeze, identity. */
void sinew_grad_of_reshape(struct sinew_grad *grad,
                           const struct sinew_node *node,
                           const sinew_value *dy) {
    if (sinew_grad_wants(grad, node, 0))
        sinew_grad_give(grad, node, 0,
                        sinew_grad_reshape(grad, dy[0], node->in[0]));
}

void sinew_grad_of_transpose(struct sinew_grad *grad,
                             const struct sinew_node *node,
                             const sinew_value *dy) {
    const struct sinew_transpose_attr *attr = node->attr;
    struct sinew_transpose_attr back = {.n = attr->n};
    for (int i = 0; i < attr->n; i++)
        back.perm[attr->perm[i]] = i;
    sinew_grad_give(grad, node, 0,
                    sinew_graph_add(grad->graph, SINEW_OP_TRANSPOSE, "", &back,
                                    SINEW_IN(dy[0])));
}

/* Only between floats of one type is anything to be passed on. */
void sinew_grad_of_cast(struct sinew_grad *grad, const struct sinew_node *node,
                        const sinew_value *dy) {
    if (sinew_grad_wants(grad, node, 0))
        sinew_grad_give(grad, node, 0, dy[0]);
}

void sinew_grad_of_expand(struct sinew_grad *grad,
                          const struct sinew_node *node,
                          const sinew_value *dy) {
    sinew_grad_give(grad, node, 0,
                    sinew_grad_unbroadcast(grad, dy[0], node->in[0]));
}

void sinew_grad_of_concat(struct sinew_grad *grad,
                          const struct sinew_node *node,
                          const sinew_value *dy) {
    const struct sinew_axis_attr *attr = node->attr;
    int axis =
        sinew_axis(attr->axis, sinew_grad_shape(grad, node->out[0])->rank);
    int64_t start = 0;
    for (int i = 0; i < node->n_in; i++) {
        int64_t size = sinew_grad_shape(grad, node->in[i])->dims[axis];
        if (sinew_grad_wants(grad, node, i))
            sinew_grad_give(grad, node, i,
                            sinew_grad_slice(grad, dy[0], axis, start, size));
        start += size;
    }
}

/* The parts side by side again; a part nobody used counts as zeros. */
void sinew_grad_of_split(struct sinew_grad *grad,
                         const struct sinew_node *node,
                         const sinew_value *dy) {
    sinew_value parts[SINEW_FEW_OPERANDS];
    for (int i = 0; i < node->n_out; i++) {
        const sinew_tensor shape = *sinew_grad_shape(grad, node->out[i]);
        parts[i] = dy[i] >= 0
                       ? dy[i]
                       : sinew_graph_add_const(grad->graph, "", SINEW_F32,
                                               shape.rank, shape.dims, NULL);
    }
    sinew_grad_give(grad, node, 0,
                    sinew_graph_add(grad->graph, SINEW_OP_CONCAT, "",
                                    node->attr, parts, node->n_out));
}

void sinew_grad_of_slice(struct sinew_grad *grad,
                         const struct sinew_node *node,
                         const sinew_value *dy) {
    sinew_value in[6] = {dy[0]};
    for (int i = 0; i < node->n_in; i++)
        in[i + 1] = node->in[i];
    sinew_grad_give(grad, node, 0,
                    sinew_graph_add(grad->graph, SINEW_OP_SLICE_GRAD, "", NULL,
                                    in, node->n_in + 1));
}

/* The part inside the padding. */
void sinew_grad_of_pad(struct sinew_grad *grad, const struct sinew_node *node,
                       const sinew_value *dy) {
    const struct sinew_pad_attr *attr = node->attr;
    const sinew_tensor pads = sinew_graph_tensor(grad->graph, node->in[1]);
    const sinew_tensor shape = *sinew_grad_shape(grad, node->in[0]);
    if (attr->mode != SINEW_PAD_CONSTANT || !pads.data) {
        sinew_graph_fail(grad->graph, SINEW_UNSUPPORTED,
                         "node '%s' (pad): only constant padding has a "
                         "derivative",
                         node->name);
        return;
    }
    sinew_value dx = dy[0];
    for (int d = 0; d < shape.rank; d++)
        dx = sinew_grad_slice(grad, dx, d, sinew_tensor_int(&pads, d),
                              shape.dims[d]);
    sinew_grad_give(grad, node, 0, dx);
}

static sinew_value reshape_to(struct sinew_grad *grad, sinew_value a, int n,
                              const int64_t *dims) {
    struct sinew_reshape_attr attr = {.allow_zero = 1};
    return sinew_graph_add(
        grad->graph, SINEW_OP_RESHAPE, "", &attr,
        SINEW_IN(a, sinew_graph_add_i64s(grad->graph, dims, n)));
}

/* [N, H, b, W, b, C] back to [N, H, W] and the block's cells and channels. */
void sinew_grad_of_depth_to_space(struct sinew_grad *grad,
                                  const struct sinew_node *node,
                                  const sinew_value *dy) {
    const struct sinew_depth_space_attr *attr = node->attr;
    const sinew_tensor shape = *sinew_grad_shape(grad, node->in[0]);
    const int64_t *d = shape.dims, b = attr->block;
    const int64_t apart[6] = {d[0], d[1], b, d[2], b, d[3] / (b * b)};
    const struct sinew_transpose_attr dcr = {6, {0, 1, 3, 2, 4, 5}};
    const struct sinew_transpose_attr crd = {6, {0, 1, 3, 5, 2, 4}};
    sinew_value dx = reshape_to(grad, dy[0], 6, apart);
    dx = sinew_graph_add(grad->graph, SINEW_OP_TRANSPOSE, "",
                         attr->order == SINEW_DEPTH_DCR ? &dcr : &crd,
                         SINEW_IN(dx));
    sinew_grad_give(grad, node, 0, reshape_to(grad, dx, 4, d));
}

void sinew_grad_of_space_to_depth(struct sinew_grad *grad,
                                  const struct sinew_node *node,
                                  const sinew_value *dy) {
    sinew_grad_give(grad, node, 0,
                    sinew_graph_add(grad->graph, SINEW_OP_DEPTH_TO_SPACE, "",
                                    node->attr, SINEW_IN(dy[0])));
}
