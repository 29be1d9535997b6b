/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/exact_set.h"

#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static uint32_t *find(const struct exact_set *d, uint32_t value)
{
	uint32_t at = hash_permute32(value, 0) & (d->room - 1);

	while (d->slots[at] && d->slots[at] != value + 1)
		at = (at + 1) & (d->room - 1);
	return &d->slots[at];
}

static bool bit_test(const struct exact_set *d, uint32_t value)
{
	return d->slots[value / 32] >> (value % 32) & 1;
}

static void refill(struct exact_set *d, const uint32_t *old, uint32_t old_room)
{
	for (uint32_t i = 0; i < old_room; i++) {
		uint32_t value = old[i] - 1;

		if (old[i] == 0)
			continue;
		if (d->bitmap)
			d->slots[value / 32] |= 1u << (value % 32);
		else
			*find(d, value) = old[i];
	}
}

/* More room, or the change to a bitmap once that takes less. */
static bool grow(struct exact_set *d, uint32_t universe, size_t *budget)
{
	size_t old_bytes = d->room * sizeof(uint32_t), bytes = old_bytes ? old_bytes * 2 : 16;
	size_t bitmap_bytes = ((size_t)universe / 32 + 1) * sizeof(uint32_t);
	uint32_t *old = d->slots, old_room = d->room;
	bool bitmap = bytes >= bitmap_bytes;

	if (bitmap)
		bytes = bitmap_bytes;
	if (bytes > *budget + old_bytes)
		return false;
	d->slots = calloc(1, bytes);
	if (!d->slots) {
		d->slots = old;
		return false;
	}
	d->bitmap = bitmap;
	d->room = (uint32_t)(bytes / sizeof(uint32_t));
	refill(d, old, old_room);
	free(old);
	*budget = *budget + old_bytes - bytes;
	return true;
}

bool exact_set_add(struct exact_set *d, uint32_t value, uint32_t universe, size_t *budget)
{
	assert(value < universe);
	if (d->inexact || exact_set_has(d, value))
		return false;
	if (!d->bitmap && d->count >= d->room / 4 * 3 && !grow(d, universe, budget)) {
		d->inexact = true;
		return false;
	}
	if (d->bitmap)
		d->slots[value / 32] |= 1u << (value % 32);
	else
		*find(d, value) = value + 1;
	d->count++;
	return true;
}

bool exact_set_has(const struct exact_set *d, uint32_t value)
{
	if (d->room == 0)
		return false;
	if (d->bitmap)
		return value / 32 < d->room && bit_test(d, value);
	return *find(d, value) != 0;
}

/* Keep values[0..n) sorted and the lowest `max` ever offered. */
static size_t offer(uint32_t *values, size_t n, size_t max, uint32_t value)
{
	size_t at = n;

	while (at > 0 && values[at - 1] > value)
		at--;
	if (at == max)
		return n;
	n += n < max;
	memmove(values + at + 1, values + at, (n - at - 1) * sizeof(*values));
	values[at] = value;
	return n;
}

size_t exact_set_lowest(const struct exact_set *d, uint32_t *values, size_t max)
{
	size_t n = 0;

	if (d->bitmap) {
		for (uint32_t v = 0; v / 32 < d->room && n < max; v++) {
			if (bit_test(d, v))
				values[n++] = v;
		}
		return n;
	}
	for (uint32_t i = 0; i < d->room; i++) {
		if (d->slots[i])
			n = offer(values, n, max, d->slots[i] - 1);
	}
	return n;
}

void exact_set_clear(struct exact_set *d)
{
	free(d->slots);
	*d = (struct exact_set){0};
}
