/* SPDX-License-Identifier: Apache-2.0 */
#include "store/flow_block.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

static enum status array_grow(void **array, size_t bytes)
{
	void *more = realloc(*array, bytes);

	if (!more)
		return STATUS_NO_MEMORY;
	*array = more;
	return STATUS_OK;
}

/* An array that grew before another one failed stays longer than `room` says: harmless. */
enum status flow_block_reserve(struct flow_block *b, size_t rows)
{
	enum status st = STATUS_OK;

	if (rows > FLOW_BLOCK_ROWS_MAX)
		return STATUS_LIMIT;
	if (rows <= b->room)
		return STATUS_OK;
	void *array = b->second;

	st = array_grow(&array, rows * sizeof(*b->second));
	b->second = array;
#define COLUMN(name, type, bits, codec)                           \
	if (!st) {                                                \
		array = b->name;                                  \
		st = array_grow(&array, rows * sizeof(*b->name)); \
		b->name = array;                                  \
	}
#include "store/flow_columns.def"
#undef COLUMN
	if (!st)
		b->room = rows;
	return st;
}

static enum status block_make_room(struct flow_block *b)
{
	size_t room = b->room ? b->room * 2 : 1024;

	if (b->rows < b->room)
		return STATUS_OK;
	if (b->rows >= FLOW_BLOCK_ROWS_MAX)
		return STATUS_LIMIT;
	return flow_block_reserve(b, room < FLOW_BLOCK_ROWS_MAX ? room : FLOW_BLOCK_ROWS_MAX);
}

/* A window is 60 s; what is longer stays at the column's end. */
static uint16_t milliseconds(uint32_t us)
{
	return us / 1000 < UINT16_MAX ? (uint16_t)(us / 1000) : UINT16_MAX;
}

enum status flow_block_add(struct flow_block *b, const struct flow_place *place,
                           const struct flow *row)
{
	enum status st = block_make_room(b);
	size_t i = b->rows;

	if (st)
		return st;
	b->second[i] = place->start_s;
	b->minute[i] = place->start_s / 60;
	b->sensor[i] = place->sensor;
	b->country[i] = place->country;
	b->asn[i] = place->asn;
	b->tool[i] = place->tool;
	flow_source_split(&row->source, &b->src_hi[i], &b->src_lo[i]);
#define SAME(name) b->name[i] = row->name
	SAME(proto);
	SAME(port);
	SAME(kind);
	SAME(marks);
	SAME(tcp_flags);
	SAME(signs);
	SAME(peer_port);
	SAME(ip_id);
	SAME(ip_len);
	SAME(tcp_window);
	SAME(options_hash);
	SAME(ttl_min);
	SAME(unicorn);
	SAME(unicorn_key);
	SAME(packets);
	SAME(bytes);
	SAME(destinations);
#undef SAME
	b->ttl_spread[i] = (uint8_t)(row->ttl_max - row->ttl_min);
	b->first_ms[i] = milliseconds(row->first_us);
	b->lasted_ms[i] = (uint16_t)(milliseconds(row->last_us) - b->first_ms[i]);
	b->rows++;
	return STATUS_OK;
}

enum status flow_block_copy(struct flow_block *b, const struct flow_block *from, size_t at)
{
	enum status st = block_make_room(b);

	if (st)
		return st;
	b->second[b->rows] = from->second[at];
#define COLUMN(name, type, bits, codec) b->name[b->rows] = from->name[at];
#include "store/flow_columns.def"
#undef COLUMN
	b->rows++;
	return STATUS_OK;
}

void flow_block_empty(struct flow_block *b)
{
	b->rows = 0;
}

void flow_block_clear(struct flow_block *b)
{
	free(b->second);
#define COLUMN(name, type, bits, codec) free(b->name);
#include "store/flow_columns.def"
#undef COLUMN
	*b = (struct flow_block){0};
}

uint64_t flow_batch(uint32_t sensor, uint64_t boot_id, uint64_t sequence)
{
	uint64_t batch = hash_mix(hash_u64(boot_id, sensor), hash_u64(sequence, boot_id));

	return batch ? batch : 1;
}

static int capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

uint16_t flow_country(const char *letters)
{
	if (!letters || !capital(letters[0]) || !capital(letters[1]) || letters[2])
		return 0;
	return (uint16_t)((uint16_t)letters[0] << 8 | (uint16_t)letters[1]);
}

static uint64_t be64(const uint8_t *b)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | b[i];
	return v;
}

void flow_source_split(const struct addr *a, uint64_t *hi, uint64_t *lo)
{
	*hi = be64(a->b);
	*lo = be64(a->b + 8);
}

struct addr flow_source_join(uint64_t hi, uint64_t lo)
{
	struct addr a;

	for (int i = 0; i < 8; i++) {
		a.b[i] = (uint8_t)(hi >> (56 - 8 * i));
		a.b[8 + i] = (uint8_t)(lo >> (56 - 8 * i));
	}
	return a;
}
