/*
 * network.c - the RTMDet-nano built here gives the official outputs once it has
 * the official weights.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/network.h>
#include <sinew/runtime.h>
#include "graph/graph.h"
#include "media/media.h"
#include "op/attrs.h"
#include "parity/official.h"
#include "parity/shared.h"
#include "wire/npy.h"

/* [1, 3, h, w] of B, G, R. */
static void fill(sinew_tensor *input, const sinew_image *image) {
    static const float mean[3] = {103.53f, 116.28f, 123.675f};
    static const float deviation[3] = {57.375f, 57.12f, 58.395f};
    float *to = input->data;
    assert_int_equal(input->dims[2], image->height);
    assert_int_equal(input->dims[3], image->width);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < image->height; y++)
            for (int x = 0; x < image->width; x++)
                *to++ = ((float)image->data[y * image->stride + 3 * x + 2 - c] -
                         mean[c]) /
                        deviation[c];
}

static void check_output(const sinew_tensor *out, const char *name) {
    char file[SHARED_PATH], path[SHARED_PATH];
    sinew_tensor golden;
    double low = INFINITY, high = -INFINITY, worst = 0;
    snprintf(file, sizeof file, "reference/golden/rtmdet_nano_end2end/%s.npy",
             name);
    if (sinew_npy_load(&golden, shared(path, file)) < 0)
        fail_msg("%s", sinew_error_message());
    assert_true(sinew_tensor_same_shape(out, &golden));
    for (int64_t i = 0; i < sinew_tensor_count(out); i++) {
        const double want = (double)((const float *)golden.data)[i];
        low = fmin(low, want);
        high = fmax(high, want);
        worst = fmax(worst, fabs((double)((const float *)out->data)[i] - want));
    }
    if (!(worst <= 1e-4 * (high - low)))
        fail_msg("%s: off by %g of the range", name, worst / (high - low));
    sinew_free(golden.data);
}

static void official_weights(void **state) {
    (void)state;
    char path[SHARED_PATH];
    sinew_graph *official, *graph;
    sinew_runtime *runtime;
    sinew_image image = {0};
    if (sinew_graph_load(
            &official,
            shared(path, "models/rtmdet/rtmdet_nano_person_end2end.onnx")) < 0)
        fail_msg("%s", sinew_error_message());
    if (sinew_network_build(&graph, "rtmdet-nano", NULL) < 0)
        fail_msg("%s", sinew_error_message());
    take_weights(graph, official);
    assert_int_equal(sinew_runtime_create(&runtime, graph, NULL), SINEW_OK);
    if (sinew_still_read(
            &image,
            shared(path, "reference/golden/rtmdet_nano_end2end/input.png"),
            NULL, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    fill(sinew_runtime_input(runtime, 0), &image);
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
    for (int i = 0; i < sinew_graph_output_count(graph); i++)
        check_output(sinew_runtime_output(runtime, i),
                     sinew_graph_output_name(graph, i));
    sinew_image_free(&image);
    sinew_runtime_free(&runtime);
    sinew_graph_free(&graph);
    sinew_graph_free(&official);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(official_weights)};
    shared_require();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
