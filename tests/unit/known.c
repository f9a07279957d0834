/*
 * known.c - published networks are told by an output's shape and the weights it
 * needs, and get the metadata their files lack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/network.h>
#include "base/base.h"
#include "graph/graph.h"
#include "model/known.h"
#include "op/attrs.h"
#include "pose/spec.h"

/* A convolution of 1 x 1 by which `in` has `oc` channels. */
static sinew_value conv(sinew_graph *graph, sinew_value in, int64_t oc) {
    const struct sinew_conv2d_attr attr = {.stride_h = 1,
                                           .stride_w = 1,
                                           .dilation_h = 1,
                                           .dilation_w = 1,
                                           .groups = 1};
    const int64_t dims[] = {oc, 1, 1, sinew_graph_tensor(graph, in).dims[3]};
    sinew_value w = sinew_graph_add_const(graph, "", SINEW_F32, 4, dims, NULL);
    return sinew_graph_add(graph, SINEW_OP_CONV2D, "", &attr, SINEW_IN(in, w));
}

/* Maps [1, 8, 8, maps] behind (3 + maps) a weights: for 16 maps and a = 20000
 * the 380000 of EfficientPose RT Lite. `extra`: two more outputs, one with the
 * same shape and weights, one after the maps. */
static sinew_graph *make(int64_t a, int64_t maps, bool extra) {
    const int64_t dims[] = {1, 8, 8, 3};
    sinew_graph *graph;
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    sinew_value in = sinew_graph_add_input(graph, "image", SINEW_F32, 4, dims);
    sinew_value body = conv(graph, in, a);
    sinew_value head = conv(graph, body, maps);
    if (extra) sinew_graph_add_output(graph, conv(graph, body, 16), "early");
    sinew_graph_add_output(graph, head, "maps");
    if (extra) sinew_graph_add_output(graph, conv(graph, head, 28), "pafs");
    assert_int_equal(sinew_graph_finish(graph), SINEW_OK);
    return graph;
}

static void check_identity(sinew_graph *graph, const char *name) {
    const struct sinew_known_entry *entry;
    assert_int_equal(sinew_known_identify(graph, &entry), SINEW_OK);
    if (name) {
        assert_non_null(entry);
        assert_string_equal(entry->name, name);
    } else {
        assert_null(entry);
    }
}

static void weights_behind_an_output_tell(void **state) {
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        sinew_graph *graph = make(20000, 16, extra);
        check_identity(graph, "efficientpose-rt-lite");
        sinew_graph_free(&graph);
        graph = make(20001, 16, extra);
        check_identity(graph, NULL);
        sinew_graph_free(&graph);
    }
    sinew_graph *graph = make(20000, 15, false);
    check_identity(graph, NULL);
    sinew_graph_free(&graph);
}

static void pairs_of_vectors_are_rtmposes(void **state) {
    (void)state;
    const int64_t in_dims[] = {1, 4, 4, 3};
    const struct {
        int64_t x[3], y[3];
        const char *name;
    } cases[] = {{{1, 17, 384}, {1, 17, 512}, "rtmpose"},
                 {{1, 26, 384}, {1, 26, 512}, "rtmpose-halpe26"},
                 {{1, 25, 384}, {1, 25, 512}, NULL},
                 {{1, 17, 384}, {1, 26, 512}, NULL}};
    for (int i = 0; i < 4; i++) {
        sinew_graph *graph;
        assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
        sinew_graph_add_input(graph, "image", SINEW_F32, 4, in_dims);
        sinew_value x =
            sinew_graph_add_input(graph, "x", SINEW_F32, 3, cases[i].x);
        sinew_value y =
            sinew_graph_add_input(graph, "y", SINEW_F32, 3, cases[i].y);
        sinew_graph_add_output(
            graph,
            sinew_graph_add(graph, SINEW_OP_IDENTITY, "", NULL, SINEW_IN(x)),
            "simcc_x");
        sinew_graph_add_output(
            graph,
            sinew_graph_add(graph, SINEW_OP_IDENTITY, "", NULL, SINEW_IN(y)),
            "simcc_y");
        assert_int_equal(sinew_graph_finish(graph), SINEW_OK);
        check_identity(graph, cases[i].name);
        sinew_graph_free(&graph);
    }
}

/* A detector is the same with or without suppression, and with its distances in
 * strides, as built here, or times the stride, as in its own program. */
static void detectors_are_known_by_all_their_outputs(void **state) {
    (void)state;
    static const char *const keys[] = {"sinew.network", "sinew.color",
                                       "sinew.mean", "sinew.std",
                                       "sinew.codec"};
    for (int boxes = 0; boxes < 2; boxes++) {
        sinew_network_options options;
        sinew_network_options_init(&options);
        options.end_to_end = boxes;
        options.classes = 80;
        sinew_graph *graph;
        assert_int_equal(sinew_network_build(&graph, "rtmdet-tiny", &options),
                         SINEW_OK);
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            assert_int_equal(sinew_graph_set_metadata(graph, keys[i], NULL),
                             SINEW_OK);
        check_identity(graph, "rtmdet-tiny");
        assert_int_equal(sinew_known_annotate(graph, NULL), SINEW_OK);
        assert_string_equal(sinew_graph_metadata(graph, "sinew.color"), "bgr");
        assert_string_equal(sinew_graph_metadata(graph, "sinew.codec"),
                            boxes ? "boxes" : "distances");
        const char *unit = sinew_graph_metadata(graph, "sinew.distances");
        if (boxes)
            assert_null(unit);
        else
            assert_string_equal(unit, "strides");
        sinew_graph_free(&graph);
    }
}

static void distances_times_the_stride_are_pixels(void **state) {
    (void)state;
    const int64_t dims[] = {1, 8, 8, 3};
    sinew_graph *graph;
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    sinew_value in = sinew_graph_add_input(graph, "image", SINEW_F32, 4, dims);
    /* 3 a + a + 4 a weights */
    sinew_value body = conv(graph, in, 976936 / 8);
    sinew_graph_add_output(graph, conv(graph, body, 1), "cls");
    sinew_graph_add_output(
        graph,
        sinew_graph_add(
            graph, SINEW_OP_MUL, "", NULL,
            SINEW_IN(conv(graph, body, 4), sinew_graph_add_f32(graph, 8))),
        "reg");
    assert_int_equal(sinew_graph_finish(graph), SINEW_OK);
    check_identity(graph, "rtmdet-nano-person");
    assert_int_equal(sinew_known_annotate(graph, NULL), SINEW_OK);
    assert_string_equal(sinew_graph_metadata(graph, "sinew.distances"),
                        "pixels");
    sinew_graph_free(&graph);
}

static void metadata_is_filled_in(void **state) {
    (void)state;
    const struct sinew_known_entry *entry;
    sinew_graph *graph = make(20000, 16, true);
    assert_int_equal(sinew_graph_set_metadata(graph, "sinew.padding", "2"),
                     SINEW_OK);
    assert_int_equal(sinew_known_annotate(graph, &entry), SINEW_OK);
    assert_non_null(entry);
    assert_string_equal(entry->title, "EfficientPose RT Lite");
    assert_string_equal(sinew_graph_metadata(graph, "sinew.network"),
                        "efficientpose-rt-lite");
    assert_string_equal(sinew_graph_metadata(graph, "sinew.outputs"), "maps");
    assert_string_equal(sinew_graph_metadata(graph, "sinew.padding"), "2");
    assert_string_equal(sinew_graph_metadata(graph, "sinew.mean"),
                        "127.5,127.5,127.5");
    struct sinew_pose_spec spec;
    assert_int_equal(sinew_pose_spec_read(&spec, graph), SINEW_OK);
    assert_int_equal(spec.decode, SINEW_DECODE_GAUSSIAN);
    assert_int_equal(spec.frame, SINEW_FRAME_LETTERBOX);
    assert_string_equal(spec.skeleton->name, "efficientpose16");
    sinew_pose_spec_clear(&spec);
    sinew_graph_free(&graph);

    /* A file that says its codec is taken at its word. */
    graph = make(20000, 16, false);
    assert_int_equal(sinew_graph_set_metadata(graph, "sinew.codec", "heatmap"),
                     SINEW_OK);
    assert_int_equal(sinew_known_annotate(graph, &entry), SINEW_OK);
    assert_null(entry);
    assert_null(sinew_graph_metadata(graph, "sinew.mean"));
    sinew_graph_free(&graph);
}

static void entries_have_names_and_are_documented(void **state) {
    (void)state;
    struct sinew_file file;
    assert_int_equal(sinew_file_open(&file, "doc/metadata.md"), SINEW_OK);
    char *text = malloc(file.size + 1);
    assert_non_null(text);
    memcpy(text, file.data, file.size);
    text[file.size] = '\0';
    sinew_file_close(&file);
    const struct sinew_known_entry *entry;
    int n = 0;
    for (; (entry = sinew_known_at(n)) != NULL; n++) {
        assert_true(entry->name[0] && entry->title[0]);
        char row[128];
        snprintf(row, sizeof row, "\n| `%s` | %s |\n", entry->name,
                 entry->title);
        if (!strstr(text, row)) fail_msg("doc/metadata.md lacks:%s", row);
        for (int i = 0; i < n; i++)
            assert_string_not_equal(sinew_known_at(i)->name, entry->name);
    }
    assert_true(n >= 14);
    assert_null(sinew_known_at(-1));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_behind_an_output_tell),
        cmocka_unit_test(pairs_of_vectors_are_rtmposes),
        cmocka_unit_test(detectors_are_known_by_all_their_outputs),
        cmocka_unit_test(distances_times_the_stride_are_pixels),
        cmocka_unit_test(metadata_is_filled_in),
        cmocka_unit_test(entries_have_names_and_are_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
