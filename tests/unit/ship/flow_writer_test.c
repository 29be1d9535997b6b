/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/flow_writer.h"

#include "tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

static char folder[] = "/tmp/noroshi-flow-writer-XXXXXX";

static void path_of(char out[256], const char *name)
{
	snprintf(out, 256, "%s/%s", folder, name);
}

static size_t slurp(const char *path, char *out, size_t room)
{
	FILE *file = fopen(path, "rb");
	size_t n = file ? fread(out, 1, room - 1, file) : 0;

	if (file)
		fclose(file);
	out[n] = '\0';
	return n;
}

static void flip_last_byte(const void *state, const struct addr *in, struct addr *out)
{
	*out = *in;
	out->b[15] ^= *(const uint8_t *)state;
}

static enum status write_rows(struct flow_sink *sink, unsigned rows)
{
	struct window_header header = {.start_s = 60, .span_s = 60, .rows = rows};
	struct flow row = {.proto = 17, .port = 53, .packets = 1, .bytes = 60, .destinations = 1};
	enum status st = sink->begin(sink->state, &header);

	for (unsigned i = 0; i < rows && !st; i++) {
		row.source = addr_v4(0x0a000000 + i / 2);
		st = sink->row(sink->state, &row);
	}
	return st ? st : sink->end(sink->state);
}

static void check_formats(void)
{
	enum flow_format format;
	bool zstd;

	CHECK(flow_format_of("-", &format, &zstd, NULL) == STATUS_OK);
	CHECK(format == FLOW_FORMAT_CSV && !zstd);
	CHECK(flow_format_of("a.jsonl.zst", &format, &zstd, NULL) == STATUS_OK);
	CHECK(format == FLOW_FORMAT_JSONL && zstd);
	CHECK(flow_format_of("a.csv/b.ndjson", &format, &zstd, NULL) == STATUS_OK);
	CHECK(format == FLOW_FORMAT_JSONL && !zstd);
	CHECK(flow_format_of("a.batch", &format, &zstd, NULL) == STATUS_OK);
	CHECK(format == FLOW_FORMAT_BATCH);
	CHECK(flow_format_of("a.batch.zst", &format, &zstd, NULL) == STATUS_USAGE);
	CHECK(flow_format_of(".csv", &format, &zstd, NULL) == STATUS_USAGE);
	CHECK(flow_format_of("a.txt", &format, &zstd, NULL) == STATUS_USAGE);
	CHECK(flow_format_parse("jsonl", &format) == STATUS_OK && format == FLOW_FORMAT_JSONL);
	CHECK(flow_format_parse("parquet", &format) == STATUS_USAGE);
}

static void check_csv(void)
{
	char path[256], text[4096];
	uint8_t mask = 3;
	struct flow_writer_options options = {.map = flip_last_byte, .map_state = &mask};
	struct flow_writer *w;
	struct flow_sink sink;
	struct trouble t;

	path_of(path, "a.csv");
	CHECK(flow_writer_open(&w, path, &options, &sink, &t) == STATUS_OK);
	CHECK(write_rows(&sink, 3) == STATUS_OK);
	CHECK(access(path, F_OK) != 0);
	CHECK(flow_writer_commit(w, &t) == STATUS_OK);
	slurp(path, text, sizeof(text));
	CHECK(strstr(text, "\r\n1970-01-01T00:01:00Z,0,10.0.0.3,17,53,") != NULL);
	CHECK(strstr(text, ",10.0.0.2,") != NULL);
	CHECK(strstr(text, ",10.0.0.1,") == NULL);
}

/* An old file survives an abandoned writer. */
static void check_abandon(void)
{
	char path[256], before[4096], after[4096];
	struct flow_writer *w;
	struct flow_sink sink;
	struct trouble t;

	path_of(path, "a.csv");
	slurp(path, before, sizeof(before));
	CHECK(flow_writer_open(&w, path, NULL, &sink, &t) == STATUS_OK);
	CHECK(write_rows(&sink, 30000) == STATUS_OK);
	flow_writer_abandon(w);
	slurp(path, after, sizeof(after));
	CHECK_STR(after, before);
}

static void check_zstd(void)
{
	enum { ROWS = 20000, ROOM = 8 << 20 };
	char path[256], *packed = malloc(ROOM), *plain = malloc(ROOM);
	struct flow_writer *w;
	struct flow_sink sink;
	struct trouble t;
	size_t n, lines = 0, out;

	path_of(path, "a.jsonl.zst");
	CHECK(flow_writer_open(&w, path, NULL, &sink, &t) == STATUS_OK);
	CHECK(write_rows(&sink, ROWS) == STATUS_OK);
	CHECK(flow_writer_commit(w, &t) == STATUS_OK);
	n = slurp(path, packed, ROOM);
	out = ZSTD_decompress(plain, ROOM, packed, n);
	CHECK(!ZSTD_isError(out));
	for (size_t i = 0; !ZSTD_isError(out) && i < out; i++)
		lines += plain[i] == '\n';
	CHECK_U64(lines, ROWS);
	free(packed);
	free(plain);
}

static void check_full_disk(void)
{
	struct flow_writer_options options = {.format = FLOW_FORMAT_CSV};
	struct flow_writer *w;
	struct flow_sink sink;
	struct trouble t = {0};

	CHECK(flow_writer_open(&w, "/dev/full", &options, &sink, &t) == STATUS_OK);
	CHECK(write_rows(&sink, 30000) == STATUS_FULL);
	CHECK(flow_writer_commit(w, &t) == STATUS_FULL);
	CHECK(strstr(t.text, "No space") != NULL);
	CHECK(flow_writer_open(&w, "/nonexistent/a.csv", NULL, &sink, &t) == STATUS_NOT_FOUND);
	CHECK(w == NULL);
	flow_writer_abandon(NULL);
}

static void clean_up(void)
{
	static const char *const names[] = {"a.csv", "a.jsonl.zst", "a.batch"};
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(path, names[i]);
		unlink(path);
	}
	CHECK(rmdir(folder) == 0); /* nothing temporary was left */
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	check_formats();
	check_csv();
	check_abandon();
	check_zstd();
	check_full_disk();
	clean_up();
	return tap_done();
}
