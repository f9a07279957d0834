/*
 * pack_u8.c - integer weights copied into the order of the kernels (pack_u8.h).
 */
#include "kernel/pack_u8.h"

#include <string.h>

static int64_t round_up(int64_t n, int64_t step) {
    return (n + step - 1) / step * step;
}

int64_t sinew_u8_gemm_size(int64_t n, int64_t taps, int64_t depth) {
    return round_up(n, SINEW_U8_COLUMNS) * (12 + taps * round_up(depth, 4));
}

int64_t sinew_u8_dwconv_size(const struct sinew_kernels *kernels, int64_t n,
                             int64_t taps) {
    return round_up(n, 4 * (int64_t)kernels->u8_lanes) *
           (12 + round_up(taps, 4));
}

/* A column of either form. */
struct column {
    const struct sinew_u8_weights *from;
    int64_t j;
    char *panel;          ///< of its panel
    int64_t width, place; ///< columns of the panel; which one this is
    int64_t tap_steps;    ///< steps from one tap to the next
};

/* Step s of the sum, steps counting from the start of the panel. */
static void put(const struct column *c, int64_t s, int8_t value) {
    int8_t *weights = (int8_t *)c->panel + 12 * c->width;

    weights[s / 4 * 4 * c->width + c->place * 4 + s % 4] = value;
}

static void put_column(const struct column *c) {
    const struct sinew_u8_weights *f = c->from;
    int32_t bias = f->bias ? f->bias[c->j] : 0, sum = 0;

    for (int64_t p = 0; p < f->kh; p++)
        for (int64_t q = 0; q < f->kw; q++)
            for (int64_t k = 0; k < f->depth; k++) {
                int8_t w = f->w[p * f->step_p + q * f->step_q + k * f->step_k +
                                c->j * f->step_j];
                sum += w;
                put(c, (p * f->kw + q) * c->tap_steps + k, w);
            }
    memcpy(c->panel + c->place * 4, &bias, 4);
    memcpy(c->panel + (c->width + c->place) * 4, &sum, 4);
    memcpy(c->panel + (2 * c->width + c->place) * 4, &f->multiplier[c->j], 4);
}

void sinew_pack_u8_gemm(const struct sinew_u8_weights *w, void *packed) {
    int64_t taps = w->kh * w->kw, tap_steps = round_up(w->depth, 4);
    char *panel = packed;

    memset(packed, 0, (size_t)sinew_u8_gemm_size(w->n, taps, w->depth));
    for (int64_t j = 0; j < w->n; j += SINEW_U8_PANEL) {
        int64_t left = round_up(w->n - j, SINEW_U8_COLUMNS);
        int64_t width = left < SINEW_U8_PANEL ? left : SINEW_U8_PANEL;
        for (int64_t i = 0; i < width && j + i < w->n; i++)
            put_column(&(struct column){w, j + i, panel, width, i, tap_steps});
        panel += sinew_u8_gemm_size(width, taps, w->depth);
    }
}

void sinew_pack_u8_dwconv(const struct sinew_kernels *kernels,
                          const struct sinew_u8_weights *w, void *packed) {
    int64_t width = 4 * (int64_t)kernels->u8_lanes, taps = w->kh * w->kw;
    int64_t panel_size = sinew_u8_dwconv_size(kernels, width, taps);

    memset(packed, 0, (size_t)sinew_u8_dwconv_size(kernels, w->n, taps));
    for (int64_t j = 0; j < w->n; j++) {
        /* the last 16 channels or fewer in each 128-bit part */
        int64_t parts = w->n - j / width * width <= 16 ? width / 16 : 1;
        for (int64_t part = 0; part < parts; part++)
            put_column(&(struct column){
                w, j, (char *)packed + j / width * panel_size, width,
                sinew_u8_place(kernels->u8_lanes, j % width + 16 * part), 1});
    }
}
