/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/frame.h"

#include "model/packet.h"

#include <assert.h>
#include <string.h>

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* Sum of 16-bit words; an odd last byte is padded with zero (RFC 1071). */
static uint32_t sum_words(const uint8_t *bytes, size_t n, uint32_t sum)
{
	for (; n > 1; bytes += 2, n -= 2)
		sum += (uint32_t)bytes[0] << 8 | bytes[1];
	if (n)
		sum += (uint32_t)bytes[0] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

/* The checksum of n transport bytes with the pseudo header of the family. */
static uint16_t transport_checksum(const struct ip_fields *ip, uint8_t proto, const uint8_t *bytes,
                                   size_t n)
{
	size_t skip = addr_is_v4(&ip->src) ? 12 : 0;
	uint32_t sum = (uint32_t)n + proto;

	if (proto == PROTO_ICMP)
		return fold(sum_words(bytes, n, 0));
	sum = sum_words(ip->src.b + skip, 16 - skip, sum);
	sum = sum_words(ip->dst.b + skip, 16 - skip, sum);
	return fold(sum_words(bytes, n, sum));
}

static uint8_t *put_v4(uint8_t *at, const struct ip_fields *ip, uint8_t proto, size_t n)
{
	at[0] = 0x45;
	at[1] = 0;
	put16(at + 2, (uint32_t)n + 20);
	put16(at + 4, ip->id);
	put16(at + 6, ip->dont_fragment ? 0x4000 : 0);
	at[8] = ip->ttl;
	at[9] = proto;
	put16(at + 10, 0);
	memcpy(at + 12, ip->src.b + 12, 4);
	memcpy(at + 16, ip->dst.b + 12, 4);
	put16(at + 10, fold(sum_words(at, 20, 0)));
	return at + 20;
}

static uint8_t *put_v6(uint8_t *at, const struct ip_fields *ip, uint8_t proto, size_t n)
{
	put32(at, 0x60000000);
	put16(at + 4, (uint32_t)n);
	at[6] = proto;
	at[7] = ip->ttl;
	memcpy(at + 8, ip->src.b, 16);
	memcpy(at + 24, ip->dst.b, 16);
	return at + 40;
}

/* Link and network headers before n transport bytes; where these go. */
static uint8_t *begin(struct frame *f, const struct ip_fields *ip, uint8_t proto, size_t n)
{
	/* Locally administered addresses: nobody's hardware. */
	static const uint8_t ends[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
	bool v4 = addr_is_v4(&ip->src);
	uint8_t *at = f->bytes + ETHERNET_BYTES;

	assert(v4 == addr_is_v4(&ip->dst));
	f->length = ETHERNET_BYTES + (v4 ? 20u : 40u) + n;
	assert(f->length <= FRAME_MAX);
	memcpy(f->bytes, ends, sizeof(ends));
	put16(f->bytes + 12, v4 ? 0x0800 : 0x86dd);
	return v4 ? put_v4(at, ip, proto, n) : put_v6(at, ip, proto, n);
}

void frame_tcp(struct frame *f, const struct ip_fields *ip, const struct tcp_fields *tcp)
{
	size_t n = 20u + tcp->options_length;
	uint8_t *at = begin(f, ip, PROTO_TCP, n);

	assert(tcp->options_length % 4 == 0 && tcp->options_length <= 40);
	put16(at, tcp->src_port);
	put16(at + 2, tcp->dst_port);
	put32(at + 4, tcp->seq);
	put32(at + 8, tcp->ack);
	at[12] = (uint8_t)(n / 4 << 4);
	at[13] = tcp->flags;
	put16(at + 14, tcp->window);
	put32(at + 16, 0);
	if (tcp->options_length)
		memcpy(at + 20, tcp->options, tcp->options_length);
	put16(at + 16, transport_checksum(ip, PROTO_TCP, at, n));
}

void frame_udp(struct frame *f, const struct ip_fields *ip, uint16_t src_port, uint16_t dst_port,
               const void *payload, size_t n)
{
	uint8_t *at = begin(f, ip, PROTO_UDP, n + 8);
	uint16_t checksum;

	assert(n <= PAYLOAD_MAX);
	put16(at, src_port);
	put16(at + 2, dst_port);
	put16(at + 4, (uint32_t)n + 8);
	put16(at + 6, 0);
	if (n)
		memcpy(at + 8, payload, n);
	checksum = transport_checksum(ip, PROTO_UDP, at, n + 8);
	put16(at + 6, checksum ? checksum : 0xffff); /* zero would mean "none" */
}

void frame_icmp(struct frame *f, const struct ip_fields *ip, const struct icmp_fields *icmp,
                const void *payload, size_t n)
{
	uint8_t proto = addr_is_v4(&ip->src) ? PROTO_ICMP : PROTO_ICMPV6;
	uint8_t *at = begin(f, ip, proto, n + 8);

	assert(n <= PAYLOAD_MAX);
	at[0] = icmp->type;
	at[1] = icmp->code;
	put16(at + 2, 0);
	put32(at + 4, icmp->rest);
	if (n)
		memcpy(at + 8, payload, n);
	put16(at + 2, transport_checksum(ip, proto, at, n + 8));
}
