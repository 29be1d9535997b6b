/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/target.h"

#include "base/utf8.h"

#include <string.h>

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes in place; false for a broken escape. */
static bool unescape(char *text, bool plus_is_blank)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '%') {
			int high = hex_value(from[1]), low = high < 0 ? -1 : hex_value(from[2]);

			if (low < 0)
				return false;
			*to++ = (char)(high << 4 | low);
			from += 2;
			if (to[-1] == '\0')
				return false;
		} else {
			*to++ = *from == '+' && plus_is_blank ? ' ' : *from;
		}
	}
	*to = '\0';
	return true;
}

/* Valid UTF-8 without control characters. */
static bool is_text(const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		size_t n = utf8_length(s);

		if (n == 0 || *s < 0x20 || *s == 0x7f)
			return false;
		s += n;
	}
	return true;
}

static const char *take_segments(struct target *t, char *at)
{
	if (*at++ != '/')
		return "the target is no path";
	if (*at == '\0')
		return NULL; /* "/" has no segment */
	for (char *next; at; at = next) {
		char *slash = strchr(at, '/');

		next = slash ? slash + 1 : NULL;
		if (slash)
			*slash = '\0';
		if (t->segment_count == TARGET_SEGMENTS_MAX)
			return "the path is too deep";
		if (!unescape(at, false) || !is_text(at))
			return "the path has a broken escape or character";
		if (*at == '\0' || strcmp(at, ".") == 0 || strcmp(at, "..") == 0)
			return "the path has an empty or relative segment";
		t->segments[t->segment_count++] = at;
	}
	return NULL;
}

static const char *take_argument(struct target *t, char *at)
{
	char *equals = strchr(at, '=');
	struct target_argument argument = {.name = at, .value = ""};

	if (equals) {
		*equals = '\0';
		argument.value = equals + 1;
		if (!unescape(equals + 1, true) || !is_text(equals + 1))
			return "a parameter has a broken escape or character";
	}
	if (!unescape(at, true) || !is_text(at) || *at == '\0')
		return "a parameter's name is empty or broken";
	if (target_find(t, at))
		return "a parameter comes twice";
	if (t->argument_count == TARGET_ARGUMENTS_MAX)
		return "too many parameters";
	t->arguments[t->argument_count++] = argument;
	return NULL;
}

const char *target_parse(struct target *t, const char *raw)
{
	const char *wrong;
	char *query;
	size_t n = strlen(raw);

	t->segment_count = t->argument_count = 0;
	if (n >= sizeof(t->text))
		return "the target is too long";
	memcpy(t->text, raw, n + 1);
	if (strchr(t->text, '#'))
		return "a target has no fragment";
	query = strchr(t->text, '?');
	if (query)
		*query++ = '\0';
	wrong = take_segments(t, t->text);
	for (char *next; !wrong && query && *query; query = next) {
		next = strchr(query, '&');
		if (next)
			*next++ = '\0';
		else
			next = query + strlen(query);
		wrong = take_argument(t, query);
	}
	return wrong;
}

const char *target_find(const struct target *t, const char *name)
{
	for (size_t i = 0; i < t->argument_count; i++) {
		if (strcmp(t->arguments[i].name, name) == 0)
			return t->arguments[i].value;
	}
	return NULL;
}
