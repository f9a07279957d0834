/*
 * plan.c - size-ordered greedy placement of values in one arena.
 */
#include <stdlib.h>
#include "graph/plan.h"

/* Bytes an item takes: rounded up to whole lines, with its read padding. */
static size_t footprint(const struct sinew_plan_item *item) {
    size_t size = item->size + SINEW_PAD;
    return (size + SINEW_ALIGN - 1) / SINEW_ALIGN * SINEW_ALIGN;
}

static bool alive_together(const struct sinew_plan_item *a,
                           const struct sinew_plan_item *b) {
    return a->first <= b->last && b->first <= a->last;
}

/* Larger first; of equal size the earlier, so that the plan is the same
 * everywhere. */
static int by_size(const void *pa, const void *pb) {
    const struct sinew_plan_item *a = *(struct sinew_plan_item *const *)pa;
    const struct sinew_plan_item *b = *(struct sinew_plan_item *const *)pb;
    if (a->size != b->size)
        return a->size < b->size ? 1 : -1;
    return a < b ? -1 : a > b;
}

static int by_offset(const void *pa, const void *pb) {
    const struct sinew_plan_item *a = *(struct sinew_plan_item *const *)pa;
    const struct sinew_plan_item *b = *(struct sinew_plan_item *const *)pb;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* The smallest gap below or between the `n` placed neighbours (sorted by
 * offset) that holds `item`, else the end. */
static size_t best_gap(struct sinew_plan_item *const *neighbours, int n,
                       const struct sinew_plan_item *item) {
    size_t need = footprint(item), end = 0, best = 0, best_size = SIZE_MAX;
    for (int i = 0; i < n; i++) {
        size_t start = neighbours[i]->offset;
        if (start > end && start - end >= need && start - end < best_size) {
            best = end;
            best_size = start - end;
        }
        size_t after = start + footprint(neighbours[i]);
        end = after > end ? after : end;
    }
    return best_size < SIZE_MAX ? best : end;
}

sinew_status sinew_plan_place(struct sinew_plan_item *items, int n,
                              size_t *total) {
    struct sinew_plan_item **order = sinew_alloc((uint64_t)n, sizeof *order);
    struct sinew_plan_item **near = sinew_alloc((uint64_t)n, sizeof *near);
    sinew_status status = SINEW_NOMEM;
    *total = 0;
    if (!order || !near)
        goto fail;
    for (int i = 0; i < n; i++)
        order[i] = &items[i];
    qsort(order, (size_t)n, sizeof *order, by_size);
    for (int i = 0; i < n; i++) {
        int neighbours = 0;
        for (int k = 0; k < i; k++)
            if (alive_together(order[k], order[i]))
                near[neighbours++] = order[k];
        qsort(near, (size_t)neighbours, sizeof *near, by_offset);
        order[i]->offset = best_gap(near, neighbours, order[i]);
        size_t end = order[i]->offset + footprint(order[i]);
        *total = end > *total ? end : *total;
    }
    status = SINEW_OK;
fail:
    sinew_free(order);
    sinew_free(near);
    return status;
}
