/* SPDX-License-Identifier: Apache-2.0 */
#include "packets.h"

#define ADDRESSES    "c6336407 c0000209 "
#define V6_ADDRESSES "20010db8000000000000000000000001 20010db8000000000000000000000002 "
#define TCP          "9c400017 deadbeef 00000000 50020400 00000000 "
#define UDP          "04d2 0035 000c 0000 64617461 "

static void test_ipv4_options(void)
{
	struct parsed r =
	        parse_hex(RAW, "4700 0030 0001 0000 40 06 0000" ADDRESSES "94040000 00000000" TCP);

	CHECK(r.ip && !r.p.malformed);
	CHECK_U64(r.p.dst_port, 23);
	CHECK_U64(r.p.ip_len, 48);
	/* Options cut: the fixed header is there, all else is not. */
	r = parse_hex(RAW, "4700 0030 0001 0000 40 06 0000" ADDRESSES "9404");
	CHECK(r.ip && r.p.malformed && r.p.dst_port == 0);
	check_addr(&r.p.src, "198.51.100.7");
}

static void test_ipv4_lies(void)
{
	/* header of 16 bytes; total length below the header, zero, past the wire */
	CHECK(parse_hex(RAW, "4400 0028 0001 0000 40 06 0000" ADDRESSES TCP).p.malformed);
	CHECK(parse_hex(RAW, "4500 0013 0001 0000 40 06 0000" ADDRESSES TCP).p.malformed);
	CHECK(parse_hex(RAW, "4500 0000 0001 0000 40 06 0000" ADDRESSES TCP).p.malformed);
	CHECK(parse_hex(RAW, "4500 ffff 0001 0000 40 06 0000" ADDRESSES TCP).p.malformed);
	CHECK(!parse_hex(RAW, "4500 0028 0001 0000 40 06 0000" ADDRESSES TCP).p.malformed);
	CHECK(parse_hex(RAW, "4500 0028 0001 8000 40 06 0000" ADDRESSES TCP).p.reserved_bits);
	CHECK(!parse_hex(RAW, "4500 0028 0001 4000 40 06 0000" ADDRESSES TCP).p.reserved_bits);
}

/* What the quick path accepts and what only the general one may judge, over Ethernet. */
static void test_ethernet_paths(void)
{
	static const char ether[] = "020202020202 040404040404 0800 ";
	static const struct {
		const char *ip;
		bool malformed;
	} cases[] = {
	        {"4500 0028 0001 4000 40 06 0000" ADDRESSES TCP, false},
	        {"4500 0029 0001 4000 40 06 0000" ADDRESSES TCP, true},
	        {"4500 0013 0001 4000 40 06 0000" ADDRESSES TCP, true},
	        {"4500 0014 0001 4000 40 06 0000" ADDRESSES TCP, true}, /* no room for TCP */
	        {"4500 0028 0001 2000 40 06 0000" ADDRESSES TCP, false},
	        {"4500 0028 0001 0001 40 06 0000" ADDRESSES TCP, true},
	        {"4500 0028 0001 8000 40 06 0000" ADDRESSES TCP, false},
	        {"4500 0028 0001 4000 40 2f 0000" ADDRESSES TCP, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b = {0};
		struct parsed r;

		put_hex(&b, ether);
		put_hex(&b, cases[i].ip);
		r = parse(ETHERNET, b.at, b.size, b.size);
		CHECK(r.ip && r.p.malformed == cases[i].malformed);
		CHECK(r.p.src32 == 0xc6336407 && r.p.ttl == 64);
		bytes_clear(&b);
	}
}

static void test_ipv4_fragments(void)
{
	struct parsed r = parse_hex(RAW, "4500 0028 0001 2000 40 06 0000" ADDRESSES TCP);

	CHECK(!r.p.malformed && r.p.dst_port == 23 && r.t.more_fragments);
	r = parse_hex(RAW, "4500 0028 0001 20b9 40 06 0000" ADDRESSES TCP);
	CHECK(r.ip && r.p.malformed && r.p.dst_port == 0 && r.p.tcp_flags == 0);
	r = parse_hex(RAW, "4500 001c 0001 2000 40 06 0000" ADDRESSES "9c400017 deadbeef");
	CHECK(r.p.malformed); /* the header goes on in the next one */
	/* A datagram of 60,000 bytes begins here: its length does not lie. */
	r = parse_hex(RAW,
	              "4500 0020 0001 2000 40 11 0000" ADDRESSES "04d2 0035 ea60 0000 64617461");
	CHECK(!r.p.malformed && r.p.payload_len == 4);
}

static void test_other_protocols(void)
{
	struct parsed r =
	        parse_hex(RAW, "4500 001c 0001 0000 40 2f 0000" ADDRESSES "00000800 00000000");

	CHECK(r.ip && !r.p.malformed && r.p.proto == 47 && r.p.payload_len == 0);
}

static void test_ipv6(void)
{
	struct parsed r = parse_hex(RAW, "60000000 0014 06 37" V6_ADDRESSES TCP);

	CHECK(r.ip && r.p.v6 && !r.p.malformed);
	check_addr(&r.p.src, "2001:db8::1");
	check_addr(&r.p.dst, "2001:db8::2");
	CHECK_U64(r.p.src32, 0);
	CHECK_U64(r.p.ttl, 0x37);
	CHECK_U64(r.p.ip_len, 60);
	CHECK_U64(r.p.dst_port, 23);
	CHECK(parse_hex(RAW, "60000000 0015 06 37" V6_ADDRESSES TCP).p.malformed);
	CHECK(parse_hex(RAW, "60000000 0013 06 37" V6_ADDRESSES TCP).p.malformed);
}

#define HOP_BY_HOP(next)       next "00 0104 00000000 "
#define FRAGMENT(next, offset) next "00" offset "00000001 "

static void test_extension_headers(void)
{
	struct parsed r =
	        parse_hex(RAW, "60000000 0044 00 40" V6_ADDRESSES /* hop-by-hop */
	                               HOP_BY_HOP("2b") "3c020000000000000000000000000000"
	                                                "0000000000000000" /* routing, 24 bytes */
	                  HOP_BY_HOP("33") "0601000000000000"              /* AH, 12 bytes */
	                                   "00000000" TCP);

	CHECK(r.ip && r.p.proto == PROTO_TCP && r.p.dst_port == 23);
	r = parse_hex(RAW, "60000000 001c 2c 40" V6_ADDRESSES FRAGMENT("06", "0001") TCP);
	CHECK(!r.p.malformed && r.p.dst_port == 23 && r.t.more_fragments);
	r = parse_hex(RAW, "60000000 001c 2c 40" V6_ADDRESSES FRAGMENT("06", "0009") TCP);
	CHECK(r.p.malformed && r.p.dst_port == 0 && r.p.proto == PROTO_TCP);
	r = parse_hex(RAW, "60000000 001c 2c 40" V6_ADDRESSES FRAGMENT("06", "0000") TCP);
	CHECK(!r.p.malformed && r.p.dst_port == 23 && !r.t.more_fragments); /* atomic */
	r = parse_hex(RAW, "60000000 0008 3b 40" V6_ADDRESSES "0000000000000000");
	CHECK(r.ip && !r.p.malformed && r.p.proto == 59);
	/* an extension header that says it is longer than the packet */
	r = parse_hex(RAW, "60000000 001c 3c 40" V6_ADDRESSES "06ff 0104 00000000" TCP);
	CHECK(r.ip && r.p.malformed && r.p.dst_port == 0);
}

/* Extension headers without end: given up, not followed. */
static void test_extension_bound(void)
{
	struct bytes b = {0};
	struct parsed r;
	int headers;

	for (headers = 15; headers <= 16; headers++) {
		b.size = 0;
		put_hex(&b, "60000000");
		put_be(&b, (uint64_t)headers * 8 + 20, 2);
		put_hex(&b, "3c 40" V6_ADDRESSES);
		for (int i = 1; i < headers; i++)
			put_hex(&b, HOP_BY_HOP("3c"));
		put_hex(&b, HOP_BY_HOP("06") TCP);
		r = parse(RAW, b.at, b.size, b.size);
		CHECK(r.p.malformed == (headers > 15));
		CHECK_U64(r.p.dst_port, headers > 15 ? 0 : 23);
	}
	bytes_clear(&b);
}

static void test_jumbogram(void)
{
	struct bytes b = {0};
	struct parsed r;
	static const uint8_t zeros[70000];

	put_hex(&b, "60000000 0000 00 40" V6_ADDRESSES "1100 c204 00011180");
	put_hex(&b, "04d2 0035 0000 0000");
	put(&b, zeros, 70000);
	r = parse(RAW, b.at, b.size, b.size);
	CHECK(r.ip && !r.p.malformed);
	CHECK_U64(r.p.ip_len, 65535);
	CHECK_U64(r.p.dst_port, 53);
	CHECK_U64(r.p.payload_len, 65535);
	b.at[47] = 0xff; /* claims more than there is */
	CHECK(parse(RAW, b.at, b.size, b.size).p.malformed);
	b.at[42] = 1; /* no jumbo option, and no length either */
	CHECK(parse(RAW, b.at, b.size, b.size).p.malformed);
	bytes_clear(&b);
}

/* Every prefix of an IPv6 packet with extension headers, snapped or sent so. */
static void test_ipv6_truncation(void)
{
	struct bytes b = {0};
	size_t udp, full;

	put_hex(&b, "60000000 0024 00 40" V6_ADDRESSES HOP_BY_HOP("2c") FRAGMENT("3c", "0000")
	                    HOP_BY_HOP("11"));
	udp = b.size;
	put_hex(&b, UDP);
	full = b.size;
	for (size_t n = 0; n <= full; n++) {
		struct parsed snapped = parse(RAW, b.at, n, full);
		struct parsed cut = parse(RAW, b.at, n, n);

		CHECK(snapped.ip == (n >= 40) && cut.ip == (n >= 40));
		CHECK(!cut.ip || cut.p.malformed == (n < full));
		CHECK(!snapped.ip || snapped.p.malformed == (n < udp + 4));
		CHECK(snapped.p.dst_port == (n >= udp + 4 ? 53 : 0));
	}
	bytes_clear(&b);
}

int main(void)
{
	test_ipv4_options();
	test_ipv4_lies();
	test_ethernet_paths();
	test_ipv4_fragments();
	test_other_protocols();
	test_ipv6();
	test_extension_headers();
	test_extension_bound();
	test_jumbogram();
	test_ipv6_truncation();
	return tap_done();
}
