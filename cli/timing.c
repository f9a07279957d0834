/*
 * timing.c - samples of a network's latency. Inputs are filled anew before each
 * run, outside the time, as operators may work in place.
 */
#include "timing.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rng.h"
#include "cli.h"
#include "op/op.h"

double timing_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double timing_percentile(const struct timing *timing, int percent) {
    if (timing->runs < 1) return 0;
    int64_t rank = ((int64_t)timing->runs * percent + 99) / 100;
    return timing->seconds[rank > 0 ? rank - 1 : 0];
}

/* What is no float stays zero. */
static void fill_inputs(sinew_runtime *runtime, const sinew_graph *graph,
                        uint64_t seed) {
    struct sinew_rng rng;
    sinew_rng_seed(&rng, seed);
    for (int i = 0; i < sinew_graph_input_count(graph); i++) {
        sinew_tensor *in = sinew_runtime_input(runtime, i);
        memset(in->data, 0, sinew_tensor_bytes(in));
        int64_t n = in->dtype == SINEW_F32 ? sinew_tensor_count(in) : 0;
        for (int64_t j = 0; j < n; j++)
            ((float *)in->data)[j] = (float)sinew_rng_uniform(&rng);
    }
}

sinew_status timing_measure(struct timing *timing, sinew_runtime *runtime,
                            const sinew_graph *graph,
                            const struct timing_rules *rules) {
    const double start = timing_now();
    *timing = (struct timing){0};
    timing->seconds =
        sinew_alloc((uint64_t)rules->runs, sizeof *timing->seconds);
    if (!timing->seconds) return SINEW_NOMEM;
    for (int64_t i = -rules->warmup; i < rules->runs; i++) {
        if (cli_interrupted()) break;
        fill_inputs(runtime, graph, rules->seed);
        const double begin = timing_now();
        if (rules->most > 0 && timing->runs > 0 && begin - start > rules->most)
            break;
        sinew_status status = sinew_runtime_run(runtime);
        if (status < 0) return status;
        if (i >= 0) timing->seconds[timing->runs++] = timing_now() - begin;
    }
    qsort(timing->seconds, (size_t)timing->runs, sizeof *timing->seconds,
          compare);
    return SINEW_OK;
}

void timing_free(struct timing *timing) {
    sinew_free(timing->seconds);
    *timing = (struct timing){0};
}
