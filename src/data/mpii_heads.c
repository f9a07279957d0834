/*
 * mpii_heads.c - mpii_gt_val.mat, by which PCKh on MPII's validation people is
 * measured (the file that comes with HRNet and MMPose), as those programs read
 * it:
 *   headboxes_src [2, 2, N]   corner, x and y: the head's box
 *   pos_gt_src    [16, 2, N]  joints, counted from 1
 *   jnt_missing   [16, N]     1 = not labelled
 * MATLAB's first index runs fastest. The head's size is 0.6 of the diagonal.
 */
#include "data/mpii_heads.h"

#if SINEW_WITH_MATIO
#include <math.h>

#include "data/read_json.h"
#include "data/read_mat.h"

#define JOINTS    16
#define HEAD_BIAS .6

enum { BOXES, PLACES, MISSING, VARIABLES };

static const struct {
    const char *name;
    size_t numbers; ///< a person
} variables[VARIABLES] = {
    {"headboxes_src", 4}, {"pos_gt_src", 2 * JOINTS}, {"jnt_missing", JOINTS}};

/* Number i of a person, NAN where the file has none. */
static double number(matvar_t *const *of, int variable, size_t person,
                     size_t i) {
    return sinew_mat_number(of[variable],
                            person * variables[variable].numbers + i);
}

static sinew_status take_person(struct sinew_dataset_person *person,
                                struct sinew_label *labels, matvar_t *const *of,
                                size_t at) {
    const double w = number(of, BOXES, at, 1) - number(of, BOXES, at, 0);
    const double h = number(of, BOXES, at, 3) - number(of, BOXES, at, 2);
    const double head = HEAD_BIAS * hypot(w, h);
    if (!(head > 0 && head <= SINEW_COORDINATE_MAX))
        return sinew_fail(SINEW_FORMAT, "a head of %g pixels", head);
    person->head = (float)head;
    person->labelled = 0;
    for (size_t k = 0; k < JOINTS; k++) {
        const double x = number(of, PLACES, at, k);
        const double y = number(of, PLACES, at, JOINTS + k);
        labels[k] = (struct sinew_label){0};
        if (number(of, MISSING, at, k) != 0) continue;
        if (!(fabs(x) <= SINEW_COORDINATE_MAX) ||
            !(fabs(y) <= SINEW_COORDINATE_MAX))
            return sinew_fail(SINEW_FORMAT, "joint %zu cannot be", k);
        labels[k] = (struct sinew_label){(float)(x - 1), (float)(y - 1), 2};
        person->labelled++;
    }
    return SINEW_OK;
}

static sinew_status take(struct sinew_dataset *set, const char *path) {
    sinew_status status;
    const uint64_t n = (uint64_t)set->n_persons;
    matvar_t *of[VARIABLES] = {0};
    for (int v = 0; v < VARIABLES; v++) {
        SINEW_TRY(sinew_mat_read(&of[v], path, variables[v].name));
        const size_t found = sinew_mat_count(of[v]);
        SINEW_FAIL_IF(found != n * variables[v].numbers, SINEW_INVALID,
                      "%s has %zu numbers, %lld people need %llu",
                      variables[v].name, found, (long long)set->n_persons,
                      (unsigned long long)n * variables[v].numbers);
    }
    for (int64_t i = 0; i < set->n_persons; i++) {
        /* numbered as in the file, from 1 */
        const int64_t at = set->persons[i].id - 1;
        SINEW_FAIL_IF(at < 0 || at >= set->n_persons, SINEW_INVALID,
                      "the set does not number its people");
        status = take_person(&set->persons[i], sinew_dataset_labels(set, i), of,
                             (size_t)at);
        if (status < 0) {
            sinew_fail_in(status, "person %lld", (long long)at + 1);
            goto fail;
        }
    }
fail:
    for (int v = 0; v < VARIABLES; v++)
        Mat_VarFree(of[v]);
    return status;
}
#endif

sinew_status sinew_dataset_take_heads(struct sinew_dataset *set,
                                      const char *path) {
    sinew_status status;
    if (set->skeleton != sinew_skeleton_find("mpii16"))
        status = sinew_fail(SINEW_INVALID, "the set is not MPII's but %s",
                            set->skeleton->name);
    else
#if SINEW_WITH_MATIO
        status = take(set, path);
#else
        status = sinew_fail(SINEW_UNSUPPORTED, "built without libmatio");
#endif
    return status < 0 ? sinew_fail_in(status, "%s", path) : SINEW_OK;
}
