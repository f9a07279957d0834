/*
 * cspnext.h - the CSPNeXt-P5 backbone and the cross-stage-partial layer, by
 * explicit widths, so that pruned networks are no special case.
 */
#ifndef SINEW_MODEL_CSPNEXT_H
#define SINEW_MODEL_CSPNEXT_H

#include "model/block.h"

#define SINEW_CSP_BLOCKS     24
#define SINEW_CSPNEXT_STAGES 4

/* Channels within one cross-stage-partial layer. */
struct sinew_csp {
    int32_t shortcut, main;          ///< of the two branches after their 1x1
    int32_t n;                       ///< blocks, <= SINEW_CSP_BLOCKS
    int32_t inner[SINEW_CSP_BLOCKS]; ///< of a block's 3x3 and depthwise 5x5
    int32_t block[SINEW_CSP_BLOCKS]; ///< a block gives; as `main` where added
    int32_t out;
    bool add;       ///< blocks are residual
    bool attention; ///< channel attention before the last 1x1
    bool separable; ///< the blocks' 3x3 is depthwise + pointwise
};

struct sinew_cspnext {
    int32_t stem[3];
    int32_t down[SINEW_CSPNEXT_STAGES]; ///< of each stage's strided 3x3
    struct sinew_csp csp[SINEW_CSPNEXT_STAGES];
    int32_t spp_inner, spp_out; ///< pyramid pooling of the last stage
    int32_t spp_kernels[3];     ///< odd
    struct sinew_act spp_act;
    bool separable; ///< the strided 3x3 are depthwise + pointwise
};

/* A layer of the usual proportions: branches half as wide as the output. */
struct sinew_csp sinew_csp_plain(int32_t out, int32_t blocks, bool add,
                                 bool attention, bool separable);

/* The published proportions: channels 64..1024 times `widen`, blocks 3, 6, 6, 3
 * times `deepen`, pools of 5, 9, 13. SINEW_INVALID for factors out of range. */
sinew_status sinew_cspnext_scale(struct sinew_cspnext *net, double widen,
                                 double deepen, bool separable) SINEW_NODISCARD;

/* The value after the layer called `name`. */
sinew_value sinew_build_csp(struct sinew_builder *builder, sinew_value x,
                            const struct sinew_csp *csp, const char *name);

/* Builds the backbone called `name` on x [N, H, W, 3]; stages[i] has stride
 * 4 << i. */
void sinew_build_cspnext(struct sinew_builder *builder, sinew_value x,
                         const struct sinew_cspnext *net, const char *name,
                         sinew_value stages[SINEW_CSPNEXT_STAGES]);

/* Outputs "heatmaps_8", "_16" and "_32" of the last three stages, [N, K, H / 8,
 * W / 8] each: for training alone. */
void sinew_build_cspnext_maps(struct sinew_builder *builder,
                              const sinew_value stages[SINEW_CSPNEXT_STAGES],
                              int32_t keypoints);

#endif
