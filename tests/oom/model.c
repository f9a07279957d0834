/*
 * model.c - memory runs out at every possible moment of reading a TFLite file
 * and of building a network.
 */
#include "fuzz/tflite_make.h"
#include "oom/heap.h"
#include <sinew/network.h>

static struct sinew_bytes file;

/* Operators that take memory of their own: operands in lists, parts, weights
 * that change their layout. */
static int make_file(void **state) {
    (void)state;
    file = make_tflite(
        "tensor x f32 1,4,4,2\ntensor h f16 1,3,3,2 = 0.5*18\n"
        "tensor w f32 1,3,3,2\ntensor d f32 1,4,4,2\n"
        "tensor q i8 3,1,1,2 scale=0.5,1,2 zero=0,0,0 axis=0 = 1 2 3 4 5 6\n"
        "tensor c f32 1,4,4,3\ntensor a i32 scalar = 3\n"
        "tensor s f32 1,4,4,1\ntensor t f32 1,4,4,1\ntensor u f32 1,4,4,1\n"
        "tensor r i32 2 = 8 8\ntensor b f32 1,8,8,1\ntensor p f32 1,4,4,3,2\n"
        "tensor y f32 1,4,4,6\n"
        "op DEQUANTIZE:2 h > w\n"
        "op DEPTHWISE_CONV_2D x,w > d 0=0 1=1 2=1 3=1 4=1\n"
        "op CONV_2D:5 d,q > c 0=0 1=1 2=1\n"
        "op SPLIT a,c > s,t,u 0=3\n"
        "op RESIZE_BILINEAR s,r > b\n"
        "op PACK c,c > p 0=2 1=4\n"
        "op CONCATENATION c,t,u,s > y 0=3 1=1\n"
        "in x\nout y\nout b\nout p\n");
    return file.size ? 0 : -1;
}

static int free_file(void **state) {
    (void)state;
    sinew_bytes_free(&file);
    return 0;
}

static sinew_status read_once(void) {
    sinew_graph *graph = NULL;
    sinew_status status =
        sinew_graph_load_memory(&graph, file.data, file.size, "small.tflite");
    if (status < 0) assert_null(graph);
    sinew_graph_free(&graph);
    return status;
}

/* The narrowest detector: its parameters take no time to draw. */
static sinew_status build_once(void) {
    sinew_network_options options;
    sinew_graph *graph = NULL;
    sinew_network_options_init(&options);
    options.widen = 0.05;
    options.input_height = options.input_width = 64;
    options.end_to_end = 1;
    options.classes = 2;
    sinew_status status = sinew_network_build(&graph, "rtmdet-tiny", &options);
    if (status < 0) assert_null(graph);
    sinew_graph_free(&graph);
    return status;
}

static void reading(void **state) {
    (void)state;
    sweep(read_once);
}

static void building(void **state) {
    (void)state;
    sweep(build_once);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reading, make_file, free_file),
        cmocka_unit_test(building),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
