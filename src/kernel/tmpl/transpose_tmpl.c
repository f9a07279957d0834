/*
 * transpose_tmpl.c - rows and columns exchanged in squares of registers, which
 * are visited in tiles of one cache line a side, so that each line of either
 * array is used up while it is at hand. Two rows that become pairs, and pairs
 * that become two rows (shuffles of channels), have shorter ways.
 */
#include <string.h>
#include "kernel/isa.h"
#include "kernel/vec/transpose.h"

#define TILE 16

typedef void matrix_fn(const float *x, float *y,
                       const struct sinew_transpose *t);

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

static void tiles(const float *x, float *y, const struct sinew_transpose *t) {
    for (int64_t r = 0; r < t->rows; r += TILE)
        for (int64_t c = 0; c < t->cols; c += TILE)
            tile(x + r * t->x_step + c, t->x_step, y + c * t->y_step + r,
                 t->y_step, t->rows - r < TILE ? t->rows - r : TILE,
                 t->cols - c < TILE ? t->cols - c : TILE);
}

static void thin(const float *x, float *y, const struct sinew_transpose *t) {
    edge(x, t->x_step, y, t->y_step, t->rows, t->cols);
}

/* The last vector of zip and unzip overlaps the one before. */
static void zip(const float *x, float *y, const struct sinew_transpose *t) {
    int64_t last = t->cols - VT_SIDE;

    for (int64_t i = 0; i < last; i += VT_SIDE)
        vt_zip(x + i, x + t->x_step + i, y + 2 * i);
    vt_zip(x + last, x + t->x_step + last, y + 2 * last);
}

static void unzip(const float *x, float *y, const struct sinew_transpose *t) {
    int64_t last = t->rows - VT_SIDE;

    for (int64_t i = 0; i < last; i += VT_SIDE)
        vt_unzip(x + 2 * i, y + i, y + t->y_step + i);
    vt_unzip(x + 2 * last, y + last, y + t->y_step + last);
}

void SINEW_NAME(x32_transpose)(const void *x, void *y,
                               const struct sinew_transpose *t) {
    matrix_fn *matrix = tiles;

    if (t->rows == 2 && t->y_step == 2 && t->cols >= VT_SIDE)
        matrix = zip;
    else if (t->cols == 2 && t->x_step == 2 && t->rows >= VT_SIDE)
        matrix = unzip;
    else if (t->rows < VT_SIDE || t->cols < VT_SIDE)
        matrix = thin;
    for (int64_t i = 0; i < t->count; i++)
        matrix((const float *)x + i * t->x_next, (float *)y + i * t->y_next, t);
}
