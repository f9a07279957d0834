/*
 * check_binary.c - arithmetic of two operands: every kind, each operand a run
 * or one number a row, rows apart, in place, with activations.
 */
#include <string.h>
#include "kernel/check.h"

static const struct sinew_act acts[] = {
    {SINEW_ACT_NONE, 0, 0}, {SINEW_ACT_RELU6, 0, 0}, {SINEW_ACT_SWISH, 1, 0}};

static void check_shape(struct check *c, enum sinew_binary_kind kind,
                        const struct sinew_act *act,
                        const struct sinew_rows *s) {
    int64_t n_y = s->rows * s->row_step[0];
    int64_t n_a = s->rows * s->row_step[1] + s->n;
    int64_t n_b = s->rows * s->row_step[2] + s->n;
    float *a = check_input(c, n_a, -4, 4), *b = check_input(c, n_b, 0.5f, 4);
    float *r = check_output(c, n_y), *y = check_output(c, n_y);
    CHECK_CALL(c, c->ref->f32_binary(a, b, r, s, kind, act),
               c->now->f32_binary(a, b, y, s, kind, act));
    check_equal(c, r, y, s->rows, s->n, s->row_step[0], 1);
    CHECK_BENCH(c, s->rows * s->n, c->ref->f32_binary(a, b, r, s, kind, act),
                c->now->f32_binary(a, b, y, s, kind, act));
    if (s->step[1] != 1 || s->row_step[1] != s->row_step[0]) return;
    memcpy(r, a, (size_t)n_y * sizeof(*a)); /* the same gaps */
    CHECK_CALL(c, c->ref->f32_binary(r, b, r, s, kind, act),
               c->now->f32_binary(a, b, a, s, kind, act));
    check_equal(c, r, a, s->rows, s->n, s->row_step[0], 1);
}

void check_f32_binary(struct check *c) {
    static const int sizes[] = {0, 1, 3, 4, 7, 8, 16, 17, 40, 100};
    static const struct {
        int row_step_a, step_a, row_step_b, step_b;
    } forms[] = {/* row_step -1: as y; 0: the same row; 1: a number a row */
                 {-1, 1, -1, 1}, {-1, 1, 0, 1}, {-1, 1, 0, 0},
                 {-1, 1, 1, 0},  {0, 1, -1, 1}, {0, 0, -1, 1}};

    for (int kind = 0; kind <= SINEW_BINARY_MAX; kind++)
        for (int f = 0; f < 6; f++)
            for (int k = 0; k < 10; k++) {
                int n = sizes[k], rows = k % 4;
                int64_t step = n + k % 3;
                const struct sinew_act *act = &acts[k % 3];
                struct sinew_rows s = {
                    rows,
                    n,
                    {step, forms[f].row_step_a, forms[f].row_step_b},
                    {1, forms[f].step_a, forms[f].step_b}};
                for (int i = 1; i < 3; i++)
                    if (s.row_step[i] < 0) s.row_step[i] = step;
                if (check_case(c, "kind=%d form=%d act=%d %dx%d", kind, f,
                               act->kind, rows, n))
                    check_shape(c, kind, act, &s);
            }
}
