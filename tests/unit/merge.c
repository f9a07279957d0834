/*
 * merge.c - labels merged from people's and two or three teachers', each case
 * worked out by hand on a person whose box's longer side is 100 pixels.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "data/merge.h"

#define JOINTS 26
#define NOBODY                                                                 \
    { NAN, NAN, 0 }

enum joint {
    LEFT_EYE = 1,
    RIGHT_EYE = 2,
    LEFT_SHOULDER = 5,
    RIGHT_SHOULDER = 6,
    LEFT_HIP = 11,
    RIGHT_HIP = 12,
    LEFT_KNEE = 13,
    LEFT_ANKLE = 15,
    HEAD = 17,
    NECK = 18,
    MID_HIP = 19,
    LEFT_BIG_TOE = 20,
    LEFT_HEEL = 24
};

struct person {
    struct sinew_label human[JOINTS];
    sinew_keypoint found[3][JOINTS];
    struct sinew_merge_rules rules;
    struct sinew_merged merged[JOINTS];
};

/* Three teachers who know nothing. */
static void begin(struct person *p) {
    memset(p, 0, sizeof(*p));
    for (int t = 0; t < 3; t++)
        for (int k = 0; k < JOINTS; k++)
            p->found[t][k] = (sinew_keypoint)NOBODY;
    p->rules = (struct sinew_merge_rules){.teachers = 3,
                                          .least = {.3f, .3f, .3f},
                                          .sure = {.8f, .8f, .8f},
                                          .agree = .04f,
                                          .accord = .5f};
}

static void find(struct person *p, int teacher, int joint, float x, float y,
                 float score) {
    p->found[teacher][joint] = (sinew_keypoint){x, y, score};
}

static void merge(struct person *p) {
    const sinew_keypoint *const found[] = {p->found[0], p->found[1],
                                           p->found[2]};
    sinew_merge_labels(p->merged, sinew_skeleton_find("halpe26"), p->human,
                       found, 100, &p->rules);
}

static void check(const struct person *p, int joint, int origin,
                  unsigned teachers, double x, double y) {
    const struct sinew_merged *merged = &p->merged[joint];
    assert_int_equal(merged->origin, origin);
    assert_int_equal(merged->teachers, teachers);
    if (origin == SINEW_ORIGIN_NONE || origin == SINEW_ORIGIN_REFUSED) {
        assert_int_equal(merged->label.seen, 0);
        return;
    }
    assert_true(merged->label.seen > 0);
    assert_true(fabs((double)merged->label.x - x) < 1e-3);
    assert_true(fabs((double)merged->label.y - y) < 1e-3);
}

static void averages_those_who_agree(void **state) {
    (void)state;
    struct person p;
    begin(&p);
    find(&p, 0, LEFT_KNEE, 10, 50, .6f);
    find(&p, 1, LEFT_KNEE, 13, 50, .3f);
    find(&p, 2, LEFT_KNEE, 40, 50, .7f); /* less sure than .8 */
    merge(&p);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_TEACHERS, 3, 11, 50);
    assert_true(fabs((double)p.merged[LEFT_KNEE].spread - .02) < 1e-5);
    assert_true(fabs((double)p.merged[LEFT_KNEE].score - .6) < 1e-5);
    assert_int_equal(p.merged[LEFT_KNEE].label.seen, 1);
}

static void needs_one_who_is_sure(void **state) {
    (void)state;
    struct person p;
    begin(&p);
    find(&p, 0, LEFT_KNEE, 10, 50, .7f);
    find(&p, 1, LEFT_KNEE, 30, 50, .9f); /* not settled without the first */
    merge(&p);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_NONE, 0, 0, 0);
    find(&p, 0, LEFT_KNEE, 10, 50, .8f);
    merge(&p);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_TEACHERS, 1, 10, 50);
    /* Two who agree say more than one who is sure. */
    find(&p, 2, LEFT_KNEE, 10, 52, .8f);
    merge(&p);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_TEACHERS, 5, 10, 51);
    /* Below the least score nobody says anything. */
    begin(&p);
    p.rules.least[0] = .9f;
    find(&p, 0, LEFT_KNEE, 30, 50, .85f);
    merge(&p);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_NONE, 0, 0, 0);
}

/* Of a joint the first one does not know. */
static void settles_without_the_first(void **state) {
    (void)state;
    struct person p;
    begin(&p);
    find(&p, 1, LEFT_KNEE, 30, 50, .9f);
    find(&p, 2, LEFT_KNEE, 60, 50, .95f);
    p.rules.sure[2] = 2; /* the third never is */
    merge(&p);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_TEACHERS, 2, 30, 50);
    find(&p, 2, LEFT_KNEE, 30, 52, .9f);
    merge(&p);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_TEACHERS, 6, 30, 51);
}

static void keeps_what_people_said(void **state) {
    (void)state;
    struct person p;
    begin(&p);
    p.human[LEFT_KNEE] = (struct sinew_label){70, 50, 2};
    p.human[LEFT_ANKLE] = (struct sinew_label){70, 90, 1};
    for (int t = 0; t < 2; t++)
        find(&p, t, LEFT_KNEE, 10, 50, .9f);
    merge(&p);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_HUMAN, 0, 70, 50);
    check(&p, LEFT_ANKLE, SINEW_ORIGIN_HUMAN, 0, 70, 90);
    assert_int_equal(p.merged[LEFT_KNEE].label.seen, 2);
    assert_int_equal(p.merged[LEFT_ANKLE].label.seen, 1);
    p.rules.contradict = .5f;
    merge(&p);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_REFUSED, 0, 0, 0);
    p.rules.contradict = .7f; /* 60 pixels are not as far */
    merge(&p);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_HUMAN, 0, 70, 50);
    p.rules.contradict = .5f;
    find(&p, 1, LEFT_KNEE, 15, 50, .9f); /* they do not agree */
    merge(&p);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_HUMAN, 0, 70, 50);
}

static void hears_nobody_who_is_wrong_about_the_rest(void **state) {
    (void)state;
    struct person p;
    begin(&p);
    p.human[LEFT_SHOULDER] = (struct sinew_label){60, 20, 2};
    p.human[RIGHT_SHOULDER] = (struct sinew_label){40, 20, 2};
    find(&p, 0, LEFT_SHOULDER, 40, 20, .9f);
    find(&p, 0, RIGHT_SHOULDER, 60, 20, .9f);
    find(&p, 0, LEFT_KNEE, 40, 70, .9f);
    find(&p, 1, LEFT_SHOULDER, 60, 27, .9f); /* within twice --agree */
    find(&p, 1, RIGHT_SHOULDER, 90, 20, .9f);
    find(&p, 1, LEFT_KNEE, 60, 70, .9f);
    merge(&p);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_TEACHERS, 2, 60, 70);
    p.rules.accord = .6f; /* of two, one is half */
    merge(&p);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_NONE, 0, 0, 0);
}

static void judges_a_single_teacher_by_neighbours(void **state) {
    (void)state;
    struct person p;
    begin(&p);
    p.human[LEFT_ANKLE] = (struct sinew_label){50, 90, 2};
    find(&p, 1, LEFT_ANKLE, 50, 93, .5f);
    find(&p, 1, LEFT_HEEL, 48, 95, .5f);
    find(&p, 1, LEFT_BIG_TOE, 60, 97, .2f); /* not found */
    merge(&p);
    check(&p, LEFT_HEEL, SINEW_ORIGIN_TEACHERS, 2, 48, 95);
    check(&p, LEFT_BIG_TOE, SINEW_ORIGIN_NONE, 0, 0, 0);
    find(&p, 1, LEFT_ANKLE, 50, 95, .5f); /* 5 of 100 off */
    merge(&p);
    check(&p, LEFT_HEEL, SINEW_ORIGIN_NONE, 0, 0, 0);
    /* Both shoulders count for head and neck, one that is not labelled not. */
    begin(&p);
    p.human[LEFT_SHOULDER] = (struct sinew_label){60, 20, 2};
    find(&p, 2, LEFT_SHOULDER, 61, 20, .5f);
    find(&p, 2, RIGHT_SHOULDER, 40, 20, .5f);
    find(&p, 2, HEAD, 50, 2, .5f);
    merge(&p);
    check(&p, HEAD, SINEW_ORIGIN_TEACHERS, 4, 50, 2);
    p.human[RIGHT_SHOULDER] = (struct sinew_label){46, 20, 2};
    merge(&p);
    check(&p, HEAD, SINEW_ORIGIN_NONE, 0, 0, 0);
    /* Without any neighbour there is nothing to judge by. */
    begin(&p);
    find(&p, 2, NECK, 50, 15, 1);
    merge(&p);
    check(&p, NECK, SINEW_ORIGIN_NONE, 0, 0, 0);
}

static void derives_the_middle_of_the_hips(void **state) {
    (void)state;
    struct person p;
    begin(&p);
    p.human[LEFT_HIP] = (struct sinew_label){60, 50, 2};
    merge(&p);
    check(&p, MID_HIP, SINEW_ORIGIN_NONE, 0, 0, 0);
    find(&p, 0, RIGHT_HIP, 50, 54, .9f);
    merge(&p);
    check(&p, MID_HIP, SINEW_ORIGIN_DERIVED, 0, 55, 52);
    p.human[MID_HIP] = (struct sinew_label){57, 57, 2};
    merge(&p);
    check(&p, MID_HIP, SINEW_ORIGIN_HUMAN, 0, 57, 57);
}

/* A face 22 from ear to ear over a trunk of 30, then of 60. */
static void drops_people_squeezed_into_portraits(void **state) {
    (void)state;
    struct person p;
    begin(&p);
    find(&p, 0, LEFT_EYE, 55, 10, .9f);
    find(&p, 0, RIGHT_EYE, 45, 10, .9f);
    find(&p, 0, LEFT_SHOULDER, 60, 20, .9f);
    find(&p, 0, LEFT_HIP, 60, 50, .9f);
    find(&p, 0, LEFT_KNEE, 60, 90, .9f);
    merge(&p);
    check(&p, LEFT_EYE, SINEW_ORIGIN_TEACHERS, 1, 55, 10);
    check(&p, LEFT_SHOULDER, SINEW_ORIGIN_NONE, 0, 0, 0);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_NONE, 0, 0, 0);
    find(&p, 0, LEFT_HIP, 60, 80, .9f);
    merge(&p);
    check(&p, LEFT_SHOULDER, SINEW_ORIGIN_TEACHERS, 1, 60, 20);
    check(&p, LEFT_KNEE, SINEW_ORIGIN_TEACHERS, 1, 60, 90);
}

static void spells_origins(void **state) {
    (void)state;
    static const char letters[] = ".htdx";
    for (int i = 0; i <= SINEW_ORIGIN_REFUSED; i++)
        assert_int_equal(sinew_origin_letter(i), letters[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(averages_those_who_agree),
        cmocka_unit_test(needs_one_who_is_sure),
        cmocka_unit_test(settles_without_the_first),
        cmocka_unit_test(keeps_what_people_said),
        cmocka_unit_test(hears_nobody_who_is_wrong_about_the_rest),
        cmocka_unit_test(judges_a_single_teacher_by_neighbours),
        cmocka_unit_test(derives_the_middle_of_the_hips),
        cmocka_unit_test(drops_people_squeezed_into_portraits),
        cmocka_unit_test(spells_origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
