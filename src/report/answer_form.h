/* SPDX-License-Identifier: Apache-2.0 */
/* What the forms of an answer share. Inside of this room only. */
#ifndef REPORT_ANSWER_FORM_H
#define REPORT_ANSWER_FORM_H

#include "report/answer_out.h"

#include "base/json_out.h"

enum { ANSWER_CELL_MAX = 72 }; /* bytes of a cell's text that terminal forms keep */

/* One value that a terminal form keeps: its text, made safe, and the number for charts. */
struct kept_cell {
	bool null;
	double value;
	char text[ANSWER_CELL_MAX];
};

/* The table that a terminal form gathers before it is drawn. */
struct kept_table {
	char name[ANSWER_NAME_MAX];
	size_t column_count;
	char names[ANSWER_COLUMNS_MAX][ANSWER_NAME_MAX];
	enum answer_type types[ANSWER_COLUMNS_MAX];
	struct kept_cell *cells; /* rows times column_count */
	size_t rows, room;       /* room: of cells */
};

struct answer_out {
	enum answer_form form;
	struct answer_style style;
	struct outfile *file;
	struct json_out json;
	struct answer_head head;
	size_t column_count;
	enum answer_type types[ANSWER_COLUMNS_MAX];
	unsigned tables; /* so far */
	struct kept_table kept;
};

/* answer_table.c */
void kept_table_draw(const struct answer_out *o);
/* answer_spark.c */
void kept_table_spark(const struct answer_out *o);

/* The text of a cell for a person, without control characters. */
void answer_cell_text(enum answer_type type, const struct answer_cell *cell,
                      char out[ANSWER_CELL_MAX]);

#endif
