/*
 * optim.c - steps of optimisers, one parameter at a time.
 */
#include <math.h>
#include "kernel/isa.h"

void sinew_f32_approach_ref(const float *x, float *y, int64_t n, float share) {
    for (int64_t i = 0; i < n; i++)
        y[i] += share * (x[i] - y[i]);
}

double sinew_f32_squares_ref(const float *x, int64_t n) {
    double sum = 0.0;

    for (int64_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

static float slope(const struct sinew_update *u, int64_t i) {
    return u->scale * u->g[i] + u->couple * u->w[i];
}

void sinew_f32_adam_ref(const struct sinew_update *u) {
    for (int64_t i = 0; i < u->n; i++) {
        float h = slope(u, i);
        float m = u->beta1 * u->m[i] + u->share1 * h;
        float v = u->beta2 * u->v[i] + u->share2 * h * h;
        u->m[i] = m;
        u->v[i] = v;
        u->w[i] = u->keep * u->w[i] -
                  u->rate * m / (u->root * sqrtf(v) + u->epsilon);
    }
}

void sinew_f32_rmsprop_ref(const struct sinew_update *u) {
    for (int64_t i = 0; i < u->n; i++) {
        float h = slope(u, i);
        float v = u->beta2 * u->v[i] + u->share2 * h * h;
        float m = u->beta1 * u->m[i] + h / (sqrtf(v) + u->epsilon);
        u->v[i] = v;
        u->m[i] = m;
        u->w[i] = u->keep * u->w[i] - u->rate * m;
    }
}

void sinew_f32_sgd_ref(const struct sinew_update *u) {
    for (int64_t i = 0; i < u->n; i++) {
        float h = slope(u, i);
        float m = u->beta1 * u->m[i] + h;
        u->m[i] = m;
        u->w[i] = u->keep * u->w[i] -
                  u->rate * (u->nesterov ? h + u->beta1 * m : m);
    }
}
