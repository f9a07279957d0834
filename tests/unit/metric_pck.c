/*
 * metric_pck.c - PCK, AUC, EPE and whole evaluations of cases worked out by
 * hand.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "data/evaluate.h"
#include "data/mpii_heads.h"

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 1e-9)
#define PATH              "build-test-results.json"

/* Two people, two joints: distances 3, 4 and 5, -; lengths 10 and 8. */
static const sinew_keypoint found[] = {
    {3, 0, 1}, {10, 14, 1}, {3, 4, 1}, {9, 9, 1}};
static const struct sinew_label labels[] = {
    {0, 0, 2}, {10, 10, 1}, {0, 0, 2}, {0, 0, 0}};

static void counts_hits(void **state) {
    (void)state;
    const struct sinew_points points = {2, 2, found, labels, NULL};
    const double lengths[] = {10, 8}, one[] = {10, 0};
    struct sinew_rate rates[2];
    sinew_metric_pck(&points, lengths, .5, false, rates); /* 5 and 4 */
    assert_true(rates[0].hits == 1 && rates[0].count == 2);
    assert_true(rates[1].hits == 1 && rates[1].count == 1);
    assert_near(sinew_rates_mean(rates, 2, NULL), .75);
    assert_near(sinew_rates_pooled(rates, 2, NULL), 2. / 3);
    assert_near(sinew_rates_mean(rates, 2, (const bool[]){true, false}), .5);
    sinew_metric_pck(&points, one, .4, false, rates); /* the limit counts */
    assert_true(rates[1].hits == 1 && rates[0].count == 1);
    sinew_metric_pck(&points, one, .4, true, rates);
    assert_true(rates[1].hits == 0 && rates[1].count == 1);
    assert_true(isnan(sinew_rate_share(&(struct sinew_rate){0, 0})));
}

static void misses_what_was_not_found(void **state) {
    (void)state;
    const sinew_keypoint nobody[] = {{NAN, NAN, 0}, {10, 10, 1}};
    const struct sinew_points points = {1, 2, nobody, labels, NULL};
    const double length = 1e9;
    struct sinew_rate rates[2];
    sinew_metric_pck(&points, &length, 1, false, rates);
    assert_true(rates[0].hits == 0 && rates[0].count == 1);
    assert_true(rates[1].hits == 1);
    assert_near(sinew_metric_epe(&points, -1), 0);
}

static void averages_distances(void **state) {
    (void)state;
    const struct sinew_points points = {2, 2, found, labels, NULL};
    assert_near(sinew_metric_epe(&points, -1), 4);
    assert_near(sinew_metric_epe(&points, 0), 4);
    assert_near(sinew_metric_epe(&points, 1), 4);
    /* In lengths: .3, .5 and 5/8; of a person without a length nothing. */
    double room[4];
    const double all[] = {10, 8}, first[] = {10, 0};
    assert_near(sinew_metric_median(&points, all, -1, room), .4);
    assert_near(sinew_metric_median(&points, all, 0, room), (.3 + .625) / 2);
    assert_near(sinew_metric_median(&points, first, 0, room), .3);
    assert_true(isnan(sinew_metric_median(&points, (double[]){0, 0}, 0, room)));
    /* Of thresholds 0, .5, ... 9.5: joint 0 (3, 5) is within 3.5 ... 5.5 .. 9.5
     * 13 + 9 times of 2, joint 1 (4) 11 times. */
    assert_near(sinew_metric_auc(&points, 10), ((13 + 9) / 2. + 11) / 2 / 20);
    const sinew_keypoint perfect[] = {{0, 0, 1}, {10, 10, 1}};
    const struct sinew_points same = {1, 2, perfect, labels, NULL};
    assert_near(sinew_metric_auc(&same, 30), .95);
}

/* One picture with two people of LSP's joints, the second upside down. */
static void make_set(struct sinew_dataset *set) {
    FILE *file = fopen(PATH, "wb");
    assert_non_null(file);
    fputs("{\"images\":[{\"id\":1,\"file_name\":\"a\"}],\"categories\":[{"
          "\"keypoints\":[\"left_hip\",\"right_hip\",\"neck\",\"head_top\","
          "\"left_shoulder\"]}],\"annotations\":["
          "{\"id\":11,\"image_id\":1,\"bbox\":[0,0,40,100],\"area\":2000,"
          "\"keypoints\":[10,80,2,30,80,2,20,20,2,20,0,2,30,50,2]},"
          "{\"id\":12,\"image_id\":1,\"bbox\":[100,0,40,100],\"area\":2000,"
          "\"keypoints\":[110,20,2,130,20,2,120,80,2,120,100,2,0,0,0]},"
          "{\"id\":13,\"image_id\":1,\"bbox\":[300,0,40,100]}]}",
          file);
    fclose(file);
    if (sinew_dataset_read(set, PATH, NULL, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    remove(PATH);
}

static void measures_people(void **state) {
    (void)state;
    struct sinew_dataset set;
    make_set(&set);
    assert_near(sinew_length_head(&set, 0), 20);
    assert_near(sinew_length_torso(&set, 0), 30);
    assert_near(sinew_length_torso(&set, 1), 0);
    assert_near(sinew_length_box(&set, 0), 100);
    assert_near(sinew_trunk_angle(&set, 0), 0);
    assert_near(sinew_trunk_angle(&set, 1), 180);
    assert_true(isnan(sinew_trunk_angle(&set, 2)));
    set.persons[0].head = 33;
    assert_near(sinew_length_head(&set, 0), 33);
    sinew_dataset_free(&set);
}

static void read_results(struct sinew_predictions *predictions,
                         const struct sinew_dataset *set, const char *text) {
    FILE *file = fopen(PATH, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    if (sinew_predictions_read(predictions, set, PATH) < 0)
        fail_msg("%s", sinew_error_message());
    remove(PATH);
}

static const char *const results =
    "[{\"image_id\":1,\"score\":0.5,\"keypoints\":[110,20,1,130,20,1,120,80,1,"
    "120,100,1,0,0,0]},"
    "{\"image_id\":1,\"score\":0.9,\"keypoints\":[10,80,1,41,80,1,20,20,1,20,0,"
    "1,0,0,0]},"
    "{\"image_id\":99,\"score\":0.9,\"keypoints\":[]}]";

static void evaluates(void **state) {
    (void)state;
    struct sinew_dataset set;
    struct sinew_predictions predictions, again;
    struct sinew_evaluation result;
    make_set(&set);
    read_results(&predictions, &set, results);
    assert_int_equal(predictions.n, 2);
    assert_int_equal(predictions.items[0].person, 1);
    assert_int_equal(predictions.items[1].person, 0);
    const struct sinew_evaluate_options options = {
        .metrics = (1u << SINEW_METRIC_COUNT) - 1};
    assert_int_equal(sinew_evaluate(&result, &set, &predictions, &options),
                     SINEW_OK);
    assert_int_equal(result.persons, 2);
    assert_int_equal(result.n_counted, 4); /* nobody looked for shoulders */
    assert_string_equal(result.curves[0].name, "pckh@0.5");
    /* right hip: 11 > 10 of one person, the other exact */
    assert_near(result.curves[0].mean, 3.5 / 4);
    assert_near(result.curves[0].limbs, .75);
    assert_int_equal(result.curves[2].persons, 1);
    assert_int_equal(result.trunks[0].persons, 1);
    assert_near(result.trunks[0].mean, .75);
    assert_near(result.trunks[2].mean, 1);
    assert_int_equal(result.trunks[3].persons, 1); /* upright: up to 30 */
    assert_near(result.trunks[3].limbs, .5);
    assert_int_equal(result.trunks[4].persons, 0);
    assert_true(isnan(result.trunks[5].mean));
    assert_near(result.median, 0);
    assert_near(result.epe, 11. / 8);
    /* OKS of the first: 3 exact of 4, the hip e^(-121 / (8 .107^2 2000)) =
     * .517: above .85, below .9, so eight of ten; the second is exact. */
    assert_near(result.oks.ar, (.8 + 1) / 2);
    assert_near(result.oks.ap50, 1);
    assert_int_equal(result.oks.truths, 2);
    if (sinew_predictions_write(&predictions, &set, PATH, true) < 0)
        fail_msg("%s", sinew_error_message());
    assert_int_equal(sinew_predictions_read(&again, &set, PATH), SINEW_OK);
    remove(PATH);
    assert_int_equal(again.n, 2);
    assert_int_equal(again.items[0].person, 1);
    assert_true(again.points[1].x == 130 && isnan(again.points[4].x));
    sinew_predictions_free(&again);
    sinew_predictions_free(&predictions);
    sinew_dataset_free(&set);
}

#if SINEW_WITH_MATIO
/* Two people of MPII as JSON, the second's picture before the first's. */
static void read_mpii(struct sinew_dataset *set) {
    FILE *file = fopen(PATH, "wb");
    assert_non_null(file);
    for (int i = 0; i < 2; i++)
        fprintf(file,
                "%s{\"image\":\"%d.jpg\",\"scale\":1,\"center\":[99,99],"
                "\"joints\":[[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],"
                "[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1],[1,1]],"
                "\"joints_vis\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}",
                i ? "," : "[", 2 - i);
    fputs("]", file);
    fclose(file);
    if (sinew_dataset_read(set, PATH, NULL, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    remove(PATH);
}

/* The official rule: boxes of heads, labels of the .mat file, and joints
 * weighted by their labels without pelvis and thorax. */
static void measures_mpii_officially(void **state) {
    (void)state;
    struct sinew_dataset set;
    struct sinew_predictions predictions = {0};
    struct sinew_evaluation result;
    const struct sinew_evaluate_options options = {.metrics =
                                                       1u << SINEW_METRIC_PCKH};
    read_mpii(&set);
    if (sinew_dataset_take_heads(&set, "tests/data/dataset/mpii_gt_val.mat"))
        fail_msg("%s", sinew_error_message());
    assert_float_equal(set.persons[0].head, 30, 0);
    assert_float_equal(set.persons[1].head, 6, 1e-6);
    assert_true(set.persons[0].labelled == 15 && set.persons[1].labelled == 15);
    for (int64_t i = 0; i < 2; i++) {
        struct sinew_prediction *item =
            sinew_predictions_new(&predictions, &set);
        assert_non_null(item);
        item->person = i;
        item->picture = set.persons[i].picture;
        for (int k = 0; k < 16; k++)
            sinew_predictions_points(&predictions, i)[k] =
                (sinew_keypoint){(float)(3 * k + 100 * i), (float)(2 * k), 1};
    }
    predictions.points[10].x += 15; /* just within half of 30 */
    predictions.points[9].x += 16;  /* just beyond */
    predictions.points[7].x += 99;  /* the thorax does not count */
    predictions.points[6].x += 99;  /* nor what is missing */
    assert_int_equal(sinew_evaluate(&result, &set, &predictions, &options),
                     SINEW_OK);
    assert_true(result.official);
    assert_near(result.curves[0].mean, 26. / 27);
    assert_near(result.curves[1].mean, 25. / 27); /* nor 15 within 3 */
    set.n_persons = 1;
    assert_int_equal(
        sinew_dataset_take_heads(&set, "tests/data/dataset/mpii_gt_val.mat"),
        SINEW_INVALID);
    assert_non_null(strstr(sinew_error_message(), "headboxes_src has 8"));
    set.n_persons = 2;
    assert_int_equal(
        sinew_dataset_take_heads(&set, "tests/data/dataset/lsp.mat"),
        SINEW_FORMAT);
    sinew_predictions_free(&predictions);
    sinew_dataset_free(&set);
}
#endif

/* Without a prediction a person counts as missed everywhere. */
static void counts_people_missed(void **state) {
    (void)state;
    struct sinew_dataset set;
    struct sinew_predictions predictions;
    struct sinew_evaluation result;
    make_set(&set);
    read_results(&predictions, &set,
                 "[{\"image_id\":1,\"ann_id\":12,\"score\":0.5,\"keypoints\":"
                 "[110,20,1,130,20,1,120,80,1,120,100,1,0,0,0]}]");
    const struct sinew_evaluate_options options = {
        .metrics = 1u << SINEW_METRIC_PCKH | 1u << SINEW_METRIC_OKS};
    assert_int_equal(sinew_evaluate(&result, &set, &predictions, &options),
                     SINEW_OK);
    assert_int_equal(result.missing, 1);
    assert_near(result.curves[0].mean, .5);
    assert_near(result.oks.ar, .5);
    sinew_predictions_free(&predictions);
    sinew_dataset_free(&set);
}

static void writes_valid_reports(void **state) {
    (void)state;
    struct sinew_dataset set;
    struct sinew_predictions predictions;
    struct sinew_evaluation result;
    struct sinew_bytes text = {0}, json = {0};
    const struct sinew_protocol protocol[] = {{"set", "a \"b\""}, {NULL, NULL}};
    make_set(&set);
    read_results(&predictions, &set, results);
    const struct sinew_evaluate_options options = {
        .metrics = (1u << SINEW_METRIC_COUNT) - 1};
    assert_int_equal(sinew_evaluate(&result, &set, &predictions, &options),
                     SINEW_OK);
    sinew_evaluation_text(&text, &result, &set, protocol);
    sinew_evaluation_json(&json, &result, &set, protocol);
    sinew_bytes_add(&text, "", 1);
    sinew_bytes_add(&json, "", 1);
    assert_true(text.status == SINEW_OK && json.status == SINEW_OK);
    assert_non_null(strstr((char *)text.data, "right_hip"));
    assert_null(strstr((char *)text.data, "left_shoulder"));
    assert_non_null(strstr((char *)json.data, "{\"protocol\":{\"set\":\"a "
                                              "\\\"b\\\"\",\"joints\":4},"));
    assert_non_null(strstr((char *)json.data, "\"pckh@0.5\":87.5000,"));
    assert_non_null(strstr((char *)json.data, "\"ap_large\":null,"));
    sinew_bytes_free(&text);
    sinew_bytes_free(&json);
    sinew_predictions_free(&predictions);
    sinew_dataset_free(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_hits),
        cmocka_unit_test(misses_what_was_not_found),
        cmocka_unit_test(averages_distances),
        cmocka_unit_test(measures_people),
        cmocka_unit_test(evaluates),
#if SINEW_WITH_MATIO
        cmocka_unit_test(measures_mpii_officially),
#endif
        cmocka_unit_test(counts_people_missed),
        cmocka_unit_test(writes_valid_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
