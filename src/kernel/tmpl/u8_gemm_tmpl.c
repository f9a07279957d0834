/*
 * u8_gemm_tmpl.c - the product behind integer convolutions and matrix products.
 *
 * As gemm_tmpl.c, a tile of sums stays in registers while the sum runs; a step
 * takes four bytes of each row at once, in every lane, and four weights of each
 * column. What the zero of x adds is in the sums from the start. Depths that
 * are no multiple of four read on past their rows, into weights that are zero.
 */
#include "kernel/isa.h"
#include "kernel/pack_u8.h"
#include "kernel/vec/u8.h"

/* X(rows, vectors): tiles with as many sums as registers hold beside weights
 * and a broadcast, highest first for each width. */
#if defined(SINEW_ISA_AVX512VNNI)
#define NV 4
#define FOR_TILES(X)                                                           \
    X(14, 1)                                                                   \
    X(7, 1)                                                                    \
    X(4, 1)                                                                    \
    X(2, 1) X(1, 1) X(12, 2) X(7, 2) X(4, 2) X(2, 2) X(1, 2) X(8, 3) X(4, 3)   \
        X(2, 3) X(1, 3) X(6, 4) X(4, 4) X(2, 4) X(1, 4)
#elif defined(SINEW_ISA_AVX512)
#define NV 2
#define FOR_TILES(X)                                                           \
    X(8, 1) X(4, 1) X(2, 1) X(1, 1) X(8, 2) X(4, 2) X(2, 2) X(1, 2)
#elif defined(SINEW_ISA_NEONDOT)
#define NV           4
#define FOR_TILES(X) X(4, 4) X(2, 4) X(1, 4)
#elif VF_REGS == 32
#define NV           4
#define FOR_TILES(X) X(6, 4) X(4, 4) X(2, 4) X(1, 4)
#elif defined(SINEW_ISA_AVXVNNI)
#define NV           2
#define FOR_TILES(X) X(6, 2) X(4, 2) X(2, 2) X(1, 2)
#else
#define NV           2
#define FOR_TILES(X) X(4, 2) X(2, 2) X(1, 2)
#endif
enum { MOST_ROWS = 14 };

/* Some columns of a panel, and where their results go. */
struct part {
    const int32_t *start;
    const float *multiplier;
    const int8_t *w;
    int64_t step; ///< bytes from four steps of the sum to the next four
    uint8_t *y;
    int64_t y_stride, cols;
    struct sinew_u8_target to;
};

/* Bytes of packed weights to a step, asked for that far ahead. */
enum { LINE = 64, AHEAD = 4096 };

SINEW_INLINE vi level(vi sum, const float *multiplier) {
    return vi_round(vf_mul(vf_of(sum), vf_load(multiplier)));
}

/* Four steps of the sum with part i of sixteen. */
#define FOUR(i)                                                                \
    SINEW_UNROLL                                                               \
    for (int v = 0; v < nv; v++) {                                             \
        const vw b = vw_load(w + v * VB_BYTES);                                \
        SINEW_UNROLL                                                           \
        for (int r = 0; r < mr; r++)                                           \
            sum[r][v] = vi_dot_part(sum[r][v], sixteen[r], i, b);              \
    }                                                                          \
    w += p.step;

SINEW_INLINE void tile(const struct sinew_u8_gemm *g, int64_t i,
                       const struct part *given, int mr, int nv) {
    const struct part p = *given; /* what is stored could change it */
    const uint8_t *const *rows = g->rows + i;
    int64_t fours = (g->depth + 3) / 4, taps = g->taps;
    int64_t rows_stride = g->rows_stride;
    const int8_t *w = p.w;
    const uint8_t *x[MOST_ROWS];
    vi sum[MOST_ROWS][4];

    SINEW_UNROLL
    for (int r = 0; r < mr; r++) {
        SINEW_UNROLL
        for (int v = 0; v < nv; v++)
            sum[r][v] = vi_load(p.start + v * VI_LANES);
    }
    for (int64_t t = 0; t < taps; t++, rows += rows_stride) {
        SINEW_UNROLL
        for (int r = 0; r < mr; r++)
            x[r] = rows[r];
        int64_t k = 0;
#if defined(vi_dot_part)
        for (; k + 4 <= fours; k += 4) {
            vx sixteen[MOST_ROWS];
            SINEW_UNROLL
            for (int r = 0; r < mr; r++)
                sixteen[r] = vx_load(x[r] + 4 * k);
            FOUR(0)
            FOUR(1)
            FOUR(2)
            FOUR(3)
        }
#endif
        for (; k < fours; k++, w += p.step) {
            vw b[NV];
            SINEW_UNROLL
            for (int v = 0; v < nv; v++) {
                b[v] = vw_load(w + v * VB_BYTES);
                if (v * VB_BYTES % LINE == 0)
                    __builtin_prefetch(w + AHEAD + v * VB_BYTES);
            }
            SINEW_UNROLL
            for (int r = 0; r < mr; r++) {
                vx four = vx_four(x[r] + 4 * k);
                SINEW_UNROLL
                for (int v = 0; v < nv; v++)
                    sum[r][v] = vi_dot(sum[r][v], four, b[v]);
            }
        }
    }
    SINEW_UNROLL
    for (int r = 0; r < mr; r++) {
        const vi q[4] = {
            level(sum[r][0], p.multiplier),
            nv > 1 ? level(sum[r][1], p.multiplier + VI_LANES) : sum[r][0],
            nv > 2 ? level(sum[r][2], p.multiplier + 2 * VI_LANES) : sum[r][0],
            nv > 3 ? level(sum[r][3], p.multiplier + 3 * VI_LANES) : sum[r][0],
        };
        vb y = vb_finish(vb_straight(vb_pack(q, p.to.zero)), &p.to);
        if (nv == 4 && p.cols >= VB_BYTES)
            vb_store(p.y + r * p.y_stride, y);
        else
            vb_store_n(p.y + r * p.y_stride, y,
                       p.cols < nv * VI_LANES ? p.cols : nv * VI_LANES);
    }
}

typedef void tile_fn(const struct sinew_u8_gemm *g, int64_t i,
                     const struct part *part);
#define TILE(mr, nv)                                                           \
    static void tile_##mr##x##nv(const struct sinew_u8_gemm *g, int64_t i,     \
                                 const struct part *part) {                    \
        tile(g, i, part, mr, nv);                                              \
    }
FOR_TILES(TILE)

static const struct {
    int rows, vectors;
    tile_fn *run;
} tiles[] = {
#define TILE_ROW(mr, nv) {mr, nv, tile_##mr##x##nv},
    FOR_TILES(TILE_ROW)};

/* All rows times `vectors` vectors of columns. */
static void rows_times_part(const struct sinew_u8_gemm *g, int vectors,
                            struct part part) {
    int64_t i = 0;

    for (size_t t = 0; t < sizeof tiles / sizeof *tiles; t++) {
        if (tiles[t].vectors != vectors) continue;
        for (; g->m - i >= tiles[t].rows; i += tiles[t].rows) {
            tiles[t].run(g, i, &part);
            part.y += tiles[t].rows * part.y_stride;
        }
    }
}

void SINEW_NAME(u8_gemm)(const struct sinew_u8_gemm *g) {
    int32_t start[SINEW_U8_PANEL];
    float multiplier[SINEW_U8_PANEL];
    const char *panel = g->w;

    for (int64_t j = 0; j < g->n; j += SINEW_U8_PANEL) {
        int64_t cols = g->n - j < SINEW_U8_PANEL ? g->n - j : SINEW_U8_PANEL;
        int64_t width =
            (cols + SINEW_U8_COLUMNS - 1) / SINEW_U8_COLUMNS * SINEW_U8_COLUMNS;
        const int8_t *weights = (const int8_t *)panel + 12 * width;
        memcpy(multiplier, panel + 8 * width, 4 * (size_t)width);
        vi_start(start, panel, width, g->x_zero);
        for (int64_t c = 0; c < cols; c += NV * VI_LANES) {
            int64_t left = (width - c) / VI_LANES;
            rows_times_part(g, (int)(left < NV ? left : NV),
                            (struct part){start + c, multiplier + c,
                                          weights + 4 * c, 4 * width,
                                          g->y + j + c, g->y_stride, cols - c,
                                          g->to});
        }
        panel += sinew_u8_gemm_size(width, g->taps, g->depth);
    }
}
