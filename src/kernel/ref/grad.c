/*
 * grad.c - derivatives of activations, weights and maxima, one number at a
 * time.
 */
#include <math.h>
#include "kernel/isa.h"
#include "kernel/ref/act.h"

float sinew_act_grad_ref(float x, const struct sinew_act *act) {
    float s;

    switch (act->kind) {
    case SINEW_ACT_RELU:
        return x > 0.0f ? 1.0f : 0.0f;
    case SINEW_ACT_RELU6:
        return x > 0.0f && x < 6.0f ? 1.0f : 0.0f;
    case SINEW_ACT_CLIP:
        return x >= act->a && x <= act->b ? 1.0f : 0.0f;
    case SINEW_ACT_SIGMOID:
        s = 1.0f / (1.0f + expf(-x));
        return s * (1.0f - s);
    case SINEW_ACT_SWISH:
        s = 1.0f / (1.0f + expf(-x));
        return act->a * s * (1.0f + x * (1.0f - s));
    case SINEW_ACT_HARD_SIGMOID:
        s = act->a * x + act->b;
        return s > 0.0f && s < 1.0f ? act->a : 0.0f;
    case SINEW_ACT_HARD_SWISH:
        return x < -3.0f ? 0.0f : x <= 3.0f ? x / 3.0f + 0.5f : 1.0f;
    default:
        return 1.0f;
    }
}

void sinew_f32_act_grad_ref(const float *x, const float *dy, float *dx,
                            int64_t n, const struct sinew_act *act) {
    for (int64_t i = 0; i < n; i++)
        dx[i] = dy[i] * sinew_act_grad_ref(x[i], act);
}

void sinew_f32_outer_ref(const struct sinew_outer *o) {
    for (int64_t i = 0; i < o->m; i++)
        for (int64_t j = 0; j < o->n; j++) {
            float sum = 0.0f;
            for (int64_t t = 0; t < o->steps; t++)
                sum += o->a[t][i] * o->b[t][j];
            o->y[i * o->y_stride + j] += sum;
        }
}

/* Over the outputs whose tap (p, q) falls inside. */
static float tap_sum(const struct sinew_dwconv_grad *g, int64_t p, int64_t q,
                     int64_t c) {
    float sum = 0.0f;

    for (int64_t i = g->begin; i < g->end; i++) {
        int64_t r = i * g->stride_h + p * g->dilation_h - g->pad_top;
        for (int64_t j = 0; j < g->ow; j++) {
            int64_t s = j * g->stride_w + q * g->dilation_w - g->pad_left;
            if (r >= 0 && r < g->h && s >= 0 && s < g->w)
                sum += g->dy[i * g->dy_row + j * g->dy_col + c] *
                       g->x[r * g->x_row + s * g->x_col + c];
        }
    }
    return sum;
}

void sinew_f32_dwconv_grad_ref(const struct sinew_dwconv_grad *g) {
    for (int64_t p = 0; p < g->kh; p++)
        for (int64_t q = 0; q < g->kw; q++)
            for (int64_t c = 0; c < g->channels; c++)
                g->sums[(p * g->kw + q) * g->channels + c] +=
                    tap_sum(g, p, q, c);
}

void sinew_f32_axpy_ref(const float *x, float *y, int64_t n, float scale) {
    for (int64_t i = 0; i < n; i++)
        y[i] += scale * x[i];
}

void sinew_f32_max_grad_ref(const float *x, const float *dy, float *dx,
                            int64_t n, const struct sinew_window *in,
                            const struct sinew_window *out) {
    for (int64_t c = 0; c < n; c++) {
        float most = -INFINITY;
        int64_t at = 0;
        for (int64_t i = 0; i < in->rows; i++)
            for (int64_t j = 0; j < in->cols; j++) {
                float value = x[i * in->row_step + j * in->col_step + c];
                if (value > most) {
                    most = value;
                    at = i * out->row_step + j * out->col_step;
                }
            }
        dx[at + c] += dy[c];
    }
}
