/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where frames are durable before they are acknowledged: segment files of whole frames.
 *
 *   journal/0000000000000042.batch    each a batch file (ship/batch.h) that grows until it is cut
 *
 * A segment is cut when it holds enough rows or is old enough; cut, it never changes, and is the
 * block that goes into the store as a whole under its number, however often (docs/adr/0012). It
 * is removed when the store has it. Numbers are never given twice. After a crash the frames that
 * were written whole are still there; a torn tail was never acknowledged and is cut off.
 *
 * Writers (any thread): journal_write, then journal_sync, which shares one fdatasync among
 * all that wait for it. One reader: journal_take, journal_done.
 */
#ifndef INTAKE_JOURNAL_H
#define INTAKE_JOURNAL_H

#include "base/metrics.h"
#include "base/status.h"
#include "ship/batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	JOURNAL_PATH_MAX = 512,
	JOURNAL_BEHIND = 4, /* times the rows, while a cut segment waits behind the one in work */
};

struct journal;

struct journal_options {
	const char *directory;   /* made if it is not there; owner only */
	uint64_t first_number;   /* no segment gets a lower one: 1 + the last that is done */
	uint64_t bytes_max;      /* all segments together */
	uint64_t segment_rows;   /* a segment with so many is cut; see JOURNAL_BEHIND */
	uint64_t segment_bytes;  /* the same */
	uint32_t segment_age_ms; /* since its first frame */
	/* Told of each whole frame that was found, oldest segment first. */
	void (*found)(void *state, const struct batch_frame *frame);
	void *state;
};

/* What an opening found. */
struct journal_found {
	uint64_t segments, frames, rows;
	uint64_t torn_bytes; /* cut off from tails */
	uint64_t damaged; /* segments broken in the middle: kept as .damaged, whole frames go on */
};

/* Read what is there; lock the directory. STATUS_CONFLICT: another process has it. */
MUST_USE enum status journal_open(struct journal **out, const struct journal_options *o,
                                  struct journal_found *found, struct trouble *t);

/* Append a whole frame of `n` bytes with `rows` rows; *ticket is for journal_sync. STATUS_FULL: the
 * disk or the bound has no room (nothing was appended; it may come back); STATUS_IO: the
 * journal is broken, and stays so until it is opened anew. */
MUST_USE enum status journal_write(struct journal *j, const void *frame, size_t n, uint64_t rows,
                                   uint64_t *ticket);

/* Wait until all up to the ticket is on disk. STATUS_IO: the journal is broken. */
MUST_USE enum status journal_sync(struct journal *j, uint64_t ticket);

/* A ticket for all that was written until now. */
uint64_t journal_ticket(struct journal *j);

/* The oldest segment that is cut, cutting one that is due; waits up to wait_ms.
 * STATUS_END: none now. The same segment comes until journal_done(). */
MUST_USE enum status journal_take(struct journal *j, uint32_t wait_ms, uint64_t *number,
                                  char path[JOURNAL_PATH_MAX]);

/* The store has it: remove the segment that journal_take gave. */
MUST_USE enum status journal_done(struct journal *j, uint64_t number);

/* The store can never take it: keep the file aside for a person, as .damaged. */
MUST_USE enum status journal_set_aside(struct journal *j, uint64_t number);

/* Make journal_take return at once (the hub ends, or wants the rest now): cuts what is open. */
void journal_cut_now(struct journal *j);

/* Bytes and segments that wait; any thread. */
void journal_waiting(struct journal *j, uint64_t *bytes, uint64_t *segments);

/* The same as figures for /metrics. */
void journal_gauge(struct journal *j, struct metrics *metrics);

void journal_close(struct journal *j);

/* --- a journal that others may have open --- */

/* The lowest and the highest number that a segment has; 0 where there is none. */
MUST_USE enum status journal_span(const char *directory, uint64_t *oldest, uint64_t *newest,
                                  struct trouble *t);

/* Told of each file that is not as it should be. */
typedef void journal_finding(void *state, const char *file, const char *text);

/* Read all segments, and change none. A tail that was not finished is nothing wrong. What an
 * opening set aside is told as well; found->damaged counts what was told. */
MUST_USE enum status journal_check(const char *directory, journal_finding *say, void *state,
                                   struct journal_found *found, struct trouble *t);

#endif
