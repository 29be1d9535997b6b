/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/fresh.h"

#include "base/prng.h"
#include "tap.h"

#include <stdlib.h>

#define HOUR  UINT64_C(3600000000000)
#define START (UINT64_C(1767225600000000000)) /* 2026-01-01T00:00:00Z */

/* An analysis of `columns` hours in which 23/tcp is asked for all the time. */
static struct analysis capture(size_t columns)
{
	struct analysis a = {
	        .port_bin_start_ns = START, .port_bin_ns = HOUR, .port_bin_count = columns};

	a.ports = calloc(500, sizeof(*a.ports));
	if (!a.ports)
		abort();
	a.ports[a.port_count++] = (struct port_report){
	        .proto = 6, .port = 23, .kind = KIND_SCAN, .packets = 10 * columns, .sources = 900};
	for (size_t b = 0; b < columns; b++)
		a.ports[0].bins[b] = 10;
	return a;
}

/* Asked for in each of the columns [from, to), by `sources` with `packets` in all. */
static struct port_report *add(struct analysis *a, uint16_t port, unsigned from, unsigned to,
                               uint64_t sources, uint64_t packets)
{
	struct port_report *p = &a->ports[a->port_count++];

	*p = (struct port_report){.proto = 6,
	                          .port = port,
	                          .kind = KIND_SCAN,
	                          .packets = packets,
	                          .sources = sources};
	for (unsigned b = from; b < to; b++)
		p->bins[b] = packets / (to - from);
	return p;
}

static void check_ports(struct analysis *a, size_t count, const uint16_t want[])
{
	CHECK(fresh_find(a) == STATUS_OK);
	CHECK_U64(a->fresh_count, count);
	for (size_t i = 0; i < count && i < a->fresh_count; i++)
		CHECK_U64(a->fresh[i].port, want[i]);
	analysis_clear(a);
}

static void test_new(void)
{
	struct analysis a = capture(24);

	add(&a, 37777, 8, 24, 4000, 400000);
	CHECK(fresh_find(&a) == STATUS_OK);
	CHECK_U64(a.fresh_count, 1);
	CHECK(a.fresh[0].proto == 6 && a.fresh[0].port == 37777);
	CHECK_U64(a.fresh[0].since_ns, START + 8 * HOUR);
	CHECK_U64(a.fresh[0].packets, 400000);
	CHECK_U64(a.fresh[0].sources, 4000);
	analysis_clear(&a);
	CHECK(a.fresh == NULL && a.fresh_count == 0);
}

/* One packet in the first part is enough to know the port. */
static void test_swelling(void)
{
	struct analysis a = capture(24);
	struct port_report *p = add(&a, 5555, 12, 24, 4000, 400000);

	p->bins[0] = 1;
	check_ports(&a, 0, NULL);
}

static void test_quarter(void)
{
	struct analysis a = capture(24);

	add(&a, 6, 6, 24, 4000, 400000);
	add(&a, 5, 5, 24, 4000, 400000);
	check_ports(&a, 1, (const uint16_t[]){6});
}

static void test_few(void)
{
	struct analysis a = capture(24);

	add(&a, 9, 18, 24, 9, 60000);
	add(&a, 10, 18, 24, 10, 60000);
	add(&a, 49, 18, 24, 40, 49);
	add(&a, 50, 18, 24, 40, 50);
	check_ports(&a, 2, (const uint16_t[]){50, 10});
}

/* Ten hours of silence, 14 of traffic: exp(-19 * 10 / 14) is above one in a million,
 * exp(-20 * 10 / 14) below; however many packets they send. */
static void test_chance(void)
{
	struct analysis a = capture(24);

	add(&a, 19, 10, 24, 19, 1000000);
	add(&a, 20, 10, 24, 20, 50);
	check_ports(&a, 1, (const uint16_t[]){20});
}

static void test_short(void)
{
	struct analysis a = capture(7), b = capture(8);

	add(&a, 37777, 4, 7, 4000, 400000);
	check_ports(&a, 0, NULL);
	add(&b, 37777, 4, 8, 4000, 400000);
	check_ports(&b, 1, (const uint16_t[]){37777});
}

static void test_kinds(void)
{
	struct analysis a = capture(24);

	for (uint8_t kind = 0; kind < KIND_COUNT; kind++)
		add(&a, (uint16_t)(1000 + kind), 12, 24, 4000, 400000)->kind = kind;
	check_ports(&a, 1, (const uint16_t[]){1000 + KIND_SCAN});
}

/* Two files with days between them: that nothing came then is no news. */
static void test_gap(void)
{
	struct analysis a = capture(48);
	struct port_report *steady = a.ports;

	memset(steady->bins, 0, sizeof(steady->bins));
	for (unsigned b = 0; b < 2; b++)
		steady->bins[b] = steady->bins[b + 40] = 10;
	for (unsigned b = 42; b < 48; b++)
		steady->bins[b] = 10;
	add(&a, 8, 41, 48, 30, 6000); /* 3 columns of 10, though 41 hours: too likely */
	add(&a, 9, 45, 48, 30, 6000); /* 7 of 10 */
	check_ports(&a, 1, (const uint16_t[]){9});
}

/* The largest hundred, in an order that does not depend on the ports'. */
static void test_many(void)
{
	struct analysis a = capture(24);
	bool ordered = true;

	for (unsigned i = 0; i < 300; i++) {
		unsigned at = i * 7 % 300;

		add(&a, (uint16_t)(at + 1), 12, 24, 1000 + at / 2 * 10, 9000);
	}
	a.ports[a.port_count] = a.ports[a.port_count - 1];
	a.ports[a.port_count++].proto = 17;
	CHECK(fresh_find(&a) == STATUS_OK);
	CHECK_U64(a.fresh_count, FRESH_MAX);
	CHECK(a.fresh[0].port == 299 && a.fresh[1].port == 300);
	for (size_t i = 1; i < a.fresh_count; i++) {
		const struct fresh_port *x = &a.fresh[i - 1], *y = &a.fresh[i];

		ordered &= x->sources > y->sources ||
		           (x->sources == y->sources &&
		            (x->port < y->port || (x->port == y->port && x->proto < y->proto)));
	}
	CHECK(ordered);
	analysis_clear(&a);
}

static void test_nothing(void)
{
	struct analysis a = {0};

	check_ports(&a, 0, NULL);
}

static uint64_t any_count(struct prng *r)
{
	return prng_below(r, 2) ? 0 : prng_u64(r) >> prng_below(r, 64);
}

/* Counts that do not fit together, and more columns than there are. */
static void test_hostile(void)
{
	struct prng r;
	bool sound = true;

	prng_init(&r, 23);
	for (int round = 0; round < 300; round++) {
		struct analysis a = capture(48);

		for (a.port_count = 0; a.port_count < 300; a.port_count++) {
			struct port_report *p = &a.ports[a.port_count];

			*p = (struct port_report){.kind = (uint8_t)prng_below(&r, 2),
			                          .port = (uint16_t)prng_u32(&r)};
			p->packets = any_count(&r);
			p->sources = any_count(&r);
			for (unsigned b = prng_below(&r, PORT_BINS); b < PORT_BINS; b++)
				p->bins[b] = any_count(&r);
		}
		a.port_bin_count = prng_below(&r, 3) ? prng_below(&r, 100) : SIZE_MAX;
		a.port_bin_ns = any_count(&r);
		sound &= fresh_find(&a) == STATUS_OK && a.fresh_count <= FRESH_MAX;
		for (size_t i = 0; i < a.fresh_count; i++)
			sound &= a.fresh[i].sources >= 10 && a.fresh[i].packets >= 50;
		analysis_clear(&a);
	}
	CHECK(sound);
}

int main(void)
{
	test_new();
	test_swelling();
	test_quarter();
	test_few();
	test_chance();
	test_short();
	test_kinds();
	test_gap();
	test_many();
	test_nothing();
	test_hostile();
	return tap_done();
}
