/*
 * gemm.c - convolution and matrix product, one sum at a time. Packed weights
 * are here one column after the other: bias, then [taps][depth].
 */
#include "kernel/isa.h"
#include "kernel/ref/act.h"

void sinew_gemm_shape_ref(struct sinew_kernels *kernels) {
    kernels->gemm_mr = kernels->gemm_nr = kernels->lanes = 1;
}

float sinew_peak_ref(int64_t steps) {
    float sum[SINEW_PEAK_SUMS] = {0};

    for (int64_t s = 0; s < steps; s++)
        for (int i = 0; i < SINEW_PEAK_SUMS; i++)
            sum[i] = sum[i] * 0.5f + 1e-9f;
    return sum[0] + sum[SINEW_PEAK_SUMS - 1];
}

static float dot(const struct sinew_gemm *g, int64_t i, const float *w) {
    float sum = *w++;

    for (int64_t t = 0; t < g->taps; t++) {
        const float *x = g->rows[t * g->rows_stride + i];
        for (int64_t k = 0; k < g->depth; k++)
            sum += x[k] * *w++;
    }
    return sum;
}

void sinew_f32_gemm_ref(const struct sinew_gemm *g) {
    int64_t column = 1 + g->taps * g->depth;

    for (int64_t i = 0; i < g->m; i++)
        for (int64_t j = 0; j < g->n; j++)
            g->y[i * g->y_stride + j] =
                sinew_act_ref(dot(g, i, g->w + j * column), &g->act);
}
