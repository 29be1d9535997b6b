/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's JSON body, read by a table of fields: an object with exactly these names, each
 * once, of these types and within these bounds. What is not given keeps the caller's default.
 * Texts belong to the body and stay until body_free(). Any thread.
 *
 * In a file of its own because jansson's names meet those of base/json_out.h.
 */
#ifndef SERVE_BODY_H
#define SERVE_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum body_type {
	BODY_TEXT,  /* const char *; low and high count bytes */
	BODY_COUNT, /* uint64_t */
	BODY_FLAG,  /* bool */
};

struct body_field {
	const char *name;
	enum body_type type;
	bool required;
	uint64_t low, high;
	void *value;
};

enum body_verdict {
	BODY_GOOD,
	BODY_BROKEN, /* no JSON object */
	BODY_WRONG,  /* not these fields */
};

struct body;

/* `wrong` says what is, without repeating what was sent. *out is NULL unless GOOD. */
enum body_verdict body_read(struct body **out, const char *bytes, size_t n,
                            const struct body_field *fields, size_t count, char *wrong,
                            size_t size);

void body_free(struct body *b); /* NULL is allowed */

#endif
