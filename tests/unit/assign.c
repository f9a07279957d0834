/*
 * assign.c - the assignment against trying all there are.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/rng.h"
#include "pose/assign.h"

enum { MOST = 6, SCRATCH = 200 };

/* Pairs below the limit, and what they cost, of a choice of columns. */
struct worth {
    int pairs;
    double cost;
};

static bool is_better(struct worth a, struct worth b) {
    return a.pairs > b.pairs || (a.pairs == b.pairs && a.cost < b.cost);
}

/* The best of all choices for the rows from `row` on. */
static struct worth best_of(const float *cost, int rows, int columns,
                            float limit, int row, unsigned used) {
    struct worth best = {0, 0};
    if (row == rows) return best;
    best = best_of(cost, rows, columns, limit, row + 1, used);
    for (int c = 0; c < columns; c++) {
        const float own = cost[row * columns + c];
        if (used & (1u << c) || !(own < limit)) continue;
        struct worth worth =
            best_of(cost, rows, columns, limit, row + 1, used | (1u << c));
        worth.pairs++;
        worth.cost += own;
        if (is_better(worth, best)) best = worth;
    }
    return best;
}

static struct worth worth_of(const float *cost, int rows, int columns,
                             float limit, const int *of) {
    struct worth worth = {0, 0};
    unsigned used = 0;
    for (int r = 0; r < rows; r++) {
        if (of[r] < 0) continue;
        assert_true(of[r] < columns && !(used & (1u << of[r])));
        used |= 1u << of[r];
        assert_true(cost[r * columns + of[r]] < limit);
        worth.pairs++;
        worth.cost += cost[r * columns + of[r]];
    }
    return worth;
}

static void no_choice_is_better(void **state) {
    (void)state;
    struct sinew_rng rng;
    sinew_rng_seed(&rng, 11);
    for (int round = 0; round < 4000; round++) {
        float cost[MOST * MOST];
        double scratch[SCRATCH];
        int of[MOST];
        const int rows = (int)sinew_rng_below(&rng, MOST + 1);
        const int columns = (int)sinew_rng_below(&rng, MOST + 1);
        const float limit = round % 3 ? .6f : 2;
        assert_true(sinew_assign_scratch(rows, columns) <= SCRATCH);
        for (int i = 0; i < rows * columns; i++)
            cost[i] = round % 2 ? (float)sinew_rng_below(&rng, 5) / 4
                                : (float)sinew_rng_uniform(&rng);
        sinew_assign(cost, rows, columns, limit, of, scratch);
        const struct worth got = worth_of(cost, rows, columns, limit, of);
        const struct worth best = best_of(cost, rows, columns, limit, 0, 0);
        assert_int_equal(got.pairs, best.pairs);
        assert_true(fabs(got.cost - best.cost) < 1e-6);
    }
}

/* Taking the cheapest pair first would be wrong here. */
static void the_whole_counts(void **state) {
    (void)state;
    const float cost[] = {.1f, .2f, .2f, .9f};
    double scratch[SCRATCH];
    int of[2];
    sinew_assign(cost, 2, 2, 2, of, scratch);
    assert_int_equal(of[0], 1);
    assert_int_equal(of[1], 0);
    sinew_assign(cost, 2, 2, .15f, of, scratch);
    assert_int_equal(of[0], 0);
    assert_int_equal(of[1], -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_choice_is_better),
        cmocka_unit_test(the_whole_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
