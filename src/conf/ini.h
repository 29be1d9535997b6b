/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration file as sections of `key = value` lines.
 *
 *   # a comment, also after white space behind a value
 *   name = a day        # keys before the first section are the global ones
 *   [label]
 *   type = mirai
 *
 * Section and key names are letters, digits, '-', '_' and '.', at most 63 characters;
 * neither comes twice. A value is the rest of the line without white space around it, and
 * is not empty. The file is UTF-8 text without NUL, at most INI_BYTES_MAX bytes,
 * INI_SECTIONS_MAX sections and INI_KEYS_MAX keys; anything else is refused with file and
 * line. What a key means is for conf/setting.h. The ini owns all texts. Any thread.
 */
#ifndef CONF_INI_H
#define CONF_INI_H

#include "base/status.h"

#include <stddef.h>

enum {
	INI_BYTES_MAX = 1 << 20,
	INI_SECTIONS_MAX = 1024,
	INI_KEYS_MAX = 16384,
	INI_NAME_MAX = 63,
};

struct ini_key {
	const char *name, *value;
	unsigned long line;
};

struct ini_section {
	const char *name;   /* "" for the global keys */
	unsigned long line; /* 0 for the global keys */
	size_t first_key, key_count;
};

struct ini {
	char *path; /* as given, for messages */
	char *text;
	struct ini_section *sections; /* [0] holds the global keys and is always there */
	size_t section_count, section_room;
	struct ini_key *keys; /* of all sections, in file order */
	size_t key_count, key_room;
};

/* Read a file ("-" for standard input). *out is NULL on failure. */
MUST_USE enum status ini_read(struct ini **out, const char *path, struct trouble *t);

/* The same from n bytes in memory; path is for messages only. */
MUST_USE enum status ini_parse(struct ini **out, const char *path, const char *bytes, size_t n,
                               struct trouble *t);

/* The section's key, or NULL. */
const struct ini_key *ini_find(const struct ini *ini, const struct ini_section *section,
                               const char *name);

void ini_free(struct ini *ini);

#endif
