/*
 * peak_tmpl.c - multiply-adds and nothing else: enough independent sums to hide
 * the latency of one, all in registers.
 */
#include "kernel/isa.h"
#include "kernel/vec/f32.h"

float SINEW_NAME(peak)(int64_t steps) {
    vf sum[SINEW_PEAK_SUMS], x = vf_set1(0.5f), y = vf_set1(1e-9f);

    SINEW_UNROLL
    for (int i = 0; i < SINEW_PEAK_SUMS; i++)
        sum[i] = vf_set1((float)i);
    for (int64_t s = 0; s < steps; s++) {
        SINEW_UNROLL
        for (int i = 0; i < SINEW_PEAK_SUMS; i++)
            sum[i] = vf_fma(sum[i], x, y);
    }
    for (int i = 1; i < SINEW_PEAK_SUMS; i++)
        sum[0] = vf_add(sum[0], sum[i]);
    return vf_sum(sum[0]);
}
