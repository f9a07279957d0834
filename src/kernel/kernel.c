/*
 * kernel.c - the kernel table, filled level by level: each instruction set
 * overrides what the one below it put there, so that a family written for some
 * sets only still has its best version.
 */
#include "kernel/kernel.h"

typedef void fill_fn(struct sinew_kernels *kernels);

fill_fn sinew_kernels_fill_ref, sinew_kernels_fill_scalar;
#if defined(__x86_64__)
fill_fn sinew_kernels_fill_sse2, sinew_kernels_fill_avx2,
    sinew_kernels_fill_avx512;
#elif defined(__aarch64__)
fill_fn sinew_kernels_fill_neon;
#endif

void sinew_kernels_init(struct sinew_kernels *kernels,
                        enum sinew_cpu_level level) {
    kernels->level = level;
    kernels->flags = sinew_cpu_flags(level);
    kernels->exact = false;
    sinew_kernels_fill_ref(kernels);
    if (level >= SINEW_CPU_SCALAR) sinew_kernels_fill_scalar(kernels);
#if defined(__x86_64__)
    if (level >= SINEW_CPU_SSE2) sinew_kernels_fill_sse2(kernels);
    if (level >= SINEW_CPU_AVX2) sinew_kernels_fill_avx2(kernels);
    if (level >= SINEW_CPU_AVX512) sinew_kernels_fill_avx512(kernels);
#elif defined(__aarch64__)
    if (level >= SINEW_CPU_NEON) sinew_kernels_fill_neon(kernels);
#endif
}
