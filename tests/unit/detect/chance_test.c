/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/chance.h"

#include "tap.h"

/* P(X >= k) summed from the definition. */
static double brute_tail(unsigned k, unsigned n, double p)
{
	double sum = 0;

	for (unsigned i = k; i <= n; i++) {
		double term = 1;

		for (unsigned j = 0; j < i; j++)
			term *= (double)(n - j) / (j + 1) * p;
		for (unsigned j = i; j < n; j++)
			term *= 1 - p;
		sum += term;
	}
	return sum;
}

static void test_tail_small(void)
{
	static const double chances[] = {0x1p-16, 0.01, 0.25, 0.5, 0.9};
	double worst = 0;

	for (unsigned c = 0; c < sizeof(chances) / sizeof(chances[0]); c++) {
		for (unsigned n = 1; n <= 40; n++) {
			for (unsigned k = 1; k <= n; k++) {
				double want = brute_tail(k, n, chances[c]);
				double got = exp(chance_log_tail(k, n, chances[c]));

				worst = fmax(worst, fabs(got - want) / want);
			}
		}
	}
	CHECK_NEAR(worst, 0, 1e-11);
}

/* Summed with 60 decimal digits. */
static void test_tail_large(void)
{
	static const struct {
		uint64_t k, n;
		double chance, log_p;
	} rows[] = {
	        {2, 2, 0x1p-16, -22.180709777918},
	        {2, 1000, 0x1p-16, -9.069492693781},
	        {3, 1000, 0x1p-16, -14.353966288148},
	        {20, 1 << 20, 0x1p-16, -1.672644671287},
	        {5, 1000000, 0x1p-16, -0.000704773987},
	        {40, 1000000, 0x1p-16, -16.115828080604},
	        {1000, 1 << 20, 0x1p-15, -2478.806299090532},
	        {400, UINT64_C(1) << 40, 0x1p-32, -37.419978142038},
	        {300, UINT64_C(1) << 40, 0x1p-32, -5.535742975206},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_NEAR(chance_log_tail(rows[i].k, rows[i].n, rows[i].chance), rows[i].log_p,
		           1e-9 * fmax(1, fabs(rows[i].log_p)));
}

static void test_tail_edges(void)
{
	double last = 0;
	bool falls = true;

	CHECK(chance_log_tail(0, 0, 0.5) == 0);
	CHECK(chance_log_tail(0, 5, 0.5) == 0);
	CHECK(isinf(chance_log_tail(6, 5, 0.5)));
	CHECK_NEAR(chance_log_tail(UINT64_C(1) << 40, UINT64_C(1) << 40, 0x1p-32),
	           -32 * log(2) * 0x1p40, 1);
	for (uint64_t k = 1; k < 500; k++) {
		double p = chance_log_tail(k, 1000000, 0x1p-13);

		falls &= p <= last && !isnan(p);
		last = p;
	}
	CHECK(falls);
}

/* Garwood's table, recomputed with 60 digits. */
static void test_poisson(void)
{
	static const struct {
		uint64_t count;
		double low, high;
	} rows[] = {
	        {0, 0, 3.6888794541},
	        {1, 0.0253178080, 5.5716433909},
	        {2, 0.2422092785, 7.2246876677},
	        {5, 1.6234863901, 11.6683320793},
	        {10, 4.7953886961, 18.3903560420},
	        {20, 12.2165195854, 30.8883779027},
	        {100, 81.3639912509, 121.6267937924},
	        {1000, 938.9730184077, 1063.9521360163},
	};
	double low, high;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		chance_poisson_95(rows[i].count, &low, &high);
		CHECK_NEAR(low, rows[i].low, rows[i].low * 1e-9 + 1e-12);
		CHECK_NEAR(high, rows[i].high, rows[i].high * 1e-9);
	}
}

/* The bounds leave 2.5 % on each side by the incomplete gamma function, also where the
 * quantile is taken from the approximation alone. */
static void test_poisson_wide(void)
{
	static const uint64_t counts[] = {3, 77, 4000, 99998, 100002, 3000000};
	double low, high;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		chance_poisson_95(counts[i], &low, &high);
		CHECK_NEAR(chance_gamma((double)counts[i], low), 0.025, 1e-6);
		CHECK_NEAR(chance_gamma((double)counts[i] + 1, high), 0.975, 1e-6);
	}
	chance_poisson_95(UINT64_MAX, &low, &high);
	CHECK(low > 1.8446744e19 && high < 1.8446745e19 && low < high);
}

/* P(1, x) = 1 - e^-x; P(1/2, x) = erf(sqrt x). */
static void test_gamma(void)
{
	for (double x = 0.01; x < 30; x *= 1.7) {
		CHECK_NEAR(chance_gamma(1, x), 1 - exp(-x), 1e-14);
		CHECK_NEAR(chance_gamma(0.5, x), erf(sqrt(x)), 1e-14);
	}
	CHECK(chance_gamma(3, 0) == 0);
}

int main(void)
{
	test_tail_small();
	test_tail_large();
	test_tail_edges();
	test_poisson();
	test_poisson_wide();
	test_gamma();
	return tap_done();
}
