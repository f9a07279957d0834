/*
 * conv.h - what convolution and transposed convolution share: checking, sizes,
 * and running one "grid", a plain strided convolution of one image.
 *
 * Letters as in kernel.h: x [N, H, W, IC], w [OC, KH, KW, IC / groups], y
 * [N, OH, OW, OC]; p and q count kernel rows and columns.
 */
#ifndef SINEW_OP_CONV_H
#define SINEW_OP_CONV_H

#include "kernel/kernel.h"
#include "kernel/pack.h"
#include "op/attrs.h"
#include "op/op.h"

/* One axis, rows or columns: output i reads inputs i * stride + p * dilation -
 * pad for p < kernel. */
struct sinew_axis_span {
    int64_t in, out, kernel, stride, dilation, pad;
};

/* A convolution of one image into a lattice of pixels of another, one span an
 * axis; output pixel (i, j) starts at y + i * y_row + j * y_col, input pixel
 * (r, s) at x + r * x_row + s * x_col. Pads may be negative. */
struct sinew_conv_grid {
    struct sinew_axis_span v, h; ///< vertical, horizontal
    const float *x;
    float *y;
    int64_t x_row, x_col, y_row, y_col;
    struct sinew_act act;
};

/* Both operators' attributes and shapes, resolved. */
struct sinew_conv {
    struct sinew_axis_span v, h;    ///< pads before; transposed: seen from y
    int64_t images, groups, ic, oc; ///< channels of all groups
    int64_t group_ic, group_oc;
    struct sinew_act act;
    const struct sinew_kernels *kernels;
};

/* Checks that x, w and b fit each other and `groups`, and fills in everything
 * but the spans' out, stride, dilation and pad. */
sinew_status sinew_conv_check(struct sinew_conv *conv,
                              const struct sinew_op_args *args, int32_t groups,
                              const struct sinew_act *act) SINEW_NODISCARD;
/* Stride, dilation and pads of both axes are in range. */
sinew_status
sinew_conv_check_steps(int32_t stride_h, int32_t stride_w, int32_t dilation_h,
                       int32_t dilation_w,
                       const struct sinew_pads *pads) SINEW_NODISCARD;

/* Sets output 0 to [images, v.out, h.out, oc]. */
sinew_status
sinew_conv_set_output(const struct sinew_conv *conv,
                      const struct sinew_op_args *args) SINEW_NODISCARD;

/* Weights of group g as the model stores them, in forward order. */
struct sinew_weights sinew_conv_weights(const struct sinew_conv *conv,
                                        const struct sinew_op_args *args,
                                        int64_t g);

/* ---- running one grid ---- */

/* Pixels a product works on at once: enough to use packed weights several
 * times, few enough for their inputs to stay in the second cache. */
int64_t sinew_conv_tile_rows(const struct sinew_kernels *kernels);

/* Output pixels begin..end-1 of the grid, counted row by row, as a product:
 * `part` gives n, depth, w; `rows` has room for kh * kw * (end - begin)
 * pointers; `zeros` is `depth` zeros, what taps outside the image read. */
void sinew_conv_grid_gemm(const struct sinew_kernels *kernels,
                          const struct sinew_conv_grid *grid,
                          const struct sinew_gemm *part, int64_t begin,
                          int64_t end, const float *zeros, const float **rows);

/* Output rows begin..end-1 of the grid, each channel with its own kernel. */
void sinew_conv_grid_depthwise(const struct sinew_kernels *kernels,
                               const struct sinew_conv_grid *grid,
                               int64_t channels, const float *packed,
                               int64_t begin, int64_t end);

#endif
