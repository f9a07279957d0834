/*
 * cspnext_pose.c - CSPNeXt with heatmaps: what RTMPose's backbone is trained as
 * before it is given the SimCC head, whose vectors alone teach a backbone of
 * random weights very slowly.
 *
 *   [N, h, w, C]        the last stage, h = H / 32, w = W / 32
 *   [N, h, w, 16 K]     1x1 convolution
 *   [N, 4 h, 4 w, K]    channels to places: cells of 8 pixels
 *
 * All that is known of a place within 32 pixels has to be in the last stage's
 * channels, as SimCC needs it there; and the head costs next to nothing.
 *
 * Source: Jiang et al., "RTMPose" (2023), section 3.2 (training with heatmaps
 * first); Shi et al., sub-pixel convolution (2016). Names of the backbone are
 * those of the mmpose checkpoints.
 */
#include "model/heatmaps.h"

enum { BLOCK = 4 };

static const char *const metadata[][2] = {
    {"sinew.color", "rgb"},
    {"sinew.mean", "123.675,116.28,103.53"},
    {"sinew.std", "58.395,57.12,57.375"},
    {"sinew.frame", "box"},
    {"sinew.crop", "affine"},
    {"sinew.padding", "1.25"},
    {"sinew.decode", "quarter"},
    {"sinew.heatmap_stride", "8"},
    {NULL, NULL},
};

static const struct sinew_heatmap_family family = {
    .height = 256,
    .width = 192,
    .step = 32,
    .keypoints = 26,
    .set = "halpe26",
    .scales = true,
    .metadata = metadata,
};

static sinew_value build_head(struct sinew_builder *builder, sinew_value x,
                              int32_t keypoints) {
    static const struct sinew_depth_space_attr apart = {.block = BLOCK};
    const struct sinew_conv final_layer = {
        .out = BLOCK * BLOCK * keypoints,
        .kernel = 1,
        .stride = 1,
        .bias = true,
        .bias_init = {SINEW_INIT_CONSTANT, 0},
    };
    builder->init = (struct sinew_init){SINEW_INIT_NORMAL, 0.001f};
    x = sinew_build_conv(builder, x, &final_layer, "head.final_layer");
    return sinew_graph_add(builder->graph, SINEW_OP_DEPTH_TO_SPACE,
                           "head.cells", &apart, SINEW_IN(x));
}

sinew_status sinew_cspnext_pose_build(sinew_graph *graph, const char *name,
                                      const struct sinew_cspnext_pose *net,
                                      const sinew_network_options *options) {
    struct sinew_cspnext backbone;
    struct sinew_heatmap_sizes sizes;
    sinew_value stages[SINEW_CSPNEXT_STAGES];
    struct sinew_builder builder = {
        .graph = graph,
        .seed = options->seed,
        .init = {SINEW_INIT_FAN_IN, 0},
        .epsilon = 1e-5f,
        .act = sinew_silu,
    };
    sinew_status status;
    SINEW_TRY(sinew_heatmap_sizes_read(&sizes, &family, options));
    SINEW_TRY(sinew_cspnext_scale(
        &backbone, options->widen != 0 ? options->widen : net->widen,
        options->deepen != 0 ? options->deepen : net->deepen, false));
    sinew_build_cspnext(&builder, sinew_build_picture(&builder, &sizes),
                        &backbone, "backbone", stages);
    sinew_build_map_output(
        &builder,
        build_head(&builder, stages[SINEW_CSPNEXT_STAGES - 1], sizes.keypoints),
        "heatmaps");
    status = sinew_heatmap_describe(graph, name, &family, &sizes);
fail:
    return status;
}
