/* SPDX-License-Identifier: Apache-2.0 */
/* Worlds in which it is known who comes next. */
#include "forecast/next.h"

#include "tap.h"

#include <stdlib.h>

enum { SENSORS = 4, SOURCES = 4000, TELNET = 6 << 16 | 23, MYSQL = 6 << 16 | 3306, HOUR = 3600 };

struct record {
	size_t count, came, from_told;
	float last_chance[SOURCES][SENSORS];
	double brier;
};

static void note(void *state, const struct next_outcome *o)
{
	struct record *r = state;
	double error = (double)o->chance - o->came;

	r->count++;
	r->came += o->came;
	r->brier += error * error;
	r->last_chance[o->source][o->to] = o->chance;
}

static struct next_sighting at(uint32_t time_s, uint32_t source, unsigned sensor, uint32_t port)
{
	return (struct next_sighting){.time_s = time_s,
	                              .source = source,
	                              .sensor = (uint16_t)sensor,
	                              .port = port,
	                              .addr = addr_v4(0xc0000000u + source * 70001u)};
}

/* Every ten minutes a new source at sensor 0: who asks for telnet is at sensor 1 an hour later,
 * who asks for MySQL at sensor 2 the day after tomorrow, too late. */
static void live(struct next *n, unsigned sources, unsigned wild_from)
{
	float chances[NEXT_SENSORS_MAX];
	unsigned count;

	for (uint32_t i = 0; i < sources; i++) {
		uint32_t now = 1000000 + i * 600, port = i % 2 ? TELNET : MYSQL;
		struct next_sighting s = at(now, i, 0, port);

		next_see(n, &s, chances, &count);
		if (i >= 6 && i % 2 == 1 - (i - 6 >= wild_from) && (i - 6) % 2) {
			s = at(now, i - 6, 1, TELNET);
			next_see(n, &s, chances, &count);
		}
		if (i >= 200 && (i - 200) % 2 == 0) {
			s = at(now, i - 200, 2, MYSQL);
			next_see(n, &s, chances, &count);
		}
	}
}

static void check_learning(void)
{
	static struct record r;
	struct next_listener listener = {note, &r};
	float chances[NEXT_SENSORS_MAX];
	struct next_sighting s;
	struct next *n;
	unsigned count;

	memset(&r, 0, sizeof(r));
	CHECK(next_new(&n, SENSORS, SOURCES, 1024, &listener) == STATUS_OK);
	live(n, 2000, UINT32_MAX);
	s = at(1000000 + 2000 * 600, 3000, 0, TELNET);
	next_see(n, &s, chances, &count);
	CHECK_U64(count, SENSORS);
	printf("# telnet to 1: %.3f, to 2: %.3f\n", (double)chances[1], (double)chances[2]);
	CHECK(chances[1] > 0.9f && chances[2] < 0.05f && chances[3] < 0.05f);
	s = at(1000000 + 2000 * 600, 3001, 0, MYSQL);
	next_see(n, &s, chances, &count);
	CHECK(chances[1] < 0.05f && chances[2] < 0.05f); /* later than a day is not next */
	s.time_s += 60;
	next_see(n, &s, chances, &count);
	CHECK_U64(count, 0); /* no longer new */
	CHECK(r.count > 5000 && r.came > 800);
	CHECK_U64(next_unasked(n), 0);
	next_free(n);
}

/* What was said of early sources does not depend on what later ones do. */
static void check_no_peeking(void)
{
	static struct record a, b;
	struct next_listener listen_a = {note, &a}, listen_b = {note, &b};
	struct next *n;
	size_t differing = 0, late = 0;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	CHECK(next_new(&n, SENSORS, SOURCES, 1024, &listen_a) == STATUS_OK);
	live(n, 2000, UINT32_MAX);
	next_settle(n, UINT32_MAX);
	next_free(n);
	CHECK(next_new(&n, SENSORS, SOURCES, 1024, &listen_b) == STATUS_OK);
	live(n, 2000, 1000); /* from then on nobody comes to sensor 1 */
	next_settle(n, UINT32_MAX);
	next_free(n);
	for (size_t i = 0; i < 2000; i++) {
		bool same =
		        memcmp(a.last_chance[i], b.last_chance[i], sizeof(a.last_chance[i])) == 0;

		differing += i <= 1000 && !same;
		late += i > 1000 && !same;
	}
	CHECK_U64(differing, 0);
	CHECK(late > 0);
}

static void check_edges(void)
{
	static struct record r;
	struct next_listener listener = {note, &r};
	float chances[NEXT_SENSORS_MAX];
	struct next_sighting s = at(1000, 1, 0, TELNET);
	struct next *n;
	unsigned count;

	memset(&r, 0, sizeof(r));
	CHECK(next_new(&n, 1, SOURCES, 8, NULL) == STATUS_LIMIT);
	CHECK(next_new(&n, NEXT_SENSORS_MAX + 1, SOURCES, 8, NULL) == STATUS_LIMIT);
	CHECK(next_new(&n, SENSORS, SOURCES, 1, &listener) == STATUS_OK);
	next_see(n, &s, chances, &count);
	s = at(1000, 1, 2, TELNET); /* in the same second: could not be foreseen */
	next_see(n, &s, chances, &count);
	s = at(1001, 2, 0, TELNET); /* no room */
	next_see(n, &s, chances, &count);
	CHECK_U64(count, 0);
	CHECK_U64(next_unasked(n), 1);
	next_settle(n, 1000 + NEXT_HORIZON_S); /* the last second of the day is still to come */
	CHECK_U64(r.count, 0);
	s = at(1000 + NEXT_HORIZON_S, 1, 3, TELNET);
	next_see(n, &s, chances, &count);
	next_settle(n, 1001 + NEXT_HORIZON_S);
	CHECK_U64(r.count, SENSORS - 2);
	CHECK_U64(r.came, 1);
	s = at(1000 + NEXT_HORIZON_S + NEXT_FORGET_S + 1, 1, 0, TELNET);
	next_see(n, &s, chances, &count);
	CHECK_U64(count, SENSORS); /* forgotten: new again */
	next_free(n);
}

static void check_rates(void)
{
	struct rates r;

	CHECK(rates_init(&r, 3, 100) == STATUS_OK); /* 8 slots */
	CHECK_NEAR(rates_get(&r, 5, 0.25, 10, 0), 0.25, 0);
	rates_add(&r, 5, true, 1000);
	rates_add(&r, 5, false, 1000);
	CHECK_NEAR(rates_get(&r, 5, 0, 2, 1000), 1.0 / 4, 1e-6);
	CHECK_NEAR(rates_get(&r, 5, 0, 2, 1100), 0.5 / 3, 1e-6); /* half is left */
	for (uint64_t key = 100; key < 108; key++)
		rates_add(&r, key, true, 2000);
	CHECK_U64(r.evicted, 1);
	CHECK_NEAR(rates_get(&r, 5, 0.25, 10, 2000), 0.25, 0); /* the oldest went */
	CHECK_NEAR(rates_get(&r, 104, 0, 1, 2000), 0.5, 1e-6);
	rates_clear(&r);
}

int main(void)
{
	check_learning();
	check_no_peeking();
	check_edges();
	check_rates();
	return tap_done();
}
