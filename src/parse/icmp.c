/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/icmp.h"

#include "base/cursor.h"
#include "parse/ip.h"

enum {
	/* RFC 792 */
	UNREACHABLE = 3,
	SOURCE_QUENCH = 4,
	REDIRECT = 5,
	TIME_EXCEEDED = 11,
	PARAMETER_PROBLEM = 12,
	/* RFC 4443: 1 to 4 are the errors that exist */
	V6_UNREACHABLE = 1,
	V6_PARAMETER_PROBLEM = 4,
	V6_SHORTEST = 4, /* type, code, checksum */
};

static bool is_error(const struct packet *p)
{
	uint8_t type = p->icmp_type;

	if (p->proto == PROTO_ICMPV6)
		return type >= V6_UNREACHABLE && type <= V6_PARAMETER_PROBLEM;
	return type == UNREACHABLE || type == SOURCE_QUENCH || type == REDIRECT ||
	       type == TIME_EXCEEDED || type == PARAMETER_PROBLEM;
}

/* The port is there if the first four bytes of the quoted transport header are. */
static void quote_port(struct packet *p, const uint8_t *bytes, size_t n)
{
	if ((p->quoted_proto == PROTO_TCP || p->quoted_proto == PROTO_UDP) && n >= 4)
		p->quoted_dst_port = bytes_be16(bytes + 2);
}

static void quote_ipv4(struct packet *p, const uint8_t *ip, uint32_t n)
{
	uint32_t header = (ip[0] & 15u) * 4;

	if (n < IPV4_HEADER_BYTES || ip[0] >> 4 != 4 || header < IPV4_HEADER_BYTES)
		return;
	p->quoted = true;
	p->quoted_src = addr_v4(bytes_be32(ip + 12));
	p->quoted_dst = addr_v4(bytes_be32(ip + 16));
	p->quoted_proto = ip[9];
	if (header <= n && (bytes_be16(ip + 6) & 0x1fff) == 0)
		quote_port(p, ip + header, n - header);
}

static void quote_ipv6(struct packet *p, const uint8_t *ip, uint32_t n)
{
	struct extensions x;

	if (n < IPV6_HEADER_BYTES || ip[0] >> 4 != 6)
		return;
	extensions_walk(&x, ip[6], ip + IPV6_HEADER_BYTES, n - IPV6_HEADER_BYTES);
	p->quoted = true;
	memcpy(p->quoted_src.b, ip + 8, 16);
	memcpy(p->quoted_dst.b, ip + 24, 16);
	p->quoted_proto = x.proto;
	if (!x.broken && !x.fragment_tail)
		quote_port(p, x.bytes, x.captured);
}

void icmp_read(struct packet *p, const struct transport *t)
{
	uint32_t shortest = p->proto == PROTO_ICMPV6 ? V6_SHORTEST : ICMP_HEADER_BYTES;

	if (t->claimed < shortest || t->captured < 2)
		p->malformed = true;
	if (t->captured < 2)
		return;
	p->icmp_type = t->bytes[0];
	p->icmp_code = t->bytes[1];
	if (!is_error(p) || t->captured <= ICMP_HEADER_BYTES)
		return;
	if (p->proto == PROTO_ICMPV6)
		quote_ipv6(p, t->bytes + ICMP_HEADER_BYTES, t->captured - ICMP_HEADER_BYTES);
	else
		quote_ipv4(p, t->bytes + ICMP_HEADER_BYTES, t->captured - ICMP_HEADER_BYTES);
}
