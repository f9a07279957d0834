/*
 * quant_write.c - the network with its values and weights on their grids, as
 * quantize and dequantize nodes around its operators (ONNX's QDQ form).
 */
#include <math.h>
#include "compress/quantizer.h"
#include "compress/rebuild.h"

struct writing {
    struct sinew_rebuild r;
    struct sinew_quantizer *q;
    sinew_value *gridded; ///< by value: what stands for it on its grid
};

/* A value through quantize and dequantize. */
static sinew_value on_its_grid(struct writing *w, sinew_value value) {
    sinew_graph *to = w->r.to;

    if (!sinew_quant_is_float(w->q, value))
        return sinew_rebuild_value(&w->r, value);
    if (w->gridded[value] >= 0) return w->gridded[value];
    const struct sinew_quant_grid *grid = &w->q->grids[value];
    const struct sinew_quantize_attr there = {0, SINEW_U8};
    const struct sinew_quantize_attr back = {0, SINEW_F32};
    sinew_value s = sinew_graph_add_f32(to, grid->scale);
    sinew_value z =
        sinew_graph_add_const(to, NULL, SINEW_U8, 0, NULL, &grid->zero);
    sinew_value bytes =
        sinew_graph_add(to, SINEW_OP_QUANTIZE, NULL, &there,
                        SINEW_IN(sinew_rebuild_value(&w->r, value), s, z));
    w->gridded[value] = sinew_graph_add(to, SINEW_OP_DEQUANTIZE, NULL, &back,
                                        SINEW_IN(bytes, s, z));
    return w->gridded[value];
}

/* ---- layers ---- */

/* Weights and biases of a layer, as they are written. */
struct layer {
    int64_t oc, row; ///< output channels, weights of each
    int8_t *bytes;   ///< [oc][row]
    float *scales;   ///< [oc]
    float *bias;     ///< [oc], corrected
    float *steps;    ///< [oc], the grids of the sums
    int32_t *levels; ///< [oc], bias on these
};

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

/* What the grids of its input and, with bytes, of its weights add to the mean
 * of an output channel. A transposed layer's output is reached by one in
 * stride^2 of its weights. */
static double mean_error(const struct sinew_quantizer *q,
                         const struct sinew_node *node, const struct layer *l,
                         int64_t oc, bool bytes) {
    const sinew_tensor *t = &q->graph->values[node->in[1]].tensor;
    const struct sinew_quant_channels *x = &q->channels[node->in[0]];
    const struct sinew_conv_transpose2d_attr *attr = node->attr;
    const float *w = (const float *)t->data + oc * l->row;
    int64_t ic = t->dims[3];
    int64_t groups = q->graph->values[node->in[0]].tensor.dims[3] / ic;
    int64_t first = oc / (l->oc / groups) * ic;
    double error = 0;

    for (int64_t i = 0; i < l->row; i++) {
        int64_t c = first + i % ic;
        double rounded =
            bytes ? (double)l->bytes[oc * l->row + i] * (double)l->scales[oc]
                  : (double)w[i];
        error += rounded * x->shift[c] + (rounded - (double)w[i]) * x->mean[c];
    }
    return sinew_node_is(node, SINEW_OP_CONV_TRANSPOSE2D)
               ? error / attr->stride_h / attr->stride_w
               : error;
}

static sinew_value add_levels(sinew_graph *to, int32_t dtype, const char *name,
                              int rank, const int64_t *dims, const void *data,
                              const float *scales) {
    const struct sinew_quantize_attr attr = {0, SINEW_F32};
    sinew_value levels =
        sinew_graph_add_const(to, name, dtype, rank, dims, data);
    sinew_value s = sinew_graph_add_const(to, NULL, SINEW_F32, 1, dims, scales);

    return sinew_graph_add(to, SINEW_OP_DEQUANTIZE, NULL, &attr,
                           SINEW_IN(levels, s));
}

static void put_layer(struct writing *w, const struct sinew_node *node,
                      struct layer *l, sinew_value *in, bool bytes) {
    const sinew_graph *from = w->q->graph;
    const struct sinew_value_info *weights = &from->values[node->in[1]];
    const float *bias = sinew_graph_floats(from, node->in[2]);
    float x_scale = w->q->grids[node->in[0]].scale;

    for (int64_t c = 0; c < l->oc; c++) {
        if (bytes)
            l->scales[c] =
                round_channel((const float *)weights->tensor.data + c * l->row,
                              l->bytes + c * l->row, l->row, bias[c], x_scale);
        l->bias[c] = bias[c] - (float)mean_error(w->q, node, l, c, bytes);
        l->steps[c] = x_scale * l->scales[c];
        if (bytes)
            l->levels[c] =
                (int32_t)nearbyint((double)l->bias[c] / (double)l->steps[c]);
    }
    if (!bytes) {
        in[2] =
            sinew_graph_add_const(w->r.to, NULL, SINEW_F32, 1, &l->oc, l->bias);
        return;
    }
    in[1] = add_levels(w->r.to, SINEW_I8, weights->name, weights->tensor.rank,
                       weights->tensor.dims, l->bytes, l->scales);
    in[2] =
        add_levels(w->r.to, SINEW_I32, NULL, 1, &l->oc, l->levels, l->steps);
}

/* Weights behind dequantize nodes, unless they stay floats, and the corrected
 * bias, as in[1] and in[2]. */
static sinew_status write_layer(struct writing *w,
                                const struct sinew_node *node, sinew_value *in,
                                bool bytes) {
    const sinew_tensor *t = &w->q->graph->values[node->in[1]].tensor;
    struct layer l = {.oc = t->dims[0],
                      .row = sinew_tensor_count(t) / t->dims[0]};
    uint64_t oc = (uint64_t)l.oc;
    sinew_status status = SINEW_NOMEM;

    l.bytes = sinew_alloc(oc, (size_t)l.row);
    l.scales = sinew_alloc(oc, sizeof *l.scales);
    l.bias = sinew_alloc(oc, sizeof *l.bias);
    l.steps = sinew_alloc(oc, sizeof *l.steps);
    l.levels = sinew_alloc(oc, sizeof *l.levels);
    if (l.bytes && l.scales && l.bias && l.steps && l.levels) {
        put_layer(w, node, &l, in, bytes);
        status = SINEW_OK;
    }
    sinew_free(l.bytes);
    sinew_free(l.scales);
    sinew_free(l.bias);
    sinew_free(l.steps);
    sinew_free(l.levels);
    return status;
}

/* ---- nodes ---- */

/* The node that makes a value, or NULL. */
static const struct sinew_node *maker_of(const struct sinew_quantizer *q,
                                         sinew_value value, int *number) {
    *number = value < 0 ? -1 : q->graph->values[value].producer;
    return *number < 0 ? NULL : &q->graph->nodes[*number];
}

/* Whether a node reads its input i on its grid: nearly all do, but not the
 * clamp right behind a layer that alone reads it. */
static bool reads_grid(const struct sinew_quantizer *q, int n, int i) {
    const struct sinew_node *node = &q->graph->nodes[n];
    int before;
    const struct sinew_node *maker = maker_of(q, node->in[i], &before);
    bool made = maker && sinew_quant_on_grid(q, before);

    if (node->in[i] < 0 || (!sinew_quant_on_grid(q, n) && !made)) return false;
    return !(
        made && sinew_quant_is_clamp(node) &&
        (sinew_quant_is_layer(maker) || sinew_node_is(maker, SINEW_OP_ADD)) &&
        sinew_graph_only_reader(q->graph, node->in[i]) == node);
}

static sinew_status write_node(struct writing *w, int n) {
    struct sinew_quantizer *q = w->q;
    const struct sinew_node *node = &q->graph->nodes[n];
    bool bytes = sinew_quant_is_layer(node) && sinew_quant_on_grid(q, n);
    sinew_value *in = sinew_alloc((uint64_t)node->n_in + 1, sizeof *in);
    sinew_status status = SINEW_OK;

    if (!in) return SINEW_NOMEM;
    for (int i = 0; i < node->n_in; i++)
        in[i] = reads_grid(q, n, i) ? on_its_grid(w, node->in[i])
                                    : sinew_rebuild_value(&w->r, node->in[i]);
    q->stats.all += sinew_quant_is_layer(node);
    q->stats.layers += bytes;
    if (bytes || (sinew_quant_is_layer(node) && reads_grid(q, n, 0) &&
                  sinew_quant_is_float(q, node->in[0]) &&
                  sinew_graph_floats(q->graph, node->in[1]) &&
                  sinew_graph_floats(q->graph, node->in[2])))
        status = write_layer(w, node, in, bytes);
    if (status == SINEW_OK) sinew_rebuild_node(&w->r, node, NULL, in);
    sinew_free(in);
    return status;
}

sinew_status sinew_quant_write(struct sinew_quantizer *q,
                               sinew_graph **quantized) {
    struct writing w = {.q = q};
    sinew_status status;

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
