/*
 * onnx_write.c - the ONNX writer: what is written reads back as a graph that
 * computes the same bits and is written the same again; fused activations,
 * TensorFlow's SAME, weights in half floats, metadata and names.
 */
#include <math.h>
#include <unistd.h>
#include "unit/onnx_sample.h"

static const char *const samples[] = {
    "broadcast", "constants", "conv",       "conv_transpose", "detector",
    "forms",     "half",      "layer_norm", "matmul",         "norm",
    "opset9",    "opset13",   "opset18",    "pool",           "quantized",
    "rearrange", "reduce",    "resize10",   "resize13",       "shapes",
    "shuffle",   "softmax11", "unary",      "upsample7",      "upsample9",
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

typedef void compare_fn(const char *what, const struct results *a,
                        const struct results *b);

/* Writes the graph, reads it and compares what both compute; then once more,
 * and from the second file on nothing changes. */
static void round_trips(const char *what, const sinew_graph *graph,
                        compare_fn *compare) {
    struct results results = run_graph(graph);
    struct sinew_bytes files[3];
    for (int i = 0; i < 3; i++) {
        files[i] = write_graph(graph, NULL);
        sinew_graph *again = read_bytes(files[i].data, files[i].size);
        struct results repeated = run_graph(again);
        compare(what, &results, &repeated);
        results_free(&repeated);
        if (i) sinew_graph_free((sinew_graph **)&graph);
        graph = again;
    }
    sinew_graph_free((sinew_graph **)&graph);
    if (files[1].size != files[2].size ||
        memcmp(files[1].data, files[2].data, files[1].size) != 0)
        fail_msg("%s: the third file differs from the second", what);
    for (int i = 0; i < 3; i++)
        sinew_bytes_free(&files[i]);
    results_free(&results);
}

/* The same bits. */
static void check_round_trips(const char *what, const sinew_graph *graph) {
    round_trips(what, graph, check_same);
}

/* The same but for the order of sums. */
static void check_close(const char *what, const struct results *a,
                        const struct results *b) {
    assert_int_equal(a->n, b->n);
    for (int i = 0; i < a->n; i++) {
        const float *p = a->out[i].data, *q = b->out[i].data;
        assert_true(sinew_tensor_same_shape(&a->out[i], &b->out[i]));
        for (int64_t k = 0; k < sinew_tensor_count(&a->out[i]); k++)
            if (!(fabsf(p[k] - q[k]) <= 1e-5f))
                fail_msg("%s: output %d differs", what, i);
    }
}

static void samples_come_back(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        sinew_graph *graph = load_sample(samples[i]);
        check_round_trips(samples[i], graph);
        sinew_graph_free(&graph);
    }
}

/* ---- graphs made here ---------------------------------------------------- */

static sinew_graph *new_graph(void) {
    sinew_graph *graph = NULL;
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    return graph;
}

static sinew_value input(sinew_graph *graph, int64_t h, int64_t w, int64_t c) {
    return sinew_graph_add_input(graph, "x", SINEW_F32, 4,
                                 (const int64_t[]){1, h, w, c});
}

static sinew_value weights(sinew_graph *graph, int rank, const int64_t *dims) {
    sinew_value value =
        sinew_graph_add_const(graph, "w", SINEW_F32, rank, dims, NULL);
    float *data = sinew_graph_const_data(graph, value);
    sinew_tensor t = sinew_graph_tensor(graph, value);
    for (int64_t i = 0; data && i < sinew_tensor_count(&t); i++)
        data[i] = (float)((29 * i + 5) % 41 - 20) / 40.0f;
    return value;
}
#define WEIGHTS(graph, ...)                                                    \
    weights(graph, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t),   \
            (const int64_t[]){__VA_ARGS__})

static void finish(sinew_graph *graph) {
    if (sinew_graph_finish(graph) < 0) fail_msg("%s", sinew_error_message());
}

/* Every activation, alone and behind each operator that can have one. */
static void activations(void **state) {
    (void)state;
    static const struct sinew_act acts[] = {
        {SINEW_ACT_RELU, 0, 0},         {SINEW_ACT_RELU6, 0, 0},
        {SINEW_ACT_CLIP, -0.5f, 0.75f}, {SINEW_ACT_CLIP, -INFINITY, 1.0f},
        {SINEW_ACT_SIGMOID, 0, 0},      {SINEW_ACT_SWISH, 1.0f, 0},
        {SINEW_ACT_SWISH, 1.25f, 0},    {SINEW_ACT_HARD_SIGMOID, 0.2f, 0.5f},
        {SINEW_ACT_HARD_SWISH, 0, 0},
    };
    for (size_t i = 0; i < COUNT(acts); i++) {
        const struct sinew_act act = acts[i];
        const struct sinew_conv2d_attr conv = {1, 1, 1, 1, 1, 0, {0}, act};
        const struct sinew_binary_attr add = {act};
        const struct sinew_activation_attr alone = {act};
        const struct sinew_matmul_attr product = {0, 1, 1.0f, act};
        sinew_graph *graph = new_graph();
        sinew_value x = input(graph, 3, 4, 2);
        sinew_value c =
            sinew_graph_add(graph, SINEW_OP_CONV2D, "conv", &conv,
                            SINEW_IN(x, WEIGHTS(graph, 2, 1, 1, 2)));
        sinew_graph_add_output(graph, c, "c");
        sinew_value a =
            sinew_graph_add(graph, SINEW_OP_ADD, "add", &add, SINEW_IN(c, x));
        sinew_graph_add_output(graph, a, "a");
        sinew_value s = sinew_graph_add(graph, SINEW_OP_ACTIVATION, "act",
                                        &alone, SINEW_IN(a));
        sinew_graph_add_output(graph, s, "s");
        sinew_value m =
            sinew_graph_add(graph, SINEW_OP_MATMUL, "product", &product,
                            SINEW_IN(x, WEIGHTS(graph, 3, 2)));
        sinew_graph_add_output(graph, m, "m");
        finish(graph);
        check_round_trips(sinew_act_names[act.kind], graph);
        sinew_graph_free(&graph);
    }
}

/* SAME becomes explicit pads: odd and even sizes, kernels and strides. */
static void same_padding(void **state) {
    (void)state;
    for (int i = 0; i < 16; i++) {
        const int64_t size = 5 + i % 2, kernel = 2 + i / 2 % 2;
        const int32_t stride = 1 + i / 4 % 2, dilation = 1 + i / 8;
        const struct sinew_conv2d_attr conv = {.stride_h = stride,
                                               .stride_w = stride,
                                               .dilation_h = dilation,
                                               .dilation_w = 1,
                                               .groups = 1,
                                               .same = 1};
        const struct sinew_conv_transpose2d_attr up = {.stride_h = stride,
                                                       .stride_w = stride + 1,
                                                       .dilation_h = dilation,
                                                       .dilation_w = 1,
                                                       .groups = 1,
                                                       .same = 1};
        const struct sinew_pool2d_attr pool = {.kernel_h = (int32_t)kernel,
                                               .kernel_w = 3,
                                               .stride_h = stride,
                                               .stride_w = 2,
                                               .dilation_h = 1,
                                               .dilation_w = 1,
                                               .same = 1};
        sinew_graph *graph = new_graph();
        sinew_value x = input(graph, size, size + 2, 2);
        sinew_value w = WEIGHTS(graph, 3, kernel, 3, 2);
        sinew_graph_add_output(graph,
                               sinew_graph_add(graph, SINEW_OP_CONV2D, "conv",
                                               &conv, SINEW_IN(x, w)),
                               "c");
        sinew_graph_add_output(graph,
                               sinew_graph_add(graph, SINEW_OP_CONV_TRANSPOSE2D,
                                               "up", &up, SINEW_IN(x, w)),
                               "u");
        sinew_graph_add_output(graph,
                               sinew_graph_add(graph, SINEW_OP_MAX_POOL2D,
                                               "max", &pool, SINEW_IN(x)),
                               "m");
        sinew_graph_add_output(graph,
                               sinew_graph_add(graph, SINEW_OP_AVG_POOL2D,
                                               "avg", &pool, SINEW_IN(x)),
                               "a");
        finish(graph);
        check_round_trips("same", graph);
        sinew_graph_free(&graph);
    }
}

/* All ways to resize, by sizes and by scales. */
static void resizing(void **state) {
    (void)state;
    static const int64_t sizes[] = {5, 7};
    sinew_graph *graph = new_graph();
    sinew_value x = input(graph, 3, 4, 2);
    for (int32_t i = 0; i < 32; i++) {
        struct sinew_resize2d_attr attr = {
            .mode = i % 2, .coord = i / 2 % 4, .round = i / 8};
        char name[16];
        sinew_value in[] = {x, SINEW_NO_VALUE};
        if (i % 3)
            in[1] = sinew_graph_add_i64s(graph, sizes, 2);
        else
            attr.scale_h = 2.0f, attr.scale_w = 1.5f;
        /* Rounding is for nearest alone. */
        if (attr.mode == SINEW_INTERP_BILINEAR && attr.round) continue;
        snprintf(name, sizeof name, "r%d", (int)i);
        sinew_value y = sinew_graph_add(graph, SINEW_OP_RESIZE2D, name, &attr,
                                        in, i % 3 ? 2 : 1);
        sinew_graph_add_output(graph, y, name);
    }
    finish(graph);
    check_round_trips("resize", graph);
    sinew_graph_free(&graph);
}

static int count_in_file(const struct sinew_bytes *file, const char *word) {
    int count = 0;
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= file->size; i++)
        count += memcmp(file->data + i, word, size) == 0;
    return count;
}

static void output(sinew_graph *graph, sinew_value value, const char *name) {
    sinew_graph_add_output(graph, value, name);
}

/* Products: turned operands that are not constant, scale and bias. */
static void products(void **state) {
    (void)state;
    static const int64_t shape[] = {4, 6};
    const struct sinew_matmul_attr turned = {1, 1, 0.5f, {0}};
    const struct sinew_matmul_attr scaled = {0, 0, -2.0f, {0}};
    const struct sinew_reshape_attr plain = {0};
    sinew_graph *graph = new_graph();
    sinew_value x = input(graph, 3, 4, 2);
    sinew_value y = input(graph, 3, 3, 4);
    output(graph,
           sinew_graph_add(graph, SINEW_OP_MATMUL, "a", &turned,
                           SINEW_IN(x, y, WEIGHTS(graph, 3))),
           "a");
    output(graph,
           sinew_graph_add(graph, SINEW_OP_MATMUL, "b", &scaled,
                           SINEW_IN(x, WEIGHTS(graph, 2, 5))),
           "b");
    sinew_value flat =
        sinew_graph_add(graph, SINEW_OP_RESHAPE, "flat", &plain,
                        SINEW_IN(x, sinew_graph_add_i64s(graph, shape, 2)));
    output(graph,
           sinew_graph_add(graph, SINEW_OP_MATMUL, "c", &turned,
                           SINEW_IN(flat, WEIGHTS(graph, 3, 4))),
           "c");
    finish(graph);
    round_trips("products", graph, check_close);
    const struct sinew_write_options half = {SINEW_WEIGHTS_F16};
    struct sinew_bytes file = write_graph(graph, &half);
    assert_int_equal(count_in_file(&file, "Cast"), 2);
    sinew_bytes_free(&file);
    sinew_graph_free(&graph);
}

/* What a value with channels first in the file may meet. */
static void mixed_forms(void **state) {
    (void)state;
    static const int64_t pixel[] = {1, 1, 1, 2}, two = 2;
    static const float scales[] = {0.02f, 0.03f};
    static const int8_t zeros[] = {1, -2};
    const struct sinew_conv2d_attr conv = {1, 1, 1, 1, 1, 0, {0}, {0}};
    const struct sinew_reduce_attr over = {2, {1, 2}, 0};
    const struct sinew_reshape_attr plain = {0};
    const struct sinew_axes_attr rows = {2, {1, 2}};
    const struct sinew_quantize_attr to_i8 = {3, SINEW_I8};
    const struct sinew_quantize_attr to_f32 = {-1, SINEW_F32};
    const struct sinew_activation_attr nothing = {{SINEW_ACT_NONE, 0, 0}};
    const struct sinew_top_k_attr largest = {1, 1, 1};
    sinew_graph *graph = new_graph();
    sinew_value x = input(graph, 3, 4, 2);
    sinew_value c = sinew_graph_add(graph, SINEW_OP_CONV2D, "conv", &conv,
                                    SINEW_IN(x, WEIGHTS(graph, 2, 1, 1, 2)));
    sinew_value mean = sinew_graph_add(graph, SINEW_OP_REDUCE_MEAN, "mean",
                                       &over, SINEW_IN(c));
    sinew_value p =
        sinew_graph_add(graph, SINEW_OP_RESHAPE, "pixel", &plain,
                        SINEW_IN(mean, sinew_graph_add_i64s(graph, pixel, 4)));
    sinew_value u = sinew_graph_add(graph, SINEW_OP_UNSQUEEZE, "rows", &rows,
                                    SINEW_IN(mean));
    output(graph,
           sinew_graph_add(graph, SINEW_OP_MUL, "m", NULL, SINEW_IN(c, p)),
           "m");
    output(graph,
           sinew_graph_add(graph, SINEW_OP_SUB, "s", NULL, SINEW_IN(c, u)),
           "s");
    output(graph,
           sinew_graph_add(graph, SINEW_OP_ADD, "r", NULL, SINEW_IN(mean, c)),
           "r"); /* a row of channels against rows and columns */
    output(graph,
           sinew_graph_add(graph, SINEW_OP_SQUEEZE, "q", &rows, SINEW_IN(u)),
           "q");
    output(
        graph,
        sinew_graph_add(graph, SINEW_OP_ACTIVATION, "n", &nothing, SINEW_IN(c)),
        "n");
    sinew_value scale =
        sinew_graph_add_const(graph, "scale", SINEW_F32, 1, &two, scales);
    sinew_value zero =
        sinew_graph_add_const(graph, "zero", SINEW_I8, 1, &two, zeros);
    sinew_value i8 = sinew_graph_add(graph, SINEW_OP_QUANTIZE, "i8", &to_i8,
                                     SINEW_IN(c, scale, zero));
    output(graph,
           sinew_graph_add(graph, SINEW_OP_DEQUANTIZE, "f32", &to_f32,
                           SINEW_IN(i8, scale, zero)),
           "f32");
    sinew_value best[2];
    sinew_value k = sinew_graph_add_const(graph, "k", SINEW_I64, 0, NULL, &two);
    sinew_graph_add_node(graph, SINEW_OP_TOP_K, "best", &largest,
                         (const sinew_value[]){c, k}, 2, best, 2);
    output(graph, best[0], "best");
    output(graph, best[1], "where");
    finish(graph);
    check_round_trips("forms", graph);
    sinew_graph_free(&graph);
}

/* A chain of spatial operators in our order costs a transpose at either end and
 * none between, and none at all when the graph has them itself. */
static int count_transposes(const sinew_graph *graph) {
    int count = 0;
    for (int n = 0; n < graph->n_nodes; n++)
        count += graph->nodes[n].op == sinew_op_desc(SINEW_OP_TRANSPOSE);
    return count;
}

static void few_transposes(void **state) {
    (void)state;
    const struct sinew_conv2d_attr conv = {1, 1, 1, 1, 1, 1, {0}, {0}};
    const struct sinew_reduce_attr mean = {2, {1, 2}, 1};
    const struct sinew_axis_attr channels = {-1};
    sinew_graph *graph = new_graph();
    sinew_value x = input(graph, 4, 4, 2);
    sinew_value y = sinew_graph_add(graph, SINEW_OP_CONV2D, "a", &conv,
                                    SINEW_IN(x, WEIGHTS(graph, 2, 3, 3, 2)));
    sinew_value gate = sinew_graph_add(graph, SINEW_OP_REDUCE_MEAN, "mean",
                                       &mean, SINEW_IN(y));
    y = sinew_graph_add(graph, SINEW_OP_MUL, "mul", NULL, SINEW_IN(y, gate));
    y = sinew_graph_add(graph, SINEW_OP_CONCAT, "cat", &channels,
                        SINEW_IN(y, x));
    y = sinew_graph_add(graph, SINEW_OP_CONV2D, "b", &conv,
                        SINEW_IN(y, WEIGHTS(graph, 3, 3, 3, 4)));
    sinew_graph_add_output(graph, y, "y");
    finish(graph);
    struct sinew_bytes file = write_graph(graph, NULL);
    assert_int_equal(count_in_file(&file, "Transpose"), 2);
    sinew_graph *again = read_bytes(file.data, file.size);
    assert_int_equal(count_transposes(again), 0);
    sinew_graph_free(&again);
    sinew_bytes_free(&file);
    check_round_trips("chain", graph);
    sinew_graph_free(&graph);

    graph = load_sample("conv"); /* in the order of ONNX */
    file = write_graph(graph, NULL);
    assert_int_equal(count_in_file(&file, "Transpose"), 0);
    sinew_bytes_free(&file);
    sinew_graph_free(&graph);
}

/* ---- options and names --------------------------------------------------- */

static void weights_in_half_floats(void **state) {
    (void)state;
    const struct sinew_write_options half = {SINEW_WEIGHTS_F16};
    const struct sinew_conv2d_attr conv = {1, 1, 1, 1, 1, 1, {0}, {0}};
    sinew_graph *graph = new_graph();
    sinew_value x = input(graph, 4, 4, 16);
    sinew_value bias = WEIGHTS(graph, 16);
    sinew_value y =
        sinew_graph_add(graph, SINEW_OP_CONV2D, "conv", &conv,
                        SINEW_IN(x, WEIGHTS(graph, 16, 3, 3, 16), bias));
    sinew_graph_add_output(graph, y, "y");
    finish(graph);
    struct sinew_bytes full = write_graph(graph, NULL);
    struct sinew_bytes small = write_graph(graph, &half);
    assert_true(small.size < full.size / 2 + 500);
    sinew_graph *again = read_bytes(small.data, small.size);
    struct results a = run_graph(graph), b = run_graph(again);
    const float *p = a.out[0].data, *q = b.out[0].data;
    float worst = 0;
    for (int64_t i = 0; i < sinew_tensor_count(&a.out[0]); i++)
        worst = fmaxf(worst, fabsf(p[i] - q[i]));
    assert_true(worst > 0 && worst < 0.02f);
    /* Half weights that were read are written as such, asked for or not. */
    struct sinew_bytes kept = write_graph(again, NULL);
    assert_true(kept.size < full.size / 2 + 500);
    check_round_trips("half", again);
    sinew_bytes_free(&full);
    sinew_bytes_free(&small);
    sinew_bytes_free(&kept);
    results_free(&a);
    results_free(&b);
    sinew_graph_free(&again);
    sinew_graph_free(&graph);
}

/* Metadata, and the names of inputs and outputs, be they taken twice. */
static void names_and_metadata(void **state) {
    (void)state;
    const struct sinew_activation_attr relu = {{SINEW_ACT_RELU, 0, 0}};
    sinew_graph *graph = new_graph();
    sinew_value x = input(graph, 2, 2, 1);
    sinew_value y =
        sinew_graph_add(graph, SINEW_OP_ACTIVATION, "y", &relu, SINEW_IN(x));
    sinew_value z =
        sinew_graph_add(graph, SINEW_OP_ACTIVATION, "y", &relu, SINEW_IN(y));
    sinew_graph_add_output(graph, z, "heat map");
    sinew_graph_add_output(graph, z, "again");
    sinew_graph_add_output(graph, x, "echo");
    finish(graph);
    assert_int_equal(sinew_graph_set_metadata(graph, "sinew.codec", "heatmap"),
                     SINEW_OK);
    assert_int_equal(sinew_graph_set_metadata(graph, "empty", ""), SINEW_OK);
    struct sinew_bytes file = write_graph(graph, NULL);
    sinew_graph *again = read_bytes(file.data, file.size);
    assert_string_equal(sinew_graph_input_name(again, 0), "x");
    assert_string_equal(sinew_graph_output_name(again, 0), "heat map");
    assert_string_equal(sinew_graph_output_name(again, 1), "again");
    assert_string_equal(sinew_graph_output_name(again, 2), "echo");
    assert_string_equal(sinew_graph_metadata(again, "sinew.codec"), "heatmap");
    assert_string_equal(sinew_graph_metadata(again, "empty"), "");
    check_round_trips("names", graph);
    sinew_bytes_free(&file);
    sinew_graph_free(&again);
    sinew_graph_free(&graph);
}

/* Files: not replaced unless asked; content counts before the extension. */
static void files(void **state) {
    (void)state;
    char path[] = P_tmpdir "/sinew-onnx-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    sinew_graph *graph = load_sample("conv"), *again = NULL;
    assert_int_equal(sinew_graph_save(graph, path, false), SINEW_IO);
    assert_int_equal(sinew_graph_save(graph, path, true), SINEW_OK);
    assert_int_equal(sinew_graph_load(&again, path), SINEW_OK);
    sinew_graph_free(&again);
    unlink(path);
    assert_int_equal(sinew_graph_load(&again, path), SINEW_IO);
    assert_int_equal(sinew_graph_load_memory(&again, "GIF89a", 6, "a.gif"),
                     SINEW_FORMAT);
    assert_null(again);
    assert_ptr_equal(sinew_format_find("onnx"), &sinew_format_onnx);
    assert_null(sinew_format_find("gif"));
    assert_ptr_equal(sinew_format_of_path("a.b/C.ONNX"), &sinew_format_onnx);
    assert_null(sinew_format_of_path("a.onnx/c"));
    sinew_graph_free(&graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_back),
        cmocka_unit_test(activations),
        cmocka_unit_test(same_padding),
        cmocka_unit_test(resizing),
        cmocka_unit_test(products),
        cmocka_unit_test(mixed_forms),
        cmocka_unit_test(few_transposes),
        cmocka_unit_test(weights_in_half_floats),
        cmocka_unit_test(names_and_metadata),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests_name("onnx_write", tests, NULL, NULL);
}
