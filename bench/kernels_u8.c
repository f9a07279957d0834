/*
 * kernels_u8.c - the integer families of bench_kernels.
 */
#include <stdio.h>
#include "kernels.h"
#include "kernel/pack_u8.h"

static uint8_t *bytes(struct job *job, int64_t n) {
    uint8_t *x = need(job, n, 1);
    uint32_t state = 1;

    for (int64_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (uint8_t)(state >> 24);
    }
    return x;
}

/* Rows of `n` bytes each, `taps` times `m` of them. */
static const uint8_t **pointers(struct job *job, int64_t taps, int64_t m,
                                int64_t n) {
    const uint8_t **rows = need(job, taps * m, sizeof *rows);
    const uint8_t *x = bytes(job, taps * m * n);

    for (int64_t i = 0; i < taps * m; i++)
        rows[i] = x + i * n;
    return rows;
}

/* Weights of kh x kw taps, `depth` bytes each, for n columns. */
static struct sinew_u8_weights weights(struct job *job, int64_t kh, int64_t kw,
                                       int64_t depth, int64_t n) {
    float *multiplier = need(job, n, sizeof *multiplier);

    for (int64_t j = 0; j < n; j++)
        multiplier[j] = 1e-3f;
    return (struct sinew_u8_weights){
        .w = (const int8_t *)bytes(job, kh * kw * depth * n),
        .multiplier = multiplier,
        .n = n,
        .kh = kh,
        .kw = kw,
        .depth = depth,
        .step_p = kw * depth * n,
        .step_q = depth * n,
        .step_k = n,
        .step_j = 1};
}

static void aim(struct job *job, struct sinew_u8_target *to, int table) {
    *to = (struct sinew_u8_target){.zero = 128, .high = 255};
    if (table) to->table = bytes(job, 256);
}

/* m outputs of n columns each; `rows` holds `taps` pointers, or up to a
 * multiple of four, for every output. */
static void lay_out(struct job *job, const uint8_t **rows, int64_t m, int64_t n,
                    int64_t taps, int64_t depth, const void *packed) {
    job->u8_gemm = (struct sinew_u8_gemm){.rows = rows,
                                          .rows_stride = m,
                                          .m = m,
                                          .n = n,
                                          .taps = taps,
                                          .depth = depth,
                                          .x_zero = 128,
                                          .w = packed,
                                          .y = bytes(job, m * n),
                                          .y_stride = n};
}

static void run_gemm(const struct job *job) {
    job->kernels->u8_gemm(&job->u8_gemm);
}

/* m, n, taps, depth, whether with a table */
static void make_gemm(struct job *job, const int *p) {
    int64_t m = p[0], n = p[1], taps = p[2], depth = p[3];
    const struct sinew_u8_weights w = weights(job, 1, taps, depth, n);
    void *packed = need(job, sinew_u8_gemm_size(n, taps, depth), 1);

    sinew_pack_u8_gemm(&w, packed);
    lay_out(job, pointers(job, taps, m, depth), m, n, taps, depth, packed);
    aim(job, &job->u8_gemm.to, p[4]);
    job->run = run_gemm;
    job->flops = 2.0 * (double)(m * n * taps * depth);
    job->of_bytes = true;
    snprintf(job->text, sizeof job->text, "%dx%d by %dx%d%s", p[0],
             (int)(taps * depth), (int)(taps * depth), p[1],
             p[4] ? ", table" : "");
}

static void run_dwconv(const struct job *job) {
    job->kernels->u8_dwconv(&job->u8_gemm);
}

/* kernel, outputs, channels, whether with a table */
static void make_dwconv(struct job *job, const int *p) {
    int64_t taps = p[0] * p[0], m = p[1], n = p[2];
    const struct sinew_u8_weights w = weights(job, p[0], p[0], 1, n);
    void *packed = need(job, sinew_u8_dwconv_size(job->kernels, n, taps), 1);

    sinew_pack_u8_dwconv(job->kernels, &w, packed);
    lay_out(job, pointers(job, (taps + 3) / 4 * 4, m, n), m, n, taps, n,
            packed);
    aim(job, &job->u8_gemm.to, p[3]);
    job->run = run_dwconv;
    job->flops = 2.0 * (double)(m * n * taps);
    job->of_bytes = true;
    snprintf(job->text, sizeof job->text, "%dx%d, %d of %d%s", p[0], p[0], p[1],
             p[2], p[3] ? ", table" : "");
}

/* Rows and columns of the kernels that go byte by byte, of which one call reads
 * and writes `numbers`. */
static void make_plane(struct job *job, const int *p,
                       void (*run)(const struct job *job), double moved,
                       double numbers) {
    job->n = (int64_t)p[0] * p[1];
    job->cols = p[1];
    job->a = bytes(job, job->n);
    job->b = bytes(job, job->n);
    job->c = bytes(job, job->n);
    job->table = bytes(job, 256);
    job->run = run;
    job->bytes = moved;
    job->numbers = numbers;
    snprintf(job->text, sizeof job->text, "%dx%d", p[0], p[1]);
}

static void run_sums(const struct job *job) {
    job->kernels->u8_sums(job->a, job->cols, job->n / job->cols, job->cols,
                          job->sums);
}

/* rows, columns */
static void make_sums(struct job *job, const int *p) {
    make_plane(job, p, run_sums, p[0] * p[1], p[0] * p[1]);
    job->sums = need(job, p[1], sizeof(int32_t));
}

static void run_window_max(const struct job *job) {
    job->kernels->u8_window_max(job->a, job->c, job->cols, &job->window);
}

/* rows, columns */
static void make_window_max(struct job *job, const int *p) {
    make_plane(job, p, run_window_max, p[0] * p[1], p[0] * p[1]);
    job->window = (struct sinew_window){1, p[0], job->n, p[1]};
}

static void run_binary(const struct job *job) {
    job->kernels->u8_binary(job->a, job->b, job->c, &job->rows,
                            &job->u8_binary);
}

/* rows, columns, whether a product with one row for all */
static void make_binary(struct job *job, const int *p) {
    int moved = (p[2] ? 2 : 3) * p[0] * p[1];

    make_plane(job, p, run_binary, moved, moved);
    job->rows = (struct sinew_rows){
        p[0], p[1], {p[1], p[1], p[2] ? 0 : p[1]}, {1, 1, 1}};
    job->u8_binary =
        (struct sinew_u8_binary){p[2], 128, 128, 0.01f, 0.01f, {0}};
    aim(job, &job->u8_binary.to, 0);
    snprintf(job->text, sizeof job->text, "%dx%d %s %dx%d", p[0], p[1],
             p[2] ? "times" : "and", p[2] ? 1 : p[0], p[1]);
}

static void run_lookup(const struct job *job) {
    job->kernels->u8_lookup(job->a, job->c, job->n, job->table);
}

/* rows, columns */
static void make_lookup(struct job *job, const int *p) {
    make_plane(job, p, run_lookup, 2 * p[0] * p[1], 2 * p[0] * p[1]);
}

static void run_quantize(const struct job *job) {
    job->kernels->u8_quantize(job->y, job->c, job->n, 0.01f, 128);
}

static void run_dequantize(const struct job *job) {
    job->kernels->u8_dequantize(job->a, job->y, job->n, 0.01f, 128);
}

/* rows, columns */
static void make_quantize(struct job *job, const int *p) {
    make_plane(job, p, run_quantize, 5 * p[0] * p[1], 2 * p[0] * p[1]);
    job->y = need(job, job->n, sizeof(float));
}

static void make_dequantize(struct job *job, const int *p) {
    make_quantize(job, p);
    job->run = run_dequantize;
}

const struct bench_case cases_u8[] = {
    {"u8_gemm", make_gemm, {56, 96, 1, 16}},
    {"u8_gemm", make_gemm, {56, 24, 1, 144}},
    {"u8_gemm", make_gemm, {56, 144, 1, 24}},
    {"u8_gemm", make_gemm, {56, 144, 1, 24, 1}},
    {"u8_gemm", make_gemm, {56, 240, 1, 40, 1}},
    {"u8_gemm", make_gemm, {56, 256, 1, 256}},
    {"u8_gemm", make_gemm, {56, 128, 9, 128}},
    {"u8_dwconv", make_dwconv, {3, 28, 144}},
    {"u8_dwconv", make_dwconv, {5, 28, 240}},
    {"u8_dwconv", make_dwconv, {5, 28, 240, 1}},
    {"u8_sums", make_sums, {56, 144}},
    {"u8_window_max", make_window_max, {25, 144}},
    {"u8_binary", make_binary, {56, 144, 0}},
    {"u8_binary", make_binary, {56, 144, 1}},
    {"u8_lookup", make_lookup, {56, 144}},
    {"u8_quantize", make_quantize, {56, 144}},
    {"u8_dequantize", make_dequantize, {56, 144}},
    {NULL, NULL, {0}},
};
