/* SPDX-License-Identifier: Apache-2.0 */
/* Every rule on one packet: its kind, its marks, its signs (30-detection sections 1 and 2). */
#include "aggregate/classify.h"

#include "tap.h"

#include "made.h"

enum { F = TCP_FIN, S = TCP_SYN, R = TCP_RST, P = TCP_PSH, A = TCP_ACK, U = TCP_URG };

static void test_tcp_kinds(void)
{
	static const struct {
		uint8_t flags;
		enum packet_kind kind;
	} rows[] = {
	        {S, KIND_SCAN},
	        {S | 0xc0, KIND_SCAN}, /* ECN setup, RFC 3168 */
	        {S | P, KIND_SCAN},
	        {S | U, KIND_SCAN},
	        {S | A, KIND_BACKSCATTER},
	        {S | A | P, KIND_BACKSCATTER},
	        {R, KIND_BACKSCATTER},
	        {R | A, KIND_BACKSCATTER},
	        {R | S, KIND_BACKSCATTER},
	        {R | F, KIND_BACKSCATTER},
	        {0, KIND_STEALTH},
	        {F, KIND_STEALTH},
	        {F | P | U, KIND_STEALTH},
	        {S | F, KIND_STEALTH},
	        {S | F | A, KIND_STEALTH},
	        {P, KIND_STEALTH},
	        {U, KIND_STEALTH},
	        {A, KIND_OTHER},
	        {A | P, KIND_OTHER},
	        {F | A, KIND_OTHER},
	        {F | A | P | U, KIND_OTHER},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet p = made_syn(1, 2, 3, 4);

		p.tcp_flags = rows[i].flags;
		CHECK_U64(classify_kind(&p), rows[i].kind);
		p.malformed = true;
		CHECK_U64(classify_kind(&p), KIND_MALFORMED);
	}
}

/* The types that the design page names; whatever else is neither asked nor answered. */
static void test_icmp_kinds(void)
{
	static const uint8_t answers[] = {0, 3, 4, 5, 11, 12, 14, 16, 18}, asks[] = {8, 13, 15, 17};
	static const uint8_t answers6[] = {1, 2, 3, 4, 129};

	for (unsigned type = 0; type < 256; type++) {
		struct packet p = {.proto = PROTO_ICMP, .icmp_type = (uint8_t)type};
		enum packet_kind want = memchr(answers, (int)type, sizeof(answers))
		                                ? KIND_BACKSCATTER
		                        : memchr(asks, (int)type, sizeof(asks)) ? KIND_SCAN
		                                                                : KIND_OTHER;

		CHECK_U64(classify_kind(&p), want);
		p.proto = PROTO_ICMPV6;
		want = memchr(answers6, (int)type, sizeof(answers6)) ? KIND_BACKSCATTER
		       : type == 128                                 ? KIND_SCAN
		                                                     : KIND_OTHER;
		CHECK_U64(classify_kind(&p), want);
	}
}

static void test_udp_kinds(void)
{
	uint32_t backscatter = 0, others = 0;

	for (uint32_t port = 0; port < 65536; port++) {
		struct packet p = {.proto = PROTO_UDP, .src_port = (uint16_t)port, .dst_port = 53};

		backscatter += classify_kind(&p) == KIND_BACKSCATTER;
		if (port == 53 || port == 123 || port == 137 || port == 161)
			CHECK_U64(classify_kind(&p), KIND_BACKSCATTER);
	}
	CHECK_U64(backscatter, 4);
	for (unsigned proto = 0; proto < 256; proto++) {
		struct packet p = {.proto = (uint8_t)proto, .src_port = 53};

		if (proto != 1 && proto != 6 && proto != 17 && proto != 58)
			others += classify_kind(&p) == KIND_OTHER;
	}
	CHECK_U64(others, 252);
}

struct change {
	const char *what;
	void (*apply)(struct packet *p);
	uint8_t marks;
};

static void zmap(struct packet *p)
{
	p->ip_id = 54321;
	p->tcp_window = 65535;
}

static void zmap_id_alone(struct packet *p)
{
	p->ip_id = 54321;
}

static void zmap_window_alone(struct packet *p)
{
	p->tcp_window = 65535;
}

static void windows_options(struct packet *p)
{
	p->tcp_window = 65535;
	p->tcp_options = OPTIONS_WINDOWS;
}

static void windows_other_window(struct packet *p)
{
	p->tcp_window = 64240;
	p->tcp_options = OPTIONS_WINDOWS;
}

/* The mask is what two published detectors forget: the xor is 32 bits wide. */
static void masscan(struct packet *p)
{
	p->seq = 0xfedfba98; /* unlike the destination above the mask */
	p->ip_id = (uint16_t)(p->dst32 ^ p->dst_port ^ p->seq);
}

static void masscan_off_by_one(struct packet *p)
{
	masscan(p);
	p->ip_id ^= 1;
}

static void mirai(struct packet *p)
{
	p->seq = p->dst32;
	p->dst_port = 8080; /* variants use any port */
}

static void hajime_low(struct packet *p)
{
	p->tcp_window = 14600;
	p->seq = 0xabcd0000;
}

static void hajime_high(struct packet *p)
{
	p->tcp_window = 14600;
	p->seq = 0x0000abcd;
}

static void hajime_neither(struct packet *p)
{
	p->tcp_window = 14600;
}

static void nmap_scan(struct packet *p)
{
	p->tcp_window = 1024;
	p->tcp_options = OPTIONS_MSS_1460;
}

static void nmap_no_options(struct packet *p)
{
	p->tcp_window = 1024;
	p->tcp_options = OPTIONS_OTHER;
}

static void nmap_probe(struct packet *p)
{
	p->tcp_window = 63;
}

static void long_path(struct packet *p)
{
	p->ttl = 201;
}

static void at_200(struct packet *p)
{
	p->ttl = 200;
}

static void no_options(struct packet *p)
{
	p->tcp_options = OPTIONS_NONE;
}

static void test_syn_marks(void)
{
	static const struct change rows[] = {
	        {"zmap", zmap, MARK_BIT(ZMAP) | MARK_BIT(IRREGULAR)},
	        {"id alone", zmap_id_alone, MARK_BIT(IRREGULAR)},
	        {"window alone", zmap_window_alone, 0},
	        {"zmap 4.1", windows_options, MARK_BIT(ZMAP_LIKE)},
	        {"windows, other window", windows_other_window, 0},
	        {"masscan", masscan, MARK_BIT(MASSCAN)},
	        {"masscan, one bit off", masscan_off_by_one, 0},
	        {"mirai", mirai, MARK_BIT(MIRAI)},
	        {"hajime, low", hajime_low, MARK_BIT(HAJIME)},
	        {"hajime, high", hajime_high, MARK_BIT(HAJIME)},
	        {"hajime, neither", hajime_neither, 0},
	        {"nmap", nmap_scan, MARK_BIT(NMAP)},
	        {"1024 and other options", nmap_no_options, 0},
	        {"nmap's probe", nmap_probe, MARK_BIT(NMAP)},
	        {"ttl 201", long_path, MARK_BIT(IRREGULAR)},
	        {"ttl 200", at_200, 0},
	        {"no options", no_options, MARK_BIT(IRREGULAR)},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet p = made_syn(0x2d000001, 0xc6120305, 40000, 2323);

		rows[i].apply(&p);
		if (!CHECK(classify_marks(&p, classify_kind(&p)) == rows[i].marks))
			printf("# %s: %#x\n", rows[i].what, classify_marks(&p, classify_kind(&p)));
		/* IPv6 has no IP id, and its addresses no 32 bits */
		p.v6 = true;
		CHECK(!(classify_marks(&p, KIND_SCAN) &
		        (MARK_BIT(ZMAP) | MARK_BIT(MASSCAN) | MARK_BIT(MIRAI))));
		p.v6 = false;
		p.tcp_flags = S | A; /* only scans bear marks */
		CHECK_U64(classify_marks(&p, classify_kind(&p)), 0);
		p.tcp_flags = S;
		CHECK_U64(classify_marks(&p, KIND_OUTBOUND), 0);
	}
}

/* A million SYNs of nobody's tool: the rules match as often as chance says. */
static void test_chance(void)
{
	uint32_t hits[MARK_COUNT] = {0};
	struct prng r;

	prng_init(&r, 8);
	for (int i = 0; i < 1000000; i++) {
		struct packet p = made_syn(prng_u32(&r), prng_u32(&r), 1, (uint16_t)prng_u32(&r));
		uint8_t marks;

		p.seq = prng_u32(&r);
		p.ip_id = (uint16_t)prng_u32(&r);
		p.tcp_window = 65535;
		marks = classify_syn_marks(&p);
		for (int k = 0; k < MARK_COUNT; k++)
			hits[k] += marks >> k & 1;
	}
	CHECK_NEAR(hits[MARK_ZMAP], 1e6 / 65536, 5 * sqrt(1e6 / 65536));
	CHECK_NEAR(hits[MARK_MASSCAN], 1e6 / 65536, 5 * sqrt(1e6 / 65536));
	CHECK_U64(hits[MARK_MIRAI], 0);
	CHECK_U64(hits[MARK_PAYLOAD], 0);
}

struct worm {
	const char *what;
	uint8_t proto;
	uint16_t sport, dport, ip_len;
	const char *payload;
	uint16_t size;
	bool is;
};

static void test_worms(void)
{
	static const uint8_t blaster[48] = {5, 0, 0x0b, 3, [32] = 0xa0, 1, 0, 0, 0, 0,
	                                    0, 0, 0xc0, 0, 0,           0, 0, 0, 0, 0x46};
	static const char slammer[376] = {4}, witty[800] = {5};
	const char *bind = (const char *)blaster;
	const struct worm rows[] = {
	        {"slammer", PROTO_UDP, 1000, 1434, 404, slammer, 376, true},
	        {"slammer, other length", PROTO_UDP, 1000, 1434, 405, slammer, 376, false},
	        {"slammer, other port", PROTO_UDP, 1000, 1435, 404, slammer, 376, false},
	        {"slammer, other first byte", PROTO_UDP, 1000, 1434, 404, witty, 376, false},
	        {"witty", PROTO_UDP, 4000, 9999, 800, witty, 772, true},
	        {"witty, short", PROTO_UDP, 4000, 9999, 767, witty, 739, false},
	        {"witty, other source port", PROTO_UDP, 4001, 9999, 800, witty, 772, false},
	        {"witty, snapped to a byte", PROTO_UDP, 4000, 9999, 800, witty, 1, false},
	        {"code red", PROTO_TCP, 1000, 80, 300, "GET /default.ida?NNNNNN", 23, true},
	        {"code red II", PROTO_TCP, 1000, 80, 300, "GET /default.ida?XXXXXX", 23, true},
	        {"code red, snapped", PROTO_TCP, 1000, 80, 300, "GET /default.ida?NN", 19, false},
	        {"code red, other port", PROTO_TCP, 1000, 81, 300, "GET /default.ida?NNNN", 21,
	         false},
	        {"blaster", PROTO_TCP, 1000, 135, 112, bind, 48, true},
	        {"blaster, snapped", PROTO_TCP, 1000, 135, 112, bind, 47, false},
	        {"a bind to something else", PROTO_TCP, 1000, 135, 112, slammer, 48, false},
	        {"nothing", PROTO_TCP, 1000, 80, 40, "", 0, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *copy = malloc(rows[i].size ? rows[i].size : 1);
		struct packet p = {.proto = rows[i].proto,
		                   .src_port = rows[i].sport,
		                   .dst_port = rows[i].dport,
		                   .ip_len = rows[i].ip_len,
		                   .tcp_flags = A | P,
		                   .payload = copy,
		                   .payload_len = rows[i].size};

		if (!copy)
			abort();
		memcpy(copy, rows[i].payload, rows[i].size);
		if (!CHECK(classify_marks(&p, classify_kind(&p)) ==
		           (rows[i].is ? MARK_BIT(PAYLOAD) : 0)))
			printf("# %s\n", rows[i].what);
		free(copy);
	}
}

static void test_signs(void)
{
	struct packet p = made_syn(0x2d000001, 0x01020304, 1, 2);

	CHECK_U64(classify_signs(&p), 0);
	p.dst32 = 0x01820304; /* second octet */
	CHECK_U64(classify_signs(&p), SIGN_NOT_CONFICKER);
	p.dst32 = 0x01020380; /* fourth octet */
	CHECK_U64(classify_signs(&p), SIGN_NOT_CONFICKER);
	p.dst32 = 0x80028003; /* first and third do not matter */
	CHECK_U64(classify_signs(&p), 0);
	p.dst32 = p.src32;
	CHECK_U64(classify_signs(&p), SIGN_SELF);
	p.dst32 = 1;
	p.src_port = 0;
	CHECK_U64(classify_signs(&p), SIGN_PORT_ZERO);
	p.malformed = true; /* then nothing is known of ports */
	CHECK_U64(classify_signs(&p), 0);
	p.reserved_bits = true;
	CHECK_U64(classify_signs(&p), SIGN_RESERVED_BITS);
	p = (struct packet){.proto = PROTO_ICMP, .dst32 = 1};
	CHECK_U64(classify_signs(&p), 0);
}

/* First and last address of each block of RFC 6890, and the neighbours outside. */
static void test_bogons(void)
{
	static const struct {
		uint32_t first, last;
	} blocks[] = {
	        {0x0a000000, 0x0affffff}, {0x64400000, 0x647fffff}, {0x7f000000, 0x7fffffff},
	        {0xa9fe0000, 0xa9feffff}, {0xac100000, 0xac1fffff}, {0xc0000000, 0xc00000ff},
	        {0xc0000200, 0xc00002ff}, {0xc0a80000, 0xc0a8ffff}, {0xc6120000, 0xc613ffff},
	        {0xc6336400, 0xc63364ff}, {0xcb007100, 0xcb0071ff},
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		CHECK(classify_source_signs(blocks[i].first) & SIGN_BOGON_SOURCE);
		CHECK(classify_source_signs(blocks[i].last) & SIGN_BOGON_SOURCE);
		CHECK(!(classify_source_signs(blocks[i].first - 1) & SIGN_BOGON_SOURCE));
		CHECK(!(classify_source_signs(blocks[i].last + 1) & SIGN_BOGON_SOURCE));
	}
	CHECK(classify_source_signs(0x00ffffff) & SIGN_BOGON_SOURCE);
	CHECK(!(classify_source_signs(0x01000000) & SIGN_BOGON_SOURCE));
	CHECK(!(classify_source_signs(0xdfffffff) & SIGN_BOGON_SOURCE));
	CHECK(classify_source_signs(0xe0000000) & SIGN_BOGON_SOURCE);
	CHECK(classify_source_signs(0xffffffff) & SIGN_BOGON_SOURCE);
}

int main(void)
{
	test_tcp_kinds();
	test_icmp_kinds();
	test_udp_kinds();
	test_syn_marks();
	test_chance();
	test_worms();
	test_signs();
	test_bogons();
	return tap_done();
}
