/* SPDX-License-Identifier: Apache-2.0 */
#include "store/answer_select.h"

#include <assert.h>

/* The function of OBSERVATIONS_SOURCES_STATE, whose states are merged here. */
#define DISTINCT "uniqCombined"

static const struct {
	const char *name, *raw;
} sums[SUM_COUNT_OF] = {
        [SUM_PACKETS] = {"packets", "packets"},
        [SUM_BYTES] = {"bytes", "bytes"},
        [SUM_ROWS] = {"rows", "toUInt64(1)"},
        [SUM_SOURCES] = {"sources", OBSERVATIONS_SOURCE_KEY},
        [SUM_DESTINATIONS] = {"destinations", "toUInt64(destinations)"},
};

enum answer_sum answer_sum_of(enum query_measure m)
{
	switch (m) {
	case MEASURE_BYTES:
		return SUM_BYTES;
	case MEASURE_SOURCES:
		return SUM_SOURCES;
	case MEASURE_ROWS:
		return SUM_ROWS;
	case MEASURE_DESTINATIONS:
		return SUM_DESTINATIONS;
	case MEASURE_PACKETS:
	case MEASURE_RATE:
	case MEASURE_COUNT_OF:
		break;
	}
	return SUM_PACKETS;
}

/* The others' cells need the count of sources even where nobody asked for it. */
static bool needs(const struct answer_select *q, enum answer_sum sum)
{
	return q->wanted[sum] || (sum == SUM_SOURCES && !q->scope->all &&
	                          q->scope->others.count > 0 && q->scope->min_sources > 1);
}

static void write_time(struct sql *sql, const struct plan_piece *p)
{
	sql_name(sql, p->bucket);
	sql_text(sql, " >= ");
	sql_u64(sql, p->from / p->minutes);
	sql_text(sql, " AND ");
	sql_name(sql, p->bucket);
	sql_text(sql, " < ");
	sql_u64(sql, p->to / p->minutes);
	if (!p->raw || p->live)
		return;
	/* As the table is sorted, so that its index helps. */
	sql_text(sql, " AND intDiv(minute, 60) >= ");
	sql_u64(sql, p->from / 60);
	sql_text(sql, " AND intDiv(minute, 60) <= ");
	sql_u64(sql, (p->to - 1) / 60);
}

void answer_piece_where(struct sql *sql, const struct answer_scope *s, const struct plan_piece *p,
                        const struct addr *source)
{
	uint64_t high, low;

	write_time(sql, p);
	if (source) {
		flow_source_split(source, &high, &low);
		sql_text(sql, " AND src_hi = ");
		sql_u64(sql, high);
		sql_text(sql, " AND src_lo = ");
		sql_u64(sql, low);
	}
	sql_text(sql, " AND ");
	answer_sql_scope(sql, s, p->own_only);
	sql_text(sql, " AND ");
	answer_sql_filter(sql, s);
	if (!p->live)
		return;
	sql_text(sql, " AND (sensor, minute) NOT IN (SELECT sensor, minute FROM windows WHERE "
	              "minute >= ");
	sql_u64(sql, p->from);
	sql_text(sql, " AND minute < ");
	sql_u64(sql, p->to);
	sql_text(sql, ")");
}

static bool reads_sensor(const struct answer_select *q)
{
	if (!q->scope->all)
		return true;
	for (unsigned i = 0; i < q->key_count; i++) {
		if (q->keys[i] == KEY_SENSOR || q->keys[i] == KEY_MEMBER)
			return true;
	}
	return false;
}

/* The columns that the groupings above a piece need, always under the same names. */
static void write_piece_columns(struct sql *sql, const struct answer_select *q,
                                const struct plan_piece *p)
{
	if (q->width) {
		sql_text(sql, "intDiv(");
		sql_name(sql, p->bucket);
		sql_text(sql, " * ");
		sql_u64(sql, p->minutes);
		sql_text(sql, ", ");
		sql_u64(sql, q->width);
		sql_text(sql, ") AS t, ");
	}
	for (unsigned i = 0; i < q->key_count; i++) {
		if (q->keys[i] == KEY_SENSOR || q->keys[i] == KEY_MEMBER)
			continue;
		sql_name(sql, plan_key_name(q->keys[i]));
		sql_text(sql, ", ");
	}
	if (reads_sensor(q))
		sql_text(sql, "sensor, ");
}

static void write_piece_group(struct sql *sql, const struct answer_select *q)
{
	bool first = true;

	for (unsigned i = 0; i < q->key_count + 2; i++) {
		if (i < q->key_count && (q->keys[i] == KEY_SENSOR || q->keys[i] == KEY_MEMBER))
			continue;
		if ((i == q->key_count && !reads_sensor(q)) || (i == q->key_count + 1 && !q->width))
			continue;
		if (first)
			sql_text(sql, " GROUP BY ");
		else
			sql_text(sql, ", ");
		if (i < q->key_count)
			sql_name(sql, plan_key_name(q->keys[i]));
		else if (i == q->key_count)
			sql_text(sql, "sensor");
		else
			sql_text(sql, "t");
		first = false;
	}
}

static void write_raw_sums(struct sql *sql, const struct answer_select *q, bool grouped)
{
	bool first = true;

	for (unsigned i = 0; i < SUM_COUNT_OF; i++) {
		if (!needs(q, (enum answer_sum)i))
			continue;
		if (!first)
			sql_text(sql, ", ");
		if (grouped && i == SUM_SOURCES) {
			sql_text(sql, OBSERVATIONS_SOURCES_STATE);
		} else if (grouped) {
			sql_text(sql, "sum(");
			sql_append_constant(sql, sums[i].raw);
			sql_text(sql, ")");
		} else {
			sql_append_constant(sql, sums[i].raw);
		}
		sql_text(sql, " AS c_");
		sql_append_constant(sql, sums[i].name);
		first = false;
	}
}

static void write_rollup_sums(struct sql *sql, const struct answer_select *q)
{
	bool first = true;

	for (unsigned i = 0; i < SUM_COUNT_OF; i++) {
		if (!needs(q, (enum answer_sum)i))
			continue;
		if (!first)
			sql_text(sql, ", ");
		sql_append_constant(sql, sums[i].name);
		sql_text(sql, " AS c_");
		sql_append_constant(sql, sums[i].name);
		first = false;
	}
}

/* Only the groups of an earlier answer. A member is not known down here. */
static void write_only(struct sql *sql, const struct answer_select *q)
{
	bool first;

	if (!q->only)
		return;
	for (unsigned i = 0; i < q->key_count; i++) {
		if (q->keys[i] == KEY_MEMBER)
			return;
	}
	sql_text(sql, " AND (");
	for (size_t n = 0; n < q->only_count; n++) {
		if (n > 0)
			sql_text(sql, ", ");
		else {
			sql_text(sql, "(");
			for (unsigned i = 0; i < q->key_count; i++) {
				if (i > 0)
					sql_text(sql, ", ");
				sql_name(sql, plan_key_name(q->keys[i]));
			}
			sql_text(sql, ") IN (");
		}
		first = true;
		sql_text(sql, "(");
		for (unsigned i = 0; i < q->key_count; i++) {
			if (!first)
				sql_text(sql, ", ");
			sql_u64(sql, q->only[n].values[i]);
			first = false;
		}
		sql_text(sql, ")");
	}
	if (q->only_count)
		sql_text(sql, "))");
	else
		sql_text(sql, "0)");
}

static void write_pieces(struct sql *sql, const struct answer_select *q)
{
	for (size_t i = 0; i < q->plan->count; i++) {
		const struct plan_piece *p = &q->plan->pieces[i];
		bool grouped = p->raw && q->plan->states;

		if (i > 0)
			sql_text(sql, " UNION ALL ");
		sql_text(sql, "SELECT ");
		write_piece_columns(sql, q, p);
		if (p->raw)
			write_raw_sums(sql, q, grouped);
		else
			write_rollup_sums(sql, q);
		sql_text(sql, " FROM ");
		sql_name(sql, p->table);
		sql_text(sql, " WHERE ");
		answer_piece_where(sql, q->scope, p, q->source);
		write_only(sql, q);
		if (grouped)
			write_piece_group(sql, q);
	}
}

/* The grouping keys by name; `made`: member_of is made here of the sensor. */
static void write_keys(struct sql *sql, const struct answer_select *q, bool made)
{
	const struct roster *r = q->scope->request->roster;

	for (unsigned i = 0; i < q->key_count; i++) {
		if (q->keys[i] == KEY_MEMBER && made) {
			/* An array of one type even for small numbers. */
			sql_text(sql, "transform(toUInt64(sensor), [toUInt64(0)");
			for (size_t n = 0; n < r->sensor_count; n++) {
				sql_text(sql, ", ");
				sql_u64(sql, r->sensors[n].number);
			}
			sql_text(sql, "], [toUInt64(0)");
			for (size_t n = 0; n < r->sensor_count; n++) {
				sql_text(sql, ", ");
				sql_u64(sql, r->sensors[n].member);
			}
			sql_text(sql, "], toUInt64(0)) AS member_of, ");
			continue;
		}
		sql_name(sql, plan_key_name(q->keys[i]));
		sql_text(sql, ", ");
	}
}

static void write_group_by(struct sql *sql, const struct answer_select *q, bool own)
{
	unsigned count = q->key_count + (q->width ? 1 : 0) + (own ? 1 : 0);

	if (count)
		sql_text(sql, " GROUP BY ");
	if (q->width)
		sql_text(sql, "t");
	for (unsigned i = 0; i < q->key_count; i++) {
		if (i > 0 || q->width)
			sql_text(sql, ", ");
		sql_name(sql, plan_key_name(q->keys[i]));
	}
	if (own && count > 1)
		sql_text(sql, ", ");
	if (own)
		sql_text(sql, "own");
}

static void write_sources(struct sql *sql, bool states)
{
	if (states)
		sql_text(sql, DISTINCT "Merge(c_sources)");
	else
		sql_text(sql, DISTINCT "(c_sources)");
}

/* One part's sum, as it may be seen. */
static void write_part_sum(struct sql *sql, const struct answer_select *q, enum answer_sum sum)
{
	uint32_t round_to = q->scope->round_to;

	if (sum == SUM_SOURCES) {
		if (q->plan->states)
			sql_text(sql, DISTINCT "MergeState(c_sources)");
		else
			sql_text(sql, DISTINCT "State(c_sources)");
	} else {
		sql_text(sql, "if(own = 1, sum(c_");
		sql_append_constant(sql, sums[sum].name);
		sql_text(sql, "), intDiv(sum(c_");
		sql_append_constant(sql, sums[sum].name);
		sql_text(sql, ") + ");
		sql_u64(sql, round_to / 2);
		sql_text(sql, ", ");
		sql_u64(sql, round_to);
		sql_text(sql, ") * ");
		sql_u64(sql, round_to);
		sql_text(sql, ")");
	}
	sql_text(sql, " AS p_");
	sql_append_constant(sql, sums[sum].name);
}

/* Own and others apart, the others' cells only where they are large enough. */
static void write_parts(struct sql *sql, const struct answer_select *q)
{
	bool first = true;

	sql_text(sql, "SELECT ");
	if (q->width)
		sql_text(sql, "t, ");
	write_keys(sql, q, true);
	answer_sql_sensors(sql, &q->scope->own);
	sql_text(sql, " AS own, ");
	for (unsigned i = 0; i < SUM_COUNT_OF; i++) {
		if (!q->wanted[i])
			continue;
		if (!first)
			sql_text(sql, ", ");
		write_part_sum(sql, q, (enum answer_sum)i);
		first = false;
	}
	sql_text(sql, " FROM (");
	write_pieces(sql, q);
	sql_text(sql, ")");
	write_group_by(sql, q, true);
	sql_text(sql, " HAVING own = 1 OR (uniqExact(sensor) >= ");
	sql_u64(sql, q->scope->min_sensors);
	if (needs(q, SUM_SOURCES)) {
		sql_text(sql, " AND ");
		write_sources(sql, q->plan->states);
		sql_text(sql, " >= ");
		sql_u64(sql, q->scope->min_sources);
	}
	sql_text(sql, ")");
}

static void write_sums(struct sql *sql, const struct answer_select *q)
{
	bool first = true;

	for (unsigned i = 0; i < SUM_COUNT_OF; i++) {
		if (!q->wanted[i])
			continue;
		if (!first)
			sql_text(sql, ", ");
		if (i == SUM_SOURCES && !q->scope->all) {
			sql_text(sql, DISTINCT "Merge(p_sources)");
		} else if (i == SUM_SOURCES) {
			write_sources(sql, q->plan->states);
		} else {
			sql_text(sql, "sum(");
			if (q->scope->all)
				sql_text(sql, "c_");
			else
				sql_text(sql, "p_");
			sql_append_constant(sql, sums[i].name);
			sql_text(sql, ")");
		}
		sql_text(sql, " AS m_");
		sql_append_constant(sql, sums[i].name);
		first = false;
	}
	assert(!first);
}

static void write_order(struct sql *sql, const struct answer_select *q)
{
	sql_text(sql, " ORDER BY ");
	if (q->width) {
		sql_text(sql, "t");
	} else {
		sql_text(sql, "m_");
		sql_append_constant(sql, sums[q->order].name);
		sql_text(sql, " DESC");
	}
	for (unsigned i = 0; i < q->key_count; i++) {
		sql_text(sql, ", ");
		sql_name(sql, plan_key_name(q->keys[i]));
	}
	if (q->limit) {
		sql_text(sql, " LIMIT ");
		sql_u64(sql, q->limit);
	}
}

void answer_select_write(struct sql *sql, const struct answer_select *q)
{
	sql_text(sql, "SELECT ");
	if (q->width)
		sql_text(sql, "t, ");
	write_keys(sql, q, q->scope->all);
	write_sums(sql, q);
	sql_text(sql, " FROM (");
	if (q->scope->all)
		write_pieces(sql, q);
	else
		write_parts(sql, q);
	sql_text(sql, ")");
	write_group_by(sql, q, false);
	write_order(sql, q);
}
