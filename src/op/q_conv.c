/*
 * q_conv.c - convolution of bytes (kernel/u8.h), plain or transposed:
 *   y = byte of bias[o] + sum over p, q, k of (x[.., k] - x_zero) * w[o, p, q,
 * k]
 *
 * with one multiplier for each output channel. The image counts as surrounded
 * by x_zero, the byte of the number 0. As in conv_product.c every output pixel
 * is a row whose factors are given as pointers, depthwise or not; a transposed
 * convolution runs as the plain ones it is made of (conv_phase.c).
 */
#include "kernel/pack_u8.h"
#include "op/conv.h"
#include "op/util.h"

enum { X, W, BIAS, MULTIPLIER, TABLE };

/* Keeps sums within 32 bits: 255 * 128 * MAX_STEPS < 2^31. */
enum { MAX_STEPS = 65000 };

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_q_conv_attr, BOOL, transposed),
    SINEW_FIELD(sinew_q_conv_attr, INT, stride_h),
    SINEW_FIELD(sinew_q_conv_attr, INT, stride_w),
    SINEW_FIELD(sinew_q_conv_attr, INT, dilation_h),
    SINEW_FIELD(sinew_q_conv_attr, INT, dilation_w),
    SINEW_FIELD(sinew_q_conv_attr, INT, groups),
    SINEW_FIELD(sinew_q_conv_attr, BOOL, same),
    SINEW_FIELD_PADS(sinew_q_conv_attr),
    SINEW_FIELD(sinew_q_conv_attr, INT, out_pad_h),
    SINEW_FIELD(sinew_q_conv_attr, INT, out_pad_w),
    SINEW_FIELD(sinew_q_conv_attr, INT, x_zero),
    SINEW_FIELDS_Q(sinew_q_conv_attr),
    SINEW_FIELD_END,
};

static sinew_status resolve(struct sinew_conv *conv,
                            const struct sinew_op_args *args) {
    const struct sinew_q_conv_attr *a = args->attr;
    const struct sinew_conv_steps steps = {
        .stride_h = a->stride_h,
        .stride_w = a->stride_w,
        .dilation_h = a->dilation_h,
        .dilation_w = a->dilation_w,
        .groups = a->groups,
        .same = a->same,
        .pads = a->pads,
        .out_pad_h = a->out_pad_h,
        .out_pad_w = a->out_pad_w,
    };
    sinew_tensor x = args->in[X], w = args->in[W];

    x.dtype = w.dtype = SINEW_F32; /* shapes are all that counts there */
    return sinew_conv_resolve(conv, a->transposed != 0, &steps, &x, &w, NULL);
}

static sinew_status check_constants(const struct sinew_op_args *args,
                                    int64_t channels) {
    const sinew_tensor *multiplier = &args->in[MULTIPLIER];
    const float *m = multiplier->data;
    sinew_status status;

    SINEW_TRY(sinew_check_type(&args->in[BIAS], "bias", SINEW_TYPE(I32)));
    SINEW_TRY(sinew_check_vector(&args->in[BIAS], "bias", channels));
    SINEW_TRY(sinew_check_type(multiplier, "multiplier", SINEW_TYPE(F32)));
    SINEW_TRY(sinew_check_vector(multiplier, "multiplier", channels));
    SINEW_FAIL_IF(!m || !args->in[W].data || !args->in[BIAS].data,
                  SINEW_UNSUPPORTED, "weights are not constant");
    for (int64_t i = 0; i < channels; i++)
        SINEW_FAIL_IF(!(m[i] >= 0 && m[i] < 1), SINEW_INVALID,
                      "a multiplier is %g, not within 0..1", (double)m[i]);
    return SINEW_OK;
fail:
    return status;
}

static sinew_status infer(const struct sinew_op_args *args) {
    const struct sinew_q_conv_attr *attr = args->attr;
    struct sinew_conv conv;
    sinew_status status;

    SINEW_TRY(sinew_check_type(&args->in[X], "x", SINEW_TYPE(U8)));
    SINEW_TRY(sinew_check_type(&args->in[W], "weights", SINEW_TYPE(I8)));
    SINEW_TRY(sinew_check_choice("transposed", attr->transposed, 2));
    SINEW_TRY(sinew_check_choice("x_zero", attr->x_zero, 256));
    SINEW_TRY(sinew_q_check(&attr->to, args, TABLE));
    SINEW_TRY(resolve(&conv, args));
    SINEW_FAIL_IF(conv.v.kernel * conv.h.kernel * conv.group_ic > MAX_STEPS,
                  SINEW_UNSUPPORTED, "more than %d products a sum", MAX_STEPS);
    SINEW_TRY(check_constants(args, conv.oc));
    const int64_t dims[] = {conv.images, conv.v.out, conv.h.out, conv.oc};
    return sinew_tensor_set(&args->out[0], SINEW_U8, 4, dims);
fail:
    return status;
}

static int64_t macs(const struct sinew_op_args *args) {
    struct sinew_conv conv;

    return resolve(&conv, args) < 0 ? 0 : sinew_conv_macs(&conv);
}

/* ---- packing ---- */

/* What prepare leaves; packed weights and, behind them, a pixel of zeros of x
 * follow the offsets. */
struct state {
    int64_t group_bytes;
    const uint8_t *zeros;
    char *packed;
    bool depthwise;
    int64_t offset[]; ///< of each phase within a group
};

static bool is_depthwise(const struct sinew_conv *c) {
    return c->group_ic == 1 && c->group_oc == 1;
}

/* Packed groups, and the channels of each. */
static int64_t groups_of(const struct sinew_conv *c) {
    return is_depthwise(c) ? 1 : c->groups;
}

static int64_t columns_of(const struct sinew_conv *c) {
    return is_depthwise(c) ? c->oc : c->group_oc;
}

static int64_t phase_bytes(const struct sinew_conv *c, int64_t k) {
    struct sinew_conv_phase phase = sinew_conv_phase_of(c, k);
    int64_t taps = phase.v.kernel * phase.h.kernel;

    return is_depthwise(c) ? sinew_u8_dwconv_size(c->kernels, c->oc, taps)
                           : sinew_u8_gemm_size(c->group_oc, taps, c->group_ic);
}

static void pack_phase(const struct sinew_conv *c,
                       const struct sinew_op_args *args, int64_t g, int64_t k,
                       char *packed) {
    struct sinew_conv_phase phase = sinew_conv_phase_of(c, k);
    int64_t step_p = c->h.kernel * c->group_ic;
    int64_t step_o = c->v.kernel * step_p, first = g * c->group_oc;
    const struct sinew_u8_weights w = {
        .w = (const int8_t *)args->in[W].data + first * step_o +
             phase.last_v * step_p + phase.last_h * c->group_ic,
        .bias = (const int32_t *)args->in[BIAS].data + first,
        .multiplier = (const float *)args->in[MULTIPLIER].data + first,
        .n = columns_of(c),
        .kh = phase.v.kernel,
        .kw = phase.h.kernel,
        .depth = c->group_ic,
        .step_p = -phase.apart_v * step_p,
        .step_q = -phase.apart_h * c->group_ic,
        .step_k = 1,
        .step_j = step_o,
    };

    if (is_depthwise(c))
        sinew_pack_u8_dwconv(c->kernels, &w, packed);
    else
        sinew_pack_u8_gemm(&w, packed);
}

static sinew_status prepare(const struct sinew_op_args *args, void **result,
                            size_t *bytes) {
    const struct sinew_q_conv_attr *attr = args->attr;
    struct sinew_conv c;
    sinew_status status = resolve(&c, args);

    *result = NULL;
    if (status < 0) return status;
    c.kernels = args->kernels;
    int64_t phases = sinew_conv_phases(&c), group_bytes = 0;
    size_t head = sizeof(struct state) + (size_t)phases * sizeof(int64_t);
    head = (head + SINEW_ALIGN - 1) / SINEW_ALIGN * SINEW_ALIGN;
    for (int64_t k = 0; k < phases; k++)
        group_bytes += phase_bytes(&c, k);
    size_t packed = (size_t)(groups_of(&c) * group_bytes);
    *bytes = head + packed + (size_t)c.ic;
    struct state *state = sinew_alloc(*bytes, 1);
    if (!state) return SINEW_NOMEM;
    state->depthwise = is_depthwise(&c);
    state->group_bytes = group_bytes;
    state->packed = (char *)state + head;
    state->zeros = (uint8_t *)state->packed + packed;
    memset(state->packed + packed, attr->x_zero, (size_t)c.ic);
    int64_t at = 0;
    for (int64_t k = 0; k < phases; k++) {
        state->offset[k] = at;
        for (int64_t g = 0; g < groups_of(&c); g++)
            pack_phase(&c, args, g, k, state->packed + g * group_bytes + at);
        at += phase_bytes(&c, k);
    }
    *result = state;
    return SINEW_OK;
}

static bool drops(const struct sinew_op_args *args, int i) {
    return args->state && (i == W || i == BIAS || i == MULTIPLIER);
}

/* ---- running ---- */

/* Pixels of a unit of work, and the most that go to a kernel at once: a
 * multiple of the heights of its tiles. */
enum { UNIT = 24, MOST = 7 * UNIT };

static int64_t tiles_of(const struct sinew_conv *c) {
    struct sinew_conv_phase first = sinew_conv_phase_of(c, 0);

    return sinew_div_up(first.v.out * first.h.out, UNIT);
}

/* Lists of pointers for the taps of a phase. */
static int64_t taps_of(const struct sinew_conv *c) {
    int64_t taps = c->v.kernel * c->h.kernel;

    return is_depthwise(c) ? sinew_div_up(taps, 4) * 4 : taps;
}

/* Pointers of a tile, and its results where they are scattered. */
static size_t scratch(const struct sinew_op_args *args) {
    struct sinew_conv c;

    if (resolve(&c, args) < 0) return 0;
    return (size_t)(MOST * taps_of(&c)) * sizeof(uint8_t *) +
           (c.transposed ? (size_t)(MOST * columns_of(&c)) : 0);
}

static int64_t units(const struct sinew_op_args *args) {
    struct sinew_conv c;

    if (resolve(&c, args) < 0) return 0;
    return c.images * groups_of(&c) * sinew_conv_phases(&c) * tiles_of(&c);
}

/* A phase of one image: the first byte of each, bytes from row to row and from
 * pixel to pixel. */
struct grid {
    struct sinew_axis_span v, h;
    const uint8_t *x, *zeros;
    uint8_t *y;
    int64_t x_row, x_col, y_row, y_col;
};

/* Pointers for one tap and the output pixels begin..end-1, counted row by row.
 */
static void tap_rows(const struct grid *g, int64_t p, int64_t q, int64_t begin,
                     int64_t end, const uint8_t **rows) {
    int64_t ow = g->h.out, i_lo, i_hi, j_lo, j_hi;
    int64_t step = g->h.stride * g->x_col;
    int64_t column = q * g->h.dilation - g->h.pad;

    sinew_conv_inside(&g->v, p, &i_lo, &i_hi);
    sinew_conv_inside(&g->h, q, &j_lo, &j_hi);
    for (int64_t m = begin; m < end;) {
        int64_t i = m / ow, j = m - i * ow;
        int64_t stop = ow - j < end - m ? ow : j + end - m;
        int64_t r = i * g->v.stride + p * g->v.dilation - g->v.pad;
        bool inside = i >= i_lo && i < i_hi;
        int64_t from = inside ? j_lo : stop, to = j_hi < stop ? j_hi : stop;
        m += stop - j;
        for (; j < from && j < stop; j++)
            *rows++ = g->zeros;
        if (j < to) {
            const uint8_t *x = g->x + r * g->x_row + column * g->x_col;
            for (; j < to; j++)
                *rows++ = x + j * step;
        }
        for (; j < stop; j++)
            *rows++ = g->zeros;
    }
}

static struct grid grid_of(const struct sinew_conv *c,
                           const struct sinew_conv_phase *phase,
                           const struct sinew_op_args *args, int64_t n,
                           int64_t g) {
    const sinew_tensor *x = &args->in[X], *y = &args->out[0];
    const struct state *state = args->state;
    int64_t row = n * c->v.out + phase->first_v;
    struct grid grid = {
        .v = phase->v,
        .h = phase->h,
        .zeros = state->zeros,
        .x_col = x->row_stride,
        .x_row = c->h.in * x->row_stride,
        .y_col = phase->step_h * y->row_stride,
        .y_row = phase->step_v * c->h.out * y->row_stride,
    };

    grid.x =
        (const uint8_t *)x->data + n * c->v.in * grid.x_row + g * c->group_ic;
    grid.y = (uint8_t *)y->data + g * c->group_oc +
             (row * c->h.out + phase->first_h) * y->row_stride;
    return grid;
}

/* Results side by side in `from` to their pixels begin.. */
static void scatter(const struct grid *g, const uint8_t *from, int64_t begin,
                    int64_t end, int64_t n) {
    for (int64_t m = begin; m < end; m++, from += n) {
        int64_t i = m / g->h.out, j = m - i * g->h.out;
        memcpy(g->y + i * g->y_row + j * g->y_col, from, (size_t)n);
    }
}

/* Pixels begin..end-1 of a phase; `gemm` has what depends on neither. */
static void run_pixels(const struct sinew_op_args *args, const struct grid *g,
                       struct sinew_u8_gemm gemm, int64_t begin, int64_t end,
                       void *memory) {
    const struct state *state = args->state;
    const uint8_t **rows = memory;
    int64_t lists =
        state->depthwise ? sinew_div_up(gemm.taps, 4) * 4 : gemm.taps;
    bool apart = g->y_row != g->h.out * g->y_col;

    gemm.m = gemm.rows_stride = end - begin;
    gemm.rows = rows;
    for (int64_t t = 0; t < lists; t++) {
        if (t < gemm.taps)
            tap_rows(g, t / g->h.kernel, t % g->h.kernel, begin, end, rows);
        else
            memcpy(rows, rows - gemm.m, (size_t)gemm.m * sizeof *rows);
        rows += gemm.m;
    }
    gemm.y = apart ? (uint8_t *)rows : g->y + begin * g->y_col;
    gemm.y_stride = apart ? gemm.n : g->y_col;
    if (state->depthwise)
        args->kernels->u8_dwconv(&gemm);
    else
        args->kernels->u8_gemm(&gemm);
    if (apart) scatter(g, gemm.y, begin, end, gemm.n);
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *memory) {
    const struct sinew_q_conv_attr *attr = args->attr;
    const struct state *state = args->state;
    struct sinew_conv c;

    if (resolve(&c, args) < 0) return;
    c.kernels = args->kernels;
    int64_t phases = sinew_conv_phases(&c), per_phase = tiles_of(&c);
    for (int64_t u = begin, tiles; u < end; u += tiles) {
        int64_t tile = u % per_phase, rest = u / per_phase;
        int64_t k = rest % phases, g = rest / phases % groups_of(&c);
        int64_t first = tile * UNIT;
        tiles = MOST / UNIT < end - u ? MOST / UNIT : end - u;
        tiles = tiles < per_phase - tile ? tiles : per_phase - tile;
        struct sinew_conv_phase phase = sinew_conv_phase_of(&c, k);
        int64_t pixels = phase.v.out * phase.h.out;
        int64_t last = first + tiles * UNIT;
        const struct grid grid =
            grid_of(&c, &phase, args, rest / phases / groups_of(&c), g);
        const struct sinew_u8_gemm gemm = {
            .n = columns_of(&c),
            .taps = phase.v.kernel * phase.h.kernel,
            .depth = c.group_ic,
            .x_zero = attr->x_zero,
            .w = state->packed + g * state->group_bytes + state->offset[k],
            .to = sinew_q_target(&attr->to, args, TABLE),
        };
        if (first < pixels) /* phases may have a row or column less */
            run_pixels(args, &grid, gemm, first, pixels < last ? pixels : last,
                       memory);
    }
}

static const char *variant(const struct sinew_op_args *args) {
    const struct state *state = args->state;

    return !state ? "" : state->depthwise ? "depthwise" : "product";
}

const struct sinew_op_desc sinew_op_q_conv = {
    .name = "q_conv",
    .min_in = 4,
    .max_in = 5,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_STRIDED_IN | SINEW_OP_STRIDED_OUT,
    .attr_size = sizeof(struct sinew_q_conv_attr),
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
