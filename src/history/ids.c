/* SPDX-License-Identifier: Apache-2.0 */
#include "history/ids.h"

#include "base/hash.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024 };

void ids_init(struct ids *ids, uint32_t bound)
{
	*ids = (struct ids){.bound = bound};
}

static uint64_t hash_of(const struct ids_key *key)
{
	uint64_t a, b;

	memcpy(&a, key->b, sizeof(a));
	memcpy(&b, key->b + 8, sizeof(b));
	return hash_u64(b, hash_u64(a, 0x686973746f7279));
}

/* The slot of a key, or the empty one where it belongs. */
static size_t slot_of(const struct ids *ids, const struct ids_key *key)
{
	size_t mask = ids->slot_count - 1, i = (size_t)hash_of(key) & mask;

	while (ids->slots[i] && memcmp(&ids->keys[ids->slots[i] - 1], key, sizeof(*key)) != 0)
		i = (i + 1) & mask;
	return i;
}

static bool grow(struct ids *ids)
{
	size_t room = ids->room ? ids->room * 2 : FIRST_SLOTS / 2, slot_count = room * 2;
	struct ids_key *keys = realloc(ids->keys, room * sizeof(*keys));
	uint32_t *slots;

	if (!keys)
		return false;
	ids->keys = keys;
	slots = calloc(slot_count, sizeof(*slots));
	if (!slots)
		return false;
	free(ids->slots);
	ids->slots = slots;
	ids->slot_count = slot_count;
	ids->room = room;
	for (uint32_t i = 0; i < ids->count; i++)
		ids->slots[slot_of(ids, &ids->keys[i])] = i + 1;
	return true;
}

uint32_t ids_find(const struct ids *ids, const struct ids_key *key)
{
	size_t slot;

	if (!ids->slots)
		return IDS_NONE;
	slot = slot_of(ids, key);
	return ids->slots[slot] ? ids->slots[slot] - 1 : IDS_NONE;
}

uint32_t ids_of(struct ids *ids, const struct ids_key *key)
{
	uint32_t found = ids_find(ids, key);

	if (found != IDS_NONE)
		return found;
	if (ids->count >= ids->bound || (ids->count >= ids->room && !grow(ids)))
		return IDS_NONE;
	ids->keys[ids->count] = *key;
	ids->slots[slot_of(ids, key)] = ++ids->count;
	return ids->count - 1;
}

void ids_clear(struct ids *ids)
{
	free(ids->keys);
	free(ids->slots);
	*ids = (struct ids){.bound = ids->bound};
}
