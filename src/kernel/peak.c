/*
 * peak.c - the ceiling that timings are read against, measured.
 */
#include <time.h>
#include "kernel/kernel.h"

enum { ROUNDS = 12, STEPS = 100000 };

static double seconds_now(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double sinew_peak_flops(const struct sinew_kernels *kernels) {
    double best = 0;

    for (int i = 0; i < ROUNDS; i++) {
        double began = seconds_now();
        (void)kernels->peak(STEPS);
        double took = seconds_now() - began;
        if (i == 0 || took < best) best = took;
    }
    return 2.0 * SINEW_PEAK_SUMS * kernels->lanes * STEPS / best;
}
