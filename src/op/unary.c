/*
 * unary.c - functions of one number, element by element.
 *
 * neg, abs and sign take f32, i32 and i64; not takes bool; all others f32.
 * round goes to the nearest integer, ties to even (ONNX Round).
 */
#include <math.h>
#include "op/nest.h"
#include "op/util.h"

typedef void map_fn(float *y, const float *x, int64_t n);
/* Integers are computed with wrap-around, as unsigned numbers. */
typedef uint64_t map_int_fn(uint64_t x);

struct map {
    const struct sinew_op_args *args;
    map_fn *floats;
    map_int_fn *ints;
};

static sinew_status infer_types(const struct sinew_op_args *args,
                                uint32_t types) {
    sinew_status status = sinew_check_type(&args->in[0], "x", types);
    return status < 0 ? status : sinew_infer_same(args);
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    sinew_nest_broadcast(&nest, args->out, args->in, 1);
    return sinew_nest_units(&nest);
}

static void run_block(void *user, const struct sinew_block *block) {
    const struct map *map = user;
    const sinew_tensor *in = &map->args->in[0];
    void *out = map->args->out[0].data;
    for (int64_t r = 0; r < block->rows; r++) {
        int64_t at_y = block->at[0] + r * block->row_step[0];
        int64_t at_x = block->at[1] + r * block->row_step[1];
        if (in->dtype == SINEW_F32) {
            map->floats((float *)out + at_y, (const float *)in->data + at_x,
                        block->n);
            continue;
        }
        for (int64_t i = 0; i < block->n; i++) {
            int64_t x = sinew_int_load(in->data, in->dtype, at_x + i);
            sinew_int_store(out, in->dtype, at_y + i,
                            (int64_t)map->ints((uint64_t)x));
        }
    }
}

static void run_map(const struct sinew_op_args *args, int64_t begin,
                    int64_t end, map_fn *floats, map_int_fn *ints) {
    struct map map = {args, floats, ints};
    struct sinew_nest nest;
    sinew_nest_broadcast(&nest, args->out, args->in, 1);
    sinew_nest_run(&nest, begin, end, run_block, &map);
}

static float sign(float x) {
    return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x;
}

static uint64_t int_neg(uint64_t x) {
    return -x;
}
static uint64_t int_abs(uint64_t x) {
    return x >> 63 ? -x : x;
}
static uint64_t int_sign(uint64_t x) {
    return x >> 63 ? UINT64_MAX : x != 0;
}
static uint64_t int_not(uint64_t x) {
    return x == 0;
}

/* X(name, expression of x, integer version or NULL, types) */
#define UNARY_MAP(X)                                                           \
    X(neg, -x, int_neg, SINEW_TYPES_NUMBER)                                    \
    X(abs, fabsf(x), int_abs, SINEW_TYPES_NUMBER)                              \
    X(sign, sign(x), int_sign, SINEW_TYPES_NUMBER)                             \
    X(sqrt, sqrtf(x), NULL, SINEW_TYPE(F32))                                   \
    X(exp, expf(x), NULL, SINEW_TYPE(F32))                                     \
    X(log, logf(x), NULL, SINEW_TYPE(F32))                                     \
    X(tanh, tanhf(x), NULL, SINEW_TYPE(F32))                                   \
    X(erf, erff(x), NULL, SINEW_TYPE(F32))                                     \
    X(floor, floorf(x), NULL, SINEW_TYPE(F32))                                 \
    X(ceil, ceilf(x), NULL, SINEW_TYPE(F32))                                   \
    X(round, nearbyintf(x), NULL, SINEW_TYPE(F32))                             \
    X(reciprocal, 1.0f / x, NULL, SINEW_TYPE(F32))                             \
    X(not, x, int_not, SINEW_TYPE(BOOL))

#define UNARY(op, expression, ints, types)                                     \
    static void map_##op(float *y, const float *p, int64_t n) {                \
        for (int64_t i = 0; i < n; i++) {                                      \
            float x = p[i];                                                    \
            y[i] = expression;                                                 \
        }                                                                      \
    }                                                                          \
    static sinew_status infer_##op(const struct sinew_op_args *args) {         \
        return infer_types(args, types);                                       \
    }                                                                          \
    static void run_##op(const struct sinew_op_args *args, int64_t begin,      \
                         int64_t end, void *scratch) {                         \
        (void)scratch;                                                         \
        run_map(args, begin, end, map_##op, ints);                             \
    }                                                                          \
    const struct sinew_op_desc sinew_op_##op = {                               \
        .name = #op,                                                           \
        .min_in = 1,                                                           \
        .max_in = 1,                                                           \
        .min_out = 1,                                                          \
        .max_out = 1,                                                          \
        .flags =                                                               \
            SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT | SINEW_OP_INPLACE,     \
        .infer = infer_##op,                                                   \
        .units = units,                                                        \
        .run = run_##op,                                                       \
    };

UNARY_MAP(UNARY)
