/*
 * conv2d.c - convolution: out[n, i, j, o] = act(b[o] + sum over p, q, k of
 * x[n, i * stride + p * dilation - pad, ..., k] * w[o, p, q, k]), groups of
 * output channels each reading their own input channels.
 *
 * prepare packs constant weights for the first variant that fits (conv2d.h);
 * weights that are computed or change between runs are packed while running.
 */
#include "op/conv2d.h"
#include "op/util.h"

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_conv2d_attr, INT, stride_h),
    SINEW_FIELD(sinew_conv2d_attr, INT, stride_w),
    SINEW_FIELD(sinew_conv2d_attr, INT, dilation_h),
    SINEW_FIELD(sinew_conv2d_attr, INT, dilation_w),
    SINEW_FIELD(sinew_conv2d_attr, INT, groups),
    SINEW_FIELD(sinew_conv2d_attr, BOOL, same),
    SINEW_FIELD_PADS(sinew_conv2d_attr),
    SINEW_FIELDS_ACT(sinew_conv2d_attr),
    SINEW_FIELD_END,
};

/* ---- shapes ---- */

/* Output size and leading pad of one axis. */
static sinew_status resolve_span(struct sinew_axis_span *s, const char *what,
                                 int32_t stride, int32_t dilation, bool same,
                                 int32_t before, int32_t after) {
    int64_t reach = (s->kernel - 1) * (int64_t)dilation + 1;

    s->stride = stride;
    s->dilation = dilation;
    if (same) {
        s->out = sinew_div_up(s->in, stride);
        int64_t pads = (s->out - 1) * stride + reach - s->in;
        s->pad = s->out > 0 && pads > 0 ? pads / 2 : 0;
        return SINEW_OK;
    }
    int64_t padded = s->in + before + after;
    if (padded < reach)
        return sinew_fail(SINEW_SHAPE,
                          "a kernel reaching over %lld does not fit a %s of "
                          "%lld with its pads",
                          (long long)reach, what, (long long)padded);
    s->pad = before;
    s->out = (padded - reach) / stride + 1;
    return SINEW_OK;
}

/* Everything about the convolution from attributes and shapes. */
static sinew_status resolve(struct sinew_conv *conv,
                            const struct sinew_op_args *args) {
    const struct sinew_conv2d_attr *a = args->attr;
    sinew_status status;

    SINEW_TRY(sinew_conv_check(conv, args, a->groups, &a->act));
    SINEW_TRY(sinew_check_choice("same", a->same, 2));
    SINEW_TRY(sinew_conv_check_steps(a->stride_h, a->stride_w, a->dilation_h,
                                     a->dilation_w, &a->pads));
    SINEW_TRY(resolve_span(&conv->v, "height", a->stride_h, a->dilation_h,
                           a->same, a->pads.top, a->pads.bottom));
    SINEW_TRY(resolve_span(&conv->h, "width", a->stride_w, a->dilation_w,
                           a->same, a->pads.left, a->pads.right));
    return SINEW_OK;
fail:
    return status;
}

static sinew_status infer(const struct sinew_op_args *args) {
    struct sinew_conv conv;
    sinew_status status = resolve(&conv, args);
    return status < 0 ? status : sinew_conv_set_output(&conv, args);
}

static int64_t macs(const struct sinew_op_args *args) {
    int64_t outputs = sinew_tensor_count(&args->out[0]);
    const int64_t *w = args->in[1].dims;

    return outputs * w[1] * w[2] * w[3];
}

/* ---- running ---- */

/* What prepare leaves; the packed weights and, behind them, zeros follow at
 * PACKED_AT. */
struct state {
    const struct sinew_conv2d_variant *variant;
};
enum { PACKED_AT = SINEW_ALIGN };

static const struct sinew_conv2d_variant *
first_fit(const struct sinew_conv2d_variant *v, const struct sinew_conv *conv) {
    while (!v->fits(conv))
        v++;
    return v;
}

/* The convolution and how it is run; false when it is not valid, which infer
 * has ruled out. */
static bool resolve_run(const struct sinew_op_args *args,
                        struct sinew_conv *conv,
                        const struct sinew_conv2d_variant **variant) {
    const struct state *state = args->state;

    if (resolve(conv, args) < 0) return false;
    *variant = state ? state->variant : first_fit(sinew_conv2d_live, conv);
    return true;
}

static sinew_status prepare(const struct sinew_op_args *args, void **state,
                            size_t *bytes) {
    struct sinew_conv conv;

    *state = NULL;
    *bytes = 0;
    if (!args->in[1].data || (sinew_has(args, 2) && !args->in[2].data))
        return SINEW_OK;
    sinew_status status = resolve(&conv, args);
    if (status < 0) return status;
    const struct sinew_conv2d_variant *v =
        first_fit(sinew_conv2d_packed, &conv);
    uint64_t floats = (uint64_t)(v->packed(&conv) + conv.group_ic);
    struct state *made = sinew_alloc(PACKED_AT + floats * sizeof(float), 1);
    if (!made) return SINEW_NOMEM;
    made->variant = v;
    v->pack(&conv, args, (float *)(void *)((char *)made + PACKED_AT));
    *state = made;
    *bytes = (size_t)(PACKED_AT + floats * sizeof(float));
    return SINEW_OK;
}

static bool drops(const struct sinew_op_args *args, int i) {
    return args->state && i > 0;
}

static size_t scratch(const struct sinew_op_args *args) {
    const struct sinew_conv2d_variant *v;
    struct sinew_conv conv;

    if (!resolve_run(args, &conv, &v) || !v->scratch) return 0;
    return v->scratch(&conv);
}

static int64_t units(const struct sinew_op_args *args) {
    const struct sinew_conv2d_variant *v;
    struct sinew_conv conv;

    return resolve_run(args, &conv, &v) ? v->units(&conv) : 0;
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *memory) {
    const struct sinew_conv2d_variant *v;
    const float *packed = NULL;
    struct sinew_conv conv;

    if (args->state)
        packed = (const float *)(void *)((char *)args->state + PACKED_AT);
    if (resolve_run(args, &conv, &v))
        v->run(&conv, args, packed, begin, end, memory);
}

static const char *variant(const struct sinew_op_args *args) {
    const struct sinew_conv2d_variant *v;
    struct sinew_conv conv;

    return resolve_run(args, &conv, &v) ? v->name : "";
}

const struct sinew_op_desc sinew_op_conv2d = {
    .name = "conv2d",
    .min_in = 2,
    .max_in = 3,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_conv2d_attr),
    .fields = fields,
    .infer = infer,
    .macs = macs,
    .prepare = prepare,
    .drops = drops,
    .scratch = scratch,
    .units = units,
    .run = run,
    .variant = variant,
};
