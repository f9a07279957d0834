/*
 * biomech_angles.c - angles of a stick figure come back as they were put in,
 * whichever way it faces, however the camera rolls, at any size; facing and the
 * better leg are found; what is missing is said.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/rng.h"
#include "biomech/body.h"
#include "stick.h"

#define A(name) sinew_angle_find(name)

static const struct stick standing = {
    .metre = 240, .x = 320, .y = 240, .height = 1.75};

static struct sinew_body body_of(const char *const *names, int n) {
    struct sinew_body body;
    assert_int_equal(sinew_body_init(&body, names, n), SINEW_OK);
    return body;
}

static void figure_of(const sinew_keypoint *points, const char *const *names,
                      int n, struct sinew_figure *figure) {
    struct sinew_body body = body_of(names, n);
    for (int part = 0; part < SINEW_PART_COUNT; part++)
        if (body.index[part] >= 0) {
            const sinew_keypoint *k = &points[body.index[part]];
            figure->spots[part] = (struct sinew_spot){
                (double)k->x, (double)k->y, (double)k->score,
                isfinite(k->x) ? 0 : SINEW_FLAG_MISSING};
        }
    sinew_figure_derive(figure, &body, 640, 480);
}

static void measure(const struct stick *s, struct sinew_raw_angle angles[]) {
    sinew_keypoint points[STICK_POINTS];
    struct sinew_figure figure;
    stick_draw(s, points);
    figure_of(points, stick_names, STICK_POINTS, &figure);
    sinew_angles_measure(&figure, s->faces_left ? -1 : 1, angles);
}

static void expect(const struct sinew_raw_angle angles[],
                   const struct stick *s) {
    const double want[] = {s->hip[0],   s->hip[1],   s->knee[0], s->knee[1],
                           s->ankle[0], s->ankle[1], s->arm[0],  s->arm[1],
                           s->elbow[0], s->elbow[1], s->neck};
    static const char *const names[] = {
        "hip_flexion_r", "hip_flexion_l", "knee_angle_r", "knee_angle_l",
        "ankle_angle_r", "ankle_angle_l", "arm_flex_r",   "arm_flex_l",
        "elbow_flex_r",  "elbow_flex_l",  "neck_flexion"};
    for (int i = 0; i < 11; i++) {
        const struct sinew_raw_angle *angle = &angles[A(names[i])];
        if (!(fabs(angle->degrees - want[i]) <= 0.01) || angle->flags)
            fail_msg("%s: %.5f (flags %x) instead of %.5f", names[i],
                     angle->degrees, (unsigned)angle->flags, want[i]);
    }
}

static void random_pose(struct stick *s, struct sinew_rng *rng) {
#define BETWEEN(low, high) ((low) + ((high) - (low)) * sinew_rng_uniform(rng))
    for (int side = 0; side < 2; side++) {
        s->hip[side] = BETWEEN(-40, 150);
        s->knee[side] = BETWEEN(-20, 165);
        s->ankle[side] = BETWEEN(-70, 50);
        s->arm[side] = BETWEEN(-70, 200);
        s->elbow[side] = BETWEEN(-20, 165);
    }
    s->lean = BETWEEN(-90, 130);
    s->neck = BETWEEN(-90, 100);
}

static void angles_come_back(void **state) {
    (void)state;
    struct sinew_raw_angle angles[SINEW_ANGLE_COUNT];
    struct sinew_rng rng;
    sinew_rng_seed(&rng, 2);
    for (int i = 0; i < 2000; i++) {
        struct stick s = standing;
        random_pose(&s, &rng);
        s.faces_left = i % 2;
        s.x = 320;
        s.metre = 150;
        s.y = 300;
        measure(&s, angles);
        expect(angles, &s);
        assert_true(fabs(angles[A("trunk_lean")].degrees - s.lean) <= 0.01);
    }
}

static void standing_is_zero(void **state) {
    (void)state;
    struct sinew_raw_angle angles[SINEW_ANGLE_COUNT];
    for (int left = 0; left < 2; left++) {
        struct stick s = standing;
        s.metre = 200;
        s.faces_left = left;
        measure(&s, angles);
        for (int i = 0; i < SINEW_ANGLE_COUNT; i++)
            if (strcmp(sinew_angle_describe(i).joint, "wrist") != 0)
                assert_true(fabs(angles[i].degrees) < 0.01);
    }
}

/* The angles of a mirror image are those of the other side. */
static void a_mirror_swaps_sides(void **state) {
    (void)state;
    struct sinew_rng rng;
    sinew_rng_seed(&rng, 3);
    for (int i = 0; i < 200; i++) {
        struct stick s = standing;
        struct sinew_raw_angle angles[SINEW_ANGLE_COUNT];
        sinew_keypoint points[STICK_POINTS];
        struct sinew_figure figure;
        random_pose(&s, &rng);
        s.metre = 120;
        stick_draw(&s, points);
        stick_mirror(points, 640);
        figure_of(points, stick_names, STICK_POINTS, &figure);
        sinew_angles_measure(&figure, -1, angles);
        struct stick swapped = s;
        for (int side = 0; side < 2; side++) {
            swapped.hip[side] = s.hip[!side];
            swapped.knee[side] = s.knee[!side];
            swapped.ankle[side] = s.ankle[!side];
            swapped.arm[side] = s.arm[!side];
            swapped.elbow[side] = s.elbow[!side];
        }
        expect(angles, &swapped);
    }
}

static void a_rolled_camera_changes_the_trunk_only(void **state) {
    (void)state;
    struct stick s = standing;
    struct sinew_raw_angle angles[SINEW_ANGLE_COUNT];
    s.hip[0] = 40, s.knee[0] = 70, s.ankle[0] = -12, s.hip[1] = -15;
    s.knee[1] = 5, s.arm[0] = 30, s.elbow[1] = 80, s.lean = 10, s.neck = 20;
    s.metre = 120;
    for (int left = 0; left < 2; left++)
        for (s.roll = -170; s.roll < 180; s.roll += 17) {
            s.faces_left = left;
            measure(&s, angles);
            expect(angles, &s);
            double lean = s.lean + (left ? -s.roll : s.roll);
            lean = sinew_angle_wrap(A("trunk_lean"), lean, NAN);
            double off = angles[A("trunk_lean")].degrees - lean;
            assert_true(fabs(off) < 0.01);
        }
}

/* The evidence for facing, and that it survives a roll. */
static void facing_is_found(void **state) {
    (void)state;
    struct stick s = standing;
    sinew_keypoint points[STICK_POINTS];
    struct sinew_figure figure;
    s.metre = 120;
    for (int left = 0; left < 2; left++)
        for (s.roll = -180; s.roll < 180; s.roll += 30)
            for (int walk = 0; walk < 2; walk++) {
                s.faces_left = left;
                s.hip[0] = walk * 25, s.hip[1] = walk * -20;
                s.knee[0] = walk * 60, s.knee[1] = walk * -8;
                stick_draw(&s, points);
                figure_of(points, stick_names, STICK_POINTS, &figure);
                double say = sinew_facing_evidence(&figure);
                assert_true(left ? say < -0.5 : say > 0.5);
            }
}

/* Sets without feet look at the face, and those without a face at the knees. */
static void facing_is_found_without_feet(void **state) {
    (void)state;
    struct stick s = standing;
    sinew_keypoint points[STICK_POINTS];
    struct sinew_figure figure;
    for (int left = 0; left < 2; left++) {
        s.faces_left = left;
        s.knee[0] = 0;
        s.metre = 120;
        stick_draw(&s, points);
        figure_of(points, stick_names, 17, &figure); /* COCO */
        double say = sinew_facing_evidence(&figure);
        assert_true(left ? say < -0.5 : say > 0.5);
        figure_of(points + 5, stick_names + 5, 12, &figure); /* no head */
        assert_false(fabs(sinew_facing_evidence(&figure)) > 0.3);
        s.knee[0] = 40;
        stick_draw(&s, points);
        figure_of(points + 5, stick_names + 5, 12, &figure);
        say = sinew_facing_evidence(&figure);
        assert_true(left ? say < -0.5 : say > 0.5);
    }
}

static void a_bad_frame_does_not_turn_anybody(void **state) {
    (void)state;
    struct sinew_vote vote = {0};
    double time[90], say[90];
    int8_t states[90];
    for (int i = 0; i < 90; i++) {
        time[i] = i / 30.0;
        say[i] = i < 45 ? 0.8 : -0.8;
        if (i % 7 == 3) say[i] = -say[i]; /* bad frames */
        if (i % 11 == 5) say[i] = NAN;
        if (i < 4) say[i] = 0.1; /* not sure yet */
    }
    sinew_vote_all(time, say, 90, SINEW_FACING_THRESHOLD, states);
    int turns = 0, live_turns = 0, before = 0;
    for (int i = 0; i < 90; i++) {
        int state_now =
            sinew_vote_step(&vote, SINEW_FACING_THRESHOLD, time[i], say[i]);
        if (i > 0) turns += states[i] != states[i - 1];
        if (i > 10) live_turns += state_now != before;
        before = state_now;
    }
    assert_int_equal(states[0], 1); /* as what came after */
    assert_int_equal(states[89], -1);
    assert_int_equal(turns, 1);
    assert_int_equal(live_turns, 1);
    assert_int_equal(vote.state, -1);
    for (int i = 1; i < 90; i++)
        if (states[i] != states[i - 1]) assert_in_range(i, 42, 49);
}

static void the_leg_seen_better_is_chosen(void **state) {
    (void)state;
    struct stick s = standing;
    sinew_keypoint points[STICK_POINTS];
    struct sinew_figure figure;
    s.metre = 120;
    stick_draw(&s, points);
    figure_of(points, stick_names, STICK_POINTS, &figure);
    /* Equal scores: the near leg. */
    assert_true(sinew_side_evidence(&figure, 1) > SINEW_SIDE_THRESHOLD);
    assert_true(sinew_side_evidence(&figure, -1) < -SINEW_SIDE_THRESHOLD);
    points[14].score = points[16].score = points[25].score = 0.4f;
    figure_of(points, stick_names, STICK_POINTS, &figure);
    assert_true(sinew_side_evidence(&figure, 1) < -SINEW_SIDE_THRESHOLD);
}

static void what_is_missing_is_said(void **state) {
    (void)state;
    struct stick s = standing;
    sinew_keypoint points[STICK_POINTS];
    struct sinew_figure figure;
    struct sinew_raw_angle a[SINEW_ANGLE_COUNT];
    s.metre = 120;
    stick_draw(&s, points);
    figure_of(points, stick_names, 17, &figure); /* COCO has no feet */
    sinew_angles_measure(&figure, 1, a);
    assert_true(isnan(a[A("ankle_angle_r")].degrees));
    assert_int_equal(a[A("ankle_angle_r")].flags, SINEW_FLAG_NO_KEYPOINT);
    assert_true(fabs(a[A("hip_flexion_r")].degrees) < 0.01);
    points[14].x = points[14].y = NAN;
    figure_of(points, stick_names, STICK_POINTS, &figure);
    sinew_angles_measure(&figure, 1, a);
    assert_int_equal(a[A("knee_angle_r")].flags, SINEW_FLAG_MISSING);
    assert_true(isnan(a[A("knee_angle_r")].degrees));
    assert_true(isfinite(a[A("knee_angle_l")].degrees));
    sinew_angles_measure(&figure, 0, a);
    assert_int_equal(a[A("knee_angle_l")].flags, SINEW_FLAG_NO_FACING);
    assert_true(isnan(a[A("knee_angle_l")].degrees));
}

static void cut_and_oblique_people_are_told(void **state) {
    (void)state;
    struct stick s = standing;
    sinew_keypoint points[STICK_POINTS];
    struct sinew_figure figure;
    struct sinew_raw_angle a[SINEW_ANGLE_COUNT];
    s.y = 277; /* the feet stand on the last row */
    stick_draw(&s, points);
    figure_of(points, stick_names, STICK_POINTS, &figure);
    sinew_angles_measure(&figure, 1, a);
    assert_int_equal(a[A("ankle_angle_r")].flags, SINEW_FLAG_CUT);
    assert_int_equal(a[A("hip_flexion_r")].flags, 0);
    assert_true(isfinite(a[A("ankle_angle_r")].degrees));
    s.metre = 120;
    stick_draw(&s, points);
    points[5].x += 15, points[6].x -= 15; /* of a trunk of 60 pixels */
    figure_of(points, stick_names, STICK_POINTS, &figure);
    sinew_angles_measure(&figure, 1, a);
    assert_int_equal(a[A("hip_flexion_r")].flags, SINEW_FLAG_OBLIQUE);
}

/* Any angle lands in its range, whatever turns it has; no body passes the cut.
 * An arm that circles goes on. */
static void ranges_are_kept(void **state) {
    (void)state;
    for (int i = 0; i < SINEW_ANGLE_COUNT; i++) {
        sinew_angle_info info = sinew_angle_describe(i);
        assert_int_equal(sinew_angle_find(info.name), i);
        assert_true(info.cut < info.low && info.high < info.cut + 360);
        for (double d = -1000; d < 1000; d += 7.3) {
            double w = sinew_angle_wrap(i, d, NAN);
            assert_true(w >= info.cut && w < info.cut + 360);
            assert_true(fabs(remainder(w - d, 360)) < 1e-9);
        }
        double before = 0, last = 0;
        for (double d = 0; d < 1000; d += 20, before = last) {
            last = sinew_angle_wrap(i, d - 360 * floor(d / 360), before);
            if (info.turns) assert_true(fabs(last - d) < 1e-9);
        }
    }
    assert_int_equal(sinew_angle_find("knee"), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(angles_come_back),
        cmocka_unit_test(standing_is_zero),
        cmocka_unit_test(a_mirror_swaps_sides),
        cmocka_unit_test(a_rolled_camera_changes_the_trunk_only),
        cmocka_unit_test(facing_is_found),
        cmocka_unit_test(facing_is_found_without_feet),
        cmocka_unit_test(a_bad_frame_does_not_turn_anybody),
        cmocka_unit_test(the_leg_seen_better_is_chosen),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(cut_and_oblique_people_are_told),
        cmocka_unit_test(ranges_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
