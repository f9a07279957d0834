/*
 * kernels.c - how fast the kernels of every instruction set are, beside what
 * one core can do at most.
 *
 *     bench_kernels [--level avx2] [FAMILY]...
 *
 * Data lies on cache lines and is warm as far as it fits; each figure is the
 * least of many short batches. The per cent are of the multiply-adds that the
 * same core was just measured to do in registers; for kernels that only move
 * or combine numbers the rate of bytes read and written counts.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/base.h"
#include "kernel/kernel.h"
#include "kernel/pack.h"

static double seconds_now(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What is measured, at one level. */
struct bench {
    const struct sinew_kernels *kernels;
    double peak;
    int n_families;
    char **families; ///< NULL = all
};

/* Least seconds of one call: batches that take 0.2 ms, for 20 ms. */
#define BENCH_TIME(best, call)                                                 \
    do {                                                                       \
        double began = seconds_now(), now = began, took;                       \
        int64_t batch = 1;                                                     \
        (best) = HUGE_VAL;                                                     \
        while (now - began < 20e-3) {                                          \
            for (int64_t i = 0; i < batch; i++)                                \
                call;                                                          \
            took = seconds_now() - now;                                        \
            now += took;                                                       \
            if (took / (double)batch < (best)) (best) = took / (double)batch;  \
            if (took < 2e-4) batch *= 2;                                       \
        }                                                                      \
    } while (0)

static bool wanted(const struct bench *b, const char *family) {
    for (int i = 0; i < b->n_families; i++)
        if (strcmp(b->families[i], family) == 0) return true;
    return b->n_families == 0;
}

static void *need(uint64_t count, size_t size) {
    void *block = sinew_alloc(count, size);

    if (!block) {
        fprintf(stderr, "bench_kernels: out of memory\n");
        exit(1);
    }
    return block;
}

/* Numbers of both signs, none so small that sums become denormal. */
static float *numbers(int64_t n) {
    float *x = need((uint64_t)n, sizeof(float));
    uint32_t state = 1;

    for (int64_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)(state >> 8) / (1 << 23) - 1.0f;
    }
    return x;
}

static void report_flops(const struct bench *b, const char *family,
                         const char *shape, double seconds, double flops) {
    printf("%-8s %-16s %-40s %10.2f us %8.1f GFLOP/s %5.1f %%\n",
           sinew_cpu_level_name(b->kernels->level), family, shape,
           1e6 * seconds, 1e-9 * flops / seconds,
           100 * flops / seconds / b->peak);
}

static void report_bytes(const struct bench *b, const char *family,
                         const char *shape, double seconds, double bytes) {
    printf("%-8s %-16s %-40s %10.2f us %8.1f GB/s\n",
           sinew_cpu_level_name(b->kernels->level), family, shape,
           1e6 * seconds, 1e-9 * bytes / seconds);
}

/* ---- products --------------------------------------------------------------
 */

static void bench_gemm(const struct bench *b) {
    static const struct {
        int64_t m, n, taps, depth;
        int32_t act;
    } shapes[] = {
        {56, 96, 1, 16, SINEW_ACT_RELU6},  {56, 24, 1, 144, SINEW_ACT_NONE},
        {56, 144, 1, 24, SINEW_ACT_RELU6}, {56, 144, 1, 24, SINEW_ACT_SWISH},
        {56, 240, 1, 40, SINEW_ACT_SWISH}, {56, 64, 1, 64, SINEW_ACT_SWISH},
        {56, 256, 1, 256, SINEW_ACT_NONE}, {56, 128, 9, 128, SINEW_ACT_NONE},
        {48, 384, 9, 384, SINEW_ACT_NONE}, {1, 384, 1, 384, SINEW_ACT_NONE},
        {56, 16, 1, 32, SINEW_ACT_SWISH},  {56, 16, 1, 32, SINEW_ACT_NONE},
        {56, 32, 1, 16, SINEW_ACT_SWISH},  {56, 32, 1, 16, SINEW_ACT_NONE},
{56,16,1,8,0},{56,32,1,8,0},{56,16,1,24,0},{56,32,1,24,0},{56,32,1,48,0},
    };
    const struct sinew_kernels *kernels = b->kernels;

    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        int64_t m = shapes[s].m, n = shapes[s].n;
        int64_t steps = shapes[s].taps * shapes[s].depth;
        const float **rows = need((uint64_t)(m * shapes[s].taps), sizeof *rows);
        float *x = numbers(m * steps), *w = numbers(steps * n);
        float *y = numbers(m * n);
        float *packed = need((uint64_t)sinew_packed_size(kernels, n, steps),
                             sizeof(float));
        const struct sinew_weights weights = {
            .w = w, .n = n, .kh = 1, .kw = 1, .depth = steps,
            .step_k = n, .step_j = 1, .alpha = 1.0f};
        const struct sinew_gemm gemm = {
            .rows = rows, .rows_stride = m, .m = m, .n = n,
            .taps = shapes[s].taps, .depth = shapes[s].depth, .w = packed,
            .y = y, .y_stride = n, .act = {shapes[s].act, 1.0f, 0.0f}};
        char text[80];
        double best;

        for (int64_t i = 0; i < m * shapes[s].taps; i++)
            rows[i] = x + i * shapes[s].depth;
        sinew_pack_gemm(kernels, &weights, packed);
        BENCH_TIME(best, kernels->f32_gemm(&gemm));
        snprintf(text, sizeof text, "%dx%d by %dx%d act %d", (int)m,
                 (int)steps, (int)steps, (int)n, shapes[s].act);
        report_flops(b, "f32_gemm", text, best, 2.0 * (double)(m * n * steps));
        sinew_free(rows);
        sinew_free(x);
        sinew_free(w);
        sinew_free(y);
        sinew_free(packed);
    }
}

/* ---- depthwise -------------------------------------------------------------
 */

static void bench_dwconv(const struct bench *b) {
    static const struct {
        int32_t kernel, stride;
        int64_t h, channels;
        int32_t act;
    } shapes[] = {
        {3, 1, 16, 64, SINEW_ACT_RELU6},  {3, 1, 28, 144, SINEW_ACT_RELU6},
        {3, 1, 56, 144, SINEW_ACT_RELU6}, {3, 1, 56, 144, SINEW_ACT_SWISH},
        {3, 2, 112, 96, SINEW_ACT_RELU6}, {5, 1, 28, 240, SINEW_ACT_RELU6},
        {5, 1, 28, 240, SINEW_ACT_SWISH}, {5, 2, 56, 144, SINEW_ACT_RELU6},
        {5, 1, 10, 128, SINEW_ACT_SWISH}, {7, 1, 24, 264, SINEW_ACT_RELU},
    };
    const struct sinew_kernels *kernels = b->kernels;

    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        int32_t k = shapes[s].kernel, stride = shapes[s].stride;
        int64_t h = shapes[s].h, c = shapes[s].channels;
        int64_t out = (h - 1) / stride + 1;
        float *x = numbers(h * h * c), *y = numbers(out * out * c);
        float *w = numbers(k * k * c);
        float *packed =
            need((uint64_t)sinew_packed_size(kernels, c, k * k), sizeof(float));
        const struct sinew_weights weights = {
            .w = w, .n = c, .kh = k, .kw = k, .depth = 1, .step_p = k * c,
            .step_q = c, .step_j = 1, .alpha = 1.0f};
        const struct sinew_dwconv dwconv = {
            .x = x, .x_row = h * c, .x_col = c, .h = h, .w = h, .channels = c,
            .kh = k, .kw = k, .stride_h = stride, .stride_w = stride,
            .dilation_h = 1, .dilation_w = 1, .pad_top = k / 2,
            .pad_left = k / 2, .weights = packed, .y = y, .y_row = out * c,
            .y_col = c, .ow = out, .begin = 0, .end = out,
            .act = {shapes[s].act, 1.0f, 0.0f}};
        char text[80];
        double best;

        sinew_pack_dwconv(kernels, &weights, packed);
        BENCH_TIME(best, kernels->f32_dwconv(&dwconv));
        snprintf(text, sizeof text, "%dx%d stride %d, %dx%dx%d act %d", k, k,
                 stride, (int)h, (int)h, (int)c, shapes[s].act);
        report_flops(b, "f32_dwconv", text, best,
                     2.0 * (double)(out * out * c * k * k));
        sinew_free(x);
        sinew_free(y);
        sinew_free(w);
        sinew_free(packed);
    }
}

/* ---- the rest --------------------------------------------------------------
 */

static void bench_elements(const struct bench *b) {
    enum { ROWS = 56, COLS = 144, N = ROWS * COLS };
    const struct sinew_kernels *kernels = b->kernels;
    const struct sinew_act swish = {SINEW_ACT_SWISH, 1.0f, 0.0f};
    const struct sinew_act none = {SINEW_ACT_NONE, 0.0f, 0.0f};
    const struct sinew_rows rows = {
        ROWS, COLS, {COLS, COLS, 0}, {1, 1, 1}};
    const struct sinew_window window = {1, ROWS, N, COLS};
    const struct sinew_transpose turn = {1, ROWS, COLS, COLS, ROWS, 0, 0};
    float *x = numbers(N), *y = numbers(N), *z = numbers(N);
    double best;

    if (wanted(b, "f32_act")) {
        BENCH_TIME(best, kernels->f32_act(x, y, N, &swish));
        report_bytes(b, "f32_act", "swish of 8064", best, 8.0 * N);
    }
    if (wanted(b, "f32_binary")) {
        BENCH_TIME(best, kernels->f32_binary(x, z, y, &rows, SINEW_BINARY_MUL,
                                             &none));
        report_bytes(b, "f32_binary", "56x144 times 144", best, 8.0 * N);
    }
    if (wanted(b, "f32_window_sum")) {
        BENCH_TIME(best, kernels->f32_window_sum(x, y, COLS, &window, 1.0f));
        report_bytes(b, "f32_window_sum", "56x144", best, 4.0 * N);
    }
    if (wanted(b, "x32_transpose")) {
        BENCH_TIME(best, kernels->x32_transpose(x, y, &turn));
        report_bytes(b, "x32_transpose", "56x144", best, 8.0 * N);
    }
    sinew_free(x);
    sinew_free(y);
    sinew_free(z);
}

static void bench_level(enum sinew_cpu_level level, int n, char **families) {
    struct sinew_kernels kernels;
    struct bench b = {&kernels, 0, n, families};

    sinew_kernels_init(&kernels, level);
    b.peak = sinew_peak_flops(&kernels);
    printf("%-8s peak of one core %53.1f GFLOP/s\n",
           sinew_cpu_level_name(level), 1e-9 * b.peak);
    if (wanted(&b, "f32_gemm")) bench_gemm(&b);
    if (wanted(&b, "f32_dwconv")) bench_dwconv(&b);
    bench_elements(&b);
}

int main(int argc, char **argv) {
    const char *only = NULL;
    int first = 1;

    if (argc > 2 && strcmp(argv[1], "--level") == 0) {
        only = argv[2];
        first = 3;
    }
    for (int i = SINEW_CPU_SCALAR; i < SINEW_CPU_COUNT; i++) {
        enum sinew_cpu_level level = (enum sinew_cpu_level)i;
        if (!sinew_cpu_has(level) ||
            (only && strcmp(only, sinew_cpu_level_name(level)) != 0))
            continue;
        bench_level(level, argc - first, argv + first);
    }
    return 0;
}
