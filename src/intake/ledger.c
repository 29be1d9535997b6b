/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/ledger.h"

#include "base/hash.h"

#include <stdlib.h>
#include <sys/random.h>

/* `boot` 0 holds how many boots the sensor has. */
struct entry {
	uint64_t boot, sequence;
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

uint64_t ledger_highest(const struct ledger *l, uint32_t sensor, uint64_t boot)
{
	return place_of(l, sensor, boot)->sequence;
}

/* Room for two more entries. */
static enum status make_room(struct ledger *l)
{
	struct ledger old = *l;
	struct entry *entries;

	if (2 * (l->count + 2) <= l->mask)
		return STATUS_OK;
	entries = calloc(2 * (l->mask + 1), sizeof(*entries));
	if (!entries)
		return STATUS_NO_MEMORY;
	l->entries = entries;
	l->mask = 2 * l->mask + 1;
	for (size_t i = 0; i <= old.mask; i++) {
		const struct entry *e = &old.entries[i];

		if (e->sensor)
			*place_of(l, e->sensor, e->boot) = *e;
	}
	free(old.entries);
	return STATUS_OK;
}

static struct entry *entry_of(struct ledger *l, uint32_t sensor, uint64_t boot)
{
	struct entry *e = place_of(l, sensor, boot);

	if (e->sensor == 0) {
		*e = (struct entry){.sensor = sensor, .boot = boot};
		l->count++;
	}
	return e;
}

enum status ledger_room(struct ledger *l, uint32_t sensor, uint64_t boot)
{
	if (place_of(l, sensor, boot)->sensor)
		return STATUS_OK;
	if (ledger_highest(l, sensor, 0) >= LEDGER_BOOTS_MAX)
		return STATUS_LIMIT;
	return make_room(l);
}

enum status ledger_raise(struct ledger *l, uint32_t sensor, uint64_t boot, uint64_t sequence)
{
	enum status st = ledger_room(l, sensor, boot);
	struct entry *e;

	if (st)
		return st;
	if (place_of(l, sensor, boot)->sensor == 0)
		entry_of(l, sensor, 0)->sequence++;
	e = entry_of(l, sensor, boot);
	if (sequence > e->sequence)
		e->sequence = sequence;
	return STATUS_OK;
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	free(l->entries);
	free(l);
}
