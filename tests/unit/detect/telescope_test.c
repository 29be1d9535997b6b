/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/telescope.h"

#include "base/prng.h"
#include "tap.h"

#define HOUR 3600.0
#define DAY  86400.0

/* The table of the design's section 8, with the precision that it is printed in. */
static void test_table(void)
{
	static const struct {
		double monitored, see10, see10_digit, mirai, mirai_digit, victim, victim_digit;
	} rows[] = {
	        {0x1p24, 77, 0.5, 4.8, 0.05, 128, 0.5},
	        {0x1p16, 5.5 * HOUR, 0.05 * HOUR, 20 * 60, 30, 33e3, 500},
	        {0x1p12, 3.6 * DAY, 0.05 * DAY, 5.5 * HOUR, 0.05 * HOUR, 524e3, 500},
	        {0x1p8, 58 * DAY, 0.5 * DAY, 3.6 * DAY, 0.05 * DAY, 8.4e6, 5e4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double n = rows[i].monitored;

		CHECK_NEAR(telescope_seconds_to_see(n, TELESCOPE_SPACE_V4, 10, 0.95), rows[i].see10,
		           rows[i].see10_digit);
		CHECK_NEAR(telescope_seconds_to_see(n, TELESCOPE_SPACE_V4, 160, 0.95),
		           rows[i].mirai, rows[i].mirai_digit);
		CHECK_NEAR(telescope_smallest_victim(n), rows[i].victim, rows[i].victim_digit);
	}
}

static void test_chance(void)
{
	double n = 65536, s = TELESCOPE_SPACE_V4;

	CHECK_NEAR(telescope_chance(n, s, 10, telescope_seconds_to_see(n, s, 10, 0.95)), 0.95,
	           1e-12);
	CHECK_NEAR(telescope_chance(n, s, 1, 1), 0x1p-16, 1e-15);
	CHECK_NEAR(telescope_chance(1, s, 1e6, 1), 1e6 * 0x1p-32, 1e-7);
	CHECK(telescope_chance(n, s, 0, 100) == 0);
	CHECK_NEAR(telescope_chance(s, s, 1, 1), 1, 0);
	CHECK(telescope_seconds_to_see(s, s, 1, 0.95) == 0);
}

/* Counted address block by address block. */
static void test_mirai_space(void)
{
	uint64_t left = 0;

	for (unsigned a = 0; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			static const unsigned char out[] = {0,  3,  6,  7,   10,  11, 15,
			                                    16, 21, 22, 26,  28,  29, 30,
			                                    33, 55, 56, 127, 214, 215};
			bool drawn = a < 224 && !memchr(out, (int)a, sizeof(out));

			drawn &= !(a == 192 && b == 168) && !(a == 172 && b >= 16 && b < 32);
			drawn &= !(a == 100 && b >= 64 && b < 127) && !(a == 169 && b == 255);
			drawn &= !(a == 198 && (b == 18 || b == 19));
			left += drawn ? 65536 : 0;
		}
	}
	CHECK_U64(telescope_space_of(TOOL_MIRAI), left);
	CHECK_U64(telescope_space_of(TOOL_ZMAP), UINT64_C(1) << 32);
	CHECK_U64(telescope_space_of(TOOL_UNKNOWN), UINT64_C(1) << 32);
}

static void test_unknown(void)
{
	static const double none[] = {0, -1, NAN};

	for (int i = 0; i < 3; i++) {
		CHECK(isinf(telescope_smallest_victim(none[i])));
		CHECK(isinf(telescope_seconds_to_see(none[i], TELESCOPE_SPACE_V4, 10, 0.95)));
		CHECK(isnan(telescope_chance(none[i], TELESCOPE_SPACE_V4, 10, 1)));
		CHECK(isnan(telescope_victim_rate(100, 60, none[i]).estimate));
	}
}

static void test_rate(void)
{
	struct telescope_rate rate = telescope_victim_rate(101, 60, 65536);

	CHECK_NEAR(rate.estimate, 100 / 60.0 * 65536, 1e-6);
	CHECK_NEAR(rate.low, 81.3639912509 / 60 * 65536, 1e-2);
	CHECK_NEAR(rate.high, 121.6267937924 / 60 * 65536, 1e-2);
	rate = telescope_victim_rate(1, 0, 65536);
	CHECK(rate.estimate == 0 && rate.low == 0 && rate.high > 0);
	rate = telescope_victim_rate(0, 0, 65536);
	CHECK(rate.estimate == 0 && !isnan(rate.high));
}

/* The interval covers a known rate in 95 % of simulated attacks seen by a /16. */
static void test_coverage(void)
{
	enum { RUNS = 4000 };
	double truth = 50000, here = truth / 65536;
	unsigned covered = 0;
	struct prng r;

	prng_init(&r, 1);
	for (int run = 0; run < RUNS; run++) {
		double start = -log1p(-prng_unit(&r)) / here, last = start, next = start;
		struct telescope_rate rate;
		uint64_t packets = 0;

		for (; next < 90; next -= log1p(-prng_unit(&r)) / here) {
			packets++;
			last = next;
		}
		rate = telescope_victim_rate(packets, last - start, 65536);
		covered += rate.low <= truth && truth <= rate.high;
	}
	CHECK(covered >= 0.945 * RUNS);
	CHECK(covered <= 0.975 * RUNS);
}

int main(void)
{
	test_table();
	test_chance();
	test_mirai_space();
	test_unknown();
	test_rate();
	test_coverage();
	return tap_done();
}
