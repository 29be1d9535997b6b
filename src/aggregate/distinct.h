/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many different values, in eight bytes until it needs more.
 *
 * A set of hashed 32-bit values: up to 2 inline, up to FLOW_EXACT (16) in a list of one cache
 * line, in a wide pool up to DISTINCT_WIDE (64) in longer ones, beyond that a HyperLogLog of
 * FLOW_REGISTERS one-byte registers (Flajolet et al. 2007, estimator of Ertl 2017, standard
 * error 1.04 / sqrt(1024) = 3.3 %). A longer list is two or four lines, of which a value's upper
 * bits choose one (or the next that is not full), so that adding looks at one. The representation
 * depends on the set alone, not on the order of adding, so that merges in any order give the same
 * count (a merged sketch stays one). Values must come from a one-to-one or a good 32-bit hash.
 *
 * The set's state byte and its two words live in the owner; blocks come from a pool that
 * several sets share. One thread a pool.
 */
#ifndef AGGREGATE_DISTINCT_H
#define AGGREGATE_DISTINCT_H

#include "aggregate/slab.h"
#include "base/prefetch.h"
#include "model/flow.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	DISTINCT_INLINE = 2,
	DISTINCT_WIDE = 64,
	DISTINCT_LISTS = 3, /* of FLOW_EXACT << class values */
	DISTINCT_SKETCH = 255,
	DISTINCT_RANK_BITS = 22, /* a value's upper 10 bits choose the register */
};

struct distinct_pool {
	struct slab lists[DISTINCT_LISTS];
	struct slab sketches;
	uint8_t exact_max; /* FLOW_EXACT or DISTINCT_WIDE */
	bool exhausted;    /* memory was out: counts are too low from here on */
};

/* state: 0 to the pool's exact_max values, or DISTINCT_SKETCH. words: values, or a block number
 * and, for a longer list, how many values are in each of its lines, a byte each. */
struct distinct {
	uint32_t words[2];
	uint8_t state;
};

void distinct_pool_init(struct distinct_pool *p, bool wide);
void distinct_pool_clear(struct distinct_pool *p);
void distinct_pool_reset(struct distinct_pool *p);
/* Bytes held, and bytes in use. */
size_t distinct_pool_bytes(const struct distinct_pool *p);
size_t distinct_pool_live(const struct distinct_pool *p);

/* Note a value in registers. */
static inline void distinct_note(uint8_t registers[FLOW_REGISTERS], uint32_t value)
{
	uint32_t rest = value << (32 - DISTINCT_RANK_BITS);
	uint8_t rank = (uint8_t)(rest ? __builtin_clz(rest) + 1 : DISTINCT_RANK_BITS + 1);
	uint8_t *slot = &registers[value >> DISTINCT_RANK_BITS];

	*slot = rank > *slot ? rank : *slot; /* no branch: nobody can foretell it */
}

/* Add where more than the inline words are needed and there is no sketch yet. */
uint8_t distinct_add_slow(struct distinct_pool *p, uint32_t words[2], uint8_t state,
                          uint32_t value);

/* Add a value; returns the new state. */
static inline uint8_t distinct_add(struct distinct_pool *p, uint32_t words[2], uint8_t state,
                                   uint32_t value)
{
	if (state == DISTINCT_SKETCH) {
		distinct_note(slab_at(&p->sketches, words[0]), value);
		return state;
	}
	if (state == 0) {
		words[0] = value;
		return 1;
	}
	if (state <= DISTINCT_INLINE && words[0] == value)
		return state;
	if (state == 1) {
		words[1] = value;
		return 2;
	}
	if (state == DISTINCT_INLINE && words[1] == value)
		return state;
	return distinct_add_slow(p, words, state, value);
}

/* The class of a list of more than DISTINCT_INLINE values. */
static inline unsigned distinct_class(uint8_t state)
{
	return (unsigned)(state > FLOW_EXACT) + (state > 2 * FLOW_EXACT);
}

/* The line of a list where the search for a value begins. */
static inline unsigned distinct_line(unsigned class, uint32_t value)
{
	return value >> 30 & ((1u << class) - 1);
}

/* Start loading what adding this value will touch beyond the owner's words. */
static inline void distinct_prefetch(const struct distinct_pool *p, const uint32_t words[2],
                                     uint8_t state, uint32_t value)
{
	unsigned class = distinct_class(state);

	if (state <= DISTINCT_INLINE)
		return;
	if (state == DISTINCT_SKETCH)
		prefetch_write((const char *)slab_at(&p->sketches, words[0]) +
		               (value >> DISTINCT_RANK_BITS));
	else
		prefetch_write((const uint32_t *)slab_at(&p->lists[class], words[0]) +
		               distinct_line(class, value) * FLOW_EXACT);
}

/* The values of a set of at most FLOW_EXACT, `words` itself or a list block; else NULL. */
const uint32_t *distinct_list(const struct distinct_pool *p, const uint32_t words[2],
                              uint8_t state);

/* The registers where state == DISTINCT_SKETCH, else NULL. */
const uint8_t *distinct_registers(const struct distinct_pool *p, const uint32_t words[2],
                                  uint8_t state);

/* Add all of another set (of another pool) to d. */
void distinct_merge(struct distinct_pool *p, struct distinct *d,
                    const struct distinct_pool *other_pool, const uint32_t other_words[2],
                    uint8_t other_state);

/* Give the blocks back. */
void distinct_free(struct distinct_pool *p, struct distinct *d);

/* The count: exact, or an estimate. */
double distinct_count(const struct distinct_pool *p, const uint32_t words[2], uint8_t state);

/* The estimate of FLOW_REGISTERS registers. */
double distinct_estimate(const uint8_t registers[FLOW_REGISTERS]);

#endif
