/*
 * generate.c - range: start, start + delta, ... below limit (or above it when
 * delta is negative), three scalars of one type; constant_of_shape: a tensor of
 * one value in the shape its input lists.
 *
 * A range has max(ceil((limit - start) / delta), 0) elements; element i is
 * start + i * delta.
 */
#include <inttypes.h>
#include <math.h>
#include "op/util.h"

/* Elements per unit of constant_of_shape. */
#define CHUNK 16384

static sinew_status check_range(const struct sinew_op_args *args) {
    static const char *const names[] = {"start", "limit", "delta"};
    for (int i = 0; i < 3; i++) {
        sinew_status status =
            sinew_check_scalar(&args->in[i], names[i], SINEW_TYPES_NUMBER);
        if (status < 0) return status;
        status = sinew_check_same_type(&args->in[0], names[0], &args->in[i],
                                       names[i]);
        if (status < 0) return status;
        if (!args->in[i].data)
            return sinew_fail(SINEW_UNSUPPORTED,
                              "%s is not known before the network runs",
                              names[i]);
    }
    return SINEW_OK;
}

static bool count_floats(const struct sinew_op_args *args, int64_t *count) {
    double start = (double)*(const float *)args->in[0].data;
    double limit = (double)*(const float *)args->in[1].data;
    double delta = (double)*(const float *)args->in[2].data;
    double n = ceil((limit - start) / delta);
    if (!(n < (double)SINEW_TENSOR_MAX)) /* infinite or NaN as well */
        return false;
    *count = n > 0.0 ? (int64_t)n : 0;
    return true;
}

static bool count_ints(const struct sinew_op_args *args, int64_t *count) {
    int64_t start = sinew_tensor_int(&args->in[0], 0);
    int64_t limit = sinew_tensor_int(&args->in[1], 0);
    int64_t delta = sinew_tensor_int(&args->in[2], 0);
    uint64_t span, step;
    *count = 0;
    if (delta == 0) return false;
    if (delta > 0 ? limit <= start : limit >= start) return true;
    span = delta > 0 ? (uint64_t)limit - (uint64_t)start
                     : (uint64_t)start - (uint64_t)limit;
    step = delta > 0 ? (uint64_t)delta : -(uint64_t)delta;
    span = span / step + (span % step != 0);
    *count = (int64_t)span;
    return span < SINEW_TENSOR_MAX;
}

static sinew_status range_infer(const struct sinew_op_args *args) {
    int64_t count;
    sinew_status status = check_range(args);
    if (status < 0) return status;
    if (!(args->in[0].dtype == SINEW_F32 ? count_floats(args, &count)
                                         : count_ints(args, &count)))
        return sinew_fail(SINEW_INVALID, "the range does not end");
    return sinew_tensor_set(&args->out[0], args->in[0].dtype, 1, &count);
}

static void range_run(const struct sinew_op_args *args, int64_t begin,
                      int64_t end, void *scratch) {
    const sinew_tensor *y = &args->out[0];
    (void)scratch;
    if (begin == end) return;
    if (y->dtype == SINEW_F32) {
        float start = *(const float *)args->in[0].data;
        float delta = *(const float *)args->in[2].data;
        for (int64_t i = 0; i < y->dims[0]; i++)
            ((float *)y->data)[i] = start + (float)i * delta;
    } else {
        uint64_t start = (uint64_t)sinew_tensor_int(&args->in[0], 0);
        uint64_t delta = (uint64_t)sinew_tensor_int(&args->in[2], 0);
        for (int64_t i = 0; i < y->dims[0]; i++)
            sinew_int_store(y->data, y->dtype, i,
                            (int64_t)(start + (uint64_t)i * delta));
    }
}

const struct sinew_op_desc sinew_op_range = {
    .name = "range",
    .min_in = 3,
    .max_in = 3,
    .min_out = 1,
    .max_out = 1,
    .infer = range_infer,
    .run = range_run,
};

/* ---- constant_of_shape --------------------------------------------------- */

static const struct sinew_attr_field fill_fields[] = {
    SINEW_FIELD_ENUM(sinew_fill_attr, dtype, sinew_dtype_names),
    SINEW_FIELD(sinew_fill_attr, DOUBLE, value), SINEW_FIELD_END};

static sinew_status fill_infer(const struct sinew_op_args *args) {
    const struct sinew_fill_attr *attr = args->attr;
    int64_t dims[SINEW_MAX_RANK];
    sinew_status status =
        sinew_check_ints(&args->in[0], "shape", SINEW_MAX_RANK);
    if (status < 0) return status;
    for (int64_t i = 0; i < sinew_tensor_count(&args->in[0]); i++)
        dims[i] = sinew_tensor_int(&args->in[0], i);
    return sinew_tensor_set(&args->out[0], attr->dtype,
                            (int)sinew_tensor_count(&args->in[0]), dims);
}

static int64_t fill_units(const struct sinew_op_args *args) {
    return sinew_div_up(sinew_tensor_count(&args->out[0]), CHUNK);
}

static void fill_run(const struct sinew_op_args *args, int64_t begin,
                     int64_t end, void *scratch) {
    const struct sinew_fill_attr *attr = args->attr;
    const sinew_tensor *y = &args->out[0];
    int64_t count = sinew_tensor_count(y);
    int64_t last = end * CHUNK < count ? end * CHUNK : count;
    size_t size = sinew_dtype_size(y->dtype);
    _Alignas(double) unsigned char value[8];
    (void)scratch;
    sinew_convert(value, y->dtype, &attr->value, SINEW_F64, 1);
    for (int64_t i = begin * CHUNK; i < last; i++)
        memcpy((char *)y->data + (size_t)i * size, value, size);
}

const struct sinew_op_desc sinew_op_constant_of_shape = {
    .name = "constant_of_shape",
    .min_in = 1,
    .max_in = 1,
    .min_out = 1,
    .max_out = 1,
    .attr_size = sizeof(struct sinew_fill_attr),
    .fields = fill_fields,
    .infer = fill_infer,
    .units = fill_units,
    .run = fill_run,
};
