/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What others saw, read from their logs into memory: rows of time, source, sensor, port, count.
 *
 * A log is CSV with a header, CSV or columns by number, FlowTuple as CSV or as corsaro's text, or
 * DShield's tab-separated lines; plain or compressed by gzip or zstd. A line that gives no
 * row is counted under its reason, with the number of the first such line; it is no error. Rows
 * take HISTORY_ROW_BYTES each within a budget: where it ends, reading ends, and the history says
 * so. history_read() may be called for several files, then history_seal() once, which sorts the
 * rows by time; after that any thread may look. The history owns all memory.
 */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include "history/columns.h"
#include "history/ids.h"
#include "model/addr.h"

#include <stdatomic.h>

enum {
	HISTORY_LINE_MAX = 65536,
	HISTORY_SENSORS_MAX = 1024,
	HISTORY_SENSOR_NAME_MAX = 64,
	HISTORY_ROW_BYTES = 24,
	HISTORY_SOURCE_BYTES = 32, /* with its share of the table */
};

enum history_reject {
#define HISTORY_REJECT(id, key, text) REJECT_##id,
#include "history/reject.def"
#undef HISTORY_REJECT
	HISTORY_REJECTS
};

struct history_row {
	uint32_t time_s;  /* since 1970, UTC */
	uint32_t source;  /* number in `sources` */
	uint32_t count;   /* 1 to 1,000,000,000 */
	uint32_t port;    /* proto << 16 | port; ICMP: type * 256 + code (model/flow.h) */
	uint16_t sensor;  /* number in `sensors` */
	uint16_t country; /* two letters, the first in the high byte; 0: not said */
	uint32_t order;   /* as read: sorting is the same each time */
};

struct history {
	struct history_row *rows; /* sorted by time after history_seal() */
	size_t count, room;
	uint64_t memory; /* budget, bytes */
	struct ids sources;
	struct ids sensors; /* by hash of the name */
	char (*sensor_names)[HISTORY_SENSOR_NAME_MAX];
	uint64_t lines, comments;
	uint64_t rejected[HISTORY_REJECTS];
	uint64_t first_rejected[HISTORY_REJECTS]; /* line number */
	bool cut;                                 /* the budget ended before the file */
};

/* A kind of log: one row of the registry. */
struct history_format {
	const char *name, *help;
	const char *map;        /* as --columns has it; NULL: from the header */
	const char *separators; /* NULL: the one of , ; tab | that the first line has most of */
	const char *clock;      /* comments with this and a time set the time of the lines below */
};

extern const struct history_format history_formats[];
extern const unsigned history_format_count;

/* The format of that name, or NULL. */
const struct history_format *history_format_find(const char *name);

struct history_options {
	const struct history_format *format; /* NULL: seen from the first line */
	const char *map;                     /* --columns; NULL: none */
	const atomic_bool *stop;             /* may be NULL */
	/* Called now and then; NULL: not wanted. */
	void (*progress)(void *state, uint64_t done, uint64_t total, uint64_t rows);
	void *progress_state;
};

void history_init(struct history *h, uint64_t memory);

/* STATUS_USAGE for a map that is none, STATUS_FORMAT where columns are missing or no line gave a
 * row, NOT_FOUND, IO, LIMIT (a broken compressed file), INTERRUPTED, NO_MEMORY. */
MUST_USE enum status history_read(struct history *h, const char *path,
                                  const struct history_options *o, struct trouble *t);

/* The same from memory, not compressed; `name` is for messages. */
MUST_USE enum status history_read_bytes(struct history *h, const char *name, const void *bytes,
                                        size_t size, const struct history_options *o,
                                        struct trouble *t);

/* Sort what was read. */
void history_seal(struct history *h);

/* The source's address. */
struct addr history_source(const struct history *h, uint32_t source);

/* The key in JSON, and what a person reads. */
const char *history_reject_key(enum history_reject r);
const char *history_reject_text(enum history_reject r);

void history_clear(struct history *h);

#endif
