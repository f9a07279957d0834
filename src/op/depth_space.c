/*
 * depth_space.c - depth_to_space: x [N, H, W, b * b * C] to [N, H * b, W * b,
 * C], cell (i, j) of a pixel's b x b block being channels
 *   DCR  (i * b + j) * C + c     CRD  c * b * b + i * b + j
 * and space_to_depth back (DCR).
 */
#include <inttypes.h>
#include "op/nest.h"
#include "op/util.h"

#define MAX_BLOCK 1024 /* keeps products of sizes within 64 bits */

static const char *const orders[] = {"dcr", "crd"};

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_depth_space_attr, INT, block),
    SINEW_FIELD_ENUM(sinew_depth_space_attr, order, orders), SINEW_FIELD_END};

static sinew_status check(const struct sinew_op_args *args, int n_orders) {
    const struct sinew_depth_space_attr *attr = args->attr;
    sinew_status status = sinew_check_type(&args->in[0], "x", SINEW_TYPES_ANY);
    if (status == SINEW_OK) status = sinew_check_rank(&args->in[0], "x", 4, 4);
    if (status == SINEW_OK)
        status = sinew_check_at_least("block", attr->block, 1);
    if (status == SINEW_OK && attr->block > MAX_BLOCK)
        status = sinew_fail(SINEW_LIMIT, "block is %d, at most %d is possible",
                            (int)attr->block, MAX_BLOCK);
    if (status == SINEW_OK)
        status = sinew_check_choice("order", attr->order, n_orders);
    return status;
}

static sinew_status depth_to_space_infer(const struct sinew_op_args *args) {
    const struct sinew_depth_space_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int64_t b = attr->block;
    sinew_status status = check(args, 2);
    if (status < 0) return status;
    if (x->dims[3] % (b * b) != 0)
        return sinew_fail(SINEW_SHAPE,
                          "%" PRId64 " channels are no multiple of %" PRId64
                          " x %" PRId64,
                          x->dims[3], b, b);
    const int64_t dims[4] = {x->dims[0], x->dims[1] * b, x->dims[2] * b,
                             x->dims[3] / (b * b)};
    return sinew_tensor_set(&args->out[0], x->dtype, 4, dims);
}

static sinew_status space_to_depth_infer(const struct sinew_op_args *args) {
    const struct sinew_depth_space_attr *attr = args->attr;
    const sinew_tensor *x = &args->in[0];
    int64_t b = attr->block;
    sinew_status status = check(args, 1);
    if (status < 0) return status;
    if (x->dims[1] % b != 0 || x->dims[2] % b != 0)
        return sinew_fail(SINEW_SHAPE,
                          "%" PRId64 " x %" PRId64 " pixels are no multiple of "
                          "%" PRId64,
                          x->dims[1], x->dims[2], b);
    const int64_t dims[4] = {x->dims[0], x->dims[1] / b, x->dims[2] / b,
                             x->dims[3] * b * b};
    return sinew_tensor_set(&args->out[0], x->dtype, 4, dims);
}

/* Loops over pixels, cells and channels; `deep` is the tensor with the blocks
 * in its channels, operand `d`, `wide` the other one. */
static void make_nest(struct sinew_nest *nest, const sinew_tensor *deep,
                      const sinew_tensor *wide, int d,
                      const struct sinew_depth_space_attr *attr) {
    int64_t b = attr->block, channels = wide->dims[3], pixel, line;
    int64_t cell_row, cell_col, channel, size[6], steps[6][2];
    bool dcr = attr->order == SINEW_DEPTH_DCR;
    cell_row = dcr ? b * channels : b;
    cell_col = dcr ? channels : 1;
    channel = dcr ? 1 : b * b;
    pixel = wide->row_stride;
    line = wide->dims[2] * pixel;
    const int64_t loops[6][3] = {
        /* size, step in deep, step in wide */
        {deep->dims[0], deep->dims[1] * deep->dims[2] * deep->row_stride,
         wide->dims[1] * line},
        {deep->dims[1], deep->dims[2] * deep->row_stride, b * line},
        {b, cell_row, line},
        {deep->dims[2], deep->row_stride, b * pixel},
        {b, cell_col, pixel},
        {channels, channel, 1}};
    sinew_nest_init(nest, 2);
    for (int i = 0; i < 6; i++) {
        size[i] = loops[i][0];
        steps[i][d] = loops[i][1];
        steps[i][1 - d] = loops[i][2];
        sinew_nest_add(nest, size[i], steps[i]);
    }
    sinew_nest_finish(nest);
}

static void to_space_nest(struct sinew_nest *nest,
                          const struct sinew_op_args *args) {
    make_nest(nest, &args->in[0], &args->out[0], 1, args->attr);
}

static void to_depth_nest(struct sinew_nest *nest,
                          const struct sinew_op_args *args) {
    make_nest(nest, &args->out[0], &args->in[0], 0, args->attr);
}

#define DEPTH_SPACE(op, prefix)                                                \
    static int64_t prefix##_units(const struct sinew_op_args *args) {          \
        struct sinew_nest nest;                                                \
        prefix##_nest(&nest, args);                                            \
        return sinew_nest_units(&nest);                                        \
    }                                                                          \
    static void prefix##_run(const struct sinew_op_args *args, int64_t begin,  \
                             int64_t end, void *scratch) {                     \
        const struct sinew_copy copy = {args->kernels, args->out[0].data,      \
                                        args->in[0].data,                      \
                                        sinew_dtype_size(args->in[0].dtype)};  \
        struct sinew_nest nest;                                                \
        (void)scratch;                                                         \
        prefix##_nest(&nest, args);                                            \
        sinew_nest_copy(&nest, begin, end, &copy);                             \
    }                                                                          \
    const struct sinew_op_desc sinew_op_##op = {                               \
        .name = #op,                                                           \
        .min_in = 1,                                                           \
        .max_in = 1,                                                           \
        .min_out = 1,                                                          \
        .max_out = 1,                                                          \
        .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,                   \
        .attr_size = sizeof(struct sinew_depth_space_attr),                    \
        .fields = fields,                                                      \
        .infer = op##_infer,                                                   \
        .units = prefix##_units,                                               \
        .run = prefix##_run,                                                   \
    };

DEPTH_SPACE(depth_to_space, to_space)
DEPTH_SPACE(space_to_depth, to_depth)
