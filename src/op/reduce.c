/*
 * reduce.c - reduce_mean, sum, max, min, prod, l2: some axes of x (all when
 * none is listed) become one number each.
 *
 * Where the innermost axis stays and one or two merged loops go (the global
 * mean over H and W of [N, H, W, C]), sums and maxima go through the window
 * kernels; all else element by element, sums in double. Integers are for
 * shapes: i64 arithmetic that wraps, means rounded towards zero.
 */
#include <math.h>
#include "kernel/kernel.h"
#include "op/axes.h"
#include "op/util.h"

enum kind { MEAN, SUM, MAX, MIN, PROD, L2 };

struct reduce {
    const struct sinew_op_args *args;
    enum kind kind;
    struct sinew_nest inner; ///< the axes that go; operand 1 is x
    int64_t count;           ///< elements that make one
};

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD_LIST(sinew_reduce_attr, n_axes, axes),
    SINEW_FIELD(sinew_reduce_attr, BOOL, keepdims), SINEW_FIELD_END};

static sinew_status axes_mask(const struct sinew_op_args *args,
                              uint32_t *mask) {
    const struct sinew_reduce_attr *attr = args->attr;
    int rank = args->in[0].rank;
    sinew_status status =
        sinew_check_axes(attr->axes, attr->n_axes, rank, mask);
    if (attr->n_axes == 0) *mask = (1u << rank) - 1;
    return status;
}

static sinew_status infer_types(const struct sinew_op_args *args,
                                uint32_t types) {
    const struct sinew_reduce_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    uint32_t mask;
    sinew_status status = sinew_check_type(x, "x", types);
    if (status < 0) return status;
    status = axes_mask(args, &mask);
    if (status < 0) return status;
    return sinew_infer_reduced(args, x->dtype, mask, attr->keepdims);
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest kept;
    uint32_t mask;
    if (axes_mask(args, &mask) < 0) return 0;
    sinew_nest_kept(&kept, &args->out[0], &args->in[0], mask);
    return sinew_nest_units(&kept);
}

/* ---- one number at a time ------------------------------------------------ */

static double fold_float(double sum, const float *x, int64_t n, int64_t step,
                         enum kind kind) {
    for (int64_t i = 0; i < n; i++) {
        double value = (double)x[i * step];
        switch (kind) {
        case MAX:
            sum = sum > value ? sum : value;
            break;
        case MIN:
            sum = sum < value ? sum : value;
            break;
        case PROD:
            sum *= value;
            break;
        case L2:
            sum += value * value;
            break;
        default:
            sum += value;
            break;
        }
    }
    return sum;
}

static uint64_t fold_int(uint64_t sum, const sinew_tensor *x, int64_t at,
                         int64_t n, int64_t step, enum kind kind) {
    for (int64_t i = 0; i < n; i++) {
        int64_t value = sinew_int_load(x->data, x->dtype, at + i * step);
        switch (kind) {
        case MAX:
            sum = (int64_t)sum > value ? sum : (uint64_t)value;
            break;
        case MIN:
            sum = (int64_t)sum < value ? sum : (uint64_t)value;
            break;
        case PROD:
            sum *= (uint64_t)value;
            break;
        default:
            sum += (uint64_t)value;
            break;
        }
    }
    return sum;
}

struct sums {
    const struct reduce *reduce;
    int64_t at; ///< element of x where this one's axes begin
    double real;
    uint64_t whole;
};

static void fold_block(void *user, const struct sinew_block *block) {
    struct sums *sums = user;
    const sinew_tensor *x = &sums->reduce->args->in[0];
    for (int64_t r = 0; r < block->rows; r++) {
        int64_t at = sums->at + block->at[1] + r * block->row_step[1];
        if (x->dtype == SINEW_F32)
            sums->real =
                fold_float(sums->real, (const float *)x->data + at, block->n,
                           block->step[1], sums->reduce->kind);
        else
            sums->whole = fold_int(sums->whole, x, at, block->n, block->step[1],
                                   sums->reduce->kind);
    }
}

static void start(struct sums *sums, enum kind kind) {
    switch (kind) {
    case MAX:
        sums->real = -HUGE_VAL;
        sums->whole = (uint64_t)INT64_MIN;
        break;
    case MIN:
        sums->real = HUGE_VAL;
        sums->whole = INT64_MAX;
        break;
    case PROD:
        sums->real = 1.0;
        sums->whole = 1;
        break;
    default:
        sums->real = 0.0;
        sums->whole = 0;
        break;
    }
}

static void reduce_one(const struct reduce *reduce, int64_t at_y,
                       int64_t at_x) {
    const sinew_tensor *y = &reduce->args->out[0];
    struct sums sums = {.reduce = reduce, .at = at_x};
    start(&sums, reduce->kind);
    sinew_nest_run(&reduce->inner, 0, sinew_nest_units(&reduce->inner),
                   fold_block, &sums);
    if (y->dtype == SINEW_F32) {
        double value = sums.real;
        if (reduce->kind == MEAN)
            value /= (double)reduce->count;
        else if (reduce->kind == L2)
            value = sqrt(value);
        ((float *)y->data)[at_y] = (float)value;
    } else {
        int64_t value = (int64_t)sums.whole;
        if (reduce->kind == MEAN)
            value = reduce->count > 0 ? value / reduce->count : 0;
        sinew_int_store(y->data, y->dtype, at_y, value);
    }
}

/* ---- rows of channels ---------------------------------------------------- */

static bool fits_window(const struct reduce *reduce,
                        const struct sinew_nest *kept) {
    return reduce->args->out[0].dtype == SINEW_F32 &&
           (reduce->kind == MEAN || reduce->kind == SUM ||
            reduce->kind == MAX) &&
           reduce->inner.loops == 2 && kept->size[kept->loops - 1] >= 4 &&
           kept->step[kept->loops - 1][0] == 1 &&
           kept->step[kept->loops - 1][1] == 1;
}

static void window_block(void *user, const struct sinew_block *block) {
    const struct reduce *reduce = user;
    const struct sinew_op_args *args = reduce->args;
    const struct sinew_nest *inner = &reduce->inner;
    const struct sinew_window window = {inner->size[0], inner->size[1],
                                        inner->step[0][1], inner->step[1][1]};
    float scale = reduce->kind == MEAN ? 1.0f / (float)reduce->count : 1.0f;
    for (int64_t r = 0; r < block->rows; r++) {
        int64_t at = block->at[1] + r * block->row_step[1];
        float *y =
            (float *)args->out[0].data + block->at[0] + r * block->row_step[0];
        const float *x = (const float *)args->in[0].data + at;
        const sinew_bf16 *x16 = (const sinew_bf16 *)args->in[0].data + at;
        if (args->in[0].dtype == SINEW_BF16)
            args->kernels->bf16_window_sum(x16, y, block->n, &window, scale);
        else if (reduce->kind == MAX)
            args->kernels->f32_window_max(x, y, block->n, &window);
        else
            args->kernels->f32_window_sum(x, y, block->n, &window, scale);
    }
}

static bool takes_bf16(const struct sinew_op_args *args) {
    struct reduce reduce = {.args = args, .kind = SUM};
    struct sinew_nest kept;
    uint32_t mask;
    if (args->out[0].dtype != SINEW_F32 || axes_mask(args, &mask) < 0)
        return false;
    sinew_nest_kept(&kept, &args->out[0], &args->in[0], mask);
    reduce.count = sinew_nest_inner(&reduce.inner, &args->in[0], mask);
    return fits_window(&reduce, &kept);
}

static void each_block(void *user, const struct sinew_block *block) {
    for (int64_t r = 0; r < block->rows; r++)
        for (int64_t i = 0; i < block->n; i++)
            reduce_one(
                user,
                block->at[0] + r * block->row_step[0] + i * block->step[0],
                block->at[1] + r * block->row_step[1] + i * block->step[1]);
}

static void run_kind(const struct sinew_op_args *args, int64_t begin,
                     int64_t end, enum kind kind) {
    struct reduce reduce = {.args = args, .kind = kind};
    struct sinew_nest kept;
    uint32_t mask;
    if (axes_mask(args, &mask) < 0) return;
    sinew_nest_kept(&kept, &args->out[0], &args->in[0], mask);
    reduce.count = sinew_nest_inner(&reduce.inner, &args->in[0], mask);
    sinew_nest_run(&kept, begin, end,
                   fits_window(&reduce, &kept) ? window_block : each_block,
                   &reduce);
}

/* X(name, kind, types, takes_bf16) */
#define REDUCE_MAP(X)                                                          \
    X(reduce_mean, MEAN, SINEW_TYPES_NUMBER, takes_bf16)                       \
    X(reduce_sum, SUM, SINEW_TYPES_NUMBER, takes_bf16)                         \
    X(reduce_max, MAX, SINEW_TYPES_NUMBER, NULL)                               \
    X(reduce_min, MIN, SINEW_TYPES_NUMBER, NULL)                               \
    X(reduce_prod, PROD, SINEW_TYPES_NUMBER, NULL)                             \
    X(reduce_l2, L2, SINEW_TYPE(F32), NULL)

#define REDUCE(op, kind, types, bf16)                                          \
    static sinew_status infer_##op(const struct sinew_op_args *args) {         \
        return infer_types(args, types);                                       \
    }                                                                          \
    static void run_##op(const struct sinew_op_args *args, int64_t begin,      \
                         int64_t end, void *scratch) {                         \
        (void)scratch;                                                         \
        run_kind(args, begin, end, kind);                                      \
    }                                                                          \
    const struct sinew_op_desc sinew_op_##op = {                               \
        .name = #op,                                                           \
        .min_in = 1,                                                           \
        .max_in = 1,                                                           \
        .min_out = 1,                                                          \
        .max_out = 1,                                                          \
        .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,                   \
        .attr_size = sizeof(struct sinew_reduce_attr),                         \
        .fields = fields,                                                      \
        .infer = infer_##op,                                                   \
        .takes_bf16 = bf16,                                                    \
        .units = units,                                                        \
        .run = run_##op,                                                       \
    };

REDUCE_MAP(REDUCE)
