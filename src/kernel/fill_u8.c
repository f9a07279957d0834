/*
 * fill_u8.c - the integer part of the kernel table that one instruction set
 * provides. Compiled once for each, like the templates.
 */
#include "kernel/isa.h"

void SINEW_NAME(kernels_fill_u8)(struct sinew_kernels *kernels) {
#define KERNEL_U8(name) kernels->name = SINEW_NAME(name);
#include "kernel/kernels_u8.def"
#undef KERNEL_U8
    SINEW_NAME(u8_shape)(kernels);
}
