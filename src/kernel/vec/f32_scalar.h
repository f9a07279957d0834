/*
 * f32_scalar.h - "vectors" of one float, in plain C (see f32.h).
 */
#ifndef SINEW_KERNEL_VEC_F32_SCALAR_H
#define SINEW_KERNEL_VEC_F32_SCALAR_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define VF_LANES 1
#define VF_REGS  16

typedef float vf;
typedef int vm;

static inline vf vf_zero(void) {
    return 0.0f;
}
static inline vf vf_set1(float x) {
    return x;
}
static inline vf vf_load(const float *p) {
    return *p;
}
static inline void vf_store(float *p, vf v) {
    *p = v;
}
static inline vf vf_load_n(const float *p, int64_t n) {
    return n > 0 ? *p : 0.0f;
}
static inline void vf_store_n(float *p, vf v, int64_t n) {
    if (n > 0) *p = v;
}

static inline vf vf_add(vf a, vf b) {
    return a + b;
}
static inline vf vf_sub(vf a, vf b) {
    return a - b;
}
static inline vf vf_mul(vf a, vf b) {
    return a * b;
}
static inline vf vf_div(vf a, vf b) {
    return a / b;
}
static inline vf vf_fma(vf a, vf b, vf c) {
    return a * b + c;
}
static inline vf vf_fnma(vf a, vf b, vf c) {
    return c - a * b;
}
static inline vf vf_sqrt(vf a) {
    return sqrtf(a);
}
static inline vf vf_neg(vf a) {
    return -a;
}
static inline vf vf_abs(vf a) {
    return fabsf(a);
}

static inline vf vf_min(vf a, vf b) {
    return a < b ? a : b;
}
static inline vf vf_max(vf a, vf b) {
    return a > b ? a : b;
}
static inline vm vf_lt(vf a, vf b) {
    return a < b;
}
static inline vm vf_le(vf a, vf b) {
    return a <= b;
}
static inline vm vf_eq(vf a, vf b) {
    return a == b;
}
static inline vf vf_blend(vm m, vf a, vf b) {
    return m ? a : b;
}

static inline vf vf_round(vf a) {
    return rintf(a);
}
static inline vf vf_floor(vf a) {
    return floorf(a);
}
static inline vf vf_scale(vf a, vf n) {
    uint32_t bits;

    memcpy(&bits, &a, sizeof(bits));
    bits += (uint32_t)(int32_t)n << 23;
    memcpy(&a, &bits, sizeof(a));
    return a;
}
static inline vf vf_bound(vf a, float limit) {
    return a > limit ? limit : a > -limit ? a : -limit;
}

static inline float vf_sum(vf a) {
    return a;
}
static inline float vf_hmin(vf a) {
    return a;
}
static inline float vf_hmax(vf a) {
    return a;
}

#endif
