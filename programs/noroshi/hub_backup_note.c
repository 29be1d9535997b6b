/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_backup_note.h"

#include "base/outfile.h"
#include "hub_folder.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "noroshi-hub-backup 1\n"

const char *const backup_files[BACKUP_FILES] = {"control.db", "authority.key", "authority.pem",
                                                "hub.key",    "hub.pem",       "hub.conf"};

static void note_path(const char *dir, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%.4000s/backup", dir);
}

static void read_digest(struct backup_note *note, const char *line)
{
	char digest[2 * SHA256_BYTES + 1], name[32];

	if (sscanf(line, "file %64[0-9a-f] %31[a-z.]", digest, name) != 2)
		return;
	for (size_t i = 0; i < BACKUP_FILES; i++) {
		if (strcmp(backup_files[i], name) == 0)
			memcpy(note->digest[i], digest, sizeof(digest));
	}
}

/* Unknown lines are passed over. */
static void read_line(struct backup_note *note, const char *line)
{
	unsigned long seconds;

	(void)sscanf(line, "hub %16[0-9a-f]", note->hub);
	(void)sscanf(line, "version %63[^\n]", note->version);
	(void)sscanf(line, "engine %63[^\n]", note->engine);
	(void)sscanf(line, "control-schema %9u", &note->control_schema);
	(void)sscanf(line, "observations-schema %9u", &note->observations_schema);
	if (sscanf(line, "begun %12lu", &seconds) == 1)
		note->begun = (uint32_t)seconds;
	if (sscanf(line, "complete %12lu", &seconds) == 1)
		note->finished = (uint32_t)seconds;
	read_digest(note, line);
}

enum status backup_note_read(struct backup_note *note, const char *dir, struct trouble *t)
{
	char path[PATH_MAX], *text;
	size_t n;
	enum status st;

	*note = (struct backup_note){0};
	note_path(dir, path);
	st = file_read_text(path, &text, &n, t);
	if (st)
		return st;
	if (strncmp(text, HEAD, strlen(HEAD)) != 0)
		st = trouble_set(t, STATUS_FORMAT, path, 0, "no backup of a hub that this knows");
	for (const char *at = text; !st && *at; at += at[strcspn(at, "\n")] ? 1 : 0) {
		read_line(note, at);
		at += strcspn(at, "\n");
	}
	if (!st && !note->hub[0])
		st = trouble_set(t, STATUS_FORMAT, path, 0, "names no hub");
	free(text);
	return st;
}

enum status backup_note_write(const struct backup_note *note, const char *dir, struct trouble *t)
{
	struct outfile *out = NULL;
	char path[PATH_MAX];
	enum status st;

	note_path(dir, path);
	st = outfile_open_private(&out, path, t);
	if (st)
		return st;
	outfile_text(out, HEAD);
	outfile_printf(out, "hub %s\nversion %s\n", note->hub, note->version);
	if (note->engine[0])
		outfile_printf(out, "engine %s\n", note->engine);
	outfile_printf(out, "control-schema %u\nobservations-schema %u\nbegun %lu\n",
	               note->control_schema, note->observations_schema, (unsigned long)note->begun);
	for (size_t i = 0; i < BACKUP_FILES; i++) {
		if (note->digest[i][0])
			outfile_printf(out, "file %s %s\n", note->digest[i], backup_files[i]);
	}
	if (note->finished)
		outfile_printf(out, "complete %lu\n", (unsigned long)note->finished);
	return outfile_commit(out, t);
}
