/*
 * mtu_gait2392.c - lengths of OpenSim's gait2392 model by a cubic in two joint
 * angles, fitted by least squares to lengths computed from the model's paths at
 * hip -20 to 120, knee 0 to 120, ankle -40 to 30 degrees.
 *
 * The model is Delp et al., "An interactive graphics-based model of the lower
 * extremity to study orthopaedic surgical procedures", IEEE Trans. Biomedical
 * Engineering 37:757-767, 1990, as distributed with OpenSim (gait2392, Creative
 * Commons Attribution 3.0). The terms are, with a = hip / 100, b = knee / 100
 * and c = dorsiflexion / 100,
 *
 *     thigh: 1 a b b^2 a^2 a^3 b^3 ab      shank: 1 b b^2 c c^2 b^3 c^3 bc
 *
 * and leave at most 0.44 % (0.1 % root mean square) to the model. The last
 * column, the uncertainty of the strain, is what gait2392 differs from the
 * Rajagopal 2016 model (tibialis anterior: from Hawkins & Hull); 2.5 where they
 * were not compared.
 */
#include <math.h>
#include "biomech/mtu.h"

// clang-format off
static const struct row {
    double k[8]; ///< all 0 = not in the model
    double spread;
} rows[SINEW_MUSCLE_COUNT] = {
    [SINEW_MUSCLE_SEMIMEM]  = {{ 1.04725,  0.21753, -0.13242, -0.10192,  0.10131, -0.10335,  0.07457, -0.00085}, 1.6},
    [SINEW_MUSCLE_SEMITEN]  = {{ 1.17017,  0.25131, -0.15216, -0.13243,  0.14940, -0.13102,  0.09643, -0.00125}, 2.2},
    [SINEW_MUSCLE_BIFEMLH]  = {{ 1.06192,  0.25358, -0.12529, -0.07410,  0.10595, -0.11447,  0.07363, -0.00304}, 1.8},
    [SINEW_MUSCLE_BIFEMSH]  = {{ 0.62215,  0.00000, -0.09482, -0.11671,  0.00000,  0.00000,  0.08262,  0.00000}, 2.5},
    [SINEW_MUSCLE_RECT_FEM] = {{ 1.03547, -0.18167,  0.23482, -0.02822, -0.13745,  0.11504, -0.02376, -0.00251}, 2.4},
    [SINEW_MUSCLE_VAS_LAT]  = {{ 0.50446,  0.00000,  0.21551, -0.03731,  0.00000,  0.00000, -0.00994,  0.00000}, 2.5},
    [SINEW_MUSCLE_VAS_MED]  = {{ 0.43449,  0.00000,  0.21517, -0.04350,  0.00000,  0.00000, -0.00315,  0.00000}, 2.5},
    [SINEW_MUSCLE_VAS_INT]  = {{ 0.45936,  0.00000,  0.21386, -0.02739,  0.00000,  0.00000, -0.01611,  0.00000}, 2.5},
    [SINEW_MUSCLE_GRAC]     = {{ 1.11267, -0.00817, -0.08360, -0.13818,  0.27006, -0.10097,  0.07448, -0.00319}, 2.5},
    [SINEW_MUSCLE_SAR]      = {{ 1.43943, -0.19757,  0.00407, -0.08589, -0.27559,  0.15553,  0.02636,  0.00000}, 2.5},
    [SINEW_MUSCLE_MED_GAS]  = {{ 1.04837, -0.09472,  0.01163,  0.18789, -0.03725,  0.00704, -0.09045, -0.00041}, 0.8},
    [SINEW_MUSCLE_LAT_GAS]  = {{ 1.03990, -0.09499,  0.01022,  0.19171, -0.04109,  0.01112, -0.09163, -0.00078}, 0.8},
    [SINEW_MUSCLE_SOLEUS]   = {{ 0.67763,  0.00000,  0.00000,  0.18434, -0.05268,  0.00000, -0.08339,  0.00000}, 1.1},
    [SINEW_MUSCLE_TIB_ANT]  = {{ 0.70643,  0.00000,  0.00000, -0.17020, -0.02933,  0.00000,  0.04910,  0.00000}, 0.4},
};
// clang-format on

static double ratio(int muscle, const struct sinew_leg *leg) {
    const double *k = rows[muscle].k;
    double a = leg->hip / 100, b = leg->knee / 100, c = leg->ankle / 100;
    if (k[0] == 0) return NAN;
    if (sinew_muscle_segment(muscle) == SINEW_SEGMENT_THIGH)
        return k[0] + k[1] * a + k[2] * b + k[3] * b * b + k[4] * a * a +
               k[5] * a * a * a + k[6] * b * b * b + k[7] * a * b;
    return k[0] + k[1] * b + k[2] * b * b + k[3] * c + k[4] * c * c +
           k[5] * b * b * b + k[6] * c * c * c + k[7] * b * c;
}

static double spread(int muscle) {
    return rows[muscle].spread;
}

const struct sinew_mtu_model sinew_mtu_gait2392 = {
    .range = {{-20, -5, -40}, {120, 120, 30}},
    .hold = true,
    .ratio = ratio,
    .spread = spread,
};
