/*
 * pow_mod.c - pow: a to the power b (f32); mod: the remainder of a / b. Both
 * broadcast by NumPy's rule.
 *
 * mod of integers has the divisor's sign unless `fmod` is set, and is 0 for a
 * divisor of 0; floats need `fmod`, which is C's function (ONNX Mod).
 */
#include <math.h>
#include "op/nest.h"
#include "op/util.h"

static const struct sinew_attr_field mod_fields[] = {
    SINEW_FIELD(sinew_mod_attr, BOOL, fmod), SINEW_FIELD_END};

static sinew_status infer_pair(const struct sinew_op_args *args,
                               uint32_t types) {
    int64_t dims[SINEW_MAX_RANK];
    int rank;
    sinew_status status = sinew_check_type(&args->in[0], "a", types);
    if (status < 0) return status;
    status = sinew_check_same_type(&args->in[0], "a", &args->in[1], "b");
    if (status < 0) return status;
    status = sinew_check_broadcast(args, 0, 1, &rank, dims);
    if (status < 0) return status;
    return sinew_tensor_set(&args->out[0], args->in[0].dtype, rank, dims);
}

static sinew_status pow_infer(const struct sinew_op_args *args) {
    return infer_pair(args, SINEW_TYPE(F32));
}

static sinew_status mod_infer(const struct sinew_op_args *args) {
    const struct sinew_mod_attr *attr = args->attr;
    sinew_status status = sinew_check_choice("fmod", attr->fmod, 2);
    if (status < 0) return status;
    return infer_pair(args,
                      attr->fmod ? SINEW_TYPES_NUMBER : SINEW_TYPES_INDEX);
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_nest nest;
    sinew_nest_broadcast(&nest, args->out, args->in, 2);
    return sinew_nest_units(&nest);
}

/* Squares and roots are what networks use pow for. */
static float power(float a, float b) {
    if (b == 2.0f) return a * a;
    return powf(a, b);
}

static int64_t remainder_of(int64_t a, int64_t b, bool sign_of_a) {
    if (b == 0 || b == -1) return 0;
    int64_t r = a % b;
    if (!sign_of_a && r != 0 && (r < 0) != (b < 0)) r += b;
    return r;
}

static void run_block(void *user, const struct sinew_block *block) {
    const struct sinew_op_args *args = user;
    const sinew_tensor *a = &args->in[0], *b = &args->in[1];
    const struct sinew_mod_attr *attr = args->attr; /* NULL: pow */
    void *y = args->out[0].data;
    for (int64_t r = 0; r < block->rows; r++)
        for (int64_t i = 0; i < block->n; i++) {
            int64_t at[3];
            for (int k = 0; k < 3; k++)
                at[k] =
                    block->at[k] + r * block->row_step[k] + i * block->step[k];
            if (a->dtype == SINEW_F32) {
                float va = ((const float *)a->data)[at[1]];
                float vb = ((const float *)b->data)[at[2]];
                ((float *)y)[at[0]] = attr ? fmodf(va, vb) : power(va, vb);
            } else {
                int64_t value = remainder_of(
                    sinew_int_load(a->data, a->dtype, at[1]),
                    sinew_int_load(b->data, b->dtype, at[2]), attr->fmod != 0);
                sinew_int_store(y, a->dtype, at[0], value);
            }
        }
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    struct sinew_nest nest;
    (void)scratch;
    sinew_nest_broadcast(&nest, args->out, args->in, 2);
    sinew_nest_run(&nest, begin, end, run_block, (void *)args);
}

const struct sinew_op_desc sinew_op_pow = {
    .name = "pow",
    .min_in = 2,
    .max_in = 2,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT | SINEW_OP_INPLACE,
    .infer = pow_infer,
    .units = units,
    .run = run,
};

const struct sinew_op_desc sinew_op_mod = {
    .name = "mod",
    .min_in = 2,
    .max_in = 2,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT | SINEW_OP_INPLACE,
    .attr_size = sizeof(struct sinew_mod_attr),
    .fields = mod_fields,
    .infer = mod_infer,
    .units = units,
    .run = run,
};
