/*
 * motion.h - recordings of a stick figure for the tests of what measures
 * motion.
 */
#ifndef SINEW_TESTS_UNIT_MOTION_H
#define SINEW_TESTS_UNIT_MOTION_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/base.h"
#include "base/rng.h"
#include "biomech/mtu.h"
#include "stick.h"

#define A(name) sinew_angle_find(name)
#define M(name) sinew_muscle_find(name)
#define FRAMES  120

/* Two steps a second, at `t` seconds. */
static inline struct stick walker(double t) {
    struct stick s = {.metre = 150, .x = 320, .y = 240, .height = 1.8};
    for (int side = 0; side < 2; side++) {
        double p = 2 * acos(-1) * t + (side ? acos(-1) : 0);
        s.hip[side] = 10 + 22 * cos(p);
        s.knee[side] = 25 - 25 * cos(p + 1.2);
        s.ankle[side] = 12 * sin(p);
        s.arm[side] = -20 * cos(p);
        s.elbow[side] = 20;
    }
    s.lean = 5;
    return s;
}

static inline struct stick stander(double t) {
    struct stick s = {.metre = 150, .x = 320, .y = 240, .height = 1.8};
    s.hip[0] = s.hip[1] = 4 + 0.3 * sin(9 * t);
    s.knee[0] = s.knee[1] = 6;
    s.ankle[0] = s.ankle[1] = -3;
    s.arm[0] = 15;
    return s;
}

/* What may be done to a recording before it is measured. */
struct scene {
    struct stick (*pose)(double t);
    int frames;
    double rate, size, roll, noise;
    bool faces_left;
    void (*spoil)(int frame, sinew_keypoint *points, bool *seen);
};

static const struct scene walking = {walker, FRAMES, 30, 1, 0, 0, false, NULL};

static inline void shoot(const struct scene *scene, int i,
                         struct sinew_rng *rng, sinew_keypoint *points,
                         bool *seen) {
    struct stick s = scene->pose(i / scene->rate);
    s.metre *= scene->size;
    s.x *= scene->size;
    s.y *= scene->size;
    s.roll = scene->roll;
    s.faces_left = scene->faces_left;
    stick_draw(&s, points);
    *seen = true;
    for (int k = 0; scene->noise > 0 && k < STICK_POINTS; k++) {
        points[k].x += (float)(scene->noise * sinew_rng_normal(rng));
        points[k].y += (float)(scene->noise * sinew_rng_normal(rng));
    }
    if (scene->spoil) scene->spoil(i, points, seen);
}

static inline sinew_motion *record(const struct scene *scene) {
    sinew_motion *motion;
    struct sinew_rng rng;
    sinew_rng_seed(&rng, 5);
    assert_int_equal(sinew_motion_create(&motion, stick_names, STICK_POINTS),
                     SINEW_OK);
    for (int i = 0; i < scene->frames; i++) {
        sinew_keypoint points[STICK_POINTS];
        bool seen;
        shoot(scene, i, &rng, points, &seen);
        assert_int_equal(
            sinew_motion_add(motion, 2 + i / scene->rate, seen ? points : NULL),
            SINEW_OK);
    }
    return motion;
}

static inline sinew_measure_options plain(int filter) {
    sinew_measure_options o;
    sinew_measure_options_init(&o);
    o.filter = filter;
    return o;
}

static inline sinew_motion *solve(const struct scene *scene,
                                  const sinew_measure_options *o) {
    sinew_motion *motion = record(scene);
    assert_int_equal(sinew_motion_solve(motion, o), SINEW_OK);
    assert_int_equal(sinew_motion_count(motion), scene->frames);
    return motion;
}

static inline void near_to(double got, double want, double most) {
    if (!(fabs(got - want) <= most))
        fail_msg("%.9g instead of %.9g", got, want);
}

/* Standing first, then walking. */
static inline struct stick stand_and_go(double t) {
    return t < 1.6 ? stander(t) : walker(t);
}

#endif
