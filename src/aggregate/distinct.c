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
	for (unsigned i = 0; i < DISTINCT_LISTS; i++)
		slab_init(&p->lists[i], (uint32_t)(FLOW_EXACT * sizeof(uint32_t)) << i, 8 - i);
	slab_init(&p->sketches, FLOW_REGISTERS, 4);
	p->exact_max = wide ? DISTINCT_WIDE : FLOW_EXACT;
	p->exhausted = false;
}

void distinct_pool_clear(struct distinct_pool *p)
{
	for (unsigned i = 0; i < DISTINCT_LISTS; i++)
		slab_clear(&p->lists[i]);
	slab_clear(&p->sketches);
}

void distinct_pool_reset(struct distinct_pool *p)
{
	for (unsigned i = 0; i < DISTINCT_LISTS; i++)
		slab_reset(&p->lists[i]);
	slab_reset(&p->sketches);
}

size_t distinct_pool_bytes(const struct distinct_pool *p)
{
	size_t bytes = slab_bytes(&p->sketches);

	for (unsigned i = 0; i < DISTINCT_LISTS; i++)
		bytes += slab_bytes(&p->lists[i]);
	return bytes;
}

size_t distinct_pool_live(const struct distinct_pool *p)
{
	size_t bytes = (size_t)slab_live(&p->sketches) * p->sketches.block_bytes;

	for (unsigned i = 0; i < DISTINCT_LISTS; i++)
		bytes += (size_t)slab_live(&p->lists[i]) * p->lists[i].block_bytes;
	return bytes;
}

static struct slab *list_slab(struct distinct_pool *p, uint8_t state)
{
	return &p->lists[distinct_class(state)];
}

/* How many values stand in a line of a list. */
static unsigned line_count(const uint32_t words[2], uint8_t state, unsigned line)
{
	return state > FLOW_EXACT ? words[1] >> 8 * line & 0xff : state;
}

/* All exact values in a row; returns them, in `room` where they do not lie so already. */
static const uint32_t *flat_values(const struct distinct_pool *p, const uint32_t words[2],
                                   uint8_t state, uint32_t room[DISTINCT_WIDE])
{
	const uint32_t *list;
	unsigned n = 0;

	if (state <= FLOW_EXACT)
		return distinct_list(p, words, state);
	list = slab_at(&p->lists[distinct_class(state)], words[0]);
	for (unsigned line = 0; n < state; line++) {
		unsigned count = line_count(words, state, line);

		memcpy(room + n, list + line * FLOW_EXACT, count * sizeof(*room));
		n += count;
	}
	return room;
}

/* Unused places of a line repeat its first value, so that a search looks at all at once. */
static void line_put(uint32_t *line, unsigned count, uint32_t value)
{
	for (unsigned i = count; i < (count ? count + 1 : FLOW_EXACT); i++)
		line[i] = value;
}

/* Four values, compared at once (an extension of gcc and clang). */
typedef uint32_t four_values __attribute__((vector_size(16), may_alias));

static inline bool line_has(const uint32_t *line, uint32_t value)
{
	const four_values *four = (const four_values *)line, want = {value, value, value, value};
	four_values found = (four_values)(four[0] == want) | (four_values)(four[1] == want) |
	                    (four_values)(four[2] == want) | (four_values)(four[3] == want);
	uint64_t halves[2];

	_Static_assert(FLOW_EXACT == 16, "four times four");
	memcpy(halves, &found, sizeof(halves));
	return (halves[0] | halves[1]) != 0;
}

/* The list is full: count by registers from now on. */
static uint8_t list_to_sketch(struct distinct_pool *p, uint32_t words[2], uint8_t state,
                              uint32_t value)
{
	uint32_t block = slab_take(&p->sketches), room[DISTINCT_WIDE];
	const uint32_t *values = flat_values(p, words, state, room);
	uint8_t *registers;

	if (block == SLAB_NONE) {
		p->exhausted = true;
		return state;
	}
	registers = slab_at(&p->sketches, block);
	memset(registers, 0, FLOW_REGISTERS);
	for (int i = 0; i < state; i++)
		distinct_note(registers, values[i]);
	distinct_note(registers, value);
	slab_give(list_slab(p, state), words[0]);
	words[0] = block;
	return DISTINCT_SKETCH;
}

enum find { FIND_PRESENT, FIND_ADDED, FIND_FULL };

/* Add to a list of several lines: to the value's own or the next that has room. */
static enum find lines_add(uint32_t *list, uint32_t words[2], unsigned class, uint32_t value)
{
	unsigned line = distinct_line(class, value);

	for (unsigned i = 0; i < 1u << class; i++, line = (line + 1) & ((1u << class) - 1)) {
		unsigned count = words[1] >> 8 * line & 0xff;

		if (count && line_has(list + line * FLOW_EXACT, value))
			return FIND_PRESENT;
		if (count < FLOW_EXACT) {
			line_put(list + line * FLOW_EXACT, count, value);
			words[1] += 1u << 8 * line;
			return FIND_ADDED;
		}
	}
	return FIND_FULL;
}

/* `state` values and one more into a list block that has room for them. */
static uint8_t to_longer_list(struct distinct_pool *p, uint32_t words[2], uint8_t state,
                              uint32_t value)
{
	uint8_t more = (uint8_t)(state + 1);
	uint32_t block = slab_take(list_slab(p, more)), room[DISTINCT_WIDE];
	const uint32_t *from = flat_values(p, words, state, room);
	uint32_t fresh[2] = {block, 0};
	uint32_t *list;

	if (block == SLAB_NONE) {
		p->exhausted = true;
		return state;
	}
	list = slab_at(list_slab(p, more), block);
	for (unsigned i = 0; i < more; i++) {
		uint32_t next = i < state ? from[i] : value;

		if (more <= FLOW_EXACT)
			line_put(list, i, next);
		else
			(void)lines_add(list, fresh, distinct_class(more), next);
	}
	if (state > DISTINCT_INLINE)
		slab_give(list_slab(p, state), words[0]);
	memcpy(words, fresh, sizeof(fresh));
	return more;
}

uint8_t distinct_add_slow(struct distinct_pool *p, uint32_t words[2], uint8_t state, uint32_t value)
{
	uint32_t *list;

	if (state <= DISTINCT_INLINE)
		return to_longer_list(p, words, state, value);
	list = slab_at(list_slab(p, state), words[0]);
	if (state > FLOW_EXACT) {
		enum find found = lines_add(list, words, distinct_class(state), value);

		if (found != FIND_FULL)
			return (uint8_t)(state + (found == FIND_ADDED));
	} else {
		if (line_has(list, value))
			return state;
		if (state < FLOW_EXACT) {
			list[state] = value;
			return (uint8_t)(state + 1);
		}
	}
	return state == p->exact_max ? list_to_sketch(p, words, state, value)
	                             : to_longer_list(p, words, state, value);
}

const uint32_t *distinct_list(const struct distinct_pool *p, const uint32_t words[2], uint8_t state)
{
	if (state <= DISTINCT_INLINE)
		return words;
	return state > FLOW_EXACT ? NULL : slab_at(&p->lists[0], words[0]);
}

const uint8_t *distinct_registers(const struct distinct_pool *p, const uint32_t words[2],
                                  uint8_t state)
{
	return state == DISTINCT_SKETCH ? slab_at(&p->sketches, words[0]) : NULL;
}

static void merge_registers(struct distinct_pool *p, struct distinct *d, const uint8_t *from)
{
	uint32_t block = slab_take(&p->sketches), room[DISTINCT_WIDE];
	const uint32_t *values = flat_values(p, d->words, d->state, room);
	uint8_t *registers;

	if (block == SLAB_NONE) {
		p->exhausted = true;
		return;
	}
	registers = slab_at(&p->sketches, block);
	memcpy(registers, from, FLOW_REGISTERS);
	for (int i = 0; i < d->state; i++)
		distinct_note(registers, values[i]);
	if (d->state > DISTINCT_INLINE)
		slab_give(list_slab(p, d->state), d->words[0]);
	d->words[0] = block;
	d->state = DISTINCT_SKETCH;
}

/* `restrict`, or else compilers take one byte at a time. */
static void raise_registers(uint8_t *restrict to, const uint8_t *restrict from)
{
	for (int i = 0; i < FLOW_REGISTERS; i++)
		to[i] = to[i] > from[i] ? to[i] : from[i];
}

static void merge_values(struct distinct_pool *p, struct distinct *d,
                         const struct distinct_pool *other_pool, const uint32_t other_words[2],
                         uint8_t other_state)
{
	uint32_t room[DISTINCT_WIDE];
	const uint32_t *values = flat_values(other_pool, other_words, other_state, room);

	for (int i = 0; i < other_state; i++)
		d->state = distinct_add(p, d->words, d->state, values[i]);
}

void distinct_merge(struct distinct_pool *p, struct distinct *d,
                    const struct distinct_pool *other_pool, const uint32_t other_words[2],
                    uint8_t other_state)
{
	const uint8_t *from = distinct_registers(other_pool, other_words, other_state);

	if (other_state == 1) { /* most rows */
		d->state = distinct_add(p, d->words, d->state, other_words[0]);
	} else if (!from) {
		merge_values(p, d, other_pool, other_words, other_state);
	} else if (d->state != DISTINCT_SKETCH) {
		merge_registers(p, d, from);
	} else {
		raise_registers(slab_at(&p->sketches, d->words[0]), from);
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
