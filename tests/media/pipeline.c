/*
 * pipeline.c - three stages at once: order, ends, failures, live input.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include "picture.h"
#include "media/pipeline.h"

struct item {
    int64_t number, square;
};

struct job {
    int total;               /* items there are; < 0 = without end */
    int read, worked, write; /* by one stage each */
    int fail_read, fail_work, fail_write, stop_write; /* at item, 0 = never */
    int stop_after; /* so many written, 0 = never */
    int work_us;
    int last, gaps;
    atomic_int in_work, in_write, overlap;
    pthread_t caller;
};

static void wait_us(int us) {
    const struct timespec time = {0, us * 1000L};
    if (us) nanosleep(&time, NULL);
}

static sinew_status read_item(void *user, void *slot, bool *got) {
    struct job *job = user;
    struct item *item = slot;
    job->read++;
    if (job->read == job->fail_read) return SINEW_IO;
    *got = job->total < 0 || job->read <= job->total;
    item->number = job->read;
    item->square = 0;
    return SINEW_OK;
}

static sinew_status work_item(void *user, void *slot) {
    struct job *job = user;
    struct item *item = slot;
    job->worked++;
    atomic_store(&job->in_work, 1);
    wait_us(job->work_us);
    if (atomic_load(&job->in_write)) atomic_fetch_add(&job->overlap, 1);
    atomic_store(&job->in_work, 0);
    if (item->number == job->fail_work) return SINEW_SHAPE;
    item->square = item->number * item->number;
    return SINEW_OK;
}

static sinew_status write_item(void *user, void *slot, bool *stop) {
    struct job *job = user;
    const struct item *item = slot;
    assert_true(pthread_equal(pthread_self(), job->caller));
    assert_int_equal(item->square, item->number * item->number);
    assert_true(item->number > job->last);
    job->gaps += item->number != job->last + 1;
    job->last = item->number;
    job->write++;
    atomic_store(&job->in_write, 1);
    wait_us(job->work_us);
    atomic_store(&job->in_write, 0);
    if (item->number == job->fail_write) return SINEW_LIMIT;
    *stop = item->number == job->stop_write || job->write == job->stop_after;
    return SINEW_OK;
}

static sinew_status run(struct job *job, int slots, bool live) {
    struct item items[64];
    void *pointers[64];
    for (int i = 0; i < 64; i++)
        pointers[i] = &items[i];
    const struct sinew_pipeline pipeline = {
        job, pointers, slots, live, read_item, work_item, write_item};
    job->caller = pthread_self();
    return sinew_pipeline_run(&pipeline);
}

static void everything_in_order(void **state) {
    (void)state;
    static const int slots[] = {1, 2, 3, 4, 64};
    for (int i = 0; i < 5; i++)
        for (int total = 0; total < 300; total = 3 * total + 1) {
            struct job job = {.total = total};
            assert_int_equal(run(&job, slots[i], false), SINEW_OK);
            assert_int_equal(job.write, total);
            assert_int_equal(job.worked, total);
            assert_int_equal(job.gaps, 0);
        }
}

static void stages_overlap(void **state) {
    (void)state;
    struct job job = {.total = 40, .work_us = 2000};
    assert_int_equal(run(&job, 4, false), SINEW_OK);
    assert_true(atomic_load(&job.overlap) > 5);
}

static void failures_end_the_run(void **state) {
    (void)state;
    for (int at_item = 1; at_item < 12; at_item += 5)
        for (int total = -1; total < 100; total += 50) {
            if (total >= 0 && total < at_item) continue;
            struct job job = {.total = total, .fail_read = at_item};
            assert_int_equal(run(&job, 3, false), SINEW_IO);
            assert_true(job.write < at_item);
            job = (struct job){.total = total, .fail_work = at_item};
            assert_int_equal(run(&job, 3, false), SINEW_SHAPE);
            assert_true(job.write < at_item);
            job = (struct job){.total = total, .fail_write = at_item};
            assert_int_equal(run(&job, 3, false), SINEW_LIMIT);
            assert_int_equal(job.write, at_item);
            job = (struct job){.total = total, .stop_write = at_item};
            assert_int_equal(run(&job, 3, false), SINEW_OK);
            assert_int_equal(job.write, at_item);
        }
}

static sinew_status fail_with_words(void *user, void *slot) {
    (void)user;
    (void)slot;
    /* Any failing call leaves a message on the thread that made it. */
    return sinew_image_create(&(sinew_image){0}, 1, 1, 77);
}

static void the_message_comes_along(void **state) {
    (void)state;
    struct item item;
    void *slot = &item;
    struct job job = {.total = 5, .caller = pthread_self()};
    const struct sinew_pipeline pipeline = {
        &job, &slot, 1, false, read_item, fail_with_words, write_item};
    assert_int_equal(sinew_pipeline_run(&pipeline), SINEW_INVALID);
    assert_non_null(strstr(sinew_error_message(), "77 channels"));
}

/* A camera does not wait: what is too much is dropped, oldest first. */
static void live_input_is_never_held_up(void **state) {
    (void)state;
    struct job job = {.total = -1, .work_us = 3000, .stop_after = 20};
    assert_int_equal(run(&job, 4, true), SINEW_OK);
    assert_int_equal(job.write, 20);
    assert_true(job.gaps > 0);
    assert_true(job.read > 40);
}

static void slots_are_counted(void **state) {
    (void)state;
    struct job job = {.total = 1};
    assert_int_equal(run(&job, 0, false), SINEW_INVALID);
    assert_int_equal(run(&job, 65, false), SINEW_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_in_order),
        cmocka_unit_test(stages_overlap),
        cmocka_unit_test(failures_end_the_run),
        cmocka_unit_test(the_message_comes_along),
        cmocka_unit_test(live_input_is_never_held_up),
        cmocka_unit_test(slots_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
