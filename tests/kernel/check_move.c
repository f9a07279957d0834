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
        int count, rows, cols;
    } shapes[] = {{1, 0, 5},    {2, 5, 0},    {0, 3, 3},   {1, 1, 1},
                  {1, 3, 4},    {1, 4, 4},    {3, 5, 9},   {2, 8, 8},
                  {1, 16, 16},  {1, 17, 15},  {1, 3, 100}, {1, 100, 3},
                  {1, 31, 66},  {2, 8, 40},   {1, 33, 8},  {1, 56, 128},
                  {1, 784, 40}, {1, 40, 784}, {5, 2, 1},   {5, 2, 8},
                  {5, 2, 9},    {99, 2, 20},  {5, 1, 2},   {5, 8, 2},
                  {5, 9, 2},    {99, 20, 2},  {4, 2, 2},   {3, 2, 3}};

    for (int k = 0; k < 2 * (int)(sizeof(shapes) / sizeof(*shapes)); k++) {
        int count = shapes[k / 2].count;
        int rows = shapes[k / 2].rows, cols = shapes[k / 2].cols;
        int gap = k % 2 * (1 + k % 3); /* dense, then with gaps */
        struct sinew_transpose t = {count,      rows, cols, cols + gap,
                                    rows + gap, 0,    0};
        t.x_next = rows * t.x_step + gap;
        t.y_next = cols * t.y_step + gap;
        if (!check_case(c, "%dx%dx%d gap=%d", count, rows, cols, gap)) continue;
        float *x = check_input(c, count * t.x_next, -1, 1);
        float *r = check_output(c, count * t.y_next);
        float *y = check_output(c, count * t.y_next);
        CHECK_CALL(c, c->ref->x32_transpose(x, r, &t),
                   c->now->x32_transpose(x, y, &t));
        check_same(c, r, y, sizeof(float) * (size_t)(count * t.y_next));
        CHECK_BENCH(c, count * rows * cols, c->ref->x32_transpose(x, r, &t),
                    c->now->x32_transpose(x, y, &t));
    }
}
