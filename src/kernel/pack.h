/*
 * pack.h - weights in the order that the kernels of a table read them.
 *
 * Packed form: panels of columns (output channels), each the bias and then one
 * row of weights a step of the sum, so that a kernel reads straight on.
 * f32_gemm has panels of gemm_nr columns, the last only as many vectors wide as
 * it needs; f32_dwconv has panels of one vector. Columns past the end are
 * zeros. For bf16_gemm two steps of one place of the kernel, for bf16_dwconv two
 * rows of one column of it are one row of words (bf16.h), and its last panel is
 * that of the last columns.
 */
#ifndef SINEW_KERNEL_PACK_H
#define SINEW_KERNEL_PACK_H

#include "kernel/kernel.h"

/* Weights as the model has them: that of kernel row p, kernel column q, input
 * channel k and output channel j lies at p * step_p + q * step_q + k * step_k +
 * j * step_j of `w`, and counts times `alpha`; p < kh, q < kw, k < depth, j < n.
 * Steps may be negative. The sum goes over p, then q, then k. */
struct sinew_weights {
    const float *w, *bias; ///< bias [n], or NULL for zeros
    int64_t n, kh, kw, depth;
    int64_t step_p, step_q, step_k, step_j;
    float alpha; ///< of the weights only
    enum sinew_factors factors; ///< PAIRS: for bf16_gemm or bf16_dwconv
};

/* Floats of either packed form for n columns and `steps` = kh * kw * words of
 * depth; n a multiple of gemm_nr gives where the panel of column n starts. The
 * sizes must be ones that fit memory. */
int64_t sinew_packed_size(const struct sinew_kernels *kernels, int64_t n,
                          int64_t steps);

/* Pack for f32_gemm and for f32_dwconv. */
void sinew_pack_gemm(const struct sinew_kernels *kernels,
                     const struct sinew_weights *weights, float *packed);
void sinew_pack_dwconv(const struct sinew_kernels *kernels,
                       const struct sinew_weights *weights, float *packed);

/* `rows` rows of n floats of x as factors: sinew_factor_words(factors, n) words
 * each, y_step apart. */
void sinew_pack_rows(const struct sinew_kernels *kernels,
                     enum sinew_factors factors, const float *x,
                     int64_t x_step, float *y, int64_t y_step, int64_t rows,
                     int64_t n);

/* f32_gemm or bf16_gemm. */
void sinew_gemm_run(const struct sinew_kernels *kernels,
                    enum sinew_factors factors, const struct sinew_gemm *gemm);

#endif
