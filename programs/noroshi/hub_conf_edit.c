/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_conf_edit.h"

#include "base/outfile.h"
#include "conf/ini.h"
#include "hub_folder.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct edit {
	struct outfile *out;
	const struct conf_change *changes;
	size_t count;
	char section[INI_NAME_MAX + 1];
};

/* What conf/ini.h would read back as something else. */
static bool is_writable(const char *value)
{
	size_t n = strlen(value);

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
			return false;
		if (value[i] == '#' && (i == 0 || value[i - 1] == ' '))
			return false;
	}
	return n == 0 || (value[0] != ' ' && value[n - 1] != ' ');
}

/* Does the line set this key? */
static bool sets(const char *line, size_t n, const char *key)
{
	size_t length = strlen(key), at = 0;

	while (at < n && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (n - at < length || memcmp(line + at, key, length) != 0)
		return false;
	for (at += length; at < n && (line[at] == ' ' || line[at] == '\t'); at++)
		;
	return at < n && line[at] == '=';
}

static bool is_changed(const struct edit *e, const char *line, size_t n)
{
	for (size_t i = 0; i < e->count; i++) {
		if (strcmp(e->changes[i].section, e->section) == 0 &&
		    sets(line, n, e->changes[i].key))
			return true;
	}
	return false;
}

static bool has_value(const struct conf_change *c)
{
	return c->value && *c->value;
}

static void write_keys(struct edit *e)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct conf_change *c = &e->changes[i];

		if (strcmp(c->section, e->section) == 0 && has_value(c))
			outfile_printf(e->out, "%s = %s\n", c->key, c->value);
	}
}

/* "[name]": the name into e->section. */
static bool is_header(struct edit *e, const char *line, size_t n)
{
	const char *open = memchr(line, '[', n), *close = memchr(line, ']', n);
	size_t blank = strspn(line, " \t"), length;

	if (!open || !close || open != line + blank || close < open)
		return false;
	length = (size_t)(close - open) - 1;
	if (length > INI_NAME_MAX)
		return false;
	memcpy(e->section, open + 1, length);
	e->section[length] = '\0';
	return true;
}

static void edit_text(struct edit *e, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n"), whole = n + (text[n] == '\n');

		if (is_header(e, text, n)) {
			outfile_write(e->out, text, n);
			outfile_text(e->out, "\n");
			write_keys(e);
		} else if (!is_changed(e, text, n)) {
			outfile_write(e->out, text, whole);
		}
		text += whole;
	}
}

/* A section that the file does not have yet. */
static void add_sections(struct edit *e, const struct ini *ini)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct conf_change *c = &e->changes[i];
		bool there = !has_value(c);

		for (size_t k = 0; k < ini->section_count && !there; k++)
			there = strcmp(ini->sections[k].name, c->section) == 0;
		for (size_t k = 0; k < i && !there; k++)
			there = strcmp(e->changes[k].section, c->section) == 0 &&
			        has_value(&e->changes[k]);
		if (there)
			continue;
		outfile_printf(e->out, "\n[%s]\n", c->section);
		strncpy(e->section, c->section, INI_NAME_MAX);
		write_keys(e);
	}
}

static enum status check_values(const struct conf_change *changes, size_t count, struct trouble *t)
{
	for (size_t i = 0; i < count; i++) {
		if (changes[i].value && !is_writable(changes[i].value))
			return trouble_set(t, STATUS_USAGE, NULL, 0,
			                   "'%.100s' cannot stand in a configuration file",
			                   changes[i].value);
	}
	return STATUS_OK;
}

enum status conf_edit(const char *from, const char *to, const struct conf_change *changes,
                      size_t count, struct trouble *t)
{
	struct edit e = {.changes = changes, .count = count};
	struct ini *ini = NULL;
	char *text = NULL;
	size_t n;
	enum status st = check_values(changes, count, t);

	if (!st)
		st = ini_read(&ini, from, t);
	if (!st)
		st = file_read_text(from, &text, &n, t);
	if (!st)
		st = outfile_open_private(&e.out, to, t);
	if (!st) {
		edit_text(&e, text);
		if (n && text[n - 1] != '\n')
			outfile_text(e.out, "\n");
		add_sections(&e, ini);
		st = outfile_commit(e.out, t);
	}
	free(text);
	ini_free(ini);
	return st;
}
