/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/robust.h"

#include "tap.h"

static void middle_and_spread(void)
{
	const float odd[] = {5, 1, 1000, 3, 4}, even[] = {1, 2, 3, 10};

	CHECK_NEAR(robust_median(odd, 5), 4, 0);
	CHECK_NEAR(robust_deviation(odd, 5, 4), 1.4826, 1e-9);
	CHECK_NEAR(robust_median(even, 4), 2.5, 0);
	CHECK_NEAR(robust_step_deviation((const float[]){1, 3, 5, 7, 9}, 5), 1.4826 * sqrt(2),
	           1e-6);
}

/* The Poisson's by summing its terms, the geometric's in closed form. */
static void tails(void)
{
	CHECK_NEAR(robust_nb_log_upper(30, 10, 1e9), log(2.509951e-07), 1e-5);
	CHECK_NEAR(robust_nb_log_lower(2, 10, 1e9), log(0.002769396), 1e-5);
	/* geometric: size 1, P(X >= x) = (mean / (mean + 1))^x */
	CHECK_NEAR(robust_nb_log_upper(30, 4, 1), 30 * log(0.8), 1e-6);
	CHECK_NEAR(robust_nb_log_lower(0, 4, 1), log(0.2), 1e-9);
	CHECK_NEAR(robust_nb_log_upper(3, 10, 5), -M_LN2, 0);
	CHECK_NEAR(robust_nb_log_upper(0, 10, 5), 0, 0);
	CHECK(robust_nb_log_upper(1e6, 10, 5) < -1e5 && isfinite(robust_nb_log_upper(1e6, 10, 5)));
}

static void ratio(void)
{
	/* Poisson: x ln r - (r - 1) mean */
	CHECK_NEAR(robust_nb_llr(12, 10, 1e9, 1.5), 12 * log(1.5) - 5, 1e-5);
	CHECK(robust_nb_llr(10, 10, 20, 1.5) < 0);
	CHECK(robust_nb_llr(15, 10, 20, 1.5) > 0);
	CHECK_NEAR(robust_nb_size(10, 30), 5, 1e-12);
	CHECK_NEAR(robust_nb_size(10, 9), 1e9, 0);
}

int main(void)
{
	middle_and_spread();
	tails();
	ratio();
	return tap_done();
}
