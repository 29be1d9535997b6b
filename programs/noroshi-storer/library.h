/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libchdb as a store: one library, a session for each request.
 *
 * A session is a connection of its own: its settings end with it, and what a failed statement
 * left behind is gone too (a connection of 26.7 hands such output to its next statement). Opening
 * one takes 0.2 ms. The library is opened and closed by the main thread; sessions belong to one
 * thread each, several at once.
 */
#ifndef STORER_LIBRARY_H
#define STORER_LIBRARY_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LIBRARY_ARGUMENTS_MAX = 96, /* settings of one session, ours and the request's */
	LIBRARY_SETTING_MAX = 4096, /* bytes of one, "--name=value" */
};

#define LIBRARY_DATABASE "noroshi" /* where statements act that name none */

struct library;
struct session;

/* The engine on data, as config says. Each session has memory_bytes / 2 and `threads` where its
 * request does not say otherwise. */
MUST_USE enum status library_open(struct library **out, const char *data, const char *config,
                                  uint64_t memory_bytes, uint32_t threads, struct trouble *t);

const char *library_version(void);

/* Is there such a setting of a query? The library passes over unknown ones in silence. */
bool library_knows_setting(const struct library *l, const char *name);

/* End running reads, so that a shutdown waits for writes alone. */
void library_cancel_reads(struct library *l);

/* All sessions are closed before. NULL is allowed. */
void library_close(struct library *l);

/* settings: "--name=value" texts that library_knows_setting() accepted. STATUS_FORMAT: a value is
 * none of its setting's; STATUS_NOT_FOUND: no such database. */
MUST_USE enum status session_open(struct session **out, struct library *l, char *const settings[],
                                  size_t count, const char *database, struct trouble *t);

/* Run one statement. NULL, or ClickHouse's message, which the session owns. The answer's first
 * bytes are there on return: session_next(). */
const char *session_run(struct session *s, const char *sql, size_t n, const char *format);

/* The next bytes of the answer, until the next call; *n 0: the end. NULL, or a message. */
const char *session_next(struct session *s, const char **bytes, size_t *n);

/* An INSERT whose data follow: its statement without FORMAT, and their format. */
const char *session_insert_begin(struct session *s, const char *sql, size_t n, const char *format);

/* NULL, or why no more data is taken. */
const char *session_insert_data(struct session *s, const void *bytes, size_t n);

/* All data is there: NULL once the rows are stored. */
const char *session_insert_end(struct session *s);

/* Ends what is under way: an insert without its end is given up. NULL is allowed. */
void session_close(struct session *s);

#endif
