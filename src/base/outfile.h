/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An output that replaces its file only when it is whole.
 *
 * Bytes go to a temporary file beside the target, which takes the target's name
 * in outfile_commit(); until then the old file stays as it was, and a full disk
 * or a crash leaves it so. "-" is standard output, written through. A target that
 * is not a regular file (a FIFO, /dev/null) is written through as well. Errors are
 * sticky: write freely, ask at commit. One thread at a time.
 *
 * A scratch output has no name: what is short stays in memory, what is long goes to a file
 * that vanishes with its descriptor, so that a text of any length costs little memory.
 */
#ifndef BASE_OUTFILE_H
#define BASE_OUTFILE_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct outfile;

/* Open path for writing ("-" for standard output). */
MUST_USE enum status outfile_open(struct outfile **out, const char *path, struct trouble *t);

/* The same for a secret: the file is its owner's alone (mode 0600) from the first byte, never
 * written through, on the disk with its name when outfile_commit() returns, and its buffer is
 * wiped. */
MUST_USE enum status outfile_open_private(struct outfile **out, const char *path,
                                          struct trouble *t);

/* Put the names in the folder of `path` onto the disk, after a rename or a creation: 0 or errno. */
MUST_USE int outfile_sync_folder(const char *path);

/* What a scratch output has gathered: either bytes (malloc, even if size is 0) or a file. */
struct outfile_scratch {
	char *bytes; /* NULL: in the file */
	int fd;      /* -1: in memory */
	uint64_t size;
};

/* Open a scratch output; a file, where one is needed, lies in `folder`, which is kept. Bytes past
 * `limit` are refused (STATUS_FULL). NULL: out of memory. */
struct outfile *outfile_open_scratch(const char *folder, uint64_t limit);

/* End a scratch output and free it. On failure nothing is left to free. */
MUST_USE enum status outfile_take(struct outfile *o, struct outfile_scratch *out);

/* Append bytes; buffered. After a failure it does nothing. */
void outfile_write(struct outfile *o, const void *bytes, size_t n);
void outfile_text(struct outfile *o, const char *text);
void outfile_printf(struct outfile *o, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Hand what is buffered to the kernel now (live output). */
MUST_USE enum status outfile_flush(struct outfile *o);

/* STATUS_OK as long as nothing failed. */
enum status outfile_status(const struct outfile *o);

/* Flush, sync and rename into place, then free. On failure the old file stays. */
MUST_USE enum status outfile_commit(struct outfile *o, struct trouble *t);

/* Throw away what was written and free; the old file stays. NULL is allowed. */
void outfile_abandon(struct outfile *o);

#endif
