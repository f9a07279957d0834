/*
 * weights.c - the same network from its weights in different files:
 * EfficientPose RT from PyTorch, TensorFlow and Keras, the MobileNetV2 networks
 * from Core ML and TensorFlow. Their heatmaps are those of the official TFLite
 * networks (whose EfficientPose has 16-bit weights), and of each other.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/network.h>
#include <sinew/runtime.h>
#include "data/weights_file.h"
#include "media/media.h"
#include "parity/shared.h"
#include "wire/npy.h"

static sinew_graph *network_of(const char *name, const char *weights) {
    char file[SHARED_PATH], path[SHARED_PATH];
    struct sinew_weights set;
    sinew_graph *graph;
    snprintf(file, sizeof file, "models/%s", weights);
    if (sinew_weights_load(&set, shared(path, file)) < 0 ||
        sinew_network_build(&graph, name, NULL) < 0 ||
        sinew_network_load(graph, &set) < 0)
        fail_msg("%s: %s", weights, sinew_error_message());
    sinew_weights_free(&set);
    return graph;
}

/* The golden picture as [1, 3, h, w]. */
static void fill(sinew_tensor *input, const char *golden, bool imagenet) {
    static const float mean[3] = {123.675f, 116.28f, 103.53f};
    static const float deviation[3] = {58.395f, 57.12f, 57.375f};
    char file[SHARED_PATH], path[SHARED_PATH];
    sinew_image image = {0};
    float *to = input->data;
    snprintf(file, sizeof file, "reference/golden/%s/input.png", golden);
    if (sinew_still_read(&image, shared(path, file), NULL, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    assert_int_equal(input->dims[2], image.height);
    assert_int_equal(input->dims[3], image.width);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < image.height; y++)
            for (int x = 0; x < image.width; x++) {
                const uint8_t *p = image.data + y * image.stride + 3 * x;
                *to++ = imagenet ? ((float)p[c] - mean[c]) / deviation[c]
                                 : (float)p[2 - c];
            }
    sinew_image_free(&image);
}

struct run {
    sinew_runtime *runtime;
    const sinew_tensor *heatmaps; ///< the last output
    int outputs;
};

static struct run run(const char *name, const char *weights, const char *golden,
                      bool imagenet) {
    sinew_graph *graph = network_of(name, weights);
    struct run run = {.outputs = sinew_graph_output_count(graph)};
    if (sinew_runtime_create(&run.runtime, graph, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    fill(sinew_runtime_input(run.runtime, 0), golden, imagenet);
    assert_int_equal(sinew_runtime_run(run.runtime), SINEW_OK);
    run.heatmaps = sinew_runtime_output(run.runtime, run.outputs - 1);
    sinew_graph_free(&graph);
    return run;
}

/* The largest difference; heatmaps are from 0 to 1. */
static double off(const sinew_tensor *a, const sinew_tensor *b) {
    double worst = 0;
    assert_int_equal(sinew_tensor_count(a), sinew_tensor_count(b));
    for (int64_t i = 0; i < sinew_tensor_count(a); i++)
        worst = fmax(worst, fabs((double)((const float *)a->data)[i] -
                                 (double)((const float *)b->data)[i]));
    return worst;
}

/* The golden has one map a channel too. */
static double off_golden(const sinew_tensor *maps, const char *golden) {
    char file[SHARED_PATH], path[SHARED_PATH];
    sinew_tensor want;
    snprintf(file, sizeof file, "reference/golden/%s/output.npy", golden);
    if (sinew_npy_load(&want, shared(path, file)) < 0)
        fail_msg("%s", sinew_error_message());
    const double found = off(&want, maps);
    sinew_free(want.data);
    return found;
}

static void check(const char *what, double off_by, double most) {
    printf("%s: off by %.2g\n", what, off_by);
    if (!(off_by <= most)) fail_msg("that is more than %g", most);
}

static void efficientpose(void **state) {
    (void)state;
    static const char *const files[] = {
        "efficientpose/tensorflow/EfficientPoseRT.pb",
        "efficientpose/pytorch/EfficientPoseRT",
#if SINEW_WITH_HDF5
        "efficientpose/keras/EfficientPoseRT.h5",
#endif
    };
    struct run first = {0};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct run next = run("efficientpose-rt", files[i], "ep_rt", true);
        check(files[i], off_golden(next.heatmaps, "ep_rt"), 2e-3);
        if (i > 0)
            check("  to the first", off(first.heatmaps, next.heatmaps), 1e-4);
        /* PyTorch's file is without the heads of training. */
        assert_int_equal(next.outputs, strstr(files[i], "pytorch") ? 2 : 4);
        if (i == 0)
            first = next;
        else
            sinew_runtime_free(&next.runtime);
    }
    sinew_runtime_free(&first.runtime);
}

static void mobilenet(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"cpm", "mobilenetv2/cpm.mlmodel"},
        {"hourglass", "mobilenetv2/hourglass.pb"}};
    for (int i = 0; i < 2; i++) {
        struct run one = run(rows[i][0], rows[i][1], rows[i][0], false);
        check(rows[i][1], off_golden(one.heatmaps, rows[i][0]), 1e-4);
        sinew_runtime_free(&one.runtime);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(efficientpose),
                                       cmocka_unit_test(mobilenet)};
    shared_require();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
