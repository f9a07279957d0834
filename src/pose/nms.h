/*
 * nms.h - the best of many boxes, and of boxes that overlap the best.
 */
#ifndef SINEW_POSE_NMS_H
#define SINEW_POSE_NMS_H

#include <stdint.h>

/* A box by its edges. */
struct sinew_candidate {
    float left, top, right, bottom;
    float score;
    int32_t label;
    int32_t order; ///< breaks ties: the lower is better
};

/* The best `room` of all candidates added; memory is the caller's. */
struct sinew_top {
    struct sinew_candidate *items; ///< a heap, the worst first
    int32_t n, room;
};

/* Adds one; of two that score the same, the one with the lower `order` is
 * better.
 */
void sinew_top_add(struct sinew_top *top, const struct sinew_candidate *item);

/* Best first. */
void sinew_top_sort(struct sinew_top *top);

/* Area of the intersection over that of the union; 0 where both are empty. */
float sinew_overlap(const struct sinew_candidate *a,
                    const struct sinew_candidate *b);

/* Non-maximum suppression by class: of candidates, best first, keeps those that
 * overlap no better one of their label by more than `overlap`, and of these the
 * first `most`. Gives how many, at the front. */
int32_t sinew_nms(struct sinew_candidate *items, int32_t n, float overlap,
                  int32_t most);

#endif
