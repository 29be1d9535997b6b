/* SPDX-License-Identifier: Apache-2.0 */
/* Columns, cells and rows on their way to the sink. */
#include "store/answer_job.h"

#include "model/kind.h"
#include "store/flow_block.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void job_column(struct answer_job *j, const char *name, enum answer_type type)
{
	assert(j->column_count < ANSWER_COLUMNS_MAX);
	j->columns[j->column_count++] = (struct answer_column){name, type};
}

void job_dimension_columns(struct answer_job *j)
{
	const struct query *q = j->request->query;

	for (unsigned i = 0; i < q->dimension_count; i++)
		job_column(j, query_dimension_name((enum query_dimension)q->dimensions[i]),
		           ANSWER_TEXT);
}

void job_measure_columns(struct answer_job *j)
{
	const struct query *q = j->request->query;

	for (unsigned i = 0; i < q->measure_count; i++)
		job_column(j, query_measure_name((enum query_measure)q->measures[i]),
		           q->measures[i] == MEASURE_RATE ? ANSWER_REAL : ANSWER_COUNT);
}

enum status job_table(struct answer_job *j, const char *name)
{
	struct answer_table table = {name, j->columns, j->column_count};
	enum status st = STATUS_OK;

	j->filled = 0;
	if (!j->begun) {
		/* Where finer tables are gone, more was read than was asked for. */
		j->head.from_s = (uint64_t)j->windows.from * 60;
		j->head.to_s = (uint64_t)j->windows.to * 60;
		j->begun = true;
		st = j->sink->begin(j->sink->state, &j->head);
	}
	return st ? st : j->sink->table(j->sink->state, &table);
}

static struct answer_cell *next_cell(struct answer_job *j)
{
	struct answer_cell *c = &j->cells[j->filled];

	assert(j->filled < j->column_count);
	*c = (struct answer_cell){.text = j->texts[j->filled]};
	j->texts[j->filled][0] = '\0';
	j->filled++;
	return c;
}

void job_null(struct answer_job *j)
{
	next_cell(j)->null = true;
}

void job_count(struct answer_job *j, uint64_t n)
{
	struct answer_cell *c = next_cell(j);

	c->number = n;
	c->real = (double)n;
}

void job_real(struct answer_job *j, double value)
{
	next_cell(j)->real = value;
}

void job_text(struct answer_job *j, const char *fmt, ...)
{
	char *text = j->texts[j->filled];
	va_list args;

	next_cell(j);
	va_start(args, fmt);
	vsnprintf(text, VALUE_TEXT_MAX, fmt, args);
	va_end(args);
}

void job_sensor(struct answer_job *j, uint32_t number)
{
	const struct roster_sensor *s = answer_sensor(j->request->roster, number);

	if (s && s->name)
		job_text(j, "%s", s->name);
	else
		job_text(j, "#%" PRIu32, number);
}

void job_member(struct answer_job *j, uint32_t number)
{
	const struct roster_member *m = answer_member(j->request->roster, number);

	if (m && m->name)
		job_text(j, "%s", m->name);
	else if (number)
		job_text(j, "#%" PRIu32, number);
	else
		job_text(j, "unknown");
}

void job_source(struct answer_job *j, uint64_t high, uint64_t low)
{
	struct addr a = flow_source_join(high, low);
	char text[ADDR_TEXT_MAX];

	addr_text(&a, text);
	job_text(j, "%s", text);
}

static void put_dimension(struct answer_job *j, enum query_dimension d, uint64_t a, uint64_t b)
{
	char text[VALUE_TEXT_MAX] = "";

	switch (d) {
	case DIMENSION_PORT:
		value_port_text((uint8_t)a, (uint16_t)b, text);
		break;
	case DIMENSION_PROTO:
		value_proto_text((uint8_t)a, text);
		break;
	case DIMENSION_KIND:
		job_text(j, "%s", a < KIND_COUNT ? packet_kind_name((enum packet_kind)a) : "other");
		return;
	case DIMENSION_TOOL:
		value_tool_text((unsigned)a, text);
		break;
	case DIMENSION_COUNTRY:
		value_country_text((uint32_t)a, text);
		break;
	case DIMENSION_NETWORK:
		value_network_text((uint32_t)a, text);
		break;
	case DIMENSION_SOURCE:
		job_source(j, a, b);
		return;
	case DIMENSION_SENSOR:
		job_sensor(j, (uint32_t)a);
		return;
	case DIMENSION_MEMBER:
		job_member(j, (uint32_t)a);
		return;
	case DIMENSION_COUNT_OF:
		break;
	}
	job_text(j, "%s", text);
}

void job_dimensions(struct answer_job *j, const struct answer_group *g)
{
	const struct query *q = j->request->query;

	for (unsigned i = 0; i < q->dimension_count; i++)
		put_dimension(j, (enum query_dimension)q->dimensions[i],
		              g->key.values[j->places[i][0]], g->key.values[j->places[i][1]]);
}

void job_measures(struct answer_job *j, const struct answer_group *g, bool known)
{
	const struct query *q = j->request->query;

	for (unsigned i = 0; i < q->measure_count; i++) {
		enum query_measure m = (enum query_measure)q->measures[i];

		if (!known || (m == MEASURE_RATE && !g->rated))
			job_null(j);
		else if (m == MEASURE_RATE)
			job_real(j, g->rate);
		else
			job_count(j, g->sums[answer_sum_of(m)]);
	}
}

enum status job_row(struct answer_job *j)
{
	assert(j->filled == j->column_count);
	j->filled = 0;
	return j->sink->row(j->sink->state, j->cells);
}
