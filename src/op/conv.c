/*
 * conv.c - checking of convolutions and their functions as operators (conv.h).
 */
#include "op/conv.h"
#include "op/util.h"

/* What keeps reaches and pads within the 32-bit fields of the kernels' structs:
 * kernel rows or columns; strides, dilations and pads. Larger strides of a
 * transposed convolution would make more phases than any output has rows. */
enum { MAX_KERNEL = 4096, MAX_STEP = 1 << 17, MAX_PHASES = 1024 };

/* Keeps counts of work within int64_t. */
#define MAX_MACS ((uint64_t)1 << 62)

/* ---- checking ---- */

static sinew_status check_channels(const struct sinew_conv *conv,
                                   const sinew_tensor *w) {
    if (conv->groups < 1 || conv->ic % conv->groups != 0 ||
        conv->oc % conv->groups != 0)
        return sinew_fail(
            SINEW_INVALID, "%lld groups do not divide %lld and %lld channels",
            (long long)conv->groups, (long long)conv->ic, (long long)conv->oc);
    if (w->dims[3] != conv->group_ic)
        return sinew_fail(
            SINEW_SHAPE,
            "weights for %lld channels a group, but x has %lld in %lld groups",
            (long long)w->dims[3], (long long)conv->ic,
            (long long)conv->groups);
    return SINEW_OK;
}

static sinew_status check_tensors(struct sinew_conv *conv, int32_t groups,
                                  const sinew_tensor *x, const sinew_tensor *w,
                                  const sinew_tensor *b) {
    sinew_status status;

    SINEW_TRY(sinew_check_type(x, "x", SINEW_TYPE(F32) | SINEW_TYPE(BF16)));
    SINEW_TRY(sinew_check_type(w, "weights", SINEW_TYPE(F32)));
    SINEW_TRY(sinew_check_rank(x, "x", 4, 4));
    SINEW_TRY(sinew_check_rank(w, "weights", 4, 4));
    SINEW_FAIL_IF(w->dims[1] < 1 || w->dims[2] < 1 || w->dims[1] > MAX_KERNEL ||
                      w->dims[2] > MAX_KERNEL,
                  SINEW_LIMIT, "a kernel of %lld x %lld is not within 1..%d",
                  (long long)w->dims[1], (long long)w->dims[2], MAX_KERNEL);
    conv->images = x->dims[0];
    conv->v.in = x->dims[1];
    conv->h.in = x->dims[2];
    conv->v.kernel = w->dims[1];
    conv->h.kernel = w->dims[2];
    conv->ic = x->dims[3];
    conv->oc = w->dims[0];
    conv->groups = groups;
    conv->group_ic = groups > 0 ? conv->ic / groups : 0;
    conv->group_oc = groups > 0 ? conv->oc / groups : 0;
    SINEW_TRY(check_channels(conv, w));
    if (b && b->dtype != SINEW_NONE) {
        SINEW_TRY(sinew_check_type(b, "bias", SINEW_TYPE(F32)));
        SINEW_TRY(sinew_check_vector(b, "bias", conv->oc));
    }
    return SINEW_OK;
fail:
    return status;
}

static sinew_status check_between(const char *field, int32_t value,
                                  int32_t lo) {
    if (value > MAX_STEP)
        return sinew_fail(SINEW_LIMIT, "%s is %d, more than %d", field,
                          (int)value, MAX_STEP);
    return sinew_check_at_least(field, value, lo);
}

static sinew_status check_steps(const struct sinew_conv_steps *s) {
    const struct {
        const char *field;
        int32_t value, lo;
    } numbers[] = {
        {"stride_h", s->stride_h, 1},
        {"stride_w", s->stride_w, 1},
        {"dilation_h", s->dilation_h, 1},
        {"dilation_w", s->dilation_w, 1},
        {"pads.top", s->pads.top, 0},
        {"pads.left", s->pads.left, 0},
        {"pads.bottom", s->pads.bottom, 0},
        {"pads.right", s->pads.right, 0},
        {"out_pad_h", s->out_pad_h, 0},
        {"out_pad_w", s->out_pad_w, 0},
    };
    sinew_status status = sinew_check_act(&s->act);

    for (size_t i = 0; status == SINEW_OK && i < sizeof numbers / sizeof *numbers;
         i++)
        status =
            check_between(numbers[i].field, numbers[i].value, numbers[i].lo);
    return status < 0 ? status : sinew_check_choice("same", s->same, 2);
}

/* ---- sizes ---- */

/* Output size and leading pad of one axis. */
static sinew_status resolve_plain(struct sinew_axis_span *s, const char *what,
                                  bool same, int32_t before, int32_t after) {
    int64_t reach = (s->kernel - 1) * s->dilation + 1;

    if (same) {
        s->out = sinew_div_up(s->in, s->stride);
        int64_t pads = (s->out - 1) * s->stride + reach - s->in;
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
    s->out = (padded - reach) / s->stride + 1;
    return SINEW_OK;
}

static sinew_status resolve_back(struct sinew_axis_span *s, const char *what,
                                 bool same, int32_t before, int32_t after,
                                 int32_t out_pad) {
    int64_t reach = (s->kernel - 1) * s->dilation + 1;

    if (same) {
        s->pad = reach > s->stride ? (reach - s->stride) / 2 : 0;
        s->out = s->in * s->stride;
        return SINEW_OK;
    }
    s->pad = before;
    s->out = (s->in - 1) * s->stride + reach - before - after + out_pad;
    if (s->out < 0 || s->in == 0)
        return sinew_fail(SINEW_SHAPE, "pads leave nothing of the %s", what);
    return SINEW_OK;
}

static sinew_status check_phases(const struct sinew_conv *conv) {
    int64_t stride =
        conv->v.stride > conv->h.stride ? conv->v.stride : conv->h.stride;

    if (conv->transposed && stride > MAX_PHASES)
        return sinew_fail(SINEW_LIMIT, "a stride is %d, more than %d",
                          (int)stride, MAX_PHASES);
    return SINEW_OK;
}

static sinew_status resolve_sizes(struct sinew_conv *conv,
                                  const struct sinew_conv_steps *s) {
    struct sinew_axis_span *v = &conv->v, *h = &conv->h;
    const struct sinew_pads *pads = &s->pads;
    sinew_status status;

    v->stride = s->stride_h;
    h->stride = s->stride_w;
    v->dilation = s->dilation_h;
    h->dilation = s->dilation_w;
    SINEW_TRY(check_phases(conv));
    if (conv->transposed) {
        SINEW_TRY(resolve_back(v, "height", s->same, pads->top, pads->bottom,
                               s->out_pad_h));
        SINEW_TRY(resolve_back(h, "width", s->same, pads->left, pads->right,
                               s->out_pad_w));
    } else {
        SINEW_TRY(
            resolve_plain(v, "height", s->same, pads->top, pads->bottom));
        SINEW_TRY(resolve_plain(h, "width", s->same, pads->left, pads->right));
    }
fail:
    return status;
}

/* Whether `images` times both sizes times the weights is a count of work. */
static bool countable(const struct sinew_conv *conv, int64_t h, int64_t w,
                      int64_t weights) {
    uint64_t n = (uint64_t)conv->images;

    return sinew_mul_size(n, (uint64_t)h, MAX_MACS, &n) &&
           sinew_mul_size(n, (uint64_t)w, MAX_MACS, &n) &&
           sinew_mul_size(n, (uint64_t)weights, MAX_MACS, &n);
}

sinew_status sinew_conv_resolve(struct sinew_conv *conv, bool transposed,
                                const struct sinew_conv_steps *steps,
                                const sinew_tensor *x, const sinew_tensor *w,
                                const sinew_tensor *b) {
    sinew_status status;

    memset(conv, 0, sizeof(*conv));
    conv->transposed = transposed;
    conv->act = steps->act;
    SINEW_TRY(check_tensors(conv, steps->groups, x, w, b));
    SINEW_TRY(check_steps(steps));
    SINEW_TRY(resolve_sizes(conv, steps));
    int64_t weights = sinew_tensor_count(w);
    weights = weights > 0 ? weights : 1;
    SINEW_FAIL_IF(!countable(conv, conv->v.out, conv->h.out, weights) ||
                      !countable(conv, conv->v.in, conv->h.in, weights),
                  SINEW_LIMIT, "more than 2^62 multiply-adds");
    return SINEW_OK;
fail:
    return status;
}

sinew_status sinew_conv_check_grad(const struct sinew_conv *conv,
                                   const sinew_tensor *dy) {
    char text[SINEW_SHAPE_TEXT];
    sinew_status status = sinew_check_type(dy, "dy", SINEW_TYPE(F32));

    if (status < 0)
        return status;
    if (dy->rank != 4 || dy->dims[0] != conv->images ||
        dy->dims[1] != conv->v.out || dy->dims[2] != conv->h.out ||
        dy->dims[3] != conv->oc)
        return sinew_fail(SINEW_SHAPE, "dy is %s, not the shape of the result",
                          sinew_tensor_text(dy, text));
    return SINEW_OK;
}

static void exchange(int64_t *a, int64_t *b) {
    int64_t kept = *a;

    *a = *b;
    *b = kept;
}

sinew_status sinew_conv_turn(struct sinew_conv *conv) {
    exchange(&conv->ic, &conv->oc);
    exchange(&conv->group_ic, &conv->group_oc);
    exchange(&conv->v.in, &conv->v.out);
    exchange(&conv->h.in, &conv->h.out);
    conv->transposed = !conv->transposed;
    conv->turned = !conv->turned;
    return check_phases(conv);
}

int64_t sinew_conv_macs(const struct sinew_conv *conv) {
    int64_t pixels = conv->transposed ? conv->v.in * conv->h.in
                                      : conv->v.out * conv->h.out;

    return conv->images * pixels * conv->v.kernel * conv->h.kernel * conv->ic *
           conv->group_oc;
}

/* ---- the operators ---- */

/* What prepare leaves; the packed weights and, behind them, zeros follow at
 * PACKED_AT. */
struct state {
    const struct sinew_conv_variant *variant;
};
enum { PACKED_AT = SINEW_ALIGN };

static const struct sinew_conv_variant *
first_fit(const struct sinew_conv *conv, const struct sinew_op_args *args) {
    static const struct sinew_conv_variant *const variants[] = {
        &sinew_conv_depthwise, &sinew_conv_winograd, &sinew_conv_merged};

    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        if (variants[i]->fits(conv, args))
            return variants[i];
    return &sinew_conv_product;
}

/* Floats of the packed weights and the zeros behind them, whole cache lines. */
static uint64_t packed_floats(const struct sinew_conv *conv,
                              const struct sinew_conv_variant *variant) {
    uint64_t floats = (uint64_t)(variant->packed(conv) + conv->group_ic);

    return (floats + 15) / 16 * 16;
}

static void set_types(struct sinew_conv *conv, const struct sinew_op_args *args,
                      const struct sinew_conv_variant *variant) {
    conv->x16 = args->in[0].dtype == SINEW_BF16;
    conv->y16 = args->out[0].dtype == SINEW_BF16;
    conv->factors = variant->rounds ? conv->kernels->factors
                                    : SINEW_FACTORS_F32;
    conv->words = sinew_factor_words(conv->factors, conv->group_ic);
}

/* The convolution, how it is run and its packed weights; false when it is not
 * valid, which infer has ruled out. */
static bool resolve_run(const struct sinew_op_args *args,
                        sinew_conv_resolver *resolve, struct sinew_conv *conv,
                        const struct sinew_conv_variant **variant,
                        float **packed) {
    const struct state *state = args->state;

    if (resolve(conv, args) < 0)
        return false;
    conv->kernels = args->kernels;
    conv->fresh = !state;
    *variant = state ? state->variant : first_fit(conv, args);
    *packed = state ? (float *)(void *)((char *)args->state + PACKED_AT)
                    : args->shared;
    set_types(conv, args, *variant);
    conv->staging = args->shared;
    if (!state && args->shared)
        conv->staging += packed_floats(conv, *variant);
    return true;
}

sinew_status sinew_conv_infer(const struct sinew_op_args *args,
                              sinew_conv_resolver *resolve) {
    struct sinew_conv conv;
    sinew_status status =
        sinew_check_type(&args->in[0], "x", SINEW_TYPE(F32));

    if (status == SINEW_OK)
        status = resolve(&conv, args);
    if (status < 0)
        return status;
    const int64_t dims[] = {conv.images, conv.v.out, conv.h.out, conv.oc};
    return sinew_tensor_set(&args->out[0], SINEW_F32, 4, dims);
}

/* Weights are packed ahead, or those of a product; channels pair up in every
 * group. */
bool sinew_conv_takes_bf16(const struct sinew_op_args *args,
                           sinew_conv_resolver *resolve) {
    struct sinew_conv conv;

    if (resolve(&conv, args) < 0 || conv.turned)
        return false;
    conv.kernels = args->kernels;
    const struct sinew_conv_variant *v = first_fit(&conv, args);
    if (v != &sinew_conv_product &&
        (!args->in[1].data || (sinew_has(args, 2) && !args->in[2].data)))
        return false;
    set_types(&conv, args, v);
    return v->takes_bf16 ? v->takes_bf16(&conv)
                         : conv.group_ic % 2 == 0 && conv.group_oc % 2 == 0;
}

sinew_status sinew_conv_prepare(const struct sinew_op_args *args, void **state,
                                size_t *bytes, sinew_conv_resolver *resolve) {
    struct sinew_conv conv;

    *state = NULL;
    *bytes = 0;
    sinew_status status = resolve(&conv, args);
    if (status < 0)
        return status;
    if (!args->in[1].data ||
        (!conv.turned && sinew_has(args, 2) && !args->in[2].data))
        return SINEW_OK;
    conv.kernels = args->kernels;
    const struct sinew_conv_variant *v = first_fit(&conv, args);
    set_types(&conv, args, v);
    uint64_t size = PACKED_AT + packed_floats(&conv, v) * sizeof(float);
    struct state *made = sinew_alloc(size, 1);
    if (!made)
        return SINEW_NOMEM;
    made->variant = v;
    v->pack(&conv, args, (float *)(void *)((char *)made + PACKED_AT), 0,
            v->pack_units(&conv));
    *state = made;
    *bytes = (size_t)size;
    return SINEW_OK;
}

bool sinew_conv_drops(const struct sinew_op_args *args, int i) {
    return args->state && i > 0;
}

size_t sinew_conv_scratch(const struct sinew_op_args *args,
                          sinew_conv_resolver *resolve) {
    const struct sinew_conv_variant *v;
    struct sinew_conv conv;
    float *packed;

    return resolve_run(args, resolve, &conv, &v, &packed) ? v->scratch(&conv)
                                                          : 0;
}

size_t sinew_conv_shared(const struct sinew_op_args *args,
                         sinew_conv_resolver *resolve) {
    const struct sinew_conv_variant *v;
    struct sinew_conv conv;
    float *packed;

    if (!resolve_run(args, resolve, &conv, &v, &packed))
        return 0;
    uint64_t floats = args->state ? 0 : packed_floats(&conv, v);
    floats += v->shared ? (uint64_t)v->shared(&conv) : 0;
    return (size_t)floats * sizeof(float);
}

/* Units of packing, one for the zeros, those of the variant. */
int64_t sinew_conv_setup_units(const struct sinew_op_args *args,
                               sinew_conv_resolver *resolve) {
    const struct sinew_conv_variant *v;
    struct sinew_conv conv;
    float *packed;

    if (!resolve_run(args, resolve, &conv, &v, &packed))
        return 0;
    int64_t units = args->state ? 0 : v->pack_units(&conv) + 1;
    return units + (v->shared && v->shared(&conv) > 0 ? v->setup_units(&conv)
                                                      : 0);
}

void sinew_conv_setup(const struct sinew_op_args *args, int64_t begin,
                      int64_t end, sinew_conv_resolver *resolve) {
    const struct sinew_conv_variant *v;
    struct sinew_conv conv;
    float *packed;

    if (!resolve_run(args, resolve, &conv, &v, &packed))
        return;
    int64_t units = args->state ? -1 : v->pack_units(&conv);
    if (begin < units)
        v->pack(&conv, args, packed, begin, end < units ? end : units);
    if (begin <= units && end > units)
        memset(packed + v->packed(&conv), 0,
               (size_t)conv.group_ic * sizeof(float));
    begin = begin > units + 1 ? begin - units - 1 : 0;
    if (end - units - 1 > begin)
        v->setup(&conv, args, packed, begin, end - units - 1);
}

int64_t sinew_conv_units(const struct sinew_op_args *args,
                         sinew_conv_resolver *resolve) {
    const struct sinew_conv_variant *v;
    struct sinew_conv conv;
    float *packed;

    return resolve_run(args, resolve, &conv, &v, &packed) ? v->units(&conv) : 0;
}

void sinew_conv_run(const struct sinew_op_args *args, int64_t begin,
                    int64_t end, void *scratch, sinew_conv_resolver *resolve) {
    const struct sinew_conv_variant *v;
    struct sinew_conv conv;
    float *packed;

    if (resolve_run(args, resolve, &conv, &v, &packed))
        v->run(&conv, args, packed, begin, end, scratch);
}

const char *sinew_conv_variant_name(const struct sinew_op_args *args,
                                    sinew_conv_resolver *resolve) {
    const struct sinew_conv_variant *v;
    struct sinew_conv conv;
    float *packed;

    return resolve_run(args, resolve, &conv, &v, &packed) ? v->name : "";
}
