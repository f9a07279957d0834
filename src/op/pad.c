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

/* Axes after the last padded one are part of its elements: `inner` of them,
 * `size` bytes in all. */
struct plan {
    int rank;
    int64_t inner;
    size_t size;
    int32_t mode;
    int64_t dims_x[SINEW_MAX_RANK], dims_y[SINEW_MAX_RANK];
    int64_t before[SINEW_MAX_RANK];
};

static void make_plan(struct plan *plan, const struct sinew_op_args *args) {
    const struct sinew_pad_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    plan->mode = attr->mode;
    plan->inner = 1;
    plan->rank = x->rank;
    while (plan->rank > 1 &&
           sinew_tensor_int(&args->in[1], plan->rank - 1) == 0 &&
           x->dims[plan->rank - 1] == y->dims[plan->rank - 1])
        plan->inner *= x->dims[--plan->rank];
    plan->size = (size_t)plan->inner * sinew_dtype_size(x->dtype);
    for (int i = 0; i < plan->rank; i++) {
        plan->dims_x[i] = x->dims[i];
        plan->dims_y[i] = y->dims[i];
        plan->before[i] = sinew_tensor_int(&args->in[1], i);
    }
}

static int64_t units(const struct sinew_op_args *args) {
    struct plan plan;
    make_plan(&plan, args);
    if (sinew_tensor_count(&args->out[0]) == 0) return 0;
    return sinew_dims_product(plan.dims_y, 0, plan.rank - 1);
}

/* `bytes` of copies of the value; zeros, the usual one, in one go. */
static void fill(char *y, size_t bytes, const char *value, size_t size) {
    static const char zeros[8] = {0};
    if (memcmp(value, zeros, size) == 0)
        memset(y, 0, bytes);
    else
        for (size_t i = 0; i < bytes; i += size)
            memcpy(y + i, value, size);
}

/* One row along the last axis of the plan from its source `x`. */
static void run_row(const struct plan *plan, char *y, const char *x,
                    const char *value, size_t element) {
    int last = plan->rank - 1;
    int64_t n = plan->dims_y[last], dim = plan->dims_x[last];
    int64_t before = plan->before[last], first = before > 0 ? before : 0;
    int64_t end = before + dim < n ? before + dim : n;
    size_t size = plan->size;
    if (end < first) end = first;
    memcpy(y + (size_t)first * size, x + (size_t)(first - before) * size,
           (size_t)(end - first) * size);
    if (plan->mode == SINEW_PAD_CONSTANT) {
        fill(y, (size_t)first * size, value, element);
        fill(y + (size_t)end * size, (size_t)(n - end) * size, value, element);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        if (i < first || i >= end)
            memcpy(y + (size_t)i * size,
                   x + (size_t)source(i, before, dim, plan->mode) * size, size);
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    static const char zeros[8] = {0};
    const char *value = sinew_has(args, 2) ? args->in[2].data : zeros;
    const char *x = args->in[0].data;
    size_t element = sinew_dtype_size(args->in[0].dtype);
    struct plan plan;
    (void)scratch;
    make_plan(&plan, args);
    if (plan.rank == 0) {
        memcpy(args->out[0].data, x, begin < end ? element : 0);
        return;
    }
    size_t row_y = (size_t)plan.dims_y[plan.rank - 1] * plan.size;
    for (int64_t u = begin; u < end; u++) {
        int64_t at = 0, rest = u, step = plan.dims_x[plan.rank - 1];
        bool inside = true;
        for (int i = plan.rank - 2; i >= 0; i--) {
            int64_t j = source(rest % plan.dims_y[i], plan.before[i],
                               plan.dims_x[i], plan.mode);
            rest /= plan.dims_y[i];
            inside = inside && j >= 0;
            at += j * step;
            step *= plan.dims_x[i];
        }
        char *y = (char *)args->out[0].data + (size_t)u * row_y;
        if (inside)
            run_row(&plan, y, x + (size_t)at * plan.size, value, element);
        else
            fill(y, row_y, value, element);
    }
}

const struct sinew_op_desc sinew_op_pad = {
    .name = "pad",
    .min_in = 2,
    .max_in = 3,
    .min_out = 1,
    .max_out = 1,
    .attr_size = sizeof(struct sinew_pad_attr),
    .fields = fields,
    .infer = infer,
    .units = units,
    .run = run,
};
