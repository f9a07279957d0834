/*
 * window_tmpl.c - the largest and the sum over a window, a few vectors of
 * channels at a time.
 *
 * Sums are made in runs of RUN places, then of the runs, so that the error
 * grows with RUN + places / RUN instead of with their number.
 */
#include <math.h>
#include "kernel/isa.h"
#include "kernel/vec/f32.h"

#define RUN  64
#define WIDE 4 /* vectors of channels side by side */

SINEW_INLINE vf join(vf a, vf b, int max) {
    return max ? vf_max(a, b) : vf_add(a, b);
}

/* `vectors` (a constant) whole vectors, or the first `tail` lanes of one. */
SINEW_INLINE void columns(const float *x, float *y, int vectors, int64_t tail,
                          const struct sinew_window *window, int max,
                          float scale) {
    vf start = vf_set1(max ? -INFINITY : 0.0f);
    vf total[WIDE], part[WIDE];

    for (int k = 0; k < vectors; k++)
        total[k] = start;
    for (int64_t i = 0; i < window->rows; i++) {
        const float *p = x + i * window->row_step;
        for (int64_t left = window->cols; left > 0; left -= RUN) {
            int64_t run = left < RUN ? left : RUN;
            for (int k = 0; k < vectors; k++)
                part[k] = start;
            for (int64_t j = 0; j < run; j++, p += window->col_step) {
                SINEW_UNROLL
                for (int k = 0; k < vectors; k++) {
                    vf v =
                        tail ? vf_load_n(p, tail) : vf_load(p + k * VF_LANES);
                    part[k] = join(part[k], v, max);
                }
            }
            for (int k = 0; k < vectors; k++)
                total[k] = join(total[k], part[k], max);
        }
    }
    for (int k = 0; k < vectors; k++) {
        if (!max) total[k] = vf_mul(total[k], vf_set1(scale));
        if (tail)
            vf_store_n(y, total[k], tail);
        else
            vf_store(y + k * VF_LANES, total[k]);
    }
}

SINEW_INLINE void all_columns(const float *x, float *y, int64_t n,
                              const struct sinew_window *window, int max,
                              float scale) {
    int64_t c = 0;

    for (; c + WIDE * VF_LANES <= n; c += WIDE * VF_LANES)
        columns(x + c, y + c, WIDE, 0, window, max, scale);
    for (; c + VF_LANES <= n; c += VF_LANES)
        columns(x + c, y + c, 1, 0, window, max, scale);
    if (c < n) columns(x + c, y + c, 1, n - c, window, max, scale);
}

void SINEW_NAME(f32_window_max)(const float *x, float *y, int64_t n,
                                const struct sinew_window *window) {
    all_columns(x, y, n, window, 1, 1.0f);
}

void SINEW_NAME(f32_window_sum)(const float *x, float *y, int64_t n,
                                const struct sinew_window *window,
                                float scale) {
    all_columns(x, y, n, window, 0, scale);
}
