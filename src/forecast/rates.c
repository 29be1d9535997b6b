/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/rates.h"

#include <math.h>
#include <stdlib.h>

enum { PROBES = 8 };

enum status rates_init(struct rates *r, unsigned log2_slots, double half_s)
{
	*r = (struct rates){.slot_count = (size_t)1 << log2_slots, .half_s = half_s};
	r->slots = calloc(r->slot_count, sizeof(*r->slots));
	return r->slots ? STATUS_OK : STATUS_NO_MEMORY;
}

/* What is left of a weight after that time. Time that runs backwards does not age. */
static double left_of(const struct rates *r, const struct rate *slot, uint32_t now_s)
{
	if (r->half_s <= 0 || now_s <= slot->time_s)
		return 1;
	return exp2(-(double)(now_s - slot->time_s) / r->half_s);
}

static uint64_t never_empty(uint64_t key)
{
	return key ? key : 1;
}

static struct rate *find(const struct rates *r, uint64_t key)
{
	for (size_t i = 0; i < PROBES; i++) {
		struct rate *slot = &r->slots[(key + i) & (r->slot_count - 1)];

		if (slot->key == key)
			return slot;
	}
	return NULL;
}

double rates_get(const struct rates *r, uint64_t key, double prior, double weight, uint32_t now_s)
{
	const struct rate *slot = find(r, never_empty(key));
	double left;

	if (!slot)
		return prior;
	left = left_of(r, slot, now_s);
	return ((double)slot->came * left + prior * weight) / ((double)slot->could * left + weight);
}

/* An empty slot near the key, or the one that was longest not touched. */
static struct rate *make(struct rates *r, uint64_t key)
{
	struct rate *oldest = NULL;

	for (size_t i = 0; i < PROBES; i++) {
		struct rate *slot = &r->slots[(key + i) & (r->slot_count - 1)];

		if (slot->key == 0)
			return slot;
		if (!oldest || slot->time_s < oldest->time_s)
			oldest = slot;
	}
	r->evicted++;
	return oldest;
}

void rates_add(struct rates *r, uint64_t key, bool came, uint32_t now_s)
{
	struct rate *slot;
	double left;

	key = never_empty(key);
	slot = find(r, key);
	if (!slot) {
		slot = make(r, key);
		*slot = (struct rate){.key = key, .time_s = now_s};
	}
	left = left_of(r, slot, now_s);
	slot->came = (float)((double)slot->came * left + came);
	slot->could = (float)((double)slot->could * left + 1);
	if (now_s > slot->time_s)
		slot->time_s = now_s;
}

void rates_clear(struct rates *r)
{
	free(r->slots);
	*r = (struct rates){0};
}
