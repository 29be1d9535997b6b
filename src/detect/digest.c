/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/digest.h"

#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_FIRST = 1 << 10, SET_FIRST = 1 << 14 };

struct digest {
	uint64_t key;
	struct cell *cells;
	size_t count, room;
	uint32_t *index; /* 1 + place in cells, 0: free; twice as many as cells */
	uint64_t *set;   /* hashes of (series, panel, source), 0: free */
	size_t set_count, set_room;
	unsigned level; /* at which every series samples */
	uint64_t forgotten, thinned;
};

enum status digest_new(struct digest **out, uint64_t key)
{
	struct digest *d = calloc(1, sizeof(*d));

	*out = NULL;
	if (!d)
		return STATUS_NO_MEMORY;
	d->key = key;
	d->room = CELLS_FIRST;
	d->set_room = SET_FIRST;
	d->cells = calloc(d->room, sizeof(*d->cells));
	d->index = calloc(d->room * 2, sizeof(*d->index));
	d->set = calloc(d->set_room, sizeof(*d->set));
	if (!d->cells || !d->index || !d->set) {
		digest_free(d);
		return STATUS_NO_MEMORY;
	}
	*out = d;
	return STATUS_OK;
}

void digest_reset(struct digest *d)
{
	d->count = d->set_count = 0;
	d->level = 0;
	memset(d->index, 0, d->room * 2 * sizeof(*d->index));
	memset(d->set, 0, d->set_room * sizeof(*d->set));
}

static size_t index_slot(const struct digest *d, uint64_t key)
{
	size_t mask = d->room * 2 - 1, at = hash_u64(key, d->key) & mask;

	while (d->index[at] && d->cells[d->index[at] - 1].key != key)
		at = (at + 1) & mask;
	return at;
}

static enum status grow_cells(struct digest *d)
{
	size_t room = d->room * 2;
	struct cell *cells = reallocarray(d->cells, room, sizeof(*cells));
	uint32_t *index;

	if (!cells)
		return STATUS_NO_MEMORY;
	d->cells = cells;
	index = calloc(room * 2, sizeof(*index));
	if (!index)
		return STATUS_NO_MEMORY;
	free(d->index);
	d->index = index;
	d->room = room;
	for (size_t i = 0; i < d->count; i++)
		d->index[index_slot(d, d->cells[i].key)] = (uint32_t)i + 1;
	return STATUS_OK;
}

/* The series' cell, made where it is new; NULL in *out where there is no room for it. */
static enum status take_cell(struct digest *d, uint64_t key, struct cell **out)
{
	size_t at = index_slot(d, key);

	*out = d->index[at] ? &d->cells[d->index[at] - 1] : NULL;
	if (*out)
		return STATUS_OK;
	if (d->count == DIGEST_CELLS) {
		d->forgotten++;
		return STATUS_OK;
	}
	if (d->count == d->room) {
		enum status st = grow_cells(d);

		if (st)
			return st;
		at = index_slot(d, key);
	}
	d->index[at] = (uint32_t)d->count + 1;
	*out = &d->cells[d->count++];
	**out = (struct cell){.key = key};
	return STATUS_OK;
}

static size_t set_slot(const uint64_t *set, size_t room, uint64_t h)
{
	size_t mask = room - 1, at = (h >> 20) & mask;

	while (set[at] && set[at] != h)
		at = (at + 1) & mask;
	return at;
}

/* Bigger, as long as it may; then only those stay that a higher level looks at. */
static enum status make_room(struct digest *d)
{
	bool may_grow = d->set_room < DIGEST_SOURCES;
	size_t room = may_grow ? d->set_room * 2 : d->set_room;
	uint64_t *set = calloc(room, sizeof(*set));

	if (!set)
		return STATUS_NO_MEMORY;
	if (!may_grow) {
		d->thinned += d->level == 0;
		d->level++;
	}
	d->set_count = 0;
	for (size_t i = 0; i < d->set_room; i++) {
		uint64_t h = d->set[i];

		if (h && (h & ((UINT64_C(1) << d->level) - 1)) == 0) {
			set[set_slot(set, room, h)] = h;
			d->set_count++;
		}
	}
	free(d->set);
	d->set = set;
	d->set_room = room;
	return STATUS_OK;
}

/*
 * One more of a kind, unless it is known. A source is looked at where the lowest bits of its
 * hash are 0; then it stands for 2^level. What was looked at before a level rose and is looked
 * at still is in the set, so that no source counts twice.
 */
static enum status count_source(struct digest *d, uint32_t *count, uint8_t *level, uint64_t h,
                                bool *is_new)
{
	size_t at;

	*is_new = false;
	if (*level < d->level)
		*level = (uint8_t)d->level;
	if (h & ((UINT64_C(1) << *level) - 1))
		return STATUS_OK;
	h |= UINT64_C(1) << 63; /* never 0 */
	at = set_slot(d->set, d->set_room, h);
	if (d->set[at])
		return STATUS_OK;
	d->set[at] = h;
	d->set_count++;
	*is_new = true;
	*count += 1u << *level;
	if (*count >= (uint32_t)DIGEST_EXACT << *level && *level < 16)
		++*level;
	return d->set_count > d->set_room / 4 * 3 ? make_room(d) : STATUS_OK;
}

static void keep_source(struct cell *c, uint32_t h)
{
	unsigned at = c->kept_count;

	if (at == DIGEST_KEPT && c->kept[at - 1] <= h)
		return;
	if (at < DIGEST_KEPT)
		c->kept_count++;
	else
		at--;
	for (; at > 0 && c->kept[at - 1] > h; at--)
		c->kept[at] = c->kept[at - 1];
	c->kept[at] = h;
}

static uint64_t source_hash(const struct digest *d, const struct addr *a)
{
	uint64_t high, low;

	memcpy(&high, a->b, 8);
	memcpy(&low, a->b + 8, 8);
	return hash_u64(high ^ hash_u64(low, d->key), d->key);
}

static enum status add_to(struct digest *d, uint64_t key, uint64_t source, const struct flow *row,
                          const struct digest_from *from)
{
	struct cell *c;
	uint64_t h = hash_mix(source ^ key, 0xa0761d6478bd642f ^ d->key);
	bool is_new;
	enum status st = take_cell(d, key, &c);

	if (st || !c)
		return st;
	c->packets += row->packets;
	c->rows++;
	c->sensors |= UINT64_C(1) << from->sensor % 64;
	st = count_source(d, &c->sources, &c->level[PANELS], h, &is_new);
	if (is_new)
		keep_source(c, (uint32_t)(source >> 16));
	if (from->alone) {
		c->by_panel[from->panel] = c->sources;
		return st;
	}
	h = hash_mix(h, 0x8ebc6af09c88c6e3 + from->panel);
	if (!st)
		st = count_source(d, &c->by_panel[from->panel], &c->level[from->panel], h, &is_new);
	return st;
}

enum status digest_add(struct digest *d, const struct flow *row, const struct digest_from *from,
                       const char *country)
{
	uint64_t source = source_hash(d, &row->source);
	enum status st;

	assert(from->panel < PANELS);
	if (row->kind == KIND_OUTBOUND)
		return STATUS_OK;
	st = add_to(d, series_all(), source, row, from);
	if (row->kind != KIND_SCAN && row->kind != KIND_STEALTH)
		return st;
	if (!st)
		st = add_to(d, series_port(row->proto, row->port), source, row, from);
	if (!st)
		st = add_to(d, series_network(&row->source), source, row, from);
	if (!st && country && country[0])
		st = add_to(d, series_country(row->proto, row->port, country), source, row, from);
	return st;
}

const struct cell *digest_find(const struct digest *d, uint64_t key)
{
	size_t at = index_slot(d, key);

	return d->index[at] ? &d->cells[d->index[at] - 1] : NULL;
}

const struct cell *digest_cells(const struct digest *d, size_t *count)
{
	*count = d->count;
	return d->cells;
}

uint64_t digest_forgotten(const struct digest *d)
{
	return d->forgotten;
}

uint64_t digest_thinned(const struct digest *d)
{
	return d->thinned;
}

void digest_free(struct digest *d)
{
	if (!d)
		return;
	free(d->cells);
	free(d->index);
	free(d->set);
	free(d);
}
