/*
 * timing.h - a network run again and again, each run timed by itself.
 */
#ifndef SINEW_CLI_TIMING_H
#define SINEW_CLI_TIMING_H

#include <sinew/runtime.h>

struct timing {
    double *seconds; ///< [runs], sorted
    int runs;        ///< fewer than asked for after an interrupt
};

struct timing_rules {
    int64_t warmup, runs;
    double most;   ///< seconds after which no run begins; 0 = no limit
    uint64_t seed; ///< of the random input
};

/* Seconds of a clock that only goes forward. */
double timing_now(void);

/* Runs the network on seeded random input, floats in [0, 1). Free also after a
 * failure. Errors: SINEW_NOMEM, those of sinew_runtime_run. */
sinew_status timing_measure(struct timing *timing, sinew_runtime *runtime,
                            const sinew_graph *graph,
                            const struct timing_rules *rules) SINEW_NODISCARD;

/* The smallest sample that so many percent of the samples do not exceed, in
 * seconds; 0 when there is none. */
double timing_percentile(const struct timing *timing, int percent);
void timing_free(struct timing *timing);

#endif
