/*
 * view.c - operators that give the same numbers another shape: identity,
 * reshape, flatten, squeeze, unsqueeze. All are views: run copies only where
 * the output has memory of its own.
 */
#include <inttypes.h>
#include <stdio.h>
#include "op/util.h"

static int64_t units(const struct sinew_op_args *args) {
    return args->out[0].data == args->in[0].data ? 0 : 1;
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    (void)scratch;
    if (begin < end && args->out[0].data != args->in[0].data)
        memcpy(args->out[0].data, args->in[0].data,
               sinew_tensor_bytes(&args->in[0]));
}

static sinew_status identity_infer(const struct sinew_op_args *args) {
    sinew_status status = sinew_check_type(&args->in[0], "x", SINEW_TYPES_ANY);
    return status < 0 ? status : sinew_infer_same(args);
}

/* ---- reshape ------------------------------------------------------------- */

static const struct sinew_attr_field reshape_fields[] = {
    SINEW_FIELD(sinew_reshape_attr, BOOL, allow_zero), SINEW_FIELD_END};

static sinew_status mismatch(const sinew_tensor *x, const sinew_tensor *shape) {
    char text[SINEW_SHAPE_TEXT], to[SINEW_SHAPE_TEXT];
    size_t at = 0;
    to[0] = '\0';
    for (int64_t i = 0; i < sinew_tensor_count(shape) && at < sizeof to; i++)
        at += (size_t)snprintf(to + at, sizeof to - at, "%s%" PRId64,
                               i > 0 ? "," : "", sinew_tensor_int(shape, i));
    return sinew_fail(SINEW_SHAPE, "x is %s, cannot become [%s]",
                      sinew_tensor_text(x, text), to);
}

/* Reads the target, 0 taking the size of x and -1 what is left over. */
static sinew_status read_shape(const sinew_tensor *x, const sinew_tensor *shape,
                               bool allow_zero, int64_t *dims) {
    int rank = (int)sinew_tensor_count(shape), open = -1;
    uint64_t known = 1;
    for (int i = 0; i < rank; i++) {
        dims[i] = sinew_tensor_int(shape, i);
        if (dims[i] == 0 && !allow_zero) {
            if (i >= x->rank) return mismatch(x, shape);
            dims[i] = x->dims[i];
        }
        if (dims[i] == -1 && open < 0)
            open = i;
        else if (dims[i] < 0 || !sinew_mul_size(known, (uint64_t)dims[i],
                                                SINEW_TENSOR_MAX, &known))
            return mismatch(x, shape);
    }
    uint64_t count = (uint64_t)sinew_tensor_count(x);
    if (open >= 0) {
        if (known == 0 || count % known != 0) return mismatch(x, shape);
        dims[open] = (int64_t)(count / known);
    } else if (count != known) {
        return mismatch(x, shape);
    }
    return SINEW_OK;
}

static sinew_status reshape_infer(const struct sinew_op_args *args) {
    const struct sinew_reshape_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *shape = &args->in[1];
    int64_t dims[SINEW_MAX_RANK];
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    status = sinew_check_choice("allow_zero", attr->allow_zero, 2);
    if (status < 0) return status;
    status = sinew_check_ints(shape, "shape", SINEW_MAX_RANK);
    if (status < 0) return status;
    status = read_shape(x, shape, attr->allow_zero != 0, dims);
    if (status < 0) return status;
    return sinew_tensor_set(&args->out[0], x->dtype,
                            (int)sinew_tensor_count(shape), dims);
}

/* ---- flatten ------------------------------------------------------------- */

static const struct sinew_attr_field flatten_fields[] = {
    SINEW_FIELD(sinew_axis_attr, INT, axis), SINEW_FIELD_END};

static sinew_status flatten_infer(const struct sinew_op_args *args) {
    const struct sinew_axis_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    if (attr->axis < -x->rank || attr->axis > x->rank)
        return sinew_fail(SINEW_INVALID,
                          "axis %d is out of range for %d dimensions",
                          (int)attr->axis, (int)x->rank);
    int axis = attr->axis < 0 ? attr->axis + x->rank : attr->axis;
    int64_t dims[2] = {sinew_dims_product(x->dims, 0, axis),
                       sinew_dims_product(x->dims, axis, x->rank)};
    return sinew_tensor_set(&args->out[0], x->dtype, 2, dims);
}

/* ---- squeeze, unsqueeze -------------------------------------------------- */

static const struct sinew_attr_field axes_fields[] = {
    SINEW_FIELD_LIST(sinew_axes_attr, n, axes), SINEW_FIELD_END};

static sinew_status squeeze_infer(const struct sinew_op_args *args) {
    const struct sinew_axes_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int64_t dims[SINEW_MAX_RANK];
    uint32_t mask;
    int rank = 0;
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    status = sinew_check_axes(attr->axes, attr->n, x->rank, &mask);
    if (status < 0) return status;
    for (int i = 0; i < x->rank; i++) {
        bool listed = mask >> i & 1;
        if (listed && x->dims[i] != 1)
            return sinew_fail(SINEW_SHAPE,
                              "axis %d has %" PRId64 " elements, only 1 can be "
                              "squeezed",
                              i, x->dims[i]);
        if (!listed && (attr->n > 0 || x->dims[i] != 1))
            dims[rank++] = x->dims[i];
    }
    return sinew_tensor_set(&args->out[0], x->dtype, rank, dims);
}

static sinew_status unsqueeze_infer(const struct sinew_op_args *args) {
    const struct sinew_axes_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int64_t dims[2 * SINEW_MAX_RANK];
    uint32_t mask;
    int from = 0;
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    status = sinew_check_at_least("n", attr->n, 1);
    if (status < 0) return status;
    int rank = attr->n <= SINEW_MAX_RANK ? x->rank + attr->n : 0;
    status = sinew_check_axes(attr->axes, attr->n, rank, &mask);
    if (status < 0) return status;
    for (int i = 0; i < rank; i++)
        dims[i] = mask >> i & 1 ? 1 : x->dims[from++];
    return sinew_tensor_set(&args->out[0], x->dtype, rank, dims);
}

#define VIEW(op, inputs, size, table)                                          \
    const struct sinew_op_desc sinew_op_##op = {                               \
        .name = #op,                                                           \
        .min_in = inputs,                                                      \
        .max_in = inputs,                                                      \
        .min_out = 1,                                                          \
        .max_out = 1,                                                          \
        .flags = SINEW_OP_VIEW,                                                \
        .attr_size = size,                                                     \
        .fields = table,                                                       \
        .infer = op##_infer,                                                   \
        .units = units,                                                        \
        .run = run,                                                            \
    };

VIEW(identity, 1, 0, NULL)
VIEW(reshape, 2, sizeof(struct sinew_reshape_attr), reshape_fields)
VIEW(flatten, 1, sizeof(struct sinew_axis_attr), flatten_fields)
VIEW(squeeze, 1, sizeof(struct sinew_axes_attr), axes_fields)
VIEW(unsqueeze, 1, sizeof(struct sinew_axes_attr), axes_fields)
