/*
 * augment_geometry.c - where a training sample lies in its picture.
 *
 * A view is a centre, a size and an angle. Input pixel u looks at
 *     x = center + (scale / input) Rot(theta) (u - input / 2),
 *     Rot(t) = [[cos t, -sin t], [sin t, cos t]],
 * the inverse of MMPose's dst = (input / scale) Rot(-theta) (src - center) +
 * input / 2, without half-pixel shifts. Of a mirrored picture, x becomes
 * width - 1 - x.
 */
#include <math.h>
#include <string.h>

#include "data/augment.h"

#define LEAST_LABELS 9 /* visible, for half a body */
#define HALF_PADDING 1.5
#define UPPER_CHANCE .7
#define RADIANS      0.017453292519943295

struct sinew_augment_view sinew_augment_view_of(const double box[4],
                                                double padding, double width) {
    return (struct sinew_augment_view){
        .center = {box[0] + box[2] / 2, box[1] + box[3] / 2},
        .scale = {fmax(box[2], 1) * padding, fmax(box[3], 1) * padding},
        .width = width};
}

void sinew_augment_flip(struct sinew_augment_view *view,
                        struct sinew_label *labels, struct sinew_label *swap,
                        const struct sinew_skeleton *skeleton) {
    const size_t n = (size_t)skeleton->n_joints;
    memcpy(swap, labels, n * sizeof(*labels));
    for (size_t k = 0; k < n; k++) {
        labels[k] = swap[skeleton->joints[k].flip];
        if (labels[k].seen)
            labels[k].x = (float)(view->width - 1 - (double)labels[k].x);
    }
    view->center[0] = view->width - 1 - view->center[0];
    view->mirrored = !view->mirrored;
}

/* Hips and below; everything else is upper body. */
static bool is_lower(int part) {
    switch (part) {
    case SINEW_PART_PELVIS:
    case SINEW_PART_MID_HIP:
        return true;
    default:
        return part >= SINEW_PART_LEFT_HIP &&
               part <= SINEW_PART_RIGHT_SMALL_TOE;
    }
}

bool sinew_augment_half_body(struct sinew_augment_view *view,
                             const struct sinew_label *labels,
                             const struct sinew_skeleton *skeleton,
                             double coin) {
    int n[2] = {0, 0};
    double sum[2] = {0, 0}, low[2] = {INFINITY, INFINITY},
           high[2] = {-INFINITY, -INFINITY};
    for (int k = 0; k < skeleton->n_joints; k++)
        if (labels[k].seen) n[is_lower(skeleton->joints[k].part)]++;
    if (n[0] + n[1] < LEAST_LABELS || (n[0] < 2 && n[1] < 3)) return false;
    const bool lower = n[1] < 3   ? false
                       : n[0] < 2 ? true
                                  : coin >= UPPER_CHANCE;
    for (int k = 0; k < skeleton->n_joints; k++) {
        const double at[2] = {labels[k].x, labels[k].y};
        if (!labels[k].seen || is_lower(skeleton->joints[k].part) != lower)
            continue;
        for (int axis = 0; axis < 2; axis++) {
            sum[axis] += at[axis];
            low[axis] = fmin(low[axis], at[axis]);
            high[axis] = fmax(high[axis], at[axis]);
        }
    }
    for (int axis = 0; axis < 2; axis++) {
        view->center[axis] = sum[axis] / n[lower];
        view->scale[axis] = fmax((high[axis] - low[axis]) * HALF_PADDING, 1);
    }
    return true;
}

double sinew_augment_normal(struct sinew_rng *rng) {
    double v;
    do
        v = sinew_rng_normal(rng);
    while (fabs(v) > 1);
    return v;
}

void sinew_augment_move(struct sinew_augment_view *view,
                        const struct sinew_augment *how,
                        struct sinew_rng *rng) {
    const double low = how->scale_low, high = how->scale_high;
    const double x = sinew_augment_normal(rng), y = sinew_augment_normal(rng);
    const double size = sinew_augment_normal(rng);
    const double turn = sinew_augment_normal(rng);
    if (sinew_rng_uniform(rng) < how->shift_chance) {
        view->center[0] += x * how->shift * view->scale[0];
        view->center[1] += y * how->shift * view->scale[1];
    }
    for (int axis = 0; axis < 2; axis++)
        view->scale[axis] *= size * (high - low) / 2 + (high + low) / 2;
    if (sinew_rng_uniform(rng) < how->rotate_chance)
        view->degrees = turn * how->rotate;
}

sinew_affine sinew_augment_matrix(const struct sinew_augment_view *view,
                                  int32_t width, int32_t height) {
    const double aspect = (double)width / height;
    const double w = fmax(view->scale[0], view->scale[1] * aspect);
    const double s = w / width;
    const double c = s * cos(view->degrees * RADIANS);
    const double d = s * sin(view->degrees * RADIANS);
    const double u = width / 2., v = height / 2.;
    sinew_affine map = {{c, -d, view->center[0] - c * u + d * v, d, c,
                         view->center[1] - d * u - c * v}};
    if (view->mirrored) {
        map.m[0] = -map.m[0];
        map.m[1] = -map.m[1];
        map.m[2] = view->width - 1 - map.m[2];
    }
    return map;
}
