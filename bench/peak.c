/*
 * peak.c - how many multiply-adds one core can do: the ceiling that kernel
 * timings are read against.
 *
 *     cc -O2 bench/peak.c -o build/peak && build/peak
 *
 * Each loop keeps enough independent sums in registers to hide the latency of a
 * fused multiply-add, and touches no memory. The best of several rounds counts.
 */
#define _POSIX_C_SOURCE 199309L

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { ROUNDS = 20, STEPS = 2000000 };

static double seconds_now(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A loop of 12 sums of `lanes` floats; the result only keeps it alive. */
#define DEFINE_LOOP(name, attributes, vector, set1, fma, lane0)                \
    attributes static float name(int64_t steps) {                              \
        vector sum[12], x = set1(0.5f), y = set1(1e-9f);                       \
        for (int i = 0; i < 12; i++)                                           \
            sum[i] = set1((float)i);                                           \
        for (int64_t s = 0; s < steps; s++) {                                  \
            sum[0] = fma(sum[0], x, y);                                        \
            sum[1] = fma(sum[1], x, y);                                        \
            sum[2] = fma(sum[2], x, y);                                        \
            sum[3] = fma(sum[3], x, y);                                        \
            sum[4] = fma(sum[4], x, y);                                        \
            sum[5] = fma(sum[5], x, y);                                        \
            sum[6] = fma(sum[6], x, y);                                        \
            sum[7] = fma(sum[7], x, y);                                        \
            sum[8] = fma(sum[8], x, y);                                        \
            sum[9] = fma(sum[9], x, y);                                        \
            sum[10] = fma(sum[10], x, y);                                      \
            sum[11] = fma(sum[11], x, y);                                      \
        }                                                                      \
        float total = 0;                                                       \
        for (int i = 0; i < 12; i++)                                           \
            total += lane0(sum[i]);                                            \
        return total;                                                          \
    }

typedef float loop_fn(int64_t steps);

static void report(const char *name, loop_fn *loop, int lanes) {
    double best = 1e9;
    float keep = 0;

    for (int i = 0; i < ROUNDS; i++) {
        double began = seconds_now();
        keep += loop(STEPS);
        double took = seconds_now() - began;
        best = took < best ? took : best;
    }
    printf("%-8s %7.1f GFLOP/s (%g)\n", name,
           2.0 * 12 * lanes * STEPS / best * 1e-9, (double)keep);
}

#if defined(__x86_64__)
#define SSE_FMA(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)
DEFINE_LOOP(loop_sse2, , __m128, _mm_set1_ps, SSE_FMA, _mm_cvtss_f32)
DEFINE_LOOP(loop_avx2, __attribute__((target("avx2,fma"))), __m256,
            _mm256_set1_ps, _mm256_fmadd_ps, _mm256_cvtss_f32)
DEFINE_LOOP(loop_avx512, __attribute__((target("avx512f"))), __m512,
            _mm512_set1_ps, _mm512_fmadd_ps, _mm512_cvtss_f32)
#elif defined(__aarch64__)
#define NEON_FMA(a, b, c) vfmaq_f32(c, a, b)
#define NEON_LANE0(v) vgetq_lane_f32(v, 0)
DEFINE_LOOP(loop_neon, , float32x4_t, vdupq_n_f32, NEON_FMA, NEON_LANE0)
#endif

int main(void) {
#if defined(__x86_64__)
    report("sse2", loop_sse2, 4);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        report("avx2", loop_avx2, 8);
    if (__builtin_cpu_supports("avx512f"))
        report("avx512", loop_avx512, 16);
#elif defined(__aarch64__)
    report("neon", loop_neon, 4);
#else
    printf("no vector unit known here\n");
#endif
    return 0;
}
