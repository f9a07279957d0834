/*
 * bf16_values_tmpl.c - products and windows of values kept as bf16.
 */
#include "kernel/isa.h"
#include "kernel/vec/bf16.h"

/* ---- products ---- */

/* A row of up to RUN numbers waits for its activation. */
enum { RUN = 512 };

SINEW_INLINE vf product(const sinew_bf16 *a, const float *b) {
    return vf_mul(vf_widen(vh_load(a)), vf_load(b));
}

SINEW_INLINE vf product_n(const sinew_bf16 *a, const float *b, int64_t n) {
    return vf_mul(vf_widen(vh_load_n(a, n)), vf_load_n(b, n));
}

static void row(const sinew_bf16 *a, const float *b, sinew_bf16 *y, int64_t n,
                const struct sinew_act *act) {
    float products[RUN];
    int64_t i = 0;

    if (act->kind == SINEW_ACT_NONE) {
        for (; i + VF_LANES <= n; i += VF_LANES)
            vf_store_bf16(y + i, product(a + i, b + i));
        if (i < n)
            vf_store_bf16_n(y + i, product_n(a + i, b + i, n - i), n - i);
        return;
    }
    for (; i + VF_LANES <= n; i += VF_LANES)
        vf_store(products + i, product(a + i, b + i));
    if (i < n) vf_store_n(products + i, product_n(a + i, b + i, n - i), n - i);
    SINEW_NAME(bf16_act)(products, n, y, n, 1, n, act);
}

void SINEW_NAME(bf16_mul)(const sinew_bf16 *a, const float *b, sinew_bf16 *y,
                          const struct sinew_rows *rows,
                          const struct sinew_act *act) {
    for (int64_t r = 0; r < rows->rows; r++) {
        for (int64_t i = 0; i < rows->n; i += RUN)
            row(a + i, b + i, y + i, rows->n - i < RUN ? rows->n - i : RUN,
                act);
        a += rows->row_step[1];
        b += rows->row_step[2];
        y += rows->row_step[0];
    }
}

/* ---- windows, as in window_tmpl.c ---- */

enum { PLACES = 64, WIDE = 4 };

/* Sums of `vectors` vectors, the first n lanes of the last. */
SINEW_INLINE void sums(const sinew_bf16 *x, float *y, int vectors, int64_t n,
                       const struct sinew_window *w, float scale) {
    vf total[WIDE], part[WIDE];

    for (int k = 0; k < vectors; k++)
        total[k] = vf_zero();
    for (int64_t i = 0; i < w->rows; i++) {
        const sinew_bf16 *p = x + i * w->row_step;
        for (int64_t left = w->cols; left > 0; left -= PLACES) {
            int64_t run = left < PLACES ? left : PLACES;
            for (int k = 0; k < vectors; k++)
                part[k] = vf_zero();
            for (int64_t j = 0; j < run; j++, p += w->col_step) {
                SINEW_UNROLL
                for (int k = 0; k < vectors; k++) {
                    vh v = k + 1 < vectors ? vh_load(p + k * VF_LANES)
                                           : vh_load_n(p + k * VF_LANES, n);
                    part[k] = vf_add(part[k], vf_widen(v));
                }
            }
            for (int k = 0; k < vectors; k++)
                total[k] = vf_add(total[k], part[k]);
        }
    }
    for (int k = 0; k < vectors; k++)
        vf_store_n(y + k * VF_LANES, vf_mul(total[k], vf_set1(scale)),
                   k + 1 < vectors ? VF_LANES : n);
}

void SINEW_NAME(bf16_window_sum)(const sinew_bf16 *x, float *y, int64_t n,
                                 const struct sinew_window *window,
                                 float scale) {
    int64_t c = 0;

    for (; c + WIDE * VF_LANES <= n; c += WIDE * VF_LANES)
        sums(x + c, y + c, WIDE, VF_LANES, window, scale);
    for (; c < n; c += VF_LANES)
        sums(x + c, y + c, 1, n - c < VF_LANES ? n - c : VF_LANES, window,
             scale);
}
