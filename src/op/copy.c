/*
 * copy.c - nests that move elements without changing them: what transpose,
 * concat, slice, split, expand, tile, pad and the like consist of.
 *
 * A block is copied row by row where both sides run on; a four-byte block that
 * runs on along the other loop on one side is a transpose; anything else moves
 * element by element.
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

static void copy_block(void *user, const struct sinew_block *block) {
    const struct sinew_copy *copy = user;
    int64_t size = (int64_t)copy->size;
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
    if (p.step_y == 1 && p.step_x == 1)
        copy_rows(&p, copy->size);
    else if (size == 4 && p.step_y == 1 && p.row_x == 1 && p.step_x > 0)
        copy->kernels->x32_transpose(p.x, p.step_x, p.y, p.row_y, p.n, p.rows);
    else if (size == 4 && p.row_y == 1 && p.step_x == 1 && p.row_x > 0)
        copy->kernels->x32_transpose(p.x, p.row_x, p.y, p.step_y, p.rows, p.n);
    else
        copy_elements(&p, copy->size);
}

void sinew_nest_copy(const struct sinew_nest *nest, int64_t begin, int64_t end,
                     const struct sinew_copy *copy) {
    sinew_nest_run(nest, begin, end, copy_block, (void *)copy);
}
