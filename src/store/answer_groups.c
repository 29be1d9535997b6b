/* SPDX-License-Identifier: Apache-2.0 */
/* top, count and compare: groups over the whole period. */
#include "store/answer_job.h"

#include <stdlib.h>
#include <string.h>

static bool rate_first(const struct answer_job *j)
{
	return j->request->query->measures[0] == MEASURE_RATE;
}

/* A rate's order is the packets' unless each group was watched by sensors of its own. */
static bool order_here(const struct answer_job *j)
{
	for (unsigned i = 0; i < j->key_count; i++) {
		if (j->keys[i] == KEY_SENSOR || j->keys[i] == KEY_MEMBER)
			return rate_first(j);
	}
	return false;
}

static int by_rate(const void *a, const void *b)
{
	const struct answer_group *one = a, *two = b;

	if (one->rated != two->rated)
		return one->rated ? -1 : 1;
	if (one->rate != two->rate)
		return one->rate > two->rate ? -1 : 1;
	return memcmp(&one->key, &two->key, sizeof(one->key));
}

/* The groups of the query's period, largest first, with their rates. */
static enum status read_groups(struct answer_job *j, const struct answer_plan *plan, uint64_t limit,
                               struct answer_groups *out)
{
	struct answer_select q = job_select(j, plan);
	enum status st;

	q.limit = order_here(j) ? QUERY_GROUPS_MAX : limit;
	st = job_groups(j, &q, out);
	for (size_t i = 0; i < out->count && !st; i++)
		job_rate(j, &j->windows, &out->items[i], plan->from, plan->to);
	if (!st && order_here(j) && out->count)
		qsort(out->items, out->count, sizeof(out->items[0]), by_rate);
	if (out->count > limit) {
		out->count = limit;
		out->cut = true;
	}
	j->tail.cut |= out->cut;
	return st;
}

static enum status read_windows(struct answer_job *j, const struct answer_plan *plan)
{
	return answer_windows_read(&j->windows, j->engine, &j->run, &j->scope, plan->from, plan->to,
	                           0, j->trouble);
}

static bool is_known(const struct answer_job *j, const struct answer_group *g)
{
	return job_known(j, g, j->windows.from, j->windows.to);
}

enum status answer_count(struct answer_job *j)
{
	struct answer_groups g = {0};
	struct answer_plan plan;
	enum status st;

	job_plan(j, &plan, j->from, j->to, 0, false);
	job_dimension_columns(j);
	job_measure_columns(j);
	st = read_windows(j, &plan);
	if (!st)
		st = read_groups(j, &plan, query_limit(j->request->query), &g);
	if (!st)
		st = job_table(j, "count");
	for (size_t i = 0; i < g.count && !st; i++) {
		job_dimensions(j, &g.items[i]);
		job_measures(j, &g.items[i], is_known(j, &g.items[i]));
		st = job_row(j);
	}
	answer_groups_clear(&g);
	return st;
}

/* The same groups in the time before. */
struct base {
	struct answer_windows windows;
	struct answer_groups groups;
	uint32_t from, to;
	bool known; /* there was anybody who watched */
};

static void base_clear(struct base *b)
{
	answer_windows_clear(&b->windows);
	answer_groups_clear(&b->groups);
}

static enum status read_base(struct answer_job *j, const struct answer_groups *now, struct base *b)
{
	uint32_t length = (uint32_t)(j->request->query->against_s / 60);
	struct answer_key *keys = answer_groups_keys(now);
	struct answer_select q;
	struct answer_plan plan;
	enum status st = keys ? STATUS_OK : STATUS_NO_MEMORY;

	b->to = j->from;
	b->from = j->from > length ? j->from - length : 0;
	if (!st) {
		job_plan(j, &plan, b->from, b->to, 0, false);
		b->from = plan.from;
		q = job_select(j, &plan);
		q.only = keys;
		q.only_count = now->count;
		st = job_groups(j, &q, &b->groups);
	}
	if (!st)
		st = answer_windows_read(&b->windows, j->engine, &j->run, &j->scope, b->from, b->to,
		                         0, j->trouble);
	b->known = b->windows.count > 0;
	for (size_t i = 0; i < b->groups.count && !st; i++) {
		b->known = true;
		job_rate(j, &b->windows, &b->groups.items[i], b->from, b->to);
	}
	free(keys);
	return st;
}

static const struct answer_group *find_group(const struct answer_groups *g,
                                             const struct answer_key *key)
{
	for (size_t i = 0; i < g->count; i++) {
		if (memcmp(&g->items[i].key, key, sizeof(*key)) == 0)
			return &g->items[i];
	}
	return NULL;
}

/* Sums are compared by hour of watching, so that a gap or another length is no change; distinct
 * sources do not grow with time and are compared as they are. */
static bool change_of(const struct answer_job *j, const struct base *b,
                      const struct answer_group *now, const struct answer_group *before,
                      double *change)
{
	enum query_measure m = (enum query_measure)j->request->query->measures[0];
	uint32_t sensor = job_group_sensor(j, now), member = job_group_member(j, now);
	double new = (double)now->sums[answer_sum_of(m)], old = 0, hours_now, hours_before;

	if (before)
		old = (double)before->sums[answer_sum_of(m)];
	if (old <= 0)
		return false;
	hours_now = answer_windows_sum(&j->windows, j->windows.from, j->windows.to, sensor, member)
	                    .address_hours;
	hours_before =
	        answer_windows_sum(&b->windows, b->from, b->to, sensor, member).address_hours;
	if (m != MEASURE_SOURCES && hours_now > 0 && hours_before > 0) {
		new /= hours_now;
		old /= hours_before;
	}
	*change = new / old - 1;
	return true;
}

static void put_before(struct answer_job *j, const struct base *b, const struct answer_group *now)
{
	const struct answer_group *before = find_group(&b->groups, &now->key);
	enum query_measure m = (enum query_measure)j->request->query->measures[0];
	double change;

	if (!b->known || (m == MEASURE_RATE && before && !before->rated))
		job_null(j);
	else if (m == MEASURE_RATE)
		job_real(j, before ? before->rate : 0);
	else
		job_count(j, before ? before->sums[answer_sum_of(m)] : 0);
	if (b->known && change_of(j, b, now, before, &change))
		job_real(j, change);
	else
		job_null(j);
}

enum status answer_top(struct answer_job *j)
{
	const struct query *query = j->request->query;
	struct base base = {0};
	struct answer_groups g = {0};
	struct answer_plan plan;
	enum status st;

	job_plan(j, &plan, j->from, j->to, 0, false);
	job_dimension_columns(j);
	job_measure_columns(j);
	if (query->against_s) {
		job_column(j, "before", rate_first(j) ? ANSWER_REAL : ANSWER_COUNT);
		job_column(j, "change", ANSWER_CHANGE);
	}
	st = read_windows(j, &plan);
	if (!st)
		st = read_groups(j, &plan, query_limit(query), &g);
	if (!st && query->against_s)
		st = read_base(j, &g, &base);
	if (!st)
		st = job_table(j, "top");
	for (size_t i = 0; i < g.count && !st; i++) {
		job_dimensions(j, &g.items[i]);
		job_measures(j, &g.items[i], true);
		if (query->against_s)
			put_before(j, &base, &g.items[i]);
		st = job_row(j);
	}
	base_clear(&base);
	answer_groups_clear(&g);
	return st;
}

/* A row for each sensor or member that may be named, whether it sent anything or not. */
static bool is_compared(const struct answer_job *j, uint32_t member)
{
	const struct answer_scope *s = &j->scope;

	if (!member)
		return true;
	for (size_t i = 0; i < s->watched.count; i++) {
		if (answer_sensor(j->request->roster, s->watched.numbers[i])->member == member)
			return true;
	}
	return false;
}

static enum status add_silent(struct answer_job *j, struct answer_groups *g)
{
	const struct roster *r = j->request->roster;
	bool sensors = j->keys[0] == KEY_SENSOR;
	size_t count = sensors ? j->scope.watched.count : r->member_count;
	struct answer_group *items = realloc(g->items, (g->count + count + 1) * sizeof(*items));

	if (!items)
		return STATUS_NO_MEMORY;
	g->items = items;
	for (size_t i = 0; i < count; i++) {
		struct answer_group one = {0};

		one.key.values[0] = sensors ? j->scope.watched.numbers[i] : r->members[i].number;
		if (!find_group(g, &one.key) &&
		    is_compared(j, sensors ? 0 : (uint32_t)one.key.values[0]))
			g->items[g->count++] = one;
	}
	return STATUS_OK;
}

static int by_first(const void *a, const void *b, void *state)
{
	const struct answer_job *j = state;
	const struct answer_group *one = a, *two = b;
	enum answer_sum sum = answer_sum_of((enum query_measure)j->request->query->measures[0]);

	if (rate_first(j))
		return by_rate(a, b);
	if (one->sums[sum] != two->sums[sum])
		return one->sums[sum] > two->sums[sum] ? -1 : 1;
	return one->key.values[0] < two->key.values[0] ? -1 : 1;
}

static enum status put_compared(struct answer_job *j, const struct answer_group *g)
{
	uint32_t sensor = job_group_sensor(j, g), member = job_group_member(j, g);
	uint32_t from = j->windows.from, to = j->windows.to;
	struct window_sums w = answer_windows_sum(&j->windows, from, to, sensor, member);
	uint64_t expected = answer_windows_expected(&j->windows, from, to, sensor, member);

	job_dimensions(j, g);
	job_measures(j, g, is_known(j, g));
	job_count(j, w.windows);
	job_count(j, expected);
	job_real(j, w.address_hours);
	job_count(j, w.dropped);
	return job_row(j);
}

enum status answer_compare(struct answer_job *j)
{
	struct answer_groups g = {0};
	struct answer_plan plan;
	uint64_t limit = query_limit(j->request->query);
	enum status st;

	job_plan(j, &plan, j->from, j->to, 0, false);
	job_dimension_columns(j);
	job_measure_columns(j);
	job_column(j, "windows", ANSWER_COUNT);
	job_column(j, "expected", ANSWER_COUNT);
	job_column(j, "address_hours", ANSWER_REAL);
	job_column(j, "dropped", ANSWER_COUNT);
	st = read_windows(j, &plan);
	if (!st)
		st = read_groups(j, &plan, QUERY_GROUPS_MAX, &g);
	if (!st)
		st = add_silent(j, &g);
	for (size_t i = 0; i < g.count && !st; i++)
		job_rate(j, &j->windows, &g.items[i], plan.from, plan.to);
	if (!st && g.count)
		qsort_r(g.items, g.count, sizeof(g.items[0]), by_first, j);
	if (!st)
		st = job_table(j, "compare");
	j->tail.cut |= g.count > limit;
	for (size_t i = 0; i < g.count && i < limit && !st; i++)
		st = put_compared(j, &g.items[i]);
	answer_groups_clear(&g);
	return st;
}
