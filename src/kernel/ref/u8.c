/*
 * u8.c - the integer kernels, one byte at a time.
 */
#include "kernel/ref/u8.h"

#include <string.h>
#include "kernel/isa.h"
#include "kernel/pack_u8.h"

void sinew_u8_shape_ref(struct sinew_kernels *kernels) {
    kernels->u8_lanes = 4;
}

static int32_t word(const char *panel, int64_t i) {
    int32_t value;

    memcpy(&value, panel + 4 * i, sizeof value);
    return value;
}

/* Column `place` of a panel `width` wide: taps steps of `depth` bytes, which
 * begin `first` bytes into the rows; each tap takes `tap_steps` of the panel.
 */
static uint8_t result(const struct sinew_u8_gemm *g, int64_t i,
                      const char *panel, int64_t width, int64_t place,
                      int64_t first, int64_t depth, int64_t tap_steps) {
    const int8_t *weights = (const int8_t *)panel + 12 * width;
    uint32_t sum = (uint32_t)word(panel, place);
    float multiplier;

    memcpy(&multiplier, panel + 4 * (2 * width + place), sizeof multiplier);
    for (int64_t t = 0; t < g->taps; t++) {
        const uint8_t *x = g->rows[t * g->rows_stride + i] + first;
        for (int64_t k = 0; k < depth; k++) {
            int64_t s = t * tap_steps + k;
            int32_t w = weights[(s / 4 * width + place) * 4 + s % 4];
            sum += (uint32_t)((x[k] - g->x_zero) * w);
        }
    }
    return sinew_u8_of((float)(int32_t)sum * multiplier, &g->to);
}

void sinew_u8_gemm_ref(const struct sinew_u8_gemm *g) {
    int64_t tap_steps = (g->depth + 3) / 4 * 4;
    const char *panel = g->w;

    for (int64_t j = 0; j < g->n; j += SINEW_U8_PANEL) {
        int64_t cols = g->n - j < SINEW_U8_PANEL ? g->n - j : SINEW_U8_PANEL;
        int64_t width =
            (cols + SINEW_U8_COLUMNS - 1) / SINEW_U8_COLUMNS * SINEW_U8_COLUMNS;
        for (int64_t i = 0; i < g->m; i++)
            for (int64_t c = 0; c < cols; c++)
                g->y[i * g->y_stride + j + c] =
                    result(g, i, panel, width, c, 0, g->depth, tap_steps);
        panel += sinew_u8_gemm_size(width, g->taps, g->depth);
    }
}

void sinew_u8_dwconv_ref(const struct sinew_u8_gemm *g) {
    int64_t size = 16 * (12 + (g->taps + 3) / 4 * 4);

    for (int64_t i = 0; i < g->m; i++)
        for (int64_t j = 0; j < g->n; j++)
            g->y[i * g->y_stride + j] = result(
                g, i, (const char *)g->w + j / 16 * size, 16, j % 16, j, 1, 1);
}

void sinew_u8_sums_ref(const uint8_t *x, int64_t step, int64_t rows, int64_t n,
                       int32_t *sums) {
    for (int64_t j = 0; j < n; j++) {
        sums[j] = 0;
        for (int64_t i = 0; i < rows; i++)
            sums[j] += x[i * step + j];
    }
}

void sinew_u8_window_max_ref(const uint8_t *x, uint8_t *y, int64_t n,
                             const struct sinew_window *w) {
    for (int64_t c = 0; c < n; c++) {
        uint8_t most = 0;
        for (int64_t i = 0; i < w->rows; i++)
            for (int64_t j = 0; j < w->cols; j++) {
                uint8_t v = x[i * w->row_step + j * w->col_step + c];
                most = v > most ? v : most;
            }
        y[c] = most;
    }
}

void sinew_u8_binary_ref(const uint8_t *a, const uint8_t *b, uint8_t *y,
                         const struct sinew_rows *rows,
                         const struct sinew_u8_binary *op) {
    for (int64_t r = 0; r < rows->rows; r++)
        for (int64_t i = 0; i < rows->n; i++)
            y[r * rows->row_step[0] + i * rows->step[0]] = sinew_u8_combine(
                a[r * rows->row_step[1] + i * rows->step[1]],
                b[r * rows->row_step[2] + i * rows->step[2]], op);
}

void sinew_u8_lookup_ref(const uint8_t *x, uint8_t *y, int64_t n,
                         const uint8_t *table) {
    for (int64_t i = 0; i < n; i++)
        y[i] = table[x[i]];
}

void sinew_u8_quantize_ref(const float *x, uint8_t *y, int64_t n, float scale,
                           int32_t zero) {
    for (int64_t i = 0; i < n; i++)
        y[i] = sinew_u8_quantized(x[i], scale, zero);
}

void sinew_u8_dequantize_ref(const uint8_t *x, float *y, int64_t n, float scale,
                             int32_t zero) {
    for (int64_t i = 0; i < n; i++)
        y[i] = (float)(x[i] - zero) * scale;
}
