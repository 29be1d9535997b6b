/* SPDX-License-Identifier: Apache-2.0 */
#include "packets.h"

#define IP(length, proto) "4500 " length " 0001 0000 40 " proto " 0000 c6336407 c0000209 "
#define QUOTED_IP(proto)  "4500 003c 0002 4000 3f " proto " 0000 c0000209 cb007105 "
#define V6_ADDRESSES      "20010db8000000000000000000000001 20010db8000000000000000000000002 "

static void test_udp(void)
{
	struct parsed r = parse_hex(RAW, IP("0020", "11") "04d2 0035 000c 0000 64617461");

	CHECK(r.ip && !r.p.malformed);
	CHECK_U64(r.p.src_port, 1234);
	CHECK_U64(r.p.dst_port, 53);
	CHECK_U64(r.p.payload_len, 4);
	/* shorter than the packet: the rest is not payload; longer, and below its header: lies */
	r = parse_hex(RAW, IP("0020", "11") "04d2 0035 000a 0000 64617461");
	CHECK(!r.p.malformed && r.p.payload_len == 2);
	CHECK(parse_hex(RAW, IP("0020", "11") "04d2 0035 000d 0000 64617461").p.malformed);
	CHECK(parse_hex(RAW, IP("0020", "11") "04d2 0035 0007 0000 64617461").p.malformed);
	CHECK(parse_hex(RAW, IP("0020", "11") "04d2 0035 0000 0000 64617461").p.malformed);
}

static void test_udp_truncation(void)
{
	struct bytes b = {0};

	put_hex(&b, IP("0020", "11") "04d2 0035 000c 0000 64617461");
	for (size_t n = 20; n <= b.size; n++) {
		struct parsed snapped = parse(RAW, b.at, n, b.size);
		struct parsed cut = parse(RAW, b.at, n, n);

		CHECK(snapped.p.malformed == (n < 24));
		CHECK(cut.p.malformed == (n < b.size));
		CHECK_U64(snapped.p.src_port, n < 24 ? 0 : 1234);
		CHECK_U64(snapped.p.payload_len, n > 28 ? n - 28 : 0);
	}
	bytes_clear(&b);
}

static void test_echo(void)
{
	struct parsed r = parse_hex(RAW, IP("0020", "01") "0800 0000 0001 0002 61626364");

	CHECK(!r.p.malformed && r.p.icmp_type == 8 && r.p.icmp_code == 0);
	CHECK(r.p.src_port == 0 && r.p.dst_port == 0 && !r.p.quoted);
	CHECK_U64(r.p.payload_len, 4);
}

static void test_icmp_errors(void)
{
	static const char *const errors[] = {"0303", "0400", "0501", "0b00", "0c00"};

	for (size_t i = 0; i < 5; i++) {
		struct bytes b = {0};
		struct parsed r;

		put_hex(&b, IP("0038", "01"));
		put_hex(&b, errors[i]);
		put_hex(&b, "0000 00000000" QUOTED_IP("06") "9c40 01bb deadbeef");
		r = parse(RAW, b.at, b.size, b.size);
		CHECK(!r.p.malformed && r.p.quoted);
		check_addr(&r.p.quoted_src, "192.0.2.9");
		check_addr(&r.p.quoted_dst, "203.0.113.5");
		CHECK_U64(r.p.quoted_proto, PROTO_TCP);
		CHECK_U64(r.p.quoted_dst_port, 443);
		b.at[20] = 13; /* timestamp: no error, quotes nothing */
		CHECK(!parse(RAW, b.at, b.size, b.size).p.quoted);
		bytes_clear(&b);
	}
}

static void test_quote_limits(void)
{
	struct parsed r;

	/* a later fragment, IP options, a protocol without ports, no IP at all */
	r = parse_hex(RAW, IP("0038", "01") "0303 0000 00000000 4500 003c 0002 0010 3f 06 0000 "
	                                    "c0000209 cb007105 9c40 01bb deadbeef");
	CHECK(r.p.quoted && r.p.quoted_dst_port == 0);
	r = parse_hex(RAW, IP("003c", "01") "0303 0000 00000000 4600 003c 0002 0000 3f 11 0000 "
	                                    "c0000209 cb007105 94040000 9c40 0035 00280000");
	CHECK(r.p.quoted && r.p.quoted_dst_port == 53);
	r = parse_hex(RAW,
	              IP("0038", "01") "0303 0000 00000000" QUOTED_IP("2f") "9c40 01bb deadbeef");
	CHECK(r.p.quoted && r.p.quoted_proto == 47 && r.p.quoted_dst_port == 0);
	r = parse_hex(RAW, IP("0038", "01") "0303 0000 00000000"
	                                    "9900 003c 0002 4000 3f 06 0000 "
	                                    "c0000209 cb007105 9c40 01bb deadbeef");
	CHECK(!r.p.quoted && !r.p.malformed);
}

static void test_icmp_truncation(void)
{
	struct bytes b = {0};

	put_hex(&b, IP("0038", "01") "0301 0000 00000000" QUOTED_IP("11") "9c40 0035 00280000");
	for (size_t n = 20; n <= b.size; n++) {
		struct parsed snapped = parse(RAW, b.at, n, b.size);
		struct parsed cut = parse(RAW, b.at, n, n);

		CHECK(snapped.p.malformed == (n < 22));
		CHECK(cut.p.malformed == (n < b.size));
		CHECK(snapped.p.quoted == (n >= 48));
		CHECK_U64(snapped.p.quoted_dst_port, n >= 52 ? 53 : 0);
	}
	bytes_clear(&b);
}

static void test_icmpv6(void)
{
	static const char *const errors[] = {"0104", "0200", "0300", "0401"};
	struct parsed r;

	for (size_t i = 0; i < 4; i++) {
		struct bytes b = {0};

		put_hex(&b, "60000000 0040 3a 40" V6_ADDRESSES);
		put_hex(&b, errors[i]);
		put_hex(&b, "0000 00000000 60000000 0010 2c 40" V6_ADDRESSES);
		put_hex(&b, "1100 0000 00000001 9c40 0035 00080000");
		r = parse(RAW, b.at, b.size, b.size);
		CHECK(!r.p.malformed && r.p.quoted && r.p.proto == PROTO_ICMPV6);
		check_addr(&r.p.quoted_dst, "2001:db8::2");
		CHECK_U64(r.p.quoted_proto, PROTO_UDP);
		CHECK_U64(r.p.quoted_dst_port, 53);
		for (size_t n = 40; n < b.size; n++) {
			r = parse(RAW, b.at, n, b.size);
			CHECK(r.p.quoted == (n >= 88));
			CHECK(r.p.quoted_dst_port == (n >= 100 ? 53 : 0));
		}
		bytes_clear(&b);
	}
	r = parse_hex(RAW, "60000000 0008 3a 40" V6_ADDRESSES "8000 0000 00010002");
	CHECK(!r.p.malformed && r.p.icmp_type == 128 && !r.p.quoted);
}

int main(void)
{
	test_udp();
	test_udp_truncation();
	test_echo();
	test_icmp_errors();
	test_quote_limits();
	test_icmp_truncation();
	test_icmpv6();
	return tap_done();
}
