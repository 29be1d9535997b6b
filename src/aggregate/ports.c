/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/ports.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 256 };

/* Aligned, so that no place lies in two cache lines. */
static struct port_total *new_slots(size_t n)
{
	struct port_total *slots = aligned_alloc(64, n * sizeof(*slots));

	if (slots)
		memset(slots, 0, n * sizeof(*slots));
	return slots;
}

enum status ports_init(struct ports *p, size_t budget)
{
	*p = (struct ports){.mask = SLOTS_MIN - 1, .budget = budget, .time.columns = PORT_BINS};
	slab_init(&p->bins, PORT_BINS * sizeof(uint64_t), 5);
	p->slots = new_slots(SLOTS_MIN);
	return p->slots ? STATUS_OK : STATUS_NO_MEMORY;
}

void ports_clear(struct ports *p)
{
	free(p->slots);
	slab_clear(&p->bins);
	p->slots = NULL;
}

size_t ports_bytes(const struct ports *p)
{
	return (size_t)(p->mask + 1) * sizeof(*p->slots) + slab_bytes(&p->bins);
}

static void move_bins(uint64_t *bins, const struct timebins_move *move)
{
	uint64_t moved[PORT_BINS] = {0};

	for (uint32_t i = 0; i < PORT_BINS; i++) {
		uint32_t to = timebins_moved(move, i);

		if (to < PORT_BINS)
			moved[to] += bins[i];
	}
	memcpy(bins, moved, sizeof(moved));
}

static void move_columns(struct ports *p, const struct timebins_move *move)
{
	for (uint32_t i = 0; i <= p->mask; i++) {
		struct port_total *port = &p->slots[i];

		if (port->key)
			port->column = (uint8_t)timebins_moved(move, port->column);
		if (port->key && port->bins != SLAB_NONE)
			move_bins(slab_at(&p->bins, port->bins), move);
	}
}

void ports_cover(struct ports *p, uint32_t time_s)
{
	struct timebins_move move;

	if (timebins_cover(&p->time, time_s, &move))
		move_columns(p, &move);
	p->column = (uint8_t)timebins_column(&p->time, time_s);
}

static struct port_total *find(const struct ports *p, uint32_t key)
{
	uint32_t at = ports_hash(key) & p->mask;

	while (p->slots[at].key && p->slots[at].key != key)
		at = (at + 1) & p->mask;
	return &p->slots[at];
}

static enum status grow(struct ports *p)
{
	struct ports old = *p;

	p->slots = new_slots((size_t)(old.mask + 1) * 2);
	if (!p->slots) {
		p->slots = old.slots;
		return STATUS_NO_MEMORY;
	}
	p->mask = old.mask * 2 + 1;
	for (uint32_t i = 0; i <= old.mask; i++) {
		if (old.slots[i].key)
			*find(p, old.slots[i].key) = old.slots[i];
	}
	free(old.slots);
	return STATUS_OK;
}

static void column_to_bin(struct ports *p, struct port_total *port)
{
	uint64_t *bins = slab_at(&p->bins, port->bins);

	bins[port->column] += port->in_column;
	port->in_column = 0;
}

/* Another column than the one before. The second column of all makes the bins, where the budget
 * allows. */
static enum status change_column(struct ports *p, struct port_total *port, uint64_t packets)
{
	if (port->bins == SLAB_NONE) {
		if (!slab_has_free(&p->bins) && ports_bytes(p) > p->budget)
			return STATUS_OK;
		port->bins = slab_take(&p->bins);
		if (port->bins == SLAB_NONE)
			return STATUS_NO_MEMORY;
		memset(slab_at(&p->bins, port->bins), 0, PORT_BINS * sizeof(uint64_t));
	}
	column_to_bin(p, port);
	port->column = p->column;
	port->in_column = packets;
	return STATUS_OK;
}

/* A new port may take a free place, or double the places where that keeps to the budget. */
static bool has_place(const struct ports *p)
{
	return p->count < (p->mask + 1) / 2 ||
	       ports_bytes(p) + (size_t)(p->mask + 1) * sizeof(*p->slots) <= p->budget;
}

enum status ports_add(struct ports *p, uint32_t key, uint64_t packets, bool new_source)
{
	struct port_total *port = find(p, key);

	if (port->key == 0) {
		if (!has_place(p)) {
			p->folded++;
			return STATUS_OK;
		}
		if (p->count >= (p->mask + 1) / 2) {
			if (grow(p))
				return STATUS_NO_MEMORY;
			port = find(p, key);
		}
		*port = (struct port_total){.key = key, .bins = SLAB_NONE, .column = p->column};
		p->count++;
	}
	if (port->column == p->column)
		port->in_column += packets;
	else if (change_column(p, port, packets))
		return STATUS_NO_MEMORY;
	port->packets += packets;
	if (new_source)
		port->sources++;
	return STATUS_OK;
}

/* The course over time keeps these packets' share of the port: scaled down evenly. */
void ports_remove(struct ports *p, uint32_t key, uint64_t packets)
{
	struct port_total *port = find(p, key);
	uint64_t left, *bins;

	if (port->key == 0)
		return;
	left = packets < port->packets ? port->packets - packets : 0;
	if (port->bins != SLAB_NONE && port->packets) {
		column_to_bin(p, port);
		bins = slab_at(&p->bins, port->bins);
		for (int i = 0; i < PORT_BINS; i++)
			bins[i] =
			        (uint64_t)((double)bins[i] * (double)left / (double)port->packets);
	}
	if (port->bins == SLAB_NONE)
		port->in_column = packets < port->in_column ? port->in_column - packets : 0;
	port->packets = left;
	if (port->sources > 0)
		port->sources--;
}

uint64_t ports_bin(const struct ports *p, const struct port_total *port, unsigned column)
{
	uint64_t here = port->column == column ? port->in_column : 0;

	if (port->bins == SLAB_NONE)
		return here;
	return here + ((const uint64_t *)slab_at(&p->bins, port->bins))[column];
}
