/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON document of an answer, written while it comes: docs/schema/answer.schema.json. */
#include "report/answer_json.h"

#include "base/timefmt.h"
#include "report/answer_out.h"

static const char *const type_names[] = {
        [ANSWER_TEXT] = "text", [ANSWER_TIME] = "time",     [ANSWER_COUNT] = "count",
        [ANSWER_REAL] = "real", [ANSWER_CHANGE] = "change",
};

const char *answer_type_name(enum answer_type t)
{
	return type_names[t];
}

static void put_time(struct json_out *j, const char *key, uint64_t seconds)
{
	char text[TIME_TEXT_MAX];

	if (!seconds) {
		json_null(j, key);
		return;
	}
	time_text(seconds * NS_PER_SECOND, 0, text);
	json_string(j, key, text);
}

void answer_json_begin(struct json_out *j, const struct answer_head *h)
{
	json_object_open(j, NULL);
	json_string(j, "query", h->query);
	put_time(j, "from", h->from_s);
	put_time(j, "to", h->to_s);
	if (h->width_s)
		json_u64(j, "bucket_seconds", h->width_s);
	else
		json_null(j, "bucket_seconds");
	put_time(j, "base_from", h->base_from_s);
	json_u64(j, "groups", h->dimension_count);
	json_array_open(j, "tables");
}

void answer_json_table(struct json_out *j, const struct answer_table *t)
{
	json_object_open(j, NULL);
	json_string(j, "name", t->name);
	json_array_open(j, "columns");
	for (size_t i = 0; i < t->column_count; i++) {
		json_object_open(j, NULL);
		json_string(j, "name", t->columns[i].name);
		json_string(j, "type", type_names[t->columns[i].type]);
		json_object_close(j);
	}
	json_array_close(j);
	json_array_open(j, "rows");
}

void answer_json_table_end(struct json_out *j)
{
	json_array_close(j);
	json_object_close(j);
}

static void put_cell(struct json_out *j, enum answer_type type, const struct answer_cell *c)
{
	if (c->null)
		json_null(j, NULL);
	else if (type == ANSWER_TEXT)
		json_string(j, NULL, c->text);
	else if (type == ANSWER_TIME)
		put_time(j, NULL, c->number);
	else if (type == ANSWER_COUNT)
		json_u64(j, NULL, c->number);
	else
		json_double(j, NULL, c->real, 12);
}

void answer_json_row(struct json_out *j, const enum answer_type *types, size_t count,
                     const struct answer_cell *cells)
{
	json_array_open(j, NULL);
	for (size_t i = 0; i < count; i++)
		put_cell(j, types[i], &cells[i]);
	json_array_close(j);
}

static void put_gaps(struct json_out *j, const struct answer_complete *c)
{
	json_u64(j, "gap_count", c->gap_count);
	json_array_open(j, "gaps");
	for (size_t i = 0; i < c->listed; i++) {
		json_object_open(j, NULL);
		json_u64(j, "number", c->gaps[i].sensor);
		json_string(j, "sensor", c->gaps[i].name);
		put_time(j, "from", c->gaps[i].from_s);
		put_time(j, "to", c->gaps[i].to_s);
		json_object_close(j);
	}
	json_array_close(j);
}

static void put_complete(struct json_out *j, const struct answer_complete *c)
{
	json_object_open(j, "complete");
	json_u64(j, "expected_windows", c->expected);
	json_u64(j, "windows", c->present);
	if (c->expected)
		json_double(j, "share", (double)c->present / (double)c->expected, 6);
	else
		json_null(j, "share");
	json_u64(j, "packets", c->packets);
	json_u64(j, "dropped", c->dropped);
	json_u64(j, "malformed", c->malformed);
	json_u64(j, "sensors", c->sensors);
	json_double(j, "address_hours", c->address_hours, 9);
	put_gaps(j, c);
	put_time(j, "live_until", c->live_s);
	json_object_close(j);
}

static void put_read(struct json_out *j, const struct answer_tail *t)
{
	json_object_open(j, "read");
	json_array_open(j, "tables");
	for (size_t i = 0; i < t->read.table_count; i++)
		json_string(j, NULL, t->read.tables[i]);
	json_array_close(j);
	json_double(j, "seconds", t->read.seconds, 4);
	json_object_close(j);
}

void answer_json_end(struct json_out *j, const struct answer_tail *t)
{
	json_array_close(j);
	put_complete(j, &t->complete);
	if (t->distinct_asked) {
		json_object_open(j, "distinct");
		json_bool(j, "exact", t->distinct_exact);
		json_double(j, "error", t->distinct_error, 3);
		json_object_close(j);
	} else {
		json_null(j, "distinct");
	}
	put_read(j, t);
	json_bool(j, "cut", t->cut);
	json_array_open(j, "notes");
	for (size_t i = 0; i < t->note_count; i++)
		json_string(j, NULL, t->notes[i]);
	json_array_close(j);
	json_object_close(j);
}
