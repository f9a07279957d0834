/*
 * check.h - the kernel checker: every kernel of every level against the
 * reference, on random data between guard bytes.
 *
 * A test is check_<family>(c), found through kernels.def
 * or kernels_u8.def. It walks over sizes
 * and for each one
 *
 *     if (check_case(c, "n=%d", n)) {
 *         const float *x = check_input(c, n, -8, 8);
 *         float *r = check_output(c, n), *y = check_output(c, n);
 *         CHECK_CALL(c, c->ref->f32_act(x, r, n, &act),
 *                    c->now->f32_act(x, y, n, &act));
 *         check_equal(c, r, y, 1, n, n, 1.0);
 *         CHECK_BENCH(c, n, c->ref->f32_act(x, r, n, &act),
 *                     c->now->f32_act(x, y, n, &act));
 *     }
 *
 * Buffers live until the next case. Each ends right at the bytes that a kernel
 * may read past it, with a page behind that cannot be touched, so a start is
 * aligned to one element only; what surrounds an output is compared after the
 * call, gaps between strided rows included (outputs start out equal).
 */
#ifndef TESTS_KERNEL_CHECK_H
#define TESTS_KERNEL_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/kernel.h"

enum { CHECK_BUFFERS = 32 };

struct check_buffer {
    uint8_t *map;    ///< whole mapping
    size_t map_size; ///< without the page that faults
    uint8_t *data;
    size_t size; ///< bytes of data
};

struct check {
    const struct sinew_kernels *ref, *now;
    const char *family;
    double abs, rel; ///< tolerances of the family
    int ulp;
    bool bench;
    uint64_t seed, state; ///< the run's seed; the generator
    int n_buffers;
    struct check_buffer buffers[CHECK_BUFFERS];
    char label[160];
    int cases, failures;                      ///< of this family at this level
    bool failed;                              ///< the case at hand
    double bench_ref, bench_now, bench_flops; ///< sums over timed cases
};

/* The tests, one a family. */
typedef void check_fn(struct check *c);
#define KERNEL(name, abs, rel, ulp) check_fn check_##name;
#include "kernel/kernels.def"
#include "kernel/kernels_bf16.def"
#include "kernel/kernels_bf16_train.def"
#include "kernel/kernels_train.def"
#undef KERNEL
#define KERNEL_U8(name) check_fn check_##name;
#include "kernel/kernels_u8.def"
#undef KERNEL_U8

/* Begins a case: frees the buffers of the last one and seeds the generator
 * from the run's seed, family and label. Always true. */
bool check_case(struct check *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Next random number, and one in lo..hi. */
uint32_t check_random(struct check *c);
int64_t check_range(struct check *c, int64_t lo, int64_t hi);

/* `count` elements of `size` bytes, all zero. */
void *check_block(struct check *c, int64_t count, size_t size);
/* Random floats in lo..hi. */
float *check_input(struct check *c, int64_t n, float lo, float hi);
/* A buffer with the same pattern in each one of equal size. */
float *check_output(struct check *c, int64_t n);

/* Compares rows x cols elements, rows `stride` apart, by the tolerance of the
 * family, abs times `scale`; the gaps between rows must be as they were. */
void check_equal(struct check *c, const float *ref, const float *now,
                 int64_t rows, int64_t cols, int64_t stride, double scale);
/* The same bits: `bytes` of two buffers. */
void check_same(struct check *c, const void *ref, const void *now,
                size_t bytes);
void check_fail(struct check *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Runs both and looks at the guards. */
#define CHECK_CALL(c, call_ref, call_now)                                      \
    do {                                                                       \
        call_ref;                                                              \
        call_now;                                                              \
        check_guards(c);                                                       \
    } while (0)
void check_guards(struct check *c);

/* From here on a trap names the case at hand and ends the program. */
void check_catch(struct check *c);

/* With --bench, times both (`flops` operations each) and prints a line. */
#define CHECK_BENCH(c, flops, call_ref, call_now)                              \
    do {                                                                       \
        if ((c)->bench && !(c)->failed) {                                      \
            double took_ref = 0, took_now = 0;                                 \
            CHECK_TIME(took_ref, call_ref);                                    \
            CHECK_TIME(took_now, call_now);                                    \
            check_report(c, (double)(flops), took_ref, took_now);              \
        }                                                                      \
    } while (0)
/* Least seconds of one call among batches that last 20 ms together. */
#define CHECK_TIME(seconds, call)                                              \
    do {                                                                       \
        struct check_timer timer = check_timer_start();                        \
        while (check_timer_next(&timer))                                       \
            for (int64_t pass = 0; pass < timer.batch; pass++)                 \
                call;                                                          \
        (seconds) = timer.best;                                                \
    } while (0)
struct check_timer {
    double began, last, best;
    int64_t batch;
    int rounds;
};
struct check_timer check_timer_start(void);
bool check_timer_next(struct check_timer *timer);
void check_report(struct check *c, double flops, double took_ref,
                  double took_now);

#endif
