/*
 * spec.h - what one pose network wants of pictures and what its outputs mean:
 * the `sinew.*` metadata of a model file as a struct.
 */
#ifndef SINEW_POSE_SPEC_H
#define SINEW_POSE_SPEC_H

#include <stdbool.h>
#include "pose/input.h"
#include "pose/meta_type.h"
#include "pose/skeleton.h"

/* How a picture is shown when no box is given. */
enum sinew_frame_rule {
    SINEW_FRAME_BOX,       ///< the whole picture is the person's box
    SINEW_FRAME_LETTERBOX, ///< aspect kept, centred on black
    SINEW_FRAME_STRETCH,   ///< aspect lost
};

/* How a box becomes network input. With the box widened to the input's aspect
 * and enlarged to w x h around (cx, cy), input pixel u lies at x =
 *   SQUARE  x0 + (u + 1/2) s / width - 1/2, where the square's side and corner
 *           are whole pixels: s = round(padding max(w, h)), x0 = round(cx - s/2)
 *   AFFINE  cx + (u - width / 2) w / width
 *   UDP     cx + (u - (width - 1) / 2) w / (width - 1), "unbiased" */
enum sinew_crop_rule { SINEW_CROP_AFFINE, SINEW_CROP_UDP, SINEW_CROP_SQUARE };

enum sinew_codec {
    SINEW_CODEC_HEATMAP,   ///< one map a keypoint, at the input's scale or less
    SINEW_CODEC_SIMCC,     ///< two vectors a keypoint: columns, rows
    SINEW_CODEC_LANDMARKS, ///< x, y, z, visibility, presence a keypoint
};

struct sinew_pose_spec {
    const struct sinew_skeleton *skeleton;
    struct sinew_skeleton *own; ///< what `skeleton` is when read from the file
    char *network;
    int32_t input[2];      ///< height, width; 0 = the graph's
    int32_t color;         ///< enum sinew_color
    float mean[3], std[3]; ///< of R, G, B in 0 ... 255
    int32_t frame;         ///< enum sinew_frame_rule
    int32_t frame_resize;  ///< enum sinew_resize, for a whole picture
    int32_t crop;          ///< enum sinew_crop_rule
    float padding;         ///< a box is enlarged by this
    int32_t codec;         ///< enum sinew_codec
    char *outputs;         ///< names, by commas; "" = found by shape
    int32_t decode;        ///< what "still" is: enum sinew_decode
    float stride[2];       ///< x, y: input pixels a cell; 0 = by the sizes
    float offset[2];       ///< x, y: of cell 0 in input pixels
    int32_t dark_kernel;   ///< width of the blur of "dark", odd
    float simcc_ratio;     ///< bins an input pixel
    float expected_oks;    ///< simcc: share of OKS's tolerance; 0 = scores
    float threshold;
    char *licence, *data, *source;
};

/* The keys of meta.def, in the order of doc/metadata.md; NULL past the end. */
const struct sinew_meta_key *sinew_meta_key_at(int i);

/* Reads the metadata of a graph. Free with sinew_pose_spec_clear, also after a
 * failure.
 * Errors: SINEW_NOTFOUND (required keys are absent; the message lists them),
 * SINEW_FORMAT (a value that cannot be), SINEW_LIMIT, SINEW_NOMEM. */
sinew_status sinew_pose_spec_read(struct sinew_pose_spec *spec,
                                  const sinew_graph *graph) SINEW_NODISCARD;

/* Writes all keys of a graph's metadata. Errors: SINEW_NOMEM. */
sinew_status sinew_pose_spec_write(const struct sinew_pose_spec *spec,
                                   sinew_graph *graph) SINEW_NODISCARD;

void sinew_pose_spec_clear(struct sinew_pose_spec *spec);

#endif
