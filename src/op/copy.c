/*
 * copy.c - nests that move elements without changing them: what transpose,
 * concat, slice, split, expand, tile, pad and the like consist of.
 *
 * A block is copied row by row where both sides run on; a four-byte block that
 * runs on along the other loop on one side is a transpose, and many small ones
 * go to the kernel together; anything else moves element by element.
 */
#include "kernel/kernel.h"
#include "op/nest.h"
#include "op/util.h"

struct place {
    char *y;
    const char *x;
    int64_t rows, n;
    int64_t row_y, row_x, step_y, step_x; ///< elements
};

static void copy_rows(const struct place *p, size_t size) {
    for (int64_t r = 0; r < p->rows; r++)
        memcpy(p->y + r * p->row_y * (int64_t)size,
               p->x + r * p->row_x * (int64_t)size, (size_t)p->n * size);
}

/* One loop a size, so that the compiler makes a plain move of memcpy. */
#define COPY_ELEMENTS(size)                                                    \
    static void copy_elements_##size(const struct place *p) {                  \
        for (int64_t r = 0; r < p->rows; r++) {                                \
            char *y = p->y + r * p->row_y * (size);                            \
            const char *x = p->x + r * p->row_x * (size);                      \
            for (int64_t i = 0; i < p->n; i++)                                 \
                memcpy(y + i * p->step_y * (size), x + i * p->step_x * (size), \
                       size);                                                  \
        }                                                                      \
    }
COPY_ELEMENTS(1)
COPY_ELEMENTS(2)
COPY_ELEMENTS(4)
COPY_ELEMENTS(8)

static void copy_elements(const struct place *p, size_t size) {
    switch (size) {
    case 1:
        copy_elements_1(p);
        break;
    case 2:
        copy_elements_2(p);
        break;
    case 4:
        copy_elements_4(p);
        break;
    default:
        copy_elements_8(p);
        break;
    }
}

/* Whether rows x n elements are a transpose; then `t`, but for the planes. */
static bool is_transpose(const struct place *p, size_t size,
                         struct sinew_transpose *t) {
    if (size != 4 || (p->step_y == 1 && p->step_x == 1)) return false;
    if (p->step_y == 1 && p->row_x == 1 && p->step_x > 0)
        *t = (struct sinew_transpose){1,        p->n, p->rows, p->step_x,
                                      p->row_y, 0,    0};
    else if (p->row_y == 1 && p->step_x == 1 && p->row_x > 0)
        *t = (struct sinew_transpose){1,         p->rows, p->n, p->row_x,
                                      p->step_y, 0,       0};
    else
        return false;
    return true;
}

static void copy_block(void *user, const struct sinew_block *block) {
    const struct sinew_copy *copy = user;
    int64_t size = (int64_t)copy->size;
    struct sinew_transpose t;
    struct place p = {
        .y = (char *)copy->dst + block->at[0] * size,
        .x = (const char *)copy->src + block->at[1] * size,
        .rows = block->rows,
        .n = block->n,
        .row_y = block->row_step[0],
        .row_x = block->row_step[1],
        .step_y = block->step[0],
        .step_x = block->step[1],
    };
    if (is_transpose(&p, copy->size, &t))
        copy->kernels->x32_transpose(p.x, p.y, &t);
    else if (p.step_y == 1 && p.step_x == 1)
        copy_rows(&p, copy->size);
    else
        copy_elements(&p, copy->size);
}

/* Whether the last two loops are whole transposes, with loops around them. */
static bool has_planes(const struct sinew_nest *nest, size_t size,
                       struct sinew_transpose *t) {
    int inner = nest->loops - 1;
    struct place p = {.rows = nest->size[inner - 1],
                      .n = nest->size[inner],
                      .row_y = nest->step[inner - 1][0],
                      .row_x = nest->step[inner - 1][1],
                      .step_y = nest->step[inner][0],
                      .step_x = nest->step[inner][1]};
    return nest->loops > 2 && nest->chunks == 1 && is_transpose(&p, size, t);
}

/* Planes first.. in one call, as many of `n` as one loop has; gives how many.
 */
static int64_t copy_planes(const struct sinew_nest *nest, int64_t first,
                           int64_t n, struct sinew_transpose *t,
                           const struct sinew_copy *copy) {
    int loop = nest->loops - 3;
    int64_t left = nest->size[loop] - first % nest->size[loop], at[2] = {0, 0};
    t->count = n < left ? n : left;
    t->y_next = nest->step[loop][0];
    t->x_next = nest->step[loop][1];
    for (; loop >= 0; loop--) {
        for (int k = 0; k < 2; k++)
            at[k] += first % nest->size[loop] * nest->step[loop][k];
        first /= nest->size[loop];
    }
    copy->kernels->x32_transpose((const char *)copy->src + at[1] * 4,
                                 (char *)copy->dst + at[0] * 4, t);
    return t->count;
}

void sinew_nest_copy(const struct sinew_nest *nest, int64_t begin, int64_t end,
                     const struct sinew_copy *copy) {
    int64_t rows = nest->size[nest->loops - 2];
    struct sinew_transpose t;
    if (!has_planes(nest, copy->size, &t)) {
        sinew_nest_run(nest, begin, end, copy_block, (void *)copy);
        return;
    }
    while (begin < end) {
        int64_t whole = begin % rows == 0 ? (end - begin) / rows : 0;
        int64_t last = begin - begin % rows + rows;
        if (whole > 0) {
            begin += rows * copy_planes(nest, begin / rows, whole, &t, copy);
            continue;
        }
        last = last < end ? last : end;
        sinew_nest_run(nest, begin, last, copy_block, (void *)copy);
        begin = last;
    }
}
