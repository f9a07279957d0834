/*
 * quant_layer.c - one operator between grids as an integer operator
 * (pass_quant.c): convolutions, sums, products, means, and moves.
 *
 * Grids of an operator's operands are those of the dequantize nodes before it,
 * that of its result the quantize node's. Weights are i8 around 0, with a scale
 * for each output channel or one for all.
 */
#include <math.h>
#include <string.h>
#include "graph/pass_quant.h"

/* ---- convolutions ---- */

/* Weights that stand as i8 in the file, with the scale of channel c at
 * scale[c * step]. */
struct weights {
    sinew_value bytes;
    const float *scale;
    int step;
};

static bool all_zero(const sinew_tensor *tensor) {
    const int8_t *zero = tensor->data;
    bool zeros = zero != NULL;

    for (int64_t i = 0; zeros && i < sinew_tensor_count(tensor); i++)
        zeros = zero[i] == 0;
    return zeros;
}

static bool read_weights(sinew_graph *graph, sinew_value value,
                         struct weights *w) {
    const struct sinew_node *node = sinew_graph_producer(graph, value);

    if (!sinew_node_is(node, SINEW_OP_DEQUANTIZE)) return false;
    const struct sinew_quantize_attr *attr = node->attr;
    const sinew_tensor *bytes = &graph->values[node->in[0]].tensor;
    int64_t scales = sinew_tensor_count(&graph->values[node->in[1]].tensor);
    w->bytes = node->in[0];
    w->scale = sinew_graph_floats(graph, node->in[1]);
    w->step = scales > 1;
    return bytes->dtype == SINEW_I8 && bytes->data && bytes->rank == 4 &&
           w->scale &&
           (scales == 1 ||
            (scales == bytes->dims[0] && sinew_axis(attr->axis, 4) == 0)) &&
           (node->n_in < 3 || node->in[2] < 0 ||
            all_zero(&graph->values[node->in[2]].tensor));
}

/* The bias of channel c: as the file has it where it has it on the grid of the
 * sums, else rounded to that. */
static int32_t bias_level(sinew_graph *graph, sinew_value value, int64_t c,
                          float step) {
    const struct sinew_node *node = sinew_graph_producer(graph, value);
    const float *floats = sinew_graph_floats(graph, value);

    if (sinew_node_is(node, SINEW_OP_DEQUANTIZE)) {
        const sinew_tensor *ints = &graph->values[node->in[0]].tensor;
        const float *scale = sinew_graph_floats(graph, node->in[1]);
        bool many = sinew_tensor_count(&graph->values[node->in[1]].tensor) > 1;
        if (ints->dtype == SINEW_I32 && ints->data && scale &&
            scale[many ? c : 0] == step)
            return ((const int32_t *)ints->data)[c];
    }
    double level = nearbyint((double)floats[c] / (double)step);
    return (int32_t)fmin(fmax(level, INT32_MIN), INT32_MAX);
}

/* Constants of the integer layer; false in *fits when a multiplier is not below
 * 1 or a scale makes no sense. */
static sinew_status add_constants(sinew_graph *graph, const struct weights *w,
                                  sinew_value bias, const struct sinew_grid *x,
                                  const struct sinew_grid *y, sinew_value *in,
                                  bool *fits) {
    int64_t n = graph->values[w->bytes].tensor.dims[0];
    int32_t *levels = sinew_alloc((uint64_t)n, sizeof *levels);
    float *multiplier = sinew_alloc((uint64_t)n, sizeof *multiplier);
    sinew_status status = SINEW_OK;

    *fits = levels && multiplier;
    if (!*fits) status = SINEW_NOMEM;
    for (int64_t c = 0; *fits && c < n; c++) {
        float step = x->scale * w->scale[c * w->step];
        multiplier[c] = step / y->scale;
        *fits = step > 0 && multiplier[c] < 1;
        if (*fits && bias >= 0) levels[c] = bias_level(graph, bias, c, step);
    }
    if (*fits) {
        in[1] = w->bytes;
        in[2] = sinew_graph_add_const(graph, NULL, SINEW_I32, 1, &n, levels);
        in[3] =
            sinew_graph_add_const(graph, NULL, SINEW_F32, 1, &n, multiplier);
    }
    sinew_free(levels);
    sinew_free(multiplier);
    return status;
}

static struct sinew_q_conv_attr conv_attr(const struct sinew_node *node) {
    if (sinew_node_is(node, SINEW_OP_CONV2D)) {
        const struct sinew_conv2d_attr *a = node->attr;
        return (struct sinew_q_conv_attr){.stride_h = a->stride_h,
                                          .stride_w = a->stride_w,
                                          .dilation_h = a->dilation_h,
                                          .dilation_w = a->dilation_w,
                                          .groups = a->groups,
                                          .same = a->same,
                                          .pads = a->pads};
    }
    const struct sinew_conv_transpose2d_attr *a = node->attr;
    return (struct sinew_q_conv_attr){.transposed = 1,
                                      .stride_h = a->stride_h,
                                      .stride_w = a->stride_w,
                                      .dilation_h = a->dilation_h,
                                      .dilation_w = a->dilation_w,
                                      .groups = a->groups,
                                      .same = a->same,
                                      .pads = a->pads,
                                      .out_pad_h = a->out_pad_h,
                                      .out_pad_w = a->out_pad_w};
}

static sinew_status make_conv(sinew_graph *graph,
                              const struct sinew_quant_site *site, bool *made) {
    const struct sinew_node *conv = site->maker;
    struct sinew_q_conv_attr attr = conv_attr(conv);
    sinew_value bias = conv->n_in > 2 ? conv->in[2] : SINEW_NO_VALUE;
    sinew_value in[4];
    struct sinew_grid x;
    struct weights w;
    sinew_status status;

    if (sinew_node_fused_act(conv->op, conv->attr)->kind != SINEW_ACT_NONE ||
        !sinew_quant_grid(graph, conv->in[0], &x) ||
        !read_weights(graph, conv->in[1], &w) ||
        (bias >= 0 && !sinew_graph_floats(graph, bias)))
        return SINEW_OK;
    status = add_constants(graph, &w, bias, &x, &site->grid, in, made);
    if (status < 0 || !*made) return status;
    in[0] = x.bytes;
    attr.x_zero = x.zero;
    attr.to = site->to;
    return sinew_quant_become(graph, site->node, SINEW_OP_Q_CONV, &attr, in, 4);
}

/* ---- sums, products, means ---- */

static sinew_status make_binary(sinew_graph *graph,
                                const struct sinew_quant_site *site,
                                bool multiply, bool *made) {
    const struct sinew_node *node = site->maker;
    struct sinew_grid a, b;

    if (sinew_node_fused_act(node->op, node->attr)->kind != SINEW_ACT_NONE ||
        !sinew_quant_grid(graph, node->in[0], &a) ||
        !sinew_quant_grid(graph, node->in[1], &b))
        return SINEW_OK;
    const struct sinew_q_math_attr attr = {
        .a_zero = a.zero,
        .b_zero = b.zero,
        .a_factor = (multiply ? a.scale * b.scale : a.scale) / site->grid.scale,
        .b_factor = multiply ? 0 : b.scale / site->grid.scale,
        .to = site->to,
    };
    if (!(attr.a_factor < 1e4f) || !(attr.b_factor < 1e4f)) return SINEW_OK;
    *made = true;
    return sinew_quant_become(graph, site->node,
                              multiply ? SINEW_OP_Q_MUL : SINEW_OP_Q_ADD, &attr,
                              (const sinew_value[]){a.bytes, b.bytes}, 2);
}

/* The mean of all pixels, which stays [N, 1, 1, C]. */
static sinew_status make_mean(sinew_graph *graph,
                              const struct sinew_quant_site *site, bool *made) {
    const struct sinew_reduce_attr *reduce = site->maker->attr;
    struct sinew_grid x;
    uint32_t axes = 0;

    for (int i = 0; i < reduce->n_axes; i++)
        axes |= 1u << sinew_axis(reduce->axes[i], 4);
    if (!sinew_quant_grid(graph, site->maker->in[0], &x)) return SINEW_OK;
    const sinew_tensor *tensor = &graph->values[x.bytes].tensor;
    int64_t pixels = tensor->dims[1] * tensor->dims[2];
    if (tensor->rank != 4 || axes != 6 || !reduce->keepdims || pixels < 1 ||
        pixels > 1 << 22)
        return SINEW_OK;
    const struct sinew_q_math_attr attr = {
        .a_zero = x.zero,
        .a_factor = x.scale / (site->grid.scale * (float)pixels),
        .to = site->to,
    };
    if (!(attr.a_factor * 255 * (float)pixels < 1e8f)) return SINEW_OK;
    *made = true;
    return sinew_quant_become(graph, site->node, SINEW_OP_Q_MEAN, &attr,
                              &x.bytes, 1);
}

/* ---- moves ---- */

/* Operators that do to bytes what they do to the numbers they stand for, and
 * how many of their inputs are such. */
static int moved_inputs(const struct sinew_node *node) {
    static const enum sinew_op movers[] = {
        SINEW_OP_TRANSPOSE,      SINEW_OP_RESHAPE, SINEW_OP_FLATTEN,
        SINEW_OP_SLICE,          SINEW_OP_SQUEEZE, SINEW_OP_UNSQUEEZE,
        SINEW_OP_DEPTH_TO_SPACE, SINEW_OP_EXPAND,  SINEW_OP_SPACE_TO_DEPTH};

    if (sinew_node_is(node, SINEW_OP_CONCAT)) return node->n_in;
    if (sinew_node_is(node, SINEW_OP_MAX_POOL2D)) {
        const struct sinew_pool2d_attr *attr = node->attr;
        return attr->act.kind == SINEW_ACT_NONE;
    }
    if (sinew_node_is(node, SINEW_OP_RESIZE2D)) {
        const struct sinew_resize2d_attr *attr = node->attr;
        return attr->mode == SINEW_INTERP_NEAREST;
    }
    for (size_t i = 0; i < sizeof movers / sizeof *movers; i++)
        if (sinew_node_is(node, movers[i])) return 1;
    return 0;
}

static bool same_grid(const struct sinew_grid *a, const struct sinew_grid *b) {
    return a->scale == b->scale && a->zero == b->zero;
}

/* The dequantize node before one input becomes a table from grid to grid, so
 * that what it gives is bytes. */
static sinew_status regrid(sinew_graph *graph, sinew_value value,
                           const struct sinew_grid *from,
                           const struct sinew_grid *to) {
    const int64_t n = 256;
    uint8_t table[256];

    for (int b = 0; b < 256; b++)
        table[b] = sinew_quant_level(to, (float)(b - from->zero) * from->scale);
    const sinew_value in[] = {
        from->bytes,
        sinew_graph_add_const(graph, NULL, SINEW_U8, 1, &n, table)};
    return sinew_quant_become(graph, sinew_graph_producer(graph, value),
                              SINEW_OP_Q_TABLE, NULL, in, 2);
}

static bool is_output(const sinew_graph *graph, sinew_value value) {
    for (int i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i] == value) return true;
    return false;
}

static sinew_status make_move(sinew_graph *graph,
                              const struct sinew_quant_site *site, int n,
                              bool *made) {
    struct sinew_node *node = site->maker;
    struct sinew_grid grid;
    sinew_status status;

    if (site->to.low > 0 || site->to.high < 255 || node->n_out != 1 ||
        is_output(graph, site->node->out[0]))
        return SINEW_OK;
    for (int i = 0; i < n; i++)
        if (!sinew_quant_grid(graph, node->in[i], &grid) ||
            (!same_grid(&grid, &site->grid) &&
             sinew_graph_only_reader(graph, node->in[i]) != node))
            return SINEW_OK;
    for (int i = 0; i < n; i++) {
        if (!sinew_quant_grid(graph, node->in[i], &grid)) continue;
        if (same_grid(&grid, &site->grid))
            node->in[i] = grid.bytes;
        else
            SINEW_TRY(regrid(graph, node->in[i], &grid, &site->grid));
    }
    SINEW_TRY(sinew_node_infer(graph, (int)(node - graph->nodes)));
    sinew_graph_replace(graph, site->node->out[0], node->out[0]);
    site->node->dead = true;
    *made = true;
fail:
    return status;
}

sinew_status sinew_quant_layer(sinew_graph *graph,
                               const struct sinew_quant_site *site,
                               bool *made) {
    const struct sinew_node *maker = site->maker;
    int moved = moved_inputs(maker);

    *made = false;
    if (sinew_node_is(maker, SINEW_OP_CONV2D) ||
        sinew_node_is(maker, SINEW_OP_CONV_TRANSPOSE2D))
        return make_conv(graph, site, made);
    if (sinew_node_is(maker, SINEW_OP_ADD) ||
        sinew_node_is(maker, SINEW_OP_MUL))
        return make_binary(graph, site, sinew_node_is(maker, SINEW_OP_MUL),
                           made);
    if (sinew_node_is(maker, SINEW_OP_REDUCE_MEAN))
        return make_mean(graph, site, made);
    return moved > 0 ? make_move(graph, site, moved, made) : SINEW_OK;
}
