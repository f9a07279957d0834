/*
 * network.c - networks built here: sizes as published, inputs and outputs, what
 * options refuse.
 *
 * Parameters are those trained: a batch norm counts its weight and bias, its
 * running statistics are not counted. Multiply-adds are those of convolutions
 * and linear layers.
 */
#include "network_build.h"
#include "pose/spec.h"

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

/* Maps of the last three stages; the others are as without them. */
static void deep_maps(void **state) {
    (void)state;
    sinew_network_options options = defaults();
    sinew_graph *plain = build("rtmpose-s", &options);
    options.deep = 1;
    sinew_graph *graph = build("rtmpose-s", &options);
    static const int64_t channels[3] = {128, 256, 512};
    for (int i = 0; i < 3; i++) {
        const int32_t stride = 8 << i, maps = 26 << 2 * i;
        char prefix[16], output[16];
        snprintf(prefix, sizeof prefix, "head_%d.", stride);
        snprintf(output, sizeof output, "heatmaps_%d", stride);
        check_count(prefix, count_prefix(graph, prefix),
                    channels[i] * maps + maps);
        assert_string_equal(sinew_graph_output_name(graph, 2 + i), output);
        const sinew_tensor shape = sinew_graph_output(graph, 2 + i);
        const int64_t dims[4] = {1, 26, 32, 24};
        assert_memory_equal(shape.dims, dims, sizeof dims);
    }
    check_count("head.", count_prefix(graph, "head."),
                count_prefix(plain, "head."));
    sinew_graph_free(&plain);
    sinew_graph_free(&graph);
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
        {"rtmdet-nano", SINEW_INVALID, {.deep = 1}},
        {"cpm", SINEW_INVALID, {.deep = 1}},
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
    assert_int_equal(n, 27);
    assert_null(sinew_network_title(n));
    assert_null(sinew_network_name(-1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pose_sizes),
        cmocka_unit_test(heatmap_sizes),
        cmocka_unit_test(levitpose_parts),
        cmocka_unit_test(elifpose_sizes),
        cmocka_unit_test(pose_parts),
        cmocka_unit_test(deep_maps),
        cmocka_unit_test(pose_factors),
        cmocka_unit_test(detector_sizes),
        cmocka_unit_test(detector_parts),
        cmocka_unit_test(inputs_and_outputs),
        cmocka_unit_test(refused_options),
        cmocka_unit_test(listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
