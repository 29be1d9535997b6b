/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is sent next: a heap of pending packets in the order of time.
 *
 * Each sender has at most one fresh packet in the heap, plus its retransmissions that are
 * due. At most SCHEDULE_MAX packets wait; past that a retransmission is not sent, as with
 * hosts that run out of sockets. Owns its memory. One thread.
 */
#ifndef SYNTH_SCHEDULE_H
#define SYNTH_SCHEDULE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCHEDULE_MAX = 1 << 22 };

struct pending {
	uint64_t time_ns;
	uint32_t sender;
	uint32_t target, seq; /* these and the ports: of a retransmission only */
	uint16_t src_port, dst_port;
	uint8_t attempt; /* 0: a fresh packet, not aimed yet */
};

struct schedule {
	struct pending *heap;
	size_t count, room;
};

/* STATUS_LIMIT when full, STATUS_NO_MEMORY. */
MUST_USE enum status schedule_add(struct schedule *s, const struct pending *p);

/* The earliest (of those of one time, the lowest sender, then attempt); false when none is. */
bool schedule_next(struct schedule *s, struct pending *out);

void schedule_clear(struct schedule *s);

#endif
