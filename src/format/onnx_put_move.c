/*
 * onnx_put_move.c - writing operators that rearrange, the mirror image of
 * onnx_map_move.c: they keep channels first where their operands have them so.
 */
#include "format/onnx_write.h"

/* Whether input i has one channel dimension first, and no other form. */
static bool is_first(const struct onnx_writer *w, int i) {
    int channels;
    return onnx_only_first(w, onnx_in(w, i), &channels) && channels == 1;
}

/* ---- transpose ----------------------------------------------------------- */

static bool same_perm(const int32_t *a, const int32_t *b, int n) {
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

static bool keeps_kinds(const int32_t *perm, int rank, int channels) {
    if (perm[0] != 0) return false;
    for (int d = 1; d < rank; d++)
        if ((d < rank - channels) != (perm[d] < rank - channels)) return false;
    return true;
}

/* Turning between the two forms: the output is the input in its other form. */
static bool is_form(struct onnx_writer *w, const int32_t *perm, int rank) {
    int32_t to_last[SINEW_MAX_RANK], to_first[SINEW_MAX_RANK];
    sinew_value v = onnx_in(w, 0);
    struct onnx_written *x = &w->values[v], *y = &w->values[w->node->out[0]];
    if (rank < 3) return false;
    onnx_perm_last(to_last, rank, 1);
    onnx_perm_first(to_first, rank, 1);
    bool found = false;
    if (same_perm(perm, to_first, rank) && x->first && x->channels == 1) {
        y->same = x->first;
        found = true;
    }
    if (same_perm(perm, to_last, rank) && x->same) {
        y->first = x->same;
        y->channels = 1;
        found = true;
    }
    return found;
}

static void put_transpose(struct onnx_writer *w, const char *type) {
    (void)type;
    const struct sinew_transpose_attr *attr = w->node->attr;
    sinew_value v = onnx_in(w, 0);
    int32_t to_first[SINEW_MAX_RANK], where[SINEW_MAX_RANK];
    int32_t perm[SINEW_MAX_RANK];
    int channels;
    if (is_form(w, attr->perm, attr->n)) return;
    if (!onnx_only_first(w, v, &channels)) {
        const char *x = onnx_same(w, v);
        onnx_transpose_node(w, x, attr->perm, attr->n, onnx_out(w, 0));
        return;
    }
    /* Our dimension d lies at where[d] with channels first. */
    bool stays = keeps_kinds(attr->perm, attr->n, channels);
    onnx_perm_first(to_first, attr->n, channels);
    for (int d = 0; d < attr->n; d++)
        where[to_first[d]] = d;
    for (int d = 0; d < attr->n; d++)
        perm[d] = where[attr->perm[stays ? to_first[d] : d]];
    onnx_transpose_node(w, w->values[v].first, perm, attr->n,
                        onnx_out_form(w, 0, stays ? channels : 0));
}

/* Whether the positions, in a vector picked by constant positions from *v, are
 * those of all of *v in its order. */
static bool through_pick(const struct onnx_writer *w, sinew_value *v,
                         const int64_t *where, int n) {
    int producer = w->graph->values[*v].producer;
    const struct sinew_node *node =
        producer < 0 ? NULL : &w->graph->nodes[producer];
    if (!node || node->op != sinew_op_desc(SINEW_OP_GATHER) ||
        w->graph->values[node->in[1]].role != SINEW_ROLE_CONST)
        return false;
    const sinew_tensor *index = onnx_shape(w, node->in[1]);
    if (index->rank != 1 || onnx_shape(w, node->in[0])->rank != 1 ||
        onnx_shape(w, node->in[0])->dims[0] != n)
        return false;
    for (int i = 0; i < n; i++)
        if (where[i] >= index->dims[0] ||
            sinew_tensor_int(index, where[i]) != i)
            return false;
    *v = node->in[0];
    return true;
}

/* Numbers of a vector operand in the order of channels first; `times` groups
 * of one number a dimension. */
static const char *numbers_first(struct onnx_writer *w, sinew_value v, int rank,
                                 int times, int channels) {
    int64_t where[2 * SINEW_MAX_RANK], picked[2 * SINEW_MAX_RANK];
    int32_t perm[SINEW_MAX_RANK];
    const sinew_tensor *t = onnx_shape(w, v);
    int n = rank * times;
    onnx_perm_first(perm, rank, channels);
    for (int i = 0; i < n; i++)
        where[i] = i / rank * rank + perm[i % rank];
    if (w->graph->values[v].role == SINEW_ROLE_CONST) {
        for (int i = 0; i < n; i++)
            picked[i] = sinew_tensor_int(t, where[i]);
        return onnx_int_list(w, picked, n);
    }
    if (through_pick(w, &v, where, n)) return onnx_same(w, v);
    const char *list = onnx_same(w, v), *index = onnx_int_list(w, where, n);
    const char *out = onnx_fresh(w, list, ONNX_FIRST);
    onnx_node(w, "Gather", ONNX_NAMES(list, index), out);
    return out;
}

/* ---- reshape ------------------------------------------------------------- */

static int64_t product(const sinew_tensor *t, int begin, int end) {
    int64_t p = 1;
    for (int d = begin; d < end; d++)
        p *= t->dims[d];
    return p;
}

/* How many of the output's last dimensions hold just the channels of the
 * input, so that the reshape does not mix them with rows and columns; 0 if they
 * are mixed. */
static int channels_only(const sinew_tensor *x, int own,
                         const sinew_tensor *y) {
    int64_t wanted = product(x, x->rank - own, x->rank);
    if (y->rank < 3 || y->dims[0] != x->dims[0]) return 0;
    for (int k = 1; k <= 2 && k < y->rank - 1; k++)
        if (product(y, y->rank - k, y->rank) == wanted) return k;
    return 0;
}

/* Whether the target can be put in the other order: a 0 ("as in the input") of
 * a computed one, or of rows and columns that move, cannot. */
static bool may_turn(const struct onnx_writer *w, sinew_value target, int split,
                     int own) {
    const sinew_tensor *t = onnx_shape(w, target);
    int n = (int)sinew_tensor_count(t);
    bool fixed = w->graph->values[target].role == SINEW_ROLE_CONST;
    for (int d = 1; d < n; d++)
        if (sinew_tensor_int(t, d) == 0 &&
            (!fixed || (d < n - split && split != own)))
            return false;
    return true;
}

/* The target with `split` channel dimensions first; see onnx_map_move.c. */
static const char *target_first(struct onnx_writer *w, sinew_value target,
                                const sinew_tensor *y, int split) {
    int64_t sizes[SINEW_MAX_RANK];
    int32_t perm[SINEW_MAX_RANK];
    if (w->graph->values[target].role != SINEW_ROLE_CONST)
        return numbers_first(w, target, y->rank, 1, split);
    onnx_perm_first(perm, y->rank, split);
    for (int d = 0; d < y->rank; d++) {
        int64_t size = sinew_tensor_int(onnx_shape(w, target), perm[d]);
        bool is_channel = d >= 1 && d <= split;
        sizes[d] = size == 0 && is_channel ? y->dims[perm[d]] : size;
    }
    return onnx_int_list(w, sizes, y->rank);
}

/* A constant target [N, 1, 1, C] gives channels first, [N, C, 1, 1], at once.
 */
static bool put_pixel(struct onnx_writer *w, const char *type) {
    const sinew_tensor *t = onnx_shape(w, onnx_in(w, 1));
    int64_t sizes[SINEW_MAX_RANK];
    int n = (int)sinew_tensor_count(t), channels;
    if (w->graph->values[onnx_in(w, 1)].role != SINEW_ROLE_CONST || n < 3 ||
        sinew_tensor_int(t, n - 1) == 0 ||
        onnx_only_first(w, onnx_in(w, 0), &channels))
        return false;
    for (int d = 1; d < n - 1; d++)
        if (sinew_tensor_int(t, d) != 1) return false;
    sizes[0] = sinew_tensor_int(t, 0);
    sizes[1] = sinew_tensor_int(t, n - 1);
    for (int d = 2; d < n; d++)
        sizes[d] = 1;
    const char *x = onnx_same(w, onnx_in(w, 0));
    const char *list = onnx_int_list(w, sizes, n);
    onnx_node(w, type, ONNX_NAMES(x, list), onnx_out_first(w, 0, 1));
    return true;
}

static void put_reshape(struct onnx_writer *w, const char *type) {
    const struct sinew_reshape_attr *attr = w->node->attr;
    sinew_value v = onnx_in(w, 0), target = onnx_in(w, 1);
    const sinew_tensor *x = onnx_shape(w, v);
    const sinew_tensor *y = onnx_shape(w, w->node->out[0]);
    int own, split = 0;
    if (onnx_only_first(w, v, &own) && onnx_shape(w, target)->data &&
        !attr->allow_zero)
        split = channels_only(x, own, y);
    if (split && !may_turn(w, target, split, own)) split = 0;
    if (split) {
        const char *list = target_first(w, target, y, split);
        onnx_node(w, type, ONNX_NAMES(w->values[v].first, list),
                  onnx_out_first(w, 0, split));
        return;
    }
    if (!attr->allow_zero && put_pixel(w, type)) return;
    const char *in[] = {onnx_same(w, v), onnx_same(w, target)};
    const char *out = onnx_out(w, 0);
    onnx_begin(w, type, in, 2, &out, 1);
    if (attr->allow_zero) onnx_put_int(w, "allowzero", 1);
    onnx_end(w);
}

static void put_flatten(struct onnx_writer *w, const char *type) {
    const struct sinew_axis_attr *attr = w->node->attr;
    const char *in = onnx_same(w, onnx_in(w, 0)), *out = onnx_out(w, 0);
    onnx_begin(w, type, &in, 1, &out, 1);
    onnx_put_int(w, "axis", attr->axis);
    onnx_end(w);
}

/* The axes as they are with channels first, if the input is so and what is left
 * is in one of the two forms, which goes to *left; else -1. */
static int squeezed_first(const struct onnx_writer *w, int64_t *axes) {
    const struct sinew_axes_attr *attr = w->node->attr;
    int rank = onnx_shape(w, onnx_in(w, 0))->rank;
    unsigned mask = 0;
    if (!is_first(w, 0) || !attr->n) return -1;
    for (int i = 0; i < attr->n; i++) {
        axes[i] = onnx_axis_first(sinew_axis(attr->axes[i], rank), rank);
        mask |= 1u << axes[i];
    }
    return onnx_form_left(mask, rank);
}

static void put_squeeze(struct onnx_writer *w, const char *type) {
    const struct sinew_axes_attr *attr = w->node->attr;
    int64_t axes[SINEW_MAX_RANK];
    int left = squeezed_first(w, axes);
    for (int i = 0; left < 0 && i < attr->n; i++)
        axes[i] = attr->axes[i];
    const char *x =
        left < 0 ? onnx_same(w, onnx_in(w, 0)) : onnx_first(w, onnx_in(w, 0));
    const char *list = attr->n ? onnx_int_list(w, axes, attr->n) : NULL;
    onnx_node(w, type, ONNX_NAMES(x, list), onnx_out_form(w, 0, left > 0));
}

/* [N, C] to [N, 1, 1, C] gives channels first, [N, C, 1, 1], at once. */
static void put_unsqueeze(struct onnx_writer *w, const char *type) {
    const struct sinew_axes_attr *attr = w->node->attr;
    int rank = onnx_shape(w, w->node->out[0])->rank;
    int64_t axes[SINEW_MAX_RANK];
    unsigned mask = 0;
    for (int i = 0; i < attr->n; i++) {
        axes[i] = attr->axes[i];
        mask |= 1u << sinew_axis(attr->axes[i], rank);
    }
    bool spatial =
        rank > 2 && rank - attr->n == 2 && mask == (1u << (rank - 1)) - 2;
    for (int i = 0; spatial && i < attr->n; i++)
        axes[i] = i + 2;
    const char *x = onnx_same(w, onnx_in(w, 0));
    const char *list = onnx_int_list(w, axes, attr->n);
    onnx_node(w, type, ONNX_NAMES(x, list), onnx_out_form(w, 0, spatial));
}

/* ---- along one axis ------------------------------------------------------ */

static int axis_of(const struct onnx_writer *w, bool first) {
    const struct sinew_axis_attr *attr = w->node->attr;
    int rank = onnx_shape(w, onnx_in(w, 0))->rank;
    int axis = sinew_axis(attr->axis, rank);
    return first ? onnx_axis_first(axis, rank) : axis;
}

static void put_concat(struct onnx_writer *w, const char *type) {
    int n = w->node->n_in;
    bool first = false;
    for (int i = 0; i < n; i++)
        first = first || is_first(w, i);
    const char **in = sinew_alloc((uint64_t)n, sizeof *in);
    if (!in) {
        onnx_write_fail(w, SINEW_NOMEM, "out of memory");
        return;
    }
    for (int i = 0; i < n; i++)
        in[i] =
            first ? onnx_first(w, onnx_in(w, i)) : onnx_same(w, onnx_in(w, i));
    const char *out = onnx_out_form(w, 0, first);
    onnx_begin(w, type, in, n, &out, 1);
    onnx_put_int(w, "axis", axis_of(w, first));
    onnx_end(w);
    sinew_free(in);
}

static void put_split(struct onnx_writer *w, const char *type) {
    int n = w->node->n_out;
    bool first = is_first(w, 0);
    const char *in[] = {first ? onnx_first(w, onnx_in(w, 0))
                              : onnx_same(w, onnx_in(w, 0)),
                        onnx_same(w, onnx_in(w, 1))};
    const char **out = sinew_alloc((uint64_t)n, sizeof *out);
    if (!out) {
        onnx_write_fail(w, SINEW_NOMEM, "out of memory");
        return;
    }
    for (int i = 0; i < n; i++)
        out[i] = onnx_out_form(w, i, first);
    onnx_begin(w, type, in, 2, out, n);
    onnx_put_int(w, "axis", axis_of(w, first));
    onnx_end(w);
    sinew_free(out);
}

/* Constant elements of a shape that is in the order of channels first. */
static bool gather_shape(struct onnx_writer *w, const char *type) {
    const struct onnx_written *shape = &w->values[onnx_in(w, 0)];
    const sinew_tensor *index = onnx_shape(w, onnx_in(w, 1));
    int64_t picked[SINEW_MAX_RANK];
    int32_t perm[SINEW_MAX_RANK];
    int n = (int)onnx_shape(w, onnx_in(w, 0))->dims[0];
    int64_t count = sinew_tensor_count(index);
    bool whole = count == n;
    if (!shape->first || shape->channels >= 0 || count > SINEW_MAX_RANK ||
        w->graph->values[onnx_in(w, 1)].role != SINEW_ROLE_CONST)
        return false;
    onnx_perm_last(perm, n, -shape->channels);
    for (int64_t i = 0; i < count; i++) {
        int64_t k = sinew_tensor_int(index, i);
        picked[i] = perm[k < 0 ? k + n : k];
        whole = whole && picked[i] == i;
    }
    if (whole) {
        w->values[w->node->out[0]].same = shape->first;
        return true;
    }
    const char *list = index->rank == 0 ? onnx_int_scalar(w, picked[0])
                                        : onnx_int_list(w, picked, (int)count);
    onnx_node(w, type, ONNX_NAMES(shape->first, list), onnx_out(w, 0));
    return true;
}

static void put_gather(struct onnx_writer *w, const char *type) {
    bool plain = w->node->op == sinew_op_desc(SINEW_OP_GATHER);
    bool first =
        is_first(w, 0) && plain && onnx_shape(w, onnx_in(w, 1))->rank == 1;
    if (plain && gather_shape(w, type)) return;
    const char *in[] = {first ? onnx_first(w, onnx_in(w, 0))
                              : onnx_same(w, onnx_in(w, 0)),
                        onnx_same(w, onnx_in(w, 1))};
    const char *out = onnx_out_form(w, 0, first);
    onnx_begin(w, type, in, 2, &out, 1);
    onnx_put_int(w, "axis", axis_of(w, first));
    onnx_end(w);
}

static void put_gather_nd(struct onnx_writer *w, const char *type) {
    const char *x = onnx_same(w, onnx_in(w, 0));
    const char *index = onnx_same(w, onnx_in(w, 1));
    onnx_node(w, type, ONNX_NAMES(x, index), onnx_out(w, 0));
}

/* ---- slice, pad, expand, tile -------------------------------------------- */

static void put_slice(struct onnx_writer *w, const char *type) {
    int rank = onnx_shape(w, onnx_in(w, 0))->rank;
    sinew_value list = onnx_in(w, 3);
    bool first = is_first(w, 0) && onnx_is_known(w, list);
    const char *in[5] = {0};
    in[0] = first ? onnx_first(w, onnx_in(w, 0)) : onnx_same(w, onnx_in(w, 0));
    for (int i = 1; i < 5; i++)
        if (!(first && i == 3)) in[i] = onnx_same(w, onnx_in(w, i));
    if (first) {
        const sinew_tensor *given = onnx_shape(w, list);
        int64_t axes[SINEW_MAX_RANK];
        int n = (int)sinew_tensor_count(given);
        for (int i = 0; i < n; i++)
            axes[i] = onnx_axis_first(
                sinew_axis((int)sinew_tensor_int(given, i), rank), rank);
        in[3] = onnx_int_list(w, axes, n);
    }
    const char *out = onnx_out_form(w, 0, first);
    onnx_begin(w, type, in, 5, &out, 1);
    onnx_end(w);
}

static void put_pad(struct onnx_writer *w, const char *type) {
    static const char *const modes[] = {[SINEW_PAD_CONSTANT] = "constant",
                                        [SINEW_PAD_REFLECT] = "reflect",
                                        [SINEW_PAD_EDGE] = "edge"};
    const struct sinew_pad_attr *attr = w->node->attr;
    int rank = onnx_shape(w, onnx_in(w, 0))->rank;
    bool first = is_first(w, 0);
    const char *in[] = {first ? onnx_first(w, onnx_in(w, 0))
                              : onnx_same(w, onnx_in(w, 0)),
                        first ? numbers_first(w, onnx_in(w, 1), rank, 2, 1)
                              : onnx_same(w, onnx_in(w, 1)),
                        onnx_same(w, onnx_in(w, 2))};
    const char *out = onnx_out_form(w, 0, first);
    onnx_begin(w, type, in, 3, &out, 1);
    onnx_put_string(w, "mode", modes[attr->mode]);
    onnx_end(w);
}

static void put_expand(struct onnx_writer *w, const char *type) {
    int rank = onnx_shape(w, onnx_in(w, 0))->rank;
    bool first = is_first(w, 0) &&
                 sinew_tensor_count(onnx_shape(w, onnx_in(w, 1))) == rank;
    const char *x =
        first ? onnx_first(w, onnx_in(w, 0)) : onnx_same(w, onnx_in(w, 0));
    const char *numbers = first ? numbers_first(w, onnx_in(w, 1), rank, 1, 1)
                                : onnx_same(w, onnx_in(w, 1));
    onnx_node(w, type, ONNX_NAMES(x, numbers), onnx_out_form(w, 0, first));
}

/* ---- shapes -------------------------------------------------------------- */

static void put_size(struct onnx_writer *w, const char *type) {
    sinew_value v = onnx_in(w, 0);
    int channels;
    const char *x =
        onnx_only_first(w, v, &channels) ? w->values[v].first : onnx_same(w, v);
    onnx_node(w, type, ONNX_NAMES(x), onnx_out(w, 0));
}

/* Of a value that has channels first the shape is so, too, for now. */
static void put_shape(struct onnx_writer *w, const char *type) {
    sinew_value v = onnx_in(w, 0);
    int channels;
    if (onnx_only_first(w, v, &channels))
        onnx_node(w, type, ONNX_NAMES(w->values[v].first),
                  onnx_out_first(w, 0, -channels));
    else
        put_size(w, type);
}

const struct onnx_writing onnx_put_move[] = {
    {SINEW_OP_TRANSPOSE, put_transpose, NULL},
    {SINEW_OP_RESHAPE, put_reshape, "Reshape"},
    {SINEW_OP_FLATTEN, put_flatten, "Flatten"},
    {SINEW_OP_SQUEEZE, put_squeeze, "Squeeze"},
    {SINEW_OP_UNSQUEEZE, put_unsqueeze, "Unsqueeze"},
    {SINEW_OP_CONCAT, put_concat, "Concat"},
    {SINEW_OP_SPLIT, put_split, "Split"},
    {SINEW_OP_GATHER, put_gather, "Gather"},
    {SINEW_OP_GATHER_ELEMENTS, put_gather, "GatherElements"},
    {SINEW_OP_GATHER_ND, put_gather_nd, "GatherND"},
    {SINEW_OP_SLICE, put_slice, "Slice"},
    {SINEW_OP_PAD, put_pad, "Pad"},
    {SINEW_OP_EXPAND, put_expand, "Expand"},
    {SINEW_OP_TILE, put_expand, "Tile"},
    {SINEW_OP_SHAPE, put_shape, "Shape"},
    {SINEW_OP_SIZE, put_size, "Size"},
    ONNX_WRITING_END,
};
