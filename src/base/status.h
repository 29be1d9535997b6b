/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recoverable outcomes, and the trouble that goes with them.
 *
 * Three kinds of errors exist in this program. Our own bugs are asserts.
 * Hostile input is a verdict with a counter, never an error. What remains -
 * a full disk, a missing file, a wrong setting - is an enum status that travels
 * up, with a struct trouble that tells a person what to mend. Nothing below
 * main() exits the process. All functions here are safe in any thread.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

enum status {
#define STATUS(name, text) STATUS_##name,
#include "base/status.def"
#undef STATUS
	STATUS_COUNT
};

#define MUST_USE                __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/* What went wrong, where, for the person who has to mend it. */
struct trouble {
	enum status status;
	char file[256];     /* file, URL or device; empty if none */
	unsigned long line; /* line or packet number, from 1; 0 if none */
	char text[512];     /* one sentence without a full stop */
};

/* The fixed text of a status. */
const char *status_text(enum status st);

/* The status that errno stands for: FULL, PIPE, NOT_FOUND, NO_MEMORY or IO. */
enum status status_of_errno(int error);

/* Fill t (NULL is allowed) and hand back st, so that a caller can write
 * `return trouble_set(t, STATUS_FORMAT, path, line, "...")`. */
enum status trouble_set(struct trouble *t, enum status st, const char *file, unsigned long line,
                        const char *fmt, ...) PRINTF_LIKE(5, 6);

/* "file:line: text" into out; the reason alone where there is no file. */
void trouble_print(const struct trouble *t, char *out, unsigned long size);

#endif
