/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/inner.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The headers that decide where a request ends and whom it is for. */
struct headers {
	unsigned hosts, lengths, encodings, authorizations, types;
	const char *length, *encoding, *type;
};

static enum MHD_Result count_header(void *state, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
	struct headers *h = state;

	(void)kind;
	if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
		h->hosts++;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
		h->lengths++;
		h->length = value;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
		h->encodings++;
		h->encoding = value;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_TYPE) == 0) {
		h->types++;
		h->type = value;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_AUTHORIZATION) == 0) {
		h->authorizations++;
	}
	return MHD_YES;
}

static bool refuse(struct request *rq, unsigned status, const char *detail)
{
	rq->reply.close = true;
	reply_error(&rq->reply, status, "%s", detail);
	return false;
}

/* What libmicrohttpd 0.9.75 lets through and two readers would understand differently (RFC 9112
 * sections 3.2, 6.1 and 6.3): nothing of such a connection is believed any more. */
static bool check_headers(struct request *rq, const struct headers *h)
{
	if (h->hosts != 1)
		return refuse(rq, 400, "one Host header is needed");
	if (h->lengths > 1)
		return refuse(rq, 400, "Content-Length comes twice");
	if (h->lengths && h->encodings)
		return refuse(rq, 400, "Content-Length and Transfer-Encoding exclude each other");
	if (h->encodings > 1 || (h->encodings && strcasecmp(h->encoding, "chunked") != 0))
		return refuse(rq, 400, "the only Transfer-Encoding here is chunked");
	if (h->authorizations > 1 || h->types > 1)
		return refuse(rq, 400, "Authorization or Content-Type comes twice");
	if (h->lengths &&
	    (h->length[0] == '\0' || strspn(h->length, "0123456789") != strlen(h->length)))
		return refuse(rq, 400, "Content-Length is no number");
	return true;
}

static bool find_route(struct request *rq, const char *method)
{
	if (rq->target_wrong) {
		reply_error(&rq->reply, 400, "%s", rq->target_wrong);
		return false;
	}
	switch (route_find(routes, method, &rq->target, &rq->route, &rq->number, &rq->word,
	                   rq->reply.allow)) {
	case ROUTE_FOUND:
		return true;
	case ROUTE_WRONG_METHOD:
		reply_error(&rq->reply, 405, "this takes %s", rq->reply.allow);
		return false;
	case ROUTE_UNKNOWN:
		break;
	}
	reply_error(&rq->reply, 404, "there is nothing here");
	return false;
}

static bool check_parameters(struct request *rq)
{
	char wrong[256];

	if (route_check(rq->route, &rq->target, wrong, sizeof(wrong)))
		return true;
	reply_error(&rq->reply, 400, "%s", wrong);
	return false;
}

static bool same_type(const char *have, const char *want)
{
	size_t n = strlen(want);

	return have && strncasecmp(have, want, n) == 0 && strchr("; \t", have[n]) != NULL;
}

/* Room for a body within the server's budget, which must never be more than it has memory for. */
static bool promise_room(struct request *rq, uint64_t bytes)
{
	struct serve *s = rq->serve;
	uint64_t before = atomic_fetch_add(&s->body_promised, bytes);

	if (before + bytes > s->options.body_bytes_max) {
		atomic_fetch_sub(&s->body_promised, bytes);
		metrics_add(s->options.metrics, METRIC_HTTP_BUSY, 1);
		rq->reply.retry_after_s = 5;
		reply_error(&rq->reply, 503, "too many bodies are on their way");
		return false;
	}
	metrics_add(s->options.metrics, METRIC_HTTP_BODY_HELD, bytes);
	rq->body_promised = bytes;
	return true;
}

static bool check_body(struct request *rq, const struct headers *h)
{
	const struct route *r = rq->route;
	uint64_t length = h->length ? strtoull(h->length, NULL, 10) : 0;

	if (r->body_max == 0) {
		if (length > 0 || h->encodings)
			return refuse(rq, 400, "this takes no body");
		return true;
	}
	if (!h->lengths && (r->body_sized || !h->encodings))
		return refuse(rq, 411, "a body with Content-Length is needed");
	if (length > r->body_max) {
		reply_error(&rq->reply, 413, "a body has at most %zu bytes here", r->body_max);
		return false;
	}
	if (!same_type(h->type, r->body_type)) {
		reply_error(&rq->reply, 415, "the body must be %s", r->body_type);
		return false;
	}
	return promise_room(rq, h->lengths ? length : r->body_max);
}

bool check_request(struct request *rq, const char *method)
{
	struct headers h = {0};
	bool good;

	MHD_get_connection_values(rq->http, MHD_HEADER_KIND, count_header, &h);
	if (!check_headers(rq, &h))
		return false;
	good = find_route(rq, method) && auth_check(rq) && check_parameters(rq) &&
	       check_body(rq, &h);
	rq->body_expected = h.length ? strtoull(h.length, NULL, 10) : h.encodings ? UINT64_MAX : 0;
	return good;
}
