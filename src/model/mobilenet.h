/*
 * mobilenet.h - the layers of the MobileNetV2 networks for phones.
 */
#ifndef SINEW_MODEL_MOBILENET_H
#define SINEW_MODEL_MOBILENET_H

#include "model/heatmaps.h"

enum { SINEW_MOBILENET_KEYPOINTS = 14 };

/* A builder with these networks' norms, initial weights and ReLU6. */
struct sinew_builder sinew_mobilenet_builder(sinew_graph *graph, uint64_t seed);

/* The first layer, "Conv2d_0": 3x3 / 2. */
sinew_value sinew_build_mobilenet_stem(struct sinew_builder *builder,
                                       sinew_value x, int32_t out,
                                       struct sinew_act act);

/* Inverted bottleneck of TensorFlow's scope `folder` (ending in '/', or empty)
 * and name `scope`. */
struct sinew_bottleneck {
    int32_t expand, out, kernel, stride;
};
sinew_value sinew_build_bottleneck(struct sinew_builder *builder, sinew_value x,
                                   const struct sinew_bottleneck *block,
                                   const char *folder, const char *scope);

/* Depthwise without norm, ReLU, 1x1 to `out` with norm and ReLU6. */
sinew_value sinew_build_mobilenet_separable(struct sinew_builder *builder,
                                            sinew_value x, int32_t out,
                                            int32_t kernel, const char *scope);

sinew_value sinew_build_max_pool(struct sinew_builder *builder, sinew_value x,
                                 int32_t size, const char *name);

extern const char *const sinew_mobilenet_metadata_half[][2];    ///< size / 2
extern const char *const sinew_mobilenet_metadata_quarter[][2]; ///< size / 4

#endif
