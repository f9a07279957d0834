/*
 * pass_quant.c - from a network that says where its numbers lie on grids
 * (QuantizeLinear and DequantizeLinear around its operators) to one that works
 * on bytes.
 *
 *     quantize(clamp(op(dequantize(a), ..)))  ->  integer operator on a, ..
 *     quantize(f(dequantize(a)))              ->  table of f on a's bytes
 *     quantize(move(dequantize(a), ..))       ->  the same move of bytes
 *
 * f is whatever has been worked out element by element from one byte, with or
 * without grids in between: sigmoid, swish, swish as a product of two. What is
 * left over keeps its floats between a dequantize and a quantize. At the end
 * tables go into the operators before them.
 *
 * Arithmetic is that of ONNX's operators for quantised tensors, as kernel/u8.h
 * has it (Jacob et al. 2018, "Quantization and training of neural networks for
 * efficient integer-arithmetic-only inference").
 */
#include <math.h>
#include <string.h>
#include "graph/internal.h"
#include "graph/pass_quant.h"
#include "kernel/kernel.h"

/* ---- grids ---- */

/* Scale and zero of a quantize or dequantize node that are constants, one for
 * the whole tensor; false when they are not. */
static bool read_grid(const sinew_graph *graph, const struct sinew_node *node,
                      struct sinew_grid *grid) {
    const float *scale = sinew_graph_floats(graph, node->in[1]);

    if (!scale || sinew_tensor_count(&graph->values[node->in[1]].tensor) != 1 ||
        !(scale[0] > 0) || !isfinite(scale[0]))
        return false;
    *grid = (struct sinew_grid){SINEW_NO_VALUE, scale[0], 0};
    if (node->n_in < 3 || node->in[2] < 0) return true;
    const sinew_tensor *zero = &graph->values[node->in[2]].tensor;
    if (!zero->data) return false;
    grid->zero = zero->dtype == SINEW_I8 ? *(const int8_t *)zero->data
                                         : *(const uint8_t *)zero->data;
    return zero->dtype == SINEW_U8 || zero->dtype == SINEW_I8;
}

bool sinew_quant_grid(sinew_graph *graph, sinew_value value,
                      struct sinew_grid *grid) {
    const struct sinew_node *node = sinew_graph_producer(graph, value);

    if (!sinew_node_is(node, SINEW_OP_DEQUANTIZE) ||
        graph->values[node->in[0]].tensor.dtype != SINEW_U8 ||
        graph->values[node->in[0]].dynamic || !read_grid(graph, node, grid))
        return false;
    grid->bytes = node->in[0];
    return true;
}

/* ---- nodes changed in place ---- */

sinew_status sinew_quant_become(sinew_graph *graph, struct sinew_node *node,
                                enum sinew_op op, const void *attr,
                                const sinew_value *in, int n_in) {
    const struct sinew_op_desc *desc = sinew_op_desc(op);
    void *new_attr = desc->attr_size ? sinew_alloc(1, desc->attr_size) : NULL;
    sinew_value *new_in = sinew_alloc((uint64_t)n_in, sizeof *new_in);

    if (graph->error < 0 || !new_in || (desc->attr_size && !new_attr)) {
        sinew_free(new_attr);
        sinew_free(new_in);
        return graph->error < 0 ? sinew_graph_finish(graph) : SINEW_NOMEM;
    }
    if (new_attr) memcpy(new_attr, attr, desc->attr_size);
    memcpy(new_in, in, (size_t)n_in * sizeof *in);
    sinew_free(node->attr);
    sinew_free(node->in);
    node->op = desc;
    node->attr = new_attr;
    node->in = new_in;
    node->n_in = n_in;
    return sinew_node_infer(graph, (int)(node - graph->nodes));
}

static sinew_value add_bytes(sinew_graph *graph, const uint8_t *table) {
    const int64_t n = 256;

    return sinew_graph_add_const(graph, NULL, SINEW_U8, 1, &n, table);
}

uint8_t sinew_quant_level(const struct sinew_grid *grid, float x) {
    double level = (double)nearbyintf(x / grid->scale) + grid->zero;

    return (uint8_t)(level > 0 ? level < 255 ? level : 255 : 0);
}

/* ---- signed bytes to unsigned ---- */

/* Whether all that is done with a signed result is to take it off its grid. */
static bool only_dequantized(const sinew_graph *graph, sinew_value value) {
    for (int i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i] == value) return false;
    for (int n = 0; n < graph->n_nodes; n++) {
        const struct sinew_node *node = &graph->nodes[n];
        for (int i = 0; !node->dead && i < node->n_in; i++)
            if (node->in[i] == value &&
                (i > 0 || !sinew_node_is(node, SINEW_OP_DEQUANTIZE)))
                return false;
    }
    return true;
}

/* The node's grid 128 higher. */
static sinew_status raise_zero(sinew_graph *graph, struct sinew_node *node,
                               int32_t dtype) {
    struct sinew_quantize_attr attr = {0, dtype};
    struct sinew_grid grid;

    if (!read_grid(graph, node, &grid)) return SINEW_OK;
    uint8_t zero = (uint8_t)(grid.zero + 128);
    const sinew_value in[] = {
        node->in[0], node->in[1],
        sinew_graph_add_const(graph, NULL, SINEW_U8, 0, NULL, &zero)};
    return sinew_quant_become(graph, node,
                              dtype == SINEW_U8 ? SINEW_OP_QUANTIZE
                                                : SINEW_OP_DEQUANTIZE,
                              &attr, in, 3);
}

static sinew_status make_unsigned(sinew_graph *graph, int index) {
    struct sinew_node *node = &graph->nodes[index];
    sinew_value value = node->out[0];
    struct sinew_grid grid;
    sinew_status status;

    if (graph->values[value].tensor.dtype != SINEW_I8 ||
        graph->values[value].known || !read_grid(graph, node, &grid) ||
        !only_dequantized(graph, value))
        return SINEW_OK;
    for (int n = index + 1; n < graph->n_nodes; n++)
        if (!graph->nodes[n].dead && graph->nodes[n].in[0] == value &&
            !read_grid(graph, &graph->nodes[n], &grid))
            return SINEW_OK;
    SINEW_TRY(raise_zero(graph, node, SINEW_U8));
    for (int n = index + 1; n < graph->n_nodes; n++)
        if (!graph->nodes[n].dead && graph->nodes[n].n_in > 0 &&
            graph->nodes[n].in[0] == value)
            SINEW_TRY(raise_zero(graph, &graph->nodes[n], SINEW_F32));
    return SINEW_OK;
fail:
    return status;
}

/* ---- functions of one byte ---- */

/* at[b]: the value, float or byte, where the byte of `root` is b. */
struct curve {
    sinew_value root;
    float at[256];
};

struct work {
    sinew_graph *graph;
    struct sinew_kernels kernels; ///< the reference, so that tables do not
                                  ///< depend on the machine
    struct curve **curves;        ///< by value, NULL = not a function of a byte
    int n_curves;
    int done; ///< operators made
};

static const struct curve *curve_of(const struct work *w, sinew_value value) {
    return value >= 0 && value < w->n_curves ? w->curves[value] : NULL;
}

/* A curve for `value`, of which nothing but the root is set. */
static struct curve *new_curve(struct work *w, sinew_value value,
                               sinew_value root) {
    struct curve *curve = sinew_alloc(1, sizeof *curve);

    if (!curve) return NULL;
    sinew_free(w->curves[value]);
    curve->root = root;
    w->curves[value] = curve;
    return curve;
}

static sinew_status dequantize_curve(struct work *w,
                                     const struct sinew_node *node) {
    struct sinew_grid grid;

    if (!sinew_quant_grid(w->graph, node->out[0], &grid)) return SINEW_OK;
    const struct curve *from = curve_of(w, grid.bytes);
    struct curve *to =
        new_curve(w, node->out[0], from ? from->root : grid.bytes);
    if (!to) return SINEW_NOMEM;
    for (int b = 0; b < 256; b++)
        to->at[b] =
            ((from ? from->at[b] : (float)b) - (float)grid.zero) * grid.scale;
    return SINEW_OK;
}

static sinew_status activation_curve(struct work *w,
                                     const struct sinew_node *node) {
    const struct sinew_activation_attr *attr = node->attr;
    const struct curve *from = curve_of(w, node->in[0]);

    if (!from) return SINEW_OK;
    struct curve *to = new_curve(w, node->out[0], from->root);
    if (!to) return SINEW_NOMEM;
    w->kernels.f32_act(from->at, to->at, 256, &attr->act);
    return SINEW_OK;
}

/* Sum or product of functions of the same byte, or of one and a number. */
static sinew_status binary_curve(struct work *w,
                                 const struct sinew_node *node) {
    const struct sinew_binary_attr *attr = node->attr;
    enum sinew_binary_kind kind =
        sinew_node_is(node, SINEW_OP_ADD) ? SINEW_BINARY_ADD : SINEW_BINARY_MUL;
    const float *side[2];
    sinew_value root = SINEW_NO_VALUE;
    struct sinew_rows rows = {.rows = 1, .n = 256, .step = {1, 0, 0}};

    for (int i = 0; i < 2; i++) {
        const struct curve *curve = curve_of(w, node->in[i]);
        const sinew_tensor *tensor = &w->graph->values[node->in[i]].tensor;
        side[i] = curve ? curve->at : sinew_graph_floats(w->graph, node->in[i]);
        rows.step[i + 1] = curve != NULL;
        if (!side[i] || (curve && root >= 0 && root != curve->root) ||
            (!curve && sinew_tensor_count(tensor) != 1))
            return SINEW_OK;
        root = curve ? curve->root : root;
    }
    if (root < 0 ||
        !sinew_tensor_same_shape(&w->graph->values[root].tensor,
                                 &w->graph->values[node->out[0]].tensor))
        return SINEW_OK;
    struct curve *to = new_curve(w, node->out[0], root);
    if (!to) return SINEW_NOMEM;
    w->kernels.f32_binary(side[0], side[1], to->at, &rows, kind, &attr->act);
    return SINEW_OK;
}

/* quantize(f(byte)) becomes a table, or nothing where it changes no byte. */
static sinew_status make_table(struct work *w, struct sinew_node *node,
                               const struct sinew_grid *grid) {
    const struct curve *from = curve_of(w, node->in[0]);
    struct curve *to = new_curve(w, node->out[0], from->root);
    uint8_t table[256];

    if (!to) return SINEW_NOMEM;
    for (int b = 0; b < 256; b++) {
        table[b] = sinew_quant_level(grid, from->at[b]);
        to->at[b] = table[b];
    }
    const sinew_value in[] = {from->root, add_bytes(w->graph, table)};
    w->done++;
    return sinew_quant_become(w->graph, node, SINEW_OP_Q_TABLE, NULL, in, 2);
}

/* ---- what quantize is put on ---- */

/* The node whose result is quantised, clamps on the way gone through; NULL when
 * there is none or its result is wanted elsewhere too. */
static struct sinew_node *maker_of(sinew_graph *graph,
                                   const struct sinew_node *node,
                                   const struct sinew_grid *grid,
                                   struct sinew_q_target *to) {
    float low = -INFINITY, high = INFINITY;

    for (;;) {
        struct sinew_node *maker = sinew_graph_producer(graph, node->in[0]);
        if (!maker || maker->dead ||
            sinew_graph_only_reader(graph, node->in[0]) != node)
            return NULL;
        const struct sinew_activation_attr *attr = maker->attr;
        int kind = sinew_node_is(maker, SINEW_OP_ACTIVATION) ? attr->act.kind
                                                             : SINEW_ACT_NONE;
        if (kind != SINEW_ACT_RELU && kind != SINEW_ACT_RELU6 &&
            kind != SINEW_ACT_CLIP) {
            *to = (struct sinew_q_target){grid->zero,
                                          sinew_quant_level(grid, low),
                                          sinew_quant_level(grid, high)};
            return maker;
        }
        float least = kind == SINEW_ACT_CLIP ? attr->act.a : 0;
        float most = kind == SINEW_ACT_CLIP    ? attr->act.b
                     : kind == SINEW_ACT_RELU6 ? 6
                                               : INFINITY;
        low = fminf(fmaxf(least, low), high);
        high = fmaxf(fminf(most, high), low);
        node = maker;
    }
}

static sinew_status make_integer(struct work *w, struct sinew_node *node) {
    struct sinew_quant_site site = {.node = node};
    sinew_graph *graph = w->graph;
    bool made = false;
    sinew_status status;

    if (graph->values[node->out[0]].tensor.dtype != SINEW_U8 ||
        graph->values[node->out[0]].dynamic ||
        !read_grid(graph, node, &site.grid))
        return SINEW_OK;
    if (curve_of(w, node->in[0])) return make_table(w, node, &site.grid);
    site.maker = maker_of(graph, node, &site.grid, &site.to);
    if (!site.maker) return SINEW_OK;
    status = sinew_quant_layer(graph, &site, &made);
    w->done += made;
    return status;
}

/* A table alone behind an integer operator becomes part of it. */
static sinew_status fuse_table(sinew_graph *graph, struct sinew_node *node) {
    static const struct {
        enum sinew_op op;
        int operands;
    } makers[] = {{SINEW_OP_Q_CONV, 4},
                  {SINEW_OP_Q_ADD, 2},
                  {SINEW_OP_Q_MUL, 2},
                  {SINEW_OP_Q_MEAN, 1}};
    struct sinew_node *maker = sinew_graph_producer(graph, node->in[0]);

    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        int n = makers[i].operands;
        if (!sinew_node_is(maker, makers[i].op) || maker->n_in != n ||
            sinew_graph_only_reader(graph, node->in[0]) != node)
            continue;
        sinew_value *in = sinew_realloc(maker->in, (uint64_t)n + 1, sizeof *in);
        if (!in) return SINEW_NOMEM;
        in[n] = node->in[1];
        maker->in = in;
        maker->n_in = n + 1;
        sinew_node_absorb(graph, maker, node);
        break;
    }
    return SINEW_OK;
}

static sinew_status follow(struct work *w, struct sinew_node *node) {
    if (sinew_node_is(node, SINEW_OP_DEQUANTIZE))
        return dequantize_curve(w, node);
    if (sinew_node_is(node, SINEW_OP_ACTIVATION))
        return activation_curve(w, node);
    if (sinew_node_is(node, SINEW_OP_ADD) || sinew_node_is(node, SINEW_OP_MUL))
        return binary_curve(w, node);
    if (sinew_node_is(node, SINEW_OP_QUANTIZE)) return make_integer(w, node);
    return SINEW_OK;
}

sinew_status sinew_pass_quant(sinew_graph *graph, int *made) {
    struct work w = {.graph = graph, .n_curves = graph->n_values};
    sinew_status status = SINEW_OK;

    *made = 0;
    sinew_kernels_init(&w.kernels, SINEW_CPU_REF);
    w.curves = sinew_alloc((uint64_t)graph->n_values, sizeof(*w.curves));
    if (!w.curves) return SINEW_NOMEM;
    for (int n = 0; n < graph->n_nodes && status == SINEW_OK; n++)
        if (sinew_node_is(&graph->nodes[n], SINEW_OP_QUANTIZE))
            status = make_unsigned(graph, n);
    for (int n = 0; n < graph->n_nodes && status == SINEW_OK; n++)
        status = follow(&w, &graph->nodes[n]);
    if (status == SINEW_OK) status = sinew_graph_compact(graph);
    for (int n = 0; n < graph->n_nodes && status == SINEW_OK; n++)
        if (sinew_node_is(&graph->nodes[n], SINEW_OP_Q_TABLE))
            status = fuse_table(graph, &graph->nodes[n]);
    if (status == SINEW_OK) status = sinew_graph_compact(graph);
    for (int v = 0; v < w.n_curves; v++)
        sinew_free(w.curves[v]);
    sinew_free(w.curves);
    *made = w.done;
    return status;
}
