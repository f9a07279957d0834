/*
 * detect.c - detectors from end to end, with networks that do next to nothing:
 * a score map that is one colour of the picture, distances that are the same
 * everywhere, and lists of boxes that never change.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/detect.h>
#include <sinew/pose.h>
#include "graph/graph.h"
#include "op/attrs.h"

enum { SIZE = 32 };

struct setting {
    const char *key, *value;
};

static const struct setting usual[] = {{"sinew.color", "rgb"},
                                       {"sinew.mean", "127.5,127.5,127.5"},
                                       {"sinew.std", "25.5,25.5,25.5"},
                                       {"sinew.fill", "0"},
                                       {NULL, NULL}};

static sinew_graph *start(void) {
    sinew_graph *graph;
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    return graph;
}

static void finish(sinew_graph *graph, const struct setting *settings) {
    assert_int_equal(sinew_graph_finish(graph), SINEW_OK);
    for (int pass = 0; pass < 2; pass++)
        for (const struct setting *s = pass ? settings : usual; s && s->key;
             s++)
            assert_int_equal(sinew_graph_set_metadata(graph, s->key, s->value),
                             SINEW_OK);
}

/* 1x1 convolution to `oc` channels; weights [oc, 3] and a bias. */
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

static sinew_value turned(sinew_graph *graph, sinew_value in, bool to_last) {
    static const struct sinew_transpose_attr last = {4, {0, 2, 3, 1}};
    static const struct sinew_transpose_attr first = {4, {0, 3, 1, 2}};
    return sinew_graph_add(graph, SINEW_OP_TRANSPOSE, "",
                           to_last ? &last : &first, SINEW_IN(in));
}

/* Scores: the input's first channel (5 where it is full, -5 where there is
 * none) and, of class 1, its second; distances 1, 2, 3, 4. */
static sinew_graph *make_maps(bool channels_last,
                              const struct setting *settings) {
    static const float weights[] = {1, 0, 0, 0, 1, 0}, none[12] = {0};
    static const float zero[2] = {0}, sides[] = {1, 2, 3, 4};
    static const struct setting codec[] = {
        {"sinew.codec", "distances"}, {"sinew.prior", "0.5"}, {NULL, NULL}};
    const int64_t last[] = {1, SIZE, SIZE, 3}, first[] = {1, 3, SIZE, SIZE};
    sinew_graph *graph = start();
    sinew_value in = sinew_graph_add_input(graph, "image", SINEW_F32, 4,
                                           channels_last ? last : first);
    if (!channels_last) in = turned(graph, in, true);
    sinew_value cls = mix(graph, in, 2, weights, zero);
    sinew_value reg = mix(graph, in, 4, none, sides);
    if (!channels_last) {
        cls = turned(graph, cls, false);
        reg = turned(graph, reg, false);
    }
    sinew_graph_add_output(graph, reg, "reg");
    sinew_graph_add_output(graph, cls, "cls");
    finish(graph, codec);
    for (; settings && settings->key; settings++)
        assert_int_equal(
            sinew_graph_set_metadata(graph, settings->key, settings->value),
            SINEW_OK);
    return graph;
}

static sinew_detector *open_detector(sinew_graph *graph,
                                     const sinew_detector_options *options) {
    sinew_detector *detector;
    if (sinew_detector_open_graph(&detector, graph, options) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_graph_free(&graph);
    return detector;
}

static const sinew_detection *run(sinew_detector *detector,
                                  const sinew_image *image, int want) {
    const sinew_detection *found;
    int n;
    if (sinew_detector_run(detector, image, &found, &n) < 0)
        fail_msg("%s", sinew_error_message());
    assert_int_equal(n, want);
    return found;
}

static sinew_image black(int width, int height) {
    sinew_image image;
    assert_int_equal(sinew_image_create(&image, width, height, 3), SINEW_OK);
    return image;
}

static void dot(const sinew_image *image, int x, int y, int size, int channel) {
    for (int j = 0; j < size; j++)
        for (int i = 0; i < size; i++)
            image->data[(y + j) * image->stride + 3 * (x + i) + channel] = 255;
}

static void check_box(const sinew_detection *found, float x, float y,
                      float width, float height, int label) {
    assert_float_equal(found->box.x, x, 1e-4);
    assert_float_equal(found->box.y, y, 1e-4);
    assert_float_equal(found->box.width, width, 1e-4);
    assert_float_equal(found->box.height, height, 1e-4);
    assert_int_equal(found->label, label);
}

/* A picture twice as wide as high lies in the upper half of the input, half as
 * large: input pixel (10, 5) is what is around (20.5, 10.5), and its box has
 * the edges 9.5, 3.5, 13.5, 9.5 from the corner. */
static void cells_become_boxes_of_the_picture(void **state) {
    (void)state;
    sinew_image image = black(2 * SIZE, SIZE);
    dot(&image, 20, 10, 2, 0);
    for (int last = 0; last < 2; last++) {
        sinew_detector *detector = open_detector(make_maps(last, NULL), NULL);
        const sinew_detection *found = run(detector, &image, 1);
        check_box(found, 18.5f, 6.5f, 8, 12, 0);
        assert_float_equal(found->score, 1 / (1 + exp(-5)), 1e-6);
        sinew_detector_close(&detector);
    }
    sinew_image_free(&image);
}

static void the_metadata_is_obeyed(void **state) {
    (void)state;
    static const struct setting blue[] = {{"sinew.color", "bgr"}, {NULL, NULL}};
    static const struct setting corner[] = {{"sinew.prior", "0,1"},
                                            {NULL, NULL}};
    static const struct setting middle[] = {{"sinew.fit", "centre"},
                                            {NULL, NULL}};
    static const struct setting plain[] = {{"sinew.scores", "probabilities"},
                                           {NULL, NULL}};
    static const struct setting second[] = {{"sinew.person", "1"},
                                            {NULL, NULL}};
    static const struct setting white[] = {{"sinew.fill", "255"}, {NULL, NULL}};
    sinew_image image = black(2 * SIZE, SIZE);
    dot(&image, 20, 10, 2, 2);
    sinew_detector *detector = open_detector(make_maps(true, blue), NULL);
    check_box(run(detector, &image, 1), 18.5f, 6.5f, 8, 12, 0);
    sinew_detector_close(&detector);

    detector = open_detector(make_maps(true, NULL), NULL);
    run(detector, &image, 0);
    sinew_detector_close(&detector);

    /* Red from here on. */
    dot(&image, 20, 10, 2, 0);
    detector = open_detector(make_maps(true, corner), NULL);
    check_box(run(detector, &image, 1), 17.5f, 7.5f, 8, 12, 0);
    sinew_detector_close(&detector);
    detector = open_detector(make_maps(true, middle), NULL);
    check_box(run(detector, &image, 1), 18.5f, 6.5f, 8, 12, 0);
    sinew_detector_close(&detector);
    detector = open_detector(make_maps(true, plain), NULL);
    assert_float_equal(run(detector, &image, 1)->score, 1, 0);
    sinew_detector_close(&detector);
    detector = open_detector(make_maps(true, second), NULL);
    run(detector, &image, 0);
    dot(&image, 20, 10, 2, 1);
    check_box(run(detector, &image, 1), 18.5f, 6.5f, 8, 12, 1);
    sinew_detector_close(&detector);

    /* The fill lies outside the picture: what is found there reaches in by its
     * upper two pixels at most. */
    detector = open_detector(make_maps(true, white), NULL);
    const sinew_detection *found;
    int n;
    assert_int_equal(sinew_detector_run(detector, &image, &found, &n),
                     SINEW_OK);
    assert_true(n > 1);
    for (int i = 1; i < n; i++) {
        assert_true(found[i].box.y >= SIZE - 3.5f);
        assert_float_equal(found[i].box.y + found[i].box.height, SIZE - .5,
                           1e-4);
    }
    sinew_detector_close(&detector);
    sinew_image_free(&image);
}

/* Boxes end where the picture does; those that overlap leave the best. */
static void boxes_are_cut_and_thinned_out(void **state) {
    (void)state;
    sinew_image image = black(SIZE, SIZE);
    sinew_detector_options options;
    sinew_detector_options_init(&options);
    options.overlap = .4f;
    dot(&image, 0, 0, 1, 0);
    dot(&image, SIZE - 1, SIZE - 1, 1, 0);
    dot(&image, 15, 15, 2, 0); /* four boxes of 4 x 6, a pixel apart */
    sinew_detector *detector = open_detector(make_maps(true, NULL), &options);
    const sinew_detection *found = run(detector, &image, 3);
    check_box(&found[0], -.5f, -.5f, 3.5f, 4.5f, 0);
    check_box(&found[1], 14, 13, 4, 6, 0);
    check_box(&found[2], 30, 29, 1.5f, 2.5f, 0);
    sinew_detector_close(&detector);

    options.overlap = 1;
    options.most = 4;
    detector = open_detector(make_maps(true, NULL), &options);
    run(detector, &image, 4);
    sinew_detector_close(&detector);
    options.threshold = .999f;
    detector = open_detector(make_maps(true, NULL), &options);
    run(detector, &image, 0);
    assert_float_equal(sinew_detector_describe(detector).threshold, .999f, 0);
    sinew_detector_close(&detector);
    sinew_image_free(&image);
}

static void all_classes_can_be_asked_for(void **state) {
    (void)state;
    sinew_image image = black(SIZE, SIZE);
    sinew_detector_options options;
    sinew_detector_options_init(&options);
    dot(&image, 8, 8, 1, 0);
    dot(&image, 8, 8, 1, 1);
    dot(&image, 20, 20, 1, 1);
    for (int label = SINEW_LABEL_ANY; label < 3; label++) {
        static const int count[] = {3, 1, 1, 2, 0};
        options.label = label;
        sinew_detector *detector =
            open_detector(make_maps(true, NULL), &options);
        const sinew_detection *found =
            run(detector, &image, count[label - SINEW_LABEL_ANY]);
        for (int i = 0; label >= 0 && i < count[label + 2]; i++)
            assert_int_equal(found[i].label, label);
        sinew_detector_close(&detector);
    }
    sinew_image_free(&image);
}

/* A constant whose addition of 0 times the input makes it an output. */
static sinew_value settled(sinew_graph *graph, sinew_value in, int columns,
                           int rows, const float *data) {
    static const struct sinew_reduce_attr all = {4, {0, 1, 2, 3}, 1};
    const int64_t dims[] = {1, rows, columns};
    sinew_value zero =
        sinew_graph_add(graph, SINEW_OP_MUL, "", NULL,
                        SINEW_IN(sinew_graph_add(graph, SINEW_OP_REDUCE_MEAN,
                                                 "", &all, SINEW_IN(in)),
                                 sinew_graph_add_f32(graph, 0)));
    sinew_value sum = sinew_graph_add(
        graph, SINEW_OP_ADD, "", NULL,
        SINEW_IN(sinew_graph_add_const(graph, "", SINEW_F32, 3, dims, data),
                 zero));
    return sinew_graph_add(graph, SINEW_OP_RESHAPE, "", NULL,
                           SINEW_IN(sum, sinew_graph_add_i64s(graph, dims, 3)));
}

static const struct setting boxes[] = {{"sinew.codec", "boxes"}, {NULL, NULL}};

/* Rows of edges and score, with labels where `labelled`. */
static sinew_graph *make_rows(bool labelled) {
    static const float rows[] = {4,  4,  12, 20, .9f, //
                                 5,  4,  13, 20, .8f, //
                                 20, 10, 99, 30, .7f, //
                                 1,  1,  1,  9,  .6f, //
                                 0,  0,  9,  9,  .2f, //
                                 0,  0,  0,  0,  0};
    static const int64_t labels[] = {0, 1, 0, 0, 0, -1};
    const int64_t in_dims[] = {1, SIZE, SIZE, 3}, label_dims[] = {1, 6};
    sinew_graph *graph = start();
    sinew_value in =
        sinew_graph_add_input(graph, "image", SINEW_F32, 4, in_dims);
    sinew_value dets = settled(graph, in, 5, 6, rows);
    if (labelled)
        sinew_graph_add_output(
            graph,
            sinew_graph_add(graph, SINEW_OP_IDENTITY, "", NULL,
                            SINEW_IN(sinew_graph_add_const(
                                graph, "", SINEW_I64, 2, label_dims, labels))),
            "labels");
    sinew_graph_add_output(graph, dets, "dets");
    finish(graph, boxes);
    return graph;
}

static void lists_of_boxes_are_read(void **state) {
    (void)state;
    sinew_image image = black(2 * SIZE, 2 * SIZE);
    sinew_detector *detector = open_detector(make_rows(false), NULL);
    const sinew_detection *found = run(detector, &image, 2);
    check_box(&found[0], 7.5f, 7.5f, 16, 32, 0);
    assert_float_equal(found[0].score, .9f, 0);
    check_box(&found[1], 39.5f, 19.5f, 24, 40, 0);
    sinew_detector_close(&detector);

    sinew_detector_options options;
    sinew_detector_options_init(&options);
    options.label = SINEW_LABEL_ANY;
    options.threshold = 0;
    detector = open_detector(make_rows(true), &options);
    found = run(detector, &image, 4);
    check_box(&found[1], 9.5f, 7.5f, 16, 32, 1);
    check_box(&found[3], -.5f, -.5f, 18, 18, 0);
    sinew_detector_close(&detector);
    sinew_image_free(&image);
}

static void boxes_beside_scores_are_read(void **state) {
    (void)state;
    static const float rows[] = {4, 4, 12, 20, 20, 10, 28, 30};
    static const float scores[] = {-3, 2, 1, -1, -2, 0};
    static const struct setting named[] = {{"sinew.codec", "boxes"},
                                           {"sinew.outputs", "where,what"},
                                           {"sinew.person", "1"},
                                           {NULL, NULL}};
    const int64_t in_dims[] = {1, SIZE, SIZE, 3};
    sinew_image image = black(SIZE, SIZE);
    for (int by_name = 0; by_name < 2; by_name++) {
        sinew_graph *graph = start();
        sinew_value in =
            sinew_graph_add_input(graph, "image", SINEW_F32, 4, in_dims);
        sinew_graph_add_output(graph, settled(graph, in, 3, 2, scores), "what");
        sinew_graph_add_output(graph, settled(graph, in, 4, 2, rows), "where");
        finish(graph, by_name ? named : boxes);
        sinew_detector_options options;
        sinew_detector_options_init(&options);
        options.label = by_name ? SINEW_LABEL_PERSON : 2;
        sinew_detector *detector = open_detector(graph, &options);
        const sinew_detection *found = run(detector, &image, by_name ? 1 : 2);
        check_box(&found[0], 3.5f, 3.5f, 8, 16, by_name ? 1 : 2);
        assert_float_equal(found[0].score, 1 / (1 + exp(by_name ? -2 : -1)),
                           1e-6);
        if (!by_name) {
            check_box(&found[1], 19.5f, 9.5f, 8, 20, 2);
            assert_float_equal(found[1].score, .5, 1e-6);
        }
        sinew_detector_close(&detector);
    }
    sinew_image_free(&image);
}

static void check_refused(sinew_graph *graph,
                          const sinew_detector_options *options,
                          sinew_status status, const char *says) {
    sinew_detector *detector = (sinew_detector *)graph;
    assert_int_equal(sinew_detector_open_graph(&detector, graph, options),
                     status);
    assert_null(detector);
    if (!strstr(sinew_error_message(), says))
        fail_msg("'%s' is not in: %s", says, sinew_error_message());
    sinew_graph_free(&graph);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    static const struct setting pose[] = {{"sinew.codec", "heatmap"},
                                          {NULL, NULL}};
    static const struct setting other[] = {{"sinew.outputs", "cls,reg,other"},
                                           {NULL, NULL}};
    static const struct setting wrong[] = {{"sinew.outputs", "reg,cls"},
                                           {NULL, NULL}};
    static const struct setting list[] = {{"sinew.codec", "boxes"},
                                          {NULL, NULL}};
    check_refused(make_maps(true, pose), NULL, SINEW_FORMAT,
                  "a pose network finds keypoints");
    check_refused(make_maps(true, other), NULL, SINEW_FORMAT,
                  "there is no output 'other'");
    check_refused(make_maps(true, wrong), NULL, SINEW_FORMAT,
                  "not a map of scores");
    check_refused(make_maps(true, list), NULL, SINEW_FORMAT, "not boxes");
    sinew_graph *graph = make_maps(true, NULL);
    assert_int_equal(sinew_graph_set_metadata(graph, "sinew.codec", NULL),
                     SINEW_OK);
    check_refused(graph, NULL, SINEW_NOTFOUND, "lacks sinew.codec");

    sinew_detector_options options = {0};
    check_refused(make_maps(true, NULL), &options, SINEW_INVALID,
                  "sinew_detector_options_init");
    sinew_detector_options_init(&options);
    options.threshold = 2;
    check_refused(make_maps(true, NULL), &options, SINEW_INVALID, "above 1");
    sinew_detector_options_init(&options);
    options.most = -1;
    check_refused(make_maps(true, NULL), &options, SINEW_INVALID, "boxes");
    sinew_detector_options_init(&options);
    options.label = -3;
    check_refused(make_maps(true, NULL), &options, SINEW_INVALID, "class");

    sinew_pose *opened;
    graph = make_maps(true, NULL);
    assert_int_equal(sinew_pose_open_graph(&opened, graph, NULL), SINEW_FORMAT);
    assert_non_null(strstr(sinew_error_message(), "a detector finds"));
    sinew_graph_free(&graph);

    const sinew_detection *found;
    int n;
    sinew_image empty = {0};
    sinew_detector *detector = open_detector(make_maps(true, NULL), NULL);
    assert_int_equal(sinew_detector_run(detector, &empty, &found, &n),
                     SINEW_INVALID);
    sinew_detector_close(&detector);
    sinew_detector_close(&detector);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_become_boxes_of_the_picture),
        cmocka_unit_test(the_metadata_is_obeyed),
        cmocka_unit_test(boxes_are_cut_and_thinned_out),
        cmocka_unit_test(all_classes_can_be_asked_for),
        cmocka_unit_test(lists_of_boxes_are_read),
        cmocka_unit_test(boxes_beside_scores_are_read),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
