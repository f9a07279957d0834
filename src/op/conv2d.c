/*
 * conv2d.c - convolution: out[n, i, j, o] = act(b[o] + sum over p, q, k of
 * x[n, i * stride + p * dilation - pad, ..., k] * w[o, p, q, k]), groups of
 * output channels each reading their own input channels.
 */
#include "op/conv.h"
#include "op/util.h"

const struct sinew_attr_field sinew_conv2d_fields[] = {
    SINEW_FIELD(sinew_conv2d_attr, INT, stride_h),
    SINEW_FIELD(sinew_conv2d_attr, INT, stride_w),
    SINEW_FIELD(sinew_conv2d_attr, INT, dilation_h),
    SINEW_FIELD(sinew_conv2d_attr, INT, dilation_w),
    SINEW_FIELD(sinew_conv2d_attr, INT, groups),
    SINEW_FIELD(sinew_conv2d_attr, BOOL, same),
    SINEW_FIELD_PADS(sinew_conv2d_attr),
    SINEW_FIELDS_ACT(sinew_conv2d_attr),
    SINEW_FIELD_END,
};

struct sinew_conv_steps
sinew_conv2d_steps(const struct sinew_conv2d_attr *a) {
    return (struct sinew_conv_steps){
        .stride_h = a->stride_h,
        .stride_w = a->stride_w,
        .dilation_h = a->dilation_h,
        .dilation_w = a->dilation_w,
        .groups = a->groups,
        .same = a->same,
        .pads = a->pads,
        .act = a->act,
    };
}

static sinew_status resolve(struct sinew_conv *conv,
                            const struct sinew_op_args *args) {
    const struct sinew_conv_steps steps = sinew_conv2d_steps(args->attr);

    return sinew_conv_resolve(conv, false, &steps, &args->in[0], &args->in[1],
                              sinew_has(args, 2) ? &args->in[2] : NULL);
}

SINEW_CONV_FUNCTIONS(conv2d, resolve)

const struct sinew_op_desc sinew_op_conv2d = {
    .name = "conv2d",
    .min_in = 2,
    .max_in = 3,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_conv2d_attr),
    .fields = sinew_conv2d_fields,
    SINEW_CONV_MEMBERS(conv2d),
};
