/*
 * tflite.c - every TFLite operator gives the numbers TensorFlow defines, and
 * files that cannot be read are refused with the cause named.
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

#include <sinew/runtime.h>
#include "fuzz/tflite_make.h"
#include "graph/graph.h"

enum { MOST = 64 };

static int read_numbers(const char *text, float *numbers) {
    int n = 0;
    for (char *end; n < MOST; n++, text = end) {
        numbers[n] = strtof(text, &end);
        if (end == text) break;
    }
    return n;
}

static struct sinew_bytes make(const char *lines) {
    char text[4000];
    const int length = snprintf(text, sizeof text, "%sin x\nout y\n", lines);
    assert_in_range(length, 1, sizeof text - 1);
    return make_tflite(text);
}

static sinew_graph *load(const char *name, const char *lines) {
    struct sinew_bytes file = make(lines);
    sinew_graph *graph = NULL;
    assert_true(file.size > 0);
    if (sinew_graph_load_memory(&graph, file.data, file.size, name) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_bytes_free(&file);
    return graph;
}

/* Runs input 0 = numbers, repeated to its size. */
static void check_run(const char *name, const sinew_graph *graph,
                      const char *x_text, const char *y_text) {
    float x[MOST], y[MOST];
    const int n_x = read_numbers(x_text, x), n_y = read_numbers(y_text, y);
    sinew_runtime *runtime = NULL;
    if (sinew_runtime_create(&runtime, graph, NULL) < 0)
        fail_msg("%s: %s", name, sinew_error_message());
    sinew_tensor *in = sinew_runtime_input(runtime, 0);
    const int64_t count = sinew_tensor_count(in);
    assert_int_equal(count % n_x, 0);
    for (int64_t i = 0; i < count; i++)
        ((float *)in->data)[i] = x[i % n_x];
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
    const sinew_tensor *out = sinew_runtime_output(runtime, 0);
    assert_int_equal(sinew_tensor_count(out), count / n_x * n_y);
    for (int64_t i = 0; i < sinew_tensor_count(out); i++) {
        const float got = ((const float *)out->data)[i], want = y[i % n_y];
        if (!(fabsf(got - want) <= 1e-6f * fmaxf(1, fabsf(want))))
            fail_msg("%s: output %d is %.9g, not %.9g", name, (int)i,
                     (double)got, (double)want);
    }
    sinew_runtime_free(&runtime);
}

static void operators(void **state) {
    (void)state;
#define EXAMPLE(name, lines, x, y)                                             \
    {                                                                          \
        sinew_graph *graph = load(#name, lines);                               \
        check_run(#name, graph, x, y);                                         \
        sinew_graph_free(&graph);                                              \
    }
#define REFUSAL(name, lines, status, message)
#include "fuzz/tflite_examples.def"
#undef EXAMPLE
#undef REFUSAL
}

/* A file made for one picture takes several where the operator allows. */
static void batches(void **state) {
    (void)state;
    int taken = 0;
#define EXAMPLE(name, lines, x, y)                                             \
    {                                                                          \
        sinew_graph *graph = load(#name, lines);                               \
        sinew_tensor in = sinew_graph_input(graph, 0);                         \
        in.dims[0] *= 3;                                                       \
        if (in.dims[0] == 3 && strcmp(#name, "strided_slice_of_one") != 0 &&   \
            sinew_graph_set_input_shape(graph, 0, in.dims, in.rank) ==         \
                SINEW_OK) {                                                    \
            check_run(#name, graph, x, y);                                     \
            taken++;                                                           \
        }                                                                      \
        sinew_graph_free(&graph);                                              \
    }
#define REFUSAL(name, lines, status, message)
#include "fuzz/tflite_examples.def"
#undef EXAMPLE
#undef REFUSAL
    assert_in_range(taken, 50, 200);
}

static void check_refusal(const char *name, const char *lines,
                          sinew_status status, const char *message) {
    struct sinew_bytes file = make(lines);
    sinew_graph *graph = NULL;
    assert_true(file.size > 0);
    const sinew_status got =
        sinew_graph_load_memory(&graph, file.data, file.size, name);
    if (got != status || !strstr(sinew_error_message(), message))
        fail_msg("%s: %s: '%s', not %s: '%s'", name, sinew_status_text(got),
                 sinew_error_message(), sinew_status_text(status), message);
    assert_null(graph);
    sinew_bytes_free(&file);
}

static void refusals(void **state) {
    (void)state;
#define EXAMPLE(name, lines, x, y)
#define REFUSAL(name, lines, status, message)                                  \
    check_refusal(#name, lines, SINEW_##status, message);
#include "fuzz/tflite_examples.def"
#undef EXAMPLE
#undef REFUSAL
}

/* Operators the reader has but no example is about. */
static void every_operator_has_an_example(void **state) {
    (void)state;
    static const char examples[] =
#define EXAMPLE(name, lines, x, y) lines
#define REFUSAL(name, lines, status, message)
#include "fuzz/tflite_examples.def"
#undef EXAMPLE
#undef REFUSAL
        ;
    static const char *const names[] = {
#define TFLITE_OP(code, name, version, map, kind) "op " #name,
#define TFLITE_OTHER(code, name)
#include "format/tflite.def"
#undef TFLITE_OP
#undef TFLITE_OTHER
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *found = strstr(examples, names[i]);
        while (found && !strchr(" :", found[strlen(names[i])]))
            found = strstr(found + 1, names[i]);
        if (!found) fail_msg("no example of '%s'", names[i]);
    }
}

/* Weights are plain constants of the graph: nothing is left of DEQUANTIZE, of
 * the file's depthwise layout or of its 32-bit shapes. */
static void no_nodes_left_over(void **state) {
    (void)state;
    sinew_graph *graph =
        load("depthwise", "tensor x f32 1,2,1,2\ntensor y f32 1,1,1,2\n"
                          "tensor h f16 1,2,1,2 = 1 2 0.5 -1\n"
                          "tensor w f32 1,2,1,2\ntensor d f32 1,1,1,2\n"
                          "tensor s i32 4 = 1 1 1 2\n"
                          "op DEQUANTIZE:2 h > w\n"
                          "op DEPTHWISE_CONV_2D x,w > d 0=1 1=1 2=1 3=1\n"
                          "op RESHAPE d,s > y\n");
    const sinew_graph_stats stats = sinew_graph_count(graph);
    assert_int_equal(stats.nodes, 2);
    assert_int_equal(stats.parameters, 4);
    assert_int_equal(stats.macs, 4);
    sinew_graph_free(&graph);
}

/* A resize by a whole factor and SAME padding follow another input size. */
static void other_sizes(void **state) {
    (void)state;
    const int64_t dims[4] = {2, 5, 3, 1};
    sinew_graph *graph =
        load("sizes", "tensor x f32 1,4,4,1\ntensor a f32 1,2,2,1\n"
                      "tensor y f32 1,4,4,1\ntensor s i32 2 = 4 4\n"
                      "tensor w f32 1,3,3,1 = 1*9\n"
                      "op CONV_2D x,w > a 0=0 1=2 2=2\n"
                      "op RESIZE_BILINEAR a,s > y\n");
    assert_int_equal(sinew_graph_set_input_shape(graph, 0, dims, 4), SINEW_OK);
    const sinew_tensor out = sinew_graph_output(graph, 0);
    assert_int_equal(out.dims[0], 2);
    assert_int_equal(out.dims[1], 6);
    assert_int_equal(out.dims[2], 4);
    sinew_graph_free(&graph);
}

/* Where the thing lies that a table's field refers to, every field taking four
 * bytes. */
static size_t follow(const struct sinew_bytes *file, size_t table, int field) {
    const size_t at = table + 4 + 4 * (size_t)field;
    return at + sinew_load_u32(file->data + at);
}

/* Many tensors may name one buffer, but a small file does not become a huge
 * graph: ten constants of 8 bits share 400,000 numbers here. */
static void one_buffer_many_times(void **state) {
    (void)state;
    enum { CONSTANTS = 10, NUMBERS = 400000 };
    char text[1000] = "tensor x f32 1\ntensor y f32 4000001\n";
    for (int i = 0; i < CONSTANTS; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "tensor c%d i8 400000 scale=1 zero=0 = 1\n", i);
    strcat(text, "op CONCATENATION x,c0,c1,c2,c3,c4,c5,c6,c7,c8,c9 > y 0=0\n");
    struct sinew_bytes file = make(text);
    sinew_graph *graph = NULL;
    while (file.size % 4)
        sinew_bytes_add(&file, "", 1);
    const size_t shared = file.size;
    const uint32_t count = NUMBERS;
    sinew_bytes_add(&file, &count, 4);
    assert_non_null(sinew_bytes_grow(&file, NUMBERS));
    const size_t buffers = follow(&file, sinew_load_u32(file.data), 4);
    for (int i = 0; i < CONSTANTS; i++) {
        const size_t slot = buffers + 4 + 4 * (size_t)(i + 3);
        const size_t field = slot + sinew_load_u32(file.data + slot) + 4;
        const uint32_t offset = (uint32_t)(shared - field);
        memcpy(file.data + field, &offset, 4);
    }
    assert_int_equal(
        sinew_graph_load_memory(&graph, file.data, file.size, "shared"),
        SINEW_LIMIT);
    assert_non_null(strstr(sinew_error_message(), "more constants"));
    sinew_bytes_free(&file);
}

/* A file cut anywhere, or with an offset spoilt, is refused or read, never
 * followed outside. */
static void cut_anywhere(void **state) {
    (void)state;
    struct sinew_bytes file =
        make("tensor x f32 1,3,3,1\ntensor y f32 1,2,2,2\n"
             "tensor w f32 2,3,3,1 = 0.1*18\ntensor b f32 2 = 0 4\n"
             "op CONV_2D x,w,b > y 0=0 1=2 2=2 3=3\n");
    for (size_t cut = 0; cut < file.size; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1);
        sinew_graph *graph = NULL;
        assert_non_null(exact);
        memcpy(exact, file.data, cut);
        assert_true(sinew_graph_load_memory(&graph, exact, cut, "cut.tflite") <
                    0);
        assert_null(graph);
        free(exact);
    }
    sinew_bytes_free(&file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators),
        cmocka_unit_test(batches),
        cmocka_unit_test(refusals),
        cmocka_unit_test(every_operator_has_an_example),
        cmocka_unit_test(no_nodes_left_over),
        cmocka_unit_test(other_sizes),
        cmocka_unit_test(one_buffer_many_times),
        cmocka_unit_test(cut_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
