/* SPDX-License-Identifier: Apache-2.0 */
#include "store/observations_inner.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct table TABLES[] = {
        {"flows", TABLE_ROWS, "minute", 1, 1440, NULL,
         "intDiv(minute, 60), src_hi, src_lo, proto, port, minute, sensor"},
        {"windows", TABLE_WINDOWS, "minute", 1, 1440, NULL, "minute, sensor, start"},
        {"live", TABLE_LIVE, "minute", 1, 1, NULL, "src_hi, src_lo, proto, port, second, sensor"},
        {"ledger", TABLE_LEDGER, "day", 1440, 1440, NULL, "kind, token"},
#define ROLLUP(name, bucket, minutes, partition, keys, order) \
	{#name, TABLE_ROLLUP, #bucket, (minutes), (partition), (keys), (order)},
#include "store/rollups.def"
#undef ROLLUP
};

enum { TABLE_COUNT = sizeof(TABLES) / sizeof(TABLES[0]) };
_Static_assert((int)TABLE_COUNT <= (int)OBSERVATIONS_TABLES_MAX, "health has room for all");

const struct table *observations_tables(size_t *count)
{
	*count = TABLE_COUNT;
	return TABLES;
}

const struct table *observations_table(enum table_kind kind)
{
	size_t i = 0;

	assert(kind != TABLE_ROLLUP && "there are several");
	while (i < TABLE_COUNT && TABLES[i].kind != kind)
		i++;
	assert(i < TABLE_COUNT && "every kind has a table");
	return &TABLES[i];
}

bool observations_modern(const struct observations *o)
{
	return o->version.major >= 23;
}

void observations_local(const struct observations *o, struct sql *q, const char *table)
{
	char name[SQL_NAME_MAX + 1];
	int n = snprintf(name, sizeof(name), "%s%s", table,
	                 observations_clustered(o) ? "_local" : "");

	assert(n > 0 && (size_t)n < sizeof(name));
	sql_name(q, name);
}

void observations_on_cluster(const struct observations *o, struct sql *q)
{
	if (!observations_clustered(o))
		return;
	sql_text(q, " ON CLUSTER ");
	sql_name(q, o->cluster);
}

void observations_parts(const struct observations *o, struct sql *q)
{
	if (!observations_clustered(o)) {
		sql_text(q, "system.parts");
		return;
	}
	sql_text(q, "cluster(");
	sql_string(q, o->cluster, strlen(o->cluster));
	sql_text(q, ", system, parts)");
}

static void flow_columns(struct sql *q)
{
	const char *comma = "";

#define COLUMN(name, type, bits, codec) \
	sql_append_constant(q, comma);  \
	sql_text(q, #name);             \
	comma = ", ";
#include "store/flow_columns.def"
#undef COLUMN
}

static void window_columns(struct sql *q)
{
	const char *comma = "";

#define COLUMN(name, type, field)      \
	sql_append_constant(q, comma); \
	sql_text(q, #name);            \
	comma = ", ";
#include "store/windows_columns.def"
#undef COLUMN
}

void observations_columns(struct sql *q, const struct table *table)
{
	switch (table->kind) {
	case TABLE_LIVE:
		sql_text(q, "second, ");
		flow_columns(q);
		return;
	case TABLE_ROWS:
		flow_columns(q);
		return;
	case TABLE_WINDOWS:
		window_columns(q);
		return;
	case TABLE_LEDGER:
		sql_text(q, "day, kind, token, rows, written");
		return;
	case TABLE_ROLLUP:
		sql_append_constant(q, table->bucket);
		sql_text(q, ", ");
		sql_append_constant(q, table->keys);
		sql_text(q, ", packets, bytes, rows, sources");
		return;
	}
}

void observations_partition(struct sql *q, const struct table *table)
{
	uint32_t buckets = table->partition_minutes / table->bucket_minutes;

	if (buckets == 1) {
		sql_append_constant(q, table->bucket);
		return;
	}
	sql_text(q, "intDiv(");
	sql_append_constant(q, table->bucket);
	sql_text(q, ", ");
	sql_u64(q, buckets);
	sql_text(q, ")");
}

const struct table *observations_feeder(const struct table *rollup)
{
	const struct table *best = NULL;

	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct table *other = &TABLES[i];

		if (other->kind == TABLE_ROLLUP && strcmp(other->keys, rollup->keys) == 0 &&
		    other->bucket_minutes < rollup->bucket_minutes &&
		    (!best || other->bucket_minutes > best->bucket_minutes))
			best = other;
	}
	return best;
}

/* The bucket out of a finer one, `unit` minutes long, and the keys. */
static void put_bucket(struct sql *q, const struct table *table, const char *finer, uint32_t unit)
{
	sql_text(q, "SELECT ");
	if (table->bucket_minutes == unit) {
		sql_append_constant(q, finer);
	} else {
		sql_text(q, "intDiv(");
		sql_append_constant(q, finer);
		sql_text(q, ", ");
		sql_u64(q, table->bucket_minutes / unit);
		sql_text(q, ") AS ");
		sql_append_constant(q, table->bucket);
	}
	sql_text(q, ", ");
	sql_append_constant(q, table->keys);
}

static void put_group(struct sql *q, const struct table *table)
{
	sql_text(q, " GROUP BY ");
	sql_append_constant(q, table->bucket);
	sql_text(q, ", ");
	sql_append_constant(q, table->keys);
}

void observations_rollup_select(struct sql *q, const struct table *table, const char *from,
                                const struct sql *where, bool stamped)
{
	put_bucket(q, table, "minute", 1);
	sql_text(q, ", sum(packets) AS packets, sum(bytes) AS bytes, count() AS "
	            "rows, " OBSERVATIONS_SOURCES_STATE " AS sources");
	if (stamped)
		sql_text(q, ", max(stamp) AS stamp");
	sql_text(q, " FROM ");
	sql_name(q, from);
	if (where) {
		sql_text(q, " WHERE ");
		sql_append(q, where);
	}
	put_group(q, table);
}

void observations_feeder_select(struct sql *q, const struct table *table,
                                const struct table *feeder)
{
	put_bucket(q, table, feeder->bucket, feeder->bucket_minutes);
	sql_text(q, ", sum(packets) AS packets, sum(bytes) AS bytes, sum(rows) AS "
	            "rows, " OBSERVATIONS_SOURCES_REMAKE " AS sources FROM ");
	sql_name(q, feeder->name);
	put_group(q, table);
}
