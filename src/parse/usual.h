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

/* Ethernet, IPv4 without options, not a fragment, lengths that hold. */
static inline bool usual_is_ipv4(const struct record *r)
{
	const uint8_t *ip = r->bytes + ETHERNET_HEADER_BYTES;
	uint32_t length;

	if (r->link != LINK_ETHERNET || r->captured < ETHERNET_HEADER_BYTES + USUAL_IPV4_BYTES ||
	    bytes_be16(ip - 2) != ETHERTYPE_IPV4 || ip[0] != 0x45 ||
	    (bytes_be16(ip + 6) & ~0x4000) != 0)
		return false;
	length = bytes_be16(ip + 2);
	return length >= USUAL_IPV4_BYTES && length <= r->wire - ETHERNET_HEADER_BYTES;
}

/* Step one for a record that usual_is_ipv4(). Sets what TCP has, one by one: to zero the whole
 * would cost more than all the rest. */
static inline void usual_ipv4(const struct record *r, struct packet *p, struct transport *t)
{
	const uint8_t *ip = r->bytes + ETHERNET_HEADER_BYTES;
	uint32_t length = bytes_be16(ip + 2), here = r->captured - ETHERNET_HEADER_BYTES;

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
	p->v6 = p->malformed = p->quoted = false;
	p->icmp_type = p->icmp_code = 0;
	p->options_hash = 0;
	p->payload_len = 0;
	p->payload = NULL;
	*t = (struct transport){
	        .bytes = ip + USUAL_IPV4_BYTES,
	        .captured = usual_smaller(here, length) - USUAL_IPV4_BYTES,
	        .claimed = length - USUAL_IPV4_BYTES,
	};
}

/* Whether a TCP header is all there behind usual_ipv4(), with nothing behind it. */
static inline bool usual_is_tcp(const struct packet *p, const struct transport *t)
{
	return p->proto == PROTO_TCP && t->captured >= USUAL_TCP_BYTES &&
	       (t->bytes[12] >> 4) * 4u == t->captured;
}

/* A window for which some tool's rule asks for the option layout; see classify.h. */
static inline bool usual_asks_layout(uint16_t tcp_window)
{
	return tcp_window == 65535 || tcp_window <= 1024;
}

/*
 * Step two for what usual_is_tcp(). The options' hash is left to whoever needs it (one packet
 * in a row): tcp_signature_of() over the t->captured - USUAL_TCP_BYTES bytes behind the header. The
 * layout is told apart where usual_asks_layout(), else it is OPTIONS_NONE or OPTIONS_OTHER.
 */
static inline void usual_tcp(struct packet *p, const struct transport *t)
{
	const uint8_t *b = t->bytes;
	uint32_t options = t->captured - USUAL_TCP_BYTES;

	p->src_port = bytes_be16(b);
	p->dst_port = bytes_be16(b + 2);
	p->seq = bytes_be32(b + 4);
	p->tcp_flags = b[13];
	p->tcp_window = bytes_be16(b + 14);
	p->reserved_bits = (b[12] & USUAL_TCP_RESERVED) != 0;
	p->tcp_options = options ? OPTIONS_OTHER : OPTIONS_NONE;
	if (options && usual_asks_layout(p->tcp_window))
		p->tcp_options = tcp_signature_of(b + USUAL_TCP_BYTES, options).layout;
}

#endif
