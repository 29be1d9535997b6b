/* SPDX-License-Identifier: Apache-2.0 */
/* Directories and files that are their owner's alone: what init, backup and restore share. */
#ifndef NOROSHI_HUB_FOLDER_H
#define NOROSHI_HUB_FOLDER_H

#include "base/secret.h"

#include <stdbool.h>

bool folder_is_empty(const char *path);

/* Make it, or take an empty one, with mode 0700. *existed: an empty one was there. STATUS_CONFLICT:
 * something is in it. */
MUST_USE enum status folder_make(const char *dir, bool *existed, struct trouble *t);

/* SHA-256 of a file, 64 hexadecimal digits. */
MUST_USE enum status file_digest(const char *path, char out[2 * SHA256_BYTES + 1],
                                 struct trouble *t);

/* Copy a small file (1 MiB at most); the copy appears whole, with mode 0600. */
MUST_USE enum status file_copy_private(const char *from, const char *to, struct trouble *t);

/* A text file that this program writes, whole; the caller frees it. STATUS_LIMIT past 1 MiB. */
MUST_USE enum status file_read_text(const char *path, char **text, size_t *n, struct trouble *t);

#endif
