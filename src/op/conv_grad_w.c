/*
 * conv_grad_w.c - conv2d_grad_w and conv_transpose2d_grad_w: from x and dy to
 * dw[o, p, q, k] = sum over images and pixels (i, j) of
 *   conv2d            dy[i, j, o] * x[i * stride + p * dilation - pad, .., k]
 *   conv_transpose2d  dy[i * stride + p * dilation - pad, .., o] * x[i, j, k]
 * The tensor read at (i, j) is called coarse, the other fine.
 *
 * Sums of outer products of pixels, a block of pixels at a time that stays in
 * the second cache while places of the kernel and channels go over it. Where
 * weights are few, parts of the pixels are summed apart, in setup, and then
 * added; how the work is cut depends on shapes alone, so that results do not
 * depend on threads.
 */
#include "op/conv.h"
#include "op/util.h"

enum {
    MAX_PARTS = 32,      ///< of the pixels
    PART_FLOATS = 1 << 18, ///< of all parts' sums, unless there is one part
    PART_PIXELS = 128,   ///< in a part at least
    UNITS = 16,          ///< keep 8 threads busy
    BLOCK_BYTES = 1 << 17,
    MIN_BLOCK = 16,
    MAX_BLOCK = 512,
    MERGED_MAX_CHANNELS = 16,
    MERGED_MAX_PAIRS = 32, ///< the same, for pairs of bf16
    SUM_CHUNK = 4096 ///< weights of one unit of the last sum
};

struct grad_w {
    struct sinew_conv conv;
    struct sinew_axis_span v, h; ///< plain: in fine, out coarse
    const sinew_tensor *coarse, *fine;
    bool fine_first; ///< dy is the fine one
    bool depthwise;
    bool merged; ///< taps of a kernel row as one run of channels
    /** Sums have input channels as rows, outputs as columns: [group, place,
     * input, output], turned at the end. Better where inputs fill no vectors. */
    bool swapped;
    int64_t weights, group_weights, taps;
    int64_t pixels; ///< coarse, of all images
    int64_t parts;
    int64_t blocks, block_oc; ///< of output channels in a unit's piece
    int64_t pieces;           ///< units of a part
    int64_t block;            ///< pixels worked on at once
    enum sinew_factors factors;
    int64_t places, inputs; ///< of the kernel; input channels at each
};

/* ---- shapes ---- */

static sinew_status resolve(struct grad_w *g, bool transposed,
                            const struct sinew_conv_steps *steps,
                            const struct sinew_op_args *args) {
    const sinew_tensor *x = &args->in[0], *dy = &args->in[1];
    sinew_status status;

    memset(g, 0, sizeof *g);
    SINEW_FAIL_IF(steps->act.kind != SINEW_ACT_NONE, SINEW_INVALID,
                  "an activation of a derivative");
    SINEW_TRY(sinew_conv_resolve(&g->conv, transposed, steps, x, &args->in[2],
                                 NULL));
    SINEW_TRY(sinew_conv_check_grad(&g->conv, dy));
    g->v = g->conv.v;
    g->h = g->conv.h;
    if (transposed) {
        g->v.in = g->conv.v.out;
        g->v.out = g->conv.v.in;
        g->h.in = g->conv.h.out;
        g->h.out = g->conv.h.in;
    }
    g->coarse = transposed ? x : dy;
    g->fine = transposed ? dy : x;
    g->fine_first = transposed;
fail:
    return status;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* How the work is cut. */
static void plan(struct grad_w *g, const struct sinew_kernels *kernels) {
    const struct sinew_conv *c = &g->conv;
    int64_t widest = kernels->factors == SINEW_FACTORS_PAIRS
                         ? MERGED_MAX_PAIRS
                         : MERGED_MAX_CHANNELS;
    int64_t pixel;

    g->taps = c->v.kernel * c->h.kernel;
    g->group_weights = c->group_oc * g->taps * c->group_ic;
    g->weights = c->groups * g->group_weights;
    g->pixels = c->images * g->v.out * g->h.out;
    g->depthwise = c->group_ic == 1 && c->group_oc == 1;
    g->merged = !g->fine_first && !g->depthwise && c->groups == 1 &&
                c->h.kernel > 1 && g->h.dilation == 1 &&
                c->ic <= widest && g->fine->row_stride == c->ic;
    g->places = g->merged ? c->v.kernel : g->taps;
    g->inputs = g->merged ? c->h.kernel * c->ic : c->group_ic;
    g->swapped = !g->depthwise && g->inputs < 2 * kernels->lanes &&
                 g->inputs < c->group_oc && g->weights <= PART_FLOATS;
    g->parts = least(PART_FLOATS / most(g->weights, 1), MAX_PARTS);
    g->parts = most(least(g->parts, g->pixels / PART_PIXELS), 1);
    /* as many pieces as make enough units: single taps, then channels too */
    int64_t wanted = sinew_div_up(UNITS, g->parts), places = c->groups;
    g->pieces = g->blocks = 1;
    g->block_oc = most(c->group_oc, 1);
    if (!g->depthwise && wanted > 1) {
        places *= g->places;
        int64_t rows = sinew_div_up(c->group_oc, sinew_div_up(wanted, places));
        g->block_oc =
            most(sinew_div_up(rows, kernels->gemm_mr) * kernels->gemm_mr, 1);
        g->blocks = most(sinew_div_up(c->group_oc, g->block_oc), 1);
        g->pieces = places * g->blocks;
    }
    pixel = (int64_t)sizeof(float) * most(c->ic + c->oc, 1);
    g->block = most(least(BLOCK_BYTES / pixel, MAX_BLOCK), MIN_BLOCK);
    g->factors = g->depthwise ? SINEW_FACTORS_F32 : kernels->factors;
}

/* ---- products ---- */

/* What one unit sums over: pixels first..last-1, into `sums` of the shape of
 * the weights. */
struct piece {
    const struct grad_w *g;
    const struct sinew_kernels *kernels;
    int64_t first, last;
    float *sums;
    const float **a, **b; ///< pointers of a block
    float *edges;         ///< merged: copies of rows that cross a border
    float *words;         ///< of a block, where factors are not floats
};

static size_t scratch_size(const struct grad_w *g) {
    const struct sinew_conv *c = &g->conv;

    if (g->depthwise)
        return (size_t)(g->taps * c->oc) * sizeof(float);
    size_t pixel = 2 * sizeof(float *);
    if (g->merged)
        pixel += (size_t)g->inputs * sizeof(float);
    if (g->factors != SINEW_FACTORS_F32)
        pixel += (size_t)(g->inputs + g->block_oc) * sizeof(float);
    /* at the end, one place of a group before it is turned */
    size_t place = (size_t)(g->inputs * c->group_oc) * sizeof(float);
    size_t pixels = (size_t)g->block * pixel;
    return g->swapped && place > pixels ? place : pixels;
}

/* The taps of kernel row p's columns 0.. for output column j whose input row
 * begins at `row`: in place where all are inside. */
static const float *merged_taps(const struct grad_w *g, const float *row,
                                int64_t j, float *copy) {
    int64_t kw = g->h.kernel, ic = g->conv.ic;
    int64_t s = j * g->h.stride - g->h.pad;

    if (s >= 0 && s + kw <= g->h.in)
        return row + s * ic;
    for (int64_t q = 0; q < kw; q++, s++)
        for (int64_t k = 0; k < ic; k++)
            copy[q * ic + k] = s >= 0 && s < g->h.in ? row[s * ic + k] : 0.0f;
    return copy;
}

/* Pointers to the coarse pixels begin..end-1 whose tap (p, q) is inside, and to
 * the fine pixels there; how many. */
static int64_t list_pixels(const struct piece *piece, int64_t p, int64_t q,
                           int64_t begin, int64_t end) {
    const struct grad_w *g = piece->g;
    const float *coarse = g->coarse->data, *fine = g->fine->data;
    const float **near = g->fine_first ? piece->b : piece->a;
    const float **far = g->fine_first ? piece->a : piece->b;
    int64_t ow = g->h.out, step = g->fine->row_stride, n = 0;
    int64_t merged = g->conv.h.kernel * g->conv.ic;
    int64_t i_lo, i_hi, j_lo, j_hi;

    sinew_conv_inside(&g->v, p, &i_lo, &i_hi);
    sinew_conv_inside(&g->h, q, &j_lo, &j_hi);
    if (g->merged) {
        j_lo = 0;
        j_hi = ow;
    }
    for (int64_t m = begin; m < end;) {
        int64_t row = m / ow, j = m - row * ow, i = row % g->v.out;
        int64_t stop = least(ow, j + end - m);
        m += stop - j;
        if (i < i_lo || i >= i_hi)
            continue;
        int64_t r = row / g->v.out * g->v.in + i * g->v.stride +
                    p * g->v.dilation - g->v.pad;
        const float *from = fine + r * g->h.in * step;
        for (j = most(j, j_lo); j < least(stop, j_hi); j++, n++) {
            near[n] = coarse + (row * ow + j) * g->coarse->row_stride;
            far[n] = g->merged
                         ? merged_taps(g, from, j, piece->edges + n * merged)
                         : from + (j * g->h.stride + q * g->h.dilation -
                                   g->h.pad) *
                                      step;
        }
    }
    return n;
}

/* n numbers of each of `steps` pixels as factors, and pointers to these instead;
 * how many there are then. Sums go over pixels, so that two of these make a
 * row of words. */
static int64_t round_pixels(const struct piece *piece, const float **list,
                            int64_t steps, int64_t n, float *words) {
    const struct sinew_kernels *kernels = piece->kernels;

    if (piece->g->factors == SINEW_FACTORS_PAIRS) {
        kernels->bf16_zip(list, words, n, steps, n);
        steps = (steps + 1) / 2;
    } else {
        for (int64_t t = 0; t < steps; t++)
            kernels->f32_round(list[t], words + t * n, n);
    }
    for (int64_t t = 0; t < steps; t++)
        list[t] = words + t * n;
    return steps;
}

/* Adds what pixels begin..end-1 give at place `at` (a tap, or a kernel row when
 * merged) of one group, output channels from col on. */
static void add_place(const struct piece *piece, int64_t group, int64_t at,
                      int64_t col, int64_t begin, int64_t end) {
    const struct grad_w *g = piece->g;
    const struct sinew_conv *c = &g->conv;
    int64_t kw = c->h.kernel, count = least(g->block_oc, c->group_oc - col);
    int64_t p = g->merged ? at : at / kw, q = g->merged ? 0 : at % kw;
    float *sums = piece->sums + group * g->group_weights;
    struct sinew_outer outer = {
        .a = piece->a,
        .b = piece->b,
        .steps = list_pixels(piece, p, q, begin, end),
        .m = count,
        .n = g->inputs,
        .y = sums + (col * g->places + at) * g->inputs,
        .y_stride = g->places * g->inputs,
    };

    /* a begins at the output channel, b at the input channel */
    for (int64_t t = 0; t < outer.steps; t++) {
        piece->a[t] += group * c->group_oc + col;
        piece->b[t] += group * c->group_ic;
    }
    if (g->factors != SINEW_FACTORS_F32) {
        int64_t steps = outer.steps;
        outer.steps = round_pixels(piece, piece->a, steps, count,
                                   piece->words);
        round_pixels(piece, piece->b, steps, g->inputs,
                     piece->words + outer.steps * count);
    }
    if (g->swapped) {
        outer.a = piece->b;
        outer.b = piece->a;
        outer.m = g->inputs;
        outer.n = count;
        outer.y = sums + at * g->inputs * c->group_oc + col;
        outer.y_stride = c->group_oc;
    }
    if (g->factors == SINEW_FACTORS_PAIRS)
        piece->kernels->bf16_outer(&outer);
    else
        piece->kernels->f32_outer(&outer);
}

/* Piece `index` of the part: everything, or one group, place and block. */
static void run_piece(const struct piece *piece, int64_t index) {
    const struct grad_w *g = piece->g;
    const struct sinew_conv *c = &g->conv;
    bool all = g->pieces == 1;
    int64_t group = all ? 0 : index / g->blocks / g->places;
    int64_t place = all ? 0 : index / g->blocks % g->places;
    int64_t groups = all ? c->groups : group + 1;
    int64_t end_place = all ? g->places : place + 1;
    int64_t col = all ? 0 : index % g->blocks * g->block_oc, stop;

    for (int64_t m = piece->first; m < piece->last; m = stop) {
        stop = least(m + g->block, piece->last);
        for (int64_t k = group; k < groups; k++)
            for (int64_t t = place; t < end_place; t++)
                add_place(piece, k, t, col, m, stop);
    }
}

/* Zeroes what the piece sums up. */
static void clear_piece(const struct piece *piece, int64_t index) {
    const struct grad_w *g = piece->g;
    const struct sinew_conv *c = &g->conv;
    int64_t group = index / g->blocks / g->places;
    int64_t place = index / g->blocks % g->places;
    int64_t col = index % g->blocks * g->block_oc;
    int64_t count = least(g->block_oc, c->group_oc - col);
    float *sums = piece->sums + group * g->group_weights;

    if (g->pieces == 1) {
        memset(piece->sums, 0, (size_t)g->weights * sizeof(float));
        return;
    }
    if (g->swapped) {
        for (int64_t k = 0; k < g->inputs; k++)
            memset(sums + (place * g->inputs + k) * c->group_oc + col, 0,
                   (size_t)count * sizeof(float));
        return;
    }
    for (int64_t o = col; o < col + count; o++)
        memset(sums + (o * g->places + place) * g->inputs, 0,
               (size_t)g->inputs * sizeof(float));
}

/* ---- depthwise ---- */

/* Pixels first..last-1 are whole coarse rows. Sums are made tap by tap and then
 * turned to [C, KH, KW]. */
static void run_depthwise(const struct piece *piece, float *sums) {
    const struct grad_w *g = piece->g;
    int64_t channels = g->conv.oc, ow = g->h.out;
    int64_t row = ow > 0 ? piece->first / ow : 0;
    int64_t end = ow > 0 ? piece->last / ow : 0, stop;
    struct sinew_dwconv_grad d = {
        .x_col = g->fine->row_stride,
        .x_row = g->h.in * g->fine->row_stride,
        .h = g->v.in,
        .w = g->h.in,
        .channels = channels,
        .kh = (int32_t)g->v.kernel,
        .kw = (int32_t)g->h.kernel,
        .stride_h = (int32_t)g->v.stride,
        .stride_w = (int32_t)g->h.stride,
        .dilation_h = (int32_t)g->v.dilation,
        .dilation_w = (int32_t)g->h.dilation,
        .pad_top = (int32_t)g->v.pad,
        .pad_left = (int32_t)g->h.pad,
        .dy_col = g->coarse->row_stride,
        .dy_row = ow * g->coarse->row_stride,
        .ow = ow,
        .sums = sums,
    };

    memset(sums, 0, (size_t)(g->taps * channels) * sizeof(float));
    for (; row < end; row = stop) {
        int64_t n = row / g->v.out;
        stop = least(end, (n + 1) * g->v.out);
        d.x = (const float *)g->fine->data + n * g->v.in * d.x_row;
        d.dy = (const float *)g->coarse->data + n * g->v.out * d.dy_row;
        d.begin = row - n * g->v.out;
        d.end = stop - n * g->v.out;
        piece->kernels->f32_dwconv_grad(&d);
    }
    const struct sinew_transpose turn = {.count = 1,
                                         .rows = g->taps,
                                         .cols = channels,
                                         .x_step = channels,
                                         .y_step = g->taps};
    piece->kernels->x32_transpose(sums, piece->sums, &turn);
}

/* ---- the operators ---- */

/* Unit u of all parts; a part's sums lie one after the other at `sums`. */
static void run_unit(const struct grad_w *g, const struct sinew_op_args *args,
                     float *sums, int64_t u, void *scratch) {
    int64_t part = u / g->pieces, index = u % g->pieces;
    /* depthwise parts are cut between rows */
    int64_t grain = g->depthwise ? most(g->h.out, 1) : 1;
    int64_t count = g->pixels / grain;
    struct piece piece = {
        .g = g,
        .kernels = args->kernels,
        .first = count * part / g->parts * grain,
        .last = count * (part + 1) / g->parts * grain,
        .sums = sums + part * g->weights,
        .a = scratch,
    };

    if (g->depthwise) {
        run_depthwise(&piece, scratch);
        return;
    }
    piece.b = piece.a + g->block;
    piece.edges = (float *)(void *)(piece.b + g->block);
    piece.words = piece.edges + (g->merged ? g->block * g->inputs : 0);
    clear_piece(&piece, index);
    run_piece(&piece, index);
}

/* Weights begin..end-1: the sum of all parts. */
static void add_parts(const struct grad_w *g, const struct sinew_op_args *args,
                      int64_t begin, int64_t end) {
    const struct sinew_window window = {
        .rows = 1, .cols = g->parts, .col_step = g->weights};

    args->kernels->f32_window_sum((const float *)args->shared + begin,
                                  (float *)args->out[0].data + begin,
                                  end - begin, &window, 1.0f);
}

/* Place `unit` of all groups: the sum of all parts, turned. */
static void turn_place(const struct grad_w *g, const struct sinew_op_args *args,
                       int64_t unit, float *place) {
    int64_t group = unit / g->places, at = unit % g->places;
    int64_t oc = g->conv.group_oc, n = g->inputs * oc;
    const struct sinew_window window = {
        .rows = 1, .cols = g->parts, .col_step = g->weights};
    const struct sinew_transpose turn = {.count = 1,
                                         .rows = g->inputs,
                                         .cols = oc,
                                         .x_step = oc,
                                         .y_step = g->places * g->inputs};

    args->kernels->f32_window_sum((const float *)args->shared +
                                      group * g->group_weights + at * n,
                                  place, n, &window, 1.0f);
    args->kernels->x32_transpose(place,
                                 (float *)args->out[0].data +
                                     group * g->group_weights + at * g->inputs,
                                 &turn);
}

typedef sinew_status resolve_fn(struct grad_w *g,
                                const struct sinew_op_args *args);

static sinew_status resolve_conv(struct grad_w *g,
                                 const struct sinew_op_args *args) {
    const struct sinew_conv_steps steps = sinew_conv2d_steps(args->attr);

    return resolve(g, false, &steps, args);
}

static sinew_status resolve_back(struct grad_w *g,
                                 const struct sinew_op_args *args) {
    const struct sinew_conv_steps steps =
        sinew_conv_transpose2d_steps(args->attr);

    return resolve(g, true, &steps, args);
}

static sinew_status infer(const struct sinew_op_args *args,
                          resolve_fn *resolver) {
    struct grad_w g;
    sinew_status status = resolver(&g, args);

    if (status < 0)
        return status;
    return sinew_tensor_set(&args->out[0], SINEW_F32, 4, args->in[2].dims);
}

static bool planned(struct grad_w *g, const struct sinew_op_args *args,
                    resolve_fn *resolver) {
    if (resolver(g, args) < 0)
        return false;
    plan(g, args->kernels);
    return true;
}

/* Whether sums are made in setup and then added. */
static bool in_parts(const struct grad_w *g) {
    return g->parts > 1 || g->swapped;
}

static int64_t macs(const struct sinew_op_args *args, resolve_fn *resolver) {
    struct grad_w g;

    return resolver(&g, args) < 0 ? 0 : sinew_conv_macs(&g.conv);
}

static size_t scratch(const struct sinew_op_args *args, resolve_fn *resolver) {
    struct grad_w g;

    return planned(&g, args, resolver) ? scratch_size(&g) : 0;
}

static size_t shared(const struct sinew_op_args *args, resolve_fn *resolver) {
    struct grad_w g;

    if (!planned(&g, args, resolver) || !in_parts(&g))
        return 0;
    return (size_t)(g.parts * g.weights) * sizeof(float);
}

static int64_t setup_units(const struct sinew_op_args *args,
                           resolve_fn *resolver) {
    struct grad_w g;

    return planned(&g, args, resolver) ? g.parts * g.pieces : 0;
}

static void setup(const struct sinew_op_args *args, int64_t begin, int64_t end,
                  void *memory, resolve_fn *resolver) {
    struct grad_w g;

    for (int64_t u = begin; planned(&g, args, resolver) && u < end; u++)
        run_unit(&g, args, args->shared, u, memory);
}

static int64_t units(const struct sinew_op_args *args, resolve_fn *resolver) {
    struct grad_w g;

    if (!planned(&g, args, resolver) || g.weights == 0)
        return 0;
    if (g.swapped)
        return g.conv.groups * g.places;
    return in_parts(&g) ? sinew_div_up(g.weights, SUM_CHUNK) : g.pieces;
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *memory, resolve_fn *resolver) {
    struct grad_w g;

    if (!planned(&g, args, resolver))
        return;
    if (in_parts(&g) && !g.swapped) {
        add_parts(&g, args, begin * SUM_CHUNK,
                  least(end * SUM_CHUNK, g.weights));
        return;
    }
    for (int64_t u = begin; u < end; u++)
        if (g.swapped)
            turn_place(&g, args, u, memory);
        else
            run_unit(&g, args, args->out[0].data, u, memory);
}

#define GRAD_W(prefix, resolver, op, attribute, table)                         \
    static sinew_status prefix##_infer(const struct sinew_op_args *args) {     \
        return infer(args, resolver);                                          \
    }                                                                          \
    static int64_t prefix##_macs(const struct sinew_op_args *args) {           \
        return macs(args, resolver);                                           \
    }                                                                          \
    static size_t prefix##_scratch(const struct sinew_op_args *args) {         \
        return scratch(args, resolver);                                        \
    }                                                                          \
    static size_t prefix##_shared(const struct sinew_op_args *args) {          \
        return shared(args, resolver);                                         \
    }                                                                          \
    static int64_t prefix##_setup_units(const struct sinew_op_args *args) {    \
        return setup_units(args, resolver);                                    \
    }                                                                          \
    static void prefix##_setup(const struct sinew_op_args *args,               \
                               int64_t begin, int64_t end, void *memory) {     \
        setup(args, begin, end, memory, resolver);                             \
    }                                                                          \
    static int64_t prefix##_units(const struct sinew_op_args *args) {          \
        return units(args, resolver);                                          \
    }                                                                          \
    static void prefix##_run(const struct sinew_op_args *args, int64_t begin,  \
                             int64_t end, void *memory) {                      \
        run(args, begin, end, memory, resolver);                               \
    }                                                                          \
    const struct sinew_op_desc sinew_op_##op = {                               \
        .name = #op,                                                           \
        .min_in = 3,                                                           \
        .max_in = 3,                                                           \
        .min_out = 1,                                                          \
        .max_out = 1,                                                          \
        .flags = SINEW_OP_STRIDED_IN,                                          \
        .shapes = 1u << 2,                                                     \
        .attr_size = sizeof(struct attribute),                                 \
        .fields = table,                                                       \
        .infer = prefix##_infer,                                               \
        .macs = prefix##_macs,                                                 \
        .scratch = prefix##_scratch,                                           \
        .shared = prefix##_shared,                                             \
        .setup_units = prefix##_setup_units,                                   \
        .setup = prefix##_setup,                                               \
        .units = prefix##_units,                                               \
        .run = prefix##_run,                                                   \
    };

GRAD_W(conv, resolve_conv, conv2d_grad_w, sinew_conv2d_attr,
       sinew_conv2d_fields)
GRAD_W(back, resolve_back, conv_transpose2d_grad_w,
       sinew_conv_transpose2d_attr, sinew_conv_transpose2d_fields)
