/*
 * read_aic.c - AI Challenger's own keypoint JSON.
 *
 * [{"image_id": name without ".jpg", "human_annotations": {"human1": [left,
 * top, right, bottom]}, "keypoint_annotations": {"human1": 14 x (x, y, v)}}],
 * where v is 1 visible, 2 hidden, 3 not labelled.
 */
#include <string.h>

#include "data/read_json.h"

#define JOINTS 14

static bool probe(const struct sinew_dataset_source *source) {
    const json_t *first = json_array_get(source->json, 0);
    return json_is_object(json_object_get(first, "keypoint_annotations"));
}

static sinew_status read_person(struct sinew_dataset *set, const char *name,
                                const json_t *points, const json_t *box) {
    double numbers[3 * JOINTS], corners[4];
    sinew_status status = sinew_json_numbers(points, name, numbers, 3 * JOINTS);
    if (status < 0) return status;
    struct sinew_dataset_person *person = sinew_dataset_new_person(set);
    if (!person) return SINEW_NOMEM;
    struct sinew_label *labels = sinew_dataset_labels(set, set->n_persons - 1);
    for (int k = 0; k < JOINTS; k++) {
        const double *xyv = numbers + 3 * k;
        if (xyv[2] != 1 && xyv[2] != 2) continue;
        labels[k] = (struct sinew_label){(float)xyv[0], (float)xyv[1],
                                         xyv[2] == 1 ? 2 : 1};
    }
    person->id = set->n_persons;
    person->picture = set->n_pictures - 1;
    if (box) {
        status = sinew_json_numbers(box, name, corners, 4);
        if (status < 0) return status;
        person->box[0] = corners[0];
        person->box[1] = corners[1];
        person->box[2] = corners[2] - corners[0];
        person->box[3] = corners[3] - corners[1];
    } else {
        sinew_dataset_box_of_labels(labels, JOINTS, person->box);
    }
    sinew_dataset_estimate_area(person);
    return SINEW_OK;
}

static sinew_status read_picture(struct sinew_dataset *set,
                                 const struct sinew_dataset_source *source,
                                 json_t *record) {
    const char *id = json_string_value(json_object_get(record, "image_id"));
    json_t *people = json_object_get(record, "keypoint_annotations");
    const json_t *boxes = json_object_get(record, "human_annotations");
    const char *human;
    json_t *points;
    if (!id || !*id) return sinew_fail(SINEW_FORMAT, "no image_id");
    if (!json_is_object(people))
        return sinew_fail(SINEW_FORMAT, "no keypoint_annotations");
    char *name = sinew_format("%s.jpg", id);
    if (!name) return SINEW_NOMEM;
    struct sinew_dataset_picture *picture =
        sinew_dataset_new_picture(set, source, name);
    sinew_free(name);
    if (!picture) return SINEW_NOMEM;
    picture->id = set->n_pictures;
    json_object_foreach(people, human, points) {
        sinew_status status =
            read_person(set, human, points, json_object_get(boxes, human));
        if (status < 0) return status;
    }
    return SINEW_OK;
}

static sinew_status read(struct sinew_dataset *set,
                         const struct sinew_dataset_source *source) {
    set->skeleton = sinew_skeleton_find("aic14");
    for (size_t i = 0; i < json_array_size(source->json); i++) {
        sinew_status status =
            read_picture(set, source, json_array_get(source->json, i));
        if (status < 0) return sinew_fail_in(status, "[%zu]", i);
    }
    return SINEW_OK;
}

const struct sinew_dataset_format sinew_dataset_aic = {
    "aic", "AI Challenger's own JSON", probe, read};
