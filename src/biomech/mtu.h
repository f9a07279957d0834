/*
 * mtu.h - models of muscle-tendon lengths: one file each, joined in mtu.c.
 */
#ifndef SINEW_BIOMECH_MTU_H
#define SINEW_BIOMECH_MTU_H

#include <stdbool.h>
#include <sinew/biomech.h>

enum {
    SINEW_USES_HIP = 1,
    SINEW_USES_KNEE = 2,
    SINEW_USES_ANKLE = 4,
};

enum sinew_muscle {
#define MUSCLE(symbol, name, title, segment, joints, model, common, spread)    \
    SINEW_MUSCLE_##symbol,
#include "biomech/muscles.def"
#undef MUSCLE
};

enum sinew_segment { SINEW_SEGMENT_THIGH, SINEW_SEGMENT_SHANK };

/* Joint angles of a leg in degrees: hip and knee flexion, dorsiflexion. */
struct sinew_leg {
    double hip, knee, ankle;
};

/* What a model was fitted to, or compared on. Knees may pass 0 by 5 degrees:
 * that is how people stand and how noise looks. */
struct sinew_leg_range {
    struct sinew_leg low, high;
};

struct sinew_mtu_model {
    struct sinew_leg_range range;
    bool hold; ///< not to be evaluated beyond the range: held at its edge
    /* Length / segment length; NAN when it lacks the muscle. */
    double (*ratio)(int muscle, const struct sinew_leg *leg);
    /* Standard uncertainty of the strain at exact angles, percent. */
    double (*spread)(int muscle);
    bool (*doubtful)(int muscle); ///< NULL: none is
};

extern const struct sinew_mtu_model sinew_mtu_hawkins_hull, sinew_mtu_grieve,
    sinew_mtu_gait2392;

/* Which joints a muscle crosses; the segment it is measured by; the
 * uncertainty of its absolute length, percent. */
int sinew_muscle_joints(int muscle);
int sinew_muscle_segment(int muscle);
double sinew_muscle_spread(int muscle);

/* Ratio, strain and model of a muscle at a leg's angles; angles it does not
 * cross are not looked at. `sd` of the strain comes from the standard
 * uncertainties of the angles, degrees, and from the model. Other fields of the
 * value are left alone. */
void sinew_mtu_evaluate(sinew_mtu_value *value, int muscle, int mtu,
                        const struct sinew_leg *leg,
                        const struct sinew_leg *leg_sd);

#endif
