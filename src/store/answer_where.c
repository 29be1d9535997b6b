/* SPDX-License-Identifier: Apache-2.0 */
/* The conditions of an answer's SQL: sensors and the query's filter. */
#include "store/answer_scope.h"

#include "store/flow_block.h"

enum { RUN_MIN = 3 }; /* so many neighbours are shorter as a range */

static size_t run_length(const struct sensor_list *l, size_t at)
{
	size_t n = 1;

	while (at + n < l->count && l->numbers[at + n] == l->numbers[at] + n)
		n++;
	return n;
}

static void write_singles(struct sql *sql, const struct sensor_list *l)
{
	bool first = true;

	for (size_t i = 0, n; i < l->count; i += n) {
		n = run_length(l, i);
		for (size_t k = 0; n < RUN_MIN && k < n; k++) {
			if (first)
				sql_text(sql, "sensor IN (");
			else
				sql_text(sql, ", ");
			sql_u64(sql, l->numbers[i + k]);
			first = false;
		}
	}
	if (first)
		sql_text(sql, "0");
	else
		sql_text(sql, ")");
}

/* Numbers of a hub are dense: ranges keep the text short with thousands of sensors. */
void answer_sql_sensors(struct sql *sql, const struct sensor_list *l)
{
	sql_text(sql, "(");
	write_singles(sql, l);
	for (size_t i = 0, n; i < l->count; i += n) {
		n = run_length(l, i);
		if (n < RUN_MIN)
			continue;
		sql_text(sql, " OR (sensor >= ");
		sql_u64(sql, l->numbers[i]);
		sql_text(sql, " AND sensor <= ");
		sql_u64(sql, l->numbers[i + n - 1]);
		sql_text(sql, ")");
	}
	sql_text(sql, ")");
}

void answer_sql_scope(struct sql *sql, const struct answer_scope *s, bool own_only)
{
	if (s->all) {
		sql_text(sql, "NOT ");
		answer_sql_sensors(sql, &s->hidden);
		return;
	}
	sql_text(sql, "(");
	answer_sql_sensors(sql, &s->own);
	if (!own_only) {
		sql_text(sql, " OR ");
		answer_sql_sensors(sql, &s->others);
	}
	sql_text(sql, ")");
}

static void write_port(struct sql *sql, const struct query_value *v)
{
	if (v->port.proto == PORT_OF_ANY) {
		sql_text(sql, "(proto IN (6, 17) AND ");
	} else {
		sql_text(sql, "(proto = ");
		sql_u64(sql, v->port.proto);
		sql_text(sql, " AND ");
	}
	if (v->port.low == v->port.high) {
		sql_text(sql, "port = ");
	} else {
		sql_text(sql, "port >= ");
		sql_u64(sql, v->port.low);
		sql_text(sql, " AND port <= ");
	}
	sql_u64(sql, v->port.high);
	sql_text(sql, ")");
}

/* A prefix as a range of the two numbers of an address. */
static void write_source(struct sql *sql, const struct prefix *p)
{
	struct addr last = p->base;
	uint64_t high, low, high_last, low_last;

	for (unsigned bit = p->length; bit < 128; bit++)
		last.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	flow_source_split(&p->base, &high, &low);
	flow_source_split(&last, &high_last, &low_last);
	if (high == high_last) {
		sql_text(sql, "(src_hi = ");
		sql_u64(sql, high);
		if (low == low_last) {
			sql_text(sql, " AND src_lo = ");
			sql_u64(sql, low);
		} else {
			sql_text(sql, " AND src_lo >= ");
			sql_u64(sql, low);
			sql_text(sql, " AND src_lo <= ");
			sql_u64(sql, low_last);
		}
	} else {
		sql_text(sql, "(src_hi >= ");
		sql_u64(sql, high);
		sql_text(sql, " AND src_hi <= ");
		sql_u64(sql, high_last);
	}
	sql_text(sql, ")");
}

/* Names become numbers of the roster; what the scope does not hold is cut off beside this. */
static void write_names(struct sql *sql, const struct answer_scope *s, const struct query_node *n)
{
	const struct roster *r = s->request->roster;
	bool first = true;

	for (size_t i = 0; i < r->sensor_count; i++) {
		if (!answer_names_sensor(s, n, &r->sensors[i]))
			continue;
		if (first)
			sql_text(sql, "sensor IN (");
		else
			sql_text(sql, ", ");
		sql_u64(sql, r->sensors[i].number);
		first = false;
	}
	if (first)
		sql_text(sql, "0");
	else
		sql_text(sql, ")");
}

static void write_value(struct sql *sql, enum query_dimension d, const struct query_value *v)
{
	switch (d) {
	case DIMENSION_PORT:
		write_port(sql, v);
		return;
	case DIMENSION_SOURCE:
		write_source(sql, &v->source);
		return;
	case DIMENSION_PROTO:
		sql_text(sql, "proto = ");
		break;
	case DIMENSION_KIND:
		sql_text(sql, "kind = ");
		break;
	case DIMENSION_TOOL:
		sql_text(sql, "tool = ");
		break;
	case DIMENSION_COUNTRY:
		sql_text(sql, "country = ");
		break;
	case DIMENSION_NETWORK:
		sql_text(sql, "asn = ");
		break;
	case DIMENSION_SENSOR:
	case DIMENSION_MEMBER:
	case DIMENSION_COUNT_OF:
		return;
	}
	sql_u64(sql, v->number);
}

static void write_match(struct sql *sql, const struct answer_scope *s, const struct query_node *n)
{
	const struct query *q = s->request->query;

	sql_text(sql, "(");
	if (n->dimension == DIMENSION_SENSOR || n->dimension == DIMENSION_MEMBER) {
		write_names(sql, s, n);
	} else {
		for (unsigned i = 0; i < n->count; i++) {
			if (i > 0)
				sql_text(sql, " OR ");
			write_value(sql, (enum query_dimension)n->dimension,
			            &q->values[n->first + i]);
		}
	}
	sql_text(sql, ")");
}

static void write_node(struct sql *sql, const struct answer_scope *s, unsigned at)
{
	const struct query_node *n = &s->request->query->nodes[at];

	if (n->type == NODE_MATCH) {
		write_match(sql, s, n);
		return;
	}
	if (n->type == NODE_NOT) {
		sql_text(sql, "NOT ");
		write_node(sql, s, n->left);
		return;
	}
	sql_text(sql, "(");
	write_node(sql, s, n->left);
	if (n->type == NODE_AND)
		sql_text(sql, " AND ");
	else
		sql_text(sql, " OR ");
	write_node(sql, s, n->right);
	sql_text(sql, ")");
}

void answer_sql_filter(struct sql *sql, const struct answer_scope *s)
{
	if (s->request->query->filtered)
		write_node(sql, s, s->request->query->root);
	else
		sql_text(sql, "1");
}
