/*
 * quantize.c - post-training quantisation by least and largest values, as in
 * Jacob et al. 2018 and Krishnamoorthi 2018 ("Quantizing deep convolutional
 * networks for efficient inference: a whitepaper").
 *
 * Activations: u8, one grid a tensor, from the mean of the pictures' least
 * values to the mean of their largest, made to hold 0 so that padding is exact,
 * and cut to what the readers tell apart. Values that are only joined or moved
 * share one grid. Weights: i8 around 0, a scale for each output channel. Biases: i32
 * on the grid of the sums.
 *
 * The last convolution before each output, and depthwise ones that only it
 * reads, stay floats: heatmaps on a grid of bytes have flat tops.
 */
#include "compress/quantize.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sinew/runtime.h>
#include "compress/rebuild.h"
#include "op/attrs.h"

struct range {
    float low, high;
};

/* Nodes that lead to outputs and nowhere else stay floats. */
enum tail {
    NO_TAIL,
    TAIL_PLAIN, ///< no layer is behind this one
    TAIL_LAYER, ///< there is one, or this is one
};

struct sinew_quantizer {
    sinew_graph *graph; ///< lowered
    sinew_runtime *runtime;
    int n_shown;          ///< outputs of the runtime
    sinew_value *shown;   ///< the values they are, in `graph`
    struct range *ranges; ///< by value: sums over the pictures
    sinew_value *same;    ///< by value: another one on the same grid, or itself
    int *tail;            ///< by node: enum tail
    struct sinew_quantizer_stats stats;
};

/* ---- what is put on grids ---- */

static bool is_float(const struct sinew_quantizer *q, sinew_value v) {
    const struct sinew_value_info *info = &q->graph->values[v];

    return info->tensor.dtype == SINEW_F32 && info->role != SINEW_ROLE_CONST &&
           info->tensor.rank == 4 && !info->dynamic && !info->known;
}

static bool is_layer(const struct sinew_node *node) {
    return sinew_node_is(node, SINEW_OP_CONV2D) ||
           sinew_node_is(node, SINEW_OP_CONV_TRANSPOSE2D);
}

/* Limits that a grid can have by itself. */
static bool is_clamp(const struct sinew_node *node) {
    const struct sinew_activation_attr *attr = node->attr;

    return sinew_node_is(node, SINEW_OP_ACTIVATION) &&
           (attr->act.kind == SINEW_ACT_RELU ||
            attr->act.kind == SINEW_ACT_RELU6 ||
            attr->act.kind == SINEW_ACT_CLIP);
}

/* Operators whose inputs and output share a grid. */
static bool only_moves(const struct sinew_node *node) {
    const struct sinew_resize2d_attr *resize = node->attr;

    return sinew_node_is(node, SINEW_OP_CONCAT) ||
           sinew_node_is(node, SINEW_OP_MAX_POOL2D) ||
           (sinew_node_is(node, SINEW_OP_RESIZE2D) &&
            resize->mode == SINEW_INTERP_NEAREST);
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
        if (is_float(q, node->in[i]))
            floats++;
        else if (sinew_tensor_count(in) != 1 || !in->data)
            return false;
    }
    return floats > 0;
}

/* Whether a node works on bytes in the end. */
static bool on_grid(const struct sinew_quantizer *q, int n) {
    const struct sinew_node *node = &q->graph->nodes[n];

    if (q->tail[n] || !is_float(q, node->out[0])) return false;
    if (is_pair(q, node)) return true;
    if (!is_float(q, node->in[0])) return false;
    if (is_layer(node))
        return sinew_graph_floats(q->graph, node->in[1]) &&
               (node->n_in < 3 || node->in[2] < 0 ||
                sinew_graph_floats(q->graph, node->in[2]));
    if (sinew_node_is(node, SINEW_OP_CONCAT))
        for (int i = 0; i < node->n_in; i++)
            if (!is_float(q, node->in[i])) return false;
    return sinew_node_is(node, SINEW_OP_ACTIVATION) || only_moves(node) ||
           is_global_mean(node);
}

static bool is_output(const sinew_graph *graph, sinew_value value) {
    for (int i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i] == value) return true;
    return false;
}

/* What reads the value: tails alone (the most they are), an output counting as
 * a plain one, or else NO_TAIL. */
static int tail_behind(const struct sinew_quantizer *q, sinew_value value) {
    int most = is_output(q->graph, value) ? TAIL_PLAIN : NO_TAIL;

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
        const sinew_tensor *w =
            is_layer(node) ? &q->graph->values[node->in[1]].tensor : NULL;
        bool light = !w || (w->rank == 4 && w->dims[3] == 1);
        int behind = tail_behind(q, node->out[0]);
        if (behind == TAIL_PLAIN || light) q->tail[n] = behind;
        if (q->tail[n] && (w || sinew_node_is(node, SINEW_OP_MATMUL)))
            q->tail[n] = TAIL_LAYER;
    }
}

/* ---- grids that are shared ---- */

static sinew_value leader(const struct sinew_quantizer *q, sinew_value v) {
    while (q->same[v] != v)
        v = q->same[v];
    return v;
}

static void join_grids(struct sinew_quantizer *q) {
    for (int v = 0; v < q->graph->n_values; v++)
        q->same[v] = v;
    for (int n = 0; n < q->graph->n_nodes; n++) {
        const struct sinew_node *node = &q->graph->nodes[n];
        int moved = sinew_node_is(node, SINEW_OP_CONCAT) ? node->n_in : 1;
        for (int i = 0; on_grid(q, n) && only_moves(node) && i < moved; i++)
            q->same[leader(q, node->in[i])] = leader(q, node->out[0]);
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

/* Cuts a range to what its readers tell apart: below -8 swish is as good as 0,
 * and a sigmoid by itself as good as 0 or 1. */
static void cut_range(const struct sinew_quantizer *q, sinew_value value,
                      struct range *range) {
    float low = 0, high = 0, end;

    if (is_output(q->graph, value)) return;
    for (int n = 0; n < q->graph->n_nodes; n++) {
        const struct sinew_node *node = &q->graph->nodes[n];
        for (int i = 0; i < node->n_in; i++) {
            if (node->in[i] != value) continue;
            if (is_swish(q, node, value, &end)) {
                high = INFINITY;
            } else {
                end = end_of(node);
                if (end == 0) return;
                high = fmaxf(high, end);
            }
            low = fmaxf(low, end);
        }
    }
    if (low == 0) return; /* nobody reads it */
    range->low = fmaxf(range->low, -low);
    range->high = fminf(range->high, high);
}

/* Scale and zero of the grid of a value. */
static void grid_of(const struct sinew_quantizer *q, sinew_value value,
                    float *scale, uint8_t *zero) {
    struct range all = {0, 0};
    float pictures = (float)q->stats.observed;

    for (int v = 0; v < q->graph->n_values; v++)
        if (leader(q, v) == leader(q, value)) {
            struct range one = {q->ranges[v].low / pictures,
                                q->ranges[v].high / pictures};
            cut_range(q, v, &one);
            all.low = fminf(all.low, one.low);
            all.high = fmaxf(all.high, one.high);
        }
    *scale = all.high > all.low ? (all.high - all.low) / 255 : 1.0f / 255;
    *scale = fmaxf(*scale, 1e-20f);
    *zero = (uint8_t)fminf(nearbyintf(-all.low / *scale), 255);
}

/* ---- observing ---- */

static sinew_status find_shown(struct sinew_quantizer *q,
                               sinew_graph *watched) {
    for (int v = 0; v < q->graph->n_values; v++) {
        char name[32];
        if (!is_float(q, v)) continue;
        q->shown[q->n_shown++] = v;
        snprintf(name, sizeof name, "value %d", v);
        sinew_graph_add_output(watched, v, name);
    }
    return sinew_graph_finish(watched);
}

sinew_status sinew_quantizer_create(struct sinew_quantizer **result,
                                    const sinew_graph *network,
                                    int32_t threads) {
    struct sinew_quantizer *q = sinew_alloc(1, sizeof *q);
    sinew_runtime_options options;
    sinew_graph *watched = NULL;
    sinew_status status;

    *result = NULL;
    if (!q) return SINEW_NOMEM;
    SINEW_TRY(sinew_lower(&q->graph, network));
    uint64_t values = (uint64_t)q->graph->n_values;
    q->shown = sinew_alloc(values, sizeof *q->shown);
    q->ranges = sinew_alloc(values, sizeof *q->ranges);
    q->same = sinew_alloc(values, sizeof *q->same);
    q->tail = sinew_alloc((uint64_t)q->graph->n_nodes, sizeof *q->tail);
    SINEW_FAIL_IF(!q->shown || !q->ranges || !q->same || !q->tail, SINEW_NOMEM,
                  "out of memory");
    find_tails(q);
    join_grids(q);
    SINEW_TRY(sinew_graph_clone(&watched, q->graph));
    watched->n_outputs = 0;
    SINEW_TRY(find_shown(q, watched));
    sinew_runtime_options_init(&options);
    options.threads = threads;
    SINEW_TRY(sinew_runtime_create(&q->runtime, watched, &options));
    sinew_graph_free(&watched);
    *result = q;
    return SINEW_OK;
fail:
    sinew_graph_free(&watched);
    sinew_quantizer_free(&q);
    return status;
}

void sinew_quantizer_free(struct sinew_quantizer **result) {
    struct sinew_quantizer *q = *result;

    if (!q) return;
    sinew_runtime_free(&q->runtime);
    sinew_graph_free(&q->graph);
    sinew_free(q->shown);
    sinew_free(q->ranges);
    sinew_free(q->same);
    sinew_free(q->tail);
    sinew_free(q);
    *result = NULL;
}

sinew_tensor *sinew_quantizer_input(struct sinew_quantizer *q, int i) {
    return sinew_runtime_input(q->runtime, i);
}

/* Adds the range of one picture. */
static sinew_status widen(struct range *range, const sinew_tensor *tensor) {
    const float *x = tensor->data;
    struct range one = {0, 0};

    for (int64_t i = 0; i < sinew_tensor_count(tensor); i++) {
        if (!isfinite(x[i]))
            return sinew_fail(SINEW_INVALID,
                              "the network gives values that are no numbers");
        one.low = x[i] < one.low ? x[i] : one.low;
        one.high = x[i] > one.high ? x[i] : one.high;
    }
    range->low += one.low;
    range->high += one.high;
    return SINEW_OK;
}

sinew_status sinew_quantizer_observe(struct sinew_quantizer *q) {
    sinew_status status = sinew_runtime_run(q->runtime);

    for (int i = 0; status == SINEW_OK && i < q->n_shown; i++)
        status =
            widen(&q->ranges[q->shown[i]], sinew_runtime_output(q->runtime, i));
    if (status == SINEW_OK) q->stats.observed++;
    return status;
}

/* ---- writing ---- */

struct writing {
    struct sinew_rebuild r;
    struct sinew_quantizer *q;
    sinew_value *gridded; ///< by value: what stands for it on its grid
};

/* A value through quantize and dequantize. */
static sinew_value on_its_grid(struct writing *w, sinew_value value) {
    sinew_graph *to = w->r.to;
    float scale;
    uint8_t zero;

    if (!is_float(w->q, value)) return sinew_rebuild_value(&w->r, value);
    if (w->gridded[value] >= 0) return w->gridded[value];
    grid_of(w->q, value, &scale, &zero);
    const struct sinew_quantize_attr there = {0, SINEW_U8};
    const struct sinew_quantize_attr back = {0, SINEW_F32};
    sinew_value s = sinew_graph_add_f32(to, scale);
    sinew_value z = sinew_graph_add_const(to, NULL, SINEW_U8, 0, NULL, &zero);
    sinew_value bytes =
        sinew_graph_add(to, SINEW_OP_QUANTIZE, NULL, &there,
                        SINEW_IN(sinew_rebuild_value(&w->r, value), s, z));
    w->gridded[value] = sinew_graph_add(to, SINEW_OP_DEQUANTIZE, NULL, &back,
                                        SINEW_IN(bytes, s, z));
    return w->gridded[value];
}

/* Bytes of one output channel and its scale. A channel of zeros gets a scale
 * that leaves its bias within 31 bits. */
static float round_channel(const float *from, int8_t *to, int64_t n, float bias,
                           float x_scale) {
    float most = 0;

    for (int64_t i = 0; i < n; i++)
        most = fmaxf(most, fabsf(from[i]));
    float scale = fmaxf(most / 127, fabsf(bias) / (x_scale * 1e9f));
    scale = fmaxf(scale, 1e-20f);
    for (int64_t i = 0; i < n; i++)
        to[i] = (int8_t)fmaxf(fminf(nearbyintf(from[i] / scale), 127), -127);
    return scale;
}

/* Weights and bias of a layer behind dequantize nodes, as in[1] and in[2]. */
static sinew_status
put_weights(struct writing *w, const struct sinew_node *node, sinew_value *in) {
    const sinew_graph *from = w->q->graph;
    const sinew_tensor *shape = &from->values[node->in[1]].tensor;
    const float *weights = shape->data;
    bool biased = node->n_in > 2 && node->in[2] >= 0;
    const float *bias = biased ? sinew_graph_floats(from, node->in[2]) : NULL;
    int64_t count = sinew_tensor_count(shape), oc = shape->dims[0];
    const struct sinew_quantize_attr attr = {0, SINEW_F32};
    sinew_graph *to = w->r.to;
    float x_scale;
    uint8_t zero;

    grid_of(w->q, node->in[0], &x_scale, &zero);
    int8_t *bytes = sinew_alloc((uint64_t)count, 1);
    int32_t *levels = sinew_alloc((uint64_t)oc, sizeof *levels);
    float *scales = sinew_alloc((uint64_t)oc, 2 * sizeof *scales);
    bool fine = bytes && levels && scales;
    for (int64_t c = 0; fine && c < oc; c++) {
        int64_t n = count / oc;
        scales[c] = round_channel(weights + c * n, bytes + c * n, n,
                                  bias ? bias[c] : 0, x_scale);
        scales[oc + c] = x_scale * scales[c];
        if (bias)
            levels[c] =
                (int32_t)nearbyint((double)bias[c] / (double)scales[oc + c]);
    }
    if (fine) {
        const char *name = from->values[node->in[1]].name;
        sinew_value b = sinew_graph_add_const(to, name, SINEW_I8, shape->rank,
                                              shape->dims, bytes);
        sinew_value s =
            sinew_graph_add_const(to, NULL, SINEW_F32, 1, &oc, scales);
        in[1] = sinew_graph_add(to, SINEW_OP_DEQUANTIZE, NULL, &attr,
                                SINEW_IN(b, s));
    }
    if (fine && bias) {
        sinew_value b =
            sinew_graph_add_const(to, NULL, SINEW_I32, 1, &oc, levels);
        sinew_value s =
            sinew_graph_add_const(to, NULL, SINEW_F32, 1, &oc, scales + oc);
        in[2] = sinew_graph_add(to, SINEW_OP_DEQUANTIZE, NULL, &attr,
                                SINEW_IN(b, s));
    }
    sinew_free(bytes);
    sinew_free(levels);
    sinew_free(scales);
    return fine ? SINEW_OK : SINEW_NOMEM;
}

/* The node that makes a value, or NULL. */
static const struct sinew_node *maker_of(const struct sinew_quantizer *q,
                                         sinew_value value, int *number) {
    *number = value < 0 ? -1 : q->graph->values[value].producer;
    return *number < 0 ? NULL : &q->graph->nodes[*number];
}

/* What a node reads: its inputs on their grids, but the clamp right behind a
 * layer that alone reads it the layer's own result. */
static sinew_value operand(struct writing *w, int n, int i) {
    struct sinew_quantizer *q = w->q;
    const struct sinew_node *node = &q->graph->nodes[n];
    int before;
    const struct sinew_node *maker = maker_of(q, node->in[i], &before);

    if (node->in[i] < 0) return SINEW_NO_VALUE;
    if (!on_grid(q, n) && !(maker && on_grid(q, before)))
        return sinew_rebuild_value(&w->r, node->in[i]);
    if (is_clamp(node) && maker && on_grid(q, before) &&
        (is_layer(maker) || sinew_node_is(maker, SINEW_OP_ADD)) &&
        sinew_graph_only_reader(q->graph, node->in[i]) == node)
        return sinew_rebuild_value(&w->r, node->in[i]);
    return on_its_grid(w, node->in[i]);
}

static sinew_status write_node(struct writing *w, int n) {
    struct sinew_quantizer *q = w->q;
    const struct sinew_node *node = &q->graph->nodes[n];
    sinew_value *in = sinew_alloc((uint64_t)node->n_in + 1, sizeof *in);
    sinew_status status = SINEW_OK;

    if (!in) return SINEW_NOMEM;
    for (int i = 0; i < node->n_in; i++)
        in[i] = operand(w, n, i);
    q->stats.all += is_layer(node);
    if (is_layer(node) && on_grid(q, n)) {
        status = put_weights(w, node, in);
        q->stats.layers++;
    }
    if (status == SINEW_OK) sinew_rebuild_node(&w->r, node, NULL, in);
    sinew_free(in);
    return status;
}

sinew_status sinew_quantizer_finish(struct sinew_quantizer *q,
                                    sinew_graph **quantized) {
    struct writing w = {.q = q};
    sinew_status status;

    *quantized = NULL;
    if (q->stats.observed == 0)
        return sinew_fail(SINEW_INVALID, "there was no picture to look at");
    q->stats.layers = q->stats.all = 0;
    w.gridded = sinew_alloc((uint64_t)q->graph->n_values, sizeof *w.gridded);
    if (!w.gridded) return SINEW_NOMEM;
    for (int v = 0; v < q->graph->n_values; v++)
        w.gridded[v] = SINEW_NO_VALUE;
    status = sinew_rebuild_begin(&w.r, q->graph);
    for (int n = 0; status == SINEW_OK && n < q->graph->n_nodes; n++)
        status = write_node(&w, n);
    sinew_status ended = sinew_rebuild_end(&w.r, quantized);
    status = status < 0 ? status : ended;
    if (status == SINEW_OK && q->stats.layers == 0)
        status = sinew_fail(SINEW_UNSUPPORTED,
                            "the network has no convolution to quantise");
    if (status < 0) sinew_graph_free(quantized);
    sinew_free(w.gridded);
    return status;
}

struct sinew_quantizer_stats
sinew_quantizer_describe(const struct sinew_quantizer *q) {
    return q->stats;
}
