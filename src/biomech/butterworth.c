/*
 * butterworth.c - the low-pass of biomechanics: a second-order Butterworth
 * filter run forwards and backwards, fourth order and without delay.
 *
 * The analogue prototype 1 / (s^2 + sqrt(2) s + 1) becomes digital by the
 * bilinear transform with the cut-off pre-warped, K = tan(pi f / rate). As
 * SciPy's filtfilt does by default, each end is continued by its odd reflection
 * over 3 * 3 samples, and the filter starts in the state that a constant signal
 * of the first value would have left (Gustafsson, "Determining the initial
 * states in forward-backward filtering", IEEE Trans. Signal Processing 44(4),
 * 1996, describes the problem).
 *
 * No correction is made to the cut-off for the double pass: at `cutoff` the
 * amplitude is 1/2, as in the programs this is compared with.
 */
#include <math.h>
#include <string.h>
#include "biomech/filter.h"

#define PI 3.141592653589793

bool sinew_butterworth_design(struct sinew_biquad *filter, double cutoff,
                              double rate) {
    if (!(cutoff > 0) || !(cutoff < rate / 2)) return false;
    double k = tan(PI * cutoff / rate), root = sqrt(2.0) * k;
    double scale = 1 / (1 + root + k * k);
    filter->b[0] = k * k * scale;
    filter->b[1] = 2 * filter->b[0];
    filter->b[2] = filter->b[0];
    filter->a[0] = 1;
    filter->a[1] = 2 * (k * k - 1) * scale;
    filter->a[2] = (1 - root + k * k) * scale;
    return true;
}

/* One pass in direct form II transposed, over v[0], v[step], ... (n values),
 * from the state that the constant v[0] leaves: output equal to input, hence
 * z0 = v - b0 v and z1 = b2 v - a2 v. */
static void pass(const struct sinew_biquad *f, double *v, int64_t n,
                 int64_t step) {
    double z0 = (1 - f->b[0]) * *v, z1 = (f->b[2] - f->a[2]) * *v;
    for (int64_t i = 0; i < n; i++, v += step) {
        double x = *v, y = f->b[0] * x + z0;
        z0 = f->b[1] * x - f->a[1] * y + z1;
        z1 = f->b[2] * x - f->a[2] * y;
        *v = y;
    }
}

void sinew_butterworth_run(const struct sinew_biquad *filter, double *v,
                           int64_t n, double *scratch) {
    const int pad = SINEW_BUTTERWORTH_PAD;
    int64_t total = n + 2 * pad;
    for (int i = 0; i < pad; i++) {
        scratch[i] = 2 * v[0] - v[pad - i];
        scratch[pad + n + i] = 2 * v[n - 1] - v[n - 2 - i];
    }
    memcpy(scratch + pad, v, (size_t)n * sizeof(*v));
    pass(filter, scratch, total, 1);
    pass(filter, scratch + total - 1, total, -1);
    memcpy(v, scratch + pad, (size_t)n * sizeof(*v));
}

/* Samples at even steps that a run makes. */
static int64_t even_count(double rate, const double *time, int64_t n) {
    return (int64_t)ceil((time[n - 1] - time[0]) * rate - 1e-6) + 1;
}

/* One run; `scratch` has room for both the even samples and their padding. */
static bool filter_run(const struct sinew_biquad *filter, double rate,
                       const double *time, double *v, int64_t n,
                       double *scratch) {
    if (sinew_is_even(time, n, rate)) {
        if (n <= SINEW_BUTTERWORTH_PAD) return false;
        sinew_butterworth_run(filter, v, n, scratch);
        return true;
    }
    int64_t m = even_count(rate, time, n);
    if (m <= SINEW_BUTTERWORTH_PAD) return false;
    sinew_resample(time, v, n, time[0], 1 / rate, scratch, m);
    sinew_butterworth_run(filter, scratch, m, scratch + m);
    sinew_resample_back(scratch, m, time[0], 1 / rate, time, v, n);
    return true;
}

/* The end of the run that begins at `i`. */
static int64_t run_end(double rate, int64_t limit, const double *time,
                       const double *v, int64_t i, int64_t n) {
    for (i++; i < n && isfinite(v[i]); i++)
        if (!((time[i] - time[i - 1]) * rate < (double)limit)) break;
    return i;
}

sinew_status sinew_butterworth(const struct sinew_biquad *filter, double rate,
                               int64_t limit, const double *time, double *v,
                               uint8_t *marks, uint8_t bit, int64_t n) {
    int64_t most = 0;
    for (int64_t i = 0, end; i < n; i = end) {
        end = i + 1;
        if (!isfinite(v[i])) continue;
        end = run_end(rate, limit, time, v, i, n);
        int64_t even = even_count(rate, time + i, end - i);
        int64_t size = even > end - i ? even : end - i;
        most = size > most ? size : most;
    }
    double *scratch = sinew_alloc(
        2 * (uint64_t)most + 2 * SINEW_BUTTERWORTH_PAD, sizeof(*scratch));
    if (!scratch) return SINEW_NOMEM;
    for (int64_t i = 0, end; i < n; i = end) {
        end = i + 1;
        if (!isfinite(v[i])) continue;
        end = run_end(rate, limit, time, v, i, n);
        if (!filter_run(filter, rate, time + i, v + i, end - i, scratch))
            for (int64_t j = i; j < end; j++)
                marks[j] |= bit;
    }
    sinew_free(scratch);
    return SINEW_OK;
}
