/*
 * eval.c - the figures published with ../shared/reference, from the keypoints
 * given there: metrics alone, without running a network. The networks' own are
 * tests/cli/eval.sh and, over all pictures, tests/cli/eval_all.sh.
 */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "data/evaluate.h"
#include "shared.h"

/* What rounding to one decimal may hide. */
#define assert_percent(share, percent)                                         \
    assert_true(fabs(100 * (share) - (percent)) < .06)

static void read_set(struct sinew_dataset *set, const char *name) {
    char path[SHARED_PATH];
    if (sinew_dataset_read(set, shared(path, name), NULL, NULL) < 0)
        fail_msg("%s", sinew_error_message());
}

/* "l_knee" as "left_knee". */
static int joint_of(const struct sinew_dataset *set, const char *name) {
    char full[64];
    snprintf(full, sizeof full, "%s%s",
             name[1] != '_'   ? ""
             : name[0] == 'l' ? "left_"
                              : "right_",
             name[1] == '_' ? name + 2 : name);
    return sinew_skeleton_part(set->skeleton, sinew_part_find(full));
}

static void take_points(struct sinew_predictions *predictions,
                        const struct sinew_dataset *set, const json_t *names,
                        const json_t *points, int64_t person, double score) {
    struct sinew_prediction *item = sinew_predictions_new(predictions, set);
    assert_non_null(item);
    item->picture = set->persons[person].picture;
    item->person = person;
    item->score = score;
    sinew_keypoint *to =
        sinew_predictions_points(predictions, predictions->n - 1);
    for (size_t i = 0; i < json_array_size(names); i++) {
        int k = joint_of(set, json_string_value(json_array_get(names, i)));
        const json_t *xyv = json_array_get(points, i);
        if (k < 0) continue;
        to[k] =
            (sinew_keypoint){(float)json_number_value(json_array_get(xyv, 0)),
                             (float)json_number_value(json_array_get(xyv, 1)),
                             (float)json_number_value(json_array_get(xyv, 2))};
    }
}

static json_t *read_json(const char *name) {
    char path[SHARED_PATH];
    json_error_t error;
    json_t *root = json_load_file(shared(path, name), 0, &error);
    if (!root) fail_msg("%s: %s", path, error.text);
    return root;
}

/* One person a picture, by file name. */
static void read_lspet(struct sinew_predictions *predictions,
                       const struct sinew_dataset *set, const char *name) {
    json_t *root = read_json(name);
    const json_t *images = json_object_get(root, "images");
    for (int64_t i = 0; i < set->n_pictures; i++) {
        const char *file = strrchr(set->pictures[i].path, '/') + 1;
        const json_t *found = json_object_get(images, file);
        assert_non_null(found);
        take_points(predictions, set, json_object_get(root, "names"),
                    json_object_get(found, "keypoints"), set->pictures[i].first,
                    1);
    }
    json_decref(root);
}

static void lspet_figures(void **state) {
    (void)state;
    static const struct {
        const char *file;
        double pckh, pckh_limbs, pck, pck_limbs, trunks[3];
    } rows[] = {
        {"ep_rt", 51.1, 49.0, 47.9, 46.1, {66.5, 49.4, 24.8}},
        {"ep_i", 53.7, 51.7, 49.9, 48.1, {0}},
        {"ep_ii", 58.0, 56.4, 55.7, 54.9, {72.3, 55.1, 34.6}},
        {"ep_rt_lite", 45.3, 43.1, 41.7, 39.9, {0}},
        {"cpm", 44.9, 42.5, 42.1, 39.4, {0}},
        {"hourglass", 36.9, 34.7, 34.2, 31.9, {0}},
        {"pptinypose_256x192", 66.9, 66.9, 64.2, 64.2, {79.1, 69.0, 42.5}}};
    struct sinew_dataset set;
    read_set(&set, "data/lspet/dev.json");
    assert_string_equal(set.skeleton->name, "lsp14");
    const struct sinew_evaluate_options options = {
        .metrics = 1u << SINEW_METRIC_PCKH | 1u << SINEW_METRIC_PCK};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sinew_predictions predictions = {0};
        struct sinew_evaluation result;
        char name[128];
        snprintf(name, sizeof name, "reference/predictions/lspet_dev_%s.json",
                 rows[i].file);
        read_lspet(&predictions, &set, name);
        assert_int_equal(sinew_evaluate(&result, &set, &predictions, &options),
                         SINEW_OK);
        assert_int_equal(result.curves[0].persons, 407);
        assert_int_equal(result.curves[2].persons, 362);
        print_message("%-20s %.2f %.2f %.2f %.2f\n", rows[i].file,
                      100 * result.curves[0].mean, 100 * result.curves[0].limbs,
                      100 * result.curves[2].mean,
                      100 * result.curves[2].limbs);
        assert_percent(result.curves[0].mean, rows[i].pckh);
        assert_percent(result.curves[0].limbs, rows[i].pckh_limbs);
        assert_percent(result.curves[2].mean, rows[i].pck);
        assert_percent(result.curves[2].limbs, rows[i].pck_limbs);
        for (int t = 0; t < 3 && rows[i].trunks[0] > 0; t++)
            assert_percent(result.trunks[t].mean, rows[i].trunks[t]);
        sinew_predictions_free(&predictions);
    }
    sinew_dataset_free(&set);
}

static int64_t person_of(const struct sinew_dataset *set, int64_t id) {
    for (int64_t i = 0; i < set->n_persons; i++)
        if (set->persons[i].id == id) return i;
    return -1; /* of picture 785, which is not given */
}

static void coco_figures(void **state) {
    (void)state;
    struct sinew_dataset set;
    struct sinew_predictions predictions = {0};
    struct sinew_evaluation result;
    read_set(&set, "data/coco/dev.json");
    json_t *root =
        read_json("reference/predictions/coco_dev_pptinypose_256x192_udp.json");
    const json_t *results = json_object_get(root, "results");
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *item = json_array_get(results, i);
        int64_t person = person_of(
            &set, json_integer_value(json_object_get(item, "ann_id")));
        if (person >= 0)
            take_points(&predictions, &set, json_object_get(root, "names"),
                        json_object_get(item, "keypoints"), person,
                        json_number_value(json_object_get(item, "score")));
    }
    json_decref(root);
    const struct sinew_evaluate_options options = {.metrics =
                                                       1u << SINEW_METRIC_OKS};
    assert_int_equal(sinew_evaluate(&result, &set, &predictions, &options),
                     SINEW_OK);
    assert_int_equal(result.persons, 322);
    assert_int_equal(result.missing, 0);
    assert_percent(result.oks.ap, 65.1);
    assert_percent(result.oks.ap50, 89.2);
    assert_percent(result.oks.ap75, 72.7);
    assert_percent(result.oks.ar, 68.9);
    sinew_predictions_free(&predictions);
    sinew_dataset_free(&set);
}

#if SINEW_WITH_MATIO
/* The set's own file holds what was made JSON of. */
static void lspet_files_agree(void **state) {
    (void)state;
    struct sinew_dataset json, mat;
    read_set(&json, "data/lspet/dev.json");
    read_set(&mat, "data/lspet/joints_first_9500.mat");
    assert_int_equal(mat.n_persons, 9500);
    for (int64_t i = 0; i < json.n_persons; i++) {
        const struct sinew_dataset_person *a = &json.persons[i];
        const struct sinew_dataset_person *b = &mat.persons[9000 + i];
        assert_int_equal(a->id, b->id);
        assert_memory_equal(sinew_dataset_labels(&json, i),
                            sinew_dataset_labels(&mat, 9000 + i),
                            14 * sizeof(struct sinew_label));
        for (int k = 0; k < 4; k++)
            assert_true(fabs(a->box[k] - b->box[k]) < 1e-4);
        assert_true(fabs(a->area - b->area) < 1e-3 * a->area);
    }
    sinew_dataset_free(&json);
    sinew_dataset_free(&mat);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lspet_figures),
        cmocka_unit_test(coco_figures),
#if SINEW_WITH_MATIO
        cmocka_unit_test(lspet_files_agree),
#endif
    };
    shared_require();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
