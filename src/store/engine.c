/* SPDX-License-Identifier: Apache-2.0 */
#include "store/engine.h"

#include "net/http_client.h"
#include "store/engine_error.h"
#include "store/sql.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	STALL_SECONDS = 600, /* a query may be silent for so long */
	KILL_MS = 5000,
	TAIL_BYTES = 4096,     /* of an answer, where an error may stand */
	AFTER_FAULT = 1 << 20, /* bytes read on behind a fault, for that error */
	MARK_BYTES = 32,
};

struct engine {
	struct http_client *client;
	char *base; /* the address without a slash at the end */
	char *user, *password, *database;
	uint64_t memory_bytes;
	uint32_t threads, seconds;
	int code;
	struct engine_version version;
	struct native_buffer block; /* of the insert under way */
};

static const struct engine_run plain_run;

static enum status no_memory(struct trouble *t)
{
	return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
}

static bool copy_text(char **out, const char *text)
{
	*out = text ? strdup(text) : NULL;
	return !text || *out;
}

static char *copy_base(const struct engine_options *o)
{
	char *base = strdup(o->socket ? "http://localhost" : o->url);
	size_t n = base ? strlen(base) : 0;

	while (n > 0 && base[n - 1] == '/')
		base[--n] = '\0';
	return base;
}

static enum status open_client(struct engine *e, const struct engine_options *o, struct trouble *t)
{
	const struct http_client_options http = {
	        .unix_socket = o->socket,
	        .authority = o->authority,
	        .certificate = o->certificate,
	        .key = o->key,
	        .connect_ms = o->connect_ms,
	        .stall_seconds = o->stall_seconds ? o->stall_seconds : STALL_SECONDS,
	};

	return http_client_open(&e->client, &http, t);
}

enum status engine_open(struct engine **out, const struct engine_options *options,
                        struct trouble *t)
{
	struct engine *e;
	enum status st;

	*out = NULL;
	if (!options->socket && !options->url)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "neither a socket nor an address of the engine is named");
	e = calloc(1, sizeof(*e));
	if (!e)
		return no_memory(t);
	e->memory_bytes = options->memory_bytes;
	e->threads = options->threads;
	e->seconds = options->seconds;
	e->base = copy_base(options);
	if (!e->base || !copy_text(&e->user, options->user) ||
	    !copy_text(&e->password, options->password) ||
	    !copy_text(&e->database, options->database))
		st = no_memory(t);
	else
		st = open_client(e, options, t);
	if (st) {
		engine_free(e);
		return st;
	}
	*out = e;
	return STATUS_OK;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	http_client_free(e->client);
	native_buffer_clear(&e->block);
	free(e->base);
	free(e->user);
	free(e->password);
	free(e->database);
	free(e);
}

int engine_code(const struct engine *e)
{
	return e->code;
}

/* One HTTP call: the statement in the body, or in the address where the body is data. */
struct call {
	const char *sql;
	const char *mark; /* a comment in front of the statement, to find it by; "" */
	const void *data; /* NULL: none */
	size_t data_bytes;
	const char *format; /* of the answer; NULL: none */
	const struct engine_run *run;
	http_receive_function receive;
	void *receive_state;
	uint32_t total_ms;
};

/* 18.16 takes what is between "?" and "&" for a setting without a name. */
static void put_name(FILE *out, const char *name)
{
	fprintf(out, "%c%s=", ftell(out) > 0 ? '&' : '?', name);
}

static bool add_parameter(FILE *out, const char *name, const char *value, size_t n)
{
	char *escaped = malloc(3 * n + 1);

	if (!escaped)
		return false;
	http_escape(value, n, escaped);
	put_name(out, name);
	fputs(escaped, out);
	free(escaped);
	return true;
}

static void add_number(FILE *out, const char *name, uint64_t own, uint64_t general)
{
	if (!own && !general)
		return;
	put_name(out, name);
	fprintf(out, "%" PRIu64, own ? own : general);
}

static bool is_setting(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && name[n] == '\0';
}

static bool add_settings(FILE *out, const struct engine_run *run)
{
	for (size_t i = 0; i < run->setting_count; i++) {
		const struct engine_setting *s = &run->settings[i];

		assert(is_setting(s->name));
		if (!add_parameter(out, s->name, s->value, strlen(s->value)))
			return false;
	}
	return true;
}

static bool add_sql(FILE *out, const struct call *call)
{
	size_t n = strlen(call->mark) + strlen(call->sql);
	char *whole = malloc(n + 1);
	bool ok;

	if (!whole)
		return false;
	snprintf(whole, n + 1, "%s%s", call->mark, call->sql);
	ok = add_parameter(out, "query", whole, n);
	free(whole);
	return ok;
}

/* base, "/" and the parameters, which are freed. */
static char *put_base(const struct engine *e, char *parameters)
{
	char *url = NULL;

	if (asprintf(&url, "%s/%s", e->base, parameters) < 0)
		url = NULL;
	free(parameters);
	return url;
}

/* The address with all that is no statement, and with the statement where `data` is the body. */
static char *make_url(const struct engine *e, const struct call *call)
{
	char *url = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&url, &size);
	bool ok = true;

	if (!out)
		return NULL;
	if (call->format)
		ok = add_parameter(out, "default_format", call->format, strlen(call->format));
	if (e->database && ok)
		ok = add_parameter(out, "database", e->database, strlen(e->database));
	add_number(out, "max_memory_usage", call->run->memory_bytes, e->memory_bytes);
	add_number(out, "max_threads", call->run->threads, e->threads);
	add_number(out, "max_execution_time", call->run->seconds, e->seconds);
	ok = ok && add_settings(out, call->run) && (!call->data || add_sql(out, call));
	if (fclose(out) != 0 || !ok) {
		free(url);
		return NULL;
	}
	return put_base(e, url);
}

/* The number in the header, where the server is young enough to send it, and the message. */
static enum status refuse(struct engine *e, const struct http_response *r, struct trouble *t)
{
	char text[32];

	assert(r->body);
	e->code = 0;
	if (http_response_header(r, "X-ClickHouse-Exception-Code", text, sizeof(text)))
		e->code = atoi(text);
	if (e->code == 0 && !strstr(r->body, "DB::Exception"))
		return trouble_set(
		        t, r->status / 100 == 5 ? STATUS_UNAVAILABLE : STATUS_FORMAT, e->base, 0,
		        "HTTP status %d: is that ClickHouse's HTTP interface?", r->status);
	return engine_error_explain(e->base, r->body, r->body_bytes, &e->code, t);
}

static enum status send_call(struct engine *e, const struct call *call,
                             struct http_response *response, struct trouble *t)
{
	struct http_header headers[2];
	struct http_request request = {
	        .method = "POST",
	        .headers = headers,
	        .body = call->data,
	        .body_bytes = call->data_bytes,
	        .receive = call->receive,
	        .receive_state = call->receive_state,
	        .stop = call->run->stop,
	        .total_ms = call->total_ms,
	};
	char *url = make_url(e, call), *body = NULL;
	enum status st;

	if (!call->data) {
		request.body_bytes = strlen(call->mark) + strlen(call->sql);
		request.body = body = malloc(request.body_bytes + 1);
		if (body)
			snprintf(body, request.body_bytes + 1, "%s%s", call->mark, call->sql);
	}
	if (e->user)
		headers[request.header_count++] =
		        (struct http_header){"X-ClickHouse-User", e->user};
	if (e->password)
		headers[request.header_count++] =
		        (struct http_header){"X-ClickHouse-Key", e->password};
	request.url = url;
	memset(response, 0, sizeof(*response));
	st = url && request.body ? http_client_perform(e->client, &request, response, t)
	                         : no_memory(t);
	free(url);
	free(body);
	return st;
}

static bool is_stopped(const struct engine_run *run)
{
	return run->stop && atomic_load_explicit(run->stop, memory_order_relaxed);
}

/* The mark's statement goes on without a reader until it is told to end. As well as may be: the
 * caller wants to leave. */
static void kill_marked(struct engine *e, const char *mark)
{
	struct call call = {.mark = "", .run = &plain_run, .total_ms = KILL_MS};
	struct http_response response;
	struct sql sql = {0};
	struct trouble t;

	sql_text(&sql, "KILL QUERY WHERE position(query, ");
	sql_string(&sql, mark, strlen(mark));
	sql_text(&sql, ") = 1");
	call.sql = sql.text;
	if (!sql_check(&sql, &t) && !send_call(e, &call, &response, &t))
		http_response_clear(&response);
	sql_clear(&sql);
}

static void make_mark(char out[MARK_BYTES])
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		random = (uint64_t)(uintptr_t)out;
	snprintf(out, MARK_BYTES, "/*noroshi-%016" PRIx64 "*/", random);
}

/* A call whose answer fits in memory or goes to call->receive. Statements that may be stopped
 * carry a mark to be killed by. */
static enum status perform(struct engine *e, const struct call *plain, struct trouble *t)
{
	struct call marked = *plain, *call = &marked;
	char mark[MARK_BYTES] = "";
	struct http_response response;
	enum status st;

	e->code = 0;
	if (call->run->setting_count > ENGINE_SETTINGS_MAX)
		return trouble_set(t, STATUS_USAGE, NULL, 0, "more than %d settings",
		                   ENGINE_SETTINGS_MAX);
	if (call->run->stop)
		make_mark(mark);
	call->mark = mark;
	st = send_call(e, call, &response, t);
	if (st) {
		if (st == STATUS_INTERRUPTED && is_stopped(call->run))
			kill_marked(e, mark);
		return st;
	}
	/* 18.16 may answer 200 and then say what went wrong. */
	if (response.status != 200 || strncmp(response.body, "Code: ", 6) == 0)
		st = refuse(e, &response, t);
	http_response_clear(&response);
	return st;
}

enum status engine_ping(struct engine *e, struct trouble *t)
{
	char url[1024];
	const struct http_request request = {.url = url, .total_ms = KILL_MS};
	struct http_response response;
	enum status st;

	if ((size_t)snprintf(url, sizeof(url), "%s/ping", e->base) >= sizeof(url))
		return trouble_set(t, STATUS_USAGE, NULL, 0, "the engine's address is too long");
	st = http_client_perform(e->client, &request, &response, t);
	if (st)
		return st;
	if (response.status != 200)
		st = trouble_set(t, STATUS_UNAVAILABLE, e->base, 0, "HTTP status %d to a ping",
		                 response.status);
	http_response_clear(&response);
	return st;
}

enum status engine_execute(struct engine *e, const char *sql, const struct engine_run *run,
                           struct trouble *t)
{
	struct call call = {.sql = sql, .run = run ? run : &plain_run};

	return perform(e, &call, t);
}

/* An answer on its way through the decoder. */
struct reading {
	struct native_stream *stream;
	enum status failed; /* the decoder's */
	struct trouble trouble;
	native_block_function on_block;
	void *state;
	bool refused; /* by on_block: no reading on */
	size_t after; /* bytes since the fault */
	char tail[TAIL_BYTES];
	size_t tail_length;
};

static void keep_tail(struct reading *r, const uint8_t *bytes, size_t n)
{
	size_t kept;

	if (n > TAIL_BYTES) {
		bytes += n - TAIL_BYTES;
		n = TAIL_BYTES;
	}
	kept = r->tail_length + n > TAIL_BYTES ? TAIL_BYTES - n : r->tail_length;
	memmove(r->tail, r->tail + (r->tail_length - kept), kept);
	memcpy(r->tail + kept, bytes, n);
	r->tail_length = kept + n;
}

static enum status pass_block(void *state, const struct native_block *block)
{
	struct reading *r = state;
	enum status st = r->on_block(r->state, block);

	r->refused = st != STATUS_OK;
	return st;
}

/* A fault may be the server's error text within the blocks: it is read to its end. */
static enum status receive_native(void *state, const uint8_t *bytes, size_t n)
{
	struct reading *r = state;

	keep_tail(r, bytes, n);
	if (r->failed)
		r->after += n;
	else
		r->failed = native_stream_feed(r->stream, bytes, n, &r->trouble);
	return r->refused || r->after > AFTER_FAULT ? r->failed : STATUS_OK;
}

static enum status finish_reading(struct engine *e, struct reading *r, enum status st,
                                  struct trouble *t)
{
	const char *message;

	if (st && st != STATUS_UNAVAILABLE && !r->failed)
		return st;
	if (r->refused)
		return r->failed;
	if (!st && !r->failed)
		r->failed = native_stream_end(r->stream, &r->trouble);
	if (!r->failed && !st)
		return STATUS_OK;
	if (engine_error_find(r->tail, r->tail_length, &message))
		return engine_error_explain(e->base, r->tail, r->tail_length, &e->code, t);
	if (st == STATUS_UNAVAILABLE || st == STATUS_INTERRUPTED)
		return st;
	return trouble_set(t, r->failed, e->base, 0, "%s", r->trouble.text);
}

enum status engine_query(struct engine *e, const char *sql, const struct engine_run *run,
                         native_block_function on_block, void *state, struct trouble *t)
{
	struct reading *r = calloc(1, sizeof(*r));
	struct call call = {.sql = sql,
	                    .format = "Native",
	                    .run = run ? run : &plain_run,
	                    .receive = receive_native,
	                    .receive_state = r};
	enum status st;

	if (!r)
		return no_memory(t);
	r->on_block = on_block;
	r->state = state;
	st = native_stream_new(&r->stream, pass_block, r);
	if (st)
		no_memory(t);
	else
		st = perform(e, &call, t);
	if (r->stream && e->code == 0)
		st = finish_reading(e, r, st, t);
	native_stream_free(r->stream);
	free(r);
	return st;
}

static enum status take_number(void *state, const struct native_block *block)
{
	struct {
		uint64_t value;
		bool taken;
	} *number = state;

	if (!number->taken)
		number->value = native_u64(block, 0, 0);
	number->taken = true;
	return STATUS_OK;
}

enum status engine_number(struct engine *e, const char *sql, const struct engine_run *run,
                          uint64_t *value, struct trouble *t)
{
	struct {
		uint64_t value;
		bool taken;
	} number = {0, false};
	enum status st = engine_query(e, sql, run, take_number, &number, t);

	*value = number.value;
	return st;
}

static enum status take_version(void *state, const struct native_block *block)
{
	struct engine_version *version = state;
	struct native_text text = native_string(block, 0, 0);
	char copy[32] = "";

	memcpy(copy, text.at, text.length < sizeof(copy) - 1 ? text.length : sizeof(copy) - 1);
	return sscanf(copy, "%5u.%5u", &version->major, &version->minor) == 2 ? STATUS_OK
	                                                                      : STATUS_FORMAT;
}

enum status engine_version(struct engine *e, struct engine_version *version, struct trouble *t)
{
	enum status st = STATUS_OK;

	if (e->version.major == 0) {
		st = engine_query(e, "SELECT version()", NULL, take_version, &e->version, t);
		if (!st && e->version.major == 0)
			st = trouble_set(t, STATUS_FORMAT, e->base, 0, "no version was answered");
	}
	*version = e->version;
	return st;
}

enum status engine_insert_bytes(struct engine *e, const char *sql, const void *bytes, size_t n,
                                const struct engine_run *run, struct trouble *t)
{
	struct call call = {.sql = sql,
	                    .data = bytes ? bytes : "",
	                    .data_bytes = n,
	                    .run = run ? run : &plain_run};

	return perform(e, &call, t);
}

static enum status make_insert(struct sql *sql, const char *table,
                               const struct native_column *columns, size_t count, struct trouble *t)
{
	sql_text(sql, "INSERT INTO ");
	sql_name(sql, table);
	for (size_t i = 0; i < count; i++) {
		if (i == 0)
			sql_text(sql, " (");
		else
			sql_text(sql, ", ");
		sql_name(sql, columns[i].name);
	}
	sql_text(sql, ") FORMAT Native");
	return sql_check(sql, t);
}

enum status engine_insert(struct engine *e, const char *table, const struct native_column *columns,
                          size_t column_count, size_t rows, const struct engine_run *run,
                          struct trouble *t)
{
	struct sql sql = {0};
	enum status st = make_insert(&sql, table, columns, column_count, t);

	assert(column_count > 0);
	e->block.length = 0;
	if (!st && native_encode(&e->block, columns, column_count, rows))
		st = no_memory(t);
	if (!st)
		st = engine_insert_bytes(e, sql.text, e->block.bytes, e->block.length, run, t);
	sql_clear(&sql);
	return st;
}
