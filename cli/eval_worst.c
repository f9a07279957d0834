/*
 * eval_worst.c - a sheet of the people a network is most wrong about: those
 * with the largest mean distance between found and labelled keypoints, as a
 * share of the longer side of the box.
 */
#include <math.h>
#include <stdlib.h>

#include "data/sheet.h"
#include "eval.h"
#include "media/media.h"

#define CELLS 25
#define CELL  256 /* pixels a side */

struct miss {
    double distance;
    int64_t item; ///< of the predictions
};

static int compare(const void *a, const void *b) {
    const struct miss *x = a, *y = b;
    if (x->distance != y->distance) return x->distance > y->distance ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

/* 0 where nothing can be compared. */
static double distance(const struct sinew_dataset *set, int64_t person,
                       const sinew_keypoint *points) {
    const struct sinew_label *labels = sinew_dataset_labels(set, person);
    const double *box = set->persons[person].box;
    double sum = 0;
    int n = 0;
    for (int k = 0; k < set->skeleton->n_joints; k++) {
        if (!labels[k].seen || !isfinite(points[k].x)) continue;
        sum += hypot((double)points[k].x - (double)labels[k].x,
                     (double)points[k].y - (double)labels[k].y);
        n++;
    }
    return n ? sum / n / fmax(fmax(box[2], box[3]), 1) : 0;
}

/* Makes what was drawn half as strong. */
static void fade(const sinew_image *image, const sinew_image *before) {
    for (int32_t y = 0; y < image->height; y++) {
        uint8_t *to = image->data + y * image->stride;
        const uint8_t *from = before->data + y * before->stride;
        for (int32_t i = 0; i < 3 * image->width; i++)
            to[i] = (uint8_t)((to[i] + from[i]) / 2);
    }
}

/* Labels, then what was found, on the person's surroundings. `drawn` is room
 * for a person's labels. */
static sinew_status draw_person(struct sinew_draw *draw,
                                struct sinew_sheet *sheet, int cell,
                                const struct sinew_dataset *set, int64_t person,
                                const sinew_keypoint *points,
                                struct sinew_label *drawn) {
    const struct sinew_dataset_person *p = &set->persons[person];
    const int n = set->skeleton->n_joints;
    sinew_image image = {0}, before = {0};
    sinew_status status =
        sinew_still_read(&image, set->pictures[p->picture].path, NULL, NULL);
    if (status < 0) return status;
    SINEW_TRY(sinew_image_create(&before, image.width, image.height, 3));
    SINEW_TRY(sinew_image_copy(&before, &image));
    SINEW_TRY(sinew_labels_draw(draw, &image, set->skeleton,
                                sinew_dataset_labels(set, person), p->box,
                                NULL));
    fade(&image, &before);
    for (int k = 0; k < n; k++)
        drawn[k] = (struct sinew_label){points[k].x, points[k].y,
                                        isfinite(points[k].x) ? 2 : 0};
    SINEW_TRY(
        sinew_labels_draw(draw, &image, set->skeleton, drawn, NULL, NULL));
    sinew_image part = sinew_sheet_around(&image, p->box);
    SINEW_TRY(sinew_sheet_put(sheet, cell, &part));
fail:
    sinew_image_free(&image);
    sinew_image_free(&before);
    return status;
}

sinew_status eval_draw_people(struct sinew_sheet *sheet,
                              const struct sinew_dataset *set,
                              const struct sinew_predictions *predictions,
                              const int64_t *items, int n) {
    sinew_status status;
    struct sinew_draw *draw = NULL;
    struct sinew_label *drawn =
        sinew_alloc((uint64_t)set->skeleton->n_joints, sizeof(*drawn));
    if (!drawn) return SINEW_NOMEM;
    SINEW_TRY(sinew_draw_create(&draw));
    SINEW_TRY(sinew_sheet_create(sheet, n, CELL));
    for (int i = 0; i < n; i++)
        SINEW_TRY(draw_person(
            draw, sheet, i, set, predictions->items[items[i]].person,
            sinew_predictions_points(predictions, items[i]), drawn));
fail:
    sinew_draw_free(&draw);
    sinew_free(drawn);
    return status;
}

sinew_status eval_draw_worst(const struct sinew_dataset *set,
                             const struct sinew_predictions *predictions,
                             const char *path, bool force) {
    sinew_status status;
    struct sinew_sheet sheet = {0};
    int64_t items[CELLS], n = 0;
    struct miss *misses =
        sinew_alloc((uint64_t)predictions->n, sizeof(*misses));
    if (!misses) return SINEW_NOMEM;
    for (int64_t i = 0; i < predictions->n; i++)
        if (predictions->items[i].person >= 0)
            misses[n++] = (struct miss){
                distance(set, predictions->items[i].person,
                         sinew_predictions_points(predictions, i)),
                i};
    SINEW_FAIL_IF(n == 0, SINEW_NOTFOUND, "nobody to draw");
    qsort(misses, (size_t)n, sizeof(*misses), compare);
    if (n > CELLS) n = CELLS;
    for (int64_t i = 0; i < n; i++)
        items[i] = misses[i].item;
    SINEW_TRY(eval_draw_people(&sheet, set, predictions, items, (int)n));
    SINEW_TRY(sinew_still_write(path, &sheet.image, 0, force));
fail:
    sinew_sheet_free(&sheet);
    sinew_free(misses);
    return status;
}
