/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/behaviour.h"

#include "tap.h"

#define SECOND UINT64_C(1000000000)

static struct source sender(enum packet_kind kind, uint64_t packets, double destinations,
                            uint64_t ports)
{
	struct source s = {.packets = packets,
	                   .destinations = destinations,
	                   .ports = ports,
	                   .last_ns = SECOND};

	s.kinds[kind] = packets;
	s.top_port_count = 1;
	s.top_ports[0] = (struct source_port){6, (uint8_t)kind, 80, packets / (ports ? ports : 1)};
	return s;
}

static enum behaviour judged(struct source s)
{
	return behaviour_judge(&s, false, 65536);
}

static void test_taxonomy(void)
{
	struct source s;

	CHECK(judged(sender(KIND_SCAN, 5, 5, 1)) == BEHAVIOUR_HORIZONTAL);
	CHECK(judged(sender(KIND_SCAN, 4, 4, 1)) == BEHAVIOUR_PROBE);
	CHECK(judged(sender(KIND_SCAN, 100, 50, 4)) == BEHAVIOUR_HORIZONTAL);
	CHECK(judged(sender(KIND_SCAN, 10, 1, 5)) == BEHAVIOUR_VERTICAL);
	CHECK(judged(sender(KIND_SCAN, 10, 4, 100)) == BEHAVIOUR_VERTICAL);
	CHECK(judged(sender(KIND_SCAN, 100, 50, 20)) == BEHAVIOUR_BLOCK);
	s = sender(KIND_SCAN, 100, 50, 20);
	s.top_ports[0].packets = 50; /* half on one port */
	CHECK(judged(s) == BEHAVIOUR_HORIZONTAL);
	CHECK(judged(sender(KIND_SCAN, 16, 1, 1)) == BEHAVIOUR_ONE_FLOW);
	CHECK(judged(sender(KIND_SCAN, 15, 1, 1)) == BEHAVIOUR_PROBE);
	CHECK(judged(sender(KIND_SCAN, 16, 1, 2)) == BEHAVIOUR_OTHER);
	CHECK(judged(sender(KIND_SCAN, 1, 1, 1)) == BEHAVIOUR_PROBE);
	CHECK(judged(sender(KIND_STEALTH, 9, 1, 9)) == BEHAVIOUR_VERTICAL);
}

static void test_kinds(void)
{
	struct source s = sender(KIND_SCAN, 100, 50, 1), nothing = {0};

	CHECK(judged(sender(KIND_BACKSCATTER, 100, 50, 1)) == BEHAVIOUR_BACKSCATTER);
	CHECK(judged(sender(KIND_MALFORMED, 100, 50, 1)) == BEHAVIOUR_MALFORMED);
	CHECK(judged(sender(KIND_OTHER, 100, 50, 1)) == BEHAVIOUR_OTHER);
	CHECK(judged(nothing) == BEHAVIOUR_OTHER);
	s.kinds[KIND_BACKSCATTER] = 100; /* in doubt a scan */
	CHECK(judged(s) == BEHAVIOUR_HORIZONTAL);
	s.kinds[KIND_BACKSCATTER] = 101;
	CHECK(judged(s) == BEHAVIOUR_BACKSCATTER);
	s.kinds[KIND_OTHER] = 102;
	CHECK(judged(s) == BEHAVIOUR_OTHER);
	s.kinds[KIND_OUTBOUND] = 1; /* answers from inside are never scanners */
	CHECK(judged(s) == BEHAVIOUR_OUTBOUND);
	s = sender(KIND_SCAN, 100, 50, 1);
	CHECK(behaviour_judge(&s, true, 65536) == BEHAVIOUR_OUTBOUND);
}

/* Three monitored addresses cannot be five destinations. */
static void test_small_telescope(void)
{
	struct source s = sender(KIND_SCAN, 30, 3, 1);

	CHECK(behaviour_judge(&s, false, 3) == BEHAVIOUR_HORIZONTAL);
	CHECK(behaviour_judge(&s, false, 4) == BEHAVIOUR_OTHER);
	CHECK(behaviour_judge(&s, false, 0) == BEHAVIOUR_OTHER);
	s.destinations = 1;
	CHECK(behaviour_judge(&s, false, 1) == BEHAVIOUR_ONE_FLOW);
}

/* The facts of the shared captures, counted by hand from what tcpdump prints. */
static void test_captures(void)
{
	struct source s = sender(KIND_SCAN, 21, 9, 1); /* 445_scan: 176.192.150.3 */

	CHECK(judged(s) == BEHAVIOUR_HORIZONTAL);
	s = sender(KIND_SCAN, 10, 10, 3); /* multiport_scan: 125.27.226.209, 80 8080 88 */
	s.top_ports[0].packets = 6;
	CHECK(judged(s) == BEHAVIOUR_HORIZONTAL);
	CHECK(judged(sender(KIND_SCAN, 10, 1, 10)) == BEHAVIOUR_VERTICAL);   /* port_scan */
	CHECK(judged(sender(KIND_SCAN, 10, 10, 1)) == BEHAVIOUR_HORIZONTAL); /* zero windows */
}

/* 4 distinct destinations decide at alpha = 0.01 (design, section 3). */
static void test_trw(void)
{
	CHECK(behaviour_trw(0) == TRW_UNDECIDED);
	CHECK(behaviour_trw(3) == TRW_UNDECIDED);
	CHECK(behaviour_trw(4) == TRW_SCANNER);
	CHECK(behaviour_trw(1e9) == TRW_SCANNER);
}

/* /16: 10 packets/s over 2^32 are 0.55 an hour here, 100 packets take 7.6 days. */
static void test_internet_wide(void)
{
	struct source s = sender(KIND_SCAN, 100, 100, 1);

	s.first_ns = 5 * SECOND;
	s.last_ns = s.first_ns + 655000 * SECOND;
	CHECK(behaviour_is_internet_wide(&s, 65536));
	s.last_ns = s.first_ns + 656000 * SECOND;
	CHECK(!behaviour_is_internet_wide(&s, 65536));
	CHECK(behaviour_is_internet_wide(&s, 256));
	CHECK(!behaviour_is_internet_wide(&s, 0));
	s.destinations = 99;
	CHECK(!behaviour_is_internet_wide(&s, 256));
	s.destinations = 500;
	s.top_ports[0].packets = 99; /* no port can have got 100 addresses */
	CHECK(!behaviour_is_internet_wide(&s, 256));
	s.top_ports[0] = (struct source_port){6, KIND_BACKSCATTER, 80, 400};
	CHECK(!behaviour_is_internet_wide(&s, 256));
	s.last_ns = 0; /* times that make no sense */
	CHECK(!behaviour_is_internet_wide(&s, 256));
}

static void test_aggressive(void)
{
	struct source s = sender(KIND_SCAN, 7000, 6554, 1);

	CHECK(behaviour_is_aggressive(&s, 65536));
	s.destinations = 6553;
	CHECK(!behaviour_is_aggressive(&s, 65536));
	CHECK(!behaviour_is_aggressive(&s, 0));
	s.destinations = 4;
	CHECK(!behaviour_is_aggressive(&s, 8));
}

int main(void)
{
	test_taxonomy();
	test_kinds();
	test_small_telescope();
	test_captures();
	test_trw();
	test_internet_wide();
	test_aggressive();
	return tap_done();
}
