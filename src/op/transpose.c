/*
 * transpose.c - transpose: out dimension i is in dimension perm[i].
 */
#include "op/nest.h"
#include "op/util.h"

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD_LIST(sinew_transpose_attr, n, perm), SINEW_FIELD_END};

static sinew_status infer(const struct sinew_op_args *args) {
    const struct sinew_transpose_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int64_t dims[SINEW_MAX_RANK];
    uint32_t mask;
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    if (attr->n != x->rank)
        return sinew_fail(SINEW_SHAPE,
                          "perm has %d entries for %d dimensions of x",
                          (int)attr->n, (int)x->rank);
    status = sinew_check_axes(attr->perm, attr->n, x->rank, &mask);
    if (status < 0) return status;
    for (int i = 0; i < x->rank; i++)
        dims[i] = x->dims[sinew_axis(attr->perm[i], x->rank)];
    return sinew_tensor_set(&args->out[0], x->dtype, x->rank, dims);
}

static void make_nest(struct sinew_nest *nest,
                      const struct sinew_op_args *args) {
    const struct sinew_transpose_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    int64_t strides_x[SINEW_MAX_RANK], strides_y[SINEW_MAX_RANK];
    sinew_tensor_strides(x, strides_x);
    sinew_tensor_strides(y, strides_y);
    sinew_nest_init(nest, 2);
    for (int i = 0; i < y->rank; i++)
        sinew_nest_add(
            nest, y->dims[i],
            (const int64_t[]){strides_y[i],
                              strides_x[sinew_axis(attr->perm[i], x->rank)]});
    sinew_nest_finish(nest);
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    make_nest(&nest, args);
    return sinew_nest_units(&nest);
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    const struct sinew_copy copy = {args->kernels, args->out[0].data,
                                    args->in[0].data,
                                    sinew_dtype_size(args->in[0].dtype)};
    struct sinew_nest nest;
    (void)scratch;
    make_nest(&nest, args);
    sinew_nest_copy(&nest, begin, end, &copy);
}

const struct sinew_op_desc sinew_op_transpose = {
    .name = "transpose",
    .min_in = 1,
    .max_in = 1,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_transpose_attr),
    .fields = fields,
    .infer = infer,
    .units = units,
    .run = run,
};
