/*
 * f32_neon.h - vectors of four floats with AArch64 Advanced SIMD (see f32.h).
 */
#ifndef SINEW_KERNEL_VEC_F32_NEON_H
#define SINEW_KERNEL_VEC_F32_NEON_H

#include <arm_neon.h>
#include <stdint.h>

#define VF_LANES 4
#define VF_REGS  32

typedef float32x4_t vf;
typedef uint32x4_t vm;

static inline vf vf_zero(void) {
    return vdupq_n_f32(0.0f);
}
static inline vf vf_set1(float x) {
    return vdupq_n_f32(x);
}
static inline vf vf_load(const float *p) {
    return vld1q_f32(p);
}
static inline void vf_store(float *p, vf v) {
    vst1q_f32(p, v);
}
/* Parts of a vector are rare and take a dozen instructions: not inlined. */
static __attribute__((noinline, unused)) vf vf_load_n(const float *p,
                                                      int64_t n) {
    float32x2_t low = vdup_n_f32(0.0f), high = low;

    if (n >= 4) return vld1q_f32(p);
    if (n >= 2) low = vld1_f32(p);
    if (n == 1) low = vld1_lane_f32(p, low, 0);
    if (n == 3) high = vld1_lane_f32(p + 2, high, 0);
    return vcombine_f32(low, high);
}
static __attribute__((noinline, unused)) void vf_store_n(float *p, vf v,
                                                         int64_t n) {
    if (n >= 4) {
        vst1q_f32(p, v);
        return;
    }
    if (n >= 2) vst1_f32(p, vget_low_f32(v));
    if (n == 1) vst1q_lane_f32(p, v, 0);
    if (n == 3) vst1q_lane_f32(p + 2, v, 2);
}

static inline vf vf_add(vf a, vf b) {
    return vaddq_f32(a, b);
}
static inline vf vf_sub(vf a, vf b) {
    return vsubq_f32(a, b);
}
static inline vf vf_mul(vf a, vf b) {
    return vmulq_f32(a, b);
}
static inline vf vf_div(vf a, vf b) {
    return vdivq_f32(a, b);
}
static inline vf vf_fma(vf a, vf b, vf c) {
    return vfmaq_f32(c, a, b);
}
static inline vf vf_fnma(vf a, vf b, vf c) {
    return vfmsq_f32(c, a, b);
}
static inline vf vf_sqrt(vf a) {
    return vsqrtq_f32(a);
}
static inline vf vf_neg(vf a) {
    return vnegq_f32(a);
}
static inline vf vf_abs(vf a) {
    return vabsq_f32(a);
}

static inline vm vf_lt(vf a, vf b) {
    return vcltq_f32(a, b);
}
static inline vm vf_le(vf a, vf b) {
    return vcleq_f32(a, b);
}
static inline vm vf_eq(vf a, vf b) {
    return vceqq_f32(a, b);
}
static inline vf vf_blend(vm m, vf a, vf b) {
    return vbslq_f32(m, a, b);
}
/* Compare and select: the instructions of that name treat NaN otherwise. */
static inline vf vf_min(vf a, vf b) {
    return vbslq_f32(vcltq_f32(a, b), a, b);
}
static inline vf vf_max(vf a, vf b) {
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}

static inline vf vf_round(vf a) {
    return vrndnq_f32(a);
}
static inline vf vf_floor(vf a) {
    return vrndmq_f32(a);
}
static inline vf vf_scale(vf a, vf n) {
    int32x4_t power = vshlq_n_s32(vcvtq_s32_f32(n), 23);

    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(a), power));
}
static inline vf vf_bound(vf a, float limit) {
    return vminq_f32(vdupq_n_f32(limit), vmaxq_f32(vdupq_n_f32(-limit), a));
}

static inline float vf_sum(vf a) {
    float32x2_t b = vadd_f32(vget_low_f32(a), vget_high_f32(a));

    return vget_lane_f32(b, 0) + vget_lane_f32(b, 1);
}
static inline float vf_hmin(vf a) {
    return vminvq_f32(a);
}
static inline float vf_hmax(vf a) {
    return vmaxvq_f32(a);
}

#endif
