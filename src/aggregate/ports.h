/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Totals by (protocol, port, kind), and their course over time.
 *
 * Fed with closed rows. A port's bins over time exist only once a second bin is touched.
 * Bounded: past the byte budget new ports are counted in `folded` instead, and ports that had
 * none get no bins: what they do after their first column then shows in no column. One a
 * shard; one thread.
 */
#ifndef AGGREGATE_PORTS_H
#define AGGREGATE_PORTS_H

#include "aggregate/slab.h"
#include "aggregate/timebins.h"
#include "base/hash.h"
#include "base/prefetch.h"
#include "base/status.h"
#include "model/analysis.h"

#include <stddef.h>
#include <stdint.h>

/* A port's key: the row key without its source, marks and the IPv4/IPv6 distinction. */
static inline uint32_t port_key(uint64_t row_key)
{
	return ((uint32_t)(row_key >> 16) & 0xffff) | ((uint32_t)(row_key >> 8) & 0x3f) << 16 |
	       1u << 22;
}

/* The parts of a port key: IANA protocol number, kind, port (0 for other protocols). */
void port_key_parts(uint32_t key, uint8_t *proto, uint8_t *kind, uint16_t *port);

/* Half a cache line. Packets of the column touched last are counted here and go to the bins when
 * another is touched, so that most rows need no bins. */
struct port_total {
	uint32_t key;  /* 0: empty */
	uint32_t bins; /* block of PORT_BINS counts, or SLAB_NONE: no second column yet */
	uint64_t sources : 56;
	uint64_t column : 8;
	uint64_t packets, in_column;
};

struct ports {
	struct port_total *slots;
	uint32_t mask, count;
	struct slab bins;
	struct timebins time; /* PORT_BINS columns */
	uint8_t column;       /* of the time last covered */
	size_t budget;
	uint64_t folded; /* rows of ports that found no room */
};

MUST_USE enum status ports_init(struct ports *p, size_t budget);
void ports_clear(struct ports *p);
size_t ports_bytes(const struct ports *p);

/* Make the columns reach the time, at which ports_add() counts from then on. */
void ports_cover(struct ports *p, uint32_t time_s);

static inline uint32_t ports_hash(uint32_t key)
{
	return (uint32_t)hash_u64(key, 4);
}

/* Start loading a port's place. */
static inline void ports_prefetch(const struct ports *p, uint32_t key)
{
	prefetch_write(&p->slots[ports_hash(key) & p->mask]);
}

/* Add packets; new_source says that this source was not counted for it. */
MUST_USE enum status ports_add(struct ports *p, uint32_t key, uint64_t packets, bool new_source);

/* Take packets of one source out again (it turned out to be inside). */
void ports_remove(struct ports *p, uint32_t key, uint64_t packets);

/* Packets in a column. */
uint64_t ports_bin(const struct ports *p, const struct port_total *port, unsigned column);

#endif
