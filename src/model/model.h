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

/* RTMPose-t with 51 % of its multiply-adds left by Fisher pruning. */
extern const struct sinew_cspnext sinew_cspnext_pruned;

/* The size asked for, or the network's own; SINEW_SHAPE unless a multiple of
 * 32 within 32 to 4096. */
sinew_status sinew_model_size(int32_t asked, int32_t own, const char *what,
                              int32_t *size) SINEW_NODISCARD;

#endif
