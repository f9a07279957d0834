/*
 * dwconv_tmpl.c - depthwise convolution: every channel has its own kernel.
 *
 * One vector of channels at a time goes over all rows asked for, so that its
 * weights and the input rows it meets again stay in the first cache. Along a
 * row a block of neighbouring outputs is summed together: with the width and
 * stride of the kernel known, each weight and each input is loaded once for
 * all outputs that need it. Columns beyond the left or right border, and
 * channels beyond the last, are loaded as zeros; rows above and below are left
 * out. All ways sum in the order of rows, then columns of the kernel.
 */
#include "kernel/isa.h"
#include "kernel/tmpl/late.h"
#include "kernel/vec/f32.h"

#if VF_REGS == 32
#define BLOCK 8
#else
#define BLOCK 4
#endif
#define PIECE 32

/* One vector of channels of one row of outputs. Copied before use: the compiler
 * must think that vectors stored may change what pointers lead to. */
struct line {
    const float *x; ///< row of the first tap inside, column 0
    const float *w; ///< weights of that tap's row
    const float *bias;
    float *y;               ///< column 0 of the output
    int64_t x_down;         ///< from one tap's row to the next
    int64_t x_col, y_col;   ///< from one pixel to the next
    int64_t width, outputs; ///< pixels of the rows
    int64_t kw, stride, dilation, pad;
    int64_t taps;  ///< rows of the kernel inside the image
    int64_t lanes; ///< channels in the vector
    int32_t far;   ///< the input is not in the cache
    struct limits limits;
    const struct sinew_act *late; ///< what goes over the sums, or NULL
};

/* A block of outputs. */
struct block {
    int64_t first;  ///< input column of its first tap
    int64_t lo, hi; ///< columns first + lo .. first + hi - 1 lie inside
    float *y;
    int64_t y_step;
    int64_t kept; ///< outputs that are stored
};

SINEW_INLINE vf load(const float *x, int64_t n, bool whole) {
    return whole ? vf_load(x) : vf_load_n(x, n);
}

/* A kernel whose width and stride are known: every input is loaded once, for
 * all outputs that need it. In a whole block only columns as far from its ends
 * as the kernel is wide may lie outside. */
SINEW_INLINE void sum_known(const struct line *l, const struct block *b,
                            int count, int kw, int step, bool whole, vf *sum) {
    const float *x = l->x + b->first * l->x_col, *w = l->w;
    int columns = (count - 1) * step + kw;
    vf in[2 * BLOCK + 5];

    for (int64_t t = 0; t < l->taps; t++) {
        SINEW_UNROLL
        for (int i = 0; i < columns; i++) {
            in[i] = vf_zero();
            if ((i < kw - 1 || !whole) && i < b->lo) continue;
            if ((i > columns - kw || !whole) && i >= b->hi) continue;
            in[i] = load(x + i * l->x_col, l->lanes, whole);
        }
        SINEW_UNROLL
        for (int k = 0; k < kw; k++) {
            vf tap = vf_load(w + k * VF_LANES);
            SINEW_UNROLL
            for (int o = 0; o < count; o++)
                sum[o] = vf_fma(in[o * step + k], tap, sum[o]);
        }
        x += l->x_down;
        w += kw * VF_LANES;
    }
    if (!l->far) return;
    /* the next vector of channels comes by here soon */
    SINEW_UNROLL
    for (int i = kw / 2; i < columns; i++)
        __builtin_prefetch(x - l->x_down + i * l->x_col + VF_LANES);
}

/* Any kernel. */
SINEW_INLINE void sum_any(const struct line *l, const struct block *b,
                          int count, bool whole, vf *sum) {
    const float *x = l->x + b->first * l->x_col, *w = l->w;

    for (int64_t t = 0; t < l->taps; t++, x += l->x_down) {
        for (int64_t k = 0; k < l->kw; k++, w += VF_LANES) {
            vf tap = vf_load(w);
            SINEW_UNROLL
            for (int o = 0; o < count; o++) {
                int64_t i = k * l->dilation + o * l->stride;
                if (i < b->lo || i >= b->hi) continue;
                vf in = load(x + i * l->x_col, l->lanes, whole);
                sum[o] = vf_fma(in, tap, sum[o]);
            }
        }
    }
}

/* Sums and stores `count` outputs; kw and step are 0 where they are not known.
 * `whole`: all outputs are kept, and all lanes. */
SINEW_INLINE void run_block(const struct line *l, const struct block *b,
                            int count, int kw, int step, bool whole) {
    vf bias = vf_load(l->bias), sum[BLOCK];

    SINEW_UNROLL
    for (int o = 0; o < count; o++)
        sum[o] = bias;
    if (kw)
        sum_known(l, b, count, kw, step, whole, sum);
    else
        sum_any(l, b, count, whole, sum);
    SINEW_UNROLL
    for (int o = 0; o < count; o++) {
        vf v = vf_limit(sum[o], l->limits);
        if (whole)
            vf_store(b->y + o * b->y_step, v);
        else if (o < b->kept)
            vf_store_n(b->y + o * b->y_step, v, l->lanes);
    }
}

/* Outputs begin..end-1 in blocks, the last of which may overlap the one
 * before; output `begin` goes to y. */
SINEW_INLINE void blocks(const struct line *l, int64_t begin, int64_t end,
                         float *y, int64_t y_step, int kw, int step) {
    for (int64_t j = begin; j < end; j += BLOCK) {
        bool half = end - j <= BLOCK / 2;
        int64_t count = half ? BLOCK / 2 : BLOCK;
        int64_t from = end - j >= count || end - begin < count ? j
                                                               : end - count;
        int64_t first = from * l->stride - l->pad;
        const struct block b = {
            .first = first,
            .lo = first < 0 ? -first : 0,
            .hi = l->width - first,
            .y = y + (from - begin) * y_step,
            .y_step = y_step,
            .kept = end - from < count ? end - from : count,
        };
        bool whole = b.kept == count && l->lanes == VF_LANES;
        if (whole && half)
            run_block(l, &b, BLOCK / 2, kw, step, true);
        else if (whole)
            run_block(l, &b, BLOCK, kw, step, true);
        else if (half)
            run_block(l, &b, BLOCK / 2, kw, step, false);
        else
            run_block(l, &b, BLOCK, kw, step, false);
    }
}

/* A row of outputs; sums that still need their activation wait in pieces. */
SINEW_INLINE void row(const struct line *given, int kw, int step) {
    const struct line l = *given;
    float sums[(PIECE + BLOCK) * VF_LANES];

    for (int64_t j = 0, end; j < l.outputs; j = end) {
        float *y = l.y + j * l.y_col;
        bool last = !l.late || l.outputs - j <= PIECE + BLOCK;
        end = last ? l.outputs : j + PIECE;
        blocks(&l, j, end, l.late ? sums : y, l.late ? VF_LANES : l.y_col, kw,
               step);
        if (l.late)
            SINEW_NAME(act_rows)
            (sums, VF_LANES, y, l.y_col, end - j, l.lanes, l.late);
    }
}

/* The kernels of common networks with their sizes known, and any other; where
 * there are no vectors, size counts. */
typedef void row_fn(const struct line *l);
#if VF_LANES == 1
#define FOR_KERNELS(X) X(3, 1)
#else
#define FOR_KERNELS(X) X(2, 1) X(3, 1) X(3, 2) X(5, 1) X(5, 2) X(7, 1)
#endif
#define ROW(k, s)                                                              \
    static void row_k##k##s##s(const struct line *l) {                         \
        row(l, k, s);                                                          \
    }
FOR_KERNELS(ROW)

static void row_any(const struct line *l) {
    row(l, 0, 0);
}

static row_fn *choose_row(const struct sinew_dwconv *d) {
#define CHOOSE(k, s)                                                           \
    if (d->kw == k && d->stride_w == s && d->dilation_w == 1)                  \
        return row_k##k##s##s;
    FOR_KERNELS(CHOOSE)
#undef CHOOSE
    return row_any;
}

/* Sets the rows of the kernel that lie inside the image for output row i. */
static void line_rows(struct line *l, const struct sinew_dwconv *d,
                      const float *x, const float *w, int64_t i) {
    int64_t first = i * d->stride_h - d->pad_top, lo = 0, hi = d->kh;

    while (lo < hi && first + lo * d->dilation_h < 0)
        lo++;
    while (hi > lo && first + (hi - 1) * d->dilation_h >= d->h)
        hi--;
    l->taps = hi - lo;
    l->x = x + (first + lo * d->dilation_h) * d->x_row;
    l->w = w + lo * d->kw * VF_LANES;
}

void SINEW_NAME(f32_dwconv)(const struct sinew_dwconv *d) {
    struct line l = {
        .x_down = d->dilation_h * d->x_row,
        .x_col = d->x_col,
        .y_col = d->y_col,
        .width = d->w,
        .outputs = d->ow,
        .kw = d->kw,
        .stride = d->stride_w,
        .dilation = d->dilation_w,
        .pad = d->pad_left,
        .far = d->far,
        .limits = limits_of(&d->act),
        .late = limits_suffice(&d->act) ? NULL : &d->act,
    };
    int64_t panel = (1 + d->kh * d->kw) * VF_LANES;
    row_fn *run = choose_row(d);

    for (int64_t c = 0; c < d->channels; c += VF_LANES) {
        const float *w = d->weights + c / VF_LANES * panel;
        l.bias = w;
        l.lanes = d->channels - c < VF_LANES ? d->channels - c : VF_LANES;
        for (int64_t i = d->begin; i < d->end; i++) {
            line_rows(&l, d, d->x + c, w + VF_LANES, i);
            l.y = d->y + i * d->y_row + c;
            run(&l);
        }
    }
}
