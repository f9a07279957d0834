/*
 * conv_depthwise.c - convolutions that leave channels apart.
 *
 * A unit is a row of one phase row of one image; neighbours run as one.
 */
#include "op/conv.h"
#include "op/util.h"

static bool depthwise_fits(const struct sinew_conv *c,
                           const struct sinew_op_args *args) {
    (void)args;
    return c->group_ic == 1 && c->group_oc == 1;
}

/* Those that bf16.h says, from bf16 to bf16. */
static bool takes_bf16(const struct sinew_conv *c) {
    bool listed = false;

#define LISTED(w, s)                                                           \
    listed = listed || (c->h.kernel == w && c->h.stride == s);
    SINEW_BF16_DWCONVS(LISTED)
#undef LISTED
    return listed && c->x16 && c->y16 && !c->transposed &&
           c->v.stride == c->h.stride && c->v.dilation == 1 &&
           c->h.dilation == 1 && c->v.kernel % 2 == 1 &&
           c->v.kernel < SINEW_BF16_DWCONV_ROWS;
}

static int64_t packed_size(const struct sinew_conv *c) {
    int64_t rows = c->v.kernel + (c->x16 ? 1 : 0);

    return sinew_packed_size(c->kernels, c->oc, 0) *
           (sinew_conv_phases(c) + rows * c->h.kernel);
}

/* One unit a phase. */
static void pack(const struct sinew_conv *c, const struct sinew_op_args *args,
                 float *packed, int64_t begin, int64_t end) {
    struct sinew_weights all = sinew_conv_weights(c, args, 0);

    if (c->x16)
        all.factors = SINEW_FACTORS_PAIRS;
    else if (c->kernels->factors == SINEW_FACTORS_ROUNDED && !c->fresh)
        all.factors = SINEW_FACTORS_ROUNDED;
    all.n = c->oc; /* a channel's kernel follows the last one's */
    all.step_j = c->v.kernel * all.step_p;
    all.depth = 1;
    for (int64_t u = begin; u < end; u++) {
        struct sinew_conv_phase phase = sinew_conv_phase_of(c, u);
        struct sinew_weights w = all;
        sinew_conv_phase_weights(&phase, &w);
        sinew_pack_dwconv(c->kernels, &w,
                          packed +
                              sinew_conv_phase_offset(c, &phase, u, c->oc, 1));
    }
}

static size_t scratch(const struct sinew_conv *c) {
    (void)c;
    return 0;
}

/* Phase rows, and the output rows of each. */
static int64_t phase_rows(const struct sinew_conv *c) {
    return c->transposed ? c->v.stride : 1;
}

static int64_t out_rows(const struct sinew_conv *c) {
    return sinew_div_up(c->v.out, phase_rows(c));
}

static int64_t units(const struct sinew_conv *c) {
    return c->images * phase_rows(c) * out_rows(c);
}

/* Whether the input is so large that the operator before has left little of it
 * in the caches. */
static bool is_far(const struct sinew_conv *c) {
    const int64_t cache = 8 << 20;

    return c->images * c->v.in * c->h.in * c->ic >
           cache / (int64_t)sizeof(float);
}

static void run(const struct sinew_conv *c, const struct sinew_op_args *args,
                const float *packed, int64_t begin, int64_t end,
                void *memory) {
    int64_t n_rows = out_rows(c), rows = phase_rows(c);
    int64_t columns = sinew_conv_phases(c) / rows;

    (void)memory;
    while (begin < end) {
        int64_t first = begin % n_rows, row = begin / n_rows % rows;
        int64_t n = begin / n_rows / rows;
        int64_t last = n_rows - first < end - begin ? n_rows
                                                    : first + end - begin;
        begin += last - first;
        for (int64_t k = row * columns; k < (row + 1) * columns; k++) {
            struct sinew_conv_phase phase = sinew_conv_phase_of(c, k);
            const struct sinew_conv_grid g =
                sinew_conv_grid_of(c, &phase, args, n, 0, 0);
            int64_t words = c->x16 ? 2 : 1;
            const struct sinew_dwconv dwconv = {
                .x = g.x,
                .x16 = (const void *)g.x,
                .x_row = words * g.x_row,
                .x_col = words * g.x_col,
                .h = g.v.in,
                .w = g.h.in,
                .channels = c->oc,
                .kh = (int32_t)g.v.kernel,
                .kw = (int32_t)g.h.kernel,
                .stride_h = (int32_t)g.v.stride,
                .stride_w = (int32_t)g.h.stride,
                .dilation_h = (int32_t)g.v.dilation,
                .dilation_w = (int32_t)g.h.dilation,
                .pad_top = (int32_t)g.v.pad,
                .pad_left = (int32_t)g.h.pad,
                .weights =
                    packed + sinew_conv_phase_offset(c, &phase, k, c->oc, 1),
                .y = g.y,
                .y16 = (void *)g.y,
                .y_row = words * g.y_row,
                .y_col = words * g.y_col,
                .ow = g.h.out,
                .begin = first,
                .end = last < g.v.out ? last : g.v.out,
                .act = g.act,
                .far = is_far(c),
            };
            (c->x16 ? c->kernels->bf16_dwconv
                    : c->kernels->f32_dwconv)(&dwconv);
        }
    }
}

const struct sinew_conv_variant sinew_conv_depthwise = {
    .name = "depthwise",
    .takes_bf16 = takes_bf16,
    .fits = depthwise_fits,
    .packed = packed_size,
    .pack_units = sinew_conv_phases,
    .pack = pack,
    .scratch = scratch,
    .units = units,
    .run = run,
};
