/*
 * quant_sites.c - which values and operators of a network go on grids of bytes,
 * and which share one. Values that are only joined or moved share theirs.
 *
 * The last convolution before each output, and depthwise ones that only it
 * reads, stay floats: heatmaps on a grid of bytes have flat tops.
 */
#include <math.h>
#include "compress/quantizer.h"

/* Nodes that lead to outputs and nowhere else stay floats. */
enum tail {
    NO_TAIL,
    TAIL_PLAIN, ///< no layer is behind this one
    TAIL_LAYER, ///< there is one, or this is one
};

/* ---- what is put on grids ---- */

bool sinew_quant_is_float(const struct sinew_quantizer *q, sinew_value v) {
    const struct sinew_value_info *info = &q->graph->values[v];

    return info->tensor.dtype == SINEW_F32 && info->role != SINEW_ROLE_CONST &&
           info->tensor.rank == 4 && !info->dynamic && !info->known;
}

bool sinew_quant_is_layer(const struct sinew_node *node) {
    return sinew_node_is(node, SINEW_OP_CONV2D) ||
           sinew_node_is(node, SINEW_OP_CONV_TRANSPOSE2D);
}

/* Limits that a grid can have by itself. */
bool sinew_quant_is_clamp(const struct sinew_node *node) {
    const struct sinew_activation_attr *attr = node->attr;

    return sinew_node_is(node, SINEW_OP_ACTIVATION) &&
           (attr->act.kind == SINEW_ACT_RELU ||
            attr->act.kind == SINEW_ACT_RELU6 ||
            attr->act.kind == SINEW_ACT_CLIP);
}

/* Operators whose inputs and outputs share a grid. */
bool sinew_quant_only_moves(const struct sinew_node *node) {
    static const enum sinew_op movers[] = {SINEW_OP_CONCAT, SINEW_OP_MAX_POOL2D,
                                           SINEW_OP_SPLIT, SINEW_OP_RESHAPE,
                                           SINEW_OP_TRANSPOSE};
    const struct sinew_resize2d_attr *resize = node->attr;

    for (size_t i = 0; i < sizeof movers / sizeof *movers; i++)
        if (sinew_node_is(node, movers[i])) return true;
    return sinew_node_is(node, SINEW_OP_RESIZE2D) &&
           resize->mode == SINEW_INTERP_NEAREST;
}

bool sinew_quant_shuffles(const struct sinew_quantizer *q,
                          const struct sinew_node *node,
                          struct sinew_quant_shuffle *shuffle) {
    sinew_graph *graph = q->graph;
    const struct sinew_value_info *values = graph->values;
    const struct sinew_node *turn = sinew_graph_producer(graph, node->in[0]);
    const struct sinew_transpose_attr *attr = turn ? turn->attr : NULL;

    if (!sinew_node_is(node, SINEW_OP_RESHAPE) ||
        !sinew_node_is(turn, SINEW_OP_TRANSPOSE) || attr->n != 4 ||
        attr->perm[2] != 3 || attr->perm[3] != 2)
        return false;
    const struct sinew_node *part = sinew_graph_producer(graph, turn->in[0]);
    if (!sinew_node_is(part, SINEW_OP_RESHAPE) ||
        !sinew_quant_is_float(q, part->in[0]) ||
        sinew_graph_only_reader(graph, turn->in[0]) != turn ||
        sinew_graph_only_reader(graph, node->in[0]) != node)
        return false;
    const sinew_tensor *x = &values[part->in[0]].tensor;
    const sinew_tensor *cut = &values[part->out[0]].tensor;
    *shuffle = (struct sinew_quant_shuffle){
        part->in[0], part->out[0], turn->out[0], node->out[0], cut->dims[2]};
    return sinew_tensor_same_shape(x, &values[node->out[0]].tensor) &&
           cut->dims[2] * cut->dims[3] == x->dims[3];
}

static bool is_global_mean(const struct sinew_node *node) {
    const struct sinew_reduce_attr *attr = node->attr;
    uint32_t axes = 0;

    if (!sinew_node_is(node, SINEW_OP_REDUCE_MEAN)) return false;
    for (int i = 0; i < attr->n_axes; i++)
        axes |= 1u << sinew_axis(attr->axes[i], 4);
    return axes == 6 && attr->keepdims;
}

/* A sum or product of two values, or of one and a number. */
static bool is_pair(const struct sinew_quantizer *q,
                    const struct sinew_node *node) {
    int floats = 0;

    if (!sinew_node_is(node, SINEW_OP_ADD) &&
        !sinew_node_is(node, SINEW_OP_MUL))
        return false;
    for (int i = 0; i < 2; i++) {
        const sinew_tensor *in = &q->graph->values[node->in[i]].tensor;
        if (sinew_quant_is_float(q, node->in[i]))
            floats++;
        else if (sinew_tensor_count(in) != 1 || !in->data)
            return false;
    }
    return floats > 0;
}

/* Whether a node works on bytes in the end. */
bool sinew_quant_on_grid(const struct sinew_quantizer *q, int n) {
    const struct sinew_node *node = &q->graph->nodes[n];

    if (q->tail[n] || !sinew_quant_is_float(q, node->out[0])) return false;
    if (is_pair(q, node)) return true;
    if (!sinew_quant_is_float(q, node->in[0])) return false;
    if (sinew_quant_is_layer(node))
        return sinew_graph_floats(q->graph, node->in[1]) &&
               (node->n_in < 3 || node->in[2] < 0 ||
                sinew_graph_floats(q->graph, node->in[2]));
    if (sinew_node_is(node, SINEW_OP_CONCAT))
        for (int i = 0; i < node->n_in; i++)
            if (!sinew_quant_is_float(q, node->in[i])) return false;
    return sinew_node_is(node, SINEW_OP_ACTIVATION) ||
           sinew_quant_only_moves(node) || is_global_mean(node);
}

bool sinew_quant_is_output(const sinew_graph *graph, sinew_value value) {
    for (int i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i] == value) return true;
    return false;
}

/* What reads the value: tails alone (the most they are), an output counting as
 * a plain one, or else NO_TAIL. */
static int tail_behind(const struct sinew_quantizer *q, sinew_value value) {
    int most = sinew_quant_is_output(q->graph, value) ? TAIL_PLAIN : NO_TAIL;

    for (int n = 0; n < q->graph->n_nodes; n++)
        for (int i = 0; i < q->graph->nodes[n].n_in; i++) {
            if (q->graph->nodes[n].in[i] != value) continue;
            if (q->tail[n] == NO_TAIL) return NO_TAIL;
            most = q->tail[n] > most ? q->tail[n] : most;
        }
    return most;
}

/* Last nodes first: what follows the last convolution, that convolution, and
 * those before it that cost little. */
static void find_tails(struct sinew_quantizer *q) {
    for (int n = q->graph->n_nodes - 1; n >= 0; n--) {
        const struct sinew_node *node = &q->graph->nodes[n];
        const sinew_tensor *w = sinew_quant_is_layer(node)
                                    ? &q->graph->values[node->in[1]].tensor
                                    : NULL;
        bool light = !w || (w->rank == 4 && w->dims[3] == 1);
        int behind = tail_behind(q, node->out[0]);
        if (behind == TAIL_PLAIN || light) q->tail[n] = behind;
        if (q->tail[n] && (w || sinew_node_is(node, SINEW_OP_MATMUL)))
            q->tail[n] = TAIL_LAYER;
    }
}

/* ---- grids that are shared ---- */

sinew_value sinew_quant_leader(const struct sinew_quantizer *q, sinew_value v) {
    while (q->same[v] != v)
        v = q->same[v];
    return v;
}

static void join_grids(struct sinew_quantizer *q) {
    for (int v = 0; v < q->n_values; v++)
        q->same[v] = v;
    for (int n = 0; n < q->graph->n_nodes; n++) {
        const struct sinew_node *node = &q->graph->nodes[n];
        int moved = sinew_node_is(node, SINEW_OP_CONCAT) ? node->n_in : 1;
        for (int i = 0; sinew_quant_on_grid(q, n) &&
                        sinew_quant_only_moves(node) && i < moved;
             i++)
            q->same[sinew_quant_leader(q, node->in[i])] =
                sinew_quant_leader(q, node->out[0]);
        for (int i = 1; sinew_quant_on_grid(q, n) && i < node->n_out; i++)
            q->same[sinew_quant_leader(q, node->out[i])] =
                sinew_quant_leader(q, node->out[0]);
    }
}

/* Where sigmoid and hard sigmoid have come to their ends: swish(-8) = -0.003.
 */
static float end_of(const struct sinew_node *node) {
    const struct sinew_activation_attr *attr = node ? node->attr : NULL;

    if (!sinew_node_is(node, SINEW_OP_ACTIVATION)) return 0;
    return attr->act.kind == SINEW_ACT_SIGMOID        ? 8
           : attr->act.kind == SINEW_ACT_HARD_SIGMOID ? 3
                                                      : 0;
}

/* Whether the node is value * sigmoid(value), or the hard one; *end is that
 * sigmoid's. */
static bool is_swish(const struct sinew_quantizer *q,
                     const struct sinew_node *node, sinew_value value,
                     float *end) {
    if (!sinew_node_is(node, SINEW_OP_MUL)) return false;
    for (int i = 0; i < 2; i++) {
        const struct sinew_node *gate =
            sinew_graph_producer(q->graph, node->in[i]);
        *end = end_of(gate);
        if (*end > 0 && gate->in[0] == value && node->in[1 - i] == value)
            return true;
    }
    return false;
}

/* Below -8 swish is as good as 0, and a sigmoid by itself as good as 0 or 1. */
void sinew_quant_ends(const struct sinew_quantizer *q, sinew_value value,
                      float *low, float *high) {
    float least = 0, most = 0, end;

    *low = -INFINITY;
    *high = INFINITY;
    if (sinew_quant_is_output(q->graph, value)) return;
    for (int n = 0; n < q->graph->n_nodes; n++) {
        const struct sinew_node *node = &q->graph->nodes[n];
        for (int i = 0; i < node->n_in; i++) {
            if (node->in[i] != value) continue;
            if (is_swish(q, node, value, &end)) {
                most = INFINITY;
            } else {
                end = end_of(node);
                if (end == 0) return;
                most = fmaxf(most, end);
            }
            least = fmaxf(least, end);
        }
    }
    if (least == 0) return; /* nobody reads it */
    *low = -least;
    *high = most;
}

sinew_value sinew_quant_swish_of(const struct sinew_quantizer *q,
                                 sinew_value value) {
    sinew_value result = SINEW_NO_VALUE;
    float end;

    for (int n = 0; n < q->graph->n_nodes; n++)
        if (is_swish(q, &q->graph->nodes[n], value, &end))
            result = q->graph->nodes[n].out[0];
    return result;
}

void sinew_quant_find_sites(struct sinew_quantizer *q) {
    find_tails(q);
    join_grids(q);
}
