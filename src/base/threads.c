/*
 * threads.c - the thread pool.
 *
 * A loop's units are dealt out in as many ranges as there are threads, thread i
 * always getting the i-th, so that a thread meets again in the next layer what
 * it has in its own cache. A thread takes half of what is left of its range at
 * a time and, when that is empty, of the others', so a disturbed thread delays
 * nobody for long.
 *
 * Workers spin for a while before they sleep (a network runs a hundred short
 * loops in a row). One that is still asleep takes no part in the loop: only
 * those that have entered it are waited for. The gate is one word: how many
 * workers are inside, whether they may enter, and the number of the loop.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>
#include "base/base.h"
#include "base/threads.h"

#define MAX_THREADS 256
/* Spins before sleeping, each about 30-40 ns with the pause; and while loops
 * are being run between sinew_pool_rouse and sinew_pool_rest. */
#define SPINS        2000
#define SPINS_ROUSED 100000

/* The gate. */
#define GATE_INSIDE 0xffffu
#define GATE_OPEN   0x10000u
#define GATE_LOOP   0x20000u /* added for each loop */

/* Units a thread has been dealt. */
struct range {
    _Alignas(64) _Atomic int64_t next;
    int64_t end;
};

struct worker {
    struct sinew_pool *pool;
    pthread_t thread;
    int index;
};

struct sinew_pool {
    int threads;
    int started; /* workers whose thread runs */
    sinew_thread_pool host;
    bool has_host;

    /* the loop in progress */
    sinew_loop_fn *body;
    void *user;
    int64_t grain;
    int n_ranges;
    struct range *ranges; /* [threads] */
    _Alignas(64) _Atomic unsigned gate;
    _Alignas(64) _Atomic bool roused;
    _Atomic int sleepers;
    _Atomic bool stop;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct worker workers[];
};

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* ---- units ---- */

static void deal(struct sinew_pool *pool, int64_t units, int n_ranges) {
    int64_t each = units / n_ranges, more = units % n_ranges, next = 0;
    pool->n_ranges = n_ranges;
    for (int i = 0; i < n_ranges; i++) {
        struct range *range = &pool->ranges[i];
        atomic_store_explicit(&range->next, next, memory_order_relaxed);
        next += each + (i < more);
        range->end = next;
    }
}

/* Takes part of a range; false when nothing is left. */
static bool take(struct range *range, int64_t grain, int64_t *begin,
                 int64_t *end) {
    *begin = atomic_load_explicit(&range->next, memory_order_relaxed);
    do {
        int64_t left = range->end - *begin;
        if (left <= 0) return false;
        int64_t most = grain > 0 ? grain : (left + 1) / 2;
        *end = *begin + (most < left ? most : left);
    } while (!atomic_compare_exchange_weak_explicit(
        &range->next, begin, *end, memory_order_relaxed,
        memory_order_relaxed));
    return true;
}

static void work(struct sinew_pool *pool, int thread) {
    int64_t begin, end;
    for (int i = 0; i < pool->n_ranges; i++) {
        struct range *range = &pool->ranges[(thread + i) % pool->n_ranges];
        while (take(range, pool->grain, &begin, &end))
            pool->body(pool->user, begin, end, thread);
    }
}

/* ---- workers ---- */

/* Whether there is a loop to enter other than `seen`. */
static bool is_new(unsigned gate, unsigned seen) {
    return (gate & GATE_OPEN) && gate / GATE_LOOP != seen;
}

/* Enters a new loop if there is one. */
static bool enter(struct sinew_pool *pool, unsigned *seen) {
    unsigned gate = atomic_load_explicit(&pool->gate, memory_order_relaxed);
    while (is_new(gate, *seen))
        if (atomic_compare_exchange_weak_explicit(&pool->gate, &gate, gate + 1,
                                                  memory_order_acquire,
                                                  memory_order_relaxed)) {
            *seen = gate / GATE_LOOP;
            return true;
        }
    return false;
}

/* Spins, then sleeps, until there is something to do. */
static void wait_for_loop(struct sinew_pool *pool, unsigned seen) {
    for (int i = 0; i < SPINS_ROUSED; i++) {
        if (is_new(atomic_load_explicit(&pool->gate, memory_order_relaxed),
                   seen))
            return;
        if (i >= SPINS &&
            !atomic_load_explicit(&pool->roused, memory_order_relaxed))
            break;
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    bool roused = atomic_load(&pool->roused); /* and spun for long enough */
    while (!is_new(atomic_load(&pool->gate), seen) &&
           !atomic_load(&pool->stop) && (roused || !atomic_load(&pool->roused)))
        pthread_cond_wait(&pool->wake, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *arg) {
    struct worker *self = arg;
    struct sinew_pool *pool = self->pool;
    unsigned seen = 0;
    while (!atomic_load(&pool->stop)) {
        if (!enter(pool, &seen)) {
            wait_for_loop(pool, seen);
            continue;
        }
        work(pool, self->index);
        atomic_fetch_sub_explicit(&pool->gate, 1, memory_order_release);
    }
    return NULL;
}

static void wake_sleepers(struct sinew_pool *pool) {
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->mutex);
    }
}

void sinew_pool_rouse(struct sinew_pool *pool) {
    if (pool->started == 0) return;
    atomic_store(&pool->roused, true);
    wake_sleepers(pool);
}

void sinew_pool_rest(struct sinew_pool *pool) {
    atomic_store_explicit(&pool->roused, false, memory_order_relaxed);
}

/* ---- the pool ---- */

static int usable_cpus(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (int)n;
}

sinew_status sinew_pool_create(struct sinew_pool **result, int threads,
                               const sinew_thread_pool *host) {
    *result = NULL;
    if (host)
        threads = host->threads;
    else if (threads == 0)
        threads = usable_cpus();
    if (threads < 1 || threads > MAX_THREADS)
        return sinew_fail(SINEW_INVALID, "%d threads: should be 0 to %d",
                          threads, MAX_THREADS);
    struct sinew_pool *pool = sinew_alloc(
        1, sizeof *pool + (size_t)threads * sizeof pool->workers[0]);
    if (!pool)
        return SINEW_NOMEM;
    pool->threads = threads;
    pool->ranges = sinew_alloc((uint64_t)threads, sizeof *pool->ranges);
    if (!pool->ranges) {
        sinew_free(pool);
        return SINEW_NOMEM;
    }
    if (host) {
        pool->host = *host;
        pool->has_host = true;
        *result = pool;
        return SINEW_OK;
    }
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    for (int i = 1; i < threads; i++) {
        struct worker *worker = &pool->workers[i];
        worker->pool = pool;
        worker->index = i;
        if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0) {
            sinew_pool_free(&pool);
            return sinew_fail(SINEW_NOMEM, "cannot start thread %d of %d", i,
                              threads);
        }
        pool->started++;
    }
    *result = pool;
    return SINEW_OK;
}

void sinew_pool_free(struct sinew_pool **result) {
    struct sinew_pool *pool = *result;
    if (!pool)
        return;
    if (!pool->has_host) {
        atomic_store(&pool->stop, true);
        wake_sleepers(pool);
        for (int i = 1; i <= pool->started; i++)
            pthread_join(pool->workers[i].thread, NULL);
        pthread_mutex_destroy(&pool->mutex);
        pthread_cond_destroy(&pool->wake);
    }
    sinew_free(pool->ranges);
    sinew_free(pool);
    *result = NULL;
}

int sinew_pool_threads(const struct sinew_pool *pool) { return pool->threads; }

static void host_task(void *arg, int index) { work(arg, index); }

void sinew_pool_loop(struct sinew_pool *pool, int64_t units, int64_t grain,
                     sinew_loop_fn *body, void *user) {
    if (units <= 0)
        return;
    if (pool->threads == 1 || units == 1) {
        body(user, 0, units, 0);
        return;
    }
    pool->body = body;
    pool->user = user;
    pool->grain = grain;
    deal(pool, units, units < pool->threads ? (int)units : pool->threads);
    if (pool->has_host) {
        pool->host.run(pool->host.user, host_task, pool, pool->n_ranges);
        return;
    }
    unsigned gate = atomic_load_explicit(&pool->gate, memory_order_relaxed);
    gate = (gate & ~GATE_OPEN) + GATE_LOOP + GATE_OPEN;
    atomic_store(&pool->gate, gate);
    wake_sleepers(pool);
    work(pool, 0);
    atomic_fetch_and_explicit(&pool->gate, ~GATE_OPEN, memory_order_acquire);
    for (int i = 0; atomic_load_explicit(&pool->gate, memory_order_acquire) &
                    GATE_INSIDE;
         i++) {
        if (i < SPINS)
            relax();
        else
            sched_yield();
    }
}

double sinew_thread_seconds(void) {
    struct timespec time = {0};
#ifdef CLOCK_THREAD_CPUTIME_ID
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
#else
    clock_gettime(CLOCK_MONOTONIC, &time);
#endif
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}
