/*
 * bf16.h - products of 16-bit floats: the upper half of a float, rounded to
 * nearest even. Sums stay whole floats.
 *
 * Where the processor multiplies pairs of them (AVX-512 BF16's vdpbf16ps), two
 * neighbours along the sum lie in one word of the size of a float, the first in
 * its lower half; a last one that has no neighbour is paired with zero. Words
 * are moved about as floats, never computed with. Elsewhere factors are floats
 * of which the lower half is zero, and the kernels for floats multiply them:
 * what both give differs by the order of sums only.
 *
 * A row of bf16 in memory is a row of such words, so that values kept as bf16
 * between operators are factors as they are. The kernels that read or write
 * them are here too; elsewhere such values are floats, rounded.
 *
 * Numbers below the smallest normal float may become zeros.
 */
#ifndef SINEW_KERNEL_BF16_H
#define SINEW_KERNEL_BF16_H

#include <stdint.h>
#include <string.h>

/* One number in memory: the upper half of a float. */
typedef uint16_t sinew_bf16;

/* What the factors of a product are. */
enum sinew_factors {
    SINEW_FACTORS_F32,     ///< floats
    SINEW_FACTORS_ROUNDED, ///< floats rounded to bf16
    SINEW_FACTORS_PAIRS,   ///< words of two bf16
};

/* Words that hold `depth` factors. */
static inline int64_t sinew_factor_words(enum sinew_factors factors,
                                         int64_t depth) {
    return factors == SINEW_FACTORS_PAIRS ? (depth + 1) / 2 : depth;
}

/* x rounded, as the upper half of a float; NaN stays NaN. */
static inline float sinew_bf16_round(float x) {
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    bits = x != x ? bits | 1u << 22 : bits + 0x7fff + (bits >> 16 & 1);
    bits &= 0xffff0000u;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The same as it is kept, and back. */
static inline sinew_bf16 sinew_bf16_of(float x) {
    uint32_t bits;

    x = sinew_bf16_round(x);
    memcpy(&bits, &x, sizeof bits);
    return (sinew_bf16)(bits >> 16);
}
static inline float sinew_bf16_float(sinew_bf16 x) {
    uint32_t bits = (uint32_t)x << 16;
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Two rounded floats in one word, and back. */
static inline float sinew_bf16_pair(float first, float second) {
    uint32_t low, high;

    memcpy(&low, &first, sizeof low);
    memcpy(&high, &second, sizeof high);
    low = low >> 16 | high;
    memcpy(&first, &low, sizeof first);
    return first;
}
static inline float sinew_bf16_first(float word) {
    uint32_t bits;

    memcpy(&bits, &word, sizeof bits);
    bits <<= 16;
    memcpy(&word, &bits, sizeof word);
    return word;
}
static inline float sinew_bf16_second(float word) {
    uint32_t bits;

    memcpy(&bits, &word, sizeof bits);
    bits &= 0xffff0000u;
    memcpy(&word, &bits, sizeof word);
    return word;
}

/* y[i] = x[i] rounded, i < n. In place. */
typedef void sinew_f32_round_fn(const float *x, float *y, int64_t n);

/* Neighbours of a row paired: for i < rows and k < (n + 1) / 2
 *   y[i * y_step + k] = pair(x[i * x_step + 2k], x[i * x_step + 2k + 1]). */
typedef void sinew_bf16_pack_fn(const float *x, int64_t x_step, float *y,
                                int64_t y_step, int64_t rows, int64_t n);

/* Neighbours from row to row paired: for i < (rows + 1) / 2 and j < n
 *   y[i * y_step + j] = pair(x[2i][j], x[2i + 1][j]). */
typedef void sinew_bf16_zip_fn(const float *const *x, float *y, int64_t y_step,
                               int64_t rows, int64_t n);

/* y[r * y_step + i] = act(x[r * x_step + i]), r < rows and i < n. Exponentials
 * are as good as the result can show. */
struct sinew_act;
typedef void sinew_bf16_act_fn(const float *x, int64_t x_step, sinew_bf16 *y,
                               int64_t y_step, int64_t rows, int64_t n,
                               const struct sinew_act *act);

/* f32_gemm and f32_outer with words of pairs for a, b, rows and weights, and
 * `depth` and `steps` counting words; a bias is a float. Sums of bf16_gemm go
 * to y16 where there is one. */
struct sinew_gemm;
typedef void sinew_bf16_gemm_fn(const struct sinew_gemm *gemm);
struct sinew_outer;
typedef void sinew_bf16_outer_fn(const struct sinew_outer *outer);

/* f32_dwconv from x16 to y16, numbers that are finite. Weights are words that
 * pair rows 2p and 2p + 1 of the kernel, the last row with zeros, and behind
 * all of these words that pair rows 2p - 1 and 2p, the first one with zeros.
 * For kernels of an odd number of rows, less than SINEW_BF16_DWCONV_ROWS, that
 * have a width and stride of the list (both strides are the same), not dilated.
 */
#define SINEW_BF16_DWCONVS(X) X(3, 1) X(3, 2) X(5, 1) X(5, 2)
enum { SINEW_BF16_DWCONV_ROWS = 8 };
struct sinew_dwconv;
typedef void sinew_bf16_dwconv_fn(const struct sinew_dwconv *dwconv);

/* f32_winograd_in with neighbouring channels paired in y, y_step in words, and
 * the same with pointers to pixels of bf16. Write whole vectors. */
typedef void sinew_bf16_winograd_in_fn(const float *const *pixels, float *y,
                                       int64_t y_step, int64_t channels);
typedef void sinew_bf16_winograd_in16_fn(const float *const *pixels, float *y,
                                         int64_t y_step, int64_t channels);
/* f32_winograd_out to y16. */
struct sinew_winograd_out;
typedef void sinew_bf16_winograd_out_fn(const struct sinew_winograd_out *out);

/* y = act(a * b) with b of floats; every step[] is 1. In place in a where that
 * has the same row_step as y. */
struct sinew_rows;
typedef void sinew_bf16_mul_fn(const sinew_bf16 *a, const float *b,
                               sinew_bf16 *y, const struct sinew_rows *rows,
                               const struct sinew_act *act);

/* f32_window_sum of bf16. */
struct sinew_window;
typedef void sinew_bf16_window_sum_fn(const sinew_bf16 *x, float *y, int64_t n,
                                      const struct sinew_window *window,
                                      float scale);

#endif
