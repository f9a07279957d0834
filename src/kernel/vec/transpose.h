/*
 * transpose.h - floats moved in registers, bits as they are, for each
 * instruction set:
 *   vt_square  y[c * y_step + r] = x[r * x_step + c], r, c < VT_SIDE
 *   vt_zip     y[2 * i + k] = (k ? b : a)[i], i < VT_SIDE
 *   vt_unzip   the reverse: (k ? b : a)[i] = x[2 * i + k]
 */
#ifndef SINEW_KERNEL_VEC_TRANSPOSE_H
#define SINEW_KERNEL_VEC_TRANSPOSE_H

#include "kernel/vec/f32.h"

#if defined(SINEW_ISA_AVX2) || defined(SINEW_ISA_AVX512)

#define VT_SIDE 8

/* Halves of rows r and r + 4 are loaded beside each other, so that only
 * shuffles within halves are left (two instead of three of each row). */
static inline __m256 vt_load(const float *low, const float *high) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)),
                                _mm_loadu_ps(high), 1);
}
static inline void vt_square(const float *x, int64_t x_step, float *y,
                             int64_t y_step) {
    for (int half = 0; half < 2; half++, x += 4, y += 4 * y_step) {
        __m256 a = vt_load(x, x + 4 * x_step);
        __m256 b = vt_load(x + x_step, x + 5 * x_step);
        __m256 c = vt_load(x + 2 * x_step, x + 6 * x_step);
        __m256 d = vt_load(x + 3 * x_step, x + 7 * x_step);
        __m256 ab_low = _mm256_unpacklo_ps(a, b);
        __m256 ab_high = _mm256_unpackhi_ps(a, b);
        __m256 cd_low = _mm256_unpacklo_ps(c, d);
        __m256 cd_high = _mm256_unpackhi_ps(c, d);

        _mm256_storeu_ps(y, _mm256_shuffle_ps(ab_low, cd_low, 0x44));
        _mm256_storeu_ps(y + y_step, _mm256_shuffle_ps(ab_low, cd_low, 0xee));
        _mm256_storeu_ps(y + 2 * y_step,
                         _mm256_shuffle_ps(ab_high, cd_high, 0x44));
        _mm256_storeu_ps(y + 3 * y_step,
                         _mm256_shuffle_ps(ab_high, cd_high, 0xee));
    }
}

static inline void vt_zip(const float *a, const float *b, float *y) {
    __m256 low = _mm256_unpacklo_ps(_mm256_loadu_ps(a), _mm256_loadu_ps(b));
    __m256 high = _mm256_unpackhi_ps(_mm256_loadu_ps(a), _mm256_loadu_ps(b));

    _mm256_storeu_ps(y, _mm256_permute2f128_ps(low, high, 0x20));
    _mm256_storeu_ps(y + 8, _mm256_permute2f128_ps(low, high, 0x31));
}
static inline void vt_unzip(const float *x, float *a, float *b) {
    __m256 low = vt_load(x, x + 8), high = vt_load(x + 4, x + 12);

    _mm256_storeu_ps(a, _mm256_shuffle_ps(low, high, 0x88));
    _mm256_storeu_ps(b, _mm256_shuffle_ps(low, high, 0xdd));
}

#elif defined(SINEW_ISA_SSE2)

#define VT_SIDE 4

static inline void vt_square(const float *x, int64_t x_step, float *y,
                             int64_t y_step) {
    __m128 a = _mm_loadu_ps(x), b = _mm_loadu_ps(x + x_step);
    __m128 c = _mm_loadu_ps(x + 2 * x_step), d = _mm_loadu_ps(x + 3 * x_step);

    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(y, a);
    _mm_storeu_ps(y + y_step, b);
    _mm_storeu_ps(y + 2 * y_step, c);
    _mm_storeu_ps(y + 3 * y_step, d);
}

static inline void vt_zip(const float *a, const float *b, float *y) {
    __m128 va = _mm_loadu_ps(a), vb = _mm_loadu_ps(b);

    _mm_storeu_ps(y, _mm_unpacklo_ps(va, vb));
    _mm_storeu_ps(y + 4, _mm_unpackhi_ps(va, vb));
}
static inline void vt_unzip(const float *x, float *a, float *b) {
    __m128 low = _mm_loadu_ps(x), high = _mm_loadu_ps(x + 4);

    _mm_storeu_ps(a, _mm_shuffle_ps(low, high, 0x88));
    _mm_storeu_ps(b, _mm_shuffle_ps(low, high, 0xdd));
}

#elif defined(SINEW_ISA_NEON)

#define VT_SIDE 4

static inline void vt_square(const float *x, int64_t x_step, float *y,
                             int64_t y_step) {
    float32x4x2_t ab = vtrnq_f32(vld1q_f32(x), vld1q_f32(x + x_step));
    float32x4x2_t cd =
        vtrnq_f32(vld1q_f32(x + 2 * x_step), vld1q_f32(x + 3 * x_step));

    vst1q_f32(y,
              vcombine_f32(vget_low_f32(ab.val[0]), vget_low_f32(cd.val[0])));
    vst1q_f32(y + y_step,
              vcombine_f32(vget_low_f32(ab.val[1]), vget_low_f32(cd.val[1])));
    vst1q_f32(y + 2 * y_step,
              vcombine_f32(vget_high_f32(ab.val[0]), vget_high_f32(cd.val[0])));
    vst1q_f32(y + 3 * y_step,
              vcombine_f32(vget_high_f32(ab.val[1]), vget_high_f32(cd.val[1])));
}

static inline void vt_zip(const float *a, const float *b, float *y) {
    float32x4x2_t both = {{vld1q_f32(a), vld1q_f32(b)}};

    vst2q_f32(y, both);
}
static inline void vt_unzip(const float *x, float *a, float *b) {
    float32x4x2_t both = vld2q_f32(x);

    vst1q_f32(a, both.val[0]);
    vst1q_f32(b, both.val[1]);
}

#else

#define VT_SIDE 1

static inline void vt_square(const float *x, int64_t x_step, float *y,
                             int64_t y_step) {
    (void)x_step;
    (void)y_step;
    *y = *x;
}

static inline void vt_zip(const float *a, const float *b, float *y) {
    y[0] = *a;
    y[1] = *b;
}
static inline void vt_unzip(const float *x, float *a, float *b) {
    *a = x[0];
    *b = x[1];
}

#endif

#endif
