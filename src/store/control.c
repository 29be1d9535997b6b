/* SPDX-License-Identifier: Apache-2.0 */
#include "store/control_inner.h"

#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each connection's own; the file remembers the rest. */
static enum status set_up(struct control *c, bool writes, struct trouble *t)
{
	static const char common[] = "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON;"
	                             "PRAGMA cell_size_check = ON; PRAGMA synchronous = FULL";
	static const char log[] = "PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 4194304";
	enum status st;

	sqlite3_busy_timeout(c->db, CONTROL_WAIT_MS);
	sqlite3_extended_result_codes(c->db, 1);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	st = control_run(c, common, t);
	return st || !writes ? st : control_run(c, log, t);
}

static enum status read_pragma(struct control *c, const char *sql, int64_t *value,
                               struct trouble *t)
{
	struct query q = query_open(c, sql);

	*value = query_row(&q) ? (int64_t)row_u64(&q) : 0;
	return query_end(&q, t);
}

static enum status read_version(struct control *c, int64_t *version, struct trouble *t)
{
	static const char sql[] = "PRAGMA user_version";

	return read_pragma(c, sql, version, t);
}

/* The steps that are missing, all or none; another process may do the same at once. */
static enum status migrate(struct control *c, struct trouble *t)
{
	enum status st = control_begin(c, t);
	int64_t version = 0;
	char pragma[64];

	if (st)
		return st;
	st = read_version(c, &version, t);
	for (; !st && version < CONTROL_SCHEMA; version++)
		st = control_run(c, control_schema_step((unsigned)version), t);
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", (int)CONTROL_SCHEMA);
	if (!st)
		st = control_run(c, pragma, t);
	return control_end(c, st, t);
}

static enum status check_schema(struct control *c, bool writes, struct trouble *t)
{
	static const char sql[] = "PRAGMA application_id";
	int64_t id = 0, version = 0;
	enum status st = read_pragma(c, sql, &id, t);

	if (!st && id != CONTROL_APPLICATION_ID)
		return trouble_set(t, STATUS_FORMAT, c->path, 0, "not a hub's control data");
	if (!st)
		st = read_version(c, &version, t);
	if (!st && (version < 1 || version > CONTROL_SCHEMA))
		return trouble_set(t, STATUS_UNSUPPORTED, c->path, 0,
		                   "schema version %lld is newer than this program's %d",
		                   (long long)version, (int)CONTROL_SCHEMA);
	if (!st && writes && version < CONTROL_SCHEMA)
		st = migrate(c, t);
	return st;
}

static enum status connect_to(struct control **out, const char *path, bool writes,
                              struct trouble *t)
{
	int flags = writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, result;
	struct control *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (!c)
		return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	snprintf(c->path, sizeof(c->path), "%s", path);
	if (pthread_mutex_init(&c->lock, NULL) != 0) {
		free(c);
		return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	}
	*out = c;
	result = sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	return result == SQLITE_OK ? set_up(c, writes, t) : control_failed(c, result, t);
}

/* On failure nothing stays open. */
static enum status done(struct control **c, enum status st)
{
	if (st) {
		control_close(*c);
		*c = NULL;
	}
	return st;
}

static enum status open_file(struct control **out, const char *path, bool writes, struct trouble *t)
{
	enum status st;

	*out = NULL;
	if (access(path, F_OK) != 0)
		return trouble_set(t, status_of_errno(errno), path, 0, "%s", strerror(errno));
	st = connect_to(out, path, writes, t);
	if (!st)
		st = check_schema(*out, writes, t);
	return done(out, st);
}

enum status control_open(struct control **out, const char *path, struct trouble *t)
{
	return open_file(out, path, true, t);
}

enum status control_open_backup(struct control **out, const char *path, struct trouble *t)
{
	return open_file(out, path, false, t);
}

static enum status first_settings(struct control *c, uint32_t now, struct trouble *t)
{
	const struct control_actor by = {"cli", now};
	char id[CONTROL_HUB_ID_MAX];
	uint8_t bytes[8];
	enum status st = secret_random(bytes, sizeof(bytes), t);

	hex_encode(bytes, sizeof(bytes), id);
	return st ? st : control_setting_set(c, "hub-id", id, &by, t);
}

/* An empty file that is the owner's alone; SQLite gives its side files the same mode. */
static enum status create_empty(const char *path, struct trouble *t)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600), error = errno;

	if (fd < 0 && error == EEXIST)
		return trouble_set(t, STATUS_CONFLICT, path, 0, "there is something already");
	if (fd < 0)
		return trouble_set(t, status_of_errno(error), path, 0, "cannot make it: %s",
		                   strerror(error));
	close(fd);
	error = outfile_sync_folder(path);
	if (error)
		return trouble_set(t, status_of_errno(error), path, 0, "cannot make it: %s",
		                   strerror(error));
	return STATUS_OK;
}

enum status control_create(struct control **out, const char *path, uint32_t now, struct trouble *t)
{
	char pragma[64];
	enum status st = create_empty(path, t);

	*out = NULL;
	if (st)
		return st;
	st = connect_to(out, path, true, t);
	snprintf(pragma, sizeof(pragma), "PRAGMA application_id = %d", CONTROL_APPLICATION_ID);
	if (!st)
		st = control_run(*out, pragma, t);
	if (!st)
		st = migrate(*out, t);
	if (!st)
		st = first_settings(*out, now, t);
	st = done(out, st);
	if (st)
		unlink(path); /* ours, and of no use */
	return st;
}

enum status control_schema(struct control *c, unsigned *version, struct trouble *t)
{
	int64_t value = 0;
	enum status st;

	control_lock(c);
	st = read_version(c, &value, t);
	control_unlock(c);
	*version = (unsigned)value;
	return st;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->statement_count; i++)
		sqlite3_finalize(c->statements[i].prepared);
	sqlite3_close(c->db);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

enum status control_hub_id(struct control *c, char out[CONTROL_HUB_ID_MAX], struct trouble *t)
{
	return control_setting(c, "hub-id", out, CONTROL_HUB_ID_MAX, t);
}

enum status control_setting(struct control *c, const char *key, char *out, size_t size,
                            struct trouble *t)
{
	static const char sql[] = "SELECT length(CAST(value AS BLOB)), value FROM settings"
	                          " WHERE key = ?";
	struct query q;
	bool found;
	uint64_t length = 0;
	enum status st;

	control_lock(c);
	q = query_open(c, sql);
	query_text(&q, key);
	found = query_row(&q);
	out[0] = '\0';
	if (found) {
		length = row_u64(&q);
		row_text(&q, out, size);
	}
	st = query_end(&q, t);
	control_unlock(c);
	if (!st && !found)
		st = trouble_set(t, STATUS_NOT_FOUND, c->path, 0, "no setting '%s'", key);
	if (!st && length >= size)
		st = trouble_set(t, STATUS_LIMIT, c->path, 0, "the setting '%s' is too long", key);
	return st;
}

enum status control_setting_set(struct control *c, const char *key, const char *value,
                                const struct control_actor *by, struct trouble *t)
{
	static const char sql[] = "INSERT INTO settings (key, value) VALUES (?, ?)"
	                          " ON CONFLICT (key) DO UPDATE SET value = excluded.value";
	enum status st = control_begin(c, t);
	struct query q;

	if (st)
		return st;
	q = query_open(c, sql);
	query_text(&q, key);
	query_text(&q, value);
	st = query_change(&q, NULL, t);
	if (!st)
		st = control_record(c, by, "setting", t, "%s", key);
	return control_end(c, st, t);
}
