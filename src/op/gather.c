/*
 * gather.c - elements of x picked by indices (ONNX):
 *   gather           out[a.., i.., b..] = x[a.., index[i..], b..]
 *   gather_elements  out[i..] = x[i.. with index[i..] at `axis`]
 *   gather_nd        out[i.., b..] = x[index[i.., 0], index[i.., 1], .., b..]
 *
 * Negative indices count from the end. One that is out of range picks zeros;
 * infer refuses it where indices are known.
 */
#include <inttypes.h>
#include "op/util.h"

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_axis_attr, INT, axis), SINEW_FIELD_END};

/* Known indices are within -dim..dim-1. */
static sinew_status check_known(const sinew_tensor *index, int64_t first,
                                int64_t step, int64_t dim) {
    for (int64_t i = first; index->data && i < sinew_tensor_count(index);
         i += step) {
        int64_t value = sinew_tensor_int(index, i);
        if (value < -dim || value >= dim)
            return sinew_fail(SINEW_INVALID,
                              "index %" PRId64 " is out of range for an axis "
                              "of %" PRId64,
                              value, dim);
    }
    return SINEW_OK;
}

static sinew_status check_inputs(const struct sinew_op_args *args) {
    sinew_status status = sinew_check_type(&args->in[0], "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    return sinew_check_type(&args->in[1], "indices", SINEW_TYPES_INDEX);
}

/* The index counted from the front, or -1. */
static int64_t wrap(int64_t index, int64_t dim) {
    if (index < 0) index = index < -dim ? -1 : index + dim;
    return index < dim ? index : -1;
}

/* Copies `bytes` from element `at` of x, or zeros when at < 0. */
static void pick(const struct sinew_op_args *args, int64_t to, int64_t at,
                 size_t size, size_t bytes) {
    char *y = (char *)args->out[0].data + (size_t)to * size;
    if (at < 0)
        memset(y, 0, bytes);
    else
        memcpy(y, (const char *)args->in[0].data + (size_t)at * size, bytes);
}

/* ---- gather -------------------------------------------------------------- */

static sinew_status gather_infer(const struct sinew_op_args *args) {
    const struct sinew_axis_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *index = &args->in[1];
    int64_t dims[2 * SINEW_MAX_RANK];
    int axis;
    sinew_status status = check_inputs(args);
    if (status < 0) return status;
    status = sinew_check_axis(attr->axis, x->rank, &axis);
    if (status < 0) return status;
    status = check_known(index, 0, 1, x->dims[axis]);
    if (status < 0) return status;
    int rank = 0;
    for (int i = 0; i < axis; i++)
        dims[rank++] = x->dims[i];
    for (int i = 0; i < index->rank; i++)
        dims[rank++] = index->dims[i];
    for (int i = axis + 1; i < x->rank; i++)
        dims[rank++] = x->dims[i];
    return sinew_tensor_set(&args->out[0], x->dtype, rank, dims);
}

static int64_t gather_units(const struct sinew_op_args *args) {
    const struct sinew_axis_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int axis = sinew_axis(attr->axis, x->rank);
    return sinew_dims_product(x->dims, 0, axis) *
           sinew_tensor_count(&args->in[1]);
}

static void gather_run(const struct sinew_op_args *args, int64_t begin,
                       int64_t end, void *scratch) {
    const struct sinew_axis_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *index = &args->in[1];
    int axis = sinew_axis(attr->axis, x->rank);
    int64_t inner = sinew_dims_product(x->dims, axis + 1, x->rank);
    int64_t n = sinew_tensor_count(index), dim = x->dims[axis];
    size_t size = sinew_dtype_size(x->dtype), bytes = (size_t)inner * size;
    (void)scratch;
    for (int64_t u = begin; u < end; u++) {
        int64_t at = wrap(sinew_tensor_int(index, u % n), dim);
        if (at >= 0) at = (u / n * dim + at) * inner;
        pick(args, u * inner, at, size, bytes);
    }
}

/* ---- gather_elements ----------------------------------------------------- */

static sinew_status elements_infer(const struct sinew_op_args *args) {
    const struct sinew_axis_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *index = &args->in[1];
    char text[SINEW_SHAPE_TEXT], text_x[SINEW_SHAPE_TEXT];
    int axis;
    sinew_status status = check_inputs(args);
    if (status < 0) return status;
    status = sinew_check_axis(attr->axis, x->rank, &axis);
    if (status < 0) return status;
    bool fits = index->rank == x->rank;
    for (int i = 0; fits && i < x->rank; i++)
        fits = i == axis || index->dims[i] <= x->dims[i];
    if (!fits)
        return sinew_fail(SINEW_SHAPE, "indices is %s, does not fit x, %s",
                          sinew_tensor_text(index, text),
                          sinew_tensor_text(x, text_x));
    status = check_known(index, 0, 1, x->dims[axis]);
    if (status < 0) return status;
    return sinew_tensor_set(&args->out[0], x->dtype, index->rank, index->dims);
}

static int64_t elements_units(const struct sinew_op_args *args) {
    const sinew_tensor *y = &args->out[0];
    return sinew_dims_product(y->dims, 0, y->rank - 1);
}

static void elements_run(const struct sinew_op_args *args, int64_t begin,
                         int64_t end, void *scratch) {
    const struct sinew_axis_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *index = &args->in[1];
    int rank = x->rank, axis = sinew_axis(attr->axis, rank);
    int64_t n = index->dims[rank - 1];
    size_t size = sinew_dtype_size(x->dtype);
    (void)scratch;
    for (int64_t u = begin * n; u < end * n; u++) {
        int64_t at = 0, rest = u, stride = 1;
        int64_t picked = wrap(sinew_tensor_int(index, u), x->dims[axis]);
        for (int i = rank - 1; i >= 0; i--) {
            int64_t place = rest % index->dims[i];
            rest /= index->dims[i];
            at += (i == axis ? picked : place) * stride;
            stride *= x->dims[i];
        }
        pick(args, u, picked < 0 ? -1 : at, size, size);
    }
}

/* ---- gather_nd ----------------------------------------------------------- */

static sinew_status nd_infer(const struct sinew_op_args *args) {
    const sinew_tensor *x = &args->in[0], *index = &args->in[1];
    int64_t dims[2 * SINEW_MAX_RANK];
    int rank = 0;
    sinew_status status = check_inputs(args);
    if (status < 0) return status;
    status = sinew_check_rank(index, "indices", 1, SINEW_MAX_RANK);
    if (status < 0) return status;
    int64_t depth = index->dims[index->rank - 1];
    if (depth < 1 || depth > x->rank)
        return sinew_fail(SINEW_SHAPE,
                          "indices has %" PRId64 " in its last dimension, for "
                          "%d dimensions of x",
                          depth, (int)x->rank);
    for (int64_t i = 0; i < depth; i++) {
        status = check_known(index, i, depth, x->dims[i]);
        if (status < 0) return status;
    }
    for (int i = 0; i < index->rank - 1; i++)
        dims[rank++] = index->dims[i];
    for (int i = (int)depth; i < x->rank; i++)
        dims[rank++] = x->dims[i];
    return sinew_tensor_set(&args->out[0], x->dtype, rank, dims);
}

static int64_t nd_units(const struct sinew_op_args *args) {
    const sinew_tensor *index = &args->in[1];
    return sinew_dims_product(index->dims, 0, index->rank - 1);
}

static void nd_run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                   void *scratch) {
    const sinew_tensor *x = &args->in[0], *index = &args->in[1];
    int depth = (int)index->dims[index->rank - 1];
    int64_t inner = sinew_dims_product(x->dims, depth, x->rank);
    size_t size = sinew_dtype_size(x->dtype), bytes = (size_t)inner * size;
    (void)scratch;
    for (int64_t u = begin; u < end; u++) {
        int64_t at = 0;
        for (int i = 0; i < depth && at >= 0; i++) {
            int64_t place =
                wrap(sinew_tensor_int(index, u * depth + i), x->dims[i]);
            at = place < 0 ? -1 : at * x->dims[i] + place;
        }
        pick(args, u * inner, at < 0 ? -1 : at * inner, size, bytes);
    }
}

#define GATHER(op, prefix, size, table)                                        \
    const struct sinew_op_desc sinew_op_##op = {                               \
        .name = #op,                                                           \
        .min_in = 2,                                                           \
        .max_in = 2,                                                           \
        .min_out = 1,                                                          \
        .max_out = 1,                                                          \
        .attr_size = size,                                                     \
        .fields = table,                                                       \
        .infer = prefix##_infer,                                               \
        .units = prefix##_units,                                               \
        .run = prefix##_run,                                                   \
    };

GATHER(gather, gather, sizeof(struct sinew_axis_attr), fields)
GATHER(gather_elements, elements, sizeof(struct sinew_axis_attr), fields)
GATHER(gather_nd, nd, 0, NULL)
