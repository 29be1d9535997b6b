/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/sources.h"

#include "aggregate/ports.h"
#include "base/prefetch.h"
#include "base/timefmt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 1 << 9, PORTS_INLINE = 2 };

#define TIME_MAX_US ((UINT64_C(1) << 56) - 1) /* of an entry's bits */

/* A fresh index of `places`; the old one stays where memory is out. */
static enum status new_index(struct sources *s, uint64_t places)
{
	uint8_t *tags = calloc(places + TAGS_AT_ONCE, 1);
	uint32_t *numbers = malloc(places * sizeof(*numbers));

	if (!tags || !numbers) {
		free(tags);
		free(numbers);
		return STATUS_NO_MEMORY;
	}
	free(s->tags);
	free(s->numbers);
	s->tags = tags;
	s->numbers = numbers;
	s->mask = places - 1;
	return STATUS_OK;
}

enum status sources_init(struct sources *s, size_t budget)
{
	*s = (struct sources){.budget = budget};
	slab_init(&s->entries, sizeof(struct source_entry), 8);
	slab_init(&s->more, sizeof(struct source_more), 6);
	for (uint32_t i = 0; i < PORT_CLASSES; i++)
		slab_init(&s->ports[i], (uint32_t)sizeof(struct source_port_count) * (4u << i),
		          i < 8 ? 8 - i : 0);
	distinct_pool_init(&s->pool, true);
	return new_index(s, SLOTS_MIN);
}

void sources_clear(struct sources *s)
{
	free(s->tags);
	free(s->numbers);
	s->tags = NULL;
	s->numbers = NULL;
	slab_clear(&s->entries);
	slab_clear(&s->more);
	for (int i = 0; i < PORT_CLASSES; i++)
		slab_clear(&s->ports[i]);
	distinct_pool_clear(&s->pool);
}

static size_t live_bytes(const struct slab *s)
{
	return (size_t)slab_live(s) * s->block_bytes;
}

size_t sources_bytes(const struct sources *s)
{
	size_t bytes = (s->mask + 1) * (1 + sizeof(*s->numbers)) + live_bytes(&s->entries) +
	               live_bytes(&s->more) + distinct_pool_live(&s->pool);

	for (int i = 0; i < PORT_CLASSES; i++)
		bytes += live_bytes(&s->ports[i]);
	return bytes;
}

uint32_t sources_room(const struct sources *s)
{
	return s->entries.used;
}

struct source_entry *sources_at(const struct sources *s, uint32_t i)
{
	struct source_entry *e = slab_at(&s->entries, i);

	return e->live ? e : NULL;
}

void sources_prefetch(const struct sources *s, uint64_t hash)
{
	prefetch_read(&s->tags[hash & s->mask]);
	prefetch_read(&s->numbers[hash & s->mask]);
}

/* The upper bits of an IPv6 address's hash have chosen the shard. */
static inline uint8_t source_tag(uint64_t hash)
{
	return tag_of(hash << 4);
}

void sources_prefetch_entry(const struct sources *s, uint64_t hash)
{
	uint64_t at = tags_next(s->tags, s->mask, hash & s->mask, source_tag(hash));

	if (s->tags[at]) {
		const char *entry = slab_at(&s->entries, s->numbers[at]);

		prefetch_write(entry);
		prefetch_write(entry + 64);
	}
}

/* Size class whose table of 4 << class places holds n ports at most 3/4 full. */
static unsigned port_class(uint32_t n)
{
	unsigned class = 0;

	while (n > 3u << class)
		class ++;
	return class;
}

/* The blocks that merging this row will touch: the source's ports, its destinations. */
void sources_prefetch_blocks(const struct sources *s, const struct source_entry *e,
                             const struct window *w, const struct row *row)
{
	const struct distinct *d = &e->destinations;
	const uint32_t *list = distinct_list(&w->pool, row->words, (uint8_t)row->distinct);

	for (int i = 0; list && i < (int)row->distinct; i++)
		distinct_prefetch(&s->pool, d->words, d->state, list[i]);
	if (e->port_count > PORTS_INLINE)
		prefetch_write(slab_at(&s->ports[port_class(e->port_count)], e->port_block));
}

static void insert(struct sources *s, uint64_t hash, uint32_t number)
{
	uint64_t at = hash & s->mask;

	while (s->tags[at])
		at = (at + 1) & s->mask;
	tags_set(s->tags, s->mask, at, source_tag(hash));
	s->numbers[at] = number;
}

static enum status rebuild(struct sources *s, uint64_t places)
{
	if (new_index(s, places))
		return STATUS_NO_MEMORY;
	for (uint32_t i = 0; i < sources_room(s); i++) {
		const struct source_entry *e = sources_at(s, i);

		if (e)
			insert(s, source_hash(&e->address), i);
	}
	return STATUS_OK;
}

struct source_entry *sources_find(struct sources *s, const struct addr *a, uint64_t hash)
{
	uint8_t tag = source_tag(hash);
	struct source_entry *e;
	uint32_t number;

	for (uint64_t at = tags_next(s->tags, s->mask, hash & s->mask, tag); s->tags[at];
	     at = tags_next(s->tags, s->mask, (at + 1) & s->mask, tag)) {
		e = slab_at(&s->entries, s->numbers[at]);
		if (addr_compare(&e->address, a) == 0)
			return e;
	}
	if (s->count >= (s->mask + 1) / 4 * 3 && rebuild(s, (s->mask + 1) * 2))
		return NULL;
	number = slab_take(&s->entries);
	if (number == SLAB_NONE)
		return NULL;
	e = slab_at(&s->entries, number);
	*e = (struct source_entry){.address = *a,
	                           .live = true,
	                           .first_us = TIME_MAX_US,
	                           .ttl_min = 255,
	                           .seen_window = UINT32_MAX,
	                           .more = SLAB_NONE};
	insert(s, hash, number);
	s->count++;
	distinct_note(s->ever, hash_permute32((uint32_t)(hash ^ hash >> 32), 0));
	return e;
}

static uint32_t add_saturating(uint32_t a, uint64_t b)
{
	return b > UINT32_MAX - a ? UINT32_MAX : a + (uint32_t)b;
}

static struct source_port_count *port_place(struct source_port_count *table, uint32_t places,
                                            uint32_t key)
{
	uint32_t at = (uint32_t)(hash_u64(key, 7) >> 32) & (places - 1);

	while (table[at].key && table[at].key != key)
		at = (at + 1) & (places - 1);
	return &table[at];
}

/* Move a source's ports to a table of the next class. */
static enum status ports_grow(struct sources *s, struct source_entry *e)
{
	uint32_t n = e->port_count;
	unsigned class = port_class(n + 1);
	const struct source_port_count *from = e->ports;
	struct source_port_count *to;
	uint32_t block, places = PORTS_INLINE;

	if (n > PORTS_INLINE) {
		from = slab_at(&s->ports[port_class(n)], e->port_block);
		places = 4u << port_class(n);
	}
	block = class < PORT_CLASSES ? slab_take(&s->ports[class]) : SLAB_NONE;
	if (block == SLAB_NONE)
		return STATUS_NO_MEMORY;
	to = slab_at(&s->ports[class], block);
	memset(to, 0, sizeof(*to) * (4u << class));
	for (uint32_t i = 0; i < places; i++) {
		if (from[i].key)
			*port_place(to, 4u << class, from[i].key) = from[i];
	}
	if (n > PORTS_INLINE)
		slab_give(&s->ports[port_class(n)], e->port_block);
	e->port_block = block;
	return STATUS_OK;
}

/* One source's ports take an eighth of the budget at most. */
static bool may_have_ports(const struct sources *s, uint32_t n)
{
	size_t bytes = sizeof(struct source_port_count) * (4u << port_class(n));

	return n <= PORTS_INLINE || bytes <= s->budget / 8;
}

static enum status add_port(struct sources *s, struct source_entry *e, uint32_t key,
                            uint32_t packets, bool *new_port)
{
	struct source_port_count *place = NULL;
	uint32_t n = e->port_count;

	if (n <= PORTS_INLINE) {
		for (uint32_t i = 0; i < n && !place; i++)
			place = e->ports[i].key == key ? &e->ports[i] : NULL;
		if (!place && n < PORTS_INLINE)
			place = &e->ports[n];
	} else {
		place = port_place(slab_at(&s->ports[port_class(n)], e->port_block),
		                   4u << port_class(n), key);
	}
	*new_port = !place || !place->key;
	if (*new_port && !may_have_ports(s, n + 1)) {
		s->folded_ports++;
		*new_port = false;
		return STATUS_OK;
	}
	if (*new_port && n >= PORTS_INLINE &&
	    (n == PORTS_INLINE || port_class(n + 1) != port_class(n))) {
		if (ports_grow(s, e))
			return STATUS_NO_MEMORY;
		place = port_place(slab_at(&s->ports[port_class(n + 1)], e->port_block),
		                   4u << port_class(n + 1), key);
	}
	assert(place);
	place->key = key;
	place->packets = add_saturating(place->packets, packets);
	e->port_count += *new_port;
	return STATUS_OK;
}

/* The rest of an entry, made where there was none; NULL where memory is out. */
static __attribute__((noinline)) struct source_more *more_of(struct sources *s,
                                                             struct source_entry *e)
{
	if (e->more == SLAB_NONE) {
		e->more = slab_take(&s->more);
		if (e->more == SLAB_NONE)
			return NULL;
		*(struct source_more *)slab_at(&s->more, e->more) =
		        (struct source_more){.syn445 = 0};
	}
	return slab_at(&s->more, e->more);
}

uint64_t source_count(const struct sources *s, const struct source_entry *e, unsigned what)
{
	const struct source_more *more;

	if (e->more == SLAB_NONE)
		return e->low_counts[what];
	more = slab_at(&s->more, e->more);
	return (uint64_t)more->high_counts[what] << 8 | e->low_counts[what];
}

static inline enum status add_count(struct sources *s, struct source_entry *e, unsigned what,
                                    uint32_t packets)
{
	uint64_t sum = (uint64_t)packets + e->low_counts[what];
	struct source_more *more;

	e->low_counts[what] = (uint8_t)sum;
	if (sum <= UINT8_MAX)
		return STATUS_OK;
	more = more_of(s, e);
	if (!more)
		return STATUS_NO_MEMORY;
	more->high_counts[what] = add_saturating(more->high_counts[what], sum >> 8);
	return STATUS_OK;
}

static enum status merge_marks(struct sources *s, struct source_entry *e, const struct row *row)
{
	enum status st = STATUS_OK;

	for (unsigned marks = key_marks(row->key); marks && !st; marks &= marks - 1)
		st = add_count(s, e, SOURCE_MARKS + (unsigned)__builtin_ctz(marks), row->packets);
	return st;
}

/* A row's distinct destinations, or what they are more than. */
static uint32_t at_least(const struct row *row)
{
	return row->distinct == DISTINCT_SKETCH ? FLOW_EXACT + 1 : (uint32_t)row->distinct;
}

static inline bool is_syn445(uint64_t key)
{
	return key_kind(key) == KIND_SCAN && key_class(key) == CLASS_TCP && key_port(key) == 445;
}

/* What few rows tell. */
static enum status merge_rare(struct sources *s, struct source_entry *e, const struct row *row)
{
	struct source_more *more = more_of(s, e);

	if (!more)
		return STATUS_NO_MEMORY;
	if (key_marks(row->key) & MARK_BIT(PAYLOAD))
		more->payload_port = (uint32_t)key_proto(row->key) << 16 | key_port(row->key);
	if (is_syn445(row->key))
		more->syn445 = add_saturating(more->syn445, at_least(row));
	return STATUS_OK;
}

static void merge_unicorn(struct source_entry *e, const struct row *row)
{
	bool repeated = row->seq == e->seq && e->syns;

	if (row->unicorn_key == e->unicorn_key && e->unicorn)
		e->unicorn =
		        add_saturating(e->unicorn, repeated ? row->unicorn - 1u : row->unicorn);
	else if (row->unicorn > e->unicorn || e->unicorn <= 1) {
		e->unicorn_key = row->unicorn_key;
		e->unicorn = row->unicorn;
	}
	e->seq = row->seq;
}

static void merge_fingerprint(struct source_entry *e, const struct row *row)
{
	uint16_t ip_id = (uint16_t)row->peer_id;

	if (e->fingerprint == row->fingerprint) {
		if (e->vote < UINT8_MAX)
			e->vote++;
	} else if (e->vote == 0) {
		e->fingerprint = row->fingerprint;
		e->vote = 1;
	} else {
		e->vote--;
		e->signs |= SIGN_FINGERPRINT_VARIES;
	}
	if (e->packets == 0) /* not merged yet */
		e->ip_id = ip_id;
	else if (e->ip_id != ip_id)
		e->signs |= SIGN_IP_ID_VARIES;
}

static void merge_counts(struct source_entry *e, const struct row *row, uint64_t start_us)
{
	uint64_t first = start_us + row->first_us, last = start_us + row->last_us;

	e->packets += row->packets;
	e->bytes += row->bytes;
	if (first < e->first_us)
		e->first_us = first & TIME_MAX_US;
	if (last > e->last_us)
		e->last_us = last & TIME_MAX_US;
	e->ttl_min = row->ttl_min < e->ttl_min ? row->ttl_min : e->ttl_min;
	e->ttl_max = row->ttl_max > e->ttl_max ? row->ttl_max : e->ttl_max;
	e->signs |= (uint16_t)(row_signs(row) | (e->ttl_min != e->ttl_max ? SIGN_TTL_VARIES : 0));
}

enum status sources_merge(struct sources *s, struct source_entry *e, const struct window *w,
                          const struct row *row, uint64_t window_start_us, bool *new_port)
{
	uint64_t key = row->key;

	merge_fingerprint(e, row);
	if (key_kind(key) == KIND_SCAN && key_class(key) == CLASS_TCP) {
		merge_unicorn(e, row);
		e->syns = add_saturating(e->syns, row->packets);
	}
	merge_counts(e, row, window_start_us);
	if (add_count(s, e, key_kind(key), row->packets) ||
	    (key_marks(key) && merge_marks(s, e, row)))
		return STATUS_NO_MEMORY;
	if (((key_marks(key) & MARK_BIT(PAYLOAD)) || is_syn445(key)) && merge_rare(s, e, row))
		return STATUS_NO_MEMORY;
	distinct_merge(&s->pool, &e->destinations, &w->pool, row->words, (uint8_t)row->distinct);
	return add_port(s, e, port_key(key), row->packets, new_port);
}

void sources_ports(const struct sources *s, const struct source_entry *e,
                   void (*each)(void *state, const struct source_port_count *port), void *state)
{
	const struct source_port_count *table = e->ports;
	uint32_t places = e->port_count;

	if (e->port_count > PORTS_INLINE) {
		table = slab_at(&s->ports[port_class(e->port_count)], e->port_block);
		places = 4u << port_class(e->port_count);
	}
	for (uint32_t i = 0; i < places; i++) {
		if (table[i].key)
			each(state, &table[i]);
	}
}

static void forget(struct sources *s, struct source_entry *e, uint32_t number)
{
	s->folded_sources++;
	s->folded_packets += e->packets;
	for (unsigned i = 0; i < KIND_COUNT; i++)
		s->folded_kinds[i] += source_count(s, e, i);
	if (e->more != SLAB_NONE)
		slab_give(&s->more, e->more);
	distinct_free(&s->pool, &e->destinations);
	if (e->port_count > PORTS_INLINE)
		slab_give(&s->ports[port_class(e->port_count)], e->port_block);
	e->live = false;
	slab_give(&s->entries, number);
	s->count--;
}

double sources_ever(const struct sources *s)
{
	double estimate;

	if (s->folded_sources == 0)
		return s->count;
	estimate = distinct_estimate(s->ever);
	return estimate > s->count ? estimate : s->count;
}

struct size_rank {
	uint64_t packets, hash;
	uint32_t number;
};

static int compare_rank(const void *left, const void *right)
{
	const struct size_rank *a = left, *b = right;

	if (a->packets != b->packets)
		return a->packets < b->packets ? -1 : 1;
	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

enum status sources_fold(struct sources *s)
{
	struct size_rank *ranks = malloc((s->count ? s->count : 1) * sizeof(*ranks));
	uint32_t n = 0;

	if (!ranks)
		return STATUS_NO_MEMORY;
	for (uint32_t i = 0; i < sources_room(s); i++) {
		const struct source_entry *e = sources_at(s, i);

		if (e)
			ranks[n++] = (struct size_rank){e->packets, source_hash(&e->address), i};
	}
	qsort(ranks, n, sizeof(*ranks), compare_rank);
	for (uint32_t i = 0; i < n / 2; i++)
		forget(s, slab_at(&s->entries, ranks[i].number), ranks[i].number);
	free(ranks);
	for (int i = 0; i < PORT_CLASSES; i++) {
		if (slab_live(&s->ports[i]) == 0)
			slab_clear(&s->ports[i]); /* all its sources grew, or went */
	}
	return rebuild(s, s->mask + 1);
}
