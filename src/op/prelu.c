/*
 * prelu.c - prelu: y = x where x >= 0, slope * x elsewhere, f32; slope is
 * broadcast to x.
 */
#include "op/nest.h"
#include "op/util.h"

static sinew_status infer(const struct sinew_op_args *args) {
    const sinew_tensor *x = &args->in[0], *slope = &args->in[1];
    char text[SINEW_SHAPE_TEXT], text_x[SINEW_SHAPE_TEXT];
    sinew_tensor whole = *x;
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPE(F32));
    if (status == SINEW_OK)
        status = sinew_check_type(slope, "slope", SINEW_TYPE(F32));
    if (status < 0) return status;
    if (!sinew_broadcast(x, slope, &whole.rank, whole.dims) ||
        !sinew_tensor_same_shape(&whole, x))
        return sinew_fail(SINEW_SHAPE, "slope is %s, does not broadcast to %s",
                          sinew_tensor_text(slope, text),
                          sinew_tensor_text(x, text_x));
    return sinew_infer_same(args);
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    sinew_nest_broadcast(&nest, args->out, args->in, 2);
    return sinew_nest_units(&nest);
}

static void run_block(void *user, const struct sinew_block *block) {
    const struct sinew_op_args *args = user;
    for (int64_t r = 0; r < block->rows; r++) {
        float *y =
            (float *)args->out[0].data + block->at[0] + r * block->row_step[0];
        const float *x = (const float *)args->in[0].data + block->at[1] +
                         r * block->row_step[1];
        const float *slope = (const float *)args->in[1].data + block->at[2] +
                             r * block->row_step[2];
        for (int64_t i = 0; i < block->n; i++)
            y[i] = x[i] < 0.0f ? x[i] * slope[i * block->step[2]] : x[i];
    }
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    struct sinew_nest nest;
    (void)scratch;
    sinew_nest_broadcast(&nest, args->out, args->in, 2);
    sinew_nest_run(&nest, begin, end, run_block, (void *)args);
}

const struct sinew_op_desc sinew_op_prelu = {
    .name = "prelu",
    .min_in = 2,
    .max_in = 2,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT | SINEW_OP_INPLACE,
    .infer = infer,
    .units = units,
    .run = run,
};
