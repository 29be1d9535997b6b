/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Write one JSON document, value by value, onto an outfile.
 *
 * The writer puts commas, quotes and escapes; the caller opens and closes what it
 * opened. Strings that are not valid UTF-8 come out with U+FFFD for each bad byte,
 * so that the document is always valid (RFC 8259). Depth is at most 32, by assert.
 * Numbers that are not finite come out as null. `indent` 0 writes a single line.
 */
#ifndef BASE_JSON_OUT_H
#define BASE_JSON_OUT_H

#include "base/outfile.h"

#include <stdbool.h>
#include <stdint.h>

struct json_out {
	struct outfile *file;
	int indent; /* spaces a level; 0: all on one line */
	int depth;
	bool first; /* nothing yet in the innermost container */
};

void json_init(struct json_out *j, struct outfile *file, int indent);

/* Each takes an optional key: give NULL inside arrays and at the top. */
void json_object_open(struct json_out *j, const char *key);
void json_object_close(struct json_out *j);
void json_array_open(struct json_out *j, const char *key);
void json_array_close(struct json_out *j);
void json_string(struct json_out *j, const char *key, const char *value); /* NULL: null */
void json_u64(struct json_out *j, const char *key, uint64_t value);
/* The shortest of up to `digits` significant digits (1 to 17). */
void json_double(struct json_out *j, const char *key, double value, int digits);
void json_bool(struct json_out *j, const char *key, bool value);
void json_null(struct json_out *j, const char *key);

#endif
