/* SPDX-License-Identifier: Apache-2.0 */
#include "front.h"

#include "front_request.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

struct front {
	struct MHD_Daemon *daemon;
	struct library *library;
	const struct log *log;
	int listener;
	atomic_bool closing;
	atomic_int running; /* requests */
	char ping;          /* its address marks such a request */
};

static enum MHD_Result reply(struct MHD_Connection *c, unsigned status, int code,
                             const char *format, struct MHD_Response *r)
{
	enum MHD_Result result;
	char number[16];

	if (!r)
		return MHD_NO;
	if (code) {
		snprintf(number, sizeof(number), "%d", code);
		MHD_add_response_header(r, "X-ClickHouse-Exception-Code", number);
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE,
		                        "text/plain; charset=UTF-8");
	}
	if (format)
		MHD_add_response_header(r, "X-ClickHouse-Format", format);
	if (status / 100 != 2) /* what is left of the body is not waited for */
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result reply_text(struct MHD_Connection *c, unsigned status, int code,
                                  const char *text)
{
	return reply(c, status, code, NULL,
	             MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
	                                             MHD_RESPMEM_MUST_COPY));
}

/* The client's doing is 400 or 404, ours 500: the codes that ClickHouse's server sorts so. */
static unsigned status_of(int code)
{
	static const short clients[] = {16, 27, 36, 43, 46, 47, 53, 62, 115, 117, 164};

	if (code == 60 || code == 81)
		return MHD_HTTP_NOT_FOUND;
	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		if (clients[i] == code)
			return MHD_HTTP_BAD_REQUEST;
	}
	return MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static enum MHD_Result reply_error(struct MHD_Connection *c, const char *message)
{
	int code = front_request_code(message);

	return reply_text(c, status_of(code), code, message);
}

/* An answer on its way out, on the connection's thread. */
static ssize_t give(void *state, uint64_t position, char *out, size_t room)
{
	struct front_request *r = state;
	const char *error;
	size_t n;

	(void)position;
	while (r->out_bytes == 0) {
		if (r->ended)
			return MHD_CONTENT_READER_END_OF_STREAM;
		error = session_next(r->session, &r->out, &r->out_bytes);
		r->ended = error || r->out_bytes == 0;
		if (error) { /* the status is gone: the text within the body says it, as ClickHouse
			        does */
			r->out = error;
			r->out_bytes = strlen(error);
		}
	}
	n = r->out_bytes < room ? r->out_bytes : room;
	memcpy(out, r->out, n);
	r->out += n;
	r->out_bytes -= n;
	return (ssize_t)n;
}

static enum MHD_Result reply_answer(struct MHD_Connection *c, struct front_request *r)
{
	return reply(c, MHD_HTTP_OK, 0, r->format,
	             MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 64 << 10, give, r, NULL));
}

/* One body, of one length: else a proxy and we could disagree on where it ends (RFC 9112 6.3). */
static enum MHD_Result count_lengths(void *state, enum MHD_ValueKind kind, const char *name,
                                     const char *value)
{
	unsigned *counts = state;

	(void)kind, (void)value;
	counts[0] += strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0;
	counts[1] += strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0;
	return MHD_YES;
}

static bool is_one_body(struct MHD_Connection *c)
{
	unsigned counts[2] = {0, 0};

	MHD_get_connection_values(c, MHD_HEADER_KIND, count_lengths, counts);
	return counts[0] + counts[1] <= 1;
}

static enum MHD_Result begin(struct front *f, struct MHD_Connection *c, const char *path,
                             const char *method, void **state)
{
	struct front_request *r;
	const char *error;
	bool gets = strcmp(method, "GET") == 0;

	if (!is_one_body(c))
		return reply_text(c, MHD_HTTP_BAD_REQUEST, 0,
		                  "the body has more than one length\n");
	if (!gets && strcmp(method, "POST") != 0)
		return reply_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, 0, "GET or POST\n");
	if (gets && strcmp(path, "/ping") == 0) {
		*state = &f->ping; /* answered once the request is whole: the connection stays */
		return MHD_YES;
	}
	if (strcmp(path, "/") != 0)
		return reply_text(c, MHD_HTTP_NOT_FOUND, 0, "/ping and / are here\n");
	if (atomic_load(&f->closing))
		return reply_text(c, MHD_HTTP_SERVICE_UNAVAILABLE, 0, "the storer is ending\n");
	r = front_request_new(f->library, c, gets);
	if (!r)
		return reply_text(c, MHD_HTTP_SERVICE_UNAVAILABLE, 0, "out of memory\n");
	*state = r;
	atomic_fetch_add(&f->running, 1);
	error = front_request_begin(r);
	return error ? reply_error(c, error) : MHD_YES;
}

static enum MHD_Result answer(void *state, struct MHD_Connection *c, const char *path,
                              const char *method, const char *version, const char *data,
                              size_t *data_bytes, void **request)
{
	struct front *f = state;
	struct front_request *r = *request;
	const char *error;

	(void)version;
	if (!r)
		return begin(f, c, path, method, request);
	if (*data_bytes > 0) {
		if (*request != &f->ping)
			front_request_data(r, data, *data_bytes);
		*data_bytes = 0;
		return MHD_YES;
	}
	if (*request == &f->ping)
		return reply_text(c, MHD_HTTP_OK, 0, "Ok.\n");
	error = front_request_end(r);
	return error ? reply_error(c, error) : reply_answer(c, r);
}

static void completed(void *state, struct MHD_Connection *c, void **request,
                      enum MHD_RequestTerminationCode code)
{
	struct front *f = state;

	(void)c, (void)code;
	if (!*request || *request == &f->ping)
		return;
	front_request_free(*request);
	*request = NULL;
	atomic_fetch_sub(&f->running, 1);
}

enum status front_open(struct front **out, struct library *l, int listener, const struct log *log,
                       struct trouble *t)
{
	struct front *f = calloc(1, sizeof(*f));

	*out = f;
	if (!f)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	f->library = l;
	f->log = log;
	f->listener = listener;
	f->daemon =
	        MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
	                                 MHD_USE_POLL | MHD_USE_ITC,
	                         0, NULL, NULL, answer, f, MHD_OPTION_LISTEN_SOCKET, listener,
	                         MHD_OPTION_CONNECTION_LIMIT, (unsigned)FRONT_CONNECTIONS_MAX,
	                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)FRONT_IDLE_SECONDS,
	                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)FRONT_HEAD_MAX,
	                         MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED,
	                         completed, f, MHD_OPTION_END);
	if (f->daemon)
		return STATUS_OK;
	free(f);
	*out = NULL;
	return trouble_set(t, STATUS_IO, NULL, 0, "cannot serve on the socket");
}

void front_close(struct front *f, unsigned seconds)
{
	const struct timespec nap = {0, 10000000};

	if (!f)
		return;
	atomic_store(&f->closing, true);
	library_cancel_reads(f->library);
	for (unsigned i = 0; i < seconds * 100 && atomic_load(&f->running) > 0; i++)
		nanosleep(&nap, NULL);
	if (atomic_load(&f->running) > 0)
		log_warning(f->log, "storer-requests-cut", "count=%d", atomic_load(&f->running));
	MHD_stop_daemon(f->daemon);
	free(f);
}
