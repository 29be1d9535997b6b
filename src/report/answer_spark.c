/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer as small charts: a line of blocks for each group of a series, bars for the rest.
 * A gap is an empty place, zero the lowest mark. Each line has a scale of its own and says it.
 */
#include "report/answer_form.h"

#include "report/figures.h"
#include "report/safe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 200, LEVELS = 8, CHART_MIN = 10 };

static const char *const blocks[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const marks[LEVELS] = {"_", ".", ":", "-", "=", "+", "*", "#"};

static const struct kept_cell *cell_at(const struct kept_table *k, size_t row, size_t column)
{
	return &k->cells[row * k->column_count + column];
}

/* The texts of the columns [first, end), joined. */
static void row_label(const struct kept_table *k, size_t row, size_t first, size_t end,
                      char out[LABEL_MAX])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = first; i < end && used < LABEL_MAX; i++)
		used += (size_t)snprintf(out + used, LABEL_MAX - used, "%s%s", i > first ? " " : "",
		                         cell_at(k, row, i)->text);
}

/* Buckets that share a place: the largest of them, so that no peak vanishes. */
static bool place_value(const double *values, const bool *known, size_t count, size_t place,
                        size_t places, double *out)
{
	size_t from = place * count / places, to = (place + 1) * count / places;
	bool any = false;

	for (size_t i = from; i < to; i++) {
		if (known[i] && (!any || values[i] > *out))
			*out = values[i];
		any |= known[i];
	}
	return any;
}

static void put_chart(const struct answer_out *o, const double *values, const bool *known,
                      size_t count, int width)
{
	const char *const *levels = o->style.ascii ? marks : blocks;
	size_t places = count < (size_t)width ? count : (size_t)width;
	double largest = 0, value = 0;

	for (size_t i = 0; i < count; i++)
		largest = known[i] && values[i] > largest ? values[i] : largest;
	for (size_t i = 0; i < places; i++) {
		int level = 0;

		if (!place_value(values, known, count, i, places, &value)) {
			outfile_text(o->file, " ");
			continue;
		}
		if (value > 0)
			level = 1 + (int)(value / largest * (LEVELS - 2) + 0.5);
		outfile_text(o->file, levels[level < LEVELS ? level : LEVELS - 1]);
	}
}

struct line {
	size_t first;  /* row of its first bucket */
	size_t column; /* of the measure */
	char label[LABEL_MAX];
};

static void put_line(const struct answer_out *o, const struct line *l, size_t lines, int label)
{
	const struct kept_table *k = &o->kept;
	size_t count = k->rows / lines;
	double *values = calloc(count + 1, sizeof(*values)), low = 0, high = 0;
	bool *known = calloc(count + 1, sizeof(*known)), any = false;
	char from[NUMBER_TEXT_MAX], to[NUMBER_TEXT_MAX];
	int width = o->style.width - label - 24;

	for (size_t i = 0; i < count && values && known; i++) {
		const struct kept_cell *c = cell_at(k, l->first + i * lines, l->column);

		known[i] = !c->null;
		values[i] = c->value;
		if (c->null)
			continue;
		low = !any || c->value < low ? c->value : low;
		high = !any || c->value > high ? c->value : high;
		any = true;
	}
	outfile_printf(o->file, "%s%*s  ", l->label, label - safe_columns(l->label), "");
	if (values && known)
		put_chart(o, values, known, count, width < CHART_MIN ? CHART_MIN : width);
	short_text(low, from);
	short_text(high, to);
	if (any)
		outfile_printf(o->file, "  %s to %s\n", from, to);
	else
		outfile_text(o->file, "  no data\n");
	free(values);
	free(known);
}

/* Rows come bucket by bucket, with the groups in the same order in each. */
static size_t lines_of(const struct kept_table *k)
{
	size_t n = 1;

	while (n < k->rows && cell_at(k, n, 0)->value == cell_at(k, 0, 0)->value)
		n++;
	return n;
}

static void draw_series(const struct answer_out *o, size_t groups)
{
	const struct kept_table *k = &o->kept;
	size_t lines = lines_of(k), end = k->column_count;
	struct line l;
	int label = 0;

	if (end > 1 && strcmp(k->names[end - 1], "complete") == 0)
		end--;
	if (groups + 1 > end)
		groups = end - 1;
	/* Twice over: the widest label first. */
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < lines; i++) {
			for (size_t c = 1 + groups; c < end; c++) {
				char group[LABEL_MAX];

				row_label(k, i, 1, 1 + groups, group);
				l = (struct line){.first = i, .column = c};
				snprintf(l.label, sizeof(l.label), "%.120s%s%.60s", group,
				         group[0] ? " " : "", k->names[c]);
				if (pass)
					put_line(o, &l, lines, label);
				else if (safe_columns(l.label) > label)
					label = safe_columns(l.label);
			}
		}
	}
}

/* The first column that is a number. */
static size_t bar_column(const struct kept_table *k)
{
	size_t c = 0;

	while (c < k->column_count && k->types[c] < ANSWER_COUNT)
		c++;
	return c;
}

static void put_bar(const struct answer_out *o, double share, int width)
{
	int full = (int)(share * width + 0.5);

	if (share > 0 && full == 0)
		full = 1;
	for (int i = 0; i < full; i++)
		outfile_text(o->file, o->style.ascii ? "#" : "█");
}

static void draw_bars(const struct answer_out *o, size_t column)
{
	const struct kept_table *k = &o->kept;
	int label = 0, number = 0, width;
	double largest = 0;
	char text[LABEL_MAX];

	for (size_t i = 0; i < k->rows; i++) {
		const struct kept_cell *c = cell_at(k, i, column);

		row_label(k, i, 0, column, text);
		label = safe_columns(text) > label ? safe_columns(text) : label;
		number = safe_columns(c->text) > number ? safe_columns(c->text) : number;
		largest = !c->null && c->value > largest ? c->value : largest;
	}
	width = o->style.width - label - number - 4;
	for (size_t i = 0; i < k->rows; i++) {
		const struct kept_cell *c = cell_at(k, i, column);

		row_label(k, i, 0, column, text);
		outfile_printf(o->file, "%s%*s  %*s  ", text, label - safe_columns(text), "",
		               number, c->null ? "-" : c->text);
		put_bar(o, !c->null && largest > 0 ? c->value / largest : 0,
		        width < CHART_MIN ? CHART_MIN : width);
		outfile_text(o->file, "\n");
	}
}

void kept_table_spark(const struct answer_out *o)
{
	const struct kept_table *k = &o->kept;
	bool series = strcmp(k->name, "series") == 0, timeline = strcmp(k->name, "timeline") == 0;
	size_t column = bar_column(k);

	if (k->rows > 0 && k->column_count > 1 && (series || timeline)) {
		if (o->tables > 1)
			outfile_printf(o->file, "\n%s\n", k->name);
		draw_series(o, series ? o->head.dimension_count : 0);
	} else if (k->rows > 1 && column > 0 && column < k->column_count &&
	           strcmp(k->name, "rows") != 0) {
		if (o->tables > 1)
			outfile_printf(o->file, "\n%s by %s\n", k->name, k->names[column]);
		draw_bars(o, column);
	} else {
		kept_table_draw(o);
	}
}
