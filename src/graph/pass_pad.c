/*
 * pass_pad.c - zeros put around the picture in a node of their own become the
 * pads of the convolutions that read them.
 */
#include "graph/internal.h"
#include "op/attrs.h"

/* Rows and columns of zeros that a pad node adds, all of them >= 0; false when
 * it does anything else. */
static bool zeros_around(const sinew_graph *graph,
                         const struct sinew_node *node,
                         struct sinew_pads *pads) {
    const struct sinew_pad_attr *attr = node->attr;
    const sinew_tensor amounts = sinew_graph_tensor(graph, node->in[1]);
    bool has_value = node->n_in > 2 && node->in[2] >= 0;
    const float *value =
        has_value ? sinew_graph_floats(graph, node->in[2]) : NULL;
    int64_t by[8];
    if (attr->mode != SINEW_PAD_CONSTANT || !amounts.data ||
        graph->values[node->in[0]].tensor.rank != 4 ||
        (has_value && (!value || value[0] != 0)))
        return false;
    for (int i = 0; i < 8; i++) {
        bool spatial = i % 4 == 1 || i % 4 == 2;
        by[i] = sinew_tensor_int(&amounts, i);
        if (by[i] < 0 || by[i] > INT16_MAX || (by[i] != 0 && !spatial))
            return false;
    }
    *pads = (struct sinew_pads){(int32_t)by[1], (int32_t)by[2], (int32_t)by[5],
                                (int32_t)by[6]};
    return true;
}

sinew_status sinew_pass_pad(sinew_graph *graph) {
    for (int n = 0; n < graph->n_nodes; n++) {
        struct sinew_node *node = &graph->nodes[n];
        struct sinew_pads extra;
        if (!sinew_node_is(node, SINEW_OP_CONV2D))
            continue;
        const struct sinew_node *before =
            sinew_graph_producer(graph, node->in[0]);
        struct sinew_conv2d_attr *attr = node->attr;
        if (attr->same || !sinew_node_is(before, SINEW_OP_PAD) ||
            !zeros_around(graph, before, &extra))
            continue;
        attr->pads.top += extra.top;
        attr->pads.left += extra.left;
        attr->pads.bottom += extra.bottom;
        attr->pads.right += extra.right;
        node->in[0] = before->in[0];
    }
    return sinew_graph_compact(graph);
}
