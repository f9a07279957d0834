/*
 * dwconv.c - depthwise convolution, one sum at a time. Packed weights are here
 * one channel after the other: bias, then [kh][kw].
 */
#include "kernel/isa.h"
#include "kernel/ref/act.h"

static float dot(const struct sinew_dwconv *d, int64_t i, int64_t j,
                 int64_t c) {
    const float *w = d->weights + c * (1 + d->kh * d->kw);
    float sum = *w++;

    for (int64_t p = 0; p < d->kh; p++) {
        int64_t r = i * d->stride_h + p * d->dilation_h - d->pad_top;
        for (int64_t q = 0; q < d->kw; q++, w++) {
            int64_t s = j * d->stride_w + q * d->dilation_w - d->pad_left;
            if (r >= 0 && r < d->h && s >= 0 && s < d->w)
                sum += d->x[r * d->x_row + s * d->x_col + c] * *w;
        }
    }
    return sum;
}

void sinew_f32_dwconv_ref(const struct sinew_dwconv *d) {
    for (int64_t i = d->begin; i < d->end; i++)
        for (int64_t j = 0; j < d->ow; j++)
            for (int64_t c = 0; c < d->channels; c++)
                d->y[i * d->y_row + j * d->y_col + c] =
                    sinew_act_ref(dot(d, i, j, c), &d->act);
}
