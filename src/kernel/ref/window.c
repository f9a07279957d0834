/*
 * window.c - the largest and the sum over a window, channel by channel: what
 * pooling and global means are made of.
 */
#include <math.h>
#include "kernel/isa.h"

void sinew_f32_window_max_ref(const float *x, float *y, int64_t n,
                              const struct sinew_window *window) {
    for (int64_t c = 0; c < n; c++) {
        float most = -INFINITY;
        for (int64_t i = 0; i < window->rows; i++)
            for (int64_t j = 0; j < window->cols; j++) {
                float value =
                    x[i * window->row_step + j * window->col_step + c];
                most = most > value ? most : value;
            }
        y[c] = most;
    }
}

void sinew_f32_window_sum_ref(const float *x, float *y, int64_t n,
                              const struct sinew_window *window, float scale) {
    for (int64_t c = 0; c < n; c++) {
        double sum = 0.0;
        for (int64_t i = 0; i < window->rows; i++)
            for (int64_t j = 0; j < window->cols; j++)
                sum +=
                    (double)x[i * window->row_step + j * window->col_step + c];
        y[c] = (float)(sum * (double)scale);
    }
}

void sinew_f32_window_dot_ref(const float *a, const float *b, float *y,
                              int64_t n, const struct sinew_window *window) {
    for (int64_t c = 0; c < n; c++) {
        double sum = 0.0;
        for (int64_t i = 0; i < window->rows; i++)
            for (int64_t j = 0; j < window->cols; j++) {
                int64_t at = i * window->row_step + j * window->col_step + c;
                sum += (double)a[at] * (double)b[at];
            }
        y[c] = (float)sum;
    }
}
