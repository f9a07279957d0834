/*
 * motion_filter.c - the curves of a recording made smooth: outliers replaced,
 * gaps filled, then the filter.
 *
 * As Sports2D does it keypoints are filtered, not the angles computed from
 * them; recordings that are joint angles have those filtered. With `--filter
 * none` only gaps are filled.
 */
#include <math.h>
#include <stdio.h>
#include "base/base.h"
#include "biomech/motion.h"

#define DEGREES_A_RADIAN 57.29577951308232

static void copy_keypoints(struct sinew_motion *motion) {
    int n = motion->body.n;
    for (int64_t i = 0; i < motion->n; i++)
        for (int k = 0; k < n; k++) {
            struct sinew_spot spot = sinew_spot_of(
                &motion->keypoints[i * n + k], motion->options.min_score);
            motion->tracks[2 * k].v[i] = spot.x;
            motion->tracks[2 * k + 1].v[i] = spot.y;
        }
}

/* Whole turns between one sample and the next are nobody's motion. */
static void copy_angles(struct sinew_motion *motion) {
    for (int a = 0; a < SINEW_ANGLE_COUNT; a++) {
        double before = NAN;
        for (int64_t i = 0; i < motion->n; i++) {
            double degrees = motion->angles[i * SINEW_ANGLE_COUNT + a];
            degrees = isfinite(degrees) ? degrees : NAN;
            before = sinew_angle_wrap(a, degrees, before);
            motion->tracks[a].v[i] = before;
        }
    }
}

/* What the One-Euro filter takes for a metre: the usual size of the person, in
 * pixels; for angles a radian. */
static sinew_status unit_of(const struct sinew_motion *motion, double *unit) {
    *unit = DEGREES_A_RADIAN;
    if (!motion->body.n) return SINEW_OK;
    double *units = sinew_alloc((uint64_t)motion->n, sizeof(*units));
    if (!units) return SINEW_NOMEM;
    for (int64_t i = 0; i < motion->n; i++) {
        struct sinew_figure figure;
        sinew_motion_figure(motion, i, &figure);
        units[i] = sinew_figure_unit(&figure);
    }
    *unit = sinew_middle_mean(units, motion->n);
    sinew_free(units);
    return SINEW_OK;
}

/* Replacing is usual, by a little; what moves by 5 centimetres or degrees is
 * marked. */
static void repair(struct sinew_motion *motion, double unit) {
    bool outliers =
        motion->options.outliers && motion->options.filter != SINEW_FILTER_NONE;
    double least = motion->body.n ? 0.05 * unit : 5;
    for (int i = 0; i < motion->n_tracks; i++) {
        struct sinew_track *track = &motion->tracks[i];
        if (outliers)
            motion->info.outliers +=
                sinew_hampel(track->v, track->marks, SINEW_MARK_OUTLIER,
                             motion->n, 7, 2, least);
        motion->info.interpolated += sinew_fill_gaps(
            motion->time, track->v, track->marks, SINEW_MARK_FILLED, motion->n,
            motion->options.max_gap);
    }
}

static sinew_status run_butterworth(struct sinew_motion *motion) {
    struct sinew_biquad filter;
    double rate = motion->info.rate, cutoff = motion->options.cutoff;
    if (!sinew_butterworth_design(&filter, cutoff, rate)) {
        motion->info.filter = SINEW_FILTER_NONE;
        if (rate == 0) return SINEW_OK; /* a single frame */
        snprintf(motion->note, sizeof(motion->note),
                 "not filtered: %g Hz is not below half of %.3g frames a "
                 "second (Nyquist)",
                 cutoff, rate);
        return SINEW_OK;
    }
    int64_t limit = motion->options.max_gap > 2 ? motion->options.max_gap : 2;
    for (int i = 0; i < motion->n_tracks; i++) {
        sinew_status status = sinew_butterworth(
            &filter, rate, limit, motion->time, motion->tracks[i].v,
            motion->tracks[i].marks, SINEW_MARK_UNFILTERED, motion->n);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

static void run_one_euro(struct sinew_motion *motion, double unit) {
    const sinew_measure_options *o = &motion->options;
    const struct sinew_one_euro_settings settings = {o->min_cutoff, o->beta,
                                                     o->d_cutoff};
    int step = motion->body.n ? 2 : 1; /* x and y go together */
    if (!(unit > 0)) return;           /* no limb is ever seen */
    for (int track = 0; track < motion->n_tracks; track += step) {
        struct sinew_one_euro state = {0};
        for (int64_t i = 0; i < motion->n; i++) {
            double v[2];
            for (int k = 0; k < step; k++)
                v[k] = motion->tracks[track + k].v[i];
            sinew_one_euro_step(&state, &settings, unit, motion->time[i], v,
                                step);
            for (int k = 0; k < step; k++)
                motion->tracks[track + k].v[i] = v[k];
        }
    }
}

sinew_status sinew_motion_smooth(struct sinew_motion *motion) {
    double *scratch = sinew_alloc((uint64_t)motion->n, sizeof(*scratch));
    if (!scratch) return SINEW_NOMEM;
    motion->info.rate = sinew_sample_rate(motion->time, motion->n, scratch);
    sinew_free(scratch);
    if (motion->body.n)
        copy_keypoints(motion);
    else
        copy_angles(motion);
    double unit;
    sinew_status status = unit_of(motion, &unit);
    if (status < 0) return status;
    repair(motion, unit);
    motion->info.filter = motion->options.filter;
    if (motion->options.filter == SINEW_FILTER_BUTTERWORTH)
        return run_butterworth(motion);
    if (motion->options.filter == SINEW_FILTER_ONE_EURO)
        run_one_euro(motion, unit);
    return SINEW_OK;
}

/* A keypoint of a frame with what its tracks are marked with. */
static struct sinew_spot spot_at(const struct sinew_motion *motion, int64_t i,
                                 int k) {
    const struct sinew_track *x = &motion->tracks[2 * k], *y = x + 1;
    uint8_t marks = x->marks[i] | y->marks[i];
    struct sinew_spot spot = {x->v[i], y->v[i], 0, 0};
    if (!isfinite(spot.x) || !isfinite(spot.y))
        spot.flags |= SINEW_FLAG_MISSING;
    else if (!(marks & (SINEW_MARK_FILLED | SINEW_MARK_OUTLIER)))
        spot.score = (double)motion->keypoints[i * motion->body.n + k].score;
    if (marks & SINEW_MARK_FILLED) spot.flags |= SINEW_FLAG_INTERPOLATED;
    if (marks & SINEW_MARK_OUTLIER) spot.flags |= SINEW_FLAG_OUTLIER;
    if (marks & SINEW_MARK_UNFILTERED) spot.flags |= SINEW_FLAG_UNFILTERED;
    return spot;
}

void sinew_motion_figure(const struct sinew_motion *motion, int64_t i,
                         struct sinew_figure *figure) {
    for (int part = 0; part < SINEW_PART_COUNT; part++)
        if (motion->body.index[part] >= 0)
            figure->spots[part] = spot_at(motion, i, motion->body.index[part]);
    sinew_figure_derive(figure, &motion->body, motion->options.picture_width,
                        motion->options.picture_height);
}

void sinew_motion_keypoints(const sinew_motion *motion, int64_t i,
                            sinew_keypoint *keypoints) {
    for (int k = 0; k < motion->body.n; k++) {
        struct sinew_spot spot = spot_at(motion, i, k);
        keypoints[k] =
            (sinew_keypoint){(float)spot.x, (float)spot.y, (float)spot.score};
    }
}
