/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact chances: the binomial's upper tail, and the Poisson interval.
 *
 * Pure functions, any thread.
 */
#ifndef DETECT_CHANCE_H
#define DETECT_CHANCE_H

#include <stdint.h>

/*
 * ln P(X >= successes) for X ~ Binomial(trials, chance), 0 < chance < 1. Exact to about
 * 1e-9 relative to P for trials up to 2^40 (saddle-point form, Loader 2000).
 * 0 successes give 0 (certain); successes > trials give -INFINITY.
 */
double chance_log_tail(uint64_t successes, uint64_t trials, double chance);

/* The regularised lower incomplete gamma function P(shape, x); shape > 0, x >= 0. */
double chance_gamma(double shape, double x);

/*
 * The exact 95 % interval for the mean of a Poisson count (Garwood 1936). low is 0 for a
 * count of 0. Relative error below 1e-7.
 */
void chance_poisson_95(uint64_t count, double *low, double *high);

#endif
