/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/dictionary.h"

#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 2048, SLOTS_MAX = 2 * DICTIONARY_MAX };

enum status dictionary_init(struct dictionary *d, uint64_t key)
{
	*d = (struct dictionary){.key = key};
	d->slots = malloc(SLOTS_MAX * sizeof(*d->slots));
	d->values = malloc(DICTIONARY_MAX * sizeof(*d->values));
	if (!d->slots || !d->values)
		return STATUS_NO_MEMORY;
	dictionary_reset(d);
	return STATUS_OK;
}

void dictionary_clear(struct dictionary *d)
{
	free(d->slots);
	free(d->values);
	*d = (struct dictionary){0};
}

void dictionary_reset(struct dictionary *d)
{
	d->count = 0;
	d->mask = SLOTS_MIN - 1;
	memset(d->slots, 0, SLOTS_MIN * sizeof(*d->slots));
}

/* The slot that holds the value, or the empty one where it belongs. */
static uint32_t *find_slot(struct dictionary *d, uint64_t value)
{
	uint32_t at = (uint32_t)hash_u64(value, d->key) & d->mask;

	while (d->slots[at] && d->values[d->slots[at] - 1] != value)
		at = (at + 1) & d->mask;
	return &d->slots[at];
}

/* Four times the slots, as far as DICTIONARY_MAX values need; half of them stay empty. */
static void grow(struct dictionary *d)
{
	if (d->mask + 1 >= SLOTS_MAX)
		return;
	d->mask = d->mask * 4 + 3;
	if (d->mask >= SLOTS_MAX)
		d->mask = SLOTS_MAX - 1;
	memset(d->slots, 0, (d->mask + 1) * sizeof(*d->slots));
	for (uint32_t i = 0; i < d->count; i++)
		*find_slot(d, d->values[i]) = i + 1;
}

static void add(struct dictionary *d, uint64_t value)
{
	assert(d->count < DICTIONARY_MAX);
	if (d->count * 2 > d->mask)
		grow(d);
	*find_slot(d, value) = d->count + 1;
	d->values[d->count++] = value;
}

uint32_t dictionary_find(struct dictionary *d, uint64_t value)
{
	uint32_t slot = *find_slot(d, value);

	if (!slot) {
		add(d, value);
		slot = d->count;
	}
	d->last = value;
	d->last_number = slot - 1;
	return slot - 1;
}
