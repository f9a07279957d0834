/*
 * ending.c - what is put behind the outputs of a pose network: silent keypoints
 * and the OKS expected at each bin, beside sums written out here.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/runtime.h>
#include "compress/ending.h"
#include "graph/graph.h"
#include "op/attrs.h"
#include "pose/skeleton.h"

enum { HEIGHT = 34, WIDTH = 32, JOINTS = 17, X = 2 * WIDTH, Y = 2 * HEIGHT };

/* SimCC vectors of 17 keypoints that are numbers of the picture itself. */
static sinew_graph *network(const char *codec) {
    static const int64_t in[4] = {1, 3, HEIGHT, WIDTH}, flat[3] = {1, 17, 192},
                         sizes[3] = {X, Y, 192 - X - Y};
    static const struct sinew_axis_attr last = {-1};
    static const struct sinew_reshape_attr plain = {0};
    const char *const entries[][2] = {
        {"sinew.codec", codec},        {"sinew.simcc_ratio", "2"},
        {"sinew.input_size", "34x32"}, {"sinew.keypoint_set", "coco17"},
        {"sinew.color", "rgb"},        {"sinew.outputs", "simcc_x,simcc_y"},
        {"sinew.mean", "0,0,0"},       {"sinew.std", "1,1,1"},
    };
    sinew_graph *graph;
    sinew_value parts[3];
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    sinew_value x = sinew_graph_add_input(graph, "input", SINEW_F32, 4, in);
    x = sinew_graph_add(graph, SINEW_OP_RESHAPE, "vectors", &plain,
                        SINEW_IN(x, sinew_graph_add_i64s(graph, flat, 3)));
    sinew_graph_add_node(graph, SINEW_OP_SPLIT, "split", &last,
                         SINEW_IN(x, sinew_graph_add_i64s(graph, sizes, 3)),
                         parts, 3);
    sinew_graph_add_output(graph, parts[0], "simcc_x");
    sinew_graph_add_output(graph, parts[1], "simcc_y");
    assert_int_equal(sinew_graph_finish(graph), SINEW_OK);
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        assert_int_equal(
            sinew_graph_set_metadata(graph, entries[i][0], entries[i][1]),
            SINEW_OK);
    return graph;
}

static sinew_runtime *run(const sinew_graph *graph) {
    sinew_runtime *runtime;
    uint32_t state = 7;
    if (sinew_runtime_create(&runtime, graph, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_tensor *in = sinew_runtime_input(runtime, 0);
    for (int64_t i = 0; i < sinew_tensor_count(in); i++) {
        state = state * 1664525u + 1013904223u;
        ((float *)in->data)[i] = (float)(state >> 8) / 16777216.0f;
    }
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
    return runtime;
}

/* The OKS expected at bin `b` of a vector, errors of d bins counting as
 * exp(-d^2 / 2 t^2) up to three t. */
static double expected(const float *vector, int n, int b, double t) {
    double sum = 0, all = 0;
    for (int i = 0; i < n; i++) {
        const double p = exp(10 * (double)vector[i]);
        all += p;
        sum += p * exp(-(i - b) * (i - b) / (2 * t * t));
    }
    return sum / all;
}

static void each_bin_is_the_similarity_expected(void **state) {
    static const double tolerance = .8;
    (void)state;
    const struct sinew_skeleton *skeleton = sinew_skeleton_find("coco17");
    sinew_graph *graph = network("simcc");
    sinew_runtime *before = run(graph);
    if (sinew_ending_expect_oks(graph, tolerance) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_runtime *after = run(graph);
    bool moved = false;
    for (int axis = 0; axis < 2; axis++) {
        const sinew_tensor *vectors = sinew_runtime_output(before, axis);
        const sinew_tensor *got = sinew_runtime_output(after, axis);
        const int n = axis ? Y : X;
        assert_int_equal(got->rank, 3);
        assert_int_equal(got->dims[1], JOINTS);
        assert_int_equal(got->dims[2], n);
        for (int k = 0; k < JOINTS; k++) {
            const float *v = (const float *)vectors->data + k * n;
            const float *g = (const float *)got->data + k * n;
            const double t = tolerance * Y * (double)skeleton->joints[k].sigma;
            int likeliest = 0, best = 0;
            for (int b = 0; b < n; b++) {
                /* what lies beyond three t is less than 0.012 */
                assert_true(fabs((double)g[b] - expected(v, n, b, t)) < .012);
                likeliest = v[b] > v[likeliest] ? b : likeliest;
                best = g[b] > g[best] ? b : best;
            }
            moved = moved || best != likeliest;
        }
    }
    assert_true(moved);
    sinew_runtime_free(&before);
    sinew_runtime_free(&after);
    sinew_graph_free(&graph);
}

static void silence_is_zero(void **state) {
    (void)state;
    sinew_graph *graph = network("simcc");
    assert_int_equal(sinew_ending_expect_oks(graph, .4), SINEW_OK);
    sinew_runtime *before = run(graph);
    assert_int_equal(sinew_ending_silence(graph, "nose,right_ankle"), SINEW_OK);
    sinew_runtime *after = run(graph);
    for (int axis = 0; axis < 2; axis++) {
        const float *v = sinew_runtime_output(before, axis)->data;
        const float *g = sinew_runtime_output(after, axis)->data;
        const int n = axis ? Y : X;
        for (int i = 0; i < JOINTS * n; i++)
            assert_float_equal(g[i], (i / n % 16 ? v[i] : 0), 0);
    }
    sinew_runtime_free(&before);
    sinew_runtime_free(&after);
    sinew_graph_free(&graph);
}

static void what_cannot_be_is_said(void **state) {
    (void)state;
    sinew_graph *graph = network("simcc"), *maps = network("heatmap");
    assert_int_equal(sinew_ending_silence(graph, "nose,tail"), SINEW_NOTFOUND);
    assert_non_null(strstr(sinew_error_message(), "tail"));
    assert_int_equal(sinew_ending_expect_oks(graph, 0), SINEW_INVALID);
    assert_int_equal(sinew_ending_expect_oks(graph, 1.5), SINEW_INVALID);
    assert_int_equal(sinew_ending_expect_oks(graph, (double)NAN),
                     SINEW_INVALID);
    assert_int_equal(sinew_ending_expect_oks(maps, .4), SINEW_UNSUPPORTED);
    assert_int_equal(sinew_ending_expect_oks(graph, .4), SINEW_OK);
    assert_int_equal(sinew_ending_expect_oks(graph, .4), SINEW_INVALID);
    assert_non_null(strstr(sinew_error_message(), "already"));
    sinew_graph_free(&graph);
    sinew_graph_free(&maps);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bin_is_the_similarity_expected),
        cmocka_unit_test(silence_is_zero),
        cmocka_unit_test(what_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
