/*
 * mobilenet.c - inverted bottlenecks as the pose networks for phones have them:
 *
 *   x (+) relu6(norm(1x1(relu(depthwise(relu6(norm(1x1(x))))))))
 *
 * where (+) adds x if the number of channels stays. Unlike in MobileNetV2 the
 * depthwise layer has no norm and the last layer is not linear. Norms have no
 * weight. Padding is SAME.
 *
 * Source: Sandler et al., "MobileNetV2" (2018), and the graphs of
 * edvardHua/PoseEstimationForMobile, whose TensorFlow names layers bear.
 */
#include "model/mobilenet.h"

struct sinew_builder sinew_mobilenet_builder(sinew_graph *graph,
                                             uint64_t seed) {
    return (struct sinew_builder){
        .graph = graph,
        .seed = seed,
        .init = {SINEW_INIT_GLOROT, 0},
        .epsilon = 0.001f,
        .act = SINEW_ACT_OF(RELU6),
    };
}

static sinew_value conv_norm(struct sinew_builder *builder, sinew_value x,
                             const struct sinew_conv *conv,
                             struct sinew_act act, const char *name) {
    x = sinew_build_conv(builder, x, conv, name);
    x = sinew_build_norm_bias(builder, x,
                              sinew_name("%s/BatchNorm", name).text);
    return sinew_build_act(builder, x, act, "");
}

static sinew_value pointwise(struct sinew_builder *builder, sinew_value x,
                             int32_t out, const char *name) {
    const struct sinew_conv conv = {.out = out, .kernel = 1, .stride = 1};
    return conv_norm(builder, x, &conv, builder->act, name);
}

static sinew_value depthwise(struct sinew_builder *builder, sinew_value x,
                             int32_t kernel, int32_t stride, const char *name) {
    const struct sinew_conv conv = {
        .kernel = kernel, .stride = stride, .depthwise = true, .same = true};
    x = sinew_build_conv(builder, x, &conv, name);
    return sinew_build_act(builder, x, SINEW_ACT_OF(RELU), "");
}

sinew_value sinew_build_mobilenet_stem(struct sinew_builder *builder,
                                       sinew_value x, int32_t out,
                                       struct sinew_act act) {
    const struct sinew_conv conv = {
        .out = out, .kernel = 3, .stride = 2, .same = true};
    return conv_norm(builder, x, &conv, act, "Conv2d_0");
}

sinew_value sinew_build_bottleneck(struct sinew_builder *builder, sinew_value x,
                                   const struct sinew_bottleneck *block,
                                   const char *folder, const char *scope) {
    const sinew_tensor shape = sinew_graph_tensor(builder->graph, x);
    const int32_t in = shape.rank == 4 ? (int32_t)shape.dims[3] : 1;
    const struct sinew_name prefix =
        sinew_name("%sinverted_bottleneck_%s/%s", folder, scope, scope);
    sinew_value y = pointwise(builder, x, block->expand * in,
                              sinew_name("%s_up_pointwise", prefix.text).text);
    y = depthwise(builder, y, block->kernel, block->stride,
                  sinew_name("%s_depthwise", prefix.text).text);
    y = pointwise(builder, y, block->out,
                  sinew_name("%s_pointwise", prefix.text).text);
    return in == block->out
               ? sinew_build_binary(builder, SINEW_OP_ADD, x, y, "")
               : y;
}

sinew_value sinew_build_mobilenet_separable(struct sinew_builder *builder,
                                            sinew_value x, int32_t out,
                                            int32_t kernel, const char *scope) {
    x = depthwise(builder, x, kernel, 1,
                  sinew_name("%s_depthwise", scope).text);
    return pointwise(builder, x, out, sinew_name("%s_pointwise", scope).text);
}

sinew_value sinew_build_max_pool(struct sinew_builder *builder, sinew_value x,
                                 int32_t size, const char *name) {
    const struct sinew_pool2d_attr attr = {
        .kernel_h = size,
        .kernel_w = size,
        .stride_h = size,
        .stride_w = size,
        .dilation_h = 1,
        .dilation_w = 1,
        .same = 1,
    };
    return sinew_graph_add(builder->graph, SINEW_OP_MAX_POOL2D, name, &attr,
                           SINEW_IN(x));
}

/* The threshold is the Android program's, the offset the middle of a cell. */
#define MOBILENET_METADATA                                                     \
    {"sinew.color", "bgr"}, {"sinew.mean", "0,0,0"}, {"sinew.std", "1,1,1"},   \
        {"sinew.frame", "stretch"}, {"sinew.frame_resize", "bilinear"},        \
        {"sinew.crop", "square"}, {"sinew.padding", "1.5"},                    \
        {"sinew.decode", "binomial"}, {                                        \
        "sinew.threshold", "0.01"                                              \
    }

const char *const sinew_mobilenet_metadata_half[][2] = {
    MOBILENET_METADATA, {"sinew.heatmap_offset", "0.5"}, {NULL, NULL}};
const char *const sinew_mobilenet_metadata_quarter[][2] = {
    MOBILENET_METADATA, {"sinew.heatmap_offset", "1.5"}, {NULL, NULL}};
