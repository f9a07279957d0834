/*
 * onnx_map_spatial.c - ONNX operators over rows and columns: they take and give
 * values with channels last.
 *
 * ONNX weights are [OC, IC/groups, KH, KW], of transposed convolutions
 * [IC, OC/groups, KH, KW]; ours are [OC, KH, KW, IC/groups] for both. auto_pad
 * SAME_UPPER is TensorFlow's SAME.
 */
#include "format/onnx_read.h"

#define MAX_SIZE (1 << 20)

/* The attributes that windows have in common. */
struct window {
    int32_t kernel[2], stride[2], dilation[2];
    int32_t pad[4]; ///< top, left, bottom, right
    int32_t same;
};

/* Up to n numbers within lo..MAX_SIZE, `absent` each when not there. */
static void small_ints(struct onnx_reader *r, const char *name, int32_t *out,
                       int n, int32_t lo, int32_t absent) {
    int64_t found[4];
    int count = onnx_ints(r, name, found, 4);
    for (int i = 0; i < n; i++)
        out[i] = absent;
    if (count < 0) return;
    if (count != n) {
        onnx_fail(r, SINEW_UNSUPPORTED,
                  "%s of %d sizes; only windows over "
                  "rows and columns are known",
                  name, count);
        return;
    }
    for (int i = 0; i < n; i++) {
        if (found[i] < lo || found[i] > MAX_SIZE) {
            onnx_fail(r, SINEW_FORMAT, "%s has %lld", name,
                      (long long)found[i]);
            return;
        }
        out[i] = (int32_t)found[i];
    }
}

/* Without strides the pads of SAME_LOWER do not depend on the size: the odd
 * element goes before. */
static void same_lower(struct onnx_reader *r, struct window *w) {
    for (int i = 0; i < 2; i++) {
        int32_t total = w->dilation[i] * (w->kernel[i] - 1);
        if (w->stride[i] != 1)
            onnx_fail(r, SINEW_UNSUPPORTED, "auto_pad SAME_LOWER with strides");
        w->pad[i] = total - total / 2;
        w->pad[2 + i] = total / 2;
    }
}

static void read_window(struct onnx_reader *r, struct window *w,
                        const int64_t *kernel) {
    static const char *const auto_pad[] = {"NOTSET", "VALID", "SAME_UPPER",
                                           "SAME_LOWER", NULL};
    small_ints(r, "kernel_shape", w->kernel, 2, 1, 0);
    small_ints(r, "strides", w->stride, 2, 1, 1);
    small_ints(r, "dilations", w->dilation, 2, 1, 1);
    small_ints(r, "pads", w->pad, 4, 0, 0);
    for (int i = 0; i < 2; i++) {
        if (kernel && !w->kernel[i] && kernel[i] <= MAX_SIZE)
            w->kernel[i] = (int32_t)kernel[i];
        if (!w->kernel[i] || (kernel && w->kernel[i] != kernel[i]))
            onnx_fail(r, SINEW_FORMAT, "kernel_shape does not fit the weights");
    }
    int mode = onnx_choice(r, "auto_pad", auto_pad);
    if (mode) w->pad[0] = w->pad[1] = w->pad[2] = w->pad[3] = 0;
    w->same = mode == 2;
    if (mode == 3) same_lower(r, w);
}

static struct sinew_pads pads_of(const struct window *w) {
    return (struct sinew_pads){w->pad[0], w->pad[1], w->pad[2], w->pad[3]};
}

static bool four_dims(struct onnx_reader *r, int i) {
    int rank = onnx_tensor(r, i).rank;
    if (rank != 4 && !onnx_failed(r))
        onnx_fail(r, SINEW_UNSUPPORTED,
                  "input %d has %d dimensions; only rows and columns (4) are "
                  "known",
                  i, rank);
    return !onnx_failed(r);
}

static void map_conv(struct onnx_reader *r, int what) {
    (void)what;
    struct window w;
    if (!four_dims(r, 0) || !four_dims(r, 1)) return;
    sinew_tensor weights = onnx_tensor(r, 1);
    read_window(r, &w, &weights.dims[2]);
    struct sinew_conv2d_attr attr = {
        .stride_h = w.stride[0],
        .stride_w = w.stride[1],
        .dilation_h = w.dilation[0],
        .dilation_w = w.dilation[1],
        .groups = onnx_int_within(r, "group", 1, 1, MAX_SIZE),
        .same = w.same,
        .pads = pads_of(&w),
    };
    sinew_value x = onnx_last(r, 0), k = onnx_last(r, 1);
    onnx_set_last(
        r, 0,
        onnx_add(r, SINEW_OP_CONV2D, &attr, SINEW_IN(x, k, onnx_plain(r, 2))),
        1);
}

/* [groups * icg, ocg, KH, KW] to [groups * ocg, KH, KW, icg], once for all
 * nodes that share the weights. */
static sinew_value turn_weights(struct onnx_reader *r, int32_t groups) {
    static const int32_t perm[] = {0, 2, 3, 4, 1};
    struct onnx_value *weights = &r->values[r->node.in[1]];
    if (weights->turned_groups == groups) return weights->turned;
    sinew_tensor t = onnx_tensor(r, 1);
    if (onnx_failed(r) || t.dims[0] % groups) {
        onnx_fail(r, SINEW_SHAPE, "%lld channels in %d groups",
                  (long long)t.dims[0], groups);
        return SINEW_NO_VALUE;
    }
    int64_t split[] = {groups, t.dims[0] / groups, t.dims[1], t.dims[2],
                       t.dims[3]};
    int64_t joint[] = {groups * t.dims[1], t.dims[2], t.dims[3],
                       t.dims[0] / groups};
    sinew_value k = onnx_reshape(r, onnx_plain(r, 1), split, 5);
    k = onnx_permuted(r, k, perm, 5);
    weights->turned = onnx_reshape(r, k, joint, 4);
    weights->turned_groups = groups;
    return weights->turned;
}

static void map_conv_transpose(struct onnx_reader *r, int what) {
    (void)what;
    struct window w;
    int32_t extra[2];
    struct sinew_span unused;
    if (!four_dims(r, 0) || !four_dims(r, 1)) return;
    sinew_tensor weights = onnx_tensor(r, 1);
    read_window(r, &w, &weights.dims[2]);
    small_ints(r, "output_padding", extra, 2, 0, 0);
    if (onnx_attr(r, "output_shape", &unused))
        onnx_fail(r, SINEW_UNSUPPORTED, "output_shape; use pads");
    struct sinew_conv_transpose2d_attr attr = {
        .stride_h = w.stride[0],
        .stride_w = w.stride[1],
        .dilation_h = w.dilation[0],
        .dilation_w = w.dilation[1],
        .groups = onnx_int_within(r, "group", 1, 1, MAX_SIZE),
        .same = w.same,
        .pads = pads_of(&w),
        .out_pad_h = extra[0],
        .out_pad_w = extra[1],
    };
    sinew_value x = onnx_last(r, 0), k = turn_weights(r, attr.groups);
    onnx_set_last(r, 0,
                  onnx_add(r, SINEW_OP_CONV_TRANSPOSE2D, &attr,
                           SINEW_IN(x, k, onnx_plain(r, 2))),
                  1);
}

static void map_pool(struct onnx_reader *r, int op) {
    struct window w;
    if (!four_dims(r, 0)) return;
    read_window(r, &w, NULL);
    struct sinew_pool2d_attr attr = {
        .kernel_h = w.kernel[0],
        .kernel_w = w.kernel[1],
        .stride_h = w.stride[0],
        .stride_w = w.stride[1],
        .dilation_h = w.dilation[0],
        .dilation_w = w.dilation[1],
        .same = w.same,
        .pads = pads_of(&w),
        .ceil_mode = onnx_int_within(r, "ceil_mode", 0, 0, 1),
        .count_include_pad = onnx_int_within(r, "count_include_pad", 0, 0, 1),
    };
    onnx_set_last(
        r, 0, onnx_add(r, (enum sinew_op)op, &attr, SINEW_IN(onnx_last(r, 0))),
        1);
}

static void map_global_pool(struct onnx_reader *r, int op) {
    struct sinew_reduce_attr attr = {.keepdims = 1};
    attr.n_axes = onnx_tensor(r, 0).rank - 2;
    for (int d = 0; d < attr.n_axes; d++)
        attr.axes[d] = d + 1;
    onnx_set_last(
        r, 0, onnx_add(r, (enum sinew_op)op, &attr, SINEW_IN(onnx_last(r, 0))),
        1);
}

static void map_batch_norm(struct onnx_reader *r, int what) {
    (void)what;
    struct sinew_batch_norm_attr attr = {onnx_float(r, "epsilon", 1e-5f)};
    bool flat = onnx_tensor(r, 0).rank == 2;
    onnx_only(r, "training_mode", 0);
    onnx_only(r, "spatial", 1);
    sinew_value x = flat ? onnx_plain(r, 0) : onnx_last(r, 0);
    sinew_value y = onnx_add(r, SINEW_OP_BATCH_NORM, &attr,
                             SINEW_IN(x, onnx_plain(r, 1), onnx_plain(r, 2),
                                      onnx_plain(r, 3), onnx_plain(r, 4)));
    if (flat)
        onnx_set(r, 0, y);
    else
        onnx_set_last(r, 0, y, 1);
}

static void map_depth(struct onnx_reader *r, int op) {
    static const char *const modes[] = {"DCR", "CRD", NULL};
    struct sinew_depth_space_attr attr = {
        .block = onnx_int_within(r, "blocksize", 0, 1, MAX_SIZE),
        .order = onnx_choice(r, "mode", modes) == 0 ? SINEW_DEPTH_DCR
                                                    : SINEW_DEPTH_CRD,
    };
    if (four_dims(r, 0))
        onnx_set_last(
            r, 0,
            onnx_add(r, (enum sinew_op)op, &attr, SINEW_IN(onnx_last(r, 0))),
            1);
}

/* ---- resize -------------------------------------------------------------- */

/* Before version 11 there was one rule; `floor` and indices times scale. */
static void read_rules(struct onnx_reader *r,
                       struct sinew_resize2d_attr *attr) {
    static const char *const modes[] = {"nearest", "linear", "bilinear", NULL};
    static const char *const coords[] = {"half_pixel", "asymmetric",
                                         "align_corners", "pytorch_half_pixel",
                                         NULL};
    static const int coord_of[] = {
        SINEW_COORD_HALF_PIXEL, SINEW_COORD_ASYMMETRIC,
        SINEW_COORD_ALIGN_CORNERS, SINEW_COORD_PYTORCH};
    static const char *const rounds[] = {
        "round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL};
    static const int round_of[] = {SINEW_ROUND_HALF_DOWN, SINEW_ROUND_HALF_UP,
                                   SINEW_ROUND_FLOOR, SINEW_ROUND_CEIL};
    static const char *const policies[] = {"stretch", NULL};
    bool old = r->opset < 11 || sinew_span_is(r->node.type, "Upsample");
    attr->mode = onnx_choice(r, "mode", modes) ? SINEW_INTERP_BILINEAR
                                               : SINEW_INTERP_NEAREST;
    attr->coord = SINEW_COORD_ASYMMETRIC;
    attr->round = SINEW_ROUND_FLOOR;
    if (old) return;
    attr->coord =
        coord_of[onnx_choice(r, "coordinate_transformation_mode", coords)];
    if (attr->mode == SINEW_INTERP_NEAREST)
        attr->round = round_of[onnx_choice(r, "nearest_mode", rounds)];
    onnx_only(r, "antialias", 0);
    onnx_choice(r, "keep_aspect_ratio_policy", policies);
}

/* Which of the numbers belong to rows and columns: all four dimensions unless
 * the attribute `axes` (version 18) picks. */
static bool read_resize_axes(struct onnx_reader *r, int *count, int *row) {
    int64_t axes[4];
    int n = onnx_ints(r, "axes", axes, 4);
    *count = n < 0 ? 4 : n;
    *row = n < 0 ? 2 : 0;
    if (n >= 0 && (n != 2 || (axes[0] != 2 && axes[0] != -2) ||
                   (axes[1] != 3 && axes[1] != -1)))
        onnx_fail(r, SINEW_UNSUPPORTED, "axes other than rows and columns");
    return !onnx_failed(r);
}

static void set_scales(struct onnx_reader *r, struct sinew_resize2d_attr *attr,
                       const float *scales, int64_t n, int row) {
    for (int64_t i = 0; i < n; i++)
        if ((i < row && scales[i] != 1.0f) || !(scales[i] > 0.0f) ||
            scales[i] > MAX_SIZE) {
            onnx_fail(r, SINEW_UNSUPPORTED, "scale %g of dimension %d",
                      (double)scales[i], (int)i);
            return;
        }
    attr->scale_h = scales[row];
    attr->scale_w = scales[row + 1];
}

/* Scales that follow from other shapes: sizes = floor(shape * scales). */
static sinew_value sizes_from_scales(struct onnx_reader *r, int i, int row) {
    static const int64_t rows_columns[] = {2, 3};
    int64_t picked[] = {row, row + 1};
    struct sinew_cast_attr to_float = {SINEW_F32}, to_int = {SINEW_I64};
    int32_t channels;
    bool last = onnx_is_last_any(r, 0, &channels);
    int64_t own[] = {last ? 1 : 2, last ? 2 : 3};
    sinew_value x = last ? onnx_last(r, 0) : onnx_plain(r, 0);
    sinew_value shape = onnx_add(r, SINEW_OP_SHAPE, NULL, SINEW_IN(x));
    sinew_value size = onnx_pick(r, shape, last ? own : rows_columns, 2);
    size = onnx_add(r, SINEW_OP_CAST, &to_float, SINEW_IN(size));
    sinew_value scale = onnx_pick(r, onnx_plain(r, i), picked, 2);
    size = onnx_add(r, SINEW_OP_MUL, NULL, SINEW_IN(size, scale));
    size = onnx_add(r, SINEW_OP_FLOOR, NULL, SINEW_IN(size));
    return onnx_add(r, SINEW_OP_CAST, &to_int, SINEW_IN(size));
}

static void map_resize(struct onnx_reader *r, int what) {
    (void)what;
    struct sinew_resize2d_attr attr = {0};
    int scales = r->opset < 11 || r->node.n_in == 2 ? 1 : 2, sizes = 3;
    int count, row;
    sinew_value target = SINEW_NO_VALUE;
    read_rules(r, &attr);
    if (!four_dims(r, 0) || !read_resize_axes(r, &count, &row)) return;
    sinew_tensor given = onnx_tensor(r, scales);
    if (onnx_has(r, scales) && sinew_tensor_count(&given) == count &&
        given.dtype == SINEW_F32) {
        if (onnx_is_const(r, scales))
            set_scales(r, &attr, given.data, count, row);
        else
            target = sizes_from_scales(r, scales, row);
    } else if (onnx_has(r, sizes) && onnx_tensor(r, sizes).dims[0] == count) {
        int64_t picked[] = {row, row + 1};
        target = onnx_pick(r, onnx_plain(r, sizes), picked, 2);
    } else {
        onnx_fail(r, SINEW_FORMAT, "neither scales nor sizes fit");
    }
    sinew_value in[] = {onnx_last(r, 0), target};
    onnx_set_last(
        r, 0, onnx_add(r, SINEW_OP_RESIZE2D, &attr, in, target < 0 ? 1 : 2), 1);
}

/* Version 7 of Upsample has its scales in an attribute. */
static void map_upsample(struct onnx_reader *r, int what) {
    struct sinew_span body;
    struct sinew_resize2d_attr attr = {0};
    float scales[4];
    uint64_t number;
    int n = 0;
    if (r->opset >= 9) {
        map_resize(r, what);
        return;
    }
    read_rules(r, &attr);
    if (!onnx_attr(r, "scales", &body) || !four_dims(r, 0)) {
        onnx_fail(r, SINEW_FORMAT, "no scales");
        return;
    }
    struct sinew_pb pb = sinew_pb_open(body);
    while (sinew_pb_next(&pb))
        while (pb.field == ATTR_FLOATS && n < 4 &&
               sinew_pb_each(&pb, SINEW_PB_FIXED32, &number))
            scales[n++] = sinew_pb_to_float(number);
    if (n == 4)
        set_scales(r, &attr, scales, 4, 2);
    else
        onnx_fail(r, SINEW_FORMAT, "%d scales", n);
    onnx_set_last(
        r, 0, onnx_add(r, SINEW_OP_RESIZE2D, &attr, SINEW_IN(onnx_last(r, 0))),
        1);
}

const struct onnx_mapping onnx_map_spatial[] = {
    {"Conv", map_conv, 2, 3, 1, 0},
    {"ConvTranspose", map_conv_transpose, 2, 3, 1, 0},
    {"MaxPool", map_pool, 1, 1, 1, SINEW_OP_MAX_POOL2D},
    {"AveragePool", map_pool, 1, 1, 1, SINEW_OP_AVG_POOL2D},
    {"GlobalAveragePool", map_global_pool, 1, 1, 1, SINEW_OP_REDUCE_MEAN},
    {"GlobalMaxPool", map_global_pool, 1, 1, 1, SINEW_OP_REDUCE_MAX},
    {"BatchNormalization", map_batch_norm, 5, 5, 1, 0},
    {"DepthToSpace", map_depth, 1, 1, 1, SINEW_OP_DEPTH_TO_SPACE},
    {"SpaceToDepth", map_depth, 1, 1, 1, SINEW_OP_SPACE_TO_DEPTH},
    {"Resize", map_resize, 1, 4, 1, 0},
    {"Upsample", map_upsample, 1, 2, 1, 0},
    {0},
};
