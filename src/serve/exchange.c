/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A body that is not wanted is read to its end where that is short, so that the client, which may
 * be busy sending, sees the answer; a longer one ends with the connection. Clients with long
 * bodies ask first (Expect: 100-continue). */
enum { DRAIN_MAX = 1 << 20, BODY_RATE = 16384, ROOM_FIRST = 65536 };

static struct connection *connection_of(struct MHD_Connection *http)
{
	const union MHD_ConnectionInfo *info =
	        MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void *tls_session_of(struct MHD_Connection *http)
{
	const union MHD_ConnectionInfo *info =
	        MHD_get_connection_info(http, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info ? info->tls_session : NULL;
}

static void open_connection(struct serve *s, struct MHD_Connection *http, void **context)
{
	const union MHD_ConnectionInfo *fd, *address;
	struct connection *c = calloc(1, sizeof(*c));

	metrics_add(s->options.metrics, METRIC_HTTP_CONNECTIONS, 1);
	metrics_add(s->options.metrics, METRIC_HTTP_OPEN, 1);
	*context = c;
	if (!c)
		return;
	fd = MHD_get_connection_info(http, MHD_CONNECTION_INFO_CONNECTION_FD);
	address = MHD_get_connection_info(http, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	peer_address(c, address ? address->client_addr : NULL);
	watch_add(s->watch, &c->watched, fd ? fd->connect_fd : -1);
	watch_set(s->watch, &c->watched, (uint64_t)s->options.header_seconds * 1000);
}

void exchange_connection(void *state, struct MHD_Connection *http, void **context,
                         enum MHD_ConnectionNotificationCode what)
{
	struct serve *s = state;
	struct connection *c = *context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		open_connection(s, http, context);
		return;
	}
	metrics_take(s->options.metrics, METRIC_HTTP_OPEN, 1);
	if (c)
		watch_remove(s->watch, &c->watched);
	free(c);
	*context = NULL;
}

void *exchange_begin(void *state, const char *target, struct MHD_Connection *http)
{
	struct serve *s = state;
	struct request *rq = calloc(1, sizeof(*rq));
	char path[200];

	if (!rq)
		return NULL;
	rq->serve = s;
	rq->http = http;
	rq->connection = connection_of(http);
	rq->reply.folder = s->options.folder;
	rq->target_wrong = target_parse(&rq->target, target);
	snprintf(path, sizeof(path), "%.*s", (int)strcspn(target, "?"), target);
	log_quote(path, rq->path, sizeof(rq->path));
	atomic_fetch_add(&s->active, 1);
	if (rq->connection)
		watch_set(s->watch, &rq->connection->watched,
		          (uint64_t)s->options.header_seconds * 1000);
	return rq;
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	/* Only memory can be short, and then the answer goes without. */
	if (value && MHD_add_response_header(response, name, value) == MHD_NO)
		return;
}

static void add_headers(struct MHD_Response *response, const struct request *rq)
{
	const struct reply *r = &rq->reply;
	char seconds[16];

	add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, r->type);
	add_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, r->disposition);
	add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	add_header(response, "X-Content-Type-Options", "nosniff");
	add_header(response, "Content-Security-Policy",
	           "default-src 'none'; frame-ancestors 'none'; sandbox");
	add_header(response, "Cross-Origin-Resource-Policy", "same-origin");
	add_header(response, "Referrer-Policy", "no-referrer");
	if (rq->connection->tls)
		add_header(response, "Strict-Transport-Security", "max-age=31536000");
	if (r->status == 405)
		add_header(response, MHD_HTTP_HEADER_ALLOW, r->allow);
	if (r->status == 401)
		add_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, r->authenticate);
	snprintf(seconds, sizeof(seconds), "%u", r->retry_after_s);
	if (r->retry_after_s)
		add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
	if (r->complete[0] && r->status == 200)
		add_header(response, "Noroshi-Complete", r->complete);
	if (r->close)
		add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

/* The body becomes the response's. NULL: out of memory. */
static struct MHD_Response *make_response(struct outfile_scratch *body)
{
	struct MHD_Response *response;

	if (body->fd >= 0) {
		response = MHD_create_response_from_fd64(body->size, body->fd);
		if (!response)
			close(body->fd);
		return response;
	}
	response = MHD_create_response_from_buffer((size_t)body->size, body->bytes,
	                                           MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(body->bytes);
	return response;
}

/* Counted before it goes out, so that who has an answer finds it in the figures. */
static void count_answer(struct serve *s, unsigned status)
{
	static const enum metric classes[] = {METRIC_HTTP_2XX, METRIC_HTTP_3XX, METRIC_HTTP_4XX,
	                                      METRIC_HTTP_5XX};

	metrics_add(s->options.metrics, classes[status / 100 - 2], 1);
}

static enum MHD_Result send_reply(struct request *rq)
{
	struct serve *s = rq->serve;
	struct outfile_scratch body;
	struct MHD_Response *response;
	enum MHD_Result queued;

	if (rq->reply.status == 0)
		reply_error(&rq->reply, 500, "the hub gave no answer");
	if (reply_take(&rq->reply, &body))
		return MHD_NO;
	response = make_response(&body);
	if (!response)
		return MHD_NO;
	if (atomic_load(&s->stopping))
		rq->reply.close = true;
	add_headers(response, rq);
	watch_set(s->watch, &rq->connection->watched, (uint64_t)s->options.answer_seconds * 1000);
	rq->phase = REQUEST_ANSWERED;
	count_answer(s, rq->reply.status);
	queued = MHD_queue_response(rq->http, rq->reply.status, response);
	MHD_destroy_response(response);
	return queued;
}

/* Headers are there: refuse, or let the body come. */
static enum MHD_Result begin_body(struct request *rq, const char *method)
{
	struct serve *s = rq->serve;
	const char *expect =
	        MHD_lookup_connection_value(rq->http, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT);
	void *session = tls_session_of(rq->http);
	bool good;

	rq->connection->tls = session != NULL;
	peer_look(rq->connection, session, s->options.authority);
	good = check_request(rq, method);
	rq->phase = REQUEST_BODY;
	if (!good && (rq->reply.close || expect || rq->body_expected > DRAIN_MAX)) {
		rq->reply.close |= rq->body_expected > 0;
		return send_reply(rq);
	}
	watch_set(s->watch, &rq->connection->watched,
	          1000 * (s->options.body_seconds +
	                  (good ? rq->body_promised : (uint64_t)DRAIN_MAX) / BODY_RATE));
	return MHD_YES;
}

/* False: no memory, or more than was declared. */
static bool take_bytes(struct request *rq, const char *bytes, size_t n)
{
	size_t room = rq->body_room ? rq->body_room : ROOM_FIRST;
	char *grown;

	while (room < rq->body_size + n)
		room *= 2;
	if (room > rq->body_promised)
		room = (size_t)rq->body_promised;
	if (room < rq->body_size + n)
		return false;
	if (room > rq->body_room) {
		grown = realloc(rq->body, room);
		if (!grown)
			return false;
		rq->body = grown;
		rq->body_room = room;
	}
	memcpy(rq->body + rq->body_size, bytes, n);
	rq->body_size += n;
	return true;
}

static enum MHD_Result take_upload(struct request *rq, const char *bytes, size_t n)
{
	rq->body_seen += n;
	metrics_add(rq->serve->options.metrics, METRIC_HTTP_BODY_BYTES, n);
	if (rq->reply.status == 0 && rq->body_seen > rq->body_promised) {
		rq->reply.close = true;
		reply_error(&rq->reply, 413, "a body has at most %zu bytes here",
		            rq->route->body_max);
	} else if (rq->reply.status == 0 && !take_bytes(rq, bytes, n)) {
		rq->reply.retry_after_s = 5;
		reply_error(&rq->reply, 503, "out of memory");
	}
	/* Nobody who sends on and on is listened to for long. */
	return rq->body_seen > rq->body_promised + DRAIN_MAX ? MHD_NO : MHD_YES;
}

/* Hand over to a lane. The request is the lane's until exchange_work() wakes the connection. */
static void hand_over(struct request *rq, struct lane *lane)
{
	struct MHD_Connection *http = rq->http;

	rq->phase = REQUEST_WORKING;
	MHD_suspend_connection(http);
	if (lane_put(lane, &rq->job))
		return;
	metrics_add(rq->serve->options.metrics, METRIC_HTTP_BUSY, 1);
	rq->reply.retry_after_s = 5;
	reply_error(&rq->reply, 503, "too many requests are waiting");
	MHD_resume_connection(http);
}

void exchange_work(void *state, unsigned thread, struct lane_job *job)
{
	struct request *rq = (struct request *)job;

	(void)state;
	rq->route->handle(rq, thread);
	MHD_resume_connection(rq->http);
}

/* The whole request is there. */
static enum MHD_Result dispatch(struct request *rq)
{
	struct serve *s = rq->serve;

	rq->began_ms = watch_now_ms();
	/* A body may have taken its time; a revocation meanwhile counts. */
	if (rq->reply.status || (rq->body_size > 0 && !auth_check(rq)))
		return send_reply(rq);
	watch_set(s->watch, &rq->connection->watched, 0);
	switch (rq->route->lane) {
	case LANE_AT_ONCE:
		rq->route->handle(rq, 0);
		return send_reply(rq);
	case LANE_SENSORS:
		hand_over(rq, s->sensors);
		break;
	case LANE_READERS:
		hand_over(rq, s->readers);
		break;
	}
	return MHD_YES;
}

enum MHD_Result exchange_step(void *state, struct MHD_Connection *http, const char *target,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
	struct request *rq = *request;
	enum MHD_Result result;

	(void)state;
	(void)http;
	(void)target;
	(void)version;
	if (!rq || !rq->connection)
		return MHD_NO;
	switch (rq->phase) {
	case REQUEST_NEW:
		return begin_body(rq, method);
	case REQUEST_BODY:
		if (*upload_size == 0)
			return dispatch(rq);
		result = take_upload(rq, upload, *upload_size);
		*upload_size = 0;
		return result;
	case REQUEST_WORKING:
		return send_reply(rq);
	case REQUEST_ANSWERED:
		break;
	}
	return MHD_NO;
}

/* Batches that went well are not of a person's interest one by one. */
static void log_request(const struct request *rq)
{
	bool usual = rq->route && rq->route->lane != LANE_READERS && rq->reply.status < 400;
	char who[CALLER_TEXT_MAX];

	caller_text(&rq->caller, who);
	log_write(rq->serve->options.log, usual ? LOG_LEVEL_DEBUG : LOG_LEVEL_NOTE, "request",
	          "from=%s who=%s route=%s path=%s status=%u ms=%llu", rq->connection->from, who,
	          rq->route ? rq->route->id : "-", rq->path, rq->reply.status,
	          rq->began_ms ? (unsigned long long)(watch_now_ms() - rq->began_ms) : 0ull);
}

void exchange_end(void *state, struct MHD_Connection *http, void **request,
                  enum MHD_RequestTerminationCode why)
{
	struct serve *s = state;
	struct request *rq = *request;

	(void)http;
	(void)why;
	if (!rq)
		return;
	if (rq->connection) {
		log_request(rq);
		watch_set(s->watch, &rq->connection->watched,
		          (uint64_t)s->options.idle_seconds * 1000);
	}
	if (rq->began_ms)
		metrics_observe_us(s->options.metrics, METRIC_HTTP_SECONDS,
		                   (watch_now_ms() - rq->began_ms) * 1000);
	atomic_fetch_sub(&s->body_promised, rq->body_promised);
	metrics_take(s->options.metrics, METRIC_HTTP_BODY_HELD, rq->body_promised);
	atomic_fetch_sub(&s->active, 1);
	reply_clear(&rq->reply);
	/* Invitations come in short bodies. */
	if (rq->body && rq->body_size <= ROOM_FIRST)
		secret_wipe(rq->body, rq->body_size);
	free(rq->body);
	free(rq);
	*request = NULL;
}
