/*
 * rng.c - xoshiro256** seeded by SplitMix64, and the usual distributions.
 *
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators"
 * (2021); Steele, Lea and Flood, "Fast splittable pseudorandom number
 * generators" (2014). Normal numbers by Marsaglia's polar method, of whose two
 * results the second is dropped so that the state stays four words.
 */
#include "base/rng.h"

#include <math.h>

static uint64_t rotate(uint64_t x, int by) {
    return x << by | x >> (64 - by);
}

static uint64_t split_mix(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void sinew_rng_seed(struct sinew_rng *rng, uint64_t seed) {
    /* Four successive outputs differ, so they are never all zero. */
    for (int i = 0; i < 4; i++)
        rng->s[i] = split_mix(&seed);
}

void sinew_rng_stream(struct sinew_rng *rng, uint64_t seed, uint64_t stream) {
    /* The rotation tells (seed, stream) from (stream, seed). */
    const uint64_t mixed = rotate(split_mix(&stream), 32);
    sinew_rng_seed(rng, mixed ^ split_mix(&seed));
}

uint64_t sinew_rng_next(struct sinew_rng *rng) {
    uint64_t *s = rng->s;
    const uint64_t result = rotate(s[1] * 5, 7) * 9;
    const uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t sinew_rng_below(struct sinew_rng *rng, uint64_t n) {
    /* The first 2^64 mod n numbers would be hit once too often: draw again. */
    const uint64_t extra = (0 - n) % n;
    uint64_t x;
    do
        x = sinew_rng_next(rng);
    while (x < extra);
    return x % n;
}

double sinew_rng_uniform(struct sinew_rng *rng) {
    return (double)(sinew_rng_next(rng) >> 11) * 0x1p-53;
}

double sinew_rng_normal(struct sinew_rng *rng) {
    double x, y, r;
    do {
        x = 2 * sinew_rng_uniform(rng) - 1;
        y = 2 * sinew_rng_uniform(rng) - 1;
        r = x * x + y * y;
    } while (r >= 1 || r == 0);
    return x * sqrt(-2 * log(r) / r);
}
