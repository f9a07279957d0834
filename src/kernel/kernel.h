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

#include <stdint.h>
#include "kernel/act.h"
#include "kernel/cpu.h"

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
    int64_t x_row, x_col, h, w;
    int64_t channels;
    int32_t kh, kw, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left; ///< may be negative: the window starts inside
    const float *weights;
    float *y;
    int64_t y_row, y_col, ow, begin, end;
    struct sinew_act act;
};
typedef void sinew_f32_dwconv_fn(const struct sinew_dwconv *dwconv);

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

/* Matrices of four-byte elements of any type, `count` of them, x_next and
 * y_next apart: y[c * y_step + r] = x[r * x_step + c], r < rows, c < cols. */
struct sinew_transpose {
    int64_t count, rows, cols;
    int64_t x_step, y_step, x_next, y_next;
};
typedef void sinew_x32_transpose_fn(const void *x, void *y,
                                    const struct sinew_transpose *shape);

struct sinew_kernels {
#define KERNEL(name, abs, rel, ulp) sinew_##name##_fn *name;
#include "kernel/kernels.def"
#undef KERNEL
    int32_t lanes; ///< floats in a vector
    /** Rows and columns of the tiles that f32_gemm works on. */
    int32_t gemm_mr, gemm_nr;
    enum sinew_cpu_level level;
    unsigned flags; ///< enum sinew_cpu_flags in use
};

/* Fills the table for `level`, which this machine must have: the reference
 * first, then every level up to it. */
void sinew_kernels_init(struct sinew_kernels *kernels,
                        enum sinew_cpu_level level);

#endif
