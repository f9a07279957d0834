/*
 * compile.c - from an optimised graph to steps with memory: kernels chosen and
 * weights packed first, so that constants nobody reads any more can go, then
 * one arena for all values and the threads' scratch.
 */
#include <string.h>
#include "graph/buffer.h"
#include "graph/compile.h"
#include "graph/place.h"

/* Steps of less than some three microseconds with AVX-512, an element moved
 * counting for twenty multiply-adds. */
static bool is_small(const struct sinew_step *step) {
    int64_t work = step->macs;
    for (int i = 0; i < step->node->n_in + step->node->n_out; i++)
        if (step->tensors[i].dtype != SINEW_NONE)
            work += 20 * sinew_tensor_count(&step->tensors[i]);
    return work < 300000;
}

static sinew_status prepare_step(struct sinew_runtime *runtime, int n) {
    struct sinew_step *step = &runtime->steps[n];
    struct sinew_node *node = &runtime->graph->nodes[n];
    const struct sinew_value_info *values = runtime->graph->values;
    uint64_t operands = (uint64_t)(node->n_in + node->n_out);
    size_t state_bytes = 0;
    step->op = node->op;
    step->node = node;
    step->tensors = sinew_alloc(operands, sizeof *step->tensors);
    step->capacity = sinew_alloc((uint64_t)node->n_out, sizeof(size_t));
    if (!step->tensors || !step->capacity)
        return SINEW_NOMEM;
    for (int i = 0; i < node->n_in; i++)
        if (node->in[i] >= 0)
            step->tensors[i] = values[node->in[i]].tensor;
    for (int i = 0; i < node->n_out; i++) {
        sinew_tensor *out = &step->tensors[node->n_in + i];
        *out = values[node->out[i]].tensor;
        step->capacity[i] = sinew_tensor_bytes(out);
        step->dynamic = step->dynamic || values[node->out[i]].dynamic;
        step->rounds = i == 0 && values[node->out[i]].rounded &&
                       out->dtype == SINEW_F32;
    }
    step->args = (struct sinew_op_args){
        .attr = node->attr,
        .n_in = node->n_in,
        .n_out = node->n_out,
        .in = step->tensors,
        .out = step->tensors + node->n_in,
        .kernels = &runtime->kernels,
    };
    if (step->op->prepare) {
        sinew_status status =
            step->op->prepare(&step->args, &step->args.state, &state_bytes);
        if (status < 0)
            return sinew_fail_in(status, "node '%s' (%s)", node->name,
                                 step->op->name);
    }
    runtime->memory.weights += state_bytes;
    if (step->op->macs)
        step->macs = step->op->macs(&step->args);
    step->small = is_small(step);
    return SINEW_OK;
}

/* Nodes and outputs that read each value. */
static int *count_readers(const sinew_graph *graph) {
    int *readers = sinew_alloc((uint64_t)graph->n_values, sizeof *readers);
    for (int n = 0; readers && n < graph->n_nodes; n++)
        for (int i = 0; i < graph->nodes[n].n_in; i++)
            if (graph->nodes[n].in[i] >= 0)
                readers[graph->nodes[n].in[i]]++;
    for (int i = 0; readers && i < graph->n_outputs; i++)
        readers[graph->outputs[i]]++;
    return readers;
}

/* Frees what step n was the last to read: it has packed it, or never reads. */
static void drop_constants(struct sinew_runtime *runtime, int n, int *readers) {
    const struct sinew_step *step = &runtime->steps[n];
    for (int i = 0; i < step->node->n_in; i++) {
        sinew_value v = step->node->in[i];
        bool dropped = !sinew_op_reads(step->op, i) ||
                       (step->op->drops && step->op->drops(&step->args, i));
        if (v < 0 || !dropped || --readers[v] > 0)
            continue;
        struct sinew_value_info *value = &runtime->graph->values[v];
        if (value->role != SINEW_ROLE_CONST)
            continue;
        value->tensor.data = NULL;
        sinew_buffer_unref(&value->buffer);
    }
}

/* Prepares all steps, each followed by the end of what it has packed, so that
 * weights are not there twice. */
static sinew_status prepare_steps(struct sinew_runtime *runtime) {
    const sinew_graph *graph = runtime->graph;
    sinew_status status = SINEW_OK;
    int *readers = count_readers(graph);
    if (!readers)
        return SINEW_NOMEM;
    for (int n = 0; n < graph->n_nodes && status == SINEW_OK; n++) {
        runtime->n_steps = n + 1;
        status = prepare_step(runtime, n);
        if (status == SINEW_OK)
            drop_constants(runtime, n, readers);
    }
    for (int v = 0; v < graph->n_values; v++)
        if (graph->values[v].role == SINEW_ROLE_CONST && readers[v] > 0)
            runtime->memory.weights +=
                sinew_tensor_bytes(&graph->values[v].tensor);
    sinew_free(readers);
    return status;
}

/* Strides and the memory of every value into the steps' tensors. */
static void fill_tensors(struct sinew_runtime *runtime,
                         const struct sinew_placing *placing, char *arena) {
    const sinew_graph *graph = runtime->graph;
    for (int v = 0; v < graph->n_values; v++) {
        const struct sinew_place *place = &placing->places[v];
        runtime->tensors[v] = graph->values[v].tensor;
        if (graph->values[v].role == SINEW_ROLE_VARIABLE)
            runtime->tensors[v].data = sinew_graph_variable_data(graph, v);
        if (place->item < 0)
            continue;
        runtime->tensors[v].row_stride = place->row_stride;
        runtime->tensors[v].data =
            arena ? arena + placing->items[place->item].offset + place->offset
                  : NULL;
    }
    for (int n = 0; n < runtime->n_steps; n++) {
        struct sinew_step *step = &runtime->steps[n];
        const struct sinew_node *node = step->node;
        for (int i = 0; i < node->n_in; i++)
            if (node->in[i] >= 0)
                step->tensors[i] = runtime->tensors[node->in[i]];
        for (int i = 0; i < node->n_out; i++)
            step->tensors[node->n_in + i] = runtime->tensors[node->out[i]];
    }
}

static size_t whole_lines(size_t bytes) {
    return (bytes + SINEW_ALIGN - 1) / SINEW_ALIGN * SINEW_ALIGN;
}

/* Index of an item of `size` bytes at step n in *item, -1 when none is wanted. */
static bool add_item(struct sinew_placing *placing, int n, size_t size,
                     int *item) {
    *item = size > 0 ? sinew_place_item(placing, n, n, size) : -1;
    return size == 0 || *item >= 0;
}

/* Items of each step for its scratch and for what its units share: item 2 n and
 * 2 n + 1. */
static sinew_status add_scratch(struct sinew_runtime *runtime,
                                struct sinew_placing *placing, int *items) {
    size_t threads = (size_t)sinew_pool_threads(runtime->pool);
    for (int n = 0; n < runtime->n_steps; n++) {
        struct sinew_step *step = &runtime->steps[n];
        const struct sinew_op_desc *op = step->op;
        size_t shared = op->shared ? op->shared(&step->args) : 0;
        step->scratch =
            op->scratch ? whole_lines(op->scratch(&step->args)) : 0;
        if (!add_item(placing, n, step->scratch * threads, &items[2 * n]) ||
            !add_item(placing, n, shared, &items[2 * n + 1]))
            return SINEW_NOMEM;
    }
    return SINEW_OK;
}

/* Where an item lies; NULL for -1. */
static void *item_data(const struct sinew_runtime *runtime,
                       const struct sinew_placing *placing, int item) {
    return item < 0 ? NULL
                    : (char *)runtime->arena + placing->items[item].offset;
}

/* Inputs and outputs hold all images, all the time. */
static void widen_ends(const struct sinew_runtime *runtime,
                       struct sinew_placing *placing) {
    const sinew_graph *graph = runtime->graph;
    for (int i = 0; i < graph->n_inputs + graph->n_outputs; i++) {
        sinew_value v = i < graph->n_inputs
                            ? graph->inputs[i]
                            : graph->outputs[i - graph->n_inputs];
        struct sinew_plan_item *item = &placing->items[placing->places[v].item];
        item->first = -1;
        item->last = graph->n_nodes;
        item->size = (size_t)runtime->images *
                     sinew_tensor_bytes(&graph->values[v].tensor);
    }
}

static sinew_status list_moves(struct sinew_runtime *runtime,
                               const struct sinew_placing *placing) {
    const sinew_graph *graph = runtime->graph;
    uint64_t most = (uint64_t)graph->n_values;
    for (int n = 0; n < graph->n_nodes; n++)
        most += (uint64_t)(graph->nodes[n].n_in + graph->nodes[n].n_out);
    runtime->moves = sinew_alloc(most, sizeof *runtime->moves);
    if (!runtime->moves)
        return SINEW_NOMEM;
    for (int n = 0; n < runtime->n_steps; n++) {
        const struct sinew_node *node = runtime->steps[n].node;
        for (int i = 0; i < node->n_in + node->n_out; i++) {
            sinew_value v =
                i < node->n_in ? node->in[i] : node->out[i - node->n_in];
            int place = v < 0 ? -1 : placing->places[v].item;
            const struct sinew_plan_item *item = &placing->items[place];
            if (place >= 0 && item->first < 0 && item->last == graph->n_nodes)
                runtime->moves[runtime->n_moves++] = (struct sinew_move){
                    .tensor = &runtime->steps[n].tensors[i],
                    .bytes = item->size / (size_t)runtime->images};
        }
    }
    for (int i = 0; i < graph->n_inputs; i++)
        runtime->tensors[graph->inputs[i]].dims[0] = runtime->images;
    for (int i = 0; i < graph->n_outputs; i++)
        runtime->tensors[graph->outputs[i]].dims[0] = runtime->images;
    return SINEW_OK;
}

static sinew_status plan_memory(struct sinew_runtime *runtime) {
    sinew_status status;
    struct sinew_placing placing = {0};
    int *items = sinew_alloc((uint64_t)runtime->n_steps, 2 * sizeof *items);
    SINEW_FAIL_IF(!items, SINEW_NOMEM, "out of memory");
    SINEW_TRY(sinew_place_values(&placing, runtime->graph));
    if (runtime->images > 1)
        widen_ends(runtime, &placing);
    /* Strides first: scratch may depend on them. */
    fill_tensors(runtime, &placing, NULL);
    SINEW_TRY(add_scratch(runtime, &placing, items));
    SINEW_TRY(sinew_plan_place(placing.items, placing.n_items,
                               &runtime->memory.arena));
    runtime->memory.naive = placing.naive;
    runtime->arena = sinew_alloc(runtime->memory.arena, 1);
    SINEW_FAIL_IF(!runtime->arena, SINEW_NOMEM,
                  "out of memory (%zu bytes for activations)",
                  runtime->memory.arena);
    fill_tensors(runtime, &placing, runtime->arena);
    for (int n = 0; n < runtime->n_steps; n++) {
        struct sinew_step *step = &runtime->steps[n];
        /* Only now: a view has none where it lies in its input's memory. */
        step->units = step->op->units ? step->op->units(&step->args) : 1;
        step->scratch_data = item_data(runtime, &placing, items[2 * n]);
        step->args.shared = item_data(runtime, &placing, items[2 * n + 1]);
        if (step->args.shared)
            step->setup_units = step->op->setup_units(&step->args);
    }
    if (runtime->images > 1)
        SINEW_TRY(list_moves(runtime, &placing));
fail:
    sinew_free(items);
    sinew_place_release(&placing);
    return status;
}

sinew_status sinew_runtime_compile(struct sinew_runtime *runtime) {
    const sinew_graph *graph = runtime->graph;
    runtime->steps =
        sinew_alloc((uint64_t)graph->n_nodes, sizeof *runtime->steps);
    runtime->tensors =
        sinew_alloc((uint64_t)graph->n_values, sizeof *runtime->tensors);
    if (!runtime->steps || !runtime->tensors)
        return SINEW_NOMEM;
    sinew_status status = prepare_steps(runtime);
    return status < 0 ? status : plan_memory(runtime);
}
