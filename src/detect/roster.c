/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/roster.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { ACTORS_FIRST = 1 << 10 };

struct roster {
	uint64_t key;
	struct actor *actors;
	size_t count, room;
	uint32_t *index; /* 1 + place, 0: free; twice the room */
	unsigned level;
	uint64_t thinned;
};

enum status roster_new(struct roster **out, uint64_t key)
{
	struct roster *r = calloc(1, sizeof(*r));

	*out = NULL;
	if (!r)
		return STATUS_NO_MEMORY;
	r->key = key;
	r->room = ACTORS_FIRST;
	r->actors = calloc(r->room, sizeof(*r->actors));
	r->index = calloc(r->room * 2, sizeof(*r->index));
	if (!r->actors || !r->index) {
		roster_free(r);
		return STATUS_NO_MEMORY;
	}
	*out = r;
	return STATUS_OK;
}

void roster_reset(struct roster *r)
{
	r->count = 0;
	r->level = 0;
	memset(r->index, 0, r->room * 2 * sizeof(*r->index));
}

static uint64_t hash_of(const struct roster *r, const struct addr *a)
{
	uint64_t high, low;

	memcpy(&high, a->b, 8);
	memcpy(&low, a->b + 8, 8);
	return hash_u64(high ^ hash_u64(low, r->key), r->key);
}

static bool is_kept(const struct roster *r, uint64_t h)
{
	return (h & ((UINT64_C(1) << r->level) - 1)) == 0;
}

static size_t slot_of(const struct roster *r, const struct addr *a, uint64_t h)
{
	size_t mask = r->room * 2 - 1, at = (h >> 24) & mask;

	while (r->index[at] && addr_compare(&r->actors[r->index[at] - 1].address, a) != 0)
		at = (at + 1) & mask;
	return at;
}

static void index_again(struct roster *r)
{
	memset(r->index, 0, r->room * 2 * sizeof(*r->index));
	for (size_t i = 0; i < r->count; i++) {
		const struct addr *a = &r->actors[i].address;

		r->index[slot_of(r, a, hash_of(r, a))] = (uint32_t)i + 1;
	}
}

static void thin(struct roster *r)
{
	size_t kept = 0;

	r->thinned += r->level == 0;
	r->level++;
	for (size_t i = 0; i < r->count; i++) {
		if (is_kept(r, hash_of(r, &r->actors[i].address)))
			r->actors[kept++] = r->actors[i];
	}
	r->count = kept;
	index_again(r);
}

static enum status make_room(struct roster *r)
{
	struct actor *actors;
	uint32_t *index;

	if (r->room >= ROSTER_ACTORS) {
		while (r->count >= r->room / 4 * 3 && r->level < 32)
			thin(r);
		return STATUS_OK;
	}
	actors = reallocarray(r->actors, r->room * 2, sizeof(*actors));
	if (!actors)
		return STATUS_NO_MEMORY;
	r->actors = actors;
	index = reallocarray(r->index, r->room * 4, sizeof(*index));
	if (!index)
		return STATUS_NO_MEMORY;
	r->index = index;
	r->room *= 2;
	index_again(r);
	return STATUS_OK;
}

static void add_port(struct actor *a, uint32_t port)
{
	unsigned at = 0;

	while (at < a->port_count && a->ports[at] < port)
		at++;
	if (at < a->port_count && a->ports[at] == port)
		return;
	if (a->port_count == ACTOR_PORTS) {
		a->many = true;
		return;
	}
	memmove(&a->ports[at + 1], &a->ports[at], (a->port_count - at) * sizeof(a->ports[0]));
	a->ports[at] = port;
	a->port_count++;
}

static uint32_t print_of(const struct flow *row)
{
	return (uint32_t)hash_u64((uint64_t)row->options_hash << 16 | row->tcp_window, row->proto);
}

enum status roster_add(struct roster *r, const struct flow *row, unsigned sensor)
{
	uint64_t h = hash_of(r, &row->source);
	uint32_t port = (uint32_t)row->proto << 16 | row->port, print = print_of(row);
	struct actor *a;
	size_t at;

	if (row->kind != KIND_SCAN && row->kind != KIND_STEALTH)
		return STATUS_OK;
	if (r->count >= r->room / 4 * 3) {
		enum status st = make_room(r);

		if (st)
			return st;
	}
	if (!is_kept(r, h))
		return STATUS_OK;
	at = slot_of(r, &row->source, h);
	if (!r->index[at]) {
		r->index[at] = (uint32_t)r->count + 1;
		r->actors[r->count++] =
		        (struct actor){.address = row->source, .marks = 0xff, .print = print};
	}
	a = &r->actors[r->index[at] - 1];
	a->packets += row->packets;
	a->sensors |= UINT64_C(1) << sensor % 64;
	a->marks &= row->marks;
	a->print = print < a->print ? print : a->print;
	add_port(a, port);
	return STATUS_OK;
}

const struct actor *roster_actors(const struct roster *r, size_t *count)
{
	*count = r->count;
	return r->actors;
}

unsigned roster_level(const struct roster *r)
{
	return r->level;
}

uint64_t roster_thinned(const struct roster *r)
{
	return r->thinned;
}

void roster_free(struct roster *r)
{
	if (!r)
		return;
	free(r->actors);
	free(r->index);
	free(r);
}
