/*
 * filter.h - smoothing of sampled curves, each filter in a file of its own.
 *
 * A curve is an array of values at times in seconds that never decrease; NAN
 * stands for a value that is not known and stays one in every filter but
 * sinew_fill_gaps.
 */
#ifndef SINEW_BIOMECH_FILTER_H
#define SINEW_BIOMECH_FILTER_H

#include "base/base.h"

/* ---- one_euro.c: causal ------------------------------------------------- */

struct sinew_one_euro_settings {
    double min_cutoff; ///< Hz at rest
    double beta;       ///< Hz more for each unit a second
    double d_cutoff;   ///< Hz, of the speed itself
};

/* The state of one value, or of two that move together; all zero to begin. */
#define SINEW_ONE_EURO_MAX 2
struct sinew_one_euro {
    double value[SINEW_ONE_EURO_MAX], speed[SINEW_ONE_EURO_MAX];
    double time;
    bool started;
};

/* Replaces v[0..n-1] by its filtered self. One cut-off, from the length of the
 * speed vector, serves all n values, so that turning the axes turns the result.
 * `unit` says how many of v's units `beta` counts as one. Not finite: untouched
 * and without effect on what follows. */
void sinew_one_euro_step(struct sinew_one_euro *state,
                         const struct sinew_one_euro_settings *settings,
                         double unit, double time, double *v, int n);

/* ---- butterworth.c: zero-lag -------------------------------------------- */

/* A second-order section y = b*x - a*y, a[0] being 1. */
struct sinew_biquad {
    double b[3], a[3];
};

/* The second-order low-pass whose two passes, forwards and backwards, are
 * "fourth order, zero lag"; false when `cutoff` is not below half the rate. */
bool sinew_butterworth_design(struct sinew_biquad *filter, double cutoff,
                              double rate);

/* Samples that a run needs to be filtered: more than this many. */
#define SINEW_BUTTERWORTH_PAD 9

/* Filters v[0..n-1], equally spaced and all finite, forwards and backwards.
 * `scratch` holds n + 2 * SINEW_BUTTERWORTH_PAD values; n is more than
 * SINEW_BUTTERWORTH_PAD. */
void sinew_butterworth_run(const struct sinew_biquad *filter, double *v,
                           int64_t n, double *scratch);

/* Filters every run of finite values of a curve sampled at about `rate`; a step
 * of `limit` samples or more ends a run, too. Runs whose steps are uneven are
 * resampled to even ones and back. Runs too short to be filtered stay, `bit`
 * being set in their marks. */
sinew_status sinew_butterworth(const struct sinew_biquad *filter, double rate,
                               int64_t limit, const double *time, double *v,
                               uint8_t *marks, uint8_t bit,
                               int64_t n) SINEW_NODISCARD;

/* ---- hampel.c: outliers ------------------------------------------------- */

/* Replaces values more than `sigmas` robust standard deviations off the median
 * of the `window` (odd, at most SINEW_HAMPEL_MAX) around them by that median,
 * setting `bit` in their marks; gives how many. */
#define SINEW_HAMPEL_MAX 31
int64_t sinew_hampel(double *v, uint8_t *marks, uint8_t bit, int64_t n,
                     int window, double sigmas, double least);

/* ---- gaps.c: missing samples and uneven times --------------------------- */

/* Fills runs of fewer than `limit` NAN values, when there are values on both
 * sides, by a straight line over time, setting `bit` in their marks; gives how
 * many values were filled. */
int64_t sinew_fill_gaps(const double *time, double *v, uint8_t *marks,
                        uint8_t bit, int64_t n, int64_t limit);

/* Samples a second: the mean of the steps within a tenth of their median, so
 * that dropped samples do not count. 0 when there are fewer than two. `scratch`
 * holds n values. */
double sinew_sample_rate(const double *time, int64_t n, double *scratch);

/* Whether no step of time[0..n-1] is more than a tenth off 1 / rate. */
bool sinew_is_even(const double *time, int64_t n, double rate);

/* v, given at time[0..n-1], at `m` equally spaced times `start`, `start +
 * step`,
 * ...; and back from there to time[0..n-1]. Between samples runs the cubic
 * whose slopes at both ends are those of the parabola through three samples. */
void sinew_resample(const double *time, const double *v, int64_t n,
                    double start, double step, double *even, int64_t m);
void sinew_resample_back(const double *even, int64_t m, double start,
                         double step, const double *time, double *v, int64_t n);

#endif
