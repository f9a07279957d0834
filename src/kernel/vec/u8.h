/*
 * u8.h - vectors of bytes and of 32-bit sums as the integer templates see them,
 * beside those of floats (f32.h) with as many lanes as sums. Each wrapper
 * defines the same names:
 *
 *   VI_LANES              sums in a vector = VF_LANES
 *   VX_OFFSET             what vx takes off every byte: 128 where dot products
 *                         are of signed bytes, else 0
 *   vi, vb                VI_LANES sums; 4 * VI_LANES bytes
 *   vx, vw                bytes of x, and weights, as vi_dot takes them
 *   vi_load               any alignment
 *   vx_four(p)            the four bytes at p in every lane
 *   vx_quad(b, x)         bytes of four vectors b side by side: lane (l, e) of
 *                         x[i] has byte 16 l + 4 i + e of each, l counting
 *                         128-bit parts ("lane order")
 *   vw_load(p)            4 * VI_LANES weights
 *   vi_dot(s, x, w)       s + the products of each lane's four pairs
 *   vi_dot_part(s, x, i, w)  the same with the four bytes of part i, a constant,
 *                         in every lane, x being vx_load(p), the 16 bytes at p;
 *                         where that is one instruction
 *   vi_bytes(p)           VI_LANES bytes, each a sum of its own
 *   vf_of, vi_round       to float; to the nearest integer, ties to even
 *   vb_pack(v, zero)      four vectors of sums, saturated to 16 bits, plus
 * zero, saturated to bytes; in lane order vb_straight(b)        from lane order
 * of v[i] to v[0], v[1], v[2], v[3] vb_load vb_store vb_set1 vb_min vb_max
 *   vb_parts(rows, at)    16 bytes each from VI_LANES / 4 rows; where that is
 *                         more than one
 *   vb_store_n(p, b, n)   the first n <= 4 * VI_LANES bytes
 *   vb_lookup(b, table)   table[b], 256 bytes
 */
#ifndef SINEW_KERNEL_VEC_U8_H
#define SINEW_KERNEL_VEC_U8_H

#include <stdint.h>
#include <string.h>
#include "kernel/u8.h"
#include "kernel/vec/f32.h"

#if defined(SINEW_ISA_SSE2)
#include "kernel/vec/u8_sse2.h"
#elif defined(SINEW_ISA_AVX2) || defined(SINEW_ISA_AVXVNNI)
#include "kernel/vec/u8_avx2.h"
#elif defined(SINEW_ISA_AVX512) || defined(SINEW_ISA_AVX512VNNI)
#include "kernel/vec/u8_avx512.h"
#elif defined(SINEW_ISA_NEON) || defined(SINEW_ISA_NEONDOT)
#include "kernel/vec/u8_neon.h"
#else
#error "no integer vectors for this set"
#endif

#define VB_BYTES (4 * VI_LANES)

/* The sums of a panel's columns before the first product: biases, less what the
 * zero of x will add (pack_u8.h). */
static inline void vi_start(int32_t *start, const char *panel, int64_t width,
                            int32_t x_zero) {
    for (int64_t i = 0; i < width; i++) {
        uint32_t bias, sum;
        memcpy(&bias, panel + 4 * i, 4);
        memcpy(&sum, panel + 4 * (width + i), 4);
        bias -= (uint32_t)(x_zero - VX_OFFSET) * sum;
        memcpy(&start[i], &bias, 4);
    }
}

/* Clamped to the target's limits, through its table. */
static inline vb vb_finish(vb b, const struct sinew_u8_target *to) {
    b = vb_min(vb_max(b, vb_set1((uint8_t)to->low)),
               vb_set1((uint8_t)to->high));
    return to->table ? vb_lookup(b, to->table) : b;
}

#endif
