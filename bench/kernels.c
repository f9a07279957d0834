/*
 * kernels.c - how fast the kernels of every instruction set are, beside what
 * one core can do at most.
 *
 *     bench_kernels [--level avx2] [FAMILY]...
 *     bench_kernels --calls N [--level avx2] FAMILY CASE
 *
 * Data lies on cache lines and is warm as far as it fits; each figure is the
 * least of many short batches. Per cent are of the multiply-adds that the same
 * core was just measured to do in registers, four times as many for bytes, or,
 * for kernels that only move and combine numbers, of a plain copy (memcpy) of
 * as many bytes.
 *
 * The second form makes N calls of one case and prints its multiply-adds or
 * bytes, for programs that count instructions (scripts/count-aarch64).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "kernels.h"
#include "kernel/pack.h"

/* ---- memory ----------------------------------------------------------------
 */

void *need(struct job *job, int64_t count, size_t size) {
    void *block = sinew_alloc((uint64_t)count, size);

    if (!block || job->n_blocks == 8) {
        fprintf(stderr, "bench_kernels: out of memory\n");
        exit(1);
    }
    job->blocks[job->n_blocks++] = block;
    return block;
}

/* Numbers of both signs, none so small that sums become denormal. */
static float *numbers(struct job *job, int64_t n) {
    float *x = need(job, n, sizeof(float));
    uint32_t state = 1;

    for (int64_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)(state >> 8) / (1 << 23) - 1.0f;
    }
    return x;
}

static const float **pointers(struct job *job, int64_t n, int64_t apart) {
    const float **rows = need(job, n, sizeof *rows);
    const float *x = numbers(job, n * apart);

    for (int64_t i = 0; i < n; i++)
        rows[i] = x + i * apart;
    return rows;
}

/* A matrix of weights. */
static struct sinew_weights dense(struct job *job, int64_t steps, int64_t n) {
    return (struct sinew_weights){.w = numbers(job, steps * n),
                                  .n = n,
                                  .kh = 1,
                                  .kw = 1,
                                  .depth = steps,
                                  .step_k = n,
                                  .step_j = 1,
                                  .alpha = 1.0f};
}

/* ---- families --------------------------------------------------------------
 */

static void run_gemm(const struct job *job) {
    job->kernels->f32_gemm(&job->gemm);
}

/* m, n, taps, depth, act */
static void make_gemm(struct job *job, const int *p) {
    int64_t m = p[0], n = p[1], taps = p[2], depth = p[3];
    const struct sinew_weights weights = dense(job, taps * depth, n);
    float *packed = need(job, sinew_packed_size(job->kernels, n, taps * depth),
                         sizeof(float));

    sinew_pack_gemm(job->kernels, &weights, packed);
    job->act = (struct sinew_act){p[4], 1.0f, 0.0f};
    job->gemm = (struct sinew_gemm){.rows = pointers(job, m * taps, depth),
                                    .rows_stride = m,
                                    .m = m,
                                    .n = n,
                                    .taps = taps,
                                    .depth = depth,
                                    .w = packed,
                                    .y = numbers(job, m * n),
                                    .y_stride = n,
                                    .act = job->act};
    job->run = run_gemm;
    job->flops = 2.0 * (double)(m * n * taps * depth);
    snprintf(job->text, sizeof job->text, "%dx%d by %dx%d", p[0],
             (int)(taps * depth), (int)(taps * depth), p[1]);
}

static void run_dwconv(const struct job *job) {
    job->kernels->f32_dwconv(&job->dwconv);
}

/* kernel, stride, pixels, channels, act */
static void make_dwconv(struct job *job, const int *p) {
    int64_t k = p[0], h = p[2], c = p[3], out = (h - 1) / p[1] + 1;
    const struct sinew_weights weights = dense(job, k * k, c);
    float *packed =
        need(job, sinew_packed_size(job->kernels, c, k * k), sizeof(float));

    sinew_pack_dwconv(job->kernels, &weights, packed);
    job->act = (struct sinew_act){p[4], 1.0f, 0.0f};
    job->dwconv = (struct sinew_dwconv){.x = numbers(job, h * h * c),
                                        .x_row = h * c,
                                        .x_col = c,
                                        .h = h,
                                        .w = h,
                                        .channels = c,
                                        .kh = p[0],
                                        .kw = p[0],
                                        .stride_h = p[1],
                                        .stride_w = p[1],
                                        .dilation_h = 1,
                                        .dilation_w = 1,
                                        .pad_top = p[0] / 2,
                                        .pad_left = p[0] / 2,
                                        .weights = packed,
                                        .y = numbers(job, out * out * c),
                                        .y_row = out * c,
                                        .y_col = c,
                                        .ow = out,
                                        .begin = 0,
                                        .end = out,
                                        .act = job->act};
    job->run = run_dwconv;
    job->flops = 2.0 * (double)(out * out * c * k * k);
    snprintf(job->text, sizeof job->text, "%dx%d stride %d, %dx%dx%d", p[0],
             p[0], p[1], p[2], p[2], p[3]);
}

static void run_winograd_in(const struct job *job) {
    job->kernels->f32_winograd_in(job->pixels, job->y, job->cols, job->n);
}

/* channels */
static void make_winograd_in(struct job *job, const int *p) {
    job->n = p[0];
    job->cols = p[0] + job->kernels->lanes;
    job->pixels = pointers(job, SINEW_WINOGRAD_POINTS, p[0]);
    job->y = numbers(job, SINEW_WINOGRAD_POINTS * job->cols);
    job->run = run_winograd_in;
    job->bytes = 8.0 * SINEW_WINOGRAD_POINTS * p[0];
    snprintf(job->text, sizeof job->text, "6x6x%d", p[0]);
}

static void run_winograd_out(const struct job *job) {
    job->kernels->f32_winograd_out(&job->out);
}

/* channels, act */
static void make_winograd_out(struct job *job, const int *p) {
    enum { SIDE = SINEW_WINOGRAD_OUT };
    int64_t step = p[0] + job->kernels->lanes;

    job->act = (struct sinew_act){p[1], 1.0f, 0.0f};
    job->out = (struct sinew_winograd_out){
        .x = numbers(job, SINEW_WINOGRAD_POINTS * step),
        .x_step = step,
        .bias = numbers(job, p[0]),
        .y = numbers(job, SIDE * SIDE * p[0]),
        .y_row = SIDE * p[0],
        .y_col = p[0],
        .rows = SIDE,
        .cols = SIDE,
        .channels = p[0],
        .act = job->act};
    job->run = run_winograd_out;
    job->bytes = 4.0 * (SINEW_WINOGRAD_POINTS + SIDE * SIDE) * p[0];
    snprintf(job->text, sizeof job->text, "4x4x%d", p[0]);
}

/* Rows and columns of the kernels that go number by number. */
static void make_plane(struct job *job, int rows, int cols,
                       void (*run)(const struct job *job), double each) {
    job->n = (int64_t)rows * cols;
    job->cols = cols;
    job->x = numbers(job, job->n);
    job->z = numbers(job, job->n);
    job->y = numbers(job, job->n);
    job->run = run;
    job->bytes = each * (double)job->n;
    snprintf(job->text, sizeof job->text, "%dx%d", rows, cols);
}

static void run_act(const struct job *job) {
    job->kernels->f32_act(job->x, job->y, job->n, &job->act);
}

/* rows, columns, act */
static void make_act(struct job *job, const int *p) {
    make_plane(job, p[0], p[1], run_act, 8);
    job->act = (struct sinew_act){p[2], 1.0f, 0.0f};
}

static void run_binary(const struct job *job) {
    job->kernels->f32_binary(job->x, job->z, job->y, &job->rows,
                             SINEW_BINARY_MUL, &job->act);
}

/* rows, columns, whether b is one row for all */
static void make_binary(struct job *job, const int *p) {
    make_plane(job, p[0], p[1], run_binary, p[2] ? 8 : 12);
    job->rows = (struct sinew_rows){
        p[0], p[1], {p[1], p[1], p[2] ? 0 : p[1]}, {1, 1, 1}};
    snprintf(job->text, sizeof job->text, "%dx%d by %dx%d", p[0], p[1],
             p[2] ? 1 : p[0], p[1]);
}

static void run_window_max(const struct job *job) {
    job->kernels->f32_window_max(job->x, job->y, job->cols, &job->window);
}

static void run_window_sum(const struct job *job) {
    job->kernels->f32_window_sum(job->x, job->y, job->cols, &job->window, 1);
}

/* rows, columns */
static void make_window_max(struct job *job, const int *p) {
    make_plane(job, p[0], p[1], run_window_max, 4);
    job->window = (struct sinew_window){1, p[0], job->n, p[1]};
}

static void make_window_sum(struct job *job, const int *p) {
    make_window_max(job, p);
    job->run = run_window_sum;
}

static void run_resize_row(const struct job *job) {
    job->kernels->f32_resize_row(job->x, job->z, job->cols, job->more,
                                 job->cols, job->n, job->cols, job->taps,
                                 0.25f);
}

/* columns, channels */
static void make_resize_row(struct job *job, const int *p) {
    struct sinew_tap *taps = need(job, 2 * p[0], sizeof *taps);

    make_plane(job, p[0], p[1], run_resize_row, 12);
    for (int32_t i = 0; i < 2 * p[0]; i++)
        taps[i] = (struct sinew_tap){
            i / 2, i / 2 + 1 < p[0] ? i / 2 + 1 : i / 2, i % 2 ? 0.5f : 0.0f};
    job->taps = taps;
    job->more = numbers(job, 2 * job->n);
    job->n = 2 * p[0];
    snprintf(job->text, sizeof job->text, "2 rows of %dx%d to %dx%d", p[0],
             p[1], 2 * p[0], p[1]);
}

static void run_softmax(const struct job *job) {
    job->kernels->f32_softmax(job->x, job->y, job->n, 0);
}

/* rows, columns */
static void make_softmax(struct job *job, const int *p) {
    make_plane(job, p[0], p[1], run_softmax, 8);
}

static void run_transpose(const struct job *job) {
    job->kernels->x32_transpose(job->x, job->y, &job->turn);
}

/* rows, columns */
static void make_transpose(struct job *job, const int *p) {
    make_plane(job, p[0], p[1], run_transpose, 8);
    job->turn = (struct sinew_transpose){1, p[0], p[1], p[1], p[0], 0, 0};
}

/* training */

static void run_outer(const struct job *job) {
    job->kernels->f32_outer(&job->outer);
}

/* steps, m, n */
static void make_outer(struct job *job, const int *p) {
    job->outer = (struct sinew_outer){.a = pointers(job, p[0], p[1]),
                                      .b = pointers(job, p[0], p[2]),
                                      .steps = p[0],
                                      .m = p[1],
                                      .n = p[2],
                                      .y = numbers(job, (int64_t)p[1] * p[2]),
                                      .y_stride = p[2]};
    job->run = run_outer;
    job->flops = 2.0 * p[0] * p[1] * p[2];
    snprintf(job->text, sizeof job->text, "%d of %d by %d", p[0], p[1], p[2]);
}

static void run_dwconv_grad(const struct job *job) {
    job->kernels->f32_dwconv_grad(&job->grad);
}

/* kernel, pixels, channels */
static void make_dwconv_grad(struct job *job, const int *p) {
    int64_t h = p[1], c = p[2];

    job->grad =
        (struct sinew_dwconv_grad){.x = numbers(job, h * h * c),
                                   .x_row = h * c,
                                   .x_col = c,
                                   .h = h,
                                   .w = h,
                                   .channels = c,
                                   .kh = p[0],
                                   .kw = p[0],
                                   .stride_h = 1,
                                   .stride_w = 1,
                                   .dilation_h = 1,
                                   .dilation_w = 1,
                                   .pad_top = p[0] / 2,
                                   .pad_left = p[0] / 2,
                                   .dy = numbers(job, h * h * c),
                                   .dy_row = h * c,
                                   .dy_col = c,
                                   .ow = h,
                                   .begin = 0,
                                   .end = h,
                                   .sums = numbers(job, p[0] * p[0] * c)};
    job->run = run_dwconv_grad;
    job->flops = 2.0 * (double)(h * h * c) * p[0] * p[0];
    snprintf(job->text, sizeof job->text, "%dx%d, %dx%dx%d", p[0], p[0], p[1],
             p[1], p[2]);
}

static void run_norm(const struct job *job) {
    job->kernels->f32_norm(&job->norm, job->x, job->y);
}

/* rows, columns, act */
static void make_norm(struct job *job, const int *p) {
    make_plane(job, p[0], p[1], run_norm, 8);
    job->act = (struct sinew_act){p[2], 1.0f, 0.0f};
    job->norm = (struct sinew_norm){.rows = p[0],
                                    .n = p[1],
                                    .x_step = p[1],
                                    .y_step = p[1],
                                    .mean = numbers(job, p[1]),
                                    .slope = job->z,
                                    .shift = job->z,
                                    .act = job->act};
}

static void run_adam(const struct job *job) {
    job->kernels->f32_adam(&job->update);
}

/* rows, columns */
static void make_adam(struct job *job, const int *p) {
    make_plane(job, p[0], p[1], run_adam, 28);
    job->update = (struct sinew_update){.w = job->y,
                                        .m = numbers(job, job->n),
                                        .v = need(job, job->n, sizeof(float)),
                                        .g = job->x,
                                        .n = job->n,
                                        .scale = 1,
                                        .keep = 1,
                                        .rate = 1e-3f,
                                        .epsilon = 1e-8f,
                                        .beta1 = 0.9f,
                                        .beta2 = 0.999f,
                                        .share1 = 0.1f,
                                        .share2 = 1e-3f,
                                        .root = 1};
}

/* ---- cases -----------------------------------------------------------------
 */

/* What networks have much of. */
static const struct bench_case cases[] = {
#define ACT(kind) SINEW_ACT_##kind
    {"f32_gemm", make_gemm, {56, 96, 1, 16, ACT(RELU6)}},
    {"f32_gemm", make_gemm, {56, 24, 1, 144, 0}},
    {"f32_gemm", make_gemm, {56, 144, 1, 24, ACT(RELU6)}},
    {"f32_gemm", make_gemm, {56, 144, 1, 24, ACT(SWISH)}},
    {"f32_gemm", make_gemm, {56, 240, 1, 40, ACT(SWISH)}},
    {"f32_gemm", make_gemm, {56, 16, 1, 32, 0}},
    {"f32_gemm", make_gemm, {56, 256, 1, 256, 0}},
    {"f32_gemm", make_gemm, {56, 128, 9, 128, 0}},
    {"f32_gemm", make_gemm, {48, 384, 9, 384, 0}},
    {"f32_gemm", make_gemm, {1, 384, 1, 384, 0}},
    {"f32_dwconv", make_dwconv, {3, 1, 16, 64, ACT(RELU6)}},
    {"f32_dwconv", make_dwconv, {3, 1, 28, 144, ACT(RELU6)}},
    {"f32_dwconv", make_dwconv, {3, 1, 56, 144, ACT(SWISH)}},
    {"f32_dwconv", make_dwconv, {3, 2, 112, 96, ACT(RELU6)}},
    {"f32_dwconv", make_dwconv, {5, 1, 28, 240, ACT(RELU6)}},
    {"f32_dwconv", make_dwconv, {5, 1, 28, 240, ACT(SWISH)}},
    {"f32_dwconv", make_dwconv, {5, 2, 56, 144, ACT(RELU6)}},
    {"f32_dwconv", make_dwconv, {7, 1, 24, 264, ACT(RELU)}},
    {"f32_winograd_in", make_winograd_in, {96}},
    {"f32_winograd_out", make_winograd_out, {32, ACT(SWISH)}},
    {"f32_winograd_out", make_winograd_out, {32, 0}},
    {"f32_act", make_act, {56, 144, ACT(SWISH)}},
    {"f32_act", make_act, {56, 144, ACT(SIGMOID)}},
    {"f32_act", make_act, {56, 144, ACT(HARD_SWISH)}},
    {"f32_binary", make_binary, {56, 144, 1}},
    {"f32_binary", make_binary, {56, 144, 0}},
    {"f32_window_max", make_window_max, {25, 144}},
    {"f32_window_sum", make_window_sum, {56, 144}},
    {"f32_resize_row", make_resize_row, {28, 64}},
    {"f32_softmax", make_softmax, {1, 1024}},
    {"x32_transpose", make_transpose, {56, 144}},
    {"f32_outer", make_outer, {784, 64, 64}},
    {"f32_dwconv_grad", make_dwconv_grad, {3, 28, 144}},
    {"f32_norm", make_norm, {56, 144, ACT(SWISH)}},
    {"f32_adam", make_adam, {56, 144}},
#undef ACT
};
enum { N_CASES = sizeof cases / sizeof *cases };

/* All cases one after the other; NULL behind the last. */
static const struct bench_case *case_at(int i) {
    if (i < N_CASES) return &cases[i];
    const struct bench_case *c = &cases_u8[i - N_CASES];
    return c->family ? c : NULL;
}

static void prepare(struct job *job, const struct sinew_kernels *kernels,
                    const struct bench_case *c) {
    memset(job, 0, sizeof *job);
    job->kernels = kernels;
    c->make(job, c->p);
    if (!job->numbers) job->numbers = job->bytes / 4;
    if (job->act.kind != SINEW_ACT_NONE) {
        size_t used = strlen(job->text);
        snprintf(job->text + used, sizeof job->text - used, ", %s",
                 (const char *const[]){
#define NAME(name, text) text,
                     SINEW_ACT_MAP(NAME)
#undef NAME
                 }[job->act.kind]);
    }
}

static void finish(struct job *job) {
    while (job->n_blocks > 0)
        sinew_free(job->blocks[--job->n_blocks]);
}

/* ---- timing ----------------------------------------------------------------
 */

static double seconds_now(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Least seconds of one call: batches that take 0.2 ms, for 20 ms. */
static double least_time(void (*run)(const struct job *job),
                         const struct job *job) {
    double began = seconds_now(), now = began, best = HUGE_VAL;
    int64_t batch = 1;

    while (now - began < 20e-3) {
        for (int64_t i = 0; i < batch; i++)
            run(job);
        double took = seconds_now() - now;
        now += took;
        if (took / (double)batch < best) best = took / (double)batch;
        if (took < 2e-4) batch *= 2;
    }
    return best;
}

struct copy {
    struct job job; ///< first
    void *to, *from;
    size_t bytes;
};

static void run_copy(const struct job *job) {
    const struct copy *copy = (const struct copy *)(const void *)job;

    memcpy(copy->to, copy->from, copy->bytes);
}

/* Bytes read and written a second by a copy that touches as many. */
static double copy_rate(double bytes) {
    struct copy copy = {.bytes = (size_t)bytes / 2};

    copy.to = need(&copy.job, (int64_t)copy.bytes, 1);
    copy.from = need(&copy.job, (int64_t)copy.bytes, 1);
    double rate = 2.0 * (double)copy.bytes / least_time(run_copy, &copy.job);
    finish(&copy.job);
    return rate;
}

static void report(const struct job *job, const char *family, double peak) {
    double seconds = least_time(job->run, job);
    bool moves = job->flops == 0;
    double rate = (moves ? job->bytes : job->flops) / seconds;

    peak = moves ? copy_rate(job->bytes) : job->of_bytes ? 4 * peak : peak;
    printf("%-8s %-16s %-32s %10.2f us %8.1f %-7s %5.1f %%%s\n",
           sinew_cpu_level_name(job->kernels->level), family, job->text,
           1e6 * seconds, 1e-9 * rate,
           moves           ? "GB/s"
           : job->of_bytes ? "GOP/s"
                           : "GFLOP/s",
           100 * rate / peak, moves ? " of a copy" : "");
}

static bool wanted(const char *family, int n, char **families) {
    for (int i = 0; i < n; i++)
        if (strcmp(families[i], family) == 0) return true;
    return n == 0;
}

static void bench_level(enum sinew_cpu_level level, int n, char **families) {
    struct sinew_kernels kernels;
    struct job job;

    sinew_kernels_init(&kernels, level);
    double peak = sinew_peak_flops(&kernels);
    printf("%-8s %-49s %22.1f GFLOP/s\n", sinew_cpu_level_name(level),
           "peak of one core", 1e-9 * peak);
    for (int i = 0; case_at(i); i++) {
        if (!wanted(case_at(i)->family, n, families)) continue;
        prepare(&job, &kernels, case_at(i));
        report(&job, case_at(i)->family, peak);
        finish(&job);
    }
}

/* Calls of case `index` of a family; 1 when there is none. */
static int count_calls(enum sinew_cpu_level level, const char *family,
                       int index, int64_t calls) {
    struct sinew_kernels kernels;
    struct job job;

    sinew_kernels_init(&kernels, level);
    for (int i = 0; case_at(i); i++) {
        if (strcmp(case_at(i)->family, family) != 0 || index-- > 0) continue;
        prepare(&job, &kernels, case_at(i));
        for (int64_t k = 0; k < calls; k++)
            job.run(&job);
        printf("%s | %s | %.0f %s\n", family, job.text,
               job.flops > 0 ? job.flops / 2 : job.numbers,
               job.flops > 0 ? "multiply-adds" : "numbers");
        finish(&job);
        return 0;
    }
    return 1;
}

int main(int argc, char **argv) {
    const char *only = NULL, *calls = NULL;
    int first = 1;

    for (; first + 1 < argc && argv[first][0] == '-'; first += 2) {
        if (strcmp(argv[first], "--level") == 0) only = argv[first + 1];
        if (strcmp(argv[first], "--calls") == 0) calls = argv[first + 1];
    }
    for (int i = SINEW_CPU_COUNT - 1; i >= SINEW_CPU_SCALAR; i--) {
        enum sinew_cpu_level level = (enum sinew_cpu_level)i;
        if (!sinew_cpu_has(level) ||
            (only && strcmp(only, sinew_cpu_level_name(level)) != 0))
            continue;
        if (calls)
            return first + 1 >= argc ||
                   count_calls(level, argv[first], atoi(argv[first + 1]),
                               atoi(calls));
        bench_level(level, argc - first, argv + first);
    }
    return 0;
}
