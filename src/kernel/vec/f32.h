/*
 * f32.h - vectors of floats as the kernel templates see them.
 *
 * A template in tmpl/ is compiled once for every instruction set, with
 * SINEW_ISA=<isa> and SINEW_ISA_<ISA>=1 defined; this header brings in the
 * wrapper of that set. Each wrapper defines the same names:
 *
 *   VF_LANES, VF_REGS     floats in a vector; vector registers there are
 *   vf, vm                a vector; a mask of as many lanes
 *   vf_zero vf_set1       constants
 *   vf_load vf_store      VF_LANES floats, any alignment
 *   vf_load_n vf_store_n  the first n lanes, 0 <= n <= VF_LANES; the other
 *                         floats are neither read nor written, lanes read 0
 *   vf_add vf_sub vf_mul vf_div vf_sqrt vf_neg vf_abs
 *   vf_fma(a, b, c)       a * b + c   fused except in scalar and sse2
 *   vf_fnma(a, b, c)      c - a * b   likewise
 *   vf_min(a, b)          a < b ? a : b, so b where one is not a number
 *   vf_max(a, b)          a > b ? a : b, likewise
 *   vf_lt vf_le vf_eq     masks, false where one is not a number
 *   vf_blend(m, a, b)     m ? a : b
 *   vf_round vf_floor     to nearest even; downwards
 *   vf_scale(v, n)        v * 2^n, n whole, v and the result normal numbers
 *   vf_bound(v, limit)    v cut to -limit..limit; limit or v where v is NaN
 *   vf_sum vf_hmin vf_hmax   over the lanes, order fixed for each set
 */
#ifndef SINEW_KERNEL_VEC_F32_H
#define SINEW_KERNEL_VEC_F32_H

#if defined(SINEW_ISA_SCALAR)
#include "kernel/vec/f32_scalar.h"
#elif defined(SINEW_ISA_SSE2)
#include "kernel/vec/f32_sse2.h"
#elif defined(SINEW_ISA_AVX2) || defined(SINEW_ISA_AVXVNNI)
#include "kernel/vec/f32_avx2.h"
#elif defined(SINEW_ISA_AVX512) || defined(SINEW_ISA_AVX512VNNI) ||              \
    defined(SINEW_ISA_AVX512BF16)
#include "kernel/vec/f32_avx512.h"
#elif defined(SINEW_ISA_NEON) || defined(SINEW_ISA_NEONDOT)
#include "kernel/vec/f32_neon.h"
#else
#error "templates are compiled with SINEW_ISA_<ISA> defined"
#endif

/* For functions whose loops only fit registers once sizes are constants. */
#define SINEW_INLINE        static inline __attribute__((always_inline))
#define SINEW_PRAGMA_(text) _Pragma(#text)
#if defined(__clang__)
#define SINEW_UNROLL SINEW_PRAGMA_(clang loop unroll(full))
#else
#define SINEW_UNROLL SINEW_PRAGMA_(GCC unroll 32)
#endif

#endif
