/* SPDX-License-Identifier: Apache-2.0 */
/* Simple exponential smoothing of log(1 + x): level += alpha * (log(1 + x) - level). */
#include "forecast/model.h"

#include <math.h>

static const struct model_choice choices[] = {
        {.alpha = 0.05}, {.alpha = 0.10}, {.alpha = 0.15}, {.alpha = 0.20}, {.alpha = 0.25},
        {.alpha = 0.30}, {.alpha = 0.35}, {.alpha = 0.40}, {.alpha = 0.45}, {.alpha = 0.50},
        {.alpha = 0.55}, {.alpha = 0.60}, {.alpha = 0.65}, {.alpha = 0.70}, {.alpha = 0.75},
        {.alpha = 0.80}, {.alpha = 0.85}, {.alpha = 0.90}, {.alpha = 0.95},
};

static void see(struct model_state *s, const struct model_choice *c, double value)
{
	double x = log1p(value);

	s->level[0] = s->seen ? s->level[0] + c->alpha * (x - s->level[0]) : x;
}

static double next(const struct model_state *s, const struct model_choice *c)
{
	(void)c;
	return expm1(s->level[0]);
}

const struct forecast_model forecast_model_ses = {
        .name = "log-ses",
        .help = "exponential smoothing of the logarithm, its weight chosen on training days",
        .baseline = true,
        .choices = choices,
        .choice_count = sizeof(choices) / sizeof(choices[0]),
        .see = see,
        .next = next,
};
