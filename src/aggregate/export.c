/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/export.h"

#include "base/prefetch.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { UNITS = EXPORT_AHEAD + 1, LOOK_AHEAD = 16, GATHER_AHEAD = 32 };

/* One closing: the windows of all shards, and how many workers have given theirs. */
struct unit {
	struct window_header header;
	struct window **windows;
	unsigned closed;
};

/* What rows are sorted by: the key's parts in output order; where the row lies. */
struct place {
	uint64_t order;
	uint32_t shard, slot;
};

struct export
{
	const struct flow_sink *sink;
	unsigned shards, workers, ahead;
	uint32_t destination_key;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct unit units[UNITS]; /* unit u lives in units[u % UNITS] */
	uint64_t done;            /* units that went out */
	bool finishing;
	enum status status;
	struct window **spare; /* by shard, UNITS each */
	unsigned *spare_count;
	struct place *places, *scratch;
	size_t room;
};

enum { SERVICE_BITS = 19, BELOW_BITS = SERVICE_BITS + 11 };

/* (protocol, port) as one number in their order: the four protocols that have ports take 65536
 * numbers each, all others one. */
static uint64_t service_order(uint64_t key)
{
	unsigned proto = key_proto(key);
	int below = (proto > PROTO_ICMP) + (proto > PROTO_TCP) + (proto > PROTO_UDP) +
	            (proto > PROTO_ICMPV6);

	return (unsigned)below * 65536u + (proto - (unsigned)below) +
	       (key_class(key) == CLASS_OTHER ? 0u : key_port(key));
}

/* source 32 | service 19 | kind 3 | marks 8 */
static uint64_t row_order(uint64_t key)
{
	return (key >> 32) << BELOW_BITS | service_order(key) << 11 | (uint64_t)key_kind(key) << 8 |
	       key_marks(key);
}

/* Least significant digit first; digits that are the same everywhere are passed over. */
static void radix_sort(struct place *places, struct place *scratch, size_t n)
{
	for (unsigned shift = 0; shift < 64; shift += 8) {
		size_t starts[256] = {0}, at = 0;

		for (size_t i = 0; i < n; i++)
			starts[places[i].order >> shift & 0xff]++;
		if (n == 0 || starts[places[0].order >> shift & 0xff] == n)
			continue;
		for (int d = 0; d < 256; d++) {
			size_t count = starts[d];

			starts[d] = at;
			at += count;
		}
		for (size_t i = 0; i < n; i++)
			scratch[starts[places[i].order >> shift & 0xff]++] = places[i];
		memcpy(places, scratch, n * sizeof(*places));
	}
}

static enum status make_room(struct export *e, size_t rows)
{
	if (rows <= e->room)
		return STATUS_OK;
	free(e->places);
	free(e->scratch);
	e->room = rows + rows / 4;
	e->places = malloc(e->room * sizeof(*e->places));
	e->scratch = malloc(e->room * sizeof(*e->scratch));
	if (e->places && e->scratch)
		return STATUS_OK;
	e->room = 0;
	return STATUS_NO_MEMORY;
}

/* A unit's rows into e->places: IPv4 from the front, IPv6 from the back, which begins at the
 * returned place. */
static size_t gather(struct export *e, const struct unit *u, size_t rows)
{
	size_t front = 0, back = rows;

	for (uint32_t shard = 0; shard < e->shards; shard++) {
		const struct window *w = u->windows[shard];

		for (uint32_t i = 0; i < w->count; i++) {
			uint64_t key = w->rows[w->used[i]].key;
			struct place place = {row_order(key), shard, w->used[i]};

			if (i + GATHER_AHEAD < w->count)
				prefetch_read(&w->rows[w->used[i + GATHER_AHEAD]]);
			e->places[key_is_v6(key) ? --back : front++] = place;
		}
	}
	return front;
}

static struct addr place_source(const struct unit *u, const struct place *p)
{
	return window_source(u->windows[p->shard], u->windows[p->shard]->rows[p->slot].key);
}

/* IPv6 sources are numbered as they came: order by the address itself. */
static int compare_v6(const void *left, const void *right, void *state)
{
	const struct place *a = left, *b = right;
	const struct unit *u = state;
	struct addr x = place_source(u, a), y = place_source(u, b);
	uint64_t low = (UINT64_C(1) << BELOW_BITS) - 1;
	int order = addr_compare(&x, &y);

	if (order)
		return order;
	return (a->order & low) < (b->order & low) ? -1 : (a->order & low) > (b->order & low);
}

static void fill_flow(struct flow *f, const struct window *w, const struct row *row)
{
	double destinations = distinct_count(&w->pool, row->words, (uint8_t)row->distinct);

	*f = (struct flow){
	        .source = window_source(w, row->key),
	        .proto = key_proto(row->key),
	        .kind = (uint8_t)key_kind(row->key),
	        .marks = key_marks(row->key),
	        .tcp_flags = row->tcp_flags,
	        .port = key_class(row->key) == CLASS_OTHER ? 0 : key_port(row->key),
	        .peer_port =
	                row->signs & SIGN_PEER_PORT_VARIES ? 0 : (uint16_t)(row->peer_id >> 16),
	        .signs = row_signs(row),
	        .ip_id = (uint16_t)row->peer_id,
	        .ip_len = (uint16_t)row->fingerprint,
	        .tcp_window = (uint16_t)(row->fingerprint >> 16),
	        .options_hash = (uint32_t)(row->fingerprint >> 32),
	        .ttl_min = row->ttl_min,
	        .ttl_max = row->ttl_max,
	        .unicorn = row->unicorn,
	        .unicorn_key = row->unicorn_key,
	        .packets = row->packets,
	        .bytes = row->bytes,
	        .first_us = row->first_us,
	        .last_us = row->last_us,
	        .destinations = (uint32_t)(destinations + 0.5),
	        .exact = row->distinct == DISTINCT_SKETCH ? 0 : (uint8_t)row->distinct,
	        .list = distinct_list(&w->pool, row->words, (uint8_t)row->distinct),
	        .registers = distinct_registers(&w->pool, row->words, (uint8_t)row->distinct),
	};
}

static enum status send_row(struct export *e, const struct unit *u, const struct place *p)
{
	const struct window *w = u->windows[p->shard];
	struct flow f;

	fill_flow(&f, w, &w->rows[p->slot]);
	return e->sink->row(e->sink->state, &f);
}

/* Both sorted lists as one: IPv4 at [0, v4), IPv6 at [v4, all). */
static enum status send_rows(struct export *e, const struct unit *u, size_t v4, size_t all)
{
	enum status st = STATUS_OK;
	size_t i = 0, k = v4;

	while ((i < v4 || k < all) && !st) {
		bool take_v4 = i < v4;

		if (i < v4 && k < all) {
			struct addr x = place_source(u, &e->places[i]),
			            y = place_source(u, &e->places[k]);

			take_v4 = addr_compare(&x, &y) < 0;
		}
		if (i + LOOK_AHEAD < v4) {
			const struct place *next = &e->places[i + LOOK_AHEAD];

			prefetch_read(&u->windows[next->shard]->rows[next->slot]);
		}
		st = send_row(e, u, &e->places[take_v4 ? i++ : k++]);
	}
	return st;
}

static enum status send_unit(struct export *e, struct unit *u)
{
	size_t v4, rows = 0;
	enum status st;

	for (unsigned i = 0; i < e->shards; i++)
		rows += u->windows[i]->count;
	u->header.rows = rows;
	if (make_room(e, rows))
		return STATUS_NO_MEMORY;
	v4 = gather(e, u, rows);
	radix_sort(e->places, e->scratch, v4);
	if (rows > v4)
		qsort_r(e->places + v4, rows - v4, sizeof(*e->places), compare_v6, u);
	st = e->sink->begin(e->sink->state, &u->header);
	if (!st)
		st = send_rows(e, u, v4, rows);
	if (!st)
		st = e->sink->end(e->sink->state);
	return st;
}

/* Empty windows go back to their shards. */
static void recycle(struct export *e, struct unit *u)
{
	for (unsigned i = 0; i < e->shards; i++) {
		if (!u->windows[i])
			continue;
		window_reset(u->windows[i]);
		e->spare[i * UNITS + e->spare_count[i]++] = u->windows[i];
		u->windows[i] = NULL;
	}
	u->closed = 0;
}

static void *export_thread(void *state)
{
	struct export *e = state;

	pthread_mutex_lock(&e->lock);
	for (;;) {
		struct unit *u = &e->units[e->done % UNITS];

		if (u->closed == e->workers) {
			enum status st = e->status;

			pthread_mutex_unlock(&e->lock);
			if (!st)
				st = send_unit(e, u);
			pthread_mutex_lock(&e->lock);
			e->status = e->status ? e->status : st;
			recycle(e, u);
			e->done++;
			pthread_cond_broadcast(&e->changed);
		} else if (e->finishing) {
			break;
		} else {
			pthread_cond_wait(&e->changed, &e->lock);
		}
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

enum status export_new(struct export **out, const struct flow_sink *sink, unsigned shards,
                       unsigned workers, unsigned ahead, uint32_t destination_key)
{
	struct export *e = calloc(1, sizeof(*e));

	assert(ahead >= 1 && ahead <= EXPORT_AHEAD);
	*out = e;
	if (!e)
		return STATUS_NO_MEMORY;
	e->sink = sink;
	e->shards = shards;
	e->workers = workers;
	e->ahead = ahead;
	e->destination_key = destination_key;
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->changed, NULL);
	e->spare = calloc((size_t)shards * UNITS, sizeof(struct window *));
	e->spare_count = calloc(shards, sizeof(*e->spare_count));
	if (!e->spare || !e->spare_count)
		return STATUS_NO_MEMORY;
	for (unsigned i = 0; i < UNITS; i++) {
		e->units[i].windows = calloc(shards, sizeof(struct window *));
		if (!e->units[i].windows)
			return STATUS_NO_MEMORY;
	}
	e->started = pthread_create(&e->thread, NULL, export_thread, e) == 0;
	return e->started ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status export_give(struct export *e, uint64_t unit, unsigned shard, struct window **w)
{
	struct window *fresh = NULL;
	enum status st;

	pthread_mutex_lock(&e->lock);
	while (unit >= e->done + e->ahead && !e->status)
		pthread_cond_wait(&e->changed, &e->lock);
	st = e->status;
	if (!st && e->spare_count[shard] > 0)
		fresh = e->spare[shard * UNITS + --e->spare_count[shard]];
	else if (!st)
		st = window_new(&fresh, e->destination_key);
	if (!st) {
		e->units[unit % UNITS].windows[shard] = *w;
		*w = fresh;
	}
	pthread_mutex_unlock(&e->lock);
	return st;
}

void export_close(struct export *e, uint64_t unit, const struct window_header *header)
{
	pthread_mutex_lock(&e->lock);
	e->units[unit % UNITS].header = *header;
	e->units[unit % UNITS].closed++;
	pthread_cond_broadcast(&e->changed);
	pthread_mutex_unlock(&e->lock);
}

void export_abort(struct export *e, enum status why)
{
	pthread_mutex_lock(&e->lock);
	e->status = e->status ? e->status : why;
	pthread_cond_broadcast(&e->changed);
	pthread_mutex_unlock(&e->lock);
}

enum status export_finish(struct export *e)
{
	pthread_mutex_lock(&e->lock);
	e->finishing = true;
	pthread_cond_broadcast(&e->changed);
	pthread_mutex_unlock(&e->lock);
	if (e->started)
		pthread_join(e->thread, NULL);
	e->started = false;
	return e->status;
}

void export_free(struct export *e)
{
	if (!e)
		return;
	if (e->started && export_finish(e))
		e->status = STATUS_IO;
	for (unsigned i = 0; i < UNITS; i++) {
		for (unsigned k = 0; e->units[i].windows && k < e->shards; k++)
			window_free(e->units[i].windows[k]);
		free(e->units[i].windows);
	}
	for (unsigned k = 0; e->spare_count && k < e->shards; k++) {
		while (e->spare_count[k] > 0)
			window_free(e->spare[k * UNITS + --e->spare_count[k]]);
	}
	free(e->spare);
	free(e->spare_count);
	free(e->places);
	free(e->scratch);
	pthread_mutex_destroy(&e->lock);
	pthread_cond_destroy(&e->changed);
	free(e);
}
