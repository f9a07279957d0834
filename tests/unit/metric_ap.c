/*
 * metric_ap.c - average precision of cases that can be worked out by hand.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "data/metric_ap.h"

typedef struct sinew_ap_person person;

static person labelled(double x, double y, double w, double h) {
    return (person){.box = {x, y, w, h}, .area = w * h};
}

static person found(double x, double y, double w, double h, double score) {
    return (person){.box = {x, y, w, h}, .area = w * h, .score = score};
}

static struct sinew_ap *create(const struct sinew_ap_rules *rules) {
    struct sinew_ap *ap;
    assert_int_equal(sinew_ap_create(&ap, rules), SINEW_OK);
    return ap;
}

static void add(struct sinew_ap *ap, const person *truths, int n_truths,
                const person *people, int n) {
    assert_int_equal(sinew_ap_add(ap, truths, n_truths, people, n), SINEW_OK);
}

static struct sinew_ap_figures finish(struct sinew_ap *ap) {
    struct sinew_ap_figures figures;
    assert_int_equal(sinew_ap_compute(ap, &figures), SINEW_OK);
    sinew_ap_free(&ap);
    assert_null(ap);
    return figures;
}

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 1e-12)

/* Overlap .8 is enough for .5, .55, ... .8: seven of ten. */
static void overlap_decides(void **state) {
    (void)state;
    const person truth = labelled(0, 0, 10, 10);
    const person people = found(0, 2, 10, 8, .3);
    struct sinew_ap *ap = create(&sinew_ap_boxes);
    add(ap, &truth, 1, &people, 1);
    struct sinew_ap_figures f = finish(ap);
    assert_near(f.ap, .7);
    assert_near(f.ar, .7);
    assert_near(f.ap50, 1);
    assert_near(f.ap75, 1);
    assert_near(f.ap_small, .7);
    assert_near(f.ap_medium, -1);
    assert_near(f.ar_large, -1);
    assert_int_equal(f.truths, 1);
    assert_int_equal(f.found, 1);
}

/* By score: right, wrong, right. Precision 1 up to recall 1/2 (51 of the 101
 * places), then 2/3. */
static void precision_is_read_at_recalls(void **state) {
    (void)state;
    const person truths[] = {labelled(0, 0, 50, 50), labelled(200, 0, 50, 50)};
    const person people[] = {found(200, 0, 50, 50, .7), found(0, 0, 50, 50, .9),
                             found(500, 0, 50, 50, .8)};
    for (int pictures = 1; pictures <= 3; pictures++) {
        struct sinew_ap *ap = create(&sinew_ap_boxes);
        if (pictures == 1) {
            add(ap, truths, 2, people, 3);
        } else { /* the same spread over pictures */
            add(ap, &truths[1], 1, people, 1);
            add(ap, truths, 1, people + 1, pictures == 2 ? 2 : 1);
            if (pictures == 3) add(ap, NULL, 0, people + 2, 1);
        }
        struct sinew_ap_figures f = finish(ap);
        assert_near(f.ap, (51 + 50 * 2. / 3) / 101);
        assert_near(f.ap_medium, f.ap);
        assert_near(f.ap50, f.ap75);
        assert_near(f.ar, 1);
    }
}

static void a_second_hit_is_wrong(void **state) {
    (void)state;
    const person truth = labelled(0, 0, 100, 100);
    const person people[] = {found(0, 0, 100, 100, .5),
                             found(0, 0, 100, 98, .6)};
    struct sinew_ap *ap = create(&sinew_ap_boxes);
    add(ap, &truth, 1, people, 2);
    struct sinew_ap_figures f = finish(ap);
    assert_near(f.ap, 1);
    ap = create(&sinew_ap_boxes); /* two more that are found by nobody */
    const person missed[] = {truth, labelled(500, 0, 9, 9),
                             labelled(600, 0, 9, 9)};
    add(ap, missed, 3, people, 2);
    f = finish(ap);
    /* Recall 1/3 at precision 1: places 0 to .33. */
    assert_near(f.ap, 34. / 101);
    assert_near(f.ar, 1. / 3);
    assert_near(f.ap_small, 0);
    assert_near(f.ap_large, 1);
    assert_near(f.ar_small, 0);
}

/* Wrong ones first: equal scores keep the order of pictures. */
static void equal_scores_keep_their_order(void **state) {
    (void)state;
    const person truth = labelled(0, 0, 50, 50);
    const person right = found(0, 0, 50, 50, .5);
    const person wrong = found(300, 0, 50, 50, .5);
    for (int first = 0; first < 2; first++) {
        struct sinew_ap *ap = create(&sinew_ap_boxes);
        if (first) add(ap, NULL, 0, &wrong, 1);
        add(ap, &truth, 1, &right, 1);
        if (!first) add(ap, NULL, 0, &wrong, 1);
        struct sinew_ap_figures f = finish(ap);
        assert_near(f.ap, first ? .5 : 1);
    }
}

static void what_is_ignored_counts_for_nothing(void **state) {
    (void)state;
    person truths[] = {labelled(0, 0, 100, 100), labelled(300, 0, 100, 100),
                       labelled(600, 0, 100, 100)};
    const person people[] = {
        found(0, 0, 100, 100, .5),  /* right */
        found(310, 10, 20, 20, .9), /* in the crowd, */
        found(330, 40, 20, 20, .8), /* both */
        found(600, 0, 100, 100, .7) /* ignored */
    };
    truths[1].crowd = true;
    truths[2].ignored = true;
    struct sinew_ap *ap = create(&sinew_ap_boxes);
    add(ap, truths, 3, people, 4);
    struct sinew_ap_figures f = finish(ap);
    assert_int_equal(f.truths, 1);
    assert_near(f.ap, 1);
    truths[1].crowd = false;
    ap = create(&sinew_ap_boxes);
    add(ap, truths, 3, people, 4);
    f = finish(ap);
    assert_int_equal(f.truths, 2);
    /* Wrong, wrong, right: 1/3 up to recall 1/2. */
    assert_near(f.ap, 51 * (1. / 3) / 101);

    /* One that counts is preferred to a better overlap that does not. */
    const person pair[] = {labelled(0, 0, 100, 100), labelled(0, 0, 100, 60)};
    person both[] = {pair[0], pair[1]};
    both[0].ignored = true;
    const person one = found(0, 0, 100, 90, .5);
    ap = create(&sinew_ap_boxes);
    add(ap, both, 2, &one, 1);
    f = finish(ap);
    assert_near(f.ap50, 1); /* 2/3 with the one that counts */
    assert_near(f.ap75, 0); /* 9/10 with the other: ignored */
}

/* Of the many found in a picture only the best count. */
static void only_the_best_count(void **state) {
    (void)state;
    const struct sinew_ap_rules rules = {.most = 2};
    const person truths[] = {labelled(0, 0, 50, 50), labelled(200, 0, 50, 50)};
    const person people[] = {found(0, 0, 50, 50, .7), found(200, 0, 50, 50, .5),
                             found(400, 0, 50, 50, .6)};
    struct sinew_ap *ap = create(&rules);
    add(ap, truths, 2, people, 3);
    struct sinew_ap_figures f = finish(ap);
    assert_int_equal(f.found, 2);
    assert_near(f.ar, .5);
    assert_near(f.ap, 51. / 101);
}

static void nothing_to_find_gives_no_figure(void **state) {
    (void)state;
    const person people = found(0, 0, 50, 50, .7);
    struct sinew_ap *ap = create(&sinew_ap_boxes);
    struct sinew_ap_figures f;
    assert_int_equal(sinew_ap_compute(ap, &f), SINEW_OK);
    assert_near(f.ap, -1);
    add(ap, NULL, 0, &people, 1);
    f = finish(ap);
    assert_near(f.ap, -1);
    assert_near(f.ar50, -1);
    const person truth = labelled(0, 0, 50, 50);
    ap = create(&sinew_ap_boxes);
    add(ap, &truth, 1, NULL, 0);
    f = finish(ap);
    assert_near(f.ap, 0);
    assert_near(f.ar, 0);
    const struct sinew_ap_rules none = {.most = 0}, bare = {20, 3, NULL};
    assert_int_equal(sinew_ap_create(&ap, &none), SINEW_INVALID);
    assert_int_equal(sinew_ap_create(&ap, &bare), SINEW_INVALID);
}

/* ---- keypoints --------------------------------------------------------- */

static const float sigmas[] = {.05f, .1f, .05f};
static const struct sinew_ap_rules points = {20, 3, sigmas};

static void similarity_is_a_mean_over_the_labelled(void **state) {
    (void)state;
    const float here[] = {10, 10, 2, 50, 50, 1, 0, 0, 0};
    const float there[] = {10, 20, 1, 50, 50, 1, 99, 99, 1};
    person truth = labelled(0, 0, 200, 50), person_found = truth;
    truth.keypoints = here;
    person_found.keypoints = there;
    /* d^2 = 100, 8 sigma^2 area = 200 */
    const double first = exp(-.5);
    assert_true(fabs(sinew_ap_alike(&points, &truth, &person_found) -
                     (first + 1) / 2) < 1e-7);

    /* Without labels, the distance from twice the box, which reaches from -200
     * to 400 and from -50 to 100. */
    const float none[9] = {0};
    const float around[] = {-200, 100, 1, 400, -50, 1, 410, 40, 1};
    truth.keypoints = none;
    person_found.keypoints = around;
    assert_true(fabs(sinew_ap_alike(&points, &truth, &person_found) -
                     (2 + first) / 3) < 1e-7);
}

static void people_without_keypoints_are_ignored(void **state) {
    (void)state;
    const float none[9] = {0}, here[] = {10, 10, 2, 50, 50, 1, 0, 0, 0};
    person truths[] = {labelled(0, 0, 60, 60), labelled(0, 0, 60, 60)};
    person people[] = {found(0, 0, 60, 60, .9), found(0, 0, 60, 60, .8)};
    truths[0].keypoints = none;
    truths[1].keypoints = here;
    people[0].keypoints = here; /* alike both: takes the one that counts */
    people[1].keypoints = here; /* and this the one that does not */
    struct sinew_ap *ap = create(&points);
    add(ap, truths, 2, people, 2);
    struct sinew_ap_figures f = finish(ap);
    assert_int_equal(f.truths, 1);
    assert_near(f.ap, 1);
    assert_near(f.ap_medium, 1);
    assert_near(f.ap_large, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlap_decides),
        cmocka_unit_test(precision_is_read_at_recalls),
        cmocka_unit_test(a_second_hit_is_wrong),
        cmocka_unit_test(equal_scores_keep_their_order),
        cmocka_unit_test(what_is_ignored_counts_for_nothing),
        cmocka_unit_test(only_the_best_count),
        cmocka_unit_test(nothing_to_find_gives_no_figure),
        cmocka_unit_test(similarity_is_a_mean_over_the_labelled),
        cmocka_unit_test(people_without_keypoints_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
