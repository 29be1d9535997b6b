/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"

#include "net/http_pin.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct http_client {
	CURL *curl;
	struct http_client_options options; /* texts are our copies */
	char *unix_socket, *certificate, *key, *authority, *user_agent;
	uint8_t pin[HTTP_PIN_BYTES];
	char reason[CURL_ERROR_SIZE];
};

/* One request under way. */
struct exchange {
	struct http_client *client;
	const struct http_request *request;
	struct http_response *response;
	size_t body_room, header_room, body_max;
	enum status failed; /* by a callback of ours */
};

/* libcurl wants its one global start before any thread uses it. */
static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
	CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

	assert(code == CURLE_OK);
	(void)code;
}

static enum status copy_text(char **out, const char *text)
{
	*out = text ? strdup(text) : NULL;
	return text && !*out ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status check_file(const char *path, const char *what, struct trouble *t)
{
	if (!path || access(path, R_OK) == 0)
		return STATUS_OK;
	return trouble_set(t, errno == EACCES ? STATUS_DENIED : STATUS_NOT_FOUND, path, 0,
	                   "cannot read the %s: %s", what, strerror(errno));
}

static enum status check_options(const struct http_client_options *o, struct trouble *t)
{
	enum status st;

	if (!o->certificate != !o->key)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "a certificate needs its key and a key its certificate");
	st = check_file(o->certificate, "certificate", t);
	if (!st)
		st = check_file(o->key, "certificate's key", t);
	if (!st)
		st = check_file(o->authority, "authority's certificate", t);
	return st;
}

static enum status copy_options(struct http_client *c, const struct http_client_options *o)
{
	c->options = *o;
	if (o->authority_pin) {
		memcpy(c->pin, o->authority_pin, sizeof(c->pin));
		c->options.authority_pin = c->pin;
	}
	if (copy_text(&c->unix_socket, o->unix_socket) ||
	    copy_text(&c->certificate, o->certificate) || copy_text(&c->key, o->key) ||
	    copy_text(&c->authority, o->authority) ||
	    copy_text(&c->user_agent, o->user_agent ? o->user_agent : "noroshi/" NOROSHI_VERSION))
		return STATUS_NO_MEMORY;
	return STATUS_OK;
}

enum status http_client_open(struct http_client **out, const struct http_client_options *options,
                             struct trouble *t)
{
	const struct http_client_options none = {0};
	struct http_client *c = NULL;
	enum status st;

	*out = NULL;
	options = options ? options : &none;
	st = check_options(options, t);
	if (st)
		return st;
	pthread_once(&curl_once, start_curl);
	c = calloc(1, sizeof(*c));
	if (c)
		c->curl = curl_easy_init();
	if (!c || !c->curl || copy_options(c, options)) {
		http_client_free(c);
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	}
	*out = c;
	return STATUS_OK;
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	curl_easy_cleanup(client->curl);
	free(client->unix_socket);
	free(client->certificate);
	free(client->key);
	free(client->authority);
	free(client->user_agent);
	free(client);
}

/* Room for n more bytes and a NUL behind them. */
static bool reserve(char **bytes, size_t *room, size_t used, size_t n)
{
	size_t wanted = *room ? *room : 512;
	char *grown;

	if (*bytes && used + n < *room)
		return true;
	while (wanted <= used + n)
		wanted *= 2;
	grown = realloc(*bytes, wanted);
	if (!grown)
		return false;
	*bytes = grown;
	*room = wanted;
	return true;
}

static size_t fail_exchange(struct exchange *x, enum status st)
{
	if (!x->failed)
		x->failed = st;
	return 0;
}

/* libcurl hands over one whole line each time, and that of every answer: only the last counts. */
static size_t take_header(char *line, size_t one, size_t n, void *state)
{
	struct exchange *x = state;
	struct http_response *r = x->response;
	size_t kept = n;

	(void)one;
	if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		r->header_bytes = 0;
		return n;
	}
	while (kept > 0 && (line[kept - 1] == '\r' || line[kept - 1] == '\n'))
		kept--;
	if (kept == 0)
		return n;
	if (r->header_bytes + kept + 1 > HTTP_HEADERS_MAX)
		return fail_exchange(x, STATUS_LIMIT);
	if (!reserve(&r->headers, &x->header_room, r->header_bytes, kept + 1))
		return fail_exchange(x, STATUS_NO_MEMORY);
	memcpy(r->headers + r->header_bytes, line, kept);
	r->header_bytes += kept;
	r->headers[r->header_bytes++] = '\n';
	r->headers[r->header_bytes] = '\0';
	return n;
}

static size_t gather(struct exchange *x, const char *bytes, size_t n)
{
	struct http_response *r = x->response;

	if (!reserve(&r->body, &x->body_room, r->body_bytes, n))
		return fail_exchange(x, STATUS_NO_MEMORY);
	memcpy(r->body + r->body_bytes, bytes, n);
	r->body_bytes += n;
	r->body[r->body_bytes] = '\0';
	return n;
}

static size_t take_body(char *bytes, size_t one, size_t n, void *state)
{
	struct exchange *x = state;
	size_t left = x->body_max - x->response->body_bytes;
	enum status st;
	long code = 0;

	(void)one;
	if (!x->request->receive) {
		if (n > left)
			return fail_exchange(x, STATUS_LIMIT);
		return gather(x, bytes, n);
	}
	curl_easy_getinfo(x->client->curl, CURLINFO_RESPONSE_CODE, &code);
	if (code / 100 == 2) {
		st = x->request->receive(x->request->receive_state, (uint8_t *)bytes, n);
		return st ? fail_exchange(x, st) : n;
	}
	x->response->body_cut |= n > left;
	if (left > 0 && gather(x, bytes, n < left ? n : left) == 0)
		return 0;
	return n;
}

static size_t give_body(char *out, size_t one, size_t room, void *state)
{
	struct exchange *x = state;
	size_t n = one * room;
	enum status st = x->request->send(x->request->send_state, (uint8_t *)out, &n);

	if (st) {
		fail_exchange(x, st);
		return CURL_READFUNC_ABORT;
	}
	assert(n <= one * room);
	return n;
}

static int look_up(void *state, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct exchange *x = state;

	(void)a, (void)b, (void)c, (void)d;
	return x->request->stop && atomic_load_explicit(x->request->stop, memory_order_relaxed);
}

static CURLcode pin_context(CURL *curl, void *context, void *pin)
{
	(void)curl;
	http_pin_install(context, pin);
	return CURLE_OK;
}

static void set_tls(struct http_client *c)
{
	CURL *curl = c->curl;

	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (c->certificate) {
		curl_easy_setopt(curl, CURLOPT_SSLCERT, c->certificate);
		curl_easy_setopt(curl, CURLOPT_SSLKEY, c->key);
	}
	if (c->options.authority_pin) {
		curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, pin_context);
		curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, (void *)c->pin);
	} else if (c->authority) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, c->authority);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
}

static void set_connection(struct http_client *c)
{
	const struct http_client_options *o = &c->options;
	CURL *curl = c->curl;

	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, c->reason);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, c->user_agent);
	if (!o->proxy_from_environment)
		curl_easy_setopt(curl, CURLOPT_PROXY, "");
	if (c->unix_socket)
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, c->unix_socket);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
	                 (long)(o->connect_ms ? o->connect_ms : HTTP_CONNECT_MS));
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
	                 (long)(o->stall_seconds ? o->stall_seconds : HTTP_STALL_SECONDS));
	curl_easy_setopt(curl, CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)o->send_bytes_per_second);
	curl_easy_setopt(curl, CURLOPT_MAX_RECV_SPEED_LARGE,
	                 (curl_off_t)o->receive_bytes_per_second);
	set_tls(c);
}

static void set_body(CURL *curl, struct exchange *x)
{
	const struct http_request *r = x->request;
	bool has_body = r->body || r->send;
	const char *method = r->method ? r->method : has_body ? "POST" : "GET";

	if (has_body || strcmp(method, "POST") == 0) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
		                 r->send ? (curl_off_t)r->send_bytes : (curl_off_t)r->body_bytes);
		if (r->send) {
			curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
			curl_easy_setopt(curl, CURLOPT_READDATA, x);
		} else {
			curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->body ? r->body : "");
		}
	}
	if (strcmp(method, has_body ? "POST" : "GET") != 0)
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

static void set_callbacks(CURL *curl, struct exchange *x)
{
	curl_easy_setopt(curl, CURLOPT_URL, x->request->url);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, x);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)x->request->total_ms);
}

static enum status add_header(struct curl_slist **list, const char *name, const char *value)
{
	char line[4096];
	struct curl_slist *grown;
	int n = snprintf(line, sizeof(line), "%s: %s", name, value);

	if (n < 0 || (size_t)n >= sizeof(line) || strpbrk(line, "\r\n"))
		return STATUS_USAGE;
	if (value[0] == '\0') /* libcurl's way to send an empty one */
		snprintf(line, sizeof(line), "%s;", name);
	grown = curl_slist_append(*list, line);
	if (!grown)
		return STATUS_NO_MEMORY;
	*list = grown;
	return STATUS_OK;
}

static enum status make_headers(const struct http_request *r, struct curl_slist **list)
{
	enum status st = STATUS_OK;
	/* Nobody here waits a second for "100 Continue". */
	struct curl_slist *first = curl_slist_append(NULL, "Expect:");

	if (!first)
		return STATUS_NO_MEMORY;
	*list = first;
	if (r->header_count > HTTP_REQUEST_HEADERS_MAX)
		return STATUS_USAGE;
	if (r->send && r->send_bytes < 0)
		st = add_header(list, "Transfer-Encoding", "chunked");
	for (size_t i = 0; i < r->header_count && !st; i++)
		st = add_header(list, r->headers[i].name, r->headers[i].value);
	return st;
}

/* What goes into messages: without the query, which may carry a whole statement. */
static void shorten_url(const char *url, char *out, size_t size)
{
	size_t n = strcspn(url, "?#");

	n = n < size - 1 ? n : size - 1;
	memcpy(out, url, n);
	out[n] = '\0';
}

static enum status tls_status(const char *reason)
{
	return strstr(reason, "alert") || strstr(reason, "certificate") ? STATUS_DENIED
	                                                                : STATUS_UNAVAILABLE;
}

static enum status status_of_curl(CURLcode code, const char *reason)
{
	switch (code) {
	case CURLE_OK:
		return STATUS_OK;
	case CURLE_URL_MALFORMAT:
		return STATUS_USAGE;
	case CURLE_OUT_OF_MEMORY:
		return STATUS_NO_MEMORY;
	case CURLE_ABORTED_BY_CALLBACK:
		return STATUS_INTERRUPTED;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
		return STATUS_DENIED;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return tls_status(reason);
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: the scheme was checked before */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return STATUS_FORMAT;
	default:
		return STATUS_UNAVAILABLE;
	}
}

static const char *advice(enum status st)
{
	switch (st) {
	case STATUS_UNAVAILABLE:
		return "is the server up, and does the address reach it?";
	case STATUS_DENIED:
		return "check both sides' certificates, their names and dates";
	case STATUS_FORMAT:
		return "what answers there does not speak HTTP/1.1";
	case STATUS_LIMIT:
		return "the answer is longer than is taken";
	case STATUS_INTERRUPTED:
		return "stopped by the caller";
	default:
		return "the request ended early";
	}
}

static enum status explain(struct exchange *x, CURLcode code, struct trouble *t)
{
	enum status st = x->failed ? x->failed : status_of_curl(code, x->client->reason);
	const char *reason = x->client->reason;
	char where[200];

	if (st == STATUS_OK)
		return st;
	shorten_url(x->client->unix_socket ? x->client->unix_socket : x->request->url, where,
	            sizeof(where));
	if (x->failed)
		return trouble_set(t, st, where, 0, "%s", advice(st));
	return trouble_set(t, st, where, 0, "%s; %s", reason[0] ? reason : curl_easy_strerror(code),
	                   advice(st));
}

static bool has_known_scheme(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

enum status http_client_perform(struct http_client *client, const struct http_request *request,
                                struct http_response *response, struct trouble *t)
{
	struct exchange x = {.client = client, .request = request, .response = response};
	struct curl_slist *headers = NULL;
	CURLcode code = CURLE_OK;
	enum status st;
	long answer = 0;

	memset(response, 0, sizeof(*response));
	if (!has_known_scheme(request->url))
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "an address begins with http:// or https://");
	st = make_headers(request, &headers);
	if (st || !reserve(&response->body, &x.body_room, 0, 0) ||
	    !reserve(&response->headers, &x.header_room, 0, 0)) {
		st = trouble_set(t, st ? st : STATUS_NO_MEMORY, NULL, 0,
		                 "the request's headers are too many, too long or hold line ends");
		goto out;
	}
	response->body[0] = response->headers[0] = '\0';
	x.body_max = request->response_max && !request->receive ? request->response_max
	                                                        : HTTP_RESPONSE_MAX;
	curl_easy_reset(client->curl);
	client->reason[0] = '\0';
	set_connection(client);
	set_callbacks(client->curl, &x);
	set_body(client->curl, &x);
	curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(client->curl);
	st = explain(&x, code, t);
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &answer);
	response->status = (int)answer;
out:
	curl_slist_free_all(headers);
	if (st)
		http_response_clear(response);
	return st;
}

bool http_response_header(const struct http_response *response, const char *name, char *out,
                          size_t size)
{
	size_t length = strlen(name), n;
	const char *end;

	for (const char *line = response->headers; line && *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			break;
		if (strncasecmp(line, name, length) != 0 || line[length] != ':')
			continue;
		line += length + 1;
		line += strspn(line, " \t");
		n = line < end ? (size_t)(end - line) : 0;
		n = n < size - 1 ? n : size - 1;
		memcpy(out, line, n);
		out[n] = '\0';
		return true;
	}
	return false;
}

void http_response_clear(struct http_response *response)
{
	free(response->body);
	free(response->headers);
	memset(response, 0, sizeof(*response));
}

size_t http_escape(const void *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789ABCDEF";
	static const char plain[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	const uint8_t *in = bytes;
	char *at = out;

	for (size_t i = 0; i < n; i++) {
		if (in[i] && strchr(plain, in[i])) {
			*at++ = (char)in[i];
		} else {
			*at++ = '%';
			*at++ = digits[in[i] >> 4];
			*at++ = digits[in[i] & 15];
		}
	}
	*at = '\0';
	return (size_t)(at - out);
}
