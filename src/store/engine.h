/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one client of ClickHouse: over HTTP to the storer's Unix socket or to a server's URL. The
 * same calls whichever it is. SQL comes from store/sql.h.
 *
 * An engine holds one connection and belongs to one thread at a time; each thread opens its own.
 * Nothing is sent before the first call. Calls block. Nothing is tried again here: whether a
 * failed insert may be repeated is the caller's to know (give it an insert_deduplication_token).
 * A failure's trouble carries ClickHouse's code and message; engine_code() gives the number.
 */
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include "base/status.h"
#include "store/native.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { ENGINE_SETTINGS_MAX = 32 };

struct engine;

struct engine_options {
	const char *socket;                     /* the storer's Unix socket, or NULL */
	const char *url;                        /* http(s)://host:port; not read with socket */
	const char *user, *password, *database; /* NULL: the server's default */
	const char *authority, *certificate,
	        *key;                       /* PEM files for https; NULL: see http_client.h */
	uint64_t memory_bytes;              /* for each query; 0: the server's own limit */
	uint32_t threads;                   /* for each query; 0: the server's own */
	uint32_t seconds;                   /* for each query; 0: no limit */
	uint32_t connect_ms, stall_seconds; /* 0: http_client.h's; stall 0: 600 */
};

/* One of ClickHouse's settings: "fsync_after_insert", "1". The name is [a-z0-9_]. */
struct engine_setting {
	const char *name, *value;
};

/* How one call runs. NULL or zeros: by the engine's options. */
struct engine_run {
	const struct engine_setting *settings;
	size_t setting_count; /* at most ENGINE_SETTINGS_MAX */
	uint64_t memory_bytes;
	uint32_t threads, seconds;
	/* Once true the call ends with STATUS_INTERRUPTED within a second or so, the connection is
	 * closed and the server told to kill the query. */
	const atomic_bool *stop;
};

struct engine_version {
	unsigned major, minor; /* 18, 16 or 26, 7 */
};

/* Copies the options' texts. STATUS_USAGE or STATUS_NOT_FOUND. */
MUST_USE enum status engine_open(struct engine **out, const struct engine_options *options,
                                 struct trouble *t);

/* STATUS_OK: it answers. STATUS_UNAVAILABLE: not (yet). */
MUST_USE enum status engine_ping(struct engine *e, struct trouble *t);

/* Asked once, then remembered. */
MUST_USE enum status engine_version(struct engine *e, struct engine_version *version,
                                    struct trouble *t);

/*
 * What the calls below return but STATUS_OK: STATUS_UNAVAILABLE: the server is not there, the
 * connection broke, it is overloaded or read-only (a later try may succeed); STATUS_LIMIT: memory,
 * time or size; STATUS_FULL: its disk; STATUS_NOT_FOUND: no such table, database or column;
 * STATUS_CONFLICT: already there; STATUS_DENIED: user or right; STATUS_FORMAT: it did not
 * understand the SQL or the data, or we not the answer; STATUS_INTERRUPTED: `stop`; STATUS_IO:
 * anything else.
 */

/* A statement without an answer: CREATE, ALTER, DROP, SYSTEM, INSERT SELECT. */
MUST_USE enum status engine_execute(struct engine *e, const char *sql, const struct engine_run *run,
                                    struct trouble *t);

/* A SELECT (without FORMAT): its blocks, in order, as they come. Where the server fails half-way
 * the blocks that came before it have been handed out: act on the rows after STATUS_OK only. */
MUST_USE enum status engine_query(struct engine *e, const char *sql, const struct engine_run *run,
                                  native_block_function on_block, void *state, struct trouble *t);

/* A SELECT of one number: the first column of the first row; 0 without rows. */
MUST_USE enum status engine_number(struct engine *e, const char *sql, const struct engine_run *run,
                                   uint64_t *value, struct trouble *t);

/* INSERT INTO `table` of one block of these columns. The same columns and values make the same
 * bytes. With fsync_after_insert and fsync_part_directory, STATUS_OK means that it is on disk. */
MUST_USE enum status engine_insert(struct engine *e, const char *table,
                                   const struct native_column *columns, size_t column_count,
                                   size_t rows, const struct engine_run *run, struct trouble *t);

/* The same with the statement (`INSERT INTO ... FORMAT Native`) and the encoded block as given. */
MUST_USE enum status engine_insert_bytes(struct engine *e, const char *sql, const void *bytes,
                                         size_t n, const struct engine_run *run, struct trouble *t);

/* ClickHouse's exception code of the last failed call; 0 where it had none. */
int engine_code(const struct engine *e);

void engine_free(struct engine *e);

#endif
