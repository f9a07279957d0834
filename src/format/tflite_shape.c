/*
 * tflite_shape.c - TFLite operators that move elements without computing:
 * reshape, transpose, concatenation, slices, padding, packing, tiling.
 *
 * TFLite holds shapes in 32-bit tensors, the graph in 64-bit ones; constants
 * are rewritten, what is computed is cast. A file is made for one batch size:
 * where a reshape keeps the first size it is written as "keep", so that the
 * graph takes any batch.
 * Options' field numbers: tensorflow/lite/schema/schema.fbs.
 */
#include "format/tflite.h"

static const struct sinew_reshape_attr plain_reshape = {0};

static sinew_value shape_const(struct tflite_op *op, const int64_t *dims,
                               int n) {
    return sinew_graph_add_i64s(op->graph, dims, n);
}

/* A reshape to the sizes of the file, of which the first is kept when it is
 * the input's own. */
static sinew_value reshape_to(struct tflite_op *op, sinew_value x,
                              int64_t *dims, int n) {
    const sinew_tensor tx = sinew_graph_tensor(op->graph, x);
    if (n > 0 && tx.rank > 0 && tx.dims[0] == dims[0]) dims[0] = 0;
    return tflite_add(op, SINEW_OP_RESHAPE, &plain_reshape,
                      SINEW_IN(x, shape_const(op, dims, n)));
}

void tflite_map_reshape(struct tflite_op *op) {
    enum { NEW_SHAPE };
    const sinew_value x = tflite_in(op, 0), shape = tflite_in(op, 1);
    const struct sinew_fb_vector listed =
        sinew_fb_vector_at(&op->options, NEW_SHAPE, 4);
    int64_t dims[SINEW_MAX_RANK];
    int n;
    if (op->graph->error < 0) return;
    if (shape != SINEW_NO_VALUE &&
        op->graph->values[shape].role != SINEW_ROLE_CONST) {
        tflite_result(op, 0,
                      tflite_add(op, SINEW_OP_RESHAPE, &plain_reshape,
                                 SINEW_IN(x, tflite_in_i64(op, 1))));
        return;
    }
    if (shape != SINEW_NO_VALUE) {
        n = tflite_in_ints(op, 1, dims, SINEW_MAX_RANK);
    } else {
        n = listed.count <= SINEW_MAX_RANK ? (int)listed.count : -1;
        for (int i = 0; i < n; i++)
            dims[i] = sinew_fb_vector_i32(&listed, (uint32_t)i);
    }
    if (n < 0)
        tflite_refuse(op, SINEW_LIMIT, "%u sizes", listed.count);
    else
        tflite_result(op, 0, reshape_to(op, x, dims, n));
}

void tflite_map_squeeze(struct tflite_op *op) {
    enum { AXES };
    const struct sinew_fb_vector axes =
        sinew_fb_vector_at(&op->options, AXES, 4);
    struct sinew_axes_attr attr = {.n = (int32_t)axes.count};
    if (axes.count > SINEW_MAX_RANK) {
        tflite_refuse(op, SINEW_LIMIT, "%u axes", axes.count);
        return;
    }
    for (uint32_t i = 0; i < axes.count; i++)
        attr.axes[i] = sinew_fb_vector_i32(&axes, i);
    tflite_result(
        op, 0,
        tflite_add(op, SINEW_OP_SQUEEZE, &attr, SINEW_IN(tflite_in(op, 0))));
}

/* One axis from a constant input; false when it is none or out of range. */
static bool read_axis(struct tflite_op *op, int i, int32_t *axis) {
    int64_t v;
    const int n = tflite_in_ints(op, i, &v, 1);
    if (n == 1 && v >= -SINEW_MAX_RANK && v < SINEW_MAX_RANK) {
        *axis = (int32_t)v;
        return true;
    }
    if (n >= 0) tflite_refuse(op, SINEW_SHAPE, "axis out of range");
    return false;
}

void tflite_map_expand_dims(struct tflite_op *op) {
    struct sinew_axes_attr attr = {.n = 1};
    if (read_axis(op, 1, &attr.axes[0]))
        tflite_result(op, 0,
                      tflite_add(op, SINEW_OP_UNSQUEEZE, &attr,
                                 SINEW_IN(tflite_in(op, 0))));
}

void tflite_map_transpose(struct tflite_op *op) {
    int64_t perm[SINEW_MAX_RANK];
    struct sinew_transpose_attr attr = {0};
    attr.n = tflite_in_ints(op, 1, perm, SINEW_MAX_RANK);
    for (int i = 0; i < attr.n; i++) {
        if (perm[i] < -SINEW_MAX_RANK || perm[i] >= SINEW_MAX_RANK) {
            tflite_refuse(op, SINEW_SHAPE, "axis %lld", (long long)perm[i]);
            return;
        }
        attr.perm[i] = (int32_t)(perm[i] < 0 ? perm[i] + attr.n : perm[i]);
    }
    if (attr.n >= 0)
        tflite_result(op, 0,
                      tflite_add(op, SINEW_OP_TRANSPOSE, &attr,
                                 SINEW_IN(tflite_in(op, 0))));
}

/* ---- joining and taking apart -------------------------------------------- */

static void concat(struct tflite_op *op, const sinew_value *in, int n,
                   int32_t axis, struct sinew_act act) {
    const struct sinew_axis_attr attr = {axis};
    const struct sinew_activation_attr after = {act};
    sinew_value y = act.kind == SINEW_ACT_NONE
                        ? tflite_add(op, SINEW_OP_CONCAT, &attr, in, n)
                        : tflite_add_part(op, SINEW_OP_CONCAT, &attr, in, n);
    if (act.kind != SINEW_ACT_NONE)
        y = tflite_add(op, SINEW_OP_ACTIVATION, &after, SINEW_IN(y));
    tflite_result(op, 0, y);
}

void tflite_map_concat(struct tflite_op *op) {
    enum { AXIS, ACT };
    const int n = (int)op->in.count;
    const struct sinew_act act = tflite_act(op, ACT);
    sinew_value *in = sinew_alloc((uint64_t)n, sizeof *in);
    if (!in) {
        tflite_refuse(op, SINEW_NOMEM, "%s", sinew_error_message());
        return;
    }
    for (int i = 0; i < n; i++)
        in[i] = tflite_in(op, i);
    concat(op, in, n, sinew_fb_i32(&op->options, AXIS, 0), act);
    sinew_free(in);
}

void tflite_map_pack(struct tflite_op *op) {
    enum { COUNT, AXIS };
    const int n = (int)op->in.count;
    const struct sinew_act none = {SINEW_ACT_NONE, 0, 0};
    struct sinew_axes_attr attr = {.n = 1};
    sinew_value *in = sinew_alloc((uint64_t)n, sizeof *in);
    if (!in) {
        tflite_refuse(op, SINEW_NOMEM, "%s", sinew_error_message());
        return;
    }
    attr.axes[0] = sinew_fb_i32(&op->options, AXIS, 0);
    for (int i = 0; i < n; i++)
        in[i] = tflite_add_part(op, SINEW_OP_UNSQUEEZE, &attr,
                                SINEW_IN(tflite_in(op, i)));
    concat(op, in, n, attr.axes[0], none);
    sinew_free(in);
}

/* Splits x (with the sizes, or equally) and passes the parts on, each without
 * the axis when `squeeze`. */
static void split(struct tflite_op *op, const sinew_value *in, int n_in,
                  int32_t axis, bool squeeze) {
    const struct sinew_axis_attr attr = {axis};
    const struct sinew_axes_attr gone = {.n = 1, .axes = {axis}};
    const int n = (int)op->out.count;
    sinew_value *out = sinew_alloc((uint64_t)n, sizeof *out);
    if (!out) {
        tflite_refuse(op, SINEW_NOMEM, "%s", sinew_error_message());
        return;
    }
    sinew_graph_add_node(op->graph, SINEW_OP_SPLIT, op->name, &attr, in, n_in,
                         out, n);
    for (int i = 0; i < n; i++) {
        if (squeeze)
            out[i] =
                tflite_add_part(op, SINEW_OP_SQUEEZE, &gone, SINEW_IN(out[i]));
        tflite_result(op, i, out[i]);
    }
    sinew_free(out);
}

void tflite_map_split(struct tflite_op *op) {
    int32_t axis;
    if (read_axis(op, 0, &axis))
        split(op, SINEW_IN(tflite_in(op, 1)), axis, false);
}

void tflite_map_split_v(struct tflite_op *op) {
    int32_t axis;
    if (read_axis(op, 2, &axis))
        split(op, SINEW_IN(tflite_in(op, 0), tflite_in_i64(op, 1)), axis,
              false);
}

void tflite_map_unpack(struct tflite_op *op) {
    enum { COUNT, AXIS };
    split(op, SINEW_IN(tflite_in(op, 0)), sinew_fb_i32(&op->options, AXIS, 0),
          true);
}

void tflite_map_gather(struct tflite_op *op) {
    enum { AXIS, BATCH_DIMS };
    const struct sinew_axis_attr attr = {sinew_fb_i32(&op->options, AXIS, 0)};
    const sinew_value x = tflite_in(op, 0), at = tflite_in(op, 1);
    if (sinew_fb_i32(&op->options, BATCH_DIMS, 0) != 0)
        tflite_refuse(op, SINEW_UNSUPPORTED, "batch_dims is not 0");
    tflite_result(op, 0,
                  tflite_add(op, SINEW_OP_GATHER, &attr, SINEW_IN(x, at)));
}

/* ---- slices ---------------------------------------------------------------
 */

/* begin and size of every dimension; size -1 = up to the end. */
void tflite_map_slice(struct tflite_op *op) {
    int64_t begin[SINEW_MAX_RANK], end[SINEW_MAX_RANK];
    const int n = tflite_in_ints(op, 1, begin, SINEW_MAX_RANK);
    const int m = n < 0 ? -1 : tflite_in_ints(op, 2, end, SINEW_MAX_RANK);
    if (m < 0) return;
    if (n != m) {
        tflite_refuse(op, SINEW_SHAPE, "%d begins but %d sizes", n, m);
        return;
    }
    for (int i = 0; i < n; i++) {
        if (begin[i] < 0 || begin[i] > INT32_MAX || end[i] > INT32_MAX) {
            tflite_refuse(op, SINEW_SHAPE, "a slice of %lld from %lld",
                          (long long)end[i], (long long)begin[i]);
            return;
        }
        end[i] = end[i] < 0 ? INT64_MAX : begin[i] + end[i];
    }
    tflite_result(
        op, 0,
        tflite_add(op, SINEW_OP_SLICE, NULL,
                   SINEW_IN(tflite_in(op, 0), shape_const(op, begin, n),
                            shape_const(op, end, n))));
}

struct strided {
    int64_t begin[SINEW_MAX_RANK], end[SINEW_MAX_RANK], step[SINEW_MAX_RANK];
    int n;
};

static bool read_strided(struct tflite_op *op, struct strided *s) {
    enum { BEGIN_MASK, END_MASK, ELLIPSIS_MASK, NEW_AXIS_MASK, SHRINK, OFFSET };
    const uint32_t from_start = sinew_fb_u32(&op->options, BEGIN_MASK, 0);
    const uint32_t to_end = sinew_fb_u32(&op->options, END_MASK, 0);
    const uint32_t shrink = sinew_fb_u32(&op->options, SHRINK, 0);
    s->n = tflite_in_ints(op, 1, s->begin, SINEW_MAX_RANK);
    if (s->n < 0 || tflite_in_ints(op, 2, s->end, SINEW_MAX_RANK) != s->n ||
        tflite_in_ints(op, 3, s->step, SINEW_MAX_RANK) != s->n) {
        tflite_refuse(op, SINEW_SHAPE, "begin, end and strides do not fit");
        return false;
    }
    if (sinew_fb_u32(&op->options, ELLIPSIS_MASK, 0) ||
        sinew_fb_u32(&op->options, NEW_AXIS_MASK, 0) ||
        sinew_fb_u8(&op->options, OFFSET, 0)) {
        tflite_refuse(op, SINEW_UNSUPPORTED,
                      "ellipsis, new axes or offsets in a slice");
        return false;
    }
    for (int i = 0; i < s->n; i++) {
        const bool back = s->step[i] < 0;
        if (from_start >> i & 1) s->begin[i] = back ? INT64_MAX : 0;
        if (to_end >> i & 1) s->end[i] = back ? INT64_MIN : INT64_MAX;
        if (shrink >> i & 1) { /* one element, which begin names */
            s->step[i] = 1;
            s->end[i] = s->begin[i] == -1 || s->begin[i] == INT64_MAX
                            ? INT64_MAX
                            : s->begin[i] + 1;
        }
    }
    return true;
}

void tflite_map_strided_slice(struct tflite_op *op) {
    enum { SHRINK = 4 };
    const uint32_t shrink = sinew_fb_u32(&op->options, SHRINK, 0);
    struct sinew_axes_attr gone = {0};
    struct strided s;
    int64_t axes[SINEW_MAX_RANK];
    if (!read_strided(op, &s)) return;
    for (int i = 0; i < s.n; i++) {
        axes[i] = i;
        if (shrink >> i & 1) gone.axes[gone.n++] = i;
    }
    sinew_value y = tflite_add(
        op, SINEW_OP_SLICE, NULL,
        SINEW_IN(tflite_in(op, 0), shape_const(op, s.begin, s.n),
                 shape_const(op, s.end, s.n), shape_const(op, axes, s.n),
                 shape_const(op, s.step, s.n)));
    if (gone.n) y = tflite_add_part(op, SINEW_OP_SQUEEZE, &gone, SINEW_IN(y));
    tflite_result(op, 0, y);
}

/* ---- padding and repeating ------------------------------------------------
 */

/* The file's [rank, 2] of before and after as all before, then all after. */
static void pad(struct tflite_op *op, int32_t mode, sinew_value fill) {
    const struct sinew_pad_attr attr = {mode};
    int64_t pairs[2 * SINEW_MAX_RANK], pads[2 * SINEW_MAX_RANK];
    const int n = tflite_in_ints(op, 1, pairs, 2 * SINEW_MAX_RANK);
    if (n < 0) return;
    for (int i = 0; i < n; i++)
        pads[i % 2 * (n / 2) + i / 2] = pairs[i];
    const sinew_value in[3] = {tflite_in(op, 0), shape_const(op, pads, n),
                               fill};
    tflite_result(op, 0,
                  tflite_add(op, SINEW_OP_PAD, &attr, in,
                             fill == SINEW_NO_VALUE ? 2 : 3));
}

void tflite_map_pad(struct tflite_op *op) {
    pad(op, SINEW_PAD_CONSTANT, tflite_in(op, 2));
}

void tflite_map_mirror_pad(struct tflite_op *op) {
    enum { MODE };
    enum { REFLECT, SYMMETRIC };
    if (sinew_fb_i8(&op->options, MODE, REFLECT) != REFLECT)
        tflite_refuse(op, SINEW_UNSUPPORTED, "symmetric padding");
    else
        pad(op, SINEW_PAD_REFLECT, SINEW_NO_VALUE);
}

void tflite_map_tile(struct tflite_op *op) {
    const sinew_value x = tflite_in(op, 0), times = tflite_in_i64(op, 1);
    tflite_result(op, 0,
                  tflite_add(op, SINEW_OP_TILE, NULL, SINEW_IN(x, times)));
}

/* The graph's shapes are i64, the file's usually i32. */
void tflite_map_shape(struct tflite_op *op) {
    enum { TYPE };
    const struct sinew_cast_attr narrow = {SINEW_I32};
    const sinew_value x = tflite_in(op, 0);
    if (sinew_fb_i8(&op->options, TYPE, TFLITE_INT32) == TFLITE_INT64) {
        tflite_result(op, 0, tflite_add(op, SINEW_OP_SHAPE, NULL, SINEW_IN(x)));
        return;
    }
    const sinew_value wide =
        tflite_add_part(op, SINEW_OP_SHAPE, NULL, SINEW_IN(x));
    tflite_result(op, 0,
                  tflite_add(op, SINEW_OP_CAST, &narrow, SINEW_IN(wide)));
}

/* Blocks of rows and columns as channels and back; both orders are (row,
 * column, channel). */
void tflite_map_depth_space(struct tflite_op *op) {
    enum { BLOCK };
    const struct sinew_depth_space_attr attr = {
        sinew_fb_i32(&op->options, BLOCK, 0), SINEW_DEPTH_DCR};
    tflite_result(op, 0,
                  tflite_add(op, op->kind, &attr, SINEW_IN(tflite_in(op, 0))));
}
