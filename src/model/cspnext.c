/*
 * cspnext.c - the CSPNeXt-P5 backbone of RTMDet and RTMPose.
 *
 *   stem     3x3/2, 3x3, 3x3                         c(64)
 *   stage 1  3x3/2, csp x 3d                         c(128)
 *   stage 2  3x3/2, csp x 6d                         c(256)
 *   stage 3  3x3/2, csp x 6d                         c(512)
 *   stage 4  3x3/2, pooling pyramid, csp x 3d        c(1024)
 *
 * with c(n) = floor(n * widen); each convolution has a batch norm and an
 * activation. A csp layer splits into a shortcut and a main branch by 1x1,
 * passes main through blocks (3x3, then depthwise 5x5 and 1x1; plus their input
 * but in stage 4), joins main before shortcut, and ends in 1x1.
 *
 * Source: Lyu et al., "RTMDet" (2022), and the layer tables of its
 * configurations; names are those of the mmdet and mmpose checkpoints.
 */
#include <math.h>
#include "model/cspnext.h"

struct sinew_csp sinew_csp_plain(int32_t out, int32_t blocks, bool add,
                                 bool attention, bool separable) {
    const int32_t half = out / 2;
    struct sinew_csp csp = {
        .shortcut = half,
        .main = half,
        .n = blocks,
        .out = out,
        .add = add,
        .attention = attention,
        .separable = separable,
    };
    for (int i = 0; i < blocks; i++)
        csp.inner[i] = csp.block[i] = half;
    return csp;
}

sinew_status sinew_cspnext_scale(struct sinew_cspnext *net, double widen,
                                 double deepen, bool separable) {
    static const struct {
        int32_t channels, blocks;
        bool add;
    } stages[SINEW_CSPNEXT_STAGES] = {
        {128, 3, true}, {256, 6, true}, {512, 6, true}, {1024, 3, false}};
    if (!(widen >= 0.05 && widen <= 4))
        return sinew_fail(SINEW_INVALID, "widen %g is not within 0.05 to 4",
                          widen);
    if (!(deepen >= 0.01 && deepen <= 4))
        return sinew_fail(SINEW_INVALID, "deepen %g is not within 0.01 to 4",
                          deepen);
    *net = (struct sinew_cspnext){.spp_kernels = {5, 9, 13},
                                  .spp_act = sinew_silu,
                                  .separable = separable};
    net->stem[2] = (int32_t)floor(64 * widen);
    net->stem[0] = net->stem[1] = (int32_t)floor(64 * widen / 2);
    for (int i = 0; i < SINEW_CSPNEXT_STAGES; i++) {
        const int32_t out = (int32_t)floor(stages[i].channels * widen);
        const double blocks = rint(stages[i].blocks * deepen);
        net->down[i] = out;
        net->csp[i] = sinew_csp_plain(out, blocks < 1 ? 1 : (int32_t)blocks,
                                      stages[i].add, true, separable);
    }
    net->spp_out = net->down[SINEW_CSPNEXT_STAGES - 1];
    net->spp_inner = net->spp_out / 2;
    return SINEW_OK;
}

/* 3x3, depthwise 5x5, 1x1; block i of a csp layer. */
static sinew_value build_block(struct sinew_builder *builder, sinew_value x,
                               const struct sinew_csp *csp, int i,
                               const char *name) {
    const struct sinew_conv first = {
        .out = csp->inner[i], .kernel = 3, .stride = 1};
    const struct sinew_conv second = {
        .out = csp->block[i], .kernel = 5, .stride = 1};
    const struct sinew_name conv1 = sinew_name("%s.conv1", name);
    sinew_value y = csp->separable
                        ? sinew_build_separable(builder, x, &first, conv1.text)
                        : sinew_build_conv_norm(builder, x, &first, conv1.text);
    y = sinew_build_separable(builder, y, &second,
                              sinew_name("%s.conv2", name).text);
    return csp->add ? sinew_build_binary(builder, SINEW_OP_ADD, y, x, name) : y;
}

sinew_value sinew_build_csp(struct sinew_builder *builder, sinew_value x,
                            const struct sinew_csp *csp, const char *name) {
    const struct sinew_conv shortcut = {
        .out = csp->shortcut, .kernel = 1, .stride = 1};
    const struct sinew_conv main_branch = {
        .out = csp->main, .kernel = 1, .stride = 1};
    const struct sinew_conv last = {.out = csp->out, .kernel = 1, .stride = 1};
    sinew_value joined[2];
    joined[1] = sinew_build_conv_norm(builder, x, &shortcut,
                                      sinew_name("%s.short_conv", name).text);
    joined[0] = sinew_build_conv_norm(builder, x, &main_branch,
                                      sinew_name("%s.main_conv", name).text);
    for (int i = 0; i < csp->n; i++)
        joined[0] = build_block(builder, joined[0], csp, i,
                                sinew_name("%s.blocks.%d", name, i).text);
    x = sinew_build_concat(builder, -1, joined, 2,
                           sinew_name("%s.concat", name).text);
    if (csp->attention)
        x = sinew_build_channel_attention(
            builder, x, sinew_name("%s.attention", name).text);
    return sinew_build_conv_norm(builder, x, &last,
                                 sinew_name("%s.final_conv", name).text);
}

/* 1x1, joined with its maxima over squares of three sizes, 1x1. */
static sinew_value build_pyramid(struct sinew_builder *builder, sinew_value x,
                                 const struct sinew_cspnext *net,
                                 const char *name) {
    const struct sinew_conv first = {
        .out = net->spp_inner, .kernel = 1, .stride = 1};
    const struct sinew_conv last = {
        .out = net->spp_out, .kernel = 1, .stride = 1};
    struct sinew_builder own = *builder;
    sinew_value joined[4];
    own.act = net->spp_act;
    joined[0] = sinew_build_conv_norm(&own, x, &first,
                                      sinew_name("%s.conv1", name).text);
    for (int i = 0; i < 3; i++) {
        const int32_t k = net->spp_kernels[i], pad = k / 2;
        const struct sinew_pool2d_attr attr = {
            .kernel_h = k,
            .kernel_w = k,
            .stride_h = 1,
            .stride_w = 1,
            .dilation_h = 1,
            .dilation_w = 1,
            .pads = {pad, pad, pad, pad},
        };
        joined[i + 1] =
            sinew_graph_add(builder->graph, SINEW_OP_MAX_POOL2D,
                            sinew_name("%s.poolings.%d", name, i).text, &attr,
                            SINEW_IN(joined[0]));
    }
    x = sinew_build_concat(builder, -1, joined, 4,
                           sinew_name("%s.concat", name).text);
    return sinew_build_conv_norm(&own, x, &last,
                                 sinew_name("%s.conv2", name).text);
}

void sinew_build_cspnext(struct sinew_builder *builder, sinew_value x,
                         const struct sinew_cspnext *net, const char *name,
                         sinew_value stages[SINEW_CSPNEXT_STAGES]) {
    for (int i = 0; i < 3; i++) {
        const struct sinew_conv conv = {
            .out = net->stem[i], .kernel = 3, .stride = i == 0 ? 2 : 1};
        x = sinew_build_conv_norm(builder, x, &conv,
                                  sinew_name("%s.stem.%d", name, i).text);
    }
    for (int i = 0; i < SINEW_CSPNEXT_STAGES; i++) {
        const struct sinew_conv down = {
            .out = net->down[i], .kernel = 3, .stride = 2};
        const struct sinew_name stage = sinew_name("%s.stage%d", name, i + 1);
        const struct sinew_name first = sinew_name("%s.0", stage.text);
        const bool pyramid = i == SINEW_CSPNEXT_STAGES - 1;
        x = net->separable
                ? sinew_build_separable(builder, x, &down, first.text)
                : sinew_build_conv_norm(builder, x, &down, first.text);
        if (pyramid)
            x = build_pyramid(builder, x, net,
                              sinew_name("%s.1", stage.text).text);
        x = sinew_build_csp(
            builder, x, &net->csp[i],
            sinew_name("%s.%d", stage.text, pyramid ? 2 : 1).text);
        stages[i] = x;
    }
}
