/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/setting.h"

#include "base/timefmt.h"
#include "conf/size.h"

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

static enum status parse_bytes(const struct setting *row, const char *text, uint64_t *field)
{
	if (size_parse(text, true, field) || (double)*field < row->low ||
	    (double)*field > row->high)
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
	case SETTING_SIZE:
		return parse_bytes(row, text, field);
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

/* The range or the choices, to go behind the help. */
static void describe_range(const struct setting *row, char *out, size_t size)
{
	char low[40], high[40];

	switch (row->type) {
	case SETTING_COUNT:
	case SETTING_NUMBER:
		snprintf(out, size, " from %.10g to %.10g", row->low, row->high);
		break;
	case SETTING_SIZE:
		size_print((uint64_t)row->low, low, sizeof(low));
		size_print((uint64_t)row->high, high, sizeof(high));
		snprintf(out, size, " from %s to %s bytes", low, high);
		break;
	case SETTING_DURATION:
		snprintf(out, size, " such as 90s, 15m or 2h, from %g s to %g s", row->low,
		         row->high);
		break;
	case SETTING_FLAG:
		snprintf(out, size, " (yes or no)");
		break;
	default:
		*out = '\0';
	}
}

void setting_describe(const struct setting *row, char *out, size_t size)
{
	size_t used = (size_t)snprintf(out, size, "%s", row->help);

	if (used < size)
		describe_range(row, out + used, size - used);
	for (size_t i = 0; row->type == SETTING_CHOICE && row->choices[i] && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : ": ",
		                         row->choices[i]);
}

static void print_duration(uint64_t ns, char *out, size_t size)
{
	static const struct {
		const char *unit;
		uint64_t seconds;
	} units[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};
	uint64_t seconds = ns / NS_PER_SECOND;

	if (ns % NS_PER_SECOND) {
		snprintf(out, size, "%.9gs", (double)ns / (double)NS_PER_SECOND);
		return;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if ((seconds && seconds % units[i].seconds == 0) || units[i].seconds == 1) {
			snprintf(out, size, "%llu%s",
			         (unsigned long long)(seconds / units[i].seconds), units[i].unit);
			return;
		}
	}
}

void setting_print(const struct setting *row, const void *settings, char *out, size_t size)
{
	const void *field = (const char *)settings + row->offset;
	const char *text;

	switch (row->type) {
	case SETTING_TEXT:
		text = *(const char *const *)field;
		snprintf(out, size, "%s", text ? text : "");
		break;
	case SETTING_FLAG:
		snprintf(out, size, "%s", *(const bool *)field ? "yes" : "no");
		break;
	case SETTING_COUNT:
		snprintf(out, size, "%llu", (unsigned long long)*(const uint64_t *)field);
		break;
	case SETTING_SIZE:
		size_print(*(const uint64_t *)field, out, size);
		break;
	case SETTING_NUMBER:
		snprintf(out, size, "%.10g", *(const double *)field);
		break;
	case SETTING_DURATION:
		print_duration(*(const uint64_t *)field, out, size);
		break;
	case SETTING_TIME:
		time_text(*(const uint64_t *)field, 0, out);
		break;
	case SETTING_CHOICE:
		snprintf(out, size, "%s", row->choices[*(const int *)field]);
		break;
	default:
		*out = '\0';
	}
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
			setting_describe(row, wanted, sizeof(wanted));
			return trouble_set(t, st, ini->path, key->line, "%s = %.80s: not %s",
			                   key->name, key->value, wanted);
		}
	}
	return STATUS_OK;
}
