/*
 * model.h - network families and what builds one of each; the networks
 * themselves are listed in zoo.def.
 */
#ifndef SINEW_MODEL_MODEL_H
#define SINEW_MODEL_MODEL_H

#include <sinew/network.h>
#include "model/cspnext.h"

/* CSPNeXt + RTMCC: SimCC vectors. */
struct sinew_rtmpose {
    double widen, deepen;
    struct sinew_act act;      ///< of the backbone
    struct sinew_act spp_act;  ///< of its pooling pyramid
    struct sinew_act head_act; ///< of the gated attention unit
    int32_t spp_kernels[3];
    float epsilon;       ///< of batch norms
    bool bgr;            ///< trained on B, G, R normalised as R, G, B
    bool framework_init; ///< head initialised as PyTorch does unasked
    const struct sinew_cspnext *backbone; ///< fixed widths (pruned), else NULL
};

/* CSPNeXt + path aggregation + separately normalised heads: boxes. */
struct sinew_rtmdet {
    double widen, deepen;
    int32_t input;  ///< side
    int32_t blocks; ///< of the neck's csp layers
    bool separable; ///< depthwise + pointwise, heads not shared among levels
    bool exponent;  ///< distances are exponents
};

/* One EfficientNet up to its third stage. */
struct sinew_efficientnet {
    int32_t stem; ///< channels; 0 = there is no such branch
    struct {
        int32_t out, blocks;
    } stage[3]; ///< 3x3, 3x3 / 2, 5x5 / 2
};

/* EfficientNet + dense detection blocks: heatmaps of the input's size. */
struct sinew_efficientpose {
    int32_t side;              ///< of the input
    int32_t width;             ///< of the detection blocks
    int32_t groups;            ///< of three blocks, in each of the three passes
    int32_t lite;              ///< number of the EfficientNet-Lite; -1 = none
    struct sinew_efficientnet high, low; ///< at whole and at half size
};

/* MobileNetV2 + convolutional pose machine: heatmaps of half the size. */
struct sinew_cpm {
    double out, expand, stage; ///< factors of the widths
    struct sinew_act stem;
};

/* MobileNetV2 + stacked hourglass: heatmaps of a quarter of the size. */
struct sinew_hourglass {
    struct sinew_act stem;
};

/* Linear attention in three stages: heatmaps of a quarter of the size. */
struct sinew_levitpose {
    int32_t channels[3], blocks[3];
    int32_t groups;       ///< of the attention, one after the other
    int32_t key;          ///< width of queries and keys in a group
    int32_t grid;         ///< side of the keys' and values' reduced map
    int32_t ffn, expand;  ///< factors of feed-forward and subsampling widths
    int32_t stem;         ///< width within the first module
    int32_t head, deconv; ///< width of the last one, groups of its deconvs
};

/* Fill in an empty graph; `options` is complete but for zeros that mean the
 * network's own values. */
sinew_status
sinew_rtmpose_build(sinew_graph *graph, const char *name,
                    const struct sinew_rtmpose *net,
                    const sinew_network_options *options) SINEW_NODISCARD;
sinew_status
sinew_rtmdet_build(sinew_graph *graph, const char *name,
                   const struct sinew_rtmdet *net,
                   const sinew_network_options *options) SINEW_NODISCARD;

sinew_status
sinew_efficientpose_build(sinew_graph *graph, const char *name,
                          const struct sinew_efficientpose *net,
                          const sinew_network_options *options) SINEW_NODISCARD;
sinew_status
sinew_cpm_build(sinew_graph *graph, const char *name,
                const struct sinew_cpm *net,
                const sinew_network_options *options) SINEW_NODISCARD;
sinew_status
sinew_hourglass_build(sinew_graph *graph, const char *name,
                      const struct sinew_hourglass *net,
                      const sinew_network_options *options) SINEW_NODISCARD;
sinew_status
sinew_levitpose_build(sinew_graph *graph, const char *name,
                      const struct sinew_levitpose *net,
                      const sinew_network_options *options) SINEW_NODISCARD;

/* RTMPose-t with 51 % of its multiply-adds left by Fisher pruning. */
extern const struct sinew_cspnext sinew_cspnext_pruned;

/* The size asked for, or the network's own; SINEW_SHAPE unless a multiple of
 * `step` within 32 to 4096. */
sinew_status sinew_model_size(int32_t asked, int32_t own, int32_t step,
                              const char *what, int32_t *size) SINEW_NODISCARD;

/* The number of keypoints asked for, or the network's own. */
sinew_status sinew_model_keypoints(int32_t asked, int32_t own,
                                   int32_t *keypoints) SINEW_NODISCARD;

/* Names a set of `n` keypoints in the metadata: `own_set` for `own` of them,
 * COCO's for 17, Halpe's for 26, else numbered ones. */
sinew_status sinew_model_name_keypoints(sinew_graph *graph, int32_t n,
                                        int32_t own,
                                        const char *own_set) SINEW_NODISCARD;

#endif
