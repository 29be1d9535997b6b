/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames that wait for the hub, on disk, in the order in which they were made.
 *
 *   spool/  lock                      held while a process has the spool open
 *           state                     how far the hub has acknowledged, what was lost
 *           0000000000000001.batch    segments: batch files (ship/batch.h), the lowest first
 *
 * A frame is kept once spool_append() returns: it is synced, and neither a kill nor a power
 * cut takes it. What such an end leaves half written is cut off at the next opening and counted.
 * Frames of earlier boots keep their boot id and number, and go out first. That a frame
 * was acknowledged is not synced: at worst it is sent again, and the hub knows it.
 *
 * The bound is on the bytes of all files. SPOOL_BYTES_DEFAULT holds 7 days of a /24: some 1,100
 * packets a minute (NICTER's yearly report counts 2.3 million a year and address), hardly fewer
 * rows, 24 bytes a row with sketches (docs/adr/0005): 253 MiB. At the bound the
 * oldest windows lose their rows first, a segment at a time; an empty frame with their honest
 * figures and BATCH_ROWS_LOST stays in their place. These may take half of the bound; past it
 * the oldest go entirely. The frame that is next to be sent is left alone, since the hub may have
 * it. Every loss is counted, in the spool's life, not this process's.
 *
 * Any thread; calls take turns. The struct owns its files and memory: one frame, twice where
 * segments are thinned.
 */
#ifndef SHIP_SPOOL_H
#define SHIP_SPOOL_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPOOL_BYTES_DEFAULT UINT64_C(268435456) /* 256 MiB */
#define SPOOL_BYTES_MIN     UINT64_C(1048576)

struct spool;

struct spool_losses {
	uint64_t windows; /* that lost rows or never came in */
	uint64_t rows;
	uint64_t packets;    /* in these rows */
	uint64_t refused;    /* frames that the hub refused for good */
	uint64_t torn_bytes; /* half-written ends and damage, cut off */
};

struct spool_figures {
	uint64_t frames, bytes; /* waiting */
	uint64_t disk_bytes, disk_max;
	uint32_t oldest_s; /* start of the oldest waiting window; 0: none */
	struct spool_losses losses;
};

/* A frame copied out of the spool; memory is reused, spool_frame_clear() at the end. */
struct spool_frame {
	uint8_t *bytes;
	size_t n, room;
	uint64_t boot_id, sequence;
	uint32_t start_s, rows;
};

/* Make or open the spool in folder `path`, which is made if need be. STATUS_CONFLICT: another
 * process has it. bytes_max 0: SPOOL_BYTES_DEFAULT; at least SPOOL_BYTES_MIN is used. */
MUST_USE enum status spool_open(struct spool **out, const char *path, uint64_t bytes_max,
                                struct trouble *t);

/* Keep a whole frame. STATUS_FULL: the disk is full, or the bound leaves no room; the frame is
 * counted as lost, and the next one may have more luck. STATUS_FORMAT: it is no frame. */
MUST_USE enum status spool_append(struct spool *s, const uint8_t *frame, size_t n,
                                  struct trouble *t);

/* Copy the oldest frame. STATUS_END: none waits. */
MUST_USE enum status spool_peek(struct spool *s, struct spool_frame *out, struct trouble *t);

enum spool_outcome { SPOOL_ACKNOWLEDGED, SPOOL_REFUSED };

/* The hub has answered for this frame: it leaves the spool. Nothing happens unless it is the
 * oldest. */
MUST_USE enum status spool_drop(struct spool *s, uint64_t boot_id, uint64_t sequence,
                                enum spool_outcome outcome, struct trouble *t);

/* Another bound, from now on. */
MUST_USE enum status spool_resize(struct spool *s, uint64_t bytes_max, struct trouble *t);

void spool_figures(struct spool *s, struct spool_figures *out);

void spool_frame_clear(struct spool_frame *f);
void spool_close(struct spool *s);

#endif
