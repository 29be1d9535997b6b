/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reproducible random numbers: xoshiro256** seeded by splitmix64 (Blackman and
 * Vigna, public domain). For generators and tests, never for secrets. The same
 * seed gives the same sequence on every machine.
 */
#ifndef BASE_PRNG_H
#define BASE_PRNG_H

#include <stdint.h>

struct prng {
	uint64_t s[4];
};

static inline void prng_init(struct prng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = (seed += 0x9e3779b97f4a7c15u);

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		r->s[i] = z ^ (z >> 31);
	}
}

static inline uint64_t prng_rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static inline uint64_t prng_u64(struct prng *r)
{
	uint64_t *s = r->s, result = prng_rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = prng_rotate(s[3], 45);
	return result;
}

static inline uint32_t prng_u32(struct prng *r)
{
	return (uint32_t)(prng_u64(r) >> 32);
}

/* 0 <= result < bound; bound >= 1. Lemire's multiply, bias below 2^-32. */
static inline uint32_t prng_below(struct prng *r, uint32_t bound)
{
	return (uint32_t)(((prng_u64(r) >> 32) * bound) >> 32);
}

/* 0 <= result < 1, 53 bits. */
static inline double prng_unit(struct prng *r)
{
	return (double)(prng_u64(r) >> 11) * 0x1.0p-53;
}

#endif
