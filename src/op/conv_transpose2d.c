/*
 * conv_transpose2d.c - transposed convolution: x[n, i, j, k] * w[o, p, q, k] is
 * added to out[n, i * stride + p * dilation - pad, ..., o].
 */
#include "op/conv.h"
#include "op/util.h"

const struct sinew_attr_field sinew_conv_transpose2d_fields[] = {
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, stride_h),
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, stride_w),
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, dilation_h),
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, dilation_w),
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, groups),
    SINEW_FIELD(sinew_conv_transpose2d_attr, BOOL, same),
    SINEW_FIELD_PADS(sinew_conv_transpose2d_attr),
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, out_pad_h),
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, out_pad_w),
    SINEW_FIELDS_ACT(sinew_conv_transpose2d_attr),
    SINEW_FIELD_END,
};

struct sinew_conv_steps
sinew_conv_transpose2d_steps(const struct sinew_conv_transpose2d_attr *a) {
    return (struct sinew_conv_steps){
        .stride_h = a->stride_h,
        .stride_w = a->stride_w,
        .dilation_h = a->dilation_h,
        .dilation_w = a->dilation_w,
        .groups = a->groups,
        .same = a->same,
        .pads = a->pads,
        .out_pad_h = a->out_pad_h,
        .out_pad_w = a->out_pad_w,
        .act = a->act,
    };
}

static sinew_status resolve(struct sinew_conv *conv,
                            const struct sinew_op_args *args) {
    const struct sinew_conv_steps steps =
        sinew_conv_transpose2d_steps(args->attr);

    return sinew_conv_resolve(conv, true, &steps, &args->in[0], &args->in[1],
                              sinew_has(args, 2) ? &args->in[2] : NULL);
}

SINEW_CONV_FUNCTIONS(back, resolve)

const struct sinew_op_desc sinew_op_conv_transpose2d = {
    .name = "conv_transpose2d",
    .min_in = 2,
    .max_in = 3,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_conv_transpose2d_attr),
    .fields = sinew_conv_transpose2d_fields,
    SINEW_CONV_MEMBERS(back),
};
