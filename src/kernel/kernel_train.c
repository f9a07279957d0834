/*
 * kernel_train.c - the kernels for training, filled level by level as in
 * kernel.c.
 */
#include "kernel/kernel.h"

typedef void fill_fn(struct sinew_kernels *kernels);

fill_fn sinew_kernels_fill_train_scalar;
#if defined(__x86_64__)
fill_fn sinew_kernels_fill_train_sse2, sinew_kernels_fill_train_avx2,
    sinew_kernels_fill_train_avx512, sinew_kernels_fill_bf16_train_avx512bf16;
#elif defined(__aarch64__)
fill_fn sinew_kernels_fill_train_neon;
#endif

void sinew_kernels_fill_train(struct sinew_kernels *kernels) {
    enum sinew_cpu_level level = kernels->level;

    if (level >= SINEW_CPU_SCALAR) sinew_kernels_fill_train_scalar(kernels);
#if defined(__x86_64__)
    if (level >= SINEW_CPU_SSE2) sinew_kernels_fill_train_sse2(kernels);
    if (level >= SINEW_CPU_AVX2) sinew_kernels_fill_train_avx2(kernels);
    if (level >= SINEW_CPU_AVX512) sinew_kernels_fill_train_avx512(kernels);
    if (kernels->pairs) sinew_kernels_fill_bf16_train_avx512bf16(kernels);
#elif defined(__aarch64__)
    if (level >= SINEW_CPU_NEON) sinew_kernels_fill_train_neon(kernels);
#endif
}
