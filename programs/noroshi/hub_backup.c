/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order makes the copy true (docs/adr/0012): what was acknowledged before the beginning is in
 * the store; then the control data; then the observations, which hold at least what the control
 * data call stored.
 */
#include "hub.h"
#include "hub_backup_note.h"
#include "hub_folder.h"
#include "hub_store.h"

#include "intake/journal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STUCK_S = 120 };

static const struct option rows[] = {
        HUB_DIR_ROW,
        HUB_JSON_ROW,
        HUB_HELP_ROW,
};

const struct option_table hub_backup_options = {
        .command = "hub backup",
        .synopsis = "[OPTION]... BACKUP",
        .about = "Copies all of a hub into a directory, while the hub works or stands still. "
                 "Given the same directory again it goes on, or brings the copy up to date: days "
                 "that have not changed are not read again. The copy holds the hub's keys.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

struct backup {
	struct hub_session *s;
	struct hub_store store;
	struct backup_note note;
	const char *dir;
};

static void say(const char *what)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "noroshi: %s\n", what);
}

/* The directory is empty, or holds a backup of this very hub. */
static enum status open_place(struct backup *b, struct trouble *t)
{
	struct backup_note old;
	char hub[CONTROL_HUB_ID_MAX];
	enum status st = control_hub_id(b->s->control, hub, t);

	if (st)
		return st;
	if (mkdir(b->dir, 0700) != 0 && errno != EEXIST)
		return trouble_set(t, status_of_errno(errno), b->dir, 0, "cannot make it: %s",
		                   strerror(errno));
	st = backup_note_read(&old, b->dir, t);
	if (st == STATUS_NOT_FOUND)
		st = folder_is_empty(b->dir)
		             ? STATUS_OK
		             : trouble_set(t, STATUS_CONFLICT, b->dir, 0,
		                           "holds something, and it is no backup of a hub");
	else if (!st && strcmp(old.hub, hub) != 0)
		st = trouble_set(t, STATUS_CONFLICT, b->dir, 0, "holds the backup of another hub");
	if (!st && chmod(b->dir, 0700) != 0)
		st = trouble_set(t, STATUS_DENIED, b->dir, 0, "cannot make it private: %s",
		                 strerror(errno));
	memcpy(b->note.hub, hub, sizeof(hub));
	return st;
}

/* From now on, until the end, it is not complete. */
static enum status begin_note(struct backup *b, struct trouble *t)
{
	struct observations_health health;
	enum status st = control_schema(b->s->control, &b->note.control_schema, t);

	if (!st)
		st = observations_health(b->store.observations, &health, t);
	if (st)
		return st;
	b->note.observations_schema = health.schema;
	snprintf(b->note.engine, sizeof(b->note.engine), "%.60s", health.engine);
	snprintf(b->note.version, sizeof(b->note.version), "%s", NOROSHI_VERSION);
	b->note.begun = b->s->actor.now;
	return backup_note_write(&b->note, b->dir, t);
}

/* A running hub stores what it acknowledged until now. */
static enum status wait_for_journal(struct backup *b, struct trouble *t)
{
	const struct timespec pause = {0, 200 * 1000000L};
	uint64_t oldest = 0, newest, last, before = 0;
	char path[PATH_MAX];
	enum status st;

	hub_path(b->s, "journal", path);
	st = journal_span(path, &oldest, &last, t);
	for (unsigned waited = 0; !st && oldest && oldest <= last; waited++) {
		if (oldest != before)
			waited = 0;
		if (waited > STUCK_S * 5)
			return trouble_set(t, STATUS_UNAVAILABLE, path, 0,
			                   "the hub does not store what waits in its journal");
		before = oldest;
		nanosleep(&pause, NULL);
		st = journal_span(path, &oldest, &newest, t);
	}
	return st;
}

static enum status copy_control(struct backup *b, struct trouble *t)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	enum status st;

	snprintf(path, sizeof(path), "%.4000s/control.db", b->dir);
	snprintf(fresh, sizeof(fresh), "%.4000s/control.db.new", b->dir);
	if (unlink(fresh) != 0 && errno != ENOENT)
		return trouble_set(t, status_of_errno(errno), fresh, 0, "cannot remove: %s",
		                   strerror(errno));
	st = control_backup(b->s->control, fresh, t);
	if (!st && (rename(fresh, path) != 0 || outfile_sync_folder(path) != 0))
		st = trouble_set(t, status_of_errno(errno), path, 0, "cannot write: %s",
		                 strerror(errno));
	return st;
}

static enum status copy_files(struct backup *b, struct trouble *t)
{
	char from[PATH_MAX], to[PATH_MAX];
	enum status st = STATUS_OK;

	for (size_t i = 0; i < BACKUP_FILES && !st; i++) {
		hub_path(b->s, backup_files[i], from);
		snprintf(to, sizeof(to), "%.4000s/%s", b->dir, backup_files[i]);
		if (i > 0)
			st = file_copy_private(from, to, t);
		if (!st)
			st = file_digest(to, b->note.digest[i], t);
	}
	return st;
}

static enum status copy_all(struct backup *b, struct trouble *t)
{
	char path[PATH_MAX];
	enum status st;

	say("what waits in the journal goes into the store");
	st = hub_store_is_still(&b->store) ? hub_store_drain(&b->store, b->s, t)
	                                   : wait_for_journal(b, t);
	say("control data");
	if (!st)
		st = copy_control(b, t);
	snprintf(path, sizeof(path), "%.4000s/observations", b->dir);
	say("observations");
	if (!st)
		st = observations_backup(b->store.observations, path, t);
	say("keys, certificates and configuration");
	return st ? st : copy_files(b, t);
}

static void print_done(const struct backup *b)
{
	char begun[TIME_TEXT_MAX];
	struct json_out j;

	hub_time(b->note.begun, begun);
	if (!b->s->common->json) {
		outfile_printf(b->s->out,
		               "All that the hub had acknowledged by %s is in %s.\n"
		               "It holds the keys of the hub and of its authority: keep it as you "
		               "keep those.\n",
		               begun, b->dir);
		return;
	}
	json_init(&j, b->s->out, 2);
	json_object_open(&j, NULL);
	json_string(&j, "directory", b->dir);
	json_string(&j, "hub", b->note.hub);
	json_string(&j, "version", b->note.version);
	json_string(&j, "engine", b->note.engine);
	hub_json_time(&j, "begun", b->note.begun);
	hub_json_time(&j, "finished", b->note.finished);
	json_object_close(&j);
}

static enum status finish(struct backup *b, struct trouble *t)
{
	char detail[CONTROL_DETAIL_MAX];
	enum status st;

	b->note.finished = (uint32_t)time(NULL);
	st = backup_note_write(&b->note, b->dir, t);
	snprintf(detail, sizeof(detail), "into %.200s", b->dir);
	if (!st)
		st = control_audit_add(b->s->control, &b->s->actor, "hub-backup", detail, t);
	if (!st)
		print_done(b);
	return st;
}

static enum status work(struct hub_session *s, struct trouble *t)
{
	struct backup b = {.s = s, .dir = s->operands->items[0]};
	enum status st = open_place(&b, t);

	if (st)
		return st;
	st = hub_store_open(&b.store, s, t);
	if (!st)
		st = begin_note(&b, t);
	if (!st)
		st = copy_all(&b, t);
	if (!st)
		st = finish(&b, t);
	hub_store_close(&b.store);
	return st;
}

static int run(int argc, char **argv)
{
	static const struct hub_task task = {&hub_backup_options,          1,     1,
	                                     "a directory for the backup", false, work};
	struct hub_common common = {0};

	return hub_task_run(&task, argc, argv, &common);
}

const struct command command_hub_backup = {"backup", "copy all of the hub, while it works", run};
