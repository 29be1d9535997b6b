/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/model.h"

static double next(const struct model_state *s, const struct model_choice *c)
{
	(void)c;
	return model_past(s, s->seen < s->season ? 1 : s->season);
}

const struct forecast_model forecast_model_season = {
        .name = "week-ago",
        .help = "the value of a week ago (seasonal naive)",
        .baseline = true,
        .next = next,
};
