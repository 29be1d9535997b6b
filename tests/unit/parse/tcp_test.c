/* SPDX-License-Identifier: Apache-2.0 */
#include "packets.h"

#define ETHER "020202020202 040404040404 0800 "
/* TTL 64, id 54321, 198.51.100.7 to 192.0.2.9 */
#define IP(length) "45 00 " length " d431 4000 40 06 0000 c6336407 c0000209 "
/* 40000 to 23, sequence 0xdeadbeef, SYN, window 1024 */
#define TCP(offset) "9c40 0017 deadbeef 00000000 " offset " 02 0400 0000 0000 "

static void test_plain_syn(void)
{
	struct parsed r = parse_hex(ETHERNET, ETHER IP("0028") TCP("50"));

	CHECK(r.ip && !r.p.malformed && !r.p.v6 && !r.p.reserved_bits);
	CHECK_U64(r.p.time_ns, 77);
	CHECK_U64(r.p.wire_len, 54);
	check_addr(&r.p.src, "198.51.100.7");
	check_addr(&r.p.dst, "192.0.2.9");
	CHECK_U64(r.p.src32, 0xc6336407);
	CHECK_U64(r.p.dst32, 0xc0000209);
	CHECK_U64(r.p.ip_id, 54321);
	CHECK_U64(r.p.ip_len, 40);
	CHECK_U64(r.p.ttl, 64);
	CHECK_U64(r.p.proto, PROTO_TCP);
	CHECK_U64(r.p.src_port, 40000);
	CHECK_U64(r.p.dst_port, 23);
	CHECK_U64(r.p.seq, 0xdeadbeef);
	CHECK_U64(r.p.tcp_flags, TCP_SYN);
	CHECK_U64(r.p.tcp_window, 1024);
	CHECK_U64(r.p.tcp_options, OPTIONS_NONE);
	CHECK_U64(r.p.options_hash, 0);
	CHECK_U64(r.p.payload_len, 0);
}

/* The quick path and the general one (reached by a VLAN tag) tell the same. */
static void test_paths_agree(void)
{
	struct parsed quick = parse_hex(ETHERNET, ETHER IP("002b") TCP("50") "414243 000000");
	struct parsed general = parse_hex(ETHERNET, "020202020202 040404040404 8100 0007 0800" IP(
	                                                    "002b") TCP("50") "414243 000000");

	CHECK_U64(quick.p.payload_len, 3);
	general.p.wire_len -= 4;
	quick.p.payload = general.p.payload = NULL;
	CHECK(memcmp(&quick.p, &general.p, sizeof(quick.p)) == 0);
}

static struct parsed parse_options(const char *hex)
{
	struct bytes b = {0};
	struct parsed out;
	size_t n;

	put_hex(&b, IP("0000") TCP("00"));
	put_hex(&b, hex);
	n = b.size;
	b.at[3] = (uint8_t)n;
	b.at[20 + 12] = (uint8_t)((n - 20) / 4 << 4);
	out = parse(RAW, b.at, n, n);
	bytes_clear(&b);
	return out;
}

static void check_options(const char *hex, enum tcp_options want)
{
	struct parsed r = parse_options(hex);

	CHECK(r.ip && !r.p.malformed);
	CHECK_U64(r.p.tcp_options, want);
	CHECK((r.p.options_hash == 0) == (want == OPTIONS_NONE));
}

static void test_option_layouts(void)
{
	check_options("", OPTIONS_NONE);
	check_options("020405b4", OPTIONS_MSS_1460);
	check_options("020405b4 01010100", OPTIONS_MSS_1460);
	check_options("01010101 020405b4", OPTIONS_MSS_1460);
	check_options("020405b4 020405b4", OPTIONS_OTHER);
	check_options("02040218", OPTIONS_OTHER);
	check_options("020405b4 01030308 01010402", OPTIONS_WINDOWS);
	check_options("020405b4 01030307 01010402", OPTIONS_OTHER);
	check_options("020405a0 01030308 01010402", OPTIONS_OTHER);
	check_options("020405b4 0402080a 11111111 00000000 01030307", OPTIONS_OTHER);
	check_options("02ff0000", OPTIONS_OTHER);
	check_options("02000000", OPTIONS_OTHER);
	check_options("01010102", OPTIONS_OTHER);
	check_options("03ffffff", OPTIONS_OTHER); /* once went round for ever */
}

static uint32_t hash_of(const char *hex)
{
	return parse_options(hex).p.options_hash;
}

/* The hash keeps what a sender's stack decides and forgets what its clock does. */
static void test_option_hash(void)
{
	CHECK(hash_of("020405b4 0402080a 11111111 00000000 01030307") ==
	      hash_of("020405b4 0402080a 22222222 33333333 01030307"));
	CHECK(hash_of("020405b4 0402080a 11111111 00000000 01030307") !=
	      hash_of("020405b4 0402080a 11111111 00000000 01030308"));
	CHECK(hash_of("020405b4 0402080a 11111111 00000000 01030307") !=
	      hash_of("020405a0 0402080a 11111111 00000000 01030307"));
	CHECK(hash_of("020405b4 01030308 01010402") != hash_of("020405b4 01030307 01010402"));
	CHECK(hash_of("0101080a 11111111 22222222") == hash_of("0101080a 33333333 44444444"));
	CHECK(hash_of("0101080a 11111111 22222222") != hash_of("080a1111 11112222 22220101"));
	CHECK(hash_of("020405b4") != hash_of("02040218"));
	CHECK(hash_of("020405b4") != hash_of("020405b4 01010101"));
}

/* Every prefix of a SYN with options and payload, as a snapshot (the wire length stays) and as
 * a whole packet that is too short (it goes down with it). */
static void test_truncation(void)
{
	struct bytes b = {0};
	size_t full, flags = 20 + 14;

	put_hex(&b, IP("0037") TCP("80") "020405b4 01030308 01010402 585858");
	full = b.size;
	for (size_t n = 0; n <= full; n++) {
		struct parsed snapped = parse(RAW, b.at, n, full);
		struct parsed cut = parse(RAW, b.at, n, n);

		CHECK(snapped.ip == (n >= 20) && cut.ip == (n >= 20));
		if (n < 20) {
			CHECK_U64(snapped.skip, SKIP_SHORT);
			continue;
		}
		CHECK(snapped.p.malformed == (n < flags));
		CHECK(cut.p.malformed == (n < full));
		CHECK_U64(snapped.p.dst_port, n >= 24 ? 23 : 0);
		CHECK_U64(snapped.p.tcp_flags, n >= flags ? TCP_SYN : 0);
		CHECK_U64(snapped.p.tcp_options, n >= 52 ? OPTIONS_WINDOWS : OPTIONS_OTHER);
		CHECK_U64(snapped.p.payload_len, n > 52 ? n - 52 : 0);
	}
	bytes_clear(&b);
}

static void test_lies(void)
{
	CHECK(parse_hex(RAW, IP("0028") TCP("40")).p.malformed);      /* data offset 16 bytes */
	CHECK(parse_hex(RAW, IP("0028") TCP("f0")).p.malformed);      /* data offset 60 of 20 */
	CHECK(parse_hex(RAW, IP("0029") TCP("50")).p.malformed);      /* one byte more than came */
	CHECK(parse_hex(RAW, IP("0026") TCP("50") "00").p.malformed); /* cuts the header */
	CHECK(!parse_hex(RAW, IP("0028") TCP("50") "0000").p.malformed);
	CHECK(parse_hex(RAW, IP("0028") TCP("54")).p.reserved_bits);
	CHECK(!parse_hex(RAW, IP("0028") TCP("51")).p.reserved_bits);
}

int main(void)
{
	test_plain_syn();
	test_paths_agree();
	test_option_layouts();
	test_option_hash();
	test_truncation();
	test_lies();
	return tap_done();
}
