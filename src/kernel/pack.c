/*
 * pack.c - weights copied into the order of the kernels (pack.h).
 */
#include "kernel/pack.h"

static int64_t round_up(int64_t n, int64_t step) {
    return (n + step - 1) / step * step;
}

int64_t sinew_packed_size(const struct sinew_kernels *kernels, int64_t n,
                          int64_t steps) {
    return round_up(n, kernels->lanes) * (1 + steps);
}

/* `width` columns from j on, one step of the sum; columns past n are zero. */
static float *pack_row(const struct sinew_weights *s, int64_t p, int64_t q,
                       int64_t k, int64_t j, int64_t width, float *packed) {
    const float *w = s->w + p * s->step_p + q * s->step_q + k * s->step_k;
    int64_t there = s->n - j < width ? s->n - j : width;

    for (int64_t i = 0; i < there; i++)
        packed[i] = s->alpha * w[(j + i) * s->step_j];
    for (int64_t i = there; i < width; i++)
        packed[i] = 0.0f;
    return packed + width;
}

/* The same for all steps k of one place of the kernel, which lie one after the
 * other for each column: a matrix turned round. */
static float *pack_turned(const struct sinew_kernels *kernels,
                          const struct sinew_weights *s, int64_t p, int64_t q,
                          int64_t j, int64_t width, float *packed) {
    int64_t there = s->n - j < width ? s->n - j : width;
    const struct sinew_transpose shape = {.count = 1,
                                          .rows = there,
                                          .cols = s->depth,
                                          .x_step = s->step_j,
                                          .y_step = width};

    kernels->x32_transpose(
        s->w + p * s->step_p + q * s->step_q + j * s->step_j, packed, &shape);
    for (int64_t k = 0; there < width && k < s->depth; k++)
        for (int64_t i = there; i < width; i++)
            packed[k * width + i] = 0.0f;
    return packed + s->depth * width;
}

/* One place of the kernel, as floats. */
static float *pack_place(const struct sinew_kernels *kernels,
                         const struct sinew_weights *s, int64_t p, int64_t q,
                         int64_t j, int64_t width, float *packed) {
    if (s->step_k == 1 && s->step_j > 1 && s->alpha == 1.0f)
        return pack_turned(kernels, s, p, q, j, width, packed);
    for (int64_t k = 0; k < s->depth; k++)
        packed = pack_row(s, p, q, k, j, width, packed);
    return packed;
}

/* The same as other factors: some steps at a time as floats, then rounded. */
static float *pack_factors(const struct sinew_kernels *kernels,
                           const struct sinew_weights *s, int64_t p, int64_t q,
                           int64_t j, int64_t width, float *packed) {
    enum { ROWS = 32, MAX_WIDTH = 64 };
    float block[ROWS * MAX_WIDTH];
    const float *rows[ROWS];

    if (s->factors == SINEW_FACTORS_F32)
        return pack_place(kernels, s, p, q, j, width, packed);
    for (int i = 0; i < ROWS; i++)
        rows[i] = block + i * width;
    for (int64_t k = 0; k < s->depth; k += ROWS) {
        struct sinew_weights part = *s;
        part.w += k * s->step_k;
        part.depth = s->depth - k < ROWS ? s->depth - k : ROWS;
        pack_place(kernels, &part, p, q, j, width, block);
        if (s->factors == SINEW_FACTORS_PAIRS)
            kernels->bf16_zip(rows, packed, width, part.depth, width);
        else
            kernels->f32_round(block, packed, part.depth * width);
        packed += sinew_factor_words(s->factors, part.depth) * width;
    }
    return packed;
}

/* Panels of `nr` columns, the last rounded up to `lanes`. */
static void pack(const struct sinew_kernels *kernels,
                 const struct sinew_weights *s, int64_t nr, float *packed) {
    int64_t lanes = kernels->lanes;

    for (int64_t j = 0; j < s->n; j += nr) {
        int64_t left = round_up(s->n - j, lanes);
        int64_t width = left < nr ? left : nr;
        for (int64_t i = 0; i < width; i++)
            packed[i] = s->bias && j + i < s->n ? s->bias[j + i] : 0.0f;
        packed += width;
        for (int64_t p = 0; p < s->kh; p++)
            for (int64_t q = 0; q < s->kw; q++)
                packed = pack_factors(kernels, s, p, q, j, width, packed);
    }
}

void sinew_pack_gemm(const struct sinew_kernels *kernels,
                     const struct sinew_weights *weights, float *packed) {
    pack(kernels, weights, kernels->gemm_nr, packed);
}

/* Rows p and p + 1 of a depthwise kernel as words; those outside are zeros. */
static float *pack_two_rows(const struct sinew_kernels *kernels,
                            const struct sinew_weights *s, int64_t p, int64_t j,
                            float *packed) {
    enum { MAX_LANES = 16 };
    float first[MAX_LANES] = {0}, second[MAX_LANES] = {0};
    const float *rows[] = {first, second};
    int64_t lanes = kernels->lanes;

    for (int64_t q = 0; q < s->kw; q++, packed += lanes) {
        if (p >= 0)
            pack_row(s, p, q, 0, j, lanes, first);
        if (p + 1 < s->kh)
            pack_row(s, p + 1, q, 0, j, lanes, second);
        kernels->bf16_zip(rows, packed, lanes, 2, lanes);
    }
    return packed;
}

void sinew_pack_dwconv(const struct sinew_kernels *kernels,
                       const struct sinew_weights *s, float *packed) {
    int64_t lanes = kernels->lanes;

    if (s->factors != SINEW_FACTORS_PAIRS) {
        pack(kernels, s, lanes, packed);
        return;
    }
    for (int64_t k = 0; k < s->n; k += lanes) {
        int64_t j = k + lanes > s->n && s->n >= lanes ? s->n - lanes : k;
        for (int64_t i = 0; i < lanes; i++)
            packed[i] = s->bias && j + i < s->n ? s->bias[j + i] : 0.0f;
        packed += lanes;
        for (int64_t first = 0; first >= -1; first--)
            for (int64_t p = first; p < s->kh; p += 2)
                packed = pack_two_rows(kernels, s, p, j, packed);
    }
}

void sinew_pack_rows(const struct sinew_kernels *kernels,
                     enum sinew_factors factors, const float *x,
                     int64_t x_step, float *y, int64_t y_step, int64_t rows,
                     int64_t n) {
    bool dense = x_step == n && y_step == sinew_factor_words(factors, n);

    if (dense && (factors != SINEW_FACTORS_PAIRS || n % 2 == 0)) {
        n *= rows;
        rows = 1;
    }
    if (factors == SINEW_FACTORS_PAIRS) {
        kernels->bf16_pack(x, x_step, y, y_step, rows, n);
        return;
    }
    for (int64_t i = 0; i < rows; i++)
        kernels->f32_round(x + i * x_step, y + i * y_step, n);
}

void sinew_gemm_run(const struct sinew_kernels *kernels,
                    enum sinew_factors factors, const struct sinew_gemm *gemm) {
    if (factors == SINEW_FACTORS_PAIRS)
        kernels->bf16_gemm(gemm);
    else
        kernels->f32_gemm(gemm);
}
