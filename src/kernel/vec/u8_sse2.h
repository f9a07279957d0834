/*
 * u8_sse2.h - bytes with SSE2 only (see u8.h). There is no dot product of
 * bytes: even and odd ones are widened to 16 bits and multiplied in pairs.
 */
#ifndef SINEW_KERNEL_VEC_U8_SSE2_H
#define SINEW_KERNEL_VEC_U8_SSE2_H

#include <emmintrin.h>

#define VI_LANES  4
#define VX_OFFSET 0

typedef __m128i vi, vb;
typedef struct {
    __m128i even, odd;
} vx, vw;

static inline vi vi_load(const int32_t *p) {
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}
static inline vx vx_split(__m128i bytes) {
    return (vx){_mm_and_si128(bytes, _mm_set1_epi16(0xff)),
                _mm_srli_epi16(bytes, 8)};
}
static inline vx vx_four(const uint8_t *p) {
    int32_t four;

    memcpy(&four, p, sizeof four);
    return vx_split(_mm_set1_epi32(four));
}
static inline void vx_quad(const vb *b, vx *x) {
    __m128i low01 = _mm_unpacklo_epi8(b[0], b[1]);
    __m128i high01 = _mm_unpackhi_epi8(b[0], b[1]);
    __m128i low23 = _mm_unpacklo_epi8(b[2], b[3]);
    __m128i high23 = _mm_unpackhi_epi8(b[2], b[3]);

    x[0] = vx_split(_mm_unpacklo_epi16(low01, low23));
    x[1] = vx_split(_mm_unpackhi_epi16(low01, low23));
    x[2] = vx_split(_mm_unpacklo_epi16(high01, high23));
    x[3] = vx_split(_mm_unpackhi_epi16(high01, high23));
}
static inline vw vw_load(const int8_t *p) {
    __m128i w = _mm_loadu_si128((const __m128i *)(const void *)p);

    return (vw){_mm_srai_epi16(_mm_slli_epi16(w, 8), 8), _mm_srai_epi16(w, 8)};
}
static inline vi vi_dot(vi s, vx x, vw w) {
    s = _mm_add_epi32(s, _mm_madd_epi16(x.even, w.even));
    return _mm_add_epi32(s, _mm_madd_epi16(x.odd, w.odd));
}

static inline vi vi_bytes(const uint8_t *p) {
    int32_t four;

    memcpy(&four, p, sizeof four);
    __m128i words =
        _mm_unpacklo_epi8(_mm_cvtsi32_si128(four), _mm_setzero_si128());
    return _mm_unpacklo_epi16(words, _mm_setzero_si128());
}
static inline vf vf_of(vi v) {
    return _mm_cvtepi32_ps(v);
}
static inline vi vi_round(vf v) {
    return _mm_cvtps_epi32(v);
}

static inline vb vb_pack(const vi *v, int32_t zero) {
    __m128i add = _mm_set1_epi16((int16_t)zero);
    __m128i low = _mm_adds_epi16(_mm_packs_epi32(v[0], v[1]), add);
    __m128i high = _mm_adds_epi16(_mm_packs_epi32(v[2], v[3]), add);

    return _mm_packus_epi16(low, high);
}
static inline vb vb_straight(vb b) {
    return b;
}
static inline vb vb_load(const uint8_t *p) {
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}
static inline void vb_store(uint8_t *p, vb b) {
    _mm_storeu_si128((__m128i *)(void *)p, b);
}
static inline void vb_store_n(uint8_t *p, vb b, int64_t n) {
    uint8_t bytes[16];

    if (n == 16) {
        vb_store(p, b);
    } else if (n == 8) {
        _mm_storel_epi64((__m128i *)(void *)p, b);
    } else {
        vb_store(bytes, b);
        memcpy(p, bytes, (size_t)n);
    }
}
static inline vb vb_set1(uint8_t x) {
    return _mm_set1_epi8((int8_t)x);
}
static inline vb vb_min(vb a, vb b) {
    return _mm_min_epu8(a, b);
}
static inline vb vb_max(vb a, vb b) {
    return _mm_max_epu8(a, b);
}
static inline vb vb_lookup(vb b, const uint8_t *table) {
    uint8_t bytes[16];

    vb_store(bytes, b);
    for (int i = 0; i < 16; i++)
        bytes[i] = table[bytes[i]];
    return vb_load(bytes);
}

#endif
