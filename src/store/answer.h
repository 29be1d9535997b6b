/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer to a query: what the store holds, as far as the viewer may see it.
 *
 * answer_run() makes SQL of a query (docs/howto/query.md) for the smallest table that holds
 * it and hands the result to a sink while it arrives: for each table its columns, then its rows,
 * and at the end how complete the data were. Enforcement of the viewer's rights is here and
 * nowhere else. Nothing but the sink keeps memory that grows with the answer. Texts and cells
 * are valid during the call that hands them out. One engine connection serves one answer at a
 * time; see store/engine.h for threads.
 */
#ifndef STORE_ANSWER_H
#define STORE_ANSWER_H

#include "query/query.h"
#include "query/viewer.h"
#include "store/engine.h"
#include "store/observations.h"

#include <stdatomic.h>

enum {
	ANSWER_COLUMNS_MAX = 32,
	ANSWER_GAPS_MAX = 100, /* listed; the rest is counted */
	ANSWER_NOTES_MAX = 8,
	ANSWER_NOTE_MAX = 200,
	ANSWER_TABLES_MAX = 8, /* of the store, read for one answer */
	ANSWER_NAME_MAX = 64,
};

enum answer_type {
	ANSWER_TEXT,   /* UTF-8; names, addresses, ports ("23/tcp") */
	ANSWER_TIME,   /* number: seconds since 1970 */
	ANSWER_COUNT,  /* number */
	ANSWER_REAL,   /* real */
	ANSWER_CHANGE, /* real: 0.5 is half as much again, -1 is gone */
};

struct answer_column {
	const char *name;
	enum answer_type type;
};

/* One value; null where nothing is known, which is not zero. */
struct answer_cell {
	bool null;
	uint64_t number;
	double real;
	const char *text;
};

struct answer_table {
	const char *name; /* "series", "top", "count", "compare", "rows"; of `source` one for
	                     each side: "summary", "ports", ... */
	const struct answer_column *columns;
	size_t column_count;
};

/* Minutes without a window of a sensor that was expected: [from_s, to_s). */
struct answer_gap {
	uint32_t sensor;
	char name[ANSWER_NAME_MAX]; /* of the sensor, if it has one */
	uint64_t from_s, to_s;
};

/* How complete the data were, over the sensors that the answer speaks of. */
struct answer_complete {
	uint64_t expected; /* windows of a minute: each sensor, while it was known to the hub */
	uint64_t present;
	uint64_t packets, dropped,
	        malformed;    /* in these windows; dropped: packets lost on the way */
	uint64_t sensors;     /* that sent a window */
	double address_hours; /* monitored addresses times hours of watching */
	uint64_t gap_count;   /* of sensors that may be named */
	size_t listed;
	struct answer_gap gaps[ANSWER_GAPS_MAX]; /* the longest first */
	uint64_t live_s; /* the newest data come from provisional windows up to here; 0: none */
};

struct answer_read {
	char tables[ANSWER_TABLES_MAX][32];
	size_t table_count;
	double seconds;
};

/* What holds for the whole answer; complete when answer_sink.end is called. */
struct answer_tail {
	struct answer_complete complete;
	struct answer_read read;
	bool distinct_asked;   /* the answer holds distinct counts, */
	bool distinct_exact;   /* counted and not estimated, */
	double distinct_error; /* else with this relative standard error */
	bool cut;              /* there was more than the limit */
	size_t note_count;
	char notes[ANSWER_NOTES_MAX][ANSWER_NOTE_MAX];
};

/* What is known before the first row. */
struct answer_head {
	char query[QUERY_TEXT_MAX]; /* canonical */
	uint64_t from_s, to_s;      /* the period that was read */
	uint64_t width_s;           /* of a bucket; 0: no series */
	uint64_t base_from_s;       /* of the time before; 0: none. It ends at from_s */
	size_t dimension_count;     /* columns that are groups, after the time of a series */
};

/* Who takes an answer. A status other than OK ends it and is answer_run()'s. */
struct answer_sink {
	void *state;
	enum status (*begin)(void *state, const struct answer_head *head);
	enum status (*table)(void *state, const struct answer_table *table);
	enum status (*row)(void *state, const struct answer_cell *cells);
	enum status (*end)(void *state, const struct answer_tail *tail);
};

struct answer_request {
	const struct query *query;
	const struct viewer *viewer;
	const struct roster *roster;
	uint64_t now_s;
	/* How long the store keeps its tables (zero: for ever): where the finer ones are gone, a
	 * period begins with the hour or day that is still there. */
	struct observations_keep keep;
	const atomic_bool *stop; /* once true the answer ends: STATUS_INTERRUPTED. NULL: never */
};

/* Run. STATUS_USAGE: the query cannot be answered as it stands, and t says why.
 * STATUS_LIMIT: it would take more memory or time than the store allows. STATUS_UNAVAILABLE:
 * no store. After a failure end() is not called. */
MUST_USE enum status answer_run(struct engine *e, const struct answer_request *request,
                                const struct answer_sink *sink, struct trouble *t);

#endif
