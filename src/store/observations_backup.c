/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a backup; store/observations_manifest.h draws it. */
#include "base/outfile.h"
#include "store/observations_manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

enum { ZSTD_LEVEL = 3 };

struct writer {
	struct outfile *out;
	EVP_MD_CTX *hash;
	uint8_t *packed;
	size_t room;
};

static void put_le32(uint8_t out[4], size_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (8 * i));
}

static enum status write_block(void *state, const uint8_t *bytes, size_t n)
{
	struct writer *w = state;
	size_t most = ZSTD_compressBound(n);
	uint8_t head[BACKUP_HEAD_BYTES];

	if (n > BACKUP_BLOCK_MAX)
		return STATUS_LIMIT;
	if (most > w->room) {
		uint8_t *grown = realloc(w->packed, most);

		if (!grown)
			return STATUS_NO_MEMORY;
		w->packed = grown;
		w->room = most;
	}
	size_t packed = ZSTD_compress(w->packed, w->room, bytes, n, ZSTD_LEVEL);

	if (ZSTD_isError(packed))
		return STATUS_NO_MEMORY;
	put_le32(head, n);
	put_le32(head + 4, packed);
	outfile_write(w->out, head, sizeof(head));
	outfile_write(w->out, w->packed, packed);
	if (!EVP_DigestUpdate(w->hash, head, sizeof(head)) ||
	    !EVP_DigestUpdate(w->hash, w->packed, packed))
		return STATUS_NO_MEMORY;
	return outfile_status(w->out);
}

static enum status snapshot_drop(struct observations *o, const struct table *table,
                                 struct trouble *t)
{
	struct sql q = {0};

	sql_text(&q, "DROP TABLE IF EXISTS ");
	sql_name(&q, table->name);
	return observations_execute(o, &q, NULL, t);
}

/* What the partition holds now, for good: the table aside gets its parts by hard links. On a
 * cluster there is none, and the table itself is read. `name` holds the name of *out. */
static enum status snapshot(struct observations *o, const struct entry *e, struct table *out,
                            char name[SQL_NAME_MAX + 1], struct trouble *t)
{
	struct sql q = {0};
	enum status st;

	*out = *e->table;
	if (observations_clustered(o))
		return STATUS_OK;
	(void)snprintf(name, SQL_NAME_MAX + 1, "%s_snapshot", e->table->name);
	out->name = name;
	st = snapshot_drop(o, out, t);
	if (st)
		return st;
	sql_text(&q, "CREATE TABLE ");
	sql_name(&q, name);
	sql_text(&q, " AS ");
	sql_name(&q, e->table->name);
	st = observations_execute(o, &q, NULL, t);
	if (st)
		return st;
	sql_text(&q, "ALTER TABLE ");
	sql_name(&q, name);
	sql_text(&q, " REPLACE PARTITION ");
	sql_u64(&q, e->partition);
	sql_text(&q, " FROM ");
	sql_name(&q, e->table->name);
	return observations_execute(o, &q, NULL, t);
}

static enum status write_partition(struct observations *o, const char *dir, struct entry *e,
                                   const struct table *from, struct trouble *t)
{
	char path[BACKUP_PATH_MAX];
	struct writer w = {0};
	enum status st;

	(void)snprintf(e->file, sizeof(e->file), "%s-%" PRIu64 ".rows", e->table->name,
	               e->partition);
	st = backup_path(path, dir, e->file, t);
	if (!st)
		st = backup_hash_begin(&w.hash);
	if (!st)
		st = outfile_open(&w.out, path, t);
	if (!st)
		st = rows_read(o, from, e->partition, write_block, &w, t);
	if (!st)
		st = backup_hash_end(w.hash, e->sha);
	if (!st) {
		st = outfile_commit(w.out, t);
		w.out = NULL;
	}
	outfile_abandon(w.out);
	EVP_MD_CTX_free(w.hash);
	free(w.packed);
	return st;
}

static bool file_is_there(const char *dir, const char *file)
{
	char path[BACKUP_PATH_MAX];
	struct stat s;

	return backup_path(path, dir, file, NULL) == STATUS_OK && stat(path, &s) == 0 &&
	       S_ISREG(s.st_mode);
}

/* The digest is taken before and after: where rows came in between, once more. */
static enum status copy_partition(struct observations *o, const char *dir, struct manifest *m,
                                  struct entry *e, const struct table *from, struct trouble *t)
{
	struct partition_digest after;
	enum status st = rows_digest(o, from, e->partition, &e->digest, t);

	for (int attempt = 0; attempt < 10 && !st; attempt++) {
		st = write_partition(o, dir, e, from, t);
		if (!st)
			st = rows_digest(o, from, e->partition, &after, t);
		if (!st && rows_digest_equal(e->table, &e->digest, &after, true)) {
			st = manifest_put(m, e);
			return st ? st : manifest_write(m, dir, t);
		}
		e->digest = after;
	}
	return st ? st
	          : trouble_set(t, STATUS_UNAVAILABLE, e->table->name, 0,
	                        "partition %" PRIu64 " changes faster than it can be copied",
	                        e->partition);
}

static enum status backup_partition(struct observations *o, const char *dir, struct manifest *m,
                                    struct entry *e, struct trouble *t)
{
	struct entry *old = manifest_find(m, e->table, e->partition);
	char name[SQL_NAME_MAX + 1];
	struct table from;
	enum status st = rows_digest(o, e->table, e->partition, &e->digest, t);

	if (st || (old && rows_digest_equal(e->table, &old->digest, &e->digest, true) &&
	           file_is_there(dir, old->file)))
		return st;
	st = snapshot(o, e, &from, name, t);
	if (!st)
		st = copy_partition(o, dir, m, e, &from, t);
	if (!st && from.name == name)
		st = snapshot_drop(o, &from, t);
	return st;
}

static enum status backup_table(struct observations *o, const char *dir, struct manifest *m,
                                struct manifest *now, const struct table *table, struct trouble *t)
{
	uint64_t *partitions;
	size_t count;
	enum status st = observations_partitions(o, table, &partitions, &count, t);

	for (size_t i = 0; i < count && !st; i++) {
		struct entry e = {.table = table, .partition = partitions[i]};

		st = backup_partition(o, dir, m, &e, t);
		if (!st)
			st = manifest_put(now, manifest_find(m, table, partitions[i]));
	}
	free(partitions);
	return st;
}

enum status observations_backup(struct observations *o, const char *dir, struct trouble *t)
{
	struct manifest old = {0}, now = {0};
	size_t count;
	const struct table *tables = observations_tables(&count);
	enum status st;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return trouble_set(t, status_of_errno(errno), dir, 0, "%s", strerror(errno));
	st = manifest_read(&old, dir, t);
	old.complete = false;
	st = st && st != STATUS_NOT_FOUND ? st : manifest_write(&old, dir, t);
	/* Windows go into the store behind their rows: read first, none is here without them. */
	if (!st)
		st = backup_table(o, dir, &old, &now, observations_table(TABLE_WINDOWS), t);
	for (size_t i = 0; i < count && !st; i++)
		if (rows_are_kept(o, &tables[i]) && tables[i].kind != TABLE_WINDOWS)
			st = backup_table(o, dir, &old, &now, &tables[i], t);
	now.complete = true;
	if (!st)
		st = manifest_write(&now, dir, t);
	manifest_clear(&old);
	manifest_clear(&now);
	return st;
}
