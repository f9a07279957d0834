/*
 * cast.c - cast: every element to another type (convert.c has the rules).
 */
#include "op/nest.h"
#include "op/util.h"

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD_ENUM(sinew_cast_attr, dtype, sinew_dtype_names),
    SINEW_FIELD_END};

static sinew_status infer(const struct sinew_op_args *args) {
    const struct sinew_cast_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    return sinew_tensor_set(&args->out[0], attr->dtype, x->rank, x->dims);
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    sinew_nest_broadcast(&nest, args->out, args->in, 1);
    return sinew_nest_units(&nest);
}

static void run_block(void *user, const struct sinew_block *block) {
    const struct sinew_op_args *args = user;
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    int64_t size_x = (int64_t)sinew_dtype_size(x->dtype);
    int64_t size_y = (int64_t)sinew_dtype_size(y->dtype);
    for (int64_t r = 0; r < block->rows; r++) {
        int64_t at_y = block->at[0] + r * block->row_step[0];
        int64_t at_x = block->at[1] + r * block->row_step[1];
        sinew_convert((char *)y->data + at_y * size_y, y->dtype,
                      (const char *)x->data + at_x * size_x, x->dtype,
                      block->n);
    }
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    struct sinew_nest nest;
    (void)scratch;
    sinew_nest_broadcast(&nest, args->out, args->in, 1);
    sinew_nest_run(&nest, begin, end, run_block, (void *)args);
}

const struct sinew_op_desc sinew_op_cast = {
    .name = "cast",
    .min_in = 1,
    .max_in = 1,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_cast_attr),
    .fields = fields,
    .infer = infer,
    .units = units,
    .run = run,
};
