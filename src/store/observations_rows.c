/* SPDX-License-Identifier: Apache-2.0 */
#include "store/observations_rows.h"

#include <stdlib.h>
#include <string.h>

bool rows_are_kept(const struct observations *o, const struct table *table)
{
	return table->kind != TABLE_LIVE &&
	       !(table->kind == TABLE_LEDGER && observations_clustered(o));
}

static void put_digest(struct sql *q, const struct table *table)
{
	switch (table->kind) {
	case TABLE_ROWS:
	case TABLE_LIVE:
		sql_text(q, "count(), sum(packets), sum(bytes), sum(src_lo * (port + 1) + minute)");
		return;
	case TABLE_WINDOWS:
		sql_text(q, "count(), sum(packets), sum(rows), sum(bitXor(batch, sensor))");
		return;
	case TABLE_LEDGER:
		sql_text(q, "count(), sum(rows), sum(written), sum(cityHash64(token))");
		return;
	case TABLE_ROLLUP:
		sql_text(q, "sum(rows), sum(packets), sum(bytes), " OBSERVATIONS_SOURCES_MERGE);
		return;
	}
}

static void put_where(struct sql *q, const struct table *table, uint64_t partition)
{
	sql_text(q, " FROM ");
	sql_name(q, table->name);
	sql_text(q, " WHERE ");
	observations_partition(q, table);
	sql_text(q, " = ");
	sql_u64(q, partition);
}

enum status rows_digest(struct observations *o, const struct table *table, uint64_t partition,
                        struct partition_digest *out, struct trouble *t)
{
	uint64_t n[4];
	struct sql q = {0};
	enum status st;

	sql_text(&q, "SELECT ");
	put_digest(&q, table);
	put_where(&q, table, partition);
	st = observations_numbers(o, &q, n, 4, t);
	*out = (struct partition_digest){n[0], n[1], n[2], n[3]};
	return st;
}

bool rows_digest_equal(const struct table *table, const struct partition_digest *a,
                       const struct partition_digest *b, bool exactly)
{
	double spread = (double)a->more - (double)b->more;

	if (a->rows != b->rows || a->packets != b->packets || a->bytes != b->bytes)
		return false;
	if (exactly || table->kind != TABLE_ROLLUP)
		return a->more == b->more;
	return spread <= 0.05 * (double)a->more && -spread <= 0.05 * (double)a->more;
}

/* ---- out ---- */

struct reader {
	rows_function on_block;
	void *state;
	struct native_buffer bytes;
	bool states; /* the last column is a state: no length before it */
};

enum { GATHER_BYTES = 8 << 20 }; /* handed on together */

static enum status hand_on(struct reader *r)
{
	enum status st = STATUS_OK;

	if (r->bytes.length)
		st = r->on_block(r->state, r->bytes.bytes, r->bytes.length);
	r->bytes.length = 0;
	return st;
}

static enum status room_for(struct native_buffer *b, size_t n)
{
	size_t room = b->room ? b->room : 1 << 16;
	uint8_t *grown;

	while (room - b->length < n)
		room *= 2;
	if (room == b->room)
		return STATUS_OK;
	grown = realloc(b->bytes, room);
	if (!grown)
		return STATUS_NO_MEMORY;
	b->bytes = grown;
	b->room = room;
	return STATUS_OK;
}

static void put_varint(struct native_buffer *b, size_t value)
{
	for (; value >= 0x80; value >>= 7)
		b->bytes[b->length++] = (uint8_t)(value | 0x80);
	b->bytes[b->length++] = (uint8_t)value;
}

static enum status put_value(struct native_buffer *b, const struct native_block *block,
                             size_t column, size_t row, bool state)
{
	const struct native_view *v = &block->columns[column];
	struct native_text text = {(const char *)v->values + row * v->width, v->width};
	enum status st;

	if (v->type == NATIVE_STRING)
		text = native_string(block, column, row);
	st = room_for(b, text.length + 10);
	if (st)
		return st;
	if (v->type == NATIVE_STRING && !state)
		put_varint(b, text.length);
	if (text.length)
		memcpy(b->bytes + b->length, text.at, text.length);
	b->length += text.length;
	return STATUS_OK;
}

static enum status take_block(void *state, const struct native_block *block)
{
	struct reader *r = state;
	size_t last = block->column_count - 1;
	enum status st = STATUS_OK;

	for (size_t row = 0; row < block->rows && !st; row++)
		for (size_t c = 0; c <= last && !st; c++)
			st = put_value(&r->bytes, block, c, row, r->states && c == last);
	return st || r->bytes.length < GATHER_BYTES ? st : hand_on(r);
}

enum status rows_read(struct observations *o, const struct table *table, uint64_t partition,
                      rows_function on_block, void *state, struct trouble *t)
{
	static const struct engine_setting settings[] = {{"max_block_size", "32768"},
	                                                 {"max_threads", "1"}};
	const struct engine_run run = {.settings = settings, .setting_count = 2};
	struct reader r = {
	        .on_block = on_block, .state = state, .states = table->kind == TABLE_ROLLUP};
	struct sql q = {0};
	enum status st;

	sql_text(&q, "SELECT ");
	if (r.states) { /* the last of the columns, as bytes */
		sql_append_constant(&q, table->bucket);
		sql_text(&q, ", ");
		sql_append_constant(&q, table->keys);
		sql_text(&q, ", packets, bytes, rows, toString(sources)");
	} else {
		observations_columns(&q, table);
	}
	put_where(&q, table, partition);
	st = sql_check(&q, t);
	if (!st)
		st = engine_query(o->engine, q.text, &run, take_block, &r, t);
	if (!st)
		st = hand_on(&r);
	sql_clear(&q);
	native_buffer_clear(&r.bytes);
	return st;
}

/* ---- in ---- */

enum status rows_begin(struct observations *o, const struct table *table, uint64_t partition,
                       struct trouble *t)
{
	if (observations_clustered(o))
		return observations_drop_partition(o, table, partition, true, t);
	return aside_create(o, table, t);
}

enum status rows_put(struct observations *o, const struct table *table, const uint8_t *bytes,
                     size_t n, struct trouble *t)
{
	static const struct engine_setting settings[] = {{"insert_deduplicate", "0"},
	                                                 {"insert_distributed_sync", "1"},
	                                                 {"async_insert", "0"}};
	const struct engine_run run = {.settings = settings,
	                               .setting_count = observations_modern(o) ? 3 : 2};
	struct sql q = {0};
	enum status st;

	sql_text(&q, "INSERT INTO ");
	if (observations_clustered(o))
		sql_name(&q, table->name);
	else
		aside_name(&q, table);
	sql_text(&q, " (");
	observations_columns(&q, table);
	sql_text(&q, ") FORMAT RowBinary");
	st = sql_check(&q, t);
	if (!st)
		st = engine_insert_bytes(o->engine, q.text, bytes, n, &run, t);
	sql_clear(&q);
	return st;
}

enum status rows_end(struct observations *o, const struct table *table, uint64_t partition,
                     struct trouble *t)
{
	enum status st;

	if (observations_clustered(o))
		return STATUS_OK;
	st = aside_swap(o, table, partition, t);
	if (!st && (table->kind == TABLE_ROWS || table->kind == TABLE_WINDOWS))
		st = ledger_settle(o, table, (uint32_t)partition, LEDGER_SETTLED, t);
	return st ? st : aside_drop(o, table, t);
}

static enum status settle_table(struct observations *o, const struct table *table,
                                struct trouble *t)
{
	uint64_t *days;
	size_t count;
	enum status st = observations_partitions(o, table, &days, &count, t);

	for (size_t i = 0; i < count && !st; i++)
		st = ledger_settle(o, table, (uint32_t)days[i], LEDGER_SETTLED, t);
	free(days);
	return st;
}

enum status rows_settle(struct observations *o, struct trouble *t)
{
	enum status st;

	if (observations_clustered(o))
		return STATUS_OK;
	st = settle_table(o, observations_table(TABLE_ROWS), t);
	if (!st)
		st = settle_table(o, observations_table(TABLE_WINDOWS), t);
	return st ? st : observations_wait_gone(o, t);
}
