/*
 * expand.c - expand: x broadcast with a shape by NumPy's rule (ONNX Expand, so
 * that a 1 in the shape keeps what x has); tile: x repeated along each axis.
 */
#include <inttypes.h>
#include "op/nest.h"
#include "op/util.h"

static void run_nest(const struct sinew_op_args *args,
                     const struct sinew_nest *nest, int64_t begin,
                     int64_t end) {
    const struct sinew_copy copy = {args->kernels, args->out[0].data,
                                    args->in[0].data,
                                    sinew_dtype_size(args->in[0].dtype)};
    sinew_nest_copy(nest, begin, end, &copy);
}

/* ---- expand -------------------------------------------------------------- */

static sinew_status expand_infer(const struct sinew_op_args *args) {
    const sinew_tensor *x = &args->in[0], *shape = &args->in[1];
    char text[SINEW_SHAPE_TEXT], target_text[SINEW_SHAPE_TEXT];
    int64_t dims[SINEW_MAX_RANK];
    sinew_tensor target;
    int rank;
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    status = sinew_check_ints(shape, "shape", SINEW_MAX_RANK);
    if (status < 0) return status;
    for (int64_t i = 0; i < sinew_tensor_count(shape); i++)
        dims[i] = sinew_tensor_int(shape, i);
    status = sinew_tensor_set(&target, x->dtype, (int)sinew_tensor_count(shape),
                              dims);
    if (status < 0) return status;
    if (!sinew_broadcast(x, &target, &rank, dims))
        return sinew_fail(SINEW_SHAPE, "x is %s, does not expand to %s",
                          sinew_tensor_text(x, text),
                          sinew_tensor_text(&target, target_text));
    return sinew_tensor_set(&args->out[0], x->dtype, rank, dims);
}

static int64_t expand_units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    sinew_nest_broadcast(&nest, args->out, args->in, 1);
    return sinew_nest_units(&nest);
}

static void expand_run(const struct sinew_op_args *args, int64_t begin,
                       int64_t end, void *scratch) {
    struct sinew_nest nest;
    (void)scratch;
    sinew_nest_broadcast(&nest, args->out, args->in, 1);
    run_nest(args, &nest, begin, end);
}

/* ---- tile ---------------------------------------------------------------- */

static sinew_status tile_infer(const struct sinew_op_args *args) {
    const sinew_tensor *x = &args->in[0], *repeats = &args->in[1];
    int64_t dims[SINEW_MAX_RANK];
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    status = sinew_check_ints(repeats, "repeats", SINEW_MAX_RANK);
    if (status < 0) return status;
    if (sinew_tensor_count(repeats) != x->rank)
        return sinew_fail(SINEW_SHAPE,
                          "repeats has %" PRId64
                          " elements for %d dimensions of x",
                          sinew_tensor_count(repeats), (int)x->rank);
    for (int i = 0; i < x->rank; i++) {
        int64_t times = sinew_tensor_int(repeats, i);
        uint64_t size;
        if (times < 0)
            return sinew_fail(SINEW_INVALID, "repeats[%d] is %" PRId64, i,
                              times);
        if (!sinew_mul_size((uint64_t)x->dims[i], (uint64_t)times,
                            SINEW_TENSOR_MAX, &size))
            return sinew_fail(SINEW_LIMIT,
                              "axis %d would be repeated %" PRId64 " times", i,
                              times);
        dims[i] = (int64_t)size;
    }
    return sinew_tensor_set(&args->out[0], x->dtype, x->rank, dims);
}

/* Two loops an axis: the copies, which stand still in x, and x itself. */
static void tile_nest(struct sinew_nest *nest,
                      const struct sinew_op_args *args) {
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    int64_t strides_x[SINEW_MAX_RANK], strides_y[SINEW_MAX_RANK];
    sinew_tensor_strides(x, strides_x);
    sinew_tensor_strides(y, strides_y);
    sinew_nest_init(nest, 2);
    for (int i = 0; i < x->rank; i++) {
        int64_t times = x->dims[i] > 0 ? y->dims[i] / x->dims[i] : 0;
        sinew_nest_add(nest, times,
                       (const int64_t[]){strides_y[i] * x->dims[i], 0});
        sinew_nest_add(nest, x->dims[i],
                       (const int64_t[]){strides_y[i], strides_x[i]});
    }
    sinew_nest_finish(nest);
}

static int64_t tile_units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    tile_nest(&nest, args);
    return sinew_nest_units(&nest);
}

static void tile_run(const struct sinew_op_args *args, int64_t begin,
                     int64_t end, void *scratch) {
    struct sinew_nest nest;
    (void)scratch;
    tile_nest(&nest, args);
    run_nest(args, &nest, begin, end);
}

const struct sinew_op_desc sinew_op_expand = {
    .name = "expand",
    .min_in = 2,
    .max_in = 2,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .infer = expand_infer,
    .units = expand_units,
    .run = expand_run,
};

const struct sinew_op_desc sinew_op_tile = {
    .name = "tile",
    .min_in = 2,
    .max_in = 2,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .infer = tile_infer,
    .units = tile_units,
    .run = tile_run,
};
