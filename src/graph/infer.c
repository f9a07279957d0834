/*
 * infer.c - shapes of all values, and the values that follow from them.
 *
 * A node whose inputs are all known is run on the spot, so that shape
 * arithmetic, range grids and dequantised weights become plain data. Values
 * whose size depends on the data keep their upper bound and are marked dynamic;
 * what follows from such a bound is known for planning but computed anew in
 * every run.
 */
#include <string.h>
#include "graph/buffer.h"
#include "graph/internal.h"
#include "kernel/cpu.h"
#include "kernel/kernel.h"

/* A result larger than this is left to the run. */
#define MAX_KNOWN_BYTES ((size_t)64 << 20)

sinew_status sinew_operands_gather(struct sinew_operands *operands,
                                   const sinew_graph *graph,
                                   const struct sinew_node *node) {
    int total = node->n_in + node->n_out;
    sinew_tensor *tensors = operands->few;
    operands->many = NULL;
    if (total > SINEW_FEW_OPERANDS) {
        operands->many = sinew_alloc((uint64_t)total, sizeof *tensors);
        if (!operands->many)
            return SINEW_NOMEM;
        tensors = operands->many;
    }
    for (int i = 0; i < node->n_in; i++)
        tensors[i] = node->in[i] < 0 ? (sinew_tensor){0}
                                     : graph->values[node->in[i]].tensor;
    for (int i = 0; i < node->n_out; i++)
        tensors[node->n_in + i] = graph->values[node->out[i]].tensor;
    operands->args = (struct sinew_op_args){
        .attr = node->attr,
        .n_in = node->n_in,
        .n_out = node->n_out,
        .in = tensors,
        .out = tensors + node->n_in,
    };
    return SINEW_OK;
}

void sinew_operands_release(struct sinew_operands *operands) {
    sinew_free(operands->many);
}

static sinew_status run_once(const struct sinew_op_desc *op,
                             struct sinew_op_args *args) {
    struct sinew_kernels kernels;
    size_t bytes = 0;
    sinew_kernels_init(&kernels, sinew_cpu_best());
    args->kernels = &kernels;
    if (op->prepare) {
        sinew_status status = op->prepare(args, &args->state, &bytes);
        if (status < 0)
            return status;
    }
    void *scratch = sinew_alloc(op->scratch ? op->scratch(args) : 0, 1);
    const size_t shared = op->shared ? op->shared(args) : 0;
    args->shared = sinew_alloc(shared, 1);
    bool fine = scratch && args->shared;
    if (fine && shared)
        op->setup(args, 0, op->setup_units(args), scratch);
    if (fine && op->join)
        op->join(args, NULL);
    if (fine)
        op->run(args, 0, op->units ? op->units(args) : 1, scratch);
    sinew_free(scratch);
    sinew_free(args->shared);
    if (args->state)
        (op->release ? op->release : sinew_free)(args->state);
    args->state = args->shared = NULL;
    return fine ? SINEW_OK : SINEW_NOMEM;
}

/* Runs a node whose inputs are known and keeps the results in its values. */
static sinew_status evaluate(sinew_graph *graph, struct sinew_node *node,
                             struct sinew_op_args *args) {
    for (int i = 0; i < args->n_out; i++) {
        struct sinew_value_info *value = &graph->values[node->out[i]];
        value->buffer = sinew_buffer_create(sinew_tensor_bytes(&args->out[i]));
        if (!value->buffer)
            return SINEW_NOMEM;
        args->out[i].data = sinew_buffer_data(value->buffer);
    }
    sinew_status status = run_once(node->op, args);
    for (int i = 0; status == SINEW_OK && i < args->n_out; i++) {
        graph->values[node->out[i]].tensor = args->out[i];
        graph->values[node->out[i]].known = true;
    }
    return status;
}

static bool all_known(const struct sinew_op_args *args, uint32_t flags) {
    size_t bytes = 0;
    for (int i = 0; i < args->n_out; i++)
        bytes += sinew_tensor_bytes(&args->out[i]);
    if (bytes > MAX_KNOWN_BYTES)
        return false;
    if (flags & SINEW_OP_SHAPE_ONLY)
        return true;
    for (int i = 0; i < args->n_in; i++)
        if (args->in[i].dtype != SINEW_NONE && !args->in[i].data)
            return false;
    return true;
}

static void forget_outputs(sinew_graph *graph, const struct sinew_node *node) {
    for (int i = 0; i < node->n_out; i++) {
        struct sinew_value_info *value = &graph->values[node->out[i]];
        sinew_buffer_unref(&value->buffer);
        value->tensor = (sinew_tensor){0};
        value->known = false;
        value->dynamic = false;
    }
}

sinew_status sinew_node_infer(sinew_graph *graph, int index) {
    struct sinew_node *node = &graph->nodes[index];
    struct sinew_operands operands;
    bool dynamic = (node->op->flags & SINEW_OP_DATA_SIZED) != 0;
    forget_outputs(graph, node);
    sinew_status status = sinew_operands_gather(&operands, graph, node);
    if (status < 0)
        return status;
    SINEW_TRY(node->op->infer(&operands.args));
    for (int i = 0; i < node->n_in; i++)
        dynamic = dynamic ||
                  (node->in[i] >= 0 && graph->values[node->in[i]].dynamic);
    for (int i = 0; i < node->n_out; i++) {
        operands.args.out[i].data = NULL;
        graph->values[node->out[i]].tensor = operands.args.out[i];
        graph->values[node->out[i]].dynamic = dynamic;
    }
    if (all_known(&operands.args, node->op->flags))
        SINEW_TRY(evaluate(graph, node, &operands.args));
    sinew_operands_release(&operands);
    return SINEW_OK;
fail:
    sinew_operands_release(&operands);
    return sinew_fail_in(status, "node '%s' (%s)", node->name, node->op->name);
}

sinew_status sinew_graph_infer(sinew_graph *graph) {
    for (int i = 0; i < graph->n_nodes; i++) {
        if (graph->nodes[i].dead)
            continue;
        sinew_status status = sinew_node_infer(graph, i);
        if (status < 0)
            return status;
    }
    return SINEW_OK;
}

sinew_status sinew_graph_set_input_shape(sinew_graph *graph, int i,
                                         const int64_t *dims, int rank) {
    if (graph->error < 0)
        return sinew_graph_finish(graph);
    if (i < 0 || i >= graph->n_inputs)
        return sinew_fail(SINEW_INVALID, "the network has no input %d", i);
    struct sinew_value_info *input = &graph->values[graph->inputs[i]];
    if (rank != input->tensor.rank)
        return sinew_fail(SINEW_INVALID, "input '%s' has %d dimensions, not %d",
                          input->name, input->tensor.rank, rank);
    for (int d = 0; d < rank; d++)
        if (dims[d] < 1)
            return sinew_fail(SINEW_INVALID,
                              "input '%s': size %lld should be 1 or more",
                              input->name, (long long)dims[d]);
    sinew_tensor before = input->tensor;
    sinew_status status =
        sinew_tensor_set(&input->tensor, before.dtype, rank, dims);
    if (status == SINEW_OK)
        status = sinew_graph_infer(graph);
    if (status < 0) {
        /* Back to shapes that fitted; only memory could fail here, and then
         * the graph is of no use any more. */
        char *text = sinew_strdup(sinew_error_message());
        input->tensor = before;
        if (sinew_graph_infer(graph) < 0)
            graph->error = SINEW_NOMEM;
        if (text)
            sinew_fail(status, "%s", text);
        sinew_free(text);
    }
    return status;
}

/* Weights: constants and variables of floating point (or 8-bit) type with
 * dimensions; scalars are operands of the arithmetic. */
static bool is_weight(const struct sinew_value_info *value) {
    int32_t dtype = value->tensor.dtype;
    return (value->role == SINEW_ROLE_CONST ||
            value->role == SINEW_ROLE_VARIABLE) &&
           value->tensor.rank >= 1 &&
           (dtype == SINEW_F32 || dtype == SINEW_F16 || dtype == SINEW_BF16 ||
            dtype == SINEW_I8);
}

/* Elements of all weights that a node reads, each counted once. Batch norm's
 * running statistics are state, not parameters. */
static int64_t count_parameters(const sinew_graph *graph) {
    int64_t count = 0;
    bool *seen = sinew_alloc((uint64_t)graph->n_values, sizeof *seen);
    for (int n = 0; seen && n < graph->n_nodes; n++) {
        const struct sinew_node *node = &graph->nodes[n];
        int operands = sinew_node_is(node, SINEW_OP_BATCH_NORM) ? 3
                                                                : node->n_in;
        for (int i = 0; !node->dead && i < operands; i++) {
            sinew_value in = node->in[i];
            if (in < 0 || seen[in] || !is_weight(&graph->values[in]))
                continue;
            seen[in] = true;
            count += sinew_tensor_count(&graph->values[in].tensor);
        }
    }
    sinew_free(seen);
    return count;
}

static int64_t node_macs(const sinew_graph *graph,
                         const struct sinew_node *node) {
    struct sinew_operands operands;
    int64_t macs = 0;
    if (!node->op->macs || sinew_operands_gather(&operands, graph, node) < 0)
        return 0;
    /* Products of two activations are not counted, as papers do. */
    enum sinew_role role = node->n_in > 1 && node->in[1] >= 0
                               ? graph->values[node->in[1]].role
                               : SINEW_ROLE_NODE;
    if (role == SINEW_ROLE_VARIABLE ||
        (operands.args.n_in > 1 && operands.args.in[1].data))
        macs = node->op->macs(&operands.args);
    sinew_operands_release(&operands);
    return macs;
}

sinew_graph_stats sinew_graph_count(const sinew_graph *graph) {
    sinew_graph_stats stats = {0};
    for (int i = 0; i < graph->n_nodes; i++) {
        const struct sinew_node *node = &graph->nodes[i];
        bool folds = true; /* weights' dequantising is no layer */
        for (int k = 0; k < node->n_out; k++)
            folds = folds && graph->values[node->out[k]].known;
        if (node->dead || folds)
            continue;
        stats.nodes++;
        stats.macs += node_macs(graph, node);
    }
    stats.parameters = count_parameters(graph);
    return stats;
}
