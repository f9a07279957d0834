/*
 * f32_sse2.h - vectors of four floats with SSE2 only, the x86-64 baseline (see
 * f32.h). It has no fused multiply-add, blend or rounding instruction.
 */
#ifndef SINEW_KERNEL_VEC_F32_SSE2_H
#define SINEW_KERNEL_VEC_F32_SSE2_H

#include <emmintrin.h>
#include <stdint.h>

#define VF_LANES 4
#define VF_REGS  16

typedef __m128 vf;
typedef __m128 vm;

static inline vf vf_zero(void) {
    return _mm_setzero_ps();
}
static inline vf vf_set1(float x) {
    return _mm_set1_ps(x);
}
static inline vf vf_load(const float *p) {
    return _mm_loadu_ps(p);
}
static inline void vf_store(float *p, vf v) {
    _mm_storeu_ps(p, v);
}
/* Parts of a vector are rare and take a dozen instructions: not inlined. */
static __attribute__((noinline, unused)) vf vf_load_n(const float *p,
                                                      int64_t n) {
    __m128 low = _mm_setzero_ps();

    if (n >= 4) return vf_load(p);
    if (n & 2) low = _mm_castsi128_ps(_mm_loadu_si64(p));
    if (n & 1) {
        __m128 last = _mm_load_ss(p + (n & 2));
        low = n & 2 ? _mm_movelh_ps(low, last) : last;
    }
    return low;
}
static __attribute__((noinline, unused)) void vf_store_n(float *p, vf v,
                                                         int64_t n) {
    if (n >= 4) {
        vf_store(p, v);
        return;
    }
    if (n & 2) {
        _mm_storeu_si64(p, _mm_castps_si128(v));
        v = _mm_movehl_ps(v, v);
    }
    if (n & 1) _mm_store_ss(p + (n & 2), v);
}

static inline vf vf_add(vf a, vf b) {
    return _mm_add_ps(a, b);
}
static inline vf vf_sub(vf a, vf b) {
    return _mm_sub_ps(a, b);
}
static inline vf vf_mul(vf a, vf b) {
    return _mm_mul_ps(a, b);
}
static inline vf vf_div(vf a, vf b) {
    return _mm_div_ps(a, b);
}
static inline vf vf_fma(vf a, vf b, vf c) {
    return _mm_add_ps(_mm_mul_ps(a, b), c);
}
static inline vf vf_fnma(vf a, vf b, vf c) {
    return _mm_sub_ps(c, _mm_mul_ps(a, b));
}
static inline vf vf_sqrt(vf a) {
    return _mm_sqrt_ps(a);
}
static inline vf vf_neg(vf a) {
    return -a; /* becomes part of a multiply-add */
}
static inline vf vf_abs(vf a) {
    return _mm_andnot_ps(_mm_set1_ps(-0.0f), a);
}

static inline vf vf_min(vf a, vf b) {
    return _mm_min_ps(a, b);
}
static inline vf vf_max(vf a, vf b) {
    return _mm_max_ps(a, b);
}
static inline vm vf_lt(vf a, vf b) {
    return _mm_cmplt_ps(a, b);
}
static inline vm vf_le(vf a, vf b) {
    return _mm_cmple_ps(a, b);
}
static inline vm vf_eq(vf a, vf b) {
    return _mm_cmpeq_ps(a, b);
}
static inline vf vf_blend(vm m, vf a, vf b) {
    return _mm_or_ps(_mm_and_ps(m, a), _mm_andnot_ps(m, b));
}

/* From 2^23 on a float has no fraction (and would not fit the integer). */
static inline vf vf_round(vf a) {
    __m128 sign = _mm_and_ps(a, _mm_set1_ps(-0.0f));
    __m128 whole = _mm_cvtepi32_ps(_mm_cvtps_epi32(a));

    return vf_blend(vf_lt(vf_abs(a), _mm_set1_ps(8388608.0f)),
                    _mm_or_ps(whole, sign), a);
}
static inline vf vf_floor(vf a) {
    __m128 whole = vf_round(a);

    return _mm_sub_ps(whole, _mm_and_ps(vf_lt(a, whole), _mm_set1_ps(1.0f)));
}
static inline vf vf_scale(vf a, vf n) {
    __m128i power = _mm_slli_epi32(_mm_cvtps_epi32(n), 23);

    return _mm_castsi128_ps(_mm_add_epi32(_mm_castps_si128(a), power));
}
static inline vf vf_bound(vf a, float limit) {
    a = vf_max(_mm_set1_ps(-limit), a);
    return vf_min(_mm_set1_ps(limit), a);
}

static inline float vf_sum(vf a) {
    a = _mm_add_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_add_ss(a, _mm_shuffle_ps(a, a, 1)));
}
static inline float vf_hmin(vf a) {
    a = _mm_min_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_min_ss(a, _mm_shuffle_ps(a, a, 1)));
}
static inline float vf_hmax(vf a) {
    a = _mm_max_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_max_ss(a, _mm_shuffle_ps(a, a, 1)));
}

#endif
