/*
 * nms.c - greedy non-maximum suppression, and choosing the best of many.
 *
 * The best are kept in a heap whose first item is the worst of them (Williams,
 * "Algorithm 232: Heapsort", 1964): a new one is compared with it alone.
 * Suppression is the usual one: in the order of their scores, each box still
 * there removes those of its class whose intersection with it is more than a
 * part of their union.
 */
#include <stdbool.h>
#include "pose/nms.h"

static bool worse(const struct sinew_candidate *a,
                  const struct sinew_candidate *b) {
    return a->score < b->score || (a->score == b->score && a->order > b->order);
}

static void swap(struct sinew_candidate *a, struct sinew_candidate *b) {
    const struct sinew_candidate c = *a;
    *a = *b;
    *b = c;
}

/* Moves item i of the first n down to where the heap wants it. */
static void sink(struct sinew_candidate *items, int32_t n, int32_t i) {
    for (;;) {
        int32_t child = 2 * i + 1;
        if (child >= n) return;
        if (child + 1 < n && worse(&items[child + 1], &items[child])) child++;
        if (!worse(&items[child], &items[i])) return;
        swap(&items[child], &items[i]);
        i = child;
    }
}

void sinew_top_add(struct sinew_top *top, const struct sinew_candidate *item) {
    struct sinew_candidate *items = top->items;
    if (top->n == top->room) {
        if (top->room == 0 || !worse(&items[0], item)) return;
        items[0] = *item;
        sink(items, top->n, 0);
        return;
    }
    int32_t i = top->n++;
    items[i] = *item;
    for (; i > 0 && worse(&items[i], &items[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&items[i], &items[(i - 1) / 2]);
}

void sinew_top_sort(struct sinew_top *top) {
    for (int32_t n = top->n; n > 1; n--) {
        swap(&top->items[0], &top->items[n - 1]);
        sink(top->items, n - 1, 0);
    }
}

static float side(float low, float high) {
    return high > low ? high - low : 0;
}

float sinew_overlap(const struct sinew_candidate *a,
                    const struct sinew_candidate *b) {
    const float w = side(a->left > b->left ? a->left : b->left,
                         a->right < b->right ? a->right : b->right);
    const float h = side(a->top > b->top ? a->top : b->top,
                         a->bottom < b->bottom ? a->bottom : b->bottom);
    const float both = side(a->left, a->right) * side(a->top, a->bottom) +
                       side(b->left, b->right) * side(b->top, b->bottom) -
                       w * h;
    return both > 0 ? w * h / both : 0;
}

int32_t sinew_nms(struct sinew_candidate *items, int32_t n, float overlap,
                  int32_t most) {
    int32_t kept = 0;
    for (int32_t i = 0; i < n && kept < most; i++) {
        bool free = true;
        for (int32_t k = 0; k < kept && free; k++)
            free = items[k].label != items[i].label ||
                   !(sinew_overlap(&items[k], &items[i]) > overlap);
        if (free) items[kept++] = items[i];
    }
    return kept;
}
