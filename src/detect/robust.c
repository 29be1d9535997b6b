/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/robust.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

double robust_median(const float *values, size_t n)
{
	float sorted[ROBUST_MAX];

	assert(n > 0 && n <= ROBUST_MAX);
	memcpy(sorted, values, n * sizeof(*values));
	qsort(sorted, n, sizeof(*sorted), compare);
	return ((double)sorted[n / 2] + (double)sorted[(n - 1) / 2]) / 2;
}

double robust_deviation(const float *values, size_t n, double median)
{
	float away[ROBUST_MAX];

	assert(n > 0 && n <= ROBUST_MAX);
	for (size_t i = 0; i < n; i++)
		away[i] = (float)fabs((double)values[i] - median);
	return 1.4826 * robust_median(away, n);
}

double robust_step_deviation(const float *values, size_t n)
{
	float steps[ROBUST_MAX];

	assert(n > 1 && n <= ROBUST_MAX);
	for (size_t i = 0; i + 1 < n; i++)
		steps[i] = (float)fabs((double)values[i + 1] - (double)values[i]);
	return 1.4826 * robust_median(steps, n - 1) * M_SQRT1_2;
}

double robust_nb_size(double mean, double variance)
{
	double excess = variance - mean;

	return excess > mean * mean * 1e-9 ? mean * mean / excess : 1e9;
}

static double log_pmf(double x, double mean, double size)
{
	double p = mean / (mean + size);

	return lgamma(x + size) - lgamma(size) - lgamma(x + 1) + size * log1p(-p) + x * log(p);
}

/* Terms from x on, away from the mean: each is the one before times a ratio that falls below 1. */
static double log_sum(double x, double mean, double size, int step)
{
	double p = mean / (mean + size), term = 1, sum = 1;

	for (int i = 0; i < 100000 && term > sum * 1e-9; i++) {
		if (step > 0)
			term *= p * (x + size) / (x + 1);
		else if (x < 1)
			break;
		else
			term *= x / (p * (x - 1 + size));
		x += step;
		sum += term;
	}
	return log(sum);
}

double robust_nb_log_upper(double x, double mean, double size)
{
	x = round(x);
	if (x <= mean || x < 1)
		return x < 1 ? 0 : -M_LN2; /* not of interest: half of it or more */
	return fmin(0, log_pmf(x, mean, size) + log_sum(x, mean, size, 1));
}

double robust_nb_log_lower(double x, double mean, double size)
{
	x = round(x);
	if (x >= mean)
		return -M_LN2;
	return fmin(0, log_pmf(x, mean, size) + log_sum(x, mean, size, -1));
}

double robust_nb_llr(double x, double mean, double size, double ratio)
{
	double change = log((size + ratio * mean) / (size + mean));

	return x * (log(ratio) - change) - size * change;
}
