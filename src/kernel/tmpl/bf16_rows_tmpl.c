/*
 * bf16_rows_tmpl.c - floats to pairs of bf16, along a row and from row to row.
 */
#include "kernel/isa.h"
#include "kernel/vec/bf16.h"

/* The first n of a vector, any n. */
SINEW_INLINE vf load_some(const float *p, int64_t n) {
    return n <= 0 ? vf_zero() : n < VF_LANES ? vf_load_n(p, n) : vf_load(p);
}

SINEW_INLINE void pack_row(const float *x, float *y, int64_t n) {
    int64_t k = 0;

    for (; k + 2 * VF_LANES <= n; k += 2 * VF_LANES)
        vf_store(y + k / 2,
                 vf_pack_pairs(vf_load(x + k), vf_load(x + k + VF_LANES)));
    if (k < n) {
        vf low = load_some(x + k, n - k);
        vf high = load_some(x + k + VF_LANES, n - k - VF_LANES);
        vf_store_n(y + k / 2, vf_pack_pairs(low, high), (n - k + 1) / 2);
    }
}

void SINEW_NAME(bf16_pack)(const float *x, int64_t x_step, float *y,
                           int64_t y_step, int64_t rows, int64_t n) {
    for (int64_t i = 0; i < rows; i++, x += x_step, y += y_step)
        pack_row(x, y, n);
}

void SINEW_NAME(bf16_zip)(const float *const *x, float *y, int64_t y_step,
                          int64_t rows, int64_t n) {
    for (int64_t i = 0; i < rows; i += 2, y += y_step) {
        const float *a = x[i], *b = i + 1 < rows ? x[i + 1] : NULL;
        int64_t j = 0;
        for (; j + VF_LANES <= n; j += VF_LANES)
            vf_store(y + j, vf_zip_pairs(vf_load(a + j),
                                         b ? vf_load(b + j) : vf_zero()));
        if (j < n)
            vf_store_n(y + j,
                       vf_zip_pairs(vf_load_n(a + j, n - j),
                                    b ? vf_load_n(b + j, n - j) : vf_zero()),
                       n - j);
    }
}
