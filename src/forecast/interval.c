/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/interval.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const double interval_levels[INTERVAL_LEVELS] = {0.5, 0.9, 0.95};
const double interval_quantiles[INTERVAL_QUANTILES] = {0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975};

static double goal(unsigned level)
{
	return (1 - interval_levels[level]) / 2;
}

void interval_start(struct interval_state *s, double gamma)
{
	memset(s, 0, sizeof(*s));
	s->gamma = gamma;
	for (unsigned i = 0; i < INTERVAL_LEVELS; i++)
		s->alpha_low[i] = s->alpha_high[i] = goal(i);
}

static double miss_of(double forecast, double truth)
{
	return log1p(truth) - log1p(forecast);
}

void interval_train(struct interval_state *s, double forecast, double truth)
{
	s->misses[s->seen % INTERVAL_MEMORY] = miss_of(forecast, truth);
	s->seen++;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

static size_t sorted_misses(const struct interval_state *s, double out[INTERVAL_MEMORY])
{
	size_t n = s->seen < INTERVAL_MEMORY ? s->seen : INTERVAL_MEMORY;

	memcpy(out, s->misses, n * sizeof(*out));
	qsort(out, n, sizeof(*out), compare);
	return n;
}

/* The q quantile: of n sorted values the one at q * (n + 1), from 1, straight between two; past
 * the ends nothing is known, and the end must do. */
static double quantile(const double *sorted, size_t n, double q)
{
	double at = q * (double)(n + 1) - 1;
	size_t i;

	if (at <= 0)
		return sorted[0];
	if (at >= (double)(n - 1))
		return sorted[n - 1];
	i = (size_t)at;
	return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

static double shift(double forecast, double miss)
{
	double value = expm1(log1p(forecast) + miss);

	return value > 0 ? value : 0;
}

struct interval interval_around(const struct interval_state *s, double forecast, unsigned level)
{
	double sorted[INTERVAL_MEMORY];
	size_t n = sorted_misses(s, sorted);

	assert(level < INTERVAL_LEVELS);
	if (n == 0)
		return (struct interval){0, INFINITY};
	return (struct interval){
	        .low = shift(forecast, quantile(sorted, n, s->alpha_low[level])),
	        .high = shift(forecast, quantile(sorted, n, 1 - s->alpha_high[level])),
	};
}

void interval_see(struct interval_state *s, double forecast, double truth)
{
	for (unsigned i = 0; i < INTERVAL_LEVELS; i++) {
		struct interval in = interval_around(s, forecast, i);

		s->alpha_low[i] += s->gamma * (goal(i) - (truth < in.low));
		s->alpha_high[i] += s->gamma * (goal(i) - (truth > in.high));
	}
	interval_train(s, forecast, truth);
}

double interval_quantile(const struct interval_state *s, double forecast, unsigned number)
{
	unsigned half = INTERVAL_LEVELS;

	assert(number < INTERVAL_QUANTILES);
	if (number == half)
		return forecast;
	if (number < half) /* 0: the low end of the widest */
		return interval_around(s, forecast, half - 1 - number).low;
	return interval_around(s, forecast, number - half - 1).high;
}

double interval_chance_above(const struct interval_state *s, double forecast, double threshold)
{
	size_t n = s->seen < INTERVAL_MEMORY ? s->seen : INTERVAL_MEMORY, above = 0;
	double need = miss_of(forecast, threshold);

	for (size_t i = 0; i < n; i++)
		above += s->misses[i] > need;
	/* Laplace's rule: one of each more than was seen. */
	return ((double)above + 1) / ((double)n + 2);
}
