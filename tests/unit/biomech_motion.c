/*
 * biomech_motion.c - recordings and live measuring of a stick figure that
 * walks, squats, turns round, is lost and found.
 */
#include "motion.h"

static void nothing_is_added_without_a_filter(void **state) {
    (void)state;
    const sinew_measure_options o = plain(SINEW_FILTER_NONE);
    sinew_motion *motion = solve(&walking, &o);
    sinew_reading r;
    for (int i = 0; i < FRAMES; i++) {
        struct stick s = walker(i / 30.0);
        sinew_motion_read(motion, i, &r);
        near_to(r.time, 2 + i / 30.0, 1e-12);
        assert_int_equal(r.facing, 1);
        assert_int_equal(r.side, SINEW_SIDE_RIGHT);
        assert_int_equal(r.flags, 0);
        near_to(r.angles[A("knee_angle_r")].degrees, s.knee[0], 0.01);
        near_to(r.angles[A("ankle_angle_l")].degrees, s.ankle[1], 0.01);
        double ratio, strain;
        sinew_muscle_length(M("semimem"), SINEW_MTU_DEFAULT, s.hip[1],
                            s.knee[1], 0, &ratio, &strain);
        near_to(r.muscles[M("semimem")][1].ratio, ratio, 1e-4);
        near_to(r.muscles[M("semimem")][1].strain, strain, 0.01);
        assert_true(isnan(r.muscles[M("semimem")][1].length));
        /* The wrist has no finger, whose flag is not the frame's. */
        assert_int_equal(r.angles[A("wrist_flex_r")].flags,
                         SINEW_FLAG_NO_KEYPOINT);
    }
    sinew_motion_free(&motion);
}

static void velocities_are_slopes(void **state) {
    (void)state;
    const sinew_measure_options o = plain(SINEW_FILTER_NONE);
    sinew_motion *motion = solve(&walking, &o);
    sinew_reading r, before, after;
    for (int i = 1; i < FRAMES - 1; i++) {
        sinew_motion_read(motion, i, &r);
        sinew_motion_read(motion, i - 1, &before);
        sinew_motion_read(motion, i + 1, &after);
        int knee = A("knee_angle_r"), gas = M("med_gas");
        near_to(r.angles[knee].velocity,
                (after.angles[knee].degrees - before.angles[knee].degrees) * 15,
                1e-6);
        near_to(r.muscles[gas][0].velocity,
                (after.muscles[gas][0].strain - before.muscles[gas][0].strain) *
                    15,
                1e-6);
        /* And close to the true one: 157 degrees a second at most. */
        double p = 2 * acos(-1) * i / 30.0 + 1.2;
        near_to(r.angles[knee].velocity, 25 * 2 * acos(-1) * sin(p), 2);
    }
    sinew_motion_free(&motion);
}

/* Same numbers from a picture of another size, and from a rolled camera. */
static void size_and_roll_change_nothing(void **state) {
    (void)state;
    static const int filters[] = {SINEW_FILTER_NONE, SINEW_FILTER_ONE_EURO,
                                  SINEW_FILTER_BUTTERWORTH};
    for (int f = 0; f < 3; f++) {
        sinew_measure_options o = plain(filters[f]);
        o.outliers = 0; /* judged along the picture's axes */
        struct scene large = walking, rolled = walking, left = walking;
        large.size = 8;
        rolled.roll = 30;
        left.faces_left = true;
        sinew_motion *a = solve(&walking, &o), *b = solve(&large, &o);
        sinew_motion *c = solve(&rolled, &o), *d = solve(&left, &o);
        for (int i = 0; i < FRAMES; i++) {
            sinew_reading x, y, z, w;
            sinew_motion_read(a, i, &x);
            sinew_motion_read(b, i, &y);
            sinew_motion_read(c, i, &z);
            sinew_motion_read(d, i, &w);
            for (int m = 0; m < SINEW_MUSCLE_COUNT; m++) {
                double strain = x.muscles[m][0].strain;
                near_to(y.muscles[m][0].strain, strain, 1e-9);
                near_to(z.muscles[m][0].strain, strain, 1e-3);
                near_to(w.muscles[m][0].strain, strain, 1e-3);
            }
            for (int k = 0; k < 12; k++) {
                if (k == A("wrist_flex_r") || k == A("wrist_flex_l")) continue;
                near_to(z.angles[k].degrees, x.angles[k].degrees, 0.01);
                near_to(w.angles[k].degrees, x.angles[k].degrees, 0.01);
            }
        }
        sinew_motion_free(&a);
        sinew_motion_free(&b);
        sinew_motion_free(&c);
        sinew_motion_free(&d);
    }
}

/* Root mean square error of the right knee against the truth. */
static double knee_error(const struct scene *scene, int filter) {
    sinew_measure_options o = plain(filter);
    sinew_motion *motion = solve(scene, &o);
    double sum = 0;
    for (int i = 0; i < scene->frames; i++) {
        sinew_reading r;
        sinew_motion_read(motion, i, &r);
        double off = r.angles[A("knee_angle_r")].degrees -
                     scene->pose(i / scene->rate).knee[0];
        sum += off * off;
    }
    sinew_motion_free(&motion);
    return sqrt(sum / scene->frames);
}

static void filters_make_noise_less(void **state) {
    (void)state;
    struct scene noisy = walking;
    noisy.noise = 1.35; /* pixels, of a person of 270 */
    double none = knee_error(&noisy, SINEW_FILTER_NONE);
    double zero_lag = knee_error(&noisy, SINEW_FILTER_BUTTERWORTH);
    double causal = knee_error(&noisy, SINEW_FILTER_ONE_EURO);
    printf("knee, noise of 1.35 pixels: %.2f degrees raw, %.2f Butterworth, "
           "%.2f One-Euro\n",
           none, zero_lag, causal);
    assert_true(none > 2 && zero_lag < 0.65 * none && causal < 4.5);
}

static void hide_knee(int frame, sinew_keypoint *points, bool *seen) {
    if (frame >= 30 && frame < 36) points[14].score = 0.1f; /* short */
    if (frame >= 60 && frame < 85) points[14].x = NAN;      /* long */
    if (frame == 100) points[14].x += 60;                   /* wrong */
    if (frame >= 110 && frame < 113) *seen = false;
}

static void gaps_and_outliers_are_marked(void **state) {
    (void)state;
    struct scene scene = walking;
    scene.spoil = hide_knee;
    sinew_measure_options o = plain(SINEW_FILTER_BUTTERWORTH);
    sinew_motion *motion = solve(&scene, &o);
    sinew_motion_info info = sinew_motion_describe(motion);
    assert_true(info.interpolated > 0);
    assert_true(info.outliers > 0);
    assert_string_equal(info.note, "");
    for (int i = 0; i < FRAMES; i++) {
        sinew_reading r;
        sinew_motion_read(motion, i, &r);
        const sinew_angle_value *knee = &r.angles[A("knee_angle_r")];
        const sinew_angle_value *other = &r.angles[A("knee_angle_l")];
        const sinew_mtu_value *sm = &r.muscles[M("semimem")][0];
        bool lost = i >= 60 && i < 85, nobody = i >= 110 && i < 113;
        bool filled = (i >= 30 && i < 36) || nobody;
        assert_int_equal(isnan(knee->degrees), lost);
        assert_int_equal(isnan(sm->strain), lost);
        assert_int_equal(isnan(sm->velocity), lost);
        assert_int_equal(!!(knee->flags & SINEW_FLAG_MISSING), lost);
        assert_int_equal(!!(sm->flags & SINEW_FLAG_MISSING), lost);
        assert_int_equal(!!(knee->flags & SINEW_FLAG_INTERPOLATED), filled);
        assert_int_equal(!!(r.flags & SINEW_FLAG_INTERPOLATED), filled);
        assert_int_equal(!!(other->flags & SINEW_FLAG_INTERPOLATED), nobody);
        assert_int_equal(!!(knee->flags & SINEW_FLAG_OUTLIER), i == 100);
        if (i == 100) near_to(knee->degrees, walker(i / 30.0).knee[0], 4);
        /* What was filled in is less certain. */
        if (filled) assert_true(knee->sd >= 10);
        if (i == 20) assert_true(knee->sd < 7);
    }
    sinew_motion_free(&motion);
    o.max_gap = 3;
    motion = solve(&scene, &o);
    sinew_reading r;
    sinew_motion_read(motion, 31, &r);
    assert_true(isnan(r.angles[A("knee_angle_r")].degrees));
    sinew_motion_free(&motion);
}

static void a_filter_above_nyquist_is_skipped(void **state) {
    (void)state;
    struct scene slow = walking;
    slow.rate = 5;
    sinew_measure_options o = plain(SINEW_FILTER_BUTTERWORTH);
    o.outliers = 0;
    sinew_motion *motion = solve(&slow, &o);
    sinew_motion_info info = sinew_motion_describe(motion);
    assert_int_equal(info.filter, SINEW_FILTER_NONE);
    assert_non_null(strstr(info.note, "6 Hz is not below half of 5 frames"));
    near_to(info.rate, 5, 1e-9);
    sinew_reading r;
    sinew_motion_read(motion, 7, &r);
    near_to(r.angles[A("knee_angle_r")].degrees, walker(7 / 5.0).knee[0], 0.01);
    sinew_motion_free(&motion);
    o.cutoff = 2;
    motion = solve(&slow, &o);
    assert_string_equal(sinew_motion_describe(motion).note, "");
    sinew_motion_free(&motion);
}

/* Squatting to the heels: beyond what models were fitted to. */
static struct stick squatter(double t) {
    struct stick s = {.metre = 150, .x = 320, .y = 240, .height = 1.8};
    double deep = (1 - cos(2 * acos(-1) * t / 4)) / 2;
    s.hip[0] = s.hip[1] = 125 * deep;
    s.knee[0] = s.knee[1] = 140 * deep;
    s.ankle[0] = s.ankle[1] = 34 * deep;
    s.lean = 45 * deep;
    return s;
}

static void deep_squats_are_flagged(void **state) {
    (void)state;
    struct scene scene = walking;
    scene.pose = squatter;
    sinew_measure_options o = plain(SINEW_FILTER_NONE);
    sinew_motion *motion = solve(&scene, &o);
    for (int i = 0; i < FRAMES; i++) {
        sinew_reading r;
        struct stick s = squatter(i / 30.0);
        sinew_motion_read(motion, i, &r);
        bool thigh = s.hip[0] > 120 || s.knee[0] > 120;
        bool calf = s.knee[0] > 120 || s.ankle[0] > 30;
        assert_int_equal(r.muscles[M("semimem")][0].flags,
                         thigh ? SINEW_FLAG_BEYOND_FIT : 0);
        assert_int_equal(r.muscles[M("med_gas")][1].flags,
                         calf ? SINEW_FLAG_BEYOND_FIT : 0);
        assert_int_equal(r.flags, thigh || calf ? SINEW_FLAG_BEYOND_FIT : 0);
        near_to(r.angles[A("knee_angle_r")].degrees, s.knee[0], 0.01);
    }
    sinew_motion_free(&motion);
}

static void turn_round(int frame, sinew_keypoint *points, bool *seen) {
    (void)seen;
    if (frame >= 60) /* the left leg stays the left leg */
        for (int i = 0; i < STICK_POINTS; i++)
            points[i].x = 639 - points[i].x;
}

static void a_person_may_turn_round(void **state) {
    (void)state;
    struct scene scene = walking;
    scene.spoil = turn_round;
    sinew_measure_options o = plain(SINEW_FILTER_NONE);
    sinew_motion *motion = solve(&scene, &o);
    for (int i = 0; i < FRAMES; i++) {
        sinew_reading r;
        sinew_motion_read(motion, i, &r);
        assert_int_equal(r.facing, i < 60 ? 1 : -1);
        near_to(r.angles[A("knee_angle_r")].degrees, walker(i / 30.0).knee[0],
                0.01);
    }
    sinew_motion_free(&motion);
}

static void live_is_like_a_recording(void **state) {
    (void)state;
    struct scene scene = walking;
    scene.pose = stand_and_go;
    scene.spoil = hide_knee;
    for (int filter = 0; filter < 2; filter++) {
        sinew_measure_options o =
            plain(filter ? SINEW_FILTER_ONE_EURO : SINEW_FILTER_NONE);
        o.height = 1.8;
        o.max_gap = 0;
        o.outliers = 0;
        sinew_motion *motion = solve(&scene, &o);
        sinew_measure *live;
        assert_int_equal(
            sinew_measure_create(&live, stick_names, STICK_POINTS, &o),
            SINEW_OK);
        for (int i = 0; i < FRAMES; i++) {
            sinew_keypoint points[STICK_POINTS];
            sinew_reading a, b;
            bool seen;
            shoot(&scene, i, NULL, points, &seen);
            sinew_motion_read(motion, i, &a);
            assert_int_equal(sinew_measure_step(live, 2 + i / 30.0,
                                                seen ? points : NULL, &b),
                             SINEW_OK);
            assert_int_equal(a.facing, b.facing);
            for (int k = 0; k < SINEW_ANGLE_COUNT; k++) {
                assert_int_equal(a.angles[k].flags, b.angles[k].flags);
                if (isnan(a.angles[k].degrees))
                    assert_true(isnan(b.angles[k].degrees));
                else
                    near_to(b.angles[k].degrees, a.angles[k].degrees, 0.1);
            }
            const sinew_mtu_value *v = &b.muscles[M("med_gas")][1];
            if (i > 10 && seen)
                near_to(v->length, a.muscles[M("med_gas")][1].length, 2e-3);
        }
        sinew_measure_free(&live);
        sinew_motion_free(&motion);
    }
}

static void angles_may_be_given(void **state) {
    (void)state;
    sinew_motion *motion;
    double degrees[SINEW_ANGLE_COUNT];
    assert_int_equal(sinew_motion_create(&motion, NULL, 0), SINEW_OK);
    for (int i = 0; i < FRAMES; i++) {
        struct stick s = walker(i / 30.0);
        for (int k = 0; k < SINEW_ANGLE_COUNT; k++)
            degrees[k] = NAN;
        degrees[A("hip_flexion_r")] = s.hip[0];
        degrees[A("knee_angle_r")] = s.knee[0] + (i % 2 ? 360 : 0);
        if (i >= 50 && i < 55) degrees[A("hip_flexion_r")] = NAN;
        assert_int_equal(sinew_motion_add_angles(motion, i / 30.0, degrees),
                         SINEW_OK);
    }
    sinew_measure_options o = plain(SINEW_FILTER_NONE);
    o.height = 1.8;
    assert_int_equal(sinew_motion_solve(motion, &o), SINEW_OK);
    for (int i = 0; i < FRAMES; i++) {
        sinew_reading r;
        sinew_motion_read(motion, i, &r);
        near_to(r.angles[A("knee_angle_r")].degrees, walker(i / 30.0).knee[0],
                1e-9);
        const sinew_mtu_value *sm = &r.muscles[M("semimem")][0];
        assert_int_equal(sm->flags,
                         i >= 50 && i < 55 ? SINEW_FLAG_INTERPOLATED : 0);
        near_to(sm->length, sm->ratio * 0.245 * 1.8, 1e-12);
        near_to(sm->sd, 1.6, 1e-12); /* of the model alone */
        assert_int_equal(r.muscles[M("soleus")][0].flags, SINEW_FLAG_MISSING);
        assert_int_equal(r.muscles[M("semimem")][1].flags, SINEW_FLAG_MISSING);
    }
    sinew_keypoint points[1] = {{0, 0, 0}};
    assert_int_equal(sinew_motion_add(motion, 9, points), SINEW_INVALID);
    sinew_motion_free(&motion);
}

static void wrong_use_is_refused(void **state) {
    (void)state;
    sinew_motion *motion;
    sinew_measure *live;
    sinew_reading r;
    double degrees[SINEW_ANGLE_COUNT] = {0};
    sinew_measure_options o;
    assert_int_equal(sinew_motion_create(&motion, stick_names, 0),
                     SINEW_INVALID);
    assert_null(motion);
    o = plain(SINEW_FILTER_BUTTERWORTH);
    assert_int_equal(sinew_measure_create(&live, stick_names, 5, &o),
                     SINEW_INVALID);
    assert_non_null(strstr(sinew_error_message(), "looks ahead"));
    assert_null(live);
    motion = record(&walking);
    assert_int_equal(sinew_motion_add_angles(motion, 99, degrees),
                     SINEW_INVALID);
    assert_int_equal(sinew_motion_add(motion, 1, NULL), SINEW_INVALID);
    assert_int_equal(sinew_motion_add(motion, NAN, NULL), SINEW_INVALID);
    assert_int_equal(sinew_motion_count(motion), FRAMES);
    const struct {
        size_t offset;
        double value;
        const char *name;
    } bad[] = {{offsetof(sinew_measure_options, cutoff), 0, "cutoff"},
               {offsetof(sinew_measure_options, cutoff), NAN, "cutoff"},
               {offsetof(sinew_measure_options, beta), -1, "beta"},
               {offsetof(sinew_measure_options, min_score), 1.5, "min_score"},
               {offsetof(sinew_measure_options, height), 18, "height"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        o = plain(SINEW_FILTER_NONE);
        memcpy((char *)&o + bad[i].offset, &bad[i].value, sizeof(double));
        assert_int_equal(sinew_motion_solve(motion, &o), SINEW_INVALID);
        assert_non_null(strstr(sinew_error_message(), bad[i].name));
    }
    memset(&o, 0, sizeof o);
    assert_int_equal(sinew_motion_solve(motion, &o), SINEW_INVALID);
    sinew_motion_free(&motion);
    assert_int_equal(sinew_motion_create(&motion, NULL, 0), SINEW_OK);
    assert_int_equal(sinew_motion_solve(motion, NULL), SINEW_INVALID);
    sinew_motion_free(&motion);
    assert_int_equal(sinew_measure_create(&live, stick_names, 26, NULL),
                     SINEW_OK);
    assert_int_equal(sinew_measure_step(live, 1, NULL, &r), SINEW_OK);
    assert_int_equal(sinew_measure_step(live, 0.5, NULL, &r), SINEW_INVALID);
    sinew_measure_free(&live);
    sinew_measure_free(&live);
    sinew_motion_free(&motion);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_added_without_a_filter),
        cmocka_unit_test(velocities_are_slopes),
        cmocka_unit_test(size_and_roll_change_nothing),
        cmocka_unit_test(filters_make_noise_less),
        cmocka_unit_test(gaps_and_outliers_are_marked),
        cmocka_unit_test(a_filter_above_nyquist_is_skipped),
        cmocka_unit_test(deep_squats_are_flagged),
        cmocka_unit_test(a_person_may_turn_round),
        cmocka_unit_test(live_is_like_a_recording),
        cmocka_unit_test(angles_may_be_given),
        cmocka_unit_test(wrong_use_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
