/*
 * dwconv_grad_tmpl.c - how the weights of a depthwise convolution have to do
 * with its result.
 *
 * One vector of channels and one row of the kernel at a time: the sums of its
 * columns stay in registers while all rows of outputs go by, BLOCK outputs at a
 * time, so that with width and stride known each input is loaded once for all
 * outputs of the block that need it; every other output has sums of its own, as
 * few sums would wait for each other. At the left and right border the taps
 * outside are left out.
 */
#include "kernel/isa.h"
#include "kernel/vec/f32.h"

enum { BLOCK = 4, MAX_KW = 8 };

/* One vector of channels, one row of the kernel. */
struct job {
    const struct sinew_dwconv_grad *g;
    const float *x, *dy; ///< channel 0 of the vector
    float *sums;         ///< of the kernel row's first column
    int64_t p, lanes;
    int64_t lo, hi; ///< output columns with all taps inside
};

SINEW_INLINE vf load(const float *p, int64_t n, int part) {
    return part ? vf_load_n(p, n) : vf_load(p);
}

/* `count` outputs from column j on, all taps inside, added to sum[kw], of odd
 * ones to odd[kw]; x and dy at the rows' first columns. */
SINEW_INLINE void block(const struct job *job, const float *x, const float *dy,
                        int64_t j, int count, int kw, int64_t step,
                        int64_t dilation, int part, vf *sum, vf *odd) {
    const struct sinew_dwconv_grad *g = job->g;

    x += (j * step - g->pad_left) * g->x_col;
    dy += j * g->dy_col;
    SINEW_UNROLL
    for (int o = 0; o < count; o++) {
        const float *at = x + o * step * g->x_col;
        vf d = load(dy + o * g->dy_col, job->lanes, part);
        SINEW_UNROLL
        for (int q = 0; q < kw; q++) {
            vf in = load(at + q * dilation * g->x_col, job->lanes, part);
            if (o % 2 == 0)
                sum[q] = vf_fma(d, in, sum[q]);
            else
                odd[q] = vf_fma(d, in, odd[q]);
        }
    }
}

/* Outputs begin..end-1, the taps that are inside. */
SINEW_INLINE void edge(const struct job *job, const float *x, const float *dy,
                       int64_t begin, int64_t end, int kw, int64_t step,
                       int64_t dilation, int part, vf *sum) {
    const struct sinew_dwconv_grad *g = job->g;

    for (int64_t j = begin; j < end; j++) {
        int64_t s = j * step - g->pad_left;
        vf d = load(dy + j * g->dy_col, job->lanes, part);
        SINEW_UNROLL
        for (int q = 0; q < kw; q++, s += dilation)
            if (s >= 0 && s < g->w)
                sum[q] = vf_fma(d, load(x + s * g->x_col, job->lanes, part),
                                sum[q]);
    }
}

/* All rows of outputs. */
SINEW_INLINE void all_rows(const struct job *job, int kw, int64_t step,
                           int64_t dilation, int part) {
    const struct sinew_dwconv_grad *g = job->g;
    vf sum[MAX_KW], odd[MAX_KW];

    SINEW_UNROLL
    for (int q = 0; q < kw; q++)
        sum[q] = odd[q] = vf_zero();
    for (int64_t i = g->begin; i < g->end; i++) {
        int64_t r = i * g->stride_h + job->p * g->dilation_h - g->pad_top;
        const float *x = job->x + r * g->x_row;
        const float *dy = job->dy + i * g->dy_row;
        int64_t j = job->lo;
        if (r < 0 || r >= g->h) continue;
        edge(job, x, dy, 0, j, kw, step, dilation, part, sum);
        for (; j + BLOCK <= job->hi; j += BLOCK)
            block(job, x, dy, j, BLOCK, kw, step, dilation, part, sum, odd);
        for (; j < job->hi; j++)
            block(job, x, dy, j, 1, kw, step, dilation, part, sum, odd);
        edge(job, x, dy, j, g->ow, kw, step, dilation, part, odd);
    }
    SINEW_UNROLL
    for (int q = 0; q < kw; q++) {
        float *to = job->sums + q * g->channels;
        vf all = vf_add(vf_load_n(to, job->lanes), vf_add(sum[q], odd[q]));
        vf_store_n(to, all, job->lanes);
    }
}

typedef void rows_fn(const struct job *job);
#if VF_LANES == 1
#define FOR_KERNELS(X) X(3, 1)
#else
#define FOR_KERNELS(X) X(3, 1) X(3, 2) X(5, 1) X(5, 2) X(7, 1)
#endif
#define ROWS(k, s)                                                             \
    static void rows_k##k##s##s(const struct job *job) {                       \
        all_rows(job, k, s, 1, 0);                                             \
    }                                                                          \
    static void part_k##k##s##s(const struct job *job) {                       \
        all_rows(job, k, s, 1, 1);                                             \
    }
FOR_KERNELS(ROWS)

/* Kernels of other sizes, one column at a time. */
static void rows_any(const struct job *job) {
    const struct sinew_dwconv_grad *g = job->g;

    for (int q = 0; q < g->kw; q++) {
        struct sinew_dwconv_grad one = *g;
        struct job column = *job;
        one.kw = 1;
        one.pad_left -= q * g->dilation_w;
        column.g = &one;
        column.sums += q * g->channels;
        column.lo = 0;
        column.hi = 0; /* every output is checked */
        all_rows(&column, 1, g->stride_w, 1, 1);
    }
}

static rows_fn *choose_rows(const struct sinew_dwconv_grad *g, bool part) {
#define CHOOSE(k, s)                                                           \
    if (g->kw == k && g->stride_w == s && g->dilation_w == 1)                  \
        return part ? part_k##k##s##s : rows_k##k##s##s;
    FOR_KERNELS(CHOOSE)
#undef CHOOSE
    return rows_any;
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
    struct job job = {.g = g};

    inside(g, &job.lo, &job.hi);
    for (int64_t c = 0; c < g->channels; c += VF_LANES) {
        int64_t left = g->channels - c;
        job.lanes = left < VF_LANES ? left : VF_LANES;
        job.x = g->x + c;
        job.dy = g->dy + c;
        rows_fn *run = choose_rows(g, left < VF_LANES);
        for (job.p = 0; job.p < g->kh; job.p++) {
            job.sums = g->sums + job.p * g->kw * g->channels + c;
            run(&job);
        }
    }
}
