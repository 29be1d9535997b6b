/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own: a trimmed mean, on the log scale, of levels that follow at different speeds and of
 * medians of different lengths, each weighed by how well it did lately on this very series
 * (exponential weights; Vovk 1990, Littlestone and Warmuth 1994, with fading losses).
 *
 * A level moves by at most twice the series' usual step, so that one flood does not lift it
 * (a damped Huber step); medians ignore a flood altogether; the last value follows a new
 * plateau at once. Which of them is right differs between series and over time, and that is what
 * the weights learn. How fast they learn is chosen for all series of a group together.
 */
#include "forecast/model.h"

#include <math.h>
#include <stdlib.h>

static const double speeds[MODEL_LEVELS] = {0.05, 0.1, 0.2, 0.4, 0.6, 0.8};
static const size_t lengths[] = {3, 5, 7, 14, 28};

enum { MEDIANS = sizeof(lengths) / sizeof(lengths[0]) };

_Static_assert(MODEL_LEVELS + MEDIANS + 1 == MODEL_EXPERTS, "members of the blend");

/* A step in log(1 + x) that counts as usual before a series has shown its own. */
#define SCALE_FIRST 0.3
#define SCALE_STEP  0.05
#define CLIP        2.0
#define LOSS_MAX    1.0

static const struct model_choice choices[] = {
        {.sharp = 1, .memory = 0.95, .trim = 0},    {.sharp = 1, .memory = 0.95, .trim = 0.25},
        {.sharp = 1, .memory = 0.95, .trim = 0.4},  {.sharp = 2, .memory = 0.95, .trim = 0},
        {.sharp = 2, .memory = 0.95, .trim = 0.25}, {.sharp = 2, .memory = 0.95, .trim = 0.4},
        {.sharp = 2, .memory = 0.90, .trim = 0},    {.sharp = 2, .memory = 0.90, .trim = 0.25},
        {.sharp = 2, .memory = 0.90, .trim = 0.4},
};

struct member {
	double value, weight;
};

static void ask_members(const struct model_state *s, double values[MODEL_EXPERTS])
{
	size_t n = 0;

	for (size_t i = 0; i < MODEL_LEVELS; i++)
		values[n++] = s->level[i];
	for (size_t i = 0; i < MEDIANS; i++)
		values[n++] = log1p(model_median(s, lengths[i]));
	values[n] = log1p(model_past(s, 1));
}

static double clamp(double x, double limit)
{
	return x > limit ? limit : x < -limit ? -limit : x;
}

static void see(struct model_state *s, const struct model_choice *c, double value)
{
	double x = log1p(value), values[MODEL_EXPERTS];

	if (s->seen)
		ask_members(s, values);
	for (size_t i = 0; s->seen && i < MODEL_EXPERTS; i++)
		s->loss[i] = c->memory * s->loss[i] + fmin(fabs(values[i] - x), LOSS_MAX);
	for (size_t i = 0; i < MODEL_LEVELS; i++) {
		double error = x - s->level[i];

		if (s->seen == 0) {
			s->level[i] = x;
			s->scale[i] = SCALE_FIRST;
			continue;
		}
		s->level[i] += speeds[i] * clamp(error, CLIP * s->scale[i]);
		s->scale[i] += SCALE_STEP * (fmin(fabs(error), 3 * s->scale[i]) - s->scale[i]);
	}
}

static int by_value(const void *left, const void *right)
{
	const struct member *a = left, *b = right;

	return a->value < b->value ? -1 : a->value > b->value;
}

/* The mean of what is left between the two cuts. */
static double trimmed_mean(struct member *m, double trim)
{
	double total = 0, at = 0, sum = 0, kept = 0;

	qsort(m, MODEL_EXPERTS, sizeof(*m), by_value);
	for (size_t i = 0; i < MODEL_EXPERTS; i++)
		total += m[i].weight;
	for (size_t i = 0; i < MODEL_EXPERTS; i++) {
		double from = fmax(at, trim * total);
		double to = fmin(at + m[i].weight, (1 - trim) * total);

		if (to > from) {
			sum += m[i].value * (to - from);
			kept += to - from;
		}
		at += m[i].weight;
	}
	return sum / kept;
}

static double next(const struct model_state *s, const struct model_choice *c)
{
	double values[MODEL_EXPERTS], least = s->loss[0];
	struct member members[MODEL_EXPERTS];

	ask_members(s, values);
	for (size_t i = 1; i < MODEL_EXPERTS; i++)
		least = fmin(least, s->loss[i]);
	for (size_t i = 0; i < MODEL_EXPERTS; i++)
		members[i] = (struct member){values[i], exp(-c->sharp * (s->loss[i] - least))};
	return expm1(trimmed_mean(members, c->trim));
}

const struct forecast_model forecast_model_blend = {
        .name = "blend",
        .help = "levels of six speeds, five medians and the last value, weighed by how well each "
                "did lately on this series",
        .choices = choices,
        .choice_count = sizeof(choices) / sizeof(choices[0]),
        .see = see,
        .next = next,
};
