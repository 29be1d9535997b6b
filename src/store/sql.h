/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL text, put together so that no value can become syntax. ClickHouse 18.16 has no query
 * parameters, so values are rendered here and nowhere else.
 *
 *   struct sql q = {0};
 *   sql_text(&q, "SELECT sum(packets) FROM flows WHERE port = ");
 *   sql_u64(&q, port);
 *   sql_text(&q, " AND note = ");
 *   sql_string(&q, note, strlen(note));
 *   st = sql_check(&q, &t);          then q.text
 *
 * Failures are sticky: write freely, ask once. At most SQL_BYTES_MAX bytes, which is what the
 * server parses by default (max_query_size). The caller clears it. One thread at a time.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { SQL_BYTES_MAX = 256 << 10, SQL_NAME_MAX = 63 };

struct sql {
	char *text; /* NUL behind it; NULL while nothing was written */
	size_t length, room;
	enum status status;
};

/* Literal text of the program only: anything but a string literal does not compile. */
#define sql_text(sql, literal) sql_append_constant((sql), "" literal "")

/* From a table of the program's own (.def): constant text that is not a literal where it is
 * used. Never for what came from outside. */
void sql_append_constant(struct sql *sql, const char *constant);

void sql_u64(struct sql *sql, uint64_t value);
void sql_i64(struct sql *sql, int64_t value);
void sql_f64(struct sql *sql, double value); /* not finite: STATUS_FORMAT */

/* 'text' with backslash escapes; any bytes. */
void sql_string(struct sql *sql, const char *bytes, size_t n);

/* A table's or column's name: [A-Za-z_][A-Za-z0-9_]*, at most SQL_NAME_MAX, else STATUS_FORMAT.
 * Written in backquotes. */
void sql_name(struct sql *sql, const char *name);

/* Append what another builder made, with its failure. */
void sql_append(struct sql *sql, const struct sql *part);

/* STATUS_OK and sql->text, or what failed. */
MUST_USE enum status sql_check(const struct sql *sql, struct trouble *t);

void sql_clear(struct sql *sql);

#endif
