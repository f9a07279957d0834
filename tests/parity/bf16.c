/*
 * bf16.c - how far keypoints of official weights move when products are
 * multiplied in bf16: each network on people of LSPET, in pixels of its input,
 * where fp32 is sure of the keypoint. One in a hundred may be seen elsewhere:
 * a heatmap with two summits of one height.
 */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/pose.h>
#include <sinew/runtime.h>
#include "media/media.h"
#include "parity/shared.h"

enum { EVERY = 10 }; /* pictures of the run */

static sinew_pose *open_pose(const char *model, int precision) {
    char path[SHARED_PATH];
    sinew_pose *pose;
    sinew_pose_options options;
    sinew_pose_options_init(&options);
    options.threads = 2;
    options.precision = precision;
    if (sinew_pose_open(&pose, shared(path, model), &options) < 0)
        fail_msg("%s", sinew_error_message());
    return pose;
}

static double number(const json_t *array, size_t i) {
    return json_number_value(json_array_get(array, i));
}

struct shift {
    double sum, worst, score;
    int joints, jumps; ///< jumps: to another place in the picture, not summed
};

/* One picture, a crop (x, y, w, h) of which is shown. */
static void compare(sinew_pose *fp32, sinew_pose *bf16, const char *file,
                    const json_t *crop, double least, struct shift *shift) {
    char path[SHARED_PATH];
    sinew_image image = {0};
    sinew_person a, b;
    const sinew_box box = {(float)number(crop, 0), (float)number(crop, 1),
                           (float)number(crop, 2), (float)number(crop, 3)};
    sinew_pose_info info = sinew_pose_describe(fp32);
    if (sinew_still_read(&image, shared(path, file), NULL, NULL) < 0 ||
        sinew_pose_estimate(fp32, &image, &box, &a) < 0 ||
        sinew_pose_estimate(bf16, &image, &box, &b) < 0)
        fail_msg("%s", sinew_error_message());
    for (int k = 0; k < a.n_keypoints; k++) {
        double pixel = fmax((double)box.width / info.width,
                            (double)box.height / info.height);
        double off = hypot((double)(a.keypoints[k].x - b.keypoints[k].x),
                           (double)(a.keypoints[k].y - b.keypoints[k].y)) /
                     pixel;
        double change = fabs((double)(a.keypoints[k].score -
                                      b.keypoints[k].score));
        if ((double)a.keypoints[k].score < least) continue;
        shift->joints++;
        shift->jumps += off > 8;
        shift->sum += off > 8 ? 0 : off;
        shift->worst = fmax(shift->worst, off);
        shift->score += change;
    }
    sinew_image_free(&image);
}

static void check(const char *model, double least) {
    char path[SHARED_PATH], name[SHARED_PATH];
    struct shift shift = {0};
    json_error_t error;
    json_t *run = json_load_file(
        shared(path, "reference/predictions/lspet_dev_ep_rt.json"), 0, &error);
    json_t *entry;
    const char *file;
    int n = 0;
    if (!run) fail_msg("%s: %s", path, error.text);
    sinew_pose *fp32 = open_pose(model, SINEW_PRECISION_FP32);
    sinew_pose *bf16 = open_pose(model, SINEW_PRECISION_BF16);
    json_object_foreach(json_object_get(run, "images"), file, entry) {
        if (n++ % EVERY) continue;
        snprintf(name, sizeof name, "data/lspet/dev/%s", file);
        compare(fp32, bf16, name, json_object_get(entry, "crop"), least,
                &shift);
    }
    print_message("%s: %d keypoints move by %.3f input pixels on average, "
                  "%d jump, %.2f at most; scores by %.4f\n",
                  model, shift.joints, shift.sum / shift.joints, shift.jumps,
                  shift.worst, shift.score / shift.joints);
    assert_true(shift.joints >= 100);
    assert_true(shift.sum <= .5 * shift.joints);
    assert_true(shift.jumps <= .01 * shift.joints);
    sinew_pose_close(&fp32);
    sinew_pose_close(&bf16);
    json_decref(run);
}

static void keypoints_stay(void **state) {
    (void)state;
    check("models/efficientpose/tflite/EfficientPoseRT.tflite", .3);
    check("models/efficientpose/tflite/EfficientPoseII.tflite", .3);
    check("models/efficientpose/tflite/EfficientPoseII_LITE.tflite", .3);
    check("models/mobilenetv2/cpm.tflite", .3);
    check("models/mobilenetv2/hourglass.tflite", .3);
    check("models/teachers/pptinypose_256x192.onnx", .3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(keypoints_stay)};
    shared_require();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
