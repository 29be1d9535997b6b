/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/ini.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_name(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n <= INI_NAME_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
	               n;
}

/* Cut white space at both ends, in place. */
static char *trim(char *text)
{
	size_t n;

	while (is_blank(*text))
		text++;
	n = strlen(text);
	while (n > 0 && is_blank(text[n - 1]))
		n--;
	text[n] = '\0';
	return text;
}

/* A '#' at the start of a line or behind white space begins a comment. */
static void cut_comment(char *line)
{
	for (char *c = line; *c; c++) {
		if (*c == '#' && (c == line || is_blank(c[-1]))) {
			*c = '\0';
			return;
		}
	}
}

static enum status grow(void **items, size_t count, size_t *room, size_t size)
{
	size_t wanted = *room ? *room * 2 : 32;
	void *grown;

	if (count < *room)
		return STATUS_OK;
	grown = reallocarray(*items, wanted, size);
	if (!grown)
		return STATUS_NO_MEMORY;
	*items = grown;
	*room = wanted;
	return STATUS_OK;
}

static enum status add_section(struct ini *ini, const char *name, unsigned long line,
                               struct trouble *t)
{
	for (size_t i = 0; i < ini->section_count; i++) {
		if (strcmp(ini->sections[i].name, name) == 0)
			return trouble_set(t, STATUS_FORMAT, ini->path, line,
			                   "section [%s] is already on line %lu", name,
			                   ini->sections[i].line);
	}
	if (ini->section_count > INI_SECTIONS_MAX)
		return trouble_set(t, STATUS_LIMIT, ini->path, line, "more than %d sections",
		                   (int)INI_SECTIONS_MAX);
	if (grow((void **)&ini->sections, ini->section_count, &ini->section_room,
	         sizeof(*ini->sections)))
		return trouble_set(t, STATUS_NO_MEMORY, ini->path, line, "out of memory");
	ini->sections[ini->section_count++] =
	        (struct ini_section){.name = name, .line = line, .first_key = ini->key_count};
	return STATUS_OK;
}

static enum status add_key(struct ini *ini, const char *name, const char *value, unsigned long line,
                           struct trouble *t)
{
	struct ini_section *section = &ini->sections[ini->section_count - 1];
	const struct ini_key *twin = ini_find(ini, section, name);

	if (twin)
		return trouble_set(t, STATUS_FORMAT, ini->path, line,
		                   "'%s' is already set on line %lu", name, twin->line);
	if (ini->key_count == INI_KEYS_MAX)
		return trouble_set(t, STATUS_LIMIT, ini->path, line, "more than %d keys",
		                   (int)INI_KEYS_MAX);
	if (grow((void **)&ini->keys, ini->key_count, &ini->key_room, sizeof(*ini->keys)))
		return trouble_set(t, STATUS_NO_MEMORY, ini->path, line, "out of memory");
	ini->keys[ini->key_count++] = (struct ini_key){.name = name, .value = value, .line = line};
	section->key_count++;
	return STATUS_OK;
}

static enum status parse_heading(struct ini *ini, char *text, unsigned long line, struct trouble *t)
{
	size_t n = strlen(text);
	char *name;

	if (text[n - 1] != ']')
		return trouble_set(t, STATUS_FORMAT, ini->path, line,
		                   "a section is written [name]");
	text[n - 1] = '\0';
	name = trim(text + 1);
	if (!is_name(name))
		return trouble_set(t, STATUS_FORMAT, ini->path, line,
		                   "'%.80s' is not a section name: letters, digits, - _ . only",
		                   name);
	return add_section(ini, name, line, t);
}

static enum status parse_line(struct ini *ini, char *text, unsigned long line, struct trouble *t)
{
	char *equals, *name, *value;

	cut_comment(text);
	text = trim(text);
	if (*text == '\0')
		return STATUS_OK;
	if (*text == '[')
		return parse_heading(ini, text, line, t);
	equals = strchr(text, '=');
	if (!equals)
		return trouble_set(t, STATUS_FORMAT, ini->path, line,
		                   "'%.80s' is neither [section] nor key = value", text);
	*equals = '\0';
	name = trim(text);
	value = trim(equals + 1);
	if (!is_name(name))
		return trouble_set(t, STATUS_FORMAT, ini->path, line, "'%.80s' is not a key name",
		                   name);
	if (*value == '\0')
		return trouble_set(t, STATUS_FORMAT, ini->path, line, "'%s' has no value", name);
	return add_key(ini, name, value, line, t);
}

static enum status parse_lines(struct ini *ini, struct trouble *t)
{
	enum status st = add_section(ini, "", 0, t);
	unsigned long line = 1;

	for (char *at = ini->text; st == STATUS_OK && *at; line++) {
		size_t n = strcspn(at, "\n");
		bool last = at[n] == '\0';

		at[n] = '\0';
		st = parse_line(ini, at, line, t);
		at += last ? n : n + 1;
	}
	return st;
}

enum status ini_parse(struct ini **out, const char *path, const char *bytes, size_t n,
                      struct trouble *t)
{
	static const char mark[] = "\xef\xbb\xbf"; /* some editors begin UTF-8 with it */
	struct ini *ini;
	enum status st;

	*out = NULL;
	if (n > INI_BYTES_MAX)
		return trouble_set(t, STATUS_LIMIT, path, 0, "larger than %d bytes",
		                   (int)INI_BYTES_MAX);
	if (n > 0 && memchr(bytes, '\0', n))
		return trouble_set(t, STATUS_FORMAT, path, 0, "not a text file: it has a NUL byte");
	if (n >= 3 && memcmp(bytes, mark, 3) == 0) {
		bytes += 3;
		n -= 3;
	}
	ini = calloc(1, sizeof(*ini));
	if (ini) {
		ini->path = strdup(path);
		ini->text = n > 0 ? strndup(bytes, n) : strdup("");
	}
	if (!ini || !ini->path || !ini->text)
		st = trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	else
		st = parse_lines(ini, t);
	if (st) {
		ini_free(ini);
		return st;
	}
	*out = ini;
	return STATUS_OK;
}

enum status ini_read(struct ini **out, const char *path, struct trouble *t)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *file = standard ? stdin : fopen(path, "rbe");
	char *bytes = malloc(INI_BYTES_MAX + 1);
	enum status st;
	size_t n;

	*out = NULL;
	if (!file || !bytes) {
		st = trouble_set(t, status_of_errno(errno), path, 0, "cannot read: %s",
		                 strerror(errno));
		goto out;
	}
	n = fread(bytes, 1, INI_BYTES_MAX + 1, file);
	if (ferror(file))
		st = trouble_set(t, status_of_errno(errno), path, 0, "cannot read: %s",
		                 strerror(errno));
	else
		st = ini_parse(out, path, bytes, n, t);
out:
	if (file && !standard)
		fclose(file);
	free(bytes);
	return st;
}

const struct ini_key *ini_find(const struct ini *ini, const struct ini_section *section,
                               const char *name)
{
	for (size_t i = 0; i < section->key_count; i++) {
		if (strcmp(ini->keys[section->first_key + i].name, name) == 0)
			return &ini->keys[section->first_key + i];
	}
	return NULL;
}

void ini_free(struct ini *ini)
{
	if (!ini)
		return;
	free(ini->keys);
	free(ini->sections);
	free(ini->text);
	free(ini->path);
	free(ini);
}
