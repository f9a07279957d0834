/*
 * onnx.c - the official ONNX networks on their golden inputs, for every
 * instruction set of this machine, on one thread and on two, twice: PP-TinyPose
 * and RTMDet-nano with its suppression of overlapping boxes. A number may
 * differ by 1e-4 of the golden output's range.
 *
 * Both are also written and read back, after which they compute the same bits,
 * and cut short at many places.
 */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/runtime.h>
#include "format/format.h"
#include "graph/graph.h"
#include "kernel/cpu.h"
#include "media/media.h"
#include "op/op.h"
#include "parity/shared.h"
#include "wire/npy.h"

static const struct network {
    const char *file, *golden;
    bool bgr;
    double mean[3], scale[3]; ///< of the channels as they are fed
} tinypose = {"teachers/pptinypose_256x192.onnx",
              "pptinypose_256x192",
              false,
              {123.675, 116.28, 103.53},
              {0.01712475, 0.0175, 0.01742919}},
  rtmdet = {"rtmdet/rtmdet_nano_person_end2end.onnx",
            "rtmdet_nano_end2end",
            true,
            {103.53, 116.28, 123.675},
            {1 / 57.375, 1 / 57.12, 1 / 58.395}};

static sinew_graph *load(const struct network *network) {
    char name[SHARED_PATH], path[SHARED_PATH];
    sinew_graph *graph;
    snprintf(name, sizeof name, "models/%s", network->file);
    if (sinew_graph_load(&graph, shared(path, name)) < 0)
        fail_msg("%s", sinew_error_message());
    return graph;
}

/* NULL when this machine lacks the level. */
static sinew_runtime *compile(const sinew_graph *graph, const char *cpu,
                              int threads) {
    sinew_runtime_options options;
    sinew_runtime *runtime = NULL;
    sinew_runtime_options_init(&options);
    options.cpu = cpu;
    options.threads = threads;
    const sinew_status status = sinew_runtime_create(&runtime, graph, &options);
    if (status < 0 && status != SINEW_INVALID)
        fail_msg("%s", sinew_error_message());
    return runtime;
}

static const char *golden_path(char *path, const struct network *network,
                               const char *file) {
    char name[SHARED_PATH];
    snprintf(name, sizeof name, "reference/golden/%s/%s", network->golden,
             file);
    return shared(path, name);
}

/* Channels one after the other, as both files want them. */
static void fill(sinew_tensor *input, const struct network *network) {
    char path[SHARED_PATH];
    sinew_image image = {0};
    if (sinew_still_read(&image, golden_path(path, network, "input.png"), NULL,
                         NULL) < 0)
        fail_msg("%s", sinew_error_message());
    float *to = input->data;
    assert_int_equal(input->dims[1], 3);
    assert_int_equal(input->dims[2], image.height);
    assert_int_equal(input->dims[3], image.width);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < image.height; y++)
            for (int x = 0; x < image.width; x++) {
                int from = network->bgr ? 2 - c : c;
                double p = image.data[y * image.stride + 3 * x + from];
                *to++ = (float)((p - network->mean[c]) * network->scale[c]);
            }
    sinew_image_free(&image);
}

static void run(sinew_runtime *runtime, const struct network *network) {
    fill(sinew_runtime_input(runtime, 0), network);
    if (sinew_runtime_run(runtime) < 0) fail_msg("%s", sinew_error_message());
}

/* `got` has the `channels` of each position together, the golden one channel
 * after the other. */
static void check_numbers(const struct network *network, const char *name,
                          const char *cpu, const float *got, int64_t count,
                          int64_t channels) {
    char path[SHARED_PATH], file[80];
    sinew_tensor golden;
    double low = INFINITY, high = -INFINITY, worst = 0;
    snprintf(file, sizeof file, "%s.npy", name);
    if (sinew_npy_load(&golden, golden_path(path, network, file)) < 0)
        fail_msg("%s", sinew_error_message());
    assert_int_equal(golden.dtype, SINEW_F32);
    assert_int_equal(sinew_tensor_count(&golden), count);
    const float *want = golden.data;
    int64_t positions = count / channels;
    for (int64_t i = 0; i < count; i++) {
        double found = (double)got[i % positions * channels + i / positions];
        low = fmin(low, (double)want[i]);
        high = fmax(high, (double)want[i]);
        worst = fmax(worst, fabs(found - (double)want[i]));
    }
    if (!(worst <= 1e-4 * (high - low)))
        fail_msg("%s %s on %s: off by %g of the range", network->golden, name,
                 cpu, worst / (high - low));
    sinew_free(golden.data);
}

/* Two runs of one runtime give the same bits. */
static void check_repeats(sinew_runtime *runtime,
                          const struct network *network) {
    const sinew_tensor *out = sinew_runtime_output(runtime, 0);
    const size_t bytes = sinew_tensor_bytes(out);
    void *first = sinew_alloc(bytes, 1);
    assert_non_null(first);
    memcpy(first, out->data, bytes);
    run(runtime, network);
    out = sinew_runtime_output(runtime, 0);
    assert_int_equal(sinew_tensor_bytes(out), bytes);
    assert_memory_equal(first, out->data, bytes);
    sinew_free(first);
}

typedef void check_fn(const struct network *network, const char *cpu,
                      sinew_runtime *runtime);

/* Each level and number of threads the machine has. */
static void on_every_level(const struct network *network,
                           const sinew_graph *graph, check_fn *check) {
    int checked = 0;
    for (int level = 0; level < SINEW_CPU_COUNT; level++)
        for (int threads = 1; threads <= 2; threads++) {
            const char *cpu = sinew_cpu_level_name(level);
            sinew_runtime *runtime = compile(graph, cpu, threads);
            if (!runtime) continue;
            run(runtime, network);
            check(network, cpu, runtime);
            check_repeats(runtime, network);
            sinew_runtime_free(&runtime);
            checked++;
        }
    assert_true(checked >= 4);
}

/* ---- heat maps ----------------------------------------------------------- */

static void check_heatmaps(const struct network *network, const char *cpu,
                           sinew_runtime *runtime) {
    const sinew_tensor *out = sinew_runtime_output(runtime, 0);
    assert_true(out->rank == 4 && out->dims[1] == 17 && out->dims[2] == 64 &&
                out->dims[3] == 48);
    check_numbers(network, "output", cpu, out->data, sinew_tensor_count(out),
                  1);
}

static void pose_heatmaps(void **state) {
    (void)state;
    sinew_graph *graph = load(&tinypose);
    on_every_level(&tinypose, graph, check_heatmaps);
    sinew_graph_free(&graph);
}

/* ---- detections ---------------------------------------------------------- */

/* Boxes in the golden are in pixels of the input, best first, and cut off at
 * the picture, which is 320 x 240. */
static void check_boxes(const struct network *network, const char *cpu,
                        sinew_runtime *runtime) {
    char path[SHARED_PATH];
    json_error_t error;
    json_t *golden =
        json_load_file(golden_path(path, network, "golden.json"), 0, &error);
    if (!golden) fail_msg("%s: %s", path, error.text);
    const json_t *boxes = json_object_get(golden, "boxes_input_px_xyxy_score");
    const sinew_tensor *out = sinew_runtime_output(runtime, 0);
    const sinew_tensor *labels = sinew_runtime_output(runtime, 1);
    assert_int_equal(out->dims[1], json_array_size(boxes));
    assert_int_equal(labels->dims[1], out->dims[1]);
    const float *got = out->data;
    for (size_t i = 0; i < json_array_size(boxes); i++)
        for (size_t k = 0; k < 5; k++, got++) {
            double range = k < 4 ? 320 : 1;
            double want =
                json_number_value(json_array_get(json_array_get(boxes, i), k));
            double found = (double)*got;
            if (k < 4) found = fmin(fmax(found, 0), k % 2 ? 240 : 320);
            if (!(fabs(found - want) <= 1e-4 * range))
                fail_msg("box %d on %s: %g, not %g", (int)i, cpu, found, want);
        }
    json_decref(golden);
}

static void detections(void **state) {
    (void)state;
    sinew_graph *graph = load(&rtmdet);
    on_every_level(&rtmdet, graph, check_boxes);
    sinew_graph_free(&graph);
}

/* What the head gives before boxes are made of it, by its names in the file;
 * the distances are there multiplied by the stride already. */
static const struct {
    const char *value, *golden;
    float factor;
} heads[] = {
    {"y", "cls3", 1},
    {"y.8", "cls4", 1},
    {"y.16", "cls5", 1},
    {"y.4", "reg3", 1.0f / 8},
    {"y.12", "reg4", 1.0f / 16},
    {"y.20", "reg5", 1.0f / 32},
};
#define HEADS (int)(sizeof heads / sizeof heads[0])

static void check_heads(const struct network *network, const char *cpu,
                        sinew_runtime *runtime) {
    for (int i = 0; i < HEADS; i++) {
        const sinew_tensor *out = sinew_runtime_output(runtime, 2 + i);
        int64_t count = sinew_tensor_count(out);
        float *scaled = sinew_alloc((uint64_t)count, sizeof *scaled);
        assert_non_null(scaled);
        for (int64_t k = 0; k < count; k++)
            scaled[k] = ((const float *)out->data)[k] * heads[i].factor;
        check_numbers(network, heads[i].golden, cpu, scaled, count,
                      out->dims[3]); /* [1, h, w, c] */
        sinew_free(scaled);
    }
}

static void detector_head(void **state) {
    (void)state;
    sinew_graph *graph = load(&rtmdet);
    for (int i = 0; i < HEADS; i++) {
        sinew_value value = SINEW_NO_VALUE;
        for (int v = 0; v < graph->n_values; v++)
            if (!strcmp(graph->values[v].name, heads[i].value)) value = v;
        sinew_graph_add_output(graph, value, heads[i].golden);
    }
    assert_int_equal(sinew_graph_finish(graph), SINEW_OK);
    on_every_level(&rtmdet, graph, check_heads);
    sinew_graph_free(&graph);
}

/* Height and width are open in the file: 320 x 320 unless set. */
static void detector_sizes(void **state) {
    (void)state;
    static const int64_t wide[] = {1, 3, 256, 416};
    sinew_graph *graph = load(&rtmdet);
    sinew_tensor in = sinew_graph_input(graph, 0);
    assert_true(in.dims[0] == 1 && in.dims[2] == 320 && in.dims[3] == 320);
    assert_int_equal(sinew_graph_set_input_shape(graph, 0, wide, 4), SINEW_OK);
    sinew_runtime *runtime = compile(graph, NULL, 1);
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
    assert_int_equal(sinew_runtime_output(runtime, 0)->dims[2], 5);
    sinew_runtime_free(&runtime);
    sinew_graph_free(&graph);
}

/* ---- written and read back ----------------------------------------------- */

static void check_same_bits(const sinew_graph *a, const sinew_graph *b,
                            const struct network *network) {
    sinew_runtime *first = compile(a, NULL, 1), *second = compile(b, NULL, 1);
    run(first, network);
    run(second, network);
    assert_int_equal(sinew_graph_output_count(a), sinew_graph_output_count(b));
    for (int i = 0; i < sinew_graph_output_count(a); i++) {
        const sinew_tensor *x = sinew_runtime_output(first, i);
        const sinew_tensor *y = sinew_runtime_output(second, i);
        assert_string_equal(sinew_graph_output_name(a, i),
                            sinew_graph_output_name(b, i));
        assert_true(sinew_tensor_same_shape(x, y));
        assert_memory_equal(x->data, y->data, sinew_tensor_bytes(x));
    }
    sinew_runtime_free(&first);
    sinew_runtime_free(&second);
}

static void round_trip(const struct network *network) {
    static const struct sinew_write_options options = {0};
    struct sinew_bytes files[3] = {{0}};
    sinew_graph *original = load(network), *graph = load(network);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sinew_format_onnx.write(graph, &options, &files[i]),
                         SINEW_OK);
        sinew_graph_free(&graph);
        if (sinew_graph_load_memory(&graph, files[i].data, files[i].size,
                                    "written.onnx") < 0)
            fail_msg("%s", sinew_error_message());
    }
    check_same_bits(original, graph, network);
    assert_int_equal(files[1].size, files[2].size);
    assert_memory_equal(files[1].data, files[2].data, files[1].size);
    for (int i = 0; i < 3; i++)
        sinew_bytes_free(&files[i]);
    sinew_graph_free(&graph);
    sinew_graph_free(&original);
}

static void round_trips(void **state) {
    (void)state;
    round_trip(&tinypose);
    round_trip(&rtmdet);
}

/* ---- truncated ----------------------------------------------------------- */

static void truncate_at_many(const struct network *network, int cuts) {
    char name[SHARED_PATH], path[SHARED_PATH];
    struct sinew_file file;
    snprintf(name, sizeof name, "models/%s", network->file);
    assert_int_equal(sinew_file_open(&file, shared(path, name)), SINEW_OK);
    for (int i = 0; i < cuts; i++) {
        /* Close together at the end, where the graph's own tables lie. */
        size_t cut = i < cuts / 2 ? file.size / (size_t)cuts * 2 * (size_t)i
                                  : file.size - (size_t)(cuts - i);
        sinew_graph *graph = NULL;
        uint8_t *part = malloc(cut + !cut);
        assert_non_null(part);
        memcpy(part, file.data, cut);
        if (sinew_graph_load_memory(&graph, part, cut, "cut.onnx") < 0)
            assert_null(graph);
        sinew_graph_free(&graph);
        free(part);
    }
    sinew_file_close(&file);
}

static void truncated(void **state) {
    (void)state;
    truncate_at_many(&tinypose, 300);
    truncate_at_many(&rtmdet, 300);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pose_heatmaps), cmocka_unit_test(detections),
        cmocka_unit_test(detector_head), cmocka_unit_test(detector_sizes),
        cmocka_unit_test(round_trips),   cmocka_unit_test(truncated),
    };
    shared_require();
    return cmocka_run_group_tests_name("onnx", tests, NULL, NULL);
}
