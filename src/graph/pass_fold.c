/*
 * pass_fold.c - constants through operators, and nodes that change nothing.
 *
 * Inference has already evaluated every node whose inputs are known; this pass
 * makes plain constants of those results. What follows from the bound of a
 * data-dependent size stays a computation.
 */
#include "graph/internal.h"
#include "op/attrs.h"

static bool freeze_known(sinew_graph *graph, struct sinew_node *node) {
    for (int i = 0; i < node->n_out; i++) {
        const struct sinew_value_info *value = &graph->values[node->out[i]];
        if (!value->known || value->dynamic)
            return false;
    }
    for (int i = 0; i < node->n_out; i++)
        sinew_value_freeze(graph, node->out[i]);
    node->dead = true;
    return true;
}

static bool keeps_order(const struct sinew_node *node) {
    const struct sinew_transpose_attr *attr = node->attr;
    for (int i = 0; i < attr->n; i++)
        if (attr->perm[i] != i)
            return false;
    return true;
}

/* True for an operator that gives its input back when the shape is the same. */
static bool changes_nothing(const sinew_graph *graph,
                            const struct sinew_node *node) {
    static const enum sinew_op shapers[] = {
        SINEW_OP_RESHAPE, SINEW_OP_FLATTEN, SINEW_OP_SQUEEZE,
        SINEW_OP_UNSQUEEZE, SINEW_OP_EXPAND, SINEW_OP_TILE, SINEW_OP_CAST};
    if (node->n_in < 1 || node->n_out != 1)
        return false;
    if (sinew_node_is(node, SINEW_OP_IDENTITY))
        return true;
    const struct sinew_value_info *in = &graph->values[node->in[0]];
    const struct sinew_value_info *out = &graph->values[node->out[0]];
    if (in->dynamic || out->dynamic || in->tensor.dtype != out->tensor.dtype ||
        !sinew_tensor_same_shape(&in->tensor, &out->tensor))
        return false;
    for (size_t i = 0; i < sizeof shapers / sizeof shapers[0]; i++)
        if (sinew_node_is(node, shapers[i]))
            return true;
    if (sinew_node_is(node, SINEW_OP_CONCAT))
        return node->n_in == 1;
    if (sinew_node_is(node, SINEW_OP_TRANSPOSE))
        return keeps_order(node);
    if (sinew_node_is(node, SINEW_OP_ACTIVATION)) {
        const struct sinew_activation_attr *attr = node->attr;
        return attr->act.kind == SINEW_ACT_NONE;
    }
    return false;
}

static bool is_output(const sinew_graph *graph, sinew_value value) {
    for (int i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i] == value)
            return true;
    return false;
}

/* Its readers read its input instead. Where it makes an output of the graph,
 * the node before takes that place and name, if it has a place of its own. */
static void bypass(sinew_graph *graph, struct sinew_node *node) {
    sinew_value in = node->in[0], out = node->out[0];
    if (!is_output(graph, out)) {
        sinew_graph_replace(graph, out, in);
        node->dead = true;
        return;
    }
    struct sinew_node *before = sinew_graph_producer(graph, in);
    if (!before || before->n_out != 1 ||
        sinew_graph_only_reader(graph, in) != node)
        return;
    sinew_node_absorb(graph, before, node);
}

sinew_status sinew_pass_fold(sinew_graph *graph) {
    for (int n = 0; n < graph->n_nodes; n++) {
        struct sinew_node *node = &graph->nodes[n];
        if (node->dead || freeze_known(graph, node))
            continue;
        if (changes_nothing(graph, node))
            bypass(graph, node);
    }
    return sinew_graph_compact(graph);
}
