/*
 * fill.c - the part of the kernel table that one instruction set provides.
 * Compiled once for each, like the templates.
 */
#include "kernel/isa.h"

void SINEW_NAME(kernels_fill)(struct sinew_kernels *kernels) {
#define KERNEL(name, abs, rel, ulp) kernels->name = SINEW_NAME(name);
#include "kernel/kernels.def"
#undef KERNEL
    SINEW_NAME(gemm_shape)(kernels);
    kernels->peak = SINEW_NAME(peak);
}
