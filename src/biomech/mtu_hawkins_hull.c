/*
 * mtu_hawkins_hull.c - Hawkins and Hull, "A method for determining lower
 * extremity muscle-tendon lengths during flexion/extension movements", Journal
 * of Biomechanics 23:487-494, 1990:
 *
 *     length / segment = C0 + C1 hip + C2 knee + C3 knee^2 + C4 ankle
 *
 * in degrees, the ankle being 90 + dorsiflexion (0 = foot in line with the
 * shank). Two or three independent sources give the same coefficients for the
 * calf, one for the other muscles. The angles the regression was made from are
 * not known here but for the ankle (60 to 120); the other limits are those of
 * the comparison with gait2392, and a knee beyond 100 is where its straight
 * line leaves the muscles behind the thigh.
 *
 * The last column is the root mean square difference in strain from gait2392
 * over hip -20 to 120 and knee 0 to 120, percent (5 where it has no such
 * muscle). The moment arms of the vasti and of the short head of biceps are not
 * those of a body (8.7 cm near extension, 0 at it): doubtful.
 */
#include <math.h>
#include "biomech/mtu.h"

// clang-format off
static const struct row {
    double c0, hip, knee, knee2, ankle, spread;
    bool doubtful;
} rows[SINEW_MUSCLE_COUNT] = {
    [SINEW_MUSCLE_SEMIMEM]   = {1.027,  0.00199,  -0.00222,   0,         0,        5.5,  false},
    [SINEW_MUSCLE_SEMITEN]   = {0.987,  0.00207,  -0.00178,   0,         0,        2.9,  false},
    [SINEW_MUSCLE_BIFEMLH]   = {1.048,  0.00209,  -0.00160,   0,         0,        4.4,  false},
    [SINEW_MUSCLE_BIFEMSH]   = {0.600,  0,         0.000103, -0.0000121, 0,        4.6,  true},
    [SINEW_MUSCLE_RECT_FEM]  = {1.107, -0.00150,   0.00199,   0,         0,        4.1,  false},
    [SINEW_MUSCLE_VAS_LAT]   = {0.569,  0,         0.00406,  -0.0000207, 0,        5.2,  true},
    [SINEW_MUSCLE_VAS_MED]   = {0.489,  0,         0.00307,  -0.0000153, 0,        5.3,  true},
    [SINEW_MUSCLE_VAS_INT]   = {0.496,  0,         0.00388,  -0.0000163, 0,        7.9,  true},
    [SINEW_MUSCLE_GRAC]      = {0.968,  0.00123,  -0.00179,   0,         0,        4.5,  false},
    [SINEW_MUSCLE_SAR]       = {1.328, -0.00262,  -0.00134,   0,         0,        4.0,  false},
    [SINEW_MUSCLE_ILIOPSOAS] = {0.215, -0.000726,  0,         0,         0,        5.0,  false},
    [SINEW_MUSCLE_TFL]       = {1.436, -0.00320,  -0.000213,  0,         0,        5.0,  false},
    [SINEW_MUSCLE_MED_GAS]   = {0.900,  0,        -0.00062,   0,         0.00214,  1.35, false},
    [SINEW_MUSCLE_LAT_GAS]   = {0.894,  0,        -0.00050,   0,         0.00214,  2.0,  false},
    [SINEW_MUSCLE_SOLEUS]    = {0.563,  0,         0,         0,         0.00193,  0.46, false},
    [SINEW_MUSCLE_TIB_ANT]   = {0.715,  0,         0,         0,        -0.00130,  0.39, false},
};
// clang-format on

static double ratio(int muscle, const struct sinew_leg *leg) {
    const struct row *r = &rows[muscle];
    return r->c0 + r->hip * leg->hip + r->knee * leg->knee +
           r->knee2 * leg->knee * leg->knee + r->ankle * (90 + leg->ankle);
}

static double spread(int muscle) {
    return rows[muscle].spread;
}

static bool doubtful(int muscle) {
    return rows[muscle].doubtful;
}

const struct sinew_mtu_model sinew_mtu_hawkins_hull = {
    .range = {{-20, -5, -30}, {120, 100, 30}},
    .ratio = ratio,
    .spread = spread,
    .doubtful = doubtful,
};
