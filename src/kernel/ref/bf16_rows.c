/*
 * bf16_rows.c - values kept as bf16, one at a time (bf16.h). Packed weights are
 * here one channel after the other: bias, then [2][(kh + 1) / 2][kw] pairs, of
 * which the first half are used.
 */
#include "kernel/isa.h"
#include "kernel/ref/act.h"

void sinew_bf16_act_ref(const float *x, int64_t x_step, sinew_bf16 *y,
                        int64_t y_step, int64_t rows, int64_t n,
                        const struct sinew_act *act) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < n; i++)
            y[r * y_step + i] =
                sinew_bf16_of(sinew_act_ref(x[r * x_step + i], act));
}

static float pixel(const struct sinew_dwconv *d, int64_t r, int64_t s,
                   int64_t c) {
    if (r < 0 || r >= d->h || s < 0 || s >= d->w) return 0.0f;
    return sinew_bf16_float(d->x16[r * d->x_row + s * d->x_col + c]);
}

static float dot(const struct sinew_dwconv *d, int64_t i, int64_t j,
                 int64_t c) {
    const float *w = d->weights + c * (1 + (d->kh + 1) * d->kw);
    float sum = *w++;

    for (int64_t p = 0; p < d->kh; p += 2) {
        int64_t r = i * d->stride_h + p * d->dilation_h - d->pad_top;
        for (int64_t q = 0; q < d->kw; q++, w++) {
            int64_t s = j * d->stride_w + q * d->dilation_w - d->pad_left;
            sum += pixel(d, r, s, c) * sinew_bf16_first(*w);
            if (p + 1 < d->kh)
                sum +=
                    pixel(d, r + d->dilation_h, s, c) * sinew_bf16_second(*w);
        }
    }
    return sum;
}

void sinew_bf16_dwconv_ref(const struct sinew_dwconv *d) {
    for (int64_t i = d->begin; i < d->end; i++)
        for (int64_t j = 0; j < d->ow; j++)
            for (int64_t c = 0; c < d->channels; c++)
                d->y16[i * d->y_row + j * d->y_col + c] =
                    sinew_bf16_of(sinew_act_ref(dot(d, i, j, c), &d->act));
}

void sinew_bf16_winograd_in16_ref(const float *const *pixels, float *y,
                                  int64_t y_step, int64_t channels) {
    enum { POINTS = SINEW_WINOGRAD_POINTS };

    for (int64_t c = 0; c < channels; c += 2) {
        float two[POINTS][2] = {{0}};
        const float *tile[POINTS];
        for (int p = 0; p < POINTS; p++) {
            tile[p] = two[p];
            const sinew_bf16 *x = (const void *)pixels[p];
            for (int64_t k = 0; k < 2 && c + k < channels; k++)
                two[p][k] = sinew_bf16_float(x[c + k]);
        }
        sinew_bf16_winograd_in_ref(tile, y + c / 2, y_step, 2);
    }
}

void sinew_bf16_winograd_out_ref(const struct sinew_winograd_out *w) {
    enum { OUT = SINEW_WINOGRAD_OUT };

    for (int64_t c = 0; c < w->channels; c++) {
        struct sinew_winograd_out one = *w;
        float tile[OUT * OUT];
        one.x += c;
        one.bias += c;
        one.channels = 1;
        one.y = tile;
        one.y_row = OUT;
        one.y_col = 1;
        sinew_f32_winograd_out_ref(&one);
        for (int64_t i = 0; i < w->rows; i++)
            for (int64_t j = 0; j < w->cols; j++)
                w->y16[i * w->y_row + j * w->y_col + c] =
                    sinew_bf16_of(tile[i * OUT + j]);
    }
}

void sinew_bf16_mul_ref(const sinew_bf16 *a, const float *b, sinew_bf16 *y,
                        const struct sinew_rows *s,
                        const struct sinew_act *act) {
    for (int64_t r = 0; r < s->rows; r++)
        for (int64_t i = 0; i < s->n; i++) {
            float product = sinew_bf16_float(a[r * s->row_step[1] + i]) *
                            b[r * s->row_step[2] + i];
            y[r * s->row_step[0] + i] =
                sinew_bf16_of(sinew_act_ref(product, act));
        }
}

void sinew_bf16_window_sum_ref(const sinew_bf16 *x, float *y, int64_t n,
                               const struct sinew_window *w, float scale) {
    for (int64_t c = 0; c < n; c++) {
        double sum = 0.0;
        for (int64_t i = 0; i < w->rows; i++)
            for (int64_t j = 0; j < w->cols; j++)
                sum += (double)sinew_bf16_float(
                    x[i * w->row_step + j * w->col_step + c]);
        y[c] = (float)(sum * (double)scale);
    }
}
