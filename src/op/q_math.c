/*
 * q_math.c - bytes combined, averaged and mapped (kernel/u8.h):
 *   q_add    y = byte of (a - a_zero) * a_factor + (b - b_zero) * b_factor
 *   q_mul    y = byte of (a - a_zero) * (b - b_zero) * a_factor
 *   q_mean   y = byte of the sum over H and W of x - x_zero, times a_factor
 *   q_table  y = table[x]
 */
#include "kernel/kernel.h"
#include "op/nest.h"
#include "op/util.h"

/* ---- what results become ---- */

sinew_status sinew_q_check(const struct sinew_q_target *to,
                           const struct sinew_op_args *args, int table) {
    sinew_status status;

    SINEW_TRY(sinew_check_choice("zero", to->zero, 256));
    SINEW_TRY(sinew_check_choice("low", to->low, 256));
    SINEW_TRY(sinew_check_choice("high", to->high, 256));
    SINEW_FAIL_IF(to->low > to->high, SINEW_INVALID, "low is %d, high is %d",
                  (int)to->low, (int)to->high);
    if (!sinew_has(args, table)) return SINEW_OK;
    SINEW_TRY(sinew_check_type(&args->in[table], "table", SINEW_TYPE(U8)));
    return sinew_check_vector(&args->in[table], "table", 256);
fail:
    return status;
}

struct sinew_u8_target sinew_q_target(const struct sinew_q_target *to,
                                      const struct sinew_op_args *args,
                                      int table) {
    return (struct sinew_u8_target){
        to->zero, to->low, to->high,
        sinew_has(args, table) ? args->in[table].data : NULL};
}

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_q_math_attr, INT, a_zero),
    SINEW_FIELD(sinew_q_math_attr, INT, b_zero),
    SINEW_FIELD(sinew_q_math_attr, FLOAT, a_factor),
    SINEW_FIELD(sinew_q_math_attr, FLOAT, b_factor),
    SINEW_FIELDS_Q(sinew_q_math_attr),
    SINEW_FIELD_END,
};

/* Factors that leave what is rounded within 32 bits: `most` times them. */
static sinew_status check_numbers(const struct sinew_op_args *args,
                                  double most) {
    const struct sinew_q_math_attr *a = args->attr;
    sinew_status status;

    SINEW_TRY(sinew_check_choice("a_zero", a->a_zero, 256));
    SINEW_TRY(sinew_check_choice("b_zero", a->b_zero, 256));
    SINEW_FAIL_IF(!(a->a_factor >= 0 && a->a_factor * most < 1e9) ||
                      !(a->b_factor >= 0 && a->b_factor * most < 1e9),
                  SINEW_INVALID, "factors %g and %g", (double)a->a_factor,
                  (double)a->b_factor);
fail:
    return status;
}

/* ---- two operands ---- */

enum { MOST_PRODUCT = 65025 };

static sinew_status binary_infer(const struct sinew_op_args *args) {
    const struct sinew_q_math_attr *attr = args->attr;
    int64_t dims[SINEW_MAX_RANK];
    int rank;
    sinew_status status;

    SINEW_TRY(sinew_check_type(&args->in[0], "a", SINEW_TYPE(U8)));
    SINEW_TRY(sinew_check_type(&args->in[1], "b", SINEW_TYPE(U8)));
    SINEW_TRY(check_numbers(args, MOST_PRODUCT));
    SINEW_TRY(sinew_q_check(&attr->to, args, 2));
    SINEW_TRY(sinew_check_broadcast(args, 0, 1, &rank, dims));
    return sinew_tensor_set(&args->out[0], SINEW_U8, rank, dims);
fail:
    return status;
}

static int64_t binary_units(const struct sinew_op_args *args) {
    struct sinew_nest nest;

    sinew_nest_broadcast(&nest, args->out, args->in, 2);
    return sinew_nest_units(&nest);
}

struct binary {
    const struct sinew_op_args *args;
    struct sinew_u8_binary op;
};

static void binary_block(void *user, const struct sinew_block *block) {
    const struct binary *b = user;
    const struct sinew_op_args *args = b->args;
    struct sinew_rows rows = {.rows = block->rows, .n = block->n};

    for (int k = 0; k < 3; k++) {
        rows.row_step[k] = block->row_step[k];
        rows.step[k] = block->step[k];
    }
    args->kernels->u8_binary((const uint8_t *)args->in[0].data + block->at[1],
                             (const uint8_t *)args->in[1].data + block->at[2],
                             (uint8_t *)args->out[0].data + block->at[0], &rows,
                             &b->op);
}

static void binary_run(const struct sinew_op_args *args, int64_t begin,
                       int64_t end, bool multiply) {
    const struct sinew_q_math_attr *a = args->attr;
    struct binary binary = {args,
                            {multiply, a->a_zero, a->b_zero, a->a_factor,
                             a->b_factor, sinew_q_target(&a->to, args, 2)}};
    struct sinew_nest nest;

    sinew_nest_broadcast(&nest, args->out, args->in, 2);
    sinew_nest_run(&nest, begin, end, binary_block, &binary);
}

static void add_run(const struct sinew_op_args *args, int64_t begin,
                    int64_t end, void *scratch) {
    (void)scratch;
    binary_run(args, begin, end, false);
}

static void mul_run(const struct sinew_op_args *args, int64_t begin,
                    int64_t end, void *scratch) {
    (void)scratch;
    binary_run(args, begin, end, true);
}

/* ---- mean ---- */

static sinew_status mean_infer(const struct sinew_op_args *args) {
    const struct sinew_q_math_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    sinew_status status;

    SINEW_TRY(sinew_check_type(x, "x", SINEW_TYPE(U8)));
    SINEW_TRY(sinew_check_rank(x, "x", 4, 4));
    int64_t pixels = x->dims[1] * x->dims[2];
    SINEW_FAIL_IF(pixels < 1 || pixels > 1 << 22, SINEW_UNSUPPORTED,
                  "a mean of %lld pixels", (long long)pixels);
    SINEW_TRY(check_numbers(args, 255.0 * (double)pixels));
    SINEW_TRY(sinew_q_check(&attr->to, args, 1));
    const int64_t dims[] = {x->dims[0], 1, 1, x->dims[3]};
    return sinew_tensor_set(&args->out[0], SINEW_U8, 4, dims);
fail:
    return status;
}

/* Channels of a unit of work. */
enum { CHUNK = 64 };

static int64_t mean_units(const struct sinew_op_args *args) {
    const sinew_tensor *x = &args->in[0];

    return x->dims[0] * sinew_div_up(x->dims[3], CHUNK);
}

static void mean_run(const struct sinew_op_args *args, int64_t begin,
                     int64_t end, void *scratch) {
    const struct sinew_q_math_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    const struct sinew_u8_target to = sinew_q_target(&attr->to, args, 1);
    int64_t pixels = x->dims[1] * x->dims[2];
    int64_t chunks = sinew_div_up(x->dims[3], CHUNK);
    int32_t sums[CHUNK];

    (void)scratch;
    for (int64_t u = begin; u < end; u++) {
        int64_t n = u / chunks, c = u % chunks * CHUNK;
        int64_t left = x->dims[3] - c < CHUNK ? x->dims[3] - c : CHUNK;
        uint8_t *out = (uint8_t *)y->data + n * y->row_stride + c;
        args->kernels->u8_sums((const uint8_t *)x->data +
                                   n * pixels * x->row_stride + c,
                               x->row_stride, pixels, left, sums);
        for (int64_t i = 0; i < left; i++) {
            int32_t sum = sums[i] - (int32_t)pixels * attr->a_zero;
            int64_t q = sinew_round_clamp((double)((float)sum * attr->a_factor),
                                          INT32_MIN, INT32_MAX);
            q += to.zero;
            q = q < to.low ? to.low : q > to.high ? to.high : q;
            out[i] = to.table ? to.table[q] : (uint8_t)q;
        }
    }
}

/* ---- table ---- */

static sinew_status table_infer(const struct sinew_op_args *args) {
    sinew_status status;

    SINEW_TRY(sinew_check_type(&args->in[0], "x", SINEW_TYPE(U8)));
    SINEW_TRY(sinew_check_type(&args->in[1], "table", SINEW_TYPE(U8)));
    SINEW_TRY(sinew_check_vector(&args->in[1], "table", 256));
    return sinew_infer_same(args);
fail:
    return status;
}

static int64_t table_units(const struct sinew_op_args *args) {
    struct sinew_nest nest;

    sinew_nest_broadcast(&nest, args->out, args->in, 1);
    return sinew_nest_units(&nest);
}

static void table_block(void *user, const struct sinew_block *block) {
    const struct sinew_op_args *args = user;

    for (int64_t r = 0; r < block->rows; r++)
        args->kernels->u8_lookup((const uint8_t *)args->in[0].data +
                                     block->at[1] + r * block->row_step[1],
                                 (uint8_t *)args->out[0].data + block->at[0] +
                                     r * block->row_step[0],
                                 block->n, args->in[1].data);
}

static void table_run(const struct sinew_op_args *args, int64_t begin,
                      int64_t end, void *scratch) {
    struct sinew_nest nest;

    (void)scratch;
    sinew_nest_broadcast(&nest, args->out, args->in, 1);
    sinew_nest_run(&nest, begin, end, table_block, (void *)args);
}

/* X(op, inputs but the table, all inputs, its functions, flags, attributes) */
#define Q_MAP(X)                                                               \
    X(add, 2, 3, binary, add_run, SINEW_OP_INPLACE,                            \
      sizeof(struct sinew_q_math_attr), fields)                                \
    X(mul, 2, 3, binary, mul_run, SINEW_OP_INPLACE,                            \
      sizeof(struct sinew_q_math_attr), fields)                                \
    X(mean, 1, 2, mean, mean_run, 0, sizeof(struct sinew_q_math_attr), fields) \
    X(table, 2, 2, table, table_run, SINEW_OP_INPLACE, 0, NULL)

#define Q_OP(op, min, max, prefix, body, more, size, table_of_fields)          \
    const struct sinew_op_desc sinew_op_q_##op = {                             \
        .name = "q_" #op,                                                      \
        .min_in = min,                                                         \
        .max_in = max,                                                         \
        .min_out = 1,                                                          \
        .max_out = 1,                                                          \
        .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT | (more),          \
        .attr_size = size,                                                     \
        .fields = table_of_fields,                                             \
        .infer = prefix##_infer,                                               \
        .units = prefix##_units,                                               \
        .run = body,                                                           \
    };

Q_MAP(Q_OP)
