/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/body.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* struct body is jansson's object under another name. */
static json_t *root_of(struct body *b)
{
	return (json_t *)(void *)b;
}

static bool take_text(const struct body_field *f, const json_t *value)
{
	size_t n;

	if (!json_is_string(value))
		return false;
	n = json_string_length(value);
	*(const char **)f->value = json_string_value(value);
	return n >= f->low && n <= f->high;
}

static bool take_count(const struct body_field *f, const json_t *value)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 0)
		return false;
	*(uint64_t *)f->value = (uint64_t)number;
	return (uint64_t)number >= f->low && (uint64_t)number <= f->high;
}

static bool take_value(const struct body_field *f, const json_t *value)
{
	switch (f->type) {
	case BODY_TEXT:
		return take_text(f, value);
	case BODY_COUNT:
		return take_count(f, value);
	case BODY_FLAG:
		*(bool *)f->value = json_is_true(value);
		return json_is_boolean(value);
	}
	return false;
}

static void say_what_is_right(const struct body_field *f, char *wrong, size_t size)
{
	if (f->type == BODY_FLAG)
		snprintf(wrong, size, "'%s' is true or false", f->name);
	else
		snprintf(wrong, size, "'%s' is a %s of %llu to %llu%s", f->name,
		         f->type == BODY_TEXT ? "text" : "number", (unsigned long long)f->low,
		         (unsigned long long)f->high, f->type == BODY_TEXT ? " bytes" : "");
}

static bool take_fields(const json_t *root, const struct body_field *fields, size_t count,
                        char *wrong, size_t size)
{
	size_t given = 0;

	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_object_get(root, fields[i].name);

		if (!value && fields[i].required) {
			snprintf(wrong, size, "'%s' is missing", fields[i].name);
			return false;
		}
		if (value && !take_value(&fields[i], value)) {
			say_what_is_right(&fields[i], wrong, size);
			return false;
		}
		given += value != NULL;
	}
	if (given < json_object_size(root)) {
		snprintf(wrong, size, "there is a field that nobody asked for");
		return false;
	}
	return true;
}

enum body_verdict body_read(struct body **out, const char *bytes, size_t n,
                            const struct body_field *fields, size_t count, char *wrong, size_t size)
{
	json_error_t error;
	json_t *root = json_loadb(bytes ? bytes : "", n, JSON_REJECT_DUPLICATES, &error);
	enum body_verdict verdict = BODY_GOOD;

	*out = NULL;
	if (!json_is_object(root)) {
		snprintf(wrong, size, "the body is no JSON object");
		verdict = BODY_BROKEN;
	} else if (!take_fields(root, fields, count, wrong, size)) {
		verdict = BODY_WRONG;
	}
	if (verdict == BODY_GOOD)
		*out = (struct body *)(void *)root;
	else
		json_decref(root);
	return verdict;
}

void body_free(struct body *b)
{
	json_decref(root_of(b));
}
