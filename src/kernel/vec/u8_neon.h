/*
 * u8_neon.h - bytes with AArch64 Advanced SIMD, and with its dot product (see
 * u8.h). Both multiply signed bytes, so 128 is taken off those of x.
 */
#ifndef SINEW_KERNEL_VEC_U8_NEON_H
#define SINEW_KERNEL_VEC_U8_NEON_H

#include <arm_neon.h>

#define VI_LANES  4
#define VX_OFFSET 128

typedef int32x4_t vi;
typedef uint8x16_t vb;
typedef int8x16_t vx, vw;

static inline vi vi_load(const int32_t *p) {
    return vld1q_s32(p);
}
static inline vx vx_signed(uint8x16_t bytes) {
    return vreinterpretq_s8_u8(veorq_u8(bytes, vdupq_n_u8(128)));
}
static inline vx vx_four(const uint8_t *p) {
    uint32_t four;

    memcpy(&four, p, sizeof four);
    return vx_signed(vreinterpretq_u8_u32(vdupq_n_u32(four)));
}
static inline void vx_quad(const vb *b, vx *x) {
    uint16x8_t low01 = vreinterpretq_u16_u8(vzip1q_u8(b[0], b[1]));
    uint16x8_t high01 = vreinterpretq_u16_u8(vzip2q_u8(b[0], b[1]));
    uint16x8_t low23 = vreinterpretq_u16_u8(vzip1q_u8(b[2], b[3]));
    uint16x8_t high23 = vreinterpretq_u16_u8(vzip2q_u8(b[2], b[3]));

    x[0] = vx_signed(vreinterpretq_u8_u16(vzip1q_u16(low01, low23)));
    x[1] = vx_signed(vreinterpretq_u8_u16(vzip2q_u16(low01, low23)));
    x[2] = vx_signed(vreinterpretq_u8_u16(vzip1q_u16(high01, high23)));
    x[3] = vx_signed(vreinterpretq_u8_u16(vzip2q_u16(high01, high23)));
}
static inline vw vw_load(const int8_t *p) {
    return vld1q_s8(p);
}
#if defined(SINEW_ISA_NEONDOT)
static inline vi vi_dot(vi s, vx x, vw w) {
    return vdotq_s32(s, x, w);
}
static inline vx vx_load(const uint8_t *p) {
    return vx_signed(vld1q_u8(p));
}
#define vi_dot_part(s, x, part, w) vdotq_laneq_s32(s, w, x, part)
#else
static inline vi vi_dot(vi s, vx x, vw w) {
    int16x8_t low = vmull_s8(vget_low_s8(x), vget_low_s8(w));
    int16x8_t high = vmull_high_s8(x, w);

    return vaddq_s32(s, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
}
#endif

static inline vi vi_bytes(const uint8_t *p) {
    uint32_t four;

    memcpy(&four, p, sizeof four);
    uint16x8_t words = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(four)));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(words)));
}
static inline vf vf_of(vi v) {
    return vcvtq_f32_s32(v);
}
static inline vi vi_round(vf v) {
    return vcvtnq_s32_f32(v);
}

static inline vb vb_pack(const vi *v, int32_t zero) {
    int16x8_t add = vdupq_n_s16((int16_t)zero);
    int16x8_t low = vcombine_s16(vqmovn_s32(v[0]), vqmovn_s32(v[1]));
    int16x8_t high = vcombine_s16(vqmovn_s32(v[2]), vqmovn_s32(v[3]));

    return vcombine_u8(vqmovun_s16(vqaddq_s16(low, add)),
                       vqmovun_s16(vqaddq_s16(high, add)));
}
static inline vb vb_straight(vb b) {
    return b;
}
static inline vb vb_load(const uint8_t *p) {
    return vld1q_u8(p);
}
static inline void vb_store(uint8_t *p, vb b) {
    vst1q_u8(p, b);
}
static inline void vb_store_n(uint8_t *p, vb b, int64_t n) {
    uint8_t bytes[16];

    if (n == 16) {
        vst1q_u8(p, b);
    } else {
        vst1q_u8(bytes, b);
        memcpy(p, bytes, (size_t)n);
    }
}
static inline vb vb_set1(uint8_t x) {
    return vdupq_n_u8(x);
}
static inline vb vb_min(vb a, vb b) {
    return vminq_u8(a, b);
}
static inline vb vb_max(vb a, vb b) {
    return vmaxq_u8(a, b);
}
/* Four look-ups of 64 bytes; those out of range leave what is there. */
static inline vb vb_lookup(vb b, const uint8_t *table) {
    uint8x16_t step = vdupq_n_u8(64);
    uint8x16_t y = vqtbl4q_u8(vld1q_u8_x4(table), b);

    for (int i = 1; i < 4; i++) {
        b = vsubq_u8(b, step);
        y = vqtbx4q_u8(y, vld1q_u8_x4(table + 64 * i), b);
    }
    return y;
}

#endif
