/*
 * pad.c - pad: in x, pads i64[2 * rank] (before every axis, then after),
 * value (optional scalar of x's type, default 0). Negative pads crop.
 *
 * Along an axis of n, output index i comes from j = i - before: with
 * `constant` outside 0..n-1 from the value, with `edge` from the nearest
 * element, with `reflect` from the mirror image that does not repeat the edge.
 */
#include <inttypes.h>
#include "op/nest.h"
#include "op/util.h"

static const char *const modes[] = {"constant", "reflect", "edge"};

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD_ENUM(sinew_pad_attr, mode, modes), SINEW_FIELD_END};

static sinew_status check_axis_pads(int axis, int64_t dim, int64_t before,
                                    int64_t after, int32_t mode) {
    const int64_t limit = (int64_t)SINEW_TENSOR_MAX;
    if (before < -limit || before > limit || after < -limit || after > limit ||
        dim + before + after < 0 || dim + before < 0 || dim + after < 0)
        return sinew_fail(SINEW_SHAPE,
                          "pads %" PRId64 " and %" PRId64
                          " do not fit axis %d of %" PRId64,
                          before, after, axis, dim);
    if (mode == SINEW_PAD_REFLECT && (before >= dim || after >= dim) &&
        (before > 0 || after > 0))
        return sinew_fail(SINEW_SHAPE,
                          "axis %d of %" PRId64 " cannot be reflected by "
                          "%" PRId64 " and %" PRId64,
                          axis, dim, before, after);
    if (mode == SINEW_PAD_EDGE && dim == 0 && before + after > 0)
        return sinew_fail(SINEW_SHAPE, "axis %d of 0 has no edge", axis);
    return SINEW_OK;
}

static sinew_status infer(const struct sinew_op_args *args) {
    const struct sinew_pad_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *pads = &args->in[1];
    int64_t dims[SINEW_MAX_RANK];
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    status = sinew_check_choice("mode", attr->mode, 3);
    if (status < 0) return status;
    status = sinew_check_ints(pads, "pads", 2 * SINEW_MAX_RANK);
    if (status < 0) return status;
    if (sinew_tensor_count(pads) != 2 * x->rank)
        return sinew_fail(
            SINEW_SHAPE, "pads has %" PRId64 " elements for %d dimensions of x",
            sinew_tensor_count(pads), (int)x->rank);
    if (sinew_has(args, 2)) {
        status = sinew_check_scalar(&args->in[2], "value", SINEW_TYPES_ANY);
        if (status < 0) return status;
        status = sinew_check_same_type(x, "x", &args->in[2], "value");
        if (status < 0) return status;
    }
    for (int i = 0; i < x->rank; i++) {
        int64_t before = sinew_tensor_int(pads, i);
        int64_t after = sinew_tensor_int(pads, i + x->rank);
        status = check_axis_pads(i, x->dims[i], before, after, attr->mode);
        if (status < 0) return status;
        dims[i] = x->dims[i] + before + after;
    }
    return sinew_tensor_set(&args->out[0], x->dtype, x->rank, dims);
}

/* Where output index i of an axis comes from, or -1 for the value. */
static int64_t source(int64_t i, int64_t before, int64_t dim, int32_t mode) {
    int64_t j = i - before;
    if (j >= 0 && j < dim) return j;
    if (mode == SINEW_PAD_CONSTANT) return -1;
    if (mode == SINEW_PAD_EDGE) return j < 0 ? 0 : dim - 1;
    return j < 0 ? -j : 2 * (dim - 1) - j;
}

static int64_t units(const struct sinew_op_args *args) {
    const sinew_tensor *y = &args->out[0];
    if (sinew_tensor_count(y) == 0) return 0;
    return sinew_dims_product(y->dims, 0, y->rank - 1);
}

static void fill(char *y, int64_t n, const char *value, size_t size) {
    for (int64_t i = 0; i < n; i++)
        memcpy(y + (size_t)i * size, value, size);
}

/* One innermost row: `x` is its source, NULL when all of it is the value. */
static void run_row(const struct sinew_op_args *args, char *y, const char *x,
                    const char *value, size_t size) {
    const struct sinew_pad_attr *attr = args->attr;
    int last = args->out[0].rank - 1;
    int64_t n = args->out[0].dims[last], dim = args->in[0].dims[last];
    int64_t before = sinew_tensor_int(&args->in[1], last);
    int64_t first = before > 0 ? before : 0;
    int64_t end = before + dim < n ? before + dim : n;
    if (!x || (attr->mode == SINEW_PAD_CONSTANT && end <= first)) {
        fill(y, n, value, size);
        return;
    }
    if (end > first)
        memcpy(y + (size_t)first * size, x + (size_t)(first - before) * size,
               (size_t)(end - first) * size);
    if (attr->mode == SINEW_PAD_CONSTANT) {
        fill(y, first, value, size);
        fill(y + (size_t)end * size, n - end, value, size);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        if (i < first || i >= end)
            memcpy(y + (size_t)i * size,
                   x + (size_t)source(i, before, dim, attr->mode) * size, size);
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    const struct sinew_pad_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    static const char zeros[8] = {0};
    const char *value = sinew_has(args, 2) ? args->in[2].data : zeros;
    size_t size = sinew_dtype_size(x->dtype);
    int64_t strides[SINEW_MAX_RANK];
    (void)scratch;
    if (x->rank == 0) {
        if (begin < end) memcpy(y->data, x->data, size);
        return;
    }
    sinew_tensor_strides(x, strides);
    for (int64_t u = begin; u < end; u++) {
        int64_t at = 0, rest = u;
        bool inside = true;
        for (int i = x->rank - 2; i >= 0; i--) {
            int64_t j =
                source(rest % y->dims[i], sinew_tensor_int(&args->in[1], i),
                       x->dims[i], attr->mode);
            rest /= y->dims[i];
            inside = inside && j >= 0;
            at += j * strides[i];
        }
        run_row(args, (char *)y->data + (size_t)(u * y->row_stride) * size,
                inside ? (const char *)x->data + (size_t)at * size : NULL,
                value, size);
    }
}

const struct sinew_op_desc sinew_op_pad = {
    .name = "pad",
    .min_in = 2,
    .max_in = 3,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_pad_attr),
    .fields = fields,
    .infer = infer,
    .units = units,
    .run = run,
};
