/* SPDX-License-Identifier: Apache-2.0 */
/* Columns over time, the totals by port and the series that lie on them. */
#include "aggregate/ports.h"
#include "aggregate/series.h"
#include "aggregate/timebins.h"

#include "tap.h"

#include "made.h"

#include <stdlib.h>

enum { TIMES = 400, COLUMNS = 48 };

static void move_counts(uint64_t *counts, const struct timebins_move *move)
{
	uint64_t moved[COLUMNS] = {0};

	for (uint32_t i = 0; i < COLUMNS; i++) {
		if (counts[i] && timebins_moved(move, i) >= COLUMNS)
			abort();
		if (counts[i])
			moved[timebins_moved(move, i)] += counts[i];
	}
	memcpy(counts, moved, sizeof(moved));
}

static uint32_t random_time(struct prng *r, uint32_t spread)
{
	uint32_t base = 1700000000u - spread / 2;

	return base + prng_below(r, spread ? spread : 1);
}

/* Any times in any order: what lies in each column at the end is what a count made with
 * the final width says. */
static bool preserved(struct prng *r, uint32_t spread)
{
	struct timebins b = {.columns = COLUMNS};
	uint64_t counts[COLUMNS] = {0};
	uint32_t times[TIMES];
	bool ok = true;

	for (uint32_t i = 0; i < TIMES; i++) {
		struct timebins_move move;

		times[i] = random_time(r, spread);
		if (timebins_cover(&b, times[i], &move))
			move_counts(counts, &move);
		ok &= timebins_column(&b, times[i]) < b.used && b.used <= COLUMNS;
		counts[timebins_column(&b, times[i]) % COLUMNS]++;
	}
	for (uint32_t i = 0; i < TIMES; i++)
		counts[(times[i] / b.width_s - b.first) % COLUMNS]--;
	for (uint32_t i = 0; i < COLUMNS; i++)
		ok &= counts[i] == 0;
	return ok;
}

static void test_preserved(void)
{
	static const uint32_t spreads[] = {1,     60,     600,     3600,      86400,
	                                   86401, 864000, 8640000, 315360000, 3000000000u};
	struct prng r;

	prng_init(&r, 3);
	for (size_t i = 0; i < sizeof(spreads) / sizeof(spreads[0]); i++) {
		bool all = true;

		for (int round = 0; round < 30; round++)
			all &= preserved(&r, spreads[i]);
		CHECK(all);
	}
}

/* Round widths, each a multiple of the one before, aligned to 1970. */
static void test_widths(void)
{
	struct timebins b = {.columns = COLUMNS};
	struct timebins_move move;
	uint32_t width = 60;

	CHECK(!timebins_cover(&b, 1000000, &move));
	CHECK_U64(b.width_s, 60);
	CHECK_U64(b.first, 1000000 / 60);
	CHECK_U64(b.used, 1);
	CHECK(!timebins_cover(&b, 1000000 + 47 * 60,
	                      &move)); /* later, but it fits: nothing moves */
	CHECK_U64(b.used, 48);
	for (uint64_t t = 1000000; t < 4294967295u; t += t / 3) {
		timebins_cover(&b, (uint32_t)t, &move);
		CHECK(b.width_s % width == 0);
		width = b.width_s;
	}
	timebins_cover(&b, UINT32_MAX, &move);
	timebins_cover(&b, 0, &move);
	CHECK(b.used <= COLUMNS && timebins_column(&b, UINT32_MAX) < COLUMNS);
	CHECK_U64(timebins_column(&b, 0), 0);
}

static uint64_t bins_sum(const struct ports *p, const struct port_total *port)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < PORT_BINS; i++)
		sum += ports_bin(p, port, i);
	return sum;
}

static const struct port_total *find_port(const struct ports *p, uint32_t key)
{
	for (uint32_t i = 0; i <= p->mask; i++) {
		if (p->slots[i].key == key)
			return &p->slots[i];
	}
	return NULL;
}

enum { PORTS = 3000, ADDS = 60000 };

static uint32_t key_of(uint32_t port)
{
	return port | 1u << 16 | 1u << 22;
}

/* Against plain arrays: totals, sources, and the packets of each column after widening. */
static void test_ports(void)
{
	static struct {
		uint32_t port, packets, time;
	} adds[ADDS];
	static uint64_t packets[PORTS], sources[PORTS], bins[PORTS][PORT_BINS];
	struct ports p;
	struct prng r;
	bool exact = true, binned = true;

	prng_init(&r, 4);
	CHECK(ports_init(&p, 64u << 20) == STATUS_OK);
	for (int i = 0; i < ADDS; i++) {
		uint32_t port = prng_below(&r, PORTS), n = 1 + prng_below(&r, 9);
		bool fresh = prng_below(&r, 3) == 0;
		uint32_t time = 1700000000u + (uint32_t)i * 7 - prng_below(&r, 4000);

		adds[i].port = port;
		adds[i].packets = n;
		adds[i].time = time;
		ports_cover(&p, time);
		if (ports_add(&p, key_of(port), n, fresh))
			abort();
		packets[port] += n;
		sources[port] += fresh;
	}
	for (int i = 0; i < ADDS; i++)
		bins[adds[i].port][timebins_column(&p.time, adds[i].time)] += adds[i].packets;
	for (uint32_t i = 0; i < PORTS; i++) {
		const struct port_total *port = find_port(&p, key_of(i));

		exact &= port && port->packets == packets[i] && port->sources == sources[i];
		for (unsigned k = 0; port && k < PORT_BINS; k++)
			binned &= ports_bin(&p, port, k) == bins[i][k];
	}
	CHECK(exact);
	CHECK(binned);
	CHECK_U64(p.count, PORTS);
	CHECK_U64(p.folded, 0);
	ports_clear(&p);
}

static void test_remove(void)
{
	const struct port_total *port;
	struct ports p;

	CHECK(ports_init(&p, 1u << 20) == STATUS_OK);
	ports_cover(&p, 600);
	CHECK(ports_add(&p, key_of(23), 100, true) == STATUS_OK);
	ports_remove(&p, key_of(23), 30);
	ports_remove(&p, key_of(24), 30); /* never seen */
	port = find_port(&p, key_of(23));
	CHECK_U64(port->packets, 70);
	CHECK_U64(port->sources, 0);
	CHECK_U64(bins_sum(&p, port), 70);
	ports_cover(&p, 700);
	CHECK(ports_add(&p, key_of(23), 30, true) == STATUS_OK);
	ports_remove(&p, key_of(23), 50);
	CHECK_U64(port->packets, 50);
	CHECK(bins_sum(&p, port) <= 50 && bins_sum(&p, port) >= 48);
	ports_remove(&p, key_of(23), 1000);
	CHECK_U64(port->packets, 0);
	CHECK_U64(bins_sum(&p, port), 0);
	ports_clear(&p);
}

/* However many ports and minutes there are, the budget holds; what is folded is counted. */
static void test_budget(void)
{
	enum { BUDGET = 1 << 18 };
	struct ports p;
	uint64_t kept = 0, counted = 0;
	bool within = true;

	CHECK(ports_init(&p, BUDGET) == STATUS_OK);
	for (uint32_t minute = 0; minute < 4; minute++) {
		ports_cover(&p, 600 + minute * 60);
		for (uint32_t i = 0; i < 65536; i++) {
			if (ports_add(&p, key_of(i), 1, minute == 0))
				abort();
			within &= ports_bytes(&p) <= BUDGET + BUDGET / 2;
		}
	}
	CHECK(within);
	for (uint32_t i = 0; i <= p.mask; i++) {
		counted += p.slots[i].packets;
		kept += p.slots[i].key != 0;
	}
	CHECK(kept >= BUDGET / 256);
	CHECK_U64(kept, p.count);
	CHECK_U64(p.folded + counted, 4 * 65536);
	ports_clear(&p);
}

static void test_series(void)
{
	static uint64_t want[SERIES_BINS];
	static uint32_t times[2000];
	struct series_totals a, b;
	struct prng r;
	uint64_t sum = 0;
	bool ok = true;

	prng_init(&r, 5);
	CHECK(series_init(&a) == STATUS_OK && series_init(&b) == STATUS_OK);
	for (uint32_t i = 0; i < 2000; i++) {
		times[i] = 1700000000u + prng_below(&r, 400000);
		series_at(&a, times[i])->packets[i % SERIES_COUNT]++;
		series_at(&b, times[i])->sources[i % SERIES_COUNT] += 2;
		series_at(&b, times[i])->sources_all += 3;
	}
	series_merge(&a, &b);
	for (uint32_t i = 0; i < 2000; i++)
		want[timebins_column(&a.time, times[i])]++;
	for (uint32_t i = 0; i < SERIES_BINS; i++) {
		uint64_t packets = 0, sources = 0;

		for (int k = 0; k < SERIES_COUNT; k++) {
			packets += a.bins[i].packets[k];
			sources += a.bins[i].sources[k];
		}
		ok &= packets == want[i] && sources == 2 * want[i] &&
		      a.bins[i].sources_all == 3 * want[i];
		sum += packets;
	}
	CHECK(ok);
	CHECK_U64(sum, 2000);
	series_clear(&a);
	series_clear(&b);
}

int main(void)
{
	test_preserved();
	test_widths();
	test_ports();
	test_remove();
	test_budget();
	test_series();
	return tap_done();
}
