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
 * Numbers below the smallest normal float may become zeros.
 */
#ifndef SINEW_KERNEL_BF16_H
#define SINEW_KERNEL_BF16_H

#include <stdint.h>
#include <string.h>

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

/* f32_gemm and f32_outer with words of pairs for a, b, rows and weights, and
 * `depth` and `steps` counting words; a bias is a float. */
struct sinew_gemm;
typedef void sinew_bf16_gemm_fn(const struct sinew_gemm *gemm);
struct sinew_outer;
typedef void sinew_bf16_outer_fn(const struct sinew_outer *outer);

/* f32_winograd_in with neighbouring channels paired in y, y_step in words.
 * Writes whole vectors. */
typedef void sinew_bf16_winograd_in_fn(const float *const *pixels, float *y,
                                       int64_t y_step, int64_t channels);

#endif
