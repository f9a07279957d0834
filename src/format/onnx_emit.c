/*
 * onnx_emit.c - nodes, attributes, constants and names of the ONNX writer.
 */
#include "format/onnx_write.h"

#include <stdio.h>

#define MAX_NAME 1000

/* ---- names --------------------------------------------------------------- */

/* A name not in the set yet, which is added to it. */
static const char *fresh(struct onnx_writer *w, struct sinew_names *names,
                         const char *base, const char *suffix) {
    if (w->status < 0) return "";
    size_t size = strlen(base);
    if (!strcmp(suffix, ONNX_FIRST) || !strcmp(suffix, ONNX_LAST))
        size = onnx_stem(base, size);
    int stem = size > MAX_NAME ? MAX_NAME : (int)size;
    char *name = sinew_format("%.*s%s", stem, base, suffix);
    for (int i = 2; name; i++) {
        struct sinew_span span = {(const uint8_t *)name, strlen(name)};
        if (span.size && sinew_names_find(names, span) < 0) {
            if (sinew_names_add(names, span) >= 0) return name;
            break;
        }
        sinew_free(name);
        name = sinew_format("%.*s%s_%d", stem, base, suffix, i);
    }
    sinew_free(name);
    onnx_write_fail(w, SINEW_NOMEM, "out of memory for names");
    return "";
}

const char *onnx_fresh(struct onnx_writer *w, const char *base,
                       const char *suffix) {
    return fresh(w, &w->names, base, suffix);
}

/* A value's own name, else one made up from its operator and number. */
static const char *name_for(struct onnx_writer *w, sinew_value v,
                            const char *suffix) {
    char made[80];
    const struct sinew_value_info *info = &w->graph->values[v];
    if (info->name[0]) return onnx_fresh(w, info->name, suffix);
    snprintf(made, sizeof made, "%s_%d",
             info->producer < 0 ? "const"
                                : w->graph->nodes[info->producer].op->name,
             (int)v);
    return onnx_fresh(w, made, suffix);
}

const sinew_tensor *onnx_shape(const struct onnx_writer *w, sinew_value v) {
    return &w->graph->values[v].tensor;
}

sinew_value onnx_in(const struct onnx_writer *w, int i) {
    return i < w->node->n_in ? w->node->in[i] : SINEW_NO_VALUE;
}

int onnx_axis_first(int axis, int rank) {
    return axis == 0 ? 0 : axis == rank - 1 ? 1 : axis + 1;
}

/* ---- constants ----------------------------------------------------------- */

static void put_tensor(struct onnx_writer *w, uint32_t field, const char *name,
                       const sinew_tensor *t) {
    size_t mark = sinew_pb_begin(w->out, field);
    for (int d = 0; d < t->rank; d++)
        sinew_pb_put_int(w->out, TENSOR_DIMS, t->dims[d]);
    sinew_pb_put_int(w->out, TENSOR_TYPE, onnx_type(t->dtype));
    if (name) sinew_pb_put_text(w->out, TENSOR_NAME, name);
    sinew_pb_put_bytes(w->out, TENSOR_RAW, t->data,
                       (size_t)sinew_tensor_count(t) *
                           sinew_dtype_size(t->dtype));
    sinew_pb_end(w->out, mark);
}

static const char *put_initializer(struct onnx_writer *w, const char *name,
                                   const sinew_tensor *t) {
    if (w->status == SINEW_OK) put_tensor(w, GRAPH_INITIALIZER, name, t);
    return name;
}

const char *onnx_int_list(struct onnx_writer *w, const int64_t *v, int n) {
    sinew_tensor t = {.dtype = SINEW_I64, .rank = 1, .dims = {n}};
    t.data = (void *)v;
    return put_initializer(w, onnx_fresh(w, w->node->name, "_list"), &t);
}

const char *onnx_int_scalar(struct onnx_writer *w, int64_t v) {
    sinew_tensor t = {.dtype = SINEW_I64, .data = &v};
    return put_initializer(w, onnx_fresh(w, w->node->name, "_number"), &t);
}

const char *onnx_float_list(struct onnx_writer *w, const float *v, int n) {
    sinew_tensor t = {.dtype = SINEW_F32, .rank = 1, .dims = {n}};
    t.data = (void *)v;
    return put_initializer(w, onnx_fresh(w, w->node->name, "_list"), &t);
}

const char *onnx_number(struct onnx_writer *w, float v) {
    sinew_tensor t = {.dtype = SINEW_F32, .data = &v};
    return put_initializer(w, onnx_fresh(w, w->node->name, "_number"), &t);
}

bool onnx_is_known(const struct onnx_writer *w, sinew_value v) {
    return v >= 0 && w->graph->values[v].tensor.data &&
           !w->graph->values[v].dynamic;
}

/* Whether all numbers are within the range of half floats. */
static bool fits_half(const sinew_tensor *t) {
    const float *data = t->data;
    int64_t n = sinew_tensor_count(t);
    for (int64_t i = 0; i < n; i++)
        if (!(data[i] >= -65504.0f && data[i] <= 65504.0f)) return false;
    return true;
}

/* An f32 constant under `name`: stored as half floats behind a Cast. */
static void put_half(struct onnx_writer *w, const char *name,
                     const sinew_tensor *t) {
    int64_t n = sinew_tensor_count(t);
    sinew_tensor half = *t;
    half.dtype = SINEW_F16;
    half.data = sinew_alloc((uint64_t)n, 2);
    if (!half.data) {
        onnx_write_fail(w, SINEW_NOMEM, "out of memory");
        return;
    }
    sinew_convert(half.data, SINEW_F16, t->data, SINEW_F32, n);
    const char *stored = put_initializer(w, onnx_fresh(w, name, "_f16"), &half);
    sinew_free(half.data);
    onnx_begin(w, "Cast", ONNX_NAMES(stored), ONNX_NAMES(name));
    onnx_put_int(w, "to", onnx_type(SINEW_F32));
    onnx_end(w);
}

/* Elements in the order of the turn. */
static void turn_elements(uint8_t *to, const sinew_tensor *t,
                          const struct onnx_turn *turn) {
    int64_t step[SINEW_MAX_RANK], size[SINEW_MAX_RANK];
    int64_t index[SINEW_MAX_RANK] = {0}, at = 0;
    int64_t count = sinew_tensor_count(t);
    size_t unit = sinew_dtype_size(t->dtype);
    for (int d = 0; d < turn->rank; d++) {
        size[d] = turn->dims[turn->perm[d]];
        step[d] = 1;
        for (int k = turn->perm[d] + 1; k < turn->rank; k++)
            step[d] *= turn->dims[k];
    }
    for (int64_t i = 0; i < count; i++) {
        memcpy(to + (size_t)i * unit,
               (const uint8_t *)t->data + (size_t)at * unit, unit);
        for (int d = turn->rank - 1; d >= 0; d--) {
            at += step[d];
            if (++index[d] < size[d]) break;
            at -= step[d] * size[d];
            index[d] = 0;
        }
    }
}

const struct sinew_node *onnx_widening(const struct onnx_writer *w,
                                       sinew_value v) {
    const struct sinew_value_info *info = &w->graph->values[v];
    if (info->role != SINEW_ROLE_NODE || !info->known) return NULL;
    const struct sinew_node *node = &w->graph->nodes[info->producer];
    if (node->op != sinew_op_desc(SINEW_OP_CAST) &&
        node->op != sinew_op_desc(SINEW_OP_DEQUANTIZE))
        return NULL;
    for (int i = 0; i < node->n_in; i++)
        if (node->in[i] >= 0 &&
            w->graph->values[node->in[i]].role != SINEW_ROLE_CONST)
            return NULL;
    return node;
}

/* Where the turn puts dimension `axis`; -1 unless it is a mere permutation. */
static int turned_axis(const struct onnx_turn *turn, int axis) {
    int found = -1;
    if (turn->rank != turn->out_rank) return -1;
    for (int d = 0; d < turn->rank; d++) {
        if (turn->out_dims[d] != turn->dims[turn->perm[d]]) return -1;
        if (turn->perm[d] == axis) found = d;
    }
    return found;
}

/* A constant in the type it is stored in, `t` being its turned elements, and
 * the node that widens it. */
static void put_widened(struct onnx_writer *w, const char *name,
                        const struct sinew_node *node, const sinew_tensor *t,
                        int axis) {
    const char *in[3] = {put_initializer(w, name_for(w, node->in[0], ""), t),
                         NULL, NULL};
    for (int i = 1; i < node->n_in; i++)
        in[i] = onnx_same(w, node->in[i]);
    bool cast = node->op == sinew_op_desc(SINEW_OP_CAST);
    onnx_begin(w, cast ? "Cast" : "DequantizeLinear", in, 3, &name, 1);
    if (cast)
        onnx_put_int(
            w, "to",
            onnx_type(((const struct sinew_cast_attr *)node->attr)->dtype));
    else if (sinew_tensor_count(onnx_shape(w, node->in[1])) > 1)
        onnx_put_int(w, "axis", axis);
    onnx_end(w);
}

/* The node that widens v, if what it widens can be turned: a row of scales must
 * stay along one dimension, which goes to *axis. */
static const struct sinew_node *turnable(const struct onnx_writer *w,
                                         sinew_value v,
                                         const struct onnx_turn *turn,
                                         int *axis) {
    const struct sinew_node *node = onnx_widening(w, v);
    *axis = 0;
    if (!node || node->op == sinew_op_desc(SINEW_OP_CAST) ||
        sinew_tensor_count(onnx_shape(w, node->in[1])) == 1)
        return node;
    const struct sinew_quantize_attr *attr = node->attr;
    *axis = turned_axis(turn, sinew_axis(attr->axis, onnx_shape(w, v)->rank));
    return *axis < 0 ? NULL : node;
}

/* Tells permutations apart; 0 for other turns, which are not cached. */
static uint32_t turn_key(const struct onnx_turn *turn) {
    uint32_t key = 1;
    if (turn->rank != turn->out_rank) return 0;
    for (int d = 0; d < turn->rank; d++)
        key = key * SINEW_MAX_RANK + (uint32_t)turn->perm[d];
    return key;
}

const char *onnx_turned(struct onnx_writer *w, sinew_value v,
                        const struct onnx_turn *turn, bool weight) {
    struct onnx_written *written = &w->values[v];
    int axis;
    uint32_t key = turn_key(turn);
    if (weight && key && written->turn == key) return written->weights;
    const struct sinew_node *node = turnable(w, v, turn, &axis);
    sinew_tensor t = *onnx_shape(w, node ? node->in[0] : v);
    size_t unit = sinew_dtype_size(t.dtype);
    uint8_t *data = sinew_alloc((uint64_t)sinew_tensor_count(&t), unit);
    if (!data) {
        onnx_write_fail(w, SINEW_NOMEM, "out of memory");
        return "";
    }
    turn_elements(data, &t, turn);
    t.data = data;
    t.rank = turn->out_rank;
    memcpy(t.dims, turn->out_dims, sizeof t.dims);
    const char *name =
        written->claim && !weight ? written->claim : name_for(w, v, "");
    if (node)
        put_widened(w, name, node, &t, axis);
    else if (weight && w->options->weights == SINEW_WEIGHTS_F16 &&
             t.dtype == SINEW_F32 && fits_half(&t))
        put_half(w, name, &t);
    else
        put_initializer(w, name, &t);
    sinew_free(data);
    if (weight) {
        written->weights = name;
        written->turn = key;
    }
    return name;
}

const char *onnx_permuted_const(struct onnx_writer *w, sinew_value v,
                                const int32_t *perm, int rank, bool weight) {
    struct onnx_turn turn = {.rank = rank, .out_rank = rank};
    for (int d = 0; d < rank; d++) {
        turn.dims[d] = onnx_shape(w, v)->dims[d];
        turn.perm[d] = perm[d];
    }
    for (int d = 0; d < rank; d++)
        turn.out_dims[d] = turn.dims[perm[d]];
    return onnx_turned(w, v, &turn, weight);
}

/* ---- forms --------------------------------------------------------------- */

static const char *same_from_first(struct onnx_writer *w, sinew_value v) {
    const struct onnx_written *written = &w->values[v];
    const sinew_tensor *t = onnx_shape(w, v);
    int32_t perm[SINEW_MAX_RANK];
    const char *name =
        written->claim ? written->claim : name_for(w, v, ONNX_LAST);
    if (written->channels > 0) {
        onnx_perm_last(perm, t->rank, written->channels);
        onnx_transpose_node(w, written->first, perm, t->rank, name);
    } else {
        int64_t where[SINEW_MAX_RANK];
        int n = (int)t->dims[0];
        onnx_perm_last(perm, n, -written->channels);
        for (int d = 0; d < n; d++)
            where[d] = perm[d];
        const char *index = onnx_int_list(w, where, n);
        onnx_node(w, "Gather", ONNX_NAMES(written->first, index), name);
    }
    return name;
}

const char *onnx_same(struct onnx_writer *w, sinew_value v) {
    if (v < 0 || w->status < 0) return NULL;
    struct onnx_written *written = &w->values[v];
    if (written->same) return written->same;
    if (w->graph->values[v].role == SINEW_ROLE_CONST) {
        written->same =
            put_initializer(w, name_for(w, v, ""), onnx_shape(w, v));
    } else if (written->first) {
        written->same = same_from_first(w, v);
    } else if (onnx_widening(w, v)) {
        int32_t perm[SINEW_MAX_RANK];
        for (int d = 0; d < SINEW_MAX_RANK; d++)
            perm[d] = d;
        written->same =
            onnx_permuted_const(w, v, perm, onnx_shape(w, v)->rank, false);
    } else {
        onnx_write_fail(w, SINEW_INVALID, "its input %d is not made before it",
                        (int)v);
    }
    return written->same;
}

const char *onnx_first(struct onnx_writer *w, sinew_value v) {
    if (v < 0 || w->status < 0) return NULL;
    struct onnx_written *written = &w->values[v];
    if (written->first && written->channels == 1) return written->first;
    int32_t perm[SINEW_MAX_RANK];
    int rank = onnx_shape(w, v)->rank;
    if (rank < 3) {
        onnx_write_fail(w, SINEW_SHAPE, "an operand of %d dimensions", rank);
        return NULL;
    }
    onnx_perm_first(perm, rank, 1);
    if (w->graph->values[v].role == SINEW_ROLE_CONST || onnx_widening(w, v)) {
        written->first = onnx_permuted_const(w, v, perm, rank, false);
    } else {
        const char *same = onnx_same(w, v);
        const char *name = name_for(w, v, ONNX_FIRST);
        onnx_transpose_node(w, same, perm, rank, name);
        written->first = name;
    }
    written->channels = 1;
    return written->first;
}

bool onnx_only_first(const struct onnx_writer *w, sinew_value v,
                     int *channels) {
    if (v < 0) return false;
    *channels = w->values[v].channels;
    return w->values[v].first && !w->values[v].same && *channels > 0;
}

const char *onnx_out(struct onnx_writer *w, int i) {
    struct onnx_written *written = &w->values[w->node->out[i]];
    written->same =
        written->claim ? written->claim : name_for(w, w->node->out[i], "");
    if (i == 0) w->main = written->same;
    return written->same;
}

const char *onnx_out_first(struct onnx_writer *w, int i, int channels) {
    struct onnx_written *written = &w->values[w->node->out[i]];
    written->first =
        written->claim_first
            ? written->claim_first
            : name_for(w, w->node->out[i], written->claim ? ONNX_FIRST : "");
    written->channels = channels;
    if (i == 0) w->main = written->first;
    return written->first;
}

const char *onnx_out_form(struct onnx_writer *w, int i, int channels) {
    return channels ? onnx_out_first(w, i, channels) : onnx_out(w, i);
}

/* ---- nodes --------------------------------------------------------------- */

void onnx_begin(struct onnx_writer *w, const char *type, const char *const *in,
                int n_in, const char *const *out, int n_out) {
    bool own = w->node && w->node->name[0] && out[0] == w->main;
    const char *name = fresh(w, &w->nodes, own ? w->node->name : out[0], "");
    w->mark = sinew_pb_begin(w->out, GRAPH_NODE);
    while (n_in && !in[n_in - 1])
        n_in--;
    for (int i = 0; i < n_in; i++)
        sinew_pb_put_text(w->out, NODE_INPUT, in[i] ? in[i] : "");
    for (int i = 0; i < n_out; i++)
        sinew_pb_put_text(w->out, NODE_OUTPUT, out[i] ? out[i] : "");
    sinew_pb_put_text(w->out, NODE_NAME, name);
    sinew_pb_put_text(w->out, NODE_TYPE, type);
}

void onnx_end(struct onnx_writer *w) {
    sinew_pb_end(w->out, w->mark);
}

void onnx_node(struct onnx_writer *w, const char *type, const char *const *in,
               int n_in, const char *out) {
    onnx_begin(w, type, in, n_in, &out, 1);
    onnx_end(w);
}

void onnx_transpose_node(struct onnx_writer *w, const char *in,
                         const int32_t *perm, int rank, const char *out) {
    int64_t wide[SINEW_MAX_RANK];
    for (int d = 0; d < rank; d++)
        wide[d] = perm[d];
    onnx_begin(w, "Transpose", &in, 1, &out, 1);
    onnx_put_ints(w, "perm", wide, rank);
    onnx_end(w);
}

static size_t begin_attr(struct onnx_writer *w, const char *name,
                         enum onnx_attr_type type) {
    size_t mark = sinew_pb_begin(w->out, NODE_ATTRIBUTE);
    sinew_pb_put_text(w->out, ATTR_NAME, name);
    sinew_pb_put_int(w->out, ATTR_TYPE, type);
    return mark;
}

void onnx_put_int(struct onnx_writer *w, const char *name, int64_t value) {
    size_t mark = begin_attr(w, name, ONNX_INT);
    sinew_pb_put_int(w->out, ATTR_I, value);
    sinew_pb_end(w->out, mark);
}

void onnx_put_float(struct onnx_writer *w, const char *name, float value) {
    size_t mark = begin_attr(w, name, ONNX_FLOAT);
    sinew_pb_put_float(w->out, ATTR_F, value);
    sinew_pb_end(w->out, mark);
}

void onnx_put_ints(struct onnx_writer *w, const char *name,
                   const int64_t *values, int n) {
    size_t mark = begin_attr(w, name, ONNX_INTS);
    for (int i = 0; i < n; i++)
        sinew_pb_put_int(w->out, ATTR_INTS, values[i]);
    sinew_pb_end(w->out, mark);
}

void onnx_put_string(struct onnx_writer *w, const char *name,
                     const char *value) {
    size_t mark = begin_attr(w, name, ONNX_STRING);
    sinew_pb_put_text(w->out, ATTR_S, value);
    sinew_pb_end(w->out, mark);
}

void onnx_put_element(struct onnx_writer *w, const char *name, int32_t dtype,
                      const void *element) {
    sinew_tensor t = {.dtype = dtype, .rank = 1, .dims = {1}};
    t.data = (void *)element;
    size_t mark = begin_attr(w, name, ONNX_TENSOR);
    put_tensor(w, ATTR_T, NULL, &t);
    sinew_pb_end(w->out, mark);
}

/* ---- activations --------------------------------------------------------- */

const char *onnx_before_act(struct onnx_writer *w, const struct sinew_act *act,
                            const char *out) {
    if (act->kind == SINEW_ACT_NONE) return out;
    w->main = onnx_fresh(w, out, "_linear");
    return w->main;
}

static void put_clip(struct onnx_writer *w, float low, float high,
                     const char *in, const char *out) {
    const char *bounds[2] = {NULL, NULL};
    if (low > -3.4028234e38f) bounds[0] = onnx_number(w, low);
    if (high < 3.4028234e38f) bounds[1] = onnx_number(w, high);
    onnx_node(w, "Clip", ONNX_NAMES(in, bounds[0], bounds[1]), out);
}

/* a * x * sigmoid(x) */
static void put_swish(struct onnx_writer *w, float a, const char *in,
                      const char *out) {
    const char *gate = onnx_fresh(w, out, "_sigmoid");
    const char *product = a == 1.0f ? out : onnx_fresh(w, out, "_swish");
    onnx_node(w, "Sigmoid", ONNX_NAMES(in), gate);
    onnx_node(w, "Mul", ONNX_NAMES(in, gate), product);
    if (a != 1.0f)
        onnx_node(w, "Mul", ONNX_NAMES(product, onnx_number(w, a)), out);
}

void onnx_put_act(struct onnx_writer *w, const struct sinew_act *act,
                  const char *in, const char *out) {
    switch (act->kind) {
    case SINEW_ACT_NONE:
        break;
    case SINEW_ACT_RELU:
        onnx_node(w, "Relu", ONNX_NAMES(in), out);
        break;
    case SINEW_ACT_RELU6:
        put_clip(w, 0.0f, 6.0f, in, out);
        break;
    case SINEW_ACT_CLIP:
        put_clip(w, act->a, act->b, in, out);
        break;
    case SINEW_ACT_SIGMOID:
        onnx_node(w, "Sigmoid", ONNX_NAMES(in), out);
        break;
    case SINEW_ACT_SWISH:
        put_swish(w, act->a, in, out);
        break;
    case SINEW_ACT_HARD_SIGMOID:
        onnx_begin(w, "HardSigmoid", &in, 1, &out, 1);
        onnx_put_float(w, "alpha", act->a);
        onnx_put_float(w, "beta", act->b);
        onnx_end(w);
        break;
    case SINEW_ACT_HARD_SWISH:
        onnx_node(w, "HardSwish", ONNX_NAMES(in), out);
        break;
    default:
        onnx_write_fail(w, SINEW_UNSUPPORTED, "activation %d", act->kind);
    }
}
