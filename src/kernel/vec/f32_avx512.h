/*
 * f32_avx512.h - vectors of sixteen floats with AVX-512 F, BW, DQ and VL (see
 * f32.h).
 */
#ifndef SINEW_KERNEL_VEC_F32_AVX512_H
#define SINEW_KERNEL_VEC_F32_AVX512_H

#include <immintrin.h>
#include <stdint.h>

#define VF_LANES 16
#define VF_REGS  32

typedef __m512 vf;
typedef __mmask16 vm;

static inline vf vf_zero(void) {
    return _mm512_setzero_ps();
}
static inline vf vf_set1(float x) {
    return _mm512_set1_ps(x);
}
static inline vf vf_load(const float *p) {
    return _mm512_loadu_ps(p);
}
static inline void vf_store(float *p, vf v) {
    _mm512_storeu_ps(p, v);
}
/* Ones for the first n lanes. */
static inline __mmask16 vf_first(int64_t n) {
    return (__mmask16)((1u << n) - 1);
}
static inline vf vf_load_n(const float *p, int64_t n) {
    return _mm512_maskz_loadu_ps(vf_first(n), p);
}
static inline void vf_store_n(float *p, vf v, int64_t n) {
    _mm512_mask_storeu_ps(p, vf_first(n), v);
}

static inline vf vf_add(vf a, vf b) {
    return _mm512_add_ps(a, b);
}
static inline vf vf_sub(vf a, vf b) {
    return _mm512_sub_ps(a, b);
}
static inline vf vf_mul(vf a, vf b) {
    return _mm512_mul_ps(a, b);
}
static inline vf vf_div(vf a, vf b) {
    return _mm512_div_ps(a, b);
}
static inline vf vf_fma(vf a, vf b, vf c) {
    return _mm512_fmadd_ps(a, b, c);
}
static inline vf vf_fnma(vf a, vf b, vf c) {
    return _mm512_fnmadd_ps(a, b, c);
}
static inline vf vf_sqrt(vf a) {
    return _mm512_sqrt_ps(a);
}
static inline vf vf_neg(vf a) {
    return -a; /* becomes part of a multiply-add */
}
static inline vf vf_abs(vf a) {
    return _mm512_abs_ps(a);
}

static inline vf vf_min(vf a, vf b) {
    return _mm512_min_ps(a, b);
}
static inline vf vf_max(vf a, vf b) {
    return _mm512_max_ps(a, b);
}
static inline vm vf_lt(vf a, vf b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}
static inline vm vf_le(vf a, vf b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ);
}
static inline vm vf_eq(vf a, vf b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}
static inline vf vf_blend(vm m, vf a, vf b) {
    return _mm512_mask_blend_ps(m, b, a);
}

static inline vf vf_round(vf a) {
    return _mm512_roundscale_ps(a,
                                _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
static inline vf vf_floor(vf a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
static inline vf vf_scale(vf a, vf n) {
    return _mm512_scalef_ps(a, n);
}
/* The lesser magnitude with the sign of the first operand. */
static inline vf vf_bound(vf a, float limit) {
    return _mm512_range_ps(a, _mm512_set1_ps(limit), 2);
}

/* Halves of the vector combined, in the order of the narrower sets. */
static inline __m256 vf_low(vf v) {
    return _mm512_castps512_ps256(v);
}
static inline __m256 vf_high(vf v) {
    return _mm512_extractf32x8_ps(v, 1);
}
static inline float vf_sum(vf v) {
    __m256 b = _mm256_add_ps(vf_low(v), vf_high(v));
    __m128 a =
        _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));

    a = _mm_add_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_add_ss(a, _mm_shuffle_ps(a, a, 1)));
}
static inline float vf_hmin(vf v) {
    __m256 b = _mm256_min_ps(vf_low(v), vf_high(v));
    __m128 a =
        _mm_min_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));

    a = _mm_min_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_min_ss(a, _mm_shuffle_ps(a, a, 1)));
}
static inline float vf_hmax(vf v) {
    __m256 b = _mm256_max_ps(vf_low(v), vf_high(v));
    __m128 a =
        _mm_max_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));

    a = _mm_max_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_max_ss(a, _mm_shuffle_ps(a, a, 1)));
}

#endif
