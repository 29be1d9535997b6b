/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/vectors.h"

#include "base/hash.h"
#include "base/timefmt.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 256 };

enum status vectors_init(struct vectors *v, size_t budget)
{
	*v = (struct vectors){.mask = SLOTS_MIN - 1, .budget = budget};
	slab_init(&v->entries, sizeof(struct vector_entry), 6);
	distinct_pool_init(&v->pool, true);
	v->slots = calloc(SLOTS_MIN, sizeof(*v->slots));
	return v->slots ? STATUS_OK : STATUS_NO_MEMORY;
}

void vectors_clear(struct vectors *v)
{
	slab_clear(&v->entries);
	free(v->slots);
	free(v->closed);
	v->slots = NULL;
	v->closed = NULL;
	distinct_pool_clear(&v->pool);
}

size_t vectors_bytes(const struct vectors *v)
{
	return (v->mask + 1) * sizeof(*v->slots) +
	       (size_t)slab_live(&v->entries) * v->entries.block_bytes +
	       v->closed_room * sizeof(*v->closed) + distinct_pool_live(&v->pool);
}

static struct vector_entry *entry_at(const struct vectors *v, uint32_t number)
{
	return slab_at(&v->entries, number);
}

/* The entry, or NULL where the victim is new. */
static struct vector_entry *find(const struct vectors *v, const struct answer *a)
{
	for (uint64_t at = vectors_next(v, a->hash, a->hash); v->slots[at];
	     at = vectors_next(v, at + 1, a->hash)) {
		struct vector_entry *e = entry_at(v, (uint32_t)v->slots[at] - 1);

		if (e->proto == a->proto && addr_compare(&e->victim, &a->victim) == 0)
			return e;
	}
	return NULL;
}

static void insert(struct vectors *v, uint64_t hash, uint32_t number)
{
	uint64_t at = hash & v->mask;

	while (v->slots[at])
		at = (at + 1) & v->mask;
	v->slots[at] = (hash >> 32 << 32) | (number + 1);
}

/* A new index of `slots` places. */
static enum status rebuild(struct vectors *v, uint64_t slots)
{
	uint64_t *fresh = calloc(slots, sizeof(*fresh));

	if (!fresh)
		return STATUS_NO_MEMORY;
	free(v->slots);
	v->slots = fresh;
	v->mask = slots - 1;
	for (uint32_t i = 0; i < v->entries.used; i++) {
		const struct vector_entry *e = entry_at(v, i);

		if (e->packets)
			insert(v, answer_hash(&e->victim, e->proto), i);
	}
	return STATUS_OK;
}

static enum status keep(struct vectors *v, const struct vector_entry *e, bool closed)
{
	if (e->packets < VECTOR_PACKETS_MIN)
		return STATUS_OK;
	if (v->closed_count == v->closed_room) {
		size_t room = v->closed_room ? v->closed_room * 2 : 64;
		struct vector *grown = reallocarray(v->closed, room, sizeof(*grown));

		if (!grown)
			return STATUS_NO_MEMORY;
		v->closed = grown;
		v->closed_room = room;
	}
	v->closed[v->closed_count++] = (struct vector){
	        .victim = e->victim,
	        .proto = e->proto,
	        .port = e->port,
	        .packets = e->packets,
	        .start_ns = e->start_ns,
	        .last_ns = e->last_ns,
	        .highest_minute =
	                e->highest_minute > e->in_window ? e->highest_minute : e->in_window,
	        .destinations =
	                distinct_count(&v->pool, e->destinations.words, e->destinations.state),
	        .provisional_ns = e->provisional_ns,
	        .first_minute_packets = e->first_minute_packets,
	        .closed = closed,
	};
	return STATUS_OK;
}

/* The number of the interval; a vector is idle for a whole one when two boundaries passed. */
static uint64_t interval_of(uint64_t time_ns)
{
	return time_ns / (VECTOR_INTERVAL_S * NS_PER_SECOND);
}

enum status vectors_close(struct vectors *v, uint64_t time_ns, bool all)
{
	uint64_t now = interval_of(time_ns);
	uint32_t before = slab_live(&v->entries);

	v->interval = now;
	for (uint32_t i = 0; i < v->entries.used; i++) {
		struct vector_entry *e = entry_at(v, i);
		bool idle = e->packets && interval_of(e->last_ns) + 1 < now;

		if (!e->packets || !(idle || all))
			continue;
		if (keep(v, e, idle))
			return STATUS_NO_MEMORY;
		distinct_free(&v->pool, &e->destinations);
		e->packets = 0;
		slab_give(&v->entries, i);
	}
	if (slab_live(&v->entries) == before)
		return STATUS_OK;
	return rebuild(v, all ? SLOTS_MIN : v->mask + 1);
}

static void start(struct vector_entry *e, const struct answer *a)
{
	*e = (struct vector_entry){
	        .victim = a->victim,
	        .proto = a->proto,
	        .start_ns = a->time_ns,
	        .last_ns = a->time_ns,
	        .bucket_start_s = (uint32_t)(a->time_ns / NS_PER_SECOND),
	        .port = a->port,
	};
}

/* Move the 60 s window to the packet's second; the rate is noted whenever it moves. */
static void slide(struct vector_entry *e, uint32_t second)
{
	uint32_t steps;

	if (second < e->bucket_start_s + VECTOR_SLIDE_S)
		return;
	steps = (second - e->bucket_start_s) / VECTOR_SLIDE_S;
	if (e->in_window > e->highest_minute)
		e->highest_minute = e->in_window;
	e->bucket_start_s += steps * VECTOR_SLIDE_S;
	for (uint32_t i = 0; i < steps && i < VECTOR_BUCKETS; i++) {
		e->current = (uint8_t)((e->current + 1) % VECTOR_BUCKETS);
		e->in_window -= e->buckets[e->current];
		e->buckets[e->current] = 0;
	}
}

/* The commonest port by majority vote. */
static void vote_port(struct vector_entry *e, uint16_t port)
{
	if (e->port == port)
		e->port_votes += e->port_votes < UINT32_MAX;
	else if (e->port_votes == 0) {
		e->port = port;
		e->port_votes = 1;
	} else
		e->port_votes--;
}

/* A sketch costs five times its vector: none past the budget. */
static bool may_count_target(const struct vectors *v, const struct vector_entry *e)
{
	return e->destinations.state != FLOW_EXACT || vectors_bytes(v) <= v->budget;
}

static void count(struct vectors *v, struct vector_entry *e, const struct answer *a)
{
	slide(e, (uint32_t)(a->time_ns / NS_PER_SECOND));
	e->buckets[e->current]++;
	e->in_window++;
	e->packets++;
	e->first_minute_packets += a->time_ns < e->start_ns + VECTOR_WINDOW_S * NS_PER_SECOND;
	e->last_ns = a->time_ns > e->last_ns ? a->time_ns : e->last_ns;
	vote_port(e, a->port);
	if (may_count_target(v, e))
		e->destinations.state = distinct_add(&v->pool, e->destinations.words,
		                                     e->destinations.state, a->target);
	if (!e->provisional_ns && e->in_window >= VECTOR_PROVISIONAL_PACKETS &&
	    e->destinations.state >= VECTOR_PROVISIONAL_DESTINATIONS)
		e->provisional_ns = a->time_ns;
}

/* Time went back by more than a whole interval (another file, a clock that was set): what was
 * counted stands for itself. */
static enum status go_back(struct vectors *v, struct vector_entry *e, const struct answer *a)
{
	if (keep(v, e, true))
		return STATUS_NO_MEMORY;
	distinct_free(&v->pool, &e->destinations);
	start(e, a);
	return STATUS_OK;
}

static bool index_is_full(const struct vectors *v)
{
	return slab_live(&v->entries) >= (v->mask + 1) / 2;
}

/* For a new victim, and for the first list of those that have none yet. */
static bool has_place(const struct vectors *v)
{
	uint32_t without = slab_live(&v->entries) - slab_live(&v->pool.lists[0]);
	size_t bytes = vectors_bytes(v) + v->entries.block_bytes +
	               (size_t)without * v->pool.lists[0].block_bytes;

	if (index_is_full(v))
		bytes += (v->mask + 1) * sizeof(*v->slots);
	return bytes <= v->budget;
}

/* An entry for a new victim; NULL where memory is out. */
static struct vector_entry *new_entry(struct vectors *v, const struct answer *a)
{
	struct vector_entry *e;
	uint32_t number;

	if (index_is_full(v) && rebuild(v, (v->mask + 1) * 2))
		return NULL;
	number = slab_take(&v->entries);
	if (number == SLAB_NONE)
		return NULL;
	insert(v, a->hash, number);
	e = entry_at(v, number);
	start(e, a);
	return e;
}

enum status vectors_add(struct vectors *v, const struct answer *a)
{
	uint64_t interval = interval_of(a->time_ns);
	struct vector_entry *e;

	if (interval > v->interval && vectors_close(v, a->time_ns, false))
		return STATUS_NO_MEMORY;
	if (interval + 1 < v->interval)
		v->interval = interval;
	e = find(v, a);
	if (!e) {
		if (!has_place(v)) {
			v->folded++;
			return STATUS_OK;
		}
		e = new_entry(v, a);
		if (!e)
			return STATUS_NO_MEMORY;
	} else if (interval + 1 < interval_of(e->last_ns) && go_back(v, e, a)) {
		return STATUS_NO_MEMORY;
	}
	count(v, e, a);
	return STATUS_OK;
}
