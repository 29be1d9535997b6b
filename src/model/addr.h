/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Internet addresses and prefixes.
 *
 * An address is 16 bytes in network order; IPv4 is mapped (::ffff:a.b.c.d,
 * RFC 4291 section 2.5.5.2), so one type serves both and sorts IPv4 together.
 * Values, no ownership; every function is pure.
 */
#ifndef MODEL_ADDR_H
#define MODEL_ADDR_H

#include "base/status.h"

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct addr {
	uint8_t b[16];
};

/* A prefix. `length` counts bits of the 16-byte form: an IPv4 /24 has length 120. */
struct prefix {
	struct addr base; /* bits past `length` are zero */
	uint8_t length;   /* 0 to 128 */
};

enum { ADDR_TEXT_MAX = 46, PREFIX_TEXT_MAX = 50 };

static inline struct addr addr_v4(uint32_t host_order)
{
	/* In two pieces: byte by byte it would go through memory, and wait for it. */
	uint64_t high = 0, low = htobe64(UINT64_C(0xffff00000000) | host_order);
	struct addr a;

	memcpy(a.b, &high, sizeof(high));
	memcpy(a.b + 8, &low, sizeof(low));
	return a;
}

static inline bool addr_is_v4(const struct addr *a)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

/* The last four bytes in host order: the IPv4 address where addr_is_v4(). */
static inline uint32_t addr_low32(const struct addr *a)
{
	return (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 | (uint32_t)a->b[14] << 8 |
	       a->b[15];
}

static inline int addr_compare(const struct addr *a, const struct addr *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

/* "192.0.2.1", "2001:db8::1" (RFC 5952). */
void addr_text(const struct addr *a, char out[ADDR_TEXT_MAX]);

/* Parse an IPv4 or IPv6 address; STATUS_FORMAT for anything else. */
MUST_USE enum status addr_parse(const char *text, struct addr *out);

/* "192.0.2.0/24". */
void prefix_text(const struct prefix *p, char out[PREFIX_TEXT_MAX]);

/* Parse "192.0.2.0/24", "2001:db8::/32" or a bare address (a /32 or /128). Host bits must be
 * zero; STATUS_FORMAT otherwise. */
MUST_USE enum status prefix_parse(const char *text, struct prefix *out);

/* The same, but host bits are cleared instead of refused (published lists have them). */
MUST_USE enum status prefix_parse_loose(const char *text, struct prefix *out);

/* The prefix of `length` bits (of the 16-byte form) around a. */
struct prefix prefix_of(const struct addr *a, unsigned length);

bool prefix_contains(const struct prefix *p, const struct addr *a);

/* How many addresses: 2^(128 - length), exact in a double. */
double prefix_size(const struct prefix *p);

/*
 * A set of prefixes with a fast membership test: the monitored space, a list.
 * Add all, then prefix_set_seal() once (sorts, drops what others cover), then ask
 * from any thread. Owns its memory.
 */
struct prefix_set {
	struct prefix *items;
	size_t count, room;
};

void prefix_set_clear(struct prefix_set *s);
MUST_USE enum status prefix_set_add(struct prefix_set *s, struct prefix p);
void prefix_set_seal(struct prefix_set *s);
bool prefix_set_contains(const struct prefix_set *s, const struct addr *a);

/* Addresses in the set after sealing; IPv4 and IPv6 apart (v6 space dwarfs v4). */
double prefix_set_size_v4(const struct prefix_set *s);
double prefix_set_size_v6(const struct prefix_set *s);

#endif
