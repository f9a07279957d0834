/*
 * fill_train.c - the part of the kernel table for training that one instruction
 * set provides. Compiled once for each, like the templates.
 */
#include "kernel/isa.h"

void SINEW_NAME(kernels_fill_train)(struct sinew_kernels *kernels) {
#define KERNEL(name, abs, rel, ulp) kernels->name = SINEW_NAME(name);
#include "kernel/kernels_train.def"
#undef KERNEL
}
