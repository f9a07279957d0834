/*
 * kernel.c - the kernel table, filled level by level: each instruction set
 * overrides what the one below it put there, so that a family written for some
 * sets only still has its best version.
 */
#include "kernel/kernel.h"

typedef void fill_fn(struct sinew_kernels *kernels);

fill_fn sinew_kernels_fill_ref, sinew_kernels_fill_scalar;
fill_fn sinew_kernels_fill_bf16_ref, sinew_kernels_fill_bf16_train_ref,
    sinew_kernels_fill_train_ref;
fill_fn sinew_kernels_fill_u8_ref;
#if defined(__x86_64__)
fill_fn sinew_kernels_fill_sse2, sinew_kernels_fill_avx2,
    sinew_kernels_fill_avx512, sinew_kernels_fill_bf16_avx512bf16;
fill_fn sinew_kernels_fill_u8_sse2, sinew_kernels_fill_u8_avx2,
    sinew_kernels_fill_u8_avxvnni, sinew_kernels_fill_u8_avx512,
    sinew_kernels_fill_u8_avx512vnni;
#elif defined(__aarch64__)
fill_fn sinew_kernels_fill_neon;
fill_fn sinew_kernels_fill_u8_neon, sinew_kernels_fill_u8_neondot;
#endif

/* Integer kernels for a level and the extensions that go with it. */
static void fill_u8(struct sinew_kernels *kernels) {
    enum sinew_cpu_level level = kernels->level;
    unsigned flags = kernels->flags;

    sinew_kernels_fill_u8_ref(kernels);
#if defined(__x86_64__)
    if (level >= SINEW_CPU_SSE2) sinew_kernels_fill_u8_sse2(kernels);
    if (level >= SINEW_CPU_AVX2) sinew_kernels_fill_u8_avx2(kernels);
    if (flags & SINEW_CPU_AVX_VNNI) sinew_kernels_fill_u8_avxvnni(kernels);
    if (level >= SINEW_CPU_AVX512) sinew_kernels_fill_u8_avx512(kernels);
    if (flags & SINEW_CPU_AVX512_VNNI)
        sinew_kernels_fill_u8_avx512vnni(kernels);
#elif defined(__aarch64__)
    if (level >= SINEW_CPU_NEON) sinew_kernels_fill_u8_neon(kernels);
    if (flags & SINEW_CPU_NEON_DOT) sinew_kernels_fill_u8_neondot(kernels);
#else
    (void)level;
    (void)flags;
#endif
}

void sinew_kernels_init_with(struct sinew_kernels *kernels,
                             enum sinew_cpu_level level, unsigned flags) {
    kernels->level = level;
    kernels->flags = sinew_cpu_flags(level) & flags;
    kernels->exact = false;
    kernels->pairs = (kernels->flags & SINEW_CPU_AVX512_BF16) != 0;
    kernels->factors = SINEW_FACTORS_F32;
    sinew_kernels_fill_ref(kernels);
    sinew_kernels_fill_bf16_ref(kernels);
    sinew_kernels_fill_bf16_train_ref(kernels);
    sinew_kernels_fill_train_ref(kernels);
    if (level >= SINEW_CPU_SCALAR) sinew_kernels_fill_scalar(kernels);
#if defined(__x86_64__)
    if (level >= SINEW_CPU_SSE2) sinew_kernels_fill_sse2(kernels);
    if (level >= SINEW_CPU_AVX2) sinew_kernels_fill_avx2(kernels);
    if (level >= SINEW_CPU_AVX512) sinew_kernels_fill_avx512(kernels);
    if (kernels->pairs) sinew_kernels_fill_bf16_avx512bf16(kernels);
#elif defined(__aarch64__)
    if (level >= SINEW_CPU_NEON) sinew_kernels_fill_neon(kernels);
#endif
    sinew_kernels_fill_train(kernels);
    fill_u8(kernels);
}

void sinew_kernels_init(struct sinew_kernels *kernels,
                        enum sinew_cpu_level level) {
    sinew_kernels_init_with(kernels, level, ~0u);
}
