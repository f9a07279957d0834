/*
 * check_act.c - activations: every kind, lengths around the vector, in place,
 * and the ends of the number range.
 */
#include <math.h>
#include <string.h>
#include "kernel/check.h"

static const struct sinew_act acts[] = {
    {SINEW_ACT_NONE, 0, 0},       {SINEW_ACT_RELU, 0, 0},
    {SINEW_ACT_RELU6, 0, 0},      {SINEW_ACT_CLIP, -1.5f, 2.5f},
    {SINEW_ACT_SIGMOID, 0, 0},    {SINEW_ACT_SWISH, 1, 0},
    {SINEW_ACT_SWISH, 1.25f, 0},  {SINEW_ACT_HARD_SIGMOID, 0.2f, 0.5f},
    {SINEW_ACT_HARD_SWISH, 0, 0},
};
enum { N_ACTS = sizeof(acts) / sizeof(*acts) };

/* Sums around 0 lose digits in the hard kinds only; elsewhere nearly nothing
 * may be lost. */
static double scale_of(const struct sinew_act *act) {
    return act->kind == SINEW_ACT_HARD_SIGMOID ||
                   act->kind == SINEW_ACT_HARD_SWISH
               ? 1
               : 1e-20;
}

static void check_ends(struct check *c, const struct sinew_act *act) {
    static const float ends[] = {0.0f,  -0.0f,  1e-30f, -1e-30f, 80.0f, -80.0f,
                                 87.5f, -87.5f, 100.0f, -100.0f, 1e30f, -1e4f,
                                 3.0f,  -3.0f,  6.0f,   NAN,     0.5f};
    enum { N = sizeof(ends) / sizeof(*ends) };

    if (check_case(c, "act=%d ends", act->kind)) {
        float *x = check_input(c, N, 0, 1);
        float *r = check_output(c, N), *y = check_output(c, N);
        memcpy(x, ends, sizeof(ends));
        CHECK_CALL(c, c->ref->f32_act(x, r, N, act),
                   c->now->f32_act(x, y, N, act));
        check_equal(c, r, y, 1, N, N, scale_of(act));
    }
}

void check_f32_act(struct check *c) {
    static const int sizes[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 33, 1000};

    for (int k = 0; k < N_ACTS; k++) {
        const struct sinew_act *act = &acts[k];
        for (int i = 0; i < (int)(sizeof(sizes) / sizeof(*sizes)); i++) {
            int n = sizes[i];
            if (check_case(c, "act=%d n=%d", act->kind, n)) {
                float *x = check_input(c, n, -9, 9);
                float *r = check_output(c, n), *y = check_output(c, n);
                CHECK_CALL(c, c->ref->f32_act(x, r, n, act),
                           c->now->f32_act(x, y, n, act));
                check_equal(c, r, y, 1, n, n, scale_of(act));
                if (n == 1000)
                    CHECK_BENCH(c, n, c->ref->f32_act(x, r, n, act),
                                c->now->f32_act(x, y, n, act));
                CHECK_CALL(c, c->ref->f32_act(x, r, n, act),
                           c->now->f32_act(x, x, n, act)); /* in place */
                check_equal(c, r, x, 1, n, n, scale_of(act));
            }
        }
        check_ends(c, act);
    }
}

/* One distribution; numbers far apart, so that most powers are nearly 0. */
void check_f32_softmax(struct check *c) {
    static const int sizes[] = {1, 3, 4, 7, 8, 15, 16, 17, 33, 512, 1000};

    for (int i = 0; i < (int)(sizeof(sizes) / sizeof(*sizes)); i++)
        for (int log = 0; log < 2; log++) {
            int n = sizes[i];
            float range = i % 2 ? 30.0f : 2.0f;
            if (!check_case(c, "n=%d log=%d", n, log)) continue;
            float *x = check_input(c, n, -range, range);
            float *r = check_output(c, n), *y = check_output(c, n);
            CHECK_CALL(c, c->ref->f32_softmax(x, r, n, log),
                       c->now->f32_softmax(x, y, n, log));
            check_equal(c, r, y, 1, n, n, log ? 10 : 1);
            CHECK_BENCH(c, n, c->ref->f32_softmax(x, r, n, log),
                        c->now->f32_softmax(x, y, n, log));
            c->now->f32_softmax(x, x, n, log);
            check_same(c, y, x, (size_t)n * sizeof(float));
        }
}
