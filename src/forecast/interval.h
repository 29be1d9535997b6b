/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intervals around a forecast that hold as often as they say, by adaptive conformal inference
 * (Gibbs and Candes 2021).
 *
 * The misses of the past are kept as log(1 + truth) - log(1 + forecast); an interval runs from
 * one of their quantiles to another. The share that may lie outside, alpha, is moved after each
 * step for each level and each side by itself:
 *
 *   alpha(t + 1) = alpha(t) + gamma * (goal - err(t)),  err(t) = 1 for a miss, else 0
 *
 * so that after a miss alpha is smaller and the interval wider. The last
 * INTERVAL_MEMORY misses are kept. A plain struct, to be copied and kept. Pure.
 */
#ifndef FORECAST_INTERVAL_H
#define FORECAST_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>

enum { INTERVAL_MEMORY = 256, INTERVAL_LEVELS = 3, INTERVAL_QUANTILES = 2 * INTERVAL_LEVELS + 1 };

/* Share that shall lie within: 0.5, 0.9, 0.95. */
extern const double interval_levels[INTERVAL_LEVELS];

/* The quantiles of pinball loss, ascending: 0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975. */
extern const double interval_quantiles[INTERVAL_QUANTILES];

#define INTERVAL_GAMMA 0.005

struct interval {
	double low, high; /* counts, >= 0 */
};

struct interval_state {
	double misses[INTERVAL_MEMORY]; /* ring */
	size_t seen;
	double gamma;
	double alpha_low[INTERVAL_LEVELS], alpha_high[INTERVAL_LEVELS]; /* share beyond that side */
};

void interval_start(struct interval_state *s, double gamma);

/* A miss from training days: kept, and alpha stays. */
void interval_train(struct interval_state *s, double forecast, double truth);

/* The truth is in: alpha moves, then the miss is kept. */
void interval_see(struct interval_state *s, double forecast, double truth);

/* Around a forecast. Before any miss was seen: from 0 to infinity. */
struct interval interval_around(const struct interval_state *s, double forecast, unsigned level);

/* The quantile of that number: an end of an interval, or the forecast for 0.5. */
double interval_quantile(const struct interval_state *s, double forecast, unsigned quantile);

/* The chance that the truth is above the threshold, from the misses alone; never 0 or 1. */
double interval_chance_above(const struct interval_state *s, double forecast, double threshold);

#endif
