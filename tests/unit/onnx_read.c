/*
 * onnx_read.c - the ONNX reader on the small files of tests/data/onnx, which
 * cover the forms of each operator over the versions of the operator set: the
 * graph as text, what it computes against ONNX Runtime's results kept in the
 * files, every truncation, and what is refused.
 *
 * SINEW_UPDATE=1 writes the texts anew.
 */
#include <math.h>
#include "format/onnx_read.h"
#include "unit/onnx_sample.h"

static const char *const samples[] = {
    "broadcast", "constants", "conv",       "conv_transpose", "detector",
    "forms",     "half",      "layer_norm", "matmul",         "norm",
    "opset9",    "opset13",   "opset18",    "pool",           "quantized",
    "rearrange", "reduce",    "resize10",   "resize13",       "shapes",
    "shuffle",   "softmax11", "unary",      "upsample7",      "upsample9",
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- the graph as text --------------------------------------------------- */

static char *read_text(const char *path) {
    static char text[1 << 16];
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = 0;
    return text;
}

static void graphs_as_text(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        char path[300];
        snprintf(path, sizeof path, "tests/data/onnx/%s.txt", samples[i]);
        sinew_graph *graph = load_sample(samples[i]);
        char *text = sinew_graph_dump(graph);
        assert_non_null(text);
        if (getenv("SINEW_UPDATE")) {
            FILE *file = fopen(path, "wb");
            assert_non_null(file);
            fputs(text, file);
            fclose(file);
        }
        const char *golden = read_text(path);
        if (!golden) fail_msg("%s cannot be read", path);
        assert_string_equal(text, golden);
        sinew_free(text);
        sinew_graph_free(&graph);
    }
}

/* ---- results ------------------------------------------------------------- */

/* Shape, sum and weighted sum of an output, as the file has them. */
static void check_output(const char *sample, const char *name,
                         const sinew_tensor *out, const char *expected) {
    char shape[100] = "";
    double sum = 0, weighted = 0, size = 0, want[2];
    for (int d = 0; d < out->rank; d++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape),
                 d ? "x%d" : "%d", (int)out->dims[d]);
    size_t length = strlen(shape);
    int64_t count = sinew_tensor_count(out);
    for (int64_t k = 0; k < count; k++) {
        double v;
        sinew_convert(&v, SINEW_F64,
                      (const char *)out->data +
                          (size_t)k * sinew_dtype_size(out->dtype),
                      out->dtype, 1);
        sum += v;
        weighted += v * (double)(7 * k % 13 - 6);
        size += 6 * fabs(v);
    }
    if (strncmp(expected, shape, length) != 0 ||
        sscanf(expected + length, " %lf %lf", &want[0], &want[1]) != 2 ||
        !(fabs(sum - want[0]) <= 1e-5 * size + 1e-5) ||
        !(fabs(weighted - want[1]) <= 1e-5 * size + 1e-5))
        fail_msg("%s: output '%s' is %s %.6g %.6g, not %s", sample, name, shape,
                 sum, weighted, expected);
}

static void results_of_the_original(void **state) {
    (void)state;
    int checked = 0;
    for (size_t i = 0; i < COUNT(samples); i++) {
        sinew_graph *graph = load_sample(samples[i]);
        struct results results = run_graph(graph);
        for (int k = 0; k < results.n; k++) {
            char key[300];
            const char *name = sinew_graph_output_name(graph, k);
            snprintf(key, sizeof key, "test.%s", name);
            const char *expected = sinew_graph_metadata(graph, key);
            if (!expected) fail_msg("%s: no '%s'", samples[i], key);
            check_output(samples[i], name, &results.out[k], expected);
            checked++;
        }
        results_free(&results);
        sinew_graph_free(&graph);
    }
    assert_true(checked > 150);
}

/* Shape arithmetic follows a change of the input's size. */
static void shapes_follow_the_input(void **state) {
    (void)state;
    static const int64_t dims[] = {2, 3, 8, 10};
    sinew_graph *graph = load_sample("shapes");
    assert_int_equal(sinew_graph_set_input_shape(graph, 0, dims, 4), SINEW_OK);
    struct results results = run_graph(graph);
    const int64_t *shape = results.out[0].data; /* of [2, 2, 4, 5] */
    assert_true(shape[0] == 2 && shape[1] == 2 && shape[2] == 4 &&
                shape[3] == 5);
    assert_int_equal(results.out[1].dims[0], 4);
    assert_true(*(const int64_t *)results.out[2].data == 80);
    const sinew_tensor *last = &results.out[results.n - 1];
    assert_true(last->dims[0] == 2 && last->dims[1] == 2 &&
                last->dims[2] == 8 && last->dims[3] == 10);
    results_free(&results);
    sinew_graph_free(&graph);
}

/* The channel shuffle never leaves the channels-last form: of the transposes
 * only those at the border move channels over rows and columns. */
static void shuffle_stays_channels_last(void **state) {
    (void)state;
    sinew_graph *graph = load_sample("shuffle");
    int border = 0;
    for (int n = 0; n < graph->n_nodes; n++) {
        const struct sinew_node *node = &graph->nodes[n];
        if (node->op != sinew_op_desc(SINEW_OP_TRANSPOSE)) continue;
        const struct sinew_transpose_attr *attr = node->attr;
        border += attr->perm[1] != 1;
    }
    assert_int_equal(border, 4); /* one input, three outputs */
    sinew_graph_free(&graph);
}

/* doc/onnx.md names every operator of the mapping tables, and no other. */
static void the_page_is_complete(void **state) {
    (void)state;
    static const struct onnx_mapping *const tables[] = {
        onnx_map_math, onnx_map_shape, onnx_map_move, onnx_map_spatial,
        onnx_map_other};
    const char *page = read_text("doc/onnx.md");
    assert_non_null(page);
    int rows = 0, named = 0;
    for (size_t t = 0; t < COUNT(tables); t++)
        for (const struct onnx_mapping *m = tables[t]; m->type; m++, rows++) {
            char word[80];
            snprintf(word, sizeof word, "`%s`", m->type);
            if (!strstr(page, word)) fail_msg("doc/onnx.md lacks %s", word);
        }
    const char *table = strstr(page, "| operators |");
    const char *end = table ? strstr(table, "## Writing") : NULL;
    assert_non_null(end);
    /* Operators begin with a capital and have no blank. */
    for (const char *p = table; p < end; p++)
        named += p[0] == '`' && p[1] >= 'A' && p[1] <= 'Z' &&
                 !strchr("_", p[1 + strcspn(p + 1, "`_")]);
    assert_int_equal(named, rows);
}

/* ---- sizes left open ----------------------------------------------------- */

static void open_sizes(void **state) {
    (void)state;
    sinew_graph *graph = load_sample("open_sizes");
    sinew_tensor in = sinew_graph_input(graph, 0);
    assert_true(in.dims[0] == 1 && in.dims[1] == 3 && in.dims[2] == 320 &&
                in.dims[3] == 320);
    sinew_graph_free(&graph);
    graph = load_sample("open_sizes_metadata");
    in = sinew_graph_input(graph, 0);
    assert_true(in.dims[1] == 64 && in.dims[2] == 48 && in.dims[3] == 3);
    assert_string_equal(sinew_graph_metadata(graph, "sinew.input_size"),
                        "64x48");
    sinew_graph_free(&graph);
}

/* ---- refusals ------------------------------------------------------------ */

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *name;
        sinew_status status;
        const char *words; ///< in the message
    } rows[] = {
        {"refuse_operator", SINEW_UNSUPPORTED, "node 'A' (Det)"},
        {"refuse_domain", SINEW_UNSUPPORTED, "com.example.Gelu"},
        {"refuse_control_flow", SINEW_UNSUPPORTED, "(If)"},
        {"refuse_external", SINEW_UNSUPPORTED, "another file"},
        {"refuse_function", SINEW_UNSUPPORTED, "functions of its own"},
        {"refuse_open_size", SINEW_UNSUPPORTED, "dimension 1 ('length')"},
        {"refuse_old_opset", SINEW_UNSUPPORTED, "operator set 6"},
        {"refuse_order", SINEW_FORMAT, "'later'"},
        {"refuse_too_short", SINEW_FORMAT, "7 bytes of data for 2 elements"},
        {"refuse_mode", SINEW_UNSUPPORTED, "(Pad): mode 'wrap'"},
        {"refuse_attribute", SINEW_FORMAT, "node 'A' (Transpose): perm"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char path[300];
        sinew_graph *graph = NULL;
        snprintf(path, sizeof path, "tests/data/onnx/%s.onnx", rows[i].name);
        assert_int_equal(sinew_graph_load(&graph, path), rows[i].status);
        assert_null(graph);
        if (!strstr(sinew_error_message(), rows[i].words) ||
            strncmp(sinew_error_message(), path, strlen(path)) != 0)
            fail_msg("%s: %s", rows[i].name, sinew_error_message());
    }
}

/* ---- truncation ---------------------------------------------------------- */

/* Cut at every byte, a file is refused or, where only metadata is gone, read;
 * each part lies in a block of its own for the address sanitizer. */
static void truncated_files(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        size_t size, refused = 0;
        uint8_t *bytes = sample_bytes(samples[i], &size);
        for (size_t cut = 0; cut < size; cut++) {
            sinew_graph *graph = NULL;
            uint8_t *part = malloc(cut + !cut);
            assert_non_null(part);
            memcpy(part, bytes, cut);
            if (sinew_graph_load_memory(&graph, part, cut, "cut.onnx") < 0) {
                assert_null(graph);
                assert_string_not_equal(sinew_error_message(), "");
                refused++;
            }
            sinew_graph_free(&graph);
            free(part);
        }
        assert_true(refused > size / 2);
        free(bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graphs_as_text),
        cmocka_unit_test(results_of_the_original),
        cmocka_unit_test(shapes_follow_the_input),
        cmocka_unit_test(shuffle_stays_channels_last),
        cmocka_unit_test(the_page_is_complete),
        cmocka_unit_test(open_sizes),
        cmocka_unit_test(refusals),
        cmocka_unit_test(truncated_files),
    };
    return cmocka_run_group_tests_name("onnx_read", tests, NULL, NULL);
}
