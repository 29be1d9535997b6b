/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/options.h"

#include "base/timefmt.h"
#include "conf/mdoc.h"
#include "conf/size.h"

#include <stdlib.h>
#include <string.h>

static enum status list_add(struct text_list *list, const char *text)
{
	const char **items;

	if (list->count == TEXT_LIST_MAX)
		return STATUS_LIMIT;
	items = reallocarray(list->items, list->count + 1, sizeof(*items));
	if (!items)
		return STATUS_NO_MEMORY;
	list->items = items;
	items[list->count++] = text;
	return STATUS_OK;
}

void text_list_clear(struct text_list *list)
{
	free(list->items);
	*list = (struct text_list){0};
}

static enum status parse_number(const struct option *row, const char *text, uint64_t *value)
{
	enum status st;

	if (row->type == OPTION_COUNT_OR_ALL && strcmp(text, "all") == 0) {
		*value = UINT64_MAX;
		return STATUS_OK;
	}
	if (row->type == OPTION_DURATION)
		st = duration_parse(text, value);
	else
		st = size_parse(text, row->type == OPTION_SIZE, value);
	if (st == STATUS_OK && (*value < row->low || *value > row->high))
		st = STATUS_FORMAT;
	return st;
}

/* What would have been right, for the person who typed it. */
static enum status refuse_number(const struct option *row, const char *text, struct trouble *t)
{
	if (row->type == OPTION_COUNT || row->type == OPTION_COUNT_OR_ALL)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "--%s: '%s' is not a number from %llu to %llu%s", row->name,
		                   text, (unsigned long long)row->low,
		                   (unsigned long long)row->high,
		                   row->type == OPTION_COUNT ? "" : ", nor 'all'");
	if (row->type == OPTION_SIZE)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "--%s: '%s' is not a size of at least %llu bytes, such as 256M",
		                   row->name, text, (unsigned long long)row->low);
	return trouble_set(t, STATUS_USAGE, NULL, 0,
	                   "--%s: '%s' is no such time as 90s, 15m or 24h", row->name, text);
}

static enum status store(const struct option *row, const char *text, void *settings,
                         struct trouble *t)
{
	void *field = (char *)settings + row->offset;

	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return STATUS_OK;
	case OPTION_TEXT:
		*(const char **)field = text;
		return STATUS_OK;
	case OPTION_LIST:
		return list_add(field, text);
	default:
		if (parse_number(row, text, field))
			return refuse_number(row, text, t);
		return STATUS_OK;
	}
}

static const struct option *find(const struct option_table *table, const char *name, size_t length)
{
	for (size_t i = 0; i < table->count; i++) {
		if (strlen(table->rows[i].name) == length &&
		    memcmp(table->rows[i].name, name, length) == 0)
			return &table->rows[i];
	}
	return NULL;
}

/* The row that "-o" stands for. */
static const struct option *find_letter(const struct option_table *table, const char *argument)
{
	const struct option_letter *at = table->letters;

	for (; at && at->letter; at++) {
		if (argument[1] == at->letter && !argument[2])
			return find(table, at->name, strlen(at->name));
	}
	return NULL;
}

static char letter_of(const struct option_table *table, const struct option *row)
{
	const struct option_letter *at = table->letters;

	for (; at && at->letter; at++) {
		if (strcmp(at->name, row->name) == 0)
			return at->letter;
	}
	return '\0';
}

/* One "-l", "--name", "--name=value" or "--name value"; *at moves past what was used. */
static enum status parse_option(const struct option_table *table, int argc, char **argv, int *at,
                                void *settings, struct trouble *t)
{
	bool is_short = argv[*at][1] != '-';
	const char *name = argv[*at] + 2, *equals = is_short ? NULL : strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	const struct option *row =
	        is_short ? find_letter(table, argv[*at]) : find(table, name, length);
	const char *value = equals ? equals + 1 : NULL;

	if (!row)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "'%s' is not an option of '%s'; see --help", argv[*at],
		                   table->command);
	if (row->type == OPTION_FLAG && value)
		return trouble_set(t, STATUS_USAGE, NULL, 0, "--%s takes no value", row->name);
	if (row->type != OPTION_FLAG && !value) {
		if (*at + 1 >= argc)
			return trouble_set(t, STATUS_USAGE, NULL, 0, "--%s needs a %s", row->name,
			                   row->argument);
		value = argv[++*at];
	}
	++*at;
	return store(row, value, settings, t);
}

enum status options_parse(const struct option_table *table, int argc, char **argv, void *settings,
                          struct text_list *operands, struct trouble *t)
{
	enum status st = STATUS_OK;
	bool only_operands = false;

	for (int at = 1; at < argc && st == STATUS_OK;) {
		if (only_operands || argv[at][0] != '-' || argv[at][1] == '\0')
			st = list_add(operands, argv[at++]);
		else if (strcmp(argv[at], "--") == 0)
			only_operands = ++at > 0;
		else
			st = parse_option(table, argc, argv, &at, settings, t);
	}
	if (st == STATUS_LIMIT || st == STATUS_NO_MEMORY)
		return trouble_set(t, st, NULL, 0, "too many arguments");
	return st;
}

/* Text in lines of at most 72 characters behind an indent. */
static void print_folded(FILE *out, const char *text, int indent)
{
	int column = 0;

	while (*text) {
		int n = (int)strcspn(text, " ");

		if (column && column + 1 + n > 72 - indent) {
			fputc('\n', out);
			column = 0;
		}
		if (column)
			column += fprintf(out, " %.*s", n, text);
		else
			column += fprintf(out, "%*s%.*s", indent, "", n, text) - indent;
		text += n;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

void options_help(const struct option_table *table, FILE *out)
{
	fprintf(out, "usage: noroshi %s %s\n\n", table->command, table->synopsis);
	print_folded(out, table->about, 0);
	fputc('\n', out);
	for (size_t i = 0; i < table->count; i++) {
		const struct option *row = &table->rows[i];
		char letter = letter_of(table, row);

		if (letter)
			fprintf(out, "  -%c,", letter);
		fprintf(out, "%s--%s%s%s\n", letter ? " " : "  ", row->name,
		        row->argument ? " " : "", row->argument ? row->argument : "");
		print_folded(out, row->help, 6);
	}
}

void options_mdoc(const struct option_table *table, FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < table->count; i++) {
		const struct option *row = &table->rows[i];
		char letter = letter_of(table, row);

		fputs(".It ", out);
		if (letter)
			fprintf(out, "Fl %c , ", letter);
		fprintf(out, "Fl \\-%s%s%s\n", row->name, row->argument ? " Ar " : "",
		        row->argument ? row->argument : "");
		mdoc_text(out, row->help);
	}
	fputs(".El\n", out);
}
