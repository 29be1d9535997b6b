/* SPDX-License-Identifier: Apache-2.0 */
#include "front_request.h"

#include "front.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct front_request *front_request_new(struct library *l, struct MHD_Connection *c, bool gets)
{
	struct front_request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->library = l;
	r->connection = c;
	r->gets = gets;
	r->sql = "";
	r->database = LIBRARY_DATABASE;
	snprintf(r->format, sizeof(r->format), "TabSeparated");
	return r;
}

void front_request_free(struct front_request *r)
{
	if (!r)
		return;
	session_close(r->session);
	for (size_t i = 0; i < r->setting_count; i++)
		free(r->settings[i]);
	free(r->body);
	free(r);
}

int front_request_code(const char *message)
{
	int code = 0;

	return sscanf(message, "Code: %6d", &code) == 1 && code > 0 ? code : 1002;
}

static void PRINTF_LIKE(3, 4) fail(struct front_request *r, int code, const char *fmt, ...)
{
	va_list args;
	int n;

	if (r->error[0])
		return;
	n = snprintf(r->error, sizeof(r->error), "Code: %d. DB::Exception: ", code);
	va_start(args, fmt);
	vsnprintf(r->error + n, sizeof(r->error) - (size_t)n, fmt, args);
	va_end(args);
}

static void add_setting(struct front_request *r, const char *name, const char *value)
{
	size_t n = strlen(name) + strlen(value) + 4;
	char *text;

	if (!library_knows_setting(r->library, name)) {
		fail(r, 115, "Unknown setting '%.64s'", name);
		return;
	}
	text = n <= LIBRARY_SETTING_MAX && r->setting_count < LIBRARY_ARGUMENTS_MAX ? malloc(n)
	                                                                            : NULL;
	if (!text) {
		fail(r, 36, "Too many settings, or one is too long");
		return;
	}
	snprintf(text, n, "--%s=%s", name, value);
	r->settings[r->setting_count++] = text;
}

/* Parameters of ClickHouse's interface that mean nothing to one user's local engine. */
static bool is_passed_over(const char *name)
{
	static const char *const names[] = {"query_id",          "user",        "password",
	                                    "wait_end_of_query", "buffer_size", "quota_key"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static enum MHD_Result take_parameter(void *state, enum MHD_ValueKind kind, const char *name,
                                      size_t name_bytes, const char *value, size_t value_bytes)
{
	struct front_request *r = state;

	(void)kind;
	value = value ? value : "";
	if (strlen(name) != name_bytes || strlen(value) != value_bytes)
		fail(r, 36, "A parameter holds a zero byte");
	else if (strcmp(name, "query") == 0)
		r->sql = value;
	else if (strcmp(name, "database") == 0)
		r->database = value;
	else if (strcmp(name, "default_format") == 0 && value_bytes <= STATEMENT_FORMAT_MAX)
		snprintf(r->format, sizeof(r->format), "%s", value);
	else if (name_bytes > 0 && !is_passed_over(name))
		add_setting(r, name, value);
	return r->error[0] ? MHD_NO : MHD_YES;
}

static int code_of(enum status st)
{
	switch (st) {
	case STATUS_NOT_FOUND:
		return 81; /* UNKNOWN_DATABASE */
	case STATUS_NO_MEMORY:
		return 241; /* MEMORY_LIMIT_EXCEEDED */
	default:
		return 36; /* BAD_ARGUMENTS */
	}
}

static const char *keep(struct front_request *r, const char *message)
{
	if (message && !r->error[0])
		snprintf(r->error, sizeof(r->error), "%s", message);
	return r->error[0] ? r->error : NULL;
}

const char *front_request_begin(struct front_request *r)
{
	struct trouble t = {0};
	enum status st;
	size_t n = 0;

	MHD_get_connection_values_n(r->connection, MHD_GET_ARGUMENT_KIND, take_parameter, r);
	if (r->gets)
		add_setting(r, "readonly", "2");
	if (r->error[0])
		return r->error;
	st = session_open(&r->session, r->library, r->settings, r->setting_count, r->database, &t);
	if (st) {
		fail(r, code_of(st), "%s", t.text);
		return r->error;
	}
	r->inserts = !r->gets && statement_takes_data(r->sql, &n, r->format);
	if (!r->inserts)
		return NULL;
	return keep(r, session_insert_begin(r->session, r->sql, n, r->format));
}

static bool reserve(struct front_request *r, size_t n)
{
	size_t room = r->body_room ? r->body_room : 4096;
	char *grown;

	while (room < r->body_bytes + n)
		room *= 2;
	if (room == r->body_room)
		return true;
	grown = realloc(r->body, room);
	if (!grown)
		return false;
	r->body = grown;
	r->body_room = room;
	return true;
}

static void append(struct front_request *r, const char *bytes, size_t n)
{
	if (n > FRONT_SQL_MAX - r->body_bytes) {
		fail(r, 62, "The statement is longer than %d bytes", FRONT_SQL_MAX);
	} else if (!reserve(r, n)) {
		fail(r, 241, "out of memory");
	} else {
		memcpy(r->body + r->body_bytes, bytes, n);
		r->body_bytes += n;
	}
}

void front_request_data(struct front_request *r, const char *bytes, size_t n)
{
	if (r->error[0])
		return;
	if (!r->inserts && r->body_bytes == 0)
		append(r, r->sql, strlen(r->sql)); /* the address holds the first half */
	if (!r->inserts)
		append(r, bytes, n);
	else if (!r->ended && session_insert_data(r->session, bytes, n))
		r->ended = true; /* its end says why */
}

const char *front_request_end(struct front_request *r)
{
	const char *sql = r->body_bytes > 0 ? r->body : r->sql;
	size_t n = r->body_bytes > 0 ? r->body_bytes : strlen(r->sql);

	if (r->error[0])
		return r->error;
	r->ended = false;
	if (r->inserts)
		return session_insert_end(r->session);
	if (n == 0) {
		fail(r, 62, "Syntax error: an empty statement");
		return r->error;
	}
	return session_run(r->session, sql, n, r->format);
}
