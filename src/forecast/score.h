/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How good forecasts were, once the truth is in. Pure; score_auc() sorts what it is given.
 */
#ifndef FORECAST_SCORE_H
#define FORECAST_SCORE_H

#include <stdbool.h>
#include <stddef.h>

/* A chance that was given, and whether it came. */
struct score_chance {
	float chance;
	bool came;
};

/* Pinball loss of a quantile forecast q (0 to 1): Koenker and Bassett 1978. */
double score_pinball(double q, double forecast, double truth);

/* Area under the ROC curve, ties halved (Mann-Whitney); NaN where one class is empty. Sorts. */
double score_auc(struct score_chance *items, size_t count);

/* Mean squared error of the chances (Brier 1950); NaN for none. */
double score_brier(const struct score_chance *items, size_t count);

/* Share that came; NaN for none. */
double score_rate(const struct score_chance *items, size_t count);

/* Of the `share` with the highest chances, how many times the usual rate came. The items are
 * sorted by score_auc(). */
double score_lift(const struct score_chance *items, size_t count, double share);

#endif
