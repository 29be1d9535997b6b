/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_admin.h"

#include "report/safe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CELL_COLUMNS = 72, CELL_BYTES = CELL_COLUMNS * 4 + 8, GAP = 2 };

void hub_table_add(struct hub_table *table, const char *cell)
{
	char text[CELL_BYTES];

	if (table->cells == table->room) {
		size_t room = table->room ? table->room * 2 : 64;
		char **grown = reallocarray(table->texts, room, sizeof(*grown));

		if (!grown) {
			table->failed = true;
			return;
		}
		table->texts = grown;
		table->room = room;
	}
	safe_text(*cell ? cell : "-", CELL_COLUMNS, text, sizeof(text));
	table->texts[table->cells] = strdup(text);
	table->failed |= !table->texts[table->cells++];
}

void hub_table_number(struct hub_table *table, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	hub_table_add(table, text);
}

static int widest(const struct hub_table *table, size_t column)
{
	int most = 0;

	for (size_t i = column; i < table->cells; i += table->columns) {
		int columns = safe_columns(table->texts[i]);

		most = columns > most ? columns : most;
	}
	return most;
}

void hub_table_print(struct hub_table *table, struct outfile *out)
{
	assert(table->columns > 0 && (table->failed || table->cells % table->columns == 0));
	for (size_t i = 0; i < table->cells && !table->failed; i++) {
		size_t column = i % table->columns;
		bool last = column + 1 == table->columns;
		int fill = last ? 0 : widest(table, column) - safe_columns(table->texts[i]) + GAP;

		outfile_printf(out, "%s%*s%s", table->texts[i], fill, "", last ? "\n" : "");
	}
	if (table->failed)
		outfile_text(out, "(out of memory)\n");
	for (size_t i = 0; i < table->cells; i++)
		free(table->texts[i]);
	free(table->texts);
}
