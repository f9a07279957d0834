/*
 * nest.c - merging loops, cutting them into units, walking blocks.
 *
 * Loop i and the loop inside it, i + 1, are one loop when every operand's step
 * of i is its step of i + 1 times the size of i + 1. Merging leaves few loops:
 * an element-wise operator on dense tensors has one, a scale per channel has
 * two, a transpose of [N, H, W, C] to [N, C, H, W] three.
 *
 * A unit is one chunk of one row. Rows count fastest, so that a range of units
 * is made of tall blocks.
 */
#include "op/nest.h"
#include "op/util.h"

/* Elements of a unit where the innermost loop is long: enough to make calls
 * cheap, few enough that a block of rows stays in the first-level cache. */
#define CHUNK 2048

void sinew_nest_init(struct sinew_nest *nest, int operands) {
    nest->loops = 0;
    nest->operands = operands;
}

/* Whether the loop `size`, `step` goes on where the last loop ends. */
static bool runs_on(const struct sinew_nest *nest, int64_t size,
                    const int64_t *step) {
    for (int k = 0; k < nest->operands; k++)
        if (nest->step[nest->loops - 1][k] != step[k] * size) return false;
    return true;
}

void sinew_nest_add(struct sinew_nest *nest, int64_t size,
                    const int64_t *step) {
    if (size == 1) return;
    int at = nest->loops;
    if (at > 0 && runs_on(nest, size, step)) size *= nest->size[--at];
    nest->size[at] = size;
    for (int k = 0; k < nest->operands; k++)
        nest->step[at][k] = step[k];
    nest->loops = at + 1;
}

/* Puts a loop of size 1 outside all others. */
static void add_outer(struct sinew_nest *nest, int64_t step) {
    for (int i = nest->loops; i > 0; i--) {
        nest->size[i] = nest->size[i - 1];
        for (int k = 0; k < nest->operands; k++)
            nest->step[i][k] = nest->step[i - 1][k];
    }
    nest->size[0] = 1;
    for (int k = 0; k < nest->operands; k++)
        nest->step[0][k] = step;
    nest->loops++;
}

void sinew_nest_finish(struct sinew_nest *nest) {
    if (nest->loops == 0) add_outer(nest, 1);
    if (nest->loops == 1) add_outer(nest, 0);
    int64_t n = nest->size[nest->loops - 1];
    nest->chunks = n > CHUNK ? sinew_div_up(n, CHUNK) : 1;
    nest->chunk = n > CHUNK ? CHUNK : n;
}

/* Kernels of element-wise operators take innermost steps of 0 and 1 only; a
 * lone channel out of several has another, and becomes rows of one element. */
static void add_unit_loop(struct sinew_nest *nest) {
    int at = nest->loops;
    bool fits = true;
    for (int k = 0; k < nest->operands && at > 0; k++)
        fits = fits && nest->step[at - 1][k] >= 0 && nest->step[at - 1][k] <= 1;
    if (fits) return;
    nest->size[at] = 1;
    for (int k = 0; k < nest->operands; k++)
        nest->step[at][k] = 1;
    nest->loops++;
}

void sinew_tensor_strides(const sinew_tensor *tensor, int64_t *strides) {
    for (int i = tensor->rank - 1; i >= 0; i--) {
        if (i == tensor->rank - 1)
            strides[i] = 1;
        else if (i == tensor->rank - 2)
            strides[i] = tensor->row_stride;
        else
            strides[i] = strides[i + 1] * tensor->dims[i + 1];
    }
}

void sinew_nest_broadcast(struct sinew_nest *nest, const sinew_tensor *out,
                          const sinew_tensor *in, int n_in) {
    int64_t strides[SINEW_NEST_OPERANDS][SINEW_MAX_RANK] = {{0}};
    int rank = out->rank;
    sinew_tensor_strides(out, strides[0]);
    for (int k = 0; k < n_in; k++) {
        int64_t own[SINEW_MAX_RANK];
        int missing = rank - in[k].rank;
        sinew_tensor_strides(&in[k], own);
        for (int i = missing; i < rank; i++)
            strides[k + 1][i] =
                in[k].dims[i - missing] == 1 ? 0 : own[i - missing];
    }
    sinew_nest_init(nest, n_in + 1);
    for (int i = 0; i < rank; i++) {
        int64_t step[SINEW_NEST_OPERANDS];
        for (int k = 0; k <= n_in; k++)
            step[k] = strides[k][i];
        sinew_nest_add(nest, out->dims[i], step);
    }
    add_unit_loop(nest);
    sinew_nest_finish(nest);
}

int64_t sinew_nest_units(const struct sinew_nest *nest) {
    int64_t units = nest->chunks;
    for (int i = 0; i < nest->loops; i++) {
        if (nest->size[i] == 0) return 0;
        if (i < nest->loops - 1) units *= nest->size[i];
    }
    return units;
}

void sinew_nest_run(const struct sinew_nest *nest, int64_t begin, int64_t end,
                    sinew_block_fn *body, void *user) {
    int inner = nest->loops - 1;
    int64_t rows = nest->size[inner - 1];
    struct sinew_block block = {.row_step = nest->step[inner - 1],
                                .step = nest->step[inner]};
    for (int64_t unit = begin; unit < end; unit += block.rows) {
        int64_t row = unit % rows, rest = unit / rows;
        int64_t first = rest % nest->chunks * nest->chunk;
        rest /= nest->chunks;
        for (int k = 0; k < nest->operands; k++)
            block.at[k] = row * block.row_step[k] + first * block.step[k];
        for (int i = inner - 2; i >= 0; i--) {
            int64_t index = rest % nest->size[i];
            rest /= nest->size[i];
            for (int k = 0; k < nest->operands; k++)
                block.at[k] += index * nest->step[i][k];
        }
        block.rows = rows - row < end - unit ? rows - row : end - unit;
        block.n = nest->size[inner] - first;
        if (block.n > nest->chunk) block.n = nest->chunk;
        body(user, &block);
    }
}
