/*
 * transpose.c - rows and columns of four-byte elements exchanged.
 */
#include <string.h>
#include "kernel/isa.h"

void sinew_x32_transpose_ref(const void *x, void *y,
                             const struct sinew_transpose *t) {
    for (int64_t i = 0; i < t->count; i++)
        for (int64_t r = 0; r < t->rows; r++)
            for (int64_t c = 0; c < t->cols; c++)
                memcpy((char *)y + (i * t->y_next + c * t->y_step + r) * 4,
                       (const char *)x +
                           (i * t->x_next + r * t->x_step + c) * 4,
                       4);
}
