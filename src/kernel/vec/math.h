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

/* e^r 2^-n split: gives e^r and sets *n. */
static inline vf vf_exp_reduced(vf x, vf *n) {
    vf whole = vf_round(vf_mul(x, vf_set1(1.44269504f)));
    vf r = vf_fnma(whole, vf_set1(0.693359375f), x);
    vf q = vf_set1(1.381459878757596e-3f);

    r = vf_fnma(whole, vf_set1(-2.12194440e-4f), r);
    q = vf_fma(q, r, vf_set1(8.368716575205326e-3f));
    q = vf_fma(q, r, vf_set1(4.166838899254799e-2f));
    q = vf_fma(q, r, vf_set1(1.666652113199234e-1f));
    q = vf_fma(q, r, vf_set1(4.999999403953552e-1f));
    *n = whole;
    return vf_add(vf_fma(q, vf_mul(r, r), r), vf_set1(1.0f));
}

/* e^x within 2 ulp of its normal results; 0, denormals and infinity come out
 * at the ends, NaN stays. */
static inline vf vf_exp(vf x) {
    vf n, half, power;

    x = vf_max(vf_set1(-104.0f), x);
    x = vf_min(vf_set1(89.0f), x);
    power = vf_exp_reduced(x, &n);
    half = vf_floor(vf_mul(n, vf_set1(0.5f)));
    return vf_ldexp(vf_ldexp(power, half), vf_sub(n, half));
}

/* 1 + e^-x, e^-x kept in the normal range: outside it the sum is 1 or its
 * reciprocal below 1e-38. */
static inline vf vf_one_plus_exp_neg(vf x) {
    vf n, power;

    x = vf_max(vf_set1(-88.0f), x);
    x = vf_min(vf_set1(87.0f), x);
    power = vf_exp_reduced(vf_neg(x), &n);
    return vf_add(vf_ldexp(power, n), vf_set1(1.0f));
}

/* 1 / (1 + e^-x) within 4 ulp where it is above 1e-38. */
static inline vf vf_sigmoid(vf x) {
    return vf_div(vf_set1(1.0f), vf_one_plus_exp_neg(x));
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

#endif
