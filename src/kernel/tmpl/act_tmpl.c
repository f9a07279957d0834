/*
 * act_tmpl.c - activations over rows of floats, and their derivatives
 * (vec/math.h has the maths). With SINEW_PAIRS results are bf16.
 */
#include "kernel/isa.h"
#include "kernel/tmpl/late.h"
#ifdef SINEW_PAIRS
#include "kernel/vec/bf16.h"
typedef sinew_bf16 result;
#define ACT_ROWS SINEW_NAME(bf16_act)
#define ACT(x)                                                                 \
    (kind == SINEW_ACT_SWISH ? vf_swish_near(x, table, one_a) : vf_act(x, &act))
/* One loop for all that cut the range. */
#define KINDS(X)                                                               \
    X(NONE, ) X(CLIP, ) X(SIGMOID, ) X(SWISH, ) X(HARD_SIGMOID, )              \
    X(HARD_SWISH, )
#define STORE    vf_store_bf16
#define STORE_N  vf_store_bf16_n
#else
#include "kernel/vec/math.h"
typedef float result;
#define ACT_ROWS SINEW_NAME(act_rows)
#define ACT(x)   vf_act(x, &act)
#define KINDS    SINEW_ACT_MAP
#define STORE    vf_store
#define STORE_N  vf_store_n
#endif

/* One kind, a constant here, so that its test stays outside the loops. All
 * whole vectors go through one loop: rows are short, and constants are to be
 * loaded once for all of them. bf16 go two vectors at a time where there are as
 * many. */
SINEW_INLINE void act_loop(const float *x, int64_t x_step, result *y,
                           int64_t y_step, int64_t rows, int64_t cols,
                           int32_t kind, float a, float b) {
    const struct sinew_act act = {kind, a, b};
    int64_t whole = cols / VF_LANES * VF_LANES, rest = cols - whole;
    int64_t n = rows * (whole / VF_LANES), i = 0;
    const float *from = x;
    result *to = y;
#ifdef SINEW_PAIRS
    const __m512i table = vf_swish_table(a);
    const vf one_a = vf_set1(1.0f / a);

    for (; whole % (2 * VF_LANES) == 0 && n > 0; n -= 2) {
        vf_store_bf16_2(to, ACT(vf_load(from)), ACT(vf_load(from + VF_LANES)));
        from += 2 * VF_LANES;
        to += 2 * VF_LANES;
        i += 2 * VF_LANES;
        if (i < whole) continue;
        from += x_step - whole;
        to += y_step - whole;
        i = 0;
    }
#endif
    for (; n > 0; n--) {
        STORE(to, ACT(vf_load(from)));
        from += VF_LANES;
        to += VF_LANES;
        i += VF_LANES;
        if (i < whole) continue;
        from += x_step - whole;
        to += y_step - whole;
        i = 0;
    }
    if (rest > 0)
        for (int64_t r = 0; r < rows; r++) {
            vf last = vf_load_n(x + r * x_step + whole, rest);
            STORE_N(y + r * y_step + whole, ACT(last), rest);
        }
}

void ACT_ROWS(const float *x, int64_t x_step, result *y, int64_t y_step,
              int64_t rows, int64_t cols, const struct sinew_act *given) {
    struct sinew_act act = *given;

#ifdef SINEW_PAIRS
    if (act.kind == SINEW_ACT_RELU || act.kind == SINEW_ACT_RELU6)
        act = (struct sinew_act){SINEW_ACT_CLIP, limits_of(given).low,
                                 limits_of(given).high};
#endif
    switch (act.kind) {
#define CASE(name, text)                                                       \
    case SINEW_ACT_##name:                                                     \
        act_loop(x, x_step, y, y_step, rows, cols, SINEW_ACT_##name, act.a,    \
                 act.b);                                                       \
        break;
        KINDS(CASE)
#undef CASE
    default:
        break;
    }
}

#ifndef SINEW_PAIRS

void SINEW_NAME(f32_act)(const float *x, float *y, int64_t n,
                         const struct sinew_act *act) {
    SINEW_NAME(act_rows)(x, n, y, n, 1, n, act);
}

SINEW_INLINE void grad_loop(const float *x, const float *dy, float *dx,
                            int64_t n, int32_t kind, float a, float b) {
    const struct sinew_act act = {kind, a, b};
    int64_t i = 0;

    for (; i + VF_LANES <= n; i += VF_LANES)
        vf_store(dx + i, vf_mul(vf_load(dy + i),
                                vf_act_grad(vf_load(x + i), &act)));
    if (i < n) {
        vf last = vf_act_grad(vf_load_n(x + i, n - i), &act);
        vf_store_n(dx + i, vf_mul(vf_load_n(dy + i, n - i), last), n - i);
    }
}

void SINEW_NAME(f32_act_grad)(const float *x, const float *dy, float *dx,
                              int64_t n, const struct sinew_act *act) {
    switch (act->kind) {
#define CASE(name, text)                                                       \
    case SINEW_ACT_##name:                                                     \
        grad_loop(x, dy, dx, n, SINEW_ACT_##name, act->a, act->b);             \
        break;
        SINEW_ACT_MAP(CASE)
#undef CASE
    default:
        break;
    }
}

#endif
