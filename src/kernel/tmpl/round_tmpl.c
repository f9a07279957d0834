/*
 * round_tmpl.c - floats rounded to bf16, by adding to their bits what carries
 * into the upper half from its middle on, or from right behind it where the
 * upper half is odd.
 */
#include "kernel/isa.h"
#include "kernel/vec/f32.h"

typedef uint32_t bits __attribute__((vector_size(VF_LANES * 4)));
typedef int32_t signed_bits __attribute__((vector_size(VF_LANES * 4)));

void SINEW_NAME(f32_round)(const float *x, float *y, int64_t n) {
    int64_t i = 0;

    for (; i + VF_LANES <= n; i += VF_LANES) {
        bits b, nan;
        memcpy(&b, x + i, sizeof b);
        nan = (bits)((signed_bits)(b & 0x7fffffff) > 0x7f800000);
        b = (nan & (b | 1u << 22)) | (~nan & (b + 0x7fff + (b >> 16 & 1)));
        b &= 0xffff0000u;
        memcpy(y + i, &b, sizeof b);
    }
    for (; i < n; i++)
        y[i] = sinew_bf16_round(x[i]);
}
