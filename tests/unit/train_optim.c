/*
 * train_optim.c - optimisers against PyTorch's, schedules against their
 * formulas, averages of weights.
 */
#include "train_numbers.h"
#include "kernel/cpu.h"
#include "train/optim.h"
#include "train/schedule.h"
#include "train/trainer.h"

enum { N = 7, STEPS = 5 };

struct rule {
    const char *name;
    struct sinew_optim optim;
};

static void follow(const struct rule *rule, enum sinew_cpu_level level) {
    float w[N], g[N], m[N] = {0}, v[N] = {0};
    struct sinew_kernels kernels;
    sinew_kernels_init(&kernels, level);
    rand_numbers("w", w, N, -1, 1);
    for (int step = 0; step < STEPS; step++) {
        struct sinew_optim_step numbers = {.optim = &rule->optim,
                                           .step = step + 1,
                                           .rate = 0.1,
                                           .decay = rule->optim.decay,
                                           .scale = 0.25};
        char name[60];
        snprintf(name, sizeof name, "step%d", step);
        rand_numbers(name, g, N, -1, 1);
        for (int i = 0; i < N; i++)
            g[i] *= 4; /* times the scale, as it is */
        struct sinew_update update = sinew_optim_update(&numbers);
        update.w = w;
        update.g = g;
        update.m = m;
        update.v = v;
        /* in two pieces, as chunks are */
        sinew_optim_run(&rule->optim, &kernels, &update, 0, 3);
        sinew_optim_run(&rule->optim, &kernels, &update, 3, N);
        snprintf(name, sizeof name, "%s%d", rule->name, step);
        expect_numbers("optim", name, w, N, 2e-6);
    }
}

static void optimisers_equal_pytorch(void **state) {
    static const struct rule rules[] = {
        {"sgd", {.kind = SINEW_OPTIM_SGD}},
        {"momentum",
         {.kind = SINEW_OPTIM_SGD, .momentum = 0.9, .decay = 0.01}},
        {"nesterov",
         {.kind = SINEW_OPTIM_SGD, .momentum = 0.9, .nesterov = true}},
        {"adam",
         {.kind = SINEW_OPTIM_ADAM, .beta1 = 0.9, .beta2 = 0.99,
          .epsilon = 1e-8, .decay = 0.01}},
        {"adamw",
         {.kind = SINEW_OPTIM_ADAMW, .beta1 = 0.9, .beta2 = 0.99,
          .epsilon = 1e-8, .decay = 0.05}},
        {"rmsprop",
         {.kind = SINEW_OPTIM_RMSPROP, .alpha = 0.9, .epsilon = 1e-8,
          .decay = 0.01}},
        {"rmsprop_momentum",
         {.kind = SINEW_OPTIM_RMSPROP, .alpha = 0.9, .epsilon = 1e-8,
          .momentum = 0.5}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        for (int level = 0; level < SINEW_CPU_COUNT; level++)
            if (sinew_cpu_has((enum sinew_cpu_level)level))
                follow(&rules[i], (enum sinew_cpu_level)level);
}

static void optimisers_have_ranges(void **state) {
    struct sinew_optim optim;
    (void)state;
    sinew_optim_init(&optim);
    assert_int_equal(sinew_optim_check(&optim), SINEW_OK);
    assert_string_equal(sinew_optim_name(optim.kind), "adamw");
    assert_null(sinew_optim_name(SINEW_OPTIM_COUNT));
    optim.beta2 = 1;
    assert_int_equal(sinew_optim_check(&optim), SINEW_INVALID);
    sinew_optim_init(&optim);
    optim.decay = NAN;
    assert_int_equal(sinew_optim_check(&optim), SINEW_INVALID);
    optim.decay = 0;
    optim.kind = SINEW_OPTIM_COUNT;
    assert_int_equal(sinew_optim_check(&optim), SINEW_INVALID);
}

/* ---- schedules -------------------------------------------------------------- */

static void expect_rate(const struct sinew_schedule *schedule, int64_t t,
                        double want) {
    double now = sinew_schedule_at(schedule, t);
    assert_int_equal(sinew_schedule_check(schedule), SINEW_OK);
    if (fabs(now - want) > 1e-9 * fabs(want) + 1e-15)
        fail_msg("%s at %d is %.12g, not %.12g",
                 sinew_schedule_name(schedule->kind), (int)t, now, want);
}

static void schedules_follow_their_formulas(void **state) {
    struct sinew_schedule s = {.kind = SINEW_SCHEDULE_CONSTANT,
                               .rate = 2,
                               .steps = 100,
                               .last = 0.1,
                               .gamma = 0.5,
                               .flat = 0.5,
                               .period = 10,
                               .milestones = {30, 60},
                               .n_milestones = 2};
    (void)state;
    expect_rate(&s, 99, 2);
    s.kind = SINEW_SCHEDULE_STEP;
    expect_rate(&s, 29, 2);
    expect_rate(&s, 30, 1);
    expect_rate(&s, 60, 0.5);
    s.kind = SINEW_SCHEDULE_EXPONENTIAL;
    expect_rate(&s, 9, 2);
    expect_rate(&s, 10, 1);
    expect_rate(&s, 35, 0.25);
    s.kind = SINEW_SCHEDULE_LINEAR;
    expect_rate(&s, 0, 2);
    expect_rate(&s, 50, 1.1);
    s.kind = SINEW_SCHEDULE_COSINE;
    expect_rate(&s, 0, 2);
    expect_rate(&s, 50, 1.1);
    expect_rate(&s, 25, 2 * (0.1 + 0.9 * 0.5 * (1 + sqrt(0.5))));
    s.kind = SINEW_SCHEDULE_FLAT_COSINE;
    expect_rate(&s, 49, 2);
    expect_rate(&s, 75, 1.1);
    s.kind = SINEW_SCHEDULE_TRIANGULAR;
    expect_rate(&s, 0, 0.2);
    expect_rate(&s, 5, 2);
    expect_rate(&s, 15, 1.1);
    expect_rate(&s, 27, 2 * (0.1 + 0.9 * 0.6 * 0.25));
}

static void warm_up_and_end(void **state) {
    const struct sinew_schedule s = {.kind = SINEW_SCHEDULE_LINEAR,
                                     .rate = 1,
                                     .steps = 1000,
                                     .warmup = 100,
                                     .warmup_from = 0.1};
    (void)state;
    expect_rate(&s, 0, 0.1);
    expect_rate(&s, 50, 0.55 * 0.95);
    expect_rate(&s, 100, 0.9);
    expect_rate(&s, 999, 0.001);
    expect_rate(&s, 5000, 0.001);
}

static void schedules_have_ranges(void **state) {
    const struct sinew_schedule good = {.kind = SINEW_SCHEDULE_EXPONENTIAL,
                                        .rate = 1,
                                        .steps = 10,
                                        .period = 1,
                                        .gamma = 0.9};
    struct sinew_schedule bad = good;
    (void)state;
    assert_int_equal(sinew_schedule_check(&good), SINEW_OK);
    bad.period = 0;
    assert_int_equal(sinew_schedule_check(&bad), SINEW_INVALID);
    bad = good;
    bad.steps = 0;
    assert_int_equal(sinew_schedule_check(&bad), SINEW_INVALID);
    bad = good;
    bad.gamma = NAN;
    assert_int_equal(sinew_schedule_check(&bad), SINEW_INVALID);
    bad = good;
    bad.milestones[0] = 5;
    bad.n_milestones = 2;
    assert_int_equal(sinew_schedule_check(&bad), SINEW_INVALID);
    bad = good;
    bad.kind = SINEW_SCHEDULE_COUNT;
    assert_int_equal(sinew_schedule_check(&bad), SINEW_INVALID);
}

static void shares_of_averages(void **state) {
    const struct sinew_ema still = {SINEW_EMA_CONSTANT, 0.01, 0};
    const struct sinew_ema slow = {SINEW_EMA_EXPONENTIAL, 0.0002, 2000};
    const struct sinew_ema ramp = {SINEW_EMA_RAMP, 0.01, 0};
    (void)state;
    assert_true(sinew_ema_share(&still, 100) == 0.01);
    assert_true(fabs(sinew_ema_share(&slow, 0) -
                     (0.9998 * exp(-1.0 / 2000) + 0.0002)) < 1e-12);
    assert_true(fabs(sinew_ema_share(&slow, 1999) -
                     (0.9998 * exp(-1.0) + 0.0002)) < 1e-12);
    /* a decay of min(0.99, (1 + t) / (10 + t)) */
    assert_true(fabs(sinew_ema_share(&ramp, 0) - 0.9) < 1e-12);
    assert_true(fabs(sinew_ema_share(&ramp, 90) - 0.09) < 1e-12);
    assert_true(sinew_ema_share(&ramp, 5000) == 0.01);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optimisers_equal_pytorch),
        cmocka_unit_test(optimisers_have_ranges),
        cmocka_unit_test(schedules_follow_their_formulas),
        cmocka_unit_test(warm_up_and_end),
        cmocka_unit_test(schedules_have_ranges),
        cmocka_unit_test(shares_of_averages),
    };
    return cmocka_run_group_tests_name("train optim", tests, NULL, NULL);
}
