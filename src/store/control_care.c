/* SPDX-License-Identifier: Apache-2.0 */
#include "store/control_inner.h"

#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FINDINGS_MAX = 100, PAGES_AT_ONCE = 256, PAUSE_MS = 5 };

struct findings {
	control_finding *say;
	void *state;
	unsigned count;
};

static void found(struct findings *f, const char *sentence)
{
	if (f->count++ < FINDINGS_MAX && f->say)
		f->say(f->state, sentence);
}

/* Each row of the query is a finding in words; but for "ok". */
static enum status ask(struct control *c, const char *sql, struct findings *f, struct trouble *t)
{
	struct query q = query_open(c, sql);
	char sentence[512];
	enum status st;

	while (query_row(&q)) {
		row_text(&q, sentence, sizeof(sentence));
		if (strcmp(sentence, "ok") != 0)
			found(f, sentence);
	}
	st = query_end(&q, t);
	/* Damage that ends the search is a finding as well. */
	if (st == STATUS_FORMAT) {
		found(f, sqlite3_errmsg(c->db));
		st = STATUS_OK;
	}
	return st;
}

static const char pages[] = "PRAGMA integrity_check(100)";
static const char references[] =
        "SELECT \"table\" || ' row ' || coalesce(rowid, '?') || ' refers to a row of ' || parent ||"
        " ' that is not there' FROM pragma_foreign_key_check";
static const char hub_id[] = "SELECT 'there is no hub id' WHERE NOT EXISTS"
                             " (SELECT 1 FROM settings WHERE key = 'hub-id')";
static const char ended[] =
        "SELECT 'sensor ' || s.number || ' has ended and a certificate that has not'"
        " FROM sensors s JOIN certificates k ON k.sensor = s.number"
        " WHERE s.state <> 0 AND k.revoked = 0";
static const char orphans[] =
        "SELECT 'member ' || m.id || ' was removed and has the active sensor ' || s.number"
        " FROM members m JOIN sensors s ON s.member = m.id WHERE m.removed > 0 AND s.state = 0";
static const char roles[] = "SELECT 'token ' || id || ' has an unknown role' FROM tokens"
                            " WHERE role NOT IN ('administrator', 'analyst', 'member', 'reader')";

enum status control_check(struct control *c, control_finding *say, void *state, struct trouble *t)
{
	static const char *const questions[] = {pages, references, hub_id, ended, orphans, roles};
	struct findings f = {.say = say, .state = state};
	enum status st = STATUS_OK;

	control_lock(c);
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]) && !st; i++)
		st = ask(c, questions[i], &f, t);
	control_unlock(c);
	if (!st && f.count > 0)
		st = trouble_set(t, STATUS_FORMAT, c->path, 0, "%u findings", f.count);
	return st;
}

/* Copy page by page; writers get their turn in between, and their pages are copied again. */
static enum status copy_pages(struct control *c, sqlite3 *to, const char *path, struct trouble *t)
{
	sqlite3_backup *copy = sqlite3_backup_init(to, "main", c->db, "main");
	int result = copy ? SQLITE_OK : sqlite3_errcode(to);
	enum status st;

	while (result == SQLITE_OK || result == SQLITE_BUSY || result == SQLITE_LOCKED) {
		result = sqlite3_backup_step(copy, PAGES_AT_ONCE);
		if (result == SQLITE_BUSY || result == SQLITE_LOCKED)
			sqlite3_sleep(PAUSE_MS);
	}
	st = control_status(to, result);
	sqlite3_backup_finish(copy);
	if (result != SQLITE_DONE)
		return trouble_set(t, st, path, 0, "cannot copy: %s",
		                   st == STATUS_FULL ? "no space left" : sqlite3_errstr(result));
	/* One file, without a log beside it. */
	if (sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) != SQLITE_OK)
		return trouble_set(t, STATUS_IO, path, 0, "cannot copy: %s", sqlite3_errmsg(to));
	return STATUS_OK;
}

static enum status sync_file(const char *path, struct trouble *t)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = fd < 0 ? errno : 0;

	if (!error && fsync(fd) != 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	return error ? trouble_set(t, status_of_errno(error), path, 0, "cannot write: %s",
	                           strerror(error))
	             : STATUS_OK;
}

/* Give a whole file its name unless something has it: 0 or errno. Some file systems (of sticks)
 * have no hard links. */
static int give_name(const char *temporary, const char *path)
{
	if (link(temporary, path) == 0)
		return 0;
	if (errno != EPERM && errno != EOPNOTSUPP)
		return errno;
	if (access(path, F_OK) == 0)
		return EEXIST;
	return rename(temporary, path) == 0 ? 0 : errno;
}

/* Into a temporary file, which takes the name if nothing has it meanwhile. */
static enum status copy_to(struct control *c, const char *temporary, const char *path,
                           struct trouble *t)
{
	sqlite3 *to = NULL;
	enum status st = STATUS_OK;
	int error = 0;

	if (sqlite3_open_v2(temporary, &to, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		st = trouble_set(t, STATUS_IO, path, 0, "cannot write: %s", sqlite3_errmsg(to));
	if (!st)
		st = copy_pages(c, to, path, t);
	if (sqlite3_close(to) != SQLITE_OK && !st)
		st = trouble_set(t, STATUS_IO, path, 0, "cannot write");
	if (!st)
		st = sync_file(temporary, t);
	if (!st)
		error = give_name(temporary, path);
	if (!st && !error)
		error = outfile_sync_folder(path);
	if (error)
		st = trouble_set(t, error == EEXIST ? STATUS_CONFLICT : status_of_errno(error),
		                 path, 0, "cannot write: %s", strerror(error));
	return st;
}

enum status control_backup(struct control *c, const char *path, struct trouble *t)
{
	char temporary[PATH_MAX];
	enum status st;
	int fd;

	if (access(path, F_OK) == 0)
		return trouble_set(t, STATUS_CONFLICT, path, 0, "there is something already");
	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return trouble_set(t, status_of_errno(errno), path, 0, "cannot write: %s",
		                   strerror(errno));
	close(fd);
	control_lock(c);
	st = copy_to(c, temporary, path, t);
	control_unlock(c);
	unlink(temporary);
	return st;
}

enum status control_restore(const char *backup, const char *path, struct trouble *t)
{
	struct control *c;
	enum status st = control_open_backup(&c, backup, t);

	if (st)
		return st;
	st = control_check(c, NULL, NULL, t);
	if (!st)
		st = control_backup(c, path, t);
	control_close(c);
	return st;
}
