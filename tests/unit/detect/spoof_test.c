/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/spoof.h"

#include "base/prng.h"
#include "tap.h"

#include <stdlib.h>

/* A source of one SYN in the public space. */
static struct source single(uint32_t address, uint16_t ip_id, uint8_t ttl)
{
	struct source s = {
	        .address = addr_v4(address),
	        .packets = 1,
	        .syns = 1,
	        .destinations = 1,
	        .ports = 1,
	        .ip_id = ip_id,
	        .ip_len = 40,
	        .tcp_window = 512,
	        .ttl_min = ttl,
	        .ttl_max = ttl,
	};

	s.kinds[KIND_SCAN] = 1;
	return s;
}

static struct source many(uint32_t address)
{
	struct source s = single(address, 7, 50);

	s.packets = s.syns = s.kinds[KIND_SCAN] = 100;
	return s;
}

static double score_of(struct source s)
{
	struct verdict v = {0};

	spoof_judge(NULL, &s, false, &v);
	return v.spoof_score;
}

static void test_signs(void)
{
	struct source s = many(0x08080808);
	struct verdict v = {0};

	CHECK_NEAR(score_of(s), 0, 0);
	CHECK_NEAR(score_of(many(0x0a000001)), 0.9, 1e-12);
	s.signs = SIGN_PORT_ZERO;
	CHECK_NEAR(score_of(s), 0.2, 1e-12);
	s.signs = SIGN_ODD_SOURCE | SIGN_RESERVED_BITS;
	CHECK_NEAR(score_of(s), 1 - 0.9 * 0.7, 1e-12);
	s.signs = SIGN_LONG_PATH | SIGN_TTL_VARIES | SIGN_REPEATED;
	CHECK_NEAR(score_of(s), 0, 0);
	s.ttl_max = (uint8_t)(s.ttl_min + 15);
	CHECK_NEAR(score_of(s), 0, 0);
	s.ttl_max++;
	s.signs |= SIGN_BOGON_SOURCE;
	spoof_judge(NULL, &s, false, &v);
	CHECK_U64(v.spoof_reason_count, 2);
	CHECK_STR(v.spoof_reasons[1], "TTL varies");
}

static void test_one_packet(void)
{
	struct source s = single(0x0a0000ff, 9, 60);

	s.signs = SIGN_SELF | SIGN_PORT_ZERO | SIGN_RESERVED_BITS | SIGN_ODD_SOURCE;
	CHECK_NEAR(score_of(s), 0.5, 0);
	s.packets = s.kinds[KIND_SCAN] = 2;
	CHECK(score_of(s) > 0.9);
}

/* A victim's answers vary in TTL and may come from anything; only its address counts. */
static void test_victim(void)
{
	struct source s = many(0x08080800);

	s.kinds[KIND_SCAN] = 0;
	s.kinds[KIND_BACKSCATTER] = 100;
	s.signs = SIGN_ODD_SOURCE | SIGN_PORT_ZERO;
	s.ttl_min = 1;
	s.ttl_max = 255;
	CHECK_NEAR(score_of(s), 0, 0);
}

static void test_at_home(void)
{
	struct source lan = many(0xc0a80001), test_net = many(0xc6336401);
	struct verdict v = {0};

	spoof_judge(NULL, &lan, true, &v);
	CHECK_NEAR(v.spoof_score, 0, 0);
	spoof_judge(NULL, &test_net, true, &v);
	CHECK_NEAR(v.spoof_score, 0.9, 1e-12);
}

/* 1,000 forged sources of one fingerprint among 100,000 real ones. */
static void test_flood(uint8_t ttl_spread, double want)
{
	struct spoof_census *c = spoof_census_new();
	struct source forged = single(0x01010101, 4242, 61), honest = single(0x01020304, 1, 50);
	struct verdict v = {0};
	struct prng r;

	prng_init(&r, 3);
	for (uint32_t i = 0; i < 1000; i++) {
		struct source s = single(0x01010101 + i, 4242, 61);

		s.ttl_min = s.ttl_max = (uint8_t)(s.ttl_min + (ttl_spread ? i % ttl_spread : 0));
		spoof_census_add(c, &s);
	}
	for (uint32_t i = 0; i < 100000; i++) {
		struct source s = single(prng_u32(&r), (uint16_t)prng_u32(&r), 50);

		spoof_census_add(c, &s);
	}
	CHECK(spoof_census_sharers(c, &forged) >= 999 && spoof_census_sharers(c, &forged) < 1100);
	spoof_judge(c, &forged, false, &v);
	CHECK_NEAR(v.spoof_score, want, 1e-12);
	spoof_judge(c, &honest, false, &v);
	CHECK_NEAR(v.spoof_score, 0, 0);
	spoof_census_free(c);
}

/* Chance alone: two million sources of random IP id share each of the 2^16 with some 30
 * others, and cells with more: often more than RULE_SHARERS. */
static void test_crowd(void)
{
	struct spoof_census *c = spoof_census_new();
	struct source s = single(0x01000000, 1, 50);
	uint32_t shared = 0;
	unsigned accused = 0;
	struct prng r;

	prng_init(&r, 8);
	for (uint32_t i = 0; i < 2000000; i++) {
		s.ip_id = (uint16_t)prng_u32(&r);
		spoof_census_add(c, &s);
	}
	for (uint32_t id = 1; id < 65536; id++) {
		struct verdict v = {0};

		s.ip_id = (uint16_t)id;
		spoof_judge(c, &s, false, &v);
		accused += v.spoof_score > 0;
		shared += spoof_census_sharers(c, &s) >= 50;
	}
	CHECK(shared > 1000);
	CHECK_U64(accused, 0);
	spoof_census_free(c);
}

/* The order of adding changes nothing. */
static void test_order(void)
{
	struct spoof_census *up = spoof_census_new(), *down = spoof_census_new();
	bool same = true;

	for (uint32_t i = 0; i < 5000; i++) {
		struct source a = single(0x01000000 + i, (uint16_t)(i % 37 + 1), (uint8_t)(i % 90));
		struct source b = single(0x01000000 + 4999 - i, (uint16_t)((4999 - i) % 37 + 1),
		                         (uint8_t)((4999 - i) % 90));

		spoof_census_add(up, &a);
		spoof_census_add(down, &b);
	}
	for (uint16_t id = 1; id < 60; id++) {
		struct source s = single(1, id, 3);
		struct verdict v = {0}, w = {0};

		spoof_judge(up, &s, false, &v);
		spoof_judge(down, &s, false, &w);
		same &= v.spoof_score == w.spoof_score &&
		        spoof_census_sharers(up, &s) == spoof_census_sharers(down, &s);
	}
	CHECK(same);
	spoof_census_free(up);
	spoof_census_free(down);
	spoof_census_free(NULL);
}

static void test_not_counted(void)
{
	struct spoof_census *c = spoof_census_new();
	struct source zero = single(1, 0, 9), zmap = single(1, 54321, 9), busy = many(0x08080808);

	zmap.tcp_window = 65535;
	for (int i = 0; i < 100; i++) {
		spoof_census_add(c, &zero);
		spoof_census_add(c, &zmap);
		spoof_census_add(c, &busy);
	}
	CHECK_U64(spoof_census_sharers(c, &zero), 0);
	CHECK_U64(spoof_census_sharers(c, &zmap), 0);
	CHECK_U64(spoof_census_sharers(c, &busy), 0);
	zmap.tcp_window = 1024;
	CHECK_U64(spoof_census_sharers(c, &zmap), 0); /* nothing was added */
	spoof_census_free(c);
}

int main(void)
{
	test_signs();
	test_one_packet();
	test_victim();
	test_at_home();
	test_flood(0, 1 - 0.7 * 0.3);
	test_flood(20, 0.3);
	test_crowd();
	test_order();
	test_not_counted();
	return tap_done();
}
