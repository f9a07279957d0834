/*
 * pass_diagonal.c - dense convolutions whose constant weights are zero wherever
 * output and input channel differ (the bilinear enlargement of EfficientPose)
 * become depthwise ones: the products left out are zeros.
 */
#include "graph/internal.h"
#include "op/attrs.h"

/* The groups attribute of a convolution, else NULL. */
static int32_t *groups_of(const struct sinew_node *node) {
    if (sinew_node_is(node, SINEW_OP_CONV2D))
        return &((struct sinew_conv2d_attr *)node->attr)->groups;
    if (sinew_node_is(node, SINEW_OP_CONV_TRANSPOSE2D))
        return &((struct sinew_conv_transpose2d_attr *)node->attr)->groups;
    return NULL;
}

/* w is [channels, taps, channels]. */
static bool is_diagonal(const float *w, int64_t channels, int64_t taps) {
    for (int64_t o = 0; o < channels; o++)
        for (int64_t t = 0; t < taps; t++, w += channels)
            for (int64_t k = 0; k < channels; k++)
                if (k != o && w[k] != 0.0f)
                    return false;
    return true;
}

static sinew_status make_depthwise(sinew_graph *graph,
                                   struct sinew_node *node) {
    const float *from = sinew_graph_floats(graph, node->in[1]);
    sinew_tensor shape = graph->values[node->in[1]].tensor;
    int64_t channels = shape.dims[0], taps = shape.dims[1] * shape.dims[2];
    float *to;
    shape.dims[3] = shape.row_stride = 1;
    sinew_value thin = sinew_graph_new_floats(graph, 0, &shape, &to);
    if (thin < 0)
        return SINEW_NOMEM;
    for (int64_t o = 0; o < channels; o++)
        for (int64_t t = 0; t < taps; t++)
            *to++ = from[(o * taps + t) * channels + o];
    node->in[1] = thin;
    *groups_of(node) = (int32_t)channels;
    return SINEW_OK;
}

sinew_status sinew_pass_diagonal(sinew_graph *graph) {
    for (int n = 0; n < graph->n_nodes; n++) {
        struct sinew_node *node = &graph->nodes[n];
        const int32_t *groups = groups_of(node);
        const float *w =
            groups ? sinew_graph_floats(graph, node->in[1]) : NULL;
        if (!w || *groups != 1)
            continue;
        const int64_t *dims = graph->values[node->in[1]].tensor.dims;
        if (dims[0] < 2 || dims[0] != dims[3] ||
            !is_diagonal(w, dims[0], dims[1] * dims[2]))
            continue;
        sinew_status status = make_depthwise(graph, node);
        if (status < 0)
            return status;
    }
    return sinew_graph_compact(graph);
}
