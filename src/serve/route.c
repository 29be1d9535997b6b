/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/route.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_DIGITS_MAX = 10 };

bool route_is_parameter(const char *segment, size_t n)
{
	return n >= 2 && segment[0] == '{' && segment[n - 1] == '}';
}

/* Digits only, no leading zero, at most `most`. */
static bool parse_count(const char *text, uint64_t most, uint64_t *out)
{
	uint64_t value = 0;
	size_t n = strlen(text);

	if (n == 0 || n > 19 || (n > 1 && text[0] == '0'))
		return false;
	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c > '9')
			return false;
		value = value * 10 + (uint64_t)(*c - '0');
	}
	*out = value;
	return value <= most;
}

static bool fits_segment(const char *pattern, size_t n, const char *segment, uint32_t *number,
                         const char **word)
{
	uint64_t value;

	if (!route_is_parameter(pattern, n))
		return strlen(segment) == n && memcmp(pattern, segment, n) == 0;
	if (n != strlen("{number}") || memcmp(pattern, "{number}", n) != 0) {
		*word = segment;
		return true;
	}
	if (strlen(segment) > NUMBER_DIGITS_MAX || !parse_count(segment, UINT32_MAX, &value) ||
	    value == 0)
		return false;
	*number = (uint32_t)value;
	return true;
}

static bool fits_path(const char *pattern, const struct target *t, uint32_t *number,
                      const char **word)
{
	size_t i = 0;

	for (; *pattern == '/' && pattern[1]; i++) {
		size_t n = strcspn(++pattern, "/");

		if (i == t->segment_count ||
		    !fits_segment(pattern, n, t->segments[i], number, word))
			return false;
		pattern += n;
	}
	return i == t->segment_count;
}

static bool fits_method(enum route_method have, const char *method)
{
	if (have == ROUTE_POST)
		return strcmp(method, "POST") == 0;
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

enum route_fit route_find(const struct route *table, const char *method, const struct target *t,
                          const struct route **found, uint32_t *number, const char **word,
                          char allow[64])
{
	bool get = false, post = false;

	*found = NULL;
	for (const struct route *r = table; r->path; r++) {
		if (!fits_path(r->path, t, number, word))
			continue;
		if (fits_method(r->method, method)) {
			*found = r;
			return ROUTE_FOUND;
		}
		get |= r->method == ROUTE_GET;
		post |= r->method == ROUTE_POST;
	}
	snprintf(allow, 64, "%s%s%s", get ? "GET, HEAD" : "", get && post ? ", " : "",
	         post ? "POST" : "");
	return get || post ? ROUTE_WRONG_METHOD : ROUTE_UNKNOWN;
}

static const struct route_parameter *find_parameter(const struct route *r, const char *name)
{
	for (size_t i = 0; i < ROUTE_PARAMETERS_MAX && r->parameters[i].name; i++) {
		if (strcmp(r->parameters[i].name, name) == 0)
			return &r->parameters[i];
	}
	return NULL;
}

static bool check_choice(const struct route_parameter *p, const char *value, char *wrong,
                         size_t size)
{
	int n;

	for (size_t i = 0; p->choices[i]; i++) {
		if (strcmp(p->choices[i], value) == 0)
			return true;
	}
	n = snprintf(wrong, size, "parameter '%s' is one of", p->name);
	for (size_t i = 0; p->choices[i] && n > 0 && (size_t)n < size; i++)
		n += snprintf(wrong + n, size - (size_t)n, "%s %s", i ? "," : "", p->choices[i]);
	return false;
}

static bool check_value(const struct route_parameter *p, const char *value, char *wrong,
                        size_t size)
{
	uint64_t number;

	switch (p->type) {
	case PARAMETER_CHOICE:
		return check_choice(p, value, wrong, size);
	case PARAMETER_COUNT:
		if (parse_count(value, p->high, &number) && number >= p->low)
			return true;
		snprintf(wrong, size, "parameter '%s' is a number from %llu to %llu", p->name,
		         (unsigned long long)p->low, (unsigned long long)p->high);
		return false;
	case PARAMETER_TEXT:
		if (strlen(value) >= p->low && strlen(value) <= p->high)
			return true;
		snprintf(wrong, size, "parameter '%s' has %llu to %llu bytes", p->name,
		         (unsigned long long)p->low, (unsigned long long)p->high);
	}
	return false;
}

bool route_check(const struct route *r, const struct target *t, char *wrong, size_t size)
{
	for (size_t i = 0; i < t->argument_count; i++) {
		const struct target_argument *a = &t->arguments[i];
		const struct route_parameter *p = find_parameter(r, a->name);

		if (!p) {
			snprintf(wrong, size, "'%.64s' is no parameter here", a->name);
			return false;
		}
		if (!check_value(p, a->value, wrong, size))
			return false;
	}
	for (size_t i = 0; i < ROUTE_PARAMETERS_MAX && r->parameters[i].name; i++) {
		if (r->parameters[i].required && !target_find(t, r->parameters[i].name)) {
			snprintf(wrong, size, "parameter '%s' is missing", r->parameters[i].name);
			return false;
		}
	}
	return true;
}

uint64_t route_count(const struct target *t, const char *name, uint64_t otherwise)
{
	const char *value = target_find(t, name);
	uint64_t number;

	return value && parse_count(value, UINT64_MAX, &number) ? number : otherwise;
}
