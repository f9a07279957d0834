/*
 * place.h - which values share memory, before the planner decides where.
 */
#ifndef SINEW_GRAPH_PLACE_H
#define SINEW_GRAPH_PLACE_H

#include "graph/internal.h"
#include "graph/plan.h"

/* A value's seat: `offset` bytes into plan item `item`. */
struct sinew_place {
    int item; ///< -1: constant data, no seat
    size_t offset;
    int64_t row_stride; ///< elements from row to row
};

struct sinew_placing {
    struct sinew_place *places; ///< [n_values]
    struct sinew_plan_item *items;
    int n_items, cap_items;
    size_t naive; ///< bytes if every value had its own memory
};

/*
 * Seats all values of an optimised graph (step s = node s):
 *  - inputs and outputs live through the whole run, in memory of their own;
 *  - reshapes share their input's memory;
 *  - element-wise operators work in place when their input dies with them;
 *  - a concat along channels is built in place: its inputs are written straight
 *    into their slice, with the concat's width as row stride, when producer and
 *    readers can stride; a concat of neighbouring slices costs nothing.
 * SINEW_NOMEM; release in any case.
 */
sinew_status sinew_place_values(struct sinew_placing *placing,
                                const sinew_graph *graph) SINEW_NODISCARD;
/* A further item alive at one step only (scratch); gives its index or -1. */
int sinew_place_item(struct sinew_placing *placing, int first, int last,
                     size_t size);
void sinew_place_release(struct sinew_placing *placing);

#endif
