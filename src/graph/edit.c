/*
 * edit.c - changing a graph: replacing values, dropping what nobody reads,
 * choosing outputs and the order of the channels at the border.
 */
#include <string.h>
#include "graph/buffer.h"
#include "graph/internal.h"
#include "op/attrs.h"

void sinew_graph_replace(sinew_graph *graph, sinew_value from,
                         sinew_value to) {
    for (int n = 0; n < graph->n_nodes; n++)
        for (int i = 0; i < graph->nodes[n].n_in; i++)
            if (graph->nodes[n].in[i] == from)
                graph->nodes[n].in[i] = to;
    for (int i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i] == from)
            graph->outputs[i] = to;
}

static bool is_output(const sinew_graph *graph, sinew_value value) {
    for (int i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i] == value)
            return true;
    return false;
}

int sinew_graph_uses(const sinew_graph *graph, sinew_value value) {
    int uses = 0;
    for (int n = 0; n < graph->n_nodes; n++)
        for (int i = 0; !graph->nodes[n].dead && i < graph->nodes[n].n_in; i++)
            uses += graph->nodes[n].in[i] == value;
    for (int i = 0; i < graph->n_outputs; i++)
        uses += graph->outputs[i] == value;
    return uses;
}

struct sinew_node *sinew_graph_only_reader(sinew_graph *graph,
                                           sinew_value value) {
    if (is_output(graph, value) || sinew_graph_uses(graph, value) != 1)
        return NULL;
    for (int n = 0; n < graph->n_nodes; n++)
        for (int i = 0; !graph->nodes[n].dead && i < graph->nodes[n].n_in; i++)
            if (graph->nodes[n].in[i] == value)
                return &graph->nodes[n];
    return NULL;
}

struct sinew_node *sinew_graph_producer(sinew_graph *graph,
                                        sinew_value value) {
    if (value < 0 || graph->values[value].role != SINEW_ROLE_NODE)
        return NULL;
    return &graph->nodes[graph->values[value].producer];
}

const float *sinew_graph_floats(const sinew_graph *graph, sinew_value value) {
    if (value < 0 || graph->values[value].dynamic ||
        graph->values[value].tensor.dtype != SINEW_F32)
        return NULL;
    return graph->values[value].tensor.data;
}

void sinew_value_freeze(sinew_graph *graph, sinew_value value) {
    struct sinew_value_info *info = &graph->values[value];
    info->role = SINEW_ROLE_CONST;
    info->producer = -1;
    info->known = false;
}

void sinew_node_absorb(sinew_graph *graph, struct sinew_node *earlier,
                       struct sinew_node *node) {
    sinew_value inner = earlier->out[0], result = node->out[0];
    earlier->out[0] = result;
    node->out[0] = inner;
    graph->values[result].producer = (int32_t)(earlier - graph->nodes);
    graph->values[inner].producer = (int32_t)(node - graph->nodes);
    node->dead = true;
}

sinew_value sinew_graph_new_floats(sinew_graph *graph, int64_t count,
                                   const sinew_tensor *like, float **data) {
    sinew_value value = sinew_graph_add_const(
        graph, NULL, SINEW_F32, like ? like->rank : 1,
        like ? like->dims : &count, NULL);
    *data = sinew_graph_const_data(graph, value);
    return value;
}

sinew_value sinew_graph_own_floats(sinew_graph *graph, sinew_value value,
                                   float **data) {
    *data = sinew_graph_uses(graph, value) == 1
                ? sinew_graph_const_data(graph, value)
                : NULL;
    if (*data)
        return value;
    sinew_tensor shape = graph->values[value].tensor;
    sinew_value copy = sinew_graph_new_floats(graph, 0, &shape, data);
    if (*data)
        memcpy(*data, shape.data,
               (size_t)sinew_tensor_count(&shape) * sizeof(float));
    return copy;
}

/* Marks nodes dead whose outputs are not read, last first, so that a whole
 * branch goes. reads[v] counts the live readers of value v. */
static void kill_unread(sinew_graph *graph, int *reads) {
    for (int n = 0; n < graph->n_nodes; n++)
        for (int i = 0; !graph->nodes[n].dead && i < graph->nodes[n].n_in; i++)
            if (graph->nodes[n].in[i] >= 0)
                reads[graph->nodes[n].in[i]]++;
    for (int i = 0; i < graph->n_outputs; i++)
        reads[graph->outputs[i]]++;
    for (int n = graph->n_nodes - 1; n >= 0; n--) {
        struct sinew_node *node = &graph->nodes[n];
        bool read = false;
        for (int i = 0; i < node->n_out; i++)
            /* a frozen output no longer needs its node */
            read = read || (reads[node->out[i]] > 0 &&
                            graph->values[node->out[i]].producer == n);
        if (read || node->dead)
            continue;
        node->dead = true;
        for (int i = 0; i < node->n_in; i++)
            if (node->in[i] >= 0)
                reads[node->in[i]]--;
    }
}

/* Drops dead nodes, keeping order, and says where each went (-1 = nowhere). */
static void pack_nodes(sinew_graph *graph, int *moved) {
    int kept = 0;
    for (int n = 0; n < graph->n_nodes; n++) {
        if (graph->nodes[n].dead) {
            sinew_node_release(&graph->nodes[n]);
            moved[n] = -1;
        } else {
            moved[n] = kept;
            graph->nodes[kept++] = graph->nodes[n];
        }
    }
    graph->n_nodes = kept;
}

/* Drops values that are neither read nor made nor inputs. */
static void pack_values(sinew_graph *graph, const int *reads,
                        const int *moved_nodes, sinew_value *moved) {
    int kept = 0;
    for (int v = 0; v < graph->n_values; v++) {
        struct sinew_value_info *value = &graph->values[v];
        if (value->role == SINEW_ROLE_NODE)
            value->producer = moved_nodes[value->producer];
        bool keep = value->role == SINEW_ROLE_INPUT ||
                    (value->role == SINEW_ROLE_NODE && value->producer >= 0) ||
                    (value->role != SINEW_ROLE_NODE && reads[v] > 0);
        if (!keep) {
            sinew_value_release(value);
            moved[v] = SINEW_NO_VALUE;
        } else {
            moved[v] = kept;
            graph->values[kept++] = *value;
        }
    }
    graph->n_values = kept;
}

static void renumber(sinew_graph *graph, const sinew_value *moved) {
    for (int n = 0; n < graph->n_nodes; n++) {
        struct sinew_node *node = &graph->nodes[n];
        for (int i = 0; i < node->n_in; i++)
            if (node->in[i] >= 0)
                node->in[i] = moved[node->in[i]];
        for (int i = 0; i < node->n_out; i++)
            node->out[i] = moved[node->out[i]];
    }
    for (int i = 0; i < graph->n_inputs; i++)
        graph->inputs[i] = moved[graph->inputs[i]];
    for (int i = 0; i < graph->n_outputs; i++)
        graph->outputs[i] = moved[graph->outputs[i]];
}

sinew_status sinew_graph_compact(sinew_graph *graph) {
    int *reads = sinew_alloc((uint64_t)graph->n_values, sizeof *reads);
    int *nodes = sinew_alloc((uint64_t)graph->n_nodes, sizeof *nodes);
    sinew_value *values = sinew_alloc((uint64_t)graph->n_values,
                                      sizeof *values);
    sinew_status status = SINEW_NOMEM;
    if (reads && nodes && values) {
        kill_unread(graph, reads);
        pack_nodes(graph, nodes);
        pack_values(graph, reads, nodes, values);
        renumber(graph, values);
        status = SINEW_OK;
    }
    sinew_free(reads);
    sinew_free(nodes);
    sinew_free(values);
    return status;
}

void sinew_graph_move_output(sinew_graph *graph, int output, sinew_value to) {
    const sinew_value from = graph->outputs[output];
    char *name = graph->values[to].name;
    graph->values[to].name = graph->values[from].name;
    graph->values[from].name = name;
    graph->outputs[output] = to;
}

sinew_status sinew_graph_keep_outputs(sinew_graph *graph, const int *outputs,
                                      int n) {
    if (n < 1 || n > graph->n_outputs)
        return sinew_fail(SINEW_INVALID, "%d of %d outputs cannot be kept", n,
                          graph->n_outputs);
    for (int i = 0; i < n; i++) {
        if (outputs[i] < 0 || outputs[i] >= graph->n_outputs)
            return sinew_fail(SINEW_INVALID, "the network has no output %d",
                              outputs[i]);
        for (int k = 0; k < i; k++)
            if (outputs[k] == outputs[i])
                return sinew_fail(SINEW_INVALID, "output %d is kept twice",
                                  outputs[i]);
    }
    sinew_value *kept = sinew_alloc((uint64_t)n, sizeof *kept);
    if (!kept)
        return SINEW_NOMEM;
    for (int i = 0; i < n; i++)
        kept[i] = graph->outputs[outputs[i]];
    memcpy(graph->outputs, kept, (size_t)n * sizeof *kept);
    graph->n_outputs = n;
    sinew_free(kept);
    return sinew_graph_compact(graph);
}

/* Whether the node only moves channels: to last (NCHW -> NHWC) or to second. */
static bool moves_channels(const struct sinew_node *node, bool to_last) {
    static const int32_t last[4] = {0, 2, 3, 1}, second[4] = {0, 3, 1, 2};
    if (!sinew_node_is(node, SINEW_OP_TRANSPOSE))
        return false;
    const struct sinew_transpose_attr *attr = node->attr;
    return attr->n == 4 &&
           memcmp(attr->perm, to_last ? last : second, sizeof last) == 0;
}

/* Input i becomes [N, H, W, C] when all that is done with it is to turn it so. */
static void turn_input(sinew_graph *graph, int i) {
    sinew_value input = graph->inputs[i];
    sinew_value turned = SINEW_NO_VALUE;
    if (is_output(graph, input))
        return;
    for (int n = 0; n < graph->n_nodes; n++) {
        const struct sinew_node *node = &graph->nodes[n];
        for (int k = 0; !node->dead && k < node->n_in; k++) {
            if (node->in[k] != input)
                continue;
            if (!moves_channels(node, true) || is_output(graph, node->out[0]))
                return;
            turned = node->out[0];
        }
    }
    if (turned < 0)
        return;
    sinew_tensor shape = graph->values[turned].tensor;
    /* Last first: what comes to read the input is not looked at again. */
    for (int n = graph->n_nodes - 1; n >= 0; n--) {
        struct sinew_node *node = &graph->nodes[n];
        if (node->dead || node->n_in < 1 || node->in[0] != input)
            continue;
        node->dead = true;
        sinew_graph_replace(graph, node->out[0], input);
    }
    shape.data = NULL;
    graph->values[input].tensor = shape;
}

/* Output i becomes [N, H, W, C] when it was turned from that at the end. */
static void turn_output(sinew_graph *graph, int i) {
    sinew_value output = graph->outputs[i];
    struct sinew_node *node = sinew_graph_producer(graph, output);
    if (!node || !moves_channels(node, false))
        return;
    sinew_value before = node->in[0];
    if (graph->values[before].role != SINEW_ROLE_NODE ||
        is_output(graph, before))
        return;
    sinew_graph_move_output(graph, i, before);
}

sinew_status sinew_graph_use_nhwc(sinew_graph *graph) {
    for (int i = 0; i < graph->n_inputs; i++)
        turn_input(graph, i);
    for (int i = 0; i < graph->n_outputs; i++)
        turn_output(graph, i);
    return sinew_graph_compact(graph);
}
