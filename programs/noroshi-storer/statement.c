/* SPDX-License-Identifier: Apache-2.0 */
#include "statement.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static const char *skip_comment(const char *at)
{
	const char *end;

	if (at[0] == '/' && at[1] == '*') {
		end = strstr(at + 2, "*/");
		return end ? end + 2 : at + strlen(at);
	}
	if (at[0] == '-' && at[1] == '-') {
		end = strchr(at, '\n');
		return end ? end + 1 : at + strlen(at);
	}
	return at;
}

static bool begins_with_insert(const char *sql)
{
	const char *at = sql, *before;

	do {
		before = at;
		while (isspace((unsigned char)*at))
			at++;
		at = skip_comment(at);
	} while (at != before);
	return strncasecmp(at, "insert", 6) == 0 && !is_word(at[6]);
}

/* The end of sql[0..n) without blanks, and one word back from there. */
static size_t word_before(const char *sql, size_t *n)
{
	size_t start;

	while (*n > 0 && isspace((unsigned char)sql[*n - 1]))
		--*n;
	start = *n;
	while (start > 0 && is_word(sql[start - 1]))
		start--;
	return start;
}

bool statement_takes_data(const char *sql, size_t *n, char format[STATEMENT_FORMAT_MAX + 1])
{
	size_t end = strlen(sql), name, length;

	if (!begins_with_insert(sql))
		return false;
	name = word_before(sql, &end);
	length = end - name;
	if (length == 0 || length > STATEMENT_FORMAT_MAX)
		return false;
	memcpy(format, sql + name, length);
	format[length] = '\0';
	*n = word_before(sql, &name);
	return name - *n == 6 && strncasecmp(sql + *n, "format", 6) == 0;
}
