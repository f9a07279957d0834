/*
 * pass_gate.c - squeeze-and-excitation's gates go from maps to weights.
 *
 * A gate g of one number a channel is multiplied into a map x, which a 1 x 1
 * convolution then reads (Hu et al. 2018, "Squeeze-and-excitation networks"):
 * sum over k of w[j][k] (g[k] x[k]) is that of (w[j][k] g[k]) x[k]. Weights are
 * far fewer than a map's numbers, so these are multiplied, in every run; the
 * convolution packs them anew and reads the map as it is.
 */
#include "graph/internal.h"
#include "op/attrs.h"

/* So many pixels for an output channel make up for packing the weights. */
enum { WORTH = 8 };

static const sinew_tensor *shape_of(const sinew_graph *graph,
                                    sinew_value value) {
    return &graph->values[value].tensor;
}

/* A 1 x 1 convolution of all channels by known weights that is the only one to
 * read what `node` makes, else NULL. */
static struct sinew_node *projection(sinew_graph *graph,
                                     const struct sinew_node *node) {
    struct sinew_node *conv = sinew_graph_only_reader(graph, node->out[0]);
    if (!sinew_node_is(conv, SINEW_OP_CONV2D) || conv->in[0] != node->out[0] ||
        !sinew_graph_floats(graph, conv->in[1]))
        return NULL;
    const struct sinew_conv2d_attr *attr = conv->attr;
    const int64_t *w = shape_of(graph, conv->in[1])->dims;
    const int64_t *y = shape_of(graph, conv->out[0])->dims;
    return attr->groups == 1 && w[1] * w[2] == 1 && y[1] * y[2] >= WORTH * w[0]
               ? conv
               : NULL;
}

/* Which operand of a product of one picture's map is its gate, else -1. */
static int gate_of(const sinew_graph *graph, const struct sinew_node *node) {
    const sinew_tensor *y = shape_of(graph, node->out[0]);
    const struct sinew_binary_attr *attr = node->attr;
    if (graph->values[node->out[0]].dynamic || y->rank != 4 ||
        y->dims[0] != 1 || (attr && attr->act.kind != SINEW_ACT_NONE))
        return -1;
    for (int i = 0; i < 2; i++) {
        const sinew_tensor *gate = shape_of(graph, node->in[i]);
        if (gate->rank == 4 && sinew_tensor_count(gate) == y->dims[3] &&
            gate->dims[3] == y->dims[3] &&
            sinew_tensor_same_shape(shape_of(graph, node->in[1 - i]), y))
            return i;
    }
    return -1;
}

sinew_status sinew_pass_gate(sinew_graph *graph) {
    for (int n = 0; n < graph->n_nodes; n++) {
        struct sinew_node *node = &graph->nodes[n];
        if (!sinew_node_is(node, SINEW_OP_MUL)) continue;
        int gate = gate_of(graph, node);
        struct sinew_node *conv = gate < 0 ? NULL : projection(graph, node);
        if (!conv) continue;
        sinew_value map = node->in[1 - gate];
        node->in[1 - gate] = conv->in[1];
        conv->in[1] = node->out[0];
        conv->in[0] = map;
        sinew_status status = sinew_node_infer(graph, n);
        if (status < 0) return status;
    }
    return SINEW_OK;
}
