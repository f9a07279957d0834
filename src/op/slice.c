/*
 * slice.c - slice (ONNX): in x, starts, ends, axes (optional), steps
 * (optional); slice_grad: the way back, in dy and then the same; split: in x,
 * sizes (optional), one output a part.
 *
 * Negative starts and ends count from the end of the axis, then both are
 * clamped to it; a negative step walks backwards and an end before the first
 * element (INT64_MIN, say) includes it.
 */
#include <inttypes.h>
#include "op/nest.h"
#include "op/util.h"

/* ---- slice --------------------------------------------------------------- */

/* First index, step and count along each axis. */
struct cut {
    int64_t start[SINEW_MAX_RANK], step[SINEW_MAX_RANK], count[SINEW_MAX_RANK];
};

static int64_t clamp(int64_t x, int64_t lo, int64_t hi) {
    return x < lo ? lo : x > hi ? hi : x;
}

static void cut_axis(struct cut *cut, int axis, int64_t dim, int64_t start,
                     int64_t end, int64_t step) {
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? dim : dim - 1;
    step = clamp(step, -dim - 1, dim + 1); /* farther is no different */
    if (start < 0) start = start < -dim ? low : start + dim;
    if (end < 0) end = end < -dim ? low : end + dim;
    start = clamp(start, low < 0 ? 0 : low, high);
    end = clamp(end, low, high);
    cut->start[axis] = start;
    cut->step[axis] = step;
    cut->count[axis] = 0;
    if (step > 0 && end > start)
        cut->count[axis] = sinew_div_up(end - start, step);
    else if (step < 0 && end < start)
        cut->count[axis] = (start - end - 1) / -step + 1;
}

static sinew_status operand(const struct sinew_op_args *args, int i,
                            const char *what, int64_t n) {
    sinew_status status = sinew_check_ints(&args->in[i], what, SINEW_MAX_RANK);
    if (status < 0) return status;
    if (sinew_tensor_count(&args->in[i]) != n)
        return sinew_fail(SINEW_SHAPE,
                          "%s has %" PRId64 " elements, starts has %" PRId64,
                          what, sinew_tensor_count(&args->in[i]), n);
    return SINEW_OK;
}

static sinew_status check_slice(const struct sinew_op_args *args) {
    sinew_status status = sinew_check_type(&args->in[0], "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    status = sinew_check_ints(&args->in[1], "starts", args->in[0].rank);
    if (status < 0) return status;
    int64_t n = sinew_tensor_count(&args->in[1]);
    status = operand(args, 2, "ends", n);
    if (status == SINEW_OK && sinew_has(args, 3))
        status = operand(args, 3, "axes", n);
    if (status == SINEW_OK && sinew_has(args, 4))
        status = operand(args, 4, "steps", n);
    return status;
}

static sinew_status find_cut(const struct sinew_op_args *args,
                             struct cut *cut) {
    const sinew_tensor *x = &args->in[0];
    int64_t n = sinew_tensor_count(&args->in[1]);
    uint32_t mask = 0;
    for (int i = 0; i < x->rank; i++)
        cut_axis(cut, i, x->dims[i], 0, x->dims[i], 1);
    for (int64_t i = 0; i < n; i++) {
        int64_t given =
            sinew_has(args, 3) ? sinew_tensor_int(&args->in[3], i) : i;
        int64_t step =
            sinew_has(args, 4) ? sinew_tensor_int(&args->in[4], i) : 1;
        int axis = given >= -SINEW_MAX_RANK && given < SINEW_MAX_RANK
                       ? sinew_axis((int)given, x->rank)
                       : -1;
        if (axis < 0 || mask >> axis & 1)
            return sinew_fail(SINEW_INVALID,
                              "axis %" PRId64 " is out of range or listed "
                              "twice, for %d dimensions",
                              given, (int)x->rank);
        if (step == 0 || step < -INT32_MAX || step > INT32_MAX)
            return sinew_fail(SINEW_INVALID, "step %" PRId64 " of axis %d",
                              step, axis);
        mask |= 1u << axis;
        cut_axis(cut, axis, x->dims[axis], sinew_tensor_int(&args->in[1], i),
                 sinew_tensor_int(&args->in[2], i), step);
    }
    return SINEW_OK;
}

static sinew_status slice_infer(const struct sinew_op_args *args) {
    struct cut cut;
    sinew_status status = check_slice(args);
    if (status < 0) return status;
    status = find_cut(args, &cut);
    if (status < 0) return status;
    return sinew_tensor_set(&args->out[0], args->in[0].dtype, args->in[0].rank,
                            cut.count);
}

/* The nest over `count` of each axis, and where in x it begins. */
static int64_t make_nest(struct sinew_nest *nest, const sinew_tensor *y,
                         const sinew_tensor *x, const struct cut *cut) {
    int64_t strides_x[SINEW_MAX_RANK], strides_y[SINEW_MAX_RANK], at = 0;
    sinew_tensor_strides(x, strides_x);
    sinew_tensor_strides(y, strides_y);
    sinew_nest_init(nest, 2);
    for (int i = 0; i < x->rank; i++) {
        at += cut->start[i] * strides_x[i];
        sinew_nest_add(
            nest, cut->count[i],
            (const int64_t[]){strides_y[i], strides_x[i] * cut->step[i]});
    }
    sinew_nest_finish(nest);
    return at;
}

static int64_t slice_units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    struct cut cut;
    if (find_cut(args, &cut) < 0) return 0;
    make_nest(&nest, &args->out[0], &args->in[0], &cut);
    return sinew_nest_units(&nest);
}

static void slice_run(const struct sinew_op_args *args, int64_t begin,
                      int64_t end, void *scratch) {
    size_t size = sinew_dtype_size(args->in[0].dtype);
    struct sinew_nest nest;
    struct cut cut;
    (void)scratch;
    if (find_cut(args, &cut) < 0) return;
    int64_t at = make_nest(&nest, &args->out[0], &args->in[0], &cut);
    const struct sinew_copy copy = {
        args->kernels, args->out[0].data,
        (const char *)args->in[0].data + (size_t)at * size, size};
    sinew_nest_copy(&nest, begin, end, &copy);
}

const struct sinew_op_desc sinew_op_slice = {
    .name = "slice",
    .min_in = 3,
    .max_in = 5,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .infer = slice_infer,
    .units = slice_units,
    .run = slice_run,
};

/* ---- slice_grad ---------------------------------------------------------- */

/* The operands of the slice. */
static struct sinew_op_args inner_args(const struct sinew_op_args *args) {
    struct sinew_op_args inner = *args;
    inner.in++;
    inner.n_in--;
    return inner;
}

static sinew_status grad_infer(const struct sinew_op_args *args) {
    struct sinew_op_args inner = inner_args(args);
    const sinew_tensor *dy = &args->in[0], *x = &args->in[1];
    char text[SINEW_SHAPE_TEXT];
    sinew_status status = slice_infer(&inner);
    if (status < 0) return status;
    if (dy->dtype != x->dtype || !sinew_tensor_same_shape(dy, &args->out[0]))
        return sinew_fail(SINEW_SHAPE, "dy is %s, not the shape of the result",
                          sinew_tensor_text(dy, text));
    return sinew_tensor_set(&args->out[0], x->dtype, x->rank, x->dims);
}

/* A unit is one index of the first dimension. */
static int64_t grad_units(const struct sinew_op_args *args) {
    const sinew_tensor *dx = &args->out[0];
    if (sinew_tensor_count(dx) == 0) return 0;
    return dx->rank > 0 ? dx->dims[0] : 1;
}

/* Index u of the first dimension: no more than its rows, all zero. */
static void clear_rows(const sinew_tensor *dx, int64_t u) {
    size_t size = sinew_dtype_size(dx->dtype);
    int64_t n = dx->rank > 1 ? dx->dims[dx->rank - 1] : 1;
    int64_t rows = dx->rank > 1 ? sinew_dims_product(dx->dims, 1, dx->rank - 1)
                                : 1;
    int64_t step = dx->rank > 1 ? dx->row_stride : 1;
    char *to = (char *)dx->data + (size_t)(u * rows * step) * size;
    for (int64_t i = 0; i < rows; i++)
        memset(to + (size_t)(i * step) * size, 0, (size_t)n * size);
}

/* The nest that writes to the cut of x what it read from y, made as the one
 * that gathers and turned round. */
static int64_t make_scatter(struct sinew_nest *nest, const sinew_tensor *y,
                            const sinew_tensor *x, const struct cut *cut) {
    int64_t at = make_nest(nest, y, x, cut);
    for (int i = 0; i < nest->loops; i++) {
        int64_t step = nest->step[i][0];
        nest->step[i][0] = nest->step[i][1];
        nest->step[i][1] = step;
    }
    return at;
}

static void grad_run(const struct sinew_op_args *args, int64_t begin,
                     int64_t end, void *scratch) {
    struct sinew_op_args inner = inner_args(args);
    const sinew_tensor *dy = &args->in[0], *dx = &args->out[0];
    size_t size = sinew_dtype_size(dx->dtype);
    int64_t strides[SINEW_MAX_RANK] = {0};
    struct cut cut = {.step = {1}, .count = {1}};
    (void)scratch;
    if (find_cut(&inner, &cut) < 0) return;
    sinew_tensor_strides(dy, strides);
    for (int64_t u = begin; u < end; u++) {
        int64_t apart = u - cut.start[0], index = apart / cut.step[0];
        struct cut one = cut;
        struct sinew_nest nest;
        clear_rows(dx, u);
        if (apart % cut.step[0] != 0 || index < 0 || index >= cut.count[0])
            continue;
        one.start[0] = u;
        one.count[0] = 1;
        int64_t at = make_scatter(&nest, dy, dx, &one);
        const struct sinew_copy copy = {
            args->kernels, (char *)dx->data + (size_t)at * size,
            (const char *)dy->data + (size_t)(index * strides[0]) * size, size};
        sinew_nest_copy(&nest, 0, sinew_nest_units(&nest), &copy);
    }
}

const struct sinew_op_desc sinew_op_slice_grad = {
    .name = "slice_grad",
    .min_in = 4,
    .max_in = 6,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .shapes = 1u << 1,
    .infer = grad_infer,
    .units = grad_units,
    .run = grad_run,
};

/* ---- split --------------------------------------------------------------- */

static const struct sinew_attr_field split_fields[] = {
    SINEW_FIELD(sinew_axis_attr, INT, axis), SINEW_FIELD_END};

static sinew_status check_sizes(const struct sinew_op_args *args, int axis) {
    const sinew_tensor *x = &args->in[0], *sizes = &args->in[1];
    int64_t left = x->dims[axis];
    sinew_status status = sinew_check_ints(sizes, "sizes", args->n_out);
    if (status < 0) return status;
    if (sinew_tensor_count(sizes) != args->n_out)
        return sinew_fail(SINEW_SHAPE,
                          "sizes has %" PRId64 " elements for %d outputs",
                          sinew_tensor_count(sizes), args->n_out);
    for (int i = 0; i < args->n_out; i++) {
        int64_t size = sinew_tensor_int(sizes, i);
        if (size < 0 || size > left)
            return sinew_fail(SINEW_SHAPE,
                              "part %d of %" PRId64 " does not fit axis %d of "
                              "%" PRId64,
                              i, size, axis, x->dims[axis]);
        left -= size;
    }
    if (left != 0)
        return sinew_fail(
            SINEW_SHAPE, "sizes leave %" PRId64 " of axis %d over", left, axis);
    return SINEW_OK;
}

static sinew_status split_infer(const struct sinew_op_args *args) {
    const struct sinew_axis_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int64_t dims[SINEW_MAX_RANK];
    int axis;
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    status = sinew_check_axis(attr->axis, x->rank, &axis);
    if (status < 0) return status;
    if (sinew_has(args, 1)) {
        status = check_sizes(args, axis);
        if (status < 0) return status;
    } else if (x->dims[axis] % args->n_out != 0) {
        return sinew_fail(SINEW_SHAPE,
                          "axis %d of %" PRId64 " does not split into %d "
                          "equal parts",
                          axis, x->dims[axis], args->n_out);
    }
    memcpy(dims, x->dims, sizeof dims);
    for (int i = 0; i < args->n_out && status == SINEW_OK; i++) {
        dims[axis] = sinew_has(args, 1) ? sinew_tensor_int(&args->in[1], i)
                                        : x->dims[axis] / args->n_out;
        status = sinew_tensor_set(&args->out[i], x->dtype, x->rank, dims);
    }
    return status;
}

/* The nest of part i, which begins `first` elements into the axis. */
static int64_t part_nest(struct sinew_nest *nest,
                         const struct sinew_op_args *args, int i,
                         int64_t first) {
    const struct sinew_axis_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *y = &args->out[i];
    struct cut cut = {{0}, {0}, {0}};
    for (int k = 0; k < x->rank; k++) {
        cut.step[k] = 1;
        cut.count[k] = y->dims[k];
    }
    cut.start[sinew_axis(attr->axis, x->rank)] = first;
    return make_nest(nest, y, x, &cut);
}

static int64_t split_units(const struct sinew_op_args *args) {
    int64_t sum = 0;
    for (int i = 0; i < args->n_out; i++) {
        struct sinew_nest nest;
        part_nest(&nest, args, i, 0);
        sum += sinew_nest_units(&nest);
    }
    return sum;
}

static void split_run(const struct sinew_op_args *args, int64_t begin,
                      int64_t end, void *scratch) {
    const struct sinew_axis_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int axis = sinew_axis(attr->axis, x->rank);
    size_t size = sinew_dtype_size(x->dtype);
    int64_t first = 0, start = 0;
    (void)scratch;
    for (int i = 0; i < args->n_out && first < end; i++) {
        struct sinew_nest nest;
        int64_t at = part_nest(&nest, args, i, start);
        const struct sinew_copy copy = {
            args->kernels, args->out[i].data,
            (const char *)x->data + (size_t)at * size, size};
        int64_t last = first + sinew_nest_units(&nest);
        int64_t from = begin > first ? begin : first;
        int64_t to = end < last ? end : last;
        if (from < to) sinew_nest_copy(&nest, from - first, to - first, &copy);
        first = last;
        start += args->out[i].dims[axis];
    }
}

const struct sinew_op_desc sinew_op_split = {
    .name = "split",
    .min_in = 1,
    .max_in = 2,
    .min_out = 1,
    .max_out = -1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_axis_attr),
    .fields = split_fields,
    .infer = split_infer,
    .units = split_units,
    .run = split_run,
};
