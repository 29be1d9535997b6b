/* SPDX-License-Identifier: Apache-2.0 */
#include "store/flow_parquet.h"

#include "base/outfile.h"
#include "ship/flow_text.h"
#include "store/engine.h"
#include "store/sql.h"
#include "store/storer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	BUFFER_BYTES = 8 << 20, /* lines that go in together */
	NUMBER_MAX = 24,        /* a row's number and its comma */
	START_S = 60,
	NAP_MS = 20,
};

#define MEMORY_BYTES (UINT64_C(1) << 30)

/* In the CSV's order. What comes out is `out`, or the column as it is. */
static const struct {
	const char *name, *type, *out;
} columns[] = {
        {"window", "DateTime('UTC')", "toDateTime64(`window`, 3, 'UTC')"},
        {"sensor", "UInt32", NULL},
        {"source", "String", NULL},
        {"proto", "UInt8", NULL},
        {"port", "UInt16", NULL},
        {"peer_port", "UInt16", NULL},
        {"kind", "LowCardinality(String)", NULL},
        {"marks", "LowCardinality(String)", NULL},
        {"tcp_flags", "LowCardinality(String)", NULL},
        {"packets", "UInt64", NULL},
        {"bytes", "UInt64", NULL},
        {"destinations", "UInt32", NULL},
        {"destinations_exact", "Bool", NULL},
        {"first", "Float64", NULL},
        {"last", "Float64", NULL},
        {"ttl_min", "UInt8", NULL},
        {"ttl_max", "UInt8", NULL},
        {"ip_len", "UInt16", NULL},
        {"tcp_window", "UInt16", NULL},
        {"options_hash", "String", NULL},
        {"signs", "LowCardinality(String)", NULL},
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

struct flow_parquet {
	struct flow_parquet_options options;
	char path[PATH_MAX], work[PATH_MAX], place[PATH_MAX]; /* place: of the socket */
	struct log log;
	struct storer *storer;
	struct engine *engine;
	struct flow_text text;
	char *lines;
	size_t length;
	uint64_t rows;
	struct trouble trouble; /* what made the sink fail */
	enum status failed;
};

bool flow_parquet_is_meant(const char *path)
{
	static const char ending[] = ".parquet";
	size_t n = strlen(path);

	return n > strlen(ending) && strcmp(path + n - strlen(ending), ending) == 0;
}

/* The CSV's header is what the columns are called. */
static bool columns_are_the_text(const struct flow_text *text)
{
	const char *at = flow_text_header(text);

	for (size_t i = 0; i < COLUMNS; i++) {
		size_t n = strlen(columns[i].name);

		if (strncmp(at, columns[i].name, n) != 0 ||
		    !strchr(i + 1 < COLUMNS ? "," : "\r", at[n]))
			return false;
		at += n + 1;
	}
	return true;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info;
	(void)kind;
	(void)walk;
	(void)remove(path);
	return 0;
}

/* A directory that mkdtemp() made. */
static void remove_made(const char *made)
{
	if (made[0])
		(void)nftw(made, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static enum status make_places(struct flow_parquet *p, const char *path, struct trouble *t)
{
	const char *temporary = getenv("TMPDIR");
	char real[PATH_MAX];
	struct stat info;

	if (strcmp(path, "-") == 0 || (stat(path, &info) == 0 && !S_ISREG(info.st_mode)))
		return trouble_set(t, STATUS_USAGE, path, 0, "Parquet goes into a regular file");
	snprintf(p->path, sizeof(p->path), "%s", path);
	snprintf(p->work, sizeof(p->work), "%.4000s.XXXXXX", path);
	/* A socket's path is short. */
	snprintf(p->place, sizeof(p->place), "%.80s/noroshi-XXXXXX",
	         temporary && *temporary ? temporary : "/tmp");
	if (!mkdtemp(p->work))
		p->work[0] = '\0';
	if (!p->work[0] || !mkdtemp(p->place)) {
		p->place[0] = '\0';
		return trouble_set(t, status_of_errno(errno), path, 0, "cannot write: %s",
		                   strerror(errno));
	}
	/* The engine wants a path that does not depend on where it runs. */
	if (!realpath(p->work, real))
		return trouble_set(t, status_of_errno(errno), path, 0, "cannot write: %s",
		                   strerror(errno));
	snprintf(p->work, sizeof(p->work), "%s", real);
	return STATUS_OK;
}

static enum status wait_for_engine(struct flow_parquet *p, struct trouble *t)
{
	const struct timespec nap = {0, NAP_MS * 1000000L};
	enum status st = STATUS_UNAVAILABLE;

	for (int waited = 0;
	     waited < START_S * 1000 && st == STATUS_UNAVAILABLE && storer_restarts(p->storer) < 2;
	     waited += NAP_MS) {
		st = engine_ping(p->engine, t);
		if (st)
			nanosleep(&nap, NULL);
	}
	return st ? trouble_set(t, st, p->options.storer, 0, "the storer does not start") : st;
}

static enum status start(struct flow_parquet *p, struct trouble *t)
{
	char data[PATH_MAX], socket[PATH_MAX];
	enum status st;

	snprintf(data, sizeof(data), "%.4000s/rows", p->work);
	snprintf(socket, sizeof(socket), "%.100s/s", p->place);
	p->log = (struct log){.fd = -1};
	st = storer_start(&p->storer,
	                  &(struct storer_options){.program = p->options.storer,
	                                           .data = data,
	                                           .socket = socket,
	                                           .memory_bytes = MEMORY_BYTES,
	                                           .quiet = true,
	                                           .log = &p->log},
	                  t);
	if (!st)
		st = engine_open(&p->engine, &(struct engine_options){.socket = socket}, t);
	return st ? st : wait_for_engine(p, t);
}

/* Rows are numbered, so that they come out as they went in. */
static enum status make_table(struct flow_parquet *p, struct trouble *t)
{
	struct sql q = {0};
	enum status st;

	sql_text(&q, "CREATE TABLE rows (number UInt64");
	for (size_t i = 0; i < COLUMNS; i++) {
		sql_text(&q, ", ");
		sql_name(&q, columns[i].name);
		sql_text(&q, " ");
		sql_append_constant(&q, columns[i].type);
	}
	sql_text(&q, ") ENGINE = MergeTree ORDER BY number");
	st = sql_check(&q, t);
	if (!st)
		st = engine_execute(p->engine, q.text, NULL, t);
	sql_clear(&q);
	return st;
}

static enum status insert_lines(struct flow_parquet *p)
{
	static const struct engine_setting settings[] = {{"date_time_input_format", "best_effort"}};
	const struct engine_run run = {.settings = settings, .setting_count = 1};

	if (!p->failed && p->length)
		p->failed = engine_insert_bytes(p->engine, "INSERT INTO rows FORMAT CSV", p->lines,
		                                p->length, &run, &p->trouble);
	p->length = 0;
	return p->failed;
}

static enum status take_window(void *state, const struct window_header *header)
{
	struct flow_parquet *p = state;

	flow_text_window(&p->text, header);
	return p->failed;
}

static enum status take_row(void *state, const struct flow *row)
{
	struct flow_parquet *p = state;
	struct flow copy = *row;

	if (p->options.map)
		p->options.map(p->options.map_state, &row->source, &copy.source);
	p->length += (size_t)snprintf(p->lines + p->length, NUMBER_MAX, "%llu,",
	                              (unsigned long long)p->rows++);
	p->length += flow_text_row(&p->text, &copy, p->lines + p->length);
	if (p->length + NUMBER_MAX + FLOW_TEXT_LINE_MAX <= BUFFER_BYTES)
		return p->failed;
	return insert_lines(p);
}

static enum status end_window(void *state)
{
	return ((struct flow_parquet *)state)->failed;
}

enum status flow_parquet_open(struct flow_parquet **out, const char *path,
                              const struct flow_parquet_options *options, struct flow_sink *sink,
                              struct trouble *t)
{
	struct flow_parquet *p = calloc(1, sizeof(*p));
	enum status st;

	*out = NULL;
	if (!p)
		return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	p->options = *options;
	p->lines = malloc(BUFFER_BYTES);
	flow_text_init(&p->text, false);
	assert(columns_are_the_text(&p->text));
	st = p->lines ? make_places(p, path, t)
	              : trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	if (!st)
		st = start(p, t);
	if (!st)
		st = make_table(p, t);
	if (st) {
		flow_parquet_abandon(p);
		return st;
	}
	*sink = (struct flow_sink){
	        .state = p, .begin = take_window, .row = take_row, .end = end_window};
	*out = p;
	return STATUS_OK;
}

/* The library streams Parquet as several files one after the other; INTO a file it is one. */
static enum status write_file(struct flow_parquet *p, const char *file, struct trouble *t)
{
	static const struct engine_setting settings[] = {{"max_threads", "1"}};
	const struct engine_run run = {.settings = settings, .setting_count = 1};
	struct sql q = {0};
	enum status st;

	sql_text(&q, "INSERT INTO FUNCTION file(");
	sql_string(&q, file, strlen(file));
	sql_text(&q, ", 'Parquet') SELECT ");
	for (size_t i = 0; i < COLUMNS; i++) {
		if (i)
			sql_text(&q, ", ");
		if (columns[i].out)
			sql_append_constant(&q, columns[i].out);
		else
			sql_name(&q, columns[i].name);
		sql_text(&q, " AS ");
		sql_name(&q, columns[i].name);
	}
	sql_text(&q, " FROM rows ORDER BY number");
	st = sql_check(&q, t);
	if (!st)
		st = engine_execute(p->engine, q.text, &run, t);
	sql_clear(&q);
	return st;
}

/* Onto the disk, with the rights of any file that we write, and under its name. */
static enum status put_in_place(struct flow_parquet *p, const char *file, struct trouble *t)
{
	mode_t mask = umask(0);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	bool ok;

	umask(mask);
	ok = fd >= 0 && fchmod(fd, 0666 & ~mask) == 0 && fsync(fd) == 0 &&
	     rename(file, p->path) == 0;
	if (!ok)
		trouble_set(t, status_of_errno(errno), p->path, 0, "cannot write: %s",
		            strerror(errno));
	if (fd >= 0)
		close(fd);
	if (!ok)
		return t ? t->status : STATUS_IO;
	errno = outfile_sync_folder(p->path);
	return errno ? trouble_set(t, status_of_errno(errno), p->path, 0, "cannot write: %s",
	                           strerror(errno))
	             : STATUS_OK;
}

enum status flow_parquet_commit(struct flow_parquet *p, struct trouble *t)
{
	char file[PATH_MAX];
	enum status st = insert_lines(p);

	if (st) {
		trouble_set(t, st, p->path, 0, "cannot write: %s", p->trouble.text);
		flow_parquet_abandon(p);
		return st;
	}
	snprintf(file, sizeof(file), "%.4000s/flows.parquet", p->work);
	st = write_file(p, file, t);
	if (!st)
		st = put_in_place(p, file, t);
	flow_parquet_abandon(p);
	return st;
}

void flow_parquet_abandon(struct flow_parquet *p)
{
	if (!p)
		return;
	engine_free(p->engine);
	storer_stop(p->storer);
	remove_made(p->work);
	remove_made(p->place);
	free(p->lines);
	free(p);
}
