/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of a segment on their way into the store: rows and windows by day, and how far each
 * sensor came. Private to intake/; one thread; owns its memory, which stays for the next segment.
 */
#ifndef INTAKE_BLOCKS_H
#define INTAKE_BLOCKS_H

#include "base/status.h"
#include "ship/batch_decode.h"
#include "store/control.h"
#include "store/observations.h"

#include <stddef.h>
#include <stdint.h>

struct geo;

/* One day's rows and windows. */
struct day_block {
	uint32_t day; /* since 1970 */
	struct flow_block rows;
	struct window_row *windows;
	size_t window_count, window_room;
};

struct blocks {
	struct day_block *days;
	size_t day_count, day_room;        /* blocks past day_count are empty ones, kept */
	struct control_progress *progress; /* a (sensor, boot) once */
	size_t progress_count, progress_room;
	const struct geo *country, *network; /* borrowed; may be NULL */
};

void blocks_init(struct blocks *b, const struct geo *country, const struct geo *network);

/* A decoded frame. The frame must have passed admit_header(). */
MUST_USE enum status blocks_add(struct blocks *b, const struct batch_frame *frame,
                                const struct batch_decoder *decoded, uint32_t now_s);

void blocks_empty(struct blocks *b);

void blocks_clear(struct blocks *b);

#endif
