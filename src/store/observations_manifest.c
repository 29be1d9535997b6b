/* SPDX-License-Identifier: Apache-2.0 */
#include "store/observations_manifest.h"

#include "base/outfile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BACKUP_VERSION = 1, BACKUP_ENTRIES_MAX = 1000000 };

void manifest_clear(struct manifest *m)
{
	free(m->entries);
	*m = (struct manifest){0};
}

struct entry *manifest_find(const struct manifest *m, const struct table *table, uint64_t partition)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->entries[i].table == table && m->entries[i].partition == partition)
			return &m->entries[i];
	return NULL;
}

enum status manifest_put(struct manifest *m, const struct entry *e)
{
	struct entry *old = manifest_find(m, e->table, e->partition);

	if (old) {
		*old = *e;
		return STATUS_OK;
	}
	if (m->count == m->room) {
		size_t room = m->room ? m->room * 2 : 64;
		struct entry *grown = room <= BACKUP_ENTRIES_MAX
		                              ? realloc(m->entries, room * sizeof(*grown))
		                              : NULL;

		if (!grown)
			return STATUS_NO_MEMORY;
		m->entries = grown;
		m->room = room;
	}
	m->entries[m->count++] = *e;
	return STATUS_OK;
}

static const struct table *table_named(const char *name)
{
	size_t count;
	const struct table *tables = observations_tables(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(tables[i].name, name) == 0)
			return &tables[i];
	return NULL;
}

enum status backup_path(char out[BACKUP_PATH_MAX], const char *dir, const char *file,
                        struct trouble *t)
{
	int n = snprintf(out, BACKUP_PATH_MAX, "%s/%s", dir, file);

	if (n < 0 || n >= BACKUP_PATH_MAX)
		return trouble_set(t, STATUS_USAGE, dir, 0, "the path is too long");
	return STATUS_OK;
}

static bool manifest_line(struct manifest *m, const char *line)
{
	struct entry e = {0};
	char name[SQL_NAME_MAX + 1];
	size_t files;
	int end = 0;

	if (sscanf(line, "complete %zu%n", &files, &end) == 1 && end && !line[end]) {
		m->complete = files == m->count;
		return m->complete;
	}
	if (sscanf(line,
	           "%63s %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %64s %95s%n",
	           name, &e.partition, &e.digest.rows, &e.digest.packets, &e.digest.bytes,
	           &e.digest.more, e.sha, e.file, &end) != 8 ||
	    line[end] || strchr(e.file, '/'))
		return false;
	e.table = table_named(name);
	return e.table && manifest_put(m, &e) == STATUS_OK;
}

enum status manifest_read(struct manifest *m, const char *dir, struct trouble *t)
{
	char path[BACKUP_PATH_MAX], line[512];
	unsigned version = 0, schema = 0;
	unsigned long number = 1;
	enum status st = backup_path(path, dir, "manifest", t);
	FILE *f = st ? NULL : fopen(path, "r");

	if (!f)
		return st ? st
		          : trouble_set(t, status_of_errno(errno), path, 0, "%s", strerror(errno));
	if (!fgets(line, sizeof(line), f) ||
	    sscanf(line, "noroshi-observations %u %u", &version, &schema) != 2 ||
	    version != BACKUP_VERSION || schema != OBSERVATIONS_SCHEMA)
		st = trouble_set(t, STATUS_UNSUPPORTED, path, 1, "not a backup of this schema");
	while (!st && fgets(line, sizeof(line), f)) {
		size_t n = strcspn(line, "\n");
		bool whole = line[n] == '\n';

		number++;
		line[n] = '\0';
		if (whole && !manifest_line(m, line))
			st = trouble_set(t, STATUS_FORMAT, path, number, "not a line of a backup");
	}
	(void)fclose(f);
	return st;
}

static void entry_print(struct outfile *out, const struct entry *e)
{
	outfile_printf(out,
	               "%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s %s\n",
	               e->table->name, e->partition, e->digest.rows, e->digest.packets,
	               e->digest.bytes, e->digest.more, e->sha, e->file);
}

enum status manifest_write(const struct manifest *m, const char *dir, struct trouble *t)
{
	char path[BACKUP_PATH_MAX];
	struct outfile *out;
	enum status st = backup_path(path, dir, "manifest", t);

	if (!st)
		st = outfile_open(&out, path, t);
	if (st)
		return st;
	outfile_printf(out, "noroshi-observations %d %d\n", BACKUP_VERSION, OBSERVATIONS_SCHEMA);
	for (size_t i = 0; i < m->count; i++)
		entry_print(out, &m->entries[i]);
	if (m->complete)
		outfile_printf(out, "complete %zu\n", m->count);
	return outfile_commit(out, t);
}

enum status backup_hash_begin(EVP_MD_CTX **hash)
{
	*hash = EVP_MD_CTX_new();
	return *hash && EVP_DigestInit_ex(*hash, EVP_sha256(), NULL) ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status backup_hash_end(EVP_MD_CTX *hash, char out[2 * SHA256_BYTES + 1])
{
	uint8_t digest[SHA256_BYTES];

	if (!EVP_DigestFinal_ex(hash, digest, NULL))
		return STATUS_NO_MEMORY;
	hex_encode(digest, sizeof(digest), out);
	return STATUS_OK;
}
