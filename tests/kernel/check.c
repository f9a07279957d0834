/*
 * check.c - the harness behind check.h: buffers, comparison, signals, timing.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "kernel/check.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { GUARD_BEFORE = 256, GUARD_BYTE = 0xa5, MAX_PRINTED = 20 };

/* ---- random numbers --------------------------------------------------------
 */

/* PCG32 (O'Neill 2014). */
uint32_t check_random(struct check *c) {
    uint64_t old = c->state;
    uint32_t shifted = (uint32_t)(((old >> 18) ^ old) >> 27);
    uint32_t turn = (uint32_t)(old >> 59);

    c->state = old * 6364136223846793005u + 1442695040888963407u;
    return shifted >> turn | shifted << (-turn & 31);
}

int64_t check_range(struct check *c, int64_t lo, int64_t hi) {
    return lo + (int64_t)(check_random(c) % (uint64_t)(hi - lo + 1));
}

static uint64_t hash(uint64_t seed, const char *text) {
    while (*text)
        seed = (seed ^ (uint8_t)*text++) * 1099511628211u;
    return seed;
}

/* ---- cases and buffers
 * ------------------------------------------------------- */

static void free_buffers(struct check *c) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    for (int i = 0; i < c->n_buffers; i++)
        munmap(c->buffers[i].map, c->buffers[i].map_size + page);
    c->n_buffers = 0;
}

bool check_case(struct check *c, const char *format, ...) {
    va_list list;

    free_buffers(c);
    va_start(list, format);
    vsnprintf(c->label, sizeof(c->label), format, list);
    va_end(list);
    c->state = hash(hash(c->seed * 0x9e3779b97f4a7c15u, c->family), c->label);
    c->cases++;
    c->failed = false;
    return true;
}

void check_fail(struct check *c, const char *format, ...) {
    va_list list;

    c->failures += !c->failed;
    c->failed = true;
    if (c->failures > MAX_PRINTED) return;
    printf("FAIL %s_%s %s: ", c->family, sinew_cpu_level_name(c->now->level),
           c->label);
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    printf(" (--seed %" PRIu64 ")\n", c->seed);
    fflush(stdout);
}

void *check_block(struct check *c, int64_t count, size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t bytes = (size_t)count * size;
    size_t whole = (GUARD_BEFORE + bytes + SINEW_PAD + page - 1) / page * page;
    struct check_buffer *buffer = &c->buffers[c->n_buffers];

    if (c->n_buffers == CHECK_BUFFERS) {
        fprintf(stderr, "check: too many buffers in one case\n");
        _exit(2);
    }
    buffer->map = mmap(NULL, whole + page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer->map == MAP_FAILED ||
        mprotect(buffer->map + whole, page, PROT_NONE) != 0) {
        perror("check: mmap");
        _exit(2);
    }
    buffer->map_size = whole;
    buffer->size = bytes;
    buffer->data = buffer->map + whole - SINEW_PAD - bytes;
    memset(buffer->map, GUARD_BYTE, whole);
    memset(buffer->data, 0, bytes);
    c->n_buffers++;
    return buffer->data;
}

float *check_input(struct check *c, int64_t n, float lo, float hi) {
    float *x = check_block(c, n, sizeof(float));

    for (int64_t i = 0; i < n; i++)
        x[i] = lo + (hi - lo) * (float)(check_random(c) >> 8) / 16777216.0f;
    return x;
}

float *check_output(struct check *c, int64_t n) {
    float *x = check_block(c, n, sizeof(float));

    for (int64_t i = 0; i < n; i++)
        x[i] = -1e30f + (float)(i % 61) * 1e28f;
    return x;
}

void check_guards(struct check *c) {
    for (int i = 0; i < c->n_buffers; i++) {
        const struct check_buffer *b = &c->buffers[i];
        const uint8_t *end = b->map + b->map_size;
        for (const uint8_t *p = b->map; p < end; p++) {
            if (p == b->data && b->size > 0) p += b->size;
            if (p < end && *p != GUARD_BYTE) {
                check_fail(c, "wrote %td bytes from the start of buffer %d",
                           p - b->data, i);
                return;
            }
        }
    }
}

/* ---- comparison
 * -------------------------------------------------------------- */

/* Floats between two, 0 and -0 being one; huge when either is no number. */
static double ulps_apart(float a, float b) {
    int32_t x, y;

    memcpy(&x, &a, sizeof(x));
    memcpy(&y, &b, sizeof(y));
    int64_t i = x < 0 ? (int64_t)INT32_MIN - x : x;
    int64_t j = y < 0 ? (int64_t)INT32_MIN - y : y;
    return isnan(a) || isnan(b) ? HUGE_VAL : fabs((double)(i - j));
}

static bool equal(const struct check *c, float ref, float now, double scale) {
    if (isnan(ref) && isnan(now)) return true;
    if (c->abs == 0 && c->rel == 0 && c->ulp == 0)
        return memcmp(&ref, &now, sizeof(ref)) == 0;
    if (fabs((double)ref - now) <= c->abs * scale + c->rel * fabs(ref))
        return true;
    return ulps_apart(ref, now) <= c->ulp;
}

void check_equal(struct check *c, const float *ref, const float *now,
                 int64_t rows, int64_t cols, int64_t stride, double scale) {
    for (int64_t i = 0; i < rows && !c->failed; i++) {
        const float *r = ref + i * stride, *y = now + i * stride;
        for (int64_t j = 0; j < cols; j++) {
            if (equal(c, r[j], y[j], scale)) continue;
            check_fail(c,
                       "[%" PRId64 "][%" PRId64 "] is %.9g, reference %.9g "
                       "(%.0f ulp)",
                       i, j, (double)y[j], (double)r[j],
                       ulps_apart(r[j], y[j]));
            return;
        }
        if (i + 1 < rows &&
            memcmp(r + cols, y + cols,
                   (size_t)(stride - cols) * sizeof(float)) != 0)
            check_fail(c, "wrote between rows %" PRId64 " and %" PRId64, i,
                       i + 1);
    }
}

void check_same(struct check *c, const void *ref, const void *now,
                size_t bytes) {
    const uint8_t *r = ref, *y = now;

    for (size_t i = 0; i < bytes; i++) {
        if (r[i] != y[i]) {
            check_fail(c, "byte %zu is %02x, reference %02x", i, y[i], r[i]);
            return;
        }
    }
}

/* ---- signals
 * ------------------------------------------------------------------ */

static struct check *caught;

/* Only calls that a signal handler may make. */
static void put(const char *text) {
    if (write(STDOUT_FILENO, text, strlen(text)) < 0) _exit(2);
}

static void on_signal(int number) {
    put("FAIL ");
    put(caught->family);
    put("_");
    put(sinew_cpu_level_name(caught->now->level));
    put(" ");
    put(caught->label);
    put(number == SIGILL    ? ": illegal instruction\n"
        : number == SIGSEGV ? ": access outside its buffers\n"
        : number == SIGBUS  ? ": misaligned access\n"
                            : ": arithmetic trap\n");
    _exit(1);
}

void check_catch(struct check *c) {
    static const int numbers[] = {SIGILL, SIGSEGV, SIGBUS, SIGFPE};

    caught = c;
    for (int i = 0; i < 4; i++)
        signal(numbers[i], on_signal);
}

/* ---- timing
 * -------------------------------------------------------------------- */

static double seconds_now(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct check_timer check_timer_start(void) {
    double now = seconds_now();

    return (struct check_timer){now, now, HUGE_VAL, 1, 0};
}

/* The batch grows until one takes 1 ms; the least of its rounds counts. */
bool check_timer_next(struct check_timer *timer) {
    double now = seconds_now(), took = now - timer->last;

    if (timer->rounds > 0) {
        double each = took / (double)timer->batch;
        timer->best = each < timer->best ? each : timer->best;
        if (took < 1e-3) timer->batch *= 2;
    }
    timer->rounds++;
    timer->last = seconds_now();
    return timer->rounds < 4 || (now - timer->began < 20e-3);
}

void check_report(struct check *c, double flops, double took_ref,
                  double took_now) {
    printf("%-14s %-7s %-44s %10.3f us %7.1fx %8.2f G/s\n", c->family,
           sinew_cpu_level_name(c->now->level), c->label, took_now * 1e6,
           took_ref / took_now, flops / took_now * 1e-9);
}
