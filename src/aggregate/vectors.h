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

struct vector_entry {
	struct addr victim;
	uint64_t packets; /* 0: empty slot */
	uint64_t start_ns, last_ns, provisional_ns;
	uint32_t buckets[VECTOR_BUCKETS];
	uint32_t bucket_start_s; /* of the current bucket */
	uint32_t in_window;      /* sum of the buckets */
	uint64_t highest_minute, first_minute_packets;
	struct distinct destinations;
	uint32_t port_votes;
	uint16_t port;
	uint8_t proto, current;
};

struct vectors {
	struct vector_entry *slots;
	uint64_t mask, count;
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

static inline void vectors_prefetch(const struct vectors *v, uint64_t hash)
{
	const char *slot = (const char *)&v->slots[hash & v->mask];

	prefetch_write(slot);
	prefetch_write(slot + 64);
}

/* The same for the block that counts its targets. */
static inline void vectors_prefetch_block(const struct vectors *v, const struct answer *a)
{
	const struct vector_entry *e = &v->slots[a->hash & v->mask];

	if (e->packets)
		distinct_prefetch(&v->pool, e->destinations.words, e->destinations.state,
		                  a->target);
}

MUST_USE enum status vectors_add(struct vectors *v, const struct answer *a);

/* Close what is idle at time_ns; `all` at the end of the capture takes the running ones too, as
 * not closed. */
MUST_USE enum status vectors_close(struct vectors *v, uint64_t time_ns, bool all);

#endif
