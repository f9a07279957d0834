/*
 * quantize.c - between f32 and integers on a grid (ONNX QuantizeLinear and
 * DequantizeLinear):
 *   quantize    y = clamp(round(x / scale) + zero_point), to i8 or u8
 *   dequantize  y = (x - zero_point) * scale, from i8, u8 or i32
 *
 * scale is one number, or one for each element of `axis`; zero_point (optional,
 * of the integers' type) has the same shape. Halves round to even.
 */
#include <inttypes.h>
#include <math.h>
#include "kernel/kernel.h"
#include "op/nest.h"
#include "op/util.h"

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_quantize_attr, INT, axis),
    SINEW_FIELD_ENUM(sinew_quantize_attr, dtype, sinew_dtype_names),
    SINEW_FIELD_END};

/* The axis that scale follows, or -1 when it is one number. */
static int scale_axis(const struct sinew_op_args *args) {
    const struct sinew_quantize_attr *attr = args->attr;
    if (sinew_tensor_count(&args->in[1]) == 1) return -1;
    return sinew_axis(attr->axis, args->in[0].rank);
}

static sinew_status check_grid(const struct sinew_op_args *args,
                               int32_t integers) {
    const struct sinew_quantize_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *scale = &args->in[1];
    sinew_status status = sinew_check_type(scale, "scale", SINEW_TYPE(F32));
    if (status < 0) return status;
    if (sinew_tensor_count(scale) != 1) {
        int axis;
        status = sinew_check_axis(attr->axis, x->rank, &axis);
        if (status == SINEW_OK)
            status = sinew_check_vector(scale, "scale", x->dims[axis]);
        if (status < 0) return status;
    }
    if (!sinew_has(args, 2)) return SINEW_OK;
    status = sinew_check_type(&args->in[2], "zero_point", 1u << integers);
    if (status < 0) return status;
    if (sinew_tensor_count(&args->in[2]) != sinew_tensor_count(scale))
        return sinew_fail(
            SINEW_SHAPE,
            "zero_point has %" PRId64 " elements, scale has %" PRId64,
            sinew_tensor_count(&args->in[2]), sinew_tensor_count(scale));
    return SINEW_OK;
}

static sinew_status quantize_infer(const struct sinew_op_args *args) {
    const struct sinew_quantize_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPE(F32));
    if (status < 0) return status;
    if (attr->dtype != SINEW_I8 && attr->dtype != SINEW_U8)
        return sinew_fail(SINEW_UNSUPPORTED, "dtype is %s, needs i8 or u8",
                          sinew_dtype_name(attr->dtype));
    status = check_grid(args, attr->dtype);
    if (status < 0) return status;
    return sinew_tensor_set(&args->out[0], attr->dtype, x->rank, x->dims);
}

static sinew_status dequantize_infer(const struct sinew_op_args *args) {
    const struct sinew_quantize_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    sinew_status status = sinew_check_type(
        x, "x", SINEW_TYPE(I8) | SINEW_TYPE(U8) | SINEW_TYPE(I32));
    if (status < 0) return status;
    if (attr->dtype != SINEW_F32)
        return sinew_fail(SINEW_UNSUPPORTED, "dtype is %s, needs f32",
                          sinew_dtype_name(attr->dtype));
    status = check_grid(args, x->dtype);
    if (status < 0) return status;
    return sinew_tensor_set(&args->out[0], SINEW_F32, x->rank, x->dims);
}

/* Operand 2 is the element of scale and zero_point. */
static void make_nest(struct sinew_nest *nest,
                      const struct sinew_op_args *args) {
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    int64_t strides_x[SINEW_MAX_RANK], strides_y[SINEW_MAX_RANK];
    int axis = scale_axis(args);
    sinew_tensor_strides(x, strides_x);
    sinew_tensor_strides(y, strides_y);
    sinew_nest_init(nest, 3);
    for (int i = 0; i < x->rank; i++)
        sinew_nest_add(
            nest, x->dims[i],
            (const int64_t[]){strides_y[i], strides_x[i], i == axis});
    sinew_nest_finish(nest);
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    make_nest(&nest, args);
    return sinew_nest_units(&nest);
}

static void quantize_one(const struct sinew_op_args *args, const int64_t *at) {
    const sinew_tensor *y = &args->out[0];
    float x = ((const float *)args->in[0].data)[at[1]];
    float scale = ((const float *)args->in[1].data)[at[2]];
    double zero = sinew_has(args, 2) ? (double)sinew_int_load(args->in[2].data,
                                                              y->dtype, at[2])
                                     : 0.0;
    int64_t lo = y->dtype == SINEW_I8 ? INT8_MIN : 0;
    int64_t hi = y->dtype == SINEW_I8 ? INT8_MAX : UINT8_MAX;
    double level = (double)nearbyintf(x / scale) + zero;
    sinew_int_store(y->data, y->dtype, at[0], sinew_round_clamp(level, lo, hi));
}

static void dequantize_one(const struct sinew_op_args *args,
                           const int64_t *at) {
    const sinew_tensor *x = &args->in[0];
    float scale = ((const float *)args->in[1].data)[at[2]];
    int64_t level = sinew_int_load(x->data, x->dtype, at[1]);
    if (sinew_has(args, 2))
        level -= sinew_int_load(args->in[2].data, x->dtype, at[2]);
    ((float *)args->out[0].data)[at[0]] = (float)level * scale;
}

/* One scale, and elements side by side. */
static void run_rows(const struct sinew_op_args *args,
                     const struct sinew_block *block) {
    float scale = *(const float *)args->in[1].data;
    int32_t zero = sinew_has(args, 2) ? *(const uint8_t *)args->in[2].data : 0;
    for (int64_t r = 0; r < block->rows; r++) {
        int64_t y = block->at[0] + r * block->row_step[0];
        int64_t x = block->at[1] + r * block->row_step[1];
        if (args->out[0].dtype == SINEW_F32)
            args->kernels->u8_dequantize(
                (const uint8_t *)args->in[0].data + x,
                (float *)args->out[0].data + y, block->n, scale, zero);
        else
            args->kernels->u8_quantize((const float *)args->in[0].data + x,
                                       (uint8_t *)args->out[0].data + y,
                                       block->n, scale, zero);
    }
}

static void run_block(void *user, const struct sinew_block *block) {
    const struct sinew_op_args *args = user;
    bool back = args->out[0].dtype == SINEW_F32;
    bool bytes = (back ? &args->in[0] : &args->out[0])->dtype == SINEW_U8;
    if (bytes && scale_axis(args) < 0 && block->step[0] == 1 &&
        block->step[1] == 1) {
        run_rows(args, block);
        return;
    }
    for (int64_t r = 0; r < block->rows; r++)
        for (int64_t i = 0; i < block->n; i++) {
            int64_t at[3];
            for (int k = 0; k < 3; k++)
                at[k] =
                    block->at[k] + r * block->row_step[k] + i * block->step[k];
            if (back)
                dequantize_one(args, at);
            else
                quantize_one(args, at);
        }
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    struct sinew_nest nest;
    (void)scratch;
    make_nest(&nest, args);
    sinew_nest_run(&nest, begin, end, run_block, (void *)args);
}

#define QUANTIZE(op)                                                           \
    const struct sinew_op_desc sinew_op_##op = {                               \
        .name = #op,                                                           \
        .min_in = 2,                                                           \
        .max_in = 3,                                                           \
        .min_out = 1,                                                          \
        .max_out = 1,                                                          \
        .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,                   \
        .attr_size = sizeof(struct sinew_quantize_attr),                       \
        .fields = fields,                                                      \
        .infer = op##_infer,                                                   \
        .units = units,                                                        \
        .run = run,                                                            \
    };

QUANTIZE(quantize)
QUANTIZE(dequantize)
