/*
 * evaluate.c - predictions against labels.
 *
 * Distances are measured over people with labels that are no crowds; somebody
 * nobody was found of counts as missed. Average precision also sees people
 * without labels, crowds and predictions of nobody, as COCO's rules want.
 * Keypoints the network does not have are left out of everything.
 */
#include "data/evaluate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PCK_THRESHOLD .2
#define AUC_PIXELS    30
#define MOST_PEOPLE   20 /* found in a picture that take part in AP */

/* People that are measured, side by side. */
struct bench {
    const struct sinew_dataset *set;
    struct sinew_points points;
    sinew_keypoint *found;
    struct sinew_label *labels;
    int64_t *persons; ///< index in the set
    double *lengths;
};

static void free_bench(struct bench *bench) {
    sinew_free(bench->found);
    sinew_free(bench->labels);
    sinew_free(bench->persons);
    sinew_free(bench->lengths);
}

/* The prediction of each person, -1 = none. */
static int64_t *whose(const struct sinew_dataset *set,
                      const struct sinew_predictions *predictions) {
    int64_t *of = sinew_alloc((uint64_t)set->n_persons, sizeof(*of));
    for (int64_t i = 0; of && i < set->n_persons; i++)
        of[i] = -1;
    for (int64_t i = 0; of && i < predictions->n; i++)
        if (predictions->items[i].person >= 0)
            of[predictions->items[i].person] = i;
    return of;
}

static sinew_status gather(struct bench *bench, struct sinew_evaluation *result,
                           const struct sinew_predictions *predictions) {
    const struct sinew_dataset *set = bench->set;
    const size_t joints = (size_t)set->skeleton->n_joints;
    const uint64_t n = (uint64_t)set->n_persons;
    int64_t *of = whose(set, predictions);
    bench->found = sinew_alloc(n * joints, sizeof(*bench->found));
    bench->labels = sinew_alloc(n * joints, sizeof(*bench->labels));
    bench->persons = sinew_alloc(n, sizeof(*bench->persons));
    bench->lengths = sinew_alloc(n, sizeof(*bench->lengths));
    if (!of || !bench->found || !bench->labels || !bench->persons ||
        !bench->lengths) {
        sinew_free(of);
        return SINEW_NOMEM;
    }
    for (int64_t i = 0; i < set->n_persons; i++) {
        const struct sinew_dataset_person *person = &set->persons[i];
        if (!person->labelled || person->iscrowd) continue;
        size_t at = (size_t)result->persons * joints;
        memcpy(bench->labels + at, sinew_dataset_labels(set, i),
               joints * sizeof(*bench->labels));
        if (of[i] >= 0)
            memcpy(bench->found + at,
                   sinew_predictions_points(predictions, of[i]),
                   joints * sizeof(*bench->found));
        for (size_t k = 0; of[i] < 0 && k < joints; k++)
            bench->found[at + k] = (sinew_keypoint){NAN, NAN, 0};
        result->missing += of[i] < 0;
        bench->persons[result->persons++] = i;
    }
    sinew_free(of);
    bench->points =
        (struct sinew_points){result->persons, (int)joints, bench->found,
                              bench->labels, result->counted};
    return SINEW_OK;
}

/* Joints that are labelled in the set and that anybody looked for. */
static void count_joints(struct sinew_evaluation *result,
                         const struct sinew_dataset *set,
                         const struct sinew_predictions *predictions) {
    bool labelled[SINEW_MAX_KEYPOINTS] = {0};
    result->joints = set->skeleton->n_joints;
    for (int64_t i = 0; i < set->n_persons; i++)
        for (int k = 0; k < result->joints; k++)
            labelled[k] |= sinew_dataset_labels(set, i)[k].seen > 0;
    for (int64_t i = 0; i < predictions->n; i++)
        for (int k = 0; k < result->joints; k++)
            result->counted[k] |=
                labelled[k] &&
                isfinite(sinew_predictions_points(predictions, i)[k].x);
    for (int k = 0; k < result->joints; k++)
        result->n_counted += result->counted[k];
}

/* ---- distances ----------------------------------------------------------- */

static bool is_limb(int part) {
    switch (part) {
    case SINEW_PART_LEFT_SHOULDER:
    case SINEW_PART_RIGHT_SHOULDER:
    case SINEW_PART_LEFT_ELBOW:
    case SINEW_PART_RIGHT_ELBOW:
    case SINEW_PART_LEFT_WRIST:
    case SINEW_PART_RIGHT_WRIST:
    case SINEW_PART_LEFT_HIP:
    case SINEW_PART_RIGHT_HIP:
    case SINEW_PART_LEFT_KNEE:
    case SINEW_PART_RIGHT_KNEE:
    case SINEW_PART_LEFT_ANKLE:
    case SINEW_PART_RIGHT_ANKLE:
        return true;
    default:
        return false;
    }
}

static void choose_joints(const struct sinew_dataset *set, bool *limbs,
                          bool *official) {
    for (int k = 0; k < set->skeleton->n_joints; k++) {
        int part = set->skeleton->joints[k].part;
        limbs[k] = is_limb(part);
        official[k] = part != SINEW_PART_PELVIS && part != SINEW_PART_THORAX;
    }
}

typedef double length_fn(const struct sinew_dataset *set, int64_t person);

static void measure_curve(struct sinew_curve *curve, struct bench *bench,
                          bool official, const char *name, double threshold,
                          length_fn *length) {
    bool limbs[SINEW_MAX_KEYPOINTS], use[SINEW_MAX_KEYPOINTS];
    const int joints = bench->points.joints;
    choose_joints(bench->set, limbs, use);
    snprintf(curve->name, sizeof(curve->name), "%s@%g", name, threshold);
    curve->threshold = threshold;
    curve->persons = 0;
    for (int64_t i = 0; i < bench->points.n; i++) {
        bench->lengths[i] = length(bench->set, bench->persons[i]);
        curve->persons += bench->lengths[i] > 0;
    }
    sinew_metric_pck(&bench->points, bench->lengths, threshold, false,
                     curve->rates);
    curve->mean = official ? sinew_rates_pooled(curve->rates, joints, use)
                           : sinew_rates_mean(curve->rates, joints, NULL);
    curve->limbs = sinew_rates_mean(curve->rates, joints, limbs);
}

/* Ranges of the trunk's angle, degrees: those of the published figures, then
 * finer ones for people who are nearly upright. */
static const int trunks[SINEW_TRUNKS][2] = {{0, 45}, {45, 90}, {90, 180},
                                            {0, 30}, {30, 60}, {60, 90}};

/* PCKh of people by how far from upright they are; the heads' lengths are those
 * last measured. */
static void measure_trunks(struct sinew_evaluation *result,
                           struct bench *bench) {
    struct sinew_rate rates[SINEW_MAX_KEYPOINTS];
    bool limbs[SINEW_MAX_KEYPOINTS];
    const int joints = bench->points.joints;
    double *heads = bench->lengths;
    for (int k = 0; k < joints; k++)
        limbs[k] = is_limb(bench->set->skeleton->joints[k].part);
    for (int range = 0; range < SINEW_TRUNKS; range++) {
        const int from = trunks[range][0], to = trunks[range][1];
        int64_t n = 0;
        for (int64_t i = 0; i < bench->points.n; i++) {
            double angle = sinew_trunk_angle(bench->set, bench->persons[i]);
            bool inside = (from == 0 || angle > from) && angle <= to;
            double head = sinew_length_head(bench->set, bench->persons[i]);
            heads[i] = inside ? head : 0;
            n += heads[i] > 0;
        }
        sinew_metric_pck(&bench->points, heads, .5, false, rates);
        result->trunks[range].from = from;
        result->trunks[range].to = to;
        result->trunks[range].persons = n;
        result->trunks[range].mean = sinew_rates_mean(rates, joints, NULL);
        result->trunks[range].limbs = sinew_rates_mean(rates, joints, limbs);
    }
}

static sinew_status measure_median(struct sinew_evaluation *result,
                                   struct bench *bench) {
    const struct sinew_points *points = &bench->points;
    double *room = sinew_alloc(
        (uint64_t)points->n * (uint64_t)points->joints + 1, sizeof(*room));
    if (!room) return SINEW_NOMEM;
    for (int64_t i = 0; i < points->n; i++)
        bench->lengths[i] = sinew_length_box(bench->set, bench->persons[i]);
    result->median = sinew_metric_median(points, bench->lengths, -1, room);
    for (int k = 0; k < points->joints; k++)
        result->joint_median[k] =
            sinew_metric_median(points, bench->lengths, k, room);
    sinew_free(room);
    return SINEW_OK;
}

/* ---- average precision ----------------------------------------------------
 */

/* Room for the people of one picture. */
struct crowd {
    struct sinew_ap_person *truths, *found;
    float *labels; ///< [truths][joints][3]
    int n_truths, n_found;
};

/* Area of the bounds of what was found, COCO's for results without a box. */
static double bounds_area(const sinew_keypoint *points, int n) {
    double left = INFINITY, top = INFINITY, right = -INFINITY,
           bottom = -INFINITY;
    for (int k = 0; k < n; k++) {
        if (!isfinite(points[k].x)) continue;
        left = fmin(left, (double)points[k].x);
        right = fmax(right, (double)points[k].x);
        top = fmin(top, (double)points[k].y);
        bottom = fmax(bottom, (double)points[k].y);
    }
    return right > left ? (right - left) * (bottom - top) : 0;
}

static void put_truth(struct crowd *crowd, const struct sinew_dataset *set,
                      int64_t i, const bool *counted) {
    const struct sinew_dataset_person *person = &set->persons[i];
    const struct sinew_label *labels = sinew_dataset_labels(set, i);
    const int joints = set->skeleton->n_joints;
    float *xyv = crowd->labels + (int64_t)crowd->n_truths * joints * 3;
    struct sinew_ap_person *truth = &crowd->truths[crowd->n_truths++];
    *truth = (struct sinew_ap_person){
        .area = person->area, .crowd = person->iscrowd, .keypoints = xyv};
    memcpy(truth->box, person->box, sizeof(truth->box));
    for (int k = 0; k < joints; k++) {
        xyv[3 * k] = labels[k].x;
        xyv[3 * k + 1] = labels[k].y;
        xyv[3 * k + 2] = counted[k] ? (float)labels[k].seen : 0;
    }
}

static void put_found(struct crowd *crowd,
                      const struct sinew_predictions *predictions, int64_t i) {
    const struct sinew_prediction *item = &predictions->items[i];
    const sinew_keypoint *points = sinew_predictions_points(predictions, i);
    _Static_assert(sizeof(sinew_keypoint) == 3 * sizeof(float),
                   "keypoints are x, y, score");
    crowd->found[crowd->n_found++] = (struct sinew_ap_person){
        .score = item->score,
        .area = item->area > 0 ? item->area
                               : bounds_area(points, predictions->joints),
        .keypoints = &points->x};
}

/* Predictions of one picture after the other, whatever order they are in. */
static sinew_status sort_by_picture(int64_t **order, int64_t **first,
                                    const struct sinew_dataset *set,
                                    const struct sinew_predictions *predicted) {
    *order = sinew_alloc((uint64_t)predicted->n, sizeof(**order));
    *first = sinew_alloc((uint64_t)set->n_pictures + 2, sizeof(**first));
    if (!*order || !*first) return SINEW_NOMEM;
    for (int64_t i = 0; i < predicted->n; i++)
        (*first)[predicted->items[i].picture + 2]++;
    for (int64_t i = 2; i < set->n_pictures + 2; i++)
        (*first)[i] += (*first)[i - 1];
    for (int64_t i = 0; i < predicted->n; i++)
        (*order)[(*first)[predicted->items[i].picture + 1]++] = i;
    return SINEW_OK;
}

static sinew_status make_crowd(struct crowd *crowd,
                               const struct sinew_dataset *set,
                               const struct sinew_predictions *predicted) {
    int64_t most = 0;
    for (int64_t i = 0; i < set->n_pictures; i++)
        if (set->pictures[i].n > most) most = set->pictures[i].n;
    crowd->truths = sinew_alloc((uint64_t)most, sizeof(*crowd->truths));
    crowd->found = sinew_alloc((uint64_t)predicted->n, sizeof(*crowd->found));
    crowd->labels = sinew_alloc(
        (uint64_t)most * (uint64_t)set->skeleton->n_joints, 3 * sizeof(float));
    return crowd->truths && crowd->found && crowd->labels ? SINEW_OK
                                                          : SINEW_NOMEM;
}

static sinew_status measure_oks(struct sinew_evaluation *result,
                                const struct sinew_dataset *set,
                                const struct sinew_predictions *predicted) {
    sinew_status status;
    struct sinew_ap *ap = NULL;
    struct crowd crowd = {0};
    int64_t *order = NULL, *first = NULL;
    float sigmas[SINEW_MAX_KEYPOINTS];
    const struct sinew_ap_rules rules = {MOST_PEOPLE, result->joints, sigmas};
    for (int k = 0; k < result->joints; k++)
        sigmas[k] = set->skeleton->joints[k].sigma;
    SINEW_TRY(sinew_ap_create(&ap, &rules));
    SINEW_TRY(make_crowd(&crowd, set, predicted));
    SINEW_TRY(sort_by_picture(&order, &first, set, predicted));
    for (int64_t p = 0; p < set->n_pictures; p++) {
        const struct sinew_dataset_picture *picture = &set->pictures[p];
        crowd.n_truths = crowd.n_found = 0;
        for (int64_t i = 0; i < picture->n; i++)
            put_truth(&crowd, set, picture->first + i, result->counted);
        for (int64_t i = first[p]; i < first[p + 1]; i++)
            put_found(&crowd, predicted, order[i]);
        SINEW_TRY(sinew_ap_add(ap, crowd.truths, crowd.n_truths, crowd.found,
                               crowd.n_found));
    }
    SINEW_TRY(sinew_ap_compute(ap, &result->oks));
fail:
    sinew_ap_free(&ap);
    sinew_free(crowd.truths);
    sinew_free(crowd.found);
    sinew_free(crowd.labels);
    sinew_free(order);
    sinew_free(first);
    return status;
}

/* ---- all of it ------------------------------------------------------------
 */

static void measure_curves(struct sinew_evaluation *result, struct bench *bench,
                           const struct sinew_evaluate_options *options) {
    const bool official = result->official;
    const double threshold =
        options->pck_threshold > 0 ? options->pck_threshold : PCK_THRESHOLD;
    if (result->metrics & 1u << SINEW_METRIC_PCKH) {
        measure_curve(&result->curves[0], bench, official, "pckh", .5,
                      sinew_length_head);
        measure_curve(&result->curves[1], bench, official, "pckh", .1,
                      sinew_length_head);
        measure_trunks(result, bench);
    }
    if (result->metrics & 1u << SINEW_METRIC_PCK)
        measure_curve(&result->curves[2], bench, official, "pck", threshold,
                      options->pck_of_box ? sinew_length_box
                                          : sinew_length_torso);
}

sinew_status sinew_evaluate(struct sinew_evaluation *result,
                            const struct sinew_dataset *set,
                            const struct sinew_predictions *predictions,
                            const struct sinew_evaluate_options *options) {
    sinew_status status;
    struct bench bench = {.set = set};
    const char *name = set->skeleton->name;
    *result = (struct sinew_evaluation){.metrics = options->metrics};
    SINEW_FAIL_IF(set->skeleton->n_joints > SINEW_MAX_KEYPOINTS, SINEW_LIMIT,
                  "people of %d keypoints", set->skeleton->n_joints);
    result->official =
        strcmp(name, "mpii16") == 0 || strcmp(name, "efficientpose16") == 0;
    count_joints(result, set, predictions);
    SINEW_TRY(gather(&bench, result, predictions));
    measure_curves(result, &bench, options);
    result->auc = sinew_metric_auc(&bench.points, AUC_PIXELS);
    result->epe = sinew_metric_epe(&bench.points, -1);
    for (int k = 0; k < result->joints; k++)
        result->joint_epe[k] = sinew_metric_epe(&bench.points, k);
    if (result->metrics & 1u << SINEW_METRIC_MEDIAN)
        SINEW_TRY(measure_median(result, &bench));
    if (result->metrics & 1u << SINEW_METRIC_OKS)
        SINEW_TRY(measure_oks(result, set, predictions));
fail:
    free_bench(&bench);
    return status;
}
