/*
 * identity.c - numbers of people whose way is known: stick figures that walk,
 * cross, hide and come back.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "base/rng.h"
#include "pose/identity.h"
#include "pose/skeleton.h"

enum { WIDTH = 1280, HEIGHT = 720, POINTS = 17 };

/* A figure of COCO's keypoints that walks: feet at (x, y), so high, seen from
 * the side it walks to, `phase` of its step. */
static sinew_person figure(double x, double y, double high, double way,
                           double phase) {
    /* Height above the ground and distance ahead, in body heights; how far it
     * swings. */
    static const double body[POINTS][3] = {
        {.93, .05, 0},    {.95, .04, 0},    {.95, .03, 0},    {.94, .00, 0},
        {.94, -.01, 0},   {.81, .00, .01},  {.81, .00, -.01}, {.63, .00, .06},
        {.63, .00, -.06}, {.48, .02, .12},  {.48, .02, -.12}, {.52, .00, .01},
        {.52, .00, -.01}, {.28, .01, -.08}, {.28, .01, .08},  {.04, .00, -.2},
        {.04, .00, .2}};
    sinew_person person = {.n_keypoints = POINTS, .score = .8f};
    for (int k = 0; k < POINTS; k++) {
        const double ahead = body[k][1] + body[k][2] * sin(phase);
        person.keypoints[k] =
            (sinew_keypoint){(float)(x + way * ahead * high),
                             (float)(y - body[k][0] * high), .8f};
    }
    sinew_person_bounds(&person, .2f, &person.box);
    return person;
}

static void shake(sinew_person *person, struct sinew_rng *rng, double by) {
    for (int k = 0; k < person->n_keypoints; k++) {
        person->keypoints[k].x += (float)(by * sinew_rng_normal(rng));
        person->keypoints[k].y += (float)(by * sinew_rng_normal(rng));
    }
}

static struct sinew_identity start(double keep) {
    struct sinew_identity identity;
    struct sinew_identity_rules rules = {
        .n_joints = POINTS, .threshold = .2f, .keep = keep};
    const struct sinew_skeleton *set = sinew_skeleton_find("coco17");
    for (int k = 0; k < POINTS; k++)
        rules.sigmas[k] = set->joints[k].sigma;
    assert_int_equal(sinew_identity_init(&identity, &rules), SINEW_OK);
    return identity;
}

/* Shows people at a time; their numbers go to ids. */
static void show(struct sinew_identity *identity, double time,
                 const sinew_person *people, int n, int64_t *ids) {
    static struct sinew_sight sights[SINEW_MAX_PERSONS];
    for (int i = 0; i < n; i++)
        sights[i] = (struct sinew_sight){.person = people[i], .begins = true};
    sinew_identity_expect(identity, time, WIDTH, HEIGHT);
    sinew_identity_see(identity, sights, n);
    for (int i = 0; i < n; i++)
        ids[i] = sights[i].id;
}

/* Two who walk towards each other at 1.4 m/s, one a little nearer. While they
 * are less than `hidden` pixels apart the farther is not seen; with `doubles`
 * the nearer is seen once more in its place. */
static void check_crossing(double rate, double hidden, bool doubles,
                           double noise) {
    struct sinew_identity identity = start(3);
    struct sinew_rng rng;
    int both = 0;
    sinew_rng_seed(&rng, 3);
    for (int f = 0; f < 6 * rate; f++) {
        const double t = f / rate, v = 1.4 / 1.75 * 330;
        const double x = 240 + v * t, other = 1040 - v * t * .9;
        sinew_person people[2] = {figure(x, 600, 330, 1, 8 * t),
                                  figure(other, 580, 300, -1, 7 * t + 1)};
        int64_t ids[2];
        int n = 2;
        if (fabs(x - other) < hidden) {
            if (doubles)
                people[1] = people[0];
            else
                n = 1;
        }
        for (int i = 0; i < n; i++)
            shake(&people[i], &rng, noise);
        if (f % 2 && n == 2) { /* the order must not matter */
            const sinew_person first = people[0];
            people[0] = people[1];
            people[1] = first;
        }
        show(&identity, t, people, n, ids);
        if (n == 2 && f % 2) {
            const int64_t first = ids[0];
            ids[0] = ids[1];
            ids[1] = first;
        }
        const double apart = fabs(x - other);
        if (n == 2 && apart < (doubles ? hidden : 40)) {
            /* Two so alike may be one: one of them is nobody. */
            assert_true(ids[0] == 0 || ids[1] == 0 ||
                        (ids[0] == 1 && ids[1] == 2));
        }
        if (apart < 10) continue; /* nobody could tell who it is */
        if (n == 1 || (doubles && apart < hidden))
            assert_int_equal(ids[0] + (n == 2 ? ids[1] : 0), 1);
        if (n == 2 && apart >= (doubles ? hidden : 40)) {
            assert_int_equal(ids[0], 1);
            assert_int_equal(ids[1], 2);
            both++;
        }
    }
    assert_true(both > rate);
    sinew_identity_clear(&identity);
}

static void people_cross(void **state) {
    (void)state;
    static const double rates[] = {60, 30, 25, 15, 10, 5};
    for (int r = 0; r < 6; r++)
        for (int noise = 0; noise < 2; noise++) {
            check_crossing(rates[r], 0, false, 3 * noise);
            check_crossing(rates[r], 60, false, 3 * noise);
            check_crossing(rates[r], 150, false, 3 * noise);
            check_crossing(rates[r], 60, true, 3 * noise);
            check_crossing(rates[r], 120, true, 3 * noise);
        }
}

/* Somebody who walks is gone from `from` to `to`. */
static int64_t number_after(double keep, double from, double to) {
    struct sinew_identity identity = start(keep);
    int64_t id = 0;
    for (int f = 0; f <= 30 * (to + .5); f++) {
        const double t = f / 30.;
        const sinew_person person = figure(300 + 60 * t, 600, 300, 1, 8 * t);
        if (t > from && t < to)
            show(&identity, t, NULL, 0, NULL);
        else
            show(&identity, t, &person, 1, &id);
    }
    sinew_identity_clear(&identity);
    return id;
}

static void who_was_gone_comes_back(void **state) {
    (void)state;
    assert_int_equal(number_after(3, 1, 1.1), 1);
    assert_int_equal(number_after(3, 1, 2), 1);
    assert_int_equal(number_after(3, 1, 3.9), 1);
    assert_int_equal(number_after(3, 1, 4.2), 2);
    assert_int_equal(number_after(.5, 1, 2), 2);
    assert_int_equal(number_after(.05, 1, 1.1), 2);
}

/* Out of the frame at one edge and in again. */
static void who_left_comes_back(void **state) {
    (void)state;
    struct sinew_identity identity = start(3);
    for (int f = 0; f < 150; f++) {
        const double t = f / 30., x = 300 - 250 * t + 62.5 * t * t;
        const sinew_person people[2] = {
            figure(900, 600, 300, 1, 0),
            figure(x, 600, 300, t < 2 ? -1 : 1, 8 * t)};
        int64_t ids[2];
        const int n = x > 60 ? 2 : 1;
        show(&identity, t, people, n, ids);
        assert_int_equal(ids[0], 1);
        if (n == 2) assert_int_equal(ids[1], 2);
    }
    sinew_identity_clear(&identity);
}

/* A number is nobody else's, ever. */
static void numbers_are_not_given_again(void **state) {
    (void)state;
    struct sinew_identity identity = start(.2);
    int64_t last = 0, id;
    for (int visit = 0; visit < 300; visit++) {
        const sinew_person person =
            figure(200 + visit % 7 * 100, 600, 200 + visit % 5 * 60, 1, 0);
        show(&identity, visit, &person, 1, &id);
        assert_int_equal(id, last + 1);
        last = id;
    }
    assert_int_equal(identity.n_tracks, 1);
    sinew_identity_reset(&identity);
    const sinew_person person = figure(200, 600, 200, 1, 0);
    show(&identity, 0, &person, 1, &id);
    assert_int_equal(id, 1);
    sinew_identity_clear(&identity);
}

/* More people come and go than there is room to remember. */
static void the_longest_lost_are_forgotten(void **state) {
    (void)state;
    struct sinew_identity identity = start(1e6);
    int64_t ids[SINEW_MAX_PERSONS];
    static sinew_person people[SINEW_MAX_PERSONS];
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < SINEW_MAX_PERSONS; i++)
            people[i] = figure(1e4 * (i + 1) + 1e6 * round, 600, 200, 1, 0);
        show(&identity, 1e-3 * round, people, SINEW_MAX_PERSONS, ids);
        for (int i = 0; i < SINEW_MAX_PERSONS; i++)
            assert_int_equal(ids[i], SINEW_MAX_PERSONS * round + i + 1);
        assert_true(identity.n_tracks <= SINEW_MAX_TRACKS);
    }
    sinew_identity_clear(&identity);
}

static void a_crowd_keeps_its_numbers(void **state) {
    (void)state;
    enum { MANY = 24 };
    struct sinew_identity identity = start(3);
    struct sinew_rng rng;
    sinew_rng_seed(&rng, 8);
    for (int f = 0; f < 90; f++) {
        sinew_person people[MANY];
        int64_t ids[MANY];
        int who[MANY], n = 0;
        const double t = f / 30.;
        for (int i = 0; i < MANY; i++) {
            if (f > 0 && sinew_rng_below(&rng, 10) == 0) continue; /* missed */
            people[n] =
                figure(60 + i % 8 * 150 + 30 * sin(2 * t + i),
                       230 + i / 8 * 220, 200, i % 2 ? 1 : -1, 6 * t + i);
            shake(&people[n], &rng, 2);
            for (int k = 0; f > 0 && k < POINTS; k++) /* half seen */
                if (sinew_rng_below(&rng, 4) == 0)
                    people[n].keypoints[k].score = .05f;
            who[n++] = i;
        }
        show(&identity, t, people, n, ids);
        for (int i = 0; i < n; i++)
            assert_int_equal(ids[i], who[i] + 1);
    }
    sinew_identity_clear(&identity);
}

/* A sight that may not begin is nobody unless expected; one body counts once,
 * the better sight of it. */
static void not_every_sight_is_somebody(void **state) {
    (void)state;
    struct sinew_identity identity = start(3);
    static struct sinew_sight sights[3];
    sights[0].person = figure(300, 600, 300, 1, 0);
    sinew_identity_expect(&identity, 0, WIDTH, HEIGHT);
    sinew_identity_see(&identity, sights, 1);
    assert_int_equal(sights[0].id, 0);
    assert_int_equal(identity.n_tracks, 0);

    sights[1] = sights[0];
    sights[1].begins = sights[0].begins = true;
    sights[1].person.score = .9f;
    shake(&sights[1].person, &(struct sinew_rng){{1, 2, 3, 4}}, 2);
    sights[2] = (struct sinew_sight){figure(800, 600, 300, 1, 0), true, 0};
    sinew_identity_see(&identity, sights, 3);
    assert_int_equal(sights[0].id, 0);
    assert_int_equal(sights[1].id, 1);
    assert_int_equal(sights[2].id, 2);
    sinew_identity_expect(&identity, .04, WIDTH, HEIGHT);
    sights[2].begins = false;
    sinew_identity_see(&identity, sights + 2, 1);
    assert_int_equal(sights[2].id, 2);
    assert_false(identity.tracks[0].present);
    assert_true(identity.tracks[1].present);
    sinew_identity_clear(&identity);
}

/* Expected where he goes on, slower and slower, within the frame. */
static void velocity_carries_on(void **state) {
    (void)state;
    struct sinew_identity identity = start(9);
    int64_t id;
    for (int f = 0; f <= 60; f++) {
        const sinew_person person =
            figure(300 + 8 * f, 600 - 2 * f, 300, 1, .2 * f);
        show(&identity, f / 30., &person, 1, &id);
    }
    const struct sinew_track_state *track = &identity.tracks[0];
    assert_float_equal(track->vx, 240, 12);
    assert_float_equal(track->vy, -60, 6);
    sinew_identity_expect(&identity, 2 + 1 / 30., WIDTH, HEIGHT);
    assert_float_equal(track->last.dx, 8, .6);
    assert_float_equal(track->clear.dx, 8, .6);
    sinew_identity_expect(&identity, 3, WIDTH, HEIGHT);
    assert_float_equal(track->ahead.x - track->reach.x, 240 * (1 - exp(-1)), 8);
    sinew_identity_expect(&identity, 10, 900, HEIGHT);
    assert_float_equal(track->last.bounds.x + track->last.bounds.width / 2 +
                           track->last.dx,
                       899, .1);
    sinew_identity_clear(&identity);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_cross),
        cmocka_unit_test(who_was_gone_comes_back),
        cmocka_unit_test(who_left_comes_back),
        cmocka_unit_test(numbers_are_not_given_again),
        cmocka_unit_test(the_longest_lost_are_forgotten),
        cmocka_unit_test(a_crowd_keeps_its_numbers),
        cmocka_unit_test(not_every_sight_is_somebody),
        cmocka_unit_test(velocity_carries_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
