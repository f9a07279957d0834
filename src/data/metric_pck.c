/*
 * metric_pck.c - percentage of correct keypoints and its relatives.
 *
 *     PCK_k(t) = #(d_k <= t l) / #(k labelled),   d = |found - labelled|,
 * with l a length of the person: the head for PCKh (Andriluka et al., CVPR
 * 2014), the torso or the box for PCK (Yang & Ramanan, TPAMI 2013). AUC and EPE
 * as in MMPose's keypoint evaluation.
 */
#include "data/metric_pck.h"

#include <math.h>
#include <stdlib.h>

#define LEAST_HEAD     5 /* pixels: shorter heads are labelling noise */
#define AUC_THRESHOLDS 20
#define DEGREES        57.29577951308232

static bool is_counted(const struct sinew_points *points, int joint) {
    return !points->counted || points->counted[joint];
}

/* NAN when there is no label, infinite when it was not found. */
static double distance(const struct sinew_points *points, int64_t person,
                       int joint) {
    const int64_t at = person * points->joints + joint;
    const struct sinew_label *label = &points->labels[at];
    const sinew_keypoint *found = &points->found[at];
    if (!label->seen) return NAN;
    if (!isfinite(found->x) || !isfinite(found->y)) return INFINITY;
    return hypot((double)found->x - (double)label->x,
                 (double)found->y - (double)label->y);
}

void sinew_metric_pck(const struct sinew_points *points, const double *lengths,
                      double threshold, bool strict, struct sinew_rate *rates) {
    for (int k = 0; k < points->joints; k++) {
        rates[k] = (struct sinew_rate){0};
        for (int64_t i = 0; i < points->n && is_counted(points, k); i++) {
            double d = distance(points, i, k), limit = threshold * lengths[i];
            if (!(lengths[i] > 0) || isnan(d)) continue;
            rates[k].count++;
            rates[k].hits += strict ? d < limit : d <= limit;
        }
    }
}

double sinew_rate_share(const struct sinew_rate *rate) {
    return rate->count ? (double)rate->hits / (double)rate->count : NAN;
}

double sinew_rates_mean(const struct sinew_rate *rates, int joints,
                        const bool *use) {
    double sum = 0;
    int n = 0;
    for (int k = 0; k < joints; k++) {
        if (!rates[k].count || (use && !use[k])) continue;
        sum += sinew_rate_share(&rates[k]);
        n++;
    }
    return n ? sum / n : NAN;
}

double sinew_rates_pooled(const struct sinew_rate *rates, int joints,
                          const bool *use) {
    struct sinew_rate all = {0};
    for (int k = 0; k < joints; k++) {
        if (use && !use[k]) continue;
        all.hits += rates[k].hits;
        all.count += rates[k].count;
    }
    return sinew_rate_share(&all);
}

double sinew_metric_auc(const struct sinew_points *points, double pixels) {
    double sum = 0;
    for (int t = 0; t < AUC_THRESHOLDS; t++) {
        double limit = pixels * t / AUC_THRESHOLDS, shares = 0;
        int n = 0;
        for (int k = 0; k < points->joints; k++) {
            struct sinew_rate rate = {0};
            for (int64_t i = 0; i < points->n && is_counted(points, k); i++) {
                double d = distance(points, i, k);
                rate.count += !isnan(d);
                rate.hits += d < limit;
            }
            if (!rate.count) continue;
            shares += sinew_rate_share(&rate);
            n++;
        }
        if (!n) return NAN;
        sum += shares / n;
    }
    return sum / AUC_THRESHOLDS;
}

double sinew_metric_epe(const struct sinew_points *points, int joint) {
    double sum = 0;
    int64_t n = 0;
    for (int64_t i = 0; i < points->n; i++)
        for (int k = 0; k < points->joints; k++) {
            double d = distance(points, i, k);
            if (!isfinite(d) || !is_counted(points, k) ||
                (joint >= 0 && k != joint))
                continue;
            sum += d;
            n++;
        }
    return n ? sum / (double)n : NAN;
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double sinew_metric_median(const struct sinew_points *points,
                           const double *lengths, int joint, double *room) {
    int64_t n = 0;
    for (int64_t i = 0; i < points->n; i++)
        for (int k = 0; k < points->joints; k++) {
            double d = distance(points, i, k);
            if (isnan(d) || !(lengths[i] > 0) || !is_counted(points, k) ||
                (joint >= 0 && k != joint))
                continue;
            room[n++] = d / lengths[i];
        }
    if (n == 0) return NAN;
    qsort(room, (size_t)n, sizeof(*room), compare_doubles);
    return n % 2 ? room[n / 2] : (room[n / 2 - 1] + room[n / 2]) / 2;
}

/* ---- lengths ------------------------------------------------------------ */

/* The label of a part; NULL when the set lacks it or it is not labelled. */
static const struct sinew_label *part(const struct sinew_dataset *set,
                                      int64_t person, int which) {
    int k = sinew_skeleton_part(set->skeleton, which);
    if (k < 0) return NULL;
    const struct sinew_label *label = &sinew_dataset_labels(set, person)[k];
    return label->seen ? label : NULL;
}

static double between(const struct sinew_label *a,
                      const struct sinew_label *b) {
    if (!a || !b) return 0;
    return hypot((double)a->x - (double)b->x, (double)a->y - (double)b->y);
}

double sinew_length_head(const struct sinew_dataset *set, int64_t person) {
    if (set->persons[person].head > 0) return (double)set->persons[person].head;
    double length = between(part(set, person, SINEW_PART_NECK),
                            part(set, person, SINEW_PART_HEAD_TOP));
    return length >= LEAST_HEAD ? length : 0;
}

double sinew_length_torso(const struct sinew_dataset *set, int64_t person) {
    return between(part(set, person, SINEW_PART_LEFT_SHOULDER),
                   part(set, person, SINEW_PART_RIGHT_HIP));
}

double sinew_length_box(const struct sinew_dataset *set, int64_t person) {
    const double *box = set->persons[person].box;
    return fmax(box[2], box[3]);
}

double sinew_trunk_angle(const struct sinew_dataset *set, int64_t person) {
    const struct sinew_label *left = part(set, person, SINEW_PART_LEFT_HIP);
    const struct sinew_label *right = part(set, person, SINEW_PART_RIGHT_HIP);
    const struct sinew_label *neck = part(set, person, SINEW_PART_NECK);
    if (!left || !right || !neck) return NAN;
    double x = (double)neck->x - ((double)left->x + (double)right->x) / 2;
    double y = (double)neck->y - ((double)left->y + (double)right->y) / 2;
    return x == 0 && y == 0 ? NAN : fabs(atan2(x, -y)) * DEGREES;
}
