/*
 * crop.h - where a network's input lies in the picture.
 */
#ifndef SINEW_POSE_CROP_H
#define SINEW_POSE_CROP_H

#include <stdbool.h>
#include <sinew/pose.h>
#include "pose/spec.h"

/* The map from input pixels (of an input of width x height) to pixels of a
 * frame of frame_width x frame_height that is shown whole. */
sinew_affine sinew_crop_frame(int frame_rule, int32_t frame_width,
                              int32_t frame_height, int32_t width,
                              int32_t height);

/* Square of whole pixels around a box enlarged by `padding`: its corner and
 * side. False when it is too large to be cut out. */
bool sinew_crop_square(const sinew_box *box, float padding, int32_t *x,
                       int32_t *y, int32_t *side);

/* The same as sinew_crop_frame for a person's box, enlarged by `padding`. */
sinew_affine sinew_crop_box(int crop_rule, const sinew_box *box, float padding,
                            int32_t width, int32_t height);

#endif
