/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Models tried on the past, one step at a time, as if each day were the present.
 *
 * The first `train` bins are training days: on them alone each model's choice is made (the row of
 * its table with the smallest mean absolute error over all series of the group together, after
 * BACKTEST_WARM bins), and the misses fill the intervals. Then each test bin is forecast from the
 * bins before it, scored, and fed (expanding window). Nothing of a bin, nor of a later one, can
 * reach the forecast of that bin: values go in by model_see() after they were scored. Bins that are
 * gaps are neither scored nor fed. Pure; the caller owns series and result.
 */
#ifndef FORECAST_BACKTEST_H
#define FORECAST_BACKTEST_H

#include "base/status.h"
#include "forecast/interval.h"
#include "forecast/model.h"
#include "forecast/score.h"

enum { BACKTEST_WARM = 10, BACKTEST_MODELS_MAX = 8 };

/* What our own model says of the bin after the last, and how it did on the test bins of that very
 * series: the score belongs beside the forecast. */
struct backtest_outlook {
	double forecast;
	struct interval intervals[INTERVAL_LEVELS];
	double threshold, chance_above; /* the 90th percentile of training bins; NaN: none */
	double mae;
	uint64_t steps;
};

/* A group of series of the same length. */
struct backtest_group {
	const double *const *series; /* `count` of `bins` values; NaN: a gap */
	size_t count, bins;
	size_t train;                     /* training bins; 2 * BACKTEST_WARM to bins - 1 */
	unsigned season;                  /* bins in a week */
	double gamma;                     /* INTERVAL_GAMMA */
	struct backtest_outlook *outlook; /* `count` of them to fill; NULL: not wanted */
};

/* One model on the test bins of all series of a group. */
struct backtest_score {
	const struct forecast_model *model;
	struct model_choice choice;
	uint64_t steps;   /* forecasts that were scored */
	double train_mae; /* on training bins after BACKTEST_WARM */
	double mae;       /* mean over all steps and series */
	double pinball;   /* mean over the interval_quantiles */
	double coverage[INTERVAL_LEVELS];
	/* Chance of more than the series' 90th percentile of training bins. */
	double crossing_brier, crossing_rate;
};

struct backtest_result {
	struct backtest_score scores[BACKTEST_MODELS_MAX];
	size_t count;
	size_t best_baseline; /* on the test bins: the hardest to beat */
	size_t own;           /* the blend */
};

/* Called for each test forecast, in order of series, then bins; for tests and for plots. */
struct backtest_step {
	const struct forecast_model *model;
	size_t series, bin;
	double forecast, truth;
	struct interval intervals[INTERVAL_LEVELS];
};

struct backtest_watch {
	void (*step)(void *state, const struct backtest_step *step);
	void *state;
};

/* `watch` may be NULL. STATUS_LIMIT where the group is too short or empty. */
MUST_USE enum status backtest_run(struct backtest_result *r, const struct backtest_group *g,
                                  const struct backtest_watch *watch, struct trouble *t);

#endif
