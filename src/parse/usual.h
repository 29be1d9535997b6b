/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The usual packet, decoded inline: Ethernet, IPv4 without options, TCP without payload.
 *
 * Four fifths of what a telescope sees. In the header, so that a caller who inlines it keeps
 * the fields in registers and never writes most of them; everything that is not usual
 * takes parse_network() and parse_transport(), which give the same for these too. Pure.
 */
#ifndef PARSE_USUAL_H
#define PARSE_USUAL_H

#include "base/cursor.h"
#include "parse/link.h"
#include "parse/parse.h"
#include "parse/tcp_options.h"

#include <string.h>

enum { USUAL_IPV4_BYTES = 20, USUAL_TCP_BYTES = 20, USUAL_TCP_RESERVED = 0x0e };

/* The 16-byte form straight from the header. */
static inline struct addr usual_mapped(const uint8_t ipv4[4])
{
	struct addr a = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};

	memcpy(a.b + 12, ipv4, 4);
	return a;
}

static inline uint32_t usual_smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
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

/* Ethernet, IPv4 without options, not a fragment, lengths that hold: four fifths and more of
 * what a telescope sees. Everything else takes the long way, which is the one that
 * decides what is malformed. */
static inline bool parse_usual_ipv4(const struct record *r, struct packet *p, struct transport *t)
{
	const uint8_t *ip = r->bytes + ETHERNET_HEADER_BYTES;
	uint32_t length, here;

	if (r->link != LINK_ETHERNET || r->captured < ETHERNET_HEADER_BYTES + USUAL_IPV4_BYTES ||
	    bytes_be16(ip - 2) != ETHERTYPE_IPV4 || ip[0] != 0x45 ||
	    (bytes_be16(ip + 6) & ~0x4000) != 0)
		return false;
	length = bytes_be16(ip + 2);
	if (length < USUAL_IPV4_BYTES || length > r->wire - ETHERNET_HEADER_BYTES)
		return false;
	clear_behind_addresses(p);
	p->time_ns = r->time_ns;
	p->src = usual_mapped(ip + 12);
	p->dst = usual_mapped(ip + 16);
	p->wire_len = r->wire;
	p->src32 = bytes_be32(ip + 12);
	p->dst32 = bytes_be32(ip + 16);
	p->ip_len = (uint16_t)length;
	p->ip_id = bytes_be16(ip + 4);
	p->ttl = ip[8];
	p->proto = ip[9];
	here = r->captured - ETHERNET_HEADER_BYTES;
	*t = (struct transport){
	        .bytes = ip + USUAL_IPV4_BYTES,
	        .captured = usual_smaller(here, length) - USUAL_IPV4_BYTES,
	        .claimed = length - USUAL_IPV4_BYTES,
	};
	return true;
}

/* Behind parse_usual_ipv4(): a TCP header that is all there, with nothing behind it. False:
 * take parse_transport(). */
static inline bool parse_usual_tcp(struct packet *p, const struct transport *t)
{
	const uint8_t *b = t->bytes;
	struct tcp_signature signature;
	uint32_t header;

	if (p->proto != PROTO_TCP || t->captured < USUAL_TCP_BYTES)
		return false;
	header = (b[12] >> 4) * 4u;
	if (header < USUAL_TCP_BYTES || header != t->captured)
		return false;
	signature = tcp_signature_of(b + USUAL_TCP_BYTES, header - USUAL_TCP_BYTES);
	p->src_port = bytes_be16(b);
	p->dst_port = bytes_be16(b + 2);
	p->seq = bytes_be32(b + 4);
	p->tcp_flags = b[13];
	p->tcp_window = bytes_be16(b + 14);
	p->reserved_bits = (b[12] & USUAL_TCP_RESERVED) != 0;
	p->tcp_options = signature.layout;
	p->options_hash = signature.hash;
	return true;
}

#endif
