/*
 * cspnext_pose.c - CSPNeXt with heatmaps: what RTMPose's backbone is trained as
 * before it is given the SimCC head, whose vectors alone teach a backbone of
 * random weights very slowly.
 *
 *   [N, h, w, C]        the last stage, h = H / 32, w = W / 32
 *   [N, h, w, 16 K]     1x1 convolution
 *   [N, 4 h, 4 w, K]    channels to places, "heatmaps": cells of 8 pixels
 *
 * All that is known of a place within 32 pixels has to be in the last stage's
 * channels, as SimCC needs it there; and the head costs next to nothing. The
 * two stages before have heads of the same kind, "heatmaps_16" and
 * "heatmaps_8", so that the early layers are not taught through thirty others
 * alone.
 *
 * Source: Jiang et al., "RTMPose" (2023), section 3.2 (training with heatmaps
 * first); Shi et al., sub-pixel convolution (2016); Lee et al.,
 * "Deeply-supervised nets" (2015). Names of the backbone are
 * those of the mmpose checkpoints.
 */
#include "model/heatmaps.h"

enum { CELL = 8, HEADS = 3 }; /* input pixels of a cell */

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

/* Maps of the stage whose places are `stride` pixels apart. */
static void build_head(struct sinew_builder *builder, sinew_value stage,
                       int32_t stride, int32_t keypoints) {
    const bool last = stride == family.step;
    const struct sinew_depth_space_attr apart = {.block = stride / CELL};
    const struct sinew_conv final_layer = {
        .out = apart.block * apart.block * keypoints,
        .kernel = 1,
        .stride = 1,
        .bias = true,
        .bias_init = {SINEW_INIT_CONSTANT, 0},
    };
    const struct sinew_name output =
        last ? sinew_name("heatmaps") : sinew_name("heatmaps_%d", stride);
    const struct sinew_name name =
        last ? sinew_name("head") : sinew_name("head_%d", stride);
    builder->init = (struct sinew_init){SINEW_INIT_NORMAL, 0.001f};
    sinew_value x =
        sinew_build_conv(builder, stage, &final_layer,
                         sinew_name("%s.final_layer", name.text).text);
    if (apart.block > 1)
        x = sinew_graph_add(builder->graph, SINEW_OP_DEPTH_TO_SPACE,
                            sinew_name("%s.cells", name.text).text, &apart,
                            SINEW_IN(x));
    sinew_build_map_output(builder, x, output.text);
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
    for (int i = 0; i < HEADS; i++)
        build_head(&builder, stages[SINEW_CSPNEXT_STAGES - 1 - i],
                   family.step >> i, sizes.keypoints);
    status = sinew_heatmap_describe(graph, name, &family, &sizes);
fail:
    return status;
}
