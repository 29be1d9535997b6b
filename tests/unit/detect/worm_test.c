/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/detector.h"

#include "tap.h"
#include "traffic.h"

enum { HOUR = 60, HOSTS = 3000, BEGIN = 6 * HOUR };

static struct traffic t;

static void start(uint64_t seed)
{
	t = (struct traffic){0};
	traffic_open(&t, &detector_worm, seed);
}

/* Infected hosts `minutes` after the first: SI growth from 15 of HOSTS, 1.2 an hour. */
static unsigned infected(unsigned minutes)
{
	return (unsigned)(HOSTS / (1 + (HOSTS / 15.0 - 1) * exp(-1.2 * minutes / 60)));
}

/* The first n hosts each send with a chance of a tenth; forged: each time from elsewhere. */
static void hosts(unsigned n, bool forged)
{
	for (uint32_t i = 0; i < n; i++) {
		if (prng_below(&t.random, 10) == 0)
			traffic_row(&t, forged ? prng_u32(&t.random) : 0x50000000 + i * 31337,
			            1003);
	}
}

static double fact(const struct event *e, const char *name)
{
	for (unsigned i = 0; i < e->fact_count; i++) {
		if (strcmp(e->facts[i].name, name) == 0)
			return e->facts[i].number;
	}
	return NAN;
}

/* The events as they stand `hours` after the begin of the growth. */
static void spread(unsigned hours, bool forged)
{
	for (unsigned m = 0; m < BEGIN + hours * HOUR; m++) {
		traffic_minute(&t, 0, 1);
		if (m >= BEGIN)
			hosts(infected(m - BEGIN), forged);
		traffic_send(&t, 1, m);
	}
}

static void growth_is_found_early(void)
{
	const struct event *e;
	double share;

	start(3);
	spread(3, false);
	e = t.events.items;
	if (CHECK(t.events.count == 1)) {
		CHECK_STR(e->subject, "1003/tcp");
		share = infected((unsigned)(e->noticed_s - TRAFFIC_START) / 60 - BEGIN) /
		        (double)HOSTS;
		printf("# noticed at %.3f\n", share);
		CHECK(share < 0.1);
		CHECK_NEAR(fact(e, "rate_an_hour"), 1.0, 0.3);
		CHECK_NEAR(fact(e, "chance_to_see"), 1 - exp(-1), 0.08);
		CHECK(e->state == EVENT_CONFIRMED);
	}
	traffic_close(&t);
}

static void size_is_told_once_it_bends(void)
{
	start(4);
	spread(6, false);
	if (CHECK(t.events.count == 1)) {
		const struct event *e = t.events.items;

		printf("# size %.0f (%.0f to %.0f)\n", fact(e, "size"), fact(e, "size_low"),
		       fact(e, "size_high"));
		CHECK_NEAR(fact(e, "size"), HOSTS, HOSTS * 0.2);
		CHECK(fact(e, "size_low") <= HOSTS * 1.02 && fact(e, "size_high") >= HOSTS * 0.98);
	}
	traffic_close(&t);
}

static void stall_is_said(void)
{
	start(5);
	spread(10, false);
	CHECK(t.events.count == 1 && strcmp(t.events.items[0].what, "stalled") == 0);
	traffic_close(&t);
}

/* Forged sources never come back: that they grow is said, not how many hosts there are. */
static void forged_growth_claims_no_hosts(void)
{
	start(6);
	spread(5, true);
	for (size_t i = 0; i < t.events.count; i++) {
		CHECK(isnan(fact(&t.events.items[i], "infected")));
		CHECK(isnan(fact(&t.events.items[i], "size")));
	}
	traffic_close(&t);
}

/* A jump, a straight line and the course of the day are no worms. */
static void other_rises_are_no_worms(void)
{
	for (int shape = 0; shape < 3; shape++) {
		start(7 + (uint64_t)shape);
		for (unsigned m = 0; m < 48 * HOUR; m++) {
			double day = shape == 2 ? 1 - 0.6 * cos(2 * M_PI * m / 1440.0) : 1;
			unsigned since = m > 20 * HOUR ? m - 20 * HOUR : 0;

			for (unsigned p = 0; p < TRAFFIC_PORTS; p++) {
				unsigned n = prng_below(&t.random, (unsigned)(16 * day) + 1);

				for (unsigned i = 0; i < n; i++)
					traffic_row(&t, prng_u32(&t.random), (uint16_t)(1000 + p));
			}
			if (shape == 0 && since && since < 8 * HOUR)
				hosts(800, false);
			if (shape == 1 && since && since < 12 * HOUR)
				hosts(since * 3, false);
			traffic_send(&t, 1, m);
		}
		for (size_t i = 0; i < t.events.count; i++)
			printf("# shape %d: %s, after %.1f h\n", shape, t.events.items[i].title,
			       (double)(t.events.items[i].noticed_s - TRAFFIC_START) / 3600);
		CHECK_U64(traffic_events(&t, "", ""), 0);
		traffic_close(&t);
	}
}

int main(void)
{
	growth_is_found_early();
	size_is_told_once_it_bends();
	stall_is_said();
	forged_growth_claims_no_hosts();
	other_rises_are_no_worms();
	return tap_done();
}
