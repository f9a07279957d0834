/*
 * train_hooks.c - the trainer among others: hooks that see every gradient,
 * processes that train together, teachers.
 */
#include "unit/train_steps.h"
#include <pthread.h>
#include "train/distill.h"
#include <sinew/runtime.h>

struct counts {
    int ready[32], finished;
    float factor;
};

static void count_ready(void *user, int i, float *gradient, int64_t n) {
    struct counts *counts = user;
    counts->ready[i]++;
    for (int64_t k = 0; k < n; k++)
        gradient[k] *= counts->factor;
}

static sinew_status count_finish(void *user) {
    struct counts *counts = user;
    counts->finished++;
    return counts->factor < 0 ? sinew_fail(SINEW_IO, "a rank is gone")
                              : SINEW_OK;
}

static void hooks_see_every_gradient(void **state) {
    struct sinew_trainer_options options = net_options();
    struct counts counts = {.factor = 0};
    struct sinew_trainer_result result;
    double loss;
    (void)state;
    options.hooks =
        (struct sinew_trainer_hooks){&counts, NULL, count_ready, count_finish};
    struct sinew_trainer *trainer = make(&options, 4, true);
    step(trainer, 0, 0.1);
    for (int i = 0; i < sinew_trainer_parameter_count(trainer); i++) {
        struct sinew_parameter p = sinew_trainer_parameter(trainer, i);
        assert_int_equal(counts.ready[i], p.gradient != NULL);
        for (int64_t k = 0; p.gradient && k < sinew_tensor_count(&p.value); k++)
            assert_true(p.gradient[k] == 0);
    }
    assert_int_equal(counts.finished, 1);
    assert_int_equal(sinew_trainer_pass(trainer, &loss), SINEW_OK);
    assert_int_equal(sinew_trainer_update(trainer, 0.1, &result.norm),
                     SINEW_OK);
    assert_true(result.norm == 0);
    counts.factor = -1;
    assert_int_equal(sinew_trainer_pass(trainer, &loss), SINEW_IO);
    assert_int_equal(sinew_trainer_update(trainer, 0.1, &result.norm),
                     SINEW_INVALID); /* no pass was completed */
    sinew_trainer_free(&trainer);
}

/* Two processes, here threads that take turns: each waits for the other's
 * numbers and adds them. */
struct pair {
    pthread_mutex_t mutex;
    pthread_cond_t met;
    const double *numbers[2];
    int there, gone;
};

struct half {
    struct pair *pair;
    struct sinew_trainer *trainer;
    int index;
};

static void meet(struct pair *pair, int *count) {
    int turn = ++*count;
    pthread_cond_broadcast(&pair->met);
    while (*count < turn + turn % 2)
        pthread_cond_wait(&pair->met, &pair->mutex);
}

static void sum_pair(void *user, double *values, int64_t n) {
    struct half *half = user;
    struct pair *pair = half->pair;
    double *sum = malloc((size_t)n * sizeof *sum);
    assert_non_null(sum);
    pthread_mutex_lock(&pair->mutex);
    pair->numbers[half->index] = values;
    meet(pair, &pair->there);
    for (int64_t i = 0; i < n; i++)
        sum[i] = pair->numbers[0][i] + pair->numbers[1][i];
    meet(pair, &pair->gone);
    pthread_mutex_unlock(&pair->mutex);
    memcpy(values, sum, (size_t)n * sizeof *sum);
    free(sum);
}

/* The gradients become the mean of both. */
static sinew_status average_pair(void *user) {
    struct half *half = user;
    for (int i = 0; i < sinew_trainer_parameter_count(half->trainer); i++) {
        struct sinew_parameter p = sinew_trainer_parameter(half->trainer, i);
        int64_t n = sinew_tensor_count(&p.value);
        double *numbers = malloc((size_t)n * sizeof *numbers);
        for (int64_t k = 0; p.gradient && k < n; k++)
            numbers[k] = (double)p.gradient[k];
        if (p.gradient) sum_pair(half, numbers, n);
        for (int64_t k = 0; p.gradient && k < n; k++)
            ((float *)p.gradient)[k] = (float)(numbers[k] / 2);
        free(numbers);
    }
    return SINEW_OK;
}

static void *train_half(void *user) {
    struct half *half = user;
    struct sinew_trainer_result result;
    for (int i = 0; i < 5; i++) {
        net_fill(half->trainer, i, half->index, 2);
        if (sinew_trainer_step(half->trainer, 0.1, &result) < 0) return "";
    }
    return NULL;
}

/* Two with four pictures each are one with eight, norms and all. */
static void two_processes_are_one(void **state) {
    struct pair pair = {PTHREAD_MUTEX_INITIALIZER,
                        PTHREAD_COND_INITIALIZER,
                        {NULL, NULL},
                        0,
                        0};
    struct sinew_trainer_options options = net_options();
    struct half halves[2];
    pthread_t thread[2];
    (void)state;
    /* Adam would move the bias before the norm by the sign of its rounding */
    options.optim.kind = SINEW_OPTIM_SGD;
    options.optim.momentum = 0.9;
    struct sinew_trainer *whole = make(&options, 8, true);
    for (int i = 0; i < 2; i++) {
        options.hooks = (struct sinew_trainer_hooks){&halves[i], sum_pair, NULL,
                                                     average_pair};
        halves[i] = (struct half){&pair, make(&options, 4, true), i};
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            pthread_create(&thread[i], NULL, train_half, &halves[i]), 0);
    for (int i = 0; i < 5; i++)
        step(whole, i, 0.1);
    for (int i = 0; i < 2; i++) {
        void *failed;
        assert_int_equal(pthread_join(thread[i], &failed), 0);
        assert_null(failed);
    }
    assert_true(unlike(halves[0].trainer, halves[1].trainer) == 0);
    if (unlike(whole, halves[0].trainer) > 1e-5)
        fail_msg("%g apart", unlike(whole, halves[0].trainer));
    for (int i = 0; i < 2; i++)
        sinew_trainer_free(&halves[i].trainer);
    sinew_trainer_free(&whole);
}

/* A network whose norms stand still learns nothing from itself, and something
 * from another. */
static void teachers_give_targets(void **state) {
    static const struct sinew_loss loss[1] = {{"maps", SINEW_LOSS_HEATMAP,
                                               SINEW_LOSS_MEAN, "teacher", NULL,
                                               1, 0, 0}};
    static const struct sinew_lesson lesson[1] = {{"maps", "teacher"}};
    static const struct sinew_lesson wrong[2] = {{"other", "teacher"},
                                                 {"maps", "other"}};
    struct sinew_trainer_options options = net_options();
    sinew_graph *graph = net_make(4, true), *one = net_make(1, true);
    struct sinew_trainer_result result;
    struct sinew_teacher *teacher = NULL;
    (void)state;
    options.losses = loss;
    options.freeze_norms = true;
    struct sinew_trainer *trainer = make_of(graph, &options);
    for (int i = 0; i < 2; i++)
        assert_int_equal(sinew_teacher_create(&teacher, one, trainer, "input",
                                              &wrong[i], 1, 1),
                         SINEW_NOTFOUND);
    /* made for one picture, used for four */
    if (sinew_teacher_create(&teacher, one, trainer, "input", lesson, 1, 1) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_tensor *in = sinew_trainer_input(trainer, "input");
    rand_numbers("input0", in->data, sinew_tensor_count(in), -1, 1);
    assert_int_equal(sinew_teacher_run(teacher), SINEW_OK);
    assert_int_equal(sinew_trainer_step(trainer, 0.1, &result), SINEW_OK);
    assert_true(result.loss < 1e-10);
    float *w = find(trainer, "last.weight").value.data;
    w[0] += 1;
    assert_int_equal(sinew_teacher_run(teacher), SINEW_OK);
    assert_int_equal(sinew_trainer_step(trainer, 0.1, &result), SINEW_OK);
    assert_true(result.loss > 1e-4);
    sinew_teacher_free(&teacher);
    sinew_trainer_free(&trainer);
    sinew_graph_free(&graph);
    sinew_graph_free(&one);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hooks_see_every_gradient),
        cmocka_unit_test(two_processes_are_one),
        cmocka_unit_test(teachers_give_targets),
    };
    return cmocka_run_group_tests_name("train_hooks", tests, NULL, NULL);
}
