/*
 * isa.h - names of kernels inside a file that is compiled for one instruction
 * set: SINEW_NAME(f32_act) is sinew_f32_act_avx2 where SINEW_ISA is avx2.
 * Included by everything in ref/ (SINEW_ISA is ref there) and tmpl/.
 */
#ifndef SINEW_KERNEL_ISA_H
#define SINEW_KERNEL_ISA_H

#include "kernel/kernel.h"

#define SINEW_PASTE_(a, b) a##_##b
#define SINEW_PASTE(a, b)  SINEW_PASTE_(a, b)
#define SINEW_NAME(name)   SINEW_PASTE(sinew_##name, SINEW_ISA)

/* Prototypes of all families. */
#define KERNEL(name, abs, rel, ulp) sinew_##name##_fn SINEW_NAME(name);
#include "kernel/kernels.def"
#include "kernel/kernels_bf16.def"
#include "kernel/kernels_bf16_train.def"
#include "kernel/kernels_train.def"
#undef KERNEL

#define KERNEL_U8(name) sinew_##name##_fn SINEW_NAME(name);
#include "kernel/kernels_u8.def"
#undef KERNEL_U8

sinew_peak_fn SINEW_NAME(peak);

/* Sets the tile sizes that go with this set's f32_gemm. */
void SINEW_NAME(gemm_shape)(struct sinew_kernels *kernels);

/* Puts this set's versions into the table. */
void SINEW_NAME(kernels_fill)(struct sinew_kernels *kernels);
void SINEW_NAME(kernels_fill_bf16)(struct sinew_kernels *kernels);
void SINEW_NAME(kernels_fill_bf16_train)(struct sinew_kernels *kernels);
void SINEW_NAME(kernels_fill_train)(struct sinew_kernels *kernels);

/* The same for the integer kernels: their vectors, and the versions. */
void SINEW_NAME(u8_shape)(struct sinew_kernels *kernels);
void SINEW_NAME(kernels_fill_u8)(struct sinew_kernels *kernels);

#endif
