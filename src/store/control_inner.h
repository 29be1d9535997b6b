/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of store/control.h share; nobody else includes it, but its own tests.
 *
 * A query is a prepared statement in use: bind in order, step with query_row(), read the columns
 * in order, end it. Errors stick and come out of query_end(), so that a call reads straight
 * through. All of it happens between control_lock() and control_unlock(), or control_begin() and
 * control_end(), which lock too.
 */
#ifndef STORE_CONTROL_INNER_H
#define STORE_CONTROL_INNER_H

#include "store/control.h"

#include <pthread.h>
#include <sqlite3.h>

enum { CONTROL_STATEMENTS_MAX = 96 };

#define CONTROL_APPLICATION_ID 0x6e726873 /* "nrsh" */

/* Statements are kept by the address of their text, which is a static array. */
struct control_statement {
	const char *sql;
	sqlite3_stmt *prepared;
};

struct control {
	pthread_mutex_t lock;
	sqlite3 *db;
	char path[256]; /* for messages */
	struct control_statement statements[CONTROL_STATEMENTS_MAX];
	size_t statement_count;
};

struct query {
	struct control *c;
	sqlite3_stmt *s; /* NULL where it could not be prepared */
	int bound, column;
	int result; /* SQLite's last */
};

/* The status of an SQLite result; and the same with what SQLite says in t (never a bound value). */
enum status control_status(sqlite3 *db, int result);
enum status control_failed(struct control *c, int result, struct trouble *t);

void control_lock(struct control *c);
void control_unlock(struct control *c);

/* A transaction that writes. After a failed begin there is nothing to end. control_end() commits
 * if st is STATUS_OK and rolls back otherwise; it returns the first that went wrong. */
MUST_USE enum status control_begin(struct control *c, struct trouble *t);
MUST_USE enum status control_end(struct control *c, enum status st, struct trouble *t);

/* Statements without parameters, outside of any query. */
MUST_USE enum status control_run(struct control *c, const char *sql, struct trouble *t);

struct query query_open(struct control *c, const char *sql);
void query_u64(struct query *q, uint64_t value); /* kept as the 64 bits that it is */
void query_real(struct query *q, double value);
void query_text(struct query *q, const char *text); /* must stay until the end */
void query_hash(struct query *q, const uint8_t hash[SHA256_BYTES]);
void query_null(struct query *q);

/* Next row? */
bool query_row(struct query *q);
uint64_t row_u64(struct query *q);
uint32_t row_u32(struct query *q); /* the nearest, if it does not fit */
double row_real(struct query *q);
void row_text(struct query *q, char *out, size_t size);
void row_hash(struct query *q, uint8_t out[SHA256_BYTES]); /* zeros if it is none */

MUST_USE enum status query_end(struct query *q, struct trouble *t);

/* Step through a statement that changes rows; how many it changed. */
MUST_USE enum status query_change(struct query *q, uint64_t *changed, struct trouble *t);

/* All rows as an array of items of `size` bytes, *out NULL where there is none. */
MUST_USE enum status query_list(struct query *q, void (*read)(struct query *q, void *item),
                                size_t size, void **out, size_t *count, struct trouble *t);

/* Within a transaction: a line in the audit log. */
MUST_USE enum status control_record(struct control *c, const struct control_actor *by,
                                    const char *what, struct trouble *t, const char *fmt, ...)
        PRINTF_LIKE(5, 6);

/* To read alone, without touching the file; its schema may be older. */
MUST_USE enum status control_open_backup(struct control **out, const char *path, struct trouble *t);

/* The SQL that leads from schema version `from` to from + 1. */
const char *control_schema_step(unsigned from);

/* Within a lock. STATUS_NOT_FOUND. */
MUST_USE enum status control_read_sensor(struct control *c, uint32_t number,
                                         struct control_sensor *out, struct trouble *t);
MUST_USE enum status control_need_member(struct control *c, uint32_t id, char name[SLUG_MAX],
                                         struct trouble *t);

/* The actor's name as it is logged; "sensor:7". */
struct control_actor control_sensor_actor(uint32_t number, uint32_t now, char who[CONTROL_WHO_MAX]);

#endif
