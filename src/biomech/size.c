/*
 * size.c - a person's size in pixels, for metres.
 *
 * The height of a standing person is the sum of foot (heel to ankle), shank,
 * thigh, trunk and head, each seen at its full length from the side. The way
 * from the upper end of the trunk to the top of the head is taken 1.008 times,
 * to the nose 1.5 times; without a head the height is thigh and shank together
 * over 0.485, without a heel 0.039 of it lies below the ankle (segment lengths
 * of Drillis and Contini, in Winter, "Biomechanics and Motor Control of Human
 * Movement"; factors as Sports2D has them). Poses with a hip or knee bent by 90
 * degrees or more, points that were guessed and people seen obliquely are left
 * out, then the more extreme half of what is measured.
 */
#include <math.h>
#include <stdlib.h>
#include "biomech/reading.h"

#define FOOT_OF_HEIGHT 0.039
#define LEG_OF_HEIGHT  0.485

/* Flags that make a length in pixels untrue. */
#define GUESSED                                                                \
    (SINEW_FLAG_INTERPOLATED | SINEW_FLAG_OUTLIER | SINEW_FLAG_CUT |           \
     SINEW_FLAG_OBLIQUE)

/* The mean over both sides of a span, or the side there is. */
static double of_sides(const struct sinew_figure *figure, int right_a,
                       int right_b) {
    double r = sinew_figure_span(figure, right_a, right_b);
    double l = sinew_figure_span(figure, right_a - 1, right_b - 1);
    return !isfinite(r) ? l : !isfinite(l) ? r : (r + l) / 2;
}

static double head_of(const struct sinew_figure *figure) {
    double top =
        sinew_figure_span(figure, SINEW_SITE_TRUNK, SINEW_PART_HEAD_TOP);
    return isfinite(top) ? 1.008 * top
                         : 1.5 * sinew_figure_span(figure, SINEW_SITE_TRUNK,
                                                   SINEW_PART_NOSE);
}

static bool is_upright(const struct sinew_raw_angle *angles) {
    static const int legs[] = {SINEW_ANGLE_HIP, SINEW_ANGLE_HIP_LEFT,
                               SINEW_ANGLE_KNEE, SINEW_ANGLE_KNEE_LEFT};
    bool any = false;
    for (int i = 0; i < 4; i++) {
        const struct sinew_raw_angle *angle = &angles[legs[i]];
        if (!isfinite(angle->degrees)) continue;
        if (angle->flags & GUESSED || fabs(angle->degrees) >= 90) return false;
        any = true;
    }
    return any;
}

struct sinew_size sinew_size_of(const struct sinew_figure *figure,
                                const struct sinew_raw_angle *angles) {
    struct sinew_size size = {NAN, NAN, NAN};
    if (!is_upright(angles)) return size;
    size.thigh = of_sides(figure, SINEW_PART_RIGHT_HIP, SINEW_PART_RIGHT_KNEE);
    size.shank =
        of_sides(figure, SINEW_PART_RIGHT_KNEE, SINEW_PART_RIGHT_ANKLE);
    double foot =
        of_sides(figure, SINEW_PART_RIGHT_ANKLE, SINEW_PART_RIGHT_HEEL);
    double trunk = sinew_figure_span(figure, SINEW_SITE_HIPS, SINEW_SITE_TRUNK);
    double most = size.thigh + size.shank + trunk + head_of(figure);
    if (!isfinite(most))
        size.height = (size.thigh + size.shank) / LEG_OF_HEIGHT;
    else if (isfinite(foot))
        size.height = most + foot;
    else
        size.height = most / (1 - FOOT_OF_HEIGHT);
    return size;
}

double sinew_figure_unit(const struct sinew_figure *figure) {
    const double metres[] = {0.42, 0.42, 0.50, 0.28};
    const double spans[] = {
        of_sides(figure, SINEW_PART_RIGHT_HIP, SINEW_PART_RIGHT_KNEE),
        of_sides(figure, SINEW_PART_RIGHT_KNEE, SINEW_PART_RIGHT_ANKLE),
        sinew_figure_span(figure, SINEW_SITE_HIPS, SINEW_SITE_TRUNK),
        of_sides(figure, SINEW_PART_RIGHT_SHOULDER, SINEW_PART_RIGHT_ELBOW)};
    for (int i = 0; i < 4; i++)
        if (isfinite(spans[i]) && spans[i] > 0) return spans[i] / metres[i];
    return NAN;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double sinew_middle_mean(double *v, int64_t n) {
    int64_t m = 0;
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(v[i])) v[m++] = v[i];
    if (m == 0) return NAN;
    qsort(v, (size_t)m, sizeof(*v), compare);
    int64_t out = m / 4;
    for (int64_t i = out; i < m - out; i++)
        sum += v[i];
    return sum / (double)(m - 2 * out);
}
