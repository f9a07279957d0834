/*
 * heatmaps.h - what networks that give heatmaps share: their options, their
 * input and outputs, their metadata.
 */
#ifndef SINEW_MODEL_HEATMAPS_H
#define SINEW_MODEL_HEATMAPS_H

#include "model/block.h"
#include "model/model.h"

/* What a family says of itself. */
struct sinew_heatmap_family {
    int32_t height, width; ///< of the input: its own
    int32_t step;          ///< and what divides any
    int32_t keypoints;  ///< its own number
    const char *set;    ///< and the set of those
    bool scales;        ///< takes the factors widen and deepen
    const char *const (*metadata)[2]; ///< keys and values, ended by NULL
};

/* Sizes once the options are read. */
struct sinew_heatmap_sizes {
    int32_t batch, height, width, keypoints;
};

sinew_status
sinew_heatmap_sizes_read(struct sinew_heatmap_sizes *sizes,
                         const struct sinew_heatmap_family *family,
                         const sinew_network_options *options) SINEW_NODISCARD;

/* The input [N, 3, H, W] as [N, H, W, 3]. */
sinew_value sinew_build_picture(struct sinew_builder *builder,
                                const struct sinew_heatmap_sizes *sizes);
/* [N, H, W, C] as the next output [N, C, H, W]. */
void sinew_build_map_output(struct sinew_builder *builder, sinew_value x,
                            const char *name);
/* Bilinear to `scale` times the size, as TensorFlow 1 does: pixel i comes from
 * place i / scale. */
sinew_value sinew_build_upsample(struct sinew_builder *builder, sinew_value x,
                                 int32_t scale, const char *name);

/* Metadata of a network with random weights, whose keypoints are in the output
 * "heatmaps". */
sinew_status
sinew_heatmap_describe(sinew_graph *graph, const char *name,
                       const struct sinew_heatmap_family *family,
                       const struct sinew_heatmap_sizes *sizes) SINEW_NODISCARD;

#endif
