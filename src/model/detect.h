/*
 * detect.h - from a detector's maps to its outputs.
 */
#ifndef SINEW_MODEL_DETECT_H
#define SINEW_MODEL_DETECT_H

#include "model/block.h"

#define SINEW_DETECT_LEVELS 3

/* Class logits [N, h, w, classes] and distances [N, h, w, 4] in strides for
 * strides 8, 16, 32, of an input of height x width. */
struct sinew_maps {
    sinew_value cls[SINEW_DETECT_LEVELS], reg[SINEW_DETECT_LEVELS];
    int32_t classes, height, width;
};

/* Outputs cls3..cls5 and reg3..reg5, [N, C, h, w]. */
void sinew_build_map_outputs(struct sinew_builder *builder,
                             const struct sinew_maps *maps);

/* Outputs dets [1, n, 5] of left, top, right, bottom in input pixels and
 * score, best first, and labels i64 [1, n]; N is 1. */
void sinew_build_detections(struct sinew_builder *builder,
                            const struct sinew_maps *maps);

#endif
