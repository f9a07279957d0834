/*
 * rtmdet.c - RTMDet: CSPNeXt, a neck that mixes its last three stages, and one
 * head a stage with its own batch norms.
 *
 *   neck   r5 = 1x1(C5)         t4 = csp(up(r5), C4)
 *          r4 = 1x1(t4)         p3 = csp(up(r4), C3)
 *          p4 = csp(3x3/2(p3), r4)       p5 = csp(3x3/2(p4), r5)
 *          out = 3x3(p) to c3 channels
 *   head   twice 3x3, then 1x1, for classes and for box sides
 *
 * (x, y) is x joined before y, "up" doubles rows and columns. The heads'
 * 3x3 weights are shared by the stages, but for the depthwise network. Outputs
 * are, for strides 8, 16, 32, class logits cls3..cls5 [N, classes, h, w] and
 * distances reg3..reg5 [N, 4, h, w] from the place (stride j, stride i) to
 * left, top, right and bottom in strides.
 *
 * Source: Lyu et al., "RTMDet" (2022); names are those of the mmdet
 * checkpoints.
 */
#include <math.h>
#include "model/detect.h"
#include "model/model.h"

enum { LEVELS = 3, STACKED = 2 };

struct head {
    const struct sinew_rtmdet *net;
    int32_t channels;
    sinew_value shared[STACKED]; ///< weights of the 3x3 of a branch
};

static sinew_value conv3(struct sinew_builder *builder, sinew_value x,
                         int32_t out, int32_t stride, bool separable,
                         const char *name) {
    const struct sinew_conv conv = {.out = out, .kernel = 3, .stride = stride};
    return separable ? sinew_build_separable(builder, x, &conv, name)
                     : sinew_build_conv_norm(builder, x, &conv, name);
}

static sinew_value conv1(struct sinew_builder *builder, sinew_value x,
                         int32_t out, const char *name) {
    const struct sinew_conv conv = {.out = out, .kernel = 1, .stride = 1};
    return sinew_build_conv_norm(builder, x, &conv, name);
}

static sinew_value doubled(struct sinew_builder *builder, sinew_value x,
                           const char *name) {
    static const struct sinew_resize2d_attr attr = {
        .mode = SINEW_INTERP_NEAREST,
        .coord = SINEW_COORD_ASYMMETRIC,
        .round = SINEW_ROUND_FLOOR,
        .scale_h = 2,
        .scale_w = 2,
    };
    return sinew_graph_add(builder->graph, SINEW_OP_RESIZE2D, name, &attr,
                           SINEW_IN(x));
}

/* csp(a, b) to `out` channels. */
static sinew_value joined(struct sinew_builder *builder, sinew_value a,
                          sinew_value b, int32_t out,
                          const struct sinew_rtmdet *net, const char *name) {
    const struct sinew_csp csp =
        sinew_csp_plain(out, net->blocks, false, false, net->separable);
    const sinew_value in[2] = {a, b};
    const sinew_value x = sinew_build_concat(builder, -1, in, 2,
                                             sinew_name("%s.join", name).text);
    return sinew_build_csp(builder, x, &csp, name);
}

/* stage[0..2] are C3..C5 of c[0..2] channels, and become the outputs. */
static void build_neck(struct sinew_builder *builder,
                       const struct sinew_rtmdet *net, const int32_t *c,
                       sinew_value *stage) {
    sinew_value reduced[LEVELS], inner = stage[2], p;
    for (int i = 0; i < 2; i++) { /* from C5 down to C3 */
        const int to = 1 - i;
        reduced[to + 1] = conv1(builder, inner, c[to],
                                sinew_name("neck.reduce_layers.%d", i).text);
        inner = joined(builder,
                       doubled(builder, reduced[to + 1],
                               sinew_name("neck.upsample.%d", i).text),
                       stage[to], c[to], net,
                       sinew_name("neck.top_down_blocks.%d", i).text);
    }
    p = stage[0] = inner;
    for (int i = 0; i < 2; i++) { /* and up again */
        p = conv3(builder, p, c[i], 2, net->separable,
                  sinew_name("neck.downsamples.%d", i).text);
        p = joined(builder, p, reduced[i + 1], c[i + 1], net,
                   sinew_name("neck.bottom_up_blocks.%d", i).text);
        stage[i + 1] = p;
    }
    for (int i = 0; i < LEVELS; i++)
        stage[i] = conv3(builder, stage[i], c[0], 1, net->separable,
                         sinew_name("neck.out_convs.%d", i).text);
}

/* One branch ("cls" or "reg") of the head at a level. */
static sinew_value build_branch(struct sinew_builder *builder,
                                struct head *head, sinew_value x, int level,
                                const char *branch, int32_t out, float bias) {
    const struct sinew_conv last = {
        .out = out,
        .kernel = 1,
        .stride = 1,
        .bias = true,
        .bias_init = {SINEW_INIT_CONSTANT, bias},
    };
    for (int i = 0; i < STACKED; i++) {
        const struct sinew_name name =
            sinew_name("bbox_head.%s_convs.%d.%d", branch, level, i);
        struct sinew_conv conv = {
            .out = head->channels, .kernel = 3, .stride = 1};
        if (head->net->separable) {
            x = sinew_build_separable(builder, x, &conv, name.text);
            continue;
        }
        const int64_t depth = head->channels, dims[4] = {depth, 3, 3, depth};
        if (level == 0)
            head->shared[i] = sinew_build_parameter(
                builder, sinew_name("%s.conv.weight", name.text).text, 4, dims,
                builder->init, 9 * depth);
        conv.shared = true;
        conv.weight = head->shared[i];
        x = sinew_build_conv_norm(builder, x, &conv, name.text);
    }
    return sinew_build_conv(
        builder, x, &last,
        sinew_name("bbox_head.rtm_%s.%d", branch, level).text);
}

static void build_heads(struct sinew_builder *builder,
                        const struct sinew_rtmdet *net, int32_t channels,
                        int32_t classes, const sinew_value *stage,
                        struct sinew_maps *maps) {
    /* Few places hold a person: start from a probability of 0.01. */
    const float rare = -logf((1 - 0.01f) / 0.01f);
    struct head cls = {.net = net, .channels = channels};
    struct head reg = cls;
    builder->init = (struct sinew_init){SINEW_INIT_NORMAL, 0.01f};
    for (int i = 0; i < LEVELS; i++) {
        maps->cls[i] =
            build_branch(builder, &cls, stage[i], i, "cls", classes, rare);
        maps->reg[i] = build_branch(builder, &reg, stage[i], i, "reg", 4, 0);
        if (net->exponent)
            maps->reg[i] =
                sinew_graph_add(builder->graph, SINEW_OP_EXP,
                                sinew_name("bbox_head.exp.%d", i).text, NULL,
                                SINEW_IN(maps->reg[i]));
    }
}

static sinew_status describe(sinew_graph *graph, const char *name,
                             const struct sinew_maps *maps, bool boxes) {
    const struct sinew_name input =
        sinew_name("%dx%d", maps->height, maps->width);
    const char *const entries[][2] = {
        {"sinew.network", name},
        {"sinew.input_size", input.text},
        {"sinew.color", "bgr"},
        {"sinew.mean", "123.675,116.28,103.53"},
        {"sinew.std", "58.395,57.12,57.375"},
        {"sinew.codec", boxes ? "boxes" : "distances"},
        {"sinew.data", "none: random initial weights"},
    };
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        sinew_status status =
            sinew_graph_set_metadata(graph, entries[i][0], entries[i][1]);
        if (status < 0) return status;
    }
    return SINEW_OK;
}

static sinew_status read_classes(const struct sinew_rtmdet *net,
                                 const sinew_network_options *options,
                                 struct sinew_maps *maps) {
    maps->classes = options->classes ? options->classes : 1;
    maps->height = maps->width = net->input;
    if (options->keypoints)
        return sinew_fail(SINEW_INVALID, "a detector has no keypoints");
    if (maps->classes < 1 || maps->classes > 10000)
        return sinew_fail(SINEW_INVALID, "%d classes are not within 1 to 10000",
                          maps->classes);
    if (options->end_to_end && options->batch != 1)
        return sinew_fail(SINEW_INVALID,
                          "boxes are found in one picture at a time");
    sinew_status status = sinew_model_size(options->input_height, net->input,
                                           32, "height", &maps->height);
    return status < 0 ? status
                      : sinew_model_size(options->input_width, net->input, 32,
                                         "width", &maps->width);
}

sinew_status sinew_rtmdet_build(sinew_graph *graph, const char *name,
                                const struct sinew_rtmdet *net,
                                const sinew_network_options *options) {
    struct sinew_cspnext backbone;
    struct sinew_maps maps = {0};
    sinew_value stages[SINEW_CSPNEXT_STAGES];
    struct sinew_builder builder = {
        .graph = graph,
        .seed = options->seed,
        .init = {SINEW_INIT_FAN_IN, 0},
        .epsilon = 1e-5f,
        .act = sinew_silu,
    };
    sinew_status status;
    SINEW_TRY(read_classes(net, options, &maps));
    SINEW_TRY(sinew_cspnext_scale(
        &backbone, options->widen != 0 ? options->widen : net->widen,
        options->deepen != 0 ? options->deepen : net->deepen, net->separable));
    const int64_t dims[4] = {options->batch, 3, maps.height, maps.width};
    sinew_value x = sinew_graph_add_input(graph, "input", SINEW_F32, 4, dims);
    x = sinew_build_to_nhwc(&builder, x, "pixels");
    sinew_build_cspnext(&builder, x, &backbone, "backbone", stages);
    build_neck(&builder, net, backbone.down + 1, stages + 1);
    build_heads(&builder, net, backbone.down[1], maps.classes, stages + 1,
                &maps);
    if (options->end_to_end)
        sinew_build_detections(&builder, &maps);
    else
        sinew_build_map_outputs(&builder, &maps);
    status = describe(graph, name, &maps, options->end_to_end);
fail:
    return status;
}
