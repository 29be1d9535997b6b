/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/distinct.h"

#include <math.h>
#include <string.h>

enum {
	INDEX_BITS = 32 - DISTINCT_RANK_BITS,
	RANK_BITS = DISTINCT_RANK_BITS,
};

_Static_assert(1 << INDEX_BITS == FLOW_REGISTERS, "one register an index");

void distinct_pool_init(struct distinct_pool *p, bool wide)
{
	slab_init(&p->lists[0], FLOW_EXACT * sizeof(uint32_t), 8);
	slab_init(&p->lists[1], DISTINCT_WIDE * sizeof(uint32_t), 6);
	slab_init(&p->sketches, FLOW_REGISTERS, 4);
	p->exact_max = wide ? DISTINCT_WIDE : FLOW_EXACT;
	p->exhausted = false;
}

void distinct_pool_clear(struct distinct_pool *p)
{
	slab_clear(&p->lists[0]);
	slab_clear(&p->lists[1]);
	slab_clear(&p->sketches);
}

void distinct_pool_reset(struct distinct_pool *p)
{
	slab_reset(&p->lists[0]);
	slab_reset(&p->lists[1]);
	slab_reset(&p->sketches);
}

size_t distinct_pool_bytes(const struct distinct_pool *p)
{
	return slab_bytes(&p->lists[0]) + slab_bytes(&p->lists[1]) + slab_bytes(&p->sketches);
}

size_t distinct_pool_live(const struct distinct_pool *p)
{
	return (size_t)slab_live(&p->lists[0]) * p->lists[0].block_bytes +
	       (size_t)slab_live(&p->lists[1]) * p->lists[1].block_bytes +
	       (size_t)slab_live(&p->sketches) * p->sketches.block_bytes;
}

static void register_add(uint8_t *registers, uint32_t value)
{
	uint32_t rest = value << INDEX_BITS;
	uint8_t rank = rest ? (uint8_t)(__builtin_clz(rest) + 1) : RANK_BITS + 1;
	uint8_t *slot = &registers[value >> RANK_BITS];

	*slot = rank > *slot ? rank : *slot;
}

/* The list block of a state between inline and sketch, and how many values it takes. */
static struct slab *list_slab(struct distinct_pool *p, uint8_t state)
{
	return &p->lists[state > FLOW_EXACT];
}

static int list_room(uint8_t state)
{
	return state > FLOW_EXACT ? DISTINCT_WIDE : FLOW_EXACT;
}

/* The list is full: count by registers from now on. */
static uint8_t list_to_sketch(struct distinct_pool *p, uint32_t words[2], uint8_t state,
                              uint32_t value)
{
	uint32_t block = slab_take(&p->sketches);
	const uint32_t *list = slab_at(list_slab(p, state), words[0]);
	uint8_t *registers;

	if (block == SLAB_NONE) {
		p->exhausted = true;
		return state;
	}
	registers = slab_at(&p->sketches, block);
	memset(registers, 0, FLOW_REGISTERS);
	for (int i = 0; i < state; i++)
		register_add(registers, list[i]);
	register_add(registers, value);
	slab_give(list_slab(p, state), words[0]);
	words[0] = block;
	return DISTINCT_SKETCH;
}

/* `state` values and one more into a list block that has room for them. Unused places repeat the
 * first value, so that a search looks at all at once. */
static uint8_t to_longer_list(struct distinct_pool *p, uint32_t words[2], uint8_t state,
                              uint32_t value)
{
	uint8_t more = (uint8_t)(state + 1);
	const uint32_t *from = distinct_list(p, words, state);
	uint32_t block = slab_take(list_slab(p, more));
	uint32_t *list;

	if (block == SLAB_NONE) {
		p->exhausted = true;
		return state;
	}
	list = slab_at(list_slab(p, more), block);
	for (int i = 0; i < list_room(more); i++)
		list[i] = from[i < state ? i : 0];
	list[state] = value;
	if (state > DISTINCT_INLINE)
		slab_give(list_slab(p, state), words[0]);
	words[0] = block;
	return more;
}

static bool list_has(const uint32_t *list, int room, uint32_t value)
{
	uint32_t found = 0;

	for (int i = 0; i < room; i += FLOW_EXACT) {
		for (int k = 0; k < FLOW_EXACT; k++)
			found |= list[i + k] == value;
	}
	return found;
}

uint8_t distinct_add_slow(struct distinct_pool *p, uint32_t words[2], uint8_t state, uint32_t value)
{
	uint32_t *list;

	if (state == DISTINCT_SKETCH) {
		register_add(slab_at(&p->sketches, words[0]), value);
		return state;
	}
	if (state <= DISTINCT_INLINE)
		return to_longer_list(p, words, state, value);
	list = slab_at(list_slab(p, state), words[0]);
	if (list_has(list, list_room(state), value))
		return state;
	if (state == p->exact_max)
		return list_to_sketch(p, words, state, value);
	if (state == FLOW_EXACT)
		return to_longer_list(p, words, state, value);
	list[state] = value;
	return (uint8_t)(state + 1);
}

const uint32_t *distinct_list(const struct distinct_pool *p, const uint32_t words[2], uint8_t state)
{
	if (state <= DISTINCT_INLINE)
		return words;
	return state == DISTINCT_SKETCH ? NULL : slab_at(&p->lists[state > FLOW_EXACT], words[0]);
}

const uint8_t *distinct_registers(const struct distinct_pool *p, const uint32_t words[2],
                                  uint8_t state)
{
	return state == DISTINCT_SKETCH ? slab_at(&p->sketches, words[0]) : NULL;
}

static void merge_registers(struct distinct_pool *p, struct distinct *d, const uint8_t *from)
{
	uint8_t *registers;
	uint32_t block = slab_take(&p->sketches);
	const uint32_t *list = distinct_list(p, d->words, d->state);

	if (block == SLAB_NONE) {
		p->exhausted = true;
		return;
	}
	registers = slab_at(&p->sketches, block);
	memcpy(registers, from, FLOW_REGISTERS);
	for (int i = 0; i < d->state; i++)
		register_add(registers, list[i]);
	if (d->state > DISTINCT_INLINE)
		slab_give(list_slab(p, d->state), d->words[0]);
	d->words[0] = block;
	d->state = DISTINCT_SKETCH;
}

void distinct_merge(struct distinct_pool *p, struct distinct *d,
                    const struct distinct_pool *other_pool, const uint32_t other_words[2],
                    uint8_t other_state)
{
	const uint8_t *from;
	const uint32_t *list;

	if (other_state == 1) { /* most rows */
		d->state = distinct_add(p, d->words, d->state, other_words[0]);
		return;
	}
	from = distinct_registers(other_pool, other_words, other_state);
	list = distinct_list(other_pool, other_words, other_state);
	if (!from) {
		for (int i = 0; i < other_state; i++)
			d->state = distinct_add(p, d->words, d->state, list[i]);
	} else if (d->state != DISTINCT_SKETCH) {
		merge_registers(p, d, from);
	} else {
		uint8_t *registers = slab_at(&p->sketches, d->words[0]);

		for (int i = 0; i < FLOW_REGISTERS; i++)
			registers[i] = registers[i] > from[i] ? registers[i] : from[i];
	}
}

void distinct_free(struct distinct_pool *p, struct distinct *d)
{
	if (d->state == DISTINCT_SKETCH)
		slab_give(&p->sketches, d->words[0]);
	else if (d->state > DISTINCT_INLINE)
		slab_give(list_slab(p, d->state), d->words[0]);
	d->state = 0;
}

void distinct_note(uint8_t registers[FLOW_REGISTERS], uint32_t value)
{
	register_add(registers, value);
}

/* Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), section 4. */
static double sigma(double x)
{
	double y = 1, z = x, before;

	if (x == 1)
		return INFINITY;
	do {
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

static double tau(double x)
{
	double y = 1, z = 1 - x, before;

	if (x == 0 || x == 1)
		return 0;
	do {
		x = sqrt(x);
		before = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

/* How many registers hold each rank. Four tables, so that neighbours with the same rank do not
 * wait for each other's store. */
static void count_ranks(const uint8_t registers[FLOW_REGISTERS], uint32_t counts[RANK_BITS + 2])
{
	uint16_t parts[4][256] = {{0}};

	for (int i = 0; i < FLOW_REGISTERS; i += 4) {
		parts[0][registers[i]]++;
		parts[1][registers[i + 1]]++;
		parts[2][registers[i + 2]]++;
		parts[3][registers[i + 3]]++;
	}
	for (int k = 0; k < RANK_BITS + 1; k++)
		counts[k] = (uint32_t)parts[0][k] + parts[1][k] + parts[2][k] + parts[3][k];
	counts[RANK_BITS + 1] = FLOW_REGISTERS;
	for (int k = 0; k < RANK_BITS + 1; k++)
		counts[RANK_BITS + 1] -= counts[k];
}

double distinct_estimate(const uint8_t registers[FLOW_REGISTERS])
{
	const double m = FLOW_REGISTERS;
	uint32_t counts[RANK_BITS + 2];
	double z;

	count_ranks(registers, counts);
	z = m * tau(1 - counts[RANK_BITS + 1] / m);
	for (int k = RANK_BITS; k >= 1; k--)
		z = 0.5 * (z + counts[k]);
	z += m * sigma(counts[0] / m);
	return m * m / (2 * 0.69314718055994530942 * z);
}

double distinct_count(const struct distinct_pool *p, const uint32_t words[2], uint8_t state)
{
	if (state == DISTINCT_SKETCH)
		return distinct_estimate(slab_at(&p->sketches, words[0]));
	return state;
}
