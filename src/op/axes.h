/*
 * axes.h - walking a tensor in two parts: the axes an operator works along, and
 * all others (reductions, softmax, arg_max, top_k).
 */
#ifndef SINEW_OP_AXES_H
#define SINEW_OP_AXES_H

#include "op/nest.h"

/* Output 0 is x with the axes of `mask` made 1, or dropped without keepdims. */
sinew_status sinew_infer_reduced(const struct sinew_op_args *args,
                                 int32_t dtype, uint32_t mask,
                                 int32_t keepdims) SINEW_NODISCARD;

/* The finished nest over the axes that are not in `mask`. Operand 1 is x,
 * operand 0 is y, which has x's rank, or the rank without those axes. */
void sinew_nest_kept(struct sinew_nest *nest, const sinew_tensor *y,
                     const sinew_tensor *x, uint32_t mask);

/* The finished nest over the axes in `mask`, operand 1 being x and operand 0
 * standing still. Gives how many elements they have. */
int64_t sinew_nest_inner(struct sinew_nest *nest, const sinew_tensor *x,
                         uint32_t mask);

#endif
