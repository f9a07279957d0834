/*
 * schedule.h - the learning rate of every step.
 */
#ifndef SINEW_TRAIN_SCHEDULE_H
#define SINEW_TRAIN_SCHEDULE_H

#include "base/base.h"

/* X(NAME, name): the factor of `rate` at step t of `steps`, r = t / steps.
 *   CONSTANT     1
 *   STEP         gamma^(milestones passed)
 *   EXPONENTIAL  gamma^floor(t / period): a staircase
 *   LINEAR       from 1 to `last`
 *   COSINE       last + (1 - last) (1 + cos(pi r)) / 2
 *   FLAT_COSINE  1 while r < flat, then the cosine over the rest
 *   TRIANGULAR   last + (1 - last) a triangle of height gamma^cycle, up and
 *                down once in `period` steps
 */
#define SINEW_SCHEDULE_MAP(X)                                                  \
    X(CONSTANT, constant)                                                      \
    X(STEP, step)                                                              \
    X(EXPONENTIAL, exponential)                                                \
    X(LINEAR, linear)                                                          \
    X(COSINE, cosine)                                                          \
    X(FLAT_COSINE, flat_cosine)                                                \
    X(TRIANGULAR, triangular)

enum sinew_schedule_kind {
#define SINEW_SCHEDULE_ENUM(NAME, name) SINEW_SCHEDULE_##NAME,
    SINEW_SCHEDULE_MAP(SINEW_SCHEDULE_ENUM)
#undef SINEW_SCHEDULE_ENUM
    SINEW_SCHEDULE_COUNT
};

enum { SINEW_MILESTONES = 8 };

struct sinew_schedule {
    enum sinew_schedule_kind kind;
    double rate;   ///< the learning rate that factors multiply
    int64_t steps; ///< of the whole training
    double last;   ///< lowest factor
    double gamma;  ///< STEP, EXPONENTIAL, TRIANGULAR
    double flat;   ///< FLAT_COSINE: share of the steps before the cosine
    int64_t period;
    int64_t milestones[SINEW_MILESTONES]; ///< STEP, ascending
    int n_milestones;
    /** The first `warmup` steps: times a factor that grows from warmup_from to
     * 1 in a straight line. */
    int64_t warmup;
    double warmup_from;
};

/* The rate at step t >= 0; after the last step, that of the last. */
double sinew_schedule_at(const struct sinew_schedule *schedule, int64_t t);

/* Errors: SINEW_INVALID, a field out of range. */
sinew_status sinew_schedule_check(const struct sinew_schedule *schedule)
    SINEW_NODISCARD;

/* "cosine"; NULL for a number that is none. */
const char *sinew_schedule_name(enum sinew_schedule_kind kind);

#endif
