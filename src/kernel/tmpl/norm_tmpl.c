/*
 * norm_tmpl.c - batch normalisation with an activation behind it, forwards and
 * backwards.
 *
 * The number before the activation is worked out again where the derivative
 * needs it, from x: that costs less than to write and read it. Sums over rows
 * are made in runs of RUN rows, then of the runs, a few vectors of channels at
 * a time, while what the next run needs is asked for.
 */
#include "kernel/isa.h"
#include "kernel/vec/math.h"

#define RUN   64
#define WIDE  2   /* vectors of channels side by side */
#define CHUNK 512 /* channels, so many that rows are long runs of memory */

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

/* Two sums for each of up to CHUNK channels. */
struct totals {
    float sum[CHUNK], other[CHUNK];
};

/* Adds what `rows` rows give to `vectors` whole vectors of channels from j on,
 * or with `part` to the first n lanes of one. Distances from the first row of
 * all, which the mean is near to, so that squares of large means do not hide
 * small variances. */
SINEW_INLINE void add_moments(const float *first, const float *x, int64_t step,
                              int64_t rows, int64_t j, int vectors, int64_t n,
                              int part, struct totals *t) {
    vf centre[WIDE], s[WIDE], q[WIDE];

    SINEW_UNROLL
    for (int k = 0; k < vectors; k++) {
        centre[k] = load(first + j + k * VF_LANES, n, part);
        s[k] = q[k] = vf_zero();
    }
    x += j;
    for (int64_t i = 0; i < rows; i++, x += step) {
        SINEW_UNROLL
        for (int k = 0; k < vectors; k++) {
            vf v = vf_sub(load(x + k * VF_LANES, n, part), centre[k]);
            __builtin_prefetch(x + k * VF_LANES + RUN * step);
            s[k] = vf_add(s[k], v);
            q[k] = vf_fma(v, v, q[k]);
        }
    }
    SINEW_UNROLL
    for (int k = 0; k < vectors; k++) {
        float *sum = t->sum + j + k * VF_LANES;
        float *other = t->other + j + k * VF_LANES;
        vf_store(sum, vf_add(vf_load(sum), s[k]));
        vf_store(other, vf_add(vf_load(other), q[k]));
    }
}

/* Up to CHUNK channels. */
static void moments(const float *x, int64_t step, int64_t rows, int64_t n,
                    float *mean, float *square) {
    struct totals t = {{0}, {0}};

    for (int64_t i = 0; i < rows; i += RUN) {
        int64_t run = rows - i < RUN ? rows - i : RUN, j = 0;
        const float *at = x + i * step;
        for (; j + WIDE * VF_LANES <= n; j += WIDE * VF_LANES)
            add_moments(x, at, step, run, j, WIDE, 0, 0, &t);
        for (; j + VF_LANES <= n; j += VF_LANES)
            add_moments(x, at, step, run, j, 1, 0, 0, &t);
        if (j < n) add_moments(x, at, step, run, j, 1, n - j, 1, &t);
    }
    for (int64_t j = 0; j < n; j++) {
        float apart = t.sum[j] / (float)rows;
        float s = t.other[j] - apart * t.sum[j];
        mean[j] = x[j] + apart;
        square[j] = s > 0.0f ? s : 0.0f;
    }
}

void SINEW_NAME(f32_moments)(const float *x, int64_t step, int64_t rows,
                             int64_t n, float *mean, float *square) {
    for (int64_t j = 0; j < n; j += CHUNK)
        moments(x + j, step, rows, n - j < CHUNK ? n - j : CHUNK, mean + j,
                square + j);
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

/* As add_moments: dz and dz (x - mean) of `rows` rows from x and dy on. */
SINEW_INLINE void add_sums(const struct sinew_norm *g, const float *x,
                           const float *dy, const struct sinew_act *act,
                           int64_t rows, int64_t j, int vectors, int64_t n,
                           int part, struct totals *t) {
    vf mean[WIDE], slope[WIDE], shift[WIDE], s[WIDE], d[WIDE];

    SINEW_UNROLL
    for (int k = 0; k < vectors; k++) {
        mean[k] = load(g->mean + j + k * VF_LANES, n, part);
        slope[k] = load(g->slope + j + k * VF_LANES, n, part);
        shift[k] = load(g->shift + j + k * VF_LANES, n, part);
        s[k] = d[k] = vf_zero();
    }
    x += j;
    dy += j;
    for (int64_t i = 0; i < rows; i++, x += g->x_step, dy += g->dy_step) {
        SINEW_UNROLL
        for (int k = 0; k < vectors; k++) {
            vf v = vf_sub(load(x + k * VF_LANES, n, part), mean[k]);
            vf z = vf_fma(v, slope[k], shift[k]);
            vf dz =
                vf_mul(load(dy + k * VF_LANES, n, part), vf_act_grad(z, act));
            __builtin_prefetch(x + k * VF_LANES + RUN * g->x_step);
            __builtin_prefetch(dy + k * VF_LANES + RUN * g->dy_step);
            s[k] = vf_add(s[k], dz);
            d[k] = vf_fma(dz, v, d[k]);
        }
    }
    SINEW_UNROLL
    for (int k = 0; k < vectors; k++) {
        float *sum = t->sum + j + k * VF_LANES;
        float *other = t->other + j + k * VF_LANES;
        vf_store(sum, vf_add(vf_load(sum), s[k]));
        vf_store(other, vf_add(vf_load(other), d[k]));
    }
}

/* Up to CHUNK channels. */
SINEW_INLINE void sums(const struct job *job, const struct sinew_act *act) {
    const struct sinew_norm *g = job->norm;
    struct totals t = {{0}, {0}};
    int64_t n = g->n;

    for (int64_t i = 0; i < g->rows; i += RUN) {
        int64_t run = g->rows - i < RUN ? g->rows - i : RUN, j = 0;
        const float *x = job->x + i * g->x_step;
        const float *dy = job->dy + i * g->dy_step;
        for (; j + WIDE * VF_LANES <= n; j += WIDE * VF_LANES)
            add_sums(g, x, dy, act, run, j, WIDE, 0, 0, &t);
        for (; j + VF_LANES <= n; j += VF_LANES)
            add_sums(g, x, dy, act, run, j, 1, 0, 0, &t);
        if (j < n) add_sums(g, x, dy, act, run, j, 1, n - j, 1, &t);
    }
    for (int64_t j = 0; j < n; j++) {
        job->sum[j] = t.sum[j];
        job->dot[j] = t.other[j];
    }
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

static void chunk_sums(const struct job *given) {
    const struct job job = *given;

#define SUMS(name, text) CASE(sums, name)
    FOR_ACT(SUMS)
}

void SINEW_NAME(f32_norm_sums)(const struct sinew_norm *norm, const float *x,
                               const float *dy, float *sum, float *dot) {
    for (int64_t j = 0; j < norm->n; j += CHUNK) {
        struct sinew_norm part = *norm;
        part.n = norm->n - j < CHUNK ? norm->n - j : CHUNK;
        part.mean += j;
        part.slope += j;
        part.shift += j;
        const struct job job = {.norm = &part,
                                .x = x + j,
                                .dy = dy + j,
                                .sum = sum + j,
                                .dot = dot + j};
        chunk_sums(&job);
    }
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
