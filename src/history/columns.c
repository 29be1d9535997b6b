/* SPDX-License-Identifier: Apache-2.0 */
#include "history/columns.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *name, *aliases;
} known[HISTORY_FIELDS] = {
#define HISTORY_FIELD(id, name, aliases) {name, aliases},
#include "history/field.def"
#undef HISTORY_FIELD
};

static bool must_be_there(enum history_field f)
{
	return f == HISTORY_TIME || f == HISTORY_SOURCE || f == HISTORY_PROTO || f == HISTORY_PORT;
}

static int find_field(struct text name)
{
	for (int f = 0; f < HISTORY_FIELDS; f++) {
		if (text_is(name, known[f].name))
			return f;
	}
	return -1;
}

/* "source=src", "port=#6", "sensor=@office". */
static enum status parse_pair(struct columns *c, struct text pair, struct trouble *t)
{
	const char *equals = memchr(pair.at, '=', pair.n);
	struct text name, value;
	struct column *column;
	uint64_t number;
	int f;

	if (!equals)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "--columns: '%.*s' is not of the form field=column", (int)pair.n,
		                   pair.at);
	name = text_trim((struct text){pair.at, (size_t)(equals - pair.at)});
	value = text_trim((struct text){equals + 1, pair.n - (size_t)(equals - pair.at) - 1});
	f = find_field(name);
	if (f < 0)
		return trouble_set(
		        t, STATUS_USAGE, NULL, 0,
		        "--columns: '%.*s' is none of time, source, sensor, proto, port, "
		        "type, code, count, country",
		        (int)name.n, name.at);
	column = &c->field[f];
	if (value.n == 0 || value.n >= COLUMN_NAME_MAX || column->at != COLUMN_NONE)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "--columns: %s needs one column of 1 to %d characters",
		                   known[f].name, COLUMN_NAME_MAX - 1);
	if (value.at[0] == '#') {
		if (!text_number((struct text){value.at + 1, value.n - 1}, TEXT_FIELDS_MAX,
		                 &number) ||
		    number == 0)
			return trouble_set(t, STATUS_USAGE, NULL, 0,
			                   "--columns: %s: a column's number is from 1 to %d",
			                   known[f].name, TEXT_FIELDS_MAX);
		column->at = (int)number - 1;
		return STATUS_OK;
	}
	column->at = value.at[0] == '@' ? COLUMN_CONSTANT : COLUMN_NAMED;
	if (value.at[0] == '@')
		value = (struct text){value.at + 1, value.n - 1};
	memcpy(column->text, value.at, value.n);
	return STATUS_OK;
}

enum status columns_parse(struct columns *c, const char *map, struct trouble *t)
{
	struct text pairs[TEXT_FIELDS_MAX];
	unsigned count, numbers = 0, names = 0;
	enum status st = STATUS_OK;

	*c = (struct columns){.numbered = false};
	for (int f = 0; f < HISTORY_FIELDS; f++)
		c->field[f].at = COLUMN_NONE;
	if (!map)
		return STATUS_OK;
	count = text_split((struct text){map, strlen(map)}, ",", pairs);
	for (unsigned i = 0; i < count && !st; i++)
		st = parse_pair(c, pairs[i], t);
	for (int f = 0; f < HISTORY_FIELDS; f++) {
		numbers += c->field[f].at >= 0;
		names += c->field[f].at == COLUMN_NAMED;
	}
	c->numbered = numbers && !names;
	for (int f = 0; !st && c->numbered && f < HISTORY_FIELDS; f++) {
		if (must_be_there((enum history_field)f) && c->field[f].at == COLUMN_NONE)
			st = trouble_set(t, STATUS_USAGE, NULL, 0,
			                 "--columns: a map of numbers needs %s too", known[f].name);
	}
	return st;
}

static bool is_alias(struct text name, const char *aliases)
{
	struct text words[TEXT_FIELDS_MAX];
	unsigned count = text_split((struct text){aliases, strlen(aliases)}, " ", words);

	for (unsigned i = 0; i < count; i++) {
		if (name.n == words[i].n && strncasecmp(name.at, words[i].at, name.n) == 0)
			return true;
	}
	return false;
}

enum status columns_find(struct columns *c, const struct text *names, unsigned count,
                         const char *file, struct trouble *t)
{
	for (int f = 0; f < HISTORY_FIELDS; f++) {
		struct column *column = &c->field[f];
		bool named = column->at == COLUMN_NAMED;

		if (!named && column->at != COLUMN_NONE)
			continue;
		for (unsigned i = 0; i < count && column->at < 0; i++) {
			struct text name = text_trim(names[i]);

			if (named ? text_is(name, column->text) : is_alias(name, known[f].aliases))
				column->at = (int)i;
		}
		if (named && column->at < 0)
			return trouble_set(t, STATUS_FORMAT, file, 1, "no column is named '%s'",
			                   column->text);
		if (column->at < 0 && must_be_there((enum history_field)f))
			return trouble_set(t, STATUS_FORMAT, file, 1,
			                   "no column for %s in the first line; name it with "
			                   "--columns %s=...",
			                   known[f].name, known[f].name);
	}
	return STATUS_OK;
}

struct text columns_take(const struct columns *c, enum history_field f, const struct text *fields,
                         unsigned count)
{
	const struct column *column = &c->field[f];

	if (column->at == COLUMN_CONSTANT)
		return (struct text){column->text, strlen(column->text)};
	if (column->at < 0 || (unsigned)column->at >= count)
		return (struct text){"", 0};
	return text_trim(fields[column->at]);
}

unsigned columns_needed(const struct columns *c)
{
	static const enum history_field all[] = {HISTORY_TIME, HISTORY_SOURCE, HISTORY_PROTO,
	                                         HISTORY_PORT};
	int last = -1;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (c->field[all[i]].at > last)
			last = c->field[all[i]].at;
	}
	return (unsigned)(last + 1);
}
