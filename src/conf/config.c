/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/config.h"

#include "base/timefmt.h"
#include "conf/mdoc.h"

#include <stdbool.h>
#include <string.h>

static const struct config_section *find(const struct config_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->sections[i].name, name) == 0)
			return &table->sections[i];
	}
	return NULL;
}

static enum status fill(const struct ini *ini, const struct config_table *table, void *settings,
                        struct trouble *t)
{
	enum status st = STATUS_OK;

	if (ini->sections[0].key_count)
		return trouble_set(t, STATUS_FORMAT, ini->path,
		                   ini->keys[ini->sections[0].first_key].line,
		                   "a key before the first [section]");
	for (size_t i = 1; i < ini->section_count && !st; i++) {
		const struct ini_section *s = &ini->sections[i];
		const struct config_section *known = find(table, s->name);

		if (!known)
			return trouble_set(t, STATUS_FORMAT, ini->path, s->line,
			                   "[%s] is not a section of this file", s->name);
		st = settings_fill(ini, s, &known->table, 1, settings, t);
	}
	return st;
}

/* st: whether the ini could be had at all. */
static enum status fill_or_free(enum status st, struct ini **ini, const struct config_table *table,
                                void *settings, struct trouble *t)
{
	if (!st)
		st = fill(*ini, table, settings, t);
	if (st) {
		ini_free(*ini);
		*ini = NULL;
	}
	return st;
}

enum status config_read(struct ini **ini, const char *path, const struct config_table *table,
                        void *settings, struct trouble *t)
{
	return fill_or_free(ini_read(ini, path, t), ini, table, settings, t);
}

enum status config_parse(struct ini **ini, const char *path, const char *bytes, size_t n,
                         const struct config_table *table, void *settings, struct trouble *t)
{
	return fill_or_free(ini_parse(ini, path, bytes, n, t), ini, table, settings, t);
}

/* The comment, wrapped, each line begun with "# ". */
static void print_comment(const char *text, FILE *out)
{
	enum { WIDTH = 96 };

	while (*text) {
		size_t n = strlen(text);

		if (n > WIDTH) {
			for (n = WIDTH; n && text[n] != ' '; n--)
				;
			n = n ? n : WIDTH;
		}
		fprintf(out, "# %.*s\n", (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
}

static void print_key(const struct setting *row, const void *defaults, FILE *out)
{
	char text[SETTING_TEXT_MAX], wanted[SETTING_TEXT_MAX];

	setting_describe(row, wanted, sizeof(wanted));
	print_comment(wanted, out);
	setting_print(row, defaults, text, sizeof(text));
	fprintf(out, "#%s = %s\n\n", row->name, text);
}

void config_sample(const struct config_table *table, const void *defaults, FILE *out)
{
	print_comment(table->help, out);
	fputs("# Each key stands here with its default.\n\n", out);
	for (size_t i = 0; i < table->count; i++) {
		const struct config_section *s = &table->sections[i];

		print_comment(s->help, out);
		fprintf(out, "[%s]\n\n", s->name);
		for (size_t k = 0; k < s->table.count; k++)
			print_key(&s->table.rows[k], defaults, out);
	}
}

void config_mdoc(const struct config_table *table, const void *defaults, FILE *out)
{
	char text[SETTING_TEXT_MAX], wanted[SETTING_TEXT_MAX];

	for (size_t i = 0; i < table->count; i++) {
		const struct config_section *s = &table->sections[i];

		fprintf(out, ".Ss [%s]\n", s->name);
		mdoc_text(out, s->help);
		fputs(".Bl -tag -width Ds\n", out);
		for (size_t k = 0; k < s->table.count; k++) {
			const struct setting *row = &s->table.rows[k];

			setting_describe(row, wanted, sizeof(wanted));
			setting_print(row, defaults, text, sizeof(text));
			fprintf(out, ".It Cm %s No = Ar %s\n", row->name, *text ? text : "text");
			mdoc_text(out, wanted);
		}
		fputs(".El\n", out);
	}
}
