/*
 * keypoints.c - keypoints of real pictures by the official weights, against
 * those of the original programs.
 *
 *   expected   EfficientPose's own program on whole pictures: positions of
 *              "still" and "live" within one pixel of the network's output
 *              (RT every joint, I 97 %: its weights are given rounded to 16
 *              bits, the program's are not), "peak" scores within 0.01
 *   goldens    each network on its own input picture: every keypoint
 *   lspet      whole evaluation runs over boxes, spot checks
 */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/pose.h>
#include "media/media.h"
#include "parity/shared.h"

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

static sinew_pose *open_pose(const char *model, int decode, int resize) {
    char path[SHARED_PATH];
    sinew_pose *pose;
    sinew_pose_options options;
    sinew_pose_options_init(&options);
    options.threads = 2;
    options.decode = decode;
    options.resize = resize;
    if (sinew_pose_open(&pose, shared(path, model), &options) < 0)
        fail_msg("%s", sinew_error_message());
    return pose;
}

static sinew_person estimate(sinew_pose *pose, const sinew_image *image,
                             const sinew_box *box) {
    sinew_person person;
    if (sinew_pose_estimate(pose, image, box, &person) < 0)
        fail_msg("%s", sinew_error_message());
    return person;
}

static double number(const json_t *array, size_t i) {
    const json_t *value = json_array_get(array, i);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

/* ---- the original EfficientPose ----------------------------------------- */

static sinew_image expected_picture(const char *name) {
    char path[256];
    const char *folder = strncmp(name, "im0", 3) == 0    ? "data/lspet/dev"
                         : strncmp(name, "0000", 4) == 0 ? "data/coco/dev"
                                                         : "media/photos";
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return load_picture(path);
}

struct tally {
    int joints, right;
    double worst;
};

/* Positions in units of output pixels of the network. The original's are
 * fractions of the picture from its corner. */
static void compare_places(const sinew_pose *pose, const sinew_person *person,
                           const sinew_image *image, const json_t *places,
                           const char *what, struct tally *tally) {
    double longer = image->width > image->height ? image->width : image->height;
    double pixel = longer / sinew_pose_describe(pose).width;
    for (int k = 0; k < person->n_keypoints; k++) {
        const char *name = sinew_pose_keypoint(pose, k).name;
        const json_t *place = json_object_get(places, name);
        assert_non_null(place);
        double dx =
            person->keypoints[k].x - (number(place, 0) * image->width - .5);
        double dy =
            person->keypoints[k].y - (number(place, 1) * image->height - .5);
        double off = fmax(fabs(dx), fabs(dy)) / pixel;
        tally->joints++;
        tally->right += off <= 1.0001;
        tally->worst = fmax(tally->worst, off);
        if (off > 1.0001)
            print_message("%s: %s is %.2f, %.2f output pixels off\n", what,
                          name, dx / pixel, dy / pixel);
    }
}

static void compare_peaks(const sinew_person *person, const json_t *peaks,
                          struct tally *tally) {
    for (int k = 0; k < person->n_keypoints; k++) {
        double off = fabs(person->keypoints[k].score - number(peaks, k));
        tally->joints++;
        tally->right += off <= .01;
        tally->worst = fmax(tally->worst, off);
    }
}

static void check_original(const char *model, const char *key,
                           double least_right) {
    json_t *expected = load_json("reference/efficientpose_expected.json");
    struct tally still = {0}, live = {0}, peak = {0};
    sinew_pose *still_pose = open_pose(model, SINEW_DECODE_STILL, -1);
    sinew_pose *live_pose = open_pose(model, SINEW_DECODE_LIVE, -1);
    sinew_pose *peak_pose = open_pose(model, SINEW_DECODE_PEAK, -1);
    const char *name;
    json_t *picture;
    json_object_foreach(expected, name, picture) {
        const json_t *entry = json_object_get(picture, key);
        sinew_image image = expected_picture(name);
        assert_int_equal(image.width,
                         json_integer_value(json_object_get(picture, "width")));
        sinew_person person = estimate(still_pose, &image, NULL);
        compare_places(still_pose, &person, &image,
                       json_object_get(entry, "still"), name, &still);
        person = estimate(live_pose, &image, NULL);
        compare_places(live_pose, &person, &image,
                       json_object_get(entry, "realtime"), name, &live);
        person = estimate(peak_pose, &image, NULL);
        compare_peaks(&person, json_object_get(entry, "peak"), &peak);
        sinew_image_free(&image);
    }
    print_message("%s: still %d of %d joints, worst %.2f output pixels; "
                  "live %d of %d; peaks within 0.01 %d of %d, worst %.4f\n",
                  key, still.right, still.joints, still.worst, live.right,
                  live.joints, peak.right, peak.joints, peak.worst);
    assert_int_equal(still.joints, 16 * json_object_size(expected));
    assert_true(still.right >= least_right * still.joints);
    assert_true(live.right >= least_right * live.joints);
    assert_true(peak.right >= least_right * peak.joints);
    sinew_pose_close(&still_pose);
    sinew_pose_close(&live_pose);
    sinew_pose_close(&peak_pose);
    json_decref(expected);
}

static void rt_is_the_originals(void **state) {
    (void)state;
    check_original("models/efficientpose/tflite/EfficientPoseRT.tflite",
                   "EfficientPoseRT", 1);
}

static void i_is_the_originals(void **state) {
    (void)state;
    check_original("models/efficientpose/tflite/EfficientPoseI.tflite",
                   "EfficientPoseI", .97);
}

/* ---- goldens ------------------------------------------------------------ */

/* The network with its own input as the picture, so that positions in the
 * picture are positions in the input. */
static sinew_pose *open_on_inputs(const char *model) {
    char path[SHARED_PATH];
    sinew_graph *graph;
    sinew_pose *pose = NULL;
    if (sinew_graph_load(&graph, shared(path, model)) < 0 ||
        sinew_graph_set_metadata(graph, "sinew.frame", "stretch") < 0 ||
        sinew_graph_set_metadata(graph, "sinew.frame_resize", "bilinear") < 0 ||
        sinew_pose_open_graph(&pose, graph, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_graph_free(&graph);
    return pose;
}

/* Every keypoint within a tenth of a pixel, every score (where the golden has
 * one) within 0.001. `corner` is where the golden's positions count from. */
static void check_golden(const char *model, const char *golden, double corner) {
    char name[SHARED_PATH];
    snprintf(name, sizeof name, "reference/golden/%s/golden.json", golden);
    json_t *json = load_json(name);
    snprintf(name, sizeof name, "reference/golden/%s/input.png", golden);
    sinew_image image = load_picture(name);
    snprintf(name, sizeof name, "models/%s", model);
    sinew_pose *pose = open_on_inputs(name);
    sinew_person person = estimate(pose, &image, NULL);
    const json_t *points = json_object_get(json, "keypoints_input_px");
    /* BlazePose has six more for its own use. */
    assert_true((int)json_array_size(points) >= person.n_keypoints);
    for (int k = 0; k < person.n_keypoints; k++) {
        const json_t *point = json_array_get(points, k);
        const sinew_keypoint *got = &person.keypoints[k];
        double x = number(point, 0) + corner, y = number(point, 1) + corner;
        double score =
            json_array_size(point) > 2 ? fmin(number(point, 2), 1) : got->score;
        if (fabs(got->x - x) > .1 || fabs(got->y - y) > .1 ||
            fabs(got->score - score) > .001)
            fail_msg("%s: keypoint %d is (%.2f, %.2f) %.4f, not (%.2f, %.2f) "
                     "%.4f",
                     golden, k, got->x, got->y, got->score, x, y, score);
    }
    sinew_pose_close(&pose);
    sinew_image_free(&image);
    json_decref(json);
}

static void goldens_are_met(void **state) {
    (void)state;
    check_golden("efficientpose/tflite/EfficientPoseRT.tflite", "ep_rt", 0);
    check_golden("efficientpose/tflite/EfficientPoseI.tflite", "ep_i", 0);
    check_golden("efficientpose/tflite/EfficientPoseII.tflite", "ep_ii", 0);
    check_golden("efficientpose/tflite/EfficientPoseRT_LITE.tflite",
                 "ep_rt_lite", 0);
    check_golden("efficientpose/tflite/EfficientPoseI_LITE.tflite", "ep_i_lite",
                 0);
    check_golden("efficientpose/tflite/EfficientPoseII_LITE.tflite",
                 "ep_ii_lite", 0);
    check_golden("mobilenetv2/cpm.tflite", "cpm", 0);
    check_golden("mobilenetv2/hourglass.tflite", "hourglass", 0);
    check_golden("teachers/pptinypose_256x192.onnx", "pptinypose_256x192", 0);
    check_golden("teachers/blazepose_landmark_lite.tflite", "blazepose_lite",
                 -.5);
}

/* ---- boxes ------------------------------------------------------------------
 */

/* A crop of `width` around the middle of (x, y, w, h), before padding. */
static sinew_box box_of(const json_t *rectangle, double padding) {
    double w = number(rectangle, 2), h = number(rectangle, 3);
    double x = number(rectangle, 0), y = number(rectangle, 1);
    return (sinew_box){(float)(x + (w - w / padding) / 2),
                       (float)(y + (h - h / padding) / 2), (float)(w / padding),
                       (float)(h / padding)};
}

/* Every tenth picture of an evaluation run over boxes. */
static void check_run(const char *model, const char *run, double padding,
                      double tolerance, double least_score,
                      double least_right) {
    char name[SHARED_PATH];
    snprintf(name, sizeof name, "reference/predictions/lspet_dev_%s.json", run);
    json_t *json = load_json(name), *entry;
    sinew_pose *pose =
        open_pose(model, SINEW_DECODE_STILL, SINEW_RESIZE_BILINEAR);
    int width = sinew_pose_describe(pose).width, n = 0;
    struct tally places = {0}, scores = {0};
    const char *file;
    json_object_foreach(json_object_get(json, "images"), file, entry) {
        if (n++ % 10) continue;
        snprintf(name, sizeof name, "data/lspet/dev/%s", file);
        sinew_image image = load_picture(name);
        const json_t *crop = json_object_get(entry, "crop");
        sinew_box box = box_of(crop, padding);
        sinew_person person = estimate(pose, &image, &box);
        double pixel = number(crop, 2) / width;
        const json_t *points = json_object_get(entry, "keypoints");
        assert_int_equal(json_array_size(points), person.n_keypoints);
        for (int k = 0; k < person.n_keypoints; k++) {
            const json_t *point = json_array_get(points, k);
            double off = hypot(person.keypoints[k].x - number(point, 0),
                               person.keypoints[k].y - number(point, 1)) /
                         pixel;
            double change = person.keypoints[k].score - number(point, 2);
            if (number(point, 2) < least_score) continue;
            places.joints++;
            places.right += off <= tolerance;
            scores.right += fabs(change) <= .02;
        }
        sinew_image_free(&image);
    }
    print_message("%s: %d of %d joints within %g input pixels, %d scores "
                  "within 0.02\n",
                  run, places.right, places.joints, tolerance, scores.right);
    assert_true(places.joints >= 400);
    assert_true(places.right >= least_right * places.joints);
    assert_true(scores.right >= least_right * places.joints);
    sinew_pose_close(&pose);
    json_decref(json);
}

/* Boxes cut out of the picture give the very bytes the runs were made with.
 * PP-TinyPose's run looked pixels up at 1/32 of a pixel and rounded to bytes;
 * where the network sees little, that moves a joint. */
static void lspet_runs_are_met(void **state) {
    (void)state;
    check_run("models/efficientpose/tflite/EfficientPoseRT.tflite", "ep_rt",
              1.5, .01, 0, .99);
    check_run("models/efficientpose/tflite/EfficientPoseRT_LITE.tflite",
              "ep_rt_lite", 1.5, .01, 0, .99);
    check_run("models/mobilenetv2/cpm.tflite", "cpm", 1.5, .01, 0, .99);
    check_run("models/mobilenetv2/hourglass.tflite", "hourglass", 1.5, .01, 0,
              .99);
    check_run("models/teachers/pptinypose_256x192.onnx", "pptinypose_256x192",
              1.25, .5, .4, .9);
}

static const char teacher_picture[] = "data/coco/dev/000000001000.jpg";

static void pptinypose_golden_is_met(void **state) {
    (void)state;
    json_t *json = load_json("reference/golden/pptinypose_256x192/golden.json");
    sinew_image image = load_picture(teacher_picture);
    sinew_pose *pose = open_pose("models/teachers/pptinypose_256x192.onnx",
                                 SINEW_DECODE_STILL, SINEW_RESIZE_BILINEAR);
    sinew_box box = box_of(json_object_get(json, "bbox"), 1);
    sinew_person person = estimate(pose, &image, &box);
    const json_t *points = json_object_get(json, "keypoints_image_px");
    assert_int_equal(json_array_size(points), 17);
    for (int k = 0; k < 17; k++) {
        const json_t *point = json_array_get(points, k);
        assert_float_equal(person.keypoints[k].x, number(point, 0), .3);
        assert_float_equal(person.keypoints[k].y, number(point, 1), .3);
        double score = fmin(number(point, 2), 1);
        assert_float_equal(person.keypoints[k].score, score, .02);
    }
    sinew_pose_close(&pose);
    sinew_image_free(&image);
    json_decref(json);
}

static void blazepose_golden_is_met(void **state) {
    (void)state;
    json_t *json = load_json("reference/golden/blazepose_lite/golden.json");
    json_t *other =
        load_json("reference/golden/pptinypose_256x192/golden.json");
    sinew_image image = load_picture(teacher_picture);
    sinew_pose *pose =
        open_pose("models/teachers/blazepose_landmark_lite.tflite",
                  SINEW_DECODE_STILL, SINEW_RESIZE_BILINEAR);
    sinew_box box = box_of(json_object_get(other, "bbox"), 1);
    sinew_person person = estimate(pose, &image, &box);
    const json_t *crop = json_object_get(json, "crop");
    const json_t *points = json_object_get(json, "keypoints_input_px");
    double pixel = number(crop, 2) / 256;
    assert_int_equal(person.n_keypoints, 33);
    for (int k = 0; k < 33; k++) {
        const json_t *point = json_array_get(points, k);
        double x = number(crop, 0) + number(point, 0) * pixel - .5;
        double y = number(crop, 1) + number(point, 1) * pixel - .5;
        assert_float_equal(person.keypoints[k].x, x, 1);
        assert_float_equal(person.keypoints[k].y, y, 1);
    }
    sinew_pose_close(&pose);
    sinew_image_free(&image);
    json_decref(json);
    json_decref(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rt_is_the_originals),
        cmocka_unit_test(i_is_the_originals),
        cmocka_unit_test(goldens_are_met),
        cmocka_unit_test(lspet_runs_are_met),
        cmocka_unit_test(pptinypose_golden_is_met),
        cmocka_unit_test(blazepose_golden_is_met),
    };
    shared_require();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
