/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/backtest.h"

#include "base/prng.h"
#include "tap.h"

#include <stdlib.h>

enum { SERIES = 3, BINS = 90, TRAIN = 40, STEPS_MAX = 4096 };

struct record {
	struct backtest_step steps[STEPS_MAX];
	size_t count;
};

static void note(void *state, const struct backtest_step *step)
{
	struct record *r = state;

	r->steps[r->count++] = *step;
}

static void make(double x[SERIES][BINS], const double *series[SERIES])
{
	struct prng r;

	prng_init(&r, 5);
	for (size_t s = 0; s < SERIES; s++) {
		double level = 50.0 * (double)(s + 1);

		series[s] = x[s];
		for (size_t i = 0; i < BINS; i++) {
			level *= 0.9 + 0.2 * prng_unit(&r);
			x[s][i] = floor(level * (0.7 + 0.6 * prng_unit(&r)));
		}
	}
}

static struct backtest_group group(const double *const *series)
{
	return (struct backtest_group){.series = series,
	                               .count = SERIES,
	                               .bins = BINS,
	                               .train = TRAIN,
	                               .season = 7,
	                               .gamma = INTERVAL_GAMMA};
}

/* Whatever comes on a day or after it, what was said of that day stays the same. */
static void check_no_peeking(size_t from)
{
	static struct record before, after;
	double x[SERIES][BINS];
	const double *series[SERIES];
	struct backtest_watch watch = {note, &before};
	struct backtest_result r, q;
	struct backtest_group g;
	struct trouble t;
	size_t same = 0, changed = 0;

	make(x, series);
	g = group(series);
	before.count = after.count = 0;
	CHECK(backtest_run(&r, &g, &watch, &t) == STATUS_OK);
	for (size_t s = 0; s < SERIES; s++) {
		for (size_t i = from; i < BINS; i++)
			x[s][i] = x[s][i] * 7 + 1000;
	}
	watch.state = &after;
	CHECK(backtest_run(&q, &g, &watch, &t) == STATUS_OK);
	CHECK_U64(before.count, forecast_model_count * SERIES * (BINS - TRAIN));
	CHECK_U64(after.count, before.count);
	for (size_t i = 0; i < before.count; i++) {
		const struct backtest_step *a = &before.steps[i], *b = &after.steps[i];
		bool equal = a->forecast == b->forecast &&
		             memcmp(a->intervals, b->intervals, sizeof(a->intervals)) == 0;

		same += a->bin <= from && equal;
		changed += a->bin > from && !equal;
	}
	CHECK_U64(same, forecast_model_count * SERIES * (from - TRAIN + 1));
	CHECK(changed > 0); /* the test can fail: later forecasts do change */
	for (size_t i = 0; i < r.count; i++)
		CHECK(memcmp(&r.scores[i].choice, &q.scores[i].choice,
		             sizeof(r.scores[i].choice)) == 0);
}

/* A constant series: every model is right, and every interval is the value. */
static void check_constant(void)
{
	double x[BINS];
	const double *series[] = {x};
	struct backtest_outlook outlook;
	struct backtest_group g = group(series);
	struct backtest_result r;
	struct trouble t;

	for (size_t i = 0; i < BINS; i++)
		x[i] = 42;
	g.count = 1;
	g.outlook = &outlook;
	CHECK(backtest_run(&r, &g, NULL, &t) == STATUS_OK);
	for (size_t i = 0; i < r.count; i++) {
		CHECK_NEAR(r.scores[i].mae, 0, 1e-9);
		CHECK_U64(r.scores[i].steps, BINS - TRAIN);
	}
	CHECK(r.scores[r.own].model == &forecast_model_blend);
	CHECK(r.scores[r.best_baseline].model->baseline);
	CHECK_NEAR(outlook.forecast, 42, 1e-9);
	CHECK_NEAR(outlook.intervals[1].high, 42, 1e-9);
	CHECK_NEAR(outlook.threshold, 42, 0);
	CHECK(outlook.chance_above < 0.02);
	CHECK_U64(outlook.steps, BINS - TRAIN);
}

/* MAE of the last value by hand, with a gap that is neither scored nor fed. */
static void check_by_hand(void)
{
	double x[24] = {0};
	const double *series[] = {x};
	struct backtest_group g = group(series);
	struct backtest_result r;
	struct trouble t;

	for (size_t i = 0; i < 20; i++)
		x[i] = 10;
	x[20] = 13; /* off by 3 */
	x[21] = NAN;
	x[22] = 12; /* off by 1: the gap was not fed */
	x[23] = 12;
	g.count = 1;
	g.bins = 24;
	g.train = 20;
	CHECK(backtest_run(&r, &g, NULL, &t) == STATUS_OK);
	CHECK_U64(r.scores[0].steps, 3);
	CHECK_NEAR(r.scores[0].mae, 4.0 / 3, 1e-12);
	/* Misses of training days are all 0: only an exact forecast is within. */
	CHECK_NEAR(r.scores[0].coverage[1], 1.0 / 3, 0.34);
	CHECK_NEAR(r.scores[0].crossing_rate, 1, 0); /* more than 10, three times */
}

static void check_limits(void)
{
	double x[SERIES][BINS];
	const double *series[SERIES];
	struct backtest_group g;
	struct backtest_result r;
	struct trouble t;

	make(x, series);
	g = group(series);
	g.train = 2 * BACKTEST_WARM - 1;
	CHECK(backtest_run(&r, &g, NULL, &t) == STATUS_LIMIT);
	g.train = BINS;
	CHECK(backtest_run(&r, &g, NULL, &t) == STATUS_LIMIT);
	g.train = TRAIN;
	g.count = 0;
	CHECK(backtest_run(&r, &g, NULL, &t) == STATUS_LIMIT);
}

int main(void)
{
	check_no_peeking(TRAIN);
	check_no_peeking(60);
	check_constant();
	check_by_hand();
	check_limits();
	return tap_done();
}
