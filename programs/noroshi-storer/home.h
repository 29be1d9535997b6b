/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data directory and the socket: made, locked, given back. One process for a directory: a
 * second one is told who has it. Main thread, before any other exists. Files of ours there:
 * storer.lock (holds the process number), engine.xml (the library's configuration).
 */
#ifndef STORER_HOME_H
#define STORER_HOME_H

#include "base/status.h"

#include <limits.h>
#include <stdint.h>

struct home {
	char data[PATH_MAX];   /* absolute */
	char config[PATH_MAX]; /* engine.xml */
	int lock;
	int listener;          /* -1: none yet */
	char socket[PATH_MAX]; /* absolute; "": none yet */
};

/* Make the directory (0700) where it is not there, lock it, write the configuration. STATUS_DENIED
 * where others may write to it; STATUS_CONFLICT: another process has it. */
MUST_USE enum status home_open(struct home *home, const char *data, uint64_t memory_bytes,
                               uint32_t threads, struct trouble *t);

/* A Unix socket (0600) that listens. What a dead process left at path is removed; a living one's
 * is STATUS_CONFLICT, and a file that is no socket too. */
MUST_USE enum status home_listen(struct home *home, const char *path, struct trouble *t);

/* Remove the socket, unlock. The listener is closed where it is still >= 0. */
void home_close(struct home *home);

#endif
