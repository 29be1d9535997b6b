/* SPDX-License-Identifier: Apache-2.0 */
#include "store/answer_job.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void job_note(struct answer_job *j, const char *fmt, ...)
{
	va_list args;

	if (j->tail.note_count == ANSWER_NOTES_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(j->tail.notes[j->tail.note_count++], ANSWER_NOTE_MAX, fmt, args);
	va_end(args);
}

static unsigned add_key(struct answer_job *j, enum plan_key k)
{
	for (unsigned i = 0; i < j->key_count; i++) {
		if (j->keys[i] == k)
			return i;
	}
	assert(j->key_count < PLAN_KEYS_MAX);
	j->keys[j->key_count] = k;
	return j->key_count++;
}

void job_set_dimensions(struct answer_job *j, const uint8_t *dimensions, unsigned count)
{
	enum plan_key keys[2];

	j->key_count = 0;
	for (unsigned i = 0; i < count; i++) {
		unsigned n = plan_dimension_keys((enum query_dimension)dimensions[i], keys);

		j->places[i][0] = add_key(j, keys[0]);
		j->places[i][1] = n > 1 ? add_key(j, keys[1]) : 0;
	}
}

bool job_asks(const struct answer_job *j, enum query_measure m)
{
	const struct query *q = j->request->query;

	for (unsigned i = 0; i < q->measure_count; i++) {
		if (q->measures[i] == m)
			return true;
	}
	return false;
}

static void name_tables(struct answer_job *j, const struct answer_plan *plan)
{
	struct answer_read *r = &j->tail.read;

	for (size_t i = 0; i < plan->count; i++) {
		size_t n = 0;

		while (n < r->table_count && strcmp(r->tables[n], plan->pieces[i].table) != 0)
			n++;
		if (n == r->table_count && n < ANSWER_TABLES_MAX)
			snprintf(r->tables[r->table_count++], sizeof(r->tables[0]), "%s",
			         plan->pieces[i].table);
	}
}

void job_plan(struct answer_job *j, struct answer_plan *plan, uint32_t from, uint32_t to,
              uint32_t width, bool raw)
{
	struct plan_wish wish = {
	        .from = from,
	        .to = to,
	        .width = width,
	        .keys = plan_filter_keys(j->request->query),
	        .raw = raw || job_asks(j, MEASURE_DESTINATIONS),
	        /* No window says yet how long the newest minutes were watched. */
	        .live = !job_asks(j, MEASURE_RATE),
	};

	for (unsigned i = 0; i < j->key_count; i++)
		wish.keys |= 1u << j->keys[i];
	answer_plan_make(plan, &j->scope, &wish);
	name_tables(j, plan);
	if (plan->count && plan->pieces[plan->count - 1].live)
		j->live = plan->pieces[plan->count - 1];
}

struct answer_select job_select(const struct answer_job *j, const struct answer_plan *plan)
{
	const struct query *q = j->request->query;
	struct answer_select s = {.scope = &j->scope, .plan = plan, .key_count = j->key_count};

	memcpy(s.keys, j->keys, sizeof(s.keys));
	for (unsigned i = 0; i < q->measure_count; i++)
		s.wanted[answer_sum_of((enum query_measure)q->measures[i])] = true;
	if (q->measure_count > 0)
		s.order = answer_sum_of((enum query_measure)q->measures[0]);
	return s;
}

enum status job_query(struct answer_job *j, struct sql *sql, native_block_function on_block,
                      void *state)
{
	enum status st = sql_check(sql, j->trouble);

	if (!st)
		st = engine_query(j->engine, sql->text, &j->run, on_block, state, j->trouble);
	sql_clear(sql);
	return st;
}

struct taking {
	struct answer_job *job;
	const struct answer_select *select;
	struct answer_groups *groups;
	size_t most;
};

static void take_group(struct taking *t, const struct native_block *b, size_t row)
{
	struct answer_group *g = &t->groups->items[t->groups->count++];
	size_t column = 0;

	*g = (struct answer_group){0};
	if (t->select->width)
		g->t = native_u64(b, column++, row);
	for (unsigned i = 0; i < t->select->key_count; i++)
		g->key.values[i] = native_u64(b, column++, row);
	for (unsigned i = 0; i < SUM_COUNT_OF; i++) {
		if (t->select->wanted[i])
			g->sums[i] = native_u64(b, column++, row);
	}
	if (g->sums[SUM_SOURCES] > DISTINCT_EXACT_MAX)
		t->job->tail.distinct_exact = false;
}

static enum status take_groups(void *state, const struct native_block *b)
{
	struct taking *t = state;
	struct answer_groups *g = t->groups;

	if (g->count + b->rows > t->most)
		return STATUS_LIMIT;
	if (g->count + b->rows > g->room) {
		size_t room = (g->count + b->rows) * 2;
		struct answer_group *items = realloc(g->items, room * sizeof(*items));

		if (!items)
			return STATUS_NO_MEMORY;
		g->items = items;
		g->room = room;
	}
	for (size_t i = 0; i < b->rows; i++)
		take_group(t, b, i);
	return STATUS_OK;
}

enum status job_groups(struct answer_job *j, struct answer_select *q, struct answer_groups *out)
{
	struct taking t = {.job = j, .select = q, .groups = out, .most = 4000000};
	struct sql sql = {0};
	uint64_t limit = q->limit;
	enum status st;

	*out = (struct answer_groups){0};
	if (limit)
		q->limit = limit + 1;
	answer_select_write(&sql, q);
	q->limit = limit;
	st = job_query(j, &sql, take_groups, &t);
	if (st == STATUS_LIMIT)
		trouble_set(j->trouble, st, NULL, 0, "the answer is too large: ask for less");
	if (limit && out->count > limit) {
		out->count = limit;
		out->cut = true;
	}
	return st;
}

struct answer_key *answer_groups_keys(const struct answer_groups *g)
{
	struct answer_key *keys = calloc(g->count + 1, sizeof(*keys));

	for (size_t i = 0; i < g->count && keys; i++)
		keys[i] = g->items[i].key;
	return keys;
}

void answer_groups_clear(struct answer_groups *g)
{
	free(g->items);
	*g = (struct answer_groups){0};
}

static uint64_t key_value(const struct answer_job *j, const struct answer_group *g, enum plan_key k)
{
	for (unsigned i = 0; i < j->key_count; i++) {
		if (j->keys[i] == k)
			return g->key.values[i];
	}
	return 0;
}

uint32_t job_group_sensor(const struct answer_job *j, const struct answer_group *g)
{
	return (uint32_t)key_value(j, g, KEY_SENSOR);
}

uint32_t job_group_member(const struct answer_job *j, const struct answer_group *g)
{
	return (uint32_t)key_value(j, g, KEY_MEMBER);
}

void job_rate(const struct answer_job *j, const struct answer_windows *w, struct answer_group *g,
              uint32_t from, uint32_t to)
{
	struct window_sums sums =
	        answer_windows_sum(w, from, to, job_group_sensor(j, g), job_group_member(j, g));

	g->rated = sums.address_hours > 0;
	g->rate = g->rated ? (double)g->sums[SUM_PACKETS] / sums.address_hours : 0;
}

bool job_known(const struct answer_job *j, const struct answer_group *g, uint32_t from, uint32_t to)
{
	for (unsigned i = 0; i < SUM_COUNT_OF; i++) {
		if (g->sums[i])
			return true;
	}
	return j->scope.others.count == 0 &&
	       answer_windows_sum(&j->windows, from, to, job_group_sensor(j, g),
	                          job_group_member(j, g))
	                       .windows > 0;
}
