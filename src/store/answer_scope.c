/* SPDX-License-Identifier: Apache-2.0 */
#include "store/answer_scope.h"

#include "query/value.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What the filter says of a sensor before a row was read. */
enum truth { NEVER, PERHAPS, ALWAYS };

const struct roster_sensor *answer_sensor(const struct roster *r, uint32_t number)
{
	size_t low = 0, high = r->sensor_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->sensors[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < r->sensor_count && r->sensors[low].number == number ? &r->sensors[low] : NULL;
}

const struct roster_member *answer_member(const struct roster *r, uint32_t number)
{
	for (size_t i = 0; i < r->member_count; i++) {
		if (r->members[i].number == number)
			return &r->members[i];
	}
	return NULL;
}

static bool list_has(const struct sensor_list *l, uint32_t number)
{
	size_t low = 0, high = l->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (l->numbers[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < l->count && l->numbers[low] == number;
}

static enum status list_add(struct sensor_list *l, uint32_t number)
{
	/* Powers of two: grow when the count is one. */
	if ((l->count & (l->count - 1)) == 0) {
		size_t room = l->count ? l->count * 2 : 1;
		uint32_t *numbers = realloc(l->numbers, room * sizeof(*numbers));

		if (!numbers)
			return STATUS_NO_MEMORY;
		l->numbers = numbers;
	}
	assert(l->count == 0 || l->numbers[l->count - 1] < number);
	l->numbers[l->count++] = number;
	return STATUS_OK;
}

static bool is_own(const struct viewer *v, uint32_t number)
{
	const struct sensor_list own = {.numbers = (uint32_t *)v->sensors,
	                                .count = v->sensor_count};

	return list_has(&own, number);
}

/* Names: "#7" or a name; of sensors several may have borne one. */
static bool name_matches(const char *wanted, uint32_t number, const char *name)
{
	uint64_t n;

	if (*wanted == '#')
		return value_number(wanted + 1, 1, UINT32_MAX, &n) == STATUS_OK && n == number;
	return name && strcmp(wanted, name) == 0;
}

bool answer_names_sensor(const struct answer_scope *s, const struct query_node *n,
                         const struct roster_sensor *sensor)
{
	const struct query *q = s->request->query;
	const struct roster_member *m;

	for (unsigned i = 0; i < n->count; i++) {
		const char *wanted = q->values[n->first + i].name;

		if (n->dimension == DIMENSION_SENSOR) {
			if (name_matches(wanted, sensor->number, sensor->name))
				return true;
			continue;
		}
		m = answer_member(s->request->roster, sensor->member);
		if (name_matches(wanted, sensor->member, m ? m->name : NULL))
			return true;
	}
	return false;
}

static enum truth judge(const struct answer_scope *s, unsigned at,
                        const struct roster_sensor *sensor)
{
	const struct query_node *n = &s->request->query->nodes[at];
	enum truth left, right;

	switch ((enum query_node_type)n->type) {
	case NODE_MATCH:
		if (n->dimension != DIMENSION_SENSOR && n->dimension != DIMENSION_MEMBER)
			return PERHAPS;
		return answer_names_sensor(s, n, sensor) ? ALWAYS : NEVER;
	case NODE_NOT:
		return (enum truth)(ALWAYS - judge(s, n->left, sensor));
	case NODE_AND:
	case NODE_OR:
		break;
	}
	left = judge(s, n->left, sensor);
	right = judge(s, n->right, sensor);
	if (n->type == NODE_AND)
		return left < right ? left : right;
	return left > right ? left : right;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static bool is_shared(const struct answer_scope *s, const struct roster_sensor *sensor,
                      uint32_t sensors_below)
{
	const struct roster_member *m = answer_member(s->request->roster, sensor->member);

	return m && m->profile.shared && m->profile.min_sensors < sensors_below &&
	       !sensor->withdrawn && !is_own(s->request->viewer, sensor->number);
}

/* Sensors of others whose members ask for fewer than `below` sensors; the strictest of them. */
static size_t count_shared(const struct answer_scope *s, uint32_t below, uint32_t *strictest)
{
	const struct roster *r = s->request->roster;
	size_t count = 0;

	*strictest = s->request->viewer->others.min_sensors;
	for (size_t i = 0; i < r->sensor_count; i++) {
		if (!is_shared(s, &r->sensors[i], below))
			continue;
		count++;
		*strictest = larger(*strictest,
		                    answer_member(r, r->sensors[i].member)->profile.min_sensors);
	}
	return count;
}

/* A member whose minimum all others together do not reach is left out, so that it does not
 * take the others' cells away as well. */
static enum status add_others(struct answer_scope *s)
{
	const struct roster *r = s->request->roster;
	uint32_t below = UINT32_MAX, strictest;
	enum status st = STATUS_OK;
	size_t count = count_shared(s, below, &strictest);

	while (count > 0 && strictest > count) {
		if (strictest == s->request->viewer->others.min_sensors)
			return STATUS_OK;
		below = strictest;
		count = count_shared(s, below, &strictest);
	}
	s->min_sensors = strictest;
	s->min_sources = s->request->viewer->others.min_sources;
	for (size_t i = 0; i < r->sensor_count && !st; i++) {
		if (!is_shared(s, &r->sensors[i], below))
			continue;
		st = list_add(&s->others, r->sensors[i].number);
		s->min_sources =
		        larger(s->min_sources,
		               answer_member(r, r->sensors[i].member)->profile.min_sources);
	}
	return st;
}

static enum status add_restricted(struct answer_scope *s, bool others_wanted)
{
	const struct answer_request *rq = s->request;
	const struct viewer *v = rq->viewer;
	bool named = query_mentions(rq->query, DIMENSION_SENSOR) ||
	             query_mentions(rq->query, DIMENSION_MEMBER);
	enum status st = STATUS_OK;

	if (v->role == ROLE_SENSOR)
		return STATUS_OK;
	for (size_t i = 0; i < v->sensor_count && !st; i++) {
		if (!list_has(&s->hidden, v->sensors[i]))
			st = list_add(&s->own, v->sensors[i]);
	}
	if (!others_wanted || (named && !v->others.sensors_named)) {
		s->others_left_out = true;
		return st;
	}
	if (!st)
		st = add_others(s);
	if (named)
		s->min_sensors = 1;
	return st;
}

static enum status add_watched(struct answer_scope *s)
{
	const struct query *q = s->request->query;
	const struct roster *r = s->request->roster;
	enum status st = STATUS_OK;

	s->watched.count = 0;
	for (size_t i = 0; i < r->sensor_count && !st; i++) {
		const struct roster_sensor *sensor = &r->sensors[i];

		if (sensor->withdrawn || (!s->all && !list_has(&s->own, sensor->number) &&
		                          !list_has(&s->others, sensor->number)))
			continue;
		if (!q->filtered || judge(s, q->root, sensor) != NEVER)
			st = list_add(&s->watched, sensor->number);
	}
	return st;
}

enum status answer_scope_make(struct answer_scope *s, const struct answer_request *request,
                              bool others_wanted)
{
	const struct viewer *v = request->viewer;
	enum status st = STATUS_OK;

	*s = (struct answer_scope){
	        .request = request,
	        .all = viewer_sees_all(v),
	        .round_to = larger(v->others.round_to, 1),
	        .grain = larger(v->others.grain_minutes, 1),
	        .min_sensors = 1,
	        .min_sources = 1,
	};
	for (size_t i = 0; i < request->roster->sensor_count && !st; i++) {
		if (request->roster->sensors[i].withdrawn)
			st = list_add(&s->hidden, request->roster->sensors[i].number);
	}
	if (!st && !s->all)
		st = add_restricted(s, others_wanted);
	if (!st)
		st = add_watched(s);
	if (st)
		answer_scope_clear(s);
	return st;
}

void answer_scope_drop_others(struct answer_scope *s)
{
	enum status st;

	if (s->others.count == 0)
		return;
	s->others.count = 0;
	s->others_left_out = true;
	st = add_watched(s); /* fits into the room that it has */
	assert(!st);
}

void answer_scope_clear(struct answer_scope *s)
{
	free(s->hidden.numbers);
	free(s->own.numbers);
	free(s->others.numbers);
	free(s->watched.numbers);
	s->hidden = s->own = s->others = s->watched = (struct sensor_list){0};
}
