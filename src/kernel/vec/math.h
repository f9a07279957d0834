/*
 * math.h - the exponential and what is made of it, on vectors of floats.
 *
 * e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln 2 / 2. n ln 2 is taken off
 * in two parts, the first with so few bits that n times it is exact (Cody and
 * Waite 1980). e^r = 1 + r + r^2 q(r), q the polynomial of degree 4 that
 * minimises the largest relative error (3.1e-9), fitted by iteratively weighted
 * least squares on Chebyshev points.
 */
#ifndef SINEW_KERNEL_VEC_MATH_H
#define SINEW_KERNEL_VEC_MATH_H

#include "kernel/act.h"
#include "kernel/vec/f32.h"

/* e^-x = 2^(*n - VF_SCALE_BIAS) times the result, |x| < 2^20. */
static inline vf vf_exp_neg_reduced(vf x, vf *n) {
    vf bias = vf_set1(VF_SCALE_BIAS), one = vf_set1(1.0f);
    vf power = vf_fma(x, vf_set1(-1.44269504f), bias);
    vf whole = vf_sub(power, bias);
    vf r = vf_fma(whole, vf_set1(0.693359375f), x); /* r is -r of above */
    vf q = vf_set1(1.381459878757596e-3f);

    r = vf_fma(whole, vf_set1(-2.12194440e-4f), r);
    q = vf_fma(q, r, vf_set1(-8.368716575205326e-3f));
    q = vf_fma(q, r, vf_set1(4.166838899254799e-2f));
    q = vf_fma(q, r, vf_set1(-1.666652113199234e-1f));
    q = vf_fma(q, r, vf_set1(4.999999403953552e-1f));
    *n = power;
    return vf_fma(q, vf_mul(r, r), vf_sub(one, r));
}

/* e^x within 2 ulp of its normal results; 0, denormals and infinity come out
 * at the ends, NaN stays. In two factors, as 2^n need not be a normal number.
 */
static inline vf vf_exp(vf x) {
    vf bias = vf_set1(VF_SCALE_BIAS), one = vf_set1(1.0f);
    vf n, half, power;

    x = vf_max(vf_set1(-104.0f), x);
    x = vf_min(vf_set1(89.0f), x);
    power = vf_exp_neg_reduced(vf_neg(x), &n);
    half = vf_floor(vf_mul(vf_sub(n, bias), vf_set1(0.5f)));
    power = vf_mul(power, vf_scale(one, vf_add(half, bias)));
    return vf_mul(power, vf_scale(one, vf_sub(n, half)));
}

/* 1 + e^-x, x cut to where e^-x is a normal number: beyond, the sum is 1 or its
 * reciprocal below 1e-37. Any number where x is NaN. */
static inline vf vf_one_plus_exp_neg(vf x) {
    vf n, power = vf_exp_neg_reduced(vf_bound(x, 87.0f), &n);

    return vf_add(vf_scale(power, n), vf_set1(1.0f));
}

/* 1 / (1 + e^-x) within 4 ulp where it is above 1e-37. */
static inline vf vf_sigmoid(vf x) {
    vf one = vf_blend(vf_eq(x, x), vf_set1(1.0f), x); /* NaN stays */

    return vf_div(one, vf_one_plus_exp_neg(x));
}

/* One activation on a vector; `kind` should be loop-invariant. */
static inline vf vf_act(vf x, const struct sinew_act *act) {
    vf one = vf_set1(1.0f), zero = vf_zero();

    switch (act->kind) {
    case SINEW_ACT_RELU:
        return vf_max(zero, x);
    case SINEW_ACT_RELU6:
        return vf_min(vf_set1(6.0f), vf_max(zero, x));
    case SINEW_ACT_CLIP:
        return vf_min(vf_set1(act->b), vf_max(vf_set1(act->a), x));
    case SINEW_ACT_SIGMOID:
        return vf_sigmoid(x);
    case SINEW_ACT_SWISH:
        return vf_div(vf_mul(vf_set1(act->a), x), vf_one_plus_exp_neg(x));
    case SINEW_ACT_HARD_SIGMOID:
        x = vf_fma(vf_set1(act->a), x, vf_set1(act->b));
        return vf_min(one, vf_max(zero, x));
    case SINEW_ACT_HARD_SWISH:
        zero = vf_max(zero, vf_fma(x, vf_set1(1.0f / 6.0f), vf_set1(0.5f)));
        return vf_mul(x, vf_min(one, zero));
    default:
        return x;
    }
}

/* The derivative of one activation; `kind` should be loop-invariant. */
static inline vf vf_act_grad(vf x, const struct sinew_act *act) {
    vf one = vf_set1(1.0f), zero = vf_zero(), s;

    switch (act->kind) {
    case SINEW_ACT_RELU:
        return vf_blend(vf_lt(zero, x), one, zero);
    case SINEW_ACT_RELU6:
        s = vf_blend(vf_lt(zero, x), one, zero);
        return vf_blend(vf_lt(x, vf_set1(6.0f)), s, zero);
    case SINEW_ACT_CLIP:
        s = vf_blend(vf_le(vf_set1(act->a), x), one, zero);
        return vf_blend(vf_le(x, vf_set1(act->b)), s, zero);
    case SINEW_ACT_SIGMOID:
        s = vf_sigmoid(x);
        return vf_fnma(s, s, s);
    case SINEW_ACT_SWISH:
        s = vf_sigmoid(x);
        x = vf_fma(vf_fnma(x, s, x), s, s);
        return vf_mul(vf_set1(act->a), x);
    case SINEW_ACT_HARD_SIGMOID:
        x = vf_fma(vf_set1(act->a), x, vf_set1(act->b));
        s = vf_blend(vf_lt(zero, x), vf_set1(act->a), zero);
        return vf_blend(vf_lt(x, one), s, zero);
    case SINEW_ACT_HARD_SWISH:
        s = vf_fma(x, vf_set1(1.0f / 3.0f), vf_set1(0.5f));
        s = vf_blend(vf_le(x, vf_set1(3.0f)), s, one);
        return vf_blend(vf_lt(x, vf_set1(-3.0f)), zero, s);
    default:
        return one;
    }
}

#endif
