/*
 * threads.h - a persistent pool that runs one loop at a time.
 */
#ifndef SINEW_BASE_THREADS_H
#define SINEW_BASE_THREADS_H

#include <stdint.h>
#include <sinew/runtime.h>

/* The body of a parallel loop: units begin..end-1 on thread `thread`
 * (0 <= thread < sinew_pool_threads). */
typedef void sinew_loop_fn(void *user, int64_t begin, int64_t end, int thread);

struct sinew_pool; /* opaque */

/* A pool of `threads` workers, the caller being one of them (1 = no thread is
 * started; 0 = as many as the process may use), or one on top of the host's
 * own threads when `host` is not NULL. */
sinew_status sinew_pool_create(struct sinew_pool **pool, int threads,
                               const sinew_thread_pool *host) SINEW_NODISCARD;
void sinew_pool_free(struct sinew_pool **pool);
int sinew_pool_threads(const struct sinew_pool *pool);

/* Runs `body` over units 0..units-1, handed out in runs of at most `grain` (0 =
 * chosen here), and returns when all are done. Threads begin at the same part
 * of the units in every loop, so neighbouring ones tend to find their data in
 * their own cache. Units must not depend on which thread runs them or in what
 * order. No allocation. */
void sinew_pool_loop(struct sinew_pool *pool, int64_t units, int64_t grain,
                     sinew_loop_fn *body, void *user);

/* Tells the threads that loops follow until sinew_pool_rest: they stay awake in
 * between, if that does not take milliseconds. */
void sinew_pool_rouse(struct sinew_pool *pool);
void sinew_pool_rest(struct sinew_pool *pool);

/* Seconds of a processor that the calling thread has had; what other programs
 * do does not count, nor do the pool's other threads. */
double sinew_thread_seconds(void);

#endif
