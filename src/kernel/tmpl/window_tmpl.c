/*
 * window_tmpl.c - the largest and the sum over a window, a few vectors of
 * channels at a time, and the way back from the largest.
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

/* ---- products ---- */

/* `vectors` whole vectors, or with `tail` the first lanes of one. */
SINEW_INLINE void dots(const float *a, const float *b, float *y, int vectors,
                       int64_t tail, const struct sinew_window *window) {
    vf total[WIDE], part[WIDE];

    for (int k = 0; k < vectors; k++)
        total[k] = vf_zero();
    for (int64_t i = 0; i < window->rows; i++) {
        int64_t at = i * window->row_step;
        for (int64_t left = window->cols; left > 0; left -= RUN) {
            int64_t run = left < RUN ? left : RUN;
            for (int k = 0; k < vectors; k++)
                part[k] = vf_zero();
            for (int64_t j = 0; j < run; j++, at += window->col_step) {
                SINEW_UNROLL
                for (int k = 0; k < vectors; k++) {
                    const float *p = a + at + k * VF_LANES;
                    const float *q = b + at + k * VF_LANES;
                    vf v = tail ? vf_load_n(p, tail) : vf_load(p);
                    vf w = tail ? vf_load_n(q, tail) : vf_load(q);
                    part[k] = vf_fma(v, w, part[k]);
                }
            }
            for (int k = 0; k < vectors; k++)
                total[k] = vf_add(total[k], part[k]);
        }
    }
    for (int k = 0; k < vectors; k++)
        if (tail)
            vf_store_n(y, total[k], tail);
        else
            vf_store(y + k * VF_LANES, total[k]);
}

void SINEW_NAME(f32_window_dot)(const float *a, const float *b, float *y,
                                int64_t n, const struct sinew_window *window) {
    int64_t c = 0;

    for (; c + WIDE * VF_LANES <= n; c += WIDE * VF_LANES)
        dots(a + c, b + c, y + c, WIDE, 0, window);
    for (; c + VF_LANES <= n; c += VF_LANES)
        dots(a + c, b + c, y + c, 1, 0, window);
    if (c < n) dots(a + c, b + c, y + c, 1, n - c, window);
}

/* ---- back ---- */

void SINEW_NAME(f32_axpy)(const float *x, float *y, int64_t n, float scale) {
    vf factor = vf_set1(scale);
    int64_t i = 0;

    for (; i + VF_LANES <= n; i += VF_LANES)
        vf_store(y + i, vf_fma(factor, vf_load(x + i), vf_load(y + i)));
    if (i < n) {
        vf old = vf_load_n(y + i, n - i);
        vf_store_n(y + i, vf_fma(factor, vf_load_n(x + i, n - i), old), n - i);
    }
}

/* The first `left` lanes: places are counted as floats, then looked for. */
static void max_grad(const float *x, const float *dy, float *dx, int64_t left,
                     const struct sinew_window *in,
                     const struct sinew_window *out) {
    vf most = vf_set1(-INFINITY), at = vf_zero(), one = vf_set1(1.0f);
    vf place = vf_zero(), flow = vf_load_n(dy, left);

    for (int64_t i = 0; i < in->rows; i++)
        for (int64_t j = 0; j < in->cols; j++) {
            const float *p = x + i * in->row_step + j * in->col_step;
            vf v = vf_load_n(p, left);
            vm more = vf_lt(most, v);
            most = vf_blend(more, v, most);
            at = vf_blend(more, place, at);
            place = vf_add(place, one);
        }
    place = vf_zero();
    for (int64_t i = 0; i < in->rows; i++)
        for (int64_t j = 0; j < in->cols; j++) {
            float *p = dx + i * out->row_step + j * out->col_step;
            vf add = vf_blend(vf_eq(at, place), flow, vf_zero());
            vf_store_n(p, vf_add(vf_load_n(p, left), add), left);
            place = vf_add(place, one);
        }
}

void SINEW_NAME(f32_max_grad)(const float *x, const float *dy, float *dx,
                              int64_t n, const struct sinew_window *in,
                              const struct sinew_window *out) {
    for (int64_t c = 0; c < n; c += VF_LANES)
        max_grad(x + c, dy + c, dx + c, n - c < VF_LANES ? n - c : VF_LANES, in,
                 out);
}
