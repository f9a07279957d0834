/*
 * norm_tmpl.c - batch normalisation with an activation behind it, forwards and
 * backwards.
 *
 * The number before the activation is worked out again where the derivative
 * needs it, from x: that costs less than to write and read it. Sums over rows
 * are made in runs of RUN rows, then of the runs, a few vectors of channels at
 * a time.
 */
#include "kernel/isa.h"
#include "kernel/vec/math.h"

#define RUN  64
#define WIDE 2 /* vectors of channels side by side */

/* A vector, or with `part` its first n lanes. */
SINEW_INLINE vf load(const float *p, int64_t n, int part) {
    return part ? vf_load_n(p, n) : vf_load(p);
}

SINEW_INLINE void store(float *p, vf v, int64_t n, int part) {
    if (part)
        vf_store_n(p, v, n);
    else
        vf_store(p, v);
}

/* ---- the statistics ---- */

/* Distances from the first row, which the mean is near to, so that squares of
 * large means do not hide small variances. `vectors` whole ones, or with `part`
 * the first n lanes of one. */
SINEW_INLINE void moments(const float *x, int64_t step, int64_t rows,
                          int vectors, int64_t n, int part, float *mean,
                          float *square) {
    vf first[WIDE], sum[WIDE], squares[WIDE];
    vf count = vf_set1((float)rows);

    SINEW_UNROLL
    for (int k = 0; k < vectors; k++) {
        first[k] = load(x + k * VF_LANES, n, part);
        sum[k] = squares[k] = vf_zero();
    }
    for (int64_t left = rows; left > 0; left -= RUN) {
        int64_t run = left < RUN ? left : RUN;
        vf s[WIDE], q[WIDE];
        SINEW_UNROLL
        for (int k = 0; k < vectors; k++)
            s[k] = q[k] = vf_zero();
        for (int64_t i = 0; i < run; i++, x += step) {
            SINEW_UNROLL
            for (int k = 0; k < vectors; k++) {
                vf v = vf_sub(load(x + k * VF_LANES, n, part), first[k]);
                s[k] = vf_add(s[k], v);
                q[k] = vf_fma(v, v, q[k]);
            }
        }
        SINEW_UNROLL
        for (int k = 0; k < vectors; k++) {
            sum[k] = vf_add(sum[k], s[k]);
            squares[k] = vf_add(squares[k], q[k]);
        }
    }
    SINEW_UNROLL
    for (int k = 0; k < vectors; k++) {
        vf m = vf_div(sum[k], count);
        vf s = vf_max(vf_zero(), vf_fnma(m, sum[k], squares[k]));
        store(mean + k * VF_LANES, vf_add(first[k], m), n, part);
        store(square + k * VF_LANES, s, n, part);
    }
}

void SINEW_NAME(f32_moments)(const float *x, int64_t step, int64_t rows,
                             int64_t n, float *mean, float *square) {
    int64_t j = 0;

    for (; j + WIDE * VF_LANES <= n; j += WIDE * VF_LANES)
        moments(x + j, step, rows, WIDE, 0, 0, mean + j, square + j);
    for (; j + VF_LANES <= n; j += VF_LANES)
        moments(x + j, step, rows, 1, 0, 0, mean + j, square + j);
    if (j < n) moments(x + j, step, rows, 1, n - j, 1, mean + j, square + j);
}

/* ---- one activation, a constant in each copy of the loops ---- */

/* What the three loops over elements are given. */
struct job {
    const struct sinew_norm *norm;
    const float *x, *dy, *along, *level;
    float *y, *sum, *dot;
};

/* As vf_act, but the factor of swish stays a factor: dividing by it, which may
 * trap, would be done again for every row. */
static inline vf bend(vf x, const struct sinew_act *act) {
    vf one = vf_set1(1.0f);

    if (act->kind != SINEW_ACT_SWISH) return vf_act(x, act);
    return vf_div(vf_mul(vf_set1(act->a), x), vf_add(vf_exp_neg(x), one));
}

/* Element j.. of a row at x. */
SINEW_INLINE void forward_at(const struct sinew_norm *g, const float *x,
                             float *y, int64_t j, int64_t n, int part,
                             const struct sinew_act *act) {
    vf z = vf_sub(load(x + j, n, part), load(g->mean + j, n, part));

    z = vf_fma(z, load(g->slope + j, n, part), load(g->shift + j, n, part));
    store(y + j, bend(z, act), n, part);
}

SINEW_INLINE void forward(const struct job *job, const struct sinew_act *act) {
    const struct sinew_norm *g = job->norm;
    const float *x = job->x;
    float *y = job->y;

    for (int64_t i = 0; i < g->rows; i++, x += g->x_step, y += g->y_step) {
        int64_t j = 0;
        for (; j + VF_LANES <= g->n; j += VF_LANES)
            forward_at(g, x, y, j, 0, 0, act);
        if (j < g->n) forward_at(g, x, y, j, g->n - j, 1, act);
    }
}

SINEW_INLINE void backward_at(const struct job *job, const float *x,
                              const float *dy, float *dx, int64_t j, int64_t n,
                              int part, const struct sinew_act *act) {
    const struct sinew_norm *g = job->norm;
    vf slope = load(g->slope + j, n, part);
    vf v = vf_sub(load(x + j, n, part), load(g->mean + j, n, part));
    vf z = vf_fma(v, slope, load(g->shift + j, n, part));
    vf dz = vf_mul(load(dy + j, n, part), vf_act_grad(z, act));

    v = vf_fma(v, load(job->along + j, n, part),
               load(job->level + j, n, part));
    store(dx + j, vf_fma(dz, slope, v), n, part);
}

SINEW_INLINE void backward(const struct job *job,
                           const struct sinew_act *act) {
    const struct sinew_norm *g = job->norm;
    const float *x = job->x, *dy = job->dy;
    float *dx = job->y;

    for (int64_t i = 0; i < g->rows; i++) {
        int64_t j = 0;
        for (; j + VF_LANES <= g->n; j += VF_LANES)
            backward_at(job, x, dy, dx, j, 0, 0, act);
        if (j < g->n) backward_at(job, x, dy, dx, j, g->n - j, 1, act);
        x += g->x_step;
        dy += g->dy_step;
        dx += g->dx_step;
    }
}

/* `vectors` of channels from j on, or with `part` the first n lanes of one. */
SINEW_INLINE void sums(const struct job *job, const struct sinew_act *act,
                       int64_t j, int vectors, int64_t n, int part) {
    const struct sinew_norm *g = job->norm;
    const float *x = job->x + j, *dy = job->dy + j;
    vf mean[WIDE], slope[WIDE], shift[WIDE], sum[WIDE], dot[WIDE];

    SINEW_UNROLL
    for (int k = 0; k < vectors; k++) {
        mean[k] = load(g->mean + j + k * VF_LANES, n, part);
        slope[k] = load(g->slope + j + k * VF_LANES, n, part);
        shift[k] = load(g->shift + j + k * VF_LANES, n, part);
        sum[k] = dot[k] = vf_zero();
    }
    for (int64_t left = g->rows; left > 0; left -= RUN) {
        int64_t run = left < RUN ? left : RUN;
        vf s[WIDE], t[WIDE];
        SINEW_UNROLL
        for (int k = 0; k < vectors; k++)
            s[k] = t[k] = vf_zero();
        for (int64_t i = 0; i < run; i++, x += g->x_step, dy += g->dy_step) {
            SINEW_UNROLL
            for (int k = 0; k < vectors; k++) {
                vf v = vf_sub(load(x + k * VF_LANES, n, part), mean[k]);
                vf z = vf_fma(v, slope[k], shift[k]);
                vf d = vf_mul(load(dy + k * VF_LANES, n, part),
                              vf_act_grad(z, act));
                s[k] = vf_add(s[k], d);
                t[k] = vf_fma(d, v, t[k]);
            }
        }
        SINEW_UNROLL
        for (int k = 0; k < vectors; k++) {
            sum[k] = vf_add(sum[k], s[k]);
            dot[k] = vf_add(dot[k], t[k]);
        }
    }
    SINEW_UNROLL
    for (int k = 0; k < vectors; k++) {
        store(job->sum + j + k * VF_LANES, sum[k], n, part);
        store(job->dot + j + k * VF_LANES, dot[k], n, part);
    }
}

SINEW_INLINE void all_sums(const struct job *job,
                           const struct sinew_act *act) {
    int64_t n = job->norm->n, j = 0;

    for (; j + WIDE * VF_LANES <= n; j += WIDE * VF_LANES)
        sums(job, act, j, WIDE, 0, 0);
    for (; j + VF_LANES <= n; j += VF_LANES)
        sums(job, act, j, 1, 0, 0);
    if (j < n) sums(job, act, j, 1, n - j, 1);
}

/* One copy of `loop` for each activation. */
#define FOR_ACT(case_of)                                                       \
    switch (job.norm->act.kind) {                                              \
        SINEW_ACT_MAP(case_of)                                                 \
    default:                                                                   \
        break;                                                                 \
    }
#define CASE(loop, name)                                                       \
    case SINEW_ACT_##name: {                                                   \
        const struct sinew_act act = {SINEW_ACT_##name, job.norm->act.a,       \
                                      job.norm->act.b};                        \
        loop(&job, &act);                                                      \
        break;                                                                 \
    }

void SINEW_NAME(f32_norm)(const struct sinew_norm *norm, const float *x,
                          float *y) {
    const struct job job = {.norm = norm, .x = x, .y = y};

#define FORWARD(name, text) CASE(forward, name)
    FOR_ACT(FORWARD)
}

void SINEW_NAME(f32_norm_sums)(const struct sinew_norm *norm, const float *x,
                               const float *dy, float *sum, float *dot) {
    const struct job job = {
        .norm = norm, .x = x, .dy = dy, .sum = sum, .dot = dot};

#define SUMS(name, text) CASE(all_sums, name)
    FOR_ACT(SUMS)
}

void SINEW_NAME(f32_norm_grad)(const struct sinew_norm *norm, const float *x,
                               const float *dy, float *dx, const float *along,
                               const float *level) {
    const struct job job = {.norm = norm,
                            .x = x,
                            .dy = dy,
                            .y = dx,
                            .along = along,
                            .level = level};

#define BACKWARD(name, text) CASE(backward, name)
    FOR_ACT(BACKWARD)
}
