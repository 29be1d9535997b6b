/* SPDX-License-Identifier: Apache-2.0 */
#include "model/role.h"

#include <assert.h>
#include <string.h>

static const char *const texts[ROLE_COUNT] = {
#define ROLE(name, text, help) [ROLE_##name] = (text),
#include "model/role.def"
#undef ROLE
};

static const char *const helps[ROLE_COUNT] = {
#define ROLE(name, text, help) [ROLE_##name] = (help),
#include "model/role.def"
#undef ROLE
};

const char *role_name(enum role role)
{
	assert((unsigned)role < ROLE_COUNT);
	return texts[role];
}

const char *role_help(enum role role)
{
	assert((unsigned)role < ROLE_COUNT);
	return helps[role];
}

enum status role_parse(const char *text, enum role *out)
{
	for (unsigned i = 0; i < ROLE_COUNT; i++) {
		if (strcmp(texts[i], text) == 0) {
			*out = (enum role)i;
			return STATUS_OK;
		}
	}
	return STATUS_FORMAT;
}

bool slug_valid(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n < SLUG_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == n && text[0] != '-' &&
	       text[n - 1] != '-';
}
