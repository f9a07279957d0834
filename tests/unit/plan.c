/*
 * plan.c - the memory planner: no overlap of what is alive together, reuse of
 * what is not, alignment, and a bound on waste.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "base/rng.h"
#include "graph/plan.h"

static bool apart(const struct sinew_plan_item *a,
                  const struct sinew_plan_item *b) {
    return a->offset + a->size + SINEW_PAD <= b->offset ||
           b->offset + b->size + SINEW_PAD <= a->offset;
}

static bool together(const struct sinew_plan_item *a,
                     const struct sinew_plan_item *b) {
    return a->first <= b->last && b->first <= a->last;
}

static void check_plan(const struct sinew_plan_item *items, int n,
                       size_t total) {
    for (int i = 0; i < n; i++) {
        assert_int_equal(items[i].offset % SINEW_ALIGN, 0);
        assert_true(items[i].offset + items[i].size + SINEW_PAD <= total);
        for (int k = 0; k < i; k++)
            if (together(&items[i], &items[k]))
                assert_true(apart(&items[i], &items[k]));
    }
}

static void nothing_needs_nothing(void **state) {
    (void)state;
    size_t total = 7;
    assert_int_equal(sinew_plan_place(NULL, 0, &total), SINEW_OK);
    assert_int_equal(total, 0);
}

/* A chain a -> b -> c -> d: two buffers serve for ever. */
static void a_chain_uses_two_buffers(void **state) {
    (void)state;
    struct sinew_plan_item items[10];
    size_t total;
    for (int i = 0; i < 10; i++)
        items[i] = (struct sinew_plan_item){i, i + 1, 960, 99};
    assert_int_equal(sinew_plan_place(items, 10, &total), SINEW_OK);
    check_plan(items, 10, total);
    assert_int_equal(total, 2 * 1024);
}

/* The smallest gap that fits is taken: of holes of 4096 and 1536 bytes an item
 * of 1024 takes the second. */
static void the_tightest_gap_is_taken(void **state) {
    (void)state;
    struct sinew_plan_item items[] = {
        {0, 9, 8 * 1024 - SINEW_PAD, 0}, {0, 1, 4 * 1024 - SINEW_PAD, 0},
        {0, 9, 2 * 1024 - SINEW_PAD, 0}, {0, 1, 1536 - SINEW_PAD, 0},
        {0, 9, 1280 - SINEW_PAD, 0},     {2, 9, 1024 - SINEW_PAD, 0},
    };
    size_t total;
    assert_int_equal(sinew_plan_place(items, 6, &total), SINEW_OK);
    check_plan(items, 6, total);
    assert_int_equal(items[5].offset, items[3].offset);
}

/* The sum over steps of what is alive bounds any plan from below; the greedy
 * one stays within a quarter of it on random nets. */
static void random_plans_are_sound_and_tight(void **state) {
    (void)state;
    struct sinew_rng rng;
    sinew_rng_seed(&rng, 1);
    for (int round = 0; round < 200; round++) {
        struct sinew_plan_item items[60];
        size_t total, bound = 0;
        for (int i = 0; i < 60; i++) {
            int first = (int)sinew_rng_below(&rng, 50);
            int life = 1 + (int)sinew_rng_below(&rng, 6);
            size_t size = 64 * (1 + (size_t)sinew_rng_below(&rng, 500));
            items[i] = (struct sinew_plan_item){first, first + life, size, 0};
        }
        assert_int_equal(sinew_plan_place(items, 60, &total), SINEW_OK);
        check_plan(items, 60, total);
        for (int step = 0; step < 60; step++) {
            size_t alive = 0;
            for (int i = 0; i < 60; i++)
                if (items[i].first <= step && step <= items[i].last)
                    alive += items[i].size + SINEW_PAD;
            bound = alive > bound ? alive : bound;
        }
        assert_true(total >= bound);
        assert_true((double)total <= 1.25 * (double)bound);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_needs_nothing),
        cmocka_unit_test(a_chain_uses_two_buffers),
        cmocka_unit_test(the_tightest_gap_is_taken),
        cmocka_unit_test(random_plans_are_sound_and_tight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
