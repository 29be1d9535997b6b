/* SPDX-License-Identifier: Apache-2.0 */
#include "query.h"

#include "net/http_client.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TOKEN_MAX = 512, URL_MAX = 3 * QUERY_TEXT_MAX + 1024, ANSWER_BYTES_MAX = 512 << 20 };

/* Bytes on their way through, with a line about them where it takes long. */
struct passing {
	struct outfile *file;
	uint64_t bytes;
	time_t shown;
	bool drawn;
};

/* The file's first line. */
static enum status read_token(const char *path, char out[TOKEN_MAX], struct trouble *t)
{
	FILE *file = fopen(path, "re");
	bool found = file && fgets(out, TOKEN_MAX, file);

	if (!file)
		return trouble_set(t, status_of_errno(errno), path, 0, "cannot read: %s",
		                   strerror(errno));
	fclose(file);
	out[found ? strcspn(out, " \t\r\n") : 0] = '\0';
	if (!out[0])
		return trouble_set(t, STATUS_FORMAT, path, 1, "no token stands there");
	return STATUS_OK;
}

static void draw(struct passing *p)
{
	time_t now = time(NULL);

	if (now <= p->shown || !isatty(STDERR_FILENO))
		return;
	p->shown = now;
	p->drawn = true;
	fprintf(stderr, "\r\033[K%" PRIu64 " kB", p->bytes >> 10);
}

static enum status pass(void *state, const uint8_t *bytes, size_t n)
{
	struct passing *p = state;

	outfile_write(p->file, bytes, n);
	p->bytes += n;
	draw(p);
	return outfile_status(p->file);
}

/* What the hub says of an error, or its number. */
static enum status refused(const struct http_response *r, const char *url, struct trouble *t)
{
	json_t *doc = json_loadb(r->body, r->body_bytes, 0, NULL);
	const json_t *error = json_object_get(doc, "error");
	const char *text = json_string_value(json_object_get(error, "detail"));
	enum status st = r->status == 400 ? STATUS_USAGE : STATUS_UNAVAILABLE;
	char clean[300];

	if (!text)
		text = json_string_value(json_object_get(error, "title"));
	snprintf(clean, sizeof(clean), "%s", text ? text : "");
	for (char *c = clean; *c; c++)
		*c = (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c;
	if (clean[0])
		st = trouble_set(t, st, NULL, 0, "the hub says: %s", clean);
	else if (r->status == 401 || r->status == 403)
		st = trouble_set(t, STATUS_DENIED, url, 0, "the hub does not take this token");
	else
		st = trouble_set(t, st, url, 0, "the hub answered with status %d", r->status);
	json_decref(doc);
	return st;
}

static enum status perform(const struct query_work *w, const struct http_request *request,
                           struct trouble *t)
{
	struct http_client_options options = {.authority = w->settings->authority};
	struct http_response response;
	struct http_client *client;
	enum status st = http_client_open(&client, &options, t);

	if (st)
		return st;
	st = http_client_perform(client, request, &response, t);
	http_client_free(client);
	if (st)
		return st;
	if (response.status / 100 != 2)
		st = refused(&response, w->settings->url, t);
	else if (!request->receive)
		st = answer_read_json(response.body, response.body_bytes, &w->sink, t);
	http_response_clear(&response);
	return st;
}

/* Without a slash at its end. */
static int url_length(const char *url)
{
	size_t n = strlen(url);

	while (n > 0 && url[n - 1] == '/')
		n--;
	return (int)n;
}

enum status query_fetch(const struct query_work *w, struct trouble *t)
{
	bool rows = w->form == FORM_CSV && w->query->verb == VERB_ROWS;
	struct passing passing = {.file = w->file, .shown = time(NULL) + 1};
	char token[TOKEN_MAX] = "", bearer[TOKEN_MAX + 16], *url = malloc(URL_MAX);
	struct http_header header = {"Authorization", bearer};
	struct http_request request = {
	        .url = url, .headers = &header, .response_max = ANSWER_BYTES_MAX};
	enum status st = url ? STATUS_OK : STATUS_NO_MEMORY;
	int used;

	if (!st && w->settings->token_file)
		st = read_token(w->settings->token_file, token, t);
	if (st)
		goto out;
	request.header_count = token[0] ? 1 : 0;
	snprintf(bearer, sizeof(bearer), "Bearer %s", token);
	used = snprintf(url, URL_MAX,
	                "%.*s/api/v1/query?format=%s&q=", url_length(w->settings->url),
	                w->settings->url, rows ? "csv" : "json");
	if (used < 0 || (size_t)used + 3 * strlen(w->text) >= URL_MAX) {
		st = trouble_set(t, STATUS_USAGE, NULL, 0, "--url: too long");
		goto out;
	}
	http_escape(w->text, strlen(w->text), url + used);
	if (rows || w->form == FORM_JSON) {
		request.receive = pass;
		request.receive_state = &passing;
	}
	st = perform(w, &request, t);
	if (passing.drawn)
		fputs("\r\033[K", stderr);
out:
	free(url);
	return st;
}
