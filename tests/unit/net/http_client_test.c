/* SPDX-License-Identifier: Apache-2.0 */
/* Against http_server.py, which is Python's own server. */
#include "net/http_client.h"

#include "../../tap.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct server {
	char folder[64];
	unsigned plain, tls, mutual; /* ports */
	int input;                   /* closed, it ends */
	pid_t pid;
};

static void start(struct server *s)
{
	const char *source = getenv("NOROSHI_SOURCE");
	char script[512];
	int in[2], out[2];
	FILE *ports;

	strcpy(s->folder, "/tmp/noroshi-http-XXXXXX");
	snprintf(script, sizeof(script), "%s/tests/unit/net/http_server.py", source ? source : ".");
	if (!mkdtemp(s->folder) || pipe(in) || pipe(out))
		abort();
	s->pid = fork();
	if (s->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		execlp("python3", "python3", script, s->folder, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	s->input = in[1];
	ports = fdopen(out[0], "r");
	if (!ports || fscanf(ports, "%u %u %u", &s->plain, &s->tls, &s->mutual) != 3)
		abort();
	fclose(ports);
}

static void end(struct server *s)
{
	char command[128];

	close(s->input);
	waitpid(s->pid, NULL, 0);
	snprintf(command, sizeof(command), "rm -rf -- '%s'", s->folder);
	CHECK(system(command) == 0);
}

static const char *in_folder(const struct server *s, const char *name, char out[128])
{
	snprintf(out, 128, "%s/%s", s->folder, name);
	return out;
}

static struct http_client *open_client(const struct http_client_options *o)
{
	struct http_client *c = NULL;
	struct trouble t = {0};

	if (http_client_open(&c, o, &t))
		printf("# %s %s\n", t.file, t.text);
	return c;
}

static enum status ask(struct http_client *c, const char *scheme, unsigned port, const char *path,
                       struct http_request r, struct http_response *out)
{
	struct trouble t = {0};
	char url[128];
	enum status st;

	snprintf(url, sizeof(url), "%s://127.0.0.1:%u%s", scheme, port, path);
	r.url = url;
	st = http_client_perform(c, &r, out, &t);
	CHECK(!st || (t.status == st && t.text[0]));
	return st;
}

static const struct http_request plain;

static void test_plain(const struct server *s, struct http_client *c)
{
	const struct http_request deletes = {.method = "DELETE"};
	struct http_response r;
	char value[64], first[64];

	CHECK(ask(c, "http", s->plain, "/hello", plain, &r) == STATUS_OK);
	CHECK(r.status == 200 && r.body_bytes == 5);
	CHECK_STR(r.body, "hello");
	CHECK(http_response_header(&r, "x-test", value, sizeof(value)));
	CHECK_STR(value, "one");
	CHECK(!http_response_header(&r, "x-tes", value, sizeof(value)));
	CHECK(http_response_header(&r, "X-Agent", value, 8));
	CHECK_STR(value, "noroshi");
	CHECK(http_response_header(&r, "X-Port", first, sizeof(first)));
	http_response_clear(&r);
	/* The same connection again. */
	CHECK(ask(c, "http", s->plain, "/hello", plain, &r) == STATUS_OK);
	CHECK(http_response_header(&r, "X-Port", value, sizeof(value)));
	CHECK_STR(value, first);
	http_response_clear(&r);
	CHECK(ask(c, "http", s->plain, "/", deletes, &r) == STATUS_OK);
	CHECK_STR(r.body, "deleted");
	http_response_clear(&r);
	CHECK(ask(c, "http", s->plain, "/redirect", plain, &r) == STATUS_OK);
	CHECK(r.status == 302);
	http_response_clear(&r);
}

static enum status give(void *state, uint8_t *out, size_t *n)
{
	size_t *left = state;

	*n = *n < *left ? *n : *left;
	memset(out, 'g', *n);
	*left -= *n;
	return STATUS_OK;
}

static enum status refuse_to_give(void *state, uint8_t *out, size_t *n)
{
	(void)state, (void)out, (void)n;
	return STATUS_FULL;
}

static void test_streamed(const struct server *s, struct http_client *c, int64_t bytes,
                          const char *form)
{
	size_t left = 100000;
	struct http_request streamed = {.send = give, .send_state = &left, .send_bytes = bytes};
	struct http_response r;
	char value[64];

	CHECK(ask(c, "http", s->plain, "/", streamed, &r) == STATUS_OK);
	CHECK(r.body_bytes == 100000 && http_response_header(&r, "X-Form", value, sizeof(value)));
	CHECK_STR(value, form);
	http_response_clear(&r);
	streamed.send = refuse_to_give;
	CHECK(ask(c, "http", s->plain, "/", streamed, &r) == STATUS_FULL);
}

static void test_bodies(const struct server *s, struct http_client *c)
{
	const struct http_header header = {"X-Give", "it"}, split = {"X-Give", "a\r\nX-More: b"};
	struct http_request small = {
	        .body = "a\0b", .body_bytes = 3, .headers = &header, .header_count = 1};
	struct http_response r;
	char value[64];

	CHECK(ask(c, "http", s->plain, "/", small, &r) == STATUS_OK);
	CHECK(r.body_bytes == 3 && memcmp(r.body, "a\0b", 3) == 0);
	CHECK(http_response_header(&r, "X-Given", value, sizeof(value)));
	CHECK_STR(value, "it");
	http_response_clear(&r);
	small.headers = &split;
	CHECK(ask(c, "http", s->plain, "/", small, &r) == STATUS_USAGE);
	test_streamed(s, c, -1, "chunked");
	test_streamed(s, c, 100000, "plain");
}

struct intake {
	size_t bytes;
	enum status answer;
	atomic_bool stop;
	bool stops;
};

static enum status take(void *state, const uint8_t *bytes, size_t n)
{
	struct intake *i = state;

	(void)bytes;
	i->bytes += n;
	if (i->stops)
		atomic_store(&i->stop, true);
	return i->answer;
}

static void test_bounds(const struct server *s, struct http_client *c)
{
	const struct http_request large = {.response_max = 3000000};
	struct intake in = {0};
	struct http_request taking = {.receive = take, .receive_state = &in};
	struct http_response r;

	CHECK(ask(c, "http", s->plain, "/big", plain, &r) == STATUS_LIMIT);
	CHECK(ask(c, "http", s->plain, "/big", large, &r) == STATUS_OK);
	CHECK_U64(r.body_bytes, 3000000);
	http_response_clear(&r);
	CHECK(ask(c, "http", s->plain, "/big", taking, &r) == STATUS_OK);
	CHECK(in.bytes == 3000000 && r.body_bytes == 0);
	http_response_clear(&r);
	in.answer = STATUS_FORMAT;
	CHECK(ask(c, "http", s->plain, "/big", taking, &r) == STATUS_FORMAT);
	/* An error's body is gathered, and cut. */
	in.bytes = 0;
	CHECK(ask(c, "http", s->plain, "/fail", taking, &r) == STATUS_OK);
	CHECK(r.status == 500 && in.bytes == 0 && r.body_cut && r.body_bytes == HTTP_RESPONSE_MAX);
	http_response_clear(&r);
	CHECK(ask(c, "http", s->plain, "/headers", taking, &r) == STATUS_LIMIT);
}

static void test_faults(const struct server *s, struct http_client *c)
{
	struct intake in = {.stops = true};
	const struct http_request until_stop = {
	        .receive = take, .receive_state = &in, .stop = &in.stop};
	const struct http_request hasty = {.total_ms = 200};
	struct http_response r;

	CHECK(ask(c, "http", s->plain, "/cut", plain, &r) == STATUS_UNAVAILABLE);
	CHECK(ask(c, "http", s->plain, "/garbage", plain, &r) == STATUS_FORMAT);
	CHECK(ask(c, "http", s->plain, "/endless", hasty, &r) == STATUS_UNAVAILABLE);
	CHECK(ask(c, "http", s->plain, "/endless", until_stop, &r) == STATUS_INTERRUPTED);
	CHECK_U64(in.bytes, 5);
	CHECK(ask(c, "ftp", s->plain, "/", plain, &r) == STATUS_USAGE);
	CHECK(ask(c, "http", 1, "/", plain, &r) == STATUS_UNAVAILABLE);
	CHECK(ask(c, "http", s->plain, "/hello", plain, &r) == STATUS_OK);
	http_response_clear(&r);
}

static enum status try_tls(const struct http_client_options *o, const char *host, unsigned port,
                           const char *path, const char *want)
{
	struct http_client *c = open_client(o);
	struct http_response r;
	struct trouble t = {0};
	char url[128];
	const struct http_request request = {.url = url};
	enum status st;

	snprintf(url, sizeof(url), "https://%s:%u%s", host, port, path);
	st = http_client_perform(c, &request, &r, &t);
	if (st == STATUS_OK) {
		CHECK_STR(r.body, want);
		http_response_clear(&r);
	} else {
		printf("# %s\n", t.text);
	}
	http_client_free(c);
	return st;
}

static void read_pin(const struct server *s, const char *name, uint8_t pin[HTTP_PIN_BYTES])
{
	char path[128];
	FILE *f = fopen(in_folder(s, name, path), "rb");

	CHECK(f && fread(pin, 1, HTTP_PIN_BYTES, f) == HTTP_PIN_BYTES);
	if (f)
		fclose(f);
}

static enum status hello(const struct server *s, const struct http_client_options *o)
{
	return try_tls(o, "127.0.0.1", s->tls, "/hello", "hello");
}

static void test_authority(const struct server *s)
{
	char ca[128], other[128], cert[128], key[128];
	struct http_client_options o = {.authority = in_folder(s, "ca.pem", ca)};
	enum status st;

	CHECK(hello(s, &o) == STATUS_OK);
	/* TLS 1.3: the refusal comes after the request, and a reset may overtake it. */
	st = try_tls(&o, "127.0.0.1", s->mutual, "/who", "");
	CHECK(st == STATUS_DENIED || st == STATUS_UNAVAILABLE);
	o.certificate = in_folder(s, "client.pem", cert);
	o.key = in_folder(s, "client.key", key);
	CHECK(try_tls(&o, "127.0.0.1", s->mutual, "/who", "client") == STATUS_OK);
	o = (struct http_client_options){0};
	CHECK(hello(s, &o) == STATUS_DENIED);
	o.authority = in_folder(s, "other.pem", other);
	CHECK(hello(s, &o) == STATUS_DENIED);
}

/* Joining: the CA's key is known, its file is not. The pin alone decides, and names still count:
 * the certificate is for 127.0.0.1. */
static void test_pin(const struct server *s)
{
	uint8_t pin[HTTP_PIN_BYTES], other_pin[HTTP_PIN_BYTES];
	struct http_client_options o = {.authority_pin = pin};
	char ca[128];

	read_pin(s, "ca.pin", pin);
	read_pin(s, "other.pin", other_pin);
	CHECK(hello(s, &o) == STATUS_OK);
	CHECK(try_tls(&o, "localhost", s->tls, "/hello", "") == STATUS_DENIED);
	o.authority_pin = other_pin;
	CHECK(hello(s, &o) == STATUS_DENIED);
	o.authority = in_folder(s, "ca.pem", ca);
	CHECK(hello(s, &o) == STATUS_DENIED);
}

static void test_options(const struct server *s)
{
	struct http_client_options o = {.key = "k"};
	struct http_client *c = NULL;
	struct http_response r;
	struct trouble t = {0};
	char path[128];

	CHECK(http_client_open(&c, &o, &t) == STATUS_USAGE);
	o = (struct http_client_options){.authority = "/nonexistent"};
	CHECK(http_client_open(&c, &o, &t) == STATUS_NOT_FOUND);
	o = (struct http_client_options){.unix_socket = in_folder(s, "sock", path)};
	c = open_client(&o);
	CHECK(ask(c, "http", 9, "/hello", plain, &r) == STATUS_OK);
	CHECK_STR(r.body, "hello");
	http_response_clear(&r);
	http_client_free(c);
	http_client_free(NULL);
}

static void test_escape(void)
{
	char out[64];

	CHECK_U64(http_escape("a b&c=\xff\0~", 9, out), 19);
	CHECK_STR(out, "a%20b%26c%3D%FF%00~");
	http_escape("aZ09-._~", 8, out);
	CHECK_STR(out, "aZ09-._~");
}

int main(void)
{
	struct server s = {0};
	struct http_client *c;

	signal(SIGPIPE, SIG_IGN);
	setenv("http_proxy", "http://127.0.0.1:1", 1); /* which must not be heeded */
	start(&s);
	c = open_client(NULL);
	test_plain(&s, c);
	test_bodies(&s, c);
	test_bounds(&s, c);
	test_faults(&s, c);
	test_authority(&s);
	test_pin(&s);
	test_options(&s);
	test_escape();
	http_client_free(c);
	end(&s);
	return tap_done();
}
