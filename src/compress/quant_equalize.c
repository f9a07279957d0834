/*
 * quant_equalize.c - channels brought to like ranges before they share a grid
 * (Nagel et al. 2019, "Data-free quantization through weight equalization and
 * bias correction"; Xiao et al. 2023, "SmoothQuant").
 *
 * A channel that layers make and layers read, with nothing in between but what
 * commutes with a factor, may be divided by s, and the weights that read it
 * multiplied: the network stays the same function. With r the most the channel
 * was seen to be and w the largest weight that reads it,
 *     s = r^a / w^(1 - a),
 * where a = 1 makes all channels reach 1 and a = 1/2 leaves as much unlikeness
 * to weights as to activations.
 *
 * Channels that are added, joined or pooled have one s: they are sets of a
 * union-find over the channels of all values.
 */
#include <math.h>
#include "compress/quantizer.h"

#define SHARE .5f ///< a

struct set {
    int parent;
    bool fixed;         ///< somebody reads or makes it who minds a factor
    float most, weight; ///< r and w
    float factor;       ///< s
};

struct work {
    struct sinew_quantizer *q;
    struct set *sets; ///< by channel of all values
    int *first;       ///< by value: its channel 0
};

static struct set *root_of(struct work *w, int i) {
    while (w->sets[i].parent != i)
        i = w->sets[i].parent = w->sets[w->sets[i].parent].parent;
    return &w->sets[i];
}

static struct set *set_of(struct work *w, sinew_value value, int64_t c) {
    return root_of(w, w->first[value] + (int)c);
}

static int64_t channels_of(const struct work *w, sinew_value value) {
    return value >= 0 && sinew_quant_is_float(w->q, value)
               ? w->q->graph->values[value].tensor.dims[3]
               : 0;
}

static void fix(struct work *w, sinew_value value) {
    for (int64_t c = 0; c < channels_of(w, value); c++)
        set_of(w, value, c)->fixed = true;
}

static void unite(struct set *one, struct set *other) {
    other->fixed |= one->fixed;
    other->most = fmaxf(one->most, other->most);
    one->parent = other->parent;
}

/* Channels of a and those of b from `at` on are the same. */
static void join(struct work *w, sinew_value a, sinew_value b, int64_t at) {
    for (int64_t c = 0; c < channels_of(w, a); c++) {
        unite(set_of(w, a, c), set_of(w, b, at + c));
    }
}

/* ---- what nodes do to factors ---- */

static bool may_scale(const struct work *w, const struct sinew_node *node) {
    const sinew_graph *graph = w->q->graph;

    return sinew_quant_is_layer(node) && channels_of(w, node->in[0]) > 0 &&
           channels_of(w, node->out[0]) > 0 &&
           sinew_graph_floats(graph, node->in[1]) &&
           (node->n_in < 3 || node->in[2] < 0 ||
            sinew_graph_floats(graph, node->in[2]));
}

/* Which input channel weight i of row oc reads. */
static int64_t reads(const sinew_tensor *weights, int64_t groups, int64_t oc,
                     int64_t i) {
    int64_t n = weights->dims[3];

    return oc / (weights->dims[0] / groups) * n + i % n;
}

static int64_t groups_of(const struct work *w, const struct sinew_node *node) {
    return channels_of(w, node->in[0]) /
           w->q->graph->values[node->in[1]].tensor.dims[3];
}

static void note_weights(struct work *w, const struct sinew_node *node) {
    const sinew_tensor *t = &w->q->graph->values[node->in[1]].tensor;
    int64_t groups = groups_of(w, node),
            row = sinew_tensor_count(t) / t->dims[0];
    const float *weights = t->data;

    for (int64_t oc = 0; oc < t->dims[0]; oc++)
        for (int64_t i = 0; i < row; i++) {
            struct set *set = set_of(w, node->in[0], reads(t, groups, oc, i));
            set->weight = fmaxf(set->weight, fabsf(weights[oc * row + i]));
        }
}

/* Sums of equals, and products with one number a picture and channel. */
static bool join_pair(struct work *w, const struct sinew_node *node) {
    const struct sinew_value_info *values = w->q->graph->values;
    const sinew_tensor *y = &values[node->out[0]].tensor;
    bool equal[2];

    if (!sinew_node_is(node, SINEW_OP_ADD) &&
        !sinew_node_is(node, SINEW_OP_MUL))
        return false;
    for (int i = 0; i < 2; i++)
        equal[i] = channels_of(w, node->in[i]) > 0 &&
                   sinew_tensor_same_shape(&values[node->in[i]].tensor, y);
    if (sinew_node_is(node, SINEW_OP_ADD)) {
        if (!equal[0] || !equal[1]) return false;
        join(w, node->in[0], node->out[0], 0);
        join(w, node->in[1], node->out[0], 0);
        return true;
    }
    if (equal[0] == equal[1]) return false;
    fix(w, node->in[equal[0]]);
    join(w, node->in[equal[1]], node->out[0], 0);
    return true;
}

static bool join_concat(struct work *w, const struct sinew_node *node) {
    const struct sinew_axis_attr *attr = node->attr;
    int64_t at = 0;

    if (!sinew_node_is(node, SINEW_OP_CONCAT) || sinew_axis(attr->axis, 4) != 3)
        return false;
    for (int i = 0; i < node->n_in; i++)
        if (channels_of(w, node->in[i]) == 0) return false;
    for (int i = 0; i < node->n_in; i++) {
        join(w, node->in[i], node->out[0], at);
        at += channels_of(w, node->in[i]);
    }
    return true;
}

static bool join_split(struct work *w, const struct sinew_node *node) {
    const struct sinew_axis_attr *attr = node->attr;
    int64_t at = 0;

    if (!sinew_node_is(node, SINEW_OP_SPLIT) || sinew_axis(attr->axis, 4) != 3)
        return false;
    for (int i = 0; i < node->n_out; at += channels_of(w, node->out[i++]))
        join(w, node->out[i], node->in[0], at);
    return true;
}

/* What lies between is seen as nothing, since y is the same. */
static void join_shuffle(struct work *w, const struct sinew_quant_shuffle *s) {
    int64_t n = channels_of(w, s->x) / s->groups;
    const sinew_value between[] = {s->cut, s->turned};

    for (int64_t i = 0; i < s->groups; i++)
        for (int64_t j = 0; j < n; j++)
            unite(set_of(w, s->x, i * n + j),
                  set_of(w, s->y, j * s->groups + i));
    for (int i = 0; i < 2; i++)
        for (int64_t c = 0; c < channels_of(w, between[i]); c++)
            w->q->channels[between[i]].low[c] =
                w->q->channels[between[i]].high[c] = 0;
}

/* Operators that work on each channel for itself and commute with factors. */
static bool keeps_channels(const struct sinew_node *node) {
    const struct sinew_activation_attr *act = node->attr;
    const struct sinew_reduce_attr *reduce = node->attr;
    const struct sinew_pool2d_attr *pool = node->attr;

    if (sinew_node_is(node, SINEW_OP_ACTIVATION))
        return act->act.kind == SINEW_ACT_RELU;
    if (sinew_node_is(node, SINEW_OP_REDUCE_MEAN)) {
        bool last = reduce->n_axes == 0;
        for (int i = 0; i < reduce->n_axes; i++)
            last |= sinew_axis(reduce->axes[i], 4) == 3;
        return !last;
    }
    if (sinew_node_is(node, SINEW_OP_MAX_POOL2D) ||
        sinew_node_is(node, SINEW_OP_AVG_POOL2D))
        return pool->act.kind == SINEW_ACT_NONE;
    return sinew_node_is(node, SINEW_OP_RESIZE2D);
}

/* The first two of the three nodes of a shuffle. */
static bool begins_shuffle(const struct sinew_quantizer *q,
                           const struct sinew_node *node) {
    struct sinew_quant_shuffle shuffle;

    for (int i = 0; i < 2 && node; i++) {
        node = sinew_graph_only_reader(q->graph, node->out[0]);
        if (node && sinew_quant_shuffles(q, node, &shuffle)) return true;
    }
    return false;
}

static void join_node(struct work *w, const struct sinew_node *node) {
    struct sinew_quant_shuffle shuffle;

    if (may_scale(w, node) || join_split(w, node)) return;
    if (sinew_quant_shuffles(w->q, node, &shuffle)) {
        join_shuffle(w, &shuffle);
        return;
    }
    if (begins_shuffle(w->q, node)) return;
    if (channels_of(w, node->out[0]) > 0 && node->n_out == 1) {
        if (join_pair(w, node) || join_concat(w, node)) return;
        if (keeps_channels(node) && channels_of(w, node->in[0]) > 0) {
            join(w, node->in[0], node->out[0], 0);
            return;
        }
    }
    for (int i = 0; i < node->n_in; i++)
        fix(w, node->in[i]);
    for (int i = 0; i < node->n_out; i++)
        fix(w, node->out[i]);
}

/* ---- factors at work ---- */

static float factor_of(struct work *w, sinew_value value, int64_t c) {
    return set_of(w, value, c)->factor;
}

static sinew_status scale_layer(struct work *w, struct sinew_node *node) {
    sinew_graph *graph = w->q->graph;
    float *weights, *bias = NULL;
    int64_t groups = groups_of(w, node);
    bool biased = node->n_in > 2 && node->in[2] >= 0;

    node->in[1] = sinew_graph_own_floats(graph, node->in[1], &weights);
    if (biased) node->in[2] = sinew_graph_own_floats(graph, node->in[2], &bias);
    if (node->in[1] < 0 || (biased && node->in[2] < 0)) return SINEW_NOMEM;
    const sinew_tensor *t = &graph->values[node->in[1]].tensor;
    int64_t row = sinew_tensor_count(t) / t->dims[0];
    for (int64_t oc = 0; oc < t->dims[0]; oc++) {
        float out = factor_of(w, node->out[0], oc);
        for (int64_t i = 0; i < row; i++)
            weights[oc * row + i] *=
                factor_of(w, node->in[0], reads(t, groups, oc, i)) / out;
        if (bias) bias[oc] /= out;
    }
    return SINEW_OK;
}

static void choose(struct work *w, int n) {
    for (int i = 0; i < n; i++) {
        struct set *set = &w->sets[i];
        bool free = set->parent == i && !set->fixed && set->most > 1e-6f &&
                    set->weight > 1e-6f;
        set->factor =
            free ? powf(set->most, SHARE) / powf(set->weight, 1 - SHARE) : 1;
    }
}

static sinew_status equalize(struct work *w) {
    struct sinew_quantizer *q = w->q;
    sinew_graph *graph = q->graph;
    sinew_status status = SINEW_OK;
    int n = 0;

    for (int v = 0; v < q->n_values; v++)
        for (int64_t c = 0; c < channels_of(w, v); c++) {
            const struct sinew_quant_channels *seen = &q->channels[v];
            w->sets[n] = (struct set){
                .parent = n, .most = fmaxf(-seen->low[c], seen->high[c])};
            n++;
        }
    for (int i = 0; i < graph->n_inputs; i++)
        fix(w, graph->inputs[i]);
    for (int i = 0; i < graph->n_outputs; i++)
        fix(w, graph->outputs[i]);
    for (int i = 0; i < graph->n_nodes; i++)
        join_node(w, &graph->nodes[i]);
    for (int i = 0; i < graph->n_nodes; i++)
        if (may_scale(w, &graph->nodes[i])) note_weights(w, &graph->nodes[i]);
    choose(w, n);
    for (int i = 0; status == SINEW_OK && i < graph->n_nodes; i++)
        if (may_scale(w, &graph->nodes[i]))
            status = scale_layer(w, &graph->nodes[i]);
    for (int v = 0; v < q->n_values; v++)
        for (int64_t c = 0; c < channels_of(w, v); c++) {
            q->channels[v].low[c] /= factor_of(w, v, c);
            q->channels[v].high[c] /= factor_of(w, v, c);
        }
    return status;
}

sinew_status sinew_quant_equalize(struct sinew_quantizer *q) {
    struct work w = {.q = q};
    sinew_status status = SINEW_NOMEM;
    uint64_t n = 0;

    w.first = sinew_alloc((uint64_t)q->n_values, sizeof *w.first);
    for (int v = 0; w.first && v < q->n_values; v++) {
        w.first[v] = (int)n;
        n += (uint64_t)channels_of(&w, v);
    }
    if (n < INT32_MAX) w.sets = sinew_alloc(n, sizeof *w.sets);
    if (w.first && w.sets) status = equalize(&w);
    sinew_free(w.first);
    sinew_free(w.sets);
    return status;
}
