/*
 * onnx_map_move.c - ONNX operators that rearrange: transpose, reshape, concat,
 * split, slice, pad, gather and the like.
 *
 * A channel shuffle - reshape [N, g * c, H, W] to [N, g, c, H, W] or
 * [N, g, c, H * W], swap g and c, reshape back - never leaves the channels-last
 * form: there it is a reshape of the last dimension, a swap of the last two and
 * a reshape back.
 */
#include "format/onnx_read.h"

/* Product of some sizes, or -1 if one is negative or it is too large. */
static int64_t product(const int64_t *dims, int begin, int end) {
    uint64_t p = 1;
    for (int d = begin; d < end; d++)
        if (dims[d] < 0 ||
            !sinew_mul_size(p, (uint64_t)dims[d], SINEW_TENSOR_MAX, &p))
            return -1;
    return (int64_t)p;
}

/* ---- transpose ----------------------------------------------------------- */

static bool read_perm(struct onnx_reader *r, int rank, int32_t *perm) {
    int64_t found[SINEW_MAX_RANK];
    int n = onnx_ints(r, "perm", found, SINEW_MAX_RANK);
    unsigned seen = 0;
    for (int d = 0; d < rank; d++) {
        perm[d] = n < 0 ? rank - 1 - d : (int32_t)found[d];
        if (n < 0) continue;
        if (d >= n || found[d] < 0 || found[d] >= rank ||
            seen & 1u << found[d]) {
            onnx_fail(r, SINEW_FORMAT, "perm does not fit %d dimensions", rank);
            return false;
        }
        seen |= 1u << found[d];
    }
    return !onnx_failed(r);
}

static bool same_perm(const int32_t *a, const int32_t *b, int n) {
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

/* Whether batch, channels and spatial dimensions stay among themselves. */
static bool keeps_kinds(const int32_t *perm, int rank, int channels) {
    if (perm[0] != 0) return false;
    for (int d = 1; d < rank; d++)
        if ((d <= channels) != (perm[d] <= channels)) return false;
    return true;
}

/* Turning between the two forms costs nothing: the result is what the input
 * is in the other one. */
static bool transpose_is_form(struct onnx_reader *r, const int32_t *perm,
                              int rank) {
    int32_t to_last[SINEW_MAX_RANK], to_first[SINEW_MAX_RANK];
    struct onnx_value *x = &r->values[r->node.in[0]];
    sinew_value plain = SINEW_NO_VALUE, last = SINEW_NO_VALUE;
    if (rank < 3 || onnx_is_const(r, 0)) return false;
    onnx_perm_last(to_last, rank, 1);
    onnx_perm_first(to_first, rank, 1);
    if (same_perm(perm, to_last, rank) && onnx_is_last(r, 0)) plain = x->last;
    if (same_perm(perm, to_first, rank) && x->plain >= 0) last = x->plain;
    if (plain < 0 && last < 0) return false;
    onnx_set_forms(r, 0, plain, last, 1);
    return true;
}

static void map_transpose(struct onnx_reader *r, int what) {
    (void)what;
    int32_t perm[SINEW_MAX_RANK], to_last[SINEW_MAX_RANK];
    int32_t ours[SINEW_MAX_RANK];
    int rank = onnx_tensor(r, 0).rank, channels;
    if (!read_perm(r, rank, perm) || transpose_is_form(r, perm, rank)) return;
    if (!onnx_is_last_any(r, 0, &channels)) {
        onnx_set(r, 0, onnx_transpose(r, onnx_plain(r, 0), perm, rank));
        return;
    }
    sinew_value last = r->values[r->node.in[0]].last;
    bool stays = keeps_kinds(perm, rank, channels);
    onnx_perm_last(to_last, rank, channels);
    for (int d = 0; d < rank; d++)
        ours[d] = onnx_axis_last(perm[stays ? to_last[d] : d], rank, channels);
    sinew_value y = onnx_transpose(r, last, ours, rank);
    if (stays)
        onnx_set_last(r, 0, y, channels);
    else
        onnx_set(r, 0, y);
}

/* ---- reshape ------------------------------------------------------------- */

/* The target's sizes with 0 and -1 worked out for the present shape of `x`. */
static bool resolve(const sinew_tensor *x, int64_t *dims, int n) {
    int64_t all = product(x->dims, 0, x->rank);
    int open = -1;
    for (int d = 0; d < n; d++) {
        if (dims[d] == 0 && d < x->rank) dims[d] = x->dims[d];
        if (dims[d] == -1 && open < 0) {
            open = d;
            dims[d] = 1;
        }
    }
    int64_t known = product(dims, 0, n);
    if (all <= 0 || known <= 0 || all % known || (open < 0 && all != known))
        return false;
    if (open >= 0) dims[open] = all / known;
    return true;
}

/* How many of the target's dimensions after the first hold just the channels of
 * `x`, so that the reshape does not mix them with rows and columns; 0 if they
 * are mixed. */
static int split_channels(const sinew_tensor *x, int channels,
                          const int64_t *dims, int n) {
    int64_t wanted = product(x->dims, 1, 1 + channels);
    if (n < 3 || dims[0] != x->dims[0]) return 0;
    for (int k = 1; k <= 2 && k < n - 1; k++)
        if (product(dims, 1, 1 + k) == wanted) return k;
    return 0;
}

/* The target of the same reshape with `split` channel dimensions last, `own`
 * being those of the input: sizes of channels become plain numbers; a 0 ("as in
 * the input") is kept where it still refers to the same place. SINEW_NO_VALUE
 * if there is no such target. */
static sinew_value target_last(struct onnx_reader *r, const int64_t *given,
                               const int64_t *dims, int n, int split, int own) {
    int64_t target[SINEW_MAX_RANK], where[SINEW_MAX_RANK];
    int32_t perm[SINEW_MAX_RANK];
    bool zeros = false;
    onnx_perm_last(perm, n, split);
    for (int d = 0; d < n; d++) {
        int from = perm[d];
        bool zero = from != 0 && given[from] == 0;
        bool is_channel = from >= 1 && from <= split;
        if (zero && !is_channel && split != own) return SINEW_NO_VALUE;
        zeros = zeros || zero;
        where[d] = from;
        target[d] = zero && is_channel ? dims[from] : given[from];
    }
    if (onnx_is_const(r, 1)) return sinew_graph_add_i64s(r->graph, target, n);
    return zeros ? SINEW_NO_VALUE : onnx_pick(r, onnx_plain(r, 1), where, n);
}

/* The reshape done with channels last, if it can be. */
static bool reshape_last(struct onnx_reader *r, int32_t allow_zero) {
    struct sinew_reshape_attr attr = {0};
    int64_t given[SINEW_MAX_RANK], dims[SINEW_MAX_RANK];
    sinew_tensor x = onnx_tensor(r, 0);
    int own;
    if (allow_zero || !onnx_is_last_any(r, 0, &own)) return false;
    int n = onnx_ints_in(r, 1, given, SINEW_MAX_RANK);
    for (int d = 0; d < n; d++)
        dims[d] = given[d];
    if (n < 0 || !resolve(&x, dims, n)) return false;
    int split = split_channels(&x, own, dims, n);
    sinew_value target =
        split ? target_last(r, given, dims, n, split, own) : SINEW_NO_VALUE;
    if (target < 0) return false;
    sinew_value last = r->values[r->node.in[0]].last;
    onnx_set_last(r, 0,
                  onnx_add(r, SINEW_OP_RESHAPE, &attr, SINEW_IN(last, target)),
                  split);
    return true;
}

/* A constant in another shape is another constant. */
static bool reshape_const(struct onnx_reader *r, int32_t allow_zero) {
    int64_t dims[SINEW_MAX_RANK];
    sinew_tensor x = onnx_tensor(r, 0);
    if (allow_zero || !onnx_is_const(r, 0) || !onnx_is_const(r, 1))
        return false;
    int n = onnx_ints_in(r, 1, dims, SINEW_MAX_RANK);
    if (n < 0 || !resolve(&x, dims, n)) return false;
    onnx_set(r, 0, onnx_reshape(r, onnx_plain(r, 0), dims, n));
    return true;
}

/* A constant target [N, C, 1, 1] gives channels last, [N, 1, 1, C], at once. */
static bool reshape_to_pixel(struct onnx_reader *r) {
    struct sinew_reshape_attr attr = {0};
    int64_t given[SINEW_MAX_RANK], target[SINEW_MAX_RANK];
    int channels;
    if (!onnx_is_const(r, 1) || onnx_is_last_any(r, 0, &channels)) return false;
    int n = onnx_ints_in(r, 1, given, SINEW_MAX_RANK);
    if (n < 3 || given[1] == 0) return false;
    for (int d = 2; d < n; d++)
        if (given[d] != 1) return false;
    for (int d = 0; d < n; d++)
        target[d] = d == 0 ? given[0] : d < n - 1 ? 1 : given[1];
    sinew_value x = onnx_plain(r, 0);
    sinew_value shape = sinew_graph_add_i64s(r->graph, target, n);
    onnx_set_last(r, 0,
                  onnx_add(r, SINEW_OP_RESHAPE, &attr, SINEW_IN(x, shape)), 1);
    return true;
}

static void map_reshape(struct onnx_reader *r, int what) {
    (void)what;
    struct sinew_reshape_attr attr = {onnx_int_within(r, "allowzero", 0, 0, 1)};
    if (onnx_failed(r) || reshape_const(r, attr.allow_zero) ||
        reshape_last(r, attr.allow_zero) || reshape_to_pixel(r))
        return;
    sinew_value x = onnx_plain(r, 0), shape = onnx_plain(r, 1);
    onnx_set(r, 0, onnx_add(r, SINEW_OP_RESHAPE, &attr, SINEW_IN(x, shape)));
}

static void map_flatten(struct onnx_reader *r, int what) {
    (void)what;
    int rank = onnx_tensor(r, 0).rank;
    struct sinew_axis_attr attr = {onnx_int_within(r, "axis", 1, -rank, rank)};
    attr.axis += attr.axis < 0 ? rank : 0;
    onnx_set(r, 0,
             onnx_add(r, SINEW_OP_FLATTEN, &attr, SINEW_IN(onnx_plain(r, 0))));
}

/* The axes, as they are, of Squeeze and Unsqueeze: an attribute before version
 * 13, an input since; -1 when there are none. */
static int read_axes(struct onnx_reader *r, int32_t *axes) {
    int64_t found[SINEW_MAX_RANK];
    int n = onnx_has(r, 1) ? onnx_ints_in(r, 1, found, SINEW_MAX_RANK)
                           : onnx_ints(r, "axes", found, SINEW_MAX_RANK);
    for (int i = 0; i < n; i++) {
        if (found[i] < -SINEW_MAX_RANK || found[i] >= SINEW_MAX_RANK) {
            onnx_fail(r, SINEW_SHAPE, "axis %lld", (long long)found[i]);
            return -1;
        }
        axes[i] = (int32_t)found[i];
    }
    return n;
}

/* Bits of axes counted from the front; 0 if one is out of range. */
static unsigned axes_mask(const struct sinew_axes_attr *attr, int rank) {
    unsigned mask = 0;
    for (int i = 0; i < attr->n; i++) {
        int axis = sinew_axis(attr->axes[i], rank);
        if (axis < 0) return 0;
        mask |= 1u << axis;
    }
    return mask;
}

static void map_squeeze(struct onnx_reader *r, int what) {
    (void)what;
    struct sinew_axes_attr attr = {0};
    int n = read_axes(r, attr.axes), rank = onnx_tensor(r, 0).rank;
    attr.n = n < 0 ? 0 : n; /* none, as an empty list, means all of size 1 */
    unsigned mask = axes_mask(&attr, rank);
    int left = mask ? onnx_form_left(mask, rank) : -1;
    if (left < 0 || !onnx_is_last(r, 0)) {
        sinew_value x = onnx_plain(r, 0);
        onnx_set(r, 0, onnx_add(r, SINEW_OP_SQUEEZE, &attr, SINEW_IN(x)));
        return;
    }
    for (int i = 0; i < attr.n; i++)
        attr.axes[i] = onnx_axis_last(sinew_axis(attr.axes[i], rank), rank, 1);
    sinew_value y =
        onnx_add(r, SINEW_OP_SQUEEZE, &attr, SINEW_IN(onnx_last(r, 0)));
    if (left)
        onnx_set_last(r, 0, y, 1);
    else
        onnx_set(r, 0, y);
}

/* [N, C] to [N, C, 1, 1] gives channels last, [N, 1, 1, C], at once. */
static void map_unsqueeze(struct onnx_reader *r, int what) {
    (void)what;
    struct sinew_axes_attr attr = {0};
    attr.n = read_axes(r, attr.axes);
    if (attr.n < 0) {
        onnx_fail(r, SINEW_FORMAT, "no axes");
        return;
    }
    int rank = onnx_tensor(r, 0).rank + attr.n;
    bool spatial = rank - attr.n == 2 && rank <= SINEW_MAX_RANK && rank > 2 &&
                   axes_mask(&attr, rank) == (1u << rank) - 4;
    for (int i = 0; spatial && i < attr.n; i++)
        attr.axes[i] = i + 1;
    sinew_value x = onnx_plain(r, 0);
    sinew_value y = onnx_add(r, SINEW_OP_UNSQUEEZE, &attr, SINEW_IN(x));
    if (spatial)
        onnx_set_last(r, 0, y, 1);
    else
        onnx_set(r, 0, y);
}

/* ---- along one axis ------------------------------------------------------ */

/* The axis attribute counted from the front. */
static int read_axis(struct onnx_reader *r, int64_t absent) {
    int rank = onnx_tensor(r, 0).rank;
    int32_t axis = onnx_int_within(r, "axis", absent, -rank, rank - 1);
    return axis < 0 ? axis + rank : axis;
}

static void map_concat(struct onnx_reader *r, int what) {
    (void)what;
    int rank = onnx_tensor(r, 0).rank, n = r->node.n_in;
    bool last = false;
    for (int i = 0; i < n; i++) {
        if (!onnx_has(r, i)) {
            onnx_fail(r, SINEW_FORMAT, "input %d is missing", i);
            return;
        }
        last = last || (rank >= 3 && onnx_is_last(r, i));
    }
    int axis = read_axis(r, 1);
    struct sinew_axis_attr attr = {last ? onnx_axis_last(axis, rank, 1) : axis};
    sinew_value *in = sinew_alloc((uint64_t)n, sizeof *in);
    if (!in) {
        onnx_fail(r, SINEW_NOMEM, "out of memory");
        return;
    }
    for (int i = 0; i < n; i++)
        in[i] = last ? onnx_last(r, i) : onnx_plain(r, i);
    sinew_value y = onnx_add(r, SINEW_OP_CONCAT, &attr, in, n);
    sinew_free(in);
    if (last)
        onnx_set_last(r, 0, y, 1);
    else
        onnx_set(r, 0, y);
}

/* Sizes of the parts: an attribute before version 13, an input since; without
 * either equal parts, the last one smaller where they do not come out (18). */
static sinew_value split_sizes(struct onnx_reader *r, int axis) {
    enum { MAX_PARTS = 64 };
    int64_t sizes[MAX_PARTS];
    int n = r->node.n_out;
    if (onnx_has(r, 1)) return onnx_plain(r, 1);
    int found = onnx_ints(r, "split", sizes, MAX_PARTS);
    if (found >= 0) return sinew_graph_add_i64s(r->graph, sizes, found);
    int64_t size = onnx_tensor(r, 0).dims[axis];
    if (onnx_int(r, "num_outputs", n) != n || n > MAX_PARTS)
        onnx_fail(r, SINEW_FORMAT, "%d outputs", n);
    if (onnx_failed(r) || size % n == 0) return SINEW_NO_VALUE;
    for (int i = 0; i < n; i++) {
        int64_t part = (size + n - 1) / n;
        sizes[i] = i < n - 1 ? part : size - part * (n - 1);
    }
    return sinew_graph_add_i64s(r->graph, sizes, n);
}

static void map_split(struct onnx_reader *r, int what) {
    (void)what;
    bool last = onnx_is_last(r, 0);
    int axis = read_axis(r, 0), n = r->node.n_out;
    sinew_tensor x = onnx_tensor(r, 0);
    struct sinew_axis_attr attr = {last ? onnx_axis_last(axis, x.rank, 1)
                                        : axis};
    if (onnx_failed(r)) return;
    sinew_value sizes = split_sizes(r, axis);
    sinew_value in[] = {last ? onnx_last(r, 0) : onnx_plain(r, 0), sizes};
    sinew_value *out = sinew_alloc((uint64_t)n, sizeof *out);
    if (!out) {
        onnx_fail(r, SINEW_NOMEM, "out of memory");
        return;
    }
    sinew_graph_add_node(r->graph, SINEW_OP_SPLIT, r->node.label, &attr, in,
                         sizes < 0 ? 1 : 2, out, n);
    for (int i = 0; i < n; i++) {
        if (last)
            onnx_set_last(r, i, out[i], 1);
        else
            onnx_set(r, i, out[i]);
    }
    sinew_free(out);
}

/* Constant elements of a shape in the order of channels last. */
static bool gather_shape(struct onnx_reader *r) {
    int64_t order[SINEW_MAX_RANK], picked[SINEW_MAX_RANK];
    struct sinew_axis_attr attr = {0};
    sinew_tensor index = onnx_tensor(r, 1);
    int64_t count = sinew_tensor_count(&index);
    if (!onnx_is_shape_last(r, 0, order) || !onnx_is_const(r, 1) ||
        index.dtype != SINEW_I64 || count > SINEW_MAX_RANK)
        return false;
    int64_t rank = onnx_tensor(r, 0).dims[0];
    for (int64_t i = 0; i < count; i++) {
        int64_t k = sinew_tensor_int(&index, i);
        if (k < -rank || k >= rank) return false;
        picked[i] = order[k < 0 ? k + rank : k];
    }
    sinew_value where = sinew_graph_add_const(r->graph, NULL, SINEW_I64,
                                              index.rank, index.dims, picked);
    onnx_set(r, 0,
             onnx_add(r, SINEW_OP_GATHER, &attr,
                      SINEW_IN(r->values[r->node.in[0]].last, where)));
    return true;
}

static void map_gather(struct onnx_reader *r, int op) {
    sinew_tensor x = onnx_tensor(r, 0), index = onnx_tensor(r, 1);
    int axis = read_axis(r, 0);
    if (op == SINEW_OP_GATHER && gather_shape(r)) return;
    bool last = onnx_is_last(r, 0) && index.rank == 1 && op == SINEW_OP_GATHER;
    struct sinew_axis_attr attr = {last ? onnx_axis_last(axis, x.rank, 1)
                                        : axis};
    sinew_value data = last ? onnx_last(r, 0) : onnx_plain(r, 0);
    sinew_value y =
        onnx_add(r, (enum sinew_op)op, &attr, SINEW_IN(data, onnx_plain(r, 1)));
    if (last)
        onnx_set_last(r, 0, y, 1);
    else
        onnx_set(r, 0, y);
}

static void map_gather_nd(struct onnx_reader *r, int what) {
    (void)what;
    onnx_only(r, "batch_dims", 0);
    onnx_set(r, 0,
             onnx_add(r, SINEW_OP_GATHER_ND, NULL,
                      SINEW_IN(onnx_plain(r, 0), onnx_plain(r, 1))));
}

/* ---- slice and pad ------------------------------------------------------- */

/* Axes of a slice counted from the front; all in order when not given. */
static int slice_axes(struct onnx_reader *r, int rank, int64_t *axes,
                      int starts) {
    int n = r->opset < 10    ? onnx_ints(r, "axes", axes, SINEW_MAX_RANK)
            : onnx_has(r, 3) ? onnx_ints_in(r, 3, axes, SINEW_MAX_RANK)
                             : -1;
    for (int i = 0; n < 0 && i < starts; i++)
        axes[i] = i;
    n = n < 0 ? starts : n;
    for (int i = 0; i < n; i++) {
        if (axes[i] < -rank || axes[i] >= rank) {
            onnx_fail(r, SINEW_SHAPE, "axis %lld", (long long)axes[i]);
            return 0;
        }
        axes[i] += axes[i] < 0 ? rank : 0;
    }
    return n;
}

static void map_slice(struct onnx_reader *r, int what) {
    (void)what;
    sinew_tensor x = onnx_tensor(r, 0);
    bool last = onnx_is_last(r, 0);
    int64_t starts[SINEW_MAX_RANK], ends[SINEW_MAX_RANK], axes[SINEW_MAX_RANK];
    sinew_value in[5] = {SINEW_NO_VALUE, SINEW_NO_VALUE, SINEW_NO_VALUE,
                         SINEW_NO_VALUE, SINEW_NO_VALUE};
    int n;
    if (r->opset < 10) {
        n = onnx_ints(r, "starts", starts, SINEW_MAX_RANK);
        if (n < 0 || onnx_ints(r, "ends", ends, SINEW_MAX_RANK) != n) {
            onnx_fail(r, SINEW_FORMAT, "starts and ends do not fit");
            return;
        }
        in[1] = sinew_graph_add_i64s(r->graph, starts, n);
        in[2] = sinew_graph_add_i64s(r->graph, ends, n);
    } else {
        if (!onnx_has(r, 1) || !onnx_has(r, 2)) {
            onnx_fail(r, SINEW_FORMAT, "starts or ends are missing");
            return;
        }
        in[1] = onnx_plain(r, 1);
        in[2] = onnx_plain(r, 2);
        in[4] = onnx_plain(r, 4);
        sinew_tensor t = onnx_tensor(r, 1);
        n = t.rank == 1 && t.dims[0] <= SINEW_MAX_RANK ? (int)t.dims[0] : 0;
    }
    n = slice_axes(r, x.rank, axes, n);
    for (int i = 0; last && i < n; i++)
        axes[i] = onnx_axis_last((int)axes[i], x.rank, 1);
    in[0] = last ? onnx_last(r, 0) : onnx_plain(r, 0);
    in[3] = sinew_graph_add_i64s(r->graph, axes, n);
    sinew_value y = onnx_add(r, SINEW_OP_SLICE, NULL, in, in[4] < 0 ? 4 : 5);
    if (last)
        onnx_set_last(r, 0, y, 1);
    else
        onnx_set(r, 0, y);
}

/* Pads of some axes only (version 18) spread over all dimensions. */
static sinew_value spread_pads(struct onnx_reader *r, int rank) {
    int64_t axes[SINEW_MAX_RANK], pads[2 * SINEW_MAX_RANK];
    int64_t all[2 * SINEW_MAX_RANK] = {0};
    int n = onnx_ints_in(r, 3, axes, SINEW_MAX_RANK);
    int m = onnx_ints_in(r, 1, pads, 2 * SINEW_MAX_RANK);
    if (n < 0 || m != 2 * n) {
        onnx_fail(r, SINEW_FORMAT, "%d pads for %d axes", m, n);
        return SINEW_NO_VALUE;
    }
    for (int i = 0; i < n; i++) {
        int axis = axes[i] < -rank || axes[i] >= rank
                       ? -1
                       : sinew_axis((int)axes[i], rank);
        if (axis < 0) {
            onnx_fail(r, SINEW_SHAPE, "axis %lld", (long long)axes[i]);
            return SINEW_NO_VALUE;
        }
        all[axis] = pads[i];
        all[rank + axis] = pads[n + i];
    }
    return sinew_graph_add_i64s(r->graph, all, 2 * rank);
}

static void map_pad(struct onnx_reader *r, int what) {
    (void)what;
    static const char *const modes[] = {"constant", "reflect", "edge", NULL};
    struct sinew_pad_attr attr = {onnx_choice(r, "mode", modes)};
    int rank = onnx_tensor(r, 0).rank;
    bool last = onnx_is_last(r, 0);
    int64_t pads[2 * SINEW_MAX_RANK];
    sinew_value in[3] = {SINEW_NO_VALUE, SINEW_NO_VALUE, SINEW_NO_VALUE};
    if (r->opset < 11) {
        int n = onnx_ints(r, "pads", pads, 2 * SINEW_MAX_RANK);
        float value = onnx_float(r, "value", 0.0f);
        in[1] = sinew_graph_add_i64s(r->graph, pads, n < 0 ? 0 : n);
        if (value != 0.0f) in[2] = sinew_graph_add_f32(r->graph, value);
    } else {
        in[1] = onnx_has(r, 3) ? spread_pads(r, rank) : onnx_plain(r, 1);
        in[2] = onnx_plain(r, 2);
    }
    in[0] = last ? onnx_last(r, 0) : onnx_plain(r, 0);
    if (last) {
        int32_t perm[SINEW_MAX_RANK];
        onnx_perm_last(perm, rank, 1);
        for (int d = 0; d < rank; d++) {
            pads[d] = perm[d];
            pads[rank + d] = rank + perm[d];
        }
        in[1] = onnx_pick(r, in[1], pads, 2 * rank);
    }
    sinew_value y = onnx_add(r, SINEW_OP_PAD, &attr, in, in[2] < 0 ? 2 : 3);
    if (last)
        onnx_set_last(r, 0, y, 1);
    else
        onnx_set(r, 0, y);
}

const struct onnx_mapping onnx_map_move[] = {
    {"Transpose", map_transpose, 1, 1, 1, 0},
    {"Reshape", map_reshape, 2, 2, 1, 0},
    {"Flatten", map_flatten, 1, 1, 1, 0},
    {"Squeeze", map_squeeze, 1, 2, 1, 0},
    {"Unsqueeze", map_unsqueeze, 1, 2, 1, 0},
    {"Concat", map_concat, 1, -1, 1, 0},
    {"Split", map_split, 1, 2, -1, 0},
    {"Gather", map_gather, 2, 2, 1, SINEW_OP_GATHER},
    {"GatherElements", map_gather, 2, 2, 1, SINEW_OP_GATHER_ELEMENTS},
    {"GatherND", map_gather_nd, 2, 2, 1, 0},
    {"Slice", map_slice, 1, 5, 1, 0},
    {"Pad", map_pad, 1, 4, 1, 0},
    {0},
};
