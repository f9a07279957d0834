/*
 * u8_dwconv_tmpl.c - integer convolutions that leave channels apart, and sums
 * over pixels.
 *
 * Bytes of four taps are put side by side, one channel after the other, as dot
 * products want them: two unpacking steps turn 4 vectors of channels into 4 of
 * quadruples. What the next step of the sum is does not matter, so taps come as
 * a list of pointers whatever the kernel's shape, stride or dilation.
 */
#include "kernel/isa.h"
#include "kernel/pack_u8.h"
#include "kernel/vec/u8.h"

void SINEW_NAME(u8_shape)(struct sinew_kernels *kernels) {
    kernels->u8_lanes = VI_LANES;
}

/* One panel of channels, of which n are there, from channel `at`. */
struct panel {
    const int32_t *start;
    const float *multiplier;
    const int8_t *w;
    int64_t at, n;
};

/* Outputs i .. i + pixels - 1. */
SINEW_INLINE void outputs(const struct sinew_u8_gemm *g, int64_t i,
                          const struct panel *given, int pixels) {
    const struct panel p = *given;
    const struct sinew_u8_target to = g->to;
    const uint8_t *const *rows = g->rows + i;
    const int8_t *w = p.w;
    int64_t taps = g->taps, stride = g->rows_stride;
    uint8_t *y = g->y + i * g->y_stride + p.at;
    int64_t y_stride = g->y_stride;
    vi sum[2][4];

    SINEW_UNROLL
    for (int r = 0; r < pixels; r++) {
        SINEW_UNROLL
        for (int v = 0; v < 4; v++)
            sum[r][v] = vi_load(p.start + v * VI_LANES);
    }
    for (int64_t t = 0; t < taps;
         t += 4, rows += 4 * stride, w += 4 * VB_BYTES) {
        SINEW_UNROLL
        for (int r = 0; r < pixels; r++) {
            const vb four[4] = {vb_load(rows[r] + p.at),
                                vb_load(rows[stride + r] + p.at),
                                vb_load(rows[2 * stride + r] + p.at),
                                vb_load(rows[3 * stride + r] + p.at)};
            vx x[4];
            vx_quad(four, x);
            SINEW_UNROLL
            for (int v = 0; v < 4; v++)
                sum[r][v] = vi_dot(sum[r][v], x[v], vw_load(w + v * VB_BYTES));
        }
    }
    SINEW_UNROLL
    for (int r = 0; r < pixels; r++) {
        vi q[4];
        SINEW_UNROLL
        for (int v = 0; v < 4; v++)
            q[v] = vi_round(
                vf_mul(vf_of(sum[r][v]), vf_load(p.multiplier + v * VI_LANES)));
        vb out = vb_finish(vb_pack(q, to.zero), &to);
        if (p.n >= VB_BYTES)
            vb_store(y + r * y_stride, out);
        else
            vb_store_n(y + r * y_stride, out, p.n);
    }
}

static void two(const struct sinew_u8_gemm *g, int64_t i,
                const struct panel *panel) {
    outputs(g, i, panel, 2);
}

static void one(const struct sinew_u8_gemm *g, int64_t i,
                const struct panel *panel) {
    outputs(g, i, panel, 1);
}

#if VI_LANES > 4
/* 16 channels or fewer leave most of a vector empty: its 128-bit parts then
 * hold as many outputs side by side. */
enum { PARTS = VI_LANES / 4 };

static void narrow(const struct sinew_u8_gemm *g, int64_t i,
                   const struct panel *given) {
    const struct panel p = *given;
    const struct sinew_u8_target to = g->to;
    const uint8_t *const *rows = g->rows + i;
    const int8_t *w = p.w;
    int64_t stride = g->rows_stride;
    uint8_t bytes[VB_BYTES];
    vi sum[4];

    SINEW_UNROLL
    for (int v = 0; v < 4; v++)
        sum[v] = vi_load(p.start + v * VI_LANES);
    for (int64_t t = 0; t < g->taps;
         t += 4, rows += 4 * stride, w += 4 * VB_BYTES) {
        const vb four[4] = {vb_parts(rows, p.at), vb_parts(rows + stride, p.at),
                            vb_parts(rows + 2 * stride, p.at),
                            vb_parts(rows + 3 * stride, p.at)};
        vx x[4];
        vx_quad(four, x);
        SINEW_UNROLL
        for (int v = 0; v < 4; v++)
            sum[v] = vi_dot(sum[v], x[v], vw_load(w + v * VB_BYTES));
    }
    SINEW_UNROLL
    for (int v = 0; v < 4; v++)
        sum[v] = vi_round(
            vf_mul(vf_of(sum[v]), vf_load(p.multiplier + v * VI_LANES)));
    vb_store(bytes, vb_finish(vb_pack(sum, to.zero), &to));
    for (int64_t part = 0; part < PARTS; part++) {
        uint8_t *y = g->y + (i + part) * g->y_stride + p.at;
        if (p.n == 16) /* one store */
            memcpy(y, bytes + 16 * part, 16);
        else
            memcpy(y, bytes + 16 * part, (size_t)p.n);
    }
}
#endif

void SINEW_NAME(u8_dwconv)(const struct sinew_u8_gemm *g) {
    int64_t size = VB_BYTES * (12 + (g->taps + 3) / 4 * 4);
    int32_t start[VB_BYTES];
    float multiplier[VB_BYTES];
    const char *packed = g->w;

    for (int64_t j = 0; j < g->n; j += VB_BYTES, packed += size) {
        const struct panel panel = {start, multiplier,
                                    (const int8_t *)packed + 12 * VB_BYTES, j,
                                    g->n - j};
        int64_t i = 0;
        memcpy(multiplier, packed + 8 * VB_BYTES, sizeof multiplier);
        vi_start(start, packed, VB_BYTES, g->x_zero);
#if VI_LANES > 4
        for (; panel.n <= 16 && i + PARTS <= g->m; i += PARTS)
            narrow(g, i, &panel);
#endif
        for (; i + 1 < g->m; i += 2)
            two(g, i, &panel);
        if (i < g->m) one(g, i, &panel);
    }
}

/* Sums of one vector of channels in lane order, before what vx takes off. */
static void sum_channels(const uint8_t *x, int64_t step, int64_t rows,
                         int32_t *sums) {
    static const int8_t ones[VB_BYTES] = {
#define FOUR_ONES 1, 1, 1, 1
        FOUR_ONES,
        FOUR_ONES,
        FOUR_ONES,
        FOUR_ONES,
#if VI_LANES > 4
        FOUR_ONES,
        FOUR_ONES,
        FOUR_ONES,
        FOUR_ONES,
#endif
#if VI_LANES > 8
        FOUR_ONES,
        FOUR_ONES,
        FOUR_ONES,
        FOUR_ONES,
        FOUR_ONES,
        FOUR_ONES,
        FOUR_ONES,
        FOUR_ONES,
#endif
    };
    static const int32_t zeros[VI_LANES];
    vw w = vw_load(ones);
    vi sum[4];

    for (int v = 0; v < 4; v++)
        sum[v] = vi_load(zeros);
    for (int64_t i = 0; i < rows; i += 4) {
        vb four[4];
        vx quad[4];
        for (int64_t r = 0; r < 4; r++)
            four[r] =
                i + r < rows ? vb_load(x + (i + r) * step) : vb_set1(VX_OFFSET);
        vx_quad(four, quad);
        for (int v = 0; v < 4; v++)
            sum[v] = vi_dot(sum[v], quad[v], w);
    }
    memcpy(sums, sum, sizeof sum);
}

void SINEW_NAME(u8_sums)(const uint8_t *x, int64_t step, int64_t rows,
                         int64_t n, int32_t *sums) {
    int32_t all[VB_BYTES];

    for (int64_t j = 0; j < n; j += VB_BYTES) {
        int64_t left = n - j < VB_BYTES ? n - j : VB_BYTES;
        sum_channels(x + j, step, rows, all);
        for (int64_t c = 0; c < left; c++)
            sums[j + c] =
                all[sinew_u8_place(VI_LANES, c)] + VX_OFFSET * (int32_t)rows;
    }
}
