/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warning", "note", "debug"};
static const char level_priorities[] = {'3', '4', '5', '7'};

struct log log_standard(void)
{
	return (struct log){
	        .fd = STDERR_FILENO,
	        .level = LOG_LEVEL_NOTE,
	        .priorities = getenv("JOURNAL_STREAM") != NULL,
	};
}

static int start_line(const struct log *log, enum log_level level, const char *event, char *line)
{
	if (log->priorities)
		return snprintf(line, LOG_LINE_MAX, "<%c>%s ", level_priorities[level], event);
	return snprintf(line, LOG_LINE_MAX, "%s %s ", level_names[level], event);
}

void log_write(const struct log *log, enum log_level level, const char *event, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	va_list args;
	int n;

	if (!log || log->fd < 0 || level > log->level)
		return;
	n = start_line(log, level, event, line);
	va_start(args, fmt);
	n += vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, args);
	va_end(args);
	if (n > LOG_LINE_MAX - 1)
		n = LOG_LINE_MAX - 1;
	line[n++] = '\n';
	/* Nobody can be told that the log is broken. */
	if (write(log->fd, line, (size_t)n) < 0)
		return;
}

const char *log_quote(const char *text, char *out, unsigned long size)
{
	static const char digits[] = "0123456789abcdef";
	unsigned long at = 0;

	out[at++] = '"';
	for (const unsigned char *c = (const unsigned char *)text; *c && at + 6 < size; c++) {
		if (*c < 0x20 || *c == 0x7f) {
			out[at++] = '\\';
			out[at++] = 'x';
			out[at++] = digits[*c >> 4];
			out[at++] = digits[*c & 15];
		} else {
			if (*c == '"' || *c == '\\')
				out[at++] = '\\';
			out[at++] = (char)*c;
		}
	}
	out[at++] = '"';
	out[at] = '\0';
	return out;
}

void log_trouble(const struct log *log, enum log_level level, const char *event,
                 const struct trouble *t)
{
	char reason[sizeof(t->text) + 64], file[sizeof(t->file) + 64];

	log_quote(t->text[0] ? t->text : status_text(t->status), reason, sizeof(reason));
	log_quote(t->file, file, sizeof(file));
	log_write(log, level, event, "file=%s line=%lu reason=%s", file, t->line, reason);
}
