/* SPDX-License-Identifier: Apache-2.0 */
/* Each model on series worked out by hand. */
#include "forecast/model.h"

#include "tap.h"

/* What a model says after the n values. */
static double after(const struct forecast_model *m, const struct model_choice *c,
                    const double *values, size_t n)
{
	struct model_state s;

	model_start(&s, 7);
	for (size_t i = 0; i < n; i++)
		model_see(m, &s, c, values[i]);
	return model_next(m, &s, c);
}

static void check_plain(void)
{
	static const double x[] = {5, 1, 9, 2, 8, 3, 7, 100, 6};
	const struct model_choice none = {0};

	CHECK_NEAR(after(&forecast_model_last, &none, x, 9), 6, 0);
	CHECK_NEAR(after(&forecast_model_season, &none, x, 9), 9, 0); /* seven back */
	CHECK_NEAR(after(&forecast_model_season, &none, x, 3), 9, 0); /* too short: the last */
	CHECK_NEAR(after(&forecast_model_median, &none, x, 9), 7, 0); /* of 9 2 8 3 7 100 6 */
	CHECK_NEAR(after(&forecast_model_median, &none, x, 2), 3, 0); /* of 5 1 */
	for (size_t i = 0; i < forecast_model_count; i++)
		CHECK_NEAR(after(forecast_models[i], &none, x, 0), 0, 0); /* nothing seen */
}

static void check_ses(void)
{
	const double x[] = {0, expm1(1), expm1(2)};
	const struct model_choice c = {.alpha = 0.5};

	/* Levels 0, 0.5, 1.25. */
	CHECK_NEAR(after(&forecast_model_ses, &c, x, 2), expm1(0.5), 1e-12);
	CHECK_NEAR(after(&forecast_model_ses, &c, x, 3), expm1(1.25), 1e-12);
}

static void check_blend(void)
{
	const double x[] = {0, expm1(1)};
	const struct model_choice c = {.sharp = 2, .memory = 0.9, .trim = 0};
	const struct model_choice cut = {.sharp = 2, .memory = 0.9, .trim = 0.25};
	/* A step of 1 is clipped to 0.6, and all members lost the same, so that they weigh the
	 * same: six levels speed * 0.6, five medians log(1 + (e - 1) / 2), the last value 1. */
	double median = log1p(expm1(1) / 2);
	double mean = (0.6 * (0.05 + 0.1 + 0.2 + 0.4 + 0.6 + 0.8) + 5 * median + 1) / 12;
	/* A quarter of twelve at each end: without 0.03, 0.06, 0.12 and median, median, 1. */
	double middle = (0.24 + 0.36 + 0.48 + 3 * median) / 6;

	CHECK_NEAR(after(&forecast_model_blend, &c, x, 1), 0, 1e-12);
	CHECK_NEAR(after(&forecast_model_blend, &c, x, 2), expm1(mean), 1e-12);
	CHECK_NEAR(after(&forecast_model_blend, &cut, x, 2), expm1(middle), 1e-12);
}

/* A flood of one day is forgotten at once; a new plateau is believed within a week. */
static void check_blend_shapes(void)
{
	const struct model_choice c = {.sharp = 2, .memory = 0.9, .trim = 0};
	double flood[40], plateau[40];

	for (size_t i = 0; i < 40; i++) {
		flood[i] = i == 38 ? 5000 : 100;
		plateau[i] = i >= 33 ? 400 : 100;
	}
	CHECK_NEAR(after(&forecast_model_blend, &c, flood, 40), 100, 10);
	CHECK(after(&forecast_model_last, &c, flood, 39) > 4999);
	CHECK(after(&forecast_model_blend, &c, flood, 39) < 250);
	CHECK(after(&forecast_model_blend, &c, plateau, 40) > 350);
}

int main(void)
{
	check_plain();
	check_ses();
	check_blend();
	check_blend_shapes();
	return tap_done();
}
