/*
 * u8.h - the integer kernels: products of bytes summed in 32 bits and brought
 * back to a byte.
 *
 * A byte q of a tensor stands for (q - zero) * scale. Weights are signed and
 * have no zero of their own, but a scale for each output. A sum of products
 * therefore stands for sum * scale of x * scale of w, and becomes the byte
 *
 *     table[clamp(round(float(sum) * multiplier) + zero, low, high)]
 *
 * multiplier = scale of x * scale of w / scale of y, in single precision;
 * halves round to even: ONNX's QLinearConv as ONNX Runtime computes it. low and
 * high are 0 and 255, or what relu and its like leave. With table NULL the byte
 * stays as it is; a table is any function of one byte: swish on the grid of y.
 *
 * Sums wrap at 32 bits, and all kernels give the same bits at every level.
 * Multipliers are >= 0 and < 1, so that what is rounded fits 32 bits.
 */
#ifndef SINEW_KERNEL_U8_H
#define SINEW_KERNEL_U8_H

#include <stdint.h>

/* How a result becomes a byte. */
struct sinew_u8_target {
    int32_t zero, low, high; ///< 0 <= low <= high <= 255
    const uint8_t *table;    ///< [256], or NULL
};

/* Convolution and matrix product. For rows i < m and columns j < n
 *   y[i * y_stride + j] is the byte of bias[j] + sum over t < taps, k < depth
 * of (rows[t * rows_stride + i][k] - x_zero) * w[t][k][j] Weights, bias and
 * multipliers are packed (pack_u8.h). Over-reads rows. */
struct sinew_u8_gemm {
    const uint8_t *const *rows; ///< [taps][rows_stride], each `depth` bytes
    int64_t rows_stride;        ///< >= m
    int64_t m, n, taps, depth;
    int32_t x_zero;
    const void *w; ///< packed
    uint8_t *y;
    int64_t y_stride;
    struct sinew_u8_target to;
};
typedef void sinew_u8_gemm_fn(const struct sinew_u8_gemm *gemm);

/* Depthwise convolution: the same with channel j of each row for column j,
 *   bias[j] + sum over t < taps of (rows[t * rows_stride + i][j] - x_zero) *
 *   w[t][j],
 * `depth` being n. rows has taps rounded up to a multiple of four, the last of
 * them any that can be read. Over-reads rows. */
typedef void sinew_u8_dwconv_fn(const struct sinew_u8_gemm *dwconv);

/* sums[j] = sum over i < rows of x[i * step + j], j < n. Over-reads x. */
typedef void sinew_u8_sums_fn(const uint8_t *x, int64_t step, int64_t rows,
                              int64_t n, int32_t *sums);

/* y[j] = max of x[i * row_step + l * col_step + j] over a window that is not
 * empty, j < n. Over-reads x. */
struct sinew_window; /* kernel.h */
typedef void sinew_u8_window_max_fn(const uint8_t *x, uint8_t *y, int64_t n,
                                    const struct sinew_window *window);

/* Two operands, a and b, of any grids, rows x n as of f32_binary. With A = a -
 * a_zero and B = b - b_zero:
 *   add  the byte of  A * a_factor + B * b_factor
 *   mul  the byte of  (A * B) * a_factor
 * in single precision, no two operations fused; factors are >= 0 and keep what
 * is rounded within 32 bits. In place in a or b where that has step 1 and the
 * row_step of y. Over-reads a and b. */
struct sinew_rows; /* kernel.h */
struct sinew_u8_binary {
    int32_t multiply; ///< 0 add, 1 mul
    int32_t a_zero, b_zero;
    float a_factor, b_factor;
    struct sinew_u8_target to;
};
typedef void sinew_u8_binary_fn(const uint8_t *a, const uint8_t *b, uint8_t *y,
                                const struct sinew_rows *rows,
                                const struct sinew_u8_binary *binary);

/* y[i] = table[x[i]], i < n. In place. */
typedef void sinew_u8_lookup_fn(const uint8_t *x, uint8_t *y, int64_t n,
                                const uint8_t *table);

/* y[i] = clamp(round(x[i] / scale) + zero, 0, 255); NaN gives 0. */
typedef void sinew_u8_quantize_fn(const float *x, uint8_t *y, int64_t n,
                                  float scale, int32_t zero);
/* y[i] = (x[i] - zero) * scale. */
typedef void sinew_u8_dequantize_fn(const uint8_t *x, float *y, int64_t n,
                                    float scale, int32_t zero);

#endif
