/*
 * conv_transpose2d.c - transposed convolution: x[n, i, j, k] * w[o, p, q, k] is
 * added to out[n, i * stride + p * dilation - pad, ..., o].
 *
 * Run from the output's side: output rows of one remainder modulo the stride
 * (and columns likewise) read the same subset of kernel taps, and are a plain
 * convolution of x with these, backwards, into every stride-th pixel. So each
 * such phase has its own packed weights and nothing is added up in memory.
 *
 * A dense kernel that is zero off its diagonal (the bilinear enlargement of
 * EfficientPose) leaves channels apart and runs as a depthwise one; the
 * products left out are zeros.
 */
#include "op/conv.h"
#include "op/util.h"

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, stride_h),
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, stride_w),
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, dilation_h),
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, dilation_w),
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, groups),
    SINEW_FIELD(sinew_conv_transpose2d_attr, BOOL, same),
    SINEW_FIELD_PADS(sinew_conv_transpose2d_attr),
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, out_pad_h),
    SINEW_FIELD(sinew_conv_transpose2d_attr, INT, out_pad_w),
    SINEW_FIELDS_ACT(sinew_conv_transpose2d_attr),
    SINEW_FIELD_END,
};

/* Larger strides would take a table of phases larger than any output. */
enum { MAX_STRIDE = 1024 };

/* ---- shapes ---- */

static sinew_status resolve_span(struct sinew_axis_span *s, const char *what,
                                 int32_t stride, int32_t dilation, bool same,
                                 int32_t before, int32_t after,
                                 int32_t out_pad) {
    int64_t reach = (s->kernel - 1) * (int64_t)dilation + 1;

    if (stride > MAX_STRIDE)
        return sinew_fail(SINEW_LIMIT, "%s stride is %d, more than %d", what,
                          (int)stride, MAX_STRIDE);
    s->stride = stride;
    s->dilation = dilation;
    if (same) {
        s->pad = reach > stride ? (reach - stride) / 2 : 0;
        s->out = s->in * stride;
        return SINEW_OK;
    }
    s->pad = before;
    s->out = (s->in - 1) * stride + reach - before - after + out_pad;
    if (s->out < 0 || s->in == 0)
        return sinew_fail(SINEW_SHAPE, "pads leave nothing of the %s", what);
    return SINEW_OK;
}

static sinew_status resolve(struct sinew_conv *conv,
                            const struct sinew_op_args *args) {
    const struct sinew_conv_transpose2d_attr *a = args->attr;
    sinew_status status;

    SINEW_TRY(sinew_conv_check(conv, args, a->groups, &a->act));
    SINEW_TRY(sinew_check_choice("same", a->same, 2));
    SINEW_TRY(sinew_conv_check_steps(a->stride_h, a->stride_w, a->dilation_h,
                                     a->dilation_w, &a->pads));
    SINEW_TRY(sinew_check_at_least("out_pad_h", a->out_pad_h, 0));
    SINEW_TRY(sinew_check_at_least("out_pad_w", a->out_pad_w, 0));
    SINEW_TRY(resolve_span(&conv->v, "height", a->stride_h, a->dilation_h,
                           a->same, a->pads.top, a->pads.bottom, a->out_pad_h));
    SINEW_TRY(resolve_span(&conv->h, "width", a->stride_w, a->dilation_w,
                           a->same, a->pads.left, a->pads.right, a->out_pad_w));
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
    const int64_t *x = args->in[0].dims;

    return x[0] * x[1] * x[2] * sinew_tensor_count(&args->in[1]);
}

/* ---- phases ---- */

/* Outputs first, first + stride, ... of one axis. */
struct phase {
    struct sinew_axis_span span; ///< as a plain convolution
    int64_t last;   ///< largest kernel tap of the phase, which comes first
    int64_t apart;  ///< from one of its taps to the next
    int64_t before; ///< taps of the phases before
};

static int64_t common_divisor(int64_t a, int64_t b) {
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static struct phase phase_of(const struct sinew_axis_span *s, int64_t first) {
    int64_t divisor = common_divisor(s->stride, s->dilation);
    struct phase phase = {
        .span = {.in = s->in, .stride = 1, .dilation = s->dilation / divisor},
        .apart = s->stride / divisor,
    };

    if (first < s->out)
        phase.span.out = sinew_div_up(s->out - first, s->stride);
    for (int64_t p = 0; p < s->kernel; p++) {
        int64_t at = (p * s->dilation - s->pad) % s->stride;
        at += at < 0 ? s->stride : 0;
        phase.before += at < first;
        if (at == first) {
            phase.span.kernel++;
            phase.last = p;
        }
    }
    if (phase.span.kernel > 0)
        phase.span.pad =
            (phase.last * s->dilation - s->pad - first) / s->stride;
    return phase;
}

/* How output channels are worked on: a range of one group's, or channels that
 * do not mix. */
struct slice {
    bool depthwise;
    int64_t c_in, c_out, n; ///< first channel of x and y; how many of y
    int64_t depth;          ///< channels of x that each sums over
    struct sinew_weights weights;
};

static int64_t slice_size(const struct sinew_conv *c, int64_t n,
                          int64_t depth) {
    int64_t phases = c->v.stride * c->h.stride;
    int64_t steps = c->v.kernel * c->h.kernel * depth;

    return sinew_packed_size(c->kernels, n, 0) * (phases + steps);
}

/* Where the packed weights of a phase start. */
static int64_t phase_offset(const struct sinew_conv *c, const struct slice *s,
                            const struct phase *v, int64_t first_v,
                            const struct phase *h, int64_t first_h) {
    int64_t phases = first_v * c->h.stride + first_h;
    int64_t taps = v->before * c->h.kernel + v->span.kernel * h->before;

    return sinew_packed_size(c->kernels, s->n, 0) * (phases + taps * s->depth);
}

static void slice_pack(const struct sinew_conv *c, const struct slice *s,
                       float *packed) {
    for (int64_t i = 0; i < c->v.stride; i++) {
        struct phase v = phase_of(&c->v, i);
        for (int64_t j = 0; j < c->h.stride; j++) {
            struct phase h = phase_of(&c->h, j);
            struct sinew_weights w = s->weights;
            float *to = packed + phase_offset(c, s, &v, i, &h, j);
            w.w += v.last * w.step_p + h.last * w.step_q;
            w.step_p *= -v.apart;
            w.step_q *= -h.apart;
            w.kh = v.span.kernel;
            w.kw = h.span.kernel;
            if (s->depthwise)
                sinew_pack_dwconv(c->kernels, &w, to);
            else
                sinew_pack_gemm(c->kernels, &w, to);
        }
    }
}

/* Row i of image n: one phase of rows, every phase of columns. `rows` has room
 * for the pointers of a row. */
static void slice_row(const struct sinew_conv *c,
                      const struct sinew_op_args *args, const struct slice *s,
                      const float *packed, const float *zeros, int64_t n,
                      int64_t i, const float **rows) {
    const sinew_tensor *x = &args->in[0], *y = &args->out[0];
    int64_t first = i % c->v.stride, row = i / c->v.stride;
    struct phase v = phase_of(&c->v, first);

    for (int64_t j = 0; j < c->h.stride && j < c->h.out; j++) {
        struct phase h = phase_of(&c->h, j);
        int64_t ow = h.span.out;
        const float *w = packed + phase_offset(c, s, &v, first, &h, j);
        struct sinew_conv_grid grid = {
            .v = v.span,
            .h = h.span,
            .x_col = x->row_stride,
            .x_row = c->h.in * x->row_stride,
            .y_col = c->h.stride * y->row_stride,
            .y_row = c->v.stride * c->h.out * y->row_stride,
            .act = c->act,
        };
        grid.x = (const float *)x->data + n * c->v.in * grid.x_row + s->c_in;
        grid.y = (float *)y->data + s->c_out +
                 ((n * c->v.out + first) * c->h.out + j) * y->row_stride;
        if (s->depthwise) {
            sinew_conv_grid_depthwise(c->kernels, &grid, s->n, w, row, row + 1);
            continue;
        }
        const struct sinew_gemm part = {.n = s->n, .depth = s->depth, .w = w};
        sinew_conv_grid_gemm(c->kernels, &grid, &part, row * ow, (row + 1) * ow,
                             zeros, rows);
    }
}

/* Pointers that one row of output needs. */
static int64_t row_pointers(const struct sinew_conv *c) {
    return c->v.kernel * c->h.kernel * sinew_div_up(c->h.out, c->h.stride);
}

/* Channels c_out.. of group g (product), or of all groups (depthwise). */
static struct slice slice_of(const struct sinew_conv *c,
                             const struct sinew_op_args *args, bool depthwise,
                             int64_t g, int64_t col, int64_t n) {
    struct slice s = {
        .depthwise = depthwise,
        .c_in = depthwise ? col : g * c->group_ic,
        .c_out = depthwise ? col : g * c->group_oc + col,
        .n = n,
        .depth = depthwise ? 1 : c->group_ic,
    };

    if (!args->in[1].data) return s;
    s.weights = sinew_conv_weights(c, args, depthwise ? 0 : g);
    if (depthwise && c->groups == 1)
        s.weights.step_j += 1; /* along the diagonal */
    s.weights.w += col * s.weights.step_j;
    s.weights.bias = s.weights.bias ? s.weights.bias + col : NULL;
    s.weights.n = n;
    s.weights.depth = s.depth;
    return s;
}

/* ---- constant weights ---- */

/* The packed weights and, behind them, zeros follow at PACKED_AT. */
struct state {
    const char *variant;
    bool depthwise;
};
enum { PACKED_AT = SINEW_ALIGN };

static float *packed_of(void *state) {
    return (float *)(void *)((char *)state + PACKED_AT);
}

static bool is_diagonal(const struct sinew_conv *c,
                        const struct sinew_op_args *args) {
    const float *w = args->in[1].data;
    int64_t taps = c->v.kernel * c->h.kernel;

    if (c->groups != 1 || c->ic != c->oc) return false;
    for (int64_t o = 0; o < c->oc; o++)
        for (int64_t t = 0; t < taps; t++, w += args->in[1].row_stride)
            for (int64_t k = 0; k < c->ic; k++)
                if (k != o && w[k] != 0.0f) return false;
    return true;
}

static sinew_status prepare(const struct sinew_op_args *args, void **state,
                            size_t *bytes) {
    struct sinew_conv c;
    bool own, diagonal, depthwise;

    *state = NULL;
    *bytes = 0;
    if (!args->in[1].data || (sinew_has(args, 2) && !args->in[2].data))
        return SINEW_OK;
    sinew_status status = resolve(&c, args);
    if (status < 0) return status;
    own = c.group_ic == 1 && c.group_oc == 1;
    diagonal = is_diagonal(&c, args);
    depthwise = own || diagonal;
    int64_t n = depthwise ? c.oc : c.group_oc,
            groups = depthwise ? 1 : c.groups;
    int64_t size = slice_size(&c, n, depthwise ? 1 : c.group_ic);
    uint64_t floats = (uint64_t)(groups * size + c.group_ic);
    struct state *made = sinew_alloc(PACKED_AT + floats * sizeof(float), 1);
    if (!made) return SINEW_NOMEM;
    for (int64_t g = 0; g < groups; g++) {
        struct slice s = slice_of(&c, args, depthwise, g, 0, n);
        slice_pack(&c, &s, packed_of(made) + g * size);
    }
    made->depthwise = depthwise;
    made->variant = own ? "depthwise" : diagonal ? "diagonal" : "product";
    *state = made;
    *bytes = (size_t)(PACKED_AT + floats * sizeof(float));
    return SINEW_OK;
}

/* A unit is one output row. */
static void run_packed(const struct sinew_conv *c,
                       const struct sinew_op_args *args, int64_t begin,
                       int64_t end, void *scratch) {
    const struct state *state = args->state;
    int64_t groups = state->depthwise ? 1 : c->groups;
    int64_t n = state->depthwise ? c->oc : c->group_oc;
    int64_t size = slice_size(c, n, state->depthwise ? 1 : c->group_ic);
    const float *packed = packed_of(args->state);

    for (int64_t g = 0; g < groups; g++) {
        struct slice s = slice_of(c, args, state->depthwise, g, 0, n);
        for (int64_t u = begin; u < end; u++)
            slice_row(c, args, &s, packed + g * size, packed + groups * size,
                      u / c->v.out, u % c->v.out, scratch);
    }
}

/* ---- weights that are computed or change between runs ---- */

/* A unit is one panel of output channels of a group, packed into scratch, on
 * all images. */
static void run_live(const struct sinew_conv *c,
                     const struct sinew_op_args *args, int64_t begin,
                     int64_t end, void *scratch) {
    int64_t nr = c->kernels->gemm_nr, panels = sinew_div_up(c->group_oc, nr);
    const float **rows = scratch;
    float *zeros = (float *)(void *)(rows + row_pointers(c));
    float *packed = zeros + c->group_ic;

    memset(zeros, 0, (size_t)c->group_ic * sizeof(float));
    for (int64_t u = begin; u < end; u++) {
        int64_t col = u % panels * nr, left = c->group_oc - col;
        struct slice s =
            slice_of(c, args, false, u / panels, col, left < nr ? left : nr);
        slice_pack(c, &s, packed);
        for (int64_t i = 0; i < c->images * c->v.out; i++)
            slice_row(c, args, &s, packed, zeros, i / c->v.out, i % c->v.out,
                      rows);
    }
}

/* ---- the operator ---- */

static bool drops(const struct sinew_op_args *args, int i) {
    return args->state && i > 0;
}

static size_t scratch(const struct sinew_op_args *args) {
    struct sinew_conv c;

    if (resolve(&c, args) < 0) return 0;
    size_t pointers = (size_t)row_pointers(&c) * sizeof(float *);
    if (args->state) return pointers;
    int64_t panel = slice_size(&c, c.kernels->gemm_nr, c.group_ic);
    return pointers + (size_t)(c.group_ic + panel) * sizeof(float);
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_conv c;

    if (resolve(&c, args) < 0) return 0;
    if (args->state) return c.images * c.v.out;
    return c.groups * sinew_div_up(c.group_oc, c.kernels->gemm_nr);
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *memory) {
    struct sinew_conv c;

    if (resolve(&c, args) < 0) return;
    if (args->state)
        run_packed(&c, args, begin, end, memory);
    else
        run_live(&c, args, begin, end, memory);
}

static const char *variant(const struct sinew_op_args *args) {
    const struct state *state = args->state;

    return state ? state->variant : "product, live";
}

const struct sinew_op_desc sinew_op_conv_transpose2d = {
    .name = "conv_transpose2d",
    .min_in = 2,
    .max_in = 3,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_conv_transpose2d_attr),
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
