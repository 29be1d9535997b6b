/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/activity.h"

#include "base/timefmt.h"

#include <math.h>

static const double WHOLE_DAY_S = 86400;

/* Share of the traffic before second t of the campaign: the integral of
 * 1 + a cos(2 pi (t - peak) / day). */
static double intensity_integral(const struct campaign *c, double offset_s, double t)
{
	double turn = 2 * M_PI / WHOLE_DAY_S;

	return t + c->diurnal / turn * (sin(turn * (t + offset_s)) - sin(turn * offset_s));
}

void warp_init(struct warp *w, const struct campaign *c, uint64_t scenario_start_ns)
{
	double length = (double)(c->end_ns - c->start_ns) / 1e9;
	uint64_t start_s = (scenario_start_ns + c->start_ns) / NS_PER_SECOND;
	double clock_s = fmod((double)start_s, WHOLE_DAY_S);
	double offset = clock_s - (double)c->peak_ns / 1e9;
	double whole = intensity_integral(c, offset, length);
	double low;

	*w = (struct warp){.bent = c->diurnal > 0 && length > 0};
	for (int i = 0; w->bent && i <= WARP_STEPS; i++) {
		double high = length;

		low = i ? w->at[i - 1] * length : 0;
		for (int round = 0; round < 40; round++) {
			double middle = (low + high) / 2;

			if (intensity_integral(c, offset, middle) < whole * i / WARP_STEPS)
				low = middle;
			else
				high = middle;
		}
		w->at[i] = (float)(low / length);
	}
	w->at[WARP_STEPS] = 1;
}

double warp_time(const struct warp *w, double share)
{
	double place = share * WARP_STEPS;
	int step = (int)place;

	if (!w->bent || step >= WARP_STEPS)
		return share;
	return w->at[step] + (place - step) * ((double)w->at[step + 1] - (double)w->at[step]);
}

/* Addresses that Conficker's generator can reach: 2nd and 4th octet below 128. */
static double conficker_targets(const struct targets *space)
{
	double count = 0;

	for (uint32_t i = 0; i < space->v4_size; i++)
		count += (targets_v4(space, i) & 0x00800080) == 0;
	return count;
}

double activity_share(const struct campaign *c, const struct targets *space)
{
	/* Mirai's scanner.c leaves out private, multicast and some others' networks. */
	static const double mirai_space = 204 * 0x1p24 - 0x1p20 - (63 + 1 + 1 + 2) * 0x1p16;

	if (c->aim == AIM_CONFICKER)
		return conficker_targets(space) / 0x1p30;
	return space->v4_size / (c->model == MODEL_MIRAI ? mirai_space : 0x1p32);
}

static double normal(struct prng *random)
{
	double u = 1 - prng_unit(random);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * prng_unit(random));
}

uint64_t activity_poisson(double mean, struct prng *random)
{
	double limit, product = 1;
	uint64_t n = 0;

	if (mean > 50) {
		double value = mean + sqrt(mean) * normal(random) + 0.5;

		return value > 0 ? (uint64_t)value : 0;
	}
	limit = exp(-mean);
	for (;;) {
		product *= prng_unit(random);
		if (product <= limit)
			return n;
		n++;
	}
}

double growth_time_s(const struct campaign *c, uint64_t nth)
{
	double population = (double)c->population, initial = (double)c->initial;
	double infected = (double)nth + 0.5;

	if (nth < c->initial)
		return 0;
	return log((population / initial - 1) / (population / infected - 1)) / c->alpha * 3600;
}

/* Few senders send much, most send little: a Pareto tail cut at the span's end. */
static uint64_t draw_hits(struct sender *s)
{
	const struct span *hits = &s->campaign->hits;
	double u;

	if (hits->low == hits->high)
		return hits->low;
	u = prng_unit(&s->random);
	if (s->campaign->type == TYPE_BACKGROUND) {
		double value = (double)hits->low * pow(1 - u, -1 / 1.2);

		return value < (double)hits->high ? (uint64_t)value : hits->high;
	}
	return hits->low + (uint64_t)(u * (double)(hits->high - hits->low + 1));
}

static uint64_t steady_count(const struct sender *s)
{
	uint64_t interval = s->campaign->interval_ns;

	return (s->length_ns + interval - 1) / interval;
}

void activity_plan(struct sender *s, const struct scenario *scenario, const struct warp *w,
                   double share, uint64_t nth)
{
	const struct campaign *c = s->campaign;
	uint64_t length = c->end_ns > c->start_ns ? c->end_ns - c->start_ns : 0;
	double infected_s = c->type == TYPE_GROWTH ? growth_time_s(c, nth) : 0;

	s->start_ns = scenario->start_ns + c->start_ns;
	s->length_ns = length;
	if (infected_s * 1e9 >= (double)length)
		s->length_ns = 0;
	if (s->length_ns == 0)
		return;
	s->start_ns += (uint64_t)(infected_s * 1e9);
	s->length_ns -= (uint64_t)(infected_s * 1e9);
	if (c->session_ns && c->session_ns < s->length_ns) {
		double share_of_start = warp_time(w, prng_unit(&s->random));

		s->start_ns += (uint64_t)(share_of_start * (double)(s->length_ns - c->session_ns));
		s->length_ns = c->session_ns;
	}
	if (c->interval_ns)
		s->left = steady_count(s);
	else if (c->hits.high)
		s->left = draw_hits(s);
	else
		s->left =
		        activity_poisson(c->rate * share * (double)s->length_ns / 1e9, &s->random);
}

/* A packet in each interval: a group within the slot's first half, others at a steady beat. */
static double steady_offset_ns(struct sender *s)
{
	double interval = (double)s->campaign->interval_ns, u = prng_unit(&s->random);

	if (s->campaign->aim == AIM_TOGETHER)
		return ((double)s->sent + u / 2) * interval;
	return ((double)s->sent + (s->key & 0xffff) / 65536.0 * 0.9 + u * 0.05) * interval;
}

bool activity_next(struct sender *s, const struct warp *w, uint64_t *time_ns)
{
	double offset;

	if (s->left == 0)
		return false;
	if (s->campaign->interval_ns) {
		offset = steady_offset_ns(s);
	} else {
		s->at += (1 - s->at) * -expm1(log(1 - prng_unit(&s->random)) / (double)s->left);
		offset = (s->campaign->session_ns ? s->at : warp_time(w, s->at)) *
		         (double)s->length_ns;
	}
	s->left--;
	s->sent++;
	if (offset >= (double)s->length_ns) {
		if (s->campaign->interval_ns)
			return false;
		offset = (double)s->length_ns - 1;
	}
	*time_ns = (s->start_ns + (uint64_t)offset) / 1000 * 1000;
	return true;
}
