/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which addresses were asked for: a bitmap for each /24 (IPv6: /120) that got unsolicited
 * packets, from which detect/infer.h infers the monitored space where nobody named it.
 * At most blocks_max blocks; what does not fit is counted. One a shard; one thread.
 */
#ifndef AGGREGATE_SPACE_H
#define AGGREGATE_SPACE_H

#include "base/hash.h"
#include "base/prefetch.h"
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

/*
 * The same for IPv4, in steps for who has many at hand and lets loads overlap: space_prefetch,
 * space_prefetch_block, space_add_v4; the first two may be left out.
 */
MUST_USE enum status space_add_v4(struct space *s, uint32_t destination);

/* A base address as two numbers, so that IPv4 never goes through memory byte by byte. */
struct space_base {
	uint64_t high, low;
};

static inline struct space_base space_base_v4(uint32_t destination)
{
	return (struct space_base){0, UINT64_C(0xffff00000000) | (destination & 0xffffff00)};
}

static inline uint32_t space_place(const struct space *s, struct space_base base)
{
	return (uint32_t)hash_u64(base.low ^ hash_u64(base.high, 9), 10) & s->mask;
}

static inline void space_prefetch(const struct space *s, uint32_t destination)
{
	prefetch_read(&s->slots[space_place(s, space_base_v4(destination))]);
}

static inline void space_prefetch_block(const struct space *s, uint32_t destination)
{
	uint32_t slot = s->slots[space_place(s, space_base_v4(destination))];

	if (slot) {
		prefetch_write(&s->blocks[slot - 1]);
		prefetch_write((const char *)&s->blocks[slot] - 1); /* it can lie in two lines */
	}
}

/* Add all of another shard's blocks. */
MUST_USE enum status space_merge(struct space *s, const struct space *other);

#endif
