/*
 * biomech_standing.c - what standing still and height tell: zero of the angles,
 * in recordings and while waiting for it live, and metres.
 */
#include "motion.h"

static void standing_becomes_zero(void **state) {
    (void)state;
    struct scene scene = walking;
    scene.pose = stand_and_go;
    sinew_measure_options o = plain(SINEW_FILTER_NONE);
    for (int how = 0; how < 3; how++) {
        o.standing = how == 0 ? SINEW_STANDING_AUTO : SINEW_STANDING_SPAN;
        o.begin = how == 1 ? 0.2 : 0.5;
        o.end = how == 1 ? 1.2 : 0.5; /* a frame */
        sinew_motion *motion = solve(&scene, &o);
        sinew_motion_info info = sinew_motion_describe(motion);
        assert_true(info.begin >= 2 && info.end < 3.7);
        near_to(info.zero[A("knee_angle_l")], 6, 0.01);
        near_to(info.zero[A("hip_flexion_r")], 4, 0.31);
        near_to(info.zero[A("ankle_angle_r")], -3, 0.01);
        assert_true(info.zero[A("arm_flex_r")] == 0); /* arms may hang anyhow */
        sinew_reading r;
        sinew_motion_read(motion, 12, &r);
        near_to(r.angles[A("knee_angle_l")].degrees, 0, 0.01);
        near_to(r.muscles[M("med_gas")][0].strain, 0, 0.01);
        near_to(r.angles[A("knee_angle_l")].sd, 4.86, 0.01);
        sinew_motion_read(motion, 100, &r);
        near_to(r.angles[A("knee_angle_l")].degrees,
                walker(100 / 30.0).knee[1] - 6, 0.01);
        sinew_motion_free(&motion);
    }
}

/* Slack and still, then straight with some sway. */
static struct stick slack_then_straight(double t) {
    struct stick s = stander(0);
    s.hip[0] = s.hip[1] = 0;
    s.knee[0] = s.knee[1] = t < 1.5 ? 14
                            : t < 2 ? 14 - 26 * (t - 1.5)
                                    : 1 + 0.4 * sin(9 * t);
    return s;
}

static void the_straighter_second_is_taken(void **state) {
    (void)state;
    struct scene scene = walking;
    scene.pose = slack_then_straight;
    sinew_measure_options o = plain(SINEW_FILTER_NONE);
    o.standing = SINEW_STANDING_AUTO;
    sinew_motion *motion = solve(&scene, &o);
    sinew_motion_info info = sinew_motion_describe(motion);
    assert_true(info.begin >= 4 - 1e-9);
    near_to(info.zero[A("knee_angle_r")], 1, 0.3);
    sinew_motion_free(&motion);
}

static void no_standing_is_an_error(void **state) {
    (void)state;
    sinew_motion *motion = record(&walking);
    sinew_measure_options o = plain(SINEW_FILTER_NONE);
    o.standing = SINEW_STANDING_AUTO;
    assert_int_equal(sinew_motion_solve(motion, &o), SINEW_NOTFOUND);
    assert_non_null(strstr(sinew_error_message(), "no second of quiet"));
    o.standing = SINEW_STANDING_SPAN;
    o.begin = o.end = 0.3; /* a bent knee */
    assert_int_equal(sinew_motion_solve(motion, &o), SINEW_INVALID);
    assert_non_null(strstr(sinew_error_message(), "which is not standing"));
    o.begin = 3;
    assert_int_equal(sinew_motion_solve(motion, &o), SINEW_INVALID);
    sinew_motion_free(&motion);
}

static void height_gives_metres(void **state) {
    (void)state;
    sinew_measure_options o = plain(SINEW_FILTER_NONE);
    o.height = 1.8;
    sinew_motion *motion = solve(&walking, &o);
    sinew_motion_info info = sinew_motion_describe(motion);
    near_to(info.scale, 1 / 150.0, 1e-6);
    near_to(info.thigh, 0.245 * 1.8, 1e-5);
    near_to(info.shank, 0.246 * 1.8, 1e-5);
    sinew_reading r;
    sinew_motion_read(motion, 50, &r);
    const sinew_mtu_value *v = &r.muscles[M("soleus")][1];
    near_to(v->length, v->ratio * 0.246 * 1.8, 1e-5);
    /* The models differ by 8.7 % there. */
    assert_true(v->length_sd > 0.08 * v->length &&
                v->length_sd < 0.12 * v->length);
    sinew_motion_free(&motion);
}

static void live_standing_is_awaited(void **state) {
    (void)state;
    struct scene scene = walking;
    scene.pose = stand_and_go;
    for (int how = 0; how < 2; how++) {
        sinew_measure_options o = plain(SINEW_FILTER_NONE);
        o.standing = how ? SINEW_STANDING_SPAN : SINEW_STANDING_AUTO;
        o.begin = 0.1;
        o.end = 1;
        sinew_measure *live;
        assert_int_equal(
            sinew_measure_create(&live, stick_names, STICK_POINTS, &o),
            SINEW_OK);
        for (int i = 0; i < FRAMES; i++) {
            sinew_keypoint points[STICK_POINTS];
            sinew_reading r;
            bool seen;
            shoot(&scene, i, NULL, points, &seen);
            assert_int_equal(sinew_measure_step(live, i / 30.0, points, &r),
                             SINEW_OK);
            bool waiting = r.flags & SINEW_FLAG_UNCALIBRATED;
            if (i < 20) assert_true(waiting);
            if (i > 34) assert_false(waiting);
            double knee = scene.pose(i / 30.0).knee[1];
            near_to(r.angles[A("knee_angle_l")].degrees,
                    waiting ? knee : knee - 6, 0.01);
        }
        sinew_measure_free(&live);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standing_becomes_zero),
        cmocka_unit_test(the_straighter_second_is_taken),
        cmocka_unit_test(no_standing_is_an_error),
        cmocka_unit_test(height_gives_metres),
        cmocka_unit_test(live_standing_is_awaited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
