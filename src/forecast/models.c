/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/model.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct forecast_model *const forecast_models[] = {
        &forecast_model_last, &forecast_model_season, &forecast_model_median,
        &forecast_model_ses,  &forecast_model_blend,
};

const size_t forecast_model_count = sizeof(forecast_models) / sizeof(forecast_models[0]);

void model_start(struct model_state *s, unsigned season)
{
	assert(season >= 1 && season <= MODEL_MEMORY);
	memset(s, 0, sizeof(*s));
	s->season = season;
}

void model_see(const struct forecast_model *m, struct model_state *s, const struct model_choice *c,
               double value)
{
	assert(value >= 0); /* a gap is not fed */
	if (m->see)
		m->see(s, c, value);
	s->recent[s->seen % MODEL_MEMORY] = value;
	s->seen++;
}

double model_next(const struct forecast_model *m, const struct model_state *s,
                  const struct model_choice *c)
{
	double value = s->seen ? m->next(s, c) : 0;

	return value > 0 ? value : 0;
}

double model_past(const struct model_state *s, size_t back)
{
	assert(back >= 1 && back <= s->seen && back <= MODEL_MEMORY);
	return s->recent[(s->seen - back) % MODEL_MEMORY];
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

double model_median(const struct model_state *s, size_t n)
{
	double sorted[MODEL_MEMORY];

	if (n > MODEL_MEMORY)
		n = MODEL_MEMORY;
	if (n > s->seen)
		n = (size_t)s->seen;
	assert(n >= 1);
	for (size_t i = 0; i < n; i++)
		sorted[i] = model_past(s, i + 1);
	qsort(sorted, n, sizeof(sorted[0]), compare);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}
