/*
 * check_window.c - pooling windows: channels around the vector and its blocks,
 * windows from empty to a whole map, dilated ones.
 */
#include "kernel/check.h"

static const struct shape {
    int rows, cols, dilation, n;
} shapes[] = {
    {0, 0, 1, 5},    {1, 0, 1, 9},     {1, 1, 1, 1},   {2, 2, 1, 3},
    {3, 3, 1, 4},    {3, 3, 1, 16},    {3, 3, 2, 17},  {2, 3, 1, 31},
    {5, 5, 1, 64},   {2, 2, 3, 70},    {1, 300, 1, 7}, {9, 130, 1, 24},
    {56, 56, 1, 40}, {13, 13, 1, 131}, {1, 64, 1, 8},  {1, 65, 1, 16}};

static void check_max(struct check *c, const float *x, float *r, float *y,
                      int n, const struct sinew_window *w) {
    CHECK_CALL(c, c->ref->f32_window_max(x, r, n, w),
               c->now->f32_window_max(x, y, n, w));
    CHECK_BENCH(c, w->rows * w->cols * n, c->ref->f32_window_max(x, r, n, w),
                c->now->f32_window_max(x, y, n, w));
}

static void check_sum(struct check *c, const float *x, float *r, float *y,
                      int n, const struct sinew_window *w) {
    int64_t places = w->rows * w->cols;
    float scale = places > 0 ? 1.0f / (float)places : 1.0f;
    CHECK_CALL(c, c->ref->f32_window_sum(x, r, n, w, scale),
               c->now->f32_window_sum(x, y, n, w, scale));
    CHECK_BENCH(c, places * n, c->ref->f32_window_sum(x, r, n, w, scale),
                c->now->f32_window_sum(x, y, n, w, scale));
}

static void check_dot(struct check *c, const float *x, float *r, float *y,
                      int n, const struct sinew_window *w) {
    int64_t places = w->rows * w->cols, used = 0;
    if (places > 0)
        used = (w->rows - 1) * w->row_step + (w->cols - 1) * w->col_step + n;
    const float *b = check_input(c, used, -1, 1);
    CHECK_CALL(c, c->ref->f32_window_dot(x, b, r, n, w),
               c->now->f32_window_dot(x, b, y, n, w));
    CHECK_BENCH(c, 2 * places * n, c->ref->f32_window_dot(x, b, r, n, w),
                c->now->f32_window_dot(x, b, y, n, w));
}

typedef void shape_fn(struct check *c, const float *x, float *r, float *y,
                      int n, const struct sinew_window *w);

static void check_windows(struct check *c, shape_fn *check) {
    for (int k = 0; k < (int)(sizeof(shapes) / sizeof(*shapes)); k++) {
        const struct shape *s = &shapes[k];
        int64_t pixel = s->n + k % 3;
        int64_t line = (s->cols * s->dilation + 1) * pixel;
        struct sinew_window w = {s->rows, s->cols, line * s->dilation,
                                 pixel * s->dilation};
        int64_t used = 0;
        if (s->rows > 0 && s->cols > 0)
            used =
                (s->rows - 1) * w.row_step + (s->cols - 1) * w.col_step + s->n;
        if (check_case(c, "window=%dx%d dilation=%d n=%d", s->rows, s->cols,
                       s->dilation, s->n)) {
            float *x = check_input(c, used, -1, 1);
            float *r = check_output(c, s->n), *y = check_output(c, s->n);
            check(c, x, r, y, s->n, &w);
            check_equal(c, r, y, 1, s->n, s->n, 1);
        }
    }
}

void check_f32_window_max(struct check *c) {
    check_windows(c, check_max);
}

void check_f32_window_sum(struct check *c) {
    check_windows(c, check_sum);
}

void check_f32_window_dot(struct check *c) {
    check_windows(c, check_dot);
}
