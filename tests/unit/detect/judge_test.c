/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/judge.h"

#include "base/prng.h"
#include "tap.h"

#define SECOND UINT64_C(1000000000)

static struct prefix_set monitoring(const char *text)
{
	struct prefix_set set = {0};
	struct prefix p;

	CHECK(prefix_parse(text, &p) == STATUS_OK && prefix_set_add(&set, p) == STATUS_OK);
	prefix_set_seal(&set);
	return set;
}

static struct source scanner(uint32_t address, uint64_t packets)
{
	struct source s = {
	        .address = addr_v4(address),
	        .packets = packets,
	        .syns = packets,
	        .destinations = (double)packets,
	        .ports = 1,
	        .last_ns = 3600 * SECOND,
	        .top_port_count = 1,
	};

	s.kinds[KIND_SCAN] = packets;
	s.top_ports[0] = (struct source_port){6, KIND_SCAN, 23, packets};
	return s;
}

static void test_scanner(void)
{
	struct prefix_set net = monitoring("44.0.0.0/16");
	struct source s = scanner(0x05060708, 7000);
	struct judge_context c;
	struct verdict v;

	judge_context_init(&c, &net, false, NULL);
	CHECK_NEAR(c.addresses, 65536, 0);
	CHECK_NEAR(c.tools.conficker_share, 0.5, 0);
	s.marks[MARK_MIRAI] = 7000;
	judge_source(&c, &s, &v);
	CHECK(v.behaviour == BEHAVIOUR_HORIZONTAL && v.tool == TOOL_MIRAI);
	CHECK(v.internet_wide && v.aggressive);
	CHECK_U64(v.tool_packets, 7000);
	CHECK_NEAR(v.spoof_score, 0, 0);
	prefix_set_clear(&net);
}

/* Answers from inside are never scanners; an inferred telescope has no inside. */
static void test_inside(void)
{
	struct prefix_set net = monitoring("44.0.0.0/16");
	struct source s = scanner(0x2c000005, 7000);
	struct judge_context c;
	struct verdict v;

	s.marks[MARK_MIRAI] = 7000;
	s.signs = SIGN_SELF;
	judge_context_init(&c, &net, false, NULL);
	judge_source(&c, &s, &v);
	CHECK(v.behaviour == BEHAVIOUR_OUTBOUND && v.tool == TOOL_UNKNOWN && isnan(v.tool_p));
	CHECK(!v.aggressive && !v.internet_wide && v.spoof_score == 0);
	judge_context_init(&c, &net, true, NULL);
	judge_source(&c, &s, &v);
	CHECK(v.behaviour == BEHAVIOUR_HORIZONTAL && v.tool == TOOL_MIRAI);
	prefix_set_clear(&net);
}

static void test_v6_telescope(void)
{
	struct prefix_set net = monitoring("2001:db8::/48");
	struct source s = scanner(0x05060708, 7000);
	struct judge_context c;
	struct verdict v;

	CHECK(addr_parse("2a00::1", &s.address) == STATUS_OK);
	judge_context_init(&c, &net, false, NULL);
	CHECK_NEAR(c.addresses, 0x1p80, 0);
	CHECK_NEAR(c.addresses_v4, 0, 0);
	judge_source(&c, &s, &v);
	CHECK(v.behaviour == BEHAVIOUR_HORIZONTAL && !v.internet_wide && !v.aggressive);
	CHECK_NEAR(judge_attack_rule(&c, true).monitored, 0, 0);
	CHECK(judge_attack_rule(&c, true).rsdos && !judge_attack_rule(&c, false).rsdos);
	prefix_set_clear(&net);
}

/* The size of the IPv4 part says nothing about a source of IPv6. */
static void test_both_families(void)
{
	struct prefix_set net = monitoring("44.0.0.0/24");
	struct source s = scanner(0x05060708, 7000);
	struct judge_context c;
	struct verdict v;
	struct prefix p;

	CHECK(prefix_parse("2a00:1::/48", &p) == STATUS_OK && prefix_set_add(&net, p) == STATUS_OK);
	prefix_set_seal(&net);
	judge_context_init(&c, &net, false, NULL);
	CHECK_NEAR(c.addresses, 256, 0);
	judge_source(&c, &s, &v);
	CHECK(v.internet_wide && v.aggressive);
	CHECK(addr_parse("2a00::1", &s.address) == STATUS_OK);
	judge_source(&c, &s, &v);
	CHECK(v.behaviour == BEHAVIOUR_HORIZONTAL && !v.internet_wide && !v.aggressive);
	prefix_set_clear(&net);
}

/* Nothing is monitored, nothing was seen. */
static void test_nothing(void)
{
	struct prefix_set net = {0};
	struct source s = {0};
	struct judge_context c;
	struct verdict v;

	judge_context_init(&c, &net, true, NULL);
	judge_source(&c, &s, &v);
	CHECK(v.behaviour == BEHAVIOUR_OTHER && v.tool == TOOL_UNKNOWN);
}

static uint64_t random_count(struct prng *r)
{
	return prng_below(r, 3) ? prng_below(r, 40) : prng_u64(r) >> prng_below(r, 64);
}

static struct source random_source(struct prng *r)
{
	struct source s = {.address = addr_v4(prng_u32(r)), .packets = random_count(r)};

	for (int i = 0; i < KIND_COUNT; i++)
		s.kinds[i] = random_count(r);
	for (int i = 0; i < MARK_COUNT; i++)
		s.marks[i] = random_count(r);
	s.syns = random_count(r);
	s.unicorn = random_count(r);
	s.payload_port = prng_u32(r) & 0x1fffff;
	s.destinations = (double)random_count(r);
	s.syn445_destinations = (double)prng_below(r, 50);
	s.ports = random_count(r);
	s.top_port_count = prng_below(r, SOURCE_PORTS + 1);
	for (unsigned i = 0; i < s.top_port_count; i++)
		s.top_ports[i].packets = random_count(r);
	s.ttl_min = (uint8_t)prng_u32(r);
	s.ttl_max = (uint8_t)prng_u32(r);
	s.signs = (uint16_t)prng_u32(r);
	s.ip_id = (uint16_t)prng_u32(r);
	s.first_ns = prng_u64(r);
	s.last_ns = prng_u64(r);
	return s;
}

static bool is_sound(const struct verdict *v)
{
	bool sound = (unsigned)v->behaviour < BEHAVIOUR_COUNT && (unsigned)v->tool < TOOL_COUNT;

	sound &= v->spoof_score >= 0 && v->spoof_score <= 1;
	sound &= v->spoof_reason_count <= SPOOF_REASONS;
	sound &= (v->spoof_score > 0) == (v->spoof_reason_count > 0);
	for (unsigned i = 0; i < v->spoof_reason_count; i++)
		sound &= v->spoof_reasons[i] && v->spoof_reasons[i][0];
	return sound && (isnan(v->tool_p) || (v->tool_p > 0 && v->tool_p < 1e-6));
}

/* Whatever the facts: scores in range, enums in range. */
static void test_any(void)
{
	struct prefix_set net = monitoring("44.0.0.0/10");
	struct spoof_census *census = spoof_census_new();
	struct judge_context c;
	struct prng r;
	bool sound = true;

	prng_init(&r, 11);
	judge_context_init(&c, &net, false, census);
	for (int round = 0; round < 50000; round++) {
		struct source s = random_source(&r);
		struct verdict v;

		spoof_census_add(census, &s);
		judge_source(&c, &s, &v);
		sound &= is_sound(&v);
	}
	CHECK(sound);
	spoof_census_free(census);
	prefix_set_clear(&net);
}

int main(void)
{
	test_scanner();
	test_inside();
	test_v6_telescope();
	test_both_families();
	test_nothing();
	test_any();
	return tap_done();
}
