/*
 * threads.c - a persistent pool of threads that runs one loop at a time.
 *
 * Workers wait for a new job number, first spinning for some microseconds (a
 * network runs a hundred short loops in a row), then asleep on a condition.
 * Units are claimed from one shared counter in runs of `grain`. The caller
 * works too and leaves when every worker has reported done, so nothing of a
 * loop is still in use when the next begins.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>
#include "base/base.h"
#include "base/threads.h"

#define MAX_THREADS 256
/* Spins before sleeping, each about 30-40 ns with the pause. */
#define SPINS 2000

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
    int64_t units, grain;
    _Alignas(64) _Atomic int64_t next;
    _Alignas(64) _Atomic unsigned job; /* number of the loop last handed out */
    _Alignas(64) _Atomic int busy;     /* workers not yet done with it */
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

static void claim(struct sinew_pool *pool, int thread) {
    for (;;) {
        int64_t begin = atomic_fetch_add_explicit(&pool->next, pool->grain,
                                                  memory_order_relaxed);
        if (begin >= pool->units)
            return;
        int64_t end = begin + pool->grain;
        pool->body(pool->user, begin, end < pool->units ? end : pool->units,
                   thread);
    }
}

/* Returns once the job number differs from `seen`. */
static unsigned wait_for_job(struct sinew_pool *pool, unsigned seen) {
    for (int i = 0; i < SPINS; i++) {
        unsigned job = atomic_load_explicit(&pool->job, memory_order_acquire);
        if (job != seen)
            return job;
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    unsigned job;
    while ((job = atomic_load(&pool->job)) == seen)
        pthread_cond_wait(&pool->wake, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
    return job;
}

static void *worker_main(void *arg) {
    struct worker *self = arg;
    struct sinew_pool *pool = self->pool;
    unsigned seen = 0;
    for (;;) {
        seen = wait_for_job(pool, seen);
        if (atomic_load(&pool->stop))
            return NULL;
        claim(pool, self->index);
        atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_release);
    }
}

/* Hands out a new job number and wakes whoever sleeps. */
static void announce(struct sinew_pool *pool) {
    atomic_fetch_add(&pool->job, 1);
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->mutex);
    }
}

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
        announce(pool);
        for (int i = 1; i <= pool->started; i++)
            pthread_join(pool->workers[i].thread, NULL);
        pthread_mutex_destroy(&pool->mutex);
        pthread_cond_destroy(&pool->wake);
    }
    sinew_free(pool);
    *result = NULL;
}

int sinew_pool_threads(const struct sinew_pool *pool) { return pool->threads; }

static void host_task(void *arg, int index) { claim(arg, index); }

void sinew_pool_loop(struct sinew_pool *pool, int64_t units, int64_t grain,
                     sinew_loop_fn *body, void *user) {
    if (units <= 0)
        return;
    if (pool->threads == 1 || units == 1) {
        body(user, 0, units, 0);
        return;
    }
    if (grain <= 0) {
        /* About eight runs a thread: even where one thread is disturbed. */
        grain = units / ((int64_t)pool->threads * 8);
        grain = grain < 1 ? 1 : grain;
    }
    pool->body = body;
    pool->user = user;
    pool->units = units;
    pool->grain = grain;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    if (pool->has_host) {
        int64_t runs = (units + grain - 1) / grain;
        int n = runs < pool->threads ? (int)runs : pool->threads;
        pool->host.run(pool->host.user, host_task, pool, n);
        return;
    }
    atomic_store_explicit(&pool->busy, pool->started, memory_order_relaxed);
    announce(pool);
    claim(pool, 0);
    for (int i = 0;
         atomic_load_explicit(&pool->busy, memory_order_acquire) > 0; i++) {
        if (i < SPINS)
            relax();
        else
            sched_yield();
    }
}
