/*
 * u8_avx2.h - bytes with AVX2, and with AVX-VNNI (see u8.h). Without VNNI even
 * and odd bytes are widened to 16 bits and multiplied in pairs: the instruction
 * that multiplies bytes in pairs saturates.
 */
#ifndef SINEW_KERNEL_VEC_U8_AVX2_H
#define SINEW_KERNEL_VEC_U8_AVX2_H

#include <immintrin.h>

#define VI_LANES  8
#define VX_OFFSET 0

typedef __m256i vb;
/* As its elements are, since compilers copy registers where one sum goes by two
 * types. */
typedef int32_t vi __attribute__((vector_size(32)));

static inline vi vi_load(const int32_t *p) {
    return (vi)_mm256_loadu_si256((const __m256i *)(const void *)p);
}

#if defined(SINEW_ISA_AVXVNNI)
typedef __m256i vx, vw;

static inline vx vx_split(__m256i bytes) {
    return bytes;
}
static inline vw vw_load(const int8_t *p) {
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
static inline vi vi_dot(vi s, vx x, vw w) {
    return (vi)_mm256_dpbusd_avx_epi32((__m256i)s, x, w);
}
#else
typedef struct {
    __m256i even, odd;
} vx, vw;

static inline vx vx_split(__m256i bytes) {
    return (vx){_mm256_and_si256(bytes, _mm256_set1_epi16(0xff)),
                _mm256_srli_epi16(bytes, 8)};
}
static inline vw vw_load(const int8_t *p) {
    __m256i w = _mm256_loadu_si256((const __m256i *)(const void *)p);

    return (vw){_mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8),
                _mm256_srai_epi16(w, 8)};
}
static inline vi vi_dot(vi s, vx x, vw w) {
    s += (vi)_mm256_madd_epi16(x.even, w.even);
    return s + (vi)_mm256_madd_epi16(x.odd, w.odd);
}
#endif

static inline vx vx_four(const uint8_t *p) {
    int32_t four;

    memcpy(&four, p, sizeof four);
    return vx_split(_mm256_set1_epi32(four));
}
static inline void vx_quad(const vb *b, vx *x) {
    __m256i low01 = _mm256_unpacklo_epi8(b[0], b[1]);
    __m256i high01 = _mm256_unpackhi_epi8(b[0], b[1]);
    __m256i low23 = _mm256_unpacklo_epi8(b[2], b[3]);
    __m256i high23 = _mm256_unpackhi_epi8(b[2], b[3]);

    x[0] = vx_split(_mm256_unpacklo_epi16(low01, low23));
    x[1] = vx_split(_mm256_unpackhi_epi16(low01, low23));
    x[2] = vx_split(_mm256_unpacklo_epi16(high01, high23));
    x[3] = vx_split(_mm256_unpackhi_epi16(high01, high23));
}

static inline vi vi_bytes(const uint8_t *p) {
    return (vi)_mm256_cvtepu8_epi32(
        _mm_loadl_epi64((const __m128i *)(const void *)p));
}
static inline vf vf_of(vi v) {
    return _mm256_cvtepi32_ps((__m256i)v);
}
static inline vi vi_round(vf v) {
    return (vi)_mm256_cvtps_epi32(v);
}

static inline vb vb_pack(const vi *v, int32_t zero) {
    __m256i add = _mm256_set1_epi16((int16_t)zero);
    __m256i low = _mm256_packs_epi32((__m256i)v[0], (__m256i)v[1]);
    __m256i high = _mm256_packs_epi32((__m256i)v[2], (__m256i)v[3]);

    low = _mm256_adds_epi16(low, add);
    high = _mm256_adds_epi16(high, add);
    return _mm256_packus_epi16(low, high);
}
static inline vb vb_straight(vb b) {
    return _mm256_permutevar8x32_epi32(
        b, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
static inline vb vb_load(const uint8_t *p) {
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
/* Part i from rows[i] + at. */
static inline vb vb_parts(const uint8_t *const *rows, int64_t at) {
    const void *low = rows[0] + at, *high = rows[1] + at;

    return _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low)),
        _mm_loadu_si128((const __m128i *)high), 1);
}
static inline void vb_store(uint8_t *p, vb b) {
    _mm256_storeu_si256((__m256i *)(void *)p, b);
}
static inline void vb_store_n(uint8_t *p, vb b, int64_t n) {
    uint8_t bytes[32];

    if (n == 32) {
        vb_store(p, b);
    } else if (n == 16) {
        _mm_storeu_si128((__m128i *)(void *)p, _mm256_castsi256_si128(b));
    } else {
        vb_store(bytes, b);
        memcpy(p, bytes, (size_t)n);
    }
}
static inline vb vb_set1(uint8_t x) {
    return _mm256_set1_epi8((int8_t)x);
}
static inline vb vb_min(vb a, vb b) {
    return _mm256_min_epu8(a, b);
}
static inline vb vb_max(vb a, vb b) {
    return _mm256_max_epu8(a, b);
}
static inline vb vb_lookup(vb b, const uint8_t *table) {
    uint8_t bytes[32];

    vb_store(bytes, b);
    for (int i = 0; i < 32; i++)
        bytes[i] = table[bytes[i]];
    return vb_load(bytes);
}

#endif
