/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each source did over the whole capture, merged from closed rows.
 *
 * One table a shard; sources never cross shards. Counts of a source are exact but for
 * distinct destinations (see distinct.h). Its ports are kept as an exact set with packet
 * counts, as far as they take an eighth of the budget. Past the byte budget sources_fold() drops
 * the smallest half of the sources into counted remainders; a folded source that comes back counts
 * as a new one. One thread.
 */
#ifndef AGGREGATE_SOURCES_H
#define AGGREGATE_SOURCES_H

#include "aggregate/distinct.h"
#include "aggregate/slab.h"
#include "aggregate/tags.h"
#include "aggregate/window.h"
#include "base/status.h"
#include "model/analysis.h"

#include <stddef.h>
#include <stdint.h>

/* What is counted by kind, then by mark. */
enum { SOURCE_MARKS = KIND_COUNT, SOURCE_COUNTS = KIND_COUNT + MARK_COUNT };

/* Two cache lines, because every row of every window comes by, and most sources are small: counts
 * by kind and mark have their low byte here and the rest in a struct source_more. Times are in
 * microseconds, as those of rows are. */
struct source_entry {
	struct addr address;
	uint64_t packets : 48;
	uint64_t ip_id : 16;
	uint64_t bytes : 56;
	uint64_t vote : 8;
	uint64_t first_us : 56;
	uint64_t ttl_min : 8;
	uint64_t last_us : 56;
	uint64_t ttl_max : 8;
	struct distinct destinations;
	uint32_t seen_window;
	uint64_t fingerprint; /* options hash << 32 | TCP window << 16 | IP length, by majority */
	uint32_t syns;
	uint32_t unicorn, unicorn_key, seq;
	uint32_t port_count : 24; /* distinct ports; up to 2 inline, else a block */
	uint32_t seen : 7;        /* series classes counted in seen_window */
	uint32_t live : 1;        /* 0: a place that was given back */
	uint32_t more;            /* block of a struct source_more, or SLAB_NONE */
	union {
		struct source_port_count {
			uint32_t key;     /* port_key(); 0: empty */
			uint32_t packets; /* saturating */
		} ports[2];
		uint32_t port_block; /* number in its size class */
	};
	uint16_t signs;
	uint8_t low_counts[SOURCE_COUNTS]; /* read by source_count() */
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct source_entry) == 128, "two cache lines");

/* What few sources have. */
struct source_more {
	uint32_t high_counts[SOURCE_COUNTS]; /* in units of 256, saturating */
	uint32_t syn445;                     /* sum over rows of distinct targets on TCP 445 */
	uint32_t payload_port;
};

enum { PORT_CLASSES = 20 }; /* port tables of 4 << class places */

struct sources {
	struct slab entries, more;
	uint8_t *tags;     /* of the index's places */
	uint32_t *numbers; /* of their entries */
	uint64_t mask;
	uint32_t count;
	struct distinct_pool pool;
	struct slab ports[PORT_CLASSES];
	size_t budget;
	uint64_t folded_ports; /* rows of ports that a source had no room for */
	uint64_t folded_sources, folded_packets, folded_kinds[KIND_COUNT]; /* kinds: packets */
	uint8_t ever[FLOW_REGISTERS]; /* sketch of all sources ever seen, for when some are folded
	                               */
};

MUST_USE enum status sources_init(struct sources *s, size_t budget);
void sources_clear(struct sources *s);

/* Distinct sources ever seen: exact as long as none was folded, else by the sketch (3.3 %). */
double sources_ever(const struct sources *s);

/* Bytes in use; what folding gave back is used again before more is taken. */
size_t sources_bytes(const struct sources *s);

static inline uint64_t source_hash(const struct addr *a)
{
	uint64_t high, low;

	memcpy(&high, a->b, 8);
	memcpy(&low, a->b + 8, 8);
	return hash_u64(low ^ hash_u64(high, 5), 6);
}

/* Start loading what sources_find() will need. */
void sources_prefetch(const struct sources *s, uint64_t hash);
void sources_prefetch_entry(const struct sources *s, uint64_t hash);

void sources_prefetch_blocks(const struct sources *s, const struct source_entry *e,
                             const struct window *w, const struct row *row);

/* The entry of an address, made where it is new; NULL where memory is out. */
struct source_entry *sources_find(struct sources *s, const struct addr *a, uint64_t hash);

/* Merge a closed row; window_start_us is the window's start, microseconds. *new_port says whether
 * this (protocol, port, kind) is new for the source. */
MUST_USE enum status sources_merge(struct sources *s, struct source_entry *e,
                                   const struct window *w, const struct row *row,
                                   uint64_t window_start_us, bool *new_port);

/* Fold the smaller half; between windows only. */
MUST_USE enum status sources_fold(struct sources *s);
static inline bool sources_over_budget(const struct sources *s)
{
	return sources_bytes(s) > s->budget;
}

/* Entry by number, 0 <= i < sources_room(); NULL where that place is free. */
uint32_t sources_room(const struct sources *s);
struct source_entry *sources_at(const struct sources *s, uint32_t i);

/* Packets of a kind, or SOURCE_MARKS + a mark. */
uint64_t source_count(const struct sources *s, const struct source_entry *e, unsigned what);

/* Call for each port of a source. */
void sources_ports(const struct sources *s, const struct source_entry *e,
                   void (*each)(void *state, const struct source_port_count *port), void *state);

/* The fields that tell who shares a fingerprint: counts by kind, fingerprint, TTL, signs. */
void sources_fingerprint(const struct sources *s, const struct source_entry *e, struct source *out);

/* The plain facts about a source, for judging and printing. */
void sources_facts(const struct sources *s, const struct source_entry *e, struct source *out);

#endif
