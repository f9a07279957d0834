/*
 * label_look.c - showing a person to a teacher the way networks know people:
 * upright.
 *
 * Networks trained on photographs find a third less of people who hang or fly
 * upside down. A person whose trunk leans is therefore shown turned by that
 * angle, and what is found is turned back:
 *     x = c + s R(turn) (u - u0)
 * with u a pixel of the turned picture, u0 its centre, c the middle of the
 * person and s picture pixels a pixel.
 */
#include <math.h>
#include <string.h>

#include "label.h"

#define RADIANS 0.017453292519943295
#define ROOM    1.75 /* of the turned picture around the person, for the crop */
#define MOST    720  /* pixels a side of it */
#define ENOUGH  6    /* labels, to tell where the person is */
#define BEYOND  .1   /* of their longer side, for the body around the joints */

/* ---- how a person leans -------------------------------------------------- */

static const struct sinew_label *label_of(const struct sinew_skeleton *skeleton,
                                          const struct sinew_label *labels,
                                          int part) {
    int k = sinew_skeleton_part(skeleton, part);
    return k >= 0 && labels[k].seen ? &labels[k] : NULL;
}

/* The middle of two labels, or the one `else_part` is. */
static bool middle(const struct sinew_skeleton *skeleton,
                   const struct sinew_label *labels, int left, int right,
                   int otherwise, double at[2]) {
    const struct sinew_label *a = label_of(skeleton, labels, left);
    const struct sinew_label *b = label_of(skeleton, labels, right);
    if (!a || !b) a = b = label_of(skeleton, labels, otherwise);
    if (!a) return false;
    at[0] = ((double)a->x + (double)b->x) / 2;
    at[1] = ((double)a->y + (double)b->y) / 2;
    return true;
}

double label_lean(const struct sinew_skeleton *skeleton,
                  const struct sinew_label *labels) {
    double top[2], hips[2];
    if (!middle(skeleton, labels, SINEW_PART_LEFT_SHOULDER,
                SINEW_PART_RIGHT_SHOULDER, SINEW_PART_NECK, top) ||
        !middle(skeleton, labels, SINEW_PART_LEFT_HIP, SINEW_PART_RIGHT_HIP,
                SINEW_PART_MID_HIP, hips))
        return NAN;
    double x = top[0] - hips[0], y = top[1] - hips[1];
    return x == 0 && y == 0 ? NAN : atan2(x, -y) / RADIANS;
}

/* ---- looking ------------------------------------------------------------- */

/* Half the sides of the box around the person seen upright, and its middle:
 * around what is labelled when that is enough, else around the ellipse in the
 * box, whose corners are empty. */
struct region {
    double x, y, w, h;
};

static struct region turned_region(const sinew_box *box, double turn,
                                   const struct label_hints *hints) {
    const double c = cos(turn * RADIANS), s = sin(turn * RADIANS);
    const double w = (double)box->width / 2, h = (double)box->height / 2;
    const double cx = (double)box->x + w, cy = (double)box->y + h;
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    int n = 0;
    for (int k = 0; k < hints->n; k++) {
        const struct sinew_label *label = &hints->labels[k];
        if (!label->seen) continue;
        const double x = (double)label->x - cx, y = (double)label->y - cy;
        const double at[2] = {c * x + s * y, c * y - s * x};
        for (int i = 0; i < 2; i++) {
            low[i] = fmin(low[i], at[i]);
            high[i] = fmax(high[i], at[i]);
        }
        n++;
    }
    if (n < ENOUGH)
        return (struct region){cx, cy, hypot(w * c, h * s),
                               hypot(w * s, h * c)};
    const double more = BEYOND * fmax(high[0] - low[0], high[1] - low[1]);
    const double mx = (low[0] + high[0]) / 2, my = (low[1] + high[1]) / 2;
    return (struct region){cx + c * mx - s * my, cy + s * mx + c * my,
                           (high[0] - low[0]) / 2 + more,
                           (high[1] - low[1]) / 2 + more};
}

static sinew_status look_turned(struct label_looker *looker,
                                const sinew_image *image, const sinew_box *box,
                                double turn, const struct label_hints *hints,
                                sinew_person *person) {
    sinew_status status;
    const struct region region = turned_region(box, turn, hints);
    const double side = 2 * ROOM * fmax(region.w, region.h);
    const double scale = fmax(1, side / MOST);
    const int32_t n = (int32_t)ceil(side / scale);
    const double c = scale * cos(turn * RADIANS),
                 s = scale * sin(turn * RADIANS), u0 = (n - 1) / 2.;
    const sinew_affine to_image = {
        {c, -s, region.x - (c - s) * u0, s, c, region.y - (s + c) * u0}};
    const sinew_box view = {
        (float)(u0 - region.w / scale), (float)(u0 - region.h / scale),
        (float)(2 * region.w / scale), (float)(2 * region.h / scale)};
    SINEW_TRY(sinew_image_reshape(&looker->turned, n, n, image->channels));
    SINEW_TRY(sinew_image_warp(&looker->turned, image, &to_image,
                               SINEW_RESIZE_AREA, 0));
    SINEW_TRY(
        sinew_pose_estimate(looker->pose, &looker->turned, &view, person));
    for (int k = 0; k < person->n_keypoints; k++) {
        double x = (double)person->keypoints[k].x;
        double y = (double)person->keypoints[k].y;
        sinew_affine_apply(&to_image, &x, &y);
        person->keypoints[k].x = (float)x;
        person->keypoints[k].y = (float)y;
    }
fail:
    return status;
}

sinew_status label_look(struct label_looker *looker, const sinew_image *image,
                        const sinew_box *box, double turn,
                        const struct label_hints *hints,
                        struct label_found *found) {
    sinew_person person;
    sinew_status status =
        turn == 0 ? sinew_pose_estimate(looker->pose, image, box, &person)
                  : look_turned(looker, image, box, turn, hints, &person);
    if (status < 0) return status;
    found->box = box ? *box : person.box;
    found->turn = turn;
    found->n = person.n_keypoints;
    memcpy(found->points, person.keypoints,
           (size_t)found->n * sizeof(*found->points));
    return SINEW_OK;
}
