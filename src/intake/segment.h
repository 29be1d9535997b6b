/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segment files as an earlier run left them. Private to intake/; one thread.
 */
#ifndef INTAKE_SEGMENT_H
#define INTAKE_SEGMENT_H

#include "base/status.h"
#include "ship/batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segment_facts {
	uint64_t bytes, frames, rows; /* what is whole */
	uint64_t torn_bytes;          /* of an unfinished last frame; cut off */
	bool damaged;                 /* something in the middle is broken */
};

/* Numbers of the segments in a directory, ascending; the caller frees them. */
MUST_USE enum status segment_list(const char *directory, uint64_t **numbers, size_t *count,
                                  struct trouble *t);

/* Check all frames, tell of the whole ones, cut a torn tail off. A segment that is broken in the
 * middle is kept beside as .damaged and goes on with its whole frames. */
MUST_USE enum status segment_recover(const char *path,
                                     void (*found)(void *state, const struct batch_frame *frame),
                                     void *state, struct segment_facts *facts, struct trouble *t);

/* The facts alone: the file stays as it is. */
MUST_USE enum status segment_look(const char *path, struct segment_facts *facts, struct trouble *t);

/* Read a segment whole; the caller frees *bytes. STATUS_LIMIT: larger than `most`. */
MUST_USE enum status segment_read(const char *path, uint64_t most, uint8_t **bytes, size_t *n,
                                  struct trouble *t);

/* The frame at bytes[*at], its body behind it; *at moves past both. STATUS_END at the end;
 * STATUS_FORMAT: damaged or cut, *at stays. */
MUST_USE enum status segment_next(const uint8_t *bytes, size_t n, size_t *at,
                                  struct batch_frame *frame, const uint8_t **body);

#endif
