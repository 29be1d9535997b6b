/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/setting.h"

#include "base/timefmt.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status parse_flag(const char *text, bool *field)
{
	*field = strcmp(text, "yes") == 0;
	return *field || strcmp(text, "no") == 0 ? STATUS_OK : STATUS_FORMAT;
}

static enum status parse_count(const struct setting *row, const char *text, uint64_t *field)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return STATUS_FORMAT;
	errno = 0;
	*field = strtoull(text, &end, 10);
	if (errno || *end || (double)*field < row->low || (double)*field > row->high)
		return STATUS_FORMAT;
	return STATUS_OK;
}

static enum status parse_number(const struct setting *row, const char *text, double *field)
{
	char *end;

	if (strspn(text, "+-.0123456789eE") != strlen(text))
		return STATUS_FORMAT;
	*field = strtod(text, &end);
	if (end == text || *end || !(*field >= row->low && *field <= row->high))
		return STATUS_FORMAT;
	return STATUS_OK;
}

static enum status parse_duration(const struct setting *row, const char *text, uint64_t *field)
{
	double seconds;

	if (duration_parse(text, field))
		return STATUS_FORMAT;
	seconds = (double)*field / 1e9;
	return seconds >= row->low && seconds <= row->high ? STATUS_OK : STATUS_FORMAT;
}

static enum status parse_choice(const struct setting *row, const char *text, int *field)
{
	for (int i = 0; row->choices[i]; i++) {
		if (strcmp(row->choices[i], text) == 0) {
			*field = i;
			return STATUS_OK;
		}
	}
	return STATUS_FORMAT;
}

static enum status store(const struct setting *row, const char *text, void *field)
{
	switch (row->type) {
	case SETTING_TEXT:
		*(const char **)field = text;
		return STATUS_OK;
	case SETTING_FLAG:
		return parse_flag(text, field);
	case SETTING_COUNT:
		return parse_count(row, text, field);
	case SETTING_NUMBER:
		return parse_number(row, text, field);
	case SETTING_DURATION:
		return parse_duration(row, text, field);
	case SETTING_TIME:
		return time_parse(text, field);
	case SETTING_CHOICE:
		return parse_choice(row, text, field);
	default:
		return row->parse(text, field);
	}
}

/* "a count of hosts from 1 to 1000", or the choices. */
static void describe(const struct setting *row, char *out, size_t size)
{
	size_t used = (size_t)snprintf(out, size, "%s", row->help);

	if (row->type == SETTING_COUNT || row->type == SETTING_NUMBER)
		snprintf(out + used, size - used, " from %.10g to %.10g", row->low, row->high);
	if (row->type == SETTING_DURATION)
		snprintf(out + used, size - used, " such as 90s, 15m or 2h, from %g s to %g s",
		         row->low, row->high);
	if (row->type == SETTING_FLAG)
		snprintf(out + used, size - used, " (yes or no)");
	for (size_t i = 0; row->type == SETTING_CHOICE && row->choices[i] && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : ": ",
		                         row->choices[i]);
}

static const struct setting *find(const struct setting_table *tables, size_t table_count,
                                  const char *name)
{
	for (size_t i = 0; i < table_count; i++) {
		for (size_t j = 0; j < tables[i].count; j++) {
			if (strcmp(tables[i].rows[j].name, name) == 0)
				return &tables[i].rows[j];
		}
	}
	return NULL;
}

enum status settings_fill(const struct ini *ini, const struct ini_section *section,
                          const struct setting_table *tables, size_t table_count, void *settings,
                          struct trouble *t)
{
	for (size_t i = 0; i < section->key_count; i++) {
		const struct ini_key *key = &ini->keys[section->first_key + i];
		const struct setting *row = find(tables, table_count, key->name);
		char wanted[400];
		enum status st;

		if (!row)
			return trouble_set(t, STATUS_FORMAT, ini->path, key->line,
			                   "'%s' is not a key of %s%s", key->name,
			                   section->line ? "section " : "the global part",
			                   section->name);
		st = store(row, key->value, (char *)settings + row->offset);
		if (st == STATUS_NO_MEMORY)
			return trouble_set(t, st, ini->path, key->line, "out of memory");
		if (st) {
			describe(row, wanted, sizeof(wanted));
			return trouble_set(t, st, ini->path, key->line, "%s = %.80s: not %s",
			                   key->name, key->value, wanted);
		}
	}
	return STATUS_OK;
}
