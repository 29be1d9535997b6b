/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rewriting partitions on one node: the new content is made aside and takes the old one's place in
 * one step (ALTER TABLE ... REPLACE PARTITION). Killed before that step, nothing has happened.
 */
#include "store/observations_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void aside_name(struct sql *q, const struct table *table)
{
	char name[SQL_NAME_MAX + 1];

	(void)snprintf(name, sizeof(name), "%s_aside", table->name);
	sql_name(q, name);
}

enum status aside_drop(struct observations *o, const struct table *table, struct trouble *t)
{
	struct sql q = {0};

	sql_text(&q, "DROP TABLE IF EXISTS ");
	aside_name(&q, table);
	return observations_execute(o, &q, NULL, t);
}

enum status aside_create(struct observations *o, const struct table *table, struct trouble *t)
{
	struct sql q = {0};
	enum status st = aside_drop(o, table, t);

	if (st)
		return st;
	sql_text(&q, "CREATE TABLE ");
	aside_name(&q, table);
	sql_text(&q, " AS ");
	sql_name(&q, table->name);
	return observations_execute(o, &q, NULL, t);
}

/* Into the table aside: the partition's rows but those where `without` holds. */
static enum status copy_rest(struct observations *o, const struct table *table, uint64_t partition,
                             const struct sql *without, struct trouble *t)
{
	struct sql q = {0};

	sql_text(&q, "INSERT INTO ");
	aside_name(&q, table);
	sql_text(&q, " (");
	observations_columns(&q, table);
	sql_text(&q, ") SELECT ");
	observations_columns(&q, table);
	sql_text(&q, " FROM ");
	sql_name(&q, table->name);
	sql_text(&q, " WHERE ");
	observations_partition(&q, table);
	sql_text(&q, " = ");
	sql_u64(&q, partition);
	sql_text(&q, " AND NOT (");
	sql_append(&q, without);
	sql_text(&q, ")");
	return observations_execute(o, &q, &observations_copying, t);
}

/* Into the table aside of a rollup: what the flow rows under `where` add up to. */
static enum status sum_rows(struct observations *o, const struct table *table,
                            const struct sql *where, struct trouble *t)
{
	struct sql q = {0};

	sql_text(&q, "INSERT INTO ");
	aside_name(&q, table);
	sql_text(&q, " (");
	observations_columns(&q, table);
	sql_text(&q, ") ");
	observations_rollup_select(&q, table, "flows", where, false);
	return observations_execute(o, &q, &observations_copying, t);
}

enum status aside_swap(struct observations *o, const struct table *table, uint64_t partition,
                       struct trouble *t)
{
	uint64_t rows;
	struct sql q = {0};
	enum status st;

	sql_text(&q, "SELECT count() FROM ");
	aside_name(&q, table);
	st = observations_numbers(o, &q, &rows, 1, t);
	if (st)
		return st;
	if (!rows)
		return observations_drop_partition(o, table, partition, true, t);
	sql_text(&q, "ALTER TABLE ");
	sql_name(&q, table->name);
	sql_text(&q, " REPLACE PARTITION ");
	sql_u64(&q, partition);
	sql_text(&q, " FROM ");
	aside_name(&q, table);
	return observations_execute(o, &q, NULL, t);
}

/*
 * Rewrite one partition: without the rows where `without` holds, and for a rollup with what the
 * flow rows under `where` (NULL: none) add up to.
 */
static enum status rewrite(struct observations *o, const struct table *table, uint64_t partition,
                           const struct sql *without, const struct sql *where, struct trouble *t)
{
	enum status st = aside_create(o, table, t);

	if (!st)
		st = copy_rest(o, table, partition, without, t);
	if (!st && where)
		st = sum_rows(o, table, where, t);
	if (!st)
		st = aside_swap(o, table, partition, t);
	if (!st)
		st = aside_drop(o, table, t);
	return st;
}

/* "column >= from AND column < to". */
static void put_range(struct sql *q, const char *column, uint64_t from, uint64_t to)
{
	sql_append_constant(q, column);
	sql_text(q, " >= ");
	sql_u64(q, from);
	sql_text(q, " AND ");
	sql_append_constant(q, column);
	sql_text(q, " < ");
	sql_u64(q, to);
}

static enum status rebuild_rollup(struct observations *o, const struct table *table, uint32_t day,
                                  struct trouble *t)
{
	uint64_t begin = (uint64_t)day * MINUTES_PER_DAY, end = begin + MINUTES_PER_DAY;
	struct sql without = {0}, where = {0};
	enum status st;

	put_range(&without, table->bucket, begin / table->bucket_minutes,
	          end / table->bucket_minutes);
	put_range(&where, "minute", begin, end);
	st = rewrite(o, table, begin / table->partition_minutes, &without, &where, t);
	sql_clear(&without);
	sql_clear(&where);
	return st;
}

/* What one day of the flow rows, or of a rollup, adds up to: packets, bytes, rows, sources. */
static enum status day_sums(struct observations *o, const struct table *table, uint32_t day,
                            uint64_t out[4], struct trouble *t)
{
	uint64_t begin = (uint64_t)day * MINUTES_PER_DAY, end = begin + MINUTES_PER_DAY;
	struct sql q = {0};

	sql_text(&q, "SELECT sum(packets), sum(bytes), ");
	if (table->kind == TABLE_ROWS)
		sql_text(&q, "count(), " OBSERVATIONS_SOURCES_COUNT " FROM ");
	else
		sql_text(&q, "sum(rows), " OBSERVATIONS_SOURCES_MERGE " FROM ");
	sql_name(&q, table->name);
	sql_text(&q, " WHERE ");
	put_range(&q, table->bucket, begin / table->bucket_minutes, end / table->bucket_minutes);
	return observations_numbers(o, &q, out, 4, t);
}

/* Sources are estimates: half a percent is none. */
static bool sums_equal(const uint64_t a[4], const uint64_t b[4])
{
	uint64_t spread = a[3] > b[3] ? a[3] - b[3] : b[3] - a[3];

	return memcmp(a, b, 3 * sizeof(*a)) == 0 && spread <= a[3] / 200;
}

enum status observations_compare_day(struct observations *o, uint32_t day, bool repair,
                                     const struct observations_finder *finder, struct trouble *t)
{
	size_t count;
	const struct table *tables = observations_tables(&count);
	uint64_t rows[4], sums[4];
	bool retired;
	enum status st = ledger_retired(o, day, &retired, t);

	if (st || retired)
		return st;
	st = day_sums(o, observations_table(TABLE_ROWS), day, rows, t);
	for (size_t i = 0; i < count && !st; i++) {
		if (tables[i].kind != TABLE_ROLLUP)
			continue;
		st = day_sums(o, &tables[i], day, sums, t);
		if (st || sums_equal(rows, sums))
			continue;
		if (repair)
			st = rebuild_rollup(o, &tables[i], day, t);
		if (!st)
			observations_found(finder, tables[i].name, day,
			                   "its sums are not those of the rows", repair);
	}
	return st || !repair ? st : observations_wait_gone(o, t);
}

/* The part of a withdrawal that falls into one partition of one table. */
struct share {
	const struct table *table;
	uint64_t partition;
	uint64_t from, to; /* buckets */
	uint32_t sensor;
};

static bool share_find(struct share *s, const struct observations_part *part)
{
	uint64_t unit = s->table->bucket_minutes, buckets = s->table->partition_minutes / unit;
	uint64_t first = s->partition * buckets, end = first + buckets;

	s->sensor = part->sensor;
	s->from = part->from_minute / unit;
	s->to = ((uint64_t)part->to_minute + unit - 1) / unit;
	s->from = s->from > first ? s->from : first;
	s->to = s->to < end ? s->to : end;
	return s->from < s->to;
}

static void put_share(struct sql *q, const struct share *s, const char *column, uint64_t unit)
{
	sql_text(q, "sensor = ");
	sql_u64(q, s->sensor);
	sql_text(q, " AND ");
	put_range(q, column, s->from * unit, s->to * unit);
}

static enum status share_count(struct observations *o, const struct share *s, uint64_t *rows,
                               struct trouble *t)
{
	struct sql q = {0};

	sql_text(&q, "SELECT count() FROM ");
	sql_name(&q, s->table->name);
	sql_text(&q, " WHERE ");
	put_share(&q, s, s->table->bucket, 1);
	return observations_numbers(o, &q, rows, 1, t);
}

static enum status withdraw_share(struct observations *o, const struct share *s, uint64_t *removed,
                                  struct trouble *t)
{
	struct sql without = {0}, where = {0};
	bool rollup = s->table->kind == TABLE_ROLLUP;
	uint64_t rows;
	enum status st = share_count(o, s, &rows, t);

	put_share(&without, s, s->table->bucket, 1);
	put_share(&where, s, "minute", s->table->bucket_minutes);
	if (!st && rows)
		st = rewrite(o, s->table, s->partition, &without, rollup ? &where : NULL, t);
	if (!st && (s->table->kind == TABLE_ROWS || s->table->kind == TABLE_WINDOWS))
		st = ledger_settle(o, s->table, (uint32_t)s->partition, LEDGER_SETTLED, t);
	if (!st && s->table->kind == TABLE_ROWS)
		*removed += rows;
	sql_clear(&without);
	sql_clear(&where);
	return st;
}

static enum status withdraw_from(struct observations *o, const struct table *table,
                                 const struct observations_part *part, uint64_t *removed,
                                 struct trouble *t)
{
	uint64_t *partitions;
	size_t count;
	enum status st = observations_partitions(o, table, &partitions, &count, t);

	for (size_t i = 0; i < count && !st; i++) {
		struct share s = {.table = table, .partition = partitions[i]};

		if (share_find(&s, part))
			st = withdraw_share(o, &s, removed, t);
	}
	free(partitions);
	return st;
}

/* Flow rows first: the rollups are counted anew from what stays. */
enum status observations_withdraw(struct observations *o, const struct observations_part *part,
                                  uint64_t *removed, struct trouble *t)
{
	size_t count;
	const struct table *tables = observations_tables(&count);
	uint64_t rows = 0;
	enum status st = STATUS_OK;

	if (observations_clustered(o))
		return trouble_set(t, STATUS_UNSUPPORTED, "", 0,
		                   "rows cannot be withdrawn from a cluster");
	for (size_t i = 0; i < count && !st; i++)
		if (tables[i].kind != TABLE_LEDGER)
			st = withdraw_from(o, &tables[i], part, &rows, t);
	if (removed)
		*removed = rows;
	return st ? st : observations_wait_gone(o, t);
}
