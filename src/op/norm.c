/*
 * norm.c - normalisations, f32:
 *   batch_norm  y = (x - mean) / sqrt(var + epsilon) * scale + bias, with the
 *               statistics given for each channel (the last axis)
 *   layer_norm  the same with the mean and variance of x itself over the axes
 *               from `axis` on, scale and bias having those axes' shape
 */
#include <inttypes.h>
#include <math.h>
#include "kernel/kernel.h"
#include "op/nest.h"
#include "op/util.h"

static sinew_status check_epsilon(float epsilon) {
    if (!(epsilon >= 0.0f && epsilon < INFINITY))
        return sinew_fail(SINEW_INVALID, "epsilon is %g", (double)epsilon);
    return SINEW_OK;
}

/* ---- batch_norm ---------------------------------------------------------- */

static const struct sinew_attr_field batch_fields[] = {
    SINEW_FIELD(sinew_batch_norm_attr, FLOAT, epsilon), SINEW_FIELD_END};

static sinew_status batch_infer(const struct sinew_op_args *args) {
    static const char *const names[] = {"x", "scale", "bias", "mean", "var"};
    const struct sinew_batch_norm_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    sinew_status status = check_epsilon(attr->epsilon);
    for (int i = 0; i < 5 && status == SINEW_OK; i++)
        status = sinew_check_type(&args->in[i], names[i], SINEW_TYPE(F32));
    if (status == SINEW_OK)
        status = sinew_check_rank(x, "x", 1, SINEW_MAX_RANK);
    for (int i = 1; i < 5 && status == SINEW_OK; i++)
        status =
            sinew_check_vector(&args->in[i], names[i], x->dims[x->rank - 1]);
    return status < 0 ? status : sinew_infer_same(args);
}

/* Factors and offsets of all channels. */
static size_t batch_scratch(const struct sinew_op_args *args) {
    const sinew_tensor *x = &args->in[0];
    return 2 * (size_t)x->dims[x->rank - 1] * sizeof(float);
}

static int64_t rows_of(const struct sinew_op_args *args) {
    const sinew_tensor *x = &args->in[0];
    return sinew_dims_product(x->dims, 0, x->rank - 1);
}

static void batch_run(const struct sinew_op_args *args, int64_t begin,
                      int64_t end, void *scratch) {
    static const struct sinew_act none = {SINEW_ACT_NONE, 0.0f, 0.0f};
    const struct sinew_batch_norm_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    const float *scale = args->in[1].data, *bias = args->in[2].data;
    const float *mean = args->in[3].data, *var = args->in[4].data;
    int64_t n = x->dims[x->rank - 1];
    float *factor = scratch, *offset = factor + n;
    float *out = (float *)y->data + begin * y->row_stride;
    const float *in = (const float *)x->data + begin * x->row_stride;
    struct sinew_rows rows = {
        end - begin, n, {y->row_stride, x->row_stride, 0}, {1, 1, 1}};
    for (int64_t c = 0; c < n; c++) {
        factor[c] = scale[c] / sqrtf(var[c] + attr->epsilon);
        offset[c] = bias[c] - mean[c] * factor[c];
    }
    args->kernels->f32_binary(in, factor, out, &rows, SINEW_BINARY_MUL, &none);
    rows.row_step[1] = y->row_stride;
    args->kernels->f32_binary(out, offset, out, &rows, SINEW_BINARY_ADD, &none);
}

const struct sinew_op_desc sinew_op_batch_norm = {
    .name = "batch_norm",
    .min_in = 5,
    .max_in = 5,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT | SINEW_OP_INPLACE,
    .attr_size = sizeof(struct sinew_batch_norm_attr),
    .fields = batch_fields,
    .infer = batch_infer,
    .scratch = batch_scratch,
    .units = rows_of,
    .run = batch_run,
};

/* ---- layer_norm ---------------------------------------------------------- */

static const struct sinew_attr_field layer_fields[] = {
    SINEW_FIELD(sinew_layer_norm_attr, INT, axis),
    SINEW_FIELD(sinew_layer_norm_attr, FLOAT, epsilon), SINEW_FIELD_END};

static sinew_status check_tail(const sinew_tensor *x, int axis,
                               const sinew_tensor *tail, const char *what) {
    char text[SINEW_SHAPE_TEXT], text_x[SINEW_SHAPE_TEXT];
    sinew_status status = sinew_check_type(tail, what, SINEW_TYPE(F32));
    if (status < 0) return status;
    bool fits = tail->rank == x->rank - axis;
    for (int i = axis; fits && i < x->rank; i++)
        fits = tail->dims[i - axis] == x->dims[i];
    if (!fits)
        return sinew_fail(SINEW_SHAPE,
                          "%s is %s, does not fit x, %s, from "
                          "axis %d on",
                          what, sinew_tensor_text(tail, text),
                          sinew_tensor_text(x, text_x), axis);
    return SINEW_OK;
}

static sinew_status layer_infer(const struct sinew_op_args *args) {
    const struct sinew_layer_norm_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int axis;
    sinew_status status = check_epsilon(attr->epsilon);
    if (status == SINEW_OK) status = sinew_check_type(x, "x", SINEW_TYPE(F32));
    if (status == SINEW_OK)
        status = sinew_check_axis(attr->axis, x->rank, &axis);
    if (status == SINEW_OK) status = check_tail(x, axis, &args->in[1], "scale");
    if (status == SINEW_OK && sinew_has(args, 2))
        status = check_tail(x, axis, &args->in[2], "bias");
    return status < 0 ? status : sinew_infer_same(args);
}

static int64_t layer_units(const struct sinew_op_args *args) {
    const struct sinew_layer_norm_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    return sinew_dims_product(x->dims, 0, sinew_axis(attr->axis, x->rank));
}

static void layer_run(const struct sinew_op_args *args, int64_t begin,
                      int64_t end, void *scratch) {
    const struct sinew_layer_norm_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int axis = sinew_axis(attr->axis, x->rank);
    int64_t n = sinew_dims_product(x->dims, axis, x->rank);
    const float *scale = args->in[1].data;
    const float *bias = sinew_has(args, 2) ? args->in[2].data : NULL;
    (void)scratch;
    for (int64_t u = begin; u < end; u++) {
        const float *in = (const float *)x->data + u * n;
        float *out = (float *)args->out[0].data + u * n;
        double sum = 0.0, squares = 0.0;
        for (int64_t i = 0; i < n; i++)
            sum += (double)in[i];
        double mean = sum / (double)n;
        for (int64_t i = 0; i < n; i++) {
            double d = (double)in[i] - mean;
            squares += d * d;
        }
        float centre = (float)mean;
        float factor =
            (float)(1.0 / sqrt(squares / (double)n + (double)attr->epsilon));
        for (int64_t i = 0; i < n; i++)
            out[i] =
                (in[i] - centre) * factor * scale[i] + (bias ? bias[i] : 0.0f);
    }
}

const struct sinew_op_desc sinew_op_layer_norm = {
    .name = "layer_norm",
    .min_in = 2,
    .max_in = 3,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_INPLACE,
    .attr_size = sizeof(struct sinew_layer_norm_attr),
    .fields = layer_fields,
    .infer = layer_infer,
    .units = layer_units,
    .run = layer_run,
};
