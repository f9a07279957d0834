/*
 * act.c - activations, one number at a time (act.h has the formulas).
 */
#include <math.h>
#include "kernel/isa.h"
#include "kernel/ref/act.h"

static float clamp(float x, float low, float high) {
    x = low > x ? low : x;
    return high < x ? high : x;
}

float sinew_act_ref(float x, const struct sinew_act *act) {
    switch (act->kind) {
    case SINEW_ACT_RELU:
        return 0.0f > x ? 0.0f : x;
    case SINEW_ACT_RELU6:
        return clamp(x, 0.0f, 6.0f);
    case SINEW_ACT_CLIP:
        return clamp(x, act->a, act->b);
    case SINEW_ACT_SIGMOID:
        return 1.0f / (1.0f + expf(-x));
    case SINEW_ACT_SWISH:
        return act->a * x / (1.0f + expf(-x));
    case SINEW_ACT_HARD_SIGMOID:
        return clamp(act->a * x + act->b, 0.0f, 1.0f);
    case SINEW_ACT_HARD_SWISH:
        return x * clamp(x / 6.0f + 0.5f, 0.0f, 1.0f);
    default:
        return x;
    }
}

void sinew_f32_act_ref(const float *x, float *y, int64_t n,
                       const struct sinew_act *act) {
    for (int64_t i = 0; i < n; i++)
        y[i] = sinew_act_ref(x[i], act);
}
