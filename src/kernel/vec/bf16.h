/*
 * bf16.h - pairs of bf16 (kernel/bf16.h) in vectors of floats, with AVX-512
 * BF16.
 */
#ifndef SINEW_KERNEL_VEC_BF16_H
#define SINEW_KERNEL_VEC_BF16_H

#include "kernel/vec/f32.h"

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

#endif
