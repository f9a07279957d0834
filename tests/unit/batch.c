/*
 * batch.c - batches whose pictures do not meet run one by one and give the bits
 * of each alone; those that meet in any way run as one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/runtime.h>
#include "base/rng.h"
#include "graph/graph.h"
#include "op/attrs.h"

enum { IMAGES = 3 };
#define DIMS(...)                                                              \
    (const int64_t[]) {                                                        \
        __VA_ARGS__                                                            \
    }

static void fill(float *data, int64_t n, uint64_t seed) {
    struct sinew_rng rng;
    sinew_rng_seed(&rng, seed);
    for (int64_t i = 0; i < n; i++)
        data[i] = (float)(sinew_rng_uniform(&rng) - 0.5);
}

static sinew_value weights(sinew_graph *graph, int rank, const int64_t *dims) {
    sinew_value value =
        sinew_graph_add_const(graph, "w", SINEW_F32, rank, dims, NULL);
    sinew_tensor shape = sinew_graph_tensor(graph, value);
    fill(sinew_graph_const_data(graph, value), sinew_tensor_count(&shape), 7);
    return value;
}

static sinew_value conv(sinew_graph *graph, sinew_value x, int64_t out,
                        int64_t size) {
    const struct sinew_conv2d_attr attr = {.stride_h = 1,
                                           .stride_w = 1,
                                           .dilation_h = 1,
                                           .dilation_w = 1,
                                           .groups = 1,
                                           .same = 1,
                                           .act = {SINEW_ACT_SWISH, 1, 0}};
    int64_t in = sinew_graph_tensor(graph, x).dims[3];
    return sinew_graph_add(
        graph, SINEW_OP_CONV2D, "conv", &attr,
        SINEW_IN(x, weights(graph, 4, DIMS(out, size, size, in))));
}

static sinew_value mean(sinew_graph *graph, sinew_value x, int first) {
    const struct sinew_reduce_attr attr = {
        .n_axes = 2, .axes = {first, 2}, .keepdims = 1};
    return sinew_graph_add(graph, SINEW_OP_REDUCE_MEAN, "mean", &attr,
                           SINEW_IN(x));
}

static sinew_value reshape(sinew_graph *graph, sinew_value x,
                           sinew_value shape) {
    const struct sinew_reshape_attr attr = {0};
    return sinew_graph_add(graph, SINEW_OP_RESHAPE, "flat", &attr,
                           SINEW_IN(x, shape));
}

/* [images, -1] as exporters write it. */
static sinew_value shape_of_rows(sinew_graph *graph, sinew_value x) {
    const struct sinew_axis_attr first = {0};
    sinew_value shape =
        sinew_graph_add(graph, SINEW_OP_SHAPE, "shape", NULL, SINEW_IN(x));
    sinew_value images = sinew_graph_add(
        graph, SINEW_OP_GATHER, "images", &first,
        SINEW_IN(shape, sinew_graph_add_i64s(graph, DIMS(0), 1)));
    return sinew_graph_add(
        graph, SINEW_OP_CONCAT, "rows", &first,
        SINEW_IN(images, sinew_graph_add_i64s(graph, DIMS(-1), 1)));
}

/* ---- networks: `x` is [n, 6, 5, 8] ---- */

static void gated(sinew_graph *graph, sinew_value x) {
    sinew_value y = conv(graph, x, 12, 3);
    sinew_value gate = conv(graph, mean(graph, y, 1), 12, 1);
    y = sinew_graph_add(graph, SINEW_OP_MUL, "gate", NULL, SINEW_IN(y, gate));
    const struct sinew_axis_attr last = {3};
    sinew_value sides =
        sinew_graph_add(graph, SINEW_OP_CONCAT, "sides", &last, SINEW_IN(y, x));
    sinew_graph_add_output(graph, conv(graph, sides, 4, 1), "y");
    sinew_graph_add_output(graph, sides, "sides");
}

static void channels_first(sinew_graph *graph, sinew_value x) {
    const struct sinew_transpose_attr first = {4, {0, 3, 1, 2}};
    sinew_value y = conv(graph, x, 4, 3);
    y = sinew_graph_add(graph, SINEW_OP_TRANSPOSE, "nchw", &first, SINEW_IN(y));
    sinew_graph_add_output(graph, y, "y");
    sinew_graph_add_output(graph, reshape(graph, x, shape_of_rows(graph, x)),
                           "pixels");
}

static void head(sinew_graph *graph, sinew_value x) {
    const struct sinew_matmul_attr matmul = {.alpha = 1};
    sinew_value y = conv(graph, x, 4, 3);
    y = reshape(graph, y, shape_of_rows(graph, y));
    y = sinew_graph_add(graph, SINEW_OP_MATMUL, "dense", &matmul,
                        SINEW_IN(y, weights(graph, 2, DIMS(120, 9))));
    const struct sinew_axis_attr last = {-1};
    y = sinew_graph_add(graph, SINEW_OP_SOFTMAX, "p", &last, SINEW_IN(y));
    sinew_graph_add_output(graph, y, "y");
}

static void mean_of_images(sinew_graph *graph, sinew_value x) {
    sinew_value y =
        sinew_graph_add(graph, SINEW_OP_SUB, "apart", NULL,
                        SINEW_IN(x, mean(graph, conv(graph, x, 8, 1), 0)));
    sinew_graph_add_output(graph, y, "y");
}

static void images_side_by_side(sinew_graph *graph, sinew_value x) {
    const struct sinew_transpose_attr turn = {4, {1, 0, 2, 3}};
    sinew_value y = sinew_graph_add(graph, SINEW_OP_TRANSPOSE, "turn", &turn,
                                    SINEW_IN(conv(graph, x, 4, 3)));
    sinew_graph_add_output(graph, y, "y");
}

static void number_of_images(sinew_graph *graph, sinew_value x) {
    const struct sinew_cast_attr cast = {SINEW_F32};
    sinew_value n =
        sinew_graph_add(graph, SINEW_OP_SHAPE, "shape", NULL, SINEW_IN(x));
    const struct sinew_axis_attr first = {0};
    n = sinew_graph_add(graph, SINEW_OP_GATHER, "n", &first,
                        SINEW_IN(n, sinew_graph_add_i64s(graph, DIMS(0), 1)));
    n = sinew_graph_add(graph, SINEW_OP_CAST, "f", &cast, SINEW_IN(n));
    sinew_value y = sinew_graph_add(graph, SINEW_OP_DIV, "share", NULL,
                                    SINEW_IN(conv(graph, x, 8, 1), n));
    sinew_graph_add_output(graph, y, "y");
}

static void constant_shape(sinew_graph *graph, sinew_value x) {
    sinew_value y = conv(graph, x, 8, 1);
    sinew_value to = sinew_graph_add_i64s(graph, DIMS(IMAGES, 240), 2);
    sinew_graph_add_output(graph, reshape(graph, y, to), "y");
}

static void one_constant_result(sinew_graph *graph, sinew_value x) {
    sinew_graph_add_output(graph, conv(graph, x, 4, 1), "y");
    sinew_graph_add_output(graph, weights(graph, 1, DIMS(5)), "w");
}

static const struct network {
    const char *name;
    void (*build)(sinew_graph *graph, sinew_value x);
    bool apart;
} networks[] = {
    {"gated", gated, true},
    {"channels first", channels_first, true},
    {"head", head, true},
    {"mean of images", mean_of_images, false},
    {"images side by side", images_side_by_side, false},
    {"number of images", number_of_images, false},
    {"constant shape", constant_shape, false},
    {"one constant result", one_constant_result, false},
};

/* ---- checks ---- */

static sinew_runtime *compile(const struct network *network, int64_t images,
                              int threads) {
    sinew_runtime_options options;
    sinew_runtime *runtime;
    sinew_graph *graph;
    assert_int_equal(sinew_graph_create(&graph), SINEW_OK);
    network->build(graph, sinew_graph_add_input(graph, "x", SINEW_F32, 4,
                                                DIMS(images, 6, 5, 8)));
    assert_int_equal(sinew_graph_finish(graph), SINEW_OK);
    sinew_runtime_options_init(&options);
    options.threads = threads;
    assert_int_equal(sinew_runtime_take(&runtime, &graph, &options), SINEW_OK);
    return runtime;
}

static void run(sinew_runtime *runtime) {
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
}

/* Every image of the batch against a run of it alone; twice, as a run must
 * leave things as they were. */
static void check_apart(const struct network *network, int threads) {
    sinew_runtime *all = compile(network, IMAGES, threads);
    sinew_runtime *one = compile(network, 1, threads);
    sinew_tensor *x = sinew_runtime_input(all, 0);
    sinew_tensor *x1 = sinew_runtime_input(one, 0);
    size_t part = sinew_tensor_bytes(x1);
    assert_int_equal(x->dims[0], IMAGES);
    for (uint64_t round = 0; round < 2; round++) {
        fill(x->data, sinew_tensor_count(x), round);
        run(all);
        for (size_t n = 0; n < IMAGES; n++) {
            memcpy(x1->data, (char *)x->data + n * part, part);
            run(one);
            for (int i = 0; i < 2; i++) {
                const sinew_tensor *y = sinew_runtime_output(all, i);
                const sinew_tensor *y1 = sinew_runtime_output(one, i);
                size_t bytes = sinew_tensor_bytes(y1);
                assert_int_equal(y->dims[0], IMAGES);
                assert_memory_equal((char *)y->data + n * bytes, y1->data,
                                    bytes);
                if (network->build == head) break;
            }
        }
    }
    sinew_runtime_free(&all);
    sinew_runtime_free(&one);
}

static void pictures_apart_run_one_by_one(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        sinew_runtime *runtime = compile(&networks[i], IMAGES, 1);
        int64_t images = sinew_runtime_step(runtime, 0).out.dims[0];
        print_message("%s\n", networks[i].name);
        assert_int_equal(images, networks[i].apart ? 1 : IMAGES);
        run(runtime);
        sinew_runtime_free(&runtime);
        if (!networks[i].apart) continue;
        check_apart(&networks[i], 1);
        check_apart(&networks[i], 2);
    }
}

/* The values of one picture at a time, beside inputs and results. */
static void memory_does_not_grow(void **state) {
    (void)state;
    sinew_runtime *one = compile(&networks[0], 1, 1);
    sinew_runtime *all = compile(&networks[0], IMAGES, 1);
    const sinew_tensor *ends[] = {sinew_runtime_input(one, 0),
                                  sinew_runtime_output(one, 0),
                                  sinew_runtime_output(one, 1)};
    size_t more = 0;
    for (int i = 0; i < 3; i++)
        more += IMAGES * (sinew_tensor_bytes(ends[i]) + SINEW_ALIGN);
    assert_true(sinew_runtime_memory_use(all).arena <=
                sinew_runtime_memory_use(one).arena + more);
    sinew_runtime_free(&one);
    sinew_runtime_free(&all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_apart_run_one_by_one),
        cmocka_unit_test(memory_does_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
