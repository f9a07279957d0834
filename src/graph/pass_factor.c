/*
 * pass_factor.c - the factor of swish (E-swish) into the weights of the layers
 * that read it, on the way through means, products and other linear nodes:
 *
 *     conv(c x; w, b) = conv(x; c w, b)
 *
 * Kernels here multiply by it for nothing, but other engines that run an
 * exported network do not.
 */
#include "graph/internal.h"
#include "op/attrs.h"

/* Readers of readers that are followed. */
enum { MAX_DEPTH = 6 };

/* Channels first..first+n-1 of a value are to be c times what they are. */
struct scaling {
    sinew_graph *graph;
    const int *uses; ///< readers of each value that was there at first
    float factor;
    bool apply; ///< else only asks whether it can be done
    sinew_status status;
};

static struct sinew_act *swish_of(const struct sinew_node *node) {
    struct sinew_act *act = NULL;
    if (sinew_node_is(node, SINEW_OP_CONV2D))
        act = &((struct sinew_conv2d_attr *)node->attr)->act;
    else if (sinew_node_is(node, SINEW_OP_ACTIVATION))
        act = &((struct sinew_activation_attr *)node->attr)->act;
    return act && act->kind == SINEW_ACT_SWISH && act->a != 1.0f ? act : NULL;
}

static int64_t channels_of(const sinew_graph *graph, sinew_value value) {
    const sinew_tensor *tensor = &graph->values[value].tensor;
    return tensor->rank ? tensor->dims[tensor->rank - 1] : 0;
}

/* Convolutions with constant weights, plain or depthwise. */
static bool scale_weights(struct scaling *s, struct sinew_node *node,
                          int64_t first, int64_t n) {
    sinew_graph *graph = s->graph;
    const struct sinew_conv2d_attr *attr = node->attr;
    bool constant = sinew_graph_floats(graph, node->in[1]) != NULL;
    sinew_tensor shape = graph->values[node->in[1]].tensor;
    int64_t width = constant ? shape.dims[3] : 0;
    float *w;
    bool depthwise = width == 1 && attr->groups == shape.dims[0];
    if (!constant || (attr->groups != 1 && !depthwise))
        return false;
    if (!s->apply)
        return true;
    sinew_value scaled = sinew_graph_own_floats(graph, node->in[1], &w);
    if (scaled < 0) {
        s->status = SINEW_NOMEM;
        return false;
    }
    int64_t inner = shape.dims[1] * shape.dims[2] * width;
    for (int64_t i = 0; i < shape.dims[0] * inner; i++) {
        int64_t k = attr->groups == 1 ? i % width : i / inner;
        if (k >= first && k < first + n)
            w[i] *= s->factor;
    }
    node->in[1] = scaled;
    return true;
}

static bool scale(struct scaling *s, sinew_value value, int64_t first,
                  int64_t n, int depth);

/* Nodes whose output is scaled as its input is. */
static bool scale_through(struct scaling *s, const struct sinew_node *node,
                          sinew_value value, int64_t first, int64_t n,
                          int depth) {
    static const enum sinew_op linear[] = {
        SINEW_OP_REDUCE_MEAN, SINEW_OP_RESHAPE, SINEW_OP_SQUEEZE,
        SINEW_OP_UNSQUEEZE, SINEW_OP_FLATTEN};
    sinew_value out = node->out[0];
    if (sinew_node_is(node, SINEW_OP_CONCAT)) {
        const struct sinew_axis_attr *attr = node->attr;
        int rank = s->graph->values[out].tensor.rank;
        if (sinew_axis(attr->axis, rank) != rank - 1)
            return false;
        for (int i = 0; node->in[i] != value; i++)
            first += channels_of(s->graph, node->in[i]);
        return scale(s, out, first, n, depth);
    }
    if (sinew_node_is(node, SINEW_OP_MUL)) {
        const struct sinew_binary_attr *attr = node->attr;
        return (!attr || attr->act.kind == SINEW_ACT_NONE) &&
               node->in[0] != node->in[1] &&
               sinew_tensor_same_shape(&s->graph->values[value].tensor,
                                       &s->graph->values[out].tensor) &&
               scale(s, out, first, n, depth);
    }
    for (size_t i = 0; i < sizeof linear / sizeof *linear; i++)
        if (sinew_node_is(node, linear[i]))
            return node->in[0] == value && first == 0 &&
                   n == channels_of(s->graph, value) &&
                   channels_of(s->graph, out) == n &&
                   scale(s, out, first, n, depth);
    return false;
}

/* All readers of a value. */
static bool scale(struct scaling *s, sinew_value value, int64_t first,
                  int64_t n, int depth) {
    sinew_graph *graph = s->graph;
    if (depth > MAX_DEPTH)
        return false;
    for (int i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i] == value)
            return false;
    int left = s->uses[value];
    for (int r = graph->values[value].producer + 1; left > 0; r++) {
        struct sinew_node *node = &graph->nodes[r];
        int reads = 0;
        for (int i = 0; !node->dead && i < node->n_in; i++)
            reads += node->in[i] == value;
        if (reads == 0)
            continue;
        bool done = reads == 1 && node->in[0] == value &&
                            sinew_node_is(node, SINEW_OP_CONV2D)
                        ? scale_weights(s, node, first, n)
                        : reads == 1 && scale_through(s, node, value, first, n,
                                                      depth + 1);
        if (!done)
            return false;
        left -= reads;
    }
    return true;
}

static sinew_status move_factors(sinew_graph *graph, const int *uses) {
    for (int n = 0; n < graph->n_nodes; n++) {
        struct sinew_act *act = swish_of(&graph->nodes[n]);
        if (!act || !(act->a > 0))
            continue;
        sinew_value out = graph->nodes[n].out[0];
        struct scaling s = {.graph = graph, .uses = uses, .factor = act->a};
        if (!scale(&s, out, 0, channels_of(graph, out), 0))
            continue;
        s.apply = true;
        if (!scale(&s, out, 0, channels_of(graph, out), 0))
            return s.status;
        act->a = 1.0f;
    }
    return SINEW_OK;
}

sinew_status sinew_pass_factor(sinew_graph *graph) {
    int *uses = sinew_alloc((uint64_t)graph->n_values, sizeof *uses);
    if (!uses)
        return SINEW_NOMEM;
    for (int n = 0; n < graph->n_nodes; n++)
        for (int i = 0; !graph->nodes[n].dead && i < graph->nodes[n].n_in; i++)
            if (graph->nodes[n].in[i] >= 0)
                uses[graph->nodes[n].in[i]]++;
    sinew_status status = move_factors(graph, uses);
    sinew_free(uses);
    return status < 0 ? status : sinew_graph_compact(graph);
}
