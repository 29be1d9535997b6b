/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables hold, and letting the old go: whole partitions only. */
#include "store/observations_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "FROM parts WHERE active AND ... AND table = 'x'". */
static void put_parts_of(const struct observations *o, struct sql *q, const struct table *table)
{
	char name[SQL_NAME_MAX + 1];
	int n = snprintf(name, sizeof(name), "%s%s", table->name,
	                 observations_clustered(o) ? "_local" : "");

	sql_text(q, " FROM ");
	observations_parts(o, q);
	sql_text(q, " WHERE active AND database = ");
	sql_string(q, o->database, strlen(o->database));
	sql_text(q, " AND table = ");
	sql_string(q, name, (size_t)n);
}

enum status observations_partitions(struct observations *o, const struct table *table,
                                    uint64_t **out, size_t *count, struct trouble *t)
{
	struct sql q = {0};

	sql_text(&q, "SELECT toUInt64(partition) AS p");
	put_parts_of(o, &q, table);
	sql_text(&q, " AND rows > 0 GROUP BY p ORDER BY p");
	return observations_list(o, &q, out, count, t);
}

enum status observations_drop_partition(struct observations *o, const struct table *table,
                                        uint64_t partition, bool wait, struct trouble *t)
{
	static const struct engine_setting no_wait = {"distributed_ddl_task_timeout", "0"};
	const struct engine_run run = {.settings = &no_wait, .setting_count = 1};
	struct sql q = {0};

	sql_text(&q, "ALTER TABLE ");
	observations_local(o, &q, table->name);
	observations_on_cluster(o, &q);
	sql_text(&q, " DROP PARTITION ");
	sql_u64(&q, partition);
	return observations_execute(o, &q, wait ? NULL : &run, t);
}

enum status observations_wait_gone(struct observations *o, struct trouble *t)
{
	const struct timespec pause = {.tv_nsec = 100000000};
	uint64_t left = 1;
	enum status st = STATUS_OK;

	if (!observations_forgetful(o))
		return STATUS_OK;
	for (int i = 0; i < 600 && left && !st; i++) {
		struct sql q = {0};

		sql_text(&q, "SELECT count() FROM system.parts WHERE NOT active AND database = "
		             "currentDatabase()");
		st = observations_numbers(o, &q, &left, 1, t);
		if (!st && left)
			(void)nanosleep(&pause, NULL);
	}
	return st || !left ? st
	                   : trouble_set(t, STATUS_UNAVAILABLE, "", 0,
	                                 "what was replaced is not deleted yet");
}

/* The ledger says of a day that its rows are gone for as long as anything of that day is kept. */
static uint32_t longest(const struct observations_keep *keep)
{
	const uint32_t all[] = {keep->rows, keep->windows, keep->minutes, keep->hours, keep->days};
	uint32_t most = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!all[i])
			return 0;
		most = all[i] > most ? all[i] : most;
	}
	return most;
}

static uint32_t days_to_keep(const struct observations_keep *keep, const struct table *table)
{
	switch (table->kind) {
	case TABLE_ROWS:
		return keep->rows;
	case TABLE_LEDGER:
		return longest(keep);
	case TABLE_WINDOWS:
		return keep->windows;
	case TABLE_ROLLUP:
		return table->bucket_minutes == 1    ? keep->minutes
		       : table->bucket_minutes == 60 ? keep->hours
		                                     : keep->days;
	case TABLE_LIVE:
		return 0; /* observations_insert_live() does it */
	}
	return 0;
}

/* A day that went away from flows or windows went away from the ledger's account, too. */
static enum status forget(struct observations *o, const struct table *table, uint64_t partition,
                          struct trouble *t)
{
	bool counted = table->kind == TABLE_ROWS || table->kind == TABLE_WINDOWS;
	enum status st = observations_drop_partition(o, table, partition, false, t);

	if (!st && counted && !observations_clustered(o))
		st = ledger_settle(o, table, (uint32_t)partition, LEDGER_RETIRED, t);
	return st;
}

static enum status retain_table(struct observations *o, const struct table *table, uint32_t days,
                                uint32_t now_s, unsigned *dropped, struct trouble *t)
{
	uint64_t minute = now_s / 60, span = (uint64_t)days * MINUTES_PER_DAY;
	uint64_t *partitions;
	size_t count;
	enum status st;

	if (!days || span > minute || (table->kind == TABLE_LEDGER && observations_clustered(o)))
		return STATUS_OK;
	st = observations_partitions(o, table, &partitions, &count, t);
	for (size_t i = 0; i < count && !st; i++) {
		if ((partitions[i] + 1) * table->partition_minutes > minute - span)
			continue;
		st = forget(o, table, partitions[i], t);
		if (!st)
			++*dropped;
	}
	free(partitions);
	return st;
}

/* The ledger goes last: it has to be there when what it counts goes. */
enum status observations_retain(struct observations *o, const struct observations_keep *keep,
                                uint32_t now_s, unsigned *dropped, struct trouble *t)
{
	size_t count;
	const struct table *tables = observations_tables(&count);
	unsigned gone = 0;
	enum status st = STATUS_OK;

	for (size_t i = 0; i < count && !st; i++)
		if (tables[i].kind != TABLE_LEDGER)
			st = retain_table(o, &tables[i], days_to_keep(keep, &tables[i]), now_s,
			                  &gone, t);
	if (!st) {
		const struct table *ledger = observations_table(TABLE_LEDGER);

		st = retain_table(o, ledger, days_to_keep(keep, ledger), now_s, &gone, t);
	}
	if (dropped)
		*dropped = gone;
	return st ? st : observations_wait_gone(o, t);
}

static enum status health_table(struct observations *o, const struct table *table,
                                struct observations_table_health *out, struct trouble *t)
{
	uint64_t n[6];
	struct sql q = {0};
	enum status st;

	sql_text(&q, "SELECT sum(rows), sum(bytes_on_disk), count(), uniqExact(partition), "
	             "min(toUInt64(partition)), max(toUInt64(partition))");
	put_parts_of(o, &q, table);
	sql_text(&q, " AND rows > 0");
	st = observations_numbers(o, &q, n, 6, t);
	if (st)
		return st;
	(void)snprintf(out->name, sizeof(out->name), "%s", table->name);
	out->rows = n[0];
	out->bytes = n[1];
	out->parts = n[2];
	out->partitions = n[3];
	if (n[0]) {
		out->first_day = (uint32_t)(n[4] * table->partition_minutes / MINUTES_PER_DAY);
		out->last_day =
		        (uint32_t)(((n[5] + 1) * table->partition_minutes - 1) / MINUTES_PER_DAY);
	}
	return STATUS_OK;
}

enum status observations_health(struct observations *o, struct observations_health *out,
                                struct trouble *t)
{
	size_t count;
	const struct table *tables = observations_tables(&count);
	enum status st = STATUS_OK;

	*out = (struct observations_health){.schema = OBSERVATIONS_SCHEMA,
	                                    .cluster = observations_clustered(o)};
	(void)snprintf(out->engine, sizeof(out->engine), "%u.%u", o->version.major,
	               o->version.minor);
	for (size_t i = 0; i < count && !st; i++) {
		if (tables[i].kind == TABLE_LEDGER && out->cluster)
			continue;
		st = health_table(o, &tables[i], &out->tables[out->table_count++], t);
	}
	if (!st && out->tables[0].rows)
		out->bytes_per_row = (double)out->tables[0].bytes / (double)out->tables[0].rows;
	return st;
}
