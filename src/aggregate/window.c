/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/window.h"

#include "aggregate/classify.h"

#include <stdlib.h>
#include <string.h>

static enum status allocate(struct window *w, uint64_t slots)
{
	w->rows = aligned_alloc(64, slots * sizeof(*w->rows));
	w->used = malloc(slots / 2 * sizeof(*w->used));
	if (!w->rows || !w->used)
		return STATUS_NO_MEMORY;
	memset(w->rows, 0, slots * sizeof(*w->rows));
	w->mask = slots - 1;
	return STATUS_OK;
}

enum status window_new(struct window **out, uint32_t destination_key)
{
	struct window *w = calloc(1, sizeof(*w));

	*out = NULL;
	if (!w)
		return STATUS_NO_MEMORY;
	w->destination_key = destination_key;
	distinct_pool_init(&w->pool);
	if (allocate(w, WINDOW_ROWS_MIN * 2)) {
		window_free(w);
		return STATUS_NO_MEMORY;
	}
	*out = w;
	return STATUS_OK;
}

void window_free(struct window *w)
{
	if (!w)
		return;
	free(w->rows);
	free(w->used);
	free(w->v6);
	free(w->v6_slots);
	distinct_pool_clear(&w->pool);
	free(w);
}

size_t window_bytes(const struct window *w)
{
	size_t slots = w->mask + 1;

	return slots * sizeof(*w->rows) + slots / 2 * sizeof(*w->used) +
	       distinct_pool_bytes(&w->pool) +
	       w->v6_room * (sizeof(*w->v6) + 2 * sizeof(*w->v6_slots));
}

void window_reset(struct window *w)
{
	for (uint32_t i = 0; i < w->count; i++)
		w->rows[w->used[i]].key = 0;
	w->count = 0;
	w->v6_count = 0;
	if (w->v6_slots)
		memset(w->v6_slots, 0, w->v6_room * 2 * sizeof(*w->v6_slots));
	distinct_pool_reset(&w->pool);
}

/* Twice the slots; rows keep the order in which they came. */
static bool grow(struct window *w)
{
	struct row *old_rows = w->rows;
	uint32_t *old_used = w->used;
	uint64_t slots = (w->mask + 1) * 2;

	if (allocate(w, slots)) {
		free(w->rows);
		free(w->used);
		w->rows = old_rows;
		w->used = old_used;
		return false;
	}
	for (uint32_t i = 0; i < w->count; i++) {
		const struct row *from = &old_rows[old_used[i]];
		uint64_t at = window_hash(from->key) & w->mask;

		while (w->rows[at].key)
			at = (at + 1) & w->mask;
		w->rows[at] = *from;
		w->used[i] = (uint32_t)at;
	}
	free(old_rows);
	free(old_used);
	return true;
}

static void v6_insert(struct window *w, uint32_t number)
{
	uint64_t halves[2], at;
	uint64_t mask = (uint64_t)w->v6_room * 2 - 1;

	memcpy(halves, w->v6[number].b, sizeof(halves));
	at = hash_u64(hash_u64(halves[0], 1) ^ halves[1], 2) & mask;
	while (w->v6_slots[at])
		at = (at + 1) & mask;
	w->v6_slots[at] = number + 1;
}

static bool v6_grow(struct window *w)
{
	uint32_t room = w->v6_room ? w->v6_room * 2 : 64;
	struct addr *v6 = reallocarray(w->v6, room, sizeof(*v6));
	uint32_t *slots = calloc((size_t)room * 2, sizeof(*slots));

	if (v6)
		w->v6 = v6;
	if (!v6 || !slots) {
		free(slots);
		return false;
	}
	free(w->v6_slots);
	w->v6_slots = slots;
	w->v6_room = room;
	for (uint32_t i = 0; i < w->v6_count; i++)
		v6_insert(w, i);
	return true;
}

uint32_t window_v6_number(struct window *w, const struct addr *a)
{
	uint64_t halves[2];

	memcpy(halves, a->b, sizeof(halves));
	if (w->v6_room) {
		uint64_t mask = (uint64_t)w->v6_room * 2 - 1;
		uint64_t at = hash_u64(hash_u64(halves[0], 1) ^ halves[1], 2) & mask;

		for (; w->v6_slots[at]; at = (at + 1) & mask) {
			if (addr_compare(&w->v6[w->v6_slots[at] - 1], a) == 0)
				return w->v6_slots[at] - 1;
		}
	}
	if (w->v6_count == w->v6_room && !v6_grow(w))
		return UINT32_MAX;
	w->v6[w->v6_count] = *a;
	v6_insert(w, w->v6_count);
	return w->v6_count++;
}

/* The side that is not in the key. */
static uint16_t peer_port(const struct packet *p, enum packet_kind kind)
{
	return kind == KIND_BACKSCATTER ? p->dst_port : p->src_port;
}

static uint32_t unicorn_constant(const struct packet *p)
{
	return p->seq ^ p->src32 ^ (((uint32_t)p->src_port << 16) + p->dst_port);
}

static void row_start(struct row *row, uint64_t key, const struct packet *p, enum packet_kind kind,
                      uint32_t offset_us)
{
	*row = (struct row){
	        .key = key,
	        .first_us = offset_us,
	        .last_us = offset_us,
	        .ip_len = p->ip_len,
	        .tcp_window = p->tcp_window,
	        .options_hash = p->options_hash,
	        .peer_port = peer_port(p, kind),
	        .ip_id = p->ip_id,
	        .signs = p->v6 ? 0 : classify_source_signs(p->src32),
	        .unicorn_key = unicorn_constant(p),
	        .seq = ~p->seq,
	        .ttl_min = p->ttl,
	        .ttl_max = p->ttl,
	};
}

/* Boyer and Moore's majority vote over (length, window, options). */
static inline void row_vote(struct row *row, const struct packet *p)
{
	bool same = row->ip_len == p->ip_len && row->tcp_window == p->tcp_window &&
	            row->options_hash == p->options_hash;

	if (same) {
		row->vote = (uint8_t)(row->vote + (row->vote < 255));
		return;
	}
	row->signs |= SIGN_FINGERPRINT_VARIES;
	if (row->vote-- == 0) {
		row->ip_len = p->ip_len;
		row->tcp_window = p->tcp_window;
		row->options_hash = p->options_hash;
		row->vote = 1;
	}
}

/* Unicorn (Dainotti et al.; 30-detection section 2): the constant holds while the sequence
 * number changes; a repeated SYN proves nothing. */
static inline void row_sequence(struct row *row, const struct packet *p)
{
	uint32_t constant;

	if (row->seq == p->seq) {
		row->signs |= SIGN_REPEATED;
		return;
	}
	row->seq = p->seq;
	constant = unicorn_constant(p);
	if (constant == row->unicorn_key)
		row->unicorn = (uint16_t)(row->unicorn + (row->unicorn < UINT16_MAX));
	else if (row->unicorn <= 1) {
		row->unicorn_key = constant;
		row->unicorn = 1;
	}
}

static inline void row_update(struct row *row, const struct packet *p, enum packet_kind kind,
                              uint32_t offset_us)
{
	row->packets++;
	row->bytes += p->ip_len;
	row->first_us = offset_us < row->first_us ? offset_us : row->first_us;
	row->last_us = offset_us > row->last_us ? offset_us : row->last_us;
	row->ttl_min = p->ttl < row->ttl_min ? p->ttl : row->ttl_min;
	row->ttl_max = p->ttl > row->ttl_max ? p->ttl : row->ttl_max;
	row->tcp_flags |= p->tcp_flags;
	row->signs |=
	        (uint16_t)(classify_signs(p) |
	                   (row->peer_port != peer_port(p, kind) ? SIGN_PEER_PORT_VARIES : 0) |
	                   (row->ip_id != p->ip_id ? SIGN_IP_ID_VARIES : 0) |
	                   (row->ttl_min != row->ttl_max ? SIGN_TTL_VARIES : 0));
	row_vote(row, p);
	if (kind == KIND_SCAN && p->proto == PROTO_TCP)
		row_sequence(row, p);
}

bool window_add(struct window *w, uint64_t key, uint64_t hash, const struct packet *p,
                enum packet_kind kind, uint32_t offset_us, uint32_t destination)
{
	uint64_t at = hash & w->mask;
	struct row *row;

	while (w->rows[at].key != key && w->rows[at].key != 0)
		at = (at + 1) & w->mask;
	row = &w->rows[at];
	if (row->key == 0) {
		if (w->count == (w->mask + 1) / 2) {
			if (!grow(w))
				return false;
			return window_add(w, key, hash, p, kind, offset_us, destination);
		}
		w->used[w->count++] = (uint32_t)at;
		row_start(row, key, p, kind, offset_us);
	}
	row_update(row, p, kind, offset_us);
	row->distinct = distinct_add(&w->pool, row->words, (uint8_t)row->distinct, destination);
	return true;
}
