/*
 * arg_max.c - arg_max: the index of the largest element along an axis, i64; the
 * first one of equals, or the last with select_last.
 */
#include <math.h>
#include "op/axes.h"
#include "op/util.h"

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_arg_max_attr, INT, axis),
    SINEW_FIELD(sinew_arg_max_attr, BOOL, keepdims),
    SINEW_FIELD(sinew_arg_max_attr, BOOL, select_last), SINEW_FIELD_END};

static sinew_status infer(const struct sinew_op_args *args) {
    const struct sinew_arg_max_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int axis;
    sinew_status status = sinew_check_type(x, "x", SINEW_TYPES_NUMBER);
    if (status == SINEW_OK)
        status = sinew_check_axis(attr->axis, x->rank, &axis);
    if (status == SINEW_OK)
        status = sinew_check_choice("select_last", attr->select_last, 2);
    if (status < 0) return status;
    if (x->dims[axis] == 0)
        return sinew_fail(SINEW_SHAPE, "axis %d of x is empty", axis);
    return sinew_infer_reduced(args, SINEW_I64, 1u << axis, attr->keepdims);
}

static void make_nest(struct sinew_nest *nest,
                      const struct sinew_op_args *args) {
    const struct sinew_arg_max_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    sinew_nest_kept(nest, &args->out[0], x,
                    1u << sinew_axis(attr->axis, x->rank));
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    make_nest(&nest, args);
    return sinew_nest_units(&nest);
}

static int64_t best_of(const sinew_tensor *x, int64_t at, int64_t n,
                       int64_t step, bool last) {
    int64_t best = 0;
    if (x->dtype == SINEW_F32) {
        const float *p = (const float *)x->data + at;
        for (int64_t i = 1; i < n; i++)
            if (last ? p[i * step] >= p[best * step]
                     : p[i * step] > p[best * step])
                best = i;
        return best;
    }
    int64_t most = sinew_int_load(x->data, x->dtype, at);
    for (int64_t i = 1; i < n; i++) {
        int64_t value = sinew_int_load(x->data, x->dtype, at + i * step);
        if (last ? value >= most : value > most) {
            most = value;
            best = i;
        }
    }
    return best;
}

static void run_block(void *user, const struct sinew_block *block) {
    const struct sinew_op_args *args = user;
    const struct sinew_arg_max_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int axis = sinew_axis(attr->axis, x->rank);
    int64_t strides[SINEW_MAX_RANK];
    int64_t *y = args->out[0].data;
    sinew_tensor_strides(x, strides);
    for (int64_t r = 0; r < block->rows; r++)
        for (int64_t i = 0; i < block->n; i++)
            y[block->at[0] + r * block->row_step[0] + i * block->step[0]] =
                best_of(x,
                        block->at[1] + r * block->row_step[1] +
                            i * block->step[1],
                        x->dims[axis], strides[axis], attr->select_last != 0);
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    struct sinew_nest nest;
    (void)scratch;
    make_nest(&nest, args);
    sinew_nest_run(&nest, begin, end, run_block, (void *)args);
}

const struct sinew_op_desc sinew_op_arg_max = {
    .name = "arg_max",
    .min_in = 1,
    .max_in = 1,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_arg_max_attr),
    .fields = fields,
    .infer = infer,
    .units = units,
    .run = run,
};
