/*
 * vec_tmpl.c - the vector wrappers of one instruction set (src/kernel/vec),
 * lane by lane against the same in plain C. Compiled once for each set.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "kernel/isa.h"
#include "kernel/vec/math.h"
#include "kernel/vec_check.h"

/* Operands; each test takes VF_LANES of them from every place. */
static const float a[] = {
    0.0f,    -0.0f,   0.5f,        -0.5f,        1.5f,       -1.5f,  2.5f,
    -2.5f,   0.3f,    -0.3f,       7.75f,        -7.75f,     1e-20f, -1e20f,
    3.0f,    100.25f, 8388607.5f,  -8388607.5f,  8388609.0f, -2e9f,  1e30f,
    -3.999f, 4.0f,    0.49999997f, -0.49999997f, 12.0f,      -5.0f,  6.5f,
    1.0f,    -1.0f,   0.1f,        42.0f};
static const float b[] = {
    1.0f, 2.0f,  0.5f,  0.25f, -1.5f, -1.5f, 3.0f, -4.0f, 0.3f,   5.0f,  -7.0f,
    1.0f, 1e10f, 1e10f, 3.0f,  -2.0f, 1.0f,  3.0f, -1.0f, 2.0f,   0.5f,  -1.0f,
    4.0f, 9.0f,  -0.5f, 11.0f, 5.0f,  6.5f,  2.0f, -3.0f, 0.125f, -42.0f};
enum { N = sizeof(a) / sizeof(*a) };

static bool same(float x, float y) {
    return memcmp(&x, &y, sizeof(x)) == 0 || (isnan(x) && isnan(y));
}

/* Each lane of `expression` on x, y equals `wanted` on xs[i], ys[i]. */
#define LANES(expression, wanted)                                              \
    do {                                                                       \
        float got[VF_LANES];                                                   \
        vf_store(got, expression);                                             \
        for (int i = 0; i < VF_LANES; i++)                                     \
            if (!same(got[i], wanted)) return #expression;                     \
    } while (0)

/* Vectors at xs and ys. */
static const char *check_arithmetic(const float *xs, const float *ys) {
    vf x = vf_load(xs), y = vf_load(ys);

    LANES(vf_add(x, y), xs[i] + ys[i]);
    LANES(vf_sub(x, y), xs[i] - ys[i]);
    LANES(vf_mul(x, y), xs[i] * ys[i]);
    LANES(vf_div(x, y), xs[i] / ys[i]);
    LANES(vf_neg(x), -xs[i]);
    LANES(vf_abs(x), fabsf(xs[i]));
    LANES(vf_sqrt(vf_abs(x)), sqrtf(fabsf(xs[i])));
    LANES(vf_round(x), rintf(xs[i]));
    LANES(vf_floor(x), floorf(xs[i]));
    LANES(vf_bound(x, 5.0f), fmaxf(-5.0f, fminf(5.0f, xs[i])));
    LANES(vf_set1(xs[0]), xs[0]);
    LANES(vf_zero(), 0.0f * (float)(i - i));
    return NULL;
}

static const char *check_compare(const float *xs, const float *ys) {
    vf x = vf_load(xs), y = vf_load(ys);

    LANES(vf_min(x, y), xs[i] < ys[i] ? xs[i] : ys[i]);
    LANES(vf_max(x, y), xs[i] > ys[i] ? xs[i] : ys[i]);
    LANES(vf_blend(vf_lt(x, y), x, y), xs[i] < ys[i] ? xs[i] : ys[i]);
    LANES(vf_blend(vf_le(x, y), y, x), xs[i] <= ys[i] ? ys[i] : xs[i]);
    LANES(vf_blend(vf_eq(x, y), vf_zero(), x), xs[i] == ys[i] ? 0.0f : xs[i]);
    return NULL;
}

/* Fused or not, and no further off than that. */
static const char *check_fma(const float *xs, const float *ys) {
    float got[VF_LANES];

    vf_store(got, vf_fma(vf_load(xs), vf_load(ys), vf_set1(0.7f)));
    for (int i = 0; i < VF_LANES; i++)
        if (!same(got[i], xs[i] * ys[i] + 0.7f) &&
            !same(got[i], fmaf(xs[i], ys[i], 0.7f)))
            return "vf_fma";
    vf_store(got, vf_fnma(vf_load(xs), vf_load(ys), vf_set1(0.7f)));
    for (int i = 0; i < VF_LANES; i++)
        if (!same(got[i], 0.7f - xs[i] * ys[i]) &&
            !same(got[i], fmaf(-xs[i], ys[i], 0.7f)))
            return "vf_fnma";
    return NULL;
}

static const char *check_parts(const float *xs) {
    for (int n = 0; n <= VF_LANES; n++) {
        float got[VF_LANES + 1];
        vf_store(got, vf_load_n(xs, n));
        for (int i = 0; i < VF_LANES; i++)
            if (!same(got[i], i < n ? xs[i] : 0.0f)) return "vf_load_n";
        for (int i = 0; i <= VF_LANES; i++)
            got[i] = 77.0f;
        vf_store_n(got, vf_load(xs), n);
        for (int i = 0; i <= VF_LANES; i++)
            if (!same(got[i], i < n ? xs[i] : 77.0f)) return "vf_store_n";
    }
    return NULL;
}

static const char *check_lanes(const float *xs) {
    double sum = 0, size = 0;
    float low = xs[0], high = xs[0];

    for (int i = 0; i < VF_LANES; i++) {
        sum += (double)xs[i];
        size += fabs((double)xs[i]);
        low = xs[i] < low ? xs[i] : low;
        high = xs[i] > high ? xs[i] : high;
    }
    if (!(fabs((double)vf_sum(vf_load(xs)) - sum) <= 1e-6 * size))
        return "vf_sum";
    if (vf_hmin(vf_load(xs)) != low) return "vf_hmin";
    return vf_hmax(vf_load(xs)) != high ? "vf_hmax" : NULL;
}

static const char *check_nan(void) {
    float got[VF_LANES];

    vf_store(got, vf_min(vf_set1(NAN), vf_set1(2.0f)));
    if (got[0] != 2.0f) return "vf_min(NaN, 2)";
    vf_store(got, vf_max(vf_set1(2.0f), vf_set1(NAN)));
    if (!isnan(got[0])) return "vf_max(2, NaN)";
    vf_store(got, vf_exp(vf_set1(NAN)));
    if (!isnan(got[0])) return "vf_exp(NaN)";
    vf_store(got, vf_sigmoid(vf_set1(NAN)));
    return isnan(got[0]) ? NULL : "vf_sigmoid(NaN)";
}

static const char *check_scale(void) {
    for (int n = -126; n <= 127; n++) {
        float got[VF_LANES];
        vf power = vf_set1((float)n);
        vf_store(got, vf_scale(vf_set1(n < 0 ? 1.75f : 1.0f), power));
        if (got[VF_LANES - 1] != ldexpf(n < 0 ? 1.75f : 1.0f, n))
            return "vf_scale";
    }
    return NULL;
}

/* Distance in units of the last place of a normal float. */
static double ulps(double got, double wanted) {
    int exponent;

    frexp(wanted, &exponent);
    return fabs(got - wanted) / ldexp(1.0, exponent - 24);
}

static const char *check_exp(void) {
    float got[VF_LANES];

    for (float x = -87.3f; x < 88.7f; x += 0.0137f) {
        vf_store(got, vf_exp(vf_set1(x)));
        if (!(ulps((double)got[0], exp((double)x)) <= 2)) return "vf_exp";
        vf_store(got, vf_sigmoid(vf_set1(x)));
        double wanted = 1 / (1 + exp(-(double)x)), far = fabs((double)x);
        if (x > -84 && !(ulps((double)got[0], wanted) <= 8 + far))
            return "vf_sigmoid";
    }
    vf_store(got, vf_exp(vf_set1(-200.0f)));
    if (got[0] != 0.0f) return "vf_exp(-200)";
    vf_store(got, vf_exp(vf_set1(200.0f)));
    return got[0] == INFINITY ? NULL : "vf_exp(200)";
}

const char *SINEW_NAME(vec_check)(void) {
    const char *bad = NULL;

    for (int i = 0; i + VF_LANES <= N && !bad; i++) {
        bad = check_arithmetic(a + i, b + i);
        bad = bad ? bad : check_compare(a + i, b + i);
        bad = bad ? bad : check_compare(a + i, a + i);
        bad = bad ? bad : check_fma(a + i, b + i);
        bad = bad ? bad : check_parts(a + i);
        bad = bad ? bad : check_lanes(b + i);
    }
    bad = bad ? bad : check_nan();
    bad = bad ? bad : check_scale();
    return bad ? bad : check_exp();
}
