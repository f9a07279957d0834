/*
 * kernel_no_train.c - in the place of kernel_train.c where nothing trains: the
 * reference stays in the table.
 */
#include "kernel/kernel.h"

void sinew_kernels_fill_train(struct sinew_kernels *kernels) {
    (void)kernels;
}
