/*
 * binary.c - add, sub, mul, div, min, max: out = act(a op b), a and b broadcast
 * by NumPy's rule; min and max have no activation.
 *
 * f32 goes through the kernels. i32 and i64 are for the arithmetic of shapes:
 * they wrap around, div rounds towards zero and gives 0 for a divisor of 0.
 */
#include "kernel/kernel.h"
#include "op/nest.h"
#include "op/util.h"

struct binary {
    const struct sinew_op_args *args;
    const struct sinew_act *act;
    enum sinew_binary_kind kind;
};

static const struct sinew_attr_field fields[] = {
    SINEW_FIELDS_ACT(sinew_binary_attr), SINEW_FIELD_END};

static sinew_status infer(const struct sinew_op_args *args) {
    const sinew_tensor *a = &args->in[0], *b = &args->in[1];
    const struct sinew_binary_attr *attr = args->attr;
    int64_t dims[SINEW_MAX_RANK];
    int rank;
    sinew_status status = sinew_check_type(a, "a", SINEW_TYPES_NUMBER);
    if (status < 0) return status;
    status = sinew_check_same_type(a, "a", b, "b");
    if (status < 0) return status;
    if (attr) {
        status = sinew_check_act(&attr->act);
        if (status < 0) return status;
        if (a->dtype != SINEW_F32 && attr->act.kind != SINEW_ACT_NONE)
            return sinew_fail(
                SINEW_UNSUPPORTED, "activation %s of %s, needs f32",
                sinew_act_names[attr->act.kind], sinew_dtype_name(a->dtype));
    }
    status = sinew_check_broadcast(args, 0, 1, &rank, dims);
    if (status < 0) return status;
    return sinew_tensor_set(&args->out[0], a->dtype, rank, dims);
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    sinew_nest_broadcast(&nest, args->out, args->in, 2);
    return sinew_nest_units(&nest);
}

static void run_floats(void *user, const struct sinew_block *block) {
    const struct binary *binary = user;
    const struct sinew_op_args *args = binary->args;
    struct sinew_rows rows = {.rows = block->rows, .n = block->n};
    for (int k = 0; k < 3; k++) {
        rows.row_step[k] = block->row_step[k];
        rows.step[k] = block->step[k];
    }
    args->kernels->f32_binary((const float *)args->in[0].data + block->at[1],
                              (const float *)args->in[1].data + block->at[2],
                              (float *)args->out[0].data + block->at[0], &rows,
                              binary->kind, binary->act);
}

/* a * b where one of them is bf16. */
static void run_bf16(void *user, const struct sinew_block *block) {
    const struct binary *binary = user;
    const struct sinew_op_args *args = binary->args;
    int a = args->in[0].dtype == SINEW_BF16 ? 0 : 1, b = 1 - a;
    const struct sinew_rows rows = {
        .rows = block->rows,
        .n = block->n,
        .row_step = {block->row_step[0], block->row_step[1 + a],
                     block->row_step[1 + b]},
        .step = {1, 1, 1},
    };
    args->kernels->bf16_mul(
        (const sinew_bf16 *)args->in[a].data + block->at[1 + a],
        (const float *)args->in[b].data + block->at[1 + b],
        (sinew_bf16 *)args->out[0].data + block->at[0], &rows, binary->act);
}

/* Sums stay floats: what blocks add up would be rounded once a block. Innermost
 * steps are 1 where the last sizes are the same. */
static bool mul_takes_bf16(const struct sinew_op_args *args) {
    const sinew_tensor *a = &args->in[0], *b = &args->in[1];
    int rank = args->out[0].rank;
    return (a->dtype == SINEW_BF16) != (b->dtype == SINEW_BF16) &&
           args->out[0].dtype == SINEW_BF16 && a->rank == rank &&
           b->rank == rank && a->dims[rank - 1] > 1 &&
           a->dims[rank - 1] == b->dims[rank - 1];
}

static int64_t combine(int64_t a, int64_t b, enum sinew_binary_kind kind) {
    switch (kind) {
    case SINEW_BINARY_ADD:
        return (int64_t)((uint64_t)a + (uint64_t)b);
    case SINEW_BINARY_SUB:
        return (int64_t)((uint64_t)a - (uint64_t)b);
    case SINEW_BINARY_MUL:
        return (int64_t)((uint64_t)a * (uint64_t)b);
    case SINEW_BINARY_DIV:
        if (b == -1) return (int64_t) - (uint64_t)a;
        return b == 0 ? 0 : a / b;
    case SINEW_BINARY_MIN:
        return a < b ? a : b;
    default:
        return a > b ? a : b;
    }
}

static void run_ints(void *user, const struct sinew_block *block) {
    const struct binary *binary = user;
    const struct sinew_op_args *args = binary->args;
    const sinew_tensor *a = &args->in[0], *b = &args->in[1];
    for (int64_t r = 0; r < block->rows; r++)
        for (int64_t i = 0; i < block->n; i++) {
            int64_t at[3];
            for (int k = 0; k < 3; k++)
                at[k] =
                    block->at[k] + r * block->row_step[k] + i * block->step[k];
            int64_t value =
                combine(sinew_int_load(a->data, a->dtype, at[1]),
                        sinew_int_load(b->data, b->dtype, at[2]), binary->kind);
            sinew_int_store(args->out[0].data, a->dtype, at[0], value);
        }
}

static void run_kind(const struct sinew_op_args *args, int64_t begin,
                     int64_t end, enum sinew_binary_kind kind) {
    static const struct sinew_act none = {SINEW_ACT_NONE, 0.0f, 0.0f};
    const struct sinew_binary_attr *attr = args->attr;
    struct binary binary = {args, attr ? &attr->act : &none, kind};
    struct sinew_nest nest;
    sinew_nest_broadcast(&nest, args->out, args->in, 2);
    sinew_nest_run(&nest, begin, end,
                   args->out[0].dtype == SINEW_F32    ? run_floats
                   : args->out[0].dtype == SINEW_BF16 ? run_bf16
                                                      : run_ints,
                   &binary);
}

/* X(name, kind, size and fields of sinew_binary_attr or NULL, takes_bf16) */
#define BINARY_MAP(X)                                                          \
    X(add, ADD, sizeof(struct sinew_binary_attr), fields, NULL)                \
    X(sub, SUB, sizeof(struct sinew_binary_attr), fields, NULL)                \
    X(mul, MUL, sizeof(struct sinew_binary_attr), fields, mul_takes_bf16)      \
    X(div, DIV, sizeof(struct sinew_binary_attr), fields, NULL)                \
    X(min, MIN, 0, NULL, NULL)                                                 \
    X(max, MAX, 0, NULL, NULL)

#define BINARY(op, kind, size, table, bf16)                                    \
    static void run_##op(const struct sinew_op_args *args, int64_t begin,      \
                         int64_t end, void *scratch) {                         \
        (void)scratch;                                                         \
        run_kind(args, begin, end, SINEW_BINARY_##kind);                       \
    }                                                                          \
    const struct sinew_op_desc sinew_op_##op = {                               \
        .name = #op,                                                           \
        .min_in = 2,                                                           \
        .max_in = 2,                                                           \
        .min_out = 1,                                                          \
        .max_out = 1,                                                          \
        .flags =                                                               \
            SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT | SINEW_OP_INPLACE,     \
        .attr_size = size,                                                     \
        .fields = table,                                                       \
        .infer = infer,                                                        \
        .takes_bf16 = bf16,                                                    \
        .units = units,                                                        \
        .run = run_##op,                                                       \
    };

BINARY_MAP(BINARY)
