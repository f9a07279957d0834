/*
 * stats.h - what is in a set, and what is wrong with it.
 */
#ifndef SINEW_DATA_STATS_H
#define SINEW_DATA_STATS_H

#include "data/dataset.h"

struct sinew_joint_stats {
    int64_t labelled, hidden;
    int64_t outside; ///< labelled beyond the picture, where its size is known
};

struct sinew_dataset_stats {
    int64_t pictures, persons, labelled, crowds;
    int64_t empty_pictures; ///< without anybody
    int64_t estimates;      ///< areas
    int64_t empty_boxes;    ///< no width or height
    double mean_labels;     ///< of people with any
    double side[3];         ///< smallest, median, largest of the boxes' longer
                            ///< sides, of people with labels
    struct sinew_joint_stats joints[SINEW_MAX_KEYPOINTS];
};

/* Errors: SINEW_LIMIT (too many joints), SINEW_NOMEM. */
sinew_status
sinew_dataset_count(struct sinew_dataset_stats *stats,
                    const struct sinew_dataset *set) SINEW_NODISCARD;

#endif
