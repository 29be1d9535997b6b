/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/backtest.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sums over the test bins. */
struct sums {
	double error, pinball, within[INTERVAL_LEVELS], crossing_error;
	uint64_t steps, crossed;
};

struct run {
	const struct backtest_group *group;
	const struct backtest_watch *watch;
	const struct forecast_model *model;
	const struct model_choice *choice;
	struct model_state state;
	struct interval_state interval;
	struct sums sums;
};

/* Mean absolute error of one choice on the training bins; what a choice is chosen by. */
static double train_mae(const struct backtest_group *g, const struct forecast_model *m,
                        const struct model_choice *c)
{
	struct model_state state;
	double error = 0;
	size_t steps = 0;

	for (size_t s = 0; s < g->count; s++) {
		model_start(&state, g->season);
		for (size_t bin = 0; bin < g->train; bin++) {
			double truth = g->series[s][bin];

			if (isnan(truth))
				continue;
			if (bin >= BACKTEST_WARM) {
				error += fabs(model_next(m, &state, c) - truth);
				steps++;
			}
			model_see(m, &state, c, truth);
		}
	}
	return steps ? error / (double)steps : INFINITY;
}

static double choose(const struct backtest_group *g, const struct forecast_model *m,
                     struct model_choice *chosen)
{
	double best = INFINITY;

	*chosen = (struct model_choice){0};
	if (m->choice_count == 0)
		return train_mae(g, m, chosen);
	for (size_t i = 0; i < m->choice_count; i++) {
		double mae = train_mae(g, m, &m->choices[i]);

		if (mae < best || i == 0) {
			best = mae;
			*chosen = m->choices[i];
		}
	}
	return best;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

/* The 90th percentile of a series' training bins. NaN: none, or no memory. */
static double threshold_of(const struct backtest_group *g, const double *values)
{
	double *sorted = malloc(g->train * sizeof(*sorted)), result = NAN;
	size_t n = 0;

	for (size_t i = 0; sorted && i < g->train; i++) {
		if (!isnan(values[i]))
			sorted[n++] = values[i];
	}
	if (n) {
		qsort(sorted, n, sizeof(*sorted), compare);
		result = sorted[(n - 1) * 9 / 10];
	}
	free(sorted);
	return result;
}

static void score_step(struct run *r, struct backtest_step *step, double threshold)
{
	struct sums *s = &r->sums;
	double pinball = 0, chance = 0;

	for (unsigned i = 0; i < INTERVAL_LEVELS; i++) {
		step->intervals[i] = interval_around(&r->interval, step->forecast, i);
		s->within[i] += step->truth >= step->intervals[i].low &&
		                step->truth <= step->intervals[i].high;
	}
	for (unsigned i = 0; i < INTERVAL_QUANTILES; i++)
		pinball += score_pinball(interval_quantiles[i],
		                         interval_quantile(&r->interval, step->forecast, i),
		                         step->truth);
	if (!isnan(threshold)) {
		chance = interval_chance_above(&r->interval, step->forecast, threshold) -
		         (step->truth > threshold);
		s->crossed += step->truth > threshold;
	}
	s->crossing_error += chance * chance;
	s->pinball += pinball / INTERVAL_QUANTILES;
	s->error += fabs(step->forecast - step->truth);
	s->steps++;
	if (r->watch)
		r->watch->step(r->watch->state, step);
}

/* `before` holds the sums before this series. */
static void look_ahead(const struct run *r, const struct sums *before, double threshold,
                       struct backtest_outlook *o)
{
	*o = (struct backtest_outlook){
	        .forecast = model_next(r->model, &r->state, r->choice),
	        .threshold = threshold,
	        .steps = r->sums.steps - before->steps,
	};
	o->mae = o->steps ? (r->sums.error - before->error) / (double)o->steps : NAN;
	for (unsigned i = 0; i < INTERVAL_LEVELS; i++)
		o->intervals[i] = interval_around(&r->interval, o->forecast, i);
	o->chance_above = isnan(threshold)
	                          ? NAN
	                          : interval_chance_above(&r->interval, o->forecast, threshold);
}

static void run_series(struct run *r, size_t number)
{
	const struct backtest_group *g = r->group;
	const double *values = g->series[number];
	double threshold = threshold_of(g, values);
	struct sums before = r->sums;

	model_start(&r->state, g->season);
	interval_start(&r->interval, g->gamma);
	for (size_t bin = 0; bin < g->bins; bin++) {
		struct backtest_step step = {
		        .model = r->model, .series = number, .bin = bin, .truth = values[bin]};

		if (isnan(step.truth))
			continue;
		step.forecast = model_next(r->model, &r->state, r->choice);
		if (bin >= g->train) {
			score_step(r, &step, threshold);
			interval_see(&r->interval, step.forecast, step.truth);
		} else if (bin >= BACKTEST_WARM) {
			interval_train(&r->interval, step.forecast, step.truth);
		}
		model_see(r->model, &r->state, r->choice, step.truth);
	}
	if (g->outlook && r->model == &forecast_model_blend)
		look_ahead(r, &before, threshold, &g->outlook[number]);
}

static void finish(struct backtest_score *score, const struct sums *s)
{
	double n = (double)s->steps;

	score->steps = s->steps;
	score->mae = s->error / n;
	score->pinball = s->pinball / n;
	for (unsigned i = 0; i < INTERVAL_LEVELS; i++)
		score->coverage[i] = s->within[i] / n;
	score->crossing_brier = s->crossing_error / n;
	score->crossing_rate = (double)s->crossed / n;
}

enum status backtest_run(struct backtest_result *r, const struct backtest_group *g,
                         const struct backtest_watch *watch, struct trouble *t)
{
	assert(forecast_model_count <= BACKTEST_MODELS_MAX);
	*r = (struct backtest_result){.count = forecast_model_count};
	if (g->count == 0 || g->train < 2 * BACKTEST_WARM || g->train >= g->bins)
		return trouble_set(
		        t, STATUS_LIMIT, NULL, 0,
		        "a back-test needs %d training bins and one more; here are %zu of "
		        "%zu, and %zu series",
		        2 * BACKTEST_WARM, g->train, g->bins, g->count);
	for (size_t i = 0; i < r->count; i++) {
		struct backtest_score *score = &r->scores[i];
		struct run run = {.group = g, .watch = watch, .model = forecast_models[i]};

		score->model = forecast_models[i];
		score->train_mae = choose(g, score->model, &score->choice);
		run.choice = &score->choice;
		for (size_t s = 0; s < g->count; s++)
			run_series(&run, s);
		finish(score, &run.sums);
		if (score->model->baseline && score->mae < r->scores[r->best_baseline].mae)
			r->best_baseline = i;
		if (score->model == &forecast_model_blend)
			r->own = i;
	}
	return STATUS_OK;
}
