/*
 * body.h - a person in one frame by parts of the body, whatever keypoint set
 * the network has.
 */
#ifndef SINEW_BIOMECH_BODY_H
#define SINEW_BIOMECH_BODY_H

#include <sinew/biomech.h>
#include "pose/skeleton.h"

/* The parts of SINEW_PART_MAP, then places worked out from them. */
enum sinew_site {
    SINEW_SITE_TRUNK = SINEW_PART_COUNT, ///< thorax, neck or between shoulders
    SINEW_SITE_HIPS,                     ///< pelvis or between the hips
    SINEW_SITE_HEAD,                     ///< top of the head or between ears
    SINEW_SITE_COUNT
};

/* Which keypoints make up which site. */
struct sinew_body {
    int n;                           ///< keypoints
    int16_t index[SINEW_PART_COUNT]; ///< keypoint of a part, -1 = none
    int16_t from[SINEW_SITE_COUNT - SINEW_PART_COUNT][2]; ///< parts a place
                                                          ///< lies between
};

/* Errors: SINEW_INVALID (no names, or more than SINEW_MAX_KEYPOINTS). */
sinew_status sinew_body_init(struct sinew_body *body, const char *const *names,
                             int n) SINEW_NODISCARD;

struct sinew_spot {
    double x, y;    ///< pixels, y downwards; NAN = not found
    double score;   ///< 0 ... 1
    uint32_t flags; ///< enum sinew_flag, NO_KEYPOINT and MISSING among them
};

struct sinew_figure {
    struct sinew_spot spots[SINEW_SITE_COUNT];
};

/* Works out the places from the parts, of which those the set has are filled
 * in. Points within a hundredth of a side (two pixels at least) of the edge of
 * a picture of `width` by `tall` pixels (0 = unknown), or beyond, get CUT. */
void sinew_figure_derive(struct sinew_figure *figure,
                         const struct sinew_body *body, int32_t width,
                         int32_t tall);

/* Distance of two sites in pixels, NAN when either is not there. */
double sinew_figure_span(const struct sinew_figure *figure, int a, int b);

/* An angle before any calibration. */
struct sinew_raw_angle {
    double degrees; ///< NAN where flags say why
    double score;   ///< least of its points
    uint32_t flags;
};

/* All angles of a figure that faces right (1) or left (-1); 0 gives NO_FACING.
 */
void sinew_angles_measure(const struct sinew_figure *figure, int facing,
                          struct sinew_raw_angle *angles);

/* Angles as numbers of SINEW_ANGLE_COUNT by joint: the right one, the left one
 * coming next. */
enum sinew_angle {
#define JOINT(symbol, ...)   SINEW_ANGLE_##symbol, SINEW_ANGLE_##symbol##_LEFT,
#define MIDLINE(symbol, ...) SINEW_ANGLE_##symbol,
#include "biomech/angles.def"
#undef JOINT
#undef MIDLINE
};

bool sinew_angle_stands(int angle);
bool sinew_angle_turns(int angle);

/* `degrees` moved by whole turns into the angle's range, or next to `before`
 * where the angle may turn (NAN = nothing before). */
double sinew_angle_wrap(int angle, double degrees, double before);

/* Standard uncertainty in degrees for the least score of its points. */
double sinew_angle_sd(int angle, double score, bool calibrated);

/* Whether a calibrated angle lies where no joint goes. */
bool sinew_angle_is_out(int angle, double degrees);

/* ---- facing.c ----------------------------------------------------------- */

/* How much speaks for facing right (towards 1) or left (towards -1); NAN when
 * nothing speaks. */
double sinew_facing_evidence(const struct sinew_figure *figure);

/* How much better the right leg is seen than the left, by scores; facing breaks
 * ties in favour of the near one. */
double sinew_side_evidence(const struct sinew_figure *figure, int facing);

/* A decision between -1 and 1 that changes only when the median of what was
 * said during half a second passes a threshold. */
#define SINEW_VOTE_MAX     64
#define SINEW_VOTE_SECONDS 0.5
struct sinew_vote {
    double values[SINEW_VOTE_MAX], times[SINEW_VOTE_MAX]; ///< a ring
    int count, next;
    int state; ///< 1, -1, or 0 before anything was decided
};
int sinew_vote_step(struct sinew_vote *vote, double threshold, double time,
                    double value);

/* The same over a recording, the half second being centred, and what comes
 * before the first decision being like it. */
void sinew_vote_all(const double *time, const double *values, int64_t n,
                    double threshold, int8_t *states);
#define SINEW_FACING_THRESHOLD 0.3
#define SINEW_SIDE_THRESHOLD   0.05

#endif
