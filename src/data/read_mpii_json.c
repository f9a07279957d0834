/*
 * read_mpii_json.c - MPII as JSON, the form of HRNet, DEKR and MMPose.
 *
 * [{"image", "scale": height / 200 pixels, "center": [x, y], "joints": 16 x [x,
 * y], "joints_vis": 16 x 0 or 1}], all counted from 1. A missing joint has vis
 * 0, an unknown centre -1. The person's box is a square of 200 scale around the
 * centre moved down by 15 scale.
 */
#include "data/read_json.h"

#define JOINTS 16

static bool probe(const struct sinew_dataset_source *source) {
    const json_t *first = json_array_get(source->json, 0);
    return json_is_string(json_object_get(first, "image")) &&
           json_is_number(json_object_get(first, "scale"));
}

/* Seen joints, moved so that they count from 0. */
static sinew_status read_labels(const json_t *record,
                                struct sinew_label *labels) {
    const json_t *joints = json_object_get(record, "joints");
    double seen[JOINTS], xy[2];
    if (!joints) return SINEW_OK; /* of the test split */
    sinew_status status = sinew_json_numbers(
        json_object_get(record, "joints_vis"), "joints_vis", seen, JOINTS);
    if (status < 0) return status;
    if (json_array_size(joints) != JOINTS)
        return sinew_fail(SINEW_FORMAT, "%zu joints, not %d",
                          json_array_size(joints), JOINTS);
    for (int k = 0; k < JOINTS; k++) {
        status = sinew_json_numbers(json_array_get(joints, (size_t)k), "joints",
                                    xy, 2);
        if (status < 0) return status;
        if (seen[k] > 0)
            labels[k] =
                (struct sinew_label){(float)(xy[0] - 1), (float)(xy[1] - 1), 2};
    }
    return SINEW_OK;
}

static sinew_status read_person(struct sinew_dataset *set,
                                const struct sinew_dataset_source *source,
                                const json_t *record) {
    const char *name = json_string_value(json_object_get(record, "image"));
    double center[2], scale = sinew_json_number(record, "scale", 0);
    if (!name || !*name) return sinew_fail(SINEW_FORMAT, "no image");
    if (!(scale > 0 && scale < 1e4))
        return sinew_fail(SINEW_FORMAT, "a scale of %g", scale);
    sinew_status status = sinew_json_numbers(json_object_get(record, "center"),
                                             "center", center, 2);
    if (status < 0) return status;
    struct sinew_dataset_picture *picture =
        sinew_dataset_new_picture(set, source, name);
    if (!picture) return SINEW_NOMEM;
    picture->id = set->n_pictures;
    struct sinew_dataset_person *person = sinew_dataset_new_person(set);
    if (!person) return SINEW_NOMEM;
    if (center[0] != -1) center[1] += 15 * scale;
    person->id = set->n_persons;
    person->picture = set->n_pictures - 1;
    person->box[0] = center[0] - 1 - 100 * scale;
    person->box[1] = center[1] - 1 - 100 * scale;
    person->box[2] = person->box[3] = 200 * scale;
    person->head = (float)sinew_json_number(record, "head_size", 0);
    sinew_dataset_estimate_area(person);
    return read_labels(record, sinew_dataset_labels(set, set->n_persons - 1));
}

static sinew_status read(struct sinew_dataset *set,
                         const struct sinew_dataset_source *source) {
    set->skeleton = sinew_skeleton_find("mpii16");
    set->boxes_are_squares = true;
    for (size_t i = 0; i < json_array_size(source->json); i++) {
        sinew_status status =
            read_person(set, source, json_array_get(source->json, i));
        if (status < 0) return sinew_fail_in(status, "[%zu]", i);
    }
    return SINEW_OK;
}

const struct sinew_dataset_format sinew_dataset_mpii_json = {
    "mpii", "MPII as JSON (HRNet, DEKR, MMPose)", probe, read};
