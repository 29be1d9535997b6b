/* SPDX-License-Identifier: Apache-2.0 */
#include "library.h"

#include "chdb.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct library {
	struct chdb_handle **first; /* keeps the engine up; main thread only */
	char *names;                /* of all settings, one a line, with a line end in front too */
	char **arguments;           /* of every session */
	size_t argument_count;
};

struct session {
	struct chdb_handle **connection;
	struct chdb_result *answer; /* whole, or the stream's handle */
	struct chdb_result *piece;  /* of a stream: handed out last */
	struct chdb_insert *insert;
	bool streams, given;
};

static const char lost[] = "Code: 1001. DB::Exception: the engine gave no result";

/* NULL, or the message of a result. */
static const char *error_of(struct chdb_result *r)
{
	const char *error = r ? chdb_result_error(r) : lost;

	return error && error[0] ? error : NULL;
}

static bool add_argument(struct library *l, const char *name, const char *value)
{
	char text[PATH_MAX + 64];

	if (snprintf(text, sizeof(text), "--%s=%s", name, value) >= (int)sizeof(text))
		return false;
	l->arguments[l->argument_count] = strdup(text);
	return l->arguments[l->argument_count++] != NULL;
}

static bool add_number(struct library *l, const char *name, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return add_argument(l, name, text);
}

/* What every session starts with; those of a request come behind and win. */
static bool make_arguments(struct library *l, const char *data, const char *config,
                           uint64_t memory_bytes, uint32_t threads)
{
	l->arguments = calloc(LIBRARY_ARGUMENTS_MAX, sizeof(*l->arguments));
	if (!l->arguments)
		return false;
	l->arguments[0] = strdup("clickhouse");
	l->argument_count = 1;
	return l->arguments[0] && add_argument(l, "path", data) &&
	       add_argument(l, "config-file", config) &&
	       add_number(l, "max_memory_usage", memory_bytes / 2) &&
	       add_number(l, "max_bytes_before_external_group_by", memory_bytes / 4) &&
	       add_number(l, "max_bytes_before_external_sort", memory_bytes / 4) &&
	       add_number(l, "max_threads", threads) &&
	       /* An acknowledged insert is a part, not a queue of the library's. */
	       add_number(l, "async_insert", 0) &&
	       /* The same bytes make the same blocks in the same order. */
	       add_number(l, "input_format_parallel_parsing", 0);
}

static const char *run_plain(struct chdb_handle *c, const char *sql, const char *format,
                             struct chdb_result **out)
{
	*out = chdb_query_n(c, sql, strlen(sql), format, strlen(format));
	return error_of(*out);
}

static enum status load_names(struct library *l, struct trouble *t)
{
	struct chdb_result *r = NULL;
	const char *error;
	size_t n;

	assert(l->first);
	error = run_plain(*l->first, "SELECT name FROM system.settings", "TSV", &r);
	if (error)
		return trouble_set(t, STATUS_IO, NULL, 0, "the engine lists no settings: %.300s",
		                   error);
	n = chdb_result_length(r);
	l->names = malloc(n + 2);
	if (l->names) {
		l->names[0] = '\n';
		memcpy(l->names + 1, chdb_result_buffer(r), n);
		l->names[n + 1] = '\0';
	}
	chdb_destroy_query_result(r);
	return l->names ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status make_database(struct library *l, struct trouble *t)
{
	struct chdb_result *r = NULL;
	const char *error = run_plain(
	        *l->first, "CREATE DATABASE IF NOT EXISTS " LIBRARY_DATABASE " ENGINE = Atomic",
	        "Null", &r);
	enum status st = STATUS_OK;

	if (error)
		st = trouble_set(t, STATUS_IO, NULL, 0, "cannot make the database: %.300s", error);
	if (r)
		chdb_destroy_query_result(r);
	return st;
}

enum status library_open(struct library **out, const char *data, const char *config,
                         uint64_t memory_bytes, uint32_t threads, struct trouble *t)
{
	struct library *l = calloc(1, sizeof(*l));
	enum status st;

	*out = NULL;
	if (!l || !make_arguments(l, data, config, memory_bytes, threads)) {
		library_close(l);
		return trouble_set(t, STATUS_NO_MEMORY, data, 0, "out of memory");
	}
	chdb_set_signal_handlers_enabled(0);
	l->first = chdb_connect((int)l->argument_count, l->arguments);
	if (!l->first)
		st = trouble_set(t, STATUS_IO, data, 0,
		                 "the engine does not start on this data directory; is its disk "
		                 "full, or are files damaged?");
	else
		st = make_database(l, t);
	if (!st)
		st = load_names(l, t);
	if (st) {
		library_close(l);
		return st;
	}
	*out = l;
	return STATUS_OK;
}

const char *library_version(void)
{
	return chdb_version();
}

bool library_knows_setting(const struct library *l, const char *name)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "\n%s\n", name);

	return n > 2 && (size_t)n < sizeof(line) && !strchr(name, '\n') && strstr(l->names, line);
}

void library_cancel_reads(struct library *l)
{
	static const char sql[] = "KILL QUERY WHERE query_kind = 'Select' ASYNC";
	/* Where that fails they end by themselves, later. */
	struct chdb_result *r = chdb_query_n(*l->first, sql, sizeof(sql) - 1, "Null", 4);

	if (r)
		chdb_destroy_query_result(r);
}

void library_close(struct library *l)
{
	if (!l)
		return;
	if (l->first)
		chdb_close_conn(l->first);
	for (size_t i = 0; l->arguments && i < l->argument_count; i++)
		free(l->arguments[i]);
	free(l->arguments);
	free(l->names);
	free(l);
}

/* Names come from a request: letters, digits and '_' only. */
static bool is_database(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return n > 0 && n < 64 && name[n] == '\0';
}

static enum status use_database(struct session *s, const char *name, struct trouble *t)
{
	char sql[128];
	struct chdb_result *r = NULL;
	enum status st = STATUS_OK;

	snprintf(sql, sizeof(sql), "USE `%s`", is_database(name) ? name : "");
	if (!is_database(name) || run_plain(*s->connection, sql, "Null", &r))
		st = trouble_set(t, STATUS_NOT_FOUND, NULL, 0, "there is no database '%.64s'",
		                 name);
	if (r)
		chdb_destroy_query_result(r);
	return st;
}

enum status session_open(struct session **out, struct library *l, char *const settings[],
                         size_t count, const char *database, struct trouble *t)
{
	char *arguments[LIBRARY_ARGUMENTS_MAX + 1];
	struct session *s;
	size_t n = l->argument_count;
	enum status st;

	*out = NULL;
	if (count > LIBRARY_ARGUMENTS_MAX - n)
		return trouble_set(t, STATUS_LIMIT, NULL, 0, "too many settings");
	s = calloc(1, sizeof(*s));
	if (!s)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	memcpy(arguments, l->arguments, n * sizeof(*arguments));
	if (count > 0)
		memcpy(arguments + n, settings, count * sizeof(*arguments));
	n += count;
	arguments[n] = NULL;
	s->connection = chdb_connect((int)n, arguments);
	if (s->connection)
		st = use_database(s, database, t);
	else
		st = trouble_set(t, STATUS_FORMAT, NULL, 0,
		                 "a setting has a value that is none of its values");
	if (st) {
		session_close(s);
		return st;
	}
	*out = s;
	return STATUS_OK;
}

/* HTTP takes one statement a request, as ClickHouse's own server does. */
static const char *classify(struct session *s, const char *sql, size_t n, bool *reads)
{
	struct chdb_analysis a = {.struct_size = sizeof(a)};

	if (chdb_classify_query_n(*s->connection, sql, n, NULL, 0, &a) != 0)
		return lost;
	if (a.statements > 1)
		return "Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed)";
	*reads = a.statements == 1 && a.class == CHDB_READ_ONLY;
	return NULL;
}

const char *session_run(struct session *s, const char *sql, size_t n, const char *format)
{
	const char *error = classify(s, sql, n, &s->streams);

	if (error)
		return error;
	if (!s->streams) {
		s->answer = chdb_query_n(*s->connection, sql, n, format, strlen(format));
		return error_of(s->answer);
	}
	s->answer = chdb_stream_query_n(*s->connection, sql, n, format, strlen(format));
	error = error_of(s->answer);
	if (error && strstr(error, "Streaming query is not supported")) { /* CHECK, EXISTS, SHOW */
		chdb_destroy_query_result(s->answer);
		s->streams = false;
		s->answer = chdb_query_n(*s->connection, sql, n, format, strlen(format));
		return error_of(s->answer);
	}
	if (error)
		return error;
	/* Most failures show here, while the answer can still carry another status. */
	s->piece = chdb_stream_fetch_result(*s->connection, s->answer);
	return error_of(s->piece);
}

static const char *next_piece(struct session *s)
{
	if (!s->given)
		return NULL; /* session_run() fetched it */
	if (s->piece)
		chdb_destroy_query_result(s->piece);
	s->piece = chdb_stream_fetch_result(*s->connection, s->answer);
	return error_of(s->piece);
}

const char *session_next(struct session *s, const char **bytes, size_t *n)
{
	struct chdb_result *r = s->answer;
	const char *error;

	*n = 0;
	*bytes = "";
	if (s->streams) {
		error = next_piece(s);
		if (error)
			return error;
		r = s->piece;
	} else if (s->given) {
		return NULL;
	}
	s->given = true;
	*n = chdb_result_length(r);
	if (*n > 0)
		*bytes = chdb_result_buffer(r);
	return NULL;
}

const char *session_insert_begin(struct session *s, const char *sql, size_t n, const char *format)
{
	s->insert = chdb_stream_insert_n(*s->connection, sql, n, format, strlen(format));
	return s->insert ? chdb_stream_insert_error(s->insert) : lost;
}

const char *session_insert_data(struct session *s, const void *bytes, size_t n)
{
	/* What failed is told by the end. */
	return chdb_stream_append(s->insert, bytes, n) == 0 ? NULL : lost;
}

const char *session_insert_end(struct session *s)
{
	s->answer = chdb_stream_done(s->insert);
	return error_of(s->answer);
}

void session_close(struct session *s)
{
	if (!s)
		return;
	if (s->insert) {
		if (!s->answer)
			chdb_stream_cancel_insert(s->insert);
		chdb_destroy_insert_stream(s->insert);
	}
	if (s->piece) {
		if (chdb_result_length(s->piece) > 0)
			chdb_stream_cancel_query(*s->connection, s->answer);
		chdb_destroy_query_result(s->piece);
	}
	if (s->answer)
		chdb_destroy_query_result(s->answer);
	if (s->connection)
		chdb_close_conn(s->connection);
	free(s);
}
