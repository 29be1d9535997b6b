/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/ledger.h"

#include "base/hash.h"

#include <stdlib.h>
#include <sys/random.h>

struct entry {
	uint64_t boot, sequence;
	uint64_t stored; /* the store has all up to here */
	uint32_t sensor; /* 0: an empty place */
};

struct ledger {
	struct entry *entries;
	size_t mask, count;
	uint64_t key;
};

enum { PLACES_MIN = 1024 };

enum status ledger_new(struct ledger **out)
{
	struct ledger *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (!l)
		return STATUS_NO_MEMORY;
	l->mask = PLACES_MIN - 1;
	l->entries = calloc(PLACES_MIN, sizeof(*l->entries));
	if (!l->entries || getrandom(&l->key, sizeof(l->key), 0) != (ssize_t)sizeof(l->key)) {
		ledger_free(l);
		return STATUS_NO_MEMORY;
	}
	*out = l;
	return STATUS_OK;
}

static struct entry *place_of(const struct ledger *l, uint32_t sensor, uint64_t boot)
{
	size_t at = (size_t)hash_u64(hash_u64(boot, l->key) ^ sensor, l->key) & l->mask;

	while (l->entries[at].sensor &&
	       (l->entries[at].sensor != sensor || l->entries[at].boot != boot))
		at = (at + 1) & l->mask;
	return &l->entries[at];
}

uint64_t ledger_highest(const struct ledger *l, uint32_t sensor, uint64_t boot, bool *known)
{
	const struct entry *e = place_of(l, sensor, boot);

	*known = e->sensor != 0;
	return *known ? e->sequence : 0;
}

/* A new table; forgets what the store has where there are too many of these. */
static enum status rebuild(struct ledger *l, size_t places, bool forget)
{
	struct ledger old = *l;
	struct entry *entries = calloc(places, sizeof(*entries));

	if (!entries)
		return STATUS_NO_MEMORY;
	l->entries = entries;
	l->mask = places - 1;
	l->count = 0;
	for (size_t i = 0; i <= old.mask; i++) {
		const struct entry *e = &old.entries[i];

		if (e->sensor == 0 || (forget && e->stored >= e->sequence))
			continue;
		*place_of(l, e->sensor, e->boot) = *e;
		l->count++;
	}
	free(old.entries);
	return STATUS_OK;
}

enum status ledger_raise(struct ledger *l, uint32_t sensor, uint64_t boot, uint64_t sequence,
                         bool stored)
{
	struct entry *e;
	enum status st = STATUS_OK;

	if (l->count >= LEDGER_KEPT)
		st = rebuild(l, l->mask + 1, true);
	if (!st && 2 * (l->count + 1) > l->mask)
		st = rebuild(l, 2 * (l->mask + 1), false);
	if (st)
		return st;
	e = place_of(l, sensor, boot);
	if (e->sensor == 0) {
		*e = (struct entry){.sensor = sensor, .boot = boot};
		l->count++;
	}
	if (sequence > e->sequence)
		e->sequence = sequence;
	if (stored && sequence > e->stored)
		e->stored = sequence;
	return STATUS_OK;
}

size_t ledger_count(const struct ledger *l)
{
	return l->count;
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	free(l->entries);
	free(l);
}
