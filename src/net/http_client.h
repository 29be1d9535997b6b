/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests over HTTP and HTTPS: the one wrapper of libcurl.
 *
 * A client keeps its connection alive between requests and belongs to one thread at a time; each
 * thread opens its own. Only http and https, no redirects, no proxy of the environment unless
 * asked for, TLS 1.2 or later, names and chains always checked. Nothing is kept without a bound:
 * headers up to HTTP_HEADERS_MAX, a gathered body up to the request's `response_max`. Options and
 * requests are read during the call only, except that options' texts are copied at open; a
 * response owns its bytes until http_response_clear(). The program must ignore SIGPIPE.
 */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include "base/status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_PIN_BYTES = 32,
	HTTP_HEADERS_MAX = 64 << 10,   /* bytes of all response headers, kept and accepted */
	HTTP_RESPONSE_MAX = 1 << 20,   /* bytes of a gathered body where the request says nothing */
	HTTP_CONNECT_MS = 10000,       /* default connect timeout */
	HTTP_STALL_SECONDS = 60,       /* default: less than a byte a second for so long fails */
	HTTP_REQUEST_HEADERS_MAX = 32, /* headers in one request */
};

struct http_client;

struct http_client_options {
	const char *unix_socket; /* connect here, whatever host the URL names; NULL: by the URL */
	const char *certificate; /* own certificate (chain) and key, PEM files; both or neither */
	const char *key;
	const char *authority; /* CA file, PEM; NULL: the system's */
	/* SHA-256 of the public key (SubjectPublicKeyInfo, DER) of a CA that the server sends
	 * along in its chain: then that CA alone is trusted, and `authority` plays no part. For
	 * joining, before the CA's file is there. HTTP_PIN_BYTES bytes or NULL. */
	const uint8_t *authority_pin;
	uint32_t connect_ms;               /* 0: HTTP_CONNECT_MS */
	uint32_t stall_seconds;            /* 0: HTTP_STALL_SECONDS */
	uint64_t send_bytes_per_second;    /* 0: no limit */
	uint64_t receive_bytes_per_second; /* 0: no limit */
	bool proxy_from_environment;       /* http_proxy and the like are heeded only so */
	const char *user_agent;            /* NULL: noroshi/VERSION */
};

struct http_header {
	const char *name, *value; /* without CR and LF: else STATUS_USAGE */
};

/* The next bytes of a body: *n (in: room, out: given); 0 given ends it. Not STATUS_OK: the
 * request fails with that status. */
typedef enum status (*http_send_function)(void *state, uint8_t *out, size_t *n);

/* Bytes of the body of a 2xx answer, in order. Not STATUS_OK: the request ends with that status
 * and the connection is closed. */
typedef enum status (*http_receive_function)(void *state, const uint8_t *bytes, size_t n);

struct http_request {
	const char *method; /* NULL: POST where there is a body, else GET */
	const char *url;    /* http://... or https://... */
	const struct http_header *headers;
	size_t header_count; /* at most HTTP_REQUEST_HEADERS_MAX */
	const void *body;    /* body_bytes bytes; NULL with body_bytes 0 and `send` NULL: none */
	size_t body_bytes;
	http_send_function send; /* instead of `body`: streamed, chunked where send_bytes is -1 */
	void *send_state;
	int64_t send_bytes;
	http_receive_function receive; /* NULL: 2xx bodies are gathered into the response */
	void *receive_state;
	size_t response_max; /* bytes of a gathered body, past it STATUS_LIMIT; 0: HTTP_RESPONSE_MAX
	                      */
	uint32_t total_ms;   /* for the whole request; 0: no limit but the stall's */
	const atomic_bool *stop; /* once true the request ends within a second or so; or NULL */
};

struct http_response {
	int status; /* 100 to 599 */
	char *body; /* gathered bytes and a NUL behind them; never NULL after STATUS_OK */
	size_t body_bytes;
	bool body_cut; /* not 2xx with `receive`: only the first HTTP_RESPONSE_MAX bytes are here */
	char *headers; /* "Name: value\n" lines of the final answer and a NUL */
	size_t header_bytes;
};

/* STATUS_USAGE: options that contradict each other; STATUS_NOT_FOUND: a named file is not there. */
MUST_USE enum status http_client_open(struct http_client **out,
                                      const struct http_client_options *options, struct trouble *t);

/* STATUS_OK with whatever status the server answered. Else the request may or may not have been
 * carried out: STATUS_UNAVAILABLE: no connection, it broke, or took too long (try again later);
 * STATUS_DENIED: TLS refused one side (under TLS 1.3
 * a server's refusal of our certificate may also show as a broken connection); STATUS_LIMIT: the
 * answer is too long; STATUS_FORMAT: the answer is not HTTP; STATUS_INTERRUPTED: `stop`;
 * STATUS_USAGE: a bad URL or header; or a callback's. `response` needs no clearing then. */
MUST_USE enum status http_client_perform(struct http_client *client,
                                         const struct http_request *request,
                                         struct http_response *response, struct trouble *t);

/* The header's value into out (size bytes, cut to fit); false: not there. Any case of name; of
 * several the first. */
bool http_response_header(const struct http_response *response, const char *name, char *out,
                          size_t size);

void http_response_clear(struct http_response *response);
void http_client_free(struct http_client *client);

/* Percent-encode n bytes for a query string (RFC 3986 unreserved stay) into out, which must hold
 * 3 * n + 1. Returns the length without the NUL. */
size_t http_escape(const void *bytes, size_t n, char *out);

#endif
