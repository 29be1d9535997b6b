/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the keys of a section mean, from one table: type, range, place in a struct.
 *
 * Values land in a settings struct at `offset`; fields of keys that are not in the file
 * keep what they hold. A key that no table has, a value of another type or out of range is
 * refused with file and line. Texts point into the ini. Pure, any thread.
 */
#ifndef CONF_SETTING_H
#define CONF_SETTING_H

#include "conf/ini.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type {
	SETTING_TEXT,     /* const char * */
	SETTING_FLAG,     /* bool: yes or no */
	SETTING_COUNT,    /* uint64_t in [low, high] */
	SETTING_SIZE,     /* uint64_t bytes with K, M, G, T (powers of 1024), in [low, high] */
	SETTING_NUMBER,   /* double in [low, high] */
	SETTING_DURATION, /* uint64_t nanoseconds; low and high in seconds */
	SETTING_TIME,     /* uint64_t nanoseconds since 1970 from RFC 3339 */
	SETTING_CHOICE,   /* int: the place in `choices`, a NULL-terminated list */
	SETTING_PARSED,   /* by `parse` */
};

struct setting {
	const char *name;
	const char *help; /* what stands there, for messages and manual: "a count of hosts" */
	enum setting_type type;
	size_t offset;
	double low, high;
	const char *const *choices;
	/* STATUS_OK and the field filled, or why not; the message shows `help`. */
	enum status (*parse)(const char *text, void *field);
};

enum { SETTING_TEXT_MAX = 512 };

struct setting_table {
	const struct setting *rows;
	size_t count;
};

/* Fill settings from a section by the rows of all tables. */
MUST_USE enum status settings_fill(const struct ini *ini, const struct ini_section *section,
                                   const struct setting_table *tables, size_t table_count,
                                   void *settings, struct trouble *t);

/* What may stand there: the help with the range or the choices. */
void setting_describe(const struct setting *row, char *out, size_t size);

/* The value in a settings struct as the file would have it; empty for SETTING_PARSED and for a
 * text that is NULL. */
void setting_print(const struct setting *row, const void *settings, char *out, size_t size);

#endif
