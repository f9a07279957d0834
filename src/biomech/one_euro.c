/*
 * one_euro.c - the One-Euro filter: a first-order low-pass whose cut-off rises
 * with speed, so that rest is steady and motion is not late.
 *
 * Casiez, Roussel and Vogel, "1 Euro Filter: A Simple Speed-based Low-pass
 * Filter for Noisy Input in Interactive Systems", CHI 2012, algorithm 1, with
 * the true time between samples in place of a rate:
 *
 *     alpha(f) = 1 / (1 + 1 / (2 pi f dt))
 *     speed  <- alpha(d_cutoff) (x - value) / dt + (1 - alpha) speed
 *     f       = min_cutoff + beta |speed|
 *     value  <- alpha(f) x + (1 - alpha) value
 */
#include <math.h>
#include "biomech/filter.h"

#define TWO_PI 6.283185307179586

static double alpha(double cutoff, double dt) {
    return 1 / (1 + 1 / (TWO_PI * cutoff * dt));
}

static void begin(struct sinew_one_euro *state, double time, const double *v,
                  int n) {
    for (int i = 0; i < n; i++) {
        state->value[i] = v[i];
        state->speed[i] = 0;
    }
    state->time = time;
    state->started = true;
}

void sinew_one_euro_step(struct sinew_one_euro *state,
                         const struct sinew_one_euro_settings *settings,
                         double unit, double time, double *v, int n) {
    double dt = time - state->time, square = 0;
    for (int i = 0; i < n; i++)
        if (!isfinite(v[i])) return;
    if (!state->started) {
        begin(state, time, v, n);
        return;
    }
    if (dt > 0) {
        double a = alpha(settings->d_cutoff, dt);
        for (int i = 0; i < n; i++) {
            double speed = (v[i] - state->value[i]) / dt;
            state->speed[i] = a * speed + (1 - a) * state->speed[i];
            square += state->speed[i] * state->speed[i];
        }
        a = alpha(settings->min_cutoff + settings->beta * sqrt(square) / unit,
                  dt);
        for (int i = 0; i < n; i++)
            state->value[i] = a * v[i] + (1 - a) * state->value[i];
        state->time = time;
    }
    for (int i = 0; i < n; i++)
        v[i] = state->value[i];
}
