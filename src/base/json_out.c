/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_out.h"

#include "base/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

void json_init(struct json_out *j, struct outfile *file, int indent)
{
	*j = (struct json_out){.file = file, .indent = indent, .first = true};
}

static void new_line(struct json_out *j)
{
	static const char spaces[] =
	        "                                                                ";

	if (j->indent == 0)
		return;
	outfile_write(j->file, "\n", 1);
	for (int left = j->depth * j->indent; left > 0; left -= (int)sizeof(spaces) - 1)
		outfile_write(j->file, spaces,
		              (size_t)left < sizeof(spaces) - 1 ? (size_t)left
		                                                : sizeof(spaces) - 1);
}

static void write_character(struct json_out *j, const unsigned char *s, size_t n)
{
	if (n == 0)
		outfile_text(j->file, "\xef\xbf\xbd");
	else if (*s == '"' || *s == '\\')
		outfile_printf(j->file, "\\%c", *s);
	else if (*s == '\n')
		outfile_text(j->file, "\\n");
	else if (*s < 0x20 || *s == 0x7f)
		outfile_printf(j->file, "\\u%04x", *s);
	else
		outfile_write(j->file, s, n);
}

static void write_string(struct json_out *j, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	outfile_write(j->file, "\"", 1);
	while (*s) {
		size_t n = utf8_length(s);

		write_character(j, s, n);
		s += n ? n : 1;
	}
	outfile_write(j->file, "\"", 1);
}

/* Comma, line and key before a value. */
static void begin_value(struct json_out *j, const char *key)
{
	if (!j->first)
		outfile_write(j->file, ",", 1);
	if (j->depth > 0)
		new_line(j);
	j->first = false;
	if (key) {
		write_string(j, key);
		outfile_text(j->file, j->indent ? ": " : ":");
	}
}

static void open_container(struct json_out *j, const char *key, const char *bracket)
{
	assert(j->depth < DEPTH_MAX);
	begin_value(j, key);
	outfile_text(j->file, bracket);
	j->depth++;
	j->first = true;
}

static void close_container(struct json_out *j, const char *bracket)
{
	assert(j->depth > 0);
	j->depth--;
	if (!j->first)
		new_line(j);
	outfile_text(j->file, bracket);
	j->first = false;
	if (j->depth == 0)
		outfile_write(j->file, "\n", 1);
}

void json_object_open(struct json_out *j, const char *key)
{
	open_container(j, key, "{");
}

void json_object_close(struct json_out *j)
{
	close_container(j, "}");
}

void json_array_open(struct json_out *j, const char *key)
{
	open_container(j, key, "[");
}

void json_array_close(struct json_out *j)
{
	close_container(j, "]");
}

void json_string(struct json_out *j, const char *key, const char *value)
{
	begin_value(j, key);
	if (value)
		write_string(j, value);
	else
		outfile_text(j->file, "null");
}

void json_u64(struct json_out *j, const char *key, uint64_t value)
{
	begin_value(j, key);
	outfile_printf(j->file, "%" PRIu64, value);
}

void json_double(struct json_out *j, const char *key, double value, int digits)
{
	begin_value(j, key);
	if (isfinite(value))
		outfile_printf(j->file, "%.*g", digits, value);
	else
		outfile_text(j->file, "null");
}

void json_bool(struct json_out *j, const char *key, bool value)
{
	begin_value(j, key);
	outfile_text(j->file, value ? "true" : "false");
}

void json_null(struct json_out *j, const char *key)
{
	begin_value(j, key);
	outfile_text(j->file, "null");
}
