/*
 * predictions.h - what a network (or somebody else) found of the people of a
 * set, and COCO's file of results.
 */
#ifndef SINEW_DATA_PREDICTIONS_H
#define SINEW_DATA_PREDICTIONS_H

#include "data/dataset.h"

struct sinew_prediction {
    int64_t picture; ///< index in the set
    int64_t person;  ///< index in the set; -1 = nobody that is labelled
    double score;
    double area; ///< 0 = of the keypoints' bounds
};

struct sinew_predictions {
    int joints; ///< of the set
    int64_t n, room;
    struct sinew_prediction *items; ///< by picture
    sinew_keypoint *points;         ///< [n][joints]; x NAN = not looked for
};

/* One more, its points all NAN, of the joints the set has; NULL with the
 * failure recorded. Pointers got before may move. */
struct sinew_prediction *
sinew_predictions_new(struct sinew_predictions *predictions,
                      const struct sinew_dataset *set);
void sinew_predictions_free(struct sinew_predictions *predictions);

static inline sinew_keypoint *
sinew_predictions_points(const struct sinew_predictions *predictions,
                         int64_t i) {
    return predictions->points + i * predictions->joints;
}

/* Reads COCO's results: [{image_id, keypoints: x, y, score ..., score}], each
 * with ann_id if its author knew which person it is; otherwise each goes, by
 * score, to the free person of its picture it is most similar to. A keypoint
 * with score 0 at (0, 0) was not looked for. Results of pictures the set lacks
 * are left out. Free also after a failure.
 * Errors: SINEW_IO, SINEW_FORMAT (naming the record), SINEW_NOMEM. */
sinew_status sinew_predictions_read(struct sinew_predictions *predictions,
                                    const struct sinew_dataset *set,
                                    const char *path) SINEW_NODISCARD;

sinew_status
sinew_predictions_write(const struct sinew_predictions *predictions,
                        const struct sinew_dataset *set, const char *path,
                        bool force) SINEW_NODISCARD;

#endif
