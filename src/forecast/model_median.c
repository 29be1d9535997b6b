/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/model.h"

static double next(const struct model_state *s, const struct model_choice *c)
{
	(void)c;
	return model_median(s, 7);
}

const struct forecast_model forecast_model_median = {
        .name = "median-7",
        .help = "the median of the last 7 values",
        .baseline = true,
        .next = next,
};
