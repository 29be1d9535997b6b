/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"
#include "hub_backup_note.h"
#include "hub_conf_edit.h"
#include "hub_folder.h"
#include "hub_store.h"
#include "owner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct restore_settings {
	struct hub_common common;
	bool embedded;
};

static const struct option rows[] = {
        {"embedded", NULL,
         "Keep the observations with the engine that comes with noroshi, whatever server the "
         "backup's hub.conf names.",
         OPTION_FLAG, offsetof(struct restore_settings, embedded), 0, 0},
        HUB_JSON_ROW,
        HUB_HELP_ROW,
};

const struct option_table hub_restore_options = {
        .command = "hub restore",
        .synopsis = "[--embedded] BACKUP DIR",
        .about = "Makes a hub's state directory from a backup, which is verified first. DIR must "
                 "be empty or not there. The hub that the backup was made of must not run "
                 "any more: this one has its name and its keys.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

/* Segments of a restored hub get numbers that the old one cannot have reached: it would have had to
 * cut one a second for 136 years. The random part keeps two hubs from one backup apart. */
#define STEP       (UINT64_C(1) << 32)
#define STEP_DRAWN ((UINT64_C(1) << 40) - 1)

static enum status verify_files(const struct backup_note *note, const char *from, struct trouble *t)
{
	char path[PATH_MAX], digest[2 * SHA256_BYTES + 1];
	enum status st = STATUS_OK;

	for (size_t i = 0; i < BACKUP_FILES && !st; i++) {
		snprintf(path, sizeof(path), "%.4000s/%s", from, backup_files[i]);
		st = file_digest(path, digest, t);
		if (!st && strcmp(digest, note->digest[i]) != 0)
			st = trouble_set(t, STATUS_FORMAT, path, 0,
			                 "the file is not what was backed up");
	}
	return st;
}

static enum status read_note(const char *from, struct backup_note *note, struct trouble *t)
{
	enum status st = backup_note_read(note, from, t);

	if (st == STATUS_NOT_FOUND)
		return trouble_set(t, st, from, 0, "no backup of a hub");
	if (!st && !note->finished)
		st = trouble_set(t, STATUS_FORMAT, from, 0,
		                 "the backup was not finished; 'noroshi hub backup' goes on with "
		                 "it");
	if (!st && (note->control_schema > CONTROL_SCHEMA ||
	            note->observations_schema > OBSERVATIONS_SCHEMA))
		st = trouble_set(t, STATUS_UNSUPPORTED, from, 0, "the backup is of noroshi %s",
		                 note->version);
	return st ? st : verify_files(note, from, t);
}

/* The place is the one that we make; the store the one that was there, or our own. */
static enum status write_config(struct hub_session *s, const char *from, struct trouble *t)
{
	static const struct conf_change changes[] = {
	        {"hub", "directory", NULL},  {"store", "url", NULL},
	        {"store", "user", NULL},     {"store", "password-file", NULL},
	        {"store", "database", NULL}, {"store", "cluster", NULL},
	        {"store", "authority", NULL}};
	const struct restore_settings *settings = (const struct restore_settings *)s->common;
	char source[PATH_MAX], target[PATH_MAX];

	snprintf(source, sizeof(source), "%.4000s/hub.conf", from);
	hub_path(s, "hub.conf", target);
	return conf_edit(source, target, changes,
	                 settings->embedded ? sizeof(changes) / sizeof(changes[0]) : 1, t);
}

static enum status copy_files(struct hub_session *s, const char *from, struct trouble *t)
{
	char source[PATH_MAX], target[PATH_MAX];
	enum status st = STATUS_OK;

	for (size_t i = 1; i < BACKUP_FILES && !st; i++) {
		snprintf(source, sizeof(source), "%.4000s/%s", from, backup_files[i]);
		hub_path(s, backup_files[i], target);
		if (strcmp(backup_files[i], "hub.conf") != 0)
			st = file_copy_private(source, target, t);
	}
	hub_path(s, "observations", target);
	if (!st && mkdir(target, 0700) != 0)
		st = trouble_set(t, status_of_errno(errno), target, 0, "cannot make it: %s",
		                 strerror(errno));
	return st ? st : write_config(s, from, t);
}

/* The tables of a hub that works were copied one after the other: sums may hold rows that came in
 * between. They are made again from the rows. */
static enum status settle(const struct hub_store *store, struct trouble *t)
{
	if (store->place.settings.store_cluster && store->place.settings.store_cluster[0])
		return STATUS_OK;
	return observations_check(store->observations, true, NULL, t);
}

static enum status restore_observations(struct hub_session *s, const char *from, struct trouble *t)
{
	struct hub_store store;
	char path[PATH_MAX];
	enum status st = hub_store_open(&store, s, t);

	snprintf(path, sizeof(path), "%.4000s/observations", from);
	if (!st)
		st = observations_restore(store.observations, path, t);
	if (!st)
		st = settle(&store, t);
	hub_store_close(&store);
	return st;
}

/* No block of this hub may have the name of one that the old hub stored after the backup. */
static enum status step_on(struct hub_session *s, struct trouble *t)
{
	uint64_t last, drawn;
	enum status st = control_segment_last(s->control, &last, t);

	if (!st)
		st = secret_random(&drawn, sizeof(drawn), t);
	if (!st)
		st = control_progress_advance(s->control, NULL, 0,
		                              last + STEP + (drawn & STEP_DRAWN), t);
	return st;
}

/* The control data come last: without them the directory is no hub. */
static enum status restore_control(struct hub_session *s, const char *from, struct trouble *t)
{
	char source[PATH_MAX], fresh[PATH_MAX], target[PATH_MAX], detail[CONTROL_DETAIL_MAX];
	enum status st;

	snprintf(source, sizeof(source), "%.4000s/control.db", from);
	hub_path(s, "control.db.new", fresh);
	hub_path(s, "control.db", target);
	st = control_restore(source, fresh, t);
	if (!st)
		st = control_open(&s->control, fresh, t);
	if (!st)
		st = step_on(s, t);
	snprintf(detail, sizeof(detail), "from %.200s", from);
	if (!st)
		st = control_audit_add(s->control, &s->actor, "hub-restore", detail, t);
	control_close(s->control);
	s->control = NULL;
	if (!st && (rename(fresh, target) != 0 || outfile_sync_folder(target) != 0))
		st = trouble_set(t, status_of_errno(errno), target, 0, "cannot write: %s",
		                 strerror(errno));
	return st;
}

static void print_done(struct hub_session *s, const struct backup_note *note)
{
	char begun[TIME_TEXT_MAX];
	struct json_out j;

	hub_time(note->begun, begun);
	if (!s->common->json) {
		outfile_printf(s->out,
		               "%s holds hub %s as it was at %s.\n"
		               "See that the old hub does not run any more, then: noroshi hub "
		               "--config %s/hub.conf\n",
		               s->dir, note->hub, begun, s->dir);
		return;
	}
	json_init(&j, s->out, 2);
	json_object_open(&j, NULL);
	json_string(&j, "directory", s->dir);
	json_string(&j, "hub", note->hub);
	hub_json_time(&j, "time", note->begun);
	json_object_close(&j);
}

static enum status make(struct hub_session *s, const char *from, struct trouble *t)
{
	struct trouble why = {0};
	enum status st = copy_files(s, from, &why);

	if (!st)
		st = restore_observations(s, from, &why);
	if (!st)
		st = restore_control(s, from, &why);
	if (st)
		trouble_set(t, st, why.file, why.line, "%s (%s is no hub yet: remove it)", why.text,
		            s->dir);
	return st;
}

static enum status work(struct hub_session *s, struct trouble *t)
{
	const char *from = s->operands->items[0];
	struct backup_note note;
	bool existed;
	enum status st;

	snprintf(s->dir, sizeof(s->dir), "%s", s->operands->items[1]);
	st = owner_become(s->dir, t);
	if (!st)
		st = read_note(from, &note, t);
	if (!st)
		st = folder_make(s->dir, &existed, t);
	if (!st)
		st = make(s, from, t);
	if (!st)
		print_done(s, &note);
	return st;
}

static int run(int argc, char **argv)
{
	static const struct hub_task task = {&hub_restore_options,           2,    2,
	                                     "a backup and a new directory", true, work};
	struct restore_settings settings = {0};

	return hub_task_run(&task, argc, argv, &settings.common);
}

const struct command command_hub_restore = {"restore", "make a hub from its backup", run};
