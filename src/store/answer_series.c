/* SPDX-License-Identifier: Apache-2.0 */
/* series: a row for each bucket and group, also where nothing came; a gap is null. */
#include "store/answer_job.h"

#include <stdlib.h>

enum { SERIES_CELLS_MAX = 1000000 };

static enum status refuse(struct answer_job *j, const char *text)
{
	return trouble_set(j->trouble, STATUS_USAGE, NULL, 0, "%s", text);
}

/* Others' figures come in whole grains; a narrower bucket is of one's own sensors alone. */
static void fit_width(struct answer_job *j)
{
	uint32_t rest = j->width % j->scope.grain;

	if (j->scope.others.count == 0 || rest == 0)
		return;
	if (!j->request->query->every_s) {
		j->width += j->scope.grain - rest;
		return;
	}
	answer_scope_drop_others(&j->scope);
	job_note(j,
	         "others' sensors are left out: their figures need 'every' %u minutes or a "
	         "multiple of that",
	         j->scope.grain);
}

/* Which groups get a line: the largest of the whole period. */
static enum status choose_lines(struct answer_job *j, struct answer_groups *lines)
{
	struct answer_select q;
	struct answer_plan plan;
	enum status st;

	job_plan(j, &plan, j->from, j->to, 0, false);
	q = job_select(j, &plan);
	q.limit = query_limit(j->request->query);
	st = job_groups(j, &q, lines);
	j->tail.cut |= lines->cut;
	if (!st && lines->cut)
		job_note(j, "only the largest %zu groups are shown; 'limit' asks for more",
		         lines->count);
	return st;
}

static enum status read_values(struct answer_job *j, const struct answer_plan *plan,
                               const struct answer_groups *lines, struct answer_groups *values)
{
	struct answer_select q = job_select(j, plan);
	struct answer_key *keys = answer_groups_keys(lines);
	enum status st = keys ? STATUS_OK : STATUS_NO_MEMORY;

	q.width = j->width;
	if (j->key_count) {
		q.only = keys;
		q.only_count = lines->count;
	}
	if (!st)
		st = job_groups(j, &q, values);
	free(keys);
	return st;
}

static int compare_place(const struct answer_job *j, const struct answer_group *g, uint64_t t,
                         const struct answer_key *key)
{
	if (g->t != t)
		return g->t < t ? -1 : 1;
	for (unsigned i = 0; i < j->key_count; i++) {
		if (g->key.values[i] != key->values[i])
			return g->key.values[i] < key->values[i] ? -1 : 1;
	}
	return 0;
}

/* The values come sorted by time and key. */
static struct answer_group value_at(const struct answer_job *j, const struct answer_groups *values,
                                    uint64_t t, const struct answer_key *key)
{
	struct answer_group none = {.t = t, .key = *key};
	size_t low = 0, high = values->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_place(j, &values->items[middle], t, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < values->count && compare_place(j, &values->items[low], t, key) == 0)
		return values->items[low];
	return none;
}

static enum status put_bucket(struct answer_job *j, const struct answer_groups *values,
                              const struct answer_key *key, uint32_t t)
{
	struct answer_group g = value_at(j, values, t, key);
	uint32_t from = t * j->width, to = from + j->width;
	uint32_t sensor = job_group_sensor(j, &g), member = job_group_member(j, &g);
	uint64_t expected = answer_windows_expected(&j->windows, from, to, sensor, member);
	struct window_sums w = answer_windows_sum(&j->windows, from, to, sensor, member);

	job_rate(j, &j->windows, &g, from, to);
	job_count(j, (uint64_t)from * 60);
	job_dimensions(j, &g);
	job_measures(j, &g, job_known(j, &g, from, to));
	if (!expected)
		job_null(j);
	else
		job_real(j, w.windows >= expected ? 1 : (double)w.windows / (double)expected);
	return job_row(j);
}

static enum status put_buckets(struct answer_job *j, const struct answer_groups *lines,
                               const struct answer_groups *values)
{
	const struct answer_key none = {{0}};
	uint32_t first = j->from / j->width, last = (j->to - 1) / j->width;
	enum status st = STATUS_OK;

	for (uint32_t t = first; t <= last && !st; t++) {
		if (!j->key_count)
			st = put_bucket(j, values, &none, t);
		for (size_t i = 0; i < lines->count && !st; i++)
			st = put_bucket(j, values, &lines->items[i].key, t);
	}
	return st;
}

static enum status check_size(struct answer_job *j, const struct answer_groups *lines)
{
	uint64_t buckets = (j->to - 1) / j->width - j->from / j->width + 1;

	if (buckets > QUERY_BUCKETS_MAX)
		return refuse(j, "more than 10000 buckets: ask with a longer 'every'");
	if (buckets * (lines->count + 1) > SERIES_CELLS_MAX)
		return refuse(j, "more than a million values: ask with a longer 'every' or a "
		                 "smaller limit");
	return STATUS_OK;
}

static enum status read_series(struct answer_job *j, struct answer_groups *lines,
                               struct answer_groups *values)
{
	struct answer_plan plan;
	enum status st = check_size(j, lines);

	if (!st && j->key_count)
		st = choose_lines(j, lines);
	if (!st)
		st = check_size(j, lines);
	job_plan(j, &plan, j->from, j->to, j->width, false);
	j->from = plan.from;
	if (!st)
		st = answer_windows_read(&j->windows, j->engine, &j->run, &j->scope, plan.from,
		                         plan.to, j->width, j->trouble);
	if (!st)
		st = read_values(j, &plan, lines, values);
	return st;
}

enum status answer_series(struct answer_job *j)
{
	struct answer_groups lines = {0}, values = {0};
	enum status st;

	fit_width(j);
	j->head.width_s = (uint64_t)j->width * 60;
	job_column(j, "time", ANSWER_TIME);
	job_dimension_columns(j);
	job_measure_columns(j);
	job_column(j, "complete", ANSWER_REAL);
	st = read_series(j, &lines, &values);
	if (!st)
		st = job_table(j, "series");
	if (!st)
		st = put_buckets(j, &lines, &values);
	answer_groups_clear(&lines);
	answer_groups_clear(&values);
	return st;
}
