/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Robust statistics of counts: median and spread, and the tails of the negative binomial.
 *
 * The negative binomial is given by its mean and size k: its variance is mean + mean^2 / k, so that
 * an infinite k is the Poisson. Pure functions, any thread.
 */
#ifndef DETECT_ROBUST_H
#define DETECT_ROBUST_H

#include <stddef.h>

enum { ROBUST_MAX = 256 };

/* The middle value, n from 1 to ROBUST_MAX; values stay as they are. */
double robust_median(const float *values, size_t n);

/* 1.4826 times the median distance from `median`: the standard deviation where the values are
 * normal. */
double robust_deviation(const float *values, size_t n, double median);

/* The same from the steps between neighbours, which a slow tide does not widen; n at least 2. */
double robust_step_deviation(const float *values, size_t n);

/* The size k for a mean and a variance; at most 1e9 stands for Poisson. */
double robust_nb_size(double mean, double variance);

/* ln P(X >= x) and ln P(X <= x), to about 1e-6; x is rounded. */
double robust_nb_log_upper(double x, double mean, double size);
double robust_nb_log_lower(double x, double mean, double size);

/* The log-likelihood ratio of a mean `ratio` times as high, for one count. */
double robust_nb_llr(double x, double mean, double size, double ratio);

#endif
