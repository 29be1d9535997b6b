/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing for a terminal: headings, wrapped sentences, tables that fit the width.
 * Paragraphs and cells are made safe on their way out; leads, titles and notes are ours.
 * One thread a pen.
 */
#ifndef REPORT_PEN_H
#define REPORT_PEN_H

#include "report/report.h"

enum { PEN_COLUMNS_MAX = 10, PEN_ROWS_MAX = 40, PEN_CELL_MAX = 200 };

enum pen_ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_BAR, INK_WARNING };

struct pen {
	struct outfile *out;
	bool colour;
	int width; /* columns */
};

struct pen_column {
	const char *title;
	bool right;    /* aligned to the right */
	int narrowest; /* may be cut down to this many columns; 0: never cut */
	int leaves;    /* 1 leaves first where the width is short, then 2, ...; 0: stays */
	enum pen_ink ink;
	int breaks; /* cells wider than this take a line of their own where the width is
	               short (long IPv6 addresses); first column only; 0: never */
};

struct pen_table {
	const struct pen_column *columns;
	unsigned column_count, row_count;
	char cells[PEN_ROWS_MAX][PEN_COLUMNS_MAX][PEN_CELL_MAX];
};

struct pen pen_init(struct outfile *out, struct text_style style);

void pen_ink(const struct pen *p, enum pen_ink ink, const char *text);
/* The note is cut where it does not fit. */
void pen_heading(const struct pen *p, const char *title, const char *note);

/* A paragraph: `lead` stands in front of the first line in the given ink, the rest is
 * wrapped and indented by `indent` columns. */
void pen_wrap(const struct pen *p, const char *lead, enum pen_ink ink, int indent,
              const char *text);

/* A new empty row, its number; rows beyond PEN_ROWS_MAX are a bug. */
unsigned pen_table_row(struct pen_table *t);
void pen_table_cell(struct pen_table *t, unsigned row, unsigned column, const char *fmt, ...)
        PRINTF_LIKE(4, 5);
void pen_table_print(const struct pen *p, const struct pen_table *t);

/* A bar of up to `columns` columns in eighths of a column; at least a sliver where the share
 * is not zero. out takes columns * 3 + 1 bytes. */
void pen_bar(double share, int columns, char *out);

#endif
