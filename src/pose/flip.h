/*
 * flip.h - the flip test: a network is shown a picture and then its mirror
 * image, and the mean of what it gives is read.
 */
#ifndef SINEW_POSE_FLIP_H
#define SINEW_POSE_FLIP_H

#include "pose/decode.h"

struct sinew_flip {
    int n;                ///< outputs
    sinew_tensor mean[2]; ///< data owned
};

/* For outputs in the order of struct sinew_pose_outputs. Free with
 * sinew_flip_clear, also after a failure.
 * Errors: SINEW_INVALID (neither heatmaps nor SimCC), SINEW_NOMEM. */
sinew_status sinew_flip_init(struct sinew_flip *flip,
                             const struct sinew_pose_spec *spec,
                             const sinew_tensor *const *outputs,
                             int n) SINEW_NODISCARD;
void sinew_flip_clear(struct sinew_flip *flip);

/* The mirror image of [H, W, 3]; `to` may be `pixels`. */
void sinew_flip_pixels(float *to, const float *pixels, int32_t width,
                       int32_t height);

/* Keeps the outputs of the picture in `mean`. */
void sinew_flip_keep(struct sinew_flip *flip,
                     const sinew_tensor *const *outputs);

/* Makes `mean` the mean of what it is and the outputs of the mirror image. */
void sinew_flip_merge(struct sinew_flip *flip,
                      const struct sinew_decoder *decoder,
                      const sinew_tensor *const *outputs);

#endif
