/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structured log lines on standard error, for the journal: `level event key=value ...`.
 *
 *   log_note(log, "sensor-joined", "sensor=%u name=%s", number, name);
 *
 * One line per event of a person's interest, never one per packet, never a secret. A value with
 * blanks, quotes or control characters must be put through log_quote(). Lines longer than
 * LOG_LINE_MAX are cut. Where standard error is the journal's, a line starts with
 * its syslog priority (sd-daemon(3)). Any thread; each line is one write.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/status.h"

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTE, LOG_LEVEL_DEBUG };

enum { LOG_LINE_MAX = 1024 };

struct log {
	int fd; /* -1: nowhere */
	enum log_level level;
	bool priorities; /* "<4>" before the line */
};

/* Standard error, notes and worse; priorities where the journal listens. */
struct log log_standard(void);

/* event: lower case words joined by '-'. fmt: the `key=value` pairs. `log` may be NULL. */
void log_write(const struct log *log, enum log_level level, const char *event, const char *fmt, ...)
        PRINTF_LIKE(4, 5);

#define log_error(log, ...)   log_write((log), LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(log, ...) log_write((log), LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_note(log, ...)    log_write((log), LOG_LEVEL_NOTE, __VA_ARGS__)
#define log_debug(log, ...)   log_write((log), LOG_LEVEL_DEBUG, __VA_ARGS__)

/* The trouble as `file=... line=... reason="..."`. */
void log_trouble(const struct log *log, enum log_level level, const char *event,
                 const struct trouble *t);

/* A text as one value: quoted, with escapes for quotes, backslashes and control characters,
 * cut to fit. Returns out. */
const char *log_quote(const char *text, char *out, unsigned long size);

#endif
