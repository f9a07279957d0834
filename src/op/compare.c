/*
 * compare.c - equal, less, less_equal, greater, greater_equal of numbers, and,
 * or of bools: out is bool, a and b broadcast by NumPy's rule.
 *
 * f32 is compared as floats (false with NaN), all other types as i64.
 */
#include "op/nest.h"
#include "op/util.h"

enum relation { EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, AND, OR };

struct compare {
    const struct sinew_op_args *args;
    enum relation relation;
};

#define TYPES                                                                  \
    (SINEW_TYPES_NUMBER | SINEW_TYPE(I8) | SINEW_TYPE(U8) | SINEW_TYPE(BOOL))

static sinew_status infer_types(const struct sinew_op_args *args,
                                uint32_t types) {
    int64_t dims[SINEW_MAX_RANK];
    int rank;
    sinew_status status = sinew_check_type(&args->in[0], "a", types);
    if (status < 0) return status;
    status = sinew_check_same_type(&args->in[0], "a", &args->in[1], "b");
    if (status < 0) return status;
    status = sinew_check_broadcast(args, 0, 1, &rank, dims);
    if (status < 0) return status;
    return sinew_tensor_set(&args->out[0], SINEW_BOOL, rank, dims);
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    sinew_nest_broadcast(&nest, args->out, args->in, 2);
    return sinew_nest_units(&nest);
}

static bool of_floats(float a, float b, enum relation relation) {
    switch (relation) {
    case EQUAL:
        return a == b;
    case LESS:
        return a < b;
    case LESS_EQUAL:
        return a <= b;
    case GREATER:
        return a > b;
    default:
        return a >= b;
    }
}

static bool of_ints(int64_t a, int64_t b, enum relation relation) {
    switch (relation) {
    case EQUAL:
        return a == b;
    case LESS:
        return a < b;
    case LESS_EQUAL:
        return a <= b;
    case GREATER:
        return a > b;
    case GREATER_EQUAL:
        return a >= b;
    case AND:
        return a && b;
    default:
        return a || b;
    }
}

static void run_block(void *user, const struct sinew_block *block) {
    const struct compare *compare = user;
    const sinew_tensor *a = &compare->args->in[0], *b = &compare->args->in[1];
    uint8_t *y = compare->args->out[0].data;
    for (int64_t r = 0; r < block->rows; r++)
        for (int64_t i = 0; i < block->n; i++) {
            int64_t at[3];
            for (int k = 0; k < 3; k++)
                at[k] =
                    block->at[k] + r * block->row_step[k] + i * block->step[k];
            if (a->dtype == SINEW_F32)
                y[at[0]] = of_floats(((const float *)a->data)[at[1]],
                                     ((const float *)b->data)[at[2]],
                                     compare->relation);
            else
                y[at[0]] = of_ints(sinew_int_load(a->data, a->dtype, at[1]),
                                   sinew_int_load(b->data, b->dtype, at[2]),
                                   compare->relation);
        }
}

static void run_relation(const struct sinew_op_args *args, int64_t begin,
                         int64_t end, enum relation relation) {
    struct compare compare = {args, relation};
    struct sinew_nest nest;
    sinew_nest_broadcast(&nest, args->out, args->in, 2);
    sinew_nest_run(&nest, begin, end, run_block, &compare);
}

/* X(name, relation, types) */
#define COMPARE_MAP(X)                                                         \
    X(equal, EQUAL, TYPES)                                                     \
    X(less, LESS, TYPES)                                                       \
    X(less_equal, LESS_EQUAL, TYPES)                                           \
    X(greater, GREATER, TYPES)                                                 \
    X(greater_equal, GREATER_EQUAL, TYPES)                                     \
    X(and, AND, SINEW_TYPE(BOOL))                                              \
    X(or, OR, SINEW_TYPE(BOOL))

#define COMPARE(op, relation, types)                                           \
    static sinew_status infer_##op(const struct sinew_op_args *args) {         \
        return infer_types(args, types);                                       \
    }                                                                          \
    static void run_##op(const struct sinew_op_args *args, int64_t begin,      \
                         int64_t end, void *scratch) {                         \
        (void)scratch;                                                         \
        run_relation(args, begin, end, relation);                              \
    }                                                                          \
    const struct sinew_op_desc sinew_op_##op = {                               \
        .name = #op,                                                           \
        .min_in = 2,                                                           \
        .max_in = 2,                                                           \
        .min_out = 1,                                                          \
        .max_out = 1,                                                          \
        .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,                   \
        .infer = infer_##op,                                                   \
        .units = units,                                                        \
        .run = run_##op,                                                       \
    };

COMPARE_MAP(COMPARE)
