/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames for bench_hub_load: drawn and packed once, then handed in by many sensors under their own
 * numbers. Templates are read by all threads, a load_frame belongs to one. The caller frees.
 */
#ifndef BENCH_HUB_LOAD_H
#define BENCH_HUB_LOAD_H

#include "ship/batch.h"

enum { LOAD_TEMPLATES = 16 };

struct load_frames {
	struct load_template {
		uint8_t *data;
		size_t bytes;
	} templates[LOAD_TEMPLATES];
	size_t bytes_max;
	unsigned made;
	bool live;
};

/* `rows` a frame, 1 to BATCH_ROWS_MAX. live: provisional frames with one row at port 7. */
MUST_USE enum status load_frames_make(struct load_frames *f, unsigned rows, bool live);
void load_frames_clear(struct load_frames *f);

/* A frame on its way. */
struct load_frame {
	uint8_t *data;
	size_t bytes;
	uint32_t rows;
	uint64_t boot; /* of this run: sequences start anew */
};

MUST_USE enum status load_frame_init(struct load_frame *out, const struct load_frames *f);

/* One of the templates under a sensor's number, with the sequence `round`. */
void load_frame_pick(struct load_frame *out, const struct load_frames *f, unsigned sensor,
                     uint32_t round, uint32_t start_s);

#endif
