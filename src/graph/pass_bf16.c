/*
 * pass_bf16.c - which values are kept as bf16 between operators.
 *
 * All maps of numbers that nodes make are taken to be bf16 at first. Where an
 * operator cannot take its operands so (takes_bf16 in op.h), its results are
 * floats again, and if that is not enough what it reads too, until all agree:
 * there are no conversions. Where the processor multiplies no bf16 the values
 * stay floats, which the runtime rounds, so that every machine has the same
 * numbers but for the order of sums.
 */
#include "graph/internal.h"
#include "kernel/kernel.h"

/* Of fewer pixels there is nothing to gain. */
enum { MIN_PIXELS = 16 };

static void keep(struct sinew_value_info *value, bool bf16) {
    value->rounded = bf16;
    value->tensor.dtype = bf16 ? SINEW_BF16 : SINEW_F32;
}

/* False when there is a variable, as in training. */
static bool take_all(sinew_graph *graph) {
    for (int v = 0; v < graph->n_values; v++)
        if (graph->values[v].role == SINEW_ROLE_VARIABLE) return false;
    for (int v = 0; v < graph->n_values; v++) {
        struct sinew_value_info *value = &graph->values[v];
        const sinew_tensor *t = &value->tensor;
        if (value->role == SINEW_ROLE_NODE && !value->known &&
            !value->dynamic && t->dtype == SINEW_F32 && t->rank == 4 &&
            t->dims[3] > 0 && t->dims[3] % 2 == 0 &&
            t->dims[1] * t->dims[2] >= MIN_PIXELS)
            keep(value, true);
    }
    for (int i = 0; i < graph->n_outputs; i++)
        if (graph->values[graph->outputs[i]].rounded)
            keep(&graph->values[graph->outputs[i]], false);
    return true;
}

static int count(const sinew_graph *graph, const sinew_value *list, int n) {
    int rounded = 0;
    for (int i = 0; i < n; i++)
        rounded += list[i] >= 0 && graph->values[list[i]].rounded;
    return rounded;
}

static sinew_status takes(const sinew_graph *graph,
                          const struct sinew_kernels *kernels,
                          const struct sinew_node *node, bool *fits) {
    struct sinew_operands operands;
    *fits = count(graph, node->in, node->n_in) +
                count(graph, node->out, node->n_out) ==
            0;
    if (*fits || !node->op->takes_bf16) return SINEW_OK;
    sinew_status status = sinew_operands_gather(&operands, graph, node);
    if (status < 0) return status;
    operands.args.kernels = kernels;
    *fits = node->op->takes_bf16(&operands.args);
    sinew_operands_release(&operands);
    return SINEW_OK;
}

static void refuse(sinew_graph *graph, const sinew_value *list, int n) {
    for (int i = 0; i < n; i++)
        if (list[i] >= 0 && graph->values[list[i]].rounded)
            keep(&graph->values[list[i]], false);
}

sinew_status sinew_pass_bf16(sinew_graph *graph,
                             const struct sinew_kernels *kernels) {
    bool changed = take_all(graph);
    while (changed) {
        changed = false;
        for (int n = 0; n < graph->n_nodes; n++) {
            struct sinew_node *node = &graph->nodes[n];
            bool fits;
            sinew_status status = takes(graph, kernels, node, &fits);
            if (status == SINEW_OK && !fits) {
                changed = true;
                refuse(graph, node->out, node->n_out);
                status = takes(graph, kernels, node, &fits);
            }
            if (status < 0) return status;
            if (!fits) refuse(graph, node->in, node->n_in);
        }
    }
    for (int v = 0; v < graph->n_values; v++)
        if (graph->values[v].rounded && kernels->factors != SINEW_FACTORS_PAIRS)
            graph->values[v].tensor.dtype = SINEW_F32;
    return SINEW_OK;
}
