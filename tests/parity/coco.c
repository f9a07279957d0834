/*
 * coco.c - average precision on 102 pictures of COCO's validation set, against
 * the figures measured with the official weights in ONNX Runtime.
 *
 * Each to a tenth of a point:
 *   reference   what was found there, counted here
 *   boxes       RTMDet-nano as it is in ONNX Runtime
 *   keypoints   PP-TinyPose in labelled boxes, with and without the flip test
 */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/detect.h>
#include <sinew/pose.h>
#include "data/metric_ap.h"
#include "media/media.h"
#include "parity/shared.h"
#include "pose/skeleton.h"

enum { MOST = 200, POINTS = 17 };

/* The people of one picture, labelled or found. */
struct people {
    int n;
    struct sinew_ap_person persons[MOST];
    float keypoints[MOST][3 * POINTS];
};

static json_t *load_json(const char *name) {
    char path[SHARED_PATH];
    json_error_t error;
    json_t *json = json_load_file(shared(path, name), 0, &error);
    if (!json) fail_msg("%s: %s", path, error.text);
    return json;
}

static double number(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static double item(const json_t *array, size_t i) {
    return json_number_value(json_array_get(array, i));
}

/* Takes one entry of a list of annotations or results. */
static void take(struct people *people, const json_t *entry, bool nested) {
    assert_true(people->n < MOST);
    const int i = people->n++;
    struct sinew_ap_person *person = &people->persons[i];
    const json_t *points = json_object_get(entry, "keypoints");
    const json_t *box = json_object_get(entry, "bbox");
    *person = (struct sinew_ap_person){
        .area = number(entry, "area"),
        .score = number(entry, "score"),
        .crowd = number(entry, "iscrowd") != 0,
        .keypoints = people->keypoints[i],
    };
    for (size_t k = 0; k < 4; k++)
        person->box[k] = box ? item(box, k) : 0;
    for (size_t k = 0; k < 3 * POINTS; k++)
        people->keypoints[i][k] =
            (float)(nested ? item(json_array_get(points, k / 3), k % 3)
                           : item(points, k));
}

/* All entries of a picture. */
static void gather(struct people *people, const json_t *entries, int64_t id,
                   bool nested) {
    size_t i;
    const json_t *entry;
    people->n = 0;
    json_array_foreach(entries, i, entry) {
        if (json_integer_value(json_object_get(entry, "image_id")) == id)
            take(people, entry, nested);
    }
}

static bool has_keypoints(const struct sinew_ap_person *person) {
    for (int k = 0; k < POINTS; k++)
        if (person->keypoints[3 * k + 2] > 0) return true;
    return false;
}

static sinew_image load_picture(const json_t *entry) {
    char name[SHARED_PATH], path[SHARED_PATH];
    sinew_image image = {0};
    snprintf(name, sizeof name, "data/coco/dev/%s",
             json_string_value(json_object_get(entry, "file_name")));
    if (sinew_still_read(&image, shared(path, name), NULL, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    return image;
}

static struct sinew_ap_figures finish(struct sinew_ap **ap, const char *what) {
    struct sinew_ap_figures f;
    assert_int_equal(sinew_ap_compute(*ap, &f), SINEW_OK);
    sinew_ap_free(ap);
    print_message("%s: AP %.1f, AP50 %.1f, AP75 %.1f, AP(M) %.1f, AP(L) %.1f, "
                  "AR %.1f; %d people\n",
                  what, 100 * f.ap, 100 * f.ap50, 100 * f.ap75,
                  100 * f.ap_medium, 100 * f.ap_large, 100 * f.ar,
                  (int)f.truths);
    return f;
}

static void check(double got, double want, double points) {
    if (fabs(100 * got - want) > points)
        fail_msg("%.2f is not within %.2f of %.2f", 100 * got, points, want);
}

/* ---- boxes ------------------------------------------------------------- */

/* Every person, and with those that have no keypoints turned into regions that
 * count for nothing. */
struct box_figures {
    struct sinew_ap *all, *kpt;
};

static void box_create(struct box_figures *figures) {
    assert_int_equal(sinew_ap_create(&figures->all, &sinew_ap_boxes), SINEW_OK);
    assert_int_equal(sinew_ap_create(&figures->kpt, &sinew_ap_boxes), SINEW_OK);
}

static void box_add(struct box_figures *figures, struct people *truths,
                    const struct people *found) {
    assert_int_equal(sinew_ap_add(figures->all, truths->persons, truths->n,
                                  found->persons, found->n),
                     SINEW_OK);
    for (int i = 0; i < truths->n; i++)
        if (!has_keypoints(&truths->persons[i]))
            truths->persons[i].crowd = true;
    assert_int_equal(sinew_ap_add(figures->kpt, truths->persons, truths->n,
                                  found->persons, found->n),
                     SINEW_OK);
}

static void box_check(struct box_figures *figures, const char *what,
                      double points) {
    char text[80];
    snprintf(text, sizeof text, "%s, all people", what);
    struct sinew_ap_figures f = finish(&figures->all, text);
    check(f.ap, 50.8, points);
    check(f.ap50, 75.0, points);
    snprintf(text, sizeof text, "%s, with keypoints", what);
    f = finish(&figures->kpt, text);
    check(f.ap, 58.4, points);
    check(f.ap50, 84.1, points);
}

static void boxes_of_the_reference(void **state) {
    (void)state;
    static struct people truths, found;
    json_t *coco = load_json("data/coco/dev.json");
    json_t *reference =
        load_json("reference/predictions/det_coco_dev_rtmdet_nano_coco.json");
    struct box_figures figures;
    size_t i;
    const json_t *entry;
    box_create(&figures);
    json_array_foreach(json_object_get(coco, "images"), i, entry) {
        const int64_t id = json_integer_value(json_object_get(entry, "id"));
        gather(&truths, json_object_get(coco, "annotations"), id, false);
        gather(&found, json_object_get(reference, "results"), id, false);
        /* It goes down to 0.001, the figures to 0.05. */
        int n = 0;
        for (int k = 0; k < found.n; k++)
            if (found.persons[k].score > .05)
                found.persons[n++] = found.persons[k];
        found.n = n;
        box_add(&figures, &truths, &found);
    }
    box_check(&figures, "reference boxes", .1);
    json_decref(reference);
    json_decref(coco);
}

static void detect(sinew_detector *detector, const sinew_image *image,
                   struct people *people) {
    const sinew_detection *found;
    if (sinew_detector_run(detector, image, &found, &people->n) < 0)
        fail_msg("%s", sinew_error_message());
    for (int i = 0; i < people->n; i++) {
        const sinew_box *b = &found[i].box;
        people->persons[i] = (struct sinew_ap_person){
            .box = {b->x + .5, b->y + .5, b->width, b->height},
            .area = (double)b->width * b->height,
            .score = found[i].score,
        };
    }
}

static void boxes_of_the_detector(void **state) {
    (void)state;
    static struct people truths, found;
    char path[SHARED_PATH];
    json_t *coco = load_json("data/coco/dev.json");
    struct box_figures figures;
    sinew_detector *detector;
    sinew_detector_options options;
    size_t i;
    const json_t *entry;
    sinew_detector_options_init(&options);
    options.threshold = .05f;
    options.threads = 2;
    if (sinew_detector_open(
            &detector,
            shared(path, "models/rtmdet/rtmdet_nano_person_end2end.onnx"),
            &options) < 0)
        fail_msg("%s", sinew_error_message());
    box_create(&figures);
    json_array_foreach(json_object_get(coco, "images"), i, entry) {
        gather(&truths, json_object_get(coco, "annotations"),
               json_integer_value(json_object_get(entry, "id")), false);
        sinew_image image = load_picture(entry);
        detect(detector, &image, &found);
        box_add(&figures, &truths, &found);
        sinew_image_free(&image);
    }
    box_check(&figures, "RTMDet-nano", .1);
    sinew_detector_close(&detector);
    json_decref(coco);
}

/* ---- keypoints --------------------------------------------------------- */

static struct sinew_ap *keypoints_create(float *sigmas) {
    const struct sinew_skeleton *set = sinew_skeleton_find("coco17");
    const struct sinew_ap_rules rules = {20, POINTS, sigmas};
    struct sinew_ap *ap;
    assert_int_equal(set->n_joints, POINTS);
    for (int k = 0; k < POINTS; k++)
        sigmas[k] = set->joints[k].sigma;
    assert_int_equal(sinew_ap_create(&ap, &rules), SINEW_OK);
    return ap;
}

static void keypoints_of_the_reference(void **state) {
    (void)state;
    static struct people truths, found;
    float sigmas[POINTS];
    json_t *coco = load_json("data/coco/dev.json");
    json_t *reference =
        load_json("reference/predictions/coco_dev_pptinypose_256x192_udp.json");
    struct sinew_ap *ap = keypoints_create(sigmas);
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(coco, "images"), i, entry) {
        const int64_t id = json_integer_value(json_object_get(entry, "id"));
        gather(&truths, json_object_get(coco, "annotations"), id, false);
        gather(&found, json_object_get(reference, "results"), id, true);
        assert_int_equal(
            sinew_ap_add(ap, truths.persons, truths.n, found.persons, found.n),
            SINEW_OK);
    }
    struct sinew_ap_figures f = finish(&ap, "reference keypoints");
    check(f.ap, 65.1, .1);
    check(f.ap50, 89.2, .1);
    check(f.ap75, 72.7, .1);
    check(f.ar, 68.9, .1);
    json_decref(reference);
    json_decref(coco);
}

/* The labelled box cut to the picture, and the keypoints found in it. */
static void estimate(sinew_pose *pose, const sinew_image *image,
                     const struct sinew_ap_person *truth,
                     struct people *people) {
    const double left = fmax(truth->box[0], 0), top = fmax(truth->box[1], 0);
    const double right = fmin(truth->box[0] + truth->box[2], image->width - 1);
    const double bottom =
        fmin(truth->box[1] + truth->box[3], image->height - 1);
    const sinew_box box = {(float)left, (float)top, (float)(right - left),
                           (float)(bottom - top)};
    sinew_person person;
    if (sinew_pose_estimate(pose, image, &box, &person) < 0)
        fail_msg("%s", sinew_error_message());
    const int at = people->n++;
    double score = 0, area[4] = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    int n = 0;
    for (int k = 0; k < POINTS; k++) {
        const sinew_keypoint *point = &person.keypoints[k];
        float *to = people->keypoints[at] + 3 * k;
        to[0] = point->x;
        to[1] = point->y;
        to[2] = point->score;
        area[0] = fmin(area[0], point->x);
        area[1] = fmin(area[1], point->y);
        area[2] = fmax(area[2], point->x);
        area[3] = fmax(area[3], point->y);
        if (point->score <= .2f) continue;
        score += point->score;
        n++;
    }
    people->persons[at] = (struct sinew_ap_person){
        .area = (area[2] - area[0]) * (area[3] - area[1]),
        .score = n ? score / n : 0,
        .keypoints = people->keypoints[at],
    };
}

static struct sinew_ap_figures run_pose(const sinew_pose_options *options,
                                        const char *what) {
    static struct people truths, found;
    char path[SHARED_PATH];
    float sigmas[POINTS];
    json_t *coco = load_json("data/coco/dev.json");
    struct sinew_ap *ap = keypoints_create(sigmas);
    sinew_pose *pose;
    size_t i;
    const json_t *entry;
    if (sinew_pose_open(&pose,
                        shared(path, "models/teachers/pptinypose_256x192.onnx"),
                        options) < 0)
        fail_msg("%s", sinew_error_message());
    json_array_foreach(json_object_get(coco, "images"), i, entry) {
        gather(&truths, json_object_get(coco, "annotations"),
               json_integer_value(json_object_get(entry, "id")), false);
        sinew_image image = load_picture(entry);
        found.n = 0;
        for (int k = 0; k < truths.n; k++)
            if (has_keypoints(&truths.persons[k]))
                estimate(pose, &image, &truths.persons[k], &found);
        assert_int_equal(
            sinew_ap_add(ap, truths.persons, truths.n, found.persons, found.n),
            SINEW_OK);
        sinew_image_free(&image);
    }
    sinew_pose_close(&pose);
    json_decref(coco);
    return finish(&ap, what);
}

static void keypoints_of_the_network(void **state) {
    (void)state;
    sinew_pose_options options;
    sinew_pose_options_init(&options);
    options.threads = 2;
    options.resize = SINEW_RESIZE_BILINEAR;
    struct sinew_ap_figures f = run_pose(&options, "PP-TinyPose");
    check(f.ap, 65.1, .1);
    check(f.ap50, 89.2, .1);
    check(f.ap75, 72.7, .1);
    check(f.ar, 68.9, .1);
}

static void keypoints_with_the_flip_test(void **state) {
    (void)state;
    sinew_pose_options options;
    sinew_pose_options_init(&options);
    options.threads = 2;
    options.resize = SINEW_RESIZE_BILINEAR;
    options.flip_test = 1;
    struct sinew_ap_figures f = run_pose(&options, "PP-TinyPose, flip test");
    check(f.ap, 66.8, .1);
    check(f.ap50, 89.3, .1);
    check(f.ap75, 76.4, .1);
    check(f.ar, 70.4, .1);
}

int main(void) {
    shared_require();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_of_the_reference),
        cmocka_unit_test(boxes_of_the_detector),
        cmocka_unit_test(keypoints_of_the_reference),
        cmocka_unit_test(keypoints_of_the_network),
        cmocka_unit_test(keypoints_with_the_flip_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
