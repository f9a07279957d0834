/*
 * efficientpose.c - EfficientPose RT, I to IV and their Lite forms.
 *
 *   F    first three stages of an EfficientNet on the picture, joined with the
 *        first two of a smaller one on the picture of half the size
 *   A = P1(F), B = P2(A, F), D = P3(B, F)     three passes, 3C channels each
 *   28 part affinity maps from A, K heatmaps from B and from D by 1x1; the last
 *   ones eight times larger by three transposed convolutions of 4x4
 *
 * A pass is a row of groups, each but the first added to its input. A group is
 * a = U(x), b = U(a), c = U(b, a), giving (c, b, a). U(x) to C channels: 1x1 to
 * 6C, depthwise 5x5, squeeze and excitation through C / 4, 1x1 to C. (x, y) is
 * x joined before y. Padding is SAME. The smaller EfficientNet ends before the
 * sum of its last block.
 *
 * Lite networks have ReLU6 for all activations, no squeeze and excitation, and
 * the last heatmaps only.
 *
 * Source: Groos, Ramampiaro and Ihlen, "EfficientPose: Scalable single-person
 * pose estimation" (2021), Tan and Le, "EfficientNet" (2019); names are those
 * of the Keras files.
 */
#include "model/heatmaps.h"

enum { PAFS = 28, KEYPOINTS = 16, EXPANSION = 6, PASSES = 3 };

static const struct sinew_act e_swish = {SINEW_ACT_SWISH, 1.25f, 0};

static bool is_lite(const struct sinew_efficientpose *net) {
    return net->lite >= 0;
}

/* ---- one block of EfficientNet ---------------------------------------------
 */

/* Where a block stands, for the names of its layers. */
struct place {
    const struct sinew_efficientpose *net;
    int branch; ///< 1 or 2
    int stage;  ///< from 1
    int block;  ///< from 0 in the stage
    int index;  ///< from 0 in the branch
    bool expands;
};

enum part { EXPAND, DEPTHWISE, PROJECT };

static struct sinew_name conv_name(const struct place *at, enum part part) {
    static const char *const parts[] = {"expand_conv", "dwconv",
                                        "project_conv"};
    static const char *const lite[] = {
        "conv2d/Conv2D_0", "depthwise_conv2d/depthwise_0", "conv2d_1/Conv2D_0"};
    const bool only = part == PROJECT && !at->expands;
    return is_lite(at->net)
               ? sinew_name("efficientnet-lite%d/model/blocks_%d/%s",
                            at->net->lite, at->index,
                            lite[only ? EXPAND : part])
               : sinew_name("block%d%c_%s_res%d", at->stage, 'a' + at->block,
                            parts[part], at->branch);
}

static struct sinew_name norm_name(const struct place *at, enum part part) {
    static const char *const parts[] = {"expand_bn", "bn", "project_bn"};
    static const char *const lite[] = {"", "_1", "_2"};
    return is_lite(at->net)
               ? sinew_name("efficientnet-lite%d/model/blocks_%d/"
                            "tpu_batch_normalization%s/FusedBatchNormV3_0",
                            at->net->lite, at->index,
                            lite[(int)part - !at->expands])
               : sinew_name("block%d%c_%s_res%d", at->stage, 'a' + at->block,
                            parts[part], at->branch);
}

static sinew_value conv_norm(struct sinew_builder *builder, sinew_value x,
                             const struct sinew_conv *conv,
                             const struct place *at, enum part part) {
    struct sinew_conv same = *conv;
    same.same = true;
    x = sinew_build_conv(builder, x, &same, conv_name(at, part).text);
    x = sinew_build_norm(builder, x, norm_name(at, part).text);
    return part == PROJECT ? x : sinew_build_act(builder, x, builder->act, "");
}

/* x times a gate made of its means through `inner` channels. */
static sinew_value squeeze_excite(struct sinew_builder *builder, sinew_value x,
                                  int32_t inner, int32_t out,
                                  const char *reduce, const char *expand) {
    struct sinew_conv conv = {
        .out = inner, .kernel = 1, .stride = 1, .bias = true};
    sinew_value z = sinew_build_mean(builder, x, "");
    z = sinew_build_conv(builder, z, &conv, reduce);
    z = sinew_build_act(builder, z, builder->act, "");
    conv.out = out;
    z = sinew_build_conv(builder, z, &conv, expand);
    z = sinew_build_act(builder, z, SINEW_ACT_OF(SIGMOID), "");
    return sinew_build_binary(builder, SINEW_OP_MUL, x, z, "");
}

struct mbconv {
    int32_t in, out, kernel, stride;
    bool sum; ///< its input is added where the shapes agree
};

static sinew_value mbconv(struct sinew_builder *builder, sinew_value x,
                          const struct mbconv *block, const struct place *at) {
    const int32_t middle = at->expands ? EXPANSION * block->in : block->in;
    const sinew_value before = x;
    if (at->expands)
        x = conv_norm(
            builder, x,
            &(struct sinew_conv){.out = middle, .kernel = 1, .stride = 1}, at,
            EXPAND);
    x = conv_norm(builder, x,
                  &(struct sinew_conv){.kernel = block->kernel,
                                       .stride = block->stride,
                                       .depthwise = true},
                  at, DEPTHWISE);
    if (!is_lite(at->net)) {
        const struct sinew_name reduce =
            sinew_name("block%d%c_se_reduce_res%d", at->stage, 'a' + at->block,
                       at->branch);
        const struct sinew_name expand =
            sinew_name("block%d%c_se_expand_res%d", at->stage, 'a' + at->block,
                       at->branch);
        const struct sinew_init conv_init = builder->init;
        builder->init.kind = SINEW_INIT_GLOROT;
        x = squeeze_excite(builder, x, block->in / 4 > 1 ? block->in / 4 : 1,
                           middle, reduce.text, expand.text);
        builder->init = conv_init;
    }
    x = conv_norm(
        builder, x,
        &(struct sinew_conv){.out = block->out, .kernel = 1, .stride = 1}, at,
        PROJECT);
    if (block->sum && block->stride == 1 && block->in == block->out)
        x = sinew_build_binary(builder, SINEW_OP_ADD, x, before, "");
    return x;
}

/* ---- the backbone ----------------------------------------------------------
 */

static sinew_value stem(struct sinew_builder *builder, sinew_value x,
                        const struct sinew_efficientpose *net, int32_t out,
                        int branch) {
    const struct sinew_conv conv = {
        .out = out, .kernel = 3, .stride = 2, .same = true};
    const struct sinew_name conv_text =
        is_lite(net)
            ? sinew_name("efficientnet-lite%d/model/stem/conv2d/Conv2D_0",
                         net->lite)
            : sinew_name("stem_conv_res%d", branch);
    const struct sinew_name norm_text =
        is_lite(net) ? sinew_name("efficientnet-lite%d/model/stem/"
                                  "tpu_batch_normalization/FusedBatchNormV3_0",
                                  net->lite)
                     : sinew_name("stem_bn_res%d", branch);
    x = sinew_build_conv(builder, x, &conv, conv_text.text);
    x = sinew_build_norm(builder, x, norm_text.text);
    return sinew_build_act(builder, x, builder->act, "");
}

static sinew_value efficientnet(struct sinew_builder *builder, sinew_value x,
                                const struct sinew_efficientpose *net,
                                int branch) {
    const struct sinew_efficientnet *table =
        branch == 1 ? &net->high : &net->low;
    const int stages = branch == 1 ? 3 : 2;
    struct place at = {.net = net, .branch = branch};
    int32_t in = table->stem;
    x = stem(builder, x, net, in, branch);
    for (at.stage = 1; at.stage <= stages; at.stage++) {
        const int32_t out = table->stage[at.stage - 1].out;
        const int32_t blocks = table->stage[at.stage - 1].blocks;
        for (at.block = 0; at.block < blocks; at.block++) {
            const bool last = at.stage == stages && at.block == blocks - 1;
            const struct mbconv block = {
                .in = in,
                .out = out,
                .kernel = at.stage == 3 ? 5 : 3,
                .stride = at.stage > 1 && at.block == 0 ? 2 : 1,
                .sum = branch == 1 || !last,
            };
            at.expands = at.stage > 1;
            x = mbconv(builder, x, &block, &at);
            at.index++;
            in = out;
        }
    }
    return x;
}

static sinew_value halved(struct sinew_builder *builder, sinew_value x) {
    static const struct sinew_pool2d_attr attr = {
        .kernel_h = 2,
        .kernel_w = 2,
        .stride_h = 2,
        .stride_w = 2,
        .dilation_h = 1,
        .dilation_w = 1,
    };
    return sinew_graph_add(builder->graph, SINEW_OP_AVG_POOL2D, "half", &attr,
                           SINEW_IN(x));
}

/* ---- detection ---------------------------------------------------------- */

/* U: layers "prefix_conv1" and so on. */
static sinew_value unit(struct sinew_builder *builder, sinew_value x,
                        const struct sinew_efficientpose *net,
                        const char *prefix) {
    const struct sinew_conv conv[3] = {
        {.out = EXPANSION * net->width, .kernel = 1, .stride = 1},
        {.kernel = 5, .stride = 1, .depthwise = true, .same = true},
        {.out = net->width, .kernel = 1, .stride = 1},
    };
    static const char *const names[3] = {"conv1", "dconv1", "conv2"};
    for (int i = 0; i < 3; i++) {
        if (i == 2 && !is_lite(net))
            x = squeeze_excite(builder, x, net->width / 4,
                               EXPANSION * net->width,
                               sinew_name("%s_se_se_squeeze_conv", prefix).text,
                               sinew_name("%s_se_se_excite_conv", prefix).text);
        x = sinew_build_conv(builder, x, &conv[i],
                             sinew_name("%s_%s", prefix, names[i]).text);
        x = sinew_build_norm(builder, x,
                             sinew_name("%s_%s_bn", prefix, names[i]).text);
        if (i < 2) x = sinew_build_act(builder, x, builder->act, "");
    }
    return x;
}

static sinew_value group(struct sinew_builder *builder, sinew_value x,
                         const struct sinew_efficientpose *net, int pass,
                         int number) {
    static const char *const stage[PASSES] = {"skeleton", "detection1",
                                              "detection2"};
    sinew_value parts[3]; /* newest first */
    for (int i = 0; i < 3; i++) {
        const struct sinew_name prefix =
            sinew_name("pass%d_block%d_mbconv%d_%s", pass + 1, number + 1,
                       i + 1, stage[pass]);
        parts[2 - i] = unit(builder, x, net, prefix.text);
        x = i == 0 ? parts[2]
                   : sinew_build_concat(builder, -1, &parts[2 - i], i + 1, "");
    }
    return x;
}

static sinew_value pass(struct sinew_builder *builder, sinew_value x,
                        const struct sinew_efficientpose *net, int number) {
    for (int i = 0; i < net->groups; i++) {
        const sinew_value y = group(builder, x, net, number, i);
        x = i == 0 ? y : sinew_build_binary(builder, SINEW_OP_ADD, y, x, "");
    }
    return x;
}

static sinew_value head(struct sinew_builder *builder, sinew_value x,
                        int32_t out, const char *name) {
    const struct sinew_conv conv = {
        .out = out, .kernel = 1, .stride = 1, .bias = true};
    return sinew_build_conv(builder, x, &conv, name);
}

static void detection(struct sinew_builder *builder,
                      const sinew_value *features, int n,
                      const struct sinew_efficientpose *net,
                      int32_t keypoints) {
    static const char *const layers[PASSES] = {"pass1_skeleton_pafs",
                                               "pass2_detection1_confs",
                                               "pass3_detection2_confs"};
    static const char *const outputs[PASSES] = {"pafs", "heatmaps1",
                                                "heatmaps2"};
    static const char *const deconvs[3] = {
        "upscaled_deconv1", "upscaled_deconv2", "upscaled_confs"};
    const struct sinew_deconv doubled = {.out = keypoints,
                                         .kernel = 4,
                                         .stride = 2,
                                         .groups = 1,
                                         .bias = true,
                                         .bilinear = true};
    sinew_value x = SINEW_NO_VALUE, maps = SINEW_NO_VALUE;
    for (int i = 0; i < PASSES; i++) {
        sinew_value joined[3] = {x, features[0], features[n - 1]};
        x = i == 0 && n == 1
                ? features[0]
                : sinew_build_concat(builder, -1, joined + (i == 0),
                                     n + (i > 0), "");
        x = pass(builder, x, net, i);
        if (is_lite(net) && i < PASSES - 1) continue;
        maps = head(builder, x, i == 0 ? PAFS : keypoints, layers[i]);
        if (!is_lite(net)) sinew_build_map_output(builder, maps, outputs[i]);
    }
    for (int i = 0; i < 3; i++)
        maps = sinew_build_deconv(builder, maps, &doubled, deconvs[i]);
    sinew_build_map_output(builder, maps, "heatmaps");
}

/* ---- the network ----------------------------------------------------------
 */

#define EFFICIENTPOSE_METADATA                                                 \
    {"sinew.color", "rgb"}, {"sinew.frame", "letterbox"},                      \
        {"sinew.frame_resize", "gaussian"}, {"sinew.crop", "square"},          \
        {"sinew.padding", "1.5"}, {"sinew.decode", "gaussian"}, {              \
        "sinew.threshold", "0.3"                                               \
    }

static const char *const metadata[][2] = {
    EFFICIENTPOSE_METADATA,
    {"sinew.mean", "123.675,116.28,103.53"},
    {"sinew.std", "58.395,57.12,57.375"},
    {NULL, NULL},
};
static const char *const lite_metadata[][2] = {
    EFFICIENTPOSE_METADATA,
    {"sinew.mean", "127.5,127.5,127.5"},
    {"sinew.std", "127.5,127.5,127.5"},
    {NULL, NULL},
};

sinew_status sinew_efficientpose_build(sinew_graph *graph, const char *name,
                                       const struct sinew_efficientpose *net,
                                       const sinew_network_options *options) {
    const struct sinew_heatmap_family family = {
        .height = net->side,
        .width = net->side,
        .step = 8,
        .keypoints = KEYPOINTS,
        .set = "efficientpose16",
        .metadata = is_lite(net) ? lite_metadata : metadata,
    };
    struct sinew_builder builder = {
        .graph = graph,
        .seed = options->seed,
        .init = {SINEW_INIT_FAN_OUT, 0},
        .epsilon = 0.001f,
        .act = is_lite(net) ? SINEW_ACT_OF(RELU6) : sinew_silu,
    };
    struct sinew_heatmap_sizes sizes;
    sinew_value features[2];
    int n = 0;
    const sinew_status status =
        sinew_heatmap_sizes_read(&sizes, &family, options);
    if (status < 0) return status;
    const sinew_value picture = sinew_build_picture(&builder, &sizes);
    features[n++] = efficientnet(&builder, picture, net, 1);
    if (net->low.stem)
        features[n++] =
            efficientnet(&builder, halved(&builder, picture), net, 2);
    builder.init.kind = SINEW_INIT_GLOROT;
    if (!is_lite(net)) builder.act = e_swish;
    detection(&builder, features, n, net, sizes.keypoints);
    return sinew_heatmap_describe(graph, name, &family, &sizes);
}
