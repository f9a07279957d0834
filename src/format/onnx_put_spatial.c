/*
 * onnx_put_spatial.c - writing operators over rows and columns, with channels
 * first (see onnx_map_spatial.c for the layouts of weights).
 *
 * TensorFlow's SAME: out = ceil(in / stride), the padding that takes is split
 * with the smaller half before.
 */
#include "format/onnx_write.h"

struct same_axis {
    int64_t in, kernel, stride, dilation;
};

static int64_t same_total(struct same_axis a) {
    int64_t out = (a.in + a.stride - 1) / a.stride;
    int64_t total =
        (out - 1) * a.stride + a.dilation * (a.kernel - 1) + 1 - a.in;
    return total > 0 ? total : 0;
}

/* Explicit pads of a window over x [N, H, W, C]. */
static void find_pads(int64_t *pads, const struct sinew_pads *given, bool same,
                      struct same_axis h, struct same_axis w) {
    int64_t total_h = same_total(h), total_w = same_total(w);
    pads[0] = same ? total_h / 2 : given->top;
    pads[1] = same ? total_w / 2 : given->left;
    pads[2] = same ? total_h - total_h / 2 : given->bottom;
    pads[3] = same ? total_w - total_w / 2 : given->right;
}

static void put_pair(struct onnx_writer *w, const char *name, int64_t a,
                     int64_t b) {
    onnx_put_ints(w, name, (const int64_t[]){a, b}, 2);
}

/* Weights that are no constant go through a Transpose node. */
static const char *weights(struct onnx_writer *w, const struct onnx_turn *turn,
                           bool reshapes) {
    sinew_value v = onnx_in(w, 1);
    if (onnx_is_known(w, v)) return onnx_turned(w, v, turn, true);
    if (reshapes) {
        onnx_write_fail(w, SINEW_UNSUPPORTED,
                        "weights in groups that are not constant");
        return NULL;
    }
    const char *x = onnx_same(w, v), *name = onnx_fresh(w, x, "_turned");
    onnx_transpose_node(w, x, turn->perm, turn->rank, name);
    return name;
}

/* A vector operand, constant or not. */
static const char *bias(struct onnx_writer *w, int i) {
    return onnx_same(w, onnx_in(w, i));
}

static void put_conv(struct onnx_writer *w, const char *type) {
    const struct sinew_conv2d_attr *a = w->node->attr;
    const int64_t *x = onnx_shape(w, onnx_in(w, 0))->dims;
    const int64_t *k = onnx_shape(w, onnx_in(w, 1))->dims;
    struct onnx_turn turn = {
        4, {k[0], k[1], k[2], k[3]}, {0, 3, 1, 2}, 4, {k[0], k[3], k[1], k[2]}};
    int64_t pads[4];
    find_pads(pads, &a->pads, a->same,
              (struct same_axis){x[1], k[1], a->stride_h, a->dilation_h},
              (struct same_axis){x[2], k[2], a->stride_w, a->dilation_w});
    const char *in[] = {onnx_first(w, onnx_in(w, 0)), weights(w, &turn, false),
                        bias(w, 2)};
    const char *out = onnx_out_first(w, 0, 1);
    const char *linear = onnx_before_act(w, &a->act, out);
    onnx_begin(w, type, in, 3, &linear, 1);
    put_pair(w, "kernel_shape", k[1], k[2]);
    put_pair(w, "strides", a->stride_h, a->stride_w);
    put_pair(w, "dilations", a->dilation_h, a->dilation_w);
    onnx_put_ints(w, "pads", pads, 4);
    onnx_put_int(w, "group", a->groups);
    onnx_end(w);
    onnx_put_act(w, &a->act, linear, out);
}

/* [groups * ocg, KH, KW, icg] to [groups * icg, ocg, KH, KW] */
static struct onnx_turn turn_transposed(const int64_t *k, int64_t groups) {
    if (groups == 1)
        return (struct onnx_turn){4,
                                  {k[0], k[1], k[2], k[3]},
                                  {3, 0, 1, 2},
                                  4,
                                  {k[3], k[0], k[1], k[2]}};
    return (struct onnx_turn){5,
                              {groups, k[0] / groups, k[1], k[2], k[3]},
                              {0, 4, 1, 2, 3},
                              4,
                              {groups * k[3], k[0] / groups, k[1], k[2]}};
}

/* SAME of a transposed convolution: stride times the size, the excess of the
 * kernel over the stride cut off, the smaller half before. */
static void same_transposed(int64_t reach, int64_t stride, int64_t *before,
                            int64_t *after, int64_t *extra) {
    int64_t total = reach > stride ? reach - stride : 0;
    *before = total / 2;
    *after = total - total / 2;
    *extra = reach < stride ? stride - reach : 0;
}

static void put_conv_transpose(struct onnx_writer *w, const char *type) {
    const struct sinew_conv_transpose2d_attr *a = w->node->attr;
    const int64_t *k = onnx_shape(w, onnx_in(w, 1))->dims;
    struct onnx_turn turn = turn_transposed(k, a->groups);
    int64_t pads[] = {a->pads.top, a->pads.left, a->pads.bottom, a->pads.right};
    int64_t extra[] = {a->out_pad_h, a->out_pad_w};
    if (a->same) {
        same_transposed(a->dilation_h * (k[1] - 1) + 1, a->stride_h, &pads[0],
                        &pads[2], &extra[0]);
        same_transposed(a->dilation_w * (k[2] - 1) + 1, a->stride_w, &pads[1],
                        &pads[3], &extra[1]);
    }
    const char *in[] = {onnx_first(w, onnx_in(w, 0)),
                        weights(w, &turn, a->groups > 1), bias(w, 2)};
    const char *out = onnx_out_first(w, 0, 1);
    const char *linear = onnx_before_act(w, &a->act, out);
    onnx_begin(w, type, in, 3, &linear, 1);
    put_pair(w, "kernel_shape", k[1], k[2]);
    put_pair(w, "strides", a->stride_h, a->stride_w);
    put_pair(w, "dilations", a->dilation_h, a->dilation_w);
    put_pair(w, "output_padding", extra[0], extra[1]);
    onnx_put_ints(w, "pads", pads, 4);
    onnx_put_int(w, "group", a->groups);
    onnx_end(w);
    onnx_put_act(w, &a->act, linear, out);
}

static void put_pool(struct onnx_writer *w, const char *type) {
    const struct sinew_pool2d_attr *a = w->node->attr;
    const int64_t *x = onnx_shape(w, onnx_in(w, 0))->dims;
    bool average = w->node->op == sinew_op_desc(SINEW_OP_AVG_POOL2D);
    int64_t pads[4];
    find_pads(
        pads, &a->pads, a->same,
        (struct same_axis){x[1], a->kernel_h, a->stride_h, a->dilation_h},
        (struct same_axis){x[2], a->kernel_w, a->stride_w, a->dilation_w});
    const char *in = onnx_first(w, onnx_in(w, 0));
    const char *out = onnx_out_first(w, 0, 1);
    const char *linear = onnx_before_act(w, &a->act, out);
    onnx_begin(w, type, &in, 1, &linear, 1);
    put_pair(w, "kernel_shape", a->kernel_h, a->kernel_w);
    put_pair(w, "strides", a->stride_h, a->stride_w);
    onnx_put_ints(w, "pads", pads, 4);
    onnx_put_int(w, "ceil_mode", a->same ? 0 : a->ceil_mode);
    if (average)
        onnx_put_int(w, "count_include_pad", a->count_include_pad);
    else
        put_pair(w, "dilations", a->dilation_h, a->dilation_w);
    onnx_end(w);
    onnx_put_act(w, &a->act, linear, out);
}

static void put_batch_norm(struct onnx_writer *w, const char *type) {
    const struct sinew_batch_norm_attr *a = w->node->attr;
    bool flat = onnx_shape(w, onnx_in(w, 0))->rank < 3;
    const char *in[] = {flat ? onnx_same(w, onnx_in(w, 0))
                             : onnx_first(w, onnx_in(w, 0)),
                        bias(w, 1), bias(w, 2), bias(w, 3), bias(w, 4)};
    const char *out = onnx_out_form(w, 0, flat ? 0 : 1);
    onnx_begin(w, type, in, 5, &out, 1);
    onnx_put_float(w, "epsilon", a->epsilon);
    onnx_end(w);
}

static void put_depth(struct onnx_writer *w, const char *type) {
    const struct sinew_depth_space_attr *a = w->node->attr;
    const char *in = onnx_first(w, onnx_in(w, 0));
    const char *out = onnx_out_first(w, 0, 1);
    onnx_begin(w, type, &in, 1, &out, 1);
    onnx_put_int(w, "blocksize", a->block);
    if (w->node->op == sinew_op_desc(SINEW_OP_DEPTH_TO_SPACE))
        onnx_put_string(w, "mode", a->order == SINEW_DEPTH_DCR ? "DCR" : "CRD");
    onnx_end(w);
}

/* ---- resize -------------------------------------------------------------- */

/* The vector of four i64 whose last two the sizes are, if its first two are N
 * and C; else SINEW_NO_VALUE. */
static sinew_value four_sizes(const struct onnx_writer *w,
                              const sinew_tensor *x) {
    int producer = w->graph->values[onnx_in(w, 1)].producer;
    const struct sinew_node *node =
        producer < 0 ? NULL : &w->graph->nodes[producer];
    if (!node || node->op != sinew_op_desc(SINEW_OP_GATHER))
        return SINEW_NO_VALUE;
    const sinew_tensor *from = onnx_shape(w, node->in[0]);
    const sinew_tensor *index = onnx_shape(w, node->in[1]);
    bool fits = from->rank == 1 && from->dims[0] == 4 && from->data &&
                from->dtype == SINEW_I64 && index->data &&
                sinew_tensor_int(index, 0) == 2 &&
                sinew_tensor_int(index, 1) == 3 &&
                sinew_tensor_int(from, 0) == x->dims[0] &&
                sinew_tensor_int(from, 1) == x->dims[3];
    return fits ? node->in[0] : SINEW_NO_VALUE;
}

/* [N, C, OH, OW]: from constants, or put together when the file runs. */
static const char *resize_sizes(struct onnx_writer *w, const char *x) {
    const sinew_tensor *shape = onnx_shape(w, onnx_in(w, 0));
    const sinew_tensor *sizes = onnx_shape(w, onnx_in(w, 1));
    if (w->graph->values[onnx_in(w, 1)].role == SINEW_ROLE_CONST) {
        int64_t all[] = {shape->dims[0], shape->dims[3],
                         sinew_tensor_int(sizes, 0),
                         sinew_tensor_int(sizes, 1)};
        return onnx_int_list(w, all, 4);
    }
    sinew_value four = four_sizes(w, shape);
    if (four >= 0) return onnx_same(w, four);
    const char *own = onnx_same(w, onnx_in(w, 1));
    const char *index = onnx_int_list(w, (const int64_t[]){0, 1}, 2);
    const char *whole = onnx_fresh(w, x, "_shape");
    const char *front = onnx_fresh(w, x, "_front");
    const char *joined = onnx_fresh(w, x, "_sizes");
    onnx_node(w, "Shape", ONNX_NAMES(x), whole);
    onnx_node(w, "Gather", ONNX_NAMES(whole, index), front);
    if (sizes->dtype != SINEW_I64) {
        const char *wide = onnx_fresh(w, own, "_i64");
        onnx_begin(w, "Cast", ONNX_NAMES(own), ONNX_NAMES(wide));
        onnx_put_int(w, "to", onnx_type(SINEW_I64));
        onnx_end(w);
        own = wide;
    }
    onnx_begin(w, "Concat", ONNX_NAMES(front, own), ONNX_NAMES(joined));
    onnx_put_int(w, "axis", 0);
    onnx_end(w);
    return joined;
}

static const char *resize_scales(struct onnx_writer *w,
                                 const struct sinew_resize2d_attr *a) {
    float scales[] = {1.0f, 1.0f, a->scale_h, a->scale_w};
    return onnx_float_list(w, scales, 4);
}

static void put_resize(struct onnx_writer *w, const char *type) {
    static const char *const coords[] = {
        [SINEW_COORD_HALF_PIXEL] = "half_pixel",
        [SINEW_COORD_ASYMMETRIC] = "asymmetric",
        [SINEW_COORD_ALIGN_CORNERS] = "align_corners",
        [SINEW_COORD_PYTORCH] = "pytorch_half_pixel"};
    static const char *const rounds[] = {
        [SINEW_ROUND_FLOOR] = "floor",
        [SINEW_ROUND_CEIL] = "ceil",
        [SINEW_ROUND_HALF_DOWN] = "round_prefer_floor",
        [SINEW_ROUND_HALF_UP] = "round_prefer_ceil"};
    const struct sinew_resize2d_attr *a = w->node->attr;
    const char *x = onnx_first(w, onnx_in(w, 0));
    const char *in[] = {x, NULL, NULL, NULL};
    if (onnx_in(w, 1) >= 0)
        in[3] = resize_sizes(w, x);
    else
        in[2] = resize_scales(w, a);
    const char *out = onnx_out_first(w, 0, 1);
    onnx_begin(w, type, in, 4, &out, 1);
    onnx_put_string(w, "mode",
                    a->mode == SINEW_INTERP_NEAREST ? "nearest" : "linear");
    onnx_put_string(w, "coordinate_transformation_mode", coords[a->coord]);
    if (a->mode == SINEW_INTERP_NEAREST)
        onnx_put_string(w, "nearest_mode", rounds[a->round]);
    onnx_end(w);
}

const struct onnx_writing onnx_put_spatial[] = {
    {SINEW_OP_CONV2D, put_conv, "Conv"},
    {SINEW_OP_CONV_TRANSPOSE2D, put_conv_transpose, "ConvTranspose"},
    {SINEW_OP_MAX_POOL2D, put_pool, "MaxPool"},
    {SINEW_OP_AVG_POOL2D, put_pool, "AveragePool"},
    {SINEW_OP_BATCH_NORM, put_batch_norm, "BatchNormalization"},
    {SINEW_OP_DEPTH_TO_SPACE, put_depth, "DepthToSpace"},
    {SINEW_OP_SPACE_TO_DEPTH, put_depth, "SpaceToDepth"},
    {SINEW_OP_RESIZE2D, put_resize, "Resize"},
    ONNX_WRITING_END,
};
