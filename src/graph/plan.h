/*
 * plan.h - where in one block of memory each value lives.
 */
#ifndef SINEW_GRAPH_PLAN_H
#define SINEW_GRAPH_PLAN_H

#include "base/base.h"

/* A piece of memory wanted from step `first` to step `last`, both included. */
struct sinew_plan_item {
    int first, last;
    size_t size;   ///< bytes, 0 allowed
    size_t offset; ///< set by sinew_plan_place, a multiple of SINEW_ALIGN
};

/* Places all items so that those alive at the same step do not overlap, and
 * gives the bytes of the whole block in *total. Each item is followed by
 * SINEW_PAD readable bytes. Largest first, each into the smallest gap that fits
 * (the size-ordered greedy of Pisarchyk & Lee, 2020). SINEW_NOMEM. */
sinew_status sinew_plan_place(struct sinew_plan_item *items, int n,
                              size_t *total) SINEW_NODISCARD;

#endif
