/*
 * reading.h - what live measuring and recordings share: options, one frame's
 * angles made into a reading, the size of a person, standing.
 */
#ifndef SINEW_BIOMECH_READING_H
#define SINEW_BIOMECH_READING_H

#include "biomech/body.h"
#include "biomech/filter.h"

/* The options with all defaults put in, `filter` being what -1 stands for.
 * Errors: SINEW_INVALID, the message naming the option. */
sinew_status sinew_measure_check(sinew_measure_options *checked,
                                 const sinew_measure_options *options,
                                 int filter) SINEW_NODISCARD;

/* A keypoint as a spot; scores below `min_score` are not found. */
struct sinew_spot sinew_spot_of(const sinew_keypoint *keypoint,
                                double min_score);

/* ---- reading.c ---------------------------------------------------------- */

/* One moment's angles, calibrated. */
struct sinew_sample {
    double time;
    struct sinew_raw_angle angles[SINEW_ANGLE_COUNT];
};

/* What is known of a person. */
struct sinew_subject {
    int mtu; ///< enum sinew_mtu
    double zero[SINEW_ANGLE_COUNT];
    bool calibrated[SINEW_ANGLE_COUNT];
    double segment[2]; ///< metres by enum sinew_segment, NAN unknown
    bool given;        ///< the angles are: how certain they are is not known,
                       ///< and counts as certain
};

/* Everything about a moment but facing and side. Velocities come from the
 * moments before and after (either may be NULL), unless they are more than half
 * a second away. */
void sinew_reading_make(sinew_reading *reading, const struct sinew_sample *now,
                        const struct sinew_sample *before,
                        const struct sinew_sample *after,
                        const struct sinew_subject *subject);

/* ---- size.c ------------------------------------------------------------- */

/* Lengths in pixels; NAN unless the person stands side-on and upright enough
 * for them to be true. */
struct sinew_size {
    double height, thigh, shank;
};
struct sinew_size sinew_size_of(const struct sinew_figure *figure,
                                const struct sinew_raw_angle *angles);

/* Roughly the pixels of a metre, from whatever limb is seen; NAN for none. */
double sinew_figure_unit(const struct sinew_figure *figure);

/* The mean of the middle half of the finite values; NAN when there are none.
 * Sorts them to the front. */
double sinew_middle_mean(double *v, int64_t n);

/* Metres of thigh and shank from a person's height in metres. */
#define SINEW_THIGH_OF_HEIGHT 0.245
#define SINEW_SHANK_OF_HEIGHT 0.246

/* ---- standing.c --------------------------------------------------------- */

/* Sums over a span of time. */
struct sinew_standing_sums {
    int64_t frames, count[SINEW_ANGLE_COUNT];
    double sum[SINEW_ANGLE_COUNT], square[SINEW_ANGLE_COUNT];
};
void sinew_standing_add(struct sinew_standing_sums *sums,
                        const double *degrees);

/* How unsteady hips, knees and ankles are and how bent, less being better; NAN
 * when nobody stands upright and still: legs not seen, bent or moving. */
double sinew_standing_unrest(const struct sinew_standing_sums *sums);

/* Takes the means as the zero of every angle that standing makes 0 and that was
 * seen in half of the frames. Errors: SINEW_INVALID (a hip or knee bent so far
 * that this is no standing). */
sinew_status sinew_standing_take(const struct sinew_standing_sums *sums,
                                 struct sinew_subject *subject) SINEW_NODISCARD;

#define SINEW_STANDING_SECONDS 1.0

#endif
