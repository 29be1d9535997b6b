/* SPDX-License-Identifier: Apache-2.0 */
/* An answer as aligned columns. */
#include "report/answer_form.h"

#include "report/safe.h"

#include <stdio.h>
#include <string.h>

static const struct kept_cell *cell_at(const struct kept_table *k, size_t row, size_t column)
{
	return &k->cells[row * k->column_count + column];
}

/* "new": there was nothing in the time before. */
static const char *shown(const struct kept_table *k, size_t row, size_t column)
{
	const struct kept_cell *c = cell_at(k, row, column);
	const struct kept_cell *before = column ? cell_at(k, row, column - 1) : NULL;

	if (!c->null)
		return c->text;
	if (k->types[column] == ANSWER_CHANGE && before && !before->null && before->value == 0)
		return "new";
	return "-";
}

static int column_width(const struct kept_table *k, size_t column)
{
	int width = safe_columns(k->names[column]);

	for (size_t row = 0; row < k->rows; row++) {
		int columns = safe_columns(shown(k, row, column));

		width = columns > width ? columns : width;
	}
	return width;
}

static void put_cell(struct outfile *f, const char *text, int width, bool right, bool last)
{
	int pad = width - safe_columns(text);

	if (right)
		outfile_printf(f, "%*s%s", pad > 0 ? pad : 0, "", text);
	else
		outfile_printf(f, "%s%*s", text, last || pad < 0 ? 0 : pad, "");
	outfile_text(f, last ? "\n" : "  ");
}

void kept_table_draw(const struct answer_out *o)
{
	const struct kept_table *k = &o->kept;
	int widths[ANSWER_COLUMNS_MAX];

	if (o->tables > 1)
		outfile_text(o->file, "\n");
	if (strcmp(k->name, o->tables > 1 ? "" : "summary") == 0 || o->tables > 1)
		outfile_printf(o->file, "%s\n", k->name);
	for (size_t i = 0; i < k->column_count; i++)
		widths[i] = column_width(k, i);
	for (size_t i = 0; i < k->column_count; i++)
		put_cell(o->file, k->names[i], widths[i], k->types[i] >= ANSWER_COUNT,
		         i + 1 == k->column_count);
	for (size_t row = 0; row < k->rows; row++) {
		for (size_t i = 0; i < k->column_count; i++)
			put_cell(o->file, shown(k, row, i), widths[i], k->types[i] >= ANSWER_COUNT,
			         i + 1 == k->column_count);
	}
	if (k->rows == 0)
		outfile_text(o->file, "nothing\n");
}
