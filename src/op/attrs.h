/*
 * attrs.h - the attribute structs of all operators, for builders, importers,
 * writers and passes. Operators not listed have none.
 *
 * Each struct is plain old data. Each operator's field table (for printing) is
 * in its own file.
 */
#ifndef SINEW_OP_ATTRS_H
#define SINEW_OP_ATTRS_H

#include "op/op.h"

/* Zero padding around rows and columns, in elements. */
struct sinew_pads {
    int32_t top, left, bottom, right;
};

/* conv2d: in x [N,H,W,IC], w [OC,KH,KW,IC/groups], b [OC] (optional)
 *         out [N,OH,OW,OC], OH = (H + top + bottom - dilation*(KH-1) - 1)
 *         / stride + 1 rounded down. TensorFlow's SAME is turned into pads by
 *         the attribute itself so that it follows a change of input size. */
struct sinew_conv2d_attr {
    int32_t stride_h, stride_w; ///< >= 1
    int32_t dilation_h, dilation_w; ///< >= 1
    int32_t groups;             ///< >= 1, divides IC and OC
    int32_t same;               ///< 1: pads follow TF SAME (less before), and
                                ///< `pads` is ignored
    struct sinew_pads pads;
    struct sinew_act act;       ///< applied to the result
};

/* conv_transpose2d: in x [N,H,W,IC], w [OC/groups*groups... as OHWI:
 *   [OC,KH,KW,IC/groups], b [OC] (optional); out OH = (H-1)*stride + KH
 *   - top - bottom + out_pad_h (same: OH = H*stride). */
struct sinew_conv_transpose2d_attr {
    int32_t stride_h, stride_w;
    int32_t dilation_h, dilation_w;
    int32_t groups;
    int32_t same;
    struct sinew_pads pads;
    int32_t out_pad_h, out_pad_w; ///< extra rows/columns at the end
    struct sinew_act act;
};

/* max_pool2d, avg_pool2d: in x [N,H,W,C]. Max pads with -inf. */
struct sinew_pool2d_attr {
    int32_t kernel_h, kernel_w;
    int32_t stride_h, stride_w;
    int32_t dilation_h, dilation_w; ///< max only; 1 for avg
    int32_t same;
    struct sinew_pads pads;
    int32_t ceil_mode;          ///< round the output size up
    int32_t count_include_pad;  ///< avg: divide by the whole window
    struct sinew_act act;
};

/* reduce_mean, reduce_sum, reduce_max, reduce_min, reduce_prod, reduce_l2:
 * in x; out the axes reduced. Global mean is reduce_mean over {1, 2}. */
struct sinew_reduce_attr {
    int32_t n_axes;             ///< 0 = all
    int32_t axes[SINEW_MAX_RANK];
    int32_t keepdims;
};

/* resize2d: in x [N,H,W,C], sizes i64[2] = OH, OW (left out when scales are
 * used); out [N,OH,OW,C]. */
enum sinew_resize_mode { SINEW_INTERP_NEAREST, SINEW_INTERP_BILINEAR };
/* Source coordinate of output index i, scale = in/out:
 *   HALF_PIXEL (i+.5)*scale-.5, ASYMMETRIC i*scale (TF legacy),
 *   ALIGN_CORNERS i*(in-1)/(out-1), PYTORCH as HALF_PIXEL but 0 when out==1. */
enum sinew_resize_coord {
    SINEW_COORD_HALF_PIXEL,
    SINEW_COORD_ASYMMETRIC,
    SINEW_COORD_ALIGN_CORNERS,
    SINEW_COORD_PYTORCH,
};
enum sinew_resize_round { /* nearest only */
    SINEW_ROUND_FLOOR,
    SINEW_ROUND_CEIL,
    SINEW_ROUND_HALF_DOWN,
    SINEW_ROUND_HALF_UP,
};
struct sinew_resize2d_attr {
    int32_t mode, coord, round;
    float scale_h, scale_w; ///< output / input when > 0; else sizes are input 1
};

/* transpose: out dim i = in dim perm[i]. */
struct sinew_transpose_attr {
    int32_t n;
    int32_t perm[SINEW_MAX_RANK];
};

/* concat, softmax, log_softmax, gather, gather_elements, flatten (dims before
 * axis and from axis on become two), split (equal parts by n_out, or sizes
 * i64[n] input 1). */
struct sinew_axis_attr {
    int32_t axis; ///< may be negative
};

/* squeeze (n 0 = all of size 1), unsqueeze */
struct sinew_axes_attr {
    int32_t n;
    int32_t axes[SINEW_MAX_RANK];
};

/* reshape: in x, shape i64[k] (0 = keep when allow_zero is 0, one -1). */
struct sinew_reshape_attr {
    int32_t allow_zero;
};

/* pad: in x, pads i64[2*rank] (all before, then all after), value (optional
 * scalar, default 0). */
enum sinew_pad_mode { SINEW_PAD_CONSTANT, SINEW_PAD_REFLECT, SINEW_PAD_EDGE };
struct sinew_pad_attr {
    int32_t mode;
};

/* cast: to a type. */
struct sinew_cast_attr {
    int32_t dtype;
};

/* activation: one of SINEW_ACT_MAP on its own. */
struct sinew_activation_attr {
    struct sinew_act act;
};

/* add, sub, mul, div: broadcast, then the activation. pow, min, max, the
 * comparisons (equal, less, less_equal, greater, greater_equal), and, or have
 * no attributes. */
struct sinew_binary_attr {
    struct sinew_act act;
};

/* matmul: NumPy rules; in a [..,M,K], b [..,K,N], bias [N] (optional).
 * transpose_b: b is [..,N,K], the layout of linear layers' weights. */
struct sinew_matmul_attr {
    int32_t transpose_a, transpose_b;
    float alpha; ///< the product is scaled by it (1)
    struct sinew_act act;
};

/* mod: the result has the sign of the divisor, or of the dividend when fmod is
 * set (as in C; needed for floats). */
struct sinew_mod_attr {
    int32_t fmod;
};

/* arg_max: in x; out i64, the first (or last) index of the largest element. */
struct sinew_arg_max_attr {
    int32_t axis, keepdims, select_last;
};

/* depth_to_space: in x [N,H,W,b*b*C], out [N,H*b,W*b,C]; space_to_depth the
 * other way. DCR has the block's cells outermost in the channels, CRD (not for
 * space_to_depth) innermost. */
enum sinew_depth_order { SINEW_DEPTH_DCR, SINEW_DEPTH_CRD };
struct sinew_depth_space_attr {
    int32_t block, order;
};

/* layer_norm: in x, scale, bias (optional), both of the shape of x from `axis`
 * on; those dims are normalised together. */
struct sinew_layer_norm_attr {
    int32_t axis;
    float epsilon;
};

/* batch_norm: in x [..,C], scale [C], bias [C], mean [C], var [C]. */
struct sinew_batch_norm_attr {
    float epsilon;
};

/* top_k: in x, k i64 scalar or [1]; out values, indices i64. */
struct sinew_top_k_attr {
    int32_t axis, largest, sorted;
};

/* nms (ONNX NonMaxSuppression): in boxes [N,B,4], scores [N,C,B], max per
 * class i64, iou f32, score f32 (all optional); out i64 [n,3]. */
struct sinew_nms_attr {
    int32_t center_point_box;
};

/* constant_of_shape: in shape i64[k]; every element is `value` of `dtype`. */
struct sinew_fill_attr {
    int32_t dtype;
    double value;
};

/* quantize / dequantize: in x, scale, zero_point (optional); axis of a vector
 * scale. dtype is the output's. */
struct sinew_quantize_attr {
    int32_t axis, dtype;
};

/* ---- integers: what the pass for quantised networks makes (pass_quant.c) ----
 * All tensors but weights are u8; see kernel/u8.h for what a byte is and how a
 * result becomes one. `table` u8[256] is optional but for q_table. */
struct sinew_q_target {
    int32_t zero, low, high; ///< 0..255, low <= high
};

/* q_conv: in x [N,H,W,IC], w i8 [OC,KH,KW,IC/groups], bias i32 [OC], multiplier
 * f32 [OC] within 0..1, table; all but x constant. out as conv2d, or with
 * `transposed` as conv_transpose2d. */
struct sinew_q_conv_attr {
    int32_t transposed;
    int32_t stride_h, stride_w;
    int32_t dilation_h, dilation_w;
    int32_t groups;
    int32_t same;
    struct sinew_pads pads;
    int32_t out_pad_h, out_pad_w; ///< transposed only
    int32_t x_zero;
    struct sinew_q_target to;
};

/* q_add, q_mul: in a, b (broadcast), table. q_mean: in x [N,H,W,C], table; out
 * [N,1,1,C]; a_factor holds 1 / (H * W). q_table: in x, table; no attributes. */
struct sinew_q_math_attr {
    int32_t a_zero, b_zero;
    float a_factor, b_factor; ///< >= 0
    struct sinew_q_target to;
};

/* ---- training: what differentiation (graph/grad.c) adds --------------------
 * Gradients of a layer take the layer's own attributes (act must be none), and
 * of operands marked "shape" only the dims are read.
 *
 * activation_grad (activation): x, dy -> dx = dy * act'(x), x before the
 *     activation; at bends as PyTorch has it.
 * conv2d_grad_x: dy, w, x (shape) -> dx;  conv2d_grad_w: x, dy, w (shape) -> dw
 * conv_transpose2d_grad_x, conv_transpose2d_grad_w: the same.
 * max_pool2d_grad: x, dy -> dx (to the first maximum of each window).
 * avg_pool2d_grad: x (shape), dy -> dx.
 * resize2d_grad: x (shape), dy -> dx.
 * slice_grad: dy, x (shape), starts, ends, axes, steps -> dx, zero elsewhere.
 * product_sum (reduce): a, b of one shape -> the sum of a * b along the axes.
 */

/* batch_norm_train: in x [..,C], scale [C], bias [C], running mean [C], running
 * var [C]; out y, mean [C] of the batch, 1/sqrt(var + epsilon) [C] of it, new
 * running mean, new running var. y uses the batch's biased variance; running
 * = (1 - momentum) * running + momentum * batch's, with the unbiased variance.
 * batch_norm_grad: in x, scale, bias, mean, 1/sqrt(..), dy; out dx, dscale,
 * dbias: what flows through the statistics is part of dx.
 * batch_norm_again: in x, scale, bias, mean, 1/sqrt(..); out y, the same bits as
 * batch_norm_train's. All with the activation behind the norm. */
struct sinew_batch_norm_train_attr {
    float epsilon, momentum;
    struct sinew_act act;
};

/* dropout: in x, seed i64 scalar (an input or variable that changes every
 * step); out y = x * mask and mask, 0 with probability rate, else 1/(1-rate).
 * Element i's draw is a pure function of (seed, salt, i). With `rows` the draw
 * is one for each index of the first dimension (drop-path), mask then being
 * [N, 1, ..]. */
struct sinew_dropout_attr {
    float rate;
    int32_t salt, rows;
};

#endif
