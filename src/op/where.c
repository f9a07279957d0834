/*
 * where.c - out = condition ? x : y, three tensors broadcast together.
 */
#include "op/nest.h"
#include "op/util.h"

static sinew_status infer(const struct sinew_op_args *args) {
    int64_t dims[SINEW_MAX_RANK];
    int rank;
    sinew_status status =
        sinew_check_type(&args->in[0], "condition", SINEW_TYPE(BOOL));
    if (status < 0) return status;
    status = sinew_check_type(&args->in[1], "x", SINEW_TYPES_ANY);
    if (status < 0) return status;
    status = sinew_check_same_type(&args->in[1], "x", &args->in[2], "y");
    if (status < 0) return status;
    status = sinew_check_broadcast(args, 0, 2, &rank, dims);
    if (status < 0) return status;
    return sinew_tensor_set(&args->out[0], args->in[1].dtype, rank, dims);
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    sinew_nest_broadcast(&nest, args->out, args->in, 3);
    return sinew_nest_units(&nest);
}

/* One loop a size, so that the compiler makes a plain move of memcpy. */
#define PICK(size)                                                             \
    static void pick_##size(const struct sinew_op_args *args,                  \
                            const int64_t *at, const struct sinew_block *b) {  \
        const uint8_t *condition = (const uint8_t *)args->in[0].data + at[1];  \
        const char *x = (const char *)args->in[1].data + at[2] * (size);       \
        const char *y = (const char *)args->in[2].data + at[3] * (size);       \
        char *out = (char *)args->out[0].data + at[0] * (size);                \
        for (int64_t i = 0; i < b->n; i++)                                     \
            memcpy(out + i * (size),                                           \
                   condition[i * b->step[1]] ? x + i * b->step[2] * (size)     \
                                             : y + i * b->step[3] * (size),    \
                   size);                                                      \
    }
PICK(1)
PICK(2)
PICK(4)
PICK(8)

static void run_block(void *user, const struct sinew_block *block) {
    const struct sinew_op_args *args = user;
    for (int64_t r = 0; r < block->rows; r++) {
        int64_t at[4];
        for (int k = 0; k < 4; k++)
            at[k] = block->at[k] + r * block->row_step[k];
        switch (sinew_dtype_size(args->out[0].dtype)) {
        case 1:
            pick_1(args, at, block);
            break;
        case 2:
            pick_2(args, at, block);
            break;
        case 4:
            pick_4(args, at, block);
            break;
        default:
            pick_8(args, at, block);
            break;
        }
    }
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    struct sinew_nest nest;
    (void)scratch;
    sinew_nest_broadcast(&nest, args->out, args->in, 3);
    sinew_nest_run(&nest, begin, end, run_block, (void *)args);
}

const struct sinew_op_desc sinew_op_where = {
    .name = "where",
    .min_in = 3,
    .max_in = 3,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .infer = infer,
    .units = units,
    .run = run,
};
