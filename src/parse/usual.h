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

static inline const uint8_t *usual_ip(const struct record *r)
{
	return r->bytes + ETHERNET_HEADER_BYTES;
}

static inline uint32_t usual_smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Ethernet, IPv4 without options, not a fragment, lengths that hold, a TCP header that is all
 * there with nothing behind it. Neighbouring fields are compared as one number. */
static inline bool usual_is_tcp(const struct record *r)
{
	const uint8_t *ip = usual_ip(r);
	uint32_t length, header;

	if (r->link != LINK_ETHERNET ||
	    r->captured < ETHERNET_HEADER_BYTES + USUAL_IPV4_BYTES + USUAL_TCP_BYTES)
		return false;
	/* EtherType, version, header length | may not be fragmented or not, protocol */
	if (bytes_be32(ip - 2) >> 8 != (ETHERTYPE_IPV4 << 8 | 0x45) ||
	    (bytes_be32(ip + 6) & 0xbfff00ff) != PROTO_TCP)
		return false;
	length = bytes_be16(ip + 2);
	header = (ip[USUAL_IPV4_BYTES + 12] >> 4) * 4u;
	return header >= USUAL_TCP_BYTES && length <= r->wire - ETHERNET_HEADER_BYTES &&
	       usual_smaller(r->captured - ETHERNET_HEADER_BYTES, length) ==
	               USUAL_IPV4_BYTES + header;
}

static inline uint32_t usual_src32(const struct record *r)
{
	return bytes_be32(usual_ip(r) + 12);
}

static inline uint32_t usual_dst32(const struct record *r)
{
	return bytes_be32(usual_ip(r) + 16);
}

static inline uint8_t usual_flags(const struct record *r)
{
	return usual_ip(r)[USUAL_IPV4_BYTES + 13];
}

/* The option bytes of what usual_is_tcp(). */
static inline const uint8_t *usual_options(const struct record *r, uint32_t *n)
{
	const uint8_t *tcp = usual_ip(r) + USUAL_IPV4_BYTES;

	*n = (tcp[12] >> 4) * 4u - USUAL_TCP_BYTES;
	return tcp + USUAL_TCP_BYTES;
}

/* A window for which some tool's rule asks for the option layout; see classify.h. */
static inline bool usual_asks_layout(uint16_t tcp_window)
{
	return tcp_window == 65535 || tcp_window <= 1024;
}

/*
 * Decode what usual_is_tcp(). Sets what TCP has, one by one: to zero the whole would cost more
 * than all the rest. The addresses are in src32 and dst32 alone. The options' hash is left to
 * whoever needs it (one packet in a row): tcp_signature_of() over usual_options(). The layout is
 * told apart where usual_asks_layout(), else it is OPTIONS_NONE or OPTIONS_OTHER.
 */
static inline void usual_tcp(const struct record *r, struct packet *p)
{
	const uint8_t *ip = usual_ip(r), *tcp = ip + USUAL_IPV4_BYTES;
	uint32_t option_bytes, ports = bytes_be32(tcp);
	const uint8_t *options = usual_options(r, &option_bytes);

	p->time_ns = r->time_ns;
	p->wire_len = r->wire;
	p->src32 = usual_src32(r);
	p->dst32 = usual_dst32(r);
	p->ip_len = bytes_be16(ip + 2);
	p->ip_id = bytes_be16(ip + 4);
	p->ttl = ip[8];
	p->proto = PROTO_TCP;
	p->v6 = p->malformed = p->quoted = false;
	p->icmp_type = p->icmp_code = 0;
	p->options_hash = 0;
	p->payload_len = 0;
	p->payload = NULL;
	p->src_port = (uint16_t)(ports >> 16);
	p->dst_port = (uint16_t)ports;
	p->seq = bytes_be32(tcp + 4);
	p->tcp_flags = tcp[13];
	p->tcp_window = bytes_be16(tcp + 14);
	p->reserved_bits = (tcp[12] & USUAL_TCP_RESERVED) != 0;
	p->tcp_options = option_bytes ? OPTIONS_OTHER : OPTIONS_NONE;
	if (option_bytes && usual_asks_layout(p->tcp_window))
		p->tcp_options = tcp_signature_of(options, option_bytes).layout;
}

#endif
