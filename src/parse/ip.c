/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/ip.h"

#include "base/cursor.h"
#include "parse/link.h"
#include "parse/usual.h"

#include <stddef.h>

enum {
	FRAGMENT_OFFSET = 0x1fff,
	FRAGMENT_MORE = 0x2000,
	FRAGMENT_RESERVED = 0x8000,

	NEXT_HOP_BY_HOP = 0,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_AUTHENTICATION = 51,
	NEXT_DESTINATION = 60,

	OPTION_PAD1 = 0,
	OPTION_JUMBO = 0xc2,
};

/* The jumbo payload option among hop-by-hop options (RFC 2675 section 2). */
static uint32_t jumbo_option(const uint8_t *options, size_t n)
{
	struct cursor c = cursor_over(options, n);

	while (cursor_left(&c) > 0 && !c.failed) {
		uint8_t kind = cursor_u8(&c), length;

		if (kind == OPTION_PAD1)
			continue;
		length = cursor_u8(&c);
		if (kind == OPTION_JUMBO && length == 4)
			return cursor_be32(&c);
		cursor_skip(&c, length);
	}
	return 0;
}

/* One extension header off the cursor; false where the walk is over. */
static bool extension_step(struct extensions *x, struct cursor *c)
{
	uint8_t kind = x->proto, next, length;
	const uint8_t *rest;
	size_t bytes;

	if (kind != NEXT_HOP_BY_HOP && kind != NEXT_ROUTING && kind != NEXT_FRAGMENT &&
	    kind != NEXT_AUTHENTICATION && kind != NEXT_DESTINATION)
		return false;
	next = cursor_u8(c);
	length = cursor_u8(c);
	bytes = kind == NEXT_FRAGMENT         ? 8
	        : kind == NEXT_AUTHENTICATION ? (length + 2u) * 4
	                                      : (length + 1u) * 8;
	rest = cursor_take(c, bytes - 2);
	if (!rest)
		return false;
	x->proto = next;
	if (kind == NEXT_HOP_BY_HOP && x->jumbo == 0)
		x->jumbo = jumbo_option(rest, bytes - 2);
	if (kind != NEXT_FRAGMENT)
		return true;
	x->more_fragments = rest[1] & 1;
	x->fragment_tail = (bytes_be16(rest) & 0xfff8) != 0;
	return !x->fragment_tail;
}

void extensions_walk(struct extensions *x, uint8_t next, const uint8_t *bytes, uint32_t captured)
{
	struct cursor c = cursor_over(bytes, captured);
	int steps = 0;

	*x = (struct extensions){.proto = next};
	while (extension_step(x, &c) && ++steps < EXTENSION_HEADERS_MAX)
		;
	x->broken = c.failed || steps == EXTENSION_HEADERS_MAX;
	x->bytes = c.at;
	x->captured = (uint32_t)cursor_left(&c);
	x->length = captured - x->captured;
}

/* The 16-byte form straight from the header. */
static inline struct addr mapped(const uint8_t ipv4[4])
{
	struct addr a = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};

	memcpy(a.b + 12, ipv4, 4);
	return a;
}

static void read_ipv4(const struct link_payload *l, struct packet *p, struct transport *t)
{
	const uint8_t *ip = l->bytes;
	uint32_t header = (ip[0] & 15u) * 4, fragment = bytes_be16(ip + 6);

	p->src32 = bytes_be32(ip + 12);
	p->dst32 = bytes_be32(ip + 16);
	p->src = mapped(ip + 12);
	p->dst = mapped(ip + 16);
	p->ip_len = bytes_be16(ip + 2);
	p->ip_id = bytes_be16(ip + 4);
	p->ttl = ip[8];
	p->proto = ip[9];
	p->reserved_bits = fragment & FRAGMENT_RESERVED;
	t->fragment_tail = (fragment & FRAGMENT_OFFSET) != 0;
	t->more_fragments = (fragment & FRAGMENT_MORE) != 0;
	if (header < IPV4_HEADER_BYTES || header > p->ip_len || header > l->captured) {
		p->malformed = true;
		return;
	}
	p->malformed = p->ip_len > l->wire;
	t->bytes = ip + header;
	t->claimed = p->ip_len - header;
	t->captured = usual_smaller(l->captured - header, t->claimed);
}

static void read_ipv6(const struct link_payload *l, struct packet *p, struct transport *t)
{
	const uint8_t *ip = l->bytes;
	uint32_t payload = bytes_be16(ip + 4), behind = l->captured - IPV6_HEADER_BYTES;
	bool jumbo_possible = payload == 0 && ip[6] == NEXT_HOP_BY_HOP;
	struct extensions x;

	p->v6 = true;
	memcpy(p->src.b, ip + 8, 16);
	memcpy(p->dst.b, ip + 24, 16);
	p->ttl = ip[7];
	extensions_walk(&x, ip[6], ip + IPV6_HEADER_BYTES,
	                jumbo_possible ? behind : usual_smaller(behind, payload));
	if (jumbo_possible)
		payload = x.jumbo;
	p->proto = x.proto;
	p->ip_len = (uint16_t)usual_smaller(payload, UINT16_MAX - IPV6_HEADER_BYTES) +
	            IPV6_HEADER_BYTES;
	p->malformed = x.broken || payload > l->wire - IPV6_HEADER_BYTES;
	t->fragment_tail = x.fragment_tail;
	t->more_fragments = x.more_fragments;
	if (x.broken || x.length > payload) {
		p->malformed = true;
		return;
	}
	t->bytes = x.bytes;
	t->claimed = payload - x.length;
	t->captured = usual_smaller(x.captured, t->claimed);
}

/* Everything but the commonest: any link, options, fragments, IPv6. */
static __attribute__((noinline)) bool parse_network_any(const struct record *record,
                                                        struct packet *p, struct transport *t,
                                                        enum skip_reason *skip)
{
	struct link_payload l;
	unsigned version;

	memset(p, 0, sizeof(*p));
	memset(t, 0, sizeof(*t));
	p->time_ns = record->time_ns;
	p->wire_len = record->wire;
	if (!link_payload(record, &l, skip))
		return false;
	*skip = SKIP_SHORT;
	if (l.captured == 0)
		return false;
	version = l.bytes[0] >> 4;
	if ((version != 4 && version != 6) ||
	    (l.family != FAMILY_BY_VERSION && l.family != version)) {
		*skip = SKIP_NOT_IP;
		return false;
	}
	if (l.captured < (version == 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES))
		return false;
	if (version == 4)
		read_ipv4(&l, p, t);
	else
		read_ipv6(&l, p, t);
	return true;
}

/* All behind the addresses, in pieces that compilers turn into plain stores: for the whole they
 * call memset or use a string instruction, which costs as much as the rest of the decoding. */
static inline void clear_behind_addresses(struct packet *p)
{
	enum { AT = offsetof(struct packet, src_port), SIZE = sizeof(*p) - AT };
	uint8_t *at = (uint8_t *)p + AT;

	_Static_assert(SIZE > 64 && SIZE <= 128, "two pieces");
	memset(at, 0, 64);
	memset(at + 64, 0, SIZE - 64);
}

/* Ethernet, IPv4 without options, not a fragment, lengths that hold. */
static inline bool is_plain_ipv4(const struct record *r)
{
	const uint8_t *ip = usual_ip(r);
	uint32_t length;

	if (r->link != LINK_ETHERNET || r->captured < ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES ||
	    bytes_be16(ip - 2) != ETHERTYPE_IPV4 || ip[0] != 0x45 ||
	    (bytes_be16(ip + 6) & ~0x4000) != 0)
		return false;
	length = bytes_be16(ip + 2);
	return length >= IPV4_HEADER_BYTES && length <= r->wire - ETHERNET_HEADER_BYTES;
}

static inline void plain_ipv4(const struct record *r, struct packet *p, struct transport *t)
{
	const uint8_t *ip = usual_ip(r);
	uint32_t length = bytes_be16(ip + 2), here = r->captured - ETHERNET_HEADER_BYTES;

	clear_behind_addresses(p);
	p->time_ns = r->time_ns;
	p->src = mapped(ip + 12);
	p->dst = mapped(ip + 16);
	p->wire_len = r->wire;
	p->src32 = bytes_be32(ip + 12);
	p->dst32 = bytes_be32(ip + 16);
	p->ip_len = (uint16_t)length;
	p->ip_id = bytes_be16(ip + 4);
	p->ttl = ip[8];
	p->proto = ip[9];
	*t = (struct transport){
	        .bytes = ip + IPV4_HEADER_BYTES,
	        .captured = usual_smaller(here, length) - IPV4_HEADER_BYTES,
	        .claimed = length - IPV4_HEADER_BYTES,
	};
}

bool parse_network(const struct record *record, struct packet *p, struct transport *t,
                   enum skip_reason *skip)
{
	if (!is_plain_ipv4(record))
		return parse_network_any(record, p, t, skip);
	plain_ipv4(record, p, t);
	return true;
}
