/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/score.h"

#include <math.h>
#include <stdlib.h>

double score_pinball(double q, double forecast, double truth)
{
	double over = truth - forecast;

	return over >= 0 ? q * over : (q - 1) * over;
}

static int by_chance(const void *left, const void *right)
{
	const struct score_chance *a = left, *b = right;

	if (a->chance != b->chance)
		return a->chance < b->chance ? -1 : 1;
	return a->came - b->came;
}

double score_auc(struct score_chance *items, size_t count)
{
	double came = 0, ranks = 0;

	qsort(items, count, sizeof(*items), by_chance);
	for (size_t i = 0, end; i < count; i = end) {
		double here = 0;

		for (end = i; end < count && items[end].chance == items[i].chance; end++)
			here += items[end].came;
		came += here;
		ranks += here * ((double)(i + end) + 1) / 2;
	}
	if (came == 0 || came == (double)count)
		return NAN;
	return (ranks - came * (came + 1) / 2) / (came * ((double)count - came));
}

double score_brier(const struct score_chance *items, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		double error = (double)items[i].chance - items[i].came;

		sum += error * error;
	}
	return count ? sum / (double)count : NAN;
}

double score_rate(const struct score_chance *items, size_t count)
{
	size_t came = 0;

	for (size_t i = 0; i < count; i++)
		came += items[i].came;
	return count ? (double)came / (double)count : NAN;
}

double score_lift(const struct score_chance *items, size_t count, double share)
{
	size_t top = (size_t)ceil((double)count * share);

	if (top == 0)
		return NAN;
	return score_rate(items + (count - top), top) / score_rate(items, count);
}
