/*
 * onnx_put_math.c - writing operators that work element by element, in the form
 * their operands have (see onnx_map_math.c).
 */
#include "format/onnx_write.h"

#include <string.h>

/* Input i in the form the node uses, which goes to *channels (0 = our order).
 */
static const char *any_form(struct onnx_writer *w, int i, int *channels) {
    sinew_value v = onnx_in(w, i);
    if (onnx_only_first(w, v, channels)) return w->values[v].first;
    *channels = 0;
    return onnx_same(w, v);
}

static void put_unary(struct onnx_writer *w, const char *type) {
    int channels;
    const char *x = any_form(w, 0, &channels);
    onnx_node(w, type, ONNX_NAMES(x), onnx_out_form(w, 0, channels));
}

static void put_activation(struct onnx_writer *w, const char *type) {
    (void)type;
    const struct sinew_activation_attr *attr = w->node->attr;
    int channels;
    const char *x = any_form(w, 0, &channels);
    const char *out = onnx_out_form(w, 0, channels);
    if (attr->act.kind == SINEW_ACT_NONE)
        onnx_node(w, "Identity", ONNX_NAMES(x), out);
    else
        onnx_put_act(w, &attr->act, x, out);
}

static void put_cast(struct onnx_writer *w, const char *type) {
    const struct sinew_cast_attr *attr = w->node->attr;
    int channels;
    if (onnx_widening(w, w->node->out[0])) return;
    const char *x = any_form(w, 0, &channels);
    const char *out = onnx_out_form(w, 0, channels);
    onnx_begin(w, type, ONNX_NAMES(x), ONNX_NAMES(out));
    onnx_put_int(w, "to", onnx_type(attr->dtype));
    onnx_end(w);
}

/* ---- broadcasting -------------------------------------------------------- */

static bool is_single(const struct onnx_writer *w, sinew_value v) {
    const sinew_tensor *t = onnx_shape(w, v);
    return sinew_tensor_count(t) == 1 && t->rank <= 1;
}

static bool is_const(const struct onnx_writer *w, sinew_value v) {
    return w->graph->values[v].role == SINEW_ROLE_CONST || onnx_widening(w, v);
}

/* The form for all operands; 0 = our order. */
static int common_form(const struct onnx_writer *w) {
    int channels = 0, found, rank = onnx_shape(w, w->node->out[0])->rank;
    for (int i = 0; i < w->node->n_in; i++) {
        sinew_value v = w->node->in[i];
        if (onnx_shape(w, v)->rank == rank && !is_const(w, v) &&
            onnx_only_first(w, v, &found) && (found == 1 || !channels))
            channels = found;
    }
    for (int i = 0; i < w->node->n_in && channels > 1; i++) {
        sinew_value v = w->node->in[i];
        if (!is_single(w, v) &&
            !(onnx_only_first(w, v, &found) && found == channels))
            channels = 0;
    }
    return channels;
}

/* A constant given `rank` dimensions and channels first. */
static const char *const_first(struct onnx_writer *w, sinew_value v, int rank) {
    const sinew_tensor *t = onnx_shape(w, v);
    struct onnx_turn turn = {.rank = rank, .out_rank = rank};
    for (int d = 0; d < rank; d++)
        turn.dims[d] = d < rank - t->rank ? 1 : t->dims[d - (rank - t->rank)];
    onnx_perm_first(turn.perm, rank, 1);
    for (int d = 0; d < rank; d++)
        turn.out_dims[d] = turn.dims[turn.perm[d]];
    return onnx_turned(w, v, &turn, false);
}

static const char *operand(struct onnx_writer *w, int i, int channels) {
    sinew_value v = onnx_in(w, i);
    int rank = onnx_shape(w, w->node->out[0])->rank;
    int own = onnx_shape(w, v)->rank, found;
    if (!channels || is_single(w, v)) return onnx_same(w, v);
    if (own == rank && onnx_only_first(w, v, &found) && found == channels)
        return w->values[v].first;
    if (is_const(w, v)) return const_first(w, v, rank);
    if (own == rank) return onnx_first(w, v);
    int64_t axes[SINEW_MAX_RANK];
    int32_t perm[SINEW_MAX_RANK];
    for (int d = 0; d < rank - own; d++)
        axes[d] = d;
    const char *x = onnx_same(w, v);
    const char *raised = onnx_fresh(w, x, "_raised");
    const char *turned = onnx_fresh(w, x, ONNX_FIRST);
    onnx_node(w, "Unsqueeze", ONNX_NAMES(x, onnx_int_list(w, axes, rank - own)),
              raised);
    onnx_perm_first(perm, rank, 1);
    onnx_transpose_node(w, raised, perm, rank, turned);
    return turned;
}

static void put_binary(struct onnx_writer *w, const char *type) {
    int channels = common_form(w);
    const char *a = operand(w, 0, channels), *b = operand(w, 1, channels);
    onnx_node(w, type, ONNX_NAMES(a, b), onnx_out_form(w, 0, channels));
}

/* add, sub, mul and div may have an activation behind them. */
static void put_arithmetic(struct onnx_writer *w, const char *type) {
    const struct sinew_binary_attr *attr = w->node->attr;
    int channels = common_form(w);
    const char *a = operand(w, 0, channels), *b = operand(w, 1, channels);
    const char *out = onnx_out_form(w, 0, channels);
    const char *linear = onnx_before_act(w, &attr->act, out);
    onnx_node(w, type, ONNX_NAMES(a, b), linear);
    onnx_put_act(w, &attr->act, linear, out);
}

static void put_mod(struct onnx_writer *w, const char *type) {
    const struct sinew_mod_attr *attr = w->node->attr;
    int channels = common_form(w);
    const char *a = operand(w, 0, channels), *b = operand(w, 1, channels);
    const char *out = onnx_out_form(w, 0, channels);
    onnx_begin(w, type, ONNX_NAMES(a, b), ONNX_NAMES(out));
    onnx_put_int(w, "fmod", attr->fmod);
    onnx_end(w);
}

static void put_where(struct onnx_writer *w, const char *type) {
    int channels = common_form(w);
    const char *condition = operand(w, 0, channels);
    const char *a = operand(w, 1, channels), *b = operand(w, 2, channels);
    onnx_node(w, type, ONNX_NAMES(condition, a, b),
              onnx_out_form(w, 0, channels));
}

const struct onnx_writing onnx_put_math[] = {
    {SINEW_OP_ADD, put_arithmetic, "Add"},
    {SINEW_OP_SUB, put_arithmetic, "Sub"},
    {SINEW_OP_MUL, put_arithmetic, "Mul"},
    {SINEW_OP_DIV, put_arithmetic, "Div"},
#define UNARY(onnx, op)  {SINEW_OP_##op, put_unary, onnx},
#define BINARY(onnx, op) {SINEW_OP_##op, put_binary, onnx},
#define REDUCE(onnx, op)
#include "format/onnx_names.def"
#undef UNARY
#undef BINARY
#undef REDUCE
    {SINEW_OP_MIN, put_binary, "Min"},
    {SINEW_OP_MAX, put_binary, "Max"},
    {SINEW_OP_IDENTITY, put_unary, "Identity"},
    {SINEW_OP_ACTIVATION, put_activation, NULL},
    {SINEW_OP_CAST, put_cast, "Cast"},
    {SINEW_OP_MOD, put_mod, "Mod"},
    {SINEW_OP_WHERE, put_where, "Where"},
    ONNX_WRITING_END,
};
