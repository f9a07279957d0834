/*
 * late.h - activations at the end of a kernel that keeps its sums in registers:
 * the kinds that only cut the range are done there, the others go over the
 * stored numbers while these are in the first cache.
 */
#ifndef SINEW_KERNEL_TMPL_LATE_H
#define SINEW_KERNEL_TMPL_LATE_H

#include <math.h>
#include "kernel/isa.h"
#include "kernel/vec/f32.h"

struct limits {
    float low, high;
};

/* The range that `act` allows; all numbers where it is no clamp. */
static inline struct limits limits_of(const struct sinew_act *act) {
    switch (act->kind) {
    case SINEW_ACT_RELU:
        return (struct limits){0.0f, INFINITY};
    case SINEW_ACT_RELU6:
        return (struct limits){0.0f, 6.0f};
    case SINEW_ACT_CLIP:
        return (struct limits){act->a, act->b};
    default:
        return (struct limits){-INFINITY, INFINITY};
    }
}

/* Whether the limits are all there is to it. */
static inline bool limits_suffice(const struct sinew_act *act) {
    return act->kind == SINEW_ACT_NONE || act->kind == SINEW_ACT_RELU ||
           act->kind == SINEW_ACT_RELU6 || act->kind == SINEW_ACT_CLIP;
}

/* NaN stays NaN. */
static inline vf vf_limit(vf x, struct limits limits) {
    x = vf_max(vf_set1(limits.low), x);
    return vf_min(vf_set1(limits.high), x);
}

/* Processors with BF16 have their level's own. */
#if defined(SINEW_ISA_AVX512BF16)
#define sinew_act_rows_avx512bf16 sinew_act_rows_avx512
#endif

/* y = act(x) on rows of `cols` numbers (act_tmpl.c); y may be x. */
void SINEW_NAME(act_rows)(const float *x, int64_t x_step, float *y,
                          int64_t y_step, int64_t rows, int64_t cols,
                          const struct sinew_act *act);

#endif
