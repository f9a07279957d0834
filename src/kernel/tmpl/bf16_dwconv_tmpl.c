/*
 * bf16_dwconv_tmpl.c - depthwise convolution of bf16, two rows of the kernel at
 * a time.
 *
 * The numbers of two rows of the input, one below the other, are zipped to
 * words, which meet the pairs of weights of both rows in one instruction. With
 * a stride of 1 two rows of outputs, an even one and the next, read the same
 * words; they differ in how the kernel's rows are paired. Along a row it is as
 * in dwconv_tmpl.c: a block of neighbouring outputs is summed together, each
 * column of the input loaded once. Of a pair of rows of which one lies outside
 * the image the other is read twice, with that one's weights cleared. Two
 * vectors of channels go side by side over the rows, as they share cache lines.
 */
#include "kernel/isa.h"
#include "kernel/tmpl/late.h"
#include "kernel/vec/bf16.h"

enum {
    BLOCK = 8,
    PIECE = 32,
    SIDE = 2,
    MAX_PAIRS = SINEW_BF16_DWCONV_ROWS / 2
};

/* Two rows of the input at column 0, the second `down` from the first, and the
 * weights they meet. */
struct pair {
    const sinew_bf16 *x;
    int64_t down;
    const float *w;
    uint32_t mask; ///< of the weights that count
};

/* One vector of channels of one or two rows of outputs. */
struct line {
    const struct pair *pairs;
    int64_t n_pairs;
    int64_t other; ///< from the weights of the first row to the second's
    const float *bias;
    sinew_bf16 *y[2];       ///< column 0 of the outputs; NULL is left out
    int64_t x_col, y_col;   ///< from one pixel to the next
    int64_t width, outputs; ///< pixels of the rows
    int64_t pad;
    int64_t lanes; ///< channels in the vector
    struct limits limits;
    const struct sinew_act *late; ///< what goes over the sums, or NULL
};

/* A block of outputs, the first of which is output `from` of the row and `at`
 * of the sums; otherwise as in dwconv_tmpl.c. */
struct block {
    int64_t first;
    int64_t lo, hi;
    int64_t from, at;
};

/* Sums that wait for l->late. */
struct sums {
    float row[2][(PIECE + BLOCK) * VF_LANES];
};

SINEW_INLINE vf load_tap(const float *w, uint32_t mask) {
    return (vf)_mm512_and_epi32(_mm512_loadu_si512(w),
                                _mm512_set1_epi32((int32_t)mask));
}

/* Only columns as far from the block's ends as the kernel is wide may lie
 * outside. */
SINEW_INLINE void sum_block(const struct line *l, const struct block *b,
                            int count, int kw, int step, int rows,
                            vf sum[2][BLOCK]) {
    int columns = (count - 1) * step + kw;
    vf in[2 * BLOCK + 5];

    for (int64_t t = 0; t < l->n_pairs; t++) {
        const struct pair p = l->pairs[t];
        const sinew_bf16 *x = p.x + b->first * l->x_col;
        const sinew_bf16 *z = x + p.down;
        SINEW_UNROLL
        for (int i = 0; i < columns; i++) {
            in[i] = vf_zero();
            if (i < kw - 1 && i < b->lo) continue;
            if (i > columns - kw && i >= b->hi) continue;
            in[i] =
                vh_zip(vh_load(x + i * l->x_col), vh_load(z + i * l->x_col));
        }
        SINEW_UNROLL
        for (int k = 0; k < kw; k++)
            SINEW_UNROLL
        for (int r = 0; r < rows; r++) {
            vf tap = load_tap(p.w + r * l->other + k * VF_LANES, p.mask);
            SINEW_UNROLL
            for (int o = 0; o < count; o++)
                sum[r][o] = vf_fma_pairs(in[o * step + k], tap, sum[r][o]);
        }
    }
}

/* `count` outputs of all lanes. */
SINEW_INLINE void run_block(const struct line *l, const struct block *b,
                            struct sums *sums, int count, int kw, int step,
                            int rows) {
    vf bias = vf_load(l->bias), sum[2][BLOCK];

    SINEW_UNROLL
    for (int o = 0; o < count; o++)
        sum[0][o] = sum[1][o] = bias;
    sum_block(l, b, count, kw, step, rows, sum);
    SINEW_UNROLL
    for (int r = 0; r < rows; r++) {
        sinew_bf16 *y = l->y[r] + b->from * l->y_col;
        if (!l->y[r]) continue;
        SINEW_UNROLL
        for (int o = 0; o < count; o++) {
            vf v = vf_limit(sum[r][o], l->limits);
            if (l->late)
                vf_store(sums->row[r] + (b->at + o) * VF_LANES, v);
            else
                vf_store_bf16(y + o * l->y_col, v);
        }
    }
}

/* The same one output after the other, for rows narrower than a block and for
 * the last few channels. */
static void run_narrow(const struct line *l, const struct block *b,
                       struct sums *sums, int64_t count, int kw, int step,
                       int rows) {
    for (int64_t i = 0; i < rows * count; i++) {
        int64_t r = i / count, o = i - r * count;
        vf sum = vf_load(l->bias);
        if (!l->y[r]) continue;
        for (int64_t t = 0; t < l->n_pairs; t++)
            for (int k = 0; k < kw; k++) {
                const struct pair *p = &l->pairs[t];
                int64_t s = o * step + k;
                const sinew_bf16 *x = p->x + (b->first + s) * l->x_col;
                if (s < b->lo || s >= b->hi) continue;
                sum = vf_fma_pairs(
                    vh_zip(vh_load_n(x, l->lanes),
                           vh_load_n(x + p->down, l->lanes)),
                    load_tap(p->w + r * l->other + k * VF_LANES, p->mask), sum);
            }
        sum = vf_limit(sum, l->limits);
        if (l->late)
            vf_store(sums->row[r] + (b->at + o) * VF_LANES, sum);
        else
            vf_store_bf16_n(l->y[r] + (b->from + o) * l->y_col, sum, l->lanes);
    }
}

/* Outputs begin..end-1 in blocks, the last of which may overlap the one
 * before. */
SINEW_INLINE void blocks(const struct line *l, int64_t begin, int64_t end,
                         struct sums *sums, int kw, int step, int rows) {
    for (int64_t j = begin; j < end; j += BLOCK) {
        bool half = end - j <= BLOCK / 2;
        int64_t count = half ? BLOCK / 2 : BLOCK;
        int64_t from =
            end - j >= count || end - begin < count ? j : end - count;
        int64_t first = from * step - l->pad;
        const struct block b = {
            .first = first,
            .lo = first < 0 ? -first : 0,
            .hi = l->width - first,
            .from = from,
            .at = from - begin,
        };
        if (l->lanes < VF_LANES || end - from < count)
            run_narrow(l, &b, sums, end - from < count ? end - from : count, kw,
                       step, rows);
        else if (half)
            run_block(l, &b, sums, BLOCK / 2, kw, step, rows);
        else
            run_block(l, &b, sums, BLOCK, kw, step, rows);
    }
}

/* Rows of outputs; sums that still need their activation wait in pieces. */
SINEW_INLINE void row(const struct line *given, int kw, int step) {
    const struct line l = *given;
    int rows = step == 1 ? 2 : 1;
    struct sums sums;

    for (int64_t j = 0, end; j < l.outputs; j = end) {
        bool last = !l.late || l.outputs - j <= PIECE + BLOCK;
        end = last ? l.outputs : j + PIECE;
        blocks(&l, j, end, &sums, kw, step, rows);
        for (int r = 0; l.late && r < rows; r++)
            if (l.y[r]) SINEW_NAME(bf16_act)
        (sums.row[r], VF_LANES, l.y[r] + j * l.y_col, l.y_col, end - j, l.lanes,
         l.late);
    }
}

typedef void row_fn(const struct line *l);
#define ROW(k, s)                                                              \
    static void row_k##k##s##s(const struct line *l) {                         \
        row(l, k, s);                                                          \
    }
SINEW_BF16_DWCONVS(ROW)

static row_fn *choose_row(const struct sinew_dwconv *d) {
#define CHOOSE(k, s)                                                           \
    if (d->kw == k && d->stride_w == s) return row_k##k##s##s;
    SINEW_BF16_DWCONVS(CHOOSE)
#undef CHOOSE
    return NULL;
}

/* The pairs of rows that output row i reads, and with them row i + 1. */
static int64_t list_pairs(struct pair *pairs, const struct sinew_dwconv *d,
                          int64_t i) {
    int64_t first = i * d->stride_h - d->pad_top, n = 0;

    for (int64_t p = 0; p < d->kh; p += 2) {
        int64_t a = first + p * d->dilation_h, b = a + d->dilation_h;
        bool has_a = a >= 0 && a < d->h, has_b = b >= 0 && b < d->h;
        if (!has_a && !has_b) continue;
        pairs[n++] = (struct pair){
            .x = d->x16 + (has_a ? a : b) * d->x_row,
            .down = has_a && has_b ? d->dilation_h * d->x_row : 0,
            .w = d->weights + (1 + p / 2 * d->kw) * VF_LANES,
            .mask = (has_a ? 0xffffu : 0) | (has_b ? 0xffff0000u : 0),
        };
    }
    return n;
}

/* One vector of channels from c on, for output row i and `rows` in all; the
 * last one lies over the one before where there are channels enough. */
static void run_line(struct line *l, const struct sinew_dwconv *d,
                     const struct pair *pairs, int64_t i, int rows, int64_t c,
                     row_fn *run) {
    int64_t panel = (1 + (d->kh + 1) * d->kw) * VF_LANES;
    int64_t left = d->channels - c, weights = c / VF_LANES * panel;
    struct pair mine[MAX_PAIRS];

    if (left < VF_LANES && d->channels >= VF_LANES) {
        c = d->channels - VF_LANES;
        left = VF_LANES;
    }

    for (int64_t t = 0; t < l->n_pairs; t++) {
        mine[t] = pairs[t];
        mine[t].x += c;
        mine[t].w += weights;
    }
    l->pairs = mine;
    l->bias = d->weights + weights;
    l->lanes = left < VF_LANES ? left : VF_LANES;
    for (int r = 0; r < 2; r++)
        l->y[r] = r < rows && i + r >= d->begin && i + r < d->end
                      ? d->y16 + (i + r) * d->y_row + c
                      : NULL;
    run(l);
}

void SINEW_NAME(bf16_dwconv)(const struct sinew_dwconv *d) {
    struct line l = {
        .other = (d->kh + 1) / 2 * d->kw * VF_LANES,
        .x_col = d->x_col,
        .y_col = d->y_col,
        .width = d->w,
        .outputs = d->ow,
        .pad = d->pad_left,
        .limits = limits_of(&d->act),
        .late = limits_suffice(&d->act) ? NULL : &d->act,
    };
    int rows = d->stride_w == 1 ? 2 : 1;
    row_fn *run = choose_row(d);

    for (int64_t c = 0; c < d->channels; c += SIDE * VF_LANES)
        for (int64_t i = d->begin / rows * rows; i < d->end; i += rows) {
            struct pair pairs[MAX_PAIRS];
            l.n_pairs = list_pairs(pairs, d, i);
            for (int64_t k = c; k < d->channels && k < c + SIDE * VF_LANES;
                 k += VF_LANES)
                run_line(&l, d, pairs, i, rows, k, run);
        }
}
