/*
 * read_lsp_mat.c - Leeds Sports Pose and its extension (Johnson & Everingham,
 * BMVC 2010, CVPR 2011): `joints`, one person a picture.
 *
 * The extension has [14, 3, N] with 1 = labelled in the third column, the
 * original [3, 14, N] with 1 = hidden in the third row; MATLAB's first index
 * runs fastest. Coordinates are used as they are stored. Pictures are
 * im00001.jpg ... there, im0001.jpg ... here.
 */
#if SINEW_WITH_MATIO
#include <math.h>

#include "data/read_json.h"
#include "data/read_mat.h"

#define JOINTS 14

static bool probe(const struct sinew_dataset_source *source) {
    return sinew_mat_holds(source, "joints");
}

static sinew_status read_labels(const matvar_t *joints, size_t person,
                                bool extended, struct sinew_label *labels) {
    for (size_t k = 0; k < JOINTS; k++) {
        double v[3];
        for (size_t c = 0; c < 3; c++) {
            size_t at = extended ? k + JOINTS * c : c + 3 * k;
            v[c] = sinew_mat_number(joints, person * 3 * JOINTS + at);
            if (!(fabs(v[c]) <= SINEW_COORDINATE_MAX))
                return sinew_fail(SINEW_FORMAT, "joint %zu cannot be", k);
        }
        if (extended && v[2] == 0) continue;
        labels[k] = (struct sinew_label){(float)v[0], (float)v[1],
                                         !extended && v[2] != 0 ? 1 : 2};
    }
    return SINEW_OK;
}

static sinew_status read_person(struct sinew_dataset *set,
                                const struct sinew_dataset_source *source,
                                const matvar_t *joints, size_t i,
                                bool extended) {
    char *name = sinew_format(extended ? "im%05zu.jpg" : "im%04zu.jpg", i + 1);
    if (!name) return SINEW_NOMEM;
    struct sinew_dataset_picture *picture =
        sinew_dataset_new_picture(set, source, name);
    sinew_free(name);
    if (!picture) return SINEW_NOMEM;
    picture->id = (int64_t)i + 1;
    struct sinew_dataset_person *person = sinew_dataset_new_person(set);
    if (!person) return SINEW_NOMEM;
    struct sinew_label *labels = sinew_dataset_labels(set, set->n_persons - 1);
    person->id = (int64_t)i + 1;
    person->picture = set->n_pictures - 1;
    sinew_status status = read_labels(joints, i, extended, labels);
    if (status < 0) return sinew_fail_in(status, "person %zu", i + 1);
    sinew_dataset_box_of_labels(labels, JOINTS, person->box);
    sinew_dataset_estimate_area(person);
    return SINEW_OK;
}

static sinew_status read(struct sinew_dataset *set,
                         const struct sinew_dataset_source *source) {
    matvar_t *joints;
    sinew_status status = sinew_mat_read(&joints, source->path, "joints");
    if (status < 0) return status;
    set->skeleton = sinew_skeleton_find("lsp14");
    size_t n = sinew_mat_count(joints) / (3 * JOINTS);
    const size_t *dims = joints->dims;
    bool extended = joints->rank >= 2 && dims[0] == JOINTS && dims[1] == 3;
    bool original = joints->rank >= 2 && dims[0] == 3 && dims[1] == JOINTS;
    SINEW_FAIL_IF(joints->rank > 3 || (!extended && !original), SINEW_FORMAT,
                  "'joints' is neither 14 x 3 x N nor 3 x 14 x N");
    for (size_t i = 0; i < n && status == SINEW_OK; i++)
        status = read_person(set, source, joints, i, extended);
fail:
    Mat_VarFree(joints);
    return status;
}

const struct sinew_dataset_format sinew_dataset_lsp_mat = {
    "lsp-mat", "Leeds Sports Pose and its extension (.mat)", probe, read};

#endif
