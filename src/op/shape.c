/*
 * shape.c - shape: the sizes of x as i64[rank]; size: their product, an i64
 * scalar. Only the shape of x is read, never its data.
 */
#include "op/util.h"

static sinew_status shape_infer(const struct sinew_op_args *args) {
    sinew_status status = sinew_check_type(&args->in[0], "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    const int64_t dims[] = {args->in[0].rank};
    return sinew_tensor_set(&args->out[0], SINEW_I64, 1, dims);
}

static void shape_run(const struct sinew_op_args *args, int64_t begin,
                      int64_t end, void *scratch) {
    (void)scratch;
    if (begin < end)
        memcpy(args->out[0].data, args->in[0].dims,
               (size_t)args->in[0].rank * sizeof(int64_t));
}

static sinew_status size_infer(const struct sinew_op_args *args) {
    sinew_status status = sinew_check_type(&args->in[0], "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    return sinew_tensor_set(&args->out[0], SINEW_I64, 0, NULL);
}

static void size_run(const struct sinew_op_args *args, int64_t begin,
                     int64_t end, void *scratch) {
    (void)scratch;
    if (begin < end)
        *(int64_t *)args->out[0].data = sinew_tensor_count(&args->in[0]);
}

const struct sinew_op_desc sinew_op_shape = {
    .name = "shape",
    .min_in = 1,
    .max_in = 1,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_SHAPE_ONLY,
    .infer = shape_infer,
    .run = shape_run,
};

const struct sinew_op_desc sinew_op_size = {
    .name = "size",
    .min_in = 1,
    .max_in = 1,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_SHAPE_ONLY,
    .infer = size_infer,
    .run = size_run,
};
