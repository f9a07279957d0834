/*
 * known.c - telling which published network a graph is, from known.def.
 *
 * The weights that one output needs are counted by walking back from it: heads
 * that a conversion has dropped or kept, batch norms folded or not and the
 * order of outputs make no difference.
 */
#include <string.h>
#include "base/base.h"
#include "graph/graph.h"
#include "model/known.h"

enum shape { SHAPE_MAPS, SHAPE_VECTOR, SHAPE_PAIR, SHAPE_BOXES };

struct pair {
    const char *key, *value;
};

static const struct pair preset_none[] = {{NULL, NULL}};
#define PRESET(symbol, ...)                                                    \
    static const struct pair preset_##symbol[] = {__VA_ARGS__, {NULL, NULL}};
#define NETWORK(name, title, a, b, c, shape, points, weights)
#include "model/known.def"
#undef PRESET
#undef NETWORK

static const struct network {
    struct sinew_known_entry entry;
    const struct pair *presets[3];
    enum shape shape;
    int64_t points, weights;
} networks[] = {
#define PRESET(symbol, ...)
#define NETWORK(name, title, a, b, c, shape, points, weights)                  \
    {{name, title},                                                            \
     {preset_##a, preset_##b, preset_##c},                                     \
     SHAPE_##shape,                                                            \
     points,                                                                   \
     weights},
#include "model/known.def"
#undef PRESET
#undef NETWORK
};
#define N_NETWORKS ((int)(sizeof networks / sizeof networks[0]))

const struct sinew_known_entry *sinew_known_at(int i) {
    return i >= 0 && i < N_NETWORKS ? &networks[i].entry : NULL;
}

static bool is(const struct sinew_node *node, enum sinew_op op) {
    return node->op == sinew_op_desc(op);
}

/* Elements of the operand that holds weights: any second one of a convolution
 * (it may still be a cast away from the file's constant), of a matrix product
 * only a constant. */
static int64_t node_weights(const sinew_graph *graph,
                            const struct sinew_node *node) {
    bool product = is(node, SINEW_OP_MATMUL);
    if (!product && !is(node, SINEW_OP_CONV2D) &&
        !is(node, SINEW_OP_CONV_TRANSPOSE2D))
        return 0;
    const struct sinew_value_info *w = &graph->values[node->in[1]];
    if (product && w->role == SINEW_ROLE_NODE)
        w = &graph->values[graph->nodes[w->producer].in[0]];
    if (product && w->role != SINEW_ROLE_CONST) return 0;
    return sinew_tensor_count(&w->tensor);
}

/* Weights of everything that `n` values depend on; `needed` is scratch, one
 * byte a value. Nodes stand in execution order, so one walk from the end does.
 */
static int64_t weights_of(const sinew_graph *graph, const sinew_value *values,
                          int n_values, uint8_t *needed) {
    int64_t sum = 0;
    memset(needed, 0, (size_t)graph->n_values);
    for (int i = 0; i < n_values; i++)
        needed[values[i]] = 1;
    for (int n = graph->n_nodes - 1; n >= 0; n--) {
        const struct sinew_node *node = &graph->nodes[n];
        bool used = false;
        for (int o = 0; o < node->n_out; o++)
            used = used || (node->out[o] >= 0 && needed[node->out[o]]);
        if (node->dead || !used) continue;
        for (int i = 0; i < node->n_in; i++)
            if (node->in[i] >= 0) needed[node->in[i]] = 1;
        sum += node_weights(graph, node);
    }
    return sum;
}

static bool is_side_map(const sinew_tensor *t) {
    return t->rank == 4 && (t->dims[1] == 4 || t->dims[3] == 4);
}

/* Whether half of the outputs are maps of four distances. */
static bool has_distances(const sinew_graph *graph) {
    const int n = sinew_graph_output_count(graph);
    int sides = 0;
    for (int i = 0; i < n; i++) {
        sinew_tensor t = sinew_graph_output(graph, i);
        sides += is_side_map(&t);
    }
    return n >= 2 && sides * 2 == n;
}

static bool has_shape(const struct network *network, const sinew_graph *graph,
                      int output) {
    sinew_tensor t = sinew_graph_output(graph, output);
    int64_t n = network->points;
    switch (network->shape) {
    case SHAPE_MAPS:
        return t.rank == 4 && (t.dims[1] == n || t.dims[3] == n);
    case SHAPE_VECTOR:
        return t.rank == 2 && t.dims[1] == n;
    case SHAPE_BOXES:
        return (t.rank == 3 && t.dims[2] == n) ||
               (output == 0 && has_distances(graph));
    default:
        if (sinew_graph_output_count(graph) != 2 || output != 0) return false;
        sinew_tensor rows = sinew_graph_output(graph, 1);
        return t.rank == 3 && rows.rank == 3 && t.dims[1] == n &&
               rows.dims[1] == n;
    }
}

/* The network and the output it was known by; NULL when unknown. */
static const struct network *find(const sinew_graph *graph, uint8_t *needed,
                                  int *output) {
    for (int o = sinew_graph_output_count(graph) - 1; o >= 0; o--) {
        int64_t weights[2] = {-1, -1}; /* of this output, of all */
        for (int i = 0; i < N_NETWORKS; i++) {
            const struct network *network = &networks[i];
            const bool all = network->shape == SHAPE_BOXES;
            if (!has_shape(network, graph, o)) continue;
            if (weights[all] < 0)
                weights[all] = weights_of(
                    graph, graph->outputs + (all ? 0 : o),
                    all ? sinew_graph_output_count(graph) : 1, needed);
            if (network->weights && network->weights != weights[all]) continue;
            *output = o;
            return network;
        }
    }
    return NULL;
}

static sinew_status identify(const sinew_graph *graph,
                             const struct network **network, int *output) {
    uint8_t *needed = sinew_alloc((uint64_t)graph->n_values, 1);
    *network = NULL;
    if (!needed) return SINEW_NOMEM;
    *network = find(graph, needed, output);
    sinew_free(needed);
    return SINEW_OK;
}

sinew_status sinew_known_identify(const sinew_graph *graph,
                                  const struct sinew_known_entry **entry) {
    const struct network *network;
    int output;
    sinew_status status = identify(graph, &network, &output);
    *entry = network ? &network->entry : NULL;
    return status;
}

/* Keys the file has win. */
static sinew_status fill_in(sinew_graph *graph, const char *key,
                            const char *value) {
    if (sinew_graph_metadata(graph, key)) return SINEW_OK;
    return sinew_graph_set_metadata(graph, key, value);
}

/* Whether the graph ends in a product with a constant, but for what turns the
 * channels round. */
static bool is_scaled(const sinew_graph *graph, sinew_value value) {
    while (graph->values[value].role == SINEW_ROLE_NODE) {
        const struct sinew_node *node =
            &graph->nodes[graph->values[value].producer];
        if (is(node, SINEW_OP_MUL)) return true;
        if (!is(node, SINEW_OP_TRANSPOSE)) return false;
        value = node->in[0];
    }
    return false;
}

/* What a detector gives. Its own program has distances in pixels; they are in
 * strides where a file was cut off before that product. */
static sinew_status annotate_boxes(sinew_graph *graph) {
    const bool maps = has_distances(graph);
    bool scaled = false;
    for (int i = 0; i < sinew_graph_output_count(graph); i++) {
        sinew_tensor t = sinew_graph_output(graph, i);
        if (is_side_map(&t)) scaled = is_scaled(graph, graph->outputs[i]);
    }
    sinew_status status =
        fill_in(graph, "sinew.codec", maps ? "distances" : "boxes");
    if (status < 0 || !maps) return status;
    return fill_in(graph, "sinew.distances", scaled ? "pixels" : "strides");
}

sinew_status sinew_known_annotate(sinew_graph *graph,
                                  const struct sinew_known_entry **entry) {
    sinew_status status;
    const struct network *network = NULL;
    int output = 0;
    if (entry) *entry = NULL;
    if (sinew_graph_metadata(graph, "sinew.codec")) return SINEW_OK;
    SINEW_TRY(identify(graph, &network, &output));
    if (!network) return SINEW_OK;
    SINEW_TRY(fill_in(graph, "sinew.network", network->entry.name));
    for (int i = 0; i < 3; i++)
        for (const struct pair *p = network->presets[i]; p->key; p++)
            SINEW_TRY(fill_in(graph, p->key, p->value));
    if (network->shape == SHAPE_BOXES) SINEW_TRY(annotate_boxes(graph));
    /* Its name, should the file have others of that shape; for a pair and for
     * landmarks with their presence the shapes say enough. */
    const char *name = sinew_graph_output_name(graph, output);
    if (network->shape == SHAPE_MAPS && name[0] && !strchr(name, ','))
        SINEW_TRY(fill_in(graph, "sinew.outputs", name));
    if (entry) *entry = &network->entry;
    return SINEW_OK;
fail:
    return status;
}
