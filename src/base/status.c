/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const texts[STATUS_COUNT] = {
#define STATUS(name, text) [STATUS_##name] = (text),
#include "base/status.def"
#undef STATUS
};

const char *status_text(enum status st)
{
	return (unsigned)st < STATUS_COUNT ? texts[st] : "unknown status";
}

enum status status_of_errno(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return STATUS_FULL;
	case EPIPE:
		return STATUS_PIPE;
	case ENOENT:
	case ENODEV:
		return STATUS_NOT_FOUND;
	case ENOMEM:
		return STATUS_NO_MEMORY;
	default:
		return STATUS_IO;
	}
}

enum status trouble_set(struct trouble *t, enum status st, const char *file, unsigned long line,
                        const char *fmt, ...)
{
	va_list args;

	if (!t)
		return st;
	t->status = st;
	t->line = line;
	snprintf(t->file, sizeof(t->file), "%s", file ? file : "");
	va_start(args, fmt);
	vsnprintf(t->text, sizeof(t->text), fmt, args);
	va_end(args);
	return st;
}

void trouble_print(const struct trouble *t, char *out, unsigned long size)
{
	const char *text = t->text[0] ? t->text : status_text(t->status);

	if (t->file[0] && t->line)
		snprintf(out, size, "%s:%lu: %s", t->file, t->line, text);
	else if (t->file[0])
		snprintf(out, size, "%s: %s", t->file, text);
	else
		snprintf(out, size, "%s", text);
}
