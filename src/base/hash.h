/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fast mixing for hash tables and sketches. Not cryptographic: tables that an
 * attacker could fill are keyed (`key` drawn at random when the table is made,
 * or fixed where a replay must give the same bytes and the table is bounded).
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

/* 64 x 64 -> 128 bit multiply, folded: the core of wyhash (Wang Yi, public domain). */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_u64(uint64_t value, uint64_t key)
{
	return hash_mix(value ^ 0x9e3779b97f4a7c15u ^ key, 0xe7037ed1a0b428dbu);
}

/* 32 bits one to one (Ellis, "lowbias32"), so that distinct values stay distinct. */
static inline uint32_t hash_permute32(uint32_t x, uint32_t key)
{
	x ^= key;
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	x ^= x >> 16;
	return x;
}

#endif
