/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables' definitions, for each engine, and the migrations that lead to them. On one node the
 * rollups' views read `flows`: the rows are on disk before the first view runs, which the ledger
 * counts on (observations_ledger.c); a coarser rollup's view reads the finer one, which has fewer
 * rows a block. On a cluster all are filled from `flows_in`, which keeps nothing: each table then
 * judges for itself whether it has the block. There 18.16 passes a block that the first table has
 * over for the views too.
 */
#include "store/observations_inner.h"

#include <stdio.h>
#include <string.h>

static void put_create(const struct observations *o, struct sql *q, const char *table)
{
	sql_text(q, "CREATE TABLE IF NOT EXISTS ");
	observations_local(o, q, table);
	observations_on_cluster(o, q);
	sql_text(q, " (");
}

static void put_codec(const struct observations *o, struct sql *q, const char *codec)
{
	if (!observations_modern(o))
		return;
	sql_text(q, " CODEC(");
	sql_append_constant(q, codec);
	sql_text(q, ")");
}

static void put_flow_columns(const struct observations *o, struct sql *q, bool codecs)
{
	const char *comma = "";

#define COLUMN(name, type, bits, codec)   \
	sql_append_constant(q, comma);    \
	sql_text(q, #name " UInt" #bits); \
	if (codecs)                       \
		put_codec(o, q, codec);   \
	comma = ", ";
#define DERIVED(name, bits, expression) sql_text(q, ", " #name " UInt" #bits " ALIAS " expression);
#include "store/flow_columns.def"
#undef COLUMN
#undef DERIVED
}

static void put_window_columns(const struct observations *o, struct sql *q)
{
	const char *comma = "";

#define COLUMN(name, type, field)      \
	sql_append_constant(q, comma); \
	sql_text(q, #name " " #type);  \
	put_codec(o, q, "ZSTD(1)");    \
	comma = ", ";
#include "store/windows_columns.def"
#undef COLUMN
}

/* The type of a rollup's key column is that of the flow rows' column of its name. */
static void put_key(const struct observations *o, struct sql *q, const char *name, size_t n)
{
#define COLUMN(column, type, bits, codec)                          \
	if (n == strlen(#column) && memcmp(name, #column, n) == 0) \
		sql_text(q, ", " #column " UInt" #bits);
#include "store/flow_columns.def"
#undef COLUMN
	put_codec(o, q, "ZSTD(1)");
}

static void put_rollup_columns(const struct observations *o, struct sql *q,
                               const struct table *table)
{
	sql_append_constant(q, table->bucket);
	sql_text(q, " UInt32");
	put_codec(o, q, "T64, ZSTD(1)");
	for (const char *key = table->keys; *key; key += strspn(key, ", ")) {
		size_t n = strcspn(key, ",");

		put_key(o, q, key, n);
		key += n;
	}
	sql_text(q, ", packets UInt64");
	put_codec(o, q, "T64, ZSTD(1)");
	sql_text(q, ", bytes UInt64");
	put_codec(o, q, "T64, ZSTD(1)");
	sql_text(q, ", rows UInt64");
	put_codec(o, q, "T64, ZSTD(1)");
	sql_text(q, ", sources AggregateFunction(uniqCombined, UInt64)");
	put_codec(o, q, "ZSTD(1)");
	if (observations_clustered(o)) /* so that no two blocks of a rollup are the same */
		sql_text(q, ", stamp UInt64");
}

static void put_columns(const struct observations *o, struct sql *q, const struct table *table)
{
	switch (table->kind) {
	case TABLE_ROWS:
		put_flow_columns(o, q, true);
		return;
	case TABLE_LIVE:
		sql_text(q, "second UInt32, ");
		put_flow_columns(o, q, false);
		return;
	case TABLE_WINDOWS:
		put_window_columns(o, q);
		return;
	case TABLE_LEDGER:
		sql_text(q, "day UInt32, kind UInt8, token String, rows UInt64, written UInt64");
		return;
	case TABLE_ROLLUP:
		put_rollup_columns(o, q, table);
		return;
	}
}

/*
 * MergeTree, SummingMergeTree and their replicated kin. The sums' columns are not listed: where
 * they are, 18.16 and 26.7 both throw the states of all but one row away when they merge rows.
 */
static void put_engine(const struct observations *o, struct sql *q, const struct table *table)
{
	const char *kind = table->kind == TABLE_ROLLUP ? "SummingMergeTree(" : "MergeTree(";

	sql_text(q, ") ENGINE = ");
	if (observations_clustered(o)) {
		sql_text(q, "Replicated");
		sql_append_constant(q, kind);
		sql_text(q, "'/noroshi/");
		sql_append_constant(q, o->database);
		sql_text(q, "/{shard}/");
		sql_append_constant(q, table->name);
		sql_text(q, "', '{replica}'");
	} else {
		sql_append_constant(q, kind);
	}
	sql_text(q, ")");
	sql_text(q, " PARTITION BY ");
	observations_partition(q, table);
	sql_text(q, " ORDER BY (");
	sql_append_constant(q, table->order);
	sql_text(q, ")");
}

static void put_settings(const struct observations *o, struct sql *q, const struct table *table)
{
	sql_text(q, " SETTINGS index_granularity = 8192");
	if (observations_clustered(o)) {
		sql_text(q, ", replicated_deduplication_window = ");
		sql_u64(q, table->kind == TABLE_LIVE ? 0 : OBSERVATIONS_TOKENS);
		sql_text(q, ", replicated_deduplication_window_seconds = 2592000");
	}
	if (observations_forgetful(o))
		sql_text(q, ", old_parts_lifetime = 1");
	if (!observations_modern(o) || table->kind == TABLE_LIVE)
		return;
	if (!observations_clustered(o)) {
		sql_text(q, ", non_replicated_deduplication_window = ");
		sql_u64(q, OBSERVATIONS_TOKENS);
	}
	sql_text(q, ", fsync_after_insert = 1, fsync_part_directory = 1");
}

/* By source, so that a source's rows and its states are on one shard. */
static enum status create_distributed(struct observations *o, const char *name,
                                      const struct table *like, struct trouble *t)
{
	struct sql q = {0};

	sql_text(&q, "CREATE TABLE IF NOT EXISTS ");
	sql_name(&q, name);
	observations_on_cluster(o, &q);
	sql_text(&q, " AS ");
	observations_local(o, &q, name);
	sql_text(&q, " ENGINE = Distributed(");
	sql_string(&q, o->cluster, strlen(o->cluster));
	sql_text(&q, ", ");
	sql_string(&q, o->database, strlen(o->database));
	sql_text(&q, ", ");
	observations_local(o, &q, name);
	if (!like || like->kind == TABLE_ROWS || like->kind == TABLE_LIVE)
		sql_text(&q, ", intHash32(bitXor(src_lo, src_hi)))");
	else
		sql_text(&q, ", intHash32(sensor))");
	return observations_execute(o, &q, NULL, t);
}

static enum status create_table(struct observations *o, const struct table *table,
                                struct trouble *t)
{
	struct sql q = {0};
	enum status st;

	if (table->kind == TABLE_LEDGER && observations_clustered(o))
		return STATUS_OK;
	put_create(o, &q, table->name);
	put_columns(o, &q, table);
	put_engine(o, &q, table);
	put_settings(o, &q, table);
	st = observations_execute(o, &q, NULL, t);
	if (!st && observations_clustered(o))
		st = create_distributed(o, table->name, table, t);
	return st;
}

/* The cluster's way in. */
static enum status create_inlet(struct observations *o, struct trouble *t)
{
	struct sql q = {0};
	enum status st;

	put_create(o, &q, "flows_in");
	put_flow_columns(o, &q, false);
	sql_text(&q, ", stamp UInt64) ENGINE = Null");
	st = observations_execute(o, &q, NULL, t);
	return st ? st : create_distributed(o, "flows_in", NULL, t);
}

static enum status create_view(struct observations *o, const struct table *table, struct trouble *t)
{
	const char *from = observations_clustered(o) ? "flows_in_local" : "flows";
	const struct table *feeder = NULL;
	char name[SQL_NAME_MAX + 1];
	struct sql q = {0};

	(void)snprintf(name, sizeof(name), "%s_view", table->name);
	sql_text(&q, "CREATE MATERIALIZED VIEW IF NOT EXISTS ");
	sql_name(&q, name);
	observations_on_cluster(o, &q);
	sql_text(&q, " TO ");
	observations_local(o, &q, table->name);
	sql_text(&q, " AS ");
	if (table->kind == TABLE_ROLLUP && !observations_clustered(o) && observations_modern(o))
		feeder = observations_feeder(table);
	if (feeder) {
		observations_feeder_select(&q, table, feeder);
	} else if (table->kind == TABLE_ROLLUP) {
		observations_rollup_select(&q, table, from, NULL, observations_clustered(o));
	} else {
		sql_text(&q, "SELECT ");
		observations_columns(&q, table);
		sql_text(&q, " FROM ");
		sql_name(&q, from);
	}
	return observations_execute(o, &q, NULL, t);
}

/* Version 1: all tables, and the views that fill the rollups. */
static enum status migrate_1(struct observations *o, struct trouble *t)
{
	size_t count;
	const struct table *tables = observations_tables(&count);
	enum status st = STATUS_OK;

	for (size_t i = 0; i < count && !st; i++)
		st = create_table(o, &tables[i], t);
	if (!st && observations_clustered(o))
		st = create_inlet(o, t);
	if (!st && observations_clustered(o))
		st = create_view(o, observations_table(TABLE_ROWS), t);
	for (size_t i = 0; i < count && !st; i++)
		if (tables[i].kind == TABLE_ROLLUP)
			st = create_view(o, &tables[i], t);
	return st;
}

/* Each leads from the version before to its own, and may be done again after it was cut short. */
static enum status (*const MIGRATIONS[OBSERVATIONS_SCHEMA])(struct observations *,
                                                            struct trouble *) = {migrate_1};

/* What is there is left alone: ON CLUSTER waits for every node, and one may be away. */
static enum status create_versions(struct observations *o, struct trouble *t)
{
	uint64_t there;
	struct sql q = {0};
	enum status st;

	sql_text(&q,
	         "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = "
	         "'schema_version'");
	st = observations_numbers(o, &q, &there, 1, t);
	if (st || there)
		return st;
	sql_text(&q, "CREATE TABLE IF NOT EXISTS schema_version");
	observations_on_cluster(o, &q);
	sql_text(&q, " (version UInt32, applied UInt64) ENGINE = ");
	if (observations_clustered(o)) {
		sql_text(&q, "ReplicatedMergeTree('/noroshi/");
		sql_append_constant(&q, o->database);
		sql_text(&q, "/schema_version', '{shard}-{replica}')");
	} else {
		sql_text(&q, "MergeTree()");
	}
	sql_text(&q, " ORDER BY version");
	return observations_execute(o, &q, NULL, t);
}

static enum status note_version(struct observations *o, uint32_t version, struct trouble *t)
{
	struct sql q = {0};

	sql_text(&q, "INSERT INTO schema_version SELECT toUInt32(");
	sql_u64(&q, version);
	sql_text(&q, "), toUInt64(now())");
	return observations_execute(o, &q, NULL, t);
}

enum status observations_migrate(struct observations *o, struct trouble *t)
{
	uint64_t version;
	struct sql q = {0};
	enum status st = create_versions(o, t);

	if (st)
		return st;
	sql_text(&q, "SELECT max(version) FROM schema_version");
	st = observations_numbers(o, &q, &version, 1, t);
	if (st)
		return st;
	if (version > OBSERVATIONS_SCHEMA)
		return trouble_set(t, STATUS_UNSUPPORTED, "", 0,
		                   "the observations are of schema %llu, made by a newer noroshi; "
		                   "this one knows up to %d",
		                   (unsigned long long)version, OBSERVATIONS_SCHEMA);
	for (; version < OBSERVATIONS_SCHEMA; version++) {
		st = MIGRATIONS[version](o, t);
		if (!st)
			st = note_version(o, (uint32_t)version + 1, t);
		if (st)
			return st;
		log_note(o->log, "observations-schema", "version=%u", (unsigned)version + 1);
	}
	return STATUS_OK;
}
