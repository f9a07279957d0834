/*
 * gaps.c - samples that are missing, and samples that are not equally spaced.
 *
 * Filters designed for a sampling rate need equal steps. Videos of phones do
 * not have them, so a curve is resampled to equal steps, filtered and sampled
 * back. Both ways go along cubic Hermite curves whose slope at a sample is that
 * of the parabola through it and its neighbours (exact for polynomials of the
 * second degree).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "biomech/filter.h"

int64_t sinew_fill_gaps(const double *time, double *v, uint8_t *marks,
                        uint8_t bit, int64_t n, int64_t limit) {
    int64_t filled = 0, last = -1; /* the finite value before */
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(v[i])) continue;
        int64_t missing = i - last - 1;
        if (last >= 0 && missing > 0 && missing < limit) {
            double span = time[i] - time[last], from = v[last];
            for (int64_t j = last + 1; j < i; j++) {
                double part = span > 0 ? (time[j] - time[last]) / span : 0;
                v[j] = from + part * (v[i] - from);
                marks[j] |= bit;
            }
            filled += missing;
        }
        last = i;
    }
    return filled;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double sinew_sample_rate(const double *time, int64_t n, double *scratch) {
    double sum = 0;
    int64_t count = 0;
    if (n < 2) return 0;
    for (int64_t i = 1; i < n; i++)
        scratch[i - 1] = time[i] - time[i - 1];
    qsort(scratch, (size_t)(n - 1), sizeof(*scratch), compare);
    double middle = scratch[(n - 1) / 2];
    for (int64_t i = 0; i < n - 1; i++)
        if (fabs(scratch[i] - middle) <= 0.1 * middle) {
            sum += scratch[i];
            count++;
        }
    return sum > 0 ? (double)count / sum : 0;
}

bool sinew_is_even(const double *time, int64_t n, double rate) {
    for (int64_t i = 1; i < n; i++)
        if (!(fabs((time[i] - time[i - 1]) * rate - 1) <= 0.1)) return false;
    return true;
}

/* The slope at `at` of the parabola through three points. */
static double parabola_slope(const double t[3], const double v[3], double at) {
    double d01 = (v[1] - v[0]) / (t[1] - t[0]);
    double d12 = (v[2] - v[1]) / (t[2] - t[1]);
    double bend = (d12 - d01) / (t[2] - t[0]);
    return d01 + bend * (2 * at - t[0] - t[1]);
}

/* The cubic from (t[1], v[1]) to (t[2], v[2]) at `at`; t[0] and t[3] are the
 * samples beyond, absent when not finite. */
static double hermite(const double t[4], const double v[4], double at) {
    double step = t[2] - t[1];
    if (!(step > 0)) return v[1];
    double straight = (v[2] - v[1]) / step;
    bool before = isfinite(t[0]) && t[0] < t[1];
    bool after = isfinite(t[3]) && t[3] > t[2];
    double slope1 = before  ? parabola_slope(t, v, t[1])
                    : after ? parabola_slope(t + 1, v + 1, t[1])
                            : straight;
    double slope2 = after    ? parabola_slope(t + 1, v + 1, t[2])
                    : before ? parabola_slope(t, v, t[2])
                             : straight;
    double p = (at - t[1]) / step, q = 1 - p;
    return q * q * (1 + 2 * p) * v[1] + p * p * (1 + 2 * q) * v[2] +
           step * p * q * (q * slope1 - p * slope2);
}

void sinew_resample(const double *time, const double *v, int64_t n,
                    double start, double step, double *even, int64_t m) {
    int64_t at = 0; /* the sample before */
    for (int64_t j = 0; j < m; j++) {
        double moment = start + (double)j * step;
        double t[4], w[4];
        while (at < n - 2 && time[at + 1] <= moment)
            at++;
        for (int64_t k = -1; k < 3; k++) {
            bool there = at + k >= 0 && at + k < n;
            t[k + 1] = there ? time[at + k] : NAN;
            w[k + 1] = there ? v[at + k] : NAN;
        }
        even[j] = n < 2 ? v[0] : hermite(t, w, moment);
    }
}

void sinew_resample_back(const double *even, int64_t m, double start,
                         double step, const double *time, double *v,
                         int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        double t[4], w[4];
        int64_t at = (int64_t)floor((time[i] - start) / step);
        at = at < 0 ? 0 : at > m - 2 ? m - 2 : at;
        for (int64_t k = -1; k < 3; k++) {
            bool there = at + k >= 0 && at + k < m;
            t[k + 1] = there ? start + (double)(at + k) * step : NAN;
            w[k + 1] = there ? even[at + k] : NAN;
        }
        v[i] = m < 2 ? even[0] : hermite(t, w, time[i]);
    }
}
