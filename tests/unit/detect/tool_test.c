/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/tool.h"

#include "base/prng.h"
#include "model/packet.h"
#include "tap.h"

/* A source that sent `syns` SYNs, each to another address, on one port. */
static struct source scanner(uint64_t syns)
{
	struct source s = {.packets = syns, .syns = syns, .ports = 1};

	s.kinds[KIND_SCAN] = syns;
	s.destinations = (double)syns;
	return s;
}

static struct source marked(uint64_t syns, enum mark mark, uint64_t matches)
{
	struct source s = scanner(syns);

	s.marks[mark] = matches;
	return s;
}

static struct tool_verdict judged(const struct source *s, double conficker_share)
{
	struct tool_telescope telescope = {.conficker_share = conficker_share};

	return tool_judge(s, &telescope);
}

static enum tool label(struct source s)
{
	return judged(&s, 0.25).tool;
}

static void test_packet_rules(void)
{
	struct tool_verdict v;
	struct source s = marked(2, MARK_ZMAP, 2);

	v = judged(&s, 1);
	CHECK(v.tool == TOOL_ZMAP && v.packets == 2);
	CHECK_NEAR(v.p, 0x1p-32, 1e-16);
	CHECK(label(marked(2, MARK_MIRAI, 2)) == TOOL_MIRAI);
	CHECK(label(marked(2, MARK_MASSCAN, 2)) == TOOL_MASSCAN);
	CHECK(label(marked(2, MARK_HAJIME, 2)) == TOOL_HAJIME);
	CHECK(label(marked(1, MARK_MIRAI, 1)) == TOOL_UNKNOWN); /* one packet is no label */
	CHECK(label(marked(100, MARK_MIRAI, 1)) == TOOL_UNKNOWN);
	CHECK(label(marked(2, MARK_ZMAP, 1)) == TOOL_UNKNOWN);
	CHECK(label(marked(1000, MARK_ZMAP, 2)) == TOOL_UNKNOWN); /* 1.2e-4 */
	CHECK(label(marked(1000, MARK_ZMAP, 3)) == TOOL_ZMAP);    /* 5.8e-7 */
	CHECK(label(marked(1000, MARK_MIRAI, 2)) == TOOL_MIRAI);
	CHECK(label(marked(UINT64_C(1) << 30, MARK_MASSCAN, 16500)) == TOOL_UNKNOWN);
	CHECK(label(marked(UINT64_C(1) << 30, MARK_MASSCAN, 17100)) == TOOL_MASSCAN);
	s = marked(1000, MARK_MIRAI, 1000);
	v = judged(&s, 1);
	CHECK(v.p > 0 && v.p <= 1e-290);
}

/* Four copies of one packet are one stroke of luck. */
static void test_repeats(void)
{
	struct source s = marked(4, MARK_ZMAP, 4);

	s.destinations = 1;
	CHECK(label(s) == TOOL_ZMAP);
	s.signs = SIGN_REPEATED;
	CHECK(label(s) == TOOL_UNKNOWN);
	s.destinations = 2;
	CHECK(label(s) == TOOL_ZMAP);
	s = marked(2, MARK_MIRAI, 2); /* one stroke of 2^-32 is enough */
	s.destinations = 1;
	s.signs = SIGN_REPEATED;
	CHECK(label(s) == TOOL_MIRAI);
	s.destinations = 0; /* folded away */
	s.ports = 0;
	CHECK(label(s) == TOOL_MIRAI);
}

static void test_order(void)
{
	struct source s = marked(10, MARK_MASSCAN, 10);

	s.marks[MARK_NMAP] = 10;
	s.marks[MARK_IRREGULAR] = 10;
	CHECK(label(s) == TOOL_MASSCAN);
	s.marks[MARK_MIRAI] = 10;
	CHECK(label(s) == TOOL_MIRAI);
	s.marks[MARK_MIRAI] = s.marks[MARK_MASSCAN] = 0;
	CHECK(label(s) == TOOL_NMAP);
	s.marks[MARK_NMAP] = 4;
	CHECK(label(s) == TOOL_IRREGULAR);
}

static void test_unicorn(void)
{
	struct source s = scanner(5);

	s.unicorn = 2;
	CHECK(label(s) == TOOL_UNKNOWN);
	s.unicorn = 3;
	CHECK(label(s) == TOOL_UNICORN);
	CHECK_U64(judged(&s, 1).packets, 3);
	s.syns = s.packets = 0;
	CHECK(label(s) == TOOL_UNKNOWN);
}

static void test_worms(void)
{
	static const struct {
		uint64_t proto, port;
		enum tool tool;
	} rows[] = {
	        {PROTO_UDP, 1434, TOOL_SLAMMER}, {PROTO_UDP, 31337, TOOL_WITTY},
	        {PROTO_TCP, 80, TOOL_CODERED},   {PROTO_TCP, 135, TOOL_BLASTER},
	        {PROTO_TCP, 81, TOOL_UNKNOWN},   {PROTO_ICMP, 0, TOOL_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct source s = {.packets = 50, .destinations = 50, .ports = 1};

		s.marks[MARK_PAYLOAD] = 2;
		s.payload_port = rows[i].proto * 65536 + rows[i].port;
		CHECK(label(s) == rows[i].tool);
		s.marks[MARK_PAYLOAD] = 1;
		CHECK(label(s) == TOOL_UNKNOWN);
	}
}

static void test_conficker(void)
{
	struct source s = scanner(20);
	struct tool_verdict v;

	s.syn445_destinations = 10;
	v = judged(&s, 0.25);
	CHECK(v.tool == TOOL_CONFICKER); /* 0.25^10 = 9.5e-7 */
	CHECK_NEAR(v.p, 9.5367431640625e-7, 1e-18);
	CHECK(judged(&s, 0.5).tool == TOOL_UNKNOWN);
	CHECK(judged(&s, 1).tool == TOOL_UNKNOWN);
	CHECK(judged(&s, 0).tool == TOOL_UNKNOWN);
	s.syn445_destinations = 20;
	CHECK(judged(&s, 0.5).tool == TOOL_CONFICKER);
	s.signs = SIGN_NOT_CONFICKER;
	CHECK(judged(&s, 0.5).tool == TOOL_UNKNOWN);
	s.signs = 0;
	s.syn445_destinations = 9;
	CHECK(judged(&s, 0.01).tool == TOOL_UNKNOWN);
}

/* Rows of many targets say only that they are more than 16: the ports tell the rest. */
static void test_conficker_bound(void)
{
	struct source s = scanner(40);

	s.syn445_destinations = 17;
	s.top_port_count = 1;
	s.top_ports[0] = (struct source_port){PROTO_TCP, KIND_SCAN, 445, 40};
	CHECK(judged(&s, 0.5).tool == TOOL_CONFICKER);
	s.top_ports[0].packets = 19; /* 21 targets may have been asked for something else */
	CHECK(judged(&s, 0.5).tool == TOOL_UNKNOWN);
	s.top_ports[0].packets = 20;
	CHECK(judged(&s, 0.5).tool == TOOL_CONFICKER);
	s.top_ports[0].port = 139;
	CHECK(judged(&s, 0.5).tool == TOOL_UNKNOWN);
}

static double share_of(const char *text)
{
	struct prefix_set set = {0};
	struct prefix p;
	double share;

	CHECK(prefix_parse(text, &p) == STATUS_OK && prefix_set_add(&set, p) == STATUS_OK);
	share = tool_conficker_share(&set);
	prefix_set_clear(&set);
	return share;
}

static void test_conficker_share(void)
{
	struct prefix_set none = {0};

	CHECK_NEAR(share_of("0.0.0.0/0"), 0.25, 0);
	CHECK_NEAR(share_of("44.0.0.0/8"), 0.25, 0);
	CHECK_NEAR(share_of("44.0.0.0/9"), 0.5, 0);
	CHECK_NEAR(share_of("44.128.0.0/16"), 0, 0);
	CHECK_NEAR(share_of("44.127.0.0/24"), 0.5, 0);
	CHECK_NEAR(share_of("44.127.0.0/25"), 1, 0);
	CHECK_NEAR(share_of("44.127.0.128/25"), 0, 0);
	CHECK_NEAR(share_of("44.127.0.5/32"), 1, 0);
	CHECK_NEAR(share_of("2001:db8::/32"), 1, 0);
	CHECK_NEAR(tool_conficker_share(&none), 1, 0);
}

static void test_zmap_like(void)
{
	struct source s = marked(2, MARK_ZMAP_LIKE, 2);

	CHECK(label(s) == TOOL_ZMAP_LIKE);
	CHECK(isnan(judged(&s, 1).p));
	s.signs = SIGN_REPEATED; /* a Windows host tries again */
	CHECK(label(s) == TOOL_UNKNOWN);
	s = marked(30, MARK_ZMAP_LIKE, 30);
	s.destinations = 10; /* the same, between other attempts */
	CHECK(label(s) == TOOL_UNKNOWN);
	s.ports = 3; /* three ports of each */
	CHECK(label(s) == TOOL_ZMAP_LIKE);
	s.marks[MARK_ZMAP_LIKE] = 29;
	CHECK(label(s) == TOOL_UNKNOWN);
	CHECK(label(marked(1, MARK_ZMAP_LIKE, 1)) == TOOL_UNKNOWN);
}

/* 900 probes drawn over 256 addresses reach 248 of them; three tries of each reach fewer. */
static void test_small_telescope(void)
{
	struct tool_telescope small = {256, 1}, large = {65536, 1};
	struct source s = marked(900, MARK_ZMAP_LIKE, 900);

	s.destinations = 248;
	CHECK(tool_judge(&s, &small).tool == TOOL_ZMAP_LIKE);
	CHECK(tool_judge(&s, &large).tool == TOOL_UNKNOWN);
	CHECK(label(s) == TOOL_UNKNOWN);
	s.destinations = 160;
	CHECK(tool_judge(&s, &small).tool == TOOL_UNKNOWN);
}

static void test_irregular(void)
{
	struct source s = marked(4, MARK_IRREGULAR, 4);

	CHECK(label(s) == TOOL_IRREGULAR);
	s.destinations = 3; /* does it scan at all? */
	CHECK(label(s) == TOOL_UNKNOWN);
	CHECK(label(marked(50, MARK_IRREGULAR, 49)) == TOOL_UNKNOWN);
}

/* One SYN without options, every field drawn at random, its marks by the rules' text. */
static void random_syn(struct prng *r, struct source *s)
{
	uint32_t seq = prng_u32(r), dst = prng_u32(r) % 65536 + 0x2c000000;
	uint16_t id = (uint16_t)prng_u32(r), window = (uint16_t)prng_u32(r);
	uint16_t port = (uint16_t)prng_u32(r);

	s->packets++;
	s->syns++;
	s->kinds[KIND_SCAN]++;
	s->destinations++;
	s->ports++;
	s->marks[MARK_ZMAP] += id == 54321 && window == 65535;
	s->marks[MARK_MASSCAN] += id == ((dst ^ port ^ seq) & 0xffff);
	s->marks[MARK_MIRAI] += seq == dst;
	s->marks[MARK_HAJIME] += window == 14600 && (!(seq >> 16) || !(seq & 0xffff));
	s->marks[MARK_IRREGULAR]++;
	s->signs |= dst & 0x800080 ? SIGN_NOT_CONFICKER : 0;
}

/* A million SYNs from random sources: about 116 send two packets. To be sure, here every
 * other source sends two and some send three. No label, not even a weak one. */
static void test_storm(void)
{
	unsigned labels = 0;
	struct prng r;

	prng_init(&r, 4);
	for (unsigned sent = 0; sent < 1000000;) {
		struct source s = {0};
		unsigned n = prng_below(&r, 50) == 0 ? 3 : 1 + prng_below(&r, 2);

		for (unsigned i = 0; i < n; i++)
			random_syn(&r, &s);
		sent += n;
		labels += judged(&s, 0.25).tool != TOOL_UNKNOWN;
	}
	CHECK_U64(labels, 0);
}

/* All-random facts must never give a label that cannot be, nor a chance that is none. */
static void test_any(void)
{
	bool fine = true;
	struct prng r;

	prng_init(&r, 5);
	for (int round = 0; round < 20000; round++) {
		unsigned shift = prng_below(&r, 64);
		struct source s = {.packets = prng_u64(&r) >> shift, .syns = prng_u64(&r) >> shift};
		struct tool_verdict v;

		for (int i = 0; i < MARK_COUNT; i++)
			s.marks[i] = prng_below(&r, 3) ? 0 : prng_u64(&r) >> prng_below(&r, 64);
		s.unicorn = prng_u64(&r) >> prng_below(&r, 64);
		s.payload_port = prng_u32(&r) & 0x1fffff;
		s.destinations = (double)(prng_u64(&r) >> prng_below(&r, 64));
		s.syn445_destinations = fmin((double)prng_below(&r, 40), (double)s.syns);
		s.ports = prng_u64(&r) >> prng_below(&r, 64);
		s.signs = (uint16_t)prng_u32(&r);
		v = judged(&s, prng_unit(&r));
		fine &= (unsigned)v.tool < TOOL_COUNT;
		fine &= isnan(v.p) || (v.p > 0 && v.p < 1e-6);
		fine &= v.tool == TOOL_UNKNOWN ? v.packets == 0 && isnan(v.p) : v.packets >= 2;
	}
	CHECK(fine);
}

int main(void)
{
	test_packet_rules();
	test_repeats();
	test_order();
	test_unicorn();
	test_worms();
	test_conficker();
	test_conficker_bound();
	test_conficker_share();
	test_zmap_like();
	test_small_telescope();
	test_irregular();
	test_storm();
	test_any();
	return tap_done();
}
