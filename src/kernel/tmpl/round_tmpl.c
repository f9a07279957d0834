/*
 * round_tmpl.c - floats rounded to bf16, left to the compiler to vectorise.
 */
#include "kernel/isa.h"

void SINEW_NAME(f32_round)(const float *x, float *y, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        y[i] = sinew_bf16_round(x[i]);
}
