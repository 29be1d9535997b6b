/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One-byte tags of an open-addressed table: a search compares eight at once, so that it branches
 * once where steps from place to place could not be foretold, and a table's tags stay near.
 *
 * A tag is never 0; a place that has 0 is empty. There are mask + 1 places, a power of two, and
 * behind them the first TAGS_AT_ONCE again. The memory is the caller's. Pure.
 */
#ifndef AGGREGATE_TAGS_H
#define AGGREGATE_TAGS_H

#include "base/cursor.h"

#include <stdint.h>

enum { TAGS_AT_ONCE = 8 };

static inline uint8_t tag_of(uint64_t hash)
{
	return (uint8_t)(hash >> 56 | 0x80);
}

/* From place `at` on, the first that is empty or has the tag. */
static inline uint64_t tags_next(const uint8_t *tags, uint64_t mask, uint64_t at, uint8_t tag)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;

	for (;; at = (at + TAGS_AT_ONCE) & mask) {
		uint64_t here = bytes_le64(tags + at), differ = here ^ ones * tag;
		/* The lowest zero byte of `differ` is found exactly; the other term is exact. */
		uint64_t found = (((differ - ones) & ~differ) | ~here) & tops;

		if (found)
			return (at + ((unsigned)__builtin_ctzll(found) >> 3)) & mask;
	}
}

static inline void tags_set(uint8_t *tags, uint64_t mask, uint64_t at, uint8_t tag)
{
	tags[at] = tag;
	if (at < TAGS_AT_ONCE)
		tags[mask + 1 + at] = tag;
}

#endif
