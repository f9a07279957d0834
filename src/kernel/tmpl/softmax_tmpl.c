/*
 * softmax_tmpl.c - one distribution: the largest number, the sum of the powers,
 * and then the powers divided by it, or the logarithms.
 */
#include <math.h>
#include "kernel/isa.h"
#include "kernel/vec/math.h"

static vf largest(const float *x, int64_t n) {
    vf most = vf_set1(-INFINITY);
    int64_t i = 0;

    for (; i + VF_LANES <= n; i += VF_LANES)
        most = vf_max(vf_load(x + i), most);
    float top = vf_hmax(most);
    for (; i < n; i++)
        top = x[i] > top ? x[i] : top;
    return vf_set1(top);
}

/* The powers' sum; they go to y unless it is NULL. */
SINEW_INLINE float sum_powers(const float *x, float *y, int64_t n, vf most) {
    vf sum = vf_zero();
    int64_t i = 0;

    for (; i + VF_LANES <= n; i += VF_LANES) {
        vf e = vf_exp(vf_sub(vf_load(x + i), most));
        sum = vf_add(sum, e);
        if (y) vf_store(y + i, e);
    }
    float total = vf_sum(sum);
    if (i < n) {
        float rest[VF_LANES];
        vf e = vf_exp(vf_sub(vf_load_n(x + i, n - i), most));
        vf_store(rest, e);
        for (int64_t k = 0; k < n - i; k++)
            total += rest[k];
        if (y) vf_store_n(y + i, e, n - i);
    }
    return total;
}

void SINEW_NAME(f32_softmax)(const float *x, float *y, int64_t n,
                             int32_t as_log) {
    vf most = largest(x, n), by;
    int64_t i = 0;

    if (as_log) {
        by = vf_set1(logf(sum_powers(x, NULL, n, most)));
        for (; i + VF_LANES <= n; i += VF_LANES)
            vf_store(y + i, vf_sub(vf_sub(vf_load(x + i), most), by));
        if (i < n) {
            vf last = vf_sub(vf_load_n(x + i, n - i), most);
            vf_store_n(y + i, vf_sub(last, by), n - i);
        }
        return;
    }
    by = vf_set1(1.0f / sum_powers(x, y, n, most));
    for (; i + VF_LANES <= n; i += VF_LANES)
        vf_store(y + i, vf_mul(vf_load(y + i), by));
    if (i < n) vf_store_n(y + i, vf_mul(vf_load_n(y + i, n - i), by), n - i);
}
