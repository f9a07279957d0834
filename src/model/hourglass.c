/*
 * hourglass.c - the stacked hourglass on MobileNetV2.
 *
 *   H(x, n) = up(back(H(front(pool(x)), n - 1))) + jump(x),  H(x, 0) = mid(x)
 *
 * of the features at a quarter of the size, n = 4; all of these are inverted
 * bottlenecks. Every sum, brought to the size of the last, is an output, the
 * last one the one to use.
 *
 * Source: Newell, Yang and Deng, "Stacked hourglass networks" (2016), and the
 * graphs of edvardHua/PoseEstimationForMobile; names are TensorFlow's.
 */
#include "model/mobilenet.h"

enum { DEPTH = 4, WIDTH = 24, EXPAND = 6, ROW = 5 };

/* A row of bottlenecks "scope_1" and so on, of which the first has another
 * stride and the last another width. */
static sinew_value row(struct sinew_builder *builder, sinew_value x,
                       int32_t blocks, int32_t stride, int32_t last,
                       const char *scope) {
    const struct sinew_name folder = sinew_name("%s/", scope);
    for (int i = 0; i < blocks; i++) {
        const struct sinew_bottleneck block = {
            .expand = EXPAND,
            .out = i == blocks - 1 ? last : WIDTH,
            .kernel = 3,
            .stride = i == 0 ? stride : 1,
        };
        x = sinew_build_bottleneck(builder, x, &block, folder.text,
                                   sinew_name("%s_%d", scope, i + 1).text);
    }
    return x;
}

static sinew_value single(struct sinew_builder *builder, sinew_value x,
                          int32_t out, const char *scope) {
    const struct sinew_bottleneck block = {
        .expand = EXPAND, .out = out, .kernel = 3, .stride = 1};
    return sinew_build_bottleneck(builder, x, &block, "", scope);
}

/* maps[0], the deepest, to maps[DEPTH - 1]. */
static void hourglass(struct sinew_builder *builder, sinew_value x,
                      int32_t keypoints, sinew_value maps[DEPTH]) {
    sinew_value before[DEPTH];
    for (int i = DEPTH - 1; i >= 0; i--) {
        before[i] = x;
        x = sinew_build_max_pool(
            builder, x, 2, sinew_name("hourglass_downsample_%d", i + 1).text);
        x = row(builder, x, ROW, 1, WIDTH,
                sinew_name("hourglass_front_%d", i + 1).text);
    }
    x = single(builder, x, WIDTH, "hourglass_mid_0");
    for (int i = 0; i < DEPTH; i++) {
        x = single(builder, x, keypoints,
                   sinew_name("hourglass_back_%d", i).text);
        x = sinew_build_upsample(builder, x, 2,
                                 sinew_name("hourglass_upsample_%d", i).text);
        const sinew_value jump =
            row(builder, before[i], ROW, 1, keypoints,
                sinew_name("hourglass_branch_jump_%d", i).text);
        maps[i] = x =
            sinew_build_binary(builder, SINEW_OP_ADD, x, jump,
                               sinew_name("hourglass_out_%d", i).text);
    }
}

static sinew_value features(struct sinew_builder *builder, sinew_value x,
                            struct sinew_act stem) {
    static const struct sinew_bottleneck plain = {
        .expand = 1, .out = 16, .kernel = 3, .stride = 1};
    x = sinew_build_mobilenet_stem(builder, x, 16, stem);
    for (int i = 0; i < 2; i++)
        x = sinew_build_bottleneck(builder, x, &plain, "Conv2d_1/",
                                   sinew_name("Conv2d_1_%d", i + 1).text);
    return row(builder, x, ROW, 2, WIDTH, "Conv2d_2");
}

sinew_status sinew_hourglass_build(sinew_graph *graph, const char *name,
                                   const struct sinew_hourglass *net,
                                   const sinew_network_options *options) {
    const struct sinew_heatmap_family family = {
        .height = 192,
        .width = 192,
        .step = 64,
        .keypoints = SINEW_MOBILENET_KEYPOINTS,
        .set = "cpm14",
        .metadata = sinew_mobilenet_metadata_quarter,
    };
    struct sinew_builder builder =
        sinew_mobilenet_builder(graph, options->seed);
    struct sinew_heatmap_sizes sizes;
    sinew_value maps[DEPTH];
    const sinew_status status =
        sinew_heatmap_sizes_read(&sizes, &family, options);
    if (status < 0) return status;
    hourglass(
        &builder,
        features(&builder, sinew_build_picture(&builder, &sizes), net->stem),
        sizes.keypoints, maps);
    for (int i = 0; i < DEPTH - 1; i++)
        sinew_build_map_output(
            &builder, sinew_build_upsample(&builder, maps[i], 8 >> i, ""),
            sinew_name("stage%d", i).text);
    sinew_build_map_output(&builder, maps[DEPTH - 1], "heatmaps");
    return sinew_heatmap_describe(graph, name, &family, &sizes);
}
