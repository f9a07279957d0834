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

/* e^x within 2 ulp of its normal results; 0, denormals and infinity come out
 * at the ends, NaN stays. In two factors, as 2^n need not be a normal number.
 */
static inline vf vf_exp(vf x) {
    vf q = vf_set1(1.381459878757596e-3f);

    x = vf_max(vf_set1(-104.0f), x);
    x = vf_min(vf_set1(89.0f), x);
    vf n = vf_round(vf_mul(x, vf_set1(1.44269504f)));
    vf r = vf_fnma(n, vf_set1(0.693359375f), x);
    r = vf_fnma(n, vf_set1(-2.12194440e-4f), r);
    q = vf_fma(q, r, vf_set1(8.368716575205326e-3f));
    q = vf_fma(q, r, vf_set1(4.166838899254799e-2f));
    q = vf_fma(q, r, vf_set1(1.666652113199234e-1f));
    q = vf_fma(q, r, vf_set1(4.999999403953552e-1f));
    vf power = vf_fma(q, vf_mul(r, r), vf_add(vf_set1(1.0f), r));
    vf half = vf_floor(vf_mul(n, vf_set1(0.5f)));
    power = vf_mul(power, vf_scale(vf_set1(1.0f), half));
    return vf_mul(power, vf_scale(vf_set1(1.0f), vf_sub(n, half)));
}

/* e^-x = 2^n 2^f with n = round(-x / ln 2), x cut to where that is a normal
 * number. 2^f = 1 + f p(f), p of degree 4 fitted as above (9.1e-8). As 1 / ln 2
 * is rounded (and where no multiply-add is fused, the product), the error grows
 * to 8 + |x| ulp; large x have a result that counts for nothing beside 1. Any
 * number where x is NaN. */
static inline vf vf_exp_neg(vf x) {
    vf factor = vf_set1(-1.44269504f);

    x = vf_bound(x, 87.0f);
    vf n = vf_round(vf_mul(x, factor));
    vf f = vf_fma(x, factor, vf_neg(n));
    vf p = vf_set1(1.326472731307149e-3f);
    p = vf_fma(p, f, vf_set1(9.671512991189957e-3f));
    p = vf_fma(p, f, vf_set1(5.550733581185341e-2f));
    p = vf_fma(p, f, vf_set1(2.402224242687225e-1f));
    p = vf_fma(p, f, vf_set1(6.931470036506653e-1f));
    return vf_scale(vf_fma(p, f, vf_set1(1.0f)), n);
}

/* 1 / (1 + e^-x), error as above. */
static inline vf vf_sigmoid(vf x) {
    vf one = vf_set1(1.0f);
    vf top = vf_blend(vf_eq(x, x), one, x); /* NaN stays */

    return vf_div(top, vf_add(vf_exp_neg(x), one));
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
    case SINEW_ACT_SWISH: /* the factor goes into the divisor for nothing */
        zero = vf_set1(1.0f / act->a);
        return vf_div(x, vf_fma(vf_exp_neg(x), zero, zero));
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
