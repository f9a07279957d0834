/*
 * product_sum.c - the sum of a * b along some axes (all when none is listed) of
 * two tensors of one shape, f32: what a factor that was broadcast has to do with
 * its product, without the product itself in memory.
 *
 * Where the innermost axis stays and one or two merged loops go, rows of
 * channels go through a kernel; all else number by number, in double.
 */
#include "kernel/kernel.h"
#include "op/attrs.h"
#include "op/axes.h"
#include "op/util.h"

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD_LIST(sinew_reduce_attr, n_axes, axes),
    SINEW_FIELD(sinew_reduce_attr, BOOL, keepdims), SINEW_FIELD_END};

struct sums {
    const struct sinew_op_args *args;
    struct sinew_nest inner; ///< the axes that go; operand 1 is a, or b
    int64_t at;
    double total;
};

static sinew_status axes_mask(const struct sinew_op_args *args,
                              uint32_t *mask) {
    const struct sinew_reduce_attr *attr = args->attr;
    int rank = args->in[0].rank;
    sinew_status status =
        sinew_check_axes(attr->axes, attr->n_axes, rank, mask);

    if (attr->n_axes == 0) *mask = (1u << rank) - 1;
    return status;
}

static sinew_status infer(const struct sinew_op_args *args) {
    const struct sinew_reduce_attr *attr = args->attr;
    uint32_t mask;
    sinew_status status;

    SINEW_TRY(sinew_check_type(&args->in[0], "a", SINEW_TYPE(F32)));
    SINEW_TRY(sinew_check_type(&args->in[1], "b", SINEW_TYPE(F32)));
    SINEW_FAIL_IF(!sinew_tensor_same_shape(&args->in[0], &args->in[1]),
                  SINEW_SHAPE, "a and b are not of one shape");
    SINEW_TRY(axes_mask(args, &mask));
    status = sinew_infer_reduced(args, SINEW_F32, mask, attr->keepdims);
fail:
    return status;
}

static bool make_nests(const struct sinew_op_args *args,
                       struct sinew_nest *kept, struct sinew_nest *inner) {
    uint32_t mask;

    if (axes_mask(args, &mask) < 0) return false;
    sinew_nest_kept(kept, &args->out[0], &args->in[0], mask);
    sinew_nest_inner(inner, &args->in[0], mask);
    return true;
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest kept, inner;

    return make_nests(args, &kept, &inner) ? sinew_nest_units(&kept) : 0;
}

static bool fits_window(const struct sinew_nest *kept,
                        const struct sinew_nest *inner) {
    int last = kept->loops - 1;

    return inner->loops == 2 && kept->size[last] >= 4 &&
           kept->step[last][0] == 1 && kept->step[last][1] == 1;
}

static void window_block(void *user, const struct sinew_block *block) {
    const struct sums *sums = user;
    const struct sinew_op_args *args = sums->args;
    const struct sinew_nest *inner = &sums->inner;
    const struct sinew_window window = {inner->size[0], inner->size[1],
                                        inner->step[0][1], inner->step[1][1]};

    for (int64_t r = 0; r < block->rows; r++) {
        int64_t at = block->at[1] + r * block->row_step[1];
        args->kernels->f32_window_dot(
            (const float *)args->in[0].data + at,
            (const float *)args->in[1].data + at,
            (float *)args->out[0].data + block->at[0] + r * block->row_step[0],
            block->n, &window);
    }
}

static void fold_block(void *user, const struct sinew_block *block) {
    struct sums *sums = user;
    const float *a = sums->args->in[0].data, *b = sums->args->in[1].data;

    for (int64_t r = 0; r < block->rows; r++)
        for (int64_t i = 0; i < block->n; i++) {
            int64_t at = sums->at + block->at[1] + r * block->row_step[1] +
                         i * block->step[1];
            sums->total += (double)a[at] * (double)b[at];
        }
}

static void each_block(void *user, const struct sinew_block *block) {
    struct sums *sums = user;
    float *y = (float *)sums->args->out[0].data + block->at[0];

    for (int64_t r = 0; r < block->rows; r++)
        for (int64_t i = 0; i < block->n; i++) {
            sums->at = block->at[1] + r * block->row_step[1] +
                       i * block->step[1];
            sums->total = 0.0;
            sinew_nest_run(&sums->inner, 0, sinew_nest_units(&sums->inner),
                           fold_block, sums);
            y[r * block->row_step[0] + i * block->step[0]] =
                (float)sums->total;
        }
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    struct sums sums = {.args = args};
    struct sinew_nest kept;

    (void)scratch;
    if (!make_nests(args, &kept, &sums.inner)) return;
    sinew_nest_run(&kept, begin, end,
                   fits_window(&kept, &sums.inner) ? window_block : each_block,
                   &sums);
}

const struct sinew_op_desc sinew_op_product_sum = {
    .name = "product_sum",
    .min_in = 2,
    .max_in = 2,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_reduce_attr),
    .fields = fields,
    .infer = infer,
    .units = units,
    .run = run,
};
