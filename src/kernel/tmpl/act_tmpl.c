/*
 * act_tmpl.c - activations over rows of floats, and their derivatives
 * (vec/math.h has the maths).
 */
#include "kernel/isa.h"
#include "kernel/tmpl/late.h"
#include "kernel/vec/math.h"

/* One kind, a constant here, so that its test stays outside the loops. All whole
 * vectors go through one loop: rows are short, and constants are to be loaded
 * once for all of them. */
SINEW_INLINE void act_loop(const float *x, int64_t x_step, float *y,
                           int64_t y_step, int64_t rows, int64_t cols,
                           int32_t kind, float a, float b) {
    const struct sinew_act act = {kind, a, b};
    int64_t whole = cols / VF_LANES * VF_LANES, rest = cols - whole;

    const float *from = x;
    float *to = y;

    for (int64_t n = rows * (whole / VF_LANES), i = 0; n > 0; n--) {
        vf_store(to, vf_act(vf_load(from), &act));
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
            vf_store_n(y + r * y_step + whole, vf_act(last, &act), rest);
        }
}

void SINEW_NAME(act_rows)(const float *x, int64_t x_step, float *y,
                          int64_t y_step, int64_t rows, int64_t cols,
                          const struct sinew_act *act) {
    switch (act->kind) {
#define CASE(name, text)                                                       \
    case SINEW_ACT_##name:                                                     \
        act_loop(x, x_step, y, y_step, rows, cols, SINEW_ACT_##name, act->a,   \
                 act->b);                                                      \
        break;
        SINEW_ACT_MAP(CASE)
#undef CASE
    default:
        break;
    }
}

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
