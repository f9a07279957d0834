/*
 * dropout.c - y = x * mask, the mask being 0 with probability `rate` and else
 * 1 / (1 - rate), f32.
 *
 * The draw of element i is the top of a 64-bit mix of (seed, salt, i), so that
 * no order of work matters (the finaliser of MurmurHash3, Appleby 2011, as
 * constants of Stafford's variant 13). With `rows` the mask has one number for
 * each index of the first dimension.
 *
 * Source: Srivastava et al. (2014); for rows, Huang et al., "Deep networks with
 * stochastic depth" (2016).
 */
#include "op/util.h"

enum { CHUNK = 4096 };

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_dropout_attr, FLOAT, rate),
    SINEW_FIELD(sinew_dropout_attr, INT, salt),
    SINEW_FIELD(sinew_dropout_attr, BOOL, rows),
    SINEW_FIELD_END,
};

static sinew_status infer(const struct sinew_op_args *args) {
    const struct sinew_dropout_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int64_t dims[SINEW_MAX_RANK];
    sinew_status status;

    SINEW_FAIL_IF(!(attr->rate >= 0.0f && attr->rate < 1.0f), SINEW_INVALID,
                  "rate is %g", (double)attr->rate);
    SINEW_TRY(sinew_check_choice("rows", attr->rows, 2));
    SINEW_TRY(sinew_check_type(x, "x", SINEW_TYPE(F32)));
    SINEW_TRY(sinew_check_rank(x, "x", 1, SINEW_MAX_RANK));
    SINEW_TRY(sinew_check_scalar(&args->in[1], "seed", SINEW_TYPE(I64)));
    SINEW_TRY(sinew_infer_same(args));
    memcpy(dims, x->dims, sizeof dims);
    for (int i = 1; i < x->rank && attr->rows; i++)
        dims[i] = 1;
    status = sinew_tensor_set(&args->out[1], SINEW_F32, x->rank, dims);
fail:
    return status;
}

/* Numbers that share one draw. */
static int64_t group_of(const struct sinew_op_args *args) {
    const sinew_tensor *x = &args->in[0];
    const struct sinew_dropout_attr *attr = args->attr;

    return attr->rows ? sinew_dims_product(x->dims, 1, x->rank) : 1;
}

/* A unit is a chunk of draws. */
static int64_t units(const struct sinew_op_args *args) {
    int64_t draws = sinew_tensor_count(&args->out[1]);
    int64_t group = group_of(args);

    return sinew_div_up(draws, group < CHUNK ? CHUNK : 1);
}

static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    const struct sinew_dropout_attr *attr = args->attr;
    int64_t draws = sinew_tensor_count(&args->out[1]), group = group_of(args);
    int64_t chunk = group < CHUNK ? CHUNK : 1;
    int64_t last = end * chunk < draws ? end * chunk : draws;
    uint64_t seed = (uint64_t)sinew_int_load(args->in[1].data, SINEW_I64, 0);
    uint64_t key = mix(mix(seed) + (uint64_t)(uint32_t)attr->salt);
    double keep = 1.0 - (double)attr->rate;
    uint64_t limit = (uint64_t)((double)attr->rate * 0x1p53);
    const float *x = args->in[0].data;
    float *y = args->out[0].data, *mask = args->out[1].data;

    (void)scratch;
    for (int64_t i = begin * chunk; i < last; i++) {
        uint64_t draw = mix(key + (uint64_t)i * 0x9e3779b97f4a7c15u) >> 11;
        mask[i] = draw < limit ? 0.0f : (float)(1.0 / keep);
        for (int64_t k = i * group; k < (i + 1) * group; k++)
            y[k] = x[k] * mask[i];
    }
}

const struct sinew_op_desc sinew_op_dropout = {
    .name = "dropout",
    .min_in = 2,
    .max_in = 2,
    .min_out = 2,
    .max_out = 2,
    .flags = SINEW_OP_INPLACE,
    .attr_size = sizeof(struct sinew_dropout_attr),
    .fields = fields,
    .infer = infer,
    .units = units,
    .run = run,
};
