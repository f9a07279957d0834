/*
 * pose_decode.c - outputs found by name and shape, and each codec from tensors
 * to keypoints of the input.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "base/base.h"
#include "graph/graph.h"
#include "pose/decode.h"
#include "pose/flip.h"
#include "pose/vectors.h"

static void simcc_takes_largest_bins(void **state) {
    (void)state;
    const float columns[] = {0, .5f, .5f, .2f, -1, -2, -3, -1, 5, 1, 0, 0};
    const float rows[] = {.1f, .7f, .1f, 1, 2, 3, 0, 0, 2};
    sinew_keypoint got[3];
    sinew_simcc_decode(columns, 4, rows, 3, 3, 2, got);
    assert_float_equal(got[0].x, .5, 0); /* the first of two */
    assert_float_equal(got[0].y, .5, 0);
    assert_float_equal(got[0].score, .5, 0);
    assert_float_equal(got[1].x, -.5, 0); /* not above 0: nothing there */
    assert_float_equal(got[1].y, -.5, 0);
    assert_float_equal(got[1].score, -1, 0);
    assert_float_equal(got[2].x, 0, 0);
    assert_float_equal(got[2].y, 1, 0);
    assert_float_equal(got[2].score, 2, 0);
}

static void landmarks_take_the_smallest_probability(void **state) {
    (void)state;
    const float two[] = {10.5f, 20.5f, 9, 3, 1, 0, 0, 0, -2, 8};
    sinew_keypoint got[2];
    sinew_landmarks_decode(two, 2, .9f, got);
    assert_float_equal(got[0].x, 10, 0);
    assert_float_equal(got[0].y, 20, 0);
    assert_float_equal(got[0].score, (1 / (1 + exp(-1))), 1e-6);
    assert_float_equal(got[1].x, -.5, 0);
    assert_float_equal(got[1].score, (1 / (1 + exp(2))), 1e-6);
    sinew_landmarks_decode(two, 2, .05f, got);
    assert_float_equal(got[0].score, .05, 1e-7);
}

/* A graph whose outputs are its input in the shapes given. */
static sinew_graph *graph_of(const char *const *names, const int64_t (*dims)[4],
                             const int *ranks, int n) {
    sinew_graph *graph;
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    for (int i = 0; i < n; i++) {
        char name[16];
        snprintf(name, sizeof name, "in%d", i);
        sinew_value in =
            sinew_graph_add_input(graph, name, SINEW_F32, ranks[i], dims[i]);
        sinew_value out =
            sinew_graph_add(graph, SINEW_OP_IDENTITY, "", NULL, SINEW_IN(in));
        sinew_graph_add_output(graph, out, names[i]);
    }
    assert_int_equal(sinew_graph_finish(graph), SINEW_OK);
    return graph;
}

static struct sinew_pose_spec spec_of(int codec, const char *outputs) {
    struct sinew_pose_spec spec = {.codec = codec,
                                   .skeleton = sinew_skeleton_find("coco17"),
                                   .decode = SINEW_DECODE_PEAK,
                                   .dark_kernel = 11,
                                   .simcc_ratio = 2};
    spec.outputs = sinew_strdup(outputs);
    assert_non_null(spec.outputs);
    return spec;
}

static void check_outputs(int codec, const char *outputs, int first,
                          int second) {
    const char *names[] = {"paf", "early", "x", "y", "points", "there", "maps"};
    const int64_t dims[][4] = {{1, 28, 28, 34}, {1, 8, 8, 17}, {1, 17, 384},
                               {1, 17, 512},    {1, 195},      {1, 1},
                               {1, 17, 64, 48}};
    const int ranks[] = {4, 4, 3, 3, 2, 2, 4};
    sinew_graph *graph = graph_of(names, dims, ranks, 7);
    struct sinew_pose_spec spec = spec_of(codec, outputs);
    struct sinew_pose_outputs found;
    sinew_status status = sinew_pose_outputs_find(&found, &spec, graph);
    if (first < 0) {
        assert_int_equal(status, SINEW_FORMAT);
    } else {
        assert_int_equal(status, SINEW_OK);
        assert_int_equal(found.n, second < 0 ? 1 : 2);
        assert_int_equal(found.index[0], first);
        if (second >= 0) assert_int_equal(found.index[1], second);
    }
    sinew_pose_spec_clear(&spec);
    sinew_graph_free(&graph);
}

static void outputs_are_found(void **state) {
    (void)state;
    check_outputs(SINEW_CODEC_HEATMAP, "", 6, -1);
    check_outputs(SINEW_CODEC_HEATMAP, "early", 1, -1);
    check_outputs(SINEW_CODEC_HEATMAP, "paf", -1, -1);
    check_outputs(SINEW_CODEC_HEATMAP, "map", -1, -1);
    check_outputs(SINEW_CODEC_HEATMAP, "early,maps", -1, -1);
    check_outputs(SINEW_CODEC_SIMCC, "", 2, 3);
    check_outputs(SINEW_CODEC_SIMCC, "y,x", 3, 2);
    check_outputs(SINEW_CODEC_SIMCC, "x", -1, -1);
    check_outputs(SINEW_CODEC_SIMCC, "x,x", -1, -1);
    check_outputs(SINEW_CODEC_SIMCC, "x,y,x", -1, -1);
    check_outputs(SINEW_CODEC_LANDMARKS, "", 4, 5);
    check_outputs(SINEW_CODEC_LANDMARKS, "points", 4, -1);
    check_outputs(SINEW_CODEC_LANDMARKS, "points,x", -1, -1);
}

static sinew_tensor tensor_of(void *data, int rank, int64_t a, int64_t b,
                              int64_t c, int64_t d) {
    sinew_tensor t = {data, SINEW_F32, rank, {a, b, c, d}, 0};
    t.row_stride = t.dims[rank - 1];
    return t;
}

/* Cells become input pixels by stride and offset, in either layout, for any
 * person of a batch; scores are cut to [0, 1]. */
static void heatmaps_become_input_pixels(void **state) {
    (void)state;
    enum { K = 17, H = 6, W = 4 };
    for (int last = 0; last < 2; last++) {
        float data[2 * K * H * W] = {0};
        struct sinew_pose_spec spec = spec_of(SINEW_CODEC_HEATMAP, "");
        spec.offset[0] = 1.5f;
        spec.stride[1] = 3;
        spec.offset[1] = -1;
        for (int n = 0; n < 2; n++)
            for (int k = 0; k < K; k++) {
                int x = (k + n) % W, y = k % H;
                int at = last ? ((n * H + y) * W + x) * K + k
                              : ((n * K + k) * H + y) * W + x;
                data[at] = .25f * (float)k;
            }
        sinew_tensor t = last ? tensor_of(data, 4, 2, H, W, K)
                              : tensor_of(data, 4, 2, K, H, W);
        const sinew_tensor *outputs[] = {&t};
        struct sinew_decoder decoder;
        assert_int_equal(sinew_decoder_init(&decoder, &spec, SINEW_DECODE_STILL,
                                            16, 18, outputs, 1),
                         SINEW_OK);
        sinew_keypoint got[SINEW_MAX_KEYPOINTS];
        for (int n = 0; n < 2; n++) {
            sinew_decoder_run(&decoder, outputs, n, got);
            for (int k = 1; k < K; k++) {
                assert_float_equal(got[k].x, ((k + n) % W * 4 + 1.5), 0);
                assert_float_equal(got[k].y, (k % H * 3 - 1), 0);
                assert_float_equal(got[k].score, (k < 4 ? .25 * k : 1), 0);
            }
        }
        sinew_decoder_clear(&decoder);
        sinew_pose_spec_clear(&spec);
    }
}

static void still_is_what_the_model_says(void **state) {
    (void)state;
    const struct {
        int asked, method;
    } cases[] = {{SINEW_DECODE_STILL, SINEW_DECODE_BINOMIAL},
                 {SINEW_DECODE_LIVE, SINEW_DECODE_PEAK},
                 {SINEW_DECODE_PEAK, SINEW_DECODE_PEAK},
                 {SINEW_DECODE_DARK, SINEW_DECODE_DARK}};
    float data[17 * 4] = {0};
    sinew_tensor t = tensor_of(data, 4, 1, 17, 2, 2);
    const sinew_tensor *outputs[] = {&t, &t};
    struct sinew_decoder decoder;
    struct sinew_pose_spec spec = spec_of(SINEW_CODEC_HEATMAP, "");
    spec.decode = SINEW_DECODE_BINOMIAL;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(sinew_decoder_init(&decoder, &spec, cases[i].asked, 8,
                                            8, outputs, 1),
                         SINEW_OK);
        assert_int_equal(decoder.method, cases[i].method);
        sinew_decoder_clear(&decoder);
    }
    spec.codec = SINEW_CODEC_SIMCC;
    spec.decode = SINEW_DECODE_PEAK;
    assert_int_equal(sinew_decoder_init(&decoder, &spec, SINEW_DECODE_GAUSSIAN,
                                        8, 8, outputs, 2),
                     SINEW_INVALID);
    sinew_decoder_clear(&decoder);
    sinew_pose_spec_clear(&spec);
}

static void vectors_go_through_the_same_front(void **state) {
    (void)state;
    enum { K = 17, NX = 8, NY = 6 };
    static float columns[2 * K * NX], rows[2 * K * NY], points[2 * K * 5];
    float there[2] = {.5f, NAN};
    for (int i = 0; i < 2 * K; i++) {
        columns[i * NX + i % NX] = 3;
        rows[i * NY + i % NY] = (float)(i % 3) * .4f;
        points[i * 5] = (float)i;
        points[i * 5 + 1] = i == 20 ? INFINITY : 7;
        points[i * 5 + 3] = points[i * 5 + 4] = 100;
    }
    sinew_tensor x = tensor_of(columns, 3, 2, K, NX, 0);
    sinew_tensor y = tensor_of(rows, 3, 2, K, NY, 0);
    sinew_tensor p = tensor_of(points, 2, 2, K * 5, 0, 0);
    sinew_tensor q = tensor_of(there, 2, 2, 1, 0, 0);
    const sinew_tensor *pair[] = {&x, &y}, *marks[] = {&p, &q};
    struct sinew_decoder decoder;
    sinew_keypoint got[SINEW_MAX_KEYPOINTS];
    struct sinew_pose_spec spec = spec_of(SINEW_CODEC_SIMCC, "");
    assert_int_equal(
        sinew_decoder_init(&decoder, &spec, SINEW_DECODE_STILL, 4, 3, pair, 2),
        SINEW_OK);
    sinew_decoder_run(&decoder, pair, 1, got);
    for (int k = 0; k < K; k++) {
        int i = K + k;
        bool found = i % 3 > 0;
        assert_float_equal(got[k].x, (found ? i % NX * .5 : -.5), 0);
        assert_float_equal(got[k].y, (found ? i % NY * .5 : -.5), 0);
        assert_float_equal(got[k].score, (i % 3 * .4), 1e-6);
    }
    sinew_decoder_clear(&decoder);
    spec.codec = SINEW_CODEC_LANDMARKS;
    assert_int_equal(
        sinew_decoder_init(&decoder, &spec, SINEW_DECODE_PEAK, 4, 3, marks, 2),
        SINEW_OK);
    sinew_decoder_run(&decoder, marks, 0, got);
    assert_float_equal(got[4].x, 3.5, 0);
    assert_float_equal(got[4].score, .5, 0);
    sinew_decoder_run(&decoder, marks, 1, got);
    assert_float_equal(got[3].x, -1, 0); /* no number: nothing there */
    assert_float_equal(got[3].score, 0, 0);
    assert_float_equal(got[4].score, 0, 0);
    sinew_decoder_clear(&decoder);
    sinew_pose_spec_clear(&spec);
}

/* Bins of the mirror image belong to the other side's keypoint; columns run the
 * other way there, rows do not. */
static void bins_of_the_mirror_image_are_turned_back(void **state) {
    (void)state;
    enum { K = 17, X = 8, Y = 6 };
    float x[K * X] = {0}, y[K * Y] = {0};
    float flipped_x[K * X] = {0}, flipped_y[K * Y] = {0};
    struct sinew_pose_spec spec = spec_of(SINEW_CODEC_SIMCC, "");
    for (int k = 0; k < K; k++) {
        const int other = spec.skeleton->joints[k].flip;
        x[k * X + k % X] = 1;
        y[k * Y + k % Y] = 1;
        flipped_x[other * X + X - 1 - k % X] = .5f;
        flipped_y[other * Y + k % Y] = .25f;
    }
    sinew_tensor t[] = {tensor_of(x, 3, 1, K, X, 0),
                        tensor_of(y, 3, 1, K, Y, 0),
                        tensor_of(flipped_x, 3, 1, K, X, 0),
                        tensor_of(flipped_y, 3, 1, K, Y, 0)};
    const sinew_tensor *plain[] = {&t[0], &t[1]}, *flipped[] = {&t[2], &t[3]};
    struct sinew_decoder decoder;
    struct sinew_flip flip;
    sinew_keypoint got[SINEW_MAX_KEYPOINTS];
    assert_int_equal(sinew_decoder_init(&decoder, &spec, SINEW_DECODE_STILL,
                                        X / 2, Y / 2, plain, 2),
                     SINEW_OK);
    assert_int_equal(sinew_flip_init(&flip, &spec, plain, 2), SINEW_OK);
    sinew_flip_keep(&flip, plain);
    sinew_flip_merge(&flip, &decoder, flipped);
    const sinew_tensor *mean[] = {&flip.mean[0], &flip.mean[1]};
    sinew_decoder_run(&decoder, mean, 0, got);
    for (int k = 0; k < K; k++) {
        assert_float_equal(got[k].x, (k % X * .5f), 0);
        assert_float_equal(got[k].y, (k % Y * .5f), 0);
        assert_float_equal(got[k].score, .625f, 0);
    }
    sinew_flip_clear(&flip);
    spec.codec = SINEW_CODEC_LANDMARKS;
    assert_int_equal(sinew_flip_init(&flip, &spec, plain, 1), SINEW_INVALID);
    sinew_flip_clear(&flip);
    sinew_decoder_clear(&decoder);
    sinew_pose_spec_clear(&spec);
}

/* Cells begin with the input: reversed maps are shifted by one, the first
 * column meets the mirror image's last. */
static void maps_of_the_mirror_image_are_shifted(void **state) {
    (void)state;
    enum { K = 17, W = 6, H = 4 };
    static float maps[K * H * W], flipped[K * H * W];
    struct sinew_pose_spec spec = spec_of(SINEW_CODEC_HEATMAP, "");
    sinew_tensor t[] = {tensor_of(maps, 4, 1, K, H, W),
                        tensor_of(flipped, 4, 1, K, H, W)};
    const sinew_tensor *plain[] = {&t[0]}, *mirror[] = {&t[1]};
    struct sinew_decoder decoder;
    struct sinew_flip flip;
    for (int i = 0; i < K * H * W; i++) {
        maps[i] = (float)(i % 7);
        flipped[i] = (float)(i % 11);
    }
    assert_int_equal(sinew_decoder_init(&decoder, &spec, SINEW_DECODE_STILL,
                                        4 * W, 4 * H, plain, 1),
                     SINEW_OK);
    assert_int_equal(sinew_flip_init(&flip, &spec, plain, 1), SINEW_OK);
    sinew_flip_keep(&flip, plain);
    sinew_flip_merge(&flip, &decoder, mirror);
    const float *mean = flip.mean[0].data;
    for (int k = 0; k < K; k++) {
        const int other = spec.skeleton->joints[k].flip;
        for (int i = 0; i < H * W; i++) {
            const int x = i % W ? W - i % W : W - 1;
            const float a = maps[k * H * W + i];
            const float b = flipped[other * H * W + i - i % W + x];
            assert_float_equal(mean[k * H * W + i], (a + b) / 2, 0);
        }
    }
    sinew_flip_clear(&flip);
    sinew_decoder_clear(&decoder);
    sinew_pose_spec_clear(&spec);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_of_the_mirror_image_are_turned_back),
        cmocka_unit_test(maps_of_the_mirror_image_are_shifted),
        cmocka_unit_test(simcc_takes_largest_bins),
        cmocka_unit_test(landmarks_take_the_smallest_probability),
        cmocka_unit_test(outputs_are_found),
        cmocka_unit_test(heatmaps_become_input_pixels),
        cmocka_unit_test(still_is_what_the_model_says),
        cmocka_unit_test(vectors_go_through_the_same_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
