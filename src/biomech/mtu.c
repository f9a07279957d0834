/*
 * mtu.c - lengths and strains of muscle-tendon units by any of the models.
 *
 * Strain is 100 (L / L0 - 1), L0 being the same model's length with all angles
 * 0. Its uncertainty adds, in squares, the model's own and the uncertainty of
 * each angle times the slope of the strain along it.
 */
#include <math.h>
#include <string.h>
#include "biomech/mtu.h"

static const struct muscle {
    const char *name, *title;
    int segment, joints, mtu, common;
    double spread;
} muscles[] = {
#define MUSCLE(symbol, name, title, segment, joints, model, common, spread)    \
    {#name,  title, SINEW_SEGMENT_##segment, joints, SINEW_MTU_##model,        \
     common, spread},
#include "biomech/muscles.def"
#undef MUSCLE
};
_Static_assert(sizeof(muscles) / sizeof(*muscles) == SINEW_MUSCLE_COUNT,
               "SINEW_MUSCLE_COUNT counts the rows of muscles.def");

sinew_muscle_info sinew_muscle_describe(int muscle) {
    const struct muscle *m = &muscles[muscle];
    const char *segment = m->segment == SINEW_SEGMENT_THIGH ? "thigh" : "shank";
    return (sinew_muscle_info){m->name, m->title, segment, m->mtu, m->common};
}

int sinew_muscle_find(const char *name) {
    for (int i = 0; i < SINEW_MUSCLE_COUNT; i++)
        if (strcmp(muscles[i].name, name) == 0) return i;
    return -1;
}

int sinew_muscle_joints(int muscle) {
    return muscles[muscle].joints;
}

int sinew_muscle_segment(int muscle) {
    return muscles[muscle].segment;
}

double sinew_muscle_spread(int muscle) {
    return muscles[muscle].spread;
}

static const struct sinew_mtu_model *model_of(int mtu) {
    return mtu == SINEW_MTU_GRIEVE     ? &sinew_mtu_grieve
           : mtu == SINEW_MTU_GAIT2392 ? &sinew_mtu_gait2392
                                       : &sinew_mtu_hawkins_hull;
}

/* Angle and limits of one joint at a time, since all are treated alike. */
static double *joint_of(struct sinew_leg *leg, int joint) {
    return joint == SINEW_USES_HIP    ? &leg->hip
           : joint == SINEW_USES_KNEE ? &leg->knee
                                      : &leg->ankle;
}

/* The leg the model is asked for: joints the muscle does not cross at 0, and
 * with `hold` none beyond the fit. Gives whether any was. */
static bool prepare(const struct sinew_mtu_model *model, int muscle,
                    const struct sinew_leg *leg, struct sinew_leg *use) {
    struct sinew_leg low = model->range.low, high = model->range.high;
    bool beyond = false;
    *use = *leg;
    for (int joint = 1; joint <= SINEW_USES_ANKLE; joint *= 2) {
        double *angle = joint_of(use, joint);
        double least = *joint_of(&low, joint), most = *joint_of(&high, joint);
        if (!(muscles[muscle].joints & joint)) {
            *angle = 0;
        } else if (*angle < least || *angle > most) {
            beyond = true;
            if (model->hold) *angle = *angle < least ? least : most;
        }
    }
    return beyond;
}

static double strain_at(const struct sinew_mtu_model *model, int muscle,
                        const struct sinew_leg *leg, double standing) {
    return 100 * (model->ratio(muscle, leg) / standing - 1);
}

/* Square of the uncertainty that the angles bring, percent^2. */
static double variance(const struct sinew_mtu_model *model, int muscle,
                       const struct sinew_leg *leg,
                       const struct sinew_leg *leg_sd, double standing) {
    double sum = 0;
    struct sinew_leg sd = *leg_sd;
    for (int joint = 1; joint <= SINEW_USES_ANKLE; joint *= 2) {
        struct sinew_leg before = *leg, after = *leg;
        if (!(muscles[muscle].joints & joint)) continue;
        *joint_of(&before, joint) -= 0.5;
        *joint_of(&after, joint) += 0.5;
        double slope = strain_at(model, muscle, &after, standing) -
                       strain_at(model, muscle, &before, standing);
        slope *= *joint_of(&sd, joint);
        sum += slope * slope;
    }
    return sum;
}

void sinew_mtu_evaluate(sinew_mtu_value *value, int muscle, int mtu,
                        const struct sinew_leg *leg,
                        const struct sinew_leg *leg_sd) {
    static const struct sinew_leg upright = {0, 0, 0};
    struct sinew_leg use;
    value->mtu = mtu == SINEW_MTU_DEFAULT ? muscles[muscle].mtu : mtu;
    const struct sinew_mtu_model *model = model_of(value->mtu);
    double standing = model->ratio(muscle, &upright);
    value->ratio = value->strain = value->sd = NAN;
    if (isnan(standing)) {
        value->flags |= SINEW_FLAG_NO_MODEL;
        return;
    }
    if (prepare(model, muscle, leg, &use))
        value->flags |= SINEW_FLAG_BEYOND_FIT;
    if (model->doubtful && model->doubtful(muscle))
        value->flags |= SINEW_FLAG_DOUBTFUL;
    double own = model->spread(muscle);
    value->ratio = model->ratio(muscle, &use);
    value->strain = 100 * (value->ratio / standing - 1);
    value->sd =
        sqrt(own * own + variance(model, muscle, &use, leg_sd, standing));
}

uint32_t sinew_muscle_length(int muscle, int mtu, double hip, double knee,
                             double ankle, double *ratio, double *strain) {
    static const struct sinew_leg sure = {0, 0, 0};
    const struct sinew_leg leg = {hip, knee, ankle};
    sinew_mtu_value value = {.flags = 0};
    sinew_mtu_evaluate(&value, muscle, mtu, &leg, &sure);
    *ratio = value.ratio;
    if (strain) *strain = value.strain;
    return value.flags;
}
