/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker's view of an input as a stream of bytes, inside this room: hands out
 * contiguous bytes, copying only what straddles two blocks.
 *
 * Bytes that were handed out stay valid while no other block is asked for and nothing is
 * copied. A batch of records therefore may begin with one copied record and goes on within the
 * present block only; the next block waits for the next batch.
 */
#ifndef CAPTURE_STREAM_H
#define CAPTURE_STREAM_H

#include "capture/input.h"

struct stream {
	const uint8_t *at, *end; /* not yet consumed bytes of the present block */
	struct input *input;
	unsigned worker;
	uint64_t next_block;
	uint8_t *carry; /* bytes that straddle, copied; carry_size of them not yet consumed */
	size_t carry_size, carry_room;
	bool ended, no_memory;
};

static inline size_t stream_here(const struct stream *s)
{
	return (size_t)(s->end - s->at);
}

/* n bytes in one piece, not consumed; NULL when the stream ends before (or memory does). */
const uint8_t *stream_need(struct stream *s, size_t n);

/* Go past n bytes; false when the stream ends before. */
bool stream_skip(struct stream *s, uint64_t n);

/* True when nothing is left. */
bool stream_at_end(struct stream *s);

void stream_clear(struct stream *s);

#endif
