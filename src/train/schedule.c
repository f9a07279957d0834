/*
 * schedule.c - the learning rate of every step (schedule.h has the formulas).
 *
 * Source: Loshchilov and Hutter, "SGDR" (2017), for the cosine; Smith, "Cyclical
 * learning rates" (2017), for triangles.
 */
#include <math.h>
#include "train/schedule.h"

static const double pi = 3.14159265358979323846;

const char *sinew_schedule_name(enum sinew_schedule_kind kind) {
    static const char *const names[] = {
#define NAME(NAME, name) #name,
        SINEW_SCHEDULE_MAP(NAME)
#undef NAME
    };

    return kind >= 0 && kind < SINEW_SCHEDULE_COUNT ? names[kind] : NULL;
}

static sinew_status check_range(const char *field, double value, double lo,
                                double hi) {
    if (value >= lo && value <= hi)
        return SINEW_OK;
    return sinew_fail(SINEW_INVALID, "%s is %g, not within %g to %g", field,
                      value, lo, hi);
}

sinew_status sinew_schedule_check(const struct sinew_schedule *s) {
    bool periodic = s->kind == SINEW_SCHEDULE_EXPONENTIAL ||
                    s->kind == SINEW_SCHEDULE_TRIANGULAR;
    sinew_status status;

    SINEW_FAIL_IF(!sinew_schedule_name(s->kind), SINEW_INVALID,
                  "no schedule of number %d", (int)s->kind);
    SINEW_TRY(check_range("rate", s->rate, 0, 1e6));
    SINEW_TRY(check_range("last", s->last, 0, 1));
    SINEW_TRY(check_range("gamma", s->gamma, 0, 1));
    SINEW_TRY(check_range("flat", s->flat, 0, 1));
    SINEW_TRY(check_range("warmup_from", s->warmup_from, 0, 1));
    SINEW_FAIL_IF(s->steps < 1, SINEW_INVALID, "%lld steps",
                  (long long)s->steps);
    SINEW_FAIL_IF(s->warmup < 0, SINEW_INVALID, "a warm-up of %lld steps",
                  (long long)s->warmup);
    SINEW_FAIL_IF(periodic && s->period < 1, SINEW_INVALID,
                  "a period of %lld steps", (long long)s->period);
    SINEW_FAIL_IF(s->n_milestones < 0 || s->n_milestones > SINEW_MILESTONES,
                  SINEW_INVALID, "%d milestones", s->n_milestones);
    for (int i = 1; i < s->n_milestones; i++)
        SINEW_FAIL_IF(s->milestones[i] < s->milestones[i - 1], SINEW_INVALID,
                      "milestone %d comes before the one before it", i);
    return SINEW_OK;
fail:
    return status;
}

/* From 1 at r = 0 to `last` at r = 1. */
static double cosine(double r, double last) {
    r = r < 0 ? 0 : r > 1 ? 1 : r;
    return last + (1 - last) * 0.5 * (1 + cos(pi * r));
}

static double triangle(const struct sinew_schedule *s, int64_t t) {
    double place = (double)(t % s->period) / (double)s->period;
    double height = place < 0.5 ? 2 * place : 2 - 2 * place;

    height *= pow(s->gamma, (double)(t / s->period));
    return s->last + (1 - s->last) * height;
}

static double factor_at(const struct sinew_schedule *s, int64_t t) {
    double r = (double)t / (double)s->steps;
    int passed = 0;

    switch (s->kind) {
    case SINEW_SCHEDULE_STEP:
        while (passed < s->n_milestones && t >= s->milestones[passed])
            passed++;
        return pow(s->gamma, passed);
    case SINEW_SCHEDULE_EXPONENTIAL:
        return pow(s->gamma, (double)(t / s->period));
    case SINEW_SCHEDULE_LINEAR:
        return 1 - r * (1 - s->last);
    case SINEW_SCHEDULE_COSINE:
        return cosine(r, s->last);
    case SINEW_SCHEDULE_FLAT_COSINE:
        return s->flat < 1 ? cosine((r - s->flat) / (1 - s->flat), s->last) : 1;
    case SINEW_SCHEDULE_TRIANGULAR:
        return triangle(s, t);
    default:
        return 1;
    }
}

double sinew_schedule_at(const struct sinew_schedule *s, int64_t t) {
    double rate;

    t = t < s->steps ? t : s->steps - 1;
    rate = s->rate * factor_at(s, t);
    if (t < s->warmup)
        rate *= s->warmup_from +
                (1 - s->warmup_from) * (double)t / (double)s->warmup;
    return rate;
}
