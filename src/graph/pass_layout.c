/*
 * pass_layout.c - fewer transposes: two in a row become one, and one before an
 * element-wise node moves behind it, where it may meet the next.
 */
#include "graph/internal.h"
#include "op/attrs.h"

/* T2(T1(x)): perm[i] = perm1[perm2[i]]. */
static void merge(sinew_graph *graph, struct sinew_node *node) {
    const struct sinew_node *before = sinew_graph_producer(graph, node->in[0]);
    if (!sinew_node_is(before, SINEW_OP_TRANSPOSE))
        return;
    const struct sinew_transpose_attr *first = before->attr;
    struct sinew_transpose_attr *second = node->attr;
    for (int i = 0; i < second->n; i++)
        second->perm[i] = first->perm[second->perm[i]];
    node->in[0] = before->in[0];
}

/* act(T(x)) -> T(act(x)) by exchanging what the two nodes do. */
static void sink(sinew_graph *graph, struct sinew_node *node) {
    struct sinew_node *before = sinew_graph_producer(graph, node->in[0]);
    if (!sinew_node_is(before, SINEW_OP_TRANSPOSE) ||
        sinew_graph_only_reader(graph, node->in[0]) != node)
        return;
    const struct sinew_op_desc *op = node->op;
    void *attr = node->attr;
    node->op = before->op;
    node->attr = before->attr;
    before->op = op;
    before->attr = attr;
    sinew_tensor shape = graph->values[before->in[0]].tensor;
    shape.data = NULL;
    graph->values[before->out[0]].tensor = shape;
}

sinew_status sinew_pass_layout(sinew_graph *graph) {
    for (int n = 0; n < graph->n_nodes; n++) {
        struct sinew_node *node = &graph->nodes[n];
        if (sinew_node_is(node, SINEW_OP_TRANSPOSE))
            merge(graph, node);
        else if (sinew_node_is(node, SINEW_OP_ACTIVATION))
            sink(graph, node);
    }
    return sinew_pass_fold(graph);
}
