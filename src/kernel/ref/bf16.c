/*
 * bf16.c - products of pairs of bf16, one at a time (bf16.h). Packed weights
 * are here one column after the other: bias, then [taps][depth].
 */
#include "kernel/isa.h"
#include "kernel/ref/act.h"

void sinew_f32_round_ref(const float *x, float *y, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        y[i] = sinew_bf16_round(x[i]);
}

static float pair(float first, float second) {
    return sinew_bf16_pair(sinew_bf16_round(first), sinew_bf16_round(second));
}

void sinew_bf16_pack_ref(const float *x, int64_t x_step, float *y,
                         int64_t y_step, int64_t rows, int64_t n) {
    for (int64_t i = 0; i < rows; i++, x += x_step, y += y_step)
        for (int64_t k = 0; k < n; k += 2)
            y[k / 2] = pair(x[k], k + 1 < n ? x[k + 1] : 0.0f);
}

void sinew_bf16_zip_ref(const float *const *x, float *y, int64_t y_step,
                        int64_t rows, int64_t n) {
    for (int64_t i = 0; i < rows; i += 2, y += y_step)
        for (int64_t j = 0; j < n; j++)
            y[j] = pair(x[i][j], i + 1 < rows ? x[i + 1][j] : 0.0f);
}

static float add_pair(float sum, float x, float w) {
    sum += sinew_bf16_first(x) * sinew_bf16_first(w);
    return sum + sinew_bf16_second(x) * sinew_bf16_second(w);
}

static float dot(const struct sinew_gemm *g, int64_t i, const float *w) {
    float sum = *w++;

    for (int64_t t = 0; t < g->taps; t++) {
        const float *x = g->rows[t * g->rows_stride + i];
        for (int64_t k = 0; k < g->depth; k++)
            sum = add_pair(sum, x[k], *w++);
    }
    return sum;
}

void sinew_bf16_gemm_ref(const struct sinew_gemm *g) {
    int64_t column = 1 + g->taps * g->depth;

    for (int64_t i = 0; i < g->m; i++)
        for (int64_t j = 0; j < g->n; j++)
            g->y[i * g->y_stride + j] =
                sinew_act_ref(dot(g, i, g->w + j * column), &g->act);
}

void sinew_bf16_outer_ref(const struct sinew_outer *o) {
    for (int64_t i = 0; i < o->m; i++)
        for (int64_t j = 0; j < o->n; j++) {
            float sum = 0.0f;
            for (int64_t t = 0; t < o->steps; t++)
                sum = add_pair(sum, o->a[t][i], o->b[t][j]);
            o->y[i * o->y_stride + j] += sum;
        }
}

void sinew_bf16_winograd_in_ref(const float *const *pixels, float *y,
                                int64_t y_step, int64_t channels) {
    enum { POINTS = SINEW_WINOGRAD_POINTS };

    for (int64_t c = 0; c < channels; c += 2) {
        float tile[2 * POINTS];
        const float *two[POINTS];
        int64_t n = c + 1 < channels ? 2 : 1;
        for (int p = 0; p < POINTS; p++) {
            two[p] = pixels[p] + c;
            tile[2 * p + 1] = 0.0f;
        }
        sinew_f32_winograd_in_ref(two, tile, 2, n);
        for (int p = 0; p < POINTS; p++)
            y[p * y_step + c / 2] = pair(tile[2 * p], tile[2 * p + 1]);
    }
}
