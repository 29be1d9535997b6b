/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON document of an answer, played into a sink. It comes from another machine: whatever is
 * missing or of another type is refused or read as nothing. */
#include "report/answer_out.h"

#include "base/timefmt.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t whole(const json_t *value)
{
	json_int_t n = json_is_integer(value) ? json_integer_value(value) : 0;

	return n > 0 ? (uint64_t)n : 0;
}

static uint64_t seconds_of(const json_t *value)
{
	uint64_t ns;

	if (!json_is_string(value) || time_parse(json_string_value(value), &ns))
		return 0;
	return ns / NS_PER_SECOND;
}

static void take_text(char *out, size_t size, const json_t *value)
{
	snprintf(out, size, "%s", json_is_string(value) ? json_string_value(value) : "");
}

static void read_head(const json_t *doc, struct answer_head *h)
{
	take_text(h->query, sizeof(h->query), json_object_get(doc, "query"));
	h->from_s = seconds_of(json_object_get(doc, "from"));
	h->to_s = seconds_of(json_object_get(doc, "to"));
	h->width_s = whole(json_object_get(doc, "bucket_seconds"));
	h->base_from_s = seconds_of(json_object_get(doc, "base_from"));
	h->dimension_count = whole(json_object_get(doc, "groups"));
}

static enum status read_columns(const json_t *list, struct answer_column *columns, size_t *count)
{
	*count = json_array_size(list);
	if (*count == 0 || *count > ANSWER_COLUMNS_MAX)
		return STATUS_FORMAT;
	for (size_t i = 0; i < *count; i++) {
		const json_t *column = json_array_get(list, i);
		const char *type = json_string_value(json_object_get(column, "type"));
		unsigned t = 0;

		columns[i].name = json_string_value(json_object_get(column, "name"));
		while (type && t <= ANSWER_CHANGE &&
		       strcmp(type, answer_type_name((enum answer_type)t)) != 0)
			t++;
		if (!columns[i].name || !type || t > ANSWER_CHANGE)
			return STATUS_FORMAT;
		columns[i].type = (enum answer_type)t;
	}
	return STATUS_OK;
}

static struct answer_cell read_cell(const json_t *value, enum answer_type type)
{
	struct answer_cell c = {.text = "", .null = json_is_null(value)};

	if (json_is_string(value))
		c.text = json_string_value(value);
	if (type == ANSWER_TIME)
		c.number = seconds_of(value);
	else
		c.number = whole(value);
	c.real = json_is_number(value) ? json_number_value(value) : 0;
	return c;
}

static enum status read_rows(const json_t *rows, const struct answer_column *columns, size_t count,
                             const struct answer_sink *sink)
{
	struct answer_cell cells[ANSWER_COLUMNS_MAX];
	enum status st = STATUS_OK;
	const json_t *row;
	size_t at;

	json_array_foreach(rows, at, row)
	{
		if (json_array_size(row) != count)
			return STATUS_FORMAT;
		for (size_t i = 0; i < count; i++)
			cells[i] = read_cell(json_array_get(row, i), columns[i].type);
		st = sink->row(sink->state, cells);
		if (st)
			return st;
	}
	return st;
}

static enum status read_table(const json_t *table, const struct answer_sink *sink)
{
	struct answer_column columns[ANSWER_COLUMNS_MAX];
	struct answer_table t = {.name = json_string_value(json_object_get(table, "name")),
	                         .columns = columns};
	enum status st = read_columns(json_object_get(table, "columns"), columns, &t.column_count);

	if (st || !t.name)
		return STATUS_FORMAT;
	st = sink->table(sink->state, &t);
	if (st)
		return st;
	return read_rows(json_object_get(table, "rows"), columns, t.column_count, sink);
}

static void read_gaps(const json_t *list, struct answer_complete *c)
{
	for (size_t i = 0; i < json_array_size(list) && i < ANSWER_GAPS_MAX; i++) {
		const json_t *gap = json_array_get(list, i);
		struct answer_gap *g = &c->gaps[c->listed++];

		g->sensor = (uint32_t)whole(json_object_get(gap, "number"));
		take_text(g->name, sizeof(g->name), json_object_get(gap, "sensor"));
		g->from_s = seconds_of(json_object_get(gap, "from"));
		g->to_s = seconds_of(json_object_get(gap, "to"));
	}
}

static void read_complete(const json_t *doc, struct answer_complete *c)
{
	c->expected = whole(json_object_get(doc, "expected_windows"));
	c->present = whole(json_object_get(doc, "windows"));
	c->packets = whole(json_object_get(doc, "packets"));
	c->dropped = whole(json_object_get(doc, "dropped"));
	c->malformed = whole(json_object_get(doc, "malformed"));
	c->sensors = whole(json_object_get(doc, "sensors"));
	c->address_hours = json_number_value(json_object_get(doc, "address_hours"));
	c->gap_count = whole(json_object_get(doc, "gap_count"));
	c->live_s = seconds_of(json_object_get(doc, "live_until"));
	read_gaps(json_object_get(doc, "gaps"), c);
}

static void read_tail(const json_t *doc, struct answer_tail *t)
{
	const json_t *distinct = json_object_get(doc, "distinct"), *notes, *tables, *read;

	read_complete(json_object_get(doc, "complete"), &t->complete);
	t->distinct_asked = json_is_object(distinct);
	t->distinct_exact = json_is_true(json_object_get(distinct, "exact"));
	t->distinct_error = json_number_value(json_object_get(distinct, "error"));
	t->cut = json_is_true(json_object_get(doc, "cut"));
	notes = json_object_get(doc, "notes");
	for (size_t i = 0; i < json_array_size(notes) && i < ANSWER_NOTES_MAX; i++)
		take_text(t->notes[t->note_count++], ANSWER_NOTE_MAX, json_array_get(notes, i));
	read = json_object_get(doc, "read");
	tables = json_object_get(read, "tables");
	for (size_t i = 0; i < json_array_size(tables) && i < ANSWER_TABLES_MAX; i++)
		take_text(t->read.tables[t->read.table_count++], sizeof(t->read.tables[0]),
		          json_array_get(tables, i));
	t->read.seconds = json_number_value(json_object_get(read, "seconds"));
}

static enum status play(const json_t *doc, const struct answer_sink *sink)
{
	const json_t *tables = json_object_get(doc, "tables");
	struct answer_head *head = calloc(1, sizeof(*head));
	struct answer_tail *tail = calloc(1, sizeof(*tail));
	enum status st = head && tail ? STATUS_OK : STATUS_NO_MEMORY;

	if (!st && (!json_is_array(tables) || !json_is_object(json_object_get(doc, "complete"))))
		st = STATUS_FORMAT;
	if (!st) {
		read_head(doc, head);
		read_tail(doc, tail);
		st = sink->begin(sink->state, head);
	}
	for (size_t i = 0; i < json_array_size(tables) && !st; i++)
		st = read_table(json_array_get(tables, i), sink);
	if (!st)
		st = sink->end(sink->state, tail);
	free(head);
	free(tail);
	return st;
}

enum status answer_read_json(const char *text, size_t n, const struct answer_sink *sink,
                             struct trouble *t)
{
	json_error_t error;
	json_t *doc = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
	enum status st;

	if (!doc)
		return trouble_set(t, STATUS_FORMAT, NULL, 0, "the answer is no JSON: %s",
		                   error.text);
	st = play(doc, sink);
	json_decref(doc);
	if (st == STATUS_FORMAT)
		return trouble_set(t, st, NULL, 0, "the answer is none that we know");
	if (st)
		return trouble_set(t, st, NULL, 0, "%s", status_text(st));
	return STATUS_OK;
}
