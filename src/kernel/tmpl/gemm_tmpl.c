/*
 * gemm_tmpl.c - the product behind convolutions and matrix products.
 *
 * Register blocking as of Goto and van de Geijn (2008): a tile of MR rows times
 * NV vectors of columns stays in registers while the sum runs over all taps and
 * their depth; per step it loads NV vectors of packed weights and broadcasts
 * one number of each row. Rows come through pointers, one list a tap, so that
 * the convolution needs no copy of its input (Dukhan 2019, "The indirect
 * convolution algorithm").
 *
 * The sum of one element has the same order in every tile shape, so results do
 * not depend on how rows and columns are cut into calls.
 */
#include "kernel/isa.h"
#include "kernel/tmpl/late.h"
#include "kernel/vec/f32.h"
#ifdef SINEW_PAIRS
#include "kernel/vec/bf16.h"
#define F32_GEMM SINEW_NAME(bf16_gemm)
#define MULTIPLY vf_fma_pairs
#else
#define F32_GEMM SINEW_NAME(f32_gemm)
#define MULTIPLY vf_fma
#endif

/* Tile sizes: as many sums as registers hold beside the weights and one
 * broadcast (and one product where there is no fused multiply-add). */
#define NV 2
#define NR (NV * VF_LANES)
#if VF_REGS == 32
#define MR           14
#define FOR_TILES(X) X(14) X(12) X(8) X(4) X(2) X(1)
#elif VF_LANES == 8
#define MR           6
#define FOR_TILES(X) X(6) X(4) X(2) X(1)
#else
#define MR           4
#define FOR_TILES(X) X(4) X(2) X(1)
#endif

/* Where a tile goes: `cols` columns of the panel are stored. */
struct target {
    float *y;
    int64_t stride, cols;
    struct limits limits;
};

/* Floats of a cache line, and how far ahead of their use weights are asked for:
 * those of a large network come from memory in every run. */
enum { LINE = 16, AHEAD = 2048, STEPS = 4 };

/* Rows i .. i+mr-1 times one panel of nv vectors, the last of which may be
 * cut. */
SINEW_INLINE void tile(const struct sinew_gemm *g, int64_t i, const float *w,
                       const struct target *to, int mr, int nv) {
    const float *const *rows = g->rows + i;
    const struct target out = *to; /* what is stored could change *to */
    const float *a[MR];
    vf sum[MR][NV];

    SINEW_UNROLL
    for (int r = 0; r < mr; r++) {
        SINEW_UNROLL
        for (int v = 0; v < nv; v++)
            sum[r][v] = vf_load(w + v * VF_LANES);
    }
    w += nv * VF_LANES;
    for (int64_t t = 0; t < g->taps; t++, rows += g->rows_stride) {
        SINEW_UNROLL
        for (int r = 0; r < mr; r++)
            a[r] = rows[r];
        int64_t k = 0;
        /* Fourteen pointers are more than there are registers: where a row has
         * one multiply-add a step, each is fetched for several. */
        for (; nv == 1 && k + STEPS <= g->depth;
             k += STEPS, w += STEPS * VF_LANES) {
            vf b[STEPS];
            SINEW_UNROLL
            for (int u = 0; u < STEPS; u++)
                b[u] = vf_load(w + u * VF_LANES);
            __builtin_prefetch(w + AHEAD);
            SINEW_UNROLL
            for (int r = 0; r < mr; r++) {
                const float *x = a[r] + k;
                SINEW_UNROLL
                for (int u = 0; u < STEPS; u++)
                    sum[r][0] = MULTIPLY(vf_set1(x[u]), b[u], sum[r][0]);
            }
        }
        for (; k < g->depth; k++, w += nv * VF_LANES) {
            vf b[NV];
            SINEW_UNROLL
            for (int v = 0; v < nv; v++) {
                b[v] = vf_load(w + v * VF_LANES);
                if (v * VF_LANES % LINE == 0)
                    __builtin_prefetch(w + AHEAD + v * VF_LANES);
            }
            SINEW_UNROLL
            for (int r = 0; r < mr; r++) {
                vf x = vf_set1(a[r][k]);
                SINEW_UNROLL
                for (int v = 0; v < nv; v++)
                    sum[r][v] = MULTIPLY(x, b[v], sum[r][v]);
            }
        }
    }
    SINEW_UNROLL
    for (int r = 0; r < mr; r++) {
        SINEW_UNROLL
        for (int v = 0; v < nv; v++) {
            vf x = vf_limit(sum[r][v], out.limits);
            int64_t left = out.cols - v * VF_LANES;
            if (left >= VF_LANES)
                vf_store(out.y + r * out.stride + v * VF_LANES, x);
            else if (left > 0)
                vf_store_n(out.y + r * out.stride + v * VF_LANES, x, left);
        }
    }
}

typedef void tile_fn(const struct sinew_gemm *g, int64_t i, const float *w,
                     const struct target *to);
#define TILE(mr, nv)                                                           \
    static void tile_##mr##x##nv(const struct sinew_gemm *g, int64_t i,        \
                                 const float *w, const struct target *to) {    \
        tile(g, i, w, to, mr, nv);                                             \
    }
#define TILES(mr) TILE(mr, 1) TILE(mr, 2)
FOR_TILES(TILES)

static const struct tile_row {
    int rows;
    tile_fn *run[NV]; ///< by vectors - 1
} tile_rows[] = {
#define TILE_ROW(mr) {mr, {tile_##mr##x1, tile_##mr##x2}},
    FOR_TILES(TILE_ROW){0, {0}}};

#ifndef SINEW_PAIRS
void SINEW_NAME(gemm_shape)(struct sinew_kernels *kernels) {
    kernels->gemm_mr = MR;
    kernels->gemm_nr = NR;
    kernels->lanes = VF_LANES;
}
#endif

/* The tile for the first of `left` rows: as few tiles as there must be, and all
 * of about one height, as low ones wait for their sums. */
static const struct tile_row *choose_tile(int64_t left) {
    int64_t tiles = (left + MR - 1) / MR, height = (left + tiles - 1) / tiles;
    const struct tile_row *t = tile_rows;

    while (t->rows > left || t[1].rows >= height)
        t++;
    return t;
}

/* Rows begin..end-1 times one panel. */
static void rows_times_panel(const struct sinew_gemm *g, int64_t begin,
                             int64_t end, const float *w, int vectors,
                             struct target to) {
    while (begin < end) {
        const struct tile_row *t = choose_tile(end - begin);
        t->run[vectors - 1](g, begin, w, &to);
        begin += t->rows;
        to.y += t->rows * to.stride;
    }
}

/* Sums that have waited go to rows i .. i+rows-1, columns from j on. */
static void finish(const struct sinew_gemm *g, const float *sums, int64_t i,
                   int64_t rows, int64_t j, int64_t cols) {
    int64_t at = i * g->y_stride + j;

#ifdef SINEW_PAIRS
    if (g->y16) {
        SINEW_NAME(bf16_act)
        (sums, NR, g->y16 + at, g->y_stride, rows, cols, &g->act);
        return;
    }
#endif
    SINEW_NAME(act_rows)
    (sums, NR, g->y + at, g->y_stride, rows, cols, &g->act);
}

/* Sums that still need their activation, or to be rounded, wait in whole vectors
 * for those of some more tiles. */
void F32_GEMM(const struct sinew_gemm *g) {
    enum { WAITING = 4 * MR };
    bool late = g->y16 || !limits_suffice(&g->act);
    int64_t panel = NR * (1 + g->taps * g->depth);
    float sums[WAITING * NR];

    for (int64_t j = 0; j < g->n; j += NR) {
        const float *w = g->w + j / NR * panel;
        int64_t cols = g->n - j < NR ? g->n - j : NR;
        int vectors = cols <= VF_LANES ? 1 : NV;
        struct target to = {late ? sums : g->y + j, g->y_stride, cols,
                            limits_of(&g->act)};
        if (!late) {
            rows_times_panel(g, 0, g->m, w, vectors, to);
            continue;
        }
        to.stride = NR;
        to.cols = vectors * VF_LANES;
        for (int64_t i = 0, end; i < g->m; i = end) {
            end = g->m - i < WAITING ? g->m : i + WAITING;
            rows_times_panel(g, i, end, w, vectors, to);
            finish(g, sums, i, end - i, j, cols);
        }
    }
}
