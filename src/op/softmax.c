/*
 * softmax.c - along one axis, f32:
 *   softmax      y = e^(x - m) / s
 *   log_softmax  y = x - m - log s     m = max x, s = sum of e^(x - m)
 * The innermost axis goes through a kernel, others number by number.
 */
#include <math.h>
#include "kernel/kernel.h"
#include "op/axes.h"
#include "op/util.h"

struct softmax {
    const struct sinew_op_args *args;
    int64_t n, step_x, step_y; ///< of the axis
    bool log;
};

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_axis_attr, INT, axis), SINEW_FIELD_END};

static sinew_status infer(const struct sinew_op_args *args) {
    const struct sinew_axis_attr *attr = args->attr;
    int axis;
    sinew_status status = sinew_check_type(&args->in[0], "x", SINEW_TYPE(F32));
    if (status == SINEW_OK)
        status = sinew_check_axis(attr->axis, args->in[0].rank, &axis);
    return status < 0 ? status : sinew_infer_same(args);
}

static void make_nest(struct sinew_nest *nest,
                      const struct sinew_op_args *args) {
    const struct sinew_axis_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    sinew_nest_kept(nest, &args->out[0], x,
                    1u << sinew_axis(attr->axis, x->rank));
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    make_nest(&nest, args);
    return sinew_nest_units(&nest);
}

static void run_one(const struct softmax *softmax, const float *x, float *y) {
    int64_t n = softmax->n, step_x = softmax->step_x, step_y = softmax->step_y;
    float most = -INFINITY, sum = 0.0f;
    if (step_x == 1 && step_y == 1) {
        softmax->args->kernels->f32_softmax(x, y, n, softmax->log);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        most = x[i * step_x] > most ? x[i * step_x] : most;
    if (softmax->log) {
        for (int64_t i = 0; i < n; i++)
            sum += expf(x[i * step_x] - most);
        float offset = most + logf(sum);
        for (int64_t i = 0; i < n; i++)
            y[i * step_y] = x[i * step_x] - offset;
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        float value = expf(x[i * step_x] - most);
        y[i * step_y] = value;
        sum += value;
    }
    for (int64_t i = 0; i < n; i++)
        y[i * step_y] /= sum;
}

static void run_block(void *user, const struct sinew_block *block) {
    const struct softmax *softmax = user;
    const float *x = (const float *)softmax->args->in[0].data + block->at[1];
    float *y = (float *)softmax->args->out[0].data + block->at[0];
    for (int64_t r = 0; r < block->rows; r++)
        for (int64_t i = 0; i < block->n; i++)
            run_one(softmax, x + r * block->row_step[1] + i * block->step[1],
                    y + r * block->row_step[0] + i * block->step[0]);
}

static void run_axis(const struct sinew_op_args *args, int64_t begin,
                     int64_t end, bool log) {
    const struct sinew_axis_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int axis = sinew_axis(attr->axis, x->rank);
    int64_t strides_x[SINEW_MAX_RANK], strides_y[SINEW_MAX_RANK];
    struct sinew_nest nest;
    sinew_tensor_strides(x, strides_x);
    sinew_tensor_strides(&args->out[0], strides_y);
    struct softmax softmax = {args, x->dims[axis], strides_x[axis],
                              strides_y[axis], log};
    make_nest(&nest, args);
    sinew_nest_run(&nest, begin, end, run_block, &softmax);
}

static void run_softmax(const struct sinew_op_args *args, int64_t begin,
                        int64_t end, void *scratch) {
    (void)scratch;
    run_axis(args, begin, end, false);
}

static void run_log_softmax(const struct sinew_op_args *args, int64_t begin,
                            int64_t end, void *scratch) {
    (void)scratch;
    run_axis(args, begin, end, true);
}

const struct sinew_op_desc sinew_op_softmax = {
    .name = "softmax",
    .min_in = 1,
    .max_in = 1,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT | SINEW_OP_INPLACE,
    .attr_size = sizeof(struct sinew_axis_attr),
    .fields = fields,
    .infer = infer,
    .units = units,
    .run = run_softmax,
};

const struct sinew_op_desc sinew_op_log_softmax = {
    .name = "log_softmax",
    .min_in = 1,
    .max_in = 1,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT | SINEW_OP_INPLACE,
    .attr_size = sizeof(struct sinew_axis_attr),
    .fields = fields,
    .infer = infer,
    .units = units,
    .run = run_log_softmax,
};
