/*
 * onnx_map_math.c - ONNX operators that work element by element.
 *
 * They keep whatever form their operands have. Where operands are broadcast
 * against one with channels last, each of the others is given the full rank and
 * its dimensions in the same order; a constant is laid out anew for that.
 */
#include "format/onnx_read.h"

#include <math.h>

/* Sets output 0 in the form of `channels` channel dimensions last, 0 = plain.
 */
static void set_form(struct onnx_reader *r, sinew_value value, int channels) {
    if (channels)
        onnx_set_last(r, 0, value, channels);
    else
        onnx_set(r, 0, value);
}

/* Input i in whatever form it has, preferring channels last. */
static sinew_value any_form(struct onnx_reader *r, int i, int *channels) {
    struct onnx_value *value = &r->values[r->node.in[i]];
    if (onnx_is_last_any(r, i, channels)) return value->last;
    *channels = 0;
    return onnx_plain(r, i);
}

static void map_unary(struct onnx_reader *r, int op) {
    int channels;
    sinew_value x = any_form(r, 0, &channels);
    set_form(r, onnx_add(r, (enum sinew_op)op, NULL, SINEW_IN(x)), channels);
}

/* ---- activations --------------------------------------------------------- */

static void set_act(struct onnx_reader *r, struct sinew_act act) {
    struct sinew_activation_attr attr = {.act = act};
    int channels;
    sinew_value x = any_form(r, 0, &channels);
    set_form(r, onnx_add(r, SINEW_OP_ACTIVATION, &attr, SINEW_IN(x)), channels);
}

static void map_activation(struct onnx_reader *r, int kind) {
    struct sinew_act act = {.kind = kind};
    if (kind == SINEW_ACT_HARD_SIGMOID) {
        act.a = onnx_float(r, "alpha", 0.2f);
        act.b = onnx_float(r, "beta", 0.5f);
    }
    set_act(r, act);
}

/* Integers, or bounds that are not constants: the operators min and max. */
static void clip_by_nodes(struct onnx_reader *r) {
    int channels;
    sinew_value x = any_form(r, 0, &channels);
    if (onnx_has(r, 1))
        x = onnx_add(r, SINEW_OP_MAX, NULL, SINEW_IN(x, onnx_plain(r, 1)));
    if (onnx_has(r, 2))
        x = onnx_add(r, SINEW_OP_MIN, NULL, SINEW_IN(x, onnx_plain(r, 2)));
    set_form(r, x, channels);
}

static void map_clip(struct onnx_reader *r, int what) {
    (void)what;
    struct sinew_act act = {SINEW_ACT_CLIP, -INFINITY, INFINITY};
    bool fixed = (!onnx_has(r, 1) || onnx_is_const(r, 1)) &&
                 (!onnx_has(r, 2) || onnx_is_const(r, 2));
    if (r->opset < 11) {
        act.a = onnx_float(r, "min", act.a);
        act.b = onnx_float(r, "max", act.b);
    } else if (!fixed || onnx_tensor(r, 0).dtype != SINEW_F32) {
        clip_by_nodes(r);
        return;
    } else {
        act.a = (float)onnx_float_in(r, 1, act.a);
        act.b = (float)onnx_float_in(r, 2, act.b);
    }
    /* Exporters spell "no bound" as the largest float. */
    if (act.a == 0.0f && act.b >= 3.4028234e38f)
        act = (struct sinew_act){.kind = SINEW_ACT_RELU};
    else if (act.a == 0.0f && act.b == 6.0f)
        act = (struct sinew_act){.kind = SINEW_ACT_RELU6};
    set_act(r, act);
}

/* ---- broadcasting -------------------------------------------------------- */

/* Whether input i is one number, which fits any form. */
static bool is_single(struct onnx_reader *r, int i) {
    sinew_tensor t = onnx_tensor(r, i);
    return sinew_tensor_count(&t) == 1 && t.rank <= 1;
}

/* The form for all operands: 0 = plain, else the channel dimensions of `last`
 * at the highest rank, which goes to *rank. */
static int common_form(struct onnx_reader *r, int *rank) {
    int channels = 0, found;
    *rank = 0;
    for (int i = 0; i < r->node.n_in; i++) {
        sinew_tensor t = onnx_tensor(r, i);
        *rank = t.rank > *rank ? t.rank : *rank;
    }
    for (int i = 0; i < r->node.n_in; i++)
        if (onnx_is_last_any(r, i, &found) && onnx_tensor(r, i).rank == *rank &&
            !onnx_is_const(r, i) && (found == 1 || !channels))
            channels = found;
    for (int i = 0; i < r->node.n_in && channels > 1; i++)
        if (!is_single(r, i) &&
            !(onnx_is_last_any(r, i, &found) && found == channels))
            channels = 0;
    return channels;
}

/* A constant given `rank` dimensions and channels last; when only the channels
 * are left, as a vector. */
static sinew_value const_last(struct onnx_reader *r, int i, int rank) {
    sinew_value x = onnx_plain(r, i);
    sinew_tensor t = onnx_tensor(r, i);
    int64_t dims[SINEW_MAX_RANK];
    int32_t perm[SINEW_MAX_RANK];
    bool vector = true;
    for (int d = 0; d < rank; d++) {
        dims[d] = d < rank - t.rank ? 1 : t.dims[d - (rank - t.rank)];
        vector = vector && (dims[d] == 1 || d == 1);
    }
    if (vector) return onnx_reshape(r, x, &dims[1], 1);
    onnx_perm_last(perm, rank, 1);
    return onnx_permuted(r, onnx_reshape(r, x, dims, rank), perm, rank);
}

/* Input i for an operation on values of that rank in that form. */
static sinew_value operand(struct onnx_reader *r, int i, int rank,
                           int channels) {
    int own;
    if (!channels || is_single(r, i)) return onnx_plain(r, i);
    if (onnx_is_last_any(r, i, &own) && own == channels &&
        onnx_tensor(r, i).rank == rank)
        return r->values[r->node.in[i]].last;
    if (onnx_is_const(r, i)) return const_last(r, i, rank);
    sinew_tensor t = onnx_tensor(r, i);
    if (t.rank == rank) return onnx_last(r, i);
    struct sinew_axes_attr attr = {.n = rank - t.rank};
    int32_t perm[SINEW_MAX_RANK];
    for (int d = 0; d < attr.n; d++)
        attr.axes[d] = d;
    sinew_value x =
        onnx_add(r, SINEW_OP_UNSQUEEZE, &attr, SINEW_IN(onnx_plain(r, i)));
    onnx_perm_last(perm, rank, 1);
    return onnx_transpose(r, x, perm, rank);
}

static void map_binary(struct onnx_reader *r, int op) {
    int rank, channels = common_form(r, &rank);
    sinew_value a = operand(r, 0, rank, channels);
    sinew_value b = operand(r, 1, rank, channels);
    set_form(r, onnx_add(r, (enum sinew_op)op, NULL, SINEW_IN(a, b)), channels);
}

static void map_mod(struct onnx_reader *r, int what) {
    (void)what;
    struct sinew_mod_attr attr = {onnx_int_within(r, "fmod", 0, 0, 1)};
    int rank, channels = common_form(r, &rank);
    sinew_value a = operand(r, 0, rank, channels);
    sinew_value b = operand(r, 1, rank, channels);
    set_form(r, onnx_add(r, SINEW_OP_MOD, &attr, SINEW_IN(a, b)), channels);
}

/* Sum, Max, Min and Mean of any number of operands. */
static void map_variadic(struct onnx_reader *r, int op) {
    int rank, channels = common_form(r, &rank), n = r->node.n_in;
    sinew_value sum = operand(r, 0, rank, channels);
    for (int i = 1; i < n && !onnx_failed(r); i++)
        sum = onnx_add(r, (enum sinew_op)op, NULL,
                       SINEW_IN(sum, operand(r, i, rank, channels)));
    if (sinew_span_is(r->node.type, "Mean"))
        sum = onnx_add(r, SINEW_OP_DIV, NULL,
                       SINEW_IN(sum, sinew_graph_add_f32(r->graph, (float)n)));
    else if (n == 1)
        sum = onnx_add(r, SINEW_OP_IDENTITY, NULL, SINEW_IN(sum));
    set_form(r, sum, channels);
}

static void map_where(struct onnx_reader *r, int what) {
    (void)what;
    int rank, channels = common_form(r, &rank);
    sinew_value condition = operand(r, 0, rank, channels);
    sinew_value a = operand(r, 1, rank, channels);
    sinew_value b = operand(r, 2, rank, channels);
    set_form(r, onnx_add(r, SINEW_OP_WHERE, NULL, SINEW_IN(condition, a, b)),
             channels);
}

/* slope * x where x < 0. With a slope of at most 1 that is max(x, slope * x).
 */
static void map_leaky_relu(struct onnx_reader *r, int what) {
    (void)what;
    float slope = onnx_float(r, "alpha", 0.01f);
    int channels;
    sinew_value x = any_form(r, 0, &channels);
    sinew_value scaled =
        onnx_add(r, SINEW_OP_MUL, NULL,
                 SINEW_IN(x, sinew_graph_add_f32(r->graph, slope)));
    set_form(r,
             onnx_add(r, slope <= 1.0f ? SINEW_OP_MAX : SINEW_OP_MIN, NULL,
                      SINEW_IN(x, scaled)),
             channels);
}

/* Element types: half floats and doubles are computed with as f32, to which
 * stored ones are cast; so a cast between them is nothing. */
static void map_cast(struct onnx_reader *r, int what) {
    (void)what;
    int64_t type = onnx_int(r, "to", 0);
    int32_t to = onnx_dtype(type);
    int channels;
    if (!to) {
        onnx_fail(r, SINEW_UNSUPPORTED, "to element type %lld",
                  (long long)type);
        return;
    }
    if (to == SINEW_F16 || to == SINEW_BF16 || to == SINEW_F64) to = SINEW_F32;
    sinew_value x = any_form(r, 0, &channels);
    if (sinew_graph_tensor(r->graph, x).dtype == to) {
        onnx_set_alias(r, 0, 0);
        return;
    }
    struct sinew_cast_attr attr = {to};
    set_form(r, onnx_add(r, SINEW_OP_CAST, &attr, SINEW_IN(x)), channels);
}

const struct onnx_mapping onnx_map_math[] = {
#define UNARY(onnx, op)  {onnx, map_unary, 1, 1, 1, SINEW_OP_##op},
#define BINARY(onnx, op) {onnx, map_binary, 2, 2, 1, SINEW_OP_##op},
#define REDUCE(onnx, op)
#include "format/onnx_names.def"
#undef UNARY
#undef BINARY
#undef REDUCE
    {"Relu", map_activation, 1, 1, 1, SINEW_ACT_RELU},
    {"Sigmoid", map_activation, 1, 1, 1, SINEW_ACT_SIGMOID},
    {"HardSigmoid", map_activation, 1, 1, 1, SINEW_ACT_HARD_SIGMOID},
    {"HardSwish", map_activation, 1, 1, 1, SINEW_ACT_HARD_SWISH},
    {"Clip", map_clip, 1, 3, 1, 0},
    {"LeakyRelu", map_leaky_relu, 1, 1, 1, 0},
    {"Mod", map_mod, 2, 2, 1, 0},
    {"Sum", map_variadic, 1, -1, 1, SINEW_OP_ADD},
    {"Mean", map_variadic, 1, -1, 1, SINEW_OP_ADD},
    {"Max", map_variadic, 1, -1, 1, SINEW_OP_MAX},
    {"Min", map_variadic, 1, -1, 1, SINEW_OP_MIN},
    {"Where", map_where, 3, 3, 1, 0},
    {"Cast", map_cast, 1, 1, 1, 0},
    {0},
};
