/*
 * nest.h - walking up to four tensors in step.
 *
 * A nest is a list of loops, outermost first; each has a size and, for every
 * operand, how many elements one step moves. Broadcasting is a step of 0,
 * transposing an exchange of steps, a slice backwards a negative one. Loops
 * that run on into each other are merged, and what is left is handed out as
 * blocks of rows x n elements, which is what kernels take.
 *
 * Operand 0 is the output by convention.
 */
#ifndef SINEW_OP_NEST_H
#define SINEW_OP_NEST_H

#include "op/op.h"

#define SINEW_NEST_OPERANDS 4
#define SINEW_NEST_LOOPS    (2 * SINEW_MAX_RANK)

struct sinew_nest {
    int loops; ///< 2 or more once finished; the last two are the blocks
    int operands;
    int64_t size[SINEW_NEST_LOOPS + 2];
    int64_t step[SINEW_NEST_LOOPS + 2][SINEW_NEST_OPERANDS];
    int64_t chunk;  ///< elements of the innermost loop in one unit
    int64_t chunks; ///< units the innermost loop makes
};

/* rows x n elements: element (r, i) of operand k lies at
 * at[k] + r * row_step[k] + i * step[k]. */
struct sinew_block {
    int64_t at[SINEW_NEST_OPERANDS];
    int64_t rows, n;
    const int64_t *row_step, *step;
};
typedef void sinew_block_fn(void *user, const struct sinew_block *block);

void sinew_nest_init(struct sinew_nest *nest, int operands);
/* Adds a loop inside those there are; at most SINEW_NEST_LOOPS. */
void sinew_nest_add(struct sinew_nest *nest, int64_t size, const int64_t *step);
/* Merges loops and cuts the innermost; no loops can be added after. */
void sinew_nest_finish(struct sinew_nest *nest);

/* The nest of an element-wise operator, finished: operand 0 is `out`, operand
 * 1 + i is `in[i]` broadcast to it. Innermost steps are 0 or 1. */
void sinew_nest_broadcast(struct sinew_nest *nest, const sinew_tensor *out,
                          const sinew_tensor *in, int n_in);

/* Units of work: one chunk of one row each; 0 when a size is 0. */
int64_t sinew_nest_units(const struct sinew_nest *nest);
/* Calls `body` on blocks that cover units begin..end-1. */
void sinew_nest_run(const struct sinew_nest *nest, int64_t begin, int64_t end,
                    sinew_block_fn *body, void *user);

/* Copies operand 1 to operand 0, both of element size `size`. */
struct sinew_copy {
    const struct sinew_kernels *kernels;
    void *dst;
    const void *src;
    size_t size; ///< 1, 2, 4 or 8
};
void sinew_nest_copy(const struct sinew_nest *nest, int64_t begin, int64_t end,
                     const struct sinew_copy *copy);

/* Elements between neighbours along each dimension; strides[rank]. */
void sinew_tensor_strides(const sinew_tensor *tensor, int64_t *strides);

#endif
