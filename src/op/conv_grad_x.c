/*
 * conv_grad_x.c - conv2d_grad_x and conv_transpose2d_grad_x: from dy and w to
 * dx. The derivative of a convolution with respect to its input is the
 * transposed convolution of dy with the same weights, input and output channels
 * exchanged, and the other way round. The third input gives the shape of x only.
 */
#include "op/conv.h"
#include "op/util.h"

static sinew_status turn(struct sinew_conv *conv, bool transposed,
                         const struct sinew_conv_steps *steps,
                         const struct sinew_op_args *args) {
    const sinew_tensor *dy = &args->in[0];
    sinew_status status;

    SINEW_FAIL_IF(steps->act.kind != SINEW_ACT_NONE, SINEW_INVALID,
                  "an activation of a derivative");
    SINEW_TRY(sinew_conv_resolve(conv, transposed, steps, &args->in[2],
                                 &args->in[1], NULL));
    SINEW_TRY(sinew_conv_check_grad(conv, dy));
    status = sinew_conv_turn(conv);
fail:
    return status;
}

static sinew_status resolve_conv(struct sinew_conv *conv,
                                 const struct sinew_op_args *args) {
    const struct sinew_conv_steps steps = sinew_conv2d_steps(args->attr);

    return turn(conv, false, &steps, args);
}

static sinew_status resolve_back(struct sinew_conv *conv,
                                 const struct sinew_op_args *args) {
    const struct sinew_conv_steps steps =
        sinew_conv_transpose2d_steps(args->attr);

    return turn(conv, true, &steps, args);
}

SINEW_CONV_FUNCTIONS(conv, resolve_conv)
SINEW_CONV_FUNCTIONS(back, resolve_back)

const struct sinew_op_desc sinew_op_conv2d_grad_x = {
    .name = "conv2d_grad_x",
    .min_in = 3,
    .max_in = 3,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .shapes = 1u << 2,
    .attr_size = sizeof(struct sinew_conv2d_attr),
    .fields = sinew_conv2d_fields,
    SINEW_CONV_MEMBERS(conv),
};

const struct sinew_op_desc sinew_op_conv_transpose2d_grad_x = {
    .name = "conv_transpose2d_grad_x",
    .min_in = 3,
    .max_in = 3,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .shapes = 1u << 2,
    .attr_size = sizeof(struct sinew_conv_transpose2d_attr),
    .fields = sinew_conv_transpose2d_fields,
    SINEW_CONV_MEMBERS(back),
};
