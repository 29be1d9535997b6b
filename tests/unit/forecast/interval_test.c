/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/interval.h"

#include "base/prng.h"
#include "tap.h"

enum { LEVEL_50, LEVEL_90, LEVEL_95 };

/* Misses -0.99, -0.97, ..., 0.99 of the logarithm around a forecast of 100. */
static void train(struct interval_state *s, double gamma)
{
	interval_start(s, gamma);
	for (int i = 0; i < 100; i++)
		interval_train(s, 100, expm1(log1p(100) + (i - 49.5) / 50));
}

static void check_quantiles(void)
{
	struct interval_state s;
	struct interval in;

	interval_start(&s, INTERVAL_GAMMA);
	in = interval_around(&s, 10, LEVEL_90);
	CHECK(in.low == 0 && isinf(in.high)); /* nothing is known */
	train(&s, INTERVAL_GAMMA);
	in = interval_around(&s, 100, LEVEL_90);
	/* Of 100 misses the 5 % quantile is at 0.05 * 101, from 1: 5.05, which is -0.899. */
	CHECK_NEAR(log1p(in.low) - log1p(100), -0.99 + 0.02 * 4.05, 1e-9);
	CHECK_NEAR(log1p(in.high) - log1p(100), 0.99 - 0.02 * 4.05, 1e-9);
	CHECK_NEAR(interval_quantile(&s, 100, 1), in.low, 0);
	CHECK_NEAR(interval_quantile(&s, 100, 3), 100, 0);
	CHECK_NEAR(interval_quantile(&s, 100, 5), in.high, 0);
	for (unsigned i = 1; i < INTERVAL_QUANTILES; i++)
		CHECK(interval_quantile(&s, 100, i) > interval_quantile(&s, 100, i - 1));
	in = interval_around(&s, 0, LEVEL_95);
	CHECK(in.low == 0 && in.high > 0); /* never below 0 */
}

/* The sign: a miss makes alpha smaller and the interval wider, a hit the other way. */
static void check_sign(void)
{
	struct interval_state s;
	struct interval before, after;

	train(&s, 0.01);
	before = interval_around(&s, 100, LEVEL_90);
	interval_see(&s, 100, 400); /* above */
	CHECK_NEAR(s.alpha_high[LEVEL_90], 0.05 + 0.01 * (0.05 - 1), 1e-12);
	CHECK_NEAR(s.alpha_low[LEVEL_90], 0.05 + 0.01 * 0.05, 1e-12);
	after = interval_around(&s, 100, LEVEL_90);
	CHECK(after.high > before.high);
	train(&s, 0.01);
	interval_see(&s, 100, 100); /* within */
	CHECK_NEAR(s.alpha_high[LEVEL_90], 0.05 + 0.01 * 0.05, 1e-12);
	CHECK(interval_around(&s, 100, LEVEL_90).high < before.high);
	train(&s, 0.01);
	interval_see(&s, 100, 5); /* below */
	CHECK(s.alpha_low[LEVEL_90] < 0.05 && s.alpha_high[LEVEL_90] > 0.05);
	CHECK(interval_around(&s, 100, LEVEL_90).low < before.low);
}

/* Noise that grows all the time: fixed quantiles of the past would fall behind. */
static double coverage_when_noise_grows(double gamma)
{
	struct interval_state s;
	struct prng r;
	size_t within = 0, steps = 4000;

	prng_init(&r, 11);
	train(&s, gamma);
	for (size_t i = 0; i < steps; i++) {
		double spread = 0.2 * exp2((double)i / 200);
		double truth = expm1(log1p(1e6) + spread * (2 * prng_unit(&r) - 1));
		struct interval in = interval_around(&s, 1e6, LEVEL_90);

		if (spread > 8) /* truth must stay far from 0 */
			return (double)within / (double)i;
		within += truth >= in.low && truth <= in.high;
		interval_see(&s, 1e6, truth);
	}
	return (double)within / (double)steps;
}

static void check_adaption(void)
{
	double fixed = coverage_when_noise_grows(0), moved = coverage_when_noise_grows(0.02);

	printf("# fixed %.3f, moved %.3f\n", fixed, moved);
	CHECK(fixed < 0.85);
	CHECK(moved > fixed + 0.03);
}

static void check_chance(void)
{
	struct interval_state s;

	interval_start(&s, INTERVAL_GAMMA);
	CHECK_NEAR(interval_chance_above(&s, 100, 50), 0.5, 0);
	train(&s, INTERVAL_GAMMA);
	CHECK_NEAR(interval_chance_above(&s, 100, 100), 51.0 / 102, 1e-12);
	CHECK_NEAR(interval_chance_above(&s, 100, 1e9), 1.0 / 102, 1e-12);
	CHECK_NEAR(interval_chance_above(&s, 100, 0), 101.0 / 102, 1e-12);
}

int main(void)
{
	check_quantiles();
	check_sign();
	check_adaption();
	check_chance();
	return tap_done();
}
