/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the embedded engine running: starts noroshi-storer, starts it again when it ends, ends it
 * with us.
 *
 * A thread of its own waits for the child. Its standard error is ours. What a terminal sends to our
 * processes (SIGINT) does not reach it: we end it when we are done with it. When this process is
 * killed, the kernel tells the child to end (SIGTERM), which finishes what it is inserting; the
 * next start waits for it by trying again. store/engine.h speaks with it through the socket.
 */
#ifndef STORE_STORER_H
#define STORE_STORER_H

#include "base/log.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct storer;

struct storer_options {
	const char *program;   /* path of noroshi-storer */
	const char *data;      /* directory */
	const char *socket;    /* path */
	uint64_t memory_bytes; /* 0: the program's own default */
	uint32_t threads;      /* 0: the same */
	bool quiet;            /* it says only what went wrong */
	const struct log *log;
};

/* STATUS_NOT_FOUND: no such program. Returns at once: engine_ping() tells when it answers. */
MUST_USE enum status storer_start(struct storer **out, const struct storer_options *o,
                                  struct trouble *t);

/* The running child, 0 between two; for tests and the status page. */
pid_t storer_pid(struct storer *s);

/* How often it had to be started again. */
uint64_t storer_restarts(struct storer *s);

/* SIGTERM, then SIGKILL after 60 s; waits. NULL is allowed. */
void storer_stop(struct storer *s);

#endif
