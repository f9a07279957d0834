/*
 * stats.c - what is in a set.
 */
#include "data/stats.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void count_labels(struct sinew_dataset_stats *stats,
                         const struct sinew_dataset *set, int64_t i) {
    const struct sinew_dataset_picture *picture =
        &set->pictures[set->persons[i].picture];
    const struct sinew_label *labels = sinew_dataset_labels(set, i);
    for (int k = 0; k < set->skeleton->n_joints; k++) {
        struct sinew_joint_stats *joint = &stats->joints[k];
        if (!labels[k].seen) continue;
        joint->labelled++;
        joint->hidden += labels[k].seen == 1;
        joint->outside +=
            picture->width && (labels[k].x < -.5f || labels[k].y < -.5f ||
                               labels[k].x > (float)picture->width ||
                               labels[k].y > (float)picture->height);
    }
}

sinew_status sinew_dataset_count(struct sinew_dataset_stats *stats,
                                 const struct sinew_dataset *set) {
    int64_t labels = 0;
    *stats = (struct sinew_dataset_stats){.pictures = set->n_pictures,
                                          .persons = set->n_persons};
    if (set->skeleton->n_joints > SINEW_MAX_KEYPOINTS)
        return sinew_fail(SINEW_LIMIT, "people of %d keypoints",
                          set->skeleton->n_joints);
    double *sides = sinew_alloc((uint64_t)set->n_persons, sizeof(*sides));
    if (!sides) return SINEW_NOMEM;
    for (int64_t i = 0; i < set->n_pictures; i++)
        stats->empty_pictures += set->pictures[i].n == 0;
    for (int64_t i = 0; i < set->n_persons; i++) {
        const struct sinew_dataset_person *person = &set->persons[i];
        stats->crowds += person->iscrowd;
        stats->estimates += person->area_is_estimate;
        stats->empty_boxes += !(person->box[2] > 0 && person->box[3] > 0);
        count_labels(stats, set, i);
        if (!person->labelled) continue;
        labels += person->labelled;
        sides[stats->labelled++] = fmax(person->box[2], person->box[3]);
    }
    int64_t n = stats->labelled;
    qsort(sides, (size_t)n, sizeof(*sides), compare);
    if (n) {
        stats->mean_labels = (double)labels / (double)n;
        stats->side[0] = sides[0];
        stats->side[1] = sides[n / 2];
        stats->side[2] = sides[n - 1];
    }
    sinew_free(sides);
    return SINEW_OK;
}
