/*
 * activation_grad.c - dx = dy * act'(x), element by element, f32.
 */
#include "kernel/kernel.h"
#include "op/nest.h"
#include "op/util.h"

static const struct sinew_attr_field fields[] = {
    SINEW_FIELDS_ACT(sinew_activation_attr), SINEW_FIELD_END};

static sinew_status infer(const struct sinew_op_args *args) {
    const struct sinew_activation_attr *attr = args->attr;
    sinew_status status;

    SINEW_TRY(sinew_check_act(&attr->act));
    SINEW_TRY(sinew_check_type(&args->in[0], "x", SINEW_TYPE(F32)));
    SINEW_TRY(sinew_check_type(&args->in[1], "dy", SINEW_TYPE(F32)));
    SINEW_FAIL_IF(!sinew_tensor_same_shape(&args->in[0], &args->in[1]),
                  SINEW_SHAPE, "x and dy are not of one shape");
    status = sinew_infer_same(args);
fail:
    return status;
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest nest;

    sinew_nest_broadcast(&nest, args->out, args->in, 2);
    return sinew_nest_units(&nest);
}

static void run_block(void *user, const struct sinew_block *block) {
    const struct sinew_op_args *args = user;
    const struct sinew_activation_attr *attr = args->attr;
    float *dx = (float *)args->out[0].data + block->at[0];
    const float *x = (const float *)args->in[0].data + block->at[1];
    const float *dy = (const float *)args->in[1].data + block->at[2];

    for (int64_t r = 0; r < block->rows; r++)
        args->kernels->f32_act_grad(
            x + r * block->row_step[1], dy + r * block->row_step[2],
            dx + r * block->row_step[0], block->n, &attr->act);
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    struct sinew_nest nest;

    (void)scratch;
    sinew_nest_broadcast(&nest, args->out, args->in, 2);
    sinew_nest_run(&nest, begin, end, run_block, (void *)args);
}

const struct sinew_op_desc sinew_op_activation_grad = {
    .name = "activation_grad",
    .min_in = 2,
    .max_in = 2,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT | SINEW_OP_INPLACE,
    .attr_size = sizeof(struct sinew_activation_attr),
    .fields = fields,
    .infer = infer,
    .units = units,
    .run = run,
};
