/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows of rows become frames of the batch format (ship/batch.h).
 *
 * A flow_sink that hands each finished frame to `emit`: a file here, the spool in a
 * sensor. Every window gives at least one frame, rows or not: an empty window says that
 * somebody watched. Rows out of order cost bytes, not correctness. About 16 MiB of
 * address space, touched as far as the largest frame needs. One thread; owns its memory.
 */
#ifndef SHIP_BATCH_ENCODE_H
#define SHIP_BATCH_ENCODE_H

#include "ship/batch.h"

struct batch_encode_options {
	/* A whole frame; the bytes are valid during the call. */
	enum status (*emit)(void *state, const void *frame, size_t n);
	void *state;
	uint64_t boot_id, sequence; /* of the first frame; each next one has one more */
	uint32_t rows_max;          /* in a frame; 0: BATCH_ROWS_MAX */
	int level;                  /* zstd's, -7 to 19; 0: BATCH_LEVEL */
	bool provisional;           /* all frames are, and have sequence 0 */
};

enum { BATCH_LEVEL = 1 }; /* measured: docs/adr/0005 */

struct batch_encoder;

/* STATUS_NO_MEMORY only. */
MUST_USE enum status batch_encoder_new(struct batch_encoder **out,
                                       const struct batch_encode_options *options,
                                       struct flow_sink *sink);

void batch_encoder_free(struct batch_encoder *e);

#endif
