/*
 * dwconv_grad_tmpl.c - how the weights of a depthwise convolution have to do
 * with its result.
 *
 * One vector of channels at a time: for each row of the kernel the sums of its
 * columns stay in registers along an output row, BLOCK outputs at a time, so
 * that with width and stride known each input is loaded once for all outputs of
 * the block that need it. At the left and right border the taps outside are
 * left out.
 */
#include "kernel/isa.h"
#include "kernel/vec/f32.h"

enum { BLOCK = 4, MAX_KW = 8 };

/* One vector of channels, one row of the kernel, one output row. */
struct line {
    const struct sinew_dwconv_grad *g;
    const float *x;  ///< input row, column 0
    const float *dy; ///< output row, column 0
    float *sums;     ///< of the kernel row's first column
    int64_t lanes;
};

/* `count` outputs from column j on, all taps inside, added to sum[kw]. */
SINEW_INLINE void block(const struct line *l, int64_t j, int count, int kw,
                        int64_t step, int64_t dilation, int part, vf *sum) {
    const struct sinew_dwconv_grad *g = l->g;
    const float *x = l->x + (j * step - g->pad_left) * g->x_col;
    const float *dy = l->dy + j * g->dy_col;

    SINEW_UNROLL
    for (int o = 0; o < count; o++) {
        const float *at = x + o * step * g->x_col;
        vf d = part ? vf_load_n(dy + o * g->dy_col, l->lanes)
                    : vf_load(dy + o * g->dy_col);
        SINEW_UNROLL
        for (int q = 0; q < kw; q++) {
            const float *p = at + q * dilation * g->x_col;
            vf in = part ? vf_load_n(p, l->lanes) : vf_load(p);
            sum[q] = vf_fma(d, in, sum[q]);
        }
    }
}

SINEW_INLINE void middle(const struct line *l, int64_t begin, int64_t end,
                         int kw, int64_t step, int64_t dilation, int part) {
    int64_t channels = l->g->channels, j = begin;
    vf sum[MAX_KW];

    SINEW_UNROLL
    for (int q = 0; q < kw; q++)
        sum[q] = vf_load_n(l->sums + q * channels, l->lanes);
    for (; j + BLOCK <= end; j += BLOCK)
        block(l, j, BLOCK, kw, step, dilation, part, sum);
    for (; j < end; j++)
        block(l, j, 1, kw, step, dilation, part, sum);
    SINEW_UNROLL
    for (int q = 0; q < kw; q++)
        vf_store_n(l->sums + q * channels, sum[q], l->lanes);
}

/* Outputs begin..end-1, the taps that are inside. */
static void edge(const struct line *l, int64_t begin, int64_t end) {
    const struct sinew_dwconv_grad *g = l->g;

    for (int64_t j = begin; j < end; j++) {
        vf d = vf_load_n(l->dy + j * g->dy_col, l->lanes);
        for (int64_t q = 0; q < g->kw; q++) {
            int64_t s = j * g->stride_w + q * g->dilation_w - g->pad_left;
            float *sum = l->sums + q * g->channels;
            if (s < 0 || s >= g->w) continue;
            vf in = vf_load_n(l->x + s * g->x_col, l->lanes);
            vf_store_n(sum, vf_fma(d, in, vf_load_n(sum, l->lanes)), l->lanes);
        }
    }
}

typedef void middle_fn(const struct line *l, int64_t begin, int64_t end);
#define FOR_KERNELS(X) X(3, 1) X(3, 2) X(5, 1) X(5, 2) X(7, 1)
#define MIDDLE(k, s)                                                           \
    static void middle_k##k##s##s(const struct line *l, int64_t begin,         \
                                  int64_t end) {                               \
        middle(l, begin, end, k, s, 1, 0);                                     \
    }                                                                          \
    static void part_k##k##s##s(const struct line *l, int64_t begin,           \
                                int64_t end) {                                 \
        middle(l, begin, end, k, s, 1, 1);                                     \
    }
FOR_KERNELS(MIDDLE)

static middle_fn *choose_middle(const struct sinew_dwconv_grad *g, bool part) {
#define CHOOSE(k, s)                                                           \
    if (g->kw == k && g->stride_w == s && g->dilation_w == 1)                  \
        return part ? part_k##k##s##s : middle_k##k##s##s;
    FOR_KERNELS(CHOOSE)
#undef CHOOSE
    return edge;
}

/* Output columns lo..hi-1 have all taps inside. */
static void inside(const struct sinew_dwconv_grad *g, int64_t *lo,
                   int64_t *hi) {
    int64_t reach = (g->kw - 1) * (int64_t)g->dilation_w;
    int64_t last = g->w - 1 - reach + g->pad_left;

    *lo = g->pad_left > 0 ? (g->pad_left + g->stride_w - 1) / g->stride_w : 0;
    *hi = last < 0 ? 0 : last / g->stride_w + 1;
    *hi = *hi < g->ow ? *hi : g->ow;
    *lo = *lo < g->ow ? *lo : g->ow;
    *hi = *hi > *lo ? *hi : *lo;
}

void SINEW_NAME(f32_dwconv_grad)(const struct sinew_dwconv_grad *g) {
    struct line l = {.g = g};
    int64_t lo, hi;

    inside(g, &lo, &hi);
    for (int64_t c = 0; c < g->channels; c += VF_LANES) {
        int64_t left = g->channels - c;
        l.lanes = left < VF_LANES ? left : VF_LANES;
        middle_fn *run = choose_middle(g, left < VF_LANES);
        for (int64_t i = g->begin; i < g->end; i++) {
            l.dy = g->dy + i * g->dy_row + c;
            for (int64_t p = 0; p < g->kh; p++) {
                int64_t r = i * g->stride_h + p * g->dilation_h - g->pad_top;
                if (r < 0 || r >= g->h) continue;
                l.x = g->x + r * g->x_row + c;
                l.sums = g->sums + p * g->kw * g->channels + c;
                edge(&l, 0, lo);
                run(&l, lo, hi);
                edge(&l, hi, g->ow);
            }
        }
    }
}
