/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/chance.h"

#include <math.h>
#include <stdbool.h>

/* ln(n!) less Stirling's formula. */
static double stirling_error(double n)
{
	double square = n * n;
	int sign;

	if (n < 16)
		return lgamma_r(n + 1, &sign) - (n + 0.5) * log(n) + n - 0.5 * log(2 * M_PI);
	return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / 1680 / square) / square) / square) / n;
}

/* x ln(x / mean) + mean - x without cancellation where x is near mean (Loader 2000). */
static double deviance(double x, double mean)
{
	double v = (x - mean) / (x + mean), sum = (x - mean) * v, term = 2 * x * v;

	if (fabs(v) >= 0.1)
		return x * log(x / mean) + mean - x;
	for (int j = 1; j < 100; j++) {
		double next;

		term *= v * v;
		next = sum + term / (2 * j + 1);
		if (next == sum)
			break;
		sum = next;
	}
	return sum;
}

static double log_binomial(double k, double n, double p)
{
	if (k <= 0)
		return n * log1p(-p);
	if (k >= n)
		return n * log(p);
	return stirling_error(n) - stirling_error(k) - stirling_error(n - k) - deviance(k, n * p) -
	       deviance(n - k, n * (1 - p)) + 0.5 * log(n / (2 * M_PI * k * (n - k)));
}

/* The sum of P(X = i) / P(X = k) over i >= k where k is above the mean. */
static double upper_sum(double k, double n, double odds)
{
	double term = 1, sum = 1;

	for (double i = k; i < n && term > sum * 1e-17; i++) {
		term *= (n - i) / (i + 1) * odds;
		sum += term;
	}
	return sum;
}

/* The same over i <= k where k is below the mean. */
static double lower_sum(double k, double n, double odds)
{
	double term = 1, sum = 1;

	for (double i = k; i > 0 && term > sum * 1e-17; i--) {
		term *= i / (n - i + 1) / odds;
		sum += term;
	}
	return sum;
}

double chance_log_tail(uint64_t successes, uint64_t trials, double chance)
{
	double k = (double)successes, n = (double)trials, odds = chance / (1 - chance), below;

	if (successes == 0)
		return 0;
	if (successes > trials)
		return -INFINITY;
	if (k > n * chance)
		return fmin(0, log_binomial(k, n, chance) + log(upper_sum(k, n, odds)));
	below = exp(log_binomial(k - 1, n, chance)) * lower_sum(k - 1, n, odds);
	return log1p(-fmin(below, 1));
}

/* ln of x^shape e^-x / Gamma(shape). */
static double log_gamma_density(double shape, double x)
{
	int sign;

	return shape * log(x) - x - lgamma_r(shape, &sign);
}

static double gamma_series(double shape, double x)
{
	double term = 1 / shape, sum = term;

	for (double a = shape + 1; term > sum * 1e-16; a++) {
		term *= x / a;
		sum += term;
	}
	return sum * exp(log_gamma_density(shape, x));
}

/* The upper part by its continued fraction (Lentz's method). */
static double gamma_fraction(double shape, double x)
{
	double b = x + 1 - shape, c = 1e300, d = 1 / b, value = d;

	for (int i = 1; i < 100000; i++) {
		double a = -i * (i - shape), change;

		b += 2;
		d = 1 / (a * d + b);
		c = b + a / c;
		change = c * d;
		value *= change;
		if (fabs(change - 1) < 1e-15)
			break;
	}
	return value * exp(log_gamma_density(shape, x));
}

double chance_gamma(double shape, double x)
{
	if (x <= 0)
		return 0;
	return x < shape + 1 ? gamma_series(shape, x) : 1 - gamma_fraction(shape, x);
}

/* The x where P(shape, x) is the lower or upper 2.5 % point: the cube-root normal form of
 * Wilson and Hilferty 1931, made exact by Newton steps kept within a bracket. */
static double gamma_quantile(double shape, bool upper)
{
	double z = upper ? 1.959963984540054 : -1.959963984540054, p = upper ? 0.975 : 0.025;
	double root = 1 - 1 / (9 * shape) + z / (3 * sqrt(shape));
	double x = root > 0.1 ? shape * root * root * root : shape * 0.01;
	double low = 0, high = INFINITY;

	if (shape >= 1e5)
		return x;
	for (int i = 0; i < 100; i++) {
		double error = chance_gamma(shape, x) - p;
		double next = x - error * x / exp(log_gamma_density(shape, x));

		if (error > 0)
			high = x;
		else
			low = x;
		if (!(next > low && next < high))
			next = isinf(high) ? low * 2 : (low + high) / 2;
		if (fabs(next - x) <= x * 1e-12)
			return next;
		x = next;
	}
	return x;
}

void chance_poisson_95(uint64_t count, double *low, double *high)
{
	*low = count ? gamma_quantile((double)count, false) : 0;
	*high = gamma_quantile((double)count + 1, true);
}
