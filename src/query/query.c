/* SPDX-License-Identifier: Apache-2.0 */
#include "query/query.h"

#include <assert.h>

const char *query_verb_name(enum query_verb v)
{
	static const char *const names[] = {
#define VERB(id, word, help) word,
#include "query/word.def"
#undef VERB
	};

	assert((unsigned)v < VERB_COUNT_OF);
	return names[v];
}

const char *query_measure_name(enum query_measure m)
{
	static const char *const names[] = {
#define MEASURE(id, word, help) word,
#include "query/word.def"
#undef MEASURE
	};

	assert((unsigned)m < MEASURE_COUNT_OF);
	return names[m];
}

const char *query_dimension_name(enum query_dimension d)
{
	static const char *const names[] = {
#define DIMENSION(id, word, help) word,
#include "query/word.def"
#undef DIMENSION
	};

	assert((unsigned)d < DIMENSION_COUNT_OF);
	return names[d];
}

enum status query_period(const struct query *q, uint64_t now_s, uint32_t *from, uint32_t *to)
{
	uint64_t now = now_s / 60 + 1, last = q->last_s / 60, start, end;

	if (q->absolute) {
		start = q->from_s / 60;
		end = q->to_s ? q->to_s / 60 : now;
	} else {
		start = now > last ? now - last : 0;
		end = now;
	}
	if (end > UINT32_MAX || start >= end || end - start > QUERY_PERIOD_MAX / 60 + 1)
		return STATUS_USAGE;
	*from = (uint32_t)start;
	*to = (uint32_t)end;
	return STATUS_OK;
}

uint32_t query_width(const struct query *q, uint32_t from, uint32_t to)
{
	static const uint32_t widths[] = {1,        2,         5,         10,       20,   30,
	                                  60,       120,       240,       480,      1440, 2 * 1440,
	                                  7 * 1440, 14 * 1440, 28 * 1440, 56 * 1440};
	uint32_t span = to - from;

	if (q->every_s)
		return (uint32_t)(q->every_s / 60);
	for (unsigned i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		if (span / widths[i] <= QUERY_BUCKETS_WANTED)
			return widths[i];
	}
	return widths[sizeof(widths) / sizeof(widths[0]) - 1];
}

uint64_t query_limit(const struct query *q)
{
	if (q->limit)
		return q->limit;
	if (q->verb == VERB_SERIES)
		return QUERY_SERIES_MAX;
	return q->verb == VERB_ROWS ? QUERY_ROWS_DEFAULT : QUERY_GROUPS_DEFAULT;
}

bool query_mentions(const struct query *q, enum query_dimension d)
{
	for (unsigned i = 0; i < q->dimension_count; i++) {
		if (q->dimensions[i] == d)
			return true;
	}
	for (unsigned i = 0; i < q->node_count; i++) {
		if (q->nodes[i].type == NODE_MATCH && q->nodes[i].dimension == d)
			return true;
	}
	return false;
}
