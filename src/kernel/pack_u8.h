/*
 * pack_u8.h - integer weights in the order that the kernels of u8.h read them.
 *
 * Panels of columns (output channels): bias, sum of the weights and multiplier
 * of each column, 32 bits each, then the weights, four steps of the sum
 * together as dot-product instructions take them. The sums of weights stand for
 * the zero of x: what it adds is taken off before the first product.
 *
 * u8_gemm has panels of 64 columns, the last rounded up to 16: [k /
 * 4][column][k % 4], each tap's depth rounded up to four. u8_dwconv has panels
 * of 4 * u8_lanes channels in the order that unpacking bytes in 128-bit lanes
 * leaves: [tap / 4][channel][tap % 4], channel 16 l + 4 x + e at place (x *
 * lanes / 4 + l) * 4 + e. Where the last
 * panel has 16 channels or fewer, each 128-bit part has them all. What else is
 * rounded up is zeros.
 */
#ifndef SINEW_KERNEL_PACK_U8_H
#define SINEW_KERNEL_PACK_U8_H

#include "kernel/kernel.h"

enum { SINEW_U8_PANEL = 64, SINEW_U8_COLUMNS = 16 };

/* Weights as the model has them: that of kernel row p, kernel column q, input
 * channel k and output j lies at p * step_p + q * step_q + k * step_k + j *
 * step_j; p < kh, q < kw, k < depth, j < n. Steps may be negative. depth is 1
 * for u8_dwconv. */
struct sinew_u8_weights {
    const int8_t *w;
    const int32_t *bias;     ///< [n], or NULL for zeros
    const float *multiplier; ///< [n]
    int64_t n, kh, kw, depth;
    int64_t step_p, step_q, step_k, step_j;
};

/* Bytes of either packed form. */
int64_t sinew_u8_gemm_size(int64_t n, int64_t taps, int64_t depth);
int64_t sinew_u8_dwconv_size(const struct sinew_kernels *kernels, int64_t n,
                             int64_t taps);

void sinew_pack_u8_gemm(const struct sinew_u8_weights *weights, void *packed);
void sinew_pack_u8_dwconv(const struct sinew_kernels *kernels,
                          const struct sinew_u8_weights *weights, void *packed);

/* Place within a dwconv panel of channel c. */
static inline int64_t sinew_u8_place(int64_t lanes, int64_t c) {
    return (c % 16 / 4 * (lanes / 4) + c / 16) * 4 + c % 4;
}

#endif
