/*
 * pose_meta.c - `sinew.*` metadata: read, written, refused, and documented.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/base.h"
#include "graph/graph.h"
#include "pose/detect_spec.h"
#include "pose/spec.h"

struct pair {
    const char *key, *value;
};

static const struct pair least[] = {{"sinew.keypoint_set", "coco17"},
                                    {"sinew.color", "bgr"},
                                    {"sinew.mean", "1,2,3"},
                                    {"sinew.std", "4, 5 ,6.5"},
                                    {"sinew.codec", "heatmap"}};
#define N_LEAST (sizeof least / sizeof least[0])

static sinew_graph *graph_with(const struct pair *pairs, size_t n) {
    sinew_graph *graph;
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(
            sinew_graph_set_metadata(graph, pairs[i].key, pairs[i].value),
            SINEW_OK);
    return graph;
}

static void absent_keys_have_fallbacks(void **state) {
    (void)state;
    sinew_graph *graph = graph_with(least, N_LEAST);
    struct sinew_pose_spec spec;
    assert_int_equal(sinew_pose_spec_read(&spec, graph), SINEW_OK);
    assert_ptr_equal(spec.skeleton, sinew_skeleton_find("coco17"));
    assert_null(spec.own);
    assert_int_equal(spec.color, SINEW_COLOR_BGR);
    assert_float_equal(spec.mean[2], 3, 0);
    assert_float_equal(spec.std[1], 5, 0);
    assert_float_equal(spec.std[2], 6.5, 0);
    assert_int_equal(spec.frame, SINEW_FRAME_BOX);
    assert_int_equal(spec.frame_resize, SINEW_RESIZE_AREA);
    assert_int_equal(spec.crop, SINEW_CROP_AFFINE);
    assert_float_equal(spec.padding, 1.25, 0);
    assert_int_equal(spec.decode, SINEW_DECODE_PEAK);
    assert_int_equal(spec.input[0], 0);
    assert_int_equal(spec.dark_kernel, 11);
    assert_float_equal(spec.simcc_ratio, 2, 0);
    assert_float_equal(spec.threshold, .3, 1e-7);
    assert_string_equal(spec.network, "");
    sinew_pose_spec_clear(&spec);
    sinew_graph_free(&graph);
}

/* Written keys read back to the same spec, and are then written the same. */
static void what_is_written_is_read(void **state) {
    (void)state;
    const struct pair more[] = {{"sinew.network", "my, network"},
                                {"sinew.keypoint_set", "hand"},
                                {"sinew.keypoints", "wrist,l_tip,r_tip"},
                                {"sinew.flip_pairs", "1-2"},
                                {"sinew.skeleton", "0-1,0-2"},
                                {"sinew.sigmas", "0.1,0.25,0.25"},
                                {"sinew.input_size", "256x192"},
                                {"sinew.color", "rgb"},
                                {"sinew.mean", "123.675,116.28,103.53"},
                                {"sinew.std", "58.395,57.12,57.375"},
                                {"sinew.frame", "letterbox"},
                                {"sinew.frame_resize", "gaussian"},
                                {"sinew.crop", "udp"},
                                {"sinew.padding", "1.5"},
                                {"sinew.codec", "heatmap"},
                                {"sinew.outputs", "maps"},
                                {"sinew.decode", "dark-udp"},
                                {"sinew.heatmap_stride", "4,4.5"},
                                {"sinew.heatmap_offset", "1.5"},
                                {"sinew.dark_kernel", "17"},
                                {"sinew.simcc_ratio", "2"},
                                {"sinew.expected_oks", "0.4"},
                                {"sinew.threshold", "0.25"},
                                {"sinew.licence", "CC-BY-4.0"},
                                {"sinew.data", "ten pictures"},
                                {"sinew.source", "https://example.org/a?b=c"}};
    size_t n = sizeof more / sizeof more[0];
    for (size_t i = 0; i < n; i++)
        assert_string_equal(more[i].key, sinew_meta_key_at((int)i)->key);
    assert_null(sinew_meta_key_at((int)n));

    sinew_graph *graph = graph_with(more, n), *copy;
    struct sinew_pose_spec spec;
    assert_int_equal(sinew_pose_spec_read(&spec, graph), SINEW_OK);
    assert_int_equal(spec.input[0], 256);
    assert_int_equal(spec.input[1], 192);
    assert_float_equal(spec.stride[1], 4.5, 0);
    assert_float_equal(spec.offset[1], 1.5, 0);
    assert_string_equal(spec.skeleton->name, "hand");
    assert_int_equal(spec.skeleton->joints[2].flip, 1);

    assert_int_equal(sinew_graph_create(&copy), SINEW_OK);
    assert_int_equal(sinew_pose_spec_write(&spec, copy), SINEW_OK);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(sinew_graph_metadata(copy, more[i].key),
                            more[i].value);
    sinew_pose_spec_clear(&spec);
    sinew_graph_free(&graph);
    sinew_graph_free(&copy);
}

static void built_in_sets_are_found_again(void **state) {
    (void)state;
    sinew_graph *graph = graph_with(least, N_LEAST);
    struct sinew_pose_spec spec, again;
    assert_int_equal(sinew_pose_spec_read(&spec, graph), SINEW_OK);
    assert_int_equal(sinew_pose_spec_write(&spec, graph), SINEW_OK);
    assert_non_null(sinew_graph_metadata(graph, "sinew.keypoints"));
    assert_int_equal(sinew_pose_spec_read(&again, graph), SINEW_OK);
    assert_ptr_equal(again.skeleton, spec.skeleton);
    assert_null(again.own);
    sinew_pose_spec_clear(&again);

    /* Other sigmas make it a set of the file's own, under the same name. */
    const char *ones = "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1";
    assert_int_equal(sinew_graph_set_metadata(graph, "sinew.sigmas", ones),
                     SINEW_OK);
    assert_int_equal(sinew_pose_spec_read(&again, graph), SINEW_OK);
    assert_non_null(again.own);
    assert_string_equal(again.skeleton->name, "coco17");
    assert_float_equal(again.skeleton->joints[4].sigma, 1, 0);
    assert_int_equal(again.skeleton->joints[4].flip, 3);
    sinew_pose_spec_clear(&again);
    sinew_pose_spec_clear(&spec);
    sinew_graph_free(&graph);
}

static void check_refused(const char *key, const char *value,
                          sinew_status status, const char *says) {
    sinew_graph *graph = graph_with(least, N_LEAST);
    struct sinew_pose_spec spec;
    assert_int_equal(sinew_graph_set_metadata(graph, key, value), SINEW_OK);
    sinew_status got = sinew_pose_spec_read(&spec, graph);
    if (got != status || !strstr(sinew_error_message(), says))
        fail_msg("%s = %s: status %d, '%s'", key, value ? value : "(none)", got,
                 sinew_error_message());
    sinew_pose_spec_clear(&spec);
    sinew_graph_free(&graph);
}

static void nonsense_is_refused(void **state) {
    (void)state;
    const struct pair wrong[] = {
        {"sinew.color", "rbg"},
        {"sinew.color", ""},
        {"sinew.mean", "1,2"},
        {"sinew.mean", "1,2,3,4"},
        {"sinew.mean", "1,2,x"},
        {"sinew.mean", "1;2;3"},
        {"sinew.std", "1,0,1"},
        {"sinew.std", "1,1e9,1"},
        {"sinew.input_size", "256"},
        {"sinew.input_size", "0x192"},
        {"sinew.input_size", "1.5x192"},
        {"sinew.input_size", "9000x192"},
        {"sinew.input_size", "256x192x"},
        {"sinew.frame", "none"},
        {"sinew.frame_resize", "cubic"},
        {"sinew.crop", "UDP"},
        {"sinew.padding", "0"},
        {"sinew.padding", "1.25,1"},
        {"sinew.codec", "maps"},
        {"sinew.decode", "still"},
        {"sinew.decode", "live"},
        {"sinew.decode", "x"},
        {"sinew.heatmap_stride", "1,2,3"},
        {"sinew.dark_kernel", "4"},
        {"sinew.dark_kernel", "33"},
        {"sinew.dark_kernel", "5.5"},
        {"sinew.simcc_ratio", "-1"},
        {"sinew.threshold", "1.01"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        check_refused(wrong[i].key, wrong[i].value, SINEW_FORMAT, wrong[i].key);
    check_refused("sinew.keypoint_set", "cocoa", SINEW_FORMAT, "'cocoa'");
    check_refused("sinew.keypoints", "a,a", SINEW_FORMAT, "twice");
    check_refused("sinew.codec", NULL, SINEW_NOTFOUND, "lacks sinew.codec:");
    check_refused("sinew.keypoint_set", NULL, SINEW_NOTFOUND,
                  "sinew.keypoint_set");

    sinew_graph *graph = graph_with(least, N_LEAST);
    struct sinew_pose_spec spec;
    assert_int_equal(sinew_graph_set_metadata(graph, "sinew.codec", "simcc"),
                     SINEW_OK);
    assert_int_equal(sinew_graph_set_metadata(graph, "sinew.decode", "dark"),
                     SINEW_OK);
    assert_int_equal(sinew_pose_spec_read(&spec, graph), SINEW_FORMAT);
    sinew_pose_spec_clear(&spec);
    sinew_graph_free(&graph);
}

static void all_that_is_missing_is_named(void **state) {
    (void)state;
    sinew_graph *graph = graph_with(least, 1);
    struct sinew_pose_spec spec;
    assert_int_equal(sinew_pose_spec_read(&spec, graph), SINEW_NOTFOUND);
    assert_non_null(strstr(sinew_error_message(),
                           "lacks sinew.color, sinew.mean, sinew.std, "
                           "sinew.codec: set each with `sinew convert"));
    sinew_pose_spec_clear(&spec);
    sinew_graph_free(&graph);
}

/* The rows of one table, in order, from `at` on; gives where they end. */
static const char *check_rows(const char *at,
                              const struct sinew_meta_key *(*key_at)(int)) {
    const struct sinew_meta_key *key;
    for (int i = 0; (key = key_at(i)) != NULL; i++) {
        char row[512], fallback[40];
        const char *plain = !key->fallback ? "**required**" : "-";
        snprintf(fallback, sizeof fallback,
                 key->fallback && key->fallback[0] ? "`%s`" : "%s",
                 key->fallback && key->fallback[0] ? key->fallback : plain);
        snprintf(row, sizeof row, "\n| `%s` | %s | %s | %s |\n", key->key,
                 key->values, fallback, key->help);
        const char *found = strstr(at, row);
        if (!found) fail_msg("doc/metadata.md lacks, or not here:%s", row);
        if (i > 0) assert_ptr_equal(found, at);
        at = found + strlen(row) - 1;
    }
    return at;
}

/* doc/metadata.md has exactly the rows of the tables. */
static void keys_are_documented(void **state) {
    (void)state;
    struct sinew_file file;
    assert_int_equal(sinew_file_open(&file, "doc/metadata.md"), SINEW_OK);
    char *text = malloc(file.size + 1);
    memcpy(text, file.data, file.size);
    text[file.size] = '\0';
    sinew_file_close(&file);
    const char *at = check_rows(text, sinew_meta_key_at);
    const char *next = strstr(at, "\n| `sinew.");
    at = check_rows(at, sinew_detect_meta_key_at);
    assert_null(strstr(at, "\n| `sinew."));
    assert_true(next < at);
    const struct sinew_skeleton *set;
    for (int i = 0; (set = sinew_skeleton_at(i)) != NULL; i++) {
        char row[256];
        snprintf(row, sizeof row, "\n| `%s` | %s |\n", set->name, set->title);
        if (!strstr(text, row)) fail_msg("doc/metadata.md lacks:%s", row);
    }
    free(text);
}

/* ---- detectors --------------------------------------------------------- */

static const struct pair detector[] = {
    {"sinew.network", "mine"},     {"sinew.input_size", "320x256"},
    {"sinew.color", "bgr"},        {"sinew.mean", "1,2,3.5"},
    {"sinew.std", "4,5,6"},        {"sinew.fit", "centre"},
    {"sinew.fill", "0"},           {"sinew.codec", "distances"},
    {"sinew.outputs", "a,b"},      {"sinew.scores", "probabilities"},
    {"sinew.distances", "pixels"}, {"sinew.prior", "0.5,0.25"},
    {"sinew.person", "3"},         {"sinew.threshold", "0.05"},
    {"sinew.overlap", "0.5"},      {"sinew.most", "7"},
    {"sinew.licence", "MIT"},      {"sinew.data", "some"},
    {"sinew.source", "here"}};
#define N_DETECTOR (sizeof detector / sizeof detector[0])

static void detectors_are_read_and_written(void **state) {
    (void)state;
    sinew_graph *graph = graph_with(detector, N_DETECTOR);
    sinew_graph *copy = graph_with(NULL, 0);
    struct sinew_detect_spec spec;
    assert_true(sinew_detect_spec_found(graph));
    assert_false(sinew_detect_spec_found(copy));
    assert_int_equal(sinew_detect_spec_read(&spec, graph), SINEW_OK);
    assert_int_equal(spec.input[0], 320);
    assert_int_equal(spec.fit, SINEW_FIT_CENTRE);
    assert_int_equal(spec.codec, SINEW_DETECT_DISTANCES);
    assert_int_equal(spec.scores, SINEW_SCORES_PROBABILITIES);
    assert_int_equal(spec.unit, SINEW_UNIT_PIXELS);
    assert_float_equal(spec.prior[1], .25, 0);
    assert_int_equal(spec.person, 3);
    assert_int_equal(spec.most, 7);
    assert_int_equal(sinew_detect_spec_write(&spec, copy), SINEW_OK);
    for (size_t i = 0; i < N_DETECTOR; i++) {
        assert_string_equal(detector[i].key,
                            sinew_detect_meta_key_at((int)i)->key);
        assert_string_equal(sinew_graph_metadata(copy, detector[i].key),
                            detector[i].value);
    }
    assert_null(sinew_detect_meta_key_at((int)N_DETECTOR));
    sinew_detect_spec_clear(&spec);
    sinew_graph_free(&graph);
    sinew_graph_free(&copy);
}

static void detectors_have_fallbacks_and_limits(void **state) {
    (void)state;
    static const struct pair few[] = {{"sinew.color", "bgr"},
                                      {"sinew.mean", "1,2,3"},
                                      {"sinew.std", "4,5,6"},
                                      {"sinew.codec", "boxes"}};
    static const struct pair bad[] = {
        {"sinew.fill", "256"},     {"sinew.fill", "1.5"},
        {"sinew.std", "0,1,1"},    {"sinew.codec", "heatmap"},
        {"sinew.person", "-1"},    {"sinew.most", "1e9"},
        {"sinew.overlap", "1.5"},  {"sinew.threshold", "x"},
        {"sinew.fit", "top"},      {"sinew.prior", "1,2,3"},
        {"sinew.distances", "cm"}, {"sinew.scores", ""},
    };
    struct sinew_detect_spec spec;
    sinew_graph *graph = graph_with(few, 4);
    assert_int_equal(sinew_detect_spec_read(&spec, graph), SINEW_OK);
    assert_int_equal(spec.fit, SINEW_FIT_TOP_LEFT);
    assert_int_equal(spec.fill, 114);
    assert_int_equal(spec.most, 100);
    assert_float_equal(spec.threshold, .3, 1e-7);
    assert_float_equal(spec.overlap, .6, 1e-7);
    sinew_detect_spec_clear(&spec);
    sinew_graph_free(&graph);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        graph = graph_with(few, 4);
        assert_int_equal(
            sinew_graph_set_metadata(graph, bad[i].key, bad[i].value),
            SINEW_OK);
        if (sinew_detect_spec_read(&spec, graph) != SINEW_FORMAT)
            fail_msg("%s = %s", bad[i].key, bad[i].value);
        sinew_detect_spec_clear(&spec);
        sinew_graph_free(&graph);
    }
    graph = graph_with(few + 1, 2);
    assert_int_equal(sinew_detect_spec_read(&spec, graph), SINEW_NOTFOUND);
    assert_non_null(
        strstr(sinew_error_message(), "lacks sinew.color, sinew.codec:"));
    sinew_detect_spec_clear(&spec);
    sinew_graph_free(&graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_keys_have_fallbacks),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(built_in_sets_are_found_again),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(all_that_is_missing_is_named),
        cmocka_unit_test(keys_are_documented),
        cmocka_unit_test(detectors_are_read_and_written),
        cmocka_unit_test(detectors_have_fallbacks_and_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
