/*
 * cpm.c - the convolutional pose machine on MobileNetV2.
 *
 *   parts 0 to 4 at 1/2, 1/4, 1/8, 1/16, 1/32 of the size, all brought to 1/8
 *   and joined to F
 *   stage 0: p = heads(F), stages 1 to 5: p = heads(F, p) at 1/8 of the size
 *
 * where (x, y) is x joined before y. Every stage's maps, four times larger, are
 * an output, the last stage's the one to use.
 *
 * Source: Wei et al., "Convolutional pose machines" (2016), and the graphs of
 * edvardHua/PoseEstimationForMobile; names are TensorFlow's.
 */
#include <math.h>
#include "model/mobilenet.h"

enum { PARTS = 5, STAGES = 6 };

/* Widths: the nominal ones times a factor, at least 8. */
static int32_t width(double factor, int32_t nominal) {
    const double out = floor(factor * nominal);
    return out < 8 ? 8 : (int32_t)out;
}

static sinew_value part(struct sinew_builder *builder, sinew_value x,
                        const struct sinew_cpm *net, int number) {
    static const struct {
        int32_t out, blocks;
    } parts[PARTS] = {{16, 2}, {24, 5}, {32, 5}, {64, 5}, {96, 5}};
    const struct sinew_name folder =
        sinew_name("MobilenetV2/MobilenetV2_part_%d/", number);
    for (int i = 0; i < parts[number].blocks; i++) {
        const struct sinew_bottleneck block = {
            .expand = number == 0 ? 1 : (int32_t)floor(net->expand * 6),
            .out = width(net->out, parts[number].out),
            .kernel = 3,
            .stride = number > 0 && i == 0 ? 2 : 1,
        };
        x = sinew_build_bottleneck(
            builder, x, &block, folder.text,
            sinew_name("MobilenetV2_part_%d_%d", number, i + 1).text);
    }
    return x;
}

static sinew_value features(struct sinew_builder *builder, sinew_value x,
                            const struct sinew_cpm *net) {
    sinew_value parts[PARTS];
    x = sinew_build_mobilenet_stem(builder, x, width(net->out, 32), net->stem);
    for (int i = 0; i < PARTS; i++)
        parts[i] = x = part(builder, x, net, i);
    parts[0] = sinew_build_max_pool(builder, parts[0], 4, "mv2_0_max_pool");
    parts[1] = sinew_build_max_pool(builder, parts[1], 2, "mv2_1_max_pool");
    parts[3] = sinew_build_upsample(builder, parts[3], 2, "mv2_3_upsample");
    parts[4] = sinew_build_upsample(builder, parts[4], 4, "mv2_4_upsample");
    return sinew_build_concat(builder, -1, parts, PARTS, "features");
}

static sinew_value stage(struct sinew_builder *builder, sinew_value x,
                         const struct sinew_cpm *net, int number,
                         int32_t keypoints) {
    const struct sinew_name folder =
        sinew_name("Convolutional_Pose_Machine/stage_%d_mv2/", number);
    const struct sinew_name heads = sinew_name(
        "Convolutional_Pose_Machine/stage_%d_mv1/stage_%d_mv1", number, number);
    for (int i = 0; i < 3; i++) {
        const struct sinew_bottleneck block = {
            .expand = i == 0 ? 2 : (int32_t)floor(net->expand * 4),
            .out = width(net->stage, 32),
            .kernel = number == 0 ? 3 : 7,
            .stride = 1,
        };
        x = sinew_build_bottleneck(
            builder, x, &block, folder.text,
            sinew_name("stage_%d_mv2_%d", number, i + 1).text);
    }
    x = sinew_build_mobilenet_separable(
        builder, x, width(net->out, number == 0 ? 512 : 128), 1,
        sinew_name("%s_1", heads.text).text);
    return sinew_build_mobilenet_separable(builder, x, keypoints, 1,
                                           sinew_name("%s_2", heads.text).text);
}

sinew_status sinew_cpm_build(sinew_graph *graph, const char *name,
                             const struct sinew_cpm *net,
                             const sinew_network_options *options) {
    const struct sinew_heatmap_family family = {
        .height = 192,
        .width = 192,
        .step = 32,
        .keypoints = SINEW_MOBILENET_KEYPOINTS,
        .set = "cpm14",
        .metadata = sinew_mobilenet_metadata_half,
    };
    struct sinew_builder builder =
        sinew_mobilenet_builder(graph, options->seed);
    struct sinew_heatmap_sizes sizes;
    const sinew_status status =
        sinew_heatmap_sizes_read(&sizes, &family, options);
    if (status < 0) return status;
    const sinew_value shown =
        features(&builder, sinew_build_picture(&builder, &sizes), net);
    sinew_value x = shown;
    for (int i = 0; i < STAGES; i++) {
        const sinew_value maps = stage(&builder, x, net, i, sizes.keypoints);
        const sinew_value joined[2] = {shown, maps};
        const sinew_value large = sinew_build_upsample(
            &builder, maps, 4,
            sinew_name("Convolutional_Pose_Machine/stage_%d_out", i).text);
        sinew_build_map_output(&builder, large,
                               i < STAGES - 1 ? sinew_name("stage%d", i).text
                                              : "heatmaps");
        if (i < STAGES - 1) x = sinew_build_concat(&builder, -1, joined, 2, "");
    }
    return sinew_heatmap_describe(graph, name, &family, &sizes);
}
