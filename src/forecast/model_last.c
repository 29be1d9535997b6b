/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/model.h"

static double next(const struct model_state *s, const struct model_choice *c)
{
	(void)c;
	return model_past(s, 1);
}

const struct forecast_model forecast_model_last = {
        .name = "last",
        .help = "the last value",
        .baseline = true,
        .next = next,
};
