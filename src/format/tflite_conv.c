/*
 * tflite_conv.c - TFLite operators over rows and columns: convolutions,
 * pooling, resizing, and the fully connected layer.
 *
 * Padding is SAME or VALID by name; SAME stays a property of the node, so that
 * a graph follows another input size as TensorFlow would.
 * Options' field numbers: tensorflow/lite/schema/schema.fbs.
 */
#include "format/tflite.h"

enum { PADDING_SAME, PADDING_VALID };
enum { ACT_NONE, ACT_RELU, ACT_RELU_N1_TO_1, ACT_RELU6 };

struct sinew_act tflite_act(struct tflite_op *op, int field) {
    const int32_t kind = sinew_fb_i8(&op->options, field, ACT_NONE);
    switch (kind) {
    case ACT_NONE:
        break;
    case ACT_RELU:
        return (struct sinew_act){SINEW_ACT_RELU, 0, 0};
    case ACT_RELU_N1_TO_1:
        return (struct sinew_act){SINEW_ACT_CLIP, -1, 1};
    case ACT_RELU6:
        return (struct sinew_act){SINEW_ACT_RELU6, 0, 0};
    default:
        tflite_refuse(op, SINEW_UNSUPPORTED, "fused activation %d", kind);
    }
    return (struct sinew_act){SINEW_ACT_NONE, 0, 0};
}

static int32_t is_same(struct tflite_op *op, int field) {
    const int32_t padding = sinew_fb_i8(&op->options, field, PADDING_SAME);
    if (padding != PADDING_SAME && padding != PADDING_VALID)
        tflite_refuse(op, SINEW_FORMAT, "padding %d", padding);
    return padding == PADDING_SAME;
}

static int32_t int_option(const struct tflite_op *op, int field,
                          int32_t absent) {
    return sinew_fb_i32(&op->options, field, absent);
}

void tflite_map_conv(struct tflite_op *op) {
    enum { PADDING, STRIDE_W, STRIDE_H, ACT, DILATION_W, DILATION_H };
    const sinew_value x = tflite_in(op, 0), w = tflite_in(op, 1);
    const sinew_tensor tx = sinew_graph_tensor(op->graph, x);
    const sinew_tensor tw = sinew_graph_tensor(op->graph, w);
    struct sinew_conv2d_attr attr = {
        .stride_h = int_option(op, STRIDE_H, 0),
        .stride_w = int_option(op, STRIDE_W, 0),
        .dilation_h = int_option(op, DILATION_H, 1),
        .dilation_w = int_option(op, DILATION_W, 1),
        .groups = 1,
        .same = is_same(op, PADDING),
        .act = tflite_act(op, ACT),
    };
    /* Groups are not written down: weights of fewer channels mean them. */
    if (tx.rank == 4 && tw.rank == 4 && tw.dims[3] > 0 &&
        tx.dims[3] % tw.dims[3] == 0 && tx.dims[3] / tw.dims[3] <= INT32_MAX)
        attr.groups = (int32_t)(tx.dims[3] / tw.dims[3]);
    tflite_result(op, 0,
                  tflite_add(op, SINEW_OP_CONV2D, &attr,
                             SINEW_IN(x, w, tflite_in(op, 2))));
}

void tflite_map_depthwise(struct tflite_op *op) {
    enum {
        PADDING,
        STRIDE_W,
        STRIDE_H,
        MULTIPLIER, /* follows from the weights */
        ACT,
        DILATION_W,
        DILATION_H
    };
    const sinew_value x = tflite_in(op, 0), w = tflite_in_depthwise(op, 1);
    const sinew_tensor tx = sinew_graph_tensor(op->graph, x);
    struct sinew_conv2d_attr attr = {
        .stride_h = int_option(op, STRIDE_H, 0),
        .stride_w = int_option(op, STRIDE_W, 0),
        .dilation_h = int_option(op, DILATION_H, 1),
        .dilation_w = int_option(op, DILATION_W, 1),
        .groups = 1,
        .same = is_same(op, PADDING),
        .act = tflite_act(op, ACT),
    };
    if (tx.rank == 4 && tx.dims[3] <= INT32_MAX)
        attr.groups = (int32_t)tx.dims[3];
    tflite_result(op, 0,
                  tflite_add(op, SINEW_OP_CONV2D, &attr,
                             SINEW_IN(x, w, tflite_in(op, 2))));
}

/* One direction of a transposed convolution from n to `out` elements: pads and
 * the extra at the end, TensorFlow's rule being that of the convolution whose
 * gradient it is. */
static void transposed_pads(int64_t n, int64_t out, int64_t kernel,
                            int32_t stride, int32_t *before, int32_t *after,
                            int32_t *extra) {
    const int64_t full = (n - 1) * stride + kernel;
    const int64_t cut = full > out ? full - out : 0;
    *before = (int32_t)(cut / 2);
    *after = (int32_t)(cut - cut / 2);
    *extra = (int32_t)(out > full ? out - full : 0);
}

/* Sizes beyond this are no picture; below it sums of them fit an int. */
static bool is_size(int64_t size) {
    return size >= 1 && size <= 1 << 24;
}

void tflite_map_transpose_conv(struct tflite_op *op) {
    enum { PADDING, STRIDE_W, STRIDE_H, ACT };
    int64_t out[4];
    const int n = tflite_in_ints(op, 0, out, 4);
    const sinew_value w = tflite_in(op, 1), x = tflite_in(op, 2);
    const sinew_tensor tx = sinew_graph_tensor(op->graph, x);
    const sinew_tensor tw = sinew_graph_tensor(op->graph, w);
    struct sinew_conv_transpose2d_attr attr = {
        .stride_h = int_option(op, STRIDE_H, 0),
        .stride_w = int_option(op, STRIDE_W, 0),
        .dilation_h = 1,
        .dilation_w = 1,
        .groups = 1,
        .same = is_same(op, PADDING),
        .act = tflite_act(op, ACT),
    };
    if (op->graph->error < 0) return;
    if (n != 4 || tx.rank != 4 || tw.rank != 4 || attr.stride_h < 1 ||
        attr.stride_w < 1 || !is_size(out[1]) || !is_size(out[2]) ||
        !is_size(tx.dims[1]) || !is_size(tx.dims[2]) ||
        !is_size(tx.dims[1] * attr.stride_h) ||
        !is_size(tx.dims[2] * attr.stride_w) || !is_size(tw.dims[1]) ||
        !is_size(tw.dims[2])) {
        tflite_refuse(op, SINEW_SHAPE,
                      "output shape, strides and weights do not fit");
        return;
    }
    if (!attr.same || out[1] != tx.dims[1] * attr.stride_h ||
        out[2] != tx.dims[2] * attr.stride_w) {
        attr.same = 0;
        transposed_pads(tx.dims[1], out[1], tw.dims[1], attr.stride_h,
                        &attr.pads.top, &attr.pads.bottom, &attr.out_pad_h);
        transposed_pads(tx.dims[2], out[2], tw.dims[2], attr.stride_w,
                        &attr.pads.left, &attr.pads.right, &attr.out_pad_w);
    }
    tflite_result(op, 0,
                  tflite_add(op, SINEW_OP_CONV_TRANSPOSE2D, &attr,
                             SINEW_IN(x, w, tflite_in(op, 3))));
}

void tflite_map_pool(struct tflite_op *op) {
    enum { PADDING, STRIDE_W, STRIDE_H, KERNEL_W, KERNEL_H, ACT };
    const struct sinew_pool2d_attr attr = {
        .kernel_h = int_option(op, KERNEL_H, 0),
        .kernel_w = int_option(op, KERNEL_W, 0),
        .stride_h = int_option(op, STRIDE_H, 0),
        .stride_w = int_option(op, STRIDE_W, 0),
        .dilation_h = 1,
        .dilation_w = 1,
        .same = is_same(op, PADDING),
        .act = tflite_act(op, ACT),
    };
    tflite_result(op, 0,
                  tflite_add(op, op->kind, &attr, SINEW_IN(tflite_in(op, 0))));
}

/* A resize by whole factors is one by scale, which holds for any input size;
 * another keeps the sizes of the file. */
static void resize(struct tflite_op *op, struct sinew_resize2d_attr *attr) {
    const sinew_value x = tflite_in(op, 0), size = tflite_in(op, 1);
    const sinew_tensor tx = sinew_graph_tensor(op->graph, x);
    const sinew_tensor ts = sinew_graph_tensor(op->graph, size);
    sinew_value in[2] = {x, SINEW_NO_VALUE};
    if (op->graph->error < 0) return;
    if (tx.rank == 4 && size != SINEW_NO_VALUE && ts.data &&
        op->graph->values[size].role == SINEW_ROLE_CONST) {
        int64_t out[2];
        if (tflite_in_ints(op, 1, out, 2) == 2 && tx.dims[1] > 0 &&
            tx.dims[2] > 0 && out[0] > 0 && out[1] > 0 &&
            out[0] % tx.dims[1] == 0 && out[1] % tx.dims[2] == 0) {
            attr->scale_h = (float)(out[0] / tx.dims[1]);
            attr->scale_w = (float)(out[1] / tx.dims[2]);
        }
    }
    if (attr->scale_h == 0) in[1] = tflite_in_i64(op, 1);
    tflite_result(op, 0,
                  tflite_add(op, SINEW_OP_RESIZE2D, attr, in,
                             attr->scale_h == 0 ? 2 : 1));
}

static int32_t resize_coord(struct tflite_op *op, int corners, int half) {
    const bool align = sinew_fb_u8(&op->options, corners, 0) != 0;
    const bool centers = sinew_fb_u8(&op->options, half, 0) != 0;
    if (align && centers)
        tflite_refuse(op, SINEW_FORMAT,
                      "both align_corners and half_pixel_centers");
    return align     ? SINEW_COORD_ALIGN_CORNERS
           : centers ? SINEW_COORD_HALF_PIXEL
                     : SINEW_COORD_ASYMMETRIC;
}

void tflite_map_resize_bilinear(struct tflite_op *op) {
    enum { NEW_HEIGHT, NEW_WIDTH, ALIGN_CORNERS, HALF_PIXEL };
    struct sinew_resize2d_attr attr = {
        .mode = SINEW_INTERP_BILINEAR,
        .coord = resize_coord(op, ALIGN_CORNERS, HALF_PIXEL),
    };
    resize(op, &attr);
}

void tflite_map_resize_nearest(struct tflite_op *op) {
    enum { ALIGN_CORNERS, HALF_PIXEL };
    struct sinew_resize2d_attr attr = {
        .mode = SINEW_INTERP_NEAREST,
        .coord = resize_coord(op, ALIGN_CORNERS, HALF_PIXEL),
        .round = SINEW_ROUND_HALF_UP,
    };
    if (attr.coord == SINEW_COORD_ASYMMETRIC) attr.round = SINEW_ROUND_FLOOR;
    resize(op, &attr);
}

/* x [.., K] times weights [N, K], plus bias [N]. */
void tflite_map_fully_connected(struct tflite_op *op) {
    enum { ACT, WEIGHTS_FORMAT, KEEP_DIMS };
    sinew_value x = tflite_in(op, 0);
    const sinew_value w = tflite_in(op, 1);
    const sinew_tensor tx = sinew_graph_tensor(op->graph, x);
    const sinew_tensor tw = sinew_graph_tensor(op->graph, w);
    const struct sinew_matmul_attr attr = {
        .transpose_b = 1, .alpha = 1, .act = tflite_act(op, ACT)};
    if (sinew_fb_i8(&op->options, WEIGHTS_FORMAT, 0) != 0)
        tflite_refuse(op, SINEW_UNSUPPORTED, "shuffled weights");
    if (tw.rank != 2)
        tflite_refuse(op, SINEW_SHAPE, "weights of %d dimensions", tw.rank);
    const bool keep = sinew_fb_u8(&op->options, KEEP_DIMS, 0) != 0;
    if (op->graph->error < 0) return;
    if (!keep && (tx.rank != 2 || tx.dims[1] != tw.dims[1])) {
        const struct sinew_reshape_attr flat = {0};
        const int64_t dims[2] = {-1, tw.dims[1]};
        x = tflite_add_part(
            op, SINEW_OP_RESHAPE, &flat,
            SINEW_IN(x, sinew_graph_add_i64s(op->graph, dims, 2)));
    }
    tflite_result(op, 0,
                  tflite_add(op, SINEW_OP_MATMUL, &attr,
                             SINEW_IN(x, w, tflite_in(op, 2))));
}
