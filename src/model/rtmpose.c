/*
 * rtmpose.c - RTMPose: the last stage of CSPNeXt and the RTMCC head, and the
 * variants of it known as ElifPose.
 *
 *   [N, h, w, C]   7x7 convolution to K maps, h = H / 32, w = W / 32
 *   [N, K, h w]    scale norm, linear
 *   [N, K, 256]    gated attention unit
 *   [N, K, 2 W], [N, K, 2 H]   linear: one score a half pixel, x and y
 *
 * Scale norm:  g x / max(|x| / sqrt(n), 1e-5).
 * Gated attention unit over K tokens, s = 128, e = 512:
 *   u, v, base = split(act(uv(norm(x))), e, e, s)
 *   q, k = base * gamma[0] + beta[0], base * gamma[1] + beta[1]
 *   y = o(u * (relu(q k' / sqrt(s))^2 v)) + res_scale * x
 *
 * Source: Jiang et al., "RTMPose" (2023); Hua et al., "Transformer quality in
 * linear time" (2022); names are those of the mmpose checkpoints.
 */
#include <math.h>
#include "model/model.h"

enum { HIDDEN = 256, EXPANDED = 512, KEYS = 128, FINAL_KERNEL = 7, BINS = 2 };

/* How the head's parameters start. */
struct inits {
    struct sinew_init conv, conv_bias, linear, uv;
};

static struct inits head_inits(bool framework) {
    const struct sinew_init fan_in = {SINEW_INIT_FAN_IN, 0};
    const struct inits own = {
        .conv = {SINEW_INIT_NORMAL, 0.001f},
        .conv_bias = {SINEW_INIT_CONSTANT, 0},
        .linear = {SINEW_INIT_NORMAL, 0.01f},
        .uv = {SINEW_INIT_NORMAL, 0.01f},
    };
    const struct inits unasked = {
        .conv = fan_in,
        .conv_bias = fan_in,
        .linear = fan_in,
        .uv = {SINEW_INIT_UNIFORM,
               sqrtf(6.0f / (HIDDEN + 2 * EXPANDED + KEYS))},
    };
    return framework ? unasked : own;
}

static sinew_value parameter(struct sinew_builder *builder, const char *name,
                             int64_t rows, int64_t n, struct sinew_init init) {
    const int64_t dims[2] = {rows, n};
    return rows ? sinew_build_parameter(builder, name, 2, dims, init, n)
                : sinew_build_parameter(builder, name, 1, dims + 1, init, n);
}

static sinew_value scale_norm(struct sinew_builder *builder, sinew_value x,
                              const char *name) {
    static const struct sinew_reduce_attr mean = {1, {-1}, 1};
    const struct sinew_act floor_at = {SINEW_ACT_CLIP, 1e-5f, INFINITY};
    const struct sinew_init one = {SINEW_INIT_CONSTANT, 1};
    sinew_value norm = sinew_build_binary(builder, SINEW_OP_MUL, x, x,
                                          sinew_name("%s.square", name).text);
    norm = sinew_graph_add(builder->graph, SINEW_OP_REDUCE_MEAN,
                           sinew_name("%s.mean", name).text, &mean,
                           SINEW_IN(norm));
    norm =
        sinew_graph_add(builder->graph, SINEW_OP_SQRT,
                        sinew_name("%s.root", name).text, NULL, SINEW_IN(norm));
    norm = sinew_build_act(builder, norm, floor_at,
                           sinew_name("%s.clamp", name).text);
    x = sinew_build_binary(builder, SINEW_OP_DIV, x, norm,
                           sinew_name("%s.div", name).text);
    return sinew_build_binary(
        builder, SINEW_OP_MUL, x,
        parameter(builder, sinew_name("%s.g", name).text, 0, 1, one), name);
}

/* Splits `x` along an axis into n parts of the sizes. */
static void split(struct sinew_builder *builder, sinew_value x, int32_t axis,
                  const int64_t *sizes, int n, const char *name,
                  sinew_value *out) {
    const struct sinew_axis_attr attr = {axis};
    sinew_graph_add_node(
        builder->graph, SINEW_OP_SPLIT, name, &attr,
        SINEW_IN(x, sinew_graph_add_i64s(builder->graph, sizes, n)), out, n);
}

/* The K x K weights of the attention from base [N, K, s]. */
static sinew_value attention(struct sinew_builder *builder, sinew_value base,
                             const char *name) {
    static const struct sinew_axes_attr axis = {1, {2}};
    static const int64_t halves[2] = {1, 1};
    const struct sinew_init random = {SINEW_INIT_POSITIVE, 1};
    const struct sinew_matmul_attr product = {
        .transpose_b = 1,
        .alpha = 1 / sqrtf(KEYS),
        .act = SINEW_ACT_OF(RELU),
    };
    sinew_value qk[2];
    base = sinew_graph_add(builder->graph, SINEW_OP_UNSQUEEZE,
                           sinew_name("%s.base", name).text, &axis,
                           SINEW_IN(base));
    base = sinew_build_binary(
        builder, SINEW_OP_MUL, base,
        parameter(builder, sinew_name("%s.gamma", name).text, 2, KEYS, random),
        sinew_name("%s.scaled", name).text);
    base = sinew_build_binary(
        builder, SINEW_OP_ADD, base,
        parameter(builder, sinew_name("%s.beta", name).text, 2, KEYS, random),
        sinew_name("%s.shifted", name).text);
    split(builder, base, 2, halves, 2, sinew_name("%s.qk", name).text, qk);
    for (int i = 0; i < 2; i++)
        qk[i] = sinew_graph_add(builder->graph, SINEW_OP_SQUEEZE,
                                sinew_name("%s.%c", name, "qk"[i]).text, &axis,
                                SINEW_IN(qk[i]));
    const sinew_value scores = sinew_graph_add(
        builder->graph, SINEW_OP_MATMUL, sinew_name("%s.scores", name).text,
        &product, SINEW_IN(qk[0], qk[1]));
    return sinew_build_binary(builder, SINEW_OP_MUL, scores, scores,
                              sinew_name("%s.kernel", name).text);
}

static sinew_value gated_attention(struct sinew_builder *builder, sinew_value x,
                                   struct sinew_act act,
                                   const struct inits *inits,
                                   const char *name) {
    static const int64_t sizes[3] = {EXPANDED, EXPANDED, KEYS};
    static const struct sinew_matmul_attr plain = {.alpha = 1};
    const struct sinew_init one = {SINEW_INIT_CONSTANT, 1};
    sinew_value part[3];
    sinew_value y = scale_norm(builder, x, sinew_name("%s.ln", name).text);
    builder->init = inits->uv;
    y = sinew_build_linear(builder, y, 2 * EXPANDED + KEYS,
                           sinew_name("%s.uv", name).text);
    builder->init = inits->linear;
    y = sinew_build_act(builder, y, act, sinew_name("%s.act", name).text);
    split(builder, y, -1, sizes, 3, sinew_name("%s.split", name).text, part);
    y = sinew_graph_add(builder->graph, SINEW_OP_MATMUL,
                        sinew_name("%s.values", name).text, &plain,
                        SINEW_IN(attention(builder, part[2], name), part[1]));
    y = sinew_build_binary(builder, SINEW_OP_MUL, part[0], y,
                           sinew_name("%s.gated", name).text);
    y = sinew_build_linear(builder, y, HIDDEN, sinew_name("%s.o", name).text);
    x = sinew_build_binary(
        builder, SINEW_OP_MUL, x,
        parameter(builder, sinew_name("%s.res_scale.scale", name).text, 0,
                  HIDDEN, one),
        sinew_name("%s.res_scale", name).text);
    return sinew_build_binary(builder, SINEW_OP_ADD, x, y, name);
}

struct sizes {
    int32_t height, width, keypoints;
};

/* The head on the last stage's [N, h, w, C]. */
static void build_head(struct sinew_builder *builder, sinew_value x,
                       const struct sinew_rtmpose *net,
                       const struct sizes *sizes) {
    const struct inits inits = head_inits(net->framework_init);
    const struct sinew_conv final_layer = {
        .out = sizes->keypoints,
        .kernel = FINAL_KERNEL,
        .stride = 1,
        .bias = true,
        .bias_init = inits.conv_bias,
    };
    const int64_t flat[3] = {0, 0, -1};
    builder->init = inits.conv;
    x = sinew_build_conv(builder, x, &final_layer, "head.final_layer");
    x = sinew_build_to_nchw(builder, x, "head.tokens");
    x = sinew_build_reshape(builder, x, 3, flat, "head.flatten");
    builder->init = inits.linear;
    x = scale_norm(builder, x, "head.mlp.0");
    x = sinew_build_linear(builder, x, HIDDEN, "head.mlp.1");
    x = gated_attention(builder, x, net->head_act, &inits, "head.gau");
    sinew_graph_add_output(
        builder->graph,
        sinew_build_linear(builder, x, BINS * sizes->width, "head.cls_x"),
        "simcc_x");
    sinew_graph_add_output(
        builder->graph,
        sinew_build_linear(builder, x, BINS * sizes->height, "head.cls_y"),
        "simcc_y");
}

static sinew_status describe(sinew_graph *graph, const char *name,
                             const struct sinew_rtmpose *net,
                             const struct sizes *sizes) {
    const struct sinew_name input =
        sinew_name("%dx%d", sizes->height, sizes->width);
    const struct {
        const char *key, *value;
    } entries[] = {
        {"sinew.network", name},
        {"sinew.input_size", input.text},
        {"sinew.color", net->bgr ? "bgr" : "rgb"},
        {"sinew.mean",
         net->bgr ? "103.53,116.28,123.675" : "123.675,116.28,103.53"},
        {"sinew.std", net->bgr ? "57.375,57.12,58.395" : "58.395,57.12,57.375"},
        {"sinew.frame", "box"},
        {"sinew.crop", "affine"},
        {"sinew.padding", "1.25"},
        {"sinew.codec", "simcc"},
        {"sinew.outputs", "simcc_x,simcc_y"},
        {"sinew.simcc_ratio", "2"},
        {"sinew.data", "none: random initial weights"},
    };
    sinew_status status = SINEW_OK;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        SINEW_TRY(
            sinew_graph_set_metadata(graph, entries[i].key, entries[i].value));
    status = sinew_model_name_keypoints(graph, sizes->keypoints, 26, "halpe26");
fail:
    return status;
}

static sinew_status choose_backbone(struct sinew_cspnext *backbone,
                                    const struct sinew_rtmpose *net,
                                    const sinew_network_options *options) {
    if (net->backbone) {
        if (options->widen != 0 || options->deepen != 0)
            return sinew_fail(SINEW_INVALID,
                              "the widths of this network are fixed");
        *backbone = *net->backbone;
    } else {
        sinew_status status = sinew_cspnext_scale(
            backbone, options->widen != 0 ? options->widen : net->widen,
            options->deepen != 0 ? options->deepen : net->deepen, false);
        if (status < 0) return status;
    }
    for (int i = 0; i < 3; i++)
        backbone->spp_kernels[i] = net->spp_kernels[i];
    backbone->spp_act = net->spp_act;
    return SINEW_OK;
}

sinew_status sinew_rtmpose_build(sinew_graph *graph, const char *name,
                                 const struct sinew_rtmpose *net,
                                 const sinew_network_options *options) {
    struct sinew_cspnext backbone;
    struct sizes sizes;
    sinew_value stages[SINEW_CSPNEXT_STAGES];
    struct sinew_builder builder = {
        .graph = graph,
        .seed = options->seed,
        .init = {SINEW_INIT_FAN_IN, 0},
        .epsilon = net->epsilon,
        .act = net->act,
    };
    sinew_status status;
    SINEW_FAIL_IF(options->classes || options->end_to_end, SINEW_INVALID,
                  "a pose network has neither classes nor boxes");
    SINEW_TRY(sinew_model_size(options->input_height, 256, 32, "height",
                               &sizes.height));
    SINEW_TRY(
        sinew_model_size(options->input_width, 192, 32, "width", &sizes.width));
    SINEW_TRY(sinew_model_keypoints(options->keypoints, 26, &sizes.keypoints));
    SINEW_TRY(choose_backbone(&backbone, net, options));
    const int64_t dims[4] = {options->batch, 3, sizes.height, sizes.width};
    sinew_value x = sinew_graph_add_input(graph, "input", SINEW_F32, 4, dims);
    x = sinew_build_to_nhwc(&builder, x, "pixels");
    sinew_build_cspnext(&builder, x, &backbone, "backbone", stages);
    build_head(&builder, stages[SINEW_CSPNEXT_STAGES - 1], net, &sizes);
    if (options->deep)
        sinew_build_cspnext_maps(&builder, stages, sizes.keypoints);
    status = describe(graph, name, net, &sizes);
fail:
    return status;
}

/* ---- the pruned variant ----------------------------------------------------
 */

/* Channels kept of RTMPose-t: stem 3 5 8 of 12 12 24, and so on. */
const struct sinew_cspnext sinew_cspnext_pruned = {
    .stem = {3, 5, 8},
    .down = {24, 55, 144, 258},
    .csp =
        {
            {23, 24, 1, {20}, {24}, 30, true, true, false},
            {47, 48, 1, {48}, {48}, 57, true, true, false},
            {95, 96, 1, {95}, {96}, 138, true, true, false},
            {118, 174, 1, {167}, {122}, 83, false, true, false},
        },
    .spp_inner = 192,
    .spp_out = 315,
    .spp_kernels = {5, 9, 13},
    .spp_act = {SINEW_ACT_SWISH, 1, 0},
};
