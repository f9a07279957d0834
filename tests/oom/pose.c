/*
 * pose.c - memory runs out at every possible moment of opening a pose network
 * or a detector, of reading and writing metadata and of looking at a picture.
 */
#include <sinew/detect.h>
#include <sinew/pose.h>
#include "graph/graph.h"
#include "oom/heap.h"
#include "pose/spec.h"

static const char *const settings[][2] = {
    {"sinew.keypoint_set", "face"},  {"sinew.keypoints", "nose,l_eye,r_eye"},
    {"sinew.flip_pairs", "1-2"},     {"sinew.skeleton", "0-1,0-2"},
    {"sinew.sigmas", "0.1,0.2,0.2"}, {"sinew.color", "rgb"},
    {"sinew.mean", "0,0,0"},         {"sinew.std", "1,1,1"},
    {"sinew.frame", "letterbox"},    {"sinew.crop", "square"},
    {"sinew.codec", "heatmap"},      {"sinew.outputs", "maps"},
    {"sinew.decode", "dark"},        {"sinew.licence", "CC0-1.0"}};
#define N_SETTINGS (sizeof settings / sizeof settings[0])

static sinew_status make_graph(sinew_graph **result) {
    static const int64_t dims[] = {1, 3, 16, 16};
    sinew_graph *graph;
    sinew_status status = sinew_graph_create(&graph);
    if (status < 0) return status;
    sinew_value x = sinew_graph_add_input(graph, "in", SINEW_F32, 4, dims);
    sinew_value y =
        sinew_graph_add(graph, SINEW_OP_IDENTITY, "", NULL, SINEW_IN(x));
    sinew_graph_add_output(graph, y, "maps");
    for (size_t i = 0; i < N_SETTINGS && status == SINEW_OK; i++)
        status =
            sinew_graph_set_metadata(graph, settings[i][0], settings[i][1]);
    if (status == SINEW_OK) status = sinew_graph_finish(graph);
    if (status < 0) sinew_graph_free(&graph);
    *result = graph;
    return status;
}

static sinew_status look_at_picture(void) {
    static uint8_t pixels[40 * 30 * 3];
    const sinew_image picture = {pixels, 40, 30, 3, 40 * 3};
    const sinew_box box = {-5, 2, 20, 20};
    sinew_graph *graph = NULL;
    sinew_pose *pose = NULL;
    sinew_person person;
    sinew_status status;
    SINEW_TRY(make_graph(&graph));
    SINEW_TRY(sinew_pose_open_graph(&pose, graph, NULL));
    SINEW_TRY(sinew_pose_estimate(pose, &picture, NULL, &person));
    SINEW_TRY(sinew_pose_estimate(pose, &picture, &box, &person));
fail:
    sinew_pose_close(&pose);
    sinew_graph_free(&graph);
    return status;
}

/* A detector whose list of boxes is the picture. */
static sinew_status make_detector(sinew_graph **result) {
    static const char *const keys[][2] = {{"sinew.color", "rgb"},
                                          {"sinew.mean", "0,0,0"},
                                          {"sinew.std", "1,1,1"},
                                          {"sinew.codec", "boxes"},
                                          {"sinew.licence", "CC0-1.0"}};
    static const int64_t dims[] = {1, 3, 15, 16}, list[] = {1, 144, 5};
    sinew_graph *graph;
    sinew_status status = sinew_graph_create(&graph);
    if (status < 0) return status;
    sinew_value x = sinew_graph_add_input(graph, "in", SINEW_F32, 4, dims);
    sinew_value y =
        sinew_graph_add(graph, SINEW_OP_RESHAPE, "", NULL,
                        SINEW_IN(x, sinew_graph_add_i64s(graph, list, 3)));
    sinew_graph_add_output(graph, y, "dets");
    for (int i = 0; i < 5 && status == SINEW_OK; i++)
        status = sinew_graph_set_metadata(graph, keys[i][0], keys[i][1]);
    if (status == SINEW_OK) status = sinew_graph_finish(graph);
    if (status < 0) sinew_graph_free(&graph);
    *result = graph;
    return status;
}

static sinew_status detect_people(void) {
    static uint8_t pixels[40 * 30 * 3];
    const sinew_image picture = {pixels, 40, 30, 3, 40 * 3};
    sinew_graph *graph = NULL;
    sinew_detector *detector = NULL;
    const sinew_detection *found;
    sinew_status status;
    int n;
    SINEW_TRY(make_detector(&graph));
    SINEW_TRY(sinew_detector_open_graph(&detector, graph, NULL));
    SINEW_TRY(sinew_detector_run(detector, &picture, &found, &n));
fail:
    sinew_detector_close(&detector);
    sinew_graph_free(&graph);
    return status;
}

static sinew_status copy_metadata(void) {
    sinew_graph *graph = NULL;
    struct sinew_pose_spec spec = {0};
    sinew_status status;
    SINEW_TRY(make_graph(&graph));
    SINEW_TRY(sinew_pose_spec_read(&spec, graph));
    SINEW_TRY(sinew_pose_spec_write(&spec, graph));
    sinew_pose_spec_clear(&spec);
    SINEW_TRY(sinew_graph_set_metadata(graph, "sinew.keypoint_set", "lsp14"));
    SINEW_TRY(sinew_graph_set_metadata(graph, "sinew.keypoints", NULL));
    SINEW_TRY(sinew_graph_set_metadata(graph, "sinew.flip_pairs", NULL));
    SINEW_TRY(sinew_graph_set_metadata(graph, "sinew.skeleton", NULL));
    SINEW_TRY(sinew_graph_set_metadata(graph, "sinew.sigmas", NULL));
    SINEW_TRY(sinew_pose_spec_read(&spec, graph));
fail:
    sinew_pose_spec_clear(&spec);
    sinew_graph_free(&graph);
    return status;
}

static void sweep_pictures(void **state) {
    (void)state;
    sweep(look_at_picture);
}

static void sweep_detector(void **state) {
    (void)state;
    sweep(detect_people);
}

static void sweep_metadata(void **state) {
    (void)state;
    sweep(copy_metadata);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sweep_pictures),
        cmocka_unit_test(sweep_detector),
        cmocka_unit_test(sweep_metadata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
