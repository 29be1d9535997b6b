/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backscatter by (victim, protocol): the raw material of attacks (30-detection section 4).
 *
 * For ICMP errors the victim, its protocol and port come from the quoted packet. A vector
 * that was idle for a whole interval of VECTOR_INTERVAL_S (aligned to 1970, as Moore et al.
 * 2001 and corsaro have it) is closed: the next packet begins a new one. The highest rate is taken
 * over 60 s windows that slide by 10 s from the vector's first second. Closed vectors of at least
 * VECTOR_PACKETS_MIN packets are kept. Where the capture goes back by more than an interval a
 * new vector begins as well. Past the byte budget new victims are counted, not followed, and
 * destinations beyond FLOW_EXACT no longer counted. One a shard; one thread; constant work a
 * packet.
 */
#ifndef AGGREGATE_VECTORS_H
#define AGGREGATE_VECTORS_H

#include "aggregate/distinct.h"
#include "aggregate/slab.h"
#include "base/hash.h"
#include "base/prefetch.h"
#include "base/status.h"
#include "model/packet.h"
#include "model/vector.h"

#include <stddef.h>
#include <stdint.h>

enum {
	VECTOR_BUCKETS = VECTOR_WINDOW_S / VECTOR_SLIDE_S,
	VECTOR_PACKETS_MIN = VECTOR_PROVISIONAL_PACKETS, /* fewer are no attack under any rule */
};

/* Two cache lines. */
struct vector_entry {
	struct addr victim;
	uint64_t packets; /* 0: a place that was given back */
	uint64_t start_ns, last_ns, provisional_ns;
	uint32_t buckets[VECTOR_BUCKETS];
	uint32_t bucket_start_s; /* of the current bucket */
	uint32_t in_window;      /* sum of the buckets */
	uint64_t highest_minute, first_minute_packets;
	struct distinct destinations;
	uint32_t port_votes;
	uint16_t port;
	uint8_t proto, current;
} __attribute__((aligned(64)));

struct vectors {
	struct slab entries;
	uint64_t *slots; /* hash tag << 32 | entry + 1; 0 empty */
	uint64_t mask;
	struct distinct_pool pool;
	struct vector *closed;
	size_t closed_count, closed_room;
	uint64_t interval; /* number of the interval we are in */
	size_t budget;
	uint64_t folded; /* packets of victims that found no room */
};

MUST_USE enum status vectors_init(struct vectors *v, size_t budget);
void vectors_clear(struct vectors *v);
size_t vectors_bytes(const struct vectors *v);

/* What a backscatter packet says about its victim. */
struct answer {
	struct addr victim;
	uint64_t hash; /* answer_hash() */
	uint64_t time_ns;
	uint32_t target; /* the packet's destination, hashed */
	uint16_t port;   /* the service that answers; 0: not known */
	uint8_t proto;
};

static inline uint64_t answer_hash(const struct addr *victim, uint8_t proto)
{
	uint64_t high, low;

	memcpy(&high, victim->b, 8);
	memcpy(&low, victim->b + 8, 8);
	return hash_u64(low ^ hash_u64(high, proto), 8);
}

/* The answer in a packet: for ICMP errors the quoted packet's destination is the victim. */
static inline struct answer answer_of(const struct packet *p, uint32_t target)
{
	bool has_ports = p->proto == PROTO_TCP || p->proto == PROTO_UDP;
	struct answer a = {
	        .victim = p->v6 ? p->src : addr_v4(p->src32),
	        .time_ns = p->time_ns,
	        .target = target,
	        .port = has_ports ? p->src_port : 0,
	        .proto = p->proto,
	};

	if (p->quoted) {
		a.victim = p->quoted_dst;
		a.port = p->quoted_dst_port;
		a.proto = p->quoted_proto;
	}
	a.hash = answer_hash(&a.victim, a.proto);
	return a;
}

/* The place of a hash in the index, or the empty one where it would go. Two victims can share a
 * hash's tag: the entry tells. */
static inline uint64_t vectors_next(const struct vectors *v, uint64_t at, uint64_t hash)
{
	at &= v->mask;
	while (v->slots[at] && (v->slots[at] ^ hash) >> 32)
		at = (at + 1) & v->mask;
	return at;
}

/* Start loading, one step after the other, what vectors_add() will need: the place in the index,
 * the entry, the block that counts its targets. */
static inline void vectors_prefetch(const struct vectors *v, uint64_t hash)
{
	prefetch_read(&v->slots[hash & v->mask]);
}

static inline struct vector_entry *vectors_likely(const struct vectors *v, uint64_t hash)
{
	uint64_t slot = v->slots[vectors_next(v, hash, hash)];

	return slot ? slab_at(&v->entries, (uint32_t)slot - 1) : NULL;
}

static inline void vectors_prefetch_entry(const struct vectors *v, const struct answer *a)
{
	const char *e = (const char *)vectors_likely(v, a->hash);

	if (e) {
		prefetch_write(e);
		prefetch_write(e + 64);
	}
}

static inline void vectors_prefetch_block(const struct vectors *v, const struct answer *a)
{
	const struct vector_entry *e = vectors_likely(v, a->hash);

	if (e)
		distinct_prefetch(&v->pool, e->destinations.words, e->destinations.state,
		                  a->target);
}

MUST_USE enum status vectors_add(struct vectors *v, const struct answer *a);

/* Close what is idle at time_ns; `all` at the end of the capture takes the running ones too, as
 * not closed. */
MUST_USE enum status vectors_close(struct vectors *v, uint64_t time_ns, bool all);

#endif
