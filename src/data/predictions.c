/*
 * predictions.c - keypoints found of the people of a set; COCO's results.
 */
#include "data/predictions.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/json.h"
#include "data/read_json.h"

struct sinew_prediction *
sinew_predictions_new(struct sinew_predictions *predictions,
                      const struct sinew_dataset *set) {
    predictions->joints = set->skeleton->n_joints;
    if (predictions->n == predictions->room) {
        int64_t room = predictions->room ? 2 * predictions->room : 256;
        if (room > 2 * (int64_t)SINEW_DATASET_MAX) {
            sinew_fail(SINEW_LIMIT, "too many people were found");
            return NULL;
        }
        void *block = sinew_realloc(predictions->items, (uint64_t)room,
                                    sizeof(*predictions->items));
        if (!block) return NULL;
        predictions->items = block;
        block = sinew_realloc(predictions->points, (uint64_t)room,
                              (size_t)predictions->joints *
                                  sizeof(*predictions->points));
        if (!block) return NULL;
        predictions->points = block;
        predictions->room = room;
    }
    int64_t i = predictions->n++;
    predictions->items[i] = (struct sinew_prediction){.person = -1};
    for (int k = 0; k < predictions->joints; k++)
        sinew_predictions_points(predictions, i)[k] =
            (sinew_keypoint){NAN, NAN, 0};
    return &predictions->items[i];
}

void sinew_predictions_free(struct sinew_predictions *predictions) {
    sinew_free(predictions->items);
    sinew_free(predictions->points);
    *predictions = (struct sinew_predictions){0};
}

/* ---- whose they are ------------------------------------------------------ */

/* Object keypoint similarity, where 1 is the same place. */
static double similarity(const struct sinew_dataset *set, int64_t person,
                         const sinew_keypoint *points) {
    const struct sinew_label *labels = sinew_dataset_labels(set, person);
    const double area = set->persons[person].area + DBL_EPSILON;
    double sum = 0;
    int n = 0;
    for (int k = 0; k < set->skeleton->n_joints; k++) {
        const double twice = 2 * (double)set->skeleton->joints[k].sigma;
        double dx = (double)points[k].x - (double)labels[k].x;
        double dy = (double)points[k].y - (double)labels[k].y;
        if (!labels[k].seen || !isfinite(dx) || !isfinite(dy)) continue;
        sum += exp(-(dx * dx + dy * dy) / (2 * twice * twice * area));
        n++;
    }
    return n ? sum / n : 0;
}

static int64_t most_similar(const struct sinew_dataset *set,
                            const struct sinew_dataset_picture *picture,
                            const sinew_keypoint *points, const bool *taken) {
    int64_t best = -1;
    double most = -1;
    for (int64_t i = picture->first; i < picture->first + picture->n; i++) {
        if (taken[i] || !set->persons[i].labelled) continue;
        double alike = similarity(set, i, points);
        if (alike <= most) continue;
        most = alike;
        best = i;
    }
    return best;
}

struct by_score {
    double score;
    int64_t index;
};

static int compare_scores(const void *a, const void *b) {
    const struct by_score *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static sinew_status match(struct sinew_predictions *predictions,
                          const struct sinew_dataset *set) {
    sinew_status status = SINEW_NOMEM;
    const int64_t n = predictions->n;
    bool *taken = sinew_alloc((uint64_t)set->n_persons, sizeof(*taken));
    struct by_score *order = sinew_alloc((uint64_t)n, sizeof(*order));
    if (!taken || !order) goto fail;
    for (int64_t i = 0; i < n; i++) {
        order[i] = (struct by_score){predictions->items[i].score, i};
        if (predictions->items[i].person >= 0)
            taken[predictions->items[i].person] = true;
    }
    qsort(order, (size_t)n, sizeof(*order), compare_scores);
    for (int64_t j = 0; j < n; j++) {
        struct sinew_prediction *item = &predictions->items[order[j].index];
        if (item->person >= 0) continue;
        item->person = most_similar(
            set, &set->pictures[item->picture],
            sinew_predictions_points(predictions, order[j].index), taken);
        if (item->person >= 0) taken[item->person] = true;
    }
    status = SINEW_OK;
fail:
    sinew_free(taken);
    sinew_free(order);
    return status;
}

/* ---- reading ------------------------------------------------------------ */

static int64_t find_picture(const struct sinew_dataset *set, int64_t id) {
    for (int64_t i = 0; i < set->n_pictures; i++)
        if (set->pictures[i].id == id) return i;
    return -1;
}

static sinew_status read_points(const json_t *record, const char *what,
                                sinew_keypoint *points, int n) {
    double numbers[3 * SINEW_MAX_KEYPOINTS];
    sinew_status status =
        sinew_json_numbers(json_object_get(record, what), what, numbers, 3 * n);
    if (status < 0) return status;
    for (int k = 0; k < n; k++) {
        const double *v = numbers + 3 * k;
        if (v[0] != 0 || v[1] != 0 || v[2] != 0)
            points[k] = (sinew_keypoint){(float)v[0], (float)v[1], (float)v[2]};
    }
    return SINEW_OK;
}

static sinew_status read_item(struct sinew_predictions *predictions,
                              const struct sinew_dataset *set,
                              const json_t *record) {
    int64_t image, id;
    double box[4];
    sinew_status status = sinew_json_id(record, "image_id", &image);
    if (status < 0) return status;
    int64_t picture = find_picture(set, image);
    if (picture < 0) return SINEW_OK;
    struct sinew_prediction *item = sinew_predictions_new(predictions, set);
    if (!item) return SINEW_NOMEM;
    item->picture = picture;
    item->score = sinew_json_number(record, "score", 1);
    if (json_object_get(record, "bbox")) {
        status =
            sinew_json_numbers(json_object_get(record, "bbox"), "bbox", box, 4);
        if (status < 0) return status;
        item->area = box[2] * box[3];
    }
    if (json_object_get(record, "ann_id")) {
        status = sinew_json_id(record, "ann_id", &id);
        if (status < 0) return status;
        const struct sinew_dataset_picture *at = &set->pictures[picture];
        for (int64_t i = at->first; i < at->first + at->n; i++)
            if (set->persons[i].id == id) item->person = i;
    }
    return read_points(
        record, "keypoints",
        sinew_predictions_points(predictions, predictions->n - 1),
        predictions->joints);
}

sinew_status sinew_predictions_read(struct sinew_predictions *predictions,
                                    const struct sinew_dataset *set,
                                    const char *path) {
    struct sinew_file file = {0};
    json_t *root = NULL;
    json_error_t error;
    *predictions = (struct sinew_predictions){0};
    sinew_status status = sinew_file_open(&file, path);
    if (status < 0) return status;
    root = json_loadb((const char *)file.data, file.size, 0, &error);
    SINEW_FAIL_IF(!root, SINEW_FORMAT, "%s: line %d: %s", path, error.line,
                  error.text);
    SINEW_FAIL_IF(!json_is_array(root), SINEW_FORMAT, "%s: is no list", path);
    for (size_t i = 0; i < json_array_size(root); i++) {
        status = read_item(predictions, set, json_array_get(root, i));
        if (status < 0) {
            sinew_fail_in(status, "%s: [%zu]", path, i);
            goto fail;
        }
    }
    SINEW_TRY(match(predictions, set));
fail:
    json_decref(root);
    sinew_file_close(&file);
    return status;
}

/* ---- writing ------------------------------------------------------------ */

static void write_item(struct sinew_bytes *out,
                       const struct sinew_predictions *predictions,
                       const struct sinew_dataset *set, int64_t i) {
    const struct sinew_prediction *item = &predictions->items[i];
    const sinew_keypoint *points = sinew_predictions_points(predictions, i);
    json_add(out, "{\"image_id\":%lld,\"category_id\":1,",
             (long long)set->pictures[item->picture].id);
    if (item->person >= 0)
        json_add(out, "\"ann_id\":%lld,",
                 (long long)set->persons[item->person].id);
    json_add(out, "\"keypoints\":[");
    for (int k = 0; k < predictions->joints; k++) {
        if (isnan(points[k].x))
            json_add(out, "%s0,0,0", k ? "," : "");
        else
            json_add(out, "%s%.4f,%.4f,%.6f", k ? "," : "", (double)points[k].x,
                     (double)points[k].y, (double)points[k].score);
    }
    json_add(out, "],\"score\":%.9g}", item->score);
}

sinew_status
sinew_predictions_write(const struct sinew_predictions *predictions,
                        const struct sinew_dataset *set, const char *path,
                        bool force) {
    sinew_status status;
    struct sinew_output *file = NULL;
    struct sinew_bytes out = {0};
    json_add(&out, "[");
    for (int64_t i = 0; i < predictions->n; i++) {
        json_add(&out, i ? ",\n" : "\n");
        write_item(&out, predictions, set, i);
    }
    json_add(&out, "]\n");
    SINEW_TRY(out.status);
    SINEW_TRY(sinew_output_open(&file, path, force));
    SINEW_TRY(sinew_output_write(file, out.data, out.size));
    SINEW_TRY(sinew_output_commit(&file));
fail:
    sinew_output_abort(&file);
    sinew_bytes_free(&out);
    return status;
}
