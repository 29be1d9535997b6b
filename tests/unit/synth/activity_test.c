/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/activity.h"

#include "base/timefmt.h"
#include "synth/port_list.h"
#include "tap.h"

static const uint64_t HOUR_NS = 3600 * NS_PER_SECOND;

struct fixture {
	struct scenario scenario;
	struct campaign campaign;
	struct warp warp;
};

static void open_fixture(struct fixture *f, uint64_t hours)
{
	*f = (struct fixture){
	        .scenario = {.start_ns = 86400 * NS_PER_SECOND, .duration_ns = hours * HOUR_NS},
	        .campaign = {.type = TYPE_MIRAI, .end_ns = hours * HOUR_NS},
	};
}

static struct sender plan(struct fixture *f, double share, uint64_t seed)
{
	struct sender s = {.campaign = &f->campaign};

	prng_init(&s.random, seed);
	warp_init(&f->warp, &f->campaign, f->scenario.start_ns);
	activity_plan(&s, &f->scenario, &f->warp, share, 0);
	return s;
}

/* N hits: all come, in order, inside the time, and evenly. */
static void check_hits(void)
{
	struct fixture f;
	struct sender s;
	uint64_t at, last = 0, count = 0, first_half = 0;

	open_fixture(&f, 10);
	f.campaign.hits = (struct span){10000, 10000};
	s = plan(&f, 0, 1);
	while (activity_next(&s, &f.warp, &at)) {
		CHECK(at >= last && at % 1000 == 0);
		last = at;
		count++;
		first_half += at < f.scenario.start_ns + 5 * HOUR_NS;
	}
	CHECK_U64(count, 10000);
	CHECK(last < f.scenario.start_ns + 10 * HOUR_NS);
	CHECK_NEAR((double)first_half, 5000, 250); /* 5 sigma */
}

/* The k-th of 3 hits comes at k/4 of the time on average (uniform order statistics). */
static void check_order(void)
{
	struct fixture f;
	double sums[3] = {0};

	open_fixture(&f, 1);
	f.campaign.hits = (struct span){3, 3};
	for (uint64_t seed = 0; seed < 4000; seed++) {
		struct sender s = plan(&f, 0, seed);
		uint64_t at;

		for (int k = 0; activity_next(&s, &f.warp, &at); k++)
			sums[k] += (double)(at - f.scenario.start_ns) / (double)HOUR_NS;
	}
	for (int k = 0; k < 3; k++)
		CHECK_NEAR(sums[k] / 4000, (k + 1) / 4.0, 0.02);
}

/* Thinning: the mean and the variance of the hits are both rate * share * time. */
static void check_poisson(void)
{
	struct fixture f;
	double sum = 0, squares = 0, mean;

	open_fixture(&f, 1);
	f.campaign.rate = 1000;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		double n = (double)plan(&f, 65536 / 0x1p32, seed).left;

		sum += n;
		squares += n * n;
	}
	mean = 1000 * 3600.0 / 65536;
	CHECK_NEAR(sum / 2000, mean, 5 * sqrt(mean / 2000));
	CHECK_NEAR(squares / 2000 - sum / 2000 * (sum / 2000), mean, mean * 0.2);
}

static void check_diurnal(void)
{
	struct fixture f;
	struct sender s;
	uint64_t at, day = 0, night = 0;

	open_fixture(&f, 24);
	f.campaign.diurnal = 0.8;
	f.campaign.peak_ns = 12 * HOUR_NS;
	f.campaign.hits = (struct span){20000, 20000};
	s = plan(&f, 0, 1);
	while (activity_next(&s, &f.warp, &at)) {
		uint64_t hour = (at - f.scenario.start_ns) / HOUR_NS;

		day += hour == 12;
		night += hour == 0;
	}
	/* 1 + 0.8 cos: 1.8 at noon, 0.2 at midnight */
	CHECK_NEAR((double)day, 20000 / 24.0 * 1.8, 250);
	CHECK_NEAR((double)night, 20000 / 24.0 * 0.2, 80);
}

static void check_steady(void)
{
	struct fixture f;
	struct sender s;
	uint64_t at, last = 0, count = 0;

	open_fixture(&f, 1);
	f.campaign.interval_ns = 60 * NS_PER_SECOND;
	s = plan(&f, 0, 1);
	for (; activity_next(&s, &f.warp, &at); count++) {
		CHECK(!last || (at - last > 56 * NS_PER_SECOND && at - last < 64 * NS_PER_SECOND));
		last = at;
	}
	CHECK_U64(count, 60);
}

/* I(t) = N / (1 + (N / I0 - 1) exp(-alpha t)): half of all when the exponential is 1. */
static void check_growth(void)
{
	struct campaign c = {.population = 1000, .initial = 10, .alpha = 2};

	CHECK_NEAR(growth_time_s(&c, 9), 0, 0);
	CHECK_NEAR(growth_time_s(&c, 500), log(99) / 2 * 3600, 10);
	CHECK(growth_time_s(&c, 999) > growth_time_s(&c, 998));
	CHECK(isfinite(growth_time_s(&c, 999)));
}

static void check_ports(void)
{
	static const char *const bad[] = {"",   "x",   "65536", "1-",  "2-1", "1,,2",
	                                  "1:", "1:0", "-1",    "1 2", "1,"};
	struct port_list list;
	struct prng random;
	unsigned telnet = 0;

	CHECK(port_list_parse(" 23:9, 2323:1 ", &list) == STATUS_OK);
	prng_init(&random, 1);
	for (int i = 0; i < 10000; i++)
		telnet += port_list_draw(&list, &random) == 23;
	CHECK_NEAR(telnet, 9000, 150);
	CHECK(port_list_parse("0-9,100,65535", &list) == STATUS_OK && list.ports == 12);
	CHECK(port_list_at(&list, 9) == 9 && port_list_at(&list, 10) == 100 &&
	      port_list_at(&list, 11) == 65535);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(port_list_parse(bad[i], &list) == STATUS_FORMAT);
}

int main(void)
{
	check_hits();
	check_order();
	check_poisson();
	check_diurnal();
	check_steady();
	check_growth();
	check_ports();
	return tap_done();
}
