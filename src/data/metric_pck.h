/*
 * metric_pck.h - how far found keypoints are from labelled ones: shares within
 * a distance (PCK, PCKh), the area under that curve, mean distance.
 */
#ifndef SINEW_DATA_METRIC_PCK_H
#define SINEW_DATA_METRIC_PCK_H

#include "data/dataset.h"

/* What was found of `n` people and what is labelled. */
struct sinew_points {
    int64_t n;
    int joints;
    const sinew_keypoint *found;      ///< [n][joints]; x NAN = not found
    const struct sinew_label *labels; ///< [n][joints]
    const bool *counted;              ///< [joints], NULL = all
};

/* Of one joint: those near enough, of those labelled. */
struct sinew_rate {
    int64_t hits, count;
};

/* rates[joint] over all people whose length is above 0: a labelled keypoint is
 * a hit when its distance is at most `threshold` lengths, or with `strict` less
 * than that. What was not found is a miss. */
void sinew_metric_pck(const struct sinew_points *points, const double *lengths,
                      double threshold, bool strict, struct sinew_rate *rates);

/* Share of hits, 0 ... 1; NAN when nothing is labelled. */
double sinew_rate_share(const struct sinew_rate *rate);

/* Mean of the joints' shares, and share of all hits (joints weighted by how
 * often they are labelled), over the joints of `use` (NULL = all). */
double sinew_rates_mean(const struct sinew_rate *rates, int joints,
                        const bool *use);
double sinew_rates_pooled(const struct sinew_rate *rates, int joints,
                          const bool *use);

/* Mean over thresholds 0, 1/20, ... 19/20 of `pixels` of the mean strict PCK,
 * as MMPose computes it: 0.95 at best. */
double sinew_metric_auc(const struct sinew_points *points, double pixels);

/* Mean distance in pixels over all labelled keypoints that were found; with
 * `joint` >= 0 of that joint alone. NAN when there are none. */
double sinew_metric_epe(const struct sinew_points *points, int joint);

/* Median distance in lengths of the person over all labelled keypoints of
 * people whose length is above 0, with `joint` >= 0 of that joint alone; what
 * was not found is infinitely far. NAN when there are none. `room` holds
 * points->n * points->joints numbers. */
double sinew_metric_median(const struct sinew_points *points,
                           const double *lengths, int joint, double *room);

/* ---- lengths of a person; 0 = cannot be told ------------------------------
 */

/* The head: what the set says (MPII: 0.6 of the head box's diagonal), else from
 * neck to head top as labelled, at least 5 pixels. */
double sinew_length_head(const struct sinew_dataset *set, int64_t person);
/* From left shoulder to right hip as labelled. */
double sinew_length_torso(const struct sinew_dataset *set, int64_t person);
/* The longer side of the box. */
double sinew_length_box(const struct sinew_dataset *set, int64_t person);

/* Degrees between the trunk (middle of the labelled hips to the neck) and
 * upright, 0 ... 180; NAN when these are not labelled. */
double sinew_trunk_angle(const struct sinew_dataset *set, int64_t person);

#endif
