/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one packet is and which tools' rules it matches, from the packet alone.
 *
 * Rules and sources: 30-detection sections 1 and 2; names in model/kind.def, tool.def.
 * Pure, in the header because it runs once for each packet.
 */
#ifndef AGGREGATE_CLASSIFY_H
#define AGGREGATE_CLASSIFY_H

#include "model/kind.h"
#include "model/packet.h"

/* Always: a packet that stays in registers must not be handed to a function. */
#define CLASSIFY_INLINE inline __attribute__((always_inline))

/* The worm whose payload this is, by protocol and port, as MARK_PAYLOAD; false: none. */
bool classify_payload(const struct packet *p);

static CLASSIFY_INLINE enum packet_kind classify_tcp(uint8_t flags)
{
	enum { SIX = TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG };

	if (flags & TCP_RST)
		return KIND_BACKSCATTER;
	if ((flags & (TCP_SYN | TCP_FIN)) == (TCP_SYN | TCP_FIN))
		return KIND_STEALTH;
	if (flags & TCP_SYN)
		return flags & TCP_ACK ? KIND_BACKSCATTER : KIND_SCAN;
	if (flags & TCP_ACK)
		return (flags & SIX) == SIX ? KIND_STEALTH : KIND_OTHER;
	return KIND_STEALTH; /* NULL, FIN, XMAS: no connection sends these without ACK */
}

/* UDP services that answer floods with forged sources: 53, 123, 137, 161. */
static CLASSIFY_INLINE enum packet_kind classify_udp(uint16_t src_port)
{
	switch (src_port) {
	case 53:
	case 123:
	case 137:
	case 161:
		return KIND_BACKSCATTER;
	default:
		return KIND_SCAN;
	}
}

static CLASSIFY_INLINE enum packet_kind classify_icmp(uint8_t type)
{
	/* answers and errors: 0, 3, 4, 5, 11, 12, 14, 16, 18; requests: 8, 13, 15, 17 */
	enum {
		ANSWERS = 1 << 0 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 11 | 1 << 12 | 1 << 14 |
		          1 << 16 | 1 << 18
	};
	enum { REQUESTS = 1 << 8 | 1 << 13 | 1 << 15 | 1 << 17 };

	if (type > 18)
		return KIND_OTHER;
	if (ANSWERS >> type & 1)
		return KIND_BACKSCATTER;
	return REQUESTS >> type & 1 ? KIND_SCAN : KIND_OTHER;
}

/* ICMPv6 (RFC 4443): errors 1 to 4, echo request 128, echo reply 129. */
static CLASSIFY_INLINE enum packet_kind classify_icmpv6(uint8_t type)
{
	if ((type >= 1 && type <= 4) || type == 129)
		return KIND_BACKSCATTER;
	return type == 128 ? KIND_SCAN : KIND_OTHER;
}

static CLASSIFY_INLINE enum packet_kind classify_kind(const struct packet *p)
{
	if (p->malformed)
		return KIND_MALFORMED;
	switch (p->proto) {
	case PROTO_TCP:
		return classify_tcp(p->tcp_flags);
	case PROTO_UDP:
		return classify_udp(p->src_port);
	case PROTO_ICMP:
		return classify_icmp(p->icmp_type);
	case PROTO_ICMPV6:
		return classify_icmpv6(p->icmp_type);
	default:
		return KIND_OTHER;
	}
}

/* Rules on the IP id and on addresses need IPv4. */
static CLASSIFY_INLINE unsigned classify_v4_marks(const struct packet *p)
{
	uint32_t masscan = (p->dst32 ^ p->dst_port ^ p->seq) & 0xffff;
	uint16_t ip_id = p->ip_id, tcp_window = p->tcp_window;
	unsigned marks = 0;

	marks |= (unsigned)((ip_id == 54321) & (tcp_window == 65535)) << MARK_ZMAP;
	marks |= (unsigned)(ip_id == masscan) << MARK_MASSCAN;
	marks |= (unsigned)(p->seq == p->dst32) << MARK_MIRAI;
	return marks;
}

/* nmap's SYN scan and the windows of its OS probe (nmap's nmap-os-db documentation). */
static CLASSIFY_INLINE bool classify_nmap(uint16_t tcp_window, enum tcp_options options)
{
	enum { PROBES = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 16 };

	if (tcp_window > 1024)
		return false;
	if (tcp_window == 1024)
		return options == OPTIONS_MSS_1460;
	if (options != OPTIONS_OTHER)
		return false;
	return tcp_window < 32 ? (unsigned)PROBES >> tcp_window & 1
	                       : tcp_window == 63 || tcp_window == 512;
}

/* Marks of a TCP SYN scan. Fields go into variables of their own first: else gcc compares
 * neighbours in one piece, for which they go through memory and wait for their stores. */
static CLASSIFY_INLINE uint8_t classify_syn_marks(const struct packet *p)
{
	uint16_t ip_id = p->ip_id, tcp_window = p->tcp_window;
	enum tcp_options options = (enum tcp_options)p->tcp_options;
	uint32_t seq = p->seq;
	unsigned marks = p->v6 ? 0 : classify_v4_marks(p);

	marks |= (unsigned)((tcp_window == 65535) & (options == OPTIONS_WINDOWS)) << MARK_ZMAP_LIKE;
	marks |= (unsigned)((tcp_window == 14600) & (!(seq & 0xffff) | !(seq >> 16)))
	         << MARK_HAJIME;
	marks |= (unsigned)classify_nmap(tcp_window, options) << MARK_NMAP;
	marks |= (unsigned)((ip_id == 54321) | (p->ttl > 200) | (options == OPTIONS_NONE))
	         << MARK_IRREGULAR;
	return (uint8_t)marks;
}

static CLASSIFY_INLINE uint8_t classify_marks(const struct packet *p, enum packet_kind kind)
{
	if (kind == KIND_SCAN && p->proto == PROTO_TCP)
		return classify_syn_marks(p);
	if (kind == KIND_STEALTH) /* nmap's NULL, FIN and XMAS scans */
		return p->tcp_window == 1024 ? MARK_BIT(NMAP) : 0;
	if (p->payload_len && (p->proto == PROTO_UDP || p->proto == PROTO_TCP)) {
		struct packet copy = *p; /* keeps *p in registers where it is there */

		return classify_payload(&copy) ? MARK_BIT(PAYLOAD) : 0;
	}
	return 0;
}

/* Hints of forgery that differ from packet to packet. */
static CLASSIFY_INLINE uint16_t classify_signs(const struct packet *p)
{
	bool has_ports = p->proto == PROTO_TCP || p->proto == PROTO_UDP;
	unsigned signs = 0;

	signs |= p->reserved_bits ? SIGN_RESERVED_BITS : 0;
	signs |= has_ports && !p->malformed && (!p->src_port || !p->dst_port) ? SIGN_PORT_ZERO : 0;
	if (!p->v6) {
		signs |= p->src32 == p->dst32 ? SIGN_SELF : 0;
		signs |= p->dst32 & 0x00800080u ? SIGN_NOT_CONFICKER : 0;
	}
	return (uint16_t)signs;
}

/* Hints that lie in an IPv4 source alone: bogon space, .0 and .255. */
uint16_t classify_source_signs(uint32_t src32);

#endif
