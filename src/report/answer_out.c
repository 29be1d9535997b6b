/* SPDX-License-Identifier: Apache-2.0 */
#include "report/answer_form.h"

#include "base/timefmt.h"
#include "report/answer_json.h"
#include "report/figures.h"
#include "report/safe.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool keeps_rows(const struct answer_out *o)
{
	return o->form == FORM_TABLE || o->form == FORM_SPARK;
}

void answer_cell_text(enum answer_type type, const struct answer_cell *c, char out[ANSWER_CELL_MAX])
{
	char text[TIME_TEXT_MAX], number[NUMBER_TEXT_MAX];

	switch (type) {
	case ANSWER_TEXT:
		safe_text(c->text, 60, out, ANSWER_CELL_MAX);
		break;
	case ANSWER_TIME:
		time_text(c->number * NS_PER_SECOND, 0, text);
		text[10] = ' ';
		text[16] = '\0'; /* whole minutes */
		snprintf(out, ANSWER_CELL_MAX, "%s", text);
		break;
	case ANSWER_COUNT:
		count_text(c->number, number);
		snprintf(out, ANSWER_CELL_MAX, "%s", number);
		break;
	case ANSWER_REAL:
		snprintf(out, ANSWER_CELL_MAX, "%.4g", c->real);
		break;
	case ANSWER_CHANGE:
		snprintf(out, ANSWER_CELL_MAX, "%+.0f %%", fmin(c->real * 100, 1e9));
		break;
	}
}

static void draw_kept(struct answer_out *o)
{
	if (o->tables == 0)
		return;
	if (o->form == FORM_SPARK)
		kept_table_spark(o);
	else
		kept_table_draw(o);
}

static enum status out_begin(void *state, const struct answer_head *head)
{
	struct answer_out *o = state;

	o->head = *head;
	if (o->form == FORM_JSON)
		answer_json_begin(&o->json, head);
	return outfile_status(o->file);
}

static void keep_columns(struct answer_out *o, const struct answer_table *t)
{
	safe_text(t->name, 60, o->kept.name, sizeof(o->kept.name));
	o->kept.column_count = t->column_count;
	o->kept.rows = 0;
	for (size_t i = 0; i < t->column_count; i++) {
		safe_text(t->columns[i].name, 60, o->kept.names[i], sizeof(o->kept.names[i]));
		o->kept.types[i] = t->columns[i].type;
	}
}

/* A table of CSV begins with its names; several stand an empty line apart. */
static void csv_columns(struct answer_out *o, const struct answer_table *t)
{
	if (o->tables)
		outfile_text(o->file, "\r\n");
	for (size_t i = 0; i < t->column_count; i++)
		outfile_printf(o->file, "%s%s", i ? "," : "", t->columns[i].name);
	outfile_text(o->file, "\r\n");
}

static enum status out_table(void *state, const struct answer_table *t)
{
	struct answer_out *o = state;

	if (t->column_count == 0 || t->column_count > ANSWER_COLUMNS_MAX)
		return STATUS_FORMAT;
	if (keeps_rows(o)) {
		draw_kept(o);
		keep_columns(o, t);
	} else if (o->form == FORM_CSV) {
		csv_columns(o, t);
	} else {
		if (o->tables)
			answer_json_table_end(&o->json);
		answer_json_table(&o->json, t);
	}
	o->column_count = t->column_count;
	for (size_t i = 0; i < t->column_count; i++)
		o->types[i] = t->columns[i].type;
	o->tables++;
	return outfile_status(o->file);
}

static enum status keep_row(struct answer_out *o, const struct answer_cell *cells)
{
	struct kept_table *k = &o->kept;

	if (k->rows == ANSWER_KEPT_MAX)
		return STATUS_LIMIT;
	if ((k->rows + 1) * k->column_count > k->room) {
		size_t room = (k->rows + 32) * 2 * k->column_count;
		struct kept_cell *more = realloc(k->cells, room * sizeof(*more));

		if (!more)
			return STATUS_NO_MEMORY;
		k->cells = more;
		k->room = room;
	}
	for (size_t i = 0; i < k->column_count; i++) {
		struct kept_cell *c = &k->cells[k->rows * k->column_count + i];

		*c = (struct kept_cell){.null = cells[i].null};
		c->value = k->types[i] == ANSWER_TIME || k->types[i] == ANSWER_COUNT
		                   ? (double)cells[i].number
		                   : cells[i].real;
		if (!c->null)
			answer_cell_text(k->types[i], &cells[i], c->text);
	}
	k->rows++;
	return STATUS_OK;
}

/* RFC 4180: what holds a comma, quote or line end is quoted. A text that a spreadsheet would
 * take for a formula cannot come: names, addresses and ports begin otherwise. */
static void csv_text(struct outfile *f, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		outfile_text(f, text);
		return;
	}
	outfile_text(f, "\"");
	for (; *text; text++)
		outfile_write(f, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
	outfile_text(f, "\"");
}

static void csv_cell(struct outfile *f, enum answer_type type, const struct answer_cell *c)
{
	char text[TIME_TEXT_MAX];

	if (c->null)
		return;
	if (type == ANSWER_TEXT) {
		csv_text(f, c->text);
	} else if (type == ANSWER_TIME) {
		time_text(c->number * NS_PER_SECOND, 0, text);
		outfile_text(f, text);
	} else if (type == ANSWER_COUNT) {
		outfile_printf(f, "%" PRIu64, c->number);
	} else {
		outfile_printf(f, "%.12g", c->real);
	}
}

static enum status out_row(void *state, const struct answer_cell *cells)
{
	struct answer_out *o = state;

	if (keeps_rows(o))
		return keep_row(o, cells);
	if (o->form == FORM_JSON) {
		answer_json_row(&o->json, o->types, o->column_count, cells);
		return outfile_status(o->file);
	}
	for (size_t i = 0; i < o->column_count; i++) {
		if (i)
			outfile_text(o->file, ",");
		csv_cell(o->file, o->types[i], &cells[i]);
	}
	outfile_text(o->file, "\r\n");
	return outfile_status(o->file);
}

static enum status out_end(void *state, const struct answer_tail *tail)
{
	struct answer_out *o = state;

	if (keeps_rows(o)) {
		draw_kept(o);
		outfile_text(o->file, "\n");
		answer_tail_print(tail, o->file);
	} else if (o->form == FORM_JSON) {
		if (o->tables)
			answer_json_table_end(&o->json);
		answer_json_end(&o->json, tail);
	}
	return outfile_status(o->file);
}

enum status answer_out_new(struct answer_out **out, enum answer_form form,
                           struct answer_style style, struct outfile *file,
                           struct answer_sink *sink)
{
	struct answer_out *o = calloc(1, sizeof(*o));

	*out = o;
	if (!o)
		return STATUS_NO_MEMORY;
	o->form = form;
	o->style = style;
	o->file = file;
	json_init(&o->json, file, 0);
	*sink = (struct answer_sink){o, out_begin, out_table, out_row, out_end};
	return STATUS_OK;
}

void answer_out_free(struct answer_out *o)
{
	if (!o)
		return;
	free(o->kept.cells);
	free(o);
}

enum status answer_form_parse(const char *name, enum answer_form *out)
{
	static const char *const names[] = {"table", "json", "csv", "spark"};

	for (unsigned i = 0; i < 4; i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = (enum answer_form)i;
			return STATUS_OK;
		}
	}
	return STATUS_FORMAT;
}
