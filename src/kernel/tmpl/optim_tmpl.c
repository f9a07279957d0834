/*
 * optim_tmpl.c - steps of optimisers over vectors of parameters.
 */
#include "kernel/isa.h"
#include "kernel/vec/f32.h"

#define RUN 64 /* vectors summed in single precision before they go on */

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

void SINEW_NAME(f32_approach)(const float *x, float *y, int64_t n,
                              float share) {
    vf factor = vf_set1(share);
    int64_t i = 0;

    for (; i + VF_LANES <= n; i += VF_LANES) {
        vf old = vf_load(y + i);
        vf_store(y + i, vf_fma(factor, vf_sub(vf_load(x + i), old), old));
    }
    if (i < n) {
        vf old = vf_load_n(y + i, n - i);
        vf apart = vf_sub(vf_load_n(x + i, n - i), old);
        vf_store_n(y + i, vf_fma(factor, apart, old), n - i);
    }
}

double SINEW_NAME(f32_squares)(const float *x, int64_t n) {
    double sum = 0.0;
    int64_t i = 0;

    while (i + VF_LANES <= n) {
        vf part = vf_zero();
        for (int k = 0; k < RUN && i + VF_LANES <= n; k++, i += VF_LANES) {
            vf v = vf_load(x + i);
            part = vf_fma(v, v, part);
        }
        sum += (double)vf_sum(part);
    }
    vf last = vf_load_n(x + i, n - i);
    return sum + (double)vf_sum(vf_mul(last, last));
}

/* h of element i, and w in *w. */
SINEW_INLINE vf slope(const struct sinew_update *u, int64_t i, int64_t n,
                      int part, vf *w) {
    vf g = load(u->g + i, n, part);

    *w = load(u->w + i, n, part);
    return vf_fma(vf_set1(u->couple), *w, vf_mul(vf_set1(u->scale), g));
}

SINEW_INLINE void adam(const struct sinew_update *u, int64_t i, int64_t n,
                       int part) {
    vf w, h = slope(u, i, n, part, &w);
    vf m = vf_mul(vf_set1(u->beta1), load(u->m + i, n, part));
    vf v = vf_mul(vf_set1(u->beta2), load(u->v + i, n, part));

    m = vf_fma(vf_set1(u->share1), h, m);
    v = vf_fma(vf_mul(vf_set1(u->share2), h), h, v);
    store(u->m + i, m, n, part);
    store(u->v + i, v, n, part);
    v = vf_fma(vf_set1(u->root), vf_sqrt(v), vf_set1(u->epsilon));
    m = vf_div(vf_mul(vf_set1(u->rate), m), v);
    store(u->w + i, vf_sub(vf_mul(vf_set1(u->keep), w), m), n, part);
}

SINEW_INLINE void rmsprop(const struct sinew_update *u, int64_t i, int64_t n,
                          int part) {
    vf w, h = slope(u, i, n, part, &w);
    vf v = vf_mul(vf_set1(u->beta2), load(u->v + i, n, part));
    vf m = vf_mul(vf_set1(u->beta1), load(u->m + i, n, part));

    v = vf_fma(vf_mul(vf_set1(u->share2), h), h, v);
    m = vf_add(m, vf_div(h, vf_add(vf_sqrt(v), vf_set1(u->epsilon))));
    store(u->v + i, v, n, part);
    store(u->m + i, m, n, part);
    w = vf_mul(vf_set1(u->keep), w);
    store(u->w + i, vf_fnma(vf_set1(u->rate), m, w), n, part);
}

SINEW_INLINE void sgd(const struct sinew_update *u, int64_t i, int64_t n,
                      int part) {
    vf w, h = slope(u, i, n, part, &w), momentum = vf_set1(u->beta1);
    vf m = vf_fma(momentum, load(u->m + i, n, part), h);

    store(u->m + i, m, n, part);
    if (u->nesterov) m = vf_fma(momentum, m, h);
    w = vf_mul(vf_set1(u->keep), w);
    store(u->w + i, vf_fnma(vf_set1(u->rate), m, w), n, part);
}

#define UPDATE(rule)                                                           \
    void SINEW_NAME(f32_##rule)(const struct sinew_update *u) {                \
        int64_t i = 0;                                                         \
        for (; i + VF_LANES <= u->n; i += VF_LANES)                            \
            rule(u, i, 0, 0);                                                  \
        if (i < u->n) rule(u, i, u->n - i, 1);                                 \
    }
UPDATE(adam)
UPDATE(rmsprop)
UPDATE(sgd)
