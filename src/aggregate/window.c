/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/window.h"

#include "aggregate/classify.h"
#include "parse/tcp_options.h"

#include <stdlib.h>
#include <string.h>

static enum status allocate(struct window *w, uint64_t slots)
{
	w->rows = aligned_alloc(64, slots * sizeof(*w->rows));
	w->tags = calloc(slots + TAGS_AT_ONCE, 1);
	w->used = malloc(slots / 4 * 3 * sizeof(*w->used));
	if (!w->rows || !w->tags || !w->used)
		return STATUS_NO_MEMORY;
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
	distinct_pool_init(&w->pool, false);
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
	free(w->tags);
	free(w->used);
	free(w->v6);
	free(w->v6_slots);
	distinct_pool_clear(&w->pool);
	free(w);
}

size_t window_bytes(const struct window *w)
{
	size_t slots = w->mask + 1;

	return slots * (sizeof(*w->rows) + 1) + slots / 4 * 3 * sizeof(*w->used) +
	       distinct_pool_bytes(&w->pool) +
	       w->v6_room * (sizeof(*w->v6) + 2 * sizeof(*w->v6_slots));
}

void window_reset(struct window *w)
{
	if (w->count)
		memset(w->tags, 0, w->mask + 1 + TAGS_AT_ONCE);
	w->count = 0;
	w->v6_count = 0;
	if (w->v6_slots)
		memset(w->v6_slots, 0, w->v6_room * 2 * sizeof(*w->v6_slots));
	distinct_pool_reset(&w->pool);
}

/* Twice the slots; rows keep the order in which they came. */
static bool grow(struct window *w)
{
	struct window old = *w;

	if (allocate(w, (old.mask + 1) * 2)) {
		free(w->rows);
		free(w->tags);
		free(w->used);
		*w = old;
		return false;
	}
	w->doublings++;
	for (uint32_t i = 0; i < w->count; i++) {
		const struct row *from = &old.rows[old.used[i]];
		uint64_t hash = window_hash(from->key), at = hash & w->mask;

		while (w->tags[at])
			at = (at + 1) & w->mask;
		w->rows[at] = *from;
		w->used[i] = (uint32_t)at;
		tags_set(w->tags, w->mask, at, tag_of(hash));
	}
	free(old.rows);
	free(old.tags);
	free(old.used);
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

static void row_start(struct row *row, const struct sample *s)
{
	uint32_t options_hash =
	        s->options ? tcp_signature_of(s->options, s->option_bytes).hash : s->options_hash;

	*row = (struct row){
	        .key = s->key,
	        .fingerprint = (uint64_t)options_hash << 32 | s->shape,
	        .first_us = s->offset_us,
	        .peer_id = s->peer_id,
	        .signs = key_is_v6(s->key) ? 0 : classify_source_signs(key_source(s->key)),
	        .unicorn_key = s->constant,
	        .seq = ~s->seq,
	        .ttl_min = 255,
	};
}

/* Unicorn (Dainotti et al.; 30-detection section 2): the constant holds while the sequence
 * number changes; a repeated SYN proves nothing. */
static inline void row_sequence(struct row *row, const struct sample *s)
{
	if (row->seq == s->seq) {
		row->signs |= SIGN_REPEATED;
		return;
	}
	row->seq = s->seq;
	if (s->constant == row->unicorn_key)
		row->unicorn = (uint16_t)(row->unicorn + (row->unicorn < UINT16_MAX));
	else if (row->unicorn <= 1) {
		row->unicorn_key = s->constant;
		row->unicorn = 1;
	}
}

static inline bool is_syn_scan(uint64_t key)
{
	return (key >> 8 & 0x3f) == (CLASS_TCP << 3 | KIND_SCAN);
}

static inline void row_update(struct row *row, const struct sample *s)
{
	uint32_t differs = row->peer_id ^ s->peer_id;

	row->packets++;
	row->bytes += (uint16_t)s->shape;
	/* Branches, as they nearly always go the same way. */
	if (s->offset_us < row->first_us)
		row->first_us = s->offset_us;
	if (s->offset_us > row->last_us)
		row->last_us = s->offset_us;
	if (s->ttl < row->ttl_min)
		row->ttl_min = s->ttl;
	if (s->ttl > row->ttl_max)
		row->ttl_max = s->ttl;
	row->tcp_flags |= s->tcp_flags;
	row->signs |=
	        (uint16_t)(s->signs | (differs >> 16 ? SIGN_PEER_PORT_VARIES : 0) |
	                   (differs & 0xffff ? SIGN_IP_ID_VARIES : 0) |
	                   ((uint32_t)row->fingerprint != s->shape ? SIGN_FINGERPRINT_VARIES : 0));
	if (is_syn_scan(row->key))
		row_sequence(row, s);
}

/* A new row in the empty slot that the sample points to. NULL where memory is out. */
static __attribute__((noinline)) struct row *row_new(struct window *w, struct sample *s)
{
	if (w->count == (w->mask + 1) / 4 * 3) {
		if (!grow(w))
			return NULL;
		s->slot = (uint32_t)(window_hash(s->key) & w->mask);
		while (w->tags[s->slot])
			s->slot = (uint32_t)((s->slot + 1) & w->mask);
	}
	tags_set(w->tags, w->mask, s->slot, s->tag);
	w->used[w->count++] = s->slot;
	row_start(&w->rows[s->slot], s);
	return &w->rows[s->slot];
}

bool window_add(struct window *w, struct sample *s)
{
	struct row *row;

	/* Slots before s->slot cannot have become the key's: nothing leaves an open window. */
	if (s->doublings != w->doublings) {
		window_aim(w, s);
		window_seek(w, s);
	}
	while (w->tags[s->slot] && w->rows[s->slot].key != s->key)
		s->slot = (uint32_t)tags_next(w->tags, w->mask, (s->slot + 1) & w->mask, s->tag);
	row = w->tags[s->slot] ? &w->rows[s->slot] : row_new(w, s);
	if (!row)
		return false;
	row_update(row, s);
	row->distinct = distinct_add(&w->pool, row->words, (uint8_t)row->distinct, s->destination);
	return true;
}
