/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which column of a log holds what: "time=datetime,source=src,sensor=@office,port=#6".
 *
 * A value names a column of the header, or its number from 1 behind '#', or gives a constant
 * behind '@'. What a map does not name is taken from the header by its usual names
 * (field.def); a map of numbers alone needs no header. A map is a value without pointers; it
 * keeps names as text. Pure, any thread.
 */
#ifndef HISTORY_COLUMNS_H
#define HISTORY_COLUMNS_H

#include "history/text.h"

enum history_field {
#define HISTORY_FIELD(id, name, aliases) HISTORY_##id,
#include "history/field.def"
#undef HISTORY_FIELD
	HISTORY_FIELDS
};

enum { COLUMN_NAME_MAX = 64, COLUMN_NONE = -1, COLUMN_CONSTANT = -2, COLUMN_NAMED = -3 };

struct column {
	int at;                     /* from 0, or COLUMN_... */
	char text[COLUMN_NAME_MAX]; /* the header's name, or the constant */
};

struct columns {
	struct column field[HISTORY_FIELDS];
	bool numbered; /* the map names columns by number alone: there is no header */
};

/* NULL is the empty map. STATUS_USAGE for what is no map. */
MUST_USE enum status columns_parse(struct columns *c, const char *map, struct trouble *t);

/* Find the columns in a header line. STATUS_FORMAT where a named one is missing, or where time,
 * source, proto or port is found nowhere. */
MUST_USE enum status columns_find(struct columns *c, const struct text *names, unsigned count,
                                  const char *file, struct trouble *t);

/* The text of a field in a row, trimmed; empty where the row has none. */
struct text columns_take(const struct columns *c, enum history_field f, const struct text *fields,
                         unsigned count);

/* One past the last column that a row must have. */
unsigned columns_needed(const struct columns *c);

#endif
