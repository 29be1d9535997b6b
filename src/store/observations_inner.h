/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the observations share; nobody else includes this. See store/observations.h
 * for who owns what.
 */
#ifndef STORE_OBSERVATIONS_INNER_H
#define STORE_OBSERVATIONS_INNER_H

#include "store/engine.h"
#include "store/observations.h"
#include "store/sql.h"

/* The ledger keeps the first two numbers. */
enum table_kind { TABLE_ROWS = 0, TABLE_WINDOWS = 1, TABLE_LIVE, TABLE_ROLLUP, TABLE_LEDGER };

/* One table; all are partitioned by time. */
struct table {
	const char *name;
	enum table_kind kind;
	const char *bucket;         /* its column of time */
	uint32_t bucket_minutes;    /* minutes in one of its units */
	uint32_t partition_minutes; /* minutes in one partition */
	const char *keys;           /* rollups: the columns that are not summed, but the bucket */
	const char *order;
};

enum {
	OBSERVATIONS_CLUSTER_MAX = 64,
};

struct observations {
	struct engine *engine;
	const struct log *log;
	char cluster[OBSERVATIONS_CLUSTER_MAX]; /* empty: one node */
	char database[SQL_NAME_MAX + 1];
	unsigned quorum;
	struct engine_version version;
	uint32_t live_minute; /* when `live` was last looked through */
};

/* The tables, `count` of them, rows first, then the rollups. */
const struct table *observations_tables(size_t *count);
const struct table *observations_table(enum table_kind kind);

/* Codecs, tokens and fsync: not with Debian's 18.16. */
bool observations_modern(const struct observations *o);
static inline bool observations_clustered(const struct observations *o)
{
	return o->cluster[0] != '\0';
}

/* One node of 18.16: what was dropped or replaced comes back when the server is killed before it
 * has deleted the files. */
static inline bool observations_forgetful(const struct observations *o)
{
	return !observations_clustered(o) && !observations_modern(o);
}

/* Create what is missing, or say why not. */
MUST_USE enum status observations_migrate(struct observations *o, struct trouble *t);

/* Parts of SQL. The table that holds the rows on each node; " ON CLUSTER x" or nothing; where parts
 * are listed; `day` or what stands for a partition. */
void observations_local(const struct observations *o, struct sql *q, const char *table);
void observations_on_cluster(const struct observations *o, struct sql *q);
void observations_parts(const struct observations *o, struct sql *q);
void observations_columns(struct sql *q, const struct table *table);
void observations_partition(struct sql *q, const struct table *table);

/* "SELECT bucket, keys, sums FROM `from` [WHERE where] GROUP BY ..." of a rollup. where may be
 * NULL. stamped: with the block's stamp, on a cluster's way in. */
void observations_rollup_select(struct sql *q, const struct table *table, const char *from,
                                const struct sql *where, bool stamped);

/* The longest shorter rollup with the same keys, or NULL. On one node its rows feed this one's view
 * (a block's groups are fewer than its rows), by the second function's SELECT. */
const struct table *observations_feeder(const struct table *rollup);
void observations_feeder_select(struct sql *q, const struct table *table,
                                const struct table *feeder);

/* Run and clear q. */
MUST_USE enum status observations_execute(struct observations *o, struct sql *q,
                                          const struct engine_run *run, struct trouble *t);

/* Run and clear q: the first `count` numbers of the first row; zeros without rows. */
MUST_USE enum status observations_numbers(struct observations *o, struct sql *q, uint64_t *out,
                                          size_t count, struct trouble *t);

/* Run and clear q: the first column of all rows, ascending order is the query's. The caller frees
 * *out. STATUS_LIMIT past a million. */
MUST_USE enum status observations_list(struct observations *o, struct sql *q, uint64_t **out,
                                       size_t *count, struct trouble *t);

/* The partitions of a table that hold rows, ascending; the caller frees. */
MUST_USE enum status observations_partitions(struct observations *o, const struct table *table,
                                             uint64_t **out, size_t *count, struct trouble *t);

/* wait: it is done for good when this returns; else a cluster's nodes that are away will do it. */
MUST_USE enum status observations_drop_partition(struct observations *o, const struct table *table,
                                                 uint64_t partition, bool wait, struct trouble *t);

/* Until the files of what was dropped or replaced are deleted; at once but where
 * observations_forgetful(). STATUS_UNAVAILABLE: not within a minute. */
MUST_USE enum status observations_wait_gone(struct observations *o, struct trouble *t);

/* How a statement that copies within the store runs: nothing is taken for a repetition. */
extern const struct engine_run observations_copying;

/* ---- the ledger (one node only; observations_ledger.c) ---- */

/* What one day of flows or windows holds, and what was acknowledged. */
struct ledger_state {
	bool known;            /* the token is acknowledged */
	uint64_t present;      /* rows in the table */
	uint64_t acknowledged; /* rows by the ledger */
};

MUST_USE enum status ledger_look(struct observations *o, const struct table *table, uint32_t day,
                                 const char *token, struct ledger_state *state, struct trouble *t);
MUST_USE enum status ledger_note(struct observations *o, const struct table *table, uint32_t day,
                                 const char *token, uint64_t rows, struct trouble *t);
/* After the rows of a day were changed on purpose: what is there is what counts. */
#define LEDGER_SETTLED "=settled"
#define LEDGER_RETIRED "=retired"
MUST_USE enum status ledger_settle(struct observations *o, const struct table *table, uint32_t day,
                                   const char *token, struct trouble *t);
/* Did rows of this day go by retention? Then the rollups have more than the rows say. */
MUST_USE enum status ledger_retired(struct observations *o, uint32_t day, bool *retired,
                                    struct trouble *t);

/* ---- rewriting (one node only; observations_rewrite.c) ---- */

/* Compare what each rollup has of a day with the flow rows; repair: make those that differ
 * anew. finder may be NULL. */
MUST_USE enum status observations_compare_day(struct observations *o, uint32_t day, bool repair,
                                              const struct observations_finder *finder,
                                              struct trouble *t);

void observations_found(const struct observations_finder *finder, const char *table, uint32_t day,
                        const char *text, bool repaired);

/* A table beside `table`, to be filled: made empty; put in the place of a partition; thrown away.
 */
void aside_name(struct sql *q, const struct table *table);
MUST_USE enum status aside_create(struct observations *o, const struct table *table,
                                  struct trouble *t);
MUST_USE enum status aside_swap(struct observations *o, const struct table *table,
                                uint64_t partition, struct trouble *t);
MUST_USE enum status aside_drop(struct observations *o, const struct table *table,
                                struct trouble *t);

#endif
