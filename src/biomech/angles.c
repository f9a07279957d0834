/*
 * angles.c - sagittal joint angles by angles.def.
 *
 * The turn from direction u to v is atan2(u x v, u . v), taken in pixels that
 * are as wide as high; y runs downwards, so a positive turn is clockwise to the
 * eye. For a person who faces left the picture is mirrored by changing the
 * sign. Only `trunk_lean`, which is measured against the picture's vertical,
 * changes when the camera rolls.
 */
#include <math.h>
#include <string.h>
#include "biomech/body.h"

#define DEGREES 57.29577951308232

/* A direction on the body, or the picture's vertical. */
enum {
    SITE_TRUNK = SINEW_SITE_TRUNK,
    SITE_HIPS = SINEW_SITE_HIPS,
    SITE_HEAD = SINEW_SITE_HEAD,
    SITE_UP = SINEW_SITE_COUNT,
#define SITE_PART(symbol, name, side) SITE_##symbol = SINEW_PART_##symbol,
    SINEW_PART_MAP(SITE_PART)
#undef SITE_PART
};

struct joint {
    sinew_angle_info info;
    int sites[4]; ///< u from, to; v from, to
    double sign, offset;
    int stands;
    double sd[3]; ///< calibrated, not calibrated, poor
};

// clang-format off
#define ROW(name, joint, side, u0, u1, v0, v1, sign, offset, low, high, cut,   \
            turns, stands, sd, typical, poor, zero, positive)                  \
    {{name, joint, SINEW_SIDE_##side, zero, positive, low, high, cut, turns},  \
     {SITE_##u0, SITE_##u1, SITE_##v0, SITE_##v1}, sign, offset, stands,       \
     {sd, typical, poor}},
#define JOINT(symbol, name, joint, ...)                                        \
    ROW(#name "_r", joint, RIGHT, __VA_ARGS__)                                 \
    ROW(#name "_l", joint, LEFT, __VA_ARGS__)
#define MIDLINE(symbol, name, joint, ...)                                      \
    ROW(#name, joint, CENTRE, __VA_ARGS__)
static const struct joint joints[] = {
#include "biomech/angles.def"
};
// clang-format on
#undef JOINT
#undef MIDLINE
#undef ROW
_Static_assert(sizeof(joints) / sizeof(*joints) == SINEW_ANGLE_COUNT,
               "SINEW_ANGLE_COUNT counts the rows of angles.def");

sinew_angle_info sinew_angle_describe(int angle) {
    return joints[angle].info;
}

int sinew_angle_find(const char *name) {
    for (int i = 0; i < SINEW_ANGLE_COUNT; i++)
        if (strcmp(joints[i].info.name, name) == 0) return i;
    return -1;
}

bool sinew_angle_stands(int angle) {
    return joints[angle].stands != 0;
}

bool sinew_angle_turns(int angle) {
    return joints[angle].info.turns != 0;
}

bool sinew_angle_is_out(int angle, double degrees) {
    const sinew_angle_info *info = &joints[angle].info;
    return !info->turns && (degrees < info->low || degrees > info->high);
}

double sinew_angle_wrap(int angle, double degrees, double before) {
    const sinew_angle_info *info = &joints[angle].info;
    bool follow = info->turns && isfinite(before);
    double low = follow ? before - 180 : info->cut;
    return degrees - 360 * floor((degrees - low) / 360);
}

double sinew_angle_sd(int angle, double score, bool calibrated) {
    const double *sd = joints[angle].sd;
    double best = calibrated ? sd[0] : sd[1];
    double doubt = (1 - score) / (1 - 0.3);
    doubt = doubt < 0 ? 0 : doubt > 1 ? 1 : doubt;
    return best + doubt * (sd[2] - best);
}

/* The left partner of a part of the right side; others are their own. In
 * SINEW_PART_MAP the left one comes right before the right one. */
static int on_side(int site, int32_t side) {
    static const int8_t right[SINEW_PART_COUNT] = {
#define RIGHT_SIDE_LEFT              0
#define RIGHT_SIDE_RIGHT             1
#define RIGHT_SIDE_CENTRE            0
#define RIGHT_PART(symbol, name, at) RIGHT_SIDE_##at,
        SINEW_PART_MAP(RIGHT_PART)
#undef RIGHT_PART
    };
    bool swap = side == SINEW_SIDE_LEFT && site < SINEW_PART_COUNT;
    return swap && right[site] ? site - 1 : site;
}

/* The vector between two sites, collecting score and flags of both. */
static void direction(const struct sinew_figure *figure, int from, int to,
                      double v[2], struct sinew_raw_angle *angle) {
    if (from == SITE_UP) {
        v[0] = 0;
        v[1] = -1;
        return;
    }
    const struct sinew_spot *a = &figure->spots[from];
    const struct sinew_spot *b = &figure->spots[to];
    v[0] = b->x - a->x;
    v[1] = b->y - a->y;
    angle->score = fmin(angle->score, fmin(a->score, b->score));
    angle->flags |= a->flags | b->flags;
}

static void measure(struct sinew_raw_angle *angle, int number,
                    const struct sinew_figure *figure, int facing) {
    const struct joint *joint = &joints[number];
    double u[2], v[2];
    int sites[4];
    for (int i = 0; i < 4; i++)
        sites[i] = on_side(joint->sites[i], joint->info.side);
    *angle = (struct sinew_raw_angle){NAN, 1, 0};
    direction(figure, sites[0], sites[1], u, angle);
    direction(figure, sites[2], sites[3], v, angle);
    double cross = u[0] * v[1] - u[1] * v[0], dot = u[0] * v[0] + u[1] * v[1];
    if (!isfinite(cross) || !isfinite(dot) || (cross == 0 && dot == 0)) {
        if (!(angle->flags & SINEW_FLAG_NO_KEYPOINT))
            angle->flags |= SINEW_FLAG_MISSING;
        return;
    }
    if (facing == 0) {
        angle->flags |= SINEW_FLAG_NO_FACING;
        return;
    }
    double turn = DEGREES * atan2(cross, dot) * facing;
    angle->degrees =
        sinew_angle_wrap(number, joint->sign * turn + joint->offset, NAN);
}

/* Between the shoulders lie about seven tenths of a trunk's length, between the
 * hips a third. Seen half as wide, the person has turned by 30 degrees. */
static bool is_oblique(const struct sinew_figure *figure) {
    double trunk = sinew_figure_span(figure, SINEW_SITE_HIPS, SINEW_SITE_TRUNK);
    double wide = sinew_figure_span(figure, SINEW_PART_LEFT_SHOULDER,
                                    SINEW_PART_RIGHT_SHOULDER);
    if (isfinite(wide)) return wide > 0.35 * trunk;
    wide = sinew_figure_span(figure, SINEW_PART_LEFT_HIP, SINEW_PART_RIGHT_HIP);
    return wide > 0.17 * trunk;
}

void sinew_angles_measure(const struct sinew_figure *figure, int facing,
                          struct sinew_raw_angle *angles) {
    bool oblique = is_oblique(figure);
    for (int i = 0; i < SINEW_ANGLE_COUNT; i++) {
        measure(&angles[i], i, figure, facing);
        if (oblique) angles[i].flags |= SINEW_FLAG_OBLIQUE;
    }
}
