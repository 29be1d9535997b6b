/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open window of one shard: a table of 64-byte rows, one cache line each.
 *
 * window_aim, window_seek and window_add for every packet, then the rows are walked and
 * window_reset makes the table ready for the next window. A row's key packs the source (an IPv4
 * address, or the number of an IPv6 address in this window's list), port, protocol class, kind
 * and marks into 64 bits. Rows are found by open addressing over one-byte tags, which stay near
 * in the cache, so that a search loads the one row that it is about; `used` lists the slots taken,
 * so that walking costs the rows and not the table. The table doubles as needed;
 * its owner bounds it by closing the window after so many packets. One thread at a time.
 */
#ifndef AGGREGATE_WINDOW_H
#define AGGREGATE_WINDOW_H

#include "aggregate/distinct.h"
#include "aggregate/tags.h"
#include "base/hash.h"
#include "base/prefetch.h"
#include "base/status.h"
#include "model/flow.h"
#include "model/packet.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	WINDOW_SECONDS = 60,
	WINDOW_ROWS_MIN = 1 << 9,
};

/* Protocol classes in the key, in the order of IANA numbers; OTHER keeps the number in `port`. */
enum proto_class { CLASS_ICMP, CLASS_TCP, CLASS_UDP, CLASS_ICMPV6, CLASS_OTHER };

/*
 * Key, from the top: source 32 | port 16 | used 1 | v6 1 | class 3 | kind 3 | marks 8.
 */
struct row {
	uint64_t key;
	uint64_t fingerprint; /* of the first packet: options hash << 32 | shape */
	uint32_t packets;
	uint32_t first_us, last_us;
	uint32_t peer_id; /* of the first packet */
	uint16_t signs, unicorn;
	uint32_t unicorn_key;
	uint32_t seq; /* of the last packet */
	uint8_t ttl_min, ttl_max, tcp_flags, unused;
	uint64_t distinct : 8; /* state of the set of destinations */
	uint64_t bytes : 56;
	uint32_t words[2];
};

_Static_assert(sizeof(struct row) == 64, "a row is one cache line");

static inline uint64_t row_key(uint32_t source, uint16_t port, bool v6, enum proto_class class,
                               enum packet_kind kind, uint8_t marks)
{
	return (uint64_t)source << 32 | (uint64_t)port << 16 | 1u << 15 | (unsigned)v6 << 14 |
	       (unsigned)class << 11 | (unsigned)kind << 8 | marks;
}

static inline uint32_t key_source(uint64_t key)
{
	return (uint32_t)(key >> 32);
}

static inline uint16_t key_port(uint64_t key)
{
	return (uint16_t)(key >> 16);
}

static inline bool key_is_v6(uint64_t key)
{
	return key >> 14 & 1;
}

static inline enum proto_class key_class(uint64_t key)
{
	return (enum proto_class)(key >> 11 & 7);
}

static inline enum packet_kind key_kind(uint64_t key)
{
	return (enum packet_kind)(key >> 8 & 7);
}

static inline uint8_t key_marks(uint64_t key)
{
	return (uint8_t)key;
}

/* The IANA number that the class stands for. */
static inline uint8_t key_proto(uint64_t key)
{
	static const uint8_t numbers[] = {PROTO_ICMP, PROTO_TCP, PROTO_UDP, PROTO_ICMPV6};

	return key_class(key) == CLASS_OTHER ? (uint8_t)key_port(key) : numbers[key_class(key)];
}

/* The row's signs with those that its TTLs show. */
static inline uint16_t row_signs(const struct row *row)
{
	unsigned varies = row->ttl_min != row->ttl_max ? SIGN_TTL_VARIES : 0;

	return (uint16_t)(row->signs | varies | (row->ttl_max > 200 ? SIGN_LONG_PATH : 0));
}

static inline enum proto_class proto_class(uint8_t proto)
{
	switch (proto) {
	case PROTO_ICMP:
		return CLASS_ICMP;
	case PROTO_TCP:
		return CLASS_TCP;
	case PROTO_UDP:
		return CLASS_UDP;
	case PROTO_ICMPV6:
		return CLASS_ICMPV6;
	default:
		return CLASS_OTHER;
	}
}

/*
 * What a packet adds to its row, boiled down so that a batch of them stays in the nearest
 * cache. `options` points into the capture's block: count the sample before the block goes.
 */
struct sample {
	uint64_t key;
	uint32_t slot;          /* window_aim(), window_seek() */
	uint32_t destination;   /* window_destination() */
	uint32_t offset_us;     /* from the window's start */
	uint32_t seq, constant; /* TCP sequence number; the unicorn constant */
	uint32_t peer_id;       /* the port that is not in the key << 16 | IP id */
	uint32_t shape;         /* TCP window << 16 | IP length */
	uint16_t signs;         /* classify_signs() */
	uint8_t ttl, tcp_flags;
	const uint8_t *options; /* TCP options not hashed yet; NULL: options_hash has it */
	uint32_t options_hash;
	uint8_t option_bytes;
	uint8_t tag;       /* window_aim() */
	uint8_t doublings; /* of the window at window_seek() */
};

struct window {
	struct row *rows;
	uint8_t *tags; /* of the slots */
	uint64_t mask; /* slots - 1 */
	uint32_t *used;
	uint32_t count;
	uint8_t doublings;
	uint32_t destination_key;
	struct distinct_pool pool;
	/* IPv6 sources of this window, by number */
	struct addr *v6;
	uint32_t *v6_slots; /* v6_room * 2 places: number + 1, 0 empty */
	uint32_t v6_count, v6_room;
};

/* destination_key: secret of the sensor, or a constant for files. */
MUST_USE enum status window_new(struct window **out, uint32_t destination_key);
void window_free(struct window *w);

/* The number of an IPv6 source in this window; UINT32_MAX where memory is out. */
uint32_t window_v6_number(struct window *w, const struct addr *a);

/* What a packet's source looks like in a key: IPv4 as it is, IPv6 by number. */
static inline struct addr window_source(const struct window *w, uint64_t key)
{
	return key_is_v6(key) ? w->v6[key_source(key)] : addr_v4(key_source(key));
}

static inline uint64_t window_hash(uint64_t key)
{
	return hash_u64(key, 0);
}

/* Set where the search for the sample's row begins, and start loading what it needs. */
static inline void window_aim(const struct window *w, struct sample *s)
{
	uint64_t hash = window_hash(s->key);

	s->slot = (uint32_t)hash;
	s->tag = tag_of(hash);
	prefetch_read(&w->tags[hash & w->mask]);
}

/* After window_aim(): set where the row is or would go, as far as tags tell, and start loading
 * it. */
static inline void window_seek(const struct window *w, struct sample *s)
{
	s->slot = (uint32_t)tags_next(w->tags, w->mask, s->slot & w->mask, s->tag);
	s->doublings = w->doublings;
	prefetch_write(&w->rows[s->slot]);
}

/* A packet's destination as it is counted: hashed, IPv4 one to one. */
static inline uint32_t window_destination(uint32_t destination_key, const struct packet *p)
{
	uint64_t halves[2];

	if (!p->v6)
		return hash_permute32(p->dst32, destination_key);
	memcpy(halves, p->dst.b, sizeof(halves));
	return (uint32_t)(hash_u64(hash_u64(halves[0], destination_key) ^ halves[1], 3) >> 32);
}

/* Start loading the block that counts this destination, where the row has one. The row itself
 * should have been asked for a while ago, since when the table may have doubled. */
static inline void window_prefetch_block(const struct window *w, const struct sample *s)
{
	const struct row *row = &w->rows[s->slot];
	/* One branch: that the row is new is as hard to foretell as its set. */
	unsigned state = -(unsigned)(w->tags[s->slot] != 0) & (unsigned)row->distinct;

	distinct_prefetch(&w->pool, row->words, (uint8_t)state, s->destination);
}

/* Count one packet into its row; after window_seek(). Returns false only where memory for a larger
 * table is out. */
bool window_add(struct window *w, struct sample *s);

/* Forget all rows, keep the memory. */
void window_reset(struct window *w);

size_t window_bytes(const struct window *w);

#endif
