/*
 * check_optim.c - steps of optimisers and what goes with them.
 */
#include <math.h>
#include "kernel/check.h"

static const int sizes[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 33, 1000};
enum { N_SIZES = sizeof(sizes) / sizeof(*sizes) };

void check_f32_approach(struct check *c) {
    for (int i = 0; i < N_SIZES; i++) {
        int n = sizes[i];
        if (!check_case(c, "n=%d", n)) continue;
        float *x = check_input(c, n, -1, 1);
        float *r = check_output(c, n), *y = check_output(c, n);
        for (int k = 0; k < n; k++)
            r[k] = y[k] = (float)(k % 5) - 2;
        CHECK_CALL(c, c->ref->f32_approach(x, r, n, 0.3f),
                   c->now->f32_approach(x, y, n, 0.3f));
        check_equal(c, r, y, 1, n, n, 1);
        CHECK_BENCH(c, n, c->ref->f32_approach(x, r, n, 0.3f),
                    c->now->f32_approach(x, y, n, 0.3f));
    }
}

void check_f32_squares(struct check *c) {
    for (int i = 0; i < N_SIZES; i++) {
        int n = sizes[i];
        if (!check_case(c, "n=%d", n)) continue;
        const float *x = check_input(c, n, -1, 1);
        float *r = check_output(c, 1), *y = check_output(c, 1);
        CHECK_CALL(c, r[0] = (float)c->ref->f32_squares(x, n),
                   y[0] = (float)c->now->f32_squares(x, n));
        check_equal(c, r, y, 1, 1, 1, 1);
        CHECK_BENCH(c, 2 * n, r[0] = (float)c->ref->f32_squares(x, n),
                    y[0] = (float)c->now->f32_squares(x, n));
    }
}

typedef void update_fn(const struct sinew_update *update);

static float *moved(struct check *c, int n, const float *from) {
    float *to = check_output(c, n);
    for (int i = 0; i < n; i++)
        to[i] = from[i];
    return to;
}

static void check_update(struct check *c, update_fn *ref, update_fn *now,
                         int n, int nesterov) {
    if (!check_case(c, "n=%d nesterov=%d", n, nesterov)) return;
    const float *w = check_input(c, n, -1, 1), *m = check_input(c, n, -1, 1);
    const float *v = check_input(c, n, 0.1f, 1);
    struct sinew_update a = {.g = check_input(c, n, -1, 1),
                             .w = moved(c, n, w),
                             .m = moved(c, n, m),
                             .v = moved(c, n, v),
                             .n = n,
                             .scale = 0.5f,
                             .couple = 0.01f,
                             .keep = 0.99f,
                             .rate = 0.125f,
                             .epsilon = 1e-3f,
                             .beta1 = 0.9f,
                             .beta2 = 0.97f,
                             .share1 = 0.1f,
                             .share2 = 0.03f,
                             .root = 2,
                             .nesterov = nesterov};
    struct sinew_update b = a;
    b.w = moved(c, n, w);
    b.m = moved(c, n, m);
    b.v = moved(c, n, v);
    CHECK_CALL(c, ref(&a), now(&b));
    check_equal(c, a.w, b.w, 1, n, n, 1);
    check_equal(c, a.m, b.m, 1, n, n, 4);
    check_equal(c, a.v, b.v, 1, n, n, 1);
    CHECK_BENCH(c, n, ref(&a), now(&b));
}

void check_f32_adam(struct check *c) {
    for (int i = 0; i < N_SIZES; i++)
        check_update(c, c->ref->f32_adam, c->now->f32_adam, sizes[i], 0);
}

void check_f32_rmsprop(struct check *c) {
    for (int i = 0; i < N_SIZES; i++)
        check_update(c, c->ref->f32_rmsprop, c->now->f32_rmsprop, sizes[i], 0);
}

void check_f32_sgd(struct check *c) {
    for (int i = 0; i < N_SIZES; i++)
        for (int nesterov = 0; nesterov < 2; nesterov++)
            check_update(c, c->ref->f32_sgd, c->now->f32_sgd, sizes[i],
                         nesterov);
}
