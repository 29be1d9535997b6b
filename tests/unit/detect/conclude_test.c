/* SPDX-License-Identifier: Apache-2.0 */
/* A capture whose answers are known, from packets to findings, with one and more threads (pthread).
 */
#include "aggregate/shard.h"
#include "detect/conclude.h"

#include "tap.h"

#include "bytes.h"

#include "../aggregate/captures.h"

#define SECOND UINT64_C(1000000000)
#define START  (UINT64_C(1700000040) * SECOND)

enum {
	NET = 0x2d2d0000,      /* 45.45.0.0/20, monitored */
	SCANNER = 0x08080101,  /* horizontal, Mirai, port 23 */
	VERTICAL = 0x08080202, /* ports of one address */
	VICTIM = 0x08080303,   /* answers from port 80 for ten minutes */
	MISTAKE = 0x08080404,  /* one address, one UDP port, steady */
	INSIDE = NET + 7,      /* answers to the vertical scan */
	RANDOM = 1000,         /* sources of one packet each */
};

static void put_at(struct bytes *b, uint32_t second, struct made_ip m)
{
	m.time_ns = START + second * SECOND + b->size % 1000;
	m.ttl = m.ttl ? m.ttl : 60;
	m.window = m.window ? m.window : 29200;
	capture_put(b, &m);
}

/* Ten minutes, a packet of each source each second. */
static void put_capture(struct bytes *b)
{
	capture_start(b);
	for (uint32_t i = 0; i < 600; i++) {
		uint32_t dst = NET + i * 2654435761u % 4096;

		put_at(b, i,
		       (struct made_ip){.src = SCANNER,
		                        .dst = dst,
		                        .seq = dst,
		                        .sport = 5,
		                        .dport = 23,
		                        .proto = 6,
		                        .flags = 2,
		                        .ip_id = (uint16_t)(i * 31)});
		if (i < 500) {
			put_at(b, i,
			       (struct made_ip){.src = VERTICAL,
			                        .dst = INSIDE,
			                        .seq = i,
			                        .sport = 6,
			                        .dport = (uint16_t)(i + 1),
			                        .proto = 6,
			                        .flags = 2,
			                        .ip_id = (uint16_t)(i * 37)});
			put_at(b, i,
			       (struct made_ip){.src = INSIDE,
			                        .dst = VERTICAL,
			                        .seq = i,
			                        .sport = (uint16_t)(i + 1),
			                        .dport = 6,
			                        .proto = 6,
			                        .flags = 0x14});
		}
		put_at(b, i,
		       (struct made_ip){.src = VICTIM,
		                        .dst = dst ^ 1,
		                        .seq = i * 77,
		                        .sport = 80,
		                        .dport = (uint16_t)(1024 + i),
		                        .proto = 6,
		                        .flags = 0x12});
		put_at(b, i,
		       (struct made_ip){.src = MISTAKE,
		                        .dst = NET + 99,
		                        .sport = 999,
		                        .dport = 514,
		                        .proto = 17});
	}
	for (uint32_t i = 0; i < RANDOM; i++)
		put_at(b, 599,
		       (struct made_ip){.src = 0x0b000000 + i * 65537,
		                        .dst = NET + i * 2654435761u % 4096,
		                        .seq = i * 99991,
		                        .sport = 7,
		                        .dport = 445,
		                        .proto = 6,
		                        .flags = 2,
		                        .ip_id = (uint16_t)(i * 41),
		                        .ttl = (uint8_t)(40 + i % 60)});
}

static const struct source_report *find(const struct analysis *a, uint32_t address)
{
	struct addr wanted = addr_v4(address);

	for (size_t i = 0; i < a->source_count; i++) {
		if (addr_compare(&a->sources[i].facts.address, &wanted) == 0)
			return &a->sources[i];
	}
	return NULL;
}

static void check_sources(const struct analysis *a)
{
	const struct source_report *s = find(a, SCANNER);

	CHECK(s && s->facts.packets == 600 && s->verdict.behaviour == BEHAVIOUR_HORIZONTAL);
	CHECK(s && s->verdict.tool == TOOL_MIRAI && s->verdict.tool_packets == 600);
	CHECK(s && s->facts.ports == 1 && s->facts.top_ports[0].port == 23);
	if (s)
		CHECK_NEAR(s->facts.destinations, 600, 80);
	s = find(a, VERTICAL);
	CHECK(s && s->verdict.behaviour == BEHAVIOUR_VERTICAL && s->facts.ports == 500);
	CHECK(s && s->facts.destinations == 1 && s->verdict.tool == TOOL_UNKNOWN);
	s = find(a, VICTIM);
	CHECK(s && s->verdict.behaviour == BEHAVIOUR_BACKSCATTER);
	s = find(a, MISTAKE);
	CHECK(s && s->verdict.behaviour == BEHAVIOUR_ONE_FLOW);
	s = find(a, INSIDE);
	CHECK(s && s->verdict.behaviour == BEHAVIOUR_OUTBOUND);
	CHECK(s && s->facts.kinds[KIND_OUTBOUND] == 500);
	CHECK_U64(a->sources_total, 5 + RANDOM);
}

static void check_sums(const struct analysis *a)
{
	uint64_t kinds = 0, ports = 0, series = 0, behaviours = 0, bins = 0;

	for (int i = 0; i < KIND_COUNT; i++)
		kinds += a->kinds[i];
	for (size_t i = 0; i < a->port_count; i++) {
		ports += a->ports[i].packets;
		for (unsigned k = 0; k < PORT_BINS; k++)
			bins += a->ports[i].bins[k];
	}
	for (size_t i = 0; i < a->series_count; i++) {
		for (int k = 0; k < SERIES_COUNT; k++)
			series += a->series[i].packets[k];
	}
	for (int i = 0; i < BEHAVIOUR_COUNT; i++)
		behaviours += a->behaviours[i];
	CHECK_U64(a->packets, 600 * 3 + 500 * 2 + RANDOM);
	CHECK_U64(kinds, a->packets);
	CHECK_U64(series, a->packets);
	CHECK_U64(behaviours, a->kinds[KIND_SCAN]);
	CHECK_U64(a->kinds[KIND_SCAN], 600 * 2 + 500 + RANDOM);
	CHECK_U64(a->kinds[KIND_BACKSCATTER], 600);
	CHECK_U64(a->kinds[KIND_OUTBOUND], 500);
	CHECK_U64(a->tools[TOOL_MIRAI].sources, 1);
	CHECK_U64(a->tools[TOOL_MIRAI].packets, 600);
	CHECK_U64(a->tools[TOOL_MASSCAN].sources + a->tools[TOOL_ZMAP].sources, 0);
	CHECK_U64(bins, ports);
	/* in the first minute: two scan, however many ports; one answers, one errs, one is ours */
	CHECK(a->series[0].sources[SERIES_SCAN_TCP] == 2 && a->series[0].sources_all == 5);
}

static void check_attack(const struct analysis *a, const char *rule)
{
	const struct attack *v = &a->attacks[0];
	struct addr victim = addr_v4(VICTIM);

	CHECK_U64(a->attack_count, 1);
	if (a->attack_count != 1)
		return;
	CHECK(addr_compare(&v->victim, &victim) == 0 && v->port == 80 && v->proto == PROTO_TCP);
	CHECK(v->packets == 600 && v->highest_minute == 60);
	CHECK_STR(v->rule, rule);
	CHECK(v->state == ATTACK_CONFIRMED);
	/* a packet a second of 4096 addresses: 2^32 / 4096 at the victim */
	CHECK_NEAR(v->rate, 1048576, 3000);
	CHECK(v->rate_low < v->rate && v->rate < v->rate_high);
}

static void run(const struct bytes *b, unsigned threads, bool named, bool rsdos, uint64_t top,
                struct analysis *a)
{
	struct pipeline_options o = {
	        .threads = threads, .memory = PIPELINE_MEMORY_MIN, .destination_key = 1};
	struct conclude_options c = {.top = top, .rsdos = rsdos, .threads = threads};
	struct prefix_set monitored = {0};
	struct addr net = addr_v4(NET);
	struct capture_run r;

	if (prefix_set_add(&monitored, prefix_of(&net, 116)))
		abort();
	prefix_set_seal(&monitored);
	if (named)
		o.monitored = c.monitored = &monitored;
	r = capture_read(b, &o);
	CHECK(r.finished == STATUS_OK);
	CHECK(conclude(r.pipeline, &c, a) == STATUS_OK);
	pipeline_free(r.pipeline);
	prefix_set_clear(&monitored);
}

static void test_named(const struct bytes *b)
{
	for (unsigned threads = 1; threads <= 16; threads += 5) {
		struct analysis a = {0};

		run(b, threads, true, threads == 6, UINT64_MAX, &a);
		CHECK(!a.inferred && a.telescope.count == 1 && a.addresses == 4096);
		check_sources(&a);
		check_sums(&a);
		check_attack(&a, threads == 6 ? "rsdos" : "telescope");
		CHECK_U64(a.warning_count, 0);
		analysis_clear(&a);
	}
}

/* Without --net: the space is found, and the address inside that only answered is no victim. */
static void test_inferred(const struct bytes *b)
{
	struct analysis a = {0};
	char text[PREFIX_TEXT_MAX] = "";

	run(b, 2, false, true, UINT64_MAX, &a);
	CHECK(a.inferred && a.telescope.count == 1);
	if (a.telescope.count)
		prefix_text(&a.telescope.items[0], text);
	CHECK_STR(text, "45.45.0.0/20");
	CHECK_U64(a.kinds[KIND_OUTBOUND], 500);
	CHECK_U64(a.kinds[KIND_BACKSCATTER], 600);
	check_attack(&a, "rsdos"); /* and not what INSIDE answered */
	for (size_t i = 0; i < a.port_count; i++) {
		if (a.ports[i].kind == KIND_BACKSCATTER && a.ports[i].port != 80)
			CHECK_U64(a.ports[i].packets, 0);
	}
	analysis_clear(&a);
}

/* The best n of all shards, in order: by packets, then by address. */
static void check_tops(const struct bytes *b)
{
	static const uint64_t tops[] = {0, 1, 4, 5, 50, 100, 150, 250, 400};
	struct analysis all = {0};

	run(b, 3, true, false, UINT64_MAX, &all);
	for (size_t i = 1; i < all.source_count; i++) {
		const struct source *x = &all.sources[i - 1].facts, *y = &all.sources[i].facts;

		if (x->packets < y->packets ||
		    (x->packets == y->packets && addr_compare(&x->address, &y->address) >= 0))
			CHECK(false);
	}
	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		struct analysis a = {0};
		bool same = true;

		run(b, 1, true, false, tops[i], &a);
		CHECK_U64(a.source_count, tops[i] < all.source_count ? tops[i] : all.source_count);
		for (size_t k = 0; k < a.source_count; k++)
			same &= addr_compare(&a.sources[k].facts.address,
			                     &all.sources[k].facts.address) == 0;
		CHECK(same);
		analysis_clear(&a);
	}
	analysis_clear(&all);
}

static void test_top(const struct bytes *b)
{
	struct bytes many = {0};

	check_tops(b);
	/* A hundred large ones, many small ones, then many of middle size, the best of them last:
	 * whoever keeps the best by shard has to throw the small ones out for them. */
	capture_start(&many);
	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t packets = i < 100 ? 5 : i < 1500 ? 1 : 2;

		for (uint32_t k = 0; k < packets; k++)
			put_at(&many, i / 10,
			       (struct made_ip){.src = 0x0b000000 + 3000 - i,
			                        .dst = NET + k,
			                        .dport = 23,
			                        .proto = 6,
			                        .flags = 2});
	}
	check_tops(&many);
	bytes_clear(&many);
}

/* IPv6 destinations are not cut down to the number of IPv4 addresses. */
static void test_both_families(void)
{
	struct pipeline_options o = {
	        .threads = 2, .memory = PIPELINE_MEMORY_MIN, .destination_key = 1};
	struct conclude_options c = {.top = 10, .threads = 1};
	struct prefix_set monitored = {0};
	struct analysis a = {0};
	struct capture_run r;
	struct bytes b = {0};
	struct prefix p;

	if (prefix_parse("45.45.0.0/30", &p) || prefix_set_add(&monitored, p) ||
	    prefix_parse("2001:db8::/64", &p) || prefix_set_add(&monitored, p))
		abort();
	prefix_set_seal(&monitored);
	o.monitored = c.monitored = &monitored;
	capture_start(&b);
	for (uint32_t i = 0; i < 500; i++)
		put_at(&b, i,
		       (struct made_ip){.src = 5,
		                        .dst = i,
		                        .dport = 23,
		                        .proto = 6,
		                        .flags = 2,
		                        .v6 = true});
	r = capture_read(&b, &o);
	CHECK(conclude(r.pipeline, &c, &a) == STATUS_OK);
	CHECK_U64(a.source_count, 1);
	if (a.source_count)
		CHECK_NEAR(a.sources[0].facts.destinations, 500, 70);
	analysis_clear(&a);
	pipeline_free(r.pipeline);
	prefix_set_clear(&monitored);
	bytes_clear(&b);
}

/* Past the budget: kept and folded make all, and the report warns. */
static void test_folded(void)
{
	struct analysis a = {0};
	struct bytes b = {0};
	uint64_t kept = 0, kinds = 0;
	bool warned = false;

	capture_start(&b);
	for (uint32_t i = 0; i < 150000; i++)
		put_at(&b, i / 500,
		       (struct made_ip){.src = 0x0b000000 + i,
		                        .dst = NET + i % 4096,
		                        .dport = 23,
		                        .proto = 6,
		                        .flags = 2});
	run(&b, 2, true, false, UINT64_MAX, &a);
	for (size_t i = 0; i < a.source_count; i++)
		kept += a.sources[i].facts.packets;
	for (int i = 0; i < KIND_COUNT; i++)
		kinds += a.kinds[i];
	for (size_t i = 0; i < a.warning_count; i++)
		warned |= strstr(a.warnings[i], "folded") != NULL;
	CHECK(a.folded.sources > 0 && a.source_count > 0);
	CHECK_U64(a.folded.packets + kept, 150000);
	CHECK_U64(kinds, 150000);
	CHECK_NEAR((double)a.sources_total, 150000, 4500); /* estimated once some were folded */
	CHECK(warned);
	analysis_clear(&a);
	bytes_clear(&b);
}

/* Nothing at all is an analysis too. */
static void test_nothing(void)
{
	struct analysis a = {0};
	struct bytes b = {0};

	capture_start(&b);
	run(&b, 1, false, false, 10, &a);
	CHECK(a.packets == 0 && a.first_ns == 0 && a.last_ns == 0);
	CHECK(a.source_count == 0 && a.attack_count == 0 && a.telescope.count == 0);
	analysis_clear(&a);
	bytes_clear(&b);
}

int main(void)
{
	struct bytes b = {0};

	put_capture(&b);
	test_named(&b);
	test_inferred(&b);
	test_top(&b);
	test_both_families();
	test_folded();
	test_nothing();
	bytes_clear(&b);
	return tap_done();
}
