/*
 * dwconv_tmpl.c - depthwise convolution: every channel has its own kernel.
 *
 * One vector of channels at a time goes over all rows asked for, so that its
 * weights and the input rows it meets again stay in the first cache. Along a
 * row `BLOCK` neighbouring outputs are summed together: each weight is loaded
 * once for all of them, and with the width and stride of the kernel known, each
 * input once for all outputs that need it. Outputs whose window crosses the
 * left or right border are summed one by one over the taps inside; rows above
 * and below are left out. All ways sum in the order of rows, then columns of
 * the kernel.
 */
#include "kernel/isa.h"
#include "kernel/tmpl/late.h"
#include "kernel/vec/math.h"

#if VF_REGS == 32
#define BLOCK 8
#else
#define BLOCK 4
#endif

/* One vector of channels of one row of outputs. */
struct line {
    const struct sinew_dwconv *d;
    const float *x; ///< row of the first tap inside, column 0
    const float *w; ///< weights of that tap's row
    const float *bias;
    float *y;      ///< column 0 of the output
    int64_t taps;  ///< rows of the kernel inside the image
    int64_t lanes; ///< channels in the vector
    struct limits limits;
};

SINEW_INLINE vf load_part(const float *p, int64_t n, bool part) {
    return part ? vf_load_n(p, n) : vf_load(p);
}

SINEW_INLINE void store_part(float *p, vf v, int64_t n, bool part) {
    if (part)
        vf_store_n(p, v, n);
    else
        vf_store(p, v);
}

/* `count` outputs from column j on, all taps inside; kw and step are constants
 * where the caller knows them. */
SINEW_INLINE void block(const struct line *l, int64_t j, int count, int kw,
                        int64_t step, int64_t dilation, bool part) {
    const struct sinew_dwconv *d = l->d;
    const float *x = l->x + (j * step - d->pad_left) * d->x_col;
    const float *w = l->w;
    vf sum[BLOCK];

    SINEW_UNROLL
    for (int o = 0; o < count; o++)
        sum[o] = vf_load(l->bias);
    for (int64_t t = 0; t < l->taps; t++) {
        for (int k = 0; k < kw; k++) {
            vf tap = vf_load(w + k * VF_LANES);
            const float *at = x + k * dilation * d->x_col;
            SINEW_UNROLL
            for (int o = 0; o < count; o++) {
                vf in = load_part(at + o * step * d->x_col, l->lanes, part);
                sum[o] = vf_fma(in, tap, sum[o]);
            }
        }
        x += d->dilation_h * d->x_row;
        w += kw * VF_LANES;
    }
    SINEW_UNROLL
    for (int o = 0; o < count; o++)
        store_part(l->y + (j + o) * d->y_col, vf_limit(sum[o], l->limits),
                   l->lanes, part);
}

/* One output whose window crosses a border. */
static void edge(const struct line *l, int64_t j) {
    const struct sinew_dwconv *d = l->d;
    int64_t first = j * d->stride_w - d->pad_left;
    int64_t lo = first < 0 ? (-first + d->dilation_w - 1) / d->dilation_w : 0;
    int64_t hi = first < d->w ? (d->w - 1 - first) / d->dilation_w + 1 : 0;
    const float *x = l->x, *w = l->w;
    vf sum = vf_load(l->bias);

    hi = hi < d->kw ? hi : d->kw;
    for (int64_t t = 0; t < l->taps; t++) {
        for (int64_t k = lo; k < hi; k++) {
            const float *at = x + (first + k * d->dilation_w) * d->x_col;
            sum =
                vf_fma(vf_load_n(at, l->lanes), vf_load(w + k * VF_LANES), sum);
        }
        x += d->dilation_h * d->x_row;
        w += d->kw * VF_LANES;
    }
    vf_store_n(l->y + j * d->y_col, vf_limit(sum, l->limits), l->lanes);
}

/* Outputs begin..end-1, all taps inside: in blocks, the last of which may
 * overlap the one before. */
SINEW_INLINE void middle(const struct line *l, int64_t begin, int64_t end,
                         int kw, int64_t step, int64_t dilation, bool part) {
    int64_t j = begin;

    for (; j + BLOCK <= end; j += BLOCK)
        block(l, j, BLOCK, kw, step, dilation, part);
    if (j == end) return;
    if (end - begin >= BLOCK) {
        block(l, end - BLOCK, BLOCK, kw, step, dilation, part);
        return;
    }
    for (; j < end; j++)
        block(l, j, 1, kw, step, dilation, part);
}

/* The kernels of common networks with all sizes known, and any other; whole
 * vectors of channels and the last, shorter one. */
typedef void middle_fn(const struct line *l, int64_t begin, int64_t end);
#define FOR_KERNELS(X) X(3, 1) X(3, 2) X(5, 1) X(5, 2) X(7, 1)
#define MIDDLE(k, s)                                                           \
    static void middle_k##k##s##s(const struct line *l, int64_t begin,         \
                                  int64_t end) {                               \
        middle(l, begin, end, k, s, 1, false);                                 \
    }                                                                          \
    static void part_k##k##s##s(const struct line *l, int64_t begin,           \
                                int64_t end) {                                 \
        middle(l, begin, end, k, s, 1, true);                                  \
    }
FOR_KERNELS(MIDDLE)

static void middle_any(const struct line *l, int64_t begin, int64_t end) {
    const struct sinew_dwconv *d = l->d;

    middle(l, begin, end, d->kw, d->stride_w, d->dilation_w, false);
}

static void part_any(const struct line *l, int64_t begin, int64_t end) {
    const struct sinew_dwconv *d = l->d;

    middle(l, begin, end, d->kw, d->stride_w, d->dilation_w, true);
}

static middle_fn *choose_middle(const struct sinew_dwconv *d, bool part) {
#define CHOOSE(k, s)                                                           \
    if (d->kw == k && d->stride_w == s && d->dilation_w == 1)                  \
        return part ? part_k##k##s##s : middle_k##k##s##s;
    FOR_KERNELS(CHOOSE)
#undef CHOOSE
    return part ? part_any : middle_any;
}

/* Sets the rows of the kernel that lie inside the image for output row i. */
static void line_rows(struct line *l, const float *x, const float *w,
                      int64_t i) {
    const struct sinew_dwconv *d = l->d;
    int64_t first = i * d->stride_h - d->pad_top;
    int64_t lo = first < 0 ? (-first + d->dilation_h - 1) / d->dilation_h : 0;
    int64_t hi = first < d->h ? (d->h - 1 - first) / d->dilation_h + 1 : 0;

    hi = hi < d->kh ? hi : d->kh;
    l->taps = hi > lo ? hi - lo : 0;
    l->x = x + (first + lo * d->dilation_h) * d->x_row;
    l->w = w + lo * d->kw * VF_LANES;
}

/* Columns lo..hi-1 have all taps inside. */
static void inside(const struct sinew_dwconv *d, int64_t *lo, int64_t *hi) {
    int64_t reach = (d->kw - 1) * (int64_t)d->dilation_w;
    int64_t last = d->w - 1 - reach + d->pad_left;

    *lo = d->pad_left > 0 ? (d->pad_left + d->stride_w - 1) / d->stride_w : 0;
    *hi = last < 0 ? 0 : last / d->stride_w + 1;
    *hi = *hi < d->ow ? *hi : d->ow;
    *lo = *lo < d->ow ? *lo : d->ow;
    *hi = *hi > *lo ? *hi : *lo;
}

void SINEW_NAME(f32_dwconv)(const struct sinew_dwconv *d) {
    struct line l = {.d = d, .limits = limits_of(&d->act)};
    bool late = !limits_suffice(&d->act);
    int64_t lo, hi, panel = (1 + d->kh * d->kw) * VF_LANES;

    inside(d, &lo, &hi);
    for (int64_t c = 0; c < d->channels; c += VF_LANES) {
        const float *w = d->weights + c / VF_LANES * panel;
        l.bias = w;
        l.lanes = d->channels - c < VF_LANES ? d->channels - c : VF_LANES;
        middle_fn *run = choose_middle(d, l.lanes < VF_LANES);
        for (int64_t i = d->begin; i < d->end; i++) {
            line_rows(&l, d->x + c, w + VF_LANES, i);
            l.y = d->y + i * d->y_row + c;
            for (int64_t j = 0; j < lo; j++)
                edge(&l, j);
            run(&l, lo, hi);
            for (int64_t j = hi; j < d->ow; j++)
                edge(&l, j);
            if (late)
                SINEW_NAME(act_rows)(l.y, d->y_col, d->ow, l.lanes, &d->act);
        }
    }
}
