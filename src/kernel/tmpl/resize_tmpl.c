/*
 * resize_tmpl.c - one row of a bilinear resize, vectors of channels at a time.
 */
#include "kernel/isa.h"
#include "kernel/vec/f32.h"

SINEW_INLINE vf mix(vf a, vf b, vf weight) {
    return vf_fma(weight, vf_sub(b, a), a);
}

/* Four corners, each a whole vector or its first `tail` lanes. */
SINEW_INLINE vf corners(const float *tl, const float *tr, const float *bl,
                        const float *br, int64_t tail, vf across, vf down) {
    vf a = tail ? vf_load_n(tl, tail) : vf_load(tl);
    vf b = tail ? vf_load_n(tr, tail) : vf_load(tr);
    vf c = tail ? vf_load_n(bl, tail) : vf_load(bl);
    vf d = tail ? vf_load_n(br, tail) : vf_load(br);

    return mix(mix(a, b, across), mix(c, d, across), down);
}

void SINEW_NAME(f32_resize_row)(const float *top, const float *bottom,
                                int64_t x_step, float *y, int64_t y_step,
                                int64_t cols, int64_t n,
                                const struct sinew_tap *taps, float weight) {
    vf down = vf_set1(weight);

    for (int64_t j = 0; j < cols; j++, y += y_step) {
        int64_t l = taps[j].left * x_step, r = taps[j].right * x_step;
        vf across = vf_set1(taps[j].weight);
        int64_t c = 0;

        for (; c + VF_LANES <= n; c += VF_LANES)
            vf_store(y + c, corners(top + l + c, top + r + c, bottom + l + c,
                                    bottom + r + c, 0, across, down));
        if (c < n)
            vf_store_n(y + c,
                       corners(top + l + c, top + r + c, bottom + l + c,
                               bottom + r + c, n - c, across, down),
                       n - c);
    }
}
