/*
 * nms.c - the best of many, overlap, and suppression by class.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/rng.h"
#include "pose/nms.h"

static struct sinew_candidate box(float left, float top, float right,
                                  float bottom, float score, int label) {
    return (struct sinew_candidate){left, top, right, bottom, score, label, 0};
}

static void overlap_is_intersection_over_union(void **state) {
    (void)state;
    const struct sinew_candidate a = box(0, 0, 4, 2, 1, 0);
    const struct sinew_candidate b = box(2, 0, 6, 2, 1, 0);
    const struct sinew_candidate apart = box(5, 0, 6, 2, 1, 0);
    const struct sinew_candidate touching = box(4, 0, 6, 2, 1, 0);
    const struct sinew_candidate inside = box(1, 1, 2, 2, 1, 0);
    const struct sinew_candidate empty = box(1, 1, 1, 1, 1, 0);
    assert_float_equal(sinew_overlap(&a, &a), 1, 0);
    assert_float_equal(sinew_overlap(&a, &b), 4. / 12, 1e-7);
    assert_float_equal(sinew_overlap(&b, &a), 4. / 12, 1e-7);
    assert_float_equal(sinew_overlap(&a, &apart), 0, 0);
    assert_float_equal(sinew_overlap(&a, &touching), 0, 0);
    assert_float_equal(sinew_overlap(&a, &inside), 1. / 8, 1e-7);
    assert_float_equal(sinew_overlap(&empty, &empty), 0, 0);
}

/* Scores of few values, so that ties have to be broken by order. */
static void the_best_are_kept_in_order(void **state) {
    (void)state;
    enum { MANY = 500 };
    struct sinew_candidate all[MANY], items[MANY];
    struct sinew_rng rng;
    sinew_rng_seed(&rng, 5);
    for (int i = 0; i < MANY; i++) {
        all[i] = box(0, 0, 1, 1, (float)(sinew_rng_below(&rng, 40)), 0);
        all[i].order = i;
    }
    const int rooms[] = {0, 1, 2, 7, 64, MANY};
    for (int r = 0; r < 6; r++) {
        struct sinew_top top = {items, 0, rooms[r]};
        for (int i = 0; i < MANY; i++)
            sinew_top_add(&top, &all[i]);
        sinew_top_sort(&top);
        assert_int_equal(top.n, rooms[r]);
        for (int k = 0; k < top.n; k++) {
            /* Item k is the one that k of all are better than. */
            int better = 0;
            for (int i = 0; i < MANY; i++)
                better += all[i].score > items[k].score ||
                          (all[i].score == items[k].score &&
                           all[i].order < items[k].order);
            assert_int_equal(better, k);
        }
    }
}

static void boxes_of_a_class_suppress_each_other(void **state) {
    (void)state;
    struct sinew_candidate items[] = {
        box(0, 0, 10, 10, .9f, 0),  box(1, 0, 11, 10, .8f, 0),
        box(1, 0, 11, 10, .7f, 1),  box(8, 0, 18, 10, .6f, 0),
        box(9, 0, 19, 10, .5f, 0),  box(30, 0, 40, 10, .4f, 0),
        box(31, 0, 41, 10, .3f, 1),
    };
    assert_int_equal(sinew_nms(items, 7, .5f, 100), 5);
    const float scores[] = {.9f, .7f, .6f, .4f, .3f};
    for (int i = 0; i < 5; i++)
        assert_float_equal(items[i].score, scores[i], 0);
}

/* A box that is gone suppresses nothing, equal overlap is allowed, and `most`
 * counts boxes kept. */
static void suppression_is_greedy(void **state) {
    (void)state;
    struct sinew_candidate chain[] = {box(0, 0, 10, 1, .9f, 0),
                                      box(4, 0, 14, 1, .8f, 0),
                                      box(8, 0, 18, 1, .7f, 0)};
    struct sinew_candidate equal[] = {box(0, 0, 2, 1, .9f, 0),
                                      box(1, 0, 2, 1, .8f, 0)};
    assert_int_equal(sinew_nms(chain, 3, .3f, 9), 2);
    assert_float_equal(chain[1].score, .7f, 0);
    assert_int_equal(sinew_nms(equal, 2, .5f, 9), 2);
    assert_int_equal(sinew_nms(equal, 2, .49f, 9), 1);
    assert_int_equal(sinew_nms(chain, 2, 1, 1), 1);
    assert_int_equal(sinew_nms(chain, 0, .5f, 9), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlap_is_intersection_over_union),
        cmocka_unit_test(the_best_are_kept_in_order),
        cmocka_unit_test(boxes_of_a_class_suppress_each_other),
        cmocka_unit_test(suppression_is_greedy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
