/*
 * bf16.h - bf16 (kernel/bf16.h) and vectors of floats, with AVX-512 BF16: pairs
 * of them in words, rows of them in memory.
 */
#ifndef SINEW_KERNEL_VEC_BF16_H
#define SINEW_KERNEL_VEC_BF16_H

#include "kernel/bf16.h"
#include "kernel/vec/math.h"

/* ---- pairs ---- */

/* sum + first x * first w + second x * second w in every word. */
static inline vf vf_fma_pairs(vf x, vf w, vf sum) {
    return _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)w);
}

/* Neighbours of 2 VF_LANES floats, of which `high` are the last. */
static inline vf vf_pack_pairs(vf low, vf high) {
    return (vf)_mm512_cvtne2ps_pbh(high, low);
}

/* Each number of a with that of b. */
static inline vf vf_zip_pairs(vf a, vf b) {
    const __m512i apart = _mm512_set_epi16(
        31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22,
        6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);

    return (vf)_mm512_permutexvar_epi16(apart,
                                        (__m512i)_mm512_cvtne2ps_pbh(b, a));
}

/* Neighbours of VF_LANES floats to VF_LANES / 2 words. */
static inline void vf_store_pairs(float *p, vf v) {
    _mm256_storeu_si256((__m256i *)(void *)p, (__m256i)_mm512_cvtneps_pbh(v));
}

/* ---- rows ---- */

/* VF_LANES bf16, and the first n of them. */
typedef __m256i vh;
static inline vh vh_load(const sinew_bf16 *p) {
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
static inline vh vh_load_n(const sinew_bf16 *p, int64_t n) {
    return _mm256_maskz_loadu_epi16(vf_first(n), p);
}

static inline void vh_store(sinew_bf16 *p, vh v) {
    _mm256_storeu_si256((__m256i *)(void *)p, v);
}
static inline void vh_store_n(sinew_bf16 *p, vh v, int64_t n) {
    _mm256_mask_storeu_epi16(p, vf_first(n), v);
}

/* As floats. */
static inline vf vf_widen(vh v) {
    return (vf)_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16);
}

/* Each number of a with that of b. */
static inline vf vh_zip(vh a, vh b) {
    const __m512i apart = _mm512_set_epi16(
        47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7, 38,
        6, 37, 5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);

    return (vf)_mm512_permutex2var_epi16(_mm512_castsi256_si512(a), apart,
                                         _mm512_castsi256_si512(b));
}

/* Floats rounded to VF_LANES bf16, twice as many, and the first n of them. */
static inline void vf_store_bf16(sinew_bf16 *p, vf v) {
    vh_store(p, (__m256i)_mm512_cvtneps_pbh(v));
}
static inline void vf_store_bf16_2(sinew_bf16 *p, vf low, vf high) {
    vf_store((float *)(void *)p, vf_pack_pairs(low, high));
}
static inline void vf_store_bf16_n(sinew_bf16 *p, vf v, int64_t n) {
    vh_store_n(p, (__m256i)_mm512_cvtneps_pbh(v), n);
}

/* ---- swish to be rounded ---- */

/* What vf_swish_near(x) = a x / (1 + e^-x) looks up: 2^(k / 16) / a for k < 16
 * in the lower bits of n, less the part of these bits in n << 19. */
static inline __m512i vf_swish_table(float a) {
    const __m512i n =
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const vf power = _mm512_setr_ps(
        1.00012f, 1.0443991f, 1.0906386f, 1.1389253f, 1.1893498f, 1.2420068f,
        1.2969952f, 1.3544181f, 1.4143833f, 1.4770034f, 1.5423959f, 1.6106836f,
        1.6819946f, 1.7564629f, 1.8342282f, 1.9154364f);

    return _mm512_sub_epi32((__m512i)vf_div(power, vf_set1(a)),
                            _mm512_slli_epi32(n, 19));
}

/* With n = round(-16 x / ln 2), which a large number added leaves in the lower
 * bits: e^-x = 2^(n / 16) e^r, e^r = 1 + r within 1.2e-4 as |r| <= ln 2 / 32.
 * The table has the mean of that error taken off. */
static inline vf vf_swish_near(vf x, __m512i table, vf one_a) {
    vf magic = vf_set1(12582912.0f), bounded = vf_bound(x, 80.0f);
    vf shifted = vf_fma(bounded, vf_set1(-23.0831207f), magic);
    vf n = vf_sub(shifted, magic);
    vf e = vf_sub(vf_fma(n, vf_set1(-0.0433216988f), vf_set1(1.0f)), bounded);
    __m512i bits = (__m512i)shifted;
    __m512i power = _mm512_add_epi32(_mm512_permutexvar_epi32(bits, table),
                                     _mm512_slli_epi32(bits, 19));

    return vf_mul(x, _mm512_rcp14_ps(vf_fma((vf)power, e, one_a)));
}

#endif
