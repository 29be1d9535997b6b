/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provisional frames that wait for the line: few, new, and never on disk.
 *
 * What does not go out within LIVE_AGE_MAX_MS is worth nothing any more, since the next second and
 * then the minute's own frame follow: the oldest go when there is no room. Owns copies of at
 * most LIVE_FRAMES_MAX frames and LIVE_BYTES_MAX bytes. The caller's lock; embedded.
 */
#ifndef SHIP_LIVE_QUEUE_H
#define SHIP_LIVE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LIVE_FRAMES_MAX = 8,
	LIVE_BYTES_MAX = 4 << 20,
	LIVE_AGE_MAX_MS = 5000,
};

struct live_frame {
	uint8_t *bytes;
	size_t n;
	uint64_t came_ms;
};

struct live_queue {
	struct live_frame frames[LIVE_FRAMES_MAX]; /* the oldest first */
	size_t count, bytes;
	uint64_t dropped;
};

/* Copy a frame in; the oldest make room for it. */
void live_queue_put(struct live_queue *q, const uint8_t *frame, size_t n, uint64_t now_ms);

/* The oldest that is new enough; the caller frees its bytes. */
bool live_queue_take(struct live_queue *q, uint64_t now_ms, struct live_frame *out);

/* Drop all. */
void live_queue_clear(struct live_queue *q);

#endif
