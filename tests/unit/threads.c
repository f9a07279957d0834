/*
 * threads.c - the pool does every unit of a loop once, whatever the numbers of
 * threads, units and grain, on its own threads or on those of the host.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "base/threads.h"
#include "base/base.h"

#define MOST_UNITS   1003
#define MOST_THREADS 8

/* One loop; plain ints on purpose: two threads on one unit, or a loop that
 * returns early, is a race that the thread sanitizer reports. */
struct loop {
    int done[MOST_UNITS];
    int64_t longest[MOST_THREADS];
    int bad_thread;
};

static void count_unit(void *user, int64_t begin, int64_t end, int thread) {
    struct loop *loop = user;
    if (thread < 0 || thread >= MOST_THREADS) {
        loop->bad_thread = 1;
        return;
    }
    if (end - begin > loop->longest[thread])
        loop->longest[thread] = end - begin;
    for (int64_t i = begin; i < end; i++)
        loop->done[i]++;
}

static void check_loop(struct sinew_pool *pool, int units, int grain) {
    static struct loop loop;
    memset(&loop, 0, sizeof loop);
    sinew_pool_loop(pool, units, grain, count_unit, &loop);
    assert_false(loop.bad_thread);
    for (int i = 0; i < MOST_UNITS; i++)
        assert_int_equal(loop.done[i], i < units);
    for (int t = 0; t < MOST_THREADS; t++) {
        if (t >= sinew_pool_threads(pool)) assert_int_equal(loop.longest[t], 0);
        if (grain > 0 && sinew_pool_threads(pool) > 1 && units > 1)
            assert_true(loop.longest[t] <= grain);
    }
}

static void check_pool(struct sinew_pool *pool) {
    static const int units[] = {0, 1, 2, 7, 8, 9, 64, MOST_UNITS};
    static const int grains[] = {0, 1, 3, 5000};
    for (size_t u = 0; u < sizeof units / sizeof *units; u++)
        for (size_t g = 0; g < sizeof grains / sizeof *grains; g++)
            check_loop(pool, units[u], grains[g]);
}

static void rest(long microseconds) {
    nanosleep(&(struct timespec){.tv_nsec = microseconds * 1000}, NULL);
}

static void every_unit_is_done_once(void **state) {
    (void)state;
    for (int threads = 1; threads <= MOST_THREADS; threads++) {
        struct sinew_pool *pool;
        assert_int_equal(sinew_pool_create(&pool, threads, NULL), SINEW_OK);
        assert_int_equal(sinew_pool_threads(pool), threads);
        check_pool(pool);
        sinew_pool_free(&pool);
        assert_null(pool);
    }
}

static void loops_follow_each_other(void **state) {
    (void)state;
    struct sinew_pool *pool;
    assert_int_equal(sinew_pool_create(&pool, 3, NULL), SINEW_OK);
    for (int i = 0; i < 300; i++) {
        check_loop(pool, 17, 1);
        if (i % 100 == 0)
            rest(2000); /* long enough for the workers to fall asleep */
    }
    sinew_pool_free(&pool);
}

static void a_pool_may_stay_unused(void **state) {
    (void)state;
    struct sinew_pool *pool = NULL;
    sinew_pool_free(&pool);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(sinew_pool_create(&pool, 1 + i % 4, NULL), SINEW_OK);
        if (i % 3 == 0) rest(500);
        sinew_pool_free(&pool);
    }
    assert_int_equal(sinew_pool_create(&pool, 0, NULL), SINEW_OK);
    assert_true(sinew_pool_threads(pool) >= 1);
    sinew_pool_free(&pool);
}

static void wrong_counts_are_refused(void **state) {
    (void)state;
    const sinew_thread_pool host = {.threads = 0};
    struct sinew_pool *pool;
    assert_int_equal(sinew_pool_create(&pool, -1, NULL), SINEW_INVALID);
    assert_null(pool);
    assert_int_equal(sinew_pool_create(&pool, 100000, NULL), SINEW_INVALID);
    assert_int_equal(sinew_pool_create(&pool, 1, &host), SINEW_INVALID);
    assert_null(pool);
}

/* A host whose threads are made for each call. */
struct host_task {
    void (*task)(void *arg, int index);
    void *arg;
    int index;
};

static void *host_thread(void *arg) {
    struct host_task *task = arg;
    task->task(task->arg, task->index);
    return NULL;
}

static int host_calls;

static void host_run(void *user, void (*task)(void *arg, int index), void *arg,
                     int n) {
    pthread_t threads[MOST_THREADS];
    struct host_task tasks[MOST_THREADS];
    assert_ptr_equal(user, &host_calls);
    assert_in_range(n, 1, 4);
    host_calls++;
    for (int i = 0; i < n; i++) {
        tasks[i] = (struct host_task){task, arg, i};
        assert_int_equal(
            pthread_create(&threads[i], NULL, host_thread, &tasks[i]), 0);
    }
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

static void the_host_may_lend_threads(void **state) {
    (void)state;
    const sinew_thread_pool host = {&host_calls, 4, host_run};
    struct sinew_pool *pool;
    assert_int_equal(sinew_pool_create(&pool, 1, &host), SINEW_OK);
    assert_int_equal(sinew_pool_threads(pool), 4);
    check_pool(pool);
    assert_true(host_calls > 0);
    sinew_pool_free(&pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_is_done_once),
        cmocka_unit_test(loops_follow_each_other),
        cmocka_unit_test(a_pool_may_stay_unused),
        cmocka_unit_test(wrong_counts_are_refused),
        cmocka_unit_test(the_host_may_lend_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
