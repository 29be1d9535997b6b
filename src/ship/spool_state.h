/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spool's state file: the last frame that the hub answered for, and the losses.
 *
 * Two slots are written in turn, each under a checksum, so that a torn write leaves the one
 * before. The file has its full size from the start: writing it needs no room on a full disk.
 * The caller owns the descriptor; one thread at a time.
 */
#ifndef SHIP_SPOOL_STATE_H
#define SHIP_SPOOL_STATE_H

#include "ship/spool.h"

struct spool_state {
	uint64_t generation; /* of this slot */
	uint64_t segment;    /* with the frame; lower ones are done */
	uint64_t boot_id, sequence;
	bool any; /* some frame was answered for in this segment */
	struct spool_losses losses;
};

/* Open or make the file in folder `dir`; a file that cannot be read counts as new. */
MUST_USE enum status spool_state_open(int dir, int *fd, struct spool_state *out);

/* Write the next slot; not synced. */
MUST_USE enum status spool_state_put(int fd, struct spool_state *state);

#endif
