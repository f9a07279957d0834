/*
 * network_weights.c - weights of networks built here: names and shapes of the
 * published checkpoints, initial values, seeds.
 */
#include "network_build.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(initial_weights),
        cmocka_unit_test(seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
