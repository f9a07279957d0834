/*
 * u8_avx512.h - bytes with AVX-512 BW, and with its VNNI and VBMI (see u8.h).
 * Without these even and odd bytes are widened to 16 bits and multiplied in
 * pairs, and tables are read byte by byte.
 */
#ifndef SINEW_KERNEL_VEC_U8_AVX512_H
#define SINEW_KERNEL_VEC_U8_AVX512_H

#include <immintrin.h>

#define VI_LANES  16
#define VX_OFFSET 0

typedef __m512i vb;
/* As its elements are, since compilers copy registers where one sum goes by two
 * types. */
typedef int32_t vi __attribute__((vector_size(64)));

static inline vi vi_load(const int32_t *p) {
    return (vi)_mm512_loadu_si512(p);
}

#if defined(SINEW_ISA_AVX512VNNI)
typedef __m512i vx, vw;

static inline vx vx_split(__m512i bytes) {
    return bytes;
}
static inline vw vw_load(const int8_t *p) {
    return _mm512_loadu_si512(p);
}
static inline vi vi_dot(vi s, vx x, vw w) {
    return (vi)_mm512_dpbusd_epi32((__m512i)s, x, w);
}
#else
typedef struct {
    __m512i even, odd;
} vx, vw;

static inline vx vx_split(__m512i bytes) {
    return (vx){_mm512_and_si512(bytes, _mm512_set1_epi16(0xff)),
                _mm512_srli_epi16(bytes, 8)};
}
static inline vw vw_load(const int8_t *p) {
    __m512i w = _mm512_loadu_si512(p);

    return (vw){_mm512_srai_epi16(_mm512_slli_epi16(w, 8), 8),
                _mm512_srai_epi16(w, 8)};
}
static inline vi vi_dot(vi s, vx x, vw w) {
    s += (vi)_mm512_madd_epi16(x.even, w.even);
    return s + (vi)_mm512_madd_epi16(x.odd, w.odd);
}
#endif

static inline vx vx_four(const uint8_t *p) {
    int32_t four;

    memcpy(&four, p, sizeof four);
    return vx_split(_mm512_set1_epi32(four));
}
static inline void vx_quad(const vb *b, vx *x) {
    __m512i low01 = _mm512_unpacklo_epi8(b[0], b[1]);
    __m512i high01 = _mm512_unpackhi_epi8(b[0], b[1]);
    __m512i low23 = _mm512_unpacklo_epi8(b[2], b[3]);
    __m512i high23 = _mm512_unpackhi_epi8(b[2], b[3]);

    x[0] = vx_split(_mm512_unpacklo_epi16(low01, low23));
    x[1] = vx_split(_mm512_unpackhi_epi16(low01, low23));
    x[2] = vx_split(_mm512_unpacklo_epi16(high01, high23));
    x[3] = vx_split(_mm512_unpackhi_epi16(high01, high23));
}

static inline vi vi_bytes(const uint8_t *p) {
    return (vi)_mm512_cvtepu8_epi32(
        _mm_loadu_si128((const __m128i *)(const void *)p));
}
static inline vf vf_of(vi v) {
    return _mm512_cvtepi32_ps((__m512i)v);
}
static inline vi vi_round(vf v) {
    return (vi)_mm512_cvtps_epi32(v);
}

static inline vb vb_pack(const vi *v, int32_t zero) {
    __m512i add = _mm512_set1_epi16((int16_t)zero);
    __m512i low = _mm512_packs_epi32((__m512i)v[0], (__m512i)v[1]);
    __m512i high = _mm512_packs_epi32((__m512i)v[2], (__m512i)v[3]);

    low = _mm512_adds_epi16(low, add);
    high = _mm512_adds_epi16(high, add);
    return _mm512_packus_epi16(low, high);
}
static inline vb vb_straight(vb b) {
    return _mm512_permutexvar_epi32(
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
        b);
}
static inline vb vb_load(const uint8_t *p) {
    return _mm512_loadu_si512(p);
}
static inline __m128i vb_part(const uint8_t *p) {
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}
/* Part i from rows[i] + at. */
static inline vb vb_parts(const uint8_t *const *rows, int64_t at) {
    __m512i b = _mm512_castsi128_si512(vb_part(rows[0] + at));

    b = _mm512_inserti32x4(b, vb_part(rows[1] + at), 1);
    b = _mm512_inserti32x4(b, vb_part(rows[2] + at), 2);
    return _mm512_inserti32x4(b, vb_part(rows[3] + at), 3);
}
static inline void vb_store(uint8_t *p, vb b) {
    _mm512_storeu_si512(p, b);
}
static inline void vb_store_n(uint8_t *p, vb b, int64_t n) {
    _mm512_mask_storeu_epi8(p, n >= 64 ? ~0ull : (1ull << n) - 1, b);
}
static inline vb vb_set1(uint8_t x) {
    return _mm512_set1_epi8((int8_t)x);
}
static inline vb vb_min(vb a, vb b) {
    return _mm512_min_epu8(a, b);
}
static inline vb vb_max(vb a, vb b) {
    return _mm512_max_epu8(a, b);
}

#if defined(SINEW_ISA_AVX512VNNI)
/* Each of two instructions looks up 128 bytes; the top bit says which. */
static inline vb vb_lookup(vb b, const uint8_t *table) {
    __m512i low =
        _mm512_permutex2var_epi8(vb_load(table), b, vb_load(table + 64));
    __m512i high =
        _mm512_permutex2var_epi8(vb_load(table + 128), b, vb_load(table + 192));

    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(b), low, high);
}
#else
static inline vb vb_lookup(vb b, const uint8_t *table) {
    uint8_t bytes[64];

    vb_store(bytes, b);
    for (int i = 0; i < 64; i++)
        bytes[i] = table[bytes[i]];
    return vb_load(bytes);
}
#endif

#endif
