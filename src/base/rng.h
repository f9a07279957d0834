/*
 * rng.h - random numbers with an explicit state: the same seed gives the same
 * numbers on every machine, and a saved state goes on where it stopped.
 */
#ifndef SINEW_BASE_RNG_H
#define SINEW_BASE_RNG_H

#include <stdint.h>

struct sinew_rng {
    uint64_t s[4]; ///< never all zero
};

/* State from any seed, 0 included. */
void sinew_rng_seed(struct sinew_rng *rng, uint64_t seed);

/* An independent stream for thread, sample or tensor `stream` of a seed. */
void sinew_rng_stream(struct sinew_rng *rng, uint64_t seed, uint64_t stream);

/* 64 random bits. */
uint64_t sinew_rng_next(struct sinew_rng *rng);

/* Whole number in [0, n), n >= 1, without bias. */
uint64_t sinew_rng_below(struct sinew_rng *rng, uint64_t n);

/* [0, 1), a multiple of 2^-53. */
double sinew_rng_uniform(struct sinew_rng *rng);

/* Standard normal. */
double sinew_rng_normal(struct sinew_rng *rng);

#endif
