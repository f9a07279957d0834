/*
 * mtu_grieve.c - Grieve, Pheasant and Cavanagh, "Prediction of gastrocnemius
 * length from knee and ankle joint posture", Biomechanics VI-A:405-412, 1978.
 *
 * Change of length in percent of the shank, from the posture with knee and
 * ankle at 90 degrees:
 *
 *     ankle: -22.18468 + 0.30141 a - 0.00061 a^2    a = 90 + dorsiflexion
 *     knee:    6.46251 - 0.07987 k + 0.00011 k^2    k = knee flexion
 *
 * The two heads of gastrocnemius have both terms, soleus the first. The paper
 * gives changes only; the standing lengths they are added to are the ratios of
 * OpenSim's gait2392, with which strains differ from that model by 0.51
 * (medial), 0.43 (lateral) and 0.56 % (soleus) root mean square over its whole
 * range.
 *
 * The last column is the uncertainty of the strain: the difference from
 * Rajagopal 2016 where the knee is bent by 20 degrees or more, 0.9 % of the
 * shank; for soleus that between the two OpenSim models.
 */
#include <math.h>
#include "biomech/mtu.h"

static const struct row {
    double standing; ///< length / shank; 0 = not a muscle of this model
    bool knee;
    double spread;
} rows[SINEW_MUSCLE_COUNT] = {
    [SINEW_MUSCLE_MED_GAS] = {1.048, true, 0.9},
    [SINEW_MUSCLE_LAT_GAS] = {1.040, true, 0.9},
    [SINEW_MUSCLE_SOLEUS] = {0.678, false, 1.1},
};

static double by_ankle(double dorsiflexion) {
    double a = 90 + dorsiflexion;
    return -22.18468 + 0.30141 * a - 0.00061 * a * a;
}

static double by_knee(double flexion) {
    return 6.46251 - 0.07987 * flexion + 0.00011 * flexion * flexion;
}

static double ratio(int muscle, const struct sinew_leg *leg) {
    const struct row *r = &rows[muscle];
    if (r->standing == 0) return NAN;
    double change = by_ankle(leg->ankle) - by_ankle(0);
    if (r->knee) change += by_knee(leg->knee) - by_knee(0);
    return r->standing + change / 100;
}

static double spread(int muscle) {
    return rows[muscle].spread;
}

const struct sinew_mtu_model sinew_mtu_grieve = {
    .range = {{-20, -5, -40}, {120, 120, 30}},
    .hold = true,
    .ratio = ratio,
    .spread = spread,
};
