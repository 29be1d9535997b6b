/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The observations: flow rows, windows and their rollups in ClickHouse's tables, whether the
 * embedded engine, one server or a cluster holds them (docs/adr/0009-observations.md).
 *
 * Tables that a query may read, by these names on every engine:
 *   flows     one row for what one source did to one port of one sensor in one minute
 *             (flow_columns.def), ordered by hour, source, protocol, port
 *   live      the same and `second`: provisional rows of the newest minutes; a minute of a
 *             sensor that is in `windows` is no longer to be read here
 *   windows   what each sensor said of each window (windows_columns.def)
 *   rollups   port_minute ... total_minute (rollups.def), filled by the same insert as flows
 *
 * Exactly once: an insert has a token, and its second coming with the same rows changes nothing,
 * whatever happened to the first: not in flows, not in a rollup. The store remembers the tokens
 * of the last OBSERVATIONS_TOKENS inserts of each table. An insert is on disk when the call
 * returns STATUS_OK. After any other status the caller does not know, and sends the same again.
 *
 * One thread at a time may call for one struct observations; several may be open (a writer's
 * and a reader's). observations_withdraw(), _check(repair) and _restore() want that nobody else
 * inserts meanwhile and that no insert is in doubt: call them where the writer stands still.
 */
#ifndef STORE_OBSERVATIONS_H
#define STORE_OBSERVATIONS_H

#include "base/log.h"
#include "base/status.h"
#include "model/health.h"
#include "store/flow_block.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One source as a number, the state of distinct ones, and the count from states or from rows.
 * The count is exact to a few thousand and within 1 % or so beyond (docs/adr/0009). */
#define OBSERVATIONS_SOURCE_KEY    "bitXor(src_lo, intHash64(src_hi))"
#define OBSERVATIONS_SOURCES_STATE "uniqCombinedState(" OBSERVATIONS_SOURCE_KEY ")"
#define OBSERVATIONS_SOURCES_MERGE "uniqCombinedMerge(sources)"
/* One state out of several. */
#define OBSERVATIONS_SOURCES_REMAKE "uniqCombinedMergeState(sources)"
#define OBSERVATIONS_SOURCES_COUNT  "uniqCombined(" OBSERVATIONS_SOURCE_KEY ")"

enum {
	OBSERVATIONS_SCHEMA = 1,          /* version that this program writes */
	OBSERVATIONS_TOKENS = 10000,      /* inserts whose token is remembered, each table */
	OBSERVATIONS_TOKEN_MAX = 128,     /* bytes: letters, digits, '-', '_', '.', ':' */
	OBSERVATIONS_WINDOWS_MAX = 65536, /* in one insert */
	OBSERVATIONS_LIVE_MINUTES = 10,   /* kept of `live` */
};

struct engine; /* store/engine.h */
struct observations;

struct observations_config {
	struct engine *engine; /* its database must exist; must outlive the observations */
	const struct log *log; /* may be NULL */
	const char *cluster;   /* a name of the server's remote_servers: replicated and
	                          distributed tables; NULL: one node */
	unsigned quorum;       /* replicas that must have an insert; 0: 2. Cluster only */
};

/*
 * Open, and create or migrate the tables. STATUS_UNSUPPORTED: the store is of a newer program.
 * STATUS_UNAVAILABLE: not reached, try again.
 */
MUST_USE enum status observations_open(struct observations **out,
                                       const struct observations_config *config, struct trouble *t);
void observations_close(struct observations *o);

/*
 * Insert rows of one day (STATUS_USAGE otherwise). The token names the block for good: the same
 * token with the same rows in the same order, or none. Nothing to do for a block without rows.
 * STATUS_UNAVAILABLE and STATUS_IO: not known; try again. STATUS_FULL: the disk.
 */
MUST_USE enum status observations_insert(struct observations *o, const struct flow_block *block,
                                         const char *token, struct trouble *t);

/* One window of one sensor, as the hub took it. */
struct window_row {
	struct window_header header;
	struct window_health health; /* zero where the sensor sent none */
	uint64_t batch;              /* flow_batch() */
};

/* The same for windows: of one day, at most OBSERVATIONS_WINDOWS_MAX. */
MUST_USE enum status observations_insert_windows(struct observations *o,
                                                 const struct window_row *windows, size_t count,
                                                 const char *token, struct trouble *t);

/* Provisional rows, of any time: not durable, no token, and dropped once they are
 * OBSERVATIONS_LIVE_MINUTES older than now_s (seconds since 1970). */
MUST_USE enum status observations_insert_live(struct observations *o,
                                              const struct flow_block *block, uint32_t now_s,
                                              struct trouble *t);

/* Which rows to take out: a sensor's within [from_minute, to_minute). */
struct observations_part {
	uint32_t sensor;
	uint32_t from_minute, to_minute; /* minutes since 1970 */
};

/*
 * Take a hostile or mistaken sensor's rows out of flows, live, windows and all rollups. Each
 * partition is rewritten aside and swapped in whole: killed in the middle, it is done again by the
 * same call. Buckets that the range cuts are counted anew from the rows that stay. `removed` (may
 * be NULL) gets the number of flow rows.
 */
MUST_USE enum status observations_withdraw(struct observations *o,
                                           const struct observations_part *part, uint64_t *removed,
                                           struct trouble *t);

/* How long to keep what, days; 0: for ever. */
struct observations_keep {
	uint32_t rows, windows, minutes, hours, days;
};

/* Drop the partitions whose last minute is older. `dropped` (may be NULL) gets their number. */
MUST_USE enum status observations_retain(struct observations *o,
                                         const struct observations_keep *keep, uint32_t now_s,
                                         unsigned *dropped, struct trouble *t);

enum { OBSERVATIONS_TABLES_MAX = 16, OBSERVATIONS_VERSION_MAX = 64 };

struct observations_table_health {
	char name[32];
	uint64_t rows, bytes, parts, partitions; /* bytes: on disk, compressed */
	uint32_t first_day, last_day;            /* days since 1970; 0: no rows */
};

struct observations_health {
	char engine[OBSERVATIONS_VERSION_MAX]; /* version of the engine */
	uint32_t schema;
	bool embedded, cluster;
	double bytes_per_row; /* of flows; 0: no rows */
	size_t table_count;
	struct observations_table_health tables[OBSERVATIONS_TABLES_MAX];
};

MUST_USE enum status observations_health(struct observations *o, struct observations_health *out,
                                         struct trouble *t);

/* What a check found. */
struct observations_finding {
	const char *table;
	uint32_t day; /* days since 1970 */
	const char *text;
	bool repaired;
};

struct observations_finder {
	void *state;
	void (*found)(void *state, const struct observations_finding *finding);
};

/*
 * Read every part (checksums), and compare each rollup with the rows, a day at a time, where the
 * rows are still kept. repair: rollups that differ are made anew from the rows; damaged parts of
 * flows and windows are reported, never dropped. STATUS_FORMAT: something was found and is not
 * repaired.
 */
MUST_USE enum status observations_check(struct observations *o, bool repair,
                                        const struct observations_finder *finder,
                                        struct trouble *t);

/*
 * Copy all tables into a directory while the store works: one file for each table and day in
 * Native form, and a manifest with their rows and SHA-256. Called again for the same directory, it
 * goes on: a day that has the rows it had is not read again.
 */
MUST_USE enum status observations_backup(struct observations *o, const char *dir,
                                         struct trouble *t);

/* Verify a backup and load it. The tables must be empty, or hold a part of this very backup: then
 * it goes on. STATUS_FORMAT: damaged; STATUS_CONFLICT: the tables hold something else. */
MUST_USE enum status observations_restore(struct observations *o, const char *dir,
                                          struct trouble *t);

/*
 * Copy all days before `before_day` (days since 1970; UINT32_MAX: all) from one store to another,
 * each verified by its count and sums. Resumable: a day that is there and equal is passed
 * over, one that differs is made anew.
 */
MUST_USE enum status observations_copy(struct observations *from, struct observations *to,
                                       uint32_t before_day, struct trouble *t);

#endif
