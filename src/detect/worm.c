/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worms: the sources of a port grow as by infection (Zou et al. 2005).
 *
 * A Kalman filter follows the logarithm of the sources above usual and its rate; an alarm is given
 * when the rate has settled above zero. The telescope sees a host in a bin with a
 * chance p = 1 - exp(-l); l follows from the packets of those that were seen, whose mean is
 * l / (1 - exp(-l)). The number infected is the sources above usual over p. The size is that
 * of the logistic curve (detect/logistic.h). What does not come back in the next bin, such as
 * forged sources, has a p near nothing: then no number of hosts is claimed.
 */
#include "detect/detector.h"

#include "detect/logistic.h"
#include "detect/robust.h"
#include "detect/rules.h"
#include "detect/trend.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SPREADS_MAX = 512, SPREAD_BINS = 288 };

#define LEAST_CHANCE 0.05 /* p: below, packets cannot tell it from nothing */
#define LEAST_BACK   0.25 /* of the sources that should come back in the next bin */
#define CHANCE_ERROR 0.1  /* of p, which the fit knows nothing of; ours */
#define DRIFT_LEVEL  4e-4 /* variances that a bin adds: of ln I, of the rate */
#define DRIFT_RATE   1e-4

struct spread {
	struct event event; /* id 0: none yet */
	bool used, told, stalled;
	double usual, usual_packets;
	double level, rate;                             /* ln of the sources above usual; a bin */
	double var_level, var_both, var_rate;           /* their covariance */
	double rates[3];                                /* the newest first */
	double excess[SPREAD_BINS], noise[SPREAD_BINS]; /* noise: variance */
	double packets, sources;                        /* above usual, summed, newer ones more */
	unsigned bins, still, sure, doubt;
	double peak;
	uint32_t kept[DIGEST_KEPT]; /* of the bin before: sources with the lowest hashes */
	unsigned kept_count;
	double sampled, back; /* of a sample of both bins' sources: all, and those in both */
};

struct worms {
	struct trend trend;
	struct spread *spreads;
	uint64_t forgotten;
};

static void worm_close(void *state)
{
	struct worms *w = state;

	if (!w)
		return;
	trend_clear(&w->trend);
	free(w->spreads);
	free(w);
}

static enum status worm_open(void **state, const struct detect_settings *settings)
{
	struct worms *w = calloc(1, sizeof(*w));
	enum status st = w ? trend_init(&w->trend, settings->memory) : STATUS_NO_MEMORY;

	if (!st) {
		w->spreads = calloc(SPREADS_MAX, sizeof(*w->spreads));
		st = w->spreads ? STATUS_OK : STATUS_NO_MEMORY;
	}
	if (st) {
		worm_close(w);
		w = NULL;
	}
	*state = w;
	return st;
}

/* Of the sources of a bin: Poisson, the usual level's own spread, and the tide's error. */
static double variance_of(const struct trend *t, const struct series *s, double usual)
{
	double spread = s->filled ? robust_deviation(s->ring, s->filled, (double)s->median) : 0;
	double tide = RULE_CHANGE_TIDE * fabs(t->common) * usual;

	return fmax((double)s->value, usual) + 1 + spread * spread + tide * tide;
}

/* The rate l with which a host that was seen m times on average sends here in a bin. */
static double rate_of_mean(double m)
{
	double low = 0, high = m;

	for (int i = 0; i < 60; i++) {
		double l = (low + high) / 2;

		if (l / -expm1(-l) < m)
			low = l;
		else
			high = l;
	}
	return low;
}

/* The chance to see an infected host in a bin; 0: it cannot be told. */
static double chance_to_see(const struct spread *p)
{
	double mean = p->sources > 0 ? p->packets / p->sources : 0, chance;

	if (mean <= 1)
		return 0;
	chance = -expm1(-rate_of_mean(mean));
	if (p->back < LEAST_BACK * chance / (2 - chance) * p->sampled || p->back < 2)
		return 0;
	return chance < LEAST_CHANCE ? 0 : chance;
}

/* The lowest hashes of two bins together are a sample of the sources of both; those in both
 * came back (Broder 1997). */
static void count_returns(struct spread *p, const struct cell *c)
{
	unsigned a = 0, b = 0;

	for (unsigned n = 0; c && n < DIGEST_KEPT && a < p->kept_count && b < c->kept_count; n++) {
		uint32_t x = p->kept[a], y = c->kept[b];

		p->sampled++;
		p->back += x == y;
		a += x <= y;
		b += y <= x;
	}
	p->kept_count = c ? c->kept_count : 0;
	for (unsigned i = 0; i < p->kept_count; i++)
		p->kept[i] = c->kept[i];
}

static void remember(struct spread *p, double excess, double variance)
{
	if (p->bins == SPREAD_BINS) {
		for (unsigned i = 1; i < SPREAD_BINS; i++) {
			p->excess[i - 1] = p->excess[i];
			p->noise[i - 1] = p->noise[i];
		}
		p->bins--;
	}
	p->excess[p->bins] = excess;
	p->noise[p->bins++] = variance;
	p->peak = fmax(p->peak, excess);
}

/* Predict, then correct by ln of what came, whose variance is that of the count over its square. */
static void filter(struct spread *p, double excess, double variance)
{
	double seen = fmax(excess, 1), r = variance / (seen * seen), gain_level, gain_rate, off,
	       sum;

	p->level += p->rate;
	p->var_level += 2 * p->var_both + p->var_rate + DRIFT_LEVEL;
	p->var_both += p->var_rate;
	p->var_rate += DRIFT_RATE;
	sum = p->var_level + r;
	gain_level = p->var_level / sum;
	gain_rate = p->var_both / sum;
	off = log(seen) - p->level;
	p->level += gain_level * off;
	p->rate += gain_rate * off;
	p->var_rate -= gain_rate * p->var_both;
	p->var_both *= 1 - gain_level;
	p->var_level *= 1 - gain_level;
	p->rates[2] = p->rates[1];
	p->rates[1] = p->rates[0];
	p->rates[0] = p->rate;
}

static double mean_of(const double *values, unsigned n)
{
	double sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += values[i];
	return sum / n;
}

/* Growth by a share, not by a number: the later half of all bins grows as the earlier did. */
static bool is_exponential(const struct spread *p)
{
	unsigned third = p->bins / 3;
	const double *end = p->excess + p->bins;
	double first, middle, last;

	if (third == 0)
		return false;
	first = fmax(mean_of(p->excess, third), 1);
	middle = fmax(mean_of(p->excess + (p->bins - third) / 2, third), 1);
	last = fmax(mean_of(end - third, third), 1);
	return middle > first && log(last / middle) >= RULE_WORM_BENT * log(middle / first);
}

static bool has_settled(const struct spread *p)
{
	double now = p->excess[p->bins - 1], noise = sqrt(p->noise[p->bins - 1]);

	return p->bins >= RULE_WORM_BINS && now >= RULE_WORM_ALARM * noise &&
	       p->rate >= RULE_WORM_RATE && p->rate >= RULE_WORM_SURE * sqrt(p->var_rate) &&
	       fabs(p->rates[0] - p->rates[2]) <= RULE_WORM_STEADY * p->rate &&
	       now >= RULE_WORM_GROWN * fmax(p->excess[0], 1) && is_exponential(p);
}

static void fit_size(const struct spread *p, double chance, struct logistic *out)
{
	double infected[SPREAD_BINS], variance[SPREAD_BINS];

	for (unsigned i = 0; i < p->bins; i++) {
		infected[i] = p->excess[i] / chance;
		variance[i] = p->noise[i] / (chance * chance);
	}
	logistic_fit(infected, variance, p->bins, out);
}

static void say_size(struct spread *p, double chance, double infected)
{
	struct event *e = &p->event;
	struct logistic fit;

	fit_size(p, chance, &fit);
	event_number(e, "infected", infected);
	event_number(e, "chance_to_see", chance);
	event_number(e, "size", fit.size);
	event_number(e, "size_low", fit.low * (1 - CHANCE_ERROR));
	event_number(e, "size_high", fit.high * (1 + CHANCE_ERROR));
	if (p->rate > 0 && !(fit.high < 1e6) && infected < 1e6)
		event_number(e, "hours_to_a_million", log(1e6 / infected) / p->rate / 6);
	if (!isfinite(fit.high))
		event_reason(e, "the curve does not bend yet: at least %.0f, no upper end",
		             fit.low);
}

static void describe(struct spread *p)
{
	struct event *e = &p->event;
	double excess = exp(p->level), chance = chance_to_see(p);

	event_forget_reasons(e);
	event_number(e, "sources_above_usual", excess);
	event_number(e, "usual", p->usual);
	event_number(e, "rate_an_hour", 6 * p->rate);
	event_number(e, "rate_deviation", 6 * sqrt(p->var_rate));
	event_number(e, "doubling_hours", p->rate > 0 ? M_LN2 / p->rate / 6 : INFINITY);
	event_reason(e, "the growth rate is %.1f standard deviations above zero and has settled",
	             p->rate / sqrt(p->var_rate));
	if (chance > 0)
		say_size(p, chance, excess / chance);
	else
		event_reason(e, "sources hardly come back: their number says nothing of hosts, and "
		                "they may be forged");
	e->confidence = e->state == EVENT_PROVISIONAL ? 0.6 : chance > 0 ? 0.9 : 0.5;
	snprintf(e->wrong_if, sizeof(e->wrong_if),
	         "sources are forged or move (DHCP), or a campaign was rolled out step by step");
	if (p->stalled)
		snprintf(e->title, sizeof(e->title), "%s: growth has stopped at %.0f sources",
		         e->subject, excess);
	else
		snprintf(e->title, sizeof(e->title),
		         "%s: sources grow as by infection, doubling in %.1f hours", e->subject,
		         M_LN2 / fmax(p->rate, 1e-9) / 6);
}

static enum status alarm_now(struct spread *p, const struct series *s, const struct scene *scene,
                             const struct event_sink *sink)
{
	char subject[SERIES_TEXT_MAX];

	series_text(s->key, subject);
	event_init(&p->event, "worm", "growth", subject,
	           scene->end_s - (uint64_t)p->bins * BIN_SECONDS);
	p->event.noticed_s = scene->noted_s;
	p->event.end_s = scene->end_s;
	p->told = true;
	describe(p);
	return detector_tell(&p->event, scene, sink);
}

/* A provisional alarm: twice more it has to hold; where growth turns out straight, it falls. */
static void weigh(struct spread *p)
{
	p->sure += has_settled(p);
	p->doubt += !is_exponential(p);
	if (p->doubt >= 2)
		p->event.state = EVENT_WITHDRAWN;
	else if (p->sure >= 2)
		p->event.state = EVENT_CONFIRMED;
}

/* The alarm has gone out: its numbers follow, it stalls, it ends. */
static enum status go_on(struct spread *p, const struct scene *scene, const struct event_sink *sink)
{
	double now = p->excess[p->bins - 1];
	bool grows = now >= p->peak && p->rate > RULE_WORM_RATE / 2;
	bool over = now < RULE_WORM_OVER * p->peak;

	p->still = grows ? 0 : p->still + 1;
	if (!over)
		p->event.end_s = scene->end_s;
	if (p->event.state == EVENT_PROVISIONAL)
		weigh(p);
	if (grows)
		p->stalled = false;
	if (p->still >= RULE_WORM_STALL && !p->stalled) {
		p->stalled = true;
		snprintf(p->event.what, sizeof(p->event.what), "stalled");
	}
	if (over || p->still > RULE_EPISODE_BINS)
		p->event.state =
		        p->event.state == EVENT_PROVISIONAL ? EVENT_WITHDRAWN : EVENT_CLOSED;
	describe(p);
	return detector_tell(&p->event, scene, sink);
}

static struct spread *free_spread(struct worms *w, uint32_t *number)
{
	for (uint32_t i = 0; i < SPREADS_MAX; i++) {
		if (!w->spreads[i].used) {
			*number = i + 1;
			return &w->spreads[i];
		}
	}
	w->forgotten++;
	return NULL;
}

/* cusum: the trend's field for its owner; here the usual packets of a bin. */
static void begin(struct worms *w, struct series *s, double usual, double variance)
{
	struct spread *p = free_spread(w, &s->episode);
	double excess = (double)s->value - usual;

	if (!p)
		return;
	*p = (struct spread){.used = true,
	                     .usual = usual,
	                     .usual_packets = (double)s->cusum,
	                     .level = log(fmax(excess, 1)),
	                     .var_level = variance / fmax(excess * excess, 1),
	                     .var_rate = 0.25};
	remember(p, excess, variance);
}

static void drop(struct series *s, struct spread *p)
{
	*p = (struct spread){0};
	s->episode = 0;
}

static enum status follow(struct worms *w, struct series *s, const struct scene *scene,
                          const struct event_sink *sink)
{
	struct spread *p = &w->spreads[s->episode - 1];
	double excess = (double)s->value - p->usual, variance = variance_of(&w->trend, s, p->usual);
	enum status st = STATUS_OK;

	remember(p, excess, variance);
	filter(p, excess, variance);
	p->packets = 0.95 * p->packets + fmax((double)s->packets - p->usual_packets, 0);
	p->sources = 0.95 * p->sources + fmax(excess, 0);
	count_returns(p, digest_find(scene->digest, s->key));
	if (p->told)
		st = go_on(p, scene, sink);
	else if (has_settled(p))
		st = alarm_now(p, s, scene, sink);
	else if (excess < RULE_WORM_START * sqrt(variance))
		p->still++;
	else
		p->still = 0;
	if ((p->told && event_is_over(&p->event)) || (!p->told && p->still >= 2) ||
	    (!p->told && p->bins >= TREND_BINS)) {
		if (p->bins >= TREND_BINS)
			trend_restart(s);
		drop(s, p);
	}
	return st;
}

static enum status watch_series(struct worms *w, struct series *s, const struct scene *scene,
                                const struct event_sink *sink)
{
	double tide = w->trend.common, usual, variance;
	enum status st = STATUS_OK;

	if (s->episode) {
		st = follow(w, s, scene, sink);
	} else if (series_scope(s->key) == SCOPE_PORT && s->filled >= RULE_CHANGE_BINS) {
		usual = (double)s->median * exp(tide < 0 ? tide / 2 : tide);
		variance = variance_of(&w->trend, s, usual);
		if ((double)s->value - usual > RULE_WORM_START * sqrt(variance))
			begin(w, s, usual, variance);
	}
	if (!s->episode) {
		trend_push(s, scene);
		s->cusum += ((float)s->packets - s->cusum) / (s->cusum > 0 ? 12 : 1);
	}
	return st;
}

static enum status worm_watch(void *state, const struct scene *scene, const struct event_sink *sink)
{
	struct worms *w = state;
	bool usable;
	enum status st = trend_watch(&w->trend, scene, &usable);

	for (size_t i = 0; usable && i < w->trend.count && !st; i++)
		st = watch_series(w, &w->trend.items[i], scene, sink);
	if (!st && usable)
		trend_sweep(&w->trend);
	return st;
}

static void save_spread(const struct spread *p, struct keep *out)
{
	const double numbers[] = {p->usual,     p->usual_packets, p->level,    p->rate,
	                          p->var_level, p->var_both,      p->var_rate, p->rates[0],
	                          p->rates[1],  p->rates[2],      p->packets,  p->sources,
	                          p->peak};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		keep_double(out, numbers[i]);
	keep_u64(out, (uint64_t)p->sure << 32 | (uint64_t)p->doubt << 16 | (uint64_t)p->told << 1 |
	                      p->stalled);
	keep_u64(out, p->still);
	keep_double(out, p->sampled);
	keep_double(out, p->back);
	keep_u64(out, p->kept_count);
	for (unsigned i = 0; i < p->kept_count; i++)
		keep_u64(out, p->kept[i]);
	keep_event(out, &p->event);
	keep_u64(out, p->bins);
	for (unsigned i = 0; i < p->bins; i++) {
		keep_double(out, p->excess[i]);
		keep_double(out, p->noise[i]);
	}
}

static bool load_spread(struct spread *p, struct cursor *in)
{
	double *const numbers[] = {&p->usual,     &p->usual_packets, &p->level,    &p->rate,
	                           &p->var_level, &p->var_both,      &p->var_rate, &p->rates[0],
	                           &p->rates[1],  &p->rates[2],      &p->packets,  &p->sources,
	                           &p->peak};
	uint64_t flags;

	*p = (struct spread){.used = true};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		*numbers[i] = keep_get_double(in);
	flags = cursor_le64(in);
	p->told = flags >> 1 & 1;
	p->stalled = flags & 1;
	p->sure = (unsigned)(flags >> 32);
	p->doubt = flags >> 16 & 0xffff;
	p->still = (unsigned)cursor_le64(in);
	p->sampled = keep_get_double(in);
	p->back = keep_get_double(in);
	p->kept_count = (unsigned)keep_get_count(in, 8);
	if (p->kept_count > DIGEST_KEPT)
		return false;
	for (unsigned i = 0; i < p->kept_count; i++)
		p->kept[i] = (uint32_t)cursor_le64(in);
	keep_get_event(in, &p->event);
	p->bins = (unsigned)keep_get_count(in, 16);
	for (unsigned i = 0; i < p->bins && i < SPREAD_BINS; i++) {
		p->excess[i] = keep_get_double(in);
		p->noise[i] = keep_get_double(in);
	}
	return !in->failed && p->bins > 0 && p->bins <= SPREAD_BINS;
}

static void worm_save(const void *state, struct keep *out)
{
	const struct worms *w = state;

	trend_save(&w->trend, out);
	keep_u64(out, w->forgotten);
	for (size_t i = 0; i < w->trend.count; i++) {
		uint32_t number = w->trend.items[i].episode;

		if (number)
			save_spread(&w->spreads[number - 1], out);
	}
}

static enum status worm_load(void *state, struct cursor *in)
{
	struct worms *w = state;
	enum status st = trend_load(&w->trend, in);

	w->forgotten = cursor_le64(in);
	for (size_t i = 0; i < w->trend.count && !st; i++) {
		uint32_t number = w->trend.items[i].episode;

		if (number > SPREADS_MAX || (number && !load_spread(&w->spreads[number - 1], in)))
			return STATUS_FORMAT;
	}
	return st;
}

static uint64_t worm_forgotten(const void *state)
{
	const struct worms *w = state;

	return w->forgotten + w->trend.forgotten;
}

const struct detector detector_worm = {
        .name = "worm",
        .help = "a port whose sources grow as by infection: how fast, how large, whether it stalls",
        .period_s = BIN_SECONDS,
        .open = worm_open,
        .watch = worm_watch,
        .close = worm_close,
        .save = worm_save,
        .load = worm_load,
        .forgotten = worm_forgotten,
};
