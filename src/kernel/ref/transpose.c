/*
 * transpose.c - rows and columns of four-byte elements exchanged.
 */
#include <string.h>
#include "kernel/isa.h"

void sinew_x32_transpose_ref(const void *x, int64_t x_step, void *y,
                             int64_t y_step, int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < cols; c++)
            memcpy((char *)y + (c * y_step + r) * 4,
                   (const char *)x + (r * x_step + c) * 4, 4);
}
