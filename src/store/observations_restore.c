/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a backup back; store/observations_manifest.h draws it. All is verified before the first
 * row goes in. */
#include "base/cursor.h"
#include "store/observations_manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* One file, block after block. */
struct file {
	FILE *in;
	char path[BACKUP_PATH_MAX];
	EVP_MD_CTX *hash;
	uint8_t *packed, *plain;
	size_t packed_room, plain_room;
	size_t bytes; /* of the block in `plain` */
	struct trouble *t;
};

static enum status file_open(struct file *f, const char *dir, const struct entry *e,
                             struct trouble *t)
{
	enum status st;

	*f = (struct file){.t = t};
	st = backup_path(f->path, dir, e->file, t);
	if (!st)
		st = backup_hash_begin(&f->hash);
	if (st)
		return st;
	f->in = fopen(f->path, "rb");
	if (!f->in)
		return trouble_set(t, status_of_errno(errno), f->path, 0, "%s", strerror(errno));
	return STATUS_OK;
}

static void file_close(struct file *f)
{
	if (f->in)
		(void)fclose(f->in);
	EVP_MD_CTX_free(f->hash);
	free(f->packed);
	free(f->plain);
}

static enum status damaged(struct file *f)
{
	return trouble_set(f->t, STATUS_FORMAT, f->path, 0, "the file is not what was backed up");
}

static bool grow(uint8_t **bytes, size_t *room, size_t n)
{
	uint8_t *grown = n > *room ? realloc(*bytes, n) : *bytes;

	if (!grown)
		return n == 0;
	*room = n > *room ? n : *room;
	*bytes = grown;
	return true;
}

/* STATUS_END: no more. */
static enum status file_next(struct file *f)
{
	uint8_t head[BACKUP_HEAD_BYTES];
	size_t n = fread(head, 1, sizeof(head), f->in);
	size_t plain = bytes_le32(head), packed = bytes_le32(head + 4);

	if (n == 0)
		return ferror(f->in) ? damaged(f) : STATUS_END;
	if (n != sizeof(head) || plain > BACKUP_BLOCK_MAX || packed > ZSTD_compressBound(plain))
		return damaged(f);
	if (!grow(&f->packed, &f->packed_room, packed) || !grow(&f->plain, &f->plain_room, plain))
		return trouble_set(f->t, STATUS_NO_MEMORY, f->path, 0, "no memory for a block");
	if (fread(f->packed, 1, packed, f->in) != packed)
		return damaged(f);
	if (!EVP_DigestUpdate(f->hash, head, sizeof(head)) ||
	    !EVP_DigestUpdate(f->hash, f->packed, packed))
		return STATUS_NO_MEMORY;
	f->bytes = ZSTD_decompress(f->plain, plain, f->packed, packed);
	return f->bytes == plain ? STATUS_OK : damaged(f);
}

static enum status verify(const char *dir, const struct entry *e, struct trouble *t)
{
	char sha[2 * SHA256_BYTES + 1] = "";
	struct file f;
	enum status st = file_open(&f, dir, e, t);

	while (!st)
		st = file_next(&f);
	if (st == STATUS_END)
		st = backup_hash_end(f.hash, sha);
	if (!st && strcmp(sha, e->sha) != 0)
		st = damaged(&f);
	file_close(&f);
	return st;
}

static enum status load(struct observations *o, const char *dir, const struct entry *e,
                        struct trouble *t)
{
	struct file f;
	enum status st = file_open(&f, dir, e, t);

	if (!st)
		st = rows_begin(o, e->table, e->partition, t);
	while (!st) {
		st = file_next(&f);
		if (!st)
			st = rows_put(o, e->table, f.plain, f.bytes, t);
	}
	if (st == STATUS_END)
		st = rows_end(o, e->table, e->partition, t);
	file_close(&f);
	return st;
}

static enum status is_there(struct observations *o, const struct entry *e, bool *there, bool *empty,
                            struct trouble *t)
{
	struct partition_digest d;
	enum status st = rows_digest(o, e->table, e->partition, &d, t);

	*there = !st && rows_digest_equal(e->table, &d, &e->digest, false);
	*empty = !st && d.rows == 0;
	return st;
}

/* The ledger follows the others while they come in; on a cluster a partition may be there in part.
 */
static enum status restore_entry(struct observations *o, const char *dir, const struct entry *e,
                                 struct trouble *t)
{
	bool there, empty;
	enum status st = is_there(o, e, &there, &empty, t);

	if (st || there)
		return st;
	if (!empty && e->table->kind != TABLE_LEDGER && !observations_clustered(o))
		return trouble_set(t, STATUS_CONFLICT, e->table->name, 0,
		                   "partition %" PRIu64 " holds other rows than the backup",
		                   e->partition);
	st = load(o, dir, e, t);
	if (!st)
		st = is_there(o, e, &there, &empty, t);
	if (!st && !there)
		st = trouble_set(t, STATUS_FORMAT, e->table->name, 0,
		                 "partition %" PRIu64 " is not what was backed up", e->partition);
	return st;
}

/* Nothing may be in a table that the backup does not know of. */
static enum status only_known(struct observations *o, const struct manifest *m,
                              const struct table *table, struct trouble *t)
{
	uint64_t *partitions;
	size_t count;
	enum status st = observations_partitions(o, table, &partitions, &count, t);

	for (size_t i = 0; i < count && !st; i++)
		if (!manifest_find(m, table, partitions[i]))
			st = trouble_set(t, STATUS_CONFLICT, table->name, 0,
			                 "partition %" PRIu64 " is not in the backup",
			                 partitions[i]);
	free(partitions);
	return st;
}

static enum status restore_all(struct observations *o, const char *dir, const struct manifest *m,
                               struct trouble *t)
{
	size_t count;
	const struct table *tables = observations_tables(&count);
	enum status st = STATUS_OK;

	for (size_t i = 0; i < count && !st; i++)
		if (rows_are_kept(o, &tables[i]) && tables[i].kind != TABLE_LEDGER)
			st = only_known(o, m, &tables[i], t);
	for (size_t i = 0; i < m->count && !st; i++)
		st = verify(dir, &m->entries[i], t);
	for (size_t i = 0; i < m->count && !st; i++)
		if (rows_are_kept(o, m->entries[i].table))
			st = restore_entry(o, dir, &m->entries[i], t);
	return st ? st : rows_settle(o, t);
}

enum status observations_restore(struct observations *o, const char *dir, struct trouble *t)
{
	struct manifest m = {0};
	enum status st = manifest_read(&m, dir, t);

	if (!st && !m.complete)
		st = trouble_set(t, STATUS_FORMAT, dir, 0, "the backup was not finished");
	if (!st)
		st = restore_all(o, dir, &m, t);
	manifest_clear(&m);
	return st;
}
