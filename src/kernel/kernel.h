/*
 * kernel.h - the kernels: what each computes, and the table that holds the
 * version for one instruction set.
 *
 * A kernel is a pure function of pointers, sizes and small constant structs; it
 * allocates nothing, cannot fail and knows no threads. Unless a kernel says
 * otherwise:
 *   - pointers need the alignment of their element only;
 *   - sizes may be 0, which writes nothing;
 *   - output lies apart from every input, or is exactly the input where
 *     "in place" is said;
 *   - nothing outside the named elements is read or written. Kernels marked
 *     "over-reads" may read, never use, up to SINEW_PAD bytes past the last
 *     element of the named arguments;
 *   - strides count elements, not bytes.
 *
 * Adding a family: its function type and contract here, a row in kernels.def,
 * ref/<file>.c with sinew_<name>_ref, tmpl/<file>_tmpl.c with
 * SINEW_NAME(<name>) (both listed in CMakeLists.txt), and check_<name> in
 * tests/kernel.
 */
#ifndef SINEW_KERNEL_KERNEL_H
#define SINEW_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/act.h"
#include "kernel/bf16.h"
#include "kernel/cpu.h"
#include "kernel/u8.h"

/* y[i] = act(x[i]), i < n. In place. NaN stays NaN. */
typedef void sinew_f32_act_fn(const float *x, float *y, int64_t n,
                              const struct sinew_act *act);

/* Convolution and matrix product. For rows i < m and columns j < n
 *   y[i * y_stride + j] = act(bias[j] + sum over t < taps, k < depth of
 *                             rows[t * rows_stride + i][k] * w[t][k][j])
 * summed in the order t, k. Weights and bias are packed (pack.h). */
struct sinew_gemm {
    const float *const *rows; ///< [taps][rows_stride], each `depth` floats
    int64_t rows_stride;      ///< >= m
    int64_t m, n, taps, depth;
    const float *w; ///< packed panels
    float *y;
    sinew_bf16 *y16; ///< bf16_gemm: takes the place of y
    int64_t y_stride;
    struct sinew_act act;
};
typedef void sinew_f32_gemm_fn(const struct sinew_gemm *gemm);

/* Depthwise convolution of one image. For i in begin..end-1, j < ow, c <
 * channels
 *   y[i * y_row + j * y_col + c] = act(bias[c] + sum over p < kh, q < kw of
 *       x[r * x_row + s * x_col + c] * w[p][q][c]),
 *   r = i * stride_h + p * dilation_h - pad_top,
 *   s = j * stride_w + q * dilation_w - pad_left
 * where r, s outside 0..h-1, 0..w-1 count as zero; summed in the order p, q.
 * Weights and bias are packed (pack.h). */
struct sinew_dwconv {
    const float *x;
    const sinew_bf16 *x16; ///< bf16_dwconv: takes the place of x
    int64_t x_row, x_col, h, w;
    int64_t channels;
    int32_t kh, kw, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left; ///< may be negative: the window starts inside
    const float *weights;
    float *y;
    sinew_bf16 *y16; ///< of y
    int64_t y_row, y_col, ow, begin, end;
    struct sinew_act act;
    int32_t far; ///< 1: x is not in the cache; asks for it ahead
};
typedef void sinew_f32_dwconv_fn(const struct sinew_dwconv *dwconv);

/* Winograd's F(4x4, 3x3) (winograd_tmpl.c): a tile of 6 x 6 inputs makes 4 x 4
 * outputs of a 3 x 3 convolution by 36 products, numbered row by row. */
enum { SINEW_WINOGRAD_IN = 6, SINEW_WINOGRAD_OUT = 4 };
#define SINEW_WINOGRAD_POINTS 36
#define SINEW_WINOGRAD_P 0.625f
#define SINEW_WINOGRAD_Q 1.5f

/* y[p * y_step + c] = B x B^T at p, x being the tile whose pixels are given row
 * by row, c < channels. Writes whole vectors: up to lanes - 1 floats behind the
 * channels. */
typedef void sinew_f32_winograd_in_fn(const float *const *pixels, float *y,
                                      int64_t y_step, int64_t channels);

/* y[i * y_row + j * y_col + c] = act(bias[c] + (A x A^T)[i][j]) for i < rows,
 * j < cols, c < channels, element p of x lying at x[p * x_step + c].
 * Over-reads x. */
struct sinew_winograd_out {
    const float *x;
    int64_t x_step;
    const float *bias; ///< [channels]
    float *y;
    sinew_bf16 *y16; ///< bf16_winograd_out: takes the place of y
    int64_t y_row, y_col;
    int64_t rows, cols, channels; ///< rows, cols <= 4
    struct sinew_act act;
};
typedef void sinew_f32_winograd_out_fn(const struct sinew_winograd_out *out);

/* rows x n numbers of y (operand 0), a (1) and b (2): element (r, i) of operand
 * k lies at r * row_step[k] + i * step[k]. step[0] is 1, the others 0 or 1. */
struct sinew_rows {
    int64_t rows, n;
    int64_t row_step[3], step[3];
};

enum sinew_binary_kind {
    SINEW_BINARY_ADD,
    SINEW_BINARY_SUB,
    SINEW_BINARY_MUL,
    SINEW_BINARY_DIV,
    SINEW_BINARY_MIN, ///< a < b ? a : b
    SINEW_BINARY_MAX, ///< a > b ? a : b
};

/* y = act(a kind b). In place in a or b where that has step 1 and the same
 * row_step as y. */
typedef void sinew_f32_binary_fn(const float *a, const float *b, float *y,
                                 const struct sinew_rows *rows,
                                 enum sinew_binary_kind kind,
                                 const struct sinew_act *act);

/* The numbers of one window: rows x cols places, row_step and col_step apart.
 */
struct sinew_window {
    int64_t rows, cols, row_step, col_step;
};

/* y[c] = max of x[i * row_step + j * col_step + c] over the window, c < n;
 * -infinity where it is empty. */
typedef void sinew_f32_window_max_fn(const float *x, float *y, int64_t n,
                                     const struct sinew_window *window);

/* y[c] = scale * the sum of the same; rows are summed apart, in runs, so that
 * large windows lose little. */
typedef void sinew_f32_window_sum_fn(const float *x, float *y, int64_t n,
                                     const struct sinew_window *window,
                                     float scale);

/* y[c] = the sum of a * b over the same places of both, summed likewise. */
typedef void sinew_f32_window_dot_fn(const float *a, const float *b, float *y,
                                     int64_t n,
                                     const struct sinew_window *window);

/* Source columns of an output column: l + weight * (r - l). */
struct sinew_tap {
    int32_t left, right;
    float weight;
};

/* One row of a bilinear resize: y[j * y_step + c], j < cols, c < n, from rows
 * `top` and `bottom` of pixels x_step apart, the lower one weighing `weight`.
 */
typedef void sinew_f32_resize_row_fn(const float *top, const float *bottom,
                                     int64_t x_step, float *y, int64_t y_step,
                                     int64_t cols, int64_t n,
                                     const struct sinew_tap *taps,
                                     float weight);

/* With m the largest of x[i], i < n, and s the sum of e^(x[i] - m): y[i] is
 * e^(x[i] - m) / s, or with `log` x[i] - m - ln s. In place. */
typedef void sinew_f32_softmax_fn(const float *x, float *y, int64_t n,
                                  int32_t log);

/* Matrices of four-byte elements of any type, `count` of them, x_next and
 * y_next apart: y[c * y_step + r] = x[r * x_step + c], r < rows, c < cols. */
struct sinew_transpose {
    int64_t count, rows, cols;
    int64_t x_step, y_step, x_next, y_next;
};
typedef void sinew_x32_transpose_fn(const void *x, void *y,
                                    const struct sinew_transpose *shape);

/* ---- training ---- */

/* dx[i] = dy[i] * act'(x[i]), i < n. At a bend the derivative is PyTorch's: 0 for
 * relu and relu6, the slope inside for clip, 0 for hard_sigmoid, that of the
 * middle for hard_swish. In place in x or dy. */
typedef void sinew_f32_act_grad_fn(const float *x, const float *dy, float *dx,
                                   int64_t n, const struct sinew_act *act);

/* y[i * y_stride + j] += sum over t < steps of a[t][i] * b[t][j], i < m, j < n;
 * the sum over t is made in that order and then added. */
struct sinew_outer {
    const float *const *a; ///< [steps], each m floats
    const float *const *b; ///< [steps], each n floats
    int64_t steps, m, n;
    float *y;
    int64_t y_stride;
};
typedef void sinew_f32_outer_fn(const struct sinew_outer *outer);

/* What f32_dwconv's weights have to do with y, for rows begin..end-1 of the
 * outputs of one image: sums[(p * kw + q) * channels + c] += sum over i, j of
 * dy[i * dy_row + j * dy_col + c] * x[r * x_row + s * x_col + c], r and s as in
 * struct sinew_dwconv. */
struct sinew_dwconv_grad {
    const float *x;
    int64_t x_row, x_col, h, w;
    int64_t channels;
    int32_t kh, kw, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left;
    const float *dy;
    int64_t dy_row, dy_col, ow, begin, end;
    float *sums;
};
typedef void sinew_f32_dwconv_grad_fn(const struct sinew_dwconv_grad *grad);

/* mean[j] of x[i * step + j] over i < rows, rows >= 1, and square[j], the sum of
 * squares of the distances from it; j < n. */
typedef void sinew_f32_moments_fn(const float *x, int64_t step, int64_t rows,
                                  int64_t n, float *mean, float *square);

/* Batch normalisation of rows x n numbers, rows of x, y and so on that many
 * elements apart: y = act(z), z = (x - mean[j]) * slope[j] + shift[j]. */
struct sinew_norm {
    int64_t rows, n;
    int64_t x_step, y_step, dy_step, dx_step; ///< of those the kernel has
    const float *mean, *slope, *shift; ///< [n]
    struct sinew_act act;
};
typedef void sinew_f32_norm_fn(const struct sinew_norm *norm, const float *x,
                               float *y);

/* With dz = dy * act'(z): sum[j] = sum over i of dz, dot[j] that of
 * dz * (x - mean[j]). */
typedef void sinew_f32_norm_sums_fn(const struct sinew_norm *norm,
                                    const float *x, const float *dy,
                                    float *sum, float *dot);

/* dx = dz * slope[j] + (x - mean[j]) * along[j] + level[j]. In place in x or dy.
 */
typedef void sinew_f32_norm_grad_fn(const struct sinew_norm *norm,
                                    const float *x, const float *dy, float *dx,
                                    const float *along, const float *level);

/* y[i] += scale * x[i], i < n. */
typedef void sinew_f32_axpy_fn(const float *x, float *y, int64_t n,
                               float scale);

/* y[i] += share * (x[i] - y[i]), i < n. */
typedef void sinew_f32_approach_fn(const float *x, float *y, int64_t n,
                                   float share);

/* The sum of x[i]^2, i < n. */
typedef double sinew_f32_squares_fn(const float *x, int64_t n);

/* One step of an optimiser on n parameters w with gradients g, which count as
 * h = scale * g + couple * w; w is first multiplied by `keep`. */
struct sinew_update {
    float *w, *m, *v; ///< m, v: the rule's own
    const float *g;
    int64_t n;
    float scale, couple, keep;
    float rate, epsilon;
    float beta1, beta2;   ///< shares of the old m and v; momentum is beta1
    float share1, share2; ///< of the new
    float root;           ///< adam: factor of sqrt(v)
    int32_t nesterov;     ///< sgd
};
/* adam     m = beta1 m + share1 h, v = beta2 v + share2 h^2,
 *          w -= rate m / (root sqrt(v) + epsilon)
 * rmsprop  v = beta2 v + share2 h^2, m = beta1 m + h / (sqrt(v) + epsilon),
 *          w -= rate m
 * sgd      m = beta1 m + h, w -= rate (nesterov ? h + beta1 m : m) */
typedef void sinew_f32_adam_fn(const struct sinew_update *update);
typedef void sinew_f32_rmsprop_fn(const struct sinew_update *update);
typedef void sinew_f32_sgd_fn(const struct sinew_update *update);

/* dx[c] += dy[c] at the place of the window where x[c] is largest, the first of
 * equal ones, c < n; rows and cols of both windows are the same, >= 1. */
typedef void sinew_f32_max_grad_fn(const float *x, const float *dy, float *dx,
                                   int64_t n, const struct sinew_window *in,
                                   const struct sinew_window *out);

/* `steps` times SINEW_PEAK_SUMS multiply-adds of whole vectors; what it returns
 * only keeps it from being left out. */
enum { SINEW_PEAK_SUMS = 12 };
typedef float sinew_peak_fn(int64_t steps);

struct sinew_kernels {
#define KERNEL(name, abs, rel, ulp) sinew_##name##_fn *name;
#include "kernel/kernels.def"
#include "kernel/kernels_bf16.def"
#include "kernel/kernels_bf16_train.def"
#include "kernel/kernels_train.def"
#undef KERNEL
#define KERNEL_U8(name) sinew_##name##_fn *name;
#include "kernel/kernels_u8.def"
#undef KERNEL_U8
    int32_t lanes; ///< floats in a vector
    int32_t u8_lanes; ///< sums in a vector of the integer kernels
    /** Rows and columns of the tiles that f32_gemm works on. */
    int32_t gemm_mr, gemm_nr;
    sinew_peak_fn *peak;
    enum sinew_cpu_level level;
    unsigned flags; ///< enum sinew_cpu_flags in use
    bool exact; ///< no algorithm that trades accuracy for speed (Winograd's)
    bool pairs; ///< the bf16 kernels are those of the processor
    /** Of products whose operator may choose; sinew_kernels_init: F32. */
    enum sinew_factors factors;
};

/* Fills the table for `level`, which this machine must have: the reference
 * first, then every level up to it. */
void sinew_kernels_init(struct sinew_kernels *kernels,
                        enum sinew_cpu_level level);

/* The same with only some of the extensions (enum sinew_cpu_flags) that the
 * level has here: what a machine without the others runs. */
void sinew_kernels_init_with(struct sinew_kernels *kernels,
                             enum sinew_cpu_level level, unsigned flags);

/* Their part that only training runs; for the table's level. */
void sinew_kernels_fill_train(struct sinew_kernels *kernels);

/* Floating-point operations a second that one core does at most with this
 * table's instruction set, measured in about ten milliseconds. */
double sinew_peak_flops(const struct sinew_kernels *kernels);

#endif
