/* SPDX-License-Identifier: Apache-2.0 */
#include "store/answer.h"

#include "store/answer_job.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Who does not see all may put no name to what others' sensors saw. */
static bool asks_single_rows(const struct query *q)
{
	if (q->verb == VERB_ROWS || q->verb == VERB_SOURCE)
		return true;
	for (unsigned i = 0; i < q->dimension_count; i++) {
		if (q->dimensions[i] == DIMENSION_SOURCE)
			return true;
	}
	return false;
}

static void note_sharing(struct answer_job *j)
{
	const struct answer_scope *s = &j->scope;

	if (s->all)
		return;
	if (s->others.count == 0) {
		job_note(j, "of the sensors that are your own");
		return;
	}
	job_note(j,
	         "other members' sensors add to a cell where at least %u of them and %u sources "
	         "do; their part is rounded to %u",
	         s->min_sensors, s->min_sources, s->round_to);
}

static void note_names(struct answer_job *j)
{
	const struct query *q = j->request->query;

	if (j->scope.watched.count == 0 &&
	    (query_mentions(q, DIMENSION_SENSOR) || query_mentions(q, DIMENSION_MEMBER)))
		job_note(j, "no sensor that you may ask for is meant by this");
}

/* What is the same for all verbs, before anything is read. */
static enum status job_open(struct answer_job *j)
{
	const struct answer_request *rq = j->request;
	const struct query *q = rq->query;
	enum status st = query_print(q, j->head.query, sizeof(j->head.query));

	if (!st)
		st = query_period(q, rq->now_s, &j->from, &j->to);
	if (st)
		return trouble_set(
		        j->trouble, STATUS_USAGE, NULL, 0,
		        "the period begins after the present, or is longer than ten years");
	j->width = query_width(q, j->from, j->to);
	st = answer_scope_make(&j->scope, rq, !asks_single_rows(q));
	if (st)
		return trouble_set(j->trouble, st, NULL, 0, "%s", status_text(st));
	job_set_dimensions(j, q->dimensions, q->dimension_count);
	j->tail.distinct_asked = job_asks(j, MEASURE_SOURCES);
	j->tail.distinct_exact = true;
	j->head.dimension_count = q->dimension_count;
	j->head.from_s = (uint64_t)j->from * 60;
	j->head.to_s = (uint64_t)j->to * 60;
	if (q->against_s)
		j->head.base_from_s =
		        q->against_s < j->head.from_s ? j->head.from_s - q->against_s : 0;
	return STATUS_OK;
}

static enum status run_verb(struct answer_job *j)
{
	switch ((enum query_verb)j->request->query->verb) {
	case VERB_SERIES:
		return answer_series(j);
	case VERB_TOP:
		return answer_top(j);
	case VERB_COUNT:
		return answer_count(j);
	case VERB_SOURCE:
		return answer_source(j);
	case VERB_COMPARE:
		return answer_compare(j);
	case VERB_ROWS:
		return answer_rows(j);
	case VERB_COUNT_OF:
		break;
	}
	return STATUS_USAGE;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* How far the provisional rows reach that were read. */
static enum status tell_live(struct answer_job *j)
{
	struct sql sql = {0};
	uint64_t last = 0;
	enum status st;

	if (!j->live.to)
		return STATUS_OK;
	sql_text(&sql, "SELECT max(second) FROM live WHERE ");
	answer_piece_where(&sql, &j->scope, &j->live, NULL);
	st = sql_check(&sql, j->trouble);
	if (!st)
		st = engine_number(j->engine, sql.text, &j->run, &last, j->trouble);
	sql_clear(&sql);
	j->tail.complete.live_s = last ? last + 1 : 0;
	return st;
}

static enum status job_close(struct answer_job *j, double start)
{
	enum status st = tell_live(j);

	if (st)
		return st;
	st = answer_windows_tell(&j->windows, &j->tail.complete);
	if (st)
		return trouble_set(j->trouble, st, NULL, 0, "%s", status_text(st));
	note_sharing(j);
	note_names(j);
	if (!j->tail.distinct_exact)
		j->tail.distinct_error = DISTINCT_ERROR;
	j->tail.read.seconds = seconds_now() - start;
	return j->sink->end(j->sink->state, &j->tail);
}

enum status answer_run(struct engine *e, const struct answer_request *request,
                       const struct answer_sink *sink, struct trouble *t)
{
	struct answer_job *j = calloc(1, sizeof(*j));
	double start = seconds_now();
	enum status st;

	if (!j)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	j->engine = e;
	j->request = request;
	j->sink = sink;
	j->trouble = t;
	j->run.stop = request->stop;
	st = job_open(j);
	if (!st)
		st = run_verb(j);
	if (!st)
		st = job_close(j, start);
	answer_windows_clear(&j->windows);
	answer_scope_clear(&j->scope);
	free(j);
	return st;
}
