/*
 * decode.h - a network's outputs as keypoints in input pixels, whatever its
 * codec.
 */
#ifndef SINEW_POSE_DECODE_H
#define SINEW_POSE_DECODE_H

#include "pose/spec.h"

/* Which outputs of a graph hold what. */
struct sinew_pose_outputs {
    int n;        ///< 1 or 2
    int index[2]; ///< heatmap: the maps; simcc: columns, rows; landmarks: the
                  ///< landmarks, and the probability of a person if n is 2
};

/* Finds them by the names of sinew.outputs, or by shape. Errors: SINEW_FORMAT
 * (no output has that name, or a shape the codec can use). */
sinew_status sinew_pose_outputs_find(struct sinew_pose_outputs *outputs,
                                     const struct sinew_pose_spec *spec,
                                     const sinew_graph *graph) SINEW_NODISCARD;

struct sinew_decoder {
    const struct sinew_pose_spec *spec;
    int method;        ///< enum sinew_decode with STILL and LIVE resolved
    int width, height; ///< of the network's input
    int n_outputs;
    bool channels_last;
    float stride[2], offset[2];
    float *scratch;
};

/* Prepares to decode tensors of these shapes, in the order of struct
 * sinew_pose_outputs, batch first. `decode` is the user's choice. Free with
 * sinew_decoder_clear, also after a failure.
 * Errors: SINEW_INVALID (a way to read heatmaps asked of another codec),
 * SINEW_FORMAT (shapes that do not fit), SINEW_NOMEM. */
sinew_status sinew_decoder_init(struct sinew_decoder *decoder,
                                const struct sinew_pose_spec *spec, int decode,
                                int32_t width, int32_t height,
                                const sinew_tensor *const *outputs,
                                int n) SINEW_NODISCARD;
void sinew_decoder_clear(struct sinew_decoder *decoder);

/* Keypoints of person `item` of the batch, scores in [0, 1]. */
void sinew_decoder_run(struct sinew_decoder *decoder,
                       const sinew_tensor *const *outputs, int item,
                       sinew_keypoint *keypoints);

#endif
