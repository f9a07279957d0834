/*
 * pose.c - the public interface from end to end, with a network that does
 * nothing: its three heatmaps are the picture's red, green and blue.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/pose.h>
#include "base/base.h"
#include "graph/graph.h"

enum { SIZE = 32 };

struct setting {
    const char *key, *value;
};

/* The network [1, SIZE, SIZE, 3] (or [1, 3, SIZE, SIZE]), besides another
 * output that must be left out, with the metadata given after the usual. */
static sinew_graph *make_graph(bool channels_last,
                               const struct setting *settings) {
    const struct setting usual[] = {{"sinew.network", "none"},
                                    {"sinew.keypoints", "nose,l_eye,r_eye"},
                                    {"sinew.flip_pairs", "1-2"},
                                    {"sinew.skeleton", "0-1,0-2"},
                                    {"sinew.color", "rgb"},
                                    {"sinew.mean", "0,0,0"},
                                    {"sinew.std", "255,255,255"},
                                    {"sinew.codec", "heatmap"},
                                    {"sinew.outputs", "maps"},
                                    {"sinew.licence", "CC0-1.0"},
                                    {NULL, NULL}};
    const int64_t last[] = {1, SIZE, SIZE, 3}, first[] = {1, 3, SIZE, SIZE};
    sinew_graph *graph;
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    sinew_value in = sinew_graph_add_input(graph, "image", SINEW_F32, 4,
                                           channels_last ? last : first);
    sinew_value maps =
        sinew_graph_add(graph, SINEW_OP_IDENTITY, "", NULL, SINEW_IN(in));
    sinew_value sum =
        sinew_graph_add(graph, SINEW_OP_ADD, "", NULL, SINEW_IN(in, in));
    sinew_graph_add_output(graph, maps, "maps");
    sinew_graph_add_output(graph, sum, "other");
    for (int pass = 0; pass < 2; pass++) {
        const struct setting *s = pass ? settings : usual;
        for (; s && s->key; s++)
            assert_int_equal(sinew_graph_set_metadata(graph, s->key, s->value),
                             SINEW_OK);
    }
    assert_int_equal(sinew_graph_finish(graph), SINEW_OK);
    return graph;
}

static sinew_pose *open_pose(bool channels_last, const struct setting *settings,
                             const sinew_pose_options *options) {
    sinew_graph *graph = make_graph(channels_last, settings);
    sinew_pose *pose;
    if (sinew_pose_open_graph(&pose, graph, options) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_graph_free(&graph);
    return pose;
}

static sinew_image black(int width, int height) {
    sinew_image image;
    assert_int_equal(sinew_image_create(&image, width, height, 3), SINEW_OK);
    return image;
}

static void dot(const sinew_image *image, int x, int y, int size, int channel,
                uint8_t value) {
    for (int j = 0; j < size; j++)
        for (int i = 0; i < size; i++)
            image->data[(y + j) * image->stride + 3 * (x + i) + channel] =
                value;
}

static sinew_person estimate(sinew_pose *pose, const sinew_image *image,
                             const sinew_box *box) {
    sinew_person person;
    memset(&person, 0x55, sizeof person);
    if (sinew_pose_estimate(pose, image, box, &person) < 0)
        fail_msg("%s", sinew_error_message());
    return person;
}

#define assert_point(person, k, want_x, want_y)                                \
    do {                                                                       \
        assert_float_equal((person).keypoints[k].x, (want_x), 1e-3);           \
        assert_float_equal((person).keypoints[k].y, (want_y), 1e-3);           \
    } while (0)

static const struct setting letterbox[] = {
    {"sinew.frame", "letterbox"}, {"sinew.frame_resize", "area"}, {NULL, NULL}};
static const struct setting stretch[] = {{"sinew.frame", "stretch"},
                                         {NULL, NULL}};
static const struct setting bgr[] = {
    {"sinew.frame", "stretch"}, {"sinew.color", "bgr"}, {NULL, NULL}};

static void a_model_describes_itself(void **state) {
    (void)state;
    sinew_pose *pose = open_pose(true, NULL, NULL);
    assert_int_equal(sinew_pose_keypoint_count(pose), 3);
    sinew_keypoint_info info = sinew_pose_keypoint(pose, 1);
    assert_string_equal(info.name, "l_eye");
    assert_int_equal(info.side, SINEW_SIDE_LEFT);
    assert_int_equal(info.flip, 2);
    assert_int_equal(sinew_pose_edge_count(pose), 2);
    sinew_edge edge = sinew_pose_edge(pose, 1);
    assert_int_equal(edge.a, 0);
    assert_int_equal(edge.b, 2);
    assert_int_equal(edge.side, SINEW_SIDE_RIGHT);
    sinew_pose_info about = sinew_pose_describe(pose);
    assert_string_equal(about.network, "none");
    assert_string_equal(about.keypoint_set, "custom");
    assert_string_equal(about.licence, "CC0-1.0");
    assert_string_equal(about.data, "");
    assert_int_equal(about.width, SIZE);
    assert_int_equal(about.height, SIZE);
    sinew_pose_close(&pose);
    assert_null(pose);
    sinew_pose_close(&pose);
}

/* Keypoints come back to where the dots are, in each way to show a picture and
 * each layout of the input. */
static void dots_are_found_in_whole_pictures(void **state) {
    (void)state;
    sinew_image wide = black(4 * SIZE, 2 * SIZE), own = black(SIZE, SIZE);
    dot(&wide, 8, 40, 4, 0, 255);
    dot(&wide, 100, 4, 4, 1, 128);
    dot(&own, 3, 5, 1, 0, 255);
    dot(&own, 31, 30, 1, 2, 51);
    for (int last = 0; last < 2; last++) {
        sinew_pose *pose = open_pose(last, letterbox, NULL);
        sinew_person person = estimate(pose, &wide, NULL);
        assert_int_equal(person.n_keypoints, 3);
        assert_point(person, 0, 9.5, 41.5);
        assert_point(person, 1, 101.5, 5.5);
        assert_float_equal(person.keypoints[0].score, 1, 0);
        assert_float_equal(person.keypoints[1].score, (128 / 255.), 1e-6);
        assert_float_equal(person.keypoints[2].score, 0, 0);
        assert_float_equal(person.score, ((255 + 128) / 255. / 3), 1e-6);
        assert_float_equal(person.box.x, 9.5, 1e-3);
        assert_float_equal(person.box.y, 5.5, 1e-3);
        assert_float_equal(person.box.width, 92, 1e-3);
        assert_float_equal(person.box.height, 36, 1e-3);
        person = estimate(pose, &own, NULL);
        assert_point(person, 0, 3, 5);
        assert_point(person, 2, 31, 30);
        sinew_pose_close(&pose);

        pose = open_pose(last, stretch, NULL);
        person = estimate(pose, &wide, NULL);
        assert_point(person, 0, 9.5, 40.5);
        assert_point(person, 1, 101.5, 4.5);
        sinew_pose_close(&pose);

        pose = open_pose(last, bgr, NULL);
        person = estimate(pose, &own, NULL);
        assert_point(person, 2, 3, 5);
        assert_point(person, 0, 31, 30);
        sinew_pose_close(&pose);

        pose = open_pose(last, NULL, NULL); /* the picture is the box */
        person = estimate(pose, &own, NULL);
        assert_float_equal(person.keypoints[0].x, 3, 1);
        assert_float_equal(person.keypoints[0].y, 5, 1);
        sinew_pose_close(&pose);
    }
    sinew_image_free(&wide);
    sinew_image_free(&own);
}

static void dots_are_found_in_boxes(void **state) {
    (void)state;
    const char *rules[] = {"affine", "udp", "square"};
    sinew_image image = black(300, 200);
    dot(&image, 210, 150, 1, 0, 255);
    dot(&image, 225, 165, 1, 1, 255);
    /* Sides that make input pixels picture pixels. */
    const sinew_box boxes[] = {{200, 140, SIZE, SIZE},
                               {200, 140, SIZE - 1, SIZE - 1},
                               {200, 140, SIZE, SIZE}};
    for (int r = 0; r < 3; r++) {
        const struct setting crop[] = {
            {"sinew.crop", rules[r]}, {"sinew.padding", "1"}, {NULL, NULL}};
        sinew_pose *pose = open_pose(true, crop, NULL);
        sinew_person person = estimate(pose, &image, &boxes[r]);
        assert_point(person, 0, 210, 150);
        assert_point(person, 1, 225, 165);
        assert_memory_equal(&person.box, &boxes[r], sizeof boxes[r]);
        sinew_pose_close(&pose);
    }
    /* Twice as large: found to the nearest of two pixels. */
    sinew_pose_options options;
    sinew_pose_options_init(&options);
    options.padding = 2;
    options.resize = SINEW_RESIZE_BILINEAR;
    sinew_pose *pose = open_pose(true, NULL, &options);
    sinew_person person = estimate(pose, &image, &boxes[0]);
    assert_float_equal(person.keypoints[0].x, 210, 1);
    assert_float_equal(person.keypoints[0].y, 150, 1);
    sinew_pose_close(&pose);
    sinew_image_free(&image);
}

/* EfficientPose's rules: what is not found, and what is found in the black. */
static void nowhere_is_where_efficientpose_puts_it(void **state) {
    (void)state;
    const struct setting dark[] = {{"sinew.frame", "letterbox"},
                                   {"sinew.frame_resize", "area"},
                                   {"sinew.mean", "-1,-1,-1"},
                                   {"sinew.std", "256,-256,256"},
                                   {NULL, NULL}};
    sinew_image image = black(4 * SIZE, 2 * SIZE);
    dot(&image, 0, 0, 1, 0, 0);
    sinew_pose *pose = open_pose(true, dark, NULL);
    sinew_person person = estimate(pose, &image, NULL);
    /* All equal: the first cell, in the black above the picture. */
    double x = -.5 / SIZE * 4 * SIZE - .5, y = -.5 / SIZE * 2 * SIZE - .5;
    assert_point(person, 0, 1.5, y);
    assert_float_equal(person.keypoints[0].score, (1. / 256), 1e-6);
    sinew_pose_close(&pose);

    sinew_pose_options options;
    sinew_pose_options_init(&options);
    options.decode = SINEW_DECODE_LIVE;
    options.threshold = .5f;
    dot(&image, 64, 32, 4, 0, 200);
    dot(&image, 64, 32, 4, 2, 120);
    pose = open_pose(true, letterbox, &options);
    person = estimate(pose, &image, NULL);
    assert_point(person, 0, 65.5, 33.5);
    assert_point(person, 2, x, y);
    assert_float_equal(person.keypoints[2].score, 0, 0);
    sinew_pose_close(&pose);
    options.threshold = -1; /* the model's, 0.3 */
    pose = open_pose(true, letterbox, &options);
    person = estimate(pose, &image, NULL);
    assert_point(person, 2, 65.5, 33.5);
    assert_float_equal(sinew_pose_describe(pose).threshold, .3, 1e-6);
    sinew_pose_close(&pose);
    sinew_image_free(&image);
}

/* The maps being the picture, a map of the left eye is half the left eye's
 * colour and half that of the right. */
static void the_flip_test_takes_a_mean(void **state) {
    (void)state;
    sinew_pose_options options;
    sinew_pose_options_init(&options);
    options.flip_test = 1;
    sinew_image image = black(SIZE, SIZE);
    dot(&image, 5, 7, 1, 0, 255);
    dot(&image, 10, 11, 1, 1, 102);
    dot(&image, 21, 13, 1, 2, 204);
    for (int last = 0; last < 2; last++) {
        sinew_pose *pose = open_pose(last, stretch, &options);
        sinew_person person = estimate(pose, &image, NULL);
        assert_point(person, 0, 5, 7);
        assert_float_equal(person.keypoints[0].score, 1, 1e-6);
        for (int k = 1; k < 3; k++) {
            assert_point(person, k, 21, 13);
            assert_float_equal(person.keypoints[k].score, .4, 1e-6);
        }
        sinew_person again = estimate(pose, &image, NULL);
        assert_memory_equal(again.keypoints, person.keypoints,
                            3 * sizeof(sinew_keypoint));
        sinew_pose_close(&pose);
    }
    sinew_image_free(&image);
}

static void the_input_takes_the_size_in_the_metadata(void **state) {
    (void)state;
    const struct setting size[] = {{"sinew.input_size", "48x64"},
                                   {"sinew.frame", "stretch"},
                                   {NULL, NULL}};
    for (int last = 0; last < 2; last++) {
        sinew_pose *pose = open_pose(last, size, NULL);
        sinew_pose_info about = sinew_pose_describe(pose);
        assert_int_equal(about.width, 64);
        assert_int_equal(about.height, 48);
        sinew_image image = black(64, 48);
        dot(&image, 50, 40, 1, 1, 255);
        sinew_person person = estimate(pose, &image, NULL);
        assert_point(person, 1, 50, 40);
        sinew_image_free(&image);
        sinew_pose_close(&pose);
    }
}

static void grey_pictures_count_as_grey_colours(void **state) {
    (void)state;
    sinew_image grey;
    assert_int_equal(sinew_image_create(&grey, SIZE, SIZE, 1), SINEW_OK);
    grey.data[7 * grey.stride + 9] = 255;
    const struct setting *ways[] = {letterbox, stretch, NULL};
    for (int i = 0; i < 3; i++) {
        sinew_pose *pose = open_pose(true, ways[i], NULL);
        sinew_person person = estimate(pose, &grey, NULL);
        for (int k = 0; k < 3; k++) {
            assert_float_equal(person.keypoints[k].x, 9, 1);
            assert_float_equal(person.keypoints[k].y, 7, 1);
        }
        sinew_pose_close(&pose);
    }
    sinew_image_free(&grey);
}

static void check_open(const struct setting *settings,
                       const sinew_pose_options *options, sinew_status status,
                       const char *says) {
    sinew_graph *graph = make_graph(true, settings);
    sinew_pose *pose = (sinew_pose *)graph;
    assert_int_equal(sinew_pose_open_graph(&pose, graph, options), status);
    assert_null(pose);
    if (!strstr(sinew_error_message(), says))
        fail_msg("'%s' does not say '%s'", sinew_error_message(), says);
    sinew_graph_free(&graph);
}

static void nonsense_is_refused(void **state) {
    (void)state;
    const struct setting no_codec[] = {{"sinew.codec", NULL}, {NULL, NULL}};
    const struct setting no_output[] = {{"sinew.outputs", "map"}, {NULL, NULL}};
    const struct setting simcc[] = {
        {"sinew.codec", "simcc"}, {"sinew.outputs", NULL}, {NULL, NULL}};
    check_open(no_codec, NULL, SINEW_NOTFOUND, "sinew.codec");
    check_open(no_output, NULL, SINEW_FORMAT, "'map'");
    check_open(simcc, NULL, SINEW_FORMAT, "3 keypoints");
    sinew_pose_options options = {0};
    check_open(NULL, &options, SINEW_INVALID, "sinew_pose_options_init");
    sinew_pose_options_init(&options);
    options.decode = 99;
    check_open(NULL, &options, SINEW_INVALID, "decode 99");
    sinew_pose_options_init(&options);
    options.padding = .1f;
    check_open(NULL, &options, SINEW_INVALID, "padding 0.1");
    sinew_pose_options_init(&options);
    options.threshold = 2;
    check_open(NULL, &options, SINEW_INVALID, "threshold");
    sinew_pose_options_init(&options);
    options.resize = 9;
    check_open(NULL, &options, SINEW_INVALID, "resize 9");

    sinew_pose *pose;
    assert_true(sinew_pose_open(&pose, "tests/data/none.onnx", NULL) < 0);
    assert_null(pose);
    assert_non_null(strstr(sinew_error_message(), "none.onnx"));

    pose = open_pose(true, NULL, NULL);
    sinew_image image = black(8, 8), hole = image;
    sinew_person person;
    const sinew_box bad[] = {{0, 0, 0, 5},
                             {0, 0, 5, -1},
                             {NAN, 0, 5, 5},
                             {0, INFINITY, 5, 5},
                             {0, 0, 1e9f, 5}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(sinew_pose_estimate(pose, &image, &bad[i], &person),
                         SINEW_INVALID);
    hole.width = 0;
    assert_int_equal(sinew_pose_estimate(pose, &hole, NULL, &person),
                     SINEW_INVALID);
    assert_int_equal(sinew_pose_estimate(pose, NULL, NULL, &person),
                     SINEW_INVALID);
    sinew_image_free(&image);
    sinew_pose_close(&pose);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_describes_itself),
        cmocka_unit_test(dots_are_found_in_whole_pictures),
        cmocka_unit_test(dots_are_found_in_boxes),
        cmocka_unit_test(nowhere_is_where_efficientpose_puts_it),
        cmocka_unit_test(the_flip_test_takes_a_mean),
        cmocka_unit_test(the_input_takes_the_size_in_the_metadata),
        cmocka_unit_test(grey_pictures_count_as_grey_colours),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
