/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One answer on its way: what the verbs share. Inside of this room only; one thread.
 */
#ifndef STORE_ANSWER_JOB_H
#define STORE_ANSWER_JOB_H

#include "query/value.h"
#include "store/answer_select.h"
#include "store/answer_windows.h"

/* Distinct counts up to here are exact, beyond estimated (docs/adr/0009). */
enum { DISTINCT_EXACT_MAX = 4096 };
#define DISTINCT_ERROR 0.01

struct answer_group {
	struct answer_key key;
	uint64_t t; /* of a series: minute / width */
	uint64_t sums[SUM_COUNT_OF];
	double rate;
	bool rated; /* rate holds */
};

struct answer_groups {
	struct answer_group *items;
	size_t count, room;
	bool cut; /* there were more than the limit */
};

struct answer_job {
	struct engine *engine;
	struct engine_run run;
	const struct answer_request *request;
	const struct answer_sink *sink;
	struct trouble *trouble;
	struct answer_scope scope;
	struct answer_windows windows;
	struct answer_head head;
	struct answer_tail tail;
	uint32_t from, to, width; /* minutes */
	/* The groups' columns, and where each dimension's stand among them. */
	enum plan_key keys[PLAN_KEYS_MAX];
	unsigned key_count;
	unsigned places[QUERY_DIMENSIONS_MAX][2];
	struct answer_column columns[ANSWER_COLUMNS_MAX];
	size_t column_count;
	struct answer_cell cells[ANSWER_COLUMNS_MAX];
	char texts[ANSWER_COLUMNS_MAX][VALUE_TEXT_MAX];
	size_t filled;
	bool begun;             /* the sink has the head */
	struct plan_piece live; /* the provisional rows that were read, if live.to is not 0 */
};

/* answer_job.c: what every verb does. */
void job_note(struct answer_job *j, const char *fmt, ...) PRINTF_LIKE(2, 3);
void job_set_dimensions(struct answer_job *j, const uint8_t *dimensions, unsigned count);
void job_plan(struct answer_job *j, struct answer_plan *plan, uint32_t from, uint32_t to,
              uint32_t width, bool raw);
/* A selection by the job's keys with the query's measures. */
struct answer_select job_select(const struct answer_job *j, const struct answer_plan *plan);
/* Run it; at most q->limit groups are kept, and `cut` is set where there was one more. */
MUST_USE enum status job_groups(struct answer_job *j, struct answer_select *q,
                                struct answer_groups *out);
/* Their keys as an array of its own, to be freed; NULL: out of memory. */
struct answer_key *answer_groups_keys(const struct answer_groups *g);
void answer_groups_clear(struct answer_groups *g);
/* Run SQL; the text is cleared. */
MUST_USE enum status job_query(struct answer_job *j, struct sql *sql,
                               native_block_function on_block, void *state);
/* Fill in rates from the windows of [from, to). */
void job_rate(const struct answer_job *j, const struct answer_windows *w, struct answer_group *g,
              uint32_t from, uint32_t to);
/* Whether a group's sums say anything, zeros too: somebody watched, and no cell of others may
 * have been withheld. */
bool job_known(const struct answer_job *j, const struct answer_group *g, uint32_t from,
               uint32_t to);
/* The number of the group's sensor or member; 0: it is not grouped by that. */
uint32_t job_group_sensor(const struct answer_job *j, const struct answer_group *g);
uint32_t job_group_member(const struct answer_job *j, const struct answer_group *g);
bool job_asks(const struct answer_job *j, enum query_measure m);

/* Columns of a table, then rows cell by cell. */
void job_column(struct answer_job *j, const char *name, enum answer_type type);
void job_dimension_columns(struct answer_job *j);
void job_measure_columns(struct answer_job *j);
MUST_USE enum status job_table(struct answer_job *j, const char *name);
void job_null(struct answer_job *j);
void job_count(struct answer_job *j, uint64_t n);
void job_real(struct answer_job *j, double value);
void job_text(struct answer_job *j, const char *fmt, ...) PRINTF_LIKE(2, 3);
void job_sensor(struct answer_job *j, uint32_t number);
void job_member(struct answer_job *j, uint32_t number);
void job_source(struct answer_job *j, uint64_t high, uint64_t low);
void job_dimensions(struct answer_job *j, const struct answer_group *g);
/* known false: a gap; the measures are null. */
void job_measures(struct answer_job *j, const struct answer_group *g, bool known);
MUST_USE enum status job_row(struct answer_job *j);

/* The verbs. */
MUST_USE enum status answer_series(struct answer_job *j);
MUST_USE enum status answer_top(struct answer_job *j);
MUST_USE enum status answer_count(struct answer_job *j);
MUST_USE enum status answer_compare(struct answer_job *j);
MUST_USE enum status answer_source(struct answer_job *j);
MUST_USE enum status answer_rows(struct answer_job *j);

#endif
