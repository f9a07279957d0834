/*
 * outer_tmpl.c - sums of outer products: how the weights of a convolution or
 * product have to do with its result, summed over pixels.
 *
 * As in gemm_tmpl.c a tile of sums stays in registers; here both factors of a
 * step lie as they are in the tensors, so that nothing is packed: NV vectors of
 * b are loaded, and numbers of a broadcast from memory.
 */
#include "kernel/isa.h"
#include "kernel/vec/f32.h"
#ifdef SINEW_PAIRS
#include "kernel/vec/bf16.h"
#define F32_OUTER SINEW_NAME(bf16_outer)
#define MULTIPLY vf_fma_pairs
#else
#define F32_OUTER SINEW_NAME(f32_outer)
#define MULTIPLY vf_fma
#endif

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

/* Rows i.. and columns j..j+cols-1; the last of nv vectors may be cut. */
SINEW_INLINE void tile(const struct sinew_outer *o, int64_t i, int64_t j,
                       int64_t cols, int mr, int nv, int cut) {
    int64_t tail = cols - (nv - 1) * VF_LANES;
    float *y = o->y + i * o->y_stride + j;
    vf sum[MR][NV];

    SINEW_UNROLL
    for (int r = 0; r < mr; r++) {
        SINEW_UNROLL
        for (int v = 0; v < nv; v++)
            sum[r][v] = vf_zero();
    }
    for (int64_t t = 0; t < o->steps; t++) {
        const float *a = o->a[t] + i, *b = o->b[t] + j;
        vf w[NV];
        SINEW_UNROLL
        for (int v = 0; v < nv; v++)
            w[v] = cut && v == nv - 1 ? vf_load_n(b + v * VF_LANES, tail)
                                      : vf_load(b + v * VF_LANES);
        SINEW_UNROLL
        for (int r = 0; r < mr; r++) {
            vf x = vf_set1(a[r]);
            SINEW_UNROLL
            for (int v = 0; v < nv; v++)
                sum[r][v] = MULTIPLY(x, w[v], sum[r][v]);
        }
    }
    SINEW_UNROLL
    for (int r = 0; r < mr; r++, y += o->y_stride) {
        SINEW_UNROLL
        for (int v = 0; v < nv; v++) {
            float *to = y + v * VF_LANES;
            if (cut && v == nv - 1)
                vf_store_n(to, vf_add(vf_load_n(to, tail), sum[r][v]), tail);
            else
                vf_store(to, vf_add(vf_load(to), sum[r][v]));
        }
    }
}

typedef void tile_fn(const struct sinew_outer *o, int64_t i, int64_t j,
                     int64_t cols);
#define TILE(mr, nv, cut)                                                      \
    static void tile_##mr##x##nv##_##cut(const struct sinew_outer *o,          \
                                         int64_t i, int64_t j, int64_t cols) { \
        tile(o, i, j, cols, mr, nv, cut);                                      \
    }
#define TILES(mr) TILE(mr, 1, 0) TILE(mr, 1, 1) TILE(mr, 2, 0) TILE(mr, 2, 1)
FOR_TILES(TILES)

static const struct tile_row {
    int rows;
    tile_fn *run[NV][2]; ///< by vectors - 1, and whether the last is cut
} tile_rows[] = {
#define TILE_ROW(mr)                                                           \
    {mr,                                                                       \
     {{tile_##mr##x1_0, tile_##mr##x1_1}, {tile_##mr##x2_0, tile_##mr##x2_1}}},
    FOR_TILES(TILE_ROW){0, {{0}}}};

/* The tile for the first of `left` rows: as few tiles as there must be, and all
 * of about one height, as low ones wait for their sums. */
static const struct tile_row *choose_tile(int64_t left) {
    int64_t tiles = (left + MR - 1) / MR, height = (left + tiles - 1) / tiles;
    const struct tile_row *t = tile_rows;

    while (t->rows > left || t[1].rows >= height)
        t++;
    return t;
}

void F32_OUTER(const struct sinew_outer *o) {
    for (int64_t j = 0; j < o->n; j += NR) {
        int64_t cols = o->n - j < NR ? o->n - j : NR;
        int wide = cols > VF_LANES, cut = cols % VF_LANES != 0;
        for (int64_t i = 0; i < o->m;) {
            const struct tile_row *t = choose_tile(o->m - i);
            t->run[wide][cut](o, i, j, cols);
            i += t->rows;
        }
    }
}
