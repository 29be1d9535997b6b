/* SPDX-License-Identifier: Apache-2.0 */
/* source: everything about one address, side by side; of the sensors that may be named. */
#include "store/answer_job.h"

#include "model/kind.h"

static const struct {
	uint16_t bit;
	const char *name;
} signs[] = {
        {SIGN_BOGON_SOURCE, "bogon-source"},
        {SIGN_ODD_SOURCE, "odd-source"},
        {SIGN_SELF, "self"},
        {SIGN_PORT_ZERO, "port-zero"},
        {SIGN_RESERVED_BITS, "reserved-bits"},
        {SIGN_TTL_VARIES, "ttl-varies"},
        {SIGN_PEER_PORT_VARIES, "peer-port-varies"},
        {SIGN_FINGERPRINT_VARIES, "fingerprint-varies"},
        {SIGN_IP_ID_VARIES, "ip-id-varies"},
        {SIGN_REPEATED, "repeated"},
        {SIGN_LONG_PATH, "long-path"},
};

enum { SIGNS = sizeof(signs) / sizeof(signs[0]), FACTS = 15 };

/* The one row of figures; empty where the source was never seen. */
struct facts {
	uint64_t values[FACTS + 2 * SIGNS];
	bool found;
};

static enum status take_facts(void *state, const struct native_block *b)
{
	struct facts *f = state;

	for (size_t i = 0; i < b->column_count && i < FACTS + 2 * SIGNS && b->rows; i++)
		f->values[i] = native_u64(b, i, 0);
	f->found = f->values[0] > 0;
	return STATUS_OK;
}

static void write_signs(struct sql *sql)
{
	for (size_t i = 0; i < SIGNS; i++) {
		sql_text(sql, ", sum(bitAnd(signs, ");
		sql_u64(sql, signs[i].bit);
		sql_text(sql, ") != 0), sum(if(bitAnd(signs, ");
		sql_u64(sql, signs[i].bit);
		sql_text(sql, ") != 0, packets, 0))");
	}
}

static void write_facts(struct sql *sql, const struct answer_job *j, const struct answer_plan *plan)
{
	sql_text(sql, "SELECT count(), sum(packets), sum(bytes), sum(toUInt64(destinations)), "
	              "min(minute), max(minute), uniqExact(proto, port), uniqExact(sensor), "
	              "max(country), max(asn), min(ttl_min), max(ttl_max), uniqExact(tcp_window), "
	              "uniqExact(options_hash), uniqExact(ip_len)");
	write_signs(sql);
	sql_text(sql, " FROM (");
	for (size_t i = 0; i < plan->count; i++) {
		if (i > 0)
			sql_text(sql, " UNION ALL ");
		sql_text(sql, "SELECT packets, bytes, destinations, minute, proto, port, sensor, "
		              "country, asn, ttl_min, ttl_max, tcp_window, options_hash, ip_len, "
		              "signs FROM ");
		sql_name(sql, plan->pieces[i].table);
		sql_text(sql, " WHERE ");
		answer_piece_where(sql, &j->scope, &plan->pieces[i], &j->request->query->source);
	}
	sql_text(sql, ")");
}

static void clear_columns(struct answer_job *j)
{
	j->column_count = 0;
}

static const struct answer_column fact_columns[FACTS] = {
        {"rows", ANSWER_COUNT},         {"packets", ANSWER_COUNT},     {"bytes", ANSWER_COUNT},
        {"destinations", ANSWER_COUNT}, {"first_seen", ANSWER_TIME},   {"last_seen", ANSWER_TIME},
        {"ports", ANSWER_COUNT},        {"sensors", ANSWER_COUNT},     {"country", ANSWER_TEXT},
        {"network", ANSWER_TEXT},       {"ttl_min", ANSWER_COUNT},     {"ttl_max", ANSWER_COUNT},
        {"tcp_windows", ANSWER_COUNT},  {"tcp_options", ANSWER_COUNT}, {"ip_lengths", ANSWER_COUNT},
};

static void put_fact(struct answer_job *j, unsigned i, uint64_t value)
{
	char text[VALUE_TEXT_MAX];

	if (fact_columns[i].type == ANSWER_TIME) {
		job_count(j, value * 60);
	} else if (fact_columns[i].type == ANSWER_TEXT) {
		if (fact_columns[i].name[0] == 'c')
			value_country_text((uint32_t)value, text);
		else
			value_network_text((uint32_t)value, text);
		job_text(j, "%s", text);
	} else {
		job_count(j, value);
	}
}

static enum status put_summary(struct answer_job *j, const struct facts *f)
{
	char source[ADDR_TEXT_MAX];
	enum status st;

	clear_columns(j);
	job_column(j, "source", ANSWER_TEXT);
	for (unsigned i = 0; i < FACTS; i++)
		job_column(j, fact_columns[i].name, fact_columns[i].type);
	st = job_table(j, "summary");
	if (st || !f->found)
		return st;
	addr_text(&j->request->query->source, source);
	job_text(j, "%s", source);
	for (unsigned i = 0; i < FACTS; i++)
		put_fact(j, i, f->values[i]);
	return job_row(j);
}

static enum status put_signs(struct answer_job *j, const struct facts *f)
{
	enum status st;

	clear_columns(j);
	job_column(j, "sign", ANSWER_TEXT);
	job_column(j, "rows", ANSWER_COUNT);
	job_column(j, "packets", ANSWER_COUNT);
	st = job_table(j, "signs");
	for (unsigned i = 0; i < SIGNS && !st; i++) {
		if (!f->values[FACTS + 2 * i])
			continue;
		job_text(j, "%s", signs[i].name);
		job_count(j, f->values[FACTS + 2 * i]);
		job_count(j, f->values[FACTS + 2 * i + 1]);
		st = job_row(j);
	}
	return st;
}

/* Packets, rows and destinations by one dimension. */
static enum status put_side(struct answer_job *j, struct answer_plan *plan, const char *name,
                            enum query_dimension d)
{
	struct query side = {.dimension_count = 1, .dimensions = {(uint8_t)d}};
	const struct answer_request *request = j->request;
	struct answer_request shown = *request;
	struct answer_groups g = {0};
	struct answer_select q;
	enum status st;

	side.measures[side.measure_count++] = MEASURE_PACKETS;
	side.measures[side.measure_count++] = MEASURE_ROWS;
	side.measures[side.measure_count++] = MEASURE_DESTINATIONS;
	shown.query = &side;
	j->request = &shown; /* for what is shown; the scope keeps the question */
	clear_columns(j);
	job_set_dimensions(j, side.dimensions, 1);
	job_dimension_columns(j);
	job_measure_columns(j);
	q = job_select(j, plan);
	q.source = &request->query->source;
	q.limit = QUERY_GROUPS_DEFAULT;
	st = job_groups(j, &q, &g);
	j->tail.cut |= g.cut;
	if (!st)
		st = job_table(j, name);
	for (size_t i = 0; i < g.count && !st; i++) {
		job_dimensions(j, &g.items[i]);
		job_measures(j, &g.items[i], true);
		st = job_row(j);
	}
	answer_groups_clear(&g);
	j->request = request;
	return st;
}

static enum status put_timeline(struct answer_job *j, struct answer_plan *plan)
{
	struct answer_groups g = {0};
	struct answer_select q;
	enum status st;

	clear_columns(j);
	job_column(j, "time", ANSWER_TIME);
	job_column(j, "packets", ANSWER_COUNT);
	job_column(j, "destinations", ANSWER_COUNT);
	job_set_dimensions(j, NULL, 0);
	q = job_select(j, plan);
	q.wanted[SUM_PACKETS] = q.wanted[SUM_DESTINATIONS] = true;
	q.width = j->width;
	q.source = &j->request->query->source;
	st = job_groups(j, &q, &g);
	if (!st)
		st = job_table(j, "timeline");
	for (uint32_t t = plan->from / j->width, i = 0; t <= (plan->to - 1) / j->width && !st;
	     t++) {
		struct answer_group one = {.t = t};

		while (i < g.count && g.items[i].t < t)
			i++;
		if (i < g.count && g.items[i].t == t)
			one = g.items[i];
		job_count(j, (uint64_t)t * j->width * 60);
		if (job_known(j, &one, t * j->width, (t + 1) * j->width)) {
			job_count(j, one.sums[SUM_PACKETS]);
			job_count(j, one.sums[SUM_DESTINATIONS]);
		} else {
			job_null(j);
			job_null(j);
		}
		st = job_row(j);
	}
	answer_groups_clear(&g);
	return st;
}

static enum status put_sides(struct answer_job *j, struct answer_plan *plan)
{
	static const struct {
		const char *name;
		enum query_dimension dimension;
	} sides[] = {{"ports", DIMENSION_PORT},
	             {"kinds", DIMENSION_KIND},
	             {"tools", DIMENSION_TOOL},
	             {"sensors", DIMENSION_SENSOR}};
	enum status st = STATUS_OK;

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]) && !st; i++)
		st = put_side(j, plan, sides[i].name, sides[i].dimension);
	return st;
}

enum status answer_source(struct answer_job *j)
{
	struct facts facts = {0};
	struct sql sql = {0};
	struct answer_plan plan;
	enum status st;

	job_plan(j, &plan, j->from, j->to, j->width, true);
	st = answer_windows_read(&j->windows, j->engine, &j->run, &j->scope, plan.from, plan.to,
	                         j->width, j->trouble);
	write_facts(&sql, j, &plan);
	if (!st)
		st = job_query(j, &sql, take_facts, &facts);
	else
		sql_clear(&sql);
	if (!st)
		st = put_summary(j, &facts);
	if (!st)
		st = put_sides(j, &plan);
	if (!st)
		st = put_timeline(j, &plan);
	if (!st)
		st = put_signs(j, &facts);
	return st;
}
