/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"
#include "parse/icmp.h"
#include "parse/parse.h"
#include "parse/tcp_options.h"

enum {
	TCP_HEADER_BYTES = 20,
	TCP_TO_FLAGS = 14,   /* bytes up to and with the flags */
	TCP_RESERVED = 0x0e, /* of byte 12; bit 0 was NS and is AE (RFC 9768) */
	UDP_HEADER_BYTES = 8,
	PORTS_BYTES = 4,
};

static void set_payload(struct packet *p, const struct transport *t, uint32_t header, uint32_t end)
{
	uint32_t n = end > header ? end - header : 0;

	p->payload_len = (uint16_t)(n < UINT16_MAX ? n : UINT16_MAX);
	p->payload = p->payload_len ? t->bytes + header : NULL;
}

static void read_ports(struct packet *p, const struct transport *t)
{
	if (t->captured < PORTS_BYTES)
		return;
	p->src_port = bytes_be16(t->bytes);
	p->dst_port = bytes_be16(t->bytes + 2);
}

/* The fixed header is not all there. */
static void read_cut_tcp(struct packet *p, const struct transport *t)
{
	const uint8_t *b = t->bytes;

	read_ports(p, t);
	p->tcp_options = OPTIONS_OTHER;
	if (t->captured >= 8)
		p->seq = bytes_be32(b + 4);
	if (t->captured >= TCP_TO_FLAGS) {
		p->tcp_flags = b[13];
		p->reserved_bits |= (b[12] & TCP_RESERVED) != 0;
	}
	if (t->captured >= 16)
		p->tcp_window = bytes_be16(b + 14);
	if (t->claimed < TCP_HEADER_BYTES || t->captured < TCP_TO_FLAGS)
		p->malformed = true;
}

static void read_tcp(struct packet *p, const struct transport *t)
{
	const uint8_t *b = t->bytes;
	struct tcp_signature signature;
	uint32_t header;

	if (t->captured < TCP_HEADER_BYTES) {
		read_cut_tcp(p, t);
		return;
	}
	p->src_port = bytes_be16(b);
	p->dst_port = bytes_be16(b + 2);
	p->seq = bytes_be32(b + 4);
	p->tcp_flags = b[13];
	p->tcp_window = bytes_be16(b + 14);
	p->reserved_bits |= (b[12] & TCP_RESERVED) != 0;
	header = (b[12] >> 4) * 4u;
	if (header < TCP_HEADER_BYTES || header > t->captured) {
		/* Cut by the snapshot is honest; claimed by the header alone is not. */
		p->malformed |= header < TCP_HEADER_BYTES || header > t->claimed;
		p->tcp_options = OPTIONS_OTHER;
		return;
	}
	signature = tcp_signature_of(b + TCP_HEADER_BYTES, header - TCP_HEADER_BYTES);
	p->tcp_options = signature.layout;
	p->options_hash = signature.hash;
	set_payload(p, t, header, t->captured);
}

static void read_udp(struct packet *p, const struct transport *t)
{
	uint32_t length, end = t->captured;

	read_ports(p, t);
	if (t->claimed < UDP_HEADER_BYTES || t->captured < PORTS_BYTES)
		p->malformed = true;
	if (t->captured < 6)
		return;
	length = bytes_be16(t->bytes + 4);
	if (length == 0 && t->claimed > UINT16_MAX) /* RFC 2675 section 4 */
		length = t->claimed;
	if (length < UDP_HEADER_BYTES || (length > t->claimed && !t->more_fragments))
		p->malformed = true;
	else if (length < end)
		end = length;
	set_payload(p, t, UDP_HEADER_BYTES, end);
}

void parse_transport(struct packet *p, const struct transport *t)
{
	if (t->fragment_tail) {
		p->malformed = true;
		return;
	}
	switch (p->proto) {
	case PROTO_TCP:
		read_tcp(p, t);
		break;
	case PROTO_UDP:
		read_udp(p, t);
		break;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		icmp_read(p, t);
		set_payload(p, t, ICMP_HEADER_BYTES, t->captured);
		break;
	default:
		break;
	}
}
