/*
 * check_move.c - bilinear rows and transposes.
 */
#include "kernel/check.h"

void check_f32_resize_row(struct check *c) {
    static const int sizes[] = {1, 3, 4, 8, 15, 16, 17, 33, 64};
    enum { SOURCE = 9, COLS = 21 };

    for (int k = 0; k < 9; k++) {
        int n = sizes[k], x_step = n + k % 2, y_step = n + k % 3;
        struct sinew_tap *taps;
        if (!check_case(c, "n=%d", n)) continue;
        taps = check_block(c, COLS, sizeof(*taps));
        for (int j = 0; j < COLS; j++) {
            taps[j].left = (int32_t)check_range(c, 0, SOURCE - 1);
            taps[j].right = (int32_t)check_range(c, 0, SOURCE - 1);
            taps[j].weight = (float)check_range(c, 0, 100) / 101;
        }
        int64_t used = (SOURCE - 1) * x_step + n;
        float *top = check_input(c, used, -1, 1);
        float *bottom = check_input(c, used, -1, 1);
        float *r = check_output(c, COLS * y_step);
        float *y = check_output(c, COLS * y_step);
        CHECK_CALL(c,
                   c->ref->f32_resize_row(top, bottom, x_step, r, y_step, COLS,
                                          n, taps, 0.3f),
                   c->now->f32_resize_row(top, bottom, x_step, y, y_step, COLS,
                                          n, taps, 0.3f));
        check_equal(c, r, y, COLS, n, y_step, 1);
        CHECK_BENCH(c, COLS * n * 6,
                    c->ref->f32_resize_row(top, bottom, x_step, r, y_step, COLS,
                                           n, taps, 0.3f),
                    c->now->f32_resize_row(top, bottom, x_step, y, y_step, COLS,
                                           n, taps, 0.3f));
    }
}

void check_x32_transpose(struct check *c) {
    static const struct {
        int rows, cols;
    } shapes[] = {{0, 5},  {5, 0},   {1, 1},    {3, 4},    {4, 4},   {5, 9},
                  {8, 8},  {16, 16}, {17, 15},  {3, 100},  {100, 3}, {31, 66},
                  {8, 40}, {33, 8},  {56, 128}, {784, 40}, {40, 784}};

    for (int k = 0; k < (int)(sizeof(shapes) / sizeof(*shapes)); k++) {
        int rows = shapes[k].rows, cols = shapes[k].cols;
        int x_step = cols + k % 3, y_step = rows + k % 4;
        if (!check_case(c, "%dx%d", rows, cols)) continue;
        float *x = check_input(c, (int64_t)rows * x_step, -1, 1);
        float *r = check_output(c, (int64_t)cols * y_step);
        float *y = check_output(c, (int64_t)cols * y_step);
        CHECK_CALL(c, c->ref->x32_transpose(x, x_step, r, y_step, rows, cols),
                   c->now->x32_transpose(x, x_step, y, y_step, rows, cols));
        check_same(c, r, y, sizeof(float) * (size_t)cols * (size_t)y_step);
        CHECK_BENCH(c, rows * cols,
                    c->ref->x32_transpose(x, x_step, r, y_step, rows, cols),
                    c->now->x32_transpose(x, x_step, y, y_step, rows, cols));
    }
}
