/*
 * mpii_heads.h - the official ground truth of MPII's validation people.
 */
#ifndef SINEW_DATA_MPII_HEADS_H
#define SINEW_DATA_MPII_HEADS_H

#include "data/dataset.h"

/* Gives the people of a set of MPII as JSON the head sizes and labels of
 * mpii_gt_val.mat, which has them in the order of the JSON file.
 * Errors, naming the file: SINEW_INVALID (other keypoints or another number of
 * people), SINEW_FORMAT, SINEW_UNSUPPORTED (built without libmatio). */
sinew_status sinew_dataset_take_heads(struct sinew_dataset *set,
                                      const char *path) SINEW_NODISCARD;

#endif
