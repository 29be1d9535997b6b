/* SPDX-License-Identifier: Apache-2.0 */
#include "store/control_inner.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status control_status(sqlite3 *db, int result)
{
	/* What SQLite keeps of errno is lost in a statement's step; the thread's own is still
	 * there. */
	int now = errno, kept = db ? sqlite3_system_errno(db) : 0;
	int error = kept ? kept : now;

	switch (result & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return STATUS_OK;
	case SQLITE_FULL:
		return STATUS_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return STATUS_UNAVAILABLE;
	case SQLITE_NOMEM:
		return STATUS_NO_MEMORY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return STATUS_FORMAT;
	case SQLITE_CONSTRAINT:
		return STATUS_CONFLICT;
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return kept && kept != EACCES && kept != EROFS ? status_of_errno(kept)
		                                               : STATUS_DENIED;
	case SQLITE_IOERR:
		return status_of_errno(error) == STATUS_FULL ? STATUS_FULL : STATUS_IO;
	default:
		return STATUS_IO;
	}
}

enum status control_failed(struct control *c, int result, struct trouble *t)
{
	enum status st = control_status(c->db, result);

	if (st == STATUS_UNAVAILABLE)
		return trouble_set(t, st, c->path, 0, "another process has kept it busy for %d s",
		                   CONTROL_WAIT_MS / 1000);
	if (st == STATUS_FULL)
		return trouble_set(t, st, c->path, 0, "no space left");
	return trouble_set(t, st ? st : STATUS_IO, c->path, 0, "%s", sqlite3_errmsg(c->db));
}

void control_lock(struct control *c)
{
	int error = pthread_mutex_lock(&c->lock);

	assert(error == 0);
	(void)error;
}

void control_unlock(struct control *c)
{
	int error = pthread_mutex_unlock(&c->lock);

	assert(error == 0);
	(void)error;
}

enum status control_run(struct control *c, const char *sql, struct trouble *t)
{
	int result = sqlite3_exec(c->db, sql, NULL, NULL, NULL);

	return result == SQLITE_OK ? STATUS_OK : control_failed(c, result, t);
}

enum status control_begin(struct control *c, struct trouble *t)
{
	enum status st;

	control_lock(c);
	st = control_run(c, "BEGIN IMMEDIATE", t);
	if (st)
		control_unlock(c);
	return st;
}

enum status control_end(struct control *c, enum status st, struct trouble *t)
{
	if (!st)
		st = control_run(c, "COMMIT", t);
	/* Some failures have rolled back already; of what is left nothing may stay. */
	if (st && !sqlite3_get_autocommit(c->db))
		sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	control_unlock(c);
	return st;
}

static struct control_statement *find_statement(struct control *c, const char *sql)
{
	for (size_t i = 0; i < c->statement_count; i++) {
		if (c->statements[i].sql == sql)
			return &c->statements[i];
	}
	assert(c->statement_count < CONTROL_STATEMENTS_MAX && "each static text comes once");
	return &c->statements[c->statement_count++];
}

struct query query_open(struct control *c, const char *sql)
{
	struct control_statement *kept = find_statement(c, sql);
	struct query q = {.c = c, .result = SQLITE_OK};

	kept->sql = sql;
	if (!kept->prepared)
		q.result = sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
		                              &kept->prepared, NULL);
	q.s = kept->prepared;
	return q;
}

void query_u64(struct query *q, uint64_t value)
{
	if (q->result == SQLITE_OK)
		q->result = sqlite3_bind_int64(q->s, ++q->bound, (sqlite3_int64)value);
}

void query_real(struct query *q, double value)
{
	if (q->result == SQLITE_OK)
		q->result = sqlite3_bind_double(q->s, ++q->bound, value);
}

void query_text(struct query *q, const char *text)
{
	if (q->result == SQLITE_OK)
		q->result = sqlite3_bind_text(q->s, ++q->bound, text, -1, SQLITE_STATIC);
}

void query_hash(struct query *q, const uint8_t hash[SHA256_BYTES])
{
	if (q->result == SQLITE_OK)
		q->result = sqlite3_bind_blob(q->s, ++q->bound, hash, SHA256_BYTES, SQLITE_STATIC);
}

void query_null(struct query *q)
{
	if (q->result == SQLITE_OK)
		q->result = sqlite3_bind_null(q->s, ++q->bound);
}

bool query_row(struct query *q)
{
	if (q->result != SQLITE_OK && q->result != SQLITE_ROW)
		return false;
	q->column = 0;
	q->result = sqlite3_step(q->s);
	return q->result == SQLITE_ROW;
}

uint64_t row_u64(struct query *q)
{
	return (uint64_t)sqlite3_column_int64(q->s, q->column++);
}

uint32_t row_u32(struct query *q)
{
	sqlite3_int64 value = sqlite3_column_int64(q->s, q->column++);

	if (value < 0)
		return 0;
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

double row_real(struct query *q)
{
	return sqlite3_column_double(q->s, q->column++);
}

void row_text(struct query *q, char *out, size_t size)
{
	const unsigned char *text = sqlite3_column_text(q->s, q->column++);

	snprintf(out, size, "%s", text ? (const char *)text : "");
}

void row_hash(struct query *q, uint8_t out[SHA256_BYTES])
{
	const void *bytes = sqlite3_column_blob(q->s, q->column);
	int n = sqlite3_column_bytes(q->s, q->column++);

	memset(out, 0, SHA256_BYTES);
	if (bytes && n == SHA256_BYTES)
		memcpy(out, bytes, SHA256_BYTES);
}

enum status query_end(struct query *q, struct trouble *t)
{
	enum status st = STATUS_OK;

	if (q->result != SQLITE_OK && q->result != SQLITE_ROW && q->result != SQLITE_DONE)
		st = control_failed(q->c, q->result, t);
	if (q->s) {
		sqlite3_reset(q->s);
		sqlite3_clear_bindings(q->s);
	}
	return st;
}

enum status query_change(struct query *q, uint64_t *changed, struct trouble *t)
{
	enum status st;

	while (query_row(q))
		continue;
	st = query_end(q, t);
	if (changed)
		*changed = st ? 0 : (uint64_t)sqlite3_changes64(q->c->db);
	return st;
}

enum status query_list(struct query *q, void (*read)(struct query *q, void *item), size_t size,
                       void **out, size_t *count, struct trouble *t)
{
	size_t room = 0, used = 0;
	char *items = NULL;
	enum status st = STATUS_OK, ended;

	while (!st && query_row(q)) {
		if (used == room) {
			char *grown = reallocarray(items, room ? room * 2 : 16, size);

			if (!grown) {
				st = STATUS_NO_MEMORY;
				break;
			}
			items = grown;
			room = room ? room * 2 : 16;
		}
		memset(items + used * size, 0, size);
		read(q, items + used++ * size);
	}
	if (st)
		trouble_set(t, st, q->c->path, 0, "out of memory");
	ended = query_end(q, st ? NULL : t);
	st = st ? st : ended;
	if (st) {
		free(items);
		items = NULL;
		used = 0;
	}
	*out = items;
	*count = used;
	return st;
}
