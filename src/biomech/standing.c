/*
 * standing.c - what a person's angles read while standing still, which becomes
 * their zero.
 *
 * Keypoints lie 3 to 5 cm off the joints' centres, always to the same side, and
 * heel and toe not on the sole: a constant error of several degrees that no
 * filter removes but a second of quiet standing does.
 */
#include <math.h>
#include "base/base.h"
#include "biomech/reading.h"

#define STILL 3.0  /* degrees that a joint may sway (standard deviation) */
#define BENT  30.0 /* a hip or knee bent further is not standing */
#define SLACK 0.1  /* a straighter second is better, even if less steady */

static const int legs[2][3] = {
    {SINEW_ANGLE_HIP, SINEW_ANGLE_KNEE, SINEW_ANGLE_ANKLE},
    {SINEW_ANGLE_HIP_LEFT, SINEW_ANGLE_KNEE_LEFT, SINEW_ANGLE_ANKLE_LEFT}};

void sinew_standing_add(struct sinew_standing_sums *sums,
                        const double *degrees) {
    sums->frames++;
    for (int i = 0; i < SINEW_ANGLE_COUNT; i++) {
        if (!isfinite(degrees[i])) continue;
        sums->count[i]++;
        sums->sum[i] += degrees[i];
        sums->square[i] += degrees[i] * degrees[i];
    }
}

static bool is_seen(const struct sinew_standing_sums *sums, int angle,
                    double part) {
    return sums->frames > 0 &&
           (double)sums->count[angle] >= part * (double)sums->frames;
}

static double mean_of(const struct sinew_standing_sums *sums, int angle) {
    return sums->sum[angle] / (double)sums->count[angle];
}

static double sway_of(const struct sinew_standing_sums *sums, int angle) {
    double n = (double)sums->count[angle], mean = sums->sum[angle] / n;
    return sqrt(fmax(0, sums->square[angle] / n - mean * mean));
}

double sinew_standing_unrest(const struct sinew_standing_sums *sums) {
    double unrest = 0;
    bool any = false;
    for (int side = 0; side < 2; side++) {
        const int *leg = legs[side];
        if (!is_seen(sums, leg[0], 0.8) || !is_seen(sums, leg[1], 0.8))
            continue;
        any = true;
        for (int joint = 0; joint < 3; joint++) {
            if (!is_seen(sums, leg[joint], 0.8)) continue;
            double sway = sway_of(sums, leg[joint]);
            if (sway > STILL) return NAN;
            if (joint < 2 && fabs(mean_of(sums, leg[joint])) > BENT) return NAN;
            unrest += sway;
            if (joint < 2) unrest += SLACK * mean_of(sums, leg[joint]);
        }
    }
    return any ? unrest : NAN;
}

sinew_status sinew_standing_take(const struct sinew_standing_sums *sums,
                                 struct sinew_subject *subject) {
    bool any = false;
    for (int i = 0; i < SINEW_ANGLE_COUNT; i++) {
        subject->calibrated[i] = sinew_angle_stands(i) &&
                                 is_seen(sums, i, 0.5) && sums->count[i] > 0;
        subject->zero[i] = subject->calibrated[i] ? mean_of(sums, i) : 0;
        any |= subject->calibrated[i];
    }
    if (!any)
        return sinew_fail(SINEW_INVALID, "standing: nobody is seen there");
    for (int side = 0; side < 2; side++)
        for (int joint = 0; joint < 2; joint++) {
            int angle = legs[side][joint];
            if (fabs(subject->zero[angle]) <= BENT) continue;
            return sinew_fail(SINEW_INVALID,
                              "standing: %s is %.0f degrees there, which is "
                              "not standing",
                              sinew_angle_describe(angle).name,
                              subject->zero[angle]);
        }
    return SINEW_OK;
}
