/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A logistic regression that learns one example at a time, with a step of its own for each
 * weight (AdaGrad, Duchi et al. 2011). A plain struct, to be copied and kept. Pure.
 */
#ifndef FORECAST_LOGISTIC_H
#define FORECAST_LOGISTIC_H

#include <stdbool.h>
#include <stddef.h>

enum { LOGISTIC_MAX = 12 };

struct logistic {
	size_t count;
	double weight[LOGISTIC_MAX];
	double squares[LOGISTIC_MAX]; /* of the gradients so far */
	double step;
};

/* All weights 0, to be set by the caller where something better is known. */
void logistic_init(struct logistic *l, size_t count, double step);

/* A chance from 0 to 1, both excluded. */
double logistic_chance(const struct logistic *l, const float *x);

void logistic_learn(struct logistic *l, const float *x, bool came);

/* log(p / (1 - p)) with p kept from the ends. */
float logistic_odds(double p);

#endif
