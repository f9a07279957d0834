/*
 * act_tmpl.c - activations over a run of floats (vec/math.h has the maths).
 */
#include "kernel/isa.h"
#include "kernel/vec/math.h"

/* The loop of one kind, so that its test stays outside. */
SINEW_INLINE void act_loop(const float *x, float *y, int64_t n, int32_t kind,
                           float a, float b) {
    const struct sinew_act act = {kind, a, b};
    int64_t i = 0;

    for (; i + VF_LANES <= n; i += VF_LANES)
        vf_store(y + i, vf_act(vf_load(x + i), &act));
    if (i < n) vf_store_n(y + i, vf_act(vf_load_n(x + i, n - i), &act), n - i);
}

void SINEW_NAME(f32_act)(const float *x, float *y, int64_t n,
                         const struct sinew_act *act) {
    switch (act->kind) {
#define CASE(name, text)                                                       \
    case SINEW_ACT_##name:                                                     \
        act_loop(x, y, n, SINEW_ACT_##name, act->a, act->b);                   \
        break;
        SINEW_ACT_MAP(CASE)
#undef CASE
    default:
        break;
    }
}
