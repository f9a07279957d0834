/*
 * track.c - people through frames, with networks that do next to nothing: the
 * detector finds red dots, the pose network's three heatmaps are the picture's
 * red, green and blue.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/track.h>
#include "graph/graph.h"
#include "op/attrs.h"

enum { SIDE = 128, INPUT = 32 };

struct setting {
    const char *key, *value;
};

static void finish(sinew_graph *graph, const struct setting *settings) {
    assert_int_equal(sinew_graph_finish(graph), SINEW_OK);
    for (; settings->key; settings++)
        assert_int_equal(
            sinew_graph_set_metadata(graph, settings->key, settings->value),
            SINEW_OK);
}

static sinew_pose *open_pose(const char *frame) {
    const struct setting settings[] = {{"sinew.keypoints", "nose,l_eye,r_eye"},
                                       {"sinew.color", "rgb"},
                                       {"sinew.mean", "0,0,0"},
                                       {"sinew.std", "255,255,255"},
                                       {"sinew.codec", "heatmap"},
                                       {"sinew.frame", frame},
                                       {NULL, NULL}};
    const int64_t dims[] = {1, INPUT, INPUT, 3};
    sinew_graph *graph;
    sinew_pose *pose;
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    sinew_value in = sinew_graph_add_input(graph, "image", SINEW_F32, 4, dims);
    sinew_graph_add_output(
        graph,
        sinew_graph_add(graph, SINEW_OP_IDENTITY, "", NULL, SINEW_IN(in)),
        "maps");
    finish(graph, settings);
    if (sinew_pose_open_graph(&pose, graph, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_graph_free(&graph);
    return pose;
}

static sinew_value mix(sinew_graph *graph, sinew_value in, int oc,
                       const float *w, const float *bias) {
    const struct sinew_conv2d_attr attr = {.stride_h = 1,
                                           .stride_w = 1,
                                           .dilation_h = 1,
                                           .dilation_w = 1,
                                           .groups = 1};
    const int64_t w_dims[] = {oc, 1, 1, 3}, b_dims[] = {oc};
    return sinew_graph_add(
        graph, SINEW_OP_CONV2D, "", &attr,
        SINEW_IN(in, sinew_graph_add_const(graph, "", SINEW_F32, 4, w_dims, w),
                 sinew_graph_add_const(graph, "", SINEW_F32, 1, b_dims, bias)));
}

/* A person has the edges 7, 7, 21 and 21 pixels from the red dot. */
static sinew_detector *open_detector(void) {
    static const struct setting settings[] = {{"sinew.color", "rgb"},
                                              {"sinew.mean", "127.5,0,0"},
                                              {"sinew.std", "25.5,1,1"},
                                              {"sinew.fill", "0"},
                                              {"sinew.codec", "distances"},
                                              {"sinew.prior", "0.5"},
                                              {NULL, NULL}};
    static const float red[3] = {1, 0, 0}, none[12] = {0}, zero[1] = {0};
    static const float sides[4] = {7, 7, 21, 21};
    const int64_t dims[] = {1, SIDE, SIDE, 3};
    sinew_graph *graph;
    sinew_detector *detector;
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    sinew_value in = sinew_graph_add_input(graph, "image", SINEW_F32, 4, dims);
    sinew_graph_add_output(graph, mix(graph, in, 1, red, zero), "cls");
    sinew_graph_add_output(graph, mix(graph, in, 4, none, sides), "reg");
    finish(graph, settings);
    if (sinew_detector_open_graph(&detector, graph, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_graph_free(&graph);
    return detector;
}

static void dot(const sinew_image *image, int x, int y, int channel) {
    for (int j = -2; j <= 2; j++)
        for (int i = -2; i <= 2; i++)
            if (x + i >= 0 && x + i < image->width && y + j >= 0 &&
                y + j < image->height)
                image->data[(y + j) * image->stride + 3 * (x + i) + channel] =
                    255;
}

/* Somebody with the red dot at (x, y), `size` wide. */
static void paint(const sinew_image *image, int x, int y, int size) {
    dot(image, x, y, 0);
    dot(image, x + size, y, 1);
    dot(image, x + size / 2, y + size, 2);
}

/* All that a test needs. */
struct scene {
    sinew_pose *pose;
    sinew_detector *detector;
    sinew_tracker *tracker;
    sinew_image image;
    double time;
    const sinew_track *tracks;
    int n;
};

static struct scene open_scene(bool detect, const char *frame,
                               const sinew_tracker_options *options) {
    struct scene scene = {.pose = open_pose(frame)};
    if (detect) scene.detector = open_detector();
    if (sinew_tracker_create(&scene.tracker, scene.pose, scene.detector,
                             options) < 0)
        fail_msg("%s", sinew_error_message());
    assert_int_equal(sinew_image_create(&scene.image, SIDE, SIDE, 3), SINEW_OK);
    return scene;
}

static void close_scene(struct scene *scene) {
    sinew_tracker_free(&scene->tracker);
    assert_null(scene->tracker);
    sinew_tracker_free(&scene->tracker);
    sinew_pose_close(&scene->pose);
    sinew_detector_close(&scene->detector);
    sinew_image_free(&scene->image);
}

static void clear(struct scene *scene) {
    sinew_image_fill(&scene->image, 0);
}

/* The next frame, 25 a second. */
static void next(struct scene *scene, int want) {
    if (sinew_tracker_next(scene->tracker, &scene->image, scene->time,
                           &scene->tracks, &scene->n) < 0)
        fail_msg("%s", sinew_error_message());
    scene->time += .04;
    assert_int_equal(scene->n, want);
}

static void check(const struct scene *scene, int i, int64_t id, int x, int y) {
    assert_int_equal(scene->tracks[i].id, id);
    assert_float_equal(scene->tracks[i].person.keypoints[0].x, x, 2.6);
    assert_float_equal(scene->tracks[i].person.keypoints[0].y, y, 2.6);
}

static sinew_tracker_options every(int n) {
    sinew_tracker_options options;
    sinew_tracker_options_init(&options);
    options.detect_every = n;
    return options;
}

/* Two walk past each other; a third comes and is seen when it is the
 * detector's turn. */
static void people_keep_their_numbers(void **state) {
    (void)state;
    for (int n = 1; n <= 4; n++) {
        const sinew_tracker_options options = every(n);
        struct scene scene = open_scene(true, "box", &options);
        for (int f = 0; f < 30; f++) {
            const bool third = f >= 17;
            clear(&scene);
            paint(&scene.image, 10 + 2 * f, 20, 14);
            paint(&scene.image, 90 - 2 * f, 60, 14);
            if (third) paint(&scene.image, 100, 100, 14);
            const int turn = (17 + n - 1) / n * n;
            next(&scene, f >= turn ? 3 : 2);
            const bool swapped = scene.tracks[0].person.keypoints[0].y > 40;
            check(&scene, swapped, 1 + swapped, 10 + 2 * f, 20);
            check(&scene, !swapped, 2 - swapped, 90 - 2 * f, 60);
            if (f >= turn) check(&scene, 2, 3, 100, 100);
            if (n == 1 && f == 0) assert_false(swapped);
        }
        close_scene(&scene);
    }
}

/* Out of sight for half a second, and for longer than is remembered. */
static void somebody_missed_is_looked_for(void **state) {
    (void)state;
    sinew_tracker_options options = every(5);
    options.keep = 1;
    struct scene scene = open_scene(true, "box", &options);
    int64_t last = 1;
    for (int f = 0; f < 100; f++) {
        const bool away = (f >= 20 && f < 32) || (f >= 50 && f < 80);
        clear(&scene);
        if (!away) paint(&scene.image, 40 + f / 4, 50, 14);
        next(&scene, !away);
        if (f >= 80) last = 2;
        if (!away) check(&scene, 0, last, 40 + f / 4, 50);
    }
    sinew_tracker_reset(scene.tracker);
    next(&scene, 1);
    assert_int_equal(scene.tracks[0].id, 1);
    close_scene(&scene);
}

static void as_many_as_asked_for(void **state) {
    (void)state;
    sinew_tracker_options options = every(1);
    options.most = 2;
    struct scene scene = open_scene(true, "box", &options);
    for (int f = 0; f < 10; f++) {
        clear(&scene);
        for (int i = 0; i < 3; i++)
            paint(&scene.image, 10 + 40 * i, 30 + f, 14);
        next(&scene, 2);
        check(&scene, 0, 1, 10, 30 + f);
        check(&scene, 1, 2, 50, 30 + f);
    }
    close_scene(&scene);
}

/* Who is larger, or nearer the middle, has to be so for a while. Number 1 is
 * small and in the middle, 2 large and at the edge; then they change. */
static void whoever_is_asked_for(void **state) {
    (void)state;
    for (int whom = SINEW_WHOM_CENTRE; whom <= 2; whom++) {
        sinew_tracker_options options = every(1);
        options.whom = whom;
        struct scene scene = open_scene(true, "box", &options);
        for (int f = 0; f < 120; f++) {
            const int way = f < 20 ? 0 : f < 42 ? 2 * (f - 20) : 44;
            clear(&scene);
            paint(&scene.image, 56 - way, 40, f < 20 ? 11 : 18);
            paint(&scene.image, 12 + way, 85, f < 20 ? 18 : 11);
            next(&scene, whom ? 1 : 2);
            const int64_t id = scene.tracks[0].id;
            if (whom > 0) assert_int_equal(id, whom);
            if (whom == SINEW_WHOM_LARGEST && f < 25) assert_int_equal(id, 2);
            if (whom == SINEW_WHOM_LARGEST && f > 80) assert_int_equal(id, 1);
            if (whom == SINEW_WHOM_CENTRE && f < 32) assert_int_equal(id, 1);
            if (whom == SINEW_WHOM_CENTRE && f > 90) assert_int_equal(id, 2);
        }
        close_scene(&scene);
    }
}

static void only_where_asked(void **state) {
    (void)state;
    sinew_tracker_options options = every(1);
    options.region = (sinew_box){59.5f, -.5f, SIDE, SIDE};
    struct scene scene = open_scene(true, "box", &options);
    paint(&scene.image, 10, 20, 14);
    paint(&scene.image, 80, 30, 14);
    next(&scene, 1);
    check(&scene, 0, 1, 80, 30);
    close_scene(&scene);

    options.region = (sinew_box){500, 500, 10, 10};
    scene = open_scene(true, "box", &options);
    paint(&scene.image, 10, 20, 14);
    next(&scene, 0);
    close_scene(&scene);

    options.region = (sinew_box){59.5f, 9.5f, 60, 60};
    options.follow = 0;
    scene = open_scene(false, "box", &options);
    paint(&scene.image, 10, 20, 14);
    paint(&scene.image, 80, 30, 14);
    for (int f = 0; f < 3; f++) {
        next(&scene, 1);
        check(&scene, 0, 1, 80, 30);
    }
    close_scene(&scene);
}

/* Without a detector: in the whole frame a dot is less than an input pixel,
 * around the person it is one. A network that wants boxes gets one at once. */
static void the_one_person_is_followed(void **state) {
    (void)state;
    for (int letterbox = 0; letterbox < 2; letterbox++) {
        struct scene scene =
            open_scene(false, letterbox ? "letterbox" : "box", NULL);
        for (int f = 0; f < 40; f++) {
            clear(&scene);
            if (f < 30 || f >= 35)
                paint(&scene.image, 20 + 2 * (f % 35), 30 + f % 35, 14);
            next(&scene, f < 30 || f >= 35);
            if (scene.n) {
                /* It jumped back further than anybody could. */
                assert_int_equal(scene.tracks[0].id, f < 30 ? 1 : 2);
                assert_float_equal(scene.tracks[0].person.keypoints[0].x,
                                   20 + 2 * (f % 35), 2.6);
                if (!letterbox || (f != 0 && f != 35))
                    assert_true(scene.tracks[0].person.score > .8f);
            }
        }
        close_scene(&scene);
    }
}

/* In a frame so wide that a dot is a tenth of an input pixel, parts of it are
 * searched; then he is followed, and searched for again where he was lost. */
static void somebody_small_is_searched_for(void **state) {
    (void)state;
    struct scene scene = open_scene(false, "box", NULL);
    sinew_image_free(&scene.image);
    assert_int_equal(sinew_image_create(&scene.image, 4 * SIDE, SIDE, 3),
                     SINEW_OK);
    for (int x = 10; x < 490; x += 37) {
        sinew_tracker_reset(scene.tracker);
        scene.time = 0;
        for (int f = 0; f < 3; f++) {
            clear(&scene);
            paint(&scene.image, x + f, 60, 14);
            next(&scene, 1);
            check(&scene, 0, 1, x + f, 60);
            assert_true(scene.tracks[0].person.score > .8f);
        }
        clear(&scene);
        next(&scene, 0);
        paint(&scene.image, 500 - x, 40, 14);
        next(&scene, 1);
        assert_float_equal(scene.tracks[0].person.keypoints[0].x, 500 - x, 2.6);
    }
    close_scene(&scene);
}

static void nobody_else_takes_part_without_a_detector(void **state) {
    (void)state;
    sinew_tracker_options options = every(1);
    options.follow = 0;
    struct scene scene = open_scene(false, "stretch", &options);
    for (int f = 0; f < 5; f++) {
        next(&scene, 1); /* whatever there is: nothing */
        assert_int_equal(scene.tracks[0].id, 1);
    }
    close_scene(&scene);
}

static void nonsense_is_refused(void **state) {
    (void)state;
    struct scene scene = open_scene(true, "box", NULL);
    sinew_tracker *tracker;
    const sinew_tracker_options empty = {0};
    assert_int_equal(
        sinew_tracker_create(&tracker, scene.pose, scene.detector, &empty),
        SINEW_INVALID);
    assert_null(tracker);
    for (int i = 0; i < 6; i++) {
        sinew_tracker_options options = every(i == 0 ? 0 : 1);
        if (i == 1) options.most = SINEW_MAX_PERSONS + 1;
        if (i == 2) options.whom = -3;
        if (i == 3) options.keep = NAN;
        if (i == 4) options.begin = 2;
        if (i == 5) options.region = (sinew_box){0, 0, 5, 0};
        assert_int_equal(sinew_tracker_create(&tracker, scene.pose,
                                              scene.detector, &options),
                         SINEW_INVALID);
        assert_null(tracker);
    }
    const sinew_track *tracks;
    int n;
    sinew_image none = {0};
    assert_int_equal(
        sinew_tracker_next(scene.tracker, &scene.image, NAN, &tracks, &n),
        SINEW_INVALID);
    assert_int_equal(sinew_tracker_next(scene.tracker, &none, 0, &tracks, &n),
                     SINEW_INVALID);
    assert_int_equal(n, 0);
    close_scene(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_keep_their_numbers),
        cmocka_unit_test(somebody_missed_is_looked_for),
        cmocka_unit_test(as_many_as_asked_for),
        cmocka_unit_test(whoever_is_asked_for),
        cmocka_unit_test(only_where_asked),
        cmocka_unit_test(the_one_person_is_followed),
        cmocka_unit_test(somebody_small_is_searched_for),
        cmocka_unit_test(nobody_else_takes_part_without_a_detector),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
