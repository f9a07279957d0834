/*
 * u8.h - from a number to a byte, for the references of the integer kernels and
 * for what their vector versions leave over.
 */
#ifndef SINEW_KERNEL_REF_U8_H
#define SINEW_KERNEL_REF_U8_H

#include <math.h>
#include <stddef.h>
#include "kernel/u8.h"

static inline uint8_t sinew_u8_of(float level,
                                  const struct sinew_u8_target *to) {
    int64_t q = (int64_t)lrintf(level) + to->zero;

    q = q < to->low ? to->low : q > to->high ? to->high : q;
    return to->table ? to->table[q] : (uint8_t)q;
}

static inline uint8_t sinew_u8_combine(uint8_t a, uint8_t b,
                                       const struct sinew_u8_binary *op) {
    int32_t from_a = a - op->a_zero, from_b = b - op->b_zero;

    if (op->multiply)
        return sinew_u8_of((float)(from_a * from_b) * op->a_factor, &op->to);
    return sinew_u8_of(
        (float)from_a * op->a_factor + (float)from_b * op->b_factor, &op->to);
}

/* Not a number becomes the lowest byte. */
static inline uint8_t sinew_u8_quantized(float x, float scale, int32_t zero) {
    const struct sinew_u8_target to = {zero, 0, 255, NULL};
    float level = x / scale;

    level = level > -65536.0f ? level : -65536.0f;
    return sinew_u8_of(level < 65536.0f ? level : 65536.0f, &to);
}

#endif
