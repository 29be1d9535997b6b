/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backups: a directory with one file for each partition of each table, and a manifest.
 *
 *   manifest   noroshi-observations 1 SCHEMA
 *              TABLE PARTITION ROWS PACKETS BYTES MORE SHA256 FILE      one line a file
 *              complete FILES
 *   file       blocks: plain bytes u32 | packed bytes u32 | zstd of rows in RowBinary
 *
 * A line is written after its file is on disk. A backup that was cut short has no last line, and
 * goes on from the lines that are there. For the files of the observations alone.
 */
#ifndef STORE_OBSERVATIONS_MANIFEST_H
#define STORE_OBSERVATIONS_MANIFEST_H

#include "base/secret.h"
#include "store/observations_rows.h"

#include <openssl/evp.h>

enum {
	BACKUP_PATH_MAX = 4096,
	BACKUP_FILE_MAX = 96,
	BACKUP_BLOCK_MAX = 256 << 20, /* plain bytes of one block */
	BACKUP_HEAD_BYTES = 8,        /* before each block */
};

struct entry {
	const struct table *table;
	uint64_t partition;
	struct partition_digest digest;
	char sha[2 * SHA256_BYTES + 1]; /* of the file */
	char file[BACKUP_FILE_MAX];
};

struct manifest {
	struct entry *entries;
	size_t count, room;
	bool complete;
};

void manifest_clear(struct manifest *m);

/* The entry, or NULL. */
struct entry *manifest_find(const struct manifest *m, const struct table *table,
                            uint64_t partition);

/* Adds, or takes the place of the one for the same partition. */
MUST_USE enum status manifest_put(struct manifest *m, const struct entry *e);

/* STATUS_NOT_FOUND: none there. A last line that was cut is passed over. */
MUST_USE enum status manifest_read(struct manifest *m, const char *dir, struct trouble *t);

/* The whole manifest anew: on the disk there is the old one or the new one. */
MUST_USE enum status manifest_write(const struct manifest *m, const char *dir, struct trouble *t);

/* "dir/file". */
MUST_USE enum status backup_path(char out[BACKUP_PATH_MAX], const char *dir, const char *file,
                                 struct trouble *t);

/* A SHA-256 that is fed by EVP_DigestUpdate(), and its end as hexadecimal digits. */
MUST_USE enum status backup_hash_begin(EVP_MD_CTX **hash);
MUST_USE enum status backup_hash_end(EVP_MD_CTX *hash, char out[2 * SHA256_BYTES + 1]);

#endif
