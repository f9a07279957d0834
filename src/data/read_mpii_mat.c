/*
 * read_mpii_mat.c - MPII Human Pose's own file (Andriluka et al., CVPR 2014):
 * the structure RELEASE.
 *
 * annolist(i).image.name; annorect(r) with the head's box x1 y1 x2 y2, scale
 * (height / 200 pixels), objpos.x .y, and annopoints.point(k) with x, y, id,
 * is_visible. Coordinates count from 1. People without keypoints (the test
 * split) are counted as skipped. The head's length is 0.6 of its box's
 * diagonal, the official rule of PCKh.
 */
#if SINEW_WITH_MATIO
#include <math.h>

#include "data/read_json.h"
#include "data/read_mat.h"

#define JOINTS    16
#define HEAD_BIAS .6

static bool probe(const struct sinew_dataset_source *source) {
    return sinew_mat_holds(source, "RELEASE");
}

static void read_points(const matvar_t *points, struct sinew_label *labels) {
    for (size_t k = 0; k < sinew_mat_count(points); k++) {
        double id = sinew_mat_field_number(points, "id", k);
        double x = sinew_mat_field_number(points, "x", k);
        double y = sinew_mat_field_number(points, "y", k);
        double seen = sinew_mat_field_number(points, "is_visible", k);
        if (!(id >= 0 && id < JOINTS) || !(fabs(x) <= SINEW_COORDINATE_MAX) ||
            !(fabs(y) <= SINEW_COORDINATE_MAX))
            continue;
        /* the head's points have no flag and are in sight */
        labels[(int)id] = (struct sinew_label){(float)(x - 1), (float)(y - 1),
                                               seen == 0 ? 1 : 2};
    }
}

static float head_length(const matvar_t *people, size_t r) {
    double w = sinew_mat_field_number(people, "x2", r) -
               sinew_mat_field_number(people, "x1", r);
    double h = sinew_mat_field_number(people, "y2", r) -
               sinew_mat_field_number(people, "y1", r);
    double length = HEAD_BIAS * hypot(w, h);
    return length > 0 ? (float)length : 0;
}

static sinew_status read_person(struct sinew_dataset *set,
                                const matvar_t *people, size_t r) {
    const matvar_t *place = sinew_mat_field(people, "objpos", r);
    const matvar_t *points =
        sinew_mat_field(sinew_mat_field(people, "annopoints", r), "point", 0);
    double scale = sinew_mat_field_number(people, "scale", r);
    double x = sinew_mat_field_number(place, "x", 0);
    double y = sinew_mat_field_number(place, "y", 0);
    if (sinew_mat_count(points) == 0) {
        set->skipped++;
        return SINEW_OK;
    }
    struct sinew_dataset_person *person = sinew_dataset_new_person(set);
    if (!person) return SINEW_NOMEM;
    struct sinew_label *labels = sinew_dataset_labels(set, set->n_persons - 1);
    person->id = set->n_persons;
    person->picture = set->n_pictures - 1;
    person->head = head_length(people, r);
    read_points(points, labels);
    if (scale > 0 && scale < 1e4 && fabs(x) < 1e6 && fabs(y) < 1e6) {
        person->box[0] = x - 1 - 100 * scale;
        person->box[1] = y + 15 * scale - 1 - 100 * scale;
        person->box[2] = person->box[3] = 200 * scale;
    } else {
        sinew_dataset_box_of_labels(labels, JOINTS, person->box);
    }
    sinew_dataset_estimate_area(person);
    return SINEW_OK;
}

static sinew_status read_picture(struct sinew_dataset *set,
                                 const struct sinew_dataset_source *source,
                                 const matvar_t *list, size_t i) {
    const matvar_t *people = sinew_mat_field(list, "annorect", i);
    char *name;
    sinew_status status = sinew_mat_text(
        &name, sinew_mat_field(sinew_mat_field(list, "image", i), "name", 0));
    if (status < 0) return sinew_fail_in(status, "image.name");
    struct sinew_dataset_picture *picture =
        sinew_dataset_new_picture(set, source, name);
    sinew_free(name);
    if (!picture) return SINEW_NOMEM;
    picture->id = (int64_t)i + 1;
    if (!people || people->class_type != MAT_C_STRUCT) return SINEW_OK;
    for (size_t r = 0; r < sinew_mat_count(people); r++) {
        status = read_person(set, people, r);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

static sinew_status read(struct sinew_dataset *set,
                         const struct sinew_dataset_source *source) {
    matvar_t *release;
    sinew_status status = sinew_mat_read(&release, source->path, "RELEASE");
    if (status < 0) return status;
    set->skeleton = sinew_skeleton_find("mpii16");
    set->boxes_are_squares = true;
    const matvar_t *list = sinew_mat_field(release, "annolist", 0);
    SINEW_FAIL_IF(!list, SINEW_FORMAT, "RELEASE has no annolist");
    for (size_t i = 0; i < sinew_mat_count(list); i++) {
        status = read_picture(set, source, list, i);
        if (status < 0) {
            sinew_fail_in(status, "annolist(%zu)", i + 1);
            goto fail;
        }
    }
fail:
    Mat_VarFree(release);
    return status;
}

const struct sinew_dataset_format sinew_dataset_mpii_mat = {
    "mpii-mat", "MPII Human Pose's own file (.mat)", probe, read};

#endif
