/*
 * precision.c - a whole network in bf16: near fp32 but not the same, on every
 * level of this machine, whatever the number of threads.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/network.h>
#include <sinew/runtime.h>
#include "kernel/cpu.h"

static sinew_graph *network(void) {
    sinew_network_options options;
    sinew_graph *graph;
    sinew_network_options_init(&options);
    options.input_height = options.input_width = 64;
    if (sinew_network_build(&graph, "rtmpose-t", &options) < 0)
        fail_msg("%s", sinew_error_message());
    return graph;
}

static sinew_runtime *run(const sinew_graph *graph, const char *cpu,
                          int threads, int precision) {
    sinew_runtime_options options;
    sinew_runtime *runtime;
    uint32_t state = 1;
    sinew_runtime_options_init(&options);
    options.cpu = cpu;
    options.threads = threads;
    options.precision = precision;
    if (sinew_runtime_create(&runtime, graph, &options) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_tensor *in = sinew_runtime_input(runtime, 0);
    for (int64_t i = 0; i < sinew_tensor_count(in); i++) {
        state = state * 1664525u + 1013904223u;
        ((float *)in->data)[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
    }
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
    return runtime;
}

/* Root of the mean square of the distance, in shares of that of a. */
static double apart(const sinew_tensor *a, const sinew_tensor *b) {
    const float *x = a->data, *y = b->data;
    double size = 0, sum = 0;
    for (int64_t i = 0; i < sinew_tensor_count(a); i++) {
        size += (double)x[i] * (double)x[i];
        sum += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
    }
    return sqrt(sum / size);
}

static void bf16_is_near(void **state) {
    (void)state;
    sinew_graph *graph = network();
    for (int l = 0; l < SINEW_CPU_COUNT; l++) {
        const char *cpu = sinew_cpu_level_name((enum sinew_cpu_level)l);
        if (!sinew_cpu_has((enum sinew_cpu_level)l)) continue;
        sinew_runtime *fp32 = run(graph, cpu, 1, SINEW_PRECISION_FP32);
        sinew_runtime *bf16 = run(graph, cpu, 1, SINEW_PRECISION_BF16);
        sinew_runtime *three = run(graph, cpu, 3, SINEW_PRECISION_BF16);
        for (int i = 0; i < 2; i++) {
            const sinew_tensor *got = sinew_runtime_output(bf16, i);
            double off = apart(sinew_runtime_output(fp32, i), got);
            if (off < 1e-4 || !(off < .05))
                fail_msg("%s: %.2g away from fp32", cpu, off);
            assert_memory_equal(
                got->data, sinew_runtime_output(three, i)->data,
                (size_t)sinew_tensor_count(got) * sizeof(float));
        }
        sinew_runtime_free(&fp32);
        sinew_runtime_free(&bf16);
        sinew_runtime_free(&three);
    }
    sinew_graph_free(&graph);
}

/* Where no bf16 are multiplied they are floats, rounded at the same places: that
 * changes less than rounding does. */
static void levels_agree(void **state) {
    (void)state;
    sinew_graph *graph = network();
    sinew_runtime *fp32 = run(graph, "scalar", 1, SINEW_PRECISION_FP32);
    sinew_runtime *first = run(graph, "scalar", 1, SINEW_PRECISION_BF16);
    for (int l = SINEW_CPU_SCALAR + 1; l < SINEW_CPU_COUNT; l++) {
        const char *cpu = sinew_cpu_level_name((enum sinew_cpu_level)l);
        if (!sinew_cpu_has((enum sinew_cpu_level)l)) continue;
        sinew_runtime *other = run(graph, cpu, 1, SINEW_PRECISION_BF16);
        for (int i = 0; i < 2; i++) {
            const sinew_tensor *a = sinew_runtime_output(first, i);
            double rounding = apart(sinew_runtime_output(fp32, i), a);
            double off = apart(a, sinew_runtime_output(other, i));
            print_message("%s: %.2g from scalar, which is %.2g from fp32\n",
                          cpu, off, rounding);
            assert_true(off < rounding);
        }
        sinew_runtime_free(&other);
    }
    sinew_runtime_free(&fp32);
    sinew_runtime_free(&first);
    sinew_graph_free(&graph);
}

/* Maps between layers are bf16, outputs and vectors are floats. */
static void maps_are_bf16(void **state) {
    (void)state;
    sinew_graph *graph = network();
    sinew_runtime *bf16 = run(graph, NULL, 1, SINEW_PRECISION_BF16);
    int maps = 0, kept = 0;
    for (int i = 0; i < sinew_runtime_step_count(bf16); i++) {
        sinew_step_info step = sinew_runtime_step(bf16, i);
        bool map = step.out.rank == 4 && step.out.dims[1] >= 4;
        assert_true(map || step.out.dtype != SINEW_BF16);
        maps += map && strcmp(step.op, "conv2d") == 0;
        kept += map && strcmp(step.op, "conv2d") == 0 &&
                step.out.dtype == SINEW_BF16;
    }
    bool pairs = sinew_cpu_flags(sinew_cpu_best()) & SINEW_CPU_AVX512_BF16;
    assert_true(maps > 20);
    assert_true(pairs ? kept > maps / 2 : kept == 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(sinew_runtime_output(bf16, i)->dtype, SINEW_F32);
    sinew_runtime_free(&bf16);
    sinew_graph_free(&graph);
}

static void others_are_refused(void **state) {
    (void)state;
    sinew_graph *graph = network();
    sinew_runtime_options options;
    sinew_runtime *runtime;
    sinew_runtime_options_init(&options);
    options.precision = SINEW_PRECISION_COUNT;
    assert_int_equal(sinew_runtime_create(&runtime, graph, &options),
                     SINEW_INVALID);
    assert_null(runtime);
    sinew_graph_free(&graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(bf16_is_near),
                                       cmocka_unit_test(levels_agree),
                                       cmocka_unit_test(maps_are_bf16),
                                       cmocka_unit_test(others_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
