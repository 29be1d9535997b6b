/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's target, taken apart: `/api/v1/query?q=top%2010%20port` (RFC 3986, RFC 9112
 * section 3.2.1, origin form only).
 *
 * Strict, so that no two readers can differ on what was asked: percent escapes are whole, what
 * they give is valid UTF-8 without control characters, no segment is empty, "." or "..", an
 * escaped "/" stays within its segment, nothing comes twice. "+" is a blank in the query, as
 * forms write it. The texts live in the target; free of memory of its own. Any thread.
 */
#ifndef SERVE_TARGET_H
#define SERVE_TARGET_H

#include <stdbool.h>
#include <stddef.h>

enum { TARGET_BYTES_MAX = 8192, TARGET_SEGMENTS_MAX = 8, TARGET_ARGUMENTS_MAX = 16 };

struct target_argument {
	const char *name, *value; /* value "" where there is none */
};

struct target {
	size_t segment_count, argument_count;
	const char *segments[TARGET_SEGMENTS_MAX];
	struct target_argument arguments[TARGET_ARGUMENTS_MAX];
	char text[TARGET_BYTES_MAX];
};

/* NULL, or in a few words what is wrong with it. */
const char *target_parse(struct target *t, const char *raw);

/* The argument's value, or NULL. */
const char *target_find(const struct target *t, const char *name);

#endif
