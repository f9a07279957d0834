/*
 * concat.c - concat: inputs one after the other along an axis.
 *
 * An input that already lies where it belongs in the output (the planner places
 * slices of channels so) is left alone.
 */
#include "op/nest.h"
#include "op/util.h"

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_axis_attr, INT, axis), SINEW_FIELD_END};

static sinew_status infer(const struct sinew_op_args *args) {
    const struct sinew_axis_attr *attr = args->attr;
    const sinew_tensor *first = &args->in[0];
    int64_t dims[SINEW_MAX_RANK];
    int axis;
    sinew_status status = sinew_check_type(first, "input 0", SINEW_TYPES_ANY);
    if (status < 0) return status;
    status = sinew_check_axis(attr->axis, first->rank, &axis);
    if (status < 0) return status;
    memcpy(dims, first->dims, sizeof dims);
    for (int i = 1; i < args->n_in; i++) {
        const sinew_tensor *in = &args->in[i];
        char text[SINEW_SHAPE_TEXT], text_first[SINEW_SHAPE_TEXT];
        bool fits = in->dtype == first->dtype && in->rank == first->rank;
        for (int k = 0; fits && k < in->rank; k++)
            fits = k == axis || in->dims[k] == first->dims[k];
        if (!fits)
            return sinew_fail(SINEW_SHAPE,
                              "input %d is %s, does not fit input 0, %s, along "
                              "axis %d",
                              i, sinew_tensor_text(in, text),
                              sinew_tensor_text(first, text_first), axis);
        dims[axis] += in->dims[axis];
    }
    return sinew_tensor_set(&args->out[0], first->dtype, first->rank, dims);
}

static bool takes_bf16(const struct sinew_op_args *args) {
    bool same = true;
    for (int i = 0; i < args->n_in; i++)
        same = same && args->in[i].dtype == args->out[0].dtype;
    return same;
}

/* The nest that moves an input; its axis is as long as in the input. */
static void make_nest(struct sinew_nest *nest, const sinew_tensor *y,
                      const sinew_tensor *x) {
    int64_t strides_x[SINEW_MAX_RANK], strides_y[SINEW_MAX_RANK];
    sinew_tensor_strides(x, strides_x);
    sinew_tensor_strides(y, strides_y);
    sinew_nest_init(nest, 2);
    for (int i = 0; i < x->rank; i++)
        sinew_nest_add(nest, x->dims[i],
                       (const int64_t[]){strides_y[i], strides_x[i]});
    sinew_nest_finish(nest);
}

static int64_t units(const struct sinew_op_args *args) {
    int64_t sum = 0;
    for (int i = 0; i < args->n_in; i++) {
        struct sinew_nest nest;
        make_nest(&nest, &args->out[0], &args->in[i]);
        sum += sinew_nest_units(&nest);
    }
    return sum;
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    const struct sinew_axis_attr *attr = args->attr;
    const sinew_tensor *y = &args->out[0];
    int axis = sinew_axis(attr->axis, y->rank);
    size_t size = sinew_dtype_size(y->dtype);
    int64_t strides[SINEW_MAX_RANK], first = 0, at = 0;
    (void)scratch;
    sinew_tensor_strides(y, strides);
    for (int i = 0; i < args->n_in && first < end; i++) {
        const sinew_tensor *x = &args->in[i];
        struct sinew_copy copy = {
            args->kernels, (char *)y->data + (size_t)at * size, x->data, size};
        struct sinew_nest nest;
        make_nest(&nest, y, x);
        int64_t last = first + sinew_nest_units(&nest);
        int64_t from = begin > first ? begin : first;
        int64_t to = end < last ? end : last;
        if (from < to && copy.dst != copy.src)
            sinew_nest_copy(&nest, from - first, to - first, &copy);
        first = last;
        at += x->dims[axis] * strides[axis];
    }
}

const struct sinew_op_desc sinew_op_concat = {
    .name = "concat",
    .min_in = 1,
    .max_in = -1,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_axis_attr),
    .fields = fields,
    .infer = infer,
    .takes_bf16 = takes_bf16,
    .units = units,
    .run = run,
};
