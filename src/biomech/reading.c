/*
 * reading.c - angles made into a reading: uncertainty, velocity, muscles.
 *
 * Velocities are slopes of the parabola through the moments before, now and
 * after, or of the line through two where one is missing.
 */
#include <math.h>
#include "biomech/mtu.h"
#include "biomech/reading.h"

#define REACH 0.5 /* seconds over which a slope says something */

static const int joint_angles[3] = {SINEW_ANGLE_HIP, SINEW_ANGLE_KNEE,
                                    SINEW_ANGLE_ANKLE};

/* The slope at t[1]; NAN values and moments too far away do not count. */
static double slope_of(const double t[3], const double v[3]) {
    double back = t[1] - t[0], on = t[2] - t[1];
    bool before = isfinite(v[0]) && back > 0 && back <= REACH;
    bool after = isfinite(v[2]) && on > 0 && on <= REACH;
    double before_slope = (v[1] - v[0]) / back,
           after_slope = (v[2] - v[1]) / on;
    if (before && after)
        return (before_slope * on + after_slope * back) / (back + on);
    return before ? before_slope : after ? after_slope : NAN;
}

static void make_angle(sinew_angle_value *value, int angle,
                       const struct sinew_sample *const moments[3],
                       const struct sinew_subject *subject) {
    const struct sinew_raw_angle *raw = &moments[1]->angles[angle];
    double t[3], v[3];
    for (int i = 0; i < 3; i++) {
        t[i] = moments[i] ? moments[i]->time : NAN;
        v[i] = moments[i] ? moments[i]->angles[angle].degrees : NAN;
    }
    value->degrees = raw->degrees;
    value->flags = raw->flags;
    value->velocity = isfinite(raw->degrees) ? slope_of(t, v) : NAN;
    value->sd = !isfinite(raw->degrees) ? NAN
                : subject->given        ? 0
                                        : sinew_angle_sd(angle, raw->score,
                                                         subject->calibrated[angle]);
    if (sinew_angle_is_out(angle, raw->degrees))
        value->flags |= SINEW_FLAG_OUT_OF_RANGE;
}

static struct sinew_leg leg_of(const struct sinew_sample *sample, int left) {
    const struct sinew_raw_angle *a = sample->angles;
    return (struct sinew_leg){a[SINEW_ANGLE_HIP + left].degrees,
                              a[SINEW_ANGLE_KNEE + left].degrees,
                              a[SINEW_ANGLE_ANKLE + left].degrees};
}

static double strain_at(const struct sinew_sample *sample, int muscle, int left,
                        int mtu) {
    double ratio, strain;
    if (!sample) return NAN;
    struct sinew_leg leg = leg_of(sample, left);
    sinew_muscle_length(muscle, mtu, leg.hip, leg.knee, leg.ankle, &ratio,
                        &strain);
    return strain;
}

/* Of 1 cm in 50 a measured height is uncertain. */
static double length_sd(int muscle, const sinew_mtu_value *value) {
    double spread = sinew_muscle_spread(muscle), scale = 2;
    return value->length / 100 *
           sqrt(spread * spread + scale * scale + value->sd * value->sd);
}

static void make_muscle(sinew_reading *reading, int muscle, int left,
                        const struct sinew_sample *const moments[3],
                        const struct sinew_subject *subject) {
    sinew_mtu_value *value = &reading->muscles[muscle][left];
    struct sinew_leg leg = leg_of(moments[1], left), leg_sd;
    leg_sd.hip = reading->angles[SINEW_ANGLE_HIP + left].sd;
    leg_sd.knee = reading->angles[SINEW_ANGLE_KNEE + left].sd;
    leg_sd.ankle = reading->angles[SINEW_ANGLE_ANKLE + left].sd;
    value->flags = 0;
    for (int joint = 0; joint < 3; joint++)
        if (sinew_muscle_joints(muscle) & 1 << joint)
            value->flags |= reading->angles[joint_angles[joint] + left].flags;
    sinew_mtu_evaluate(value, muscle, subject->mtu, &leg, &leg_sd);
    double t[3], v[3];
    for (int i = 0; i < 3; i++) {
        t[i] = moments[i] ? moments[i]->time : NAN;
        v[i] = i == 1 ? value->strain
                      : strain_at(moments[i], muscle, left, subject->mtu);
    }
    value->velocity = isfinite(value->strain) ? slope_of(t, v) : NAN;
    value->length =
        value->ratio * subject->segment[sinew_muscle_segment(muscle)];
    value->length_sd = length_sd(muscle, value);
}

/* The flags that are the same in every frame say nothing about this one. */
static uint32_t frame_flags(const sinew_reading *reading) {
    uint32_t flags = 0;
    for (int joint = 0; joint < 3; joint++)
        for (int left = 0; left < 2; left++)
            flags |= reading->angles[joint_angles[joint] + left].flags;
    for (int muscle = 0; muscle < SINEW_MUSCLE_COUNT; muscle++)
        for (int left = 0; left < 2; left++)
            if (sinew_muscle_describe(muscle).common)
                flags |= reading->muscles[muscle][left].flags;
    return flags & ~(uint32_t)(SINEW_FLAG_NO_KEYPOINT | SINEW_FLAG_NO_MODEL |
                               SINEW_FLAG_DOUBTFUL);
}

void sinew_reading_make(sinew_reading *reading, const struct sinew_sample *now,
                        const struct sinew_sample *before,
                        const struct sinew_sample *after,
                        const struct sinew_subject *subject) {
    const struct sinew_sample *const moments[3] = {before, now, after};
    reading->time = now->time;
    for (int angle = 0; angle < SINEW_ANGLE_COUNT; angle++)
        make_angle(&reading->angles[angle], angle, moments, subject);
    for (int muscle = 0; muscle < SINEW_MUSCLE_COUNT; muscle++)
        for (int left = 0; left < 2; left++)
            make_muscle(reading, muscle, left, moments, subject);
    reading->flags = frame_flags(reading);
}
