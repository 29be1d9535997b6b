/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/score.h"

#include "tap.h"

int main(void)
{
	struct score_chance a[] = {{0.9f, true}, {0.8f, false}, {0.7f, true}, {0.1f, false}};
	struct score_chance ties[] = {{0.5f, true}, {0.5f, false}, {0.5f, false}, {0.5f, true}};
	struct score_chance one[] = {{0.5f, true}};

	CHECK_NEAR(score_pinball(0.9, 10, 20), 9, 1e-12); /* too low costs nine times as much */
	CHECK_NEAR(score_pinball(0.9, 20, 10), 1, 1e-12);
	CHECK_NEAR(score_pinball(0.5, 10, 10), 0, 0);
	/* Of the pairs of one that came and one that did not, 3 of 4 are in order. */
	CHECK_NEAR(score_auc(a, 4), 0.75, 1e-12);
	CHECK_NEAR(score_brier(a, 4), (0.01 + 0.64 + 0.09 + 0.01) / 4, 1e-6);
	CHECK_NEAR(score_rate(a, 4), 0.5, 0);
	CHECK_NEAR(score_lift(a, 4, 0.25), 2, 1e-12);
	CHECK_NEAR(score_lift(a, 4, 0.01), 2, 1e-12); /* at least one */
	CHECK_NEAR(score_auc(ties, 4), 0.5, 1e-12);
	CHECK(isnan(score_auc(one, 1)) && isnan(score_auc(one, 0)) && isnan(score_brier(one, 0)));
	return tap_done();
}
