/*
 * model.c - networks for the tests of the program.
 *
 *     cli_model squares FILE   a pose network that finds coloured squares, see
 *                              picture.c
 *     cli_model markers FILE   a pose network that finds the dots of markers.h
 *     cli_model finder FILE    a detector of people who wear them
 *     cli_model huge FILE      ONNX whose input has 2^80 elements
 *     cli_model shape FILE     ONNX that adds [1,4] to [1,5]
 *     cli_model operator FILE  ONNX with an operator that is none
 *     cli_model impulse FILE   .npy: red at (20, 30) of the squares' input
 *     cli_model rank3 FILE     the same without the batch
 *     cli_model answer FILE    fails unless the .npy is what the network makes
 *                              of the impulse
 *
 * The keypoints "head", "left_wrist" and "right_wrist" are where the mean of
 * red, green or blue less half of the others, over 5x5 pixels, is highest.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "cli/markers.h"
#include "graph/graph.h"
#include "op/attrs.h"
#include "wire/npy.h"
#include "wire/protobuf.h"

#define SIDE 64 /* of the network's input */

/* Nose, neck, hips, and down both legs. */
#define SKELETON "0-1,1-2,1-3,2-4,4-6,6-10,10-8,3-5,5-7,7-11,11-9"

static const char *const metadata[][2] = {
    {"sinew.network", "squares"},
    {"sinew.keypoint_set", "squares3"},
    {"sinew.keypoints", "head,left_wrist,right_wrist"},
    {"sinew.flip_pairs", "1-2"},
    {"sinew.skeleton", "0-1,0-2"},
    {"sinew.color", "rgb"},
    {"sinew.mean", "0,0,0"},
    {"sinew.std", "255,255,255"},
    {"sinew.frame", "stretch"},
    {"sinew.frame_resize", "area"},
    {"sinew.codec", "heatmap"},
    {"sinew.decode", "peak"},
    {"sinew.threshold", "0.3"},
};

static sinew_status make_squares(const char *path) {
    sinew_graph *graph = NULL;
    sinew_status status;
    float weights[3][5][5][3];
    for (int out = 0; out < 3; out++)
        for (int i = 0; i < 75; i++)
            (&weights[out][0][0][0])[i] = (i % 3 == out ? 1.0f : -0.5f) / 25;
    const struct sinew_conv2d_attr attr = {.stride_h = 1,
                                           .stride_w = 1,
                                           .dilation_h = 1,
                                           .dilation_w = 1,
                                           .groups = 1,
                                           .same = 1};
    SINEW_TRY(sinew_graph_create(&graph));
    sinew_value x = sinew_graph_add_input(graph, "image", SINEW_F32, 4,
                                          (const int64_t[]){1, SIDE, SIDE, 3});
    sinew_value w = sinew_graph_add_const(
        graph, "w", SINEW_F32, 4, (const int64_t[]){3, 5, 5, 3}, weights);
    sinew_value y =
        sinew_graph_add(graph, SINEW_OP_CONV2D, "maps", &attr, SINEW_IN(x, w));
    sinew_graph_add_output(graph, y, "heat/maps:0");
    SINEW_TRY(sinew_graph_finish(graph));
    for (size_t i = 0; i < sizeof(metadata) / sizeof(*metadata); i++)
        SINEW_TRY(
            sinew_graph_set_metadata(graph, metadata[i][0], metadata[i][1]));
    SINEW_TRY(sinew_graph_save(graph, path, true));
fail:
    sinew_graph_free(&graph);
    return status;
}

/* ---- people who wear markers --------------------------------------------- */

static sinew_value conv(sinew_graph *graph, sinew_value x, int oc, int size,
                        int groups, const float *w, const float *bias) {
    const struct sinew_conv2d_attr attr = {.stride_h = 1,
                                           .stride_w = 1,
                                           .dilation_h = 1,
                                           .dilation_w = 1,
                                           .groups = groups,
                                           .same = 1};
    const int64_t ic = groups > 1 ? 1 : 3;
    const int64_t w_dims[4] = {oc, size, size, ic}, b_dims[1] = {oc};
    return sinew_graph_add(
        graph, SINEW_OP_CONV2D, "", &attr,
        SINEW_IN(x, sinew_graph_add_const(graph, "", SINEW_F32, 4, w_dims, w),
                 sinew_graph_add_const(graph, "", SINEW_F32, 1, b_dims, bias)));
}

/* Of colours c in 0 ... 1 and marker t: top - slope |c - t|^2. */
static sinew_value near_markers(sinew_graph *graph, sinew_value x, int first,
                                int n, float slope, float top) {
    float both[MARKERS][3], minus[MARKERS][3], bias[MARKERS];
    const float zero[MARKERS] = {0};
    for (int k = 0; k < n; k++) {
        bias[k] = top;
        for (int c = 0; c < 3; c++) {
            const float t = (float)markers[first + k].rgb[c] / 255;
            both[k][c] = 2 * slope * t;
            minus[k][c] = -slope;
            bias[k] -= slope * t * t;
        }
    }
    const sinew_value squares =
        sinew_graph_add(graph, SINEW_OP_MUL, "", NULL, SINEW_IN(x, x));
    return sinew_graph_add(
        graph, SINEW_OP_ADD, "", NULL,
        SINEW_IN(conv(graph, x, n, 1, 1, both[0], bias),
                 conv(graph, squares, n, 1, 1, minus[0], zero)));
}

struct entry {
    const char *key, *value;
};

static sinew_status save(sinew_graph *graph, const struct entry *entries,
                         const char *path) {
    sinew_status status;
    SINEW_TRY(sinew_graph_finish(graph));
    for (; entries->key; entries++)
        SINEW_TRY(
            sinew_graph_set_metadata(graph, entries->key, entries->value));
    SINEW_TRY(sinew_graph_save(graph, path, true));
fail:
    return status;
}

/* Means of 3x3 and, so that of two people the one in the middle is meant, a
 * less far from there. */
static sinew_status make_markers(const char *path) {
    enum { HEIGHT = 256, WIDTH = 192 };
    static const struct entry entries[] = {
        {"sinew.network", "markers"},
        {"sinew.keypoints", MARKER_NAMES},
        {"sinew.keypoint_set", "twelve"},
        {"sinew.skeleton", SKELETON},
        {"sinew.flip_pairs", "2-3,4-5,6-7,8-9,10-11"},
        {"sinew.color", "rgb"},
        {"sinew.mean", "0,0,0"},
        {"sinew.std", "255,255,255"},
        {"sinew.frame", "box"},
        {"sinew.codec", "heatmap"},
        {"sinew.decode", "quarter"},
        {"sinew.threshold", "0.3"},
        {NULL, NULL}};
    static float far[HEIGHT][WIDTH];
    const int64_t dims[4] = {1, HEIGHT, WIDTH, 3};
    const int64_t far_dims[4] = {1, HEIGHT, WIDTH, 1};
    float mean[MARKERS][9];
    const float zero[MARKERS] = {0};
    sinew_graph *graph;
    sinew_status status = sinew_graph_create(&graph);
    if (status < 0) return status;
    for (int k = 0; k < MARKERS; k++)
        for (int i = 0; i < 9; i++)
            mean[k][i] = 1.0f / 9;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            far[y][x] = -1.5f * fabsf((float)x / WIDTH - 0.5f);
    sinew_value x = sinew_graph_add_input(graph, "image", SINEW_F32, 4, dims);
    x = near_markers(graph, x, 0, MARKERS, 4, 1);
    x = conv(graph, x, MARKERS, 3, MARKERS, mean[0], zero);
    x = sinew_graph_add(
        graph, SINEW_OP_ADD, "maps", NULL,
        SINEW_IN(x, sinew_graph_add_const(graph, "far", SINEW_F32, 4, far_dims,
                                          far)));
    sinew_graph_add_output(graph, x, "heat");
    status = save(graph, entries, path);
    sinew_graph_free(&graph);
    return status;
}

/* A person reaches 36, 74, 36 and 80 pixels of the input from the marker on the
 * right hip. */
static sinew_status make_finder(const char *path) {
    static const struct entry entries[] = {{"sinew.network", "finder"},
                                           {"sinew.color", "rgb"},
                                           {"sinew.mean", "0,0,0"},
                                           {"sinew.std", "255,255,255"},
                                           {"sinew.fill", "0"},
                                           {"sinew.codec", "distances"},
                                           {"sinew.prior", "0.5"},
                                           {"sinew.threshold", "0.3"},
                                           {NULL, NULL}};
    static const float sides[4] = {36, 74, 36, 80}, none[12] = {0};
    const int64_t dims[4] = {1, 240, 320, 3};
    sinew_graph *graph;
    sinew_status status = sinew_graph_create(&graph);
    if (status < 0) return status;
    sinew_value x = sinew_graph_add_input(graph, "image", SINEW_F32, 4, dims);
    sinew_graph_add_output(graph, near_markers(graph, x, MARKER_HIP, 1, 60, 5),
                           "cls");
    sinew_graph_add_output(graph, conv(graph, x, 4, 1, 1, none, sides), "reg");
    status = save(graph, entries, path);
    sinew_graph_free(&graph);
    return status;
}

/* ---- ONNX files that are wrong, field by field ----------------------------
 */

/* ValueInfoProto: name, type.tensor_type {elem_type FLOAT, shape}. */
static void put_value(struct sinew_bytes *out, uint32_t field, const char *name,
                      int64_t a, int64_t b) {
    size_t value = sinew_pb_begin(out, field);
    sinew_pb_put_text(out, 1, name);
    size_t type = sinew_pb_begin(out, 2), tensor = sinew_pb_begin(out, 1);
    sinew_pb_put_int(out, 1, 1);
    size_t shape = sinew_pb_begin(out, 2);
    for (int i = 0; i < 2; i++) {
        size_t dim = sinew_pb_begin(out, 1);
        sinew_pb_put_int(out, 1, i ? b : a);
        sinew_pb_end(out, dim);
    }
    sinew_pb_end(out, shape);
    sinew_pb_end(out, tensor);
    sinew_pb_end(out, type);
    sinew_pb_end(out, value);
}

static sinew_status make_bad(const char *path, const char *op, int64_t a,
                             int64_t b, int64_t c) {
    struct sinew_bytes out = {0};
    struct sinew_output *file = NULL;
    sinew_status status;
    sinew_pb_put_int(&out, 1, 8); /* ir_version */
    size_t graph = sinew_pb_begin(&out, 7), node = sinew_pb_begin(&out, 1);
    sinew_pb_put_text(&out, 1, "x");
    sinew_pb_put_text(&out, 1, "y");
    sinew_pb_put_text(&out, 2, "z");
    sinew_pb_put_text(&out, 3, "the_node");
    sinew_pb_put_text(&out, 4, op);
    sinew_pb_end(&out, node);
    sinew_pb_put_text(&out, 2, "bad");
    put_value(&out, 11, "x", a, b);
    put_value(&out, 11, "y", a, c);
    put_value(&out, 12, "z", a, b);
    sinew_pb_end(&out, graph);
    size_t opset = sinew_pb_begin(&out, 8);
    sinew_pb_put_int(&out, 2, 17);
    sinew_pb_end(&out, opset);
    SINEW_TRY(out.status);
    SINEW_TRY(sinew_output_open(&file, path, true));
    SINEW_TRY(sinew_output_write(file, out.data, out.size));
    SINEW_TRY(sinew_output_commit(&file));
fail:
    sinew_output_abort(&file);
    sinew_bytes_free(&out);
    return status;
}

/* ---- tensors ----------------------------------------------------------------
 */

static sinew_status make_impulse(const char *path, int rank) {
    static float image[SIDE][SIDE][3];
    sinew_tensor tensor = {.data = image,
                           .dtype = SINEW_F32,
                           .rank = rank,
                           .dims = {1, SIDE, SIDE, 3},
                           .row_stride = 3};
    if (rank == 3)
        memmove(tensor.dims, tensor.dims + 1, 3 * sizeof(*tensor.dims));
    image[20][30][0] = 1;
    return sinew_npy_save(&tensor, path, true);
}

/* 1/25 in the first map and -1/50 in the others within two pixels, else 0. */
static sinew_status check_answer(const char *path) {
    sinew_tensor tensor = {0};
    sinew_status status = sinew_npy_load(&tensor, path);
    const float *map = tensor.data;
    if (status == SINEW_OK && sinew_tensor_count(&tensor) != SIDE * SIDE * 3)
        status = sinew_fail(SINEW_SHAPE, "%s: wrong size", path);
    for (int y = 0; y < SIDE && status == SINEW_OK; y++)
        for (int x = 0; x < SIDE; x++)
            for (int c = 0; c < 3; c++) {
                bool near = abs(y - 20) <= 2 && abs(x - 30) <= 2;
                float want = !near ? 0 : c ? -0.02f : 0.04f;
                if (fabsf(*map++ - want) > 1e-7f)
                    status =
                        sinew_fail(SINEW_FORMAT, "wrong at %d %d %d", y, x, c);
            }
    sinew_free(tensor.data);
    return status;
}

int main(int argc, char **argv) {
    const int64_t huge = (int64_t)1 << 40;
    sinew_status status;
    if (argc != 3) return 2;
    if (!strcmp(argv[1], "squares"))
        status = make_squares(argv[2]);
    else if (!strcmp(argv[1], "markers"))
        status = make_markers(argv[2]);
    else if (!strcmp(argv[1], "finder"))
        status = make_finder(argv[2]);
    else if (!strcmp(argv[1], "huge"))
        status = make_bad(argv[2], "Add", huge, huge, huge);
    else if (!strcmp(argv[1], "shape"))
        status = make_bad(argv[2], "Add", 1, 4, 5);
    else if (!strcmp(argv[1], "operator"))
        status = make_bad(argv[2], "Flubber", 1, 4, 4);
    else if (!strcmp(argv[1], "answer"))
        status = check_answer(argv[2]);
    else
        status = make_impulse(argv[2], strcmp(argv[1], "rank3") ? 4 : 3);
    if (status < 0) fprintf(stderr, "model: %s\n", sinew_error_message());
    return status < 0;
}
