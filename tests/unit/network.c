/*
 * network.c - networks built here: sizes as published, names of checkpoints,
 * initial weights, what options refuse, boxes as decoded by hand.
 *
 * Parameters are those trained: a batch norm counts its weight and bias, its
 * running statistics are not counted. Multiply-adds are those of convolutions
 * and linear layers.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sinew/network.h>
#include <sinew/runtime.h>
#include "graph/graph.h"
#include "pose/spec.h"

static sinew_graph *build(const char *name,
                          const sinew_network_options *options) {
    sinew_graph *graph = NULL;
    if (sinew_network_build(&graph, name, options) < 0)
        fail_msg("%s", sinew_error_message());
    return graph;
}

static sinew_network_options defaults(void) {
    sinew_network_options options;
    sinew_network_options_init(&options);
    return options;
}

static const struct sinew_value_info *find(const sinew_graph *graph,
                                           const char *name) {
    for (int i = 0; i < graph->n_values; i++)
        if (strcmp(graph->values[i].name, name) == 0) return &graph->values[i];
    return NULL;
}

/* Trained numbers of the constants whose names begin so. */
static int64_t count_prefix(const sinew_graph *graph, const char *prefix) {
    int64_t count = 0;
    for (int i = 0; i < graph->n_values; i++) {
        const struct sinew_value_info *value = &graph->values[i];
        if (value->role == SINEW_ROLE_CONST &&
            strncmp(value->name, prefix, strlen(prefix)) == 0 &&
            !strstr(value->name, ".running_"))
            count += sinew_tensor_count(&value->tensor);
    }
    return count;
}

/* Running means and variances. */
static int64_t count_statistics(const sinew_graph *graph) {
    int64_t count = 0;
    for (int i = 0; i < graph->n_values; i++)
        if (strstr(graph->values[i].name, ".running_"))
            count += sinew_tensor_count(&graph->values[i].tensor);
    return count;
}

/* Whole numbers, or millions to the digits of a published table. */
static void check_count(const char *name, int64_t got, int64_t want) {
    if (got != want)
        fail_msg("%s: %lld, not %lld", name, (long long)got, (long long)want);
}
static void check_millions(const char *name, int64_t got, double millions,
                           double digit) {
    if (fabs((double)got * 1e-6 - millions) > digit / 2 * 1.0001)
        fail_msg("%s: %lld, not %g million", name, (long long)got, millions);
}

static void pose_sizes(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int keypoints;
        int64_t parameters;
        double millions; /* multiply-adds */
    } rows[] = {
        {"rtmpose-t", 17, 3337007, 354.6},
        {"rtmpose-t", 26, 3506360, 368.7},
        {"rtmpose-s", 17, 5473251, 676.2},
        {"rtmpose-s", 26, 5699052, 693.1},
        {"rtmpose-m", 17, 13587611, 1917.5},
        {"rtmpose-m", 26, 13926308, 1939.8},
        {"rtmpose-l", 17, 27660339, 4142.1},
        {"rtmpose-l", 26, 28111932, 4169.8},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sinew_network_options options = defaults();
        options.keypoints = rows[i].keypoints;
        sinew_graph *graph = build(rows[i].name, &options);
        const sinew_graph_stats stats = sinew_graph_count(graph);
        check_count(rows[i].name, stats.parameters, rows[i].parameters);
        check_millions(rows[i].name, stats.macs, rows[i].millions, 0.1);
        sinew_graph_free(&graph);
    }
}

static void elifpose_sizes(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t parameters, macs;
    } rows[] = {
        {"elifpose", 3506360, 368748800},
        {"elifpose-config", 3506360, 368748800},
        {"elifpose-model", 5699052, 693067776},
        {"elifpose-pruned", 2176892, 188161811},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sinew_graph *graph = build(rows[i].name, NULL);
        const sinew_graph_stats stats = sinew_graph_count(graph);
        check_count(rows[i].name, stats.parameters, rows[i].parameters);
        check_count(rows[i].name, stats.macs, rows[i].macs);
        sinew_graph_free(&graph);
    }
}

/* Networks that give heatmaps: trained numbers, running statistics of batch
 * norms, multiply-adds at a size (0 = its own). */
static void heatmap_sizes(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int32_t side;
        int64_t parameters, statistics, macs;
    } rows[] = {
        {"efficientpose-rt", 0, 453336, 12272, 432431872},
        {"efficientpose-i", 0, 708596, 17520, 827051648},
        {"efficientpose-ii", 0, 1704236, 36144, 3800145760},
        {"efficientpose-iii", 0, 3178440, 59824, 11522198848},
        {"efficientpose-iv", 0, 6471206, 100336, 36029040400},
        {"efficientpose-rt-lite", 0, 392336, 12272, 428239616},
        {"efficientpose-i-lite", 0, 575392, 16240, 767934464},
        {"efficientpose-ii-lite", 0, 1430192, 34768, 3622625856},
        {"cpm", 0, 558960, 12168, 277261056},
        {"cpm-source", 0, 1207646, 20308, 538745472},
        {"cpm-source", 224, 1207646, 20308, 733292448},
        {"cpm-source", 256, 1207646, 20308, 957769728},
        {"hourglass", 0, 394312, 16344, 268228512},
        {"hourglass-source", 256, 394312, 16344, 476850688},
        {"levitpose-t", 0, 1082176, 22464, 822958080},
        {"levitpose-s", 0, 2158064, 31040, 1233823744},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sinew_network_options options = defaults();
        options.input_height = options.input_width = rows[i].side;
        sinew_graph *graph = build(rows[i].name, &options);
        const sinew_graph_stats stats = sinew_graph_count(graph);
        check_count(rows[i].name, stats.parameters, rows[i].parameters);
        check_count(rows[i].name, stats.macs, rows[i].macs);
        check_count(rows[i].name, count_statistics(graph), rows[i].statistics);
        sinew_graph_free(&graph);
    }
}

/* Of LEViTPose, stage by stage. */
static void levitpose_parts(void **state) {
    (void)state;
    static const char *const prefix[] = {"stem.",
                                         "stage1.entry.",
                                         "stage1.blocks.",
                                         "stage2.subsample.",
                                         "stage2.entry.",
                                         "stage2.blocks.",
                                         "stage3.subsample.",
                                         "stage3.entry.",
                                         "stage3.blocks.",
                                         "head."};
    static const struct {
        const char *name;
        int64_t parts[10];
    } rows[] = {
        {"levitpose-t",
         {6496, 4928, 45504, 77536, 7440, 205632, 122544, 14000, 387648,
          210448}},
        {"levitpose-s",
         {6496, 4928, 45504, 85792, 14000, 387648, 250480, 39360, 1098048,
          225808}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sinew_graph *graph = build(rows[i].name, NULL);
        for (int part = 0; part < 10; part++)
            check_count(prefix[part], count_prefix(graph, prefix[part]),
                        rows[i].parts[part]);
        sinew_graph_free(&graph);
    }
    sinew_network_options options = defaults();
    options.keypoints = 17;
    sinew_graph *graph = build("levitpose-s", &options);
    check_count("17 keypoints", sinew_graph_count(graph).parameters, 2158257);
    sinew_graph_free(&graph);
    options.widen = 0.5;
    options.deepen = 2;
    graph = build("levitpose-t", &options);
    assert_non_null(find(graph, "stage3.blocks.5.attn.3.kv.conv.weight"));
    assert_int_equal(
        find(graph, "stage3.entry.pointwise.conv.weight")->tensor.dims[0], 56);
    sinew_graph_free(&graph);
}

/* Stem, stages 1 to 4 and head, 26 keypoints. */
static void pose_parts(void **state) {
    (void)state;
    static const char *const prefix[6] = {
        "backbone.stem.",   "backbone.stage1.", "backbone.stage2.",
        "backbone.stage3.", "backbone.stage4.", "head."};
    static const struct {
        const char *name;
        double widen, deepen;
        int64_t parts[6];
    } rows[] = {
        {"rtmpose-t", 0, 0, {4308, 24120, 94320, 372960, 1852992, 1157660}},
        {"rtmpose-s", 0, 0, {7472, 42400, 209664, 828928, 3289856, 1320732}},
        {"rtmpose-m", 0, 0, {16392, 118848, 658368, 2606976, 8878848, 1646876}},
        {"rtmpose-l",
         0,
         0,
         {28768, 252608, 1500160, 5949440, 18407936, 1973020}},
        {"cspnext-t", 0, 0, {4308, 24120, 94320, 372960, 1852992, 160160}},
        {"cspnext-s", 0, 0, {7472, 42400, 209664, 828928, 3289856, 213408}},
        {"cspnext-m", 0, 0, {16392, 118848, 658368, 2606976, 8878848, 319904}},
        {"rtmpose-s",
         0.625,
         0.33,
         {11500, 65800, 326080, 1292160, 5136320, 1483804}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sinew_network_options options = defaults();
        options.widen = rows[i].widen;
        options.deepen = rows[i].deepen;
        sinew_graph *graph = build(rows[i].name, &options);
        for (int part = 0; part < 6; part++)
            check_count(prefix[part], count_prefix(graph, prefix[part]),
                        rows[i].parts[part]);
        sinew_graph_free(&graph);
    }
}

/* Factors between the published sizes, odd widths among them. */
static void pose_factors(void **state) {
    (void)state;
    static const struct {
        double widen, deepen;
        int64_t parameters;
        double millions;
    } rows[] = {
        {0.625, 0.33, 8315664, 1060},    {0.625, 0.42, 8643104, 1160},
        {0.59375, 0.5, 8855620, 1144},   {0.6, 0.5, 8994882, 1153},
        {0.65625, 0.167, 8694140, 1053}, {0.65, 0.33, 8872246, 1126},
        {0.5625, 0.67, 8323646, 1113},   {0.5, 1, 7891116, 1083},
        {0.65625, 0.33, 9054752, 1164},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sinew_network_options options = defaults();
        char name[40];
        options.widen = rows[i].widen;
        options.deepen = rows[i].deepen;
        snprintf(name, sizeof name, "rtmpose %g %g", options.widen,
                 options.deepen);
        sinew_graph *graph = build("rtmpose-t", &options);
        const sinew_graph_stats stats = sinew_graph_count(graph);
        check_count(name, stats.parameters, rows[i].parameters);
        check_millions(name, stats.macs, rows[i].millions, 1);
        sinew_graph_free(&graph);
    }
}

static void detector_sizes(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int classes;
        int64_t parameters;
        double millions, digit;
    } rows[] = {
        {"rtmdet-nano", 80, 1009828, 318.7, .1},
        {"rtmdet-nano", 1, 994423, 308.0, .1},
        {"rtmdet-tiny", 80, 4896168, 8036, 1},
        {"rtmdet-tiny", 1, 4873179, 7972, 1},
        {"rtmdet-s", 80, 8886924, 14761, 1},
        {"rtmdet-s", 1, 8856351, 14676, 1},
        {"rtmdet-m", 80, 24709188, 39066, 1},
        {"rtmdet-m", 1, 24663447, 38939, 1},
        {"rtmdet-l", 80, 52315804, 79899, 1},
        {"rtmdet-l", 1, 52254895, 79729, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sinew_network_options options = defaults();
        options.classes = rows[i].classes;
        sinew_graph *graph = build(rows[i].name, &options);
        const sinew_graph_stats stats = sinew_graph_count(graph);
        check_count(rows[i].name, stats.parameters, rows[i].parameters);
        check_millions(rows[i].name, stats.macs, rows[i].millions,
                       rows[i].digit);
        sinew_graph_free(&graph);
    }
}

/* Backbone, neck and head for one class. */
static void detector_parts(void **state) {
    (void)state;
    static const char *const prefix[3] = {"backbone.", "neck.", "bbox_head."};
    static const struct {
        const char *name;
        int64_t parts[3];
    } rows[] = {
        {"rtmdet-nano", {545128, 389184, 60111}},
        {"rtmdet-tiny", {2348700, 2188944, 335535}},
        {"rtmdet-s", {4378320, 3883200, 594831}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sinew_graph *graph = build(rows[i].name, NULL);
        for (int part = 0; part < 3; part++)
            check_count(prefix[part], count_prefix(graph, prefix[part]),
                        rows[i].parts[part]);
        sinew_graph_free(&graph);
    }
}

static void names(void **state) {
    (void)state;
    static const struct {
        const char *network, *parameter;
        int rank;
        int64_t dims[4];
    } rows[] = {
        {"rtmpose-t", "backbone.stem.0.conv.weight", 4, {12, 3, 3, 3}},
        {"rtmpose-t", "backbone.stage1.0.bn.running_var", 1, {48}},
        {"rtmpose-t",
         "backbone.stage1.1.main_conv.conv.weight",
         4,
         {24, 1, 1, 48}},
        {"rtmpose-t", "backbone.stage1.1.short_conv.bn.bias", 1, {24}},
        {"rtmpose-t",
         "backbone.stage2.1.blocks.0.conv1.conv.weight",
         4,
         {48, 3, 3, 48}},
        {"rtmpose-t",
         "backbone.stage2.1.blocks.0.conv2.depthwise_conv.conv.weight",
         4,
         {48, 5, 5, 1}},
        {"rtmpose-t",
         "backbone.stage2.1.blocks.0.conv2.pointwise_conv.bn.weight",
         1,
         {48}},
        {"rtmpose-t", "backbone.stage3.1.attention.fc.bias", 1, {192}},
        {"rtmpose-t",
         "backbone.stage4.1.conv2.conv.weight",
         4,
         {384, 1, 1, 768}},
        {"rtmpose-t",
         "backbone.stage4.2.final_conv.conv.weight",
         4,
         {384, 1, 1, 384}},
        {"rtmpose-t", "head.final_layer.weight", 4, {26, 7, 7, 384}},
        {"rtmpose-t", "head.final_layer.bias", 1, {26}},
        {"rtmpose-t", "head.mlp.0.g", 1, {1}},
        {"rtmpose-t", "head.mlp.1.weight", 2, {256, 48}},
        {"rtmpose-t", "head.gau.ln.g", 1, {1}},
        {"rtmpose-t", "head.gau.uv.weight", 2, {1152, 256}},
        {"rtmpose-t", "head.gau.o.weight", 2, {256, 512}},
        {"rtmpose-t", "head.gau.gamma", 2, {2, 128}},
        {"rtmpose-t", "head.gau.beta", 2, {2, 128}},
        {"rtmpose-t", "head.gau.res_scale.scale", 1, {256}},
        {"rtmpose-t", "head.cls_x.weight", 2, {384, 256}},
        {"rtmpose-t", "head.cls_y.weight", 2, {512, 256}},
        {"rtmdet-nano",
         "backbone.stage1.0.depthwise_conv.conv.weight",
         4,
         {16, 3, 3, 1}},
        {"rtmdet-nano",
         "backbone.stage4.2.blocks.0.conv1.pointwise_conv.conv.weight",
         4,
         {128, 1, 1, 128}},
        {"rtmdet-nano",
         "neck.reduce_layers.0.conv.weight",
         4,
         {128, 1, 1, 256}},
        {"rtmdet-nano", "neck.top_down_blocks.1.final_conv.bn.weight", 1, {64}},
        {"rtmdet-nano",
         "neck.downsamples.1.depthwise_conv.conv.weight",
         4,
         {128, 3, 3, 1}},
        {"rtmdet-nano",
         "neck.bottom_up_blocks.1.main_conv.conv.weight",
         4,
         {128, 1, 1, 256}},
        {"rtmdet-nano",
         "neck.out_convs.2.pointwise_conv.conv.weight",
         4,
         {64, 1, 1, 256}},
        {"rtmdet-nano",
         "bbox_head.cls_convs.2.1.depthwise_conv.conv.weight",
         4,
         {64, 3, 3, 1}},
        {"rtmdet-tiny",
         "bbox_head.reg_convs.0.1.conv.weight",
         4,
         {96, 3, 3, 96}},
        {"rtmdet-tiny", "bbox_head.reg_convs.2.1.bn.running_mean", 1, {96}},
        {"rtmdet-tiny", "bbox_head.rtm_cls.2.bias", 1, {1}},
        {"rtmdet-tiny", "bbox_head.rtm_reg.1.weight", 4, {4, 1, 1, 96}},
        {"efficientpose-iv", "stem_conv_res2.weight", 4, {40, 3, 3, 3}},
        {"efficientpose-iv",
         "block3g_se_reduce_res1.weight",
         4,
         {20, 1, 1, 480}},
        {"efficientpose-iv", "block2c_project_bn_res2.running_var", 1, {32}},
        {"efficientpose-iv",
         "pass3_block4_mbconv3_detection2_se_se_excite_conv.bias",
         1,
         {480}},
        {"efficientpose-iv", "upscaled_confs.weight", 4, {16, 4, 4, 16}},
        {"efficientpose-ii-lite",
         "efficientnet-lite4/model/blocks_8/conv2d_1/Conv2D_0.weight",
         4,
         {56, 1, 1, 336}},
        {"efficientpose-ii-lite",
         "efficientnet-lite4/model/blocks_0/tpu_batch_normalization_1/"
         "FusedBatchNormV3_0.bias",
         1,
         {24}},
        {"cpm",
         "Convolutional_Pose_Machine/stage_5_mv2/"
         "inverted_bottleneck_stage_5_mv2_1/stage_5_mv2_1_depthwise.weight",
         4,
         {260, 7, 7, 1}},
        {"cpm",
         "Convolutional_Pose_Machine/stage_0_mv1/"
         "stage_0_mv1_1_pointwise.weight",
         4,
         {256, 1, 1, 24}},
        {"hourglass",
         "hourglass_branch_jump_3/"
         "inverted_bottleneck_hourglass_branch_jump_3_5/"
         "hourglass_branch_jump_3_5_pointwise/BatchNorm.bias",
         1,
         {14}},
        {"hourglass",
         "inverted_bottleneck_hourglass_back_1/hourglass_back_1_depthwise."
         "weight",
         4,
         {84, 3, 3, 1}},
    };
    const char *network = "";
    sinew_graph *graph = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(network, rows[i].network) != 0) {
            sinew_graph_free(&graph);
            network = rows[i].network;
            graph = build(network, NULL);
        }
        const struct sinew_value_info *value = find(graph, rows[i].parameter);
        if (!value) fail_msg("no '%s'", rows[i].parameter);
        bool same = value->tensor.rank == rows[i].rank;
        for (int d = 0; same && d < rows[i].rank; d++)
            same = value->tensor.dims[d] == rows[i].dims[d];
        if (!same) fail_msg("'%s' has another shape", rows[i].parameter);
    }
    sinew_graph_free(&graph);
}

static double deviation(const sinew_graph *graph, const char *name,
                        double *mean, double *most) {
    const struct sinew_value_info *value = find(graph, name);
    assert_non_null(value);
    const float *data = value->tensor.data;
    const int64_t n = sinew_tensor_count(&value->tensor);
    double sum = 0, squares = 0;
    *most = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)data[i];
        squares += (double)data[i] * (double)data[i];
        *most = fmax(*most, fabs((double)data[i]));
    }
    *mean = sum / (double)n;
    return sqrt(squares / (double)n - *mean * *mean);
}

static void initial_weights(void **state) {
    (void)state;
    double mean, most;
    sinew_graph *graph = build("rtmpose-t", NULL);
    /* Uniform within 1 / sqrt(fan in), fan in 9 * 96. */
    const double bound = 1 / sqrt(864);
    double s = deviation(graph, "backbone.stage3.0.conv.weight", &mean, &most);
    assert_true(most <= bound && most > 0.99 * bound);
    assert_true(fabs(mean) < 0.01 * bound);
    assert_true(fabs(s / (bound / sqrt(3)) - 1) < 0.01);
    s = deviation(graph, "head.final_layer.weight", &mean, &most);
    assert_true(fabs(s / 0.001 - 1) < 0.01 && fabs(mean) < 1e-5);
    s = deviation(graph, "head.gau.uv.weight", &mean, &most);
    assert_true(fabs(s / 0.01 - 1) < 0.01 && fabs(mean) < 1e-4);
    s = deviation(graph, "head.gau.gamma", &mean, &most);
    assert_true(fabs(mean - 0.5) < 0.1 && most < 1 && s > 0.2);
    s = deviation(graph, "backbone.stem.0.bn.running_var", &mean, &most);
    assert_true(mean == 1 && s == 0);
    s = deviation(graph, "head.gau.res_scale.scale", &mean, &most);
    assert_true(mean == 1 && s == 0);
    sinew_graph_free(&graph);
    graph = build("rtmdet-tiny", NULL);
    s = deviation(graph, "bbox_head.cls_convs.0.0.conv.weight", &mean, &most);
    assert_true(fabs(s / 0.01 - 1) < 0.01);
    s = deviation(graph, "bbox_head.rtm_cls.0.bias", &mean, &most);
    assert_true(fabs(mean + 4.59511985) < 1e-5);
    sinew_graph_free(&graph);
    graph = build("efficientpose-i", NULL);
    /* Variance 2 / fan out, cut at two deviations of the uncut normal. */
    s = deviation(graph, "block3b_expand_conv_res1.weight", &mean, &most);
    assert_true(fabs(s / sqrt(2.0 / 288) - 1) < 0.02);
    assert_true(most < 2.274 * sqrt(2.0 / 288));
    const double glorot = sqrt(6.0 / (216 + 288));
    s = deviation(graph, "pass2_block1_mbconv1_detection1_conv1.weight", &mean,
                  &most);
    assert_true(most <= glorot && most > 0.99 * glorot);
    /* Twice as large by 1/4 3/4 3/4 1/4, channel to channel. */
    const float *up = find(graph, "upscaled_confs.weight")->tensor.data;
    assert_true(up[16 * (16 * 3 + 4 * 1 + 2) + 3] == 0.5625f);
    assert_true(up[16 * (16 * 3 + 4 * 0 + 2) + 3] == 0.1875f);
    assert_true(up[16 * (16 * 3 + 4 * 1 + 2) + 4] == 0);
    sinew_graph_free(&graph);
    graph = build("levitpose-t", NULL);
    s = deviation(graph, "stage2.blocks.1.attn.proj.bn.weight", &mean, &most);
    assert_true(mean == 0 && most == 0);
    s = deviation(graph, "stage2.blocks.1.ffn1.fc1.bn.weight", &mean, &most);
    assert_true(mean == 1 && s == 0);
    sinew_graph_free(&graph);
}

static bool same_weights(const sinew_graph *a, const sinew_graph *b) {
    const char *name = "backbone.stage4.2.final_conv.conv.weight";
    const sinew_tensor *x = &find(a, name)->tensor;
    return memcmp(x->data, find(b, name)->tensor.data,
                  (size_t)sinew_tensor_count(x) * sizeof(float)) == 0;
}

static void seeds(void **state) {
    (void)state;
    sinew_network_options options = defaults();
    sinew_graph *a = build("rtmpose-t", &options);
    sinew_graph *again = build("rtmpose-t", &options);
    options.keypoints = 17; /* other layers do not change these */
    sinew_graph *fewer = build("rtmpose-t", &options);
    options.seed = 2;
    sinew_graph *other = build("rtmpose-t", &options);
    assert_true(same_weights(a, again));
    assert_true(same_weights(a, fewer));
    assert_false(same_weights(a, other));
    sinew_graph_free(&a);
    sinew_graph_free(&again);
    sinew_graph_free(&fewer);
    sinew_graph_free(&other);
}

static void inputs_and_outputs(void **state) {
    (void)state;
    sinew_network_options options = defaults();
    options.batch = 2;
    options.input_height = 384;
    options.input_width = 288;
    options.keypoints = 17;
    sinew_graph *graph = build("rtmpose-t", &options);
    const sinew_tensor in = sinew_graph_input(graph, 0);
    const sinew_tensor x = sinew_graph_output(graph, 0);
    const sinew_tensor y = sinew_graph_output(graph, 1);
    assert_string_equal(sinew_graph_input_name(graph, 0), "input");
    assert_string_equal(sinew_graph_output_name(graph, 0), "simcc_x");
    assert_string_equal(sinew_graph_output_name(graph, 1), "simcc_y");
    assert_int_equal(in.dims[0], 2);
    assert_int_equal(in.dims[1], 3);
    assert_int_equal(in.dims[2], 384);
    assert_int_equal(in.dims[3], 288);
    assert_int_equal(x.dims[1], 17);
    assert_int_equal(x.dims[2], 576);
    assert_int_equal(y.dims[2], 768);
    assert_string_equal(sinew_graph_metadata(graph, "sinew.input_size"),
                        "384x288");
    assert_string_equal(sinew_graph_metadata(graph, "sinew.keypoint_set"),
                        "coco17");
    sinew_graph_free(&graph);
    static const struct {
        const char *name, *set;
        int outputs;
        int64_t maps, side;
    } rows[] = {
        {"efficientpose-i", "efficientpose16", 4, 16, 256},
        {"efficientpose-rt-lite", "efficientpose16", 1, 16, 224},
        {"cpm", "cpm14", 6, 14, 96},
        {"hourglass", "cpm14", 4, 14, 48},
        {"levitpose-t", "mpii16", 1, 16, 64},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        graph = build(rows[i].name, NULL);
        const int last = sinew_graph_output_count(graph) - 1;
        const sinew_tensor maps = sinew_graph_output(graph, last);
        assert_int_equal(last + 1, rows[i].outputs);
        assert_string_equal(sinew_graph_output_name(graph, last), "heatmaps");
        assert_int_equal(maps.dims[1], rows[i].maps);
        assert_int_equal(maps.dims[2], rows[i].side);
        assert_int_equal(maps.dims[3], rows[i].side);
        assert_string_equal(sinew_graph_metadata(graph, "sinew.keypoint_set"),
                            rows[i].set);
        struct sinew_pose_spec spec;
        if (sinew_pose_spec_read(&spec, graph) < 0)
            fail_msg("%s: %s", rows[i].name, sinew_error_message());
        sinew_pose_spec_clear(&spec);
        sinew_graph_free(&graph);
    }
    graph = build("rtmdet-nano", NULL);
    assert_int_equal(sinew_graph_output_count(graph), 6);
    assert_string_equal(sinew_graph_output_name(graph, 2), "cls5");
    assert_string_equal(sinew_graph_output_name(graph, 3), "reg3");
    assert_int_equal(sinew_graph_output(graph, 3).dims[1], 4);
    assert_int_equal(sinew_graph_output(graph, 3).dims[2], 40);
    sinew_graph_free(&graph);
}

static void refused_options(void **state) {
    (void)state;
    static const struct {
        const char *network;
        sinew_status status;
        sinew_network_options options;
    } rows[] = {
        {"rtmpose-x", SINEW_NOTFOUND, {.batch = 1}},
        {"rtmpose-t", SINEW_SHAPE, {.input_height = 250}},
        {"rtmpose-t", SINEW_SHAPE, {.input_width = 8192}},
        {"rtmpose-t", SINEW_INVALID, {.keypoints = -1}},
        {"rtmpose-t", SINEW_INVALID, {.keypoints = 1001}},
        {"rtmpose-t", SINEW_INVALID, {.classes = 80}},
        {"rtmpose-t", SINEW_INVALID, {.end_to_end = 1}},
        {"rtmpose-t", SINEW_INVALID, {.widen = -1}},
        {"rtmpose-t", SINEW_INVALID, {.widen = 100}},
        {"rtmpose-t", SINEW_INVALID, {.deepen = NAN}},
        {"rtmpose-t", SINEW_INVALID, {.batch = -1}},
        {"elifpose-pruned", SINEW_INVALID, {.widen = 0.5}},
        {"rtmdet-nano", SINEW_INVALID, {.keypoints = 17}},
        {"efficientpose-rt", SINEW_INVALID, {.widen = 0.5}},
        {"efficientpose-rt", SINEW_INVALID, {.classes = 1}},
        {"efficientpose-rt", SINEW_SHAPE, {.input_width = 228}},
        {"hourglass", SINEW_SHAPE, {.input_height = 224, .input_width = 224}},
        {"levitpose-t", SINEW_SHAPE, {.input_height = 192}},
        {"levitpose-t", SINEW_INVALID, {.widen = 8}},
        {"rtmdet-nano", SINEW_INVALID, {.classes = -1}},
        {"rtmdet-nano", SINEW_INVALID, {.end_to_end = 1, .batch = 2}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sinew_network_options options = rows[i].options;
        sinew_graph *graph = NULL;
        options.struct_size = sizeof options;
        if (sinew_network_build(&graph, rows[i].network, &options) !=
            rows[i].status)
            fail_msg("row %d: %s", (int)i, sinew_error_message());
        assert_null(graph);
    }
}

static void listed(void **state) {
    (void)state;
    int n = 0;
    while (sinew_network_name(n)) {
        assert_non_null(sinew_network_title(n));
        n++;
    }
    assert_int_equal(n, 30);
    assert_null(sinew_network_title(n));
    assert_null(sinew_network_name(-1));
}

/* ---- boxes
 * ------------------------------------------------------------------- */

enum { SIDE = 96, PLACES = 12 * 12 + 6 * 6 + 3 * 3, CLASSES = 2, MOST = 100 };

struct box {
    float side[4], score;
    int label;
};

/* Makes scores spread around a half and boxes a few cells large. */
static void liven(sinew_graph *graph) {
    for (int level = 0; level < 3; level++) {
        char name[60];
        snprintf(name, sizeof name, "bbox_head.rtm_cls.%d.bias", level);
        float *cls = (float *)find(graph, name)->tensor.data;
        snprintf(name, sizeof name, "bbox_head.rtm_reg.%d.bias", level);
        float *reg = (float *)find(graph, name)->tensor.data;
        snprintf(name, sizeof name, "bbox_head.rtm_cls.%d.weight", level);
        const struct sinew_value_info *weight = find(graph, name);
        for (int64_t i = 0; i < sinew_tensor_count(&weight->tensor); i++)
            ((float *)weight->tensor.data)[i] *= 300;
        for (int c = 0; c < CLASSES; c++)
            cls[c] = -1 + (float)c;
        for (int i = 0; i < 4; i++)
            reg[i] = 1 + 0.25f * (float)i;
    }
}

static sinew_runtime *run(const char *network, int end_to_end) {
    sinew_network_options options = defaults();
    sinew_runtime *runtime = NULL;
    options.input_height = options.input_width = SIDE;
    options.classes = CLASSES;
    options.end_to_end = end_to_end;
    sinew_graph *graph = build(network, &options);
    liven(graph);
    if (sinew_runtime_create(&runtime, graph, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    float *in = sinew_runtime_input(runtime, 0)->data;
    for (int i = 0; i < 3 * SIDE * SIDE; i++)
        in[i] = sinf(0.01f * (float)i) + sinf(0.37f * (float)(i % SIDE));
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
    sinew_graph_free(&graph);
    return runtime;
}

static int by_score(const void *a, const void *b) {
    const struct box *x = a, *y = b;
    return (x->score < y->score) - (x->score > y->score);
}

static float overlap(const struct box *a, const struct box *b) {
    const float w =
        fminf(a->side[2], b->side[2]) - fmaxf(a->side[0], b->side[0]);
    const float h =
        fminf(a->side[3], b->side[3]) - fmaxf(a->side[1], b->side[1]);
    const float inter = w > 0 && h > 0 ? w * h : 0;
    const float area_a = (a->side[2] - a->side[0]) * (a->side[3] - a->side[1]);
    const float area_b = (b->side[2] - b->side[0]) * (b->side[3] - b->side[1]);
    return inter / (area_a + area_b - inter);
}

/* All boxes above the score, by class and score, from the maps. */
static int decode(const sinew_runtime *runtime, struct box *boxes) {
    int n = 0;
    for (int c = 0; c < CLASSES; c++) {
        for (int level = 0; level < 3; level++) {
            const float *cls = sinew_runtime_output(runtime, level)->data;
            const float *reg = sinew_runtime_output(runtime, level + 3)->data;
            const int stride = 8 << level, side = SIDE / stride;
            for (int i = 0; i < side * side; i++) {
                struct box *box = &boxes[n];
                const float x = (float)(i % side * stride);
                const float y = (float)(i / side * stride);
                box->label = c;
                box->score = 1 / (1 + expf(-cls[c * side * side + i]));
                for (int k = 0; k < 4; k++) {
                    const float d = reg[k * side * side + i] * (float)stride;
                    box->side[k] = (k % 2 ? y : x) + (k < 2 ? -d : d);
                }
                n += box->score > 0.05f;
            }
        }
    }
    qsort(boxes, (size_t)n, sizeof *boxes, by_score);
    return n;
}

/* Keeps of each class what no better box of it overlaps. */
static int suppress(struct box *boxes, int n) {
    int kept = 0;
    for (int i = 0; i < n; i++) {
        bool good = true;
        for (int k = 0; good && k < kept; k++)
            good = boxes[k].label != boxes[i].label ||
                   overlap(&boxes[k], &boxes[i]) <= 0.6f;
        if (good) boxes[kept++] = boxes[i];
    }
    return kept < MOST ? kept : MOST;
}

static void boxes_from_maps(void **state) {
    (void)state;
    static const char *const networks[] = {"rtmdet-nano", "rtmdet-m"};
    static struct box boxes[PLACES * CLASSES];
    for (int i = 0; i < 2; i++) {
        sinew_runtime *maps = run(networks[i], 0);
        sinew_runtime *whole = run(networks[i], 1);
        const int n = suppress(boxes, decode(maps, boxes));
        const sinew_tensor *dets = sinew_runtime_output(whole, 0);
        const sinew_tensor *labels = sinew_runtime_output(whole, 1);
        assert_in_range(n, 5, MOST);
        assert_int_equal(dets->dims[1], n);
        assert_int_equal(labels->dims[1], n);
        for (int k = 0; k < n; k++) {
            const float *det = (const float *)dets->data + 5 * k;
            assert_int_equal(((const int64_t *)labels->data)[k],
                             boxes[k].label);
            for (int j = 0; j < 4; j++)
                assert_true(fabsf(det[j] - boxes[k].side[j]) < 1e-3f);
            assert_true(fabsf(det[4] - boxes[k].score) < 1e-5f);
        }
        sinew_runtime_free(&maps);
        sinew_runtime_free(&whole);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pose_sizes),      cmocka_unit_test(heatmap_sizes),
        cmocka_unit_test(levitpose_parts), cmocka_unit_test(elifpose_sizes),
        cmocka_unit_test(pose_parts),      cmocka_unit_test(pose_factors),
        cmocka_unit_test(detector_sizes),  cmocka_unit_test(detector_parts),
        cmocka_unit_test(names),           cmocka_unit_test(initial_weights),
        cmocka_unit_test(seeds),           cmocka_unit_test(inputs_and_outputs),
        cmocka_unit_test(refused_options), cmocka_unit_test(listed),
        cmocka_unit_test(boxes_from_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
