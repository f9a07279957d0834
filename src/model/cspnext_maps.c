/*
 * cspnext_maps.c - heatmaps out of the backbone's last three stages, which only
 * training looks at. SimCC vectors alone teach a backbone of random weights very
 * slowly: every layer hears of its mistakes through thirty others. With these,
 * the early layers are told at once.
 *
 *   [N, h, w, C]            a stage, s = 8, 16 or 32 input pixels a place
 *   [N, h, w, (s/8)^2 K]    1x1 convolution "head_<s>.final_layer"
 *   [N, H/8, W/8, K]        channels to places: output "heatmaps_<s>"
 *
 * Source: Lee et al., "Deeply-supervised nets" (2015); Shi et al., sub-pixel
 * convolution (2016).
 */
#include "model/cspnext.h"

enum { CELL = 8, HEADS = 3 }; /* input pixels of a cell */

static void build_maps(struct sinew_builder *builder, sinew_value stage,
                       int32_t stride, int32_t keypoints) {
    const struct sinew_depth_space_attr apart = {.block = stride / CELL};
    const struct sinew_conv final_layer = {
        .out = apart.block * apart.block * keypoints,
        .kernel = 1,
        .stride = 1,
        .bias = true,
        .bias_init = {SINEW_INIT_CONSTANT, 0},
    };
    const struct sinew_name output = sinew_name("heatmaps_%d", stride);
    sinew_value x = sinew_build_conv(
        builder, stage, &final_layer,
        sinew_name("head_%d.final_layer", stride).text);
    if (apart.block > 1)
        x = sinew_graph_add(builder->graph, SINEW_OP_DEPTH_TO_SPACE,
                            sinew_name("head_%d.cells", stride).text, &apart,
                            SINEW_IN(x));
    x = sinew_build_to_nchw(builder, x, output.text);
    sinew_graph_add_output(builder->graph, x, output.text);
}

void sinew_build_cspnext_maps(struct sinew_builder *builder,
                              const sinew_value stages[SINEW_CSPNEXT_STAGES],
                              int32_t keypoints) {
    builder->init = (struct sinew_init){SINEW_INIT_NORMAL, 0.001f};
    for (int i = 0; i < HEADS; i++)
        build_maps(builder, stages[SINEW_CSPNEXT_STAGES - HEADS + i],
                   CELL << i, keypoints);
}
