/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which addresses were asked for: a bitmap for each /24 (IPv6: /120) that got unsolicited
 * packets, from which detect/infer.h infers the monitored space where nobody named it.
 * At most blocks_max blocks; what does not fit is counted. One a shard; one thread.
 */
#ifndef AGGREGATE_SPACE_H
#define AGGREGATE_SPACE_H

#include "base/status.h"
#include "model/packet.h"
#include "model/space.h"

#include <stddef.h>
#include <stdint.h>

enum { SPACE_BLOCKS_MAX = 1 << 16 }; /* a /8; nothing needs more */

struct space {
	struct space_block *blocks; /* dense */
	uint32_t *slots;            /* block + 1; 0 empty */
	uint32_t mask, count, blocks_max;
	uint64_t folded; /* packets to blocks that found no room */
};

MUST_USE enum status space_init(struct space *s, uint32_t blocks_max);
void space_clear(struct space *s);
size_t space_bytes(const struct space *s);

/* Note one packet to a destination. */
MUST_USE enum status space_add(struct space *s, const struct addr *destination);

/* Add all of another shard's blocks. */
MUST_USE enum status space_merge(struct space *s, const struct space *other);

#endif
