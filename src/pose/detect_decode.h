/*
 * detect_decode.h - a detector's outputs as boxes in input pixels.
 */
#ifndef SINEW_POSE_DETECT_DECODE_H
#define SINEW_POSE_DETECT_DECODE_H

#include <stdbool.h>
#include "pose/detect_spec.h"
#include "pose/nms.h"

#define SINEW_DETECT_MAX_LEVELS 8

/* Which outputs of a graph hold what, as indices. */
struct sinew_detect_outputs {
    int n; ///< outputs in use
    /** boxes: rows [1, n, 5] with the score, and labels [1, n] where there are;
     * or rows [1, n, 4] and scores [1, n, classes]. distances: the score maps
     * of all levels, then the distance maps. */
    int index[2 * SINEW_DETECT_MAX_LEVELS];
};

/* Finds them by the names of sinew.outputs, or by shape; `width` and `height`
 * are the input's. Errors: SINEW_FORMAT (no output has that name, or the shapes
 * are not what the codec needs). */
sinew_status sinew_detect_outputs_find(
    struct sinew_detect_outputs *outputs, const struct sinew_detect_spec *spec,
    int32_t width, int32_t height, const sinew_graph *graph) SINEW_NODISCARD;

/* What is wanted of the outputs. */
struct sinew_detect_wish {
    int32_t label;                  ///< a class, or below 0: any
    float threshold;                ///< what scores no more is left out
    float left, top, right, bottom; ///< where in the input the picture lies
};

/* Cuts a box to the picture; false when nothing is left. */
bool sinew_detect_cut(struct sinew_candidate *item,
                      const struct sinew_detect_wish *wish);

/* Adds to `top` the boxes of tensors in the order of struct
 * sinew_detect_outputs, edges counted from the input's corner. Boxes made of
 * distances are cut to the picture; those the network lists are as they are,
 * since it may have compared them like that. */
void sinew_detect_decode(struct sinew_top *top,
                         const struct sinew_detect_spec *spec, int32_t width,
                         int32_t height, const sinew_tensor *const *outputs,
                         int n, const struct sinew_detect_wish *wish);

#endif
