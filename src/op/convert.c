/*
 * convert.c - single numbers read and written by type.
 *
 * f16 is IEEE 754 binary16, bf16 the upper half of an f32; both are rounded to
 * nearest, ties to even. Integers wrap when they are narrowed, as in C and
 * NumPy; a float becomes the nearest integer of the type that is not farther
 * from zero, NaN becomes 0.
 */
#include <math.h>
#include "op/util.h"

static uint32_t float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float bits_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float sinew_f16_to_f32(uint16_t half) {
    /* With the fields moved into place, 2^112 corrects the exponent's bias and
     * gives subnormals their value. */
    uint32_t bits = (uint32_t)(half & 0x7fff) << 13;
    bits = float_bits(bits_float(bits) * 0x1p112f);
    if ((half & 0x7c00) == 0x7c00) bits |= 0x7f800000;
    return bits_float(bits | (uint32_t)(half & 0x8000) << 16);
}

uint16_t sinew_f32_to_f16(float value) {
    uint32_t bits = float_bits(value);
    uint32_t sign = bits >> 16 & 0x8000;
    bits &= 0x7fffffff;
    if (bits >= 0x47800000) /* 65536 and more, infinity, NaN */
        bits = bits > 0x7f800000 ? 0x7e00 : 0x7c00;
    else if (bits < 0x38800000) /* below 2^-14: 1/2 has the wanted unit */
        bits = float_bits(bits_float(bits) + 0.5f) - 0x3f000000;
    else
        bits = (bits - (112u << 23) + 0xfff + (bits >> 13 & 1)) >> 13;
    return (uint16_t)(sign | bits);
}

static uint16_t f32_to_bf16(float value) {
    uint32_t bits = float_bits(value);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

bool sinew_dtype_is_float(int32_t dtype) {
    return dtype == SINEW_F32 || dtype == SINEW_F16 || dtype == SINEW_BF16 ||
           dtype == SINEW_F64;
}

int64_t sinew_int_load(const void *data, int32_t dtype, int64_t i) {
    switch (dtype) {
    case SINEW_I8:
        return ((const int8_t *)data)[i];
    case SINEW_I32:
        return ((const int32_t *)data)[i];
    case SINEW_I64:
        return ((const int64_t *)data)[i];
    case SINEW_BOOL:
        return ((const uint8_t *)data)[i] != 0;
    default: /* u8 */
        return ((const uint8_t *)data)[i];
    }
}

void sinew_int_store(void *data, int32_t dtype, int64_t i, int64_t value) {
    switch (dtype) {
    case SINEW_I8:
        ((int8_t *)data)[i] = (int8_t)value;
        break;
    case SINEW_I32:
        ((int32_t *)data)[i] = (int32_t)value;
        break;
    case SINEW_I64:
        ((int64_t *)data)[i] = value;
        break;
    case SINEW_BOOL:
        ((uint8_t *)data)[i] = value != 0;
        break;
    default: /* u8 */
        ((uint8_t *)data)[i] = (uint8_t)value;
        break;
    }
}

double sinew_float_load(const void *data, int32_t dtype, int64_t i) {
    switch (dtype) {
    case SINEW_F16:
        return (double)sinew_f16_to_f32(((const uint16_t *)data)[i]);
    case SINEW_BF16:
        return (double)bits_float((uint32_t)((const uint16_t *)data)[i] << 16);
    case SINEW_F64:
        return ((const double *)data)[i];
    default: /* f32 */
        return (double)((const float *)data)[i];
    }
}

void sinew_float_store(void *data, int32_t dtype, int64_t i, double value) {
    switch (dtype) {
    case SINEW_F16:
        ((uint16_t *)data)[i] = sinew_f32_to_f16((float)value);
        break;
    case SINEW_BF16:
        ((uint16_t *)data)[i] = f32_to_bf16((float)value);
        break;
    case SINEW_F64:
        ((double *)data)[i] = value;
        break;
    default: /* f32 */
        ((float *)data)[i] = (float)value;
        break;
    }
}

/* Truncates towards zero into lo..hi. The bounds are powers of two or one less,
 * so (double)hi may round up to hi + 1, which the comparison allows for. */
static int64_t trunc_clamp(double value, int64_t lo, int64_t hi) {
    if (isnan(value)) return 0;
    if (value >= (double)hi) return hi;
    if (value <= (double)lo) return lo;
    return (int64_t)value;
}

int64_t sinew_round_clamp(double value, int64_t lo, int64_t hi) {
    return trunc_clamp(nearbyint(value), lo, hi);
}

static void int_range(int32_t dtype, int64_t *lo, int64_t *hi) {
    switch (dtype) {
    case SINEW_I8:
        *lo = INT8_MIN, *hi = INT8_MAX;
        break;
    case SINEW_I32:
        *lo = INT32_MIN, *hi = INT32_MAX;
        break;
    case SINEW_I64:
        *lo = INT64_MIN, *hi = INT64_MAX;
        break;
    default: /* u8 */
        *lo = 0, *hi = UINT8_MAX;
        break;
    }
}

static void convert_from_float(void *dst, int32_t to, const void *src,
                               int32_t from, int64_t n) {
    if (sinew_dtype_is_float(to)) {
        for (int64_t i = 0; i < n; i++)
            sinew_float_store(dst, to, i, sinew_float_load(src, from, i));
    } else if (to == SINEW_BOOL) {
        for (int64_t i = 0; i < n; i++)
            ((uint8_t *)dst)[i] = sinew_float_load(src, from, i) != 0;
    } else {
        int64_t lo, hi;
        int_range(to, &lo, &hi);
        for (int64_t i = 0; i < n; i++)
            sinew_int_store(
                dst, to, i,
                trunc_clamp(sinew_float_load(src, from, i), lo, hi));
    }
}

void sinew_convert(void *dst, int32_t to, const void *src, int32_t from,
                   int64_t n) {
    if (from == to && from != SINEW_BOOL) {
        memmove(dst, src, (size_t)n * sinew_dtype_size(from));
    } else if (from == SINEW_F16 && to == SINEW_F32) {
        for (int64_t i = 0; i < n; i++)
            ((float *)dst)[i] = sinew_f16_to_f32(((const uint16_t *)src)[i]);
    } else if (from == SINEW_F32 && to == SINEW_F16) {
        for (int64_t i = 0; i < n; i++)
            ((uint16_t *)dst)[i] = sinew_f32_to_f16(((const float *)src)[i]);
    } else if (sinew_dtype_is_float(from)) {
        convert_from_float(dst, to, src, from, n);
    } else if (to == SINEW_F32) {
        for (int64_t i = 0; i < n; i++)
            ((float *)dst)[i] = (float)sinew_int_load(src, from, i);
    } else if (sinew_dtype_is_float(to)) {
        for (int64_t i = 0; i < n; i++)
            sinew_float_store(dst, to, i, (double)sinew_int_load(src, from, i));
    } else {
        for (int64_t i = 0; i < n; i++)
            sinew_int_store(dst, to, i, sinew_int_load(src, from, i));
    }
}
