/* SPDX-License-Identifier: Apache-2.0 */
#include "report/pen.h"

#include "report/safe.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { GAP = 2, MARGIN = 2 };

struct pen pen_init(struct outfile *out, struct text_style style)
{
	int width = style.width == 0 ? 80 : style.width;

	if (width < TEXT_WIDTH_MIN)
		width = TEXT_WIDTH_MIN;
	if (width > TEXT_WIDTH_MAX)
		width = TEXT_WIDTH_MAX;
	return (struct pen){.out = out, .colour = style.colour, .width = width};
}

void pen_ink(const struct pen *p, enum pen_ink ink, const char *text)
{
	static const char *const sgr[] = {"", "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[33m"};

	if (!p->colour || ink == INK_PLAIN) {
		outfile_text(p->out, text);
		return;
	}
	outfile_text(p->out, sgr[ink]);
	outfile_text(p->out, text);
	outfile_text(p->out, "\x1b[0m");
}

static void spaces(const struct pen *p, int n)
{
	if (n > 0)
		outfile_printf(p->out, "%*s", n, "");
}

void pen_heading(const struct pen *p, const char *title, const char *note)
{
	outfile_text(p->out, "\n");
	pen_ink(p, INK_BOLD, title);
	if (note && note[0]) {
		char cut[PEN_CELL_MAX];

		safe_text(note, p->width - safe_columns(title) - GAP, cut, sizeof(cut));
		outfile_text(p->out, "  ");
		pen_ink(p, INK_DIM, cut);
	}
	outfile_text(p->out, "\n");
}

void pen_wrap(const struct pen *p, const char *lead, enum pen_ink ink, int indent, const char *text)
{
	int used = MARGIN + safe_columns(lead);

	spaces(p, MARGIN);
	pen_ink(p, ink, lead);
	spaces(p, indent - used);
	used = indent;
	for (bool first = true; *text; first = false) {
		size_t n = strcspn(text, " ");
		char raw[PEN_CELL_MAX], word[PEN_CELL_MAX];
		int columns;

		/* A word wider than the line is cut: it is somebody's trick. */
		snprintf(raw, sizeof(raw), "%.*s", (int)n, text);
		columns = safe_text(raw, p->width - indent, word, sizeof(word));
		if (!first && used + 1 + columns > p->width) {
			outfile_text(p->out, "\n");
			spaces(p, indent);
			used = indent;
		} else if (!first) {
			outfile_text(p->out, " ");
			used++;
		}
		outfile_text(p->out, word);
		used += columns;
		text += n + strspn(text + n, " ");
	}
	outfile_text(p->out, "\n");
}

unsigned pen_table_row(struct pen_table *t)
{
	assert(t->row_count < PEN_ROWS_MAX && t->column_count <= PEN_COLUMNS_MAX);
	for (unsigned c = 0; c < PEN_COLUMNS_MAX; c++)
		t->cells[t->row_count][c][0] = '\0';
	return t->row_count++;
}

void pen_table_cell(struct pen_table *t, unsigned row, unsigned column, const char *fmt, ...)
{
	va_list args;

	assert(row < t->row_count && column < t->column_count);
	va_start(args, fmt);
	vsnprintf(t->cells[row][column], PEN_CELL_MAX, fmt, args);
	va_end(args);
}

static bool breaks_out(const struct pen_table *t, unsigned column, int columns)
{
	return t->columns[column].breaks && columns > t->columns[column].breaks;
}

/* The widest cell of each column; a column without any text takes no room. */
static void natural_widths(const struct pen_table *t, bool breaking, int widths[PEN_COLUMNS_MAX])
{
	for (unsigned c = 0; c < t->column_count; c++) {
		widths[c] = 0;
		for (unsigned r = 0; r < t->row_count; r++) {
			int columns = safe_columns(t->cells[r][c]);

			if (columns > widths[c] && !(breaking && breaks_out(t, c, columns)))
				widths[c] = columns;
		}
		/* The first column is never empty, its cells may all stand on lines of their own.
		 */
		if ((widths[c] || c == 0) && safe_columns(t->columns[c].title) > widths[c])
			widths[c] = safe_columns(t->columns[c].title);
	}
}

static int total_width(const struct pen_table *t, const int widths[])
{
	int total = MARGIN - GAP;

	for (unsigned c = 0; c < t->column_count; c++)
		total += widths[c] ? widths[c] + GAP : 0;
	return total;
}

/* Cut what may be cut, the widest first, a column at a time. */
static void shrink(const struct pen_table *t, int widths[], int room)
{
	while (total_width(t, widths) > room) {
		unsigned widest = t->column_count;

		for (unsigned c = 0; c < t->column_count; c++) {
			if (t->columns[c].narrowest && widths[c] > t->columns[c].narrowest &&
			    (widest == t->column_count || widths[c] > widths[widest]))
				widest = c;
		}
		if (widest == t->column_count)
			return;
		widths[widest]--;
	}
}

static void fit(const struct pen_table *t, int widths[], int room)
{
	for (int turn = 1; turn <= PEN_COLUMNS_MAX; turn++) {
		shrink(t, widths, room);
		if (total_width(t, widths) <= room)
			return;
		natural_widths(t, true, widths);
		for (unsigned c = 0; c < t->column_count; c++) {
			if (t->columns[c].leaves && t->columns[c].leaves <= turn)
				widths[c] = 0;
		}
	}
	shrink(t, widths, room);
}

/* Spaces are owed until something follows, so that no line ends in them. */
static int print_cell(const struct pen *p, bool right, enum pen_ink ink, const char *text,
                      int width, int owed)
{
	char cut[PEN_CELL_MAX + 4];
	int used = safe_text(text, width, cut, sizeof(cut));

	if (used == 0)
		return owed + width;
	spaces(p, owed + (right ? width - used : 0));
	pen_ink(p, ink, cut);
	return right ? 0 : width - used;
}

/* Row -1 bears the titles. */
static void print_row(const struct pen *p, const struct pen_table *t, const int widths[], int row)
{
	int owed = MARGIN;

	for (unsigned c = 0; c < t->column_count; c++) {
		const struct pen_column *column = &t->columns[c];
		const char *text = row < 0 ? column->title : t->cells[row][c];

		if (!widths[c])
			continue;
		if (c == 0 && column->breaks && safe_columns(text) > widths[c]) {
			print_cell(p, false, column->ink, text, p->width - MARGIN, owed);
			outfile_text(p->out, "\n");
			text = "";
			owed = MARGIN;
		}
		owed = GAP + print_cell(p, column->right, row < 0 ? INK_DIM : column->ink, text,
		                        widths[c], owed);
	}
	outfile_text(p->out, "\n");
}

void pen_table_print(const struct pen *p, const struct pen_table *t)
{
	int widths[PEN_COLUMNS_MAX];

	natural_widths(t, false, widths);
	if (total_width(t, widths) > p->width) {
		natural_widths(t, true, widths);
		fit(t, widths, p->width);
	}
	print_row(p, t, widths, -1);
	for (unsigned r = 0; r < t->row_count; r++)
		print_row(p, t, widths, (int)r);
}

void pen_bar(double share, int columns, char *out)
{
	static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
	size_t used = 0;
	int eighths;

	out[0] = '\0';
	if (!(share > 0))
		return;
	eighths = (int)((share < 1 ? share : 1) * columns * 8 + 0.5);
	if (eighths < 1)
		eighths = 1;
	for (; eighths > 0; eighths -= 8) {
		const char *part = parts[eighths < 8 ? eighths : 8];

		memcpy(out + used, part, strlen(part) + 1);
		used += strlen(part);
	}
}
