/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One segment file of the spool: read, checked, thinned.
 *
 * A segment is a batch file. It is only appended to, or replaced as a whole by a thinner one
 * under the same name. Sizes are the caller's knowledge: what lies behind `bytes` is torn and
 * never read. Descriptors and buffers belong to the caller; one thread at a time.
 */
#ifndef SHIP_SPOOL_SEGMENT_H
#define SHIP_SPOOL_SEGMENT_H

#include "ship/batch.h"
#include "ship/spool.h"

struct spool_segment {
	uint64_t number, bytes;
	uint32_t frames, full; /* full: with rows */
};

enum { SEGMENT_NAME_MAX = 24 };

void segment_name(uint64_t number, char out[SEGMENT_NAME_MAX]);

/* The number in a segment's name; false for other names. */
bool segment_number(const char *name, uint64_t *number);

/* -1 with errno. */
int segment_open(int dir, uint64_t number, int flags);

/* All n bytes; else false with errno. */
bool segment_write(int fd, const uint8_t *bytes, size_t n);

/* The header of the frame at offset `at`. STATUS_END: there is none; STATUS_FORMAT: torn. */
MUST_USE enum status segment_header(int fd, uint64_t at, uint64_t bytes, struct batch_frame *out);

/* The whole frame of that header. STATUS_FORMAT: its body is damaged; out is filled yet. */
MUST_USE enum status segment_frame(int fd, uint64_t at, const struct batch_frame *header,
                                   struct spool_frame *out);

/* Count the frames of a segment whose number is set, and cut off what is torn. `bodies`: look
 * into the bodies too. Adds to losses. STATUS_FORMAT: nothing of it can be read. */
MUST_USE enum status segment_scan(int dir, struct spool_segment *s, bool bodies,
                                  struct spool_losses *losses);

/* The window that was counted as lost last: its next part is not another one. */
struct spool_window {
	uint64_t boot_id;
	uint32_t start_s;
	bool any;
};

/* Count a frame as lost. */
void frame_lost(const struct batch_frame *header, const uint8_t *body, struct spool_window *last,
                struct spool_losses *losses);

enum { FRAME_EMPTY_MAX = BATCH_FRAME_HEADER_BYTES + 1024 };

/* The same frame without rows, its health kept. Returns its length. */
size_t frame_empty(const struct batch_frame *header, const uint8_t *body,
                   uint8_t out[FRAME_EMPTY_MAX]);

struct segment_thinning {
	uint64_t from;  /* offset of the first frame that is not done with; those before go */
	bool keep_head; /* the frame there stays as it is */
	bool remove;    /* frames go whole; else they lose their rows */
};

/* Replace the segment by a thinner one, durably. Where no frame is left, its file is
 * removed and s->frames is 0. Adds to losses when it is done; on failure nothing has changed. */
MUST_USE enum status segment_thin(int dir, struct spool_segment *s,
                                  const struct segment_thinning *how, struct spool_frame *scratch,
                                  struct spool_window *last, struct spool_losses *losses);

#endif
