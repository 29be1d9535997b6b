/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/logistic.h"

#include <assert.h>
#include <math.h>

#define ODDS_MIN   1e-4
#define CHANCE_MIN 1e-6

void logistic_init(struct logistic *l, size_t count, double step)
{
	assert(count <= LOGISTIC_MAX);
	*l = (struct logistic){.count = count, .step = step};
	for (size_t i = 0; i < count; i++)
		l->squares[i] = 1e-8;
}

double logistic_chance(const struct logistic *l, const float *x)
{
	double sum = 0;

	for (size_t i = 0; i < l->count; i++)
		sum += l->weight[i] * (double)x[i];
	return fmin(fmax(1 / (1 + exp(-sum)), CHANCE_MIN), 1 - CHANCE_MIN);
}

void logistic_learn(struct logistic *l, const float *x, bool came)
{
	double error = logistic_chance(l, x) - came;

	for (size_t i = 0; i < l->count; i++) {
		double gradient = error * (double)x[i];

		l->squares[i] += gradient * gradient;
		l->weight[i] -= l->step * gradient / sqrt(l->squares[i]);
	}
}

float logistic_odds(double p)
{
	p = fmin(fmax(p, ODDS_MIN), 1 - ODDS_MIN);
	return (float)log(p / (1 - p));
}
