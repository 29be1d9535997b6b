/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/frame.h"

#include "model/packet.h"
#include "tap.h"

/* One's complement sum over the bytes, as a receiver checks it: 0xffff where all is well. */
static uint32_t sum(const uint8_t *bytes, size_t n, uint32_t start)
{
	uint64_t total = start;

	for (size_t i = 0; i < n; i++)
		total += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint32_t)total;
}

static struct ip_fields v4_fields(void)
{
	return (struct ip_fields){
	        .src = addr_v4(0xc0000201), .dst = addr_v4(0xc6120304), .id = 0xabcd, .ttl = 57};
}

static struct ip_fields v6_fields(void)
{
	struct ip_fields ip = {.ttl = 60};

	CHECK(addr_parse("2001:db8::1", &ip.src) == STATUS_OK);
	CHECK(addr_parse("2001:db8:1::2", &ip.dst) == STATUS_OK);
	return ip;
}

static uint32_t v4_transport_sum(const struct frame *f, uint8_t proto)
{
	uint32_t n = (uint32_t)f->length - 34;

	return sum(f->bytes + 34, n, proto == PROTO_ICMP ? 0 : sum(f->bytes + 26, 8, proto + n));
}

static uint32_t v6_transport_sum(const struct frame *f, uint8_t proto)
{
	uint32_t n = (uint32_t)f->length - 54;

	return sum(f->bytes + 54, n, sum(f->bytes + 22, 32, proto + n));
}

/* A SYN against bytes written by hand. */
static void check_syn(void)
{
	static const uint8_t options[] = {2, 4, 5, 0xb4};
	static const uint8_t wanted[] = {0x08, 0x00, 0x45, 0,    0,    44, 0xab, 0xcd, 0x40, 0,
	                                 57,   6,    0x7a, 0xd6, 192,  0,  2,    1,    198,  18,
	                                 3,    4,    0x30, 0x39, 0,    80, 1,    2,    3,    4,
	                                 0,    0,    0,    0,    0x60, 2,  4,    0};
	struct tcp_fields tcp = {.seq = 0x01020304,
	                         .src_port = 12345,
	                         .dst_port = 80,
	                         .window = 1024,
	                         .flags = TCP_SYN,
	                         .options = options,
	                         .options_length = 4};
	struct ip_fields ip = v4_fields();
	struct frame f;

	ip.dont_fragment = true;
	frame_tcp(&f, &ip, &tcp);
	CHECK_U64(f.length, 58);
	CHECK(memcmp(f.bytes + 12, wanted, 12) == 0);
	CHECK(memcmp(f.bytes + 26, wanted + 14, sizeof(wanted) - 14) == 0);
	CHECK(memcmp(f.bytes + 54, options, 4) == 0);
	CHECK_U64(sum(f.bytes + 14, 20, 0), 0xffff);
	CHECK_U64(v4_transport_sum(&f, PROTO_TCP), 0xffff);
}

static void check_datagrams(void)
{
	static const uint8_t odd[] = "seven b";
	struct ip_fields ip = v4_fields(), ip6 = v6_fields();
	struct icmp_fields echo = {8, 0, 0x00010002}, echo6 = {128, 0, 0x00010002};
	struct frame f;

	frame_udp(&f, &ip, 53, 1024, odd, 7);
	CHECK_U64(f.length, 14 + 20 + 8 + 7);
	CHECK_U64(f.bytes[39], 15);
	CHECK_U64(v4_transport_sum(&f, PROTO_UDP), 0xffff);
	frame_icmp(&f, &ip, &echo, odd, 7);
	CHECK(f.bytes[34] == 8 && f.bytes[41] == 2);
	CHECK_U64(v4_transport_sum(&f, PROTO_ICMP), 0xffff);
	frame_udp(&f, &ip6, 53, 1024, odd, 7);
	CHECK(f.bytes[12] == 0x86 && f.bytes[13] == 0xdd && f.bytes[14] == 0x60);
	CHECK(f.bytes[19] == 15 && f.bytes[20] == PROTO_UDP && f.bytes[21] == 60);
	CHECK_U64(v6_transport_sum(&f, PROTO_UDP), 0xffff);
	frame_icmp(&f, &ip6, &echo6, odd, 7);
	CHECK_U64(f.bytes[20], PROTO_ICMPV6);
	CHECK_U64(v6_transport_sum(&f, PROTO_ICMPV6), 0xffff);
}

/* A UDP checksum that comes out as zero is sent as 0xffff (RFC 768). */
static void check_zero_checksum(void)
{
	struct ip_fields ip = v4_fields();
	struct frame f;
	uint8_t payload[2] = {0};
	uint32_t left;

	frame_udp(&f, &ip, 53, 1024, payload, 2);
	left = (uint32_t)f.bytes[40] << 8 | f.bytes[41];
	payload[0] = (uint8_t)(left >> 8);
	payload[1] = (uint8_t)left;
	frame_udp(&f, &ip, 53, 1024, payload, 2);
	CHECK(f.bytes[40] == 0xff && f.bytes[41] == 0xff);
}

int main(void)
{
	check_syn();
	check_datagrams();
	check_zero_checksum();
	return tap_done();
}
