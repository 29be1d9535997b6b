/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/logistic.h"

#include <math.h>

enum { GRID = 240 };

#define GRID_STEP     0.03 /* in ln N: up to 1,300 times of what was seen */
#define PROFILE_95    3.84 /* chi-square, one degree of freedom */
#define NEARLY_ALL    0.98 /* noise may go past N; logits may not */
#define FEWEST_POINTS 5

struct line {
	double slope, offset;
};

static double held(double infected, double size)
{
	return fmin(fmax(infected, 0.5), NEARLY_ALL * size);
}

/* ln(I / (N - I)) = a t + c, weighted by what noise in I does to the logit. */
static struct line fit_line(const double *infected, const double *variance, size_t n, double size)
{
	double w = 0, wt = 0, wy = 0, wtt = 0, wty = 0, det;

	for (size_t i = 0; i < n; i++) {
		double x = held(infected[i], size), t = (double)i;
		double y = log(x / (size - x)), scale = size / (x * (size - x));
		double weight = 1 / (variance[i] * scale * scale);

		w += weight;
		wt += weight * t;
		wy += weight * y;
		wtt += weight * t * t;
		wty += weight * t * y;
	}
	det = w * wtt - wt * wt;
	if (det <= 0)
		return (struct line){0, wy / w};
	return (struct line){(w * wty - wt * wy) / det, (wtt * wy - wt * wty) / det};
}

static double misfit(const double *infected, const double *variance, size_t n, double size,
                     struct line line)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		double model = size / (1 + exp(-(line.slope * (double)i + line.offset)));
		double off = infected[i] - model;

		sum += off * off / variance[i];
	}
	return sum;
}

void logistic_fit(const double *infected, const double *variance, size_t n, struct logistic *out)
{
	double most = 1, misfits[GRID], least = INFINITY, scale;
	int best = 0, low, high;

	*out = (struct logistic){INFINITY, 0, INFINITY, 0};
	if (n < FEWEST_POINTS)
		return;
	for (size_t i = 0; i < n; i++)
		most = fmax(most, infected[i]);
	most *= 0.9;
	for (int g = 0; g < GRID; g++) {
		double size = most * exp(GRID_STEP * g);
		struct line line = fit_line(infected, variance, n, size);

		misfits[g] = misfit(infected, variance, n, size, line);
		if (misfits[g] < least) {
			least = misfits[g];
			best = g;
			out->rate = line.slope;
		}
	}
	/* Where the model fits worse than its noise says, the noise was taken for too small. */
	scale = fmax(1, least / (double)(n - 3));
	for (low = best; low > 0 && misfits[low - 1] <= least + PROFILE_95 * scale;)
		low--;
	for (high = best; high < GRID - 1 && misfits[high + 1] <= least + PROFILE_95 * scale;)
		high++;
	out->low = most * exp(GRID_STEP * low);
	if (high == GRID - 1)
		return;
	out->size = most * exp(GRID_STEP * best);
	out->high = most * exp(GRID_STEP * high);
}
