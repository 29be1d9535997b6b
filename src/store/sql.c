/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sql.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(struct sql *sql, enum status st)
{
	if (!sql->status)
		sql->status = st;
}

static void put(struct sql *sql, const char *bytes, size_t n)
{
	size_t room = sql->room ? sql->room : 256;
	char *grown;

	if (sql->status)
		return;
	if (n >= SQL_BYTES_MAX - sql->length) {
		fail(sql, STATUS_LIMIT);
		return;
	}
	while (room <= sql->length + n)
		room *= 2;
	if (room != sql->room) {
		grown = realloc(sql->text, room);
		if (!grown) {
			fail(sql, STATUS_NO_MEMORY);
			return;
		}
		sql->text = grown;
		sql->room = room;
	}
	memcpy(sql->text + sql->length, bytes, n);
	sql->length += n;
	sql->text[sql->length] = '\0';
}

void sql_append_constant(struct sql *sql, const char *constant)
{
	put(sql, constant, strlen(constant));
}

void sql_u64(struct sql *sql, uint64_t value)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%" PRIu64, value);

	put(sql, text, (size_t)n);
}

/* In brackets: `a - -1` would begin a comment without the blank. */
void sql_i64(struct sql *sql, int64_t value)
{
	char text[32];
	int n = snprintf(text, sizeof(text), value < 0 ? "(%" PRId64 ")" : "%" PRId64, value);

	put(sql, text, (size_t)n);
}

void sql_f64(struct sql *sql, double value)
{
	char text[64];
	int n;

	if (!isfinite(value)) {
		fail(sql, STATUS_FORMAT);
		return;
	}
	/* An exponent keeps it a float, whatever its value. */
	n = snprintf(text, sizeof(text), value < 0 ? "(%.17e)" : "%.17e", value);
	put(sql, text, (size_t)n);
}

static void put_escaped(struct sql *sql, unsigned char byte)
{
	char text[8];
	int n;

	if (byte == '\'' || byte == '\\')
		n = snprintf(text, sizeof(text), "\\%c", byte);
	else if (byte < 0x20 || byte == 0x7f)
		n = snprintf(text, sizeof(text), "\\x%02X", byte);
	else
		n = snprintf(text, sizeof(text), "%c", byte);
	put(sql, text, (size_t)n);
}

void sql_string(struct sql *sql, const char *bytes, size_t n)
{
	put(sql, "'", 1);
	for (size_t i = 0; i < n && !sql->status; i++)
		put_escaped(sql, (unsigned char)bytes[i]);
	put(sql, "'", 1);
}

static bool is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	static const char rest[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	size_t n = strspn(name, rest);

	return n > 0 && n <= SQL_NAME_MAX && name[n] == '\0' && strchr(letters, name[0]);
}

void sql_name(struct sql *sql, const char *name)
{
	if (!is_name(name)) {
		fail(sql, STATUS_FORMAT);
		return;
	}
	put(sql, "`", 1);
	put(sql, name, strlen(name));
	put(sql, "`", 1);
}

void sql_append(struct sql *sql, const struct sql *part)
{
	if (part->status)
		fail(sql, part->status);
	else if (part->length > 0)
		put(sql, part->text, part->length);
}

enum status sql_check(const struct sql *sql, struct trouble *t)
{
	switch (sql->status) {
	case STATUS_OK:
		if (sql->text)
			return STATUS_OK;
		return trouble_set(t, STATUS_USAGE, NULL, 0, "an empty statement");
	case STATUS_LIMIT:
		return trouble_set(t, STATUS_LIMIT, NULL, 0,
		                   "the statement is longer than %d bytes; ask for less at once",
		                   SQL_BYTES_MAX);
	case STATUS_FORMAT:
		return trouble_set(t, STATUS_FORMAT, NULL, 0,
		                   "a name or number has no form in SQL");
	default:
		return trouble_set(t, sql->status, NULL, 0, "%s", status_text(sql->status));
	}
}

void sql_clear(struct sql *sql)
{
	free(sql->text);
	*sql = (struct sql){0};
}
