/*
 * levitpose.c - LEViTPose, reconstructed: its authors published a description
 * and sizes, neither code nor weights. Widths are in zoo.def.
 *
 *   stem 1/4, entry, blocks     C1 channels
 *   subsampling 1/8, entry, blocks     C2
 *   subsampling 1/16, entry, blocks     C3
 *   recovery to 1/4 by two grouped transposed convolutions, 1x1 to K heatmaps
 *
 *   block: x += dw(x), x += ffn(x), x += attention(x), x += dw(x), x += ffn(x)
 *   attention: the channels in G groups, one after the other,
 *     f = X[i] + Y[i - 1],  q = dw5(1x1(f)),  k, v = 1x1(relu(1x1(pool(f))))
 *     Y[i] = softmax(q k' / sqrt(s)) v
 *   and 1x1(relu(Y)) in the end; k and v have 8 x 8 places whatever the size of
 *   the map, so that its cost is linear.
 *
 * Every convolution has a batch norm. The last norm of each branch that is
 * added starts with 0.
 *
 * Source: Wu et al., "Lightweight and efficient human pose estimation fusing
 * transformer and attention" (2024); Liu et al., "EfficientViT" (2023).
 */
#include <math.h>
#include "model/heatmaps.h"

enum { STAGES = 3, MOST_GROUPS = 16 };

enum end { LINEAR, ACTIVE, ZEROED }; ///< ZEROED: linear, starting with 0

static sinew_value conv_norm(struct sinew_builder *builder, sinew_value x,
                             const struct sinew_conv *conv, enum end end,
                             const char *name) {
    x = sinew_build_conv(builder, x, conv, sinew_name("%s.conv", name).text);
    x = sinew_build_norm_from(builder, x, end == ZEROED ? 0 : 1,
                              sinew_name("%s.bn", name).text);
    return end == ACTIVE ? sinew_build_act(builder, x, builder->act, name) : x;
}

static sinew_value conv1(struct sinew_builder *builder, sinew_value x,
                         int32_t out, enum end end, const char *name) {
    const struct sinew_conv conv = {.out = out, .kernel = 1, .stride = 1};
    return conv_norm(builder, x, &conv, end, name);
}

static sinew_value depthwise(struct sinew_builder *builder, sinew_value x,
                             int32_t kernel, int32_t stride, enum end end,
                             const char *name) {
    const struct sinew_conv conv = {
        .kernel = kernel, .stride = stride, .depthwise = true};
    return conv_norm(builder, x, &conv, end, name);
}

static void split(struct sinew_builder *builder, sinew_value x, int n,
                  const char *name, sinew_value *out) {
    static const struct sinew_axis_attr last = {-1};
    sinew_graph_add_node(builder->graph, SINEW_OP_SPLIT, name, &last,
                         SINEW_IN(x), out, n);
}

/* ---- entries of the stages -------------------------------------------------
 */

/* Two halves of the channels with different kernels, then interleaved. */
static sinew_value stem(struct sinew_builder *builder, sinew_value x,
                        const struct sinew_levitpose *net) {
    static const int64_t pairs[5] = {0, 0, 0, 2, -1};
    static const int32_t swap[5] = {0, 1, 2, 4, 3};
    const int32_t out = net->channels[0];
    const int64_t flat[4] = {0, 0, 0, out};
    const struct sinew_conv first = {
        .out = net->stem, .kernel = 3, .stride = 2};
    sinew_value half[2];
    x = conv_norm(builder, x, &first, ACTIVE, "stem.conv1");
    x = conv1(builder, x, out, ACTIVE, "stem.conv2");
    split(builder, x, 2, "stem.split", half);
    for (int i = 0; i < 2; i++) {
        const struct sinew_name name = sinew_name("stem.branch%d", i + 1);
        half[i] = depthwise(builder, half[i], i == 0 ? 3 : 5, 2, LINEAR,
                            sinew_name("%s.depthwise", name.text).text);
        half[i] = conv1(builder, half[i], out / 2, ACTIVE,
                        sinew_name("%s.pointwise", name.text).text);
    }
    x = sinew_build_concat(builder, -1, half, 2, "stem.concat");
    x = sinew_build_reshape(builder, x, 5, pairs, "stem.pairs");
    x = sinew_build_transpose(builder, x, 5, swap, "stem.swap");
    return sinew_build_reshape(builder, x, 4, flat, "stem.shuffle");
}

static sinew_value entry(struct sinew_builder *builder, sinew_value x,
                         int32_t out, const char *name) {
    x = depthwise(builder, x, 3, 1, ACTIVE,
                  sinew_name("%s.depthwise", name).text);
    return conv1(builder, x, out, LINEAR,
                 sinew_name("%s.pointwise", name).text);
}

static sinew_value subsample(struct sinew_builder *builder, sinew_value x,
                             const struct sinew_levitpose *net, int stage,
                             const char *name) {
    const int32_t in = net->channels[stage - 1], middle = net->expand * in;
    struct sinew_conv fc = {.out = in,
                            .kernel = 1,
                            .stride = 1,
                            .bias = true,
                            .bias_init = {SINEW_INIT_FAN_IN, 0}};
    x = conv1(builder, x, middle, ACTIVE, sinew_name("%s.expand", name).text);
    x = depthwise(builder, x, 5, 2, ACTIVE,
                  sinew_name("%s.depthwise", name).text);
    sinew_value z =
        sinew_build_mean(builder, x, sinew_name("%s.se.mean", name).text);
    z = sinew_build_conv(builder, z, &fc,
                         sinew_name("%s.se.reduce", name).text);
    z = sinew_build_act(builder, z, builder->act,
                        sinew_name("%s.se.act", name).text);
    fc.out = middle;
    z = sinew_build_conv(builder, z, &fc,
                         sinew_name("%s.se.expand", name).text);
    z = sinew_build_act(builder, z, SINEW_ACT_OF(SIGMOID),
                        sinew_name("%s.se.gate", name).text);
    x = sinew_build_binary(builder, SINEW_OP_MUL, x, z,
                           sinew_name("%s.se", name).text);
    return conv1(builder, x, net->channels[stage], LINEAR,
                 sinew_name("%s.project", name).text);
}

/* ---- blocks -------------------------------------------------------------- */

static sinew_value pool(struct sinew_builder *builder, sinew_value x,
                        int32_t grid, const char *name) {
    const sinew_tensor shape = sinew_graph_tensor(builder->graph, x);
    if (shape.rank != 4) return x;
    const int32_t h = (int32_t)shape.dims[1] / grid;
    const int32_t w = (int32_t)shape.dims[2] / grid;
    const struct sinew_pool2d_attr attr = {
        .kernel_h = h > 1 ? h : 1,
        .kernel_w = w > 1 ? w : 1,
        .stride_h = h > 1 ? h : 1,
        .stride_w = w > 1 ? w : 1,
        .dilation_h = 1,
        .dilation_w = 1,
    };
    if (h <= 1 && w <= 1) return x;
    return sinew_graph_add(builder->graph, SINEW_OP_AVG_POOL2D, name, &attr,
                           SINEW_IN(x));
}

/* One group of the attention: f [N, h, w, c] to the same shape. */
static sinew_value attend(struct sinew_builder *builder, sinew_value f,
                          const struct sinew_levitpose *net, const char *name) {
    const sinew_tensor shape = sinew_graph_tensor(builder->graph, f);
    if (shape.rank != 4) return f;
    const int32_t width = (int32_t)shape.dims[3];
    const struct sinew_axis_attr last = {-1};
    const struct sinew_matmul_attr scaled = {
        .transpose_b = 1, .alpha = 1 / sqrtf((float)net->key)};
    static const struct sinew_matmul_attr plain = {.alpha = 1};
    const int64_t sizes[2] = {net->key, width};
    const int64_t query[3] = {0, -1, net->key},
                  both[3] = {0, -1, net->key + width};
    const int64_t map[4] = {0, shape.dims[1], shape.dims[2], width};
    sinew_value kv[2];
    sinew_value q =
        conv1(builder, f, net->key, LINEAR, sinew_name("%s.q", name).text);
    q = depthwise(builder, q, 5, 1, LINEAR,
                  sinew_name("%s.q_depthwise", name).text);
    q = sinew_build_reshape(builder, q, 3, query,
                            sinew_name("%s.queries", name).text);
    sinew_value z =
        pool(builder, f, net->grid, sinew_name("%s.pool", name).text);
    z = conv1(builder, z, width, ACTIVE, sinew_name("%s.reduce", name).text);
    z = conv1(builder, z, net->key + width, LINEAR,
              sinew_name("%s.kv", name).text);
    z = sinew_build_reshape(builder, z, 3, both,
                            sinew_name("%s.places", name).text);
    sinew_graph_add_node(
        builder->graph, SINEW_OP_SPLIT, sinew_name("%s.split", name).text,
        &last, SINEW_IN(z, sinew_graph_add_i64s(builder->graph, sizes, 2)), kv,
        2);
    q = sinew_graph_add(builder->graph, SINEW_OP_MATMUL,
                        sinew_name("%s.scores", name).text, &scaled,
                        SINEW_IN(q, kv[0]));
    q = sinew_graph_add(builder->graph, SINEW_OP_SOFTMAX,
                        sinew_name("%s.softmax", name).text, &last,
                        SINEW_IN(q));
    q = sinew_graph_add(builder->graph, SINEW_OP_MATMUL,
                        sinew_name("%s.values", name).text, &plain,
                        SINEW_IN(q, kv[1]));
    return sinew_build_reshape(builder, q, 4, map, name);
}

static sinew_value attention(struct sinew_builder *builder, sinew_value x,
                             const struct sinew_levitpose *net, int32_t width,
                             const char *name) {
    sinew_value part[MOST_GROUPS];
    split(builder, x, net->groups, sinew_name("%s.groups", name).text, part);
    for (int i = 0; i < net->groups; i++) {
        if (i > 0)
            part[i] =
                sinew_build_binary(builder, SINEW_OP_ADD, part[i], part[i - 1],
                                   sinew_name("%s.%d.cascade", name, i).text);
        part[i] =
            attend(builder, part[i], net, sinew_name("%s.%d", name, i).text);
    }
    x = sinew_build_concat(builder, -1, part, net->groups,
                           sinew_name("%s.concat", name).text);
    x = sinew_build_act(builder, x, builder->act,
                        sinew_name("%s.act", name).text);
    return conv1(builder, x, width, ZEROED, sinew_name("%s.proj", name).text);
}

/* x + one of the parts of a block. */
static sinew_value add_part(struct sinew_builder *builder, sinew_value x,
                            const struct sinew_levitpose *net, int32_t width,
                            const char *kind, const char *name) {
    sinew_value y;
    switch (kind[0]) {
    case 'd':
        y = depthwise(builder, x, 3, 1, ZEROED, name);
        break;
    case 'f':
        y = conv1(builder, x, net->ffn * width, ACTIVE,
                  sinew_name("%s.fc1", name).text);
        y = conv1(builder, y, width, ZEROED, sinew_name("%s.fc2", name).text);
        break;
    default:
        y = attention(builder, x, net, width, name);
    }
    return sinew_build_binary(builder, SINEW_OP_ADD, x, y,
                              sinew_name("%s.add", name).text);
}

static sinew_value block(struct sinew_builder *builder, sinew_value x,
                         const struct sinew_levitpose *net, int32_t width,
                         const char *name) {
    static const char *const parts[] = {"dw1", "ffn1", "attn", "dw2", "ffn2"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        x = add_part(builder, x, net, width, parts[i],
                     sinew_name("%s.%s", name, parts[i]).text);
    return x;
}

/* ---- the network ----------------------------------------------------------
 */

static void recover(struct sinew_builder *builder, sinew_value x,
                    const struct sinew_levitpose *net, int32_t keypoints) {
    const struct sinew_init fan_in = builder->init;
    const struct sinew_init small = {SINEW_INIT_NORMAL, 0.001f};
    const struct sinew_deconv deconv = {
        .out = net->head, .kernel = 4, .stride = 2, .groups = net->deconv};
    const struct sinew_conv last = {
        .out = keypoints, .kernel = 1, .stride = 1, .bias = true};
    for (int i = 0; i < 2; i++) {
        const struct sinew_name name = sinew_name("head.deconv%d", i + 1);
        builder->init = fan_in;
        x = conv1(builder, x, net->head, ACTIVE,
                  sinew_name("head.conv%d", i + 1).text);
        builder->init = small;
        x = sinew_build_deconv(builder, x, &deconv, name.text);
        x = sinew_build_norm(builder, x, sinew_name("%s.bn", name.text).text);
        x = sinew_build_act(builder, x, builder->act,
                            sinew_name("%s.act", name.text).text);
    }
    x = sinew_build_conv(builder, x, &last, "head.final_layer");
    sinew_build_map_output(builder, x, "heatmaps");
}

/* Widths in eights, so that groups and halves come out even. */
static sinew_status scale(struct sinew_levitpose *net,
                          const sinew_network_options *options) {
    const double widen = options->widen != 0 ? options->widen : 1;
    const double deepen = options->deepen != 0 ? options->deepen : 1;
    if (!(widen >= 0.25 && widen <= 4) || !(deepen >= 0.25 && deepen <= 4))
        return sinew_fail(SINEW_INVALID,
                          "widen %g and deepen %g are not both within 0.25 to "
                          "4",
                          widen, deepen);
    for (int i = 0; i < STAGES; i++) {
        const double blocks = rint(net->blocks[i] * deepen);
        net->channels[i] = (int32_t)rint(net->channels[i] * widen / 8) * 8;
        net->blocks[i] = blocks < 1 ? 1 : (int32_t)blocks;
    }
    return SINEW_OK;
}

static const char *const metadata[][2] = {
    {"sinew.color", "rgb"},
    {"sinew.mean", "123.675,116.28,103.53"},
    {"sinew.frame", "box"},
    {"sinew.std", "58.395,57.12,57.375"},
    {"sinew.crop", "affine"},
    {"sinew.padding", "1.25"},
    {"sinew.decode", "quarter"},
    {"sinew.heatmap_stride", "4"},
    {NULL, NULL},
};

sinew_status sinew_levitpose_build(sinew_graph *graph, const char *name,
                                   const struct sinew_levitpose *table,
                                   const sinew_network_options *options) {
    const struct sinew_heatmap_family family = {
        .height = 256,
        .width = 256,
        .step = 16 * table->grid,
        .keypoints = 16,
        .set = "mpii16",
        .scales = true,
        .metadata = metadata,
    };
    struct sinew_builder builder = {
        .graph = graph,
        .seed = options->seed,
        .init = {SINEW_INIT_FAN_IN, 0},
        .epsilon = 1e-5f,
        .act = SINEW_ACT_OF(RELU),
    };
    struct sinew_levitpose net = *table;
    struct sinew_heatmap_sizes sizes;
    sinew_status status;
    SINEW_TRY(sinew_heatmap_sizes_read(&sizes, &family, options));
    SINEW_TRY(scale(&net, options));
    sinew_value x = sinew_build_picture(&builder, &sizes);
    for (int s = 0; s < STAGES; s++) {
        const struct sinew_name stage = sinew_name("stage%d", s + 1);
        x = s == 0 ? stem(&builder, x, &net)
                   : subsample(&builder, x, &net, s,
                               sinew_name("%s.subsample", stage.text).text);
        x = entry(&builder, x, net.channels[s],
                  sinew_name("%s.entry", stage.text).text);
        for (int i = 0; i < net.blocks[s]; i++)
            x = block(&builder, x, &net, net.channels[s],
                      sinew_name("%s.blocks.%d", stage.text, i).text);
    }
    recover(&builder, x, &net, sizes.keypoints);
    status = sinew_heatmap_describe(graph, name, &family, &sizes);
fail:
    return status;
}
