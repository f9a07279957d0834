/*
 * fill_bf16_train.c - the part of the kernel table for training that AVX-512
 * BF16 provides, and the reference of the same rows.
 */
#include "kernel/isa.h"

void SINEW_NAME(kernels_fill_bf16_train)(struct sinew_kernels *kernels) {
#define KERNEL(name, abs, rel, ulp) kernels->name = SINEW_NAME(name);
#include "kernel/kernels_bf16_train.def"
#undef KERNEL
}
