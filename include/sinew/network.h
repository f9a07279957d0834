/*
 * sinew/network.h - networks made here, with random initial weights.
 *
 *     sinew_network_options options;
 *     sinew_network_options_init(&options);
 *     options.keypoints = 17;
 *     sinew_graph *graph = NULL;
 *     if (sinew_network_build(&graph, "rtmpose-s", &options) < 0) ...
 *     sinew_graph_save(graph, "rtmpose-s.onnx", false);
 *     sinew_graph_free(&graph);
 *
 * Weights bear the names of the original checkpoints
 * ("backbone.stage1.0.conv.weight"), so that trained ones can be put in their
 * places; batch norms are nodes of their own with running statistics, which
 * sinew_graph_count() leaves out of the parameters, as published tables do.
 * Inputs are [N, 3, H, W], as in the usual exports of these networks.
 */
#ifndef SINEW_NETWORK_H
#define SINEW_NETWORK_H

#include <sinew/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* For every field 0 means the network's own value. */
typedef struct sinew_network_options {
    size_t struct_size;   ///< set by sinew_network_options_init
    uint64_t seed;        ///< of the initial weights (default 1)
    int32_t batch;        ///< pictures at once (default 1)
    int32_t input_height; ///< (default 0)
    int32_t input_width;  ///< (default 0)
    int32_t keypoints;    ///< of a pose network: 17 or 26 for the known sets,
                          ///< or any other number (default 0)
    int32_t classes;      ///< of a detector (default 0)
    int32_t end_to_end;   ///< detectors: 1 = boxes and labels after decoding
                          ///< and suppression, 0 = the maps (default 0)
    double widen;         ///< factor of the channels (default 0)
    double deepen;        ///< factor of the blocks (default 0)
    int32_t deep;         ///< RTMPose: 1 = outputs heatmaps_8, _16, _32 of inner
                          ///< stages as well, for training (default 0)
} sinew_network_options;

/* Fills in the defaults. */
SINEW_API void sinew_network_options_init(sinew_network_options *options);

/* Builds the network of that name (sinew_network_name). `options` NULL means
 * the defaults. The caller owns *graph; on failure it is NULL.
 * Errors: SINEW_NOTFOUND (no such network), SINEW_INVALID (an option out of
 * range or of no meaning for this network), SINEW_SHAPE (an input size the
 * network does not allow), SINEW_NOMEM. */
SINEW_API sinew_status
sinew_network_build(sinew_graph **graph, const char *name,
                    const sinew_network_options *options) SINEW_NODISCARD;

/* Names, numbered from 0, and one line about each; NULL past the end. */
SINEW_API const char *sinew_network_name(int i);
SINEW_API const char *sinew_network_title(int i);

#ifdef __cplusplus
}
#endif

#endif
