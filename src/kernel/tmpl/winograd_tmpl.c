/*
 * winograd_tmpl.c - the transforms of Winograd's minimal filtering F(4x4, 3x3)
 * (Lavin and Gray 2016, "Fast algorithms for convolutional neural networks"),
 * a vector of channels at a time.
 *
 * Along one axis, 4 outputs of a filter of 3 from 6 inputs d take 6 products m
 * instead of 12, one for each of the points 0, p, -p, q, -q and infinity:
 *
 *     m = G w * B d,  y = A m
 *
 *          aa bb    0 -aa-bb   0  1  0        1      0       0
 *            0 -p bb   -bb     p  1  0        1      p      aa
 *     B =    0  p bb   -bb    -p  1  0   G =  1     -p      aa    each row
 *            0 -q aa   -aa     q  1  0        1      q      bb    over N
 *            0  q aa   -aa    -q  1  0        1     -q      bb
 *            0  aa bb    0 -aa-bb  0  1        0      0       1
 *
 *          1    1    1    1    1  0      aa = p p, bb = q q
 *     A =  0    p   -p    q   -q  0      N: aa bb, 2 aa (aa - bb) twice,
 *          0   aa   aa   bb   bb  0         2 bb (bb - aa) twice, 1
 *          0 p aa -p aa q bb -q bb  1
 *
 * p = 5/8 and q = 3/2 lose less than half as much to rounding as 1 and 2, which
 * counts where the products are of bf16.
 * and the same again along the other axis.
 */
#include "kernel/isa.h"
#include "kernel/tmpl/late.h"
#include "kernel/vec/f32.h"
#ifdef SINEW_PAIRS
#include "kernel/vec/bf16.h"
#endif
#if defined(SINEW_BF16_PIXELS)
#define WINOGRAD_IN  SINEW_NAME(bf16_winograd_in16)
#define WINOGRAD_OUT SINEW_NAME(bf16_winograd_out)
typedef sinew_bf16 pixel;
#define LOAD(x)      vf_widen(vh_load(x))
#define LOAD_N(x, n) vf_widen(vh_load_n(x, n))
#define Y(o)         (o).y16
#elif defined(SINEW_PAIRS)
#define WINOGRAD_IN SINEW_NAME(bf16_winograd_in)
#else
#define WINOGRAD_IN  SINEW_NAME(f32_winograd_in)
#define WINOGRAD_OUT SINEW_NAME(f32_winograd_out)
#define Y(o)         (o).y
#endif
#ifndef SINEW_BF16_PIXELS
typedef float pixel;
#define LOAD   vf_load
#define LOAD_N vf_load_n
#endif

enum { IN = SINEW_WINOGRAD_IN, OUT = SINEW_WINOGRAD_OUT };

/* The points and their squares. */
#define P  SINEW_WINOGRAD_P
#define Q  SINEW_WINOGRAD_Q
#define AA (P * P)
#define BB (Q * Q)

SINEW_INLINE void apply_b(const vf d[IN], vf b[IN]) {
    vf p = vf_set1(P), q = vf_set1(Q), aa = vf_set1(AA), bb = vf_set1(BB);
    vf both = vf_set1(AA * BB), sum = vf_set1(AA + BB);
    vf even = vf_fnma(bb, d[2], d[4]), odd = vf_fnma(bb, d[1], d[3]);

    b[0] = vf_fma(both, d[0], vf_fnma(sum, d[2], d[4]));
    b[1] = vf_fma(p, odd, even);
    b[2] = vf_fnma(p, odd, even);
    even = vf_fnma(aa, d[2], d[4]);
    odd = vf_fnma(aa, d[1], d[3]);
    b[3] = vf_fma(q, odd, even);
    b[4] = vf_fnma(q, odd, even);
    b[5] = vf_fma(both, d[1], vf_fnma(sum, d[3], d[5]));
}

SINEW_INLINE void apply_a(const vf m[IN], vf y[OUT]) {
    vf p = vf_set1(P), q = vf_set1(Q), aa = vf_set1(AA), bb = vf_set1(BB);
    vf even1 = vf_add(m[1], m[2]), odd1 = vf_mul(p, vf_sub(m[1], m[2]));
    vf even2 = vf_add(m[3], m[4]), odd2 = vf_mul(q, vf_sub(m[3], m[4]));

    y[0] = vf_add(vf_add(m[0], even1), even2);
    y[1] = vf_add(odd1, odd2);
    y[2] = vf_fma(bb, even2, vf_mul(aa, even1));
    y[3] = vf_fma(bb, odd2, vf_fma(aa, odd1, m[5]));
}

void WINOGRAD_IN(const float *const *pixels, float *y, int64_t y_step,
                 int64_t channels) {
    for (int64_t c = 0; c < channels; c += VF_LANES) {
        int64_t n = channels - c;
        vf d[IN], t[IN][IN];

        SINEW_UNROLL
        for (int i = 0; i < IN; i++) {
            SINEW_UNROLL
            for (int j = 0; j < IN; j++) {
                const pixel *x = (const void *)pixels[i * IN + j];
                x += c;
                d[j] = n >= VF_LANES ? LOAD(x) : LOAD_N(x, n);
            }
            apply_b(d, t[i]);
        }
        SINEW_UNROLL
        for (int j = 0; j < IN; j++) {
            vf column[IN];
            SINEW_UNROLL
            for (int i = 0; i < IN; i++)
                column[i] = t[i][j];
            apply_b(column, d);
            SINEW_UNROLL
            for (int i = 0; i < IN; i++)
#ifdef SINEW_PAIRS
                vf_store_pairs(y + (i * IN + j) * y_step + c / 2, d[i]);
#else
                vf_store(y + (i * IN + j) * y_step + c, d[i]);
#endif
        }
    }
}

#ifdef WINOGRAD_OUT

/* One vector of channels of all outputs, row by row to y. */
SINEW_INLINE void outputs(const float *x, int64_t x_step, vf bias,
                          struct limits limits, float *y) {
    vf t[IN][OUT], column[IN], out[OUT];

    SINEW_UNROLL
    for (int i = 0; i < IN; i++) {
        SINEW_UNROLL
        for (int j = 0; j < IN; j++)
            column[j] = vf_load(x + (i * IN + j) * x_step);
        apply_a(column, t[i]);
    }
    SINEW_UNROLL
    for (int j = 0; j < OUT; j++) {
        SINEW_UNROLL
        for (int i = 0; i < IN; i++)
            column[i] = t[i][j];
        apply_a(column, out);
        SINEW_UNROLL
        for (int i = 0; i < OUT; i++)
            vf_store(y + (i * OUT + j) * VF_LANES,
                     vf_limit(vf_add(out[i], bias), limits));
    }
}

/* The first n channels of a vector. */
SINEW_INLINE void copy_pixel(pixel *y, const pixel *x, int64_t n) {
#ifdef SINEW_PAIRS
    if (n == VF_LANES)
        vh_store(y, vh_load(x));
    else
        vh_store_n(y, vh_load(x), n);
#else
    if (n == VF_LANES)
        vf_store(y, vf_load(x));
    else
        vf_store_n(y, vf_load(x), n);
#endif
}

void WINOGRAD_OUT(const struct sinew_winograd_out *w) {
    const struct sinew_winograd_out o = *w;
    const struct limits limits = limits_of(&w->act);
    float sums[OUT * OUT * VF_LANES];
#ifdef SINEW_PAIRS
    sinew_bf16 done[OUT * OUT * VF_LANES];
#else
    const float *done = sums;
#endif

    for (int64_t c = 0; c < o.channels; c += VF_LANES) {
        int64_t n = o.channels - c < VF_LANES ? o.channels - c : VF_LANES;

        outputs(o.x + c, o.x_step, vf_load_n(o.bias + c, n), limits, sums);
#ifdef SINEW_PAIRS
        SINEW_NAME(bf16_act)
        (sums, VF_LANES, done, VF_LANES, OUT * OUT, VF_LANES, &w->act);
#else
        if (!limits_suffice(&w->act)) SINEW_NAME(act_rows)
        (sums, VF_LANES, sums, VF_LANES, OUT * OUT, VF_LANES, &w->act);
#endif
        for (int64_t i = 0; i < o.rows; i++)
            for (int64_t j = 0; j < o.cols; j++)
                copy_pixel(Y(o) + i * o.y_row + j * o.y_col + c,
                           done + (i * OUT + j) * VF_LANES, n);
    }
}

#endif
