/*
 * resize.c - one row of a bilinear resize of [H, W, C] pixels: across, then
 * down.
 */
#include "kernel/isa.h"

static float mix(float a, float b, float weight) {
    return a + weight * (b - a);
}

void sinew_f32_resize_row_ref(const float *top, const float *bottom,
                              int64_t x_step, float *y, int64_t y_step,
                              int64_t cols, int64_t n,
                              const struct sinew_tap *taps, float weight) {
    for (int64_t j = 0; j < cols; j++) {
        int64_t l = taps[j].left * x_step, r = taps[j].right * x_step;
        for (int64_t c = 0; c < n; c++) {
            float above = mix(top[l + c], top[r + c], taps[j].weight);
            float below = mix(bottom[l + c], bottom[r + c], taps[j].weight);
            y[j * y_step + c] = mix(above, below, weight);
        }
    }
}
