/*
 * transpose_tmpl.c - rows and columns exchanged in squares of registers, which
 * are visited in tiles of one cache line a side, so that each line of either
 * array is used up while it is at hand.
 */
#include <string.h>
#include "kernel/isa.h"
#include "kernel/vec/transpose.h"

#define TILE 16

static void edge(const float *x, int64_t x_step, float *y, int64_t y_step,
                 int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < cols; c++)
            memcpy(y + c * y_step + r, x + r * x_step + c, sizeof *x);
}

static void tile(const float *x, int64_t x_step, float *y, int64_t y_step,
                 int64_t rows, int64_t cols) {
    int64_t r = 0;

    for (; r + VT_SIDE <= rows; r += VT_SIDE) {
        int64_t c = 0;
        for (; c + VT_SIDE <= cols; c += VT_SIDE)
            vt_square(x + r * x_step + c, x_step, y + c * y_step + r, y_step);
        edge(x + r * x_step + c, x_step, y + c * y_step + r, y_step, VT_SIDE,
             cols - c);
    }
    edge(x + r * x_step, x_step, y + r, y_step, rows - r, cols);
}

void SINEW_NAME(x32_transpose)(const void *x, int64_t x_step, void *y,
                               int64_t y_step, int64_t rows, int64_t cols) {
    if (rows < VT_SIDE || cols < VT_SIDE) {
        edge(x, x_step, y, y_step, rows, cols);
        return;
    }
    for (int64_t r = 0; r < rows; r += TILE)
        for (int64_t c = 0; c < cols; c += TILE)
            tile((const float *)x + r * x_step + c, x_step,
                 (float *)y + c * y_step + r, y_step,
                 rows - r < TILE ? rows - r : TILE,
                 cols - c < TILE ? cols - c : TILE);
}
