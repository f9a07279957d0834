/*
 * detect.c - people's boxes by the official RTMDet-nano, against those of the
 * same file in ONNX Runtime.
 *
 *   golden       the network on its own input picture: every box that scores
 *                above 0.05 within 0.01 pixels
 *   file, maps   the whole way from 102 pictures, within half a pixel, by the
 *                file and by the same network without suppression of its own
 */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/detect.h>
#include <sinew/network.h>
#include "graph/graph.h"
#include "media/media.h"
#include "parity/official.h"
#include "parity/shared.h"

#define MODEL "models/rtmdet/rtmdet_nano_person_end2end.onnx"

static json_t *load_json(const char *name) {
    char path[SHARED_PATH];
    json_error_t error;
    json_t *json = json_load_file(shared(path, name), 0, &error);
    if (!json) fail_msg("%s: %s", path, error.text);
    return json;
}

static sinew_image load_picture(const char *name) {
    char path[SHARED_PATH];
    sinew_image image = {0};
    if (sinew_still_read(&image, shared(path, name), NULL, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    return image;
}

static sinew_graph *load_graph(void) {
    char path[SHARED_PATH];
    sinew_graph *graph;
    if (sinew_graph_load(&graph, shared(path, MODEL)) < 0)
        fail_msg("%s", sinew_error_message());
    return graph;
}

static sinew_detector *open_graph(sinew_graph *graph, float threshold) {
    sinew_detector *detector;
    sinew_detector_options options;
    sinew_detector_options_init(&options);
    options.threads = 2;
    options.threshold = threshold;
    if (sinew_detector_open_graph(&detector, graph, &options) < 0)
        fail_msg("%s", sinew_error_message());
    return detector;
}

static const sinew_detection *run(sinew_detector *detector,
                                  const sinew_image *image, int *n) {
    const sinew_detection *found;
    if (sinew_detector_run(detector, image, &found, n) < 0)
        fail_msg("%s", sinew_error_message());
    return found;
}

static double number(const json_t *array, size_t i) {
    const json_t *value = json_array_get(array, i);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void boxes_of_the_golden(void **state) {
    (void)state;
    json_t *json =
        load_json("reference/golden/rtmdet_nano_end2end/golden.json");
    sinew_image image =
        load_picture("reference/golden/rtmdet_nano_end2end/input.png");
    const json_t *boxes = json_object_get(json, "boxes_input_px_xyxy_score");
    const json_t *size = json_object_get(json, "resized");
    sinew_graph *graph = load_graph();
    sinew_detector *detector = open_graph(graph, .05f);
    int n, seen = 0;
    const sinew_detection *found = run(detector, &image, &n);
    for (size_t i = 0; i < json_array_size(boxes); i++) {
        const json_t *box = json_array_get(boxes, i);
        if (number(box, 4) <= .05) continue;
        bool matched = false;
        for (int k = 0; k < n && !matched; k++) {
            const sinew_box *b = &found[k].box;
            /* The golden's are cut to the picture inside the input, ours to
             * the input, which is the picture here. */
            const double right =
                fmin((double)b->x + b->width + .5, number(size, 0));
            const double bottom =
                fmin((double)b->y + b->height + .5, number(size, 1));
            matched = fabs(b->x + .5 - number(box, 0)) < .01 &&
                      fabs(b->y + .5 - number(box, 1)) < .01 &&
                      fabs(right - number(box, 2)) < .01 &&
                      fabs(bottom - number(box, 3)) < .01 &&
                      fabs(found[k].score - number(box, 4)) < 1e-4;
        }
        if (!matched)
            fail_msg("box %d of score %.4f is not found", (int)i,
                     number(box, 4));
        seen++;
    }
    print_message("%d boxes of the golden, %d found\n", seen, n);
    assert_true(seen > 10);
    sinew_detector_close(&detector);
    sinew_graph_free(&graph);
    sinew_image_free(&image);
    json_decref(json);
}

/* Boxes of one picture that score above 0.06 and are not next to the limit of
 * suppression are found, all within half a pixel of the picture. */
static void check_picture(sinew_detector *detector, const sinew_image *image,
                          const json_t *results, int64_t id, int *boxes,
                          int *missing, double *worst) {
    int n;
    const sinew_detection *found = run(detector, image, &n);
    size_t i;
    const json_t *result;
    json_array_foreach(results, i, result) {
        const json_t *box = json_object_get(result, "bbox");
        const double score =
            json_number_value(json_object_get(result, "score"));
        if (json_integer_value(json_object_get(result, "image_id")) != id ||
            score <= .06)
            continue;
        double least = INFINITY;
        for (int k = 0; k < n; k++) {
            const double edges[4] = {found[k].box.x + .5, found[k].box.y + .5,
                                     found[k].box.width, found[k].box.height};
            double off = 0;
            for (int e = 0; e < 4; e++)
                off = fmax(off, fabs(edges[e] - number(box, (size_t)e)));
            if (fabs(found[k].score - score) < .01) least = fmin(least, off);
        }
        (*boxes)++;
        if (least > .5)
            (*missing)++;
        else
            *worst = fmax(*worst, least);
    }
}

/* Gives how many of the boxes are not found. */
static int check_all_pictures(sinew_graph *graph) {
    json_t *coco = load_json("data/coco/dev.json");
    json_t *reference =
        load_json("reference/predictions/det_coco_dev_rtmdet_nano_coco.json");
    const json_t *results = json_object_get(reference, "results");
    sinew_detector *detector = open_graph(graph, .05f);
    int boxes = 0, missing = 0;
    double worst = 0;
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(coco, "images"), i, entry) {
        char name[SHARED_PATH];
        snprintf(name, sizeof name, "data/coco/dev/%s",
                 json_string_value(json_object_get(entry, "file_name")));
        sinew_image image = load_picture(name);
        check_picture(detector, &image, results,
                      json_integer_value(json_object_get(entry, "id")), &boxes,
                      &missing, &worst);
        sinew_image_free(&image);
    }
    print_message("%d boxes, %d not found, worst %.3f pixels off\n", boxes,
                  missing, worst);
    assert_true(boxes > 4000);
    sinew_detector_close(&detector);
    json_decref(reference);
    json_decref(coco);
    return missing;
}

/* The reference was made from the maps: boxes were cut to the picture before
 * they were compared, and not, as in the file, after. */
static void boxes_of_the_file(void **state) {
    (void)state;
    sinew_graph *graph = load_graph();
    assert_true(check_all_pictures(graph) < 20);
    sinew_graph_free(&graph);
}

static void boxes_of_the_maps(void **state) {
    (void)state;
    sinew_graph *official = load_graph(), *graph;
    if (sinew_network_build(&graph, "rtmdet-nano", NULL) < 0)
        fail_msg("%s", sinew_error_message());
    take_weights(graph, official);
    assert_int_equal(check_all_pictures(graph), 0);

    /* Known without metadata, too. */
    static const char *const keys[] = {
        "sinew.network", "sinew.input_size", "sinew.color", "sinew.mean",
        "sinew.std",     "sinew.codec",      "sinew.data"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(sinew_graph_set_metadata(graph, keys[i], NULL),
                         SINEW_OK);
    sinew_image image =
        load_picture("reference/golden/rtmdet_nano_end2end/input.png");
    sinew_detector *detector = open_graph(graph, .05f);
    int n;
    run(detector, &image, &n);
    assert_int_equal(n, 100);
    assert_string_equal(sinew_detector_describe(detector).network,
                        "rtmdet-nano-person");
    sinew_detector_close(&detector);
    sinew_image_free(&image);
    sinew_graph_free(&graph);
    sinew_graph_free(&official);
}

int main(void) {
    shared_require();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_of_the_golden),
        cmocka_unit_test(boxes_of_the_file),
        cmocka_unit_test(boxes_of_the_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
