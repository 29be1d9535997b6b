/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change: more sources on a port, from a country on a port, from a network or in all than is
 * usual, fast or slowly; or none where there were many (30-detection section 5).
 *
 * Three tests on the number of sources of a bin: a median/MAD z on its logarithm, the tail of
 * the negative binomial fitted to the trailing window, held against all series of the scope
 * at once (Benjamini and Hochberg 1995), and a CUSUM of its log-likelihood ratio (Hoehle and Paul
 * 2008). What is usual follows the tide that all ports have in common. While an episode runs
 * its series learns nothing.
 */
#include "detect/detector.h"

#include "detect/robust.h"
#include "detect/rules.h"
#include "detect/trend.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EPISODES_MAX = 4096 };

struct episode {
	struct event event; /* id 0: free */
	bool down;          /* it vanished */
	unsigned bins, quiet;
	double peak;
};

struct judgement {
	double usual; /* the median with the tide */
	double z, log_p, log_p_two;
	bool judged, alarm, slow, gone;
};

struct change {
	struct trend trend;
	struct episode *episodes;
	struct judgement *judged; /* of the series of the trend */
	double *sorted;
	size_t room;
	uint64_t forgotten;
};

static void change_close(void *state)
{
	struct change *c = state;

	if (!c)
		return;
	trend_clear(&c->trend);
	free(c->episodes);
	free(c->judged);
	free(c->sorted);
	free(c);
}

static enum status change_open(void **state, const struct detect_settings *settings)
{
	struct change *c = calloc(1, sizeof(*c));
	enum status st = c ? trend_init(&c->trend, settings->memory) : STATUS_NO_MEMORY;

	if (!st) {
		c->episodes = calloc(EPISODES_MAX, sizeof(*c->episodes));
		st = c->episodes ? STATUS_OK : STATUS_NO_MEMORY;
	}
	if (st) {
		change_close(c);
		c = NULL;
	}
	*state = c;
	return st;
}

static enum status make_room(struct change *c)
{
	struct judgement *judged;
	double *sorted;

	if (c->trend.count <= c->room)
		return STATUS_OK;
	judged = reallocarray(c->judged, c->trend.room, sizeof(*judged));
	if (!judged)
		return STATUS_NO_MEMORY;
	c->judged = judged;
	sorted = reallocarray(c->sorted, c->trend.room, sizeof(*sorted));
	if (!sorted)
		return STATUS_NO_MEMORY;
	c->sorted = sorted;
	c->room = c->trend.room;
	return STATUS_OK;
}

/* How well the usual level is known: the tide of all ports is not that of each. */
static double model_error(double tide)
{
	return fmax(RULE_CHANGE_MODEL, RULE_CHANGE_TIDE * fabs(tide));
}

static void in_order(const struct series *s, float out[TREND_BINS])
{
	unsigned oldest = s->filled < TREND_BINS ? 0 : s->at;

	for (unsigned i = 0; i < s->filled; i++)
		out[i] = s->ring[(oldest + i) % TREND_BINS];
}

static double log_deviation(const struct series *s, double usual, double tide)
{
	float values[TREND_BINS], logs[TREND_BINS];
	double median, deviation;

	in_order(s, values);
	for (unsigned i = 0; i < s->filled; i++)
		logs[i] = log1pf(values[i]);
	median = robust_median(logs, s->filled);
	deviation = fmin(robust_deviation(logs, s->filled, median),
	                 robust_step_deviation(logs, s->filled));
	return fmax(deviation, fmax(1 / sqrt(usual + 1), model_error(tide)));
}

static double nb_size(const struct series *s, double usual, double tide)
{
	double level = fmax((double)s->median, 1), spread;
	float values[TREND_BINS];
	double model = model_error(tide) * usual;

	in_order(s, values);
	spread = fmin(robust_deviation(values, s->filled, (double)s->median),
	              robust_step_deviation(values, s->filled)) *
	         usual / level;
	return robust_nb_size(usual, fmax(usual + model * model, spread * spread));
}

static void judge(const struct trend *t, struct series *s, struct judgement *j)
{
	double tide = series_scope(s->key) == SCOPE_ALL ? 0 : t->common;
	double value = (double)s->value, size;

	*j = (struct judgement){.judged = s->filled >= RULE_CHANGE_BINS};
	if (!j->judged)
		return;
	/* A falling tide is believed by half: ports that fall less than others have not risen. */
	j->usual = fmax((double)s->median * exp(tide < 0 ? tide / 2 : tide), RULE_CHANGE_LEAST);
	size = nb_size(s, j->usual, tide);
	j->z = (log1p(value) - log1p(j->usual)) / log_deviation(s, j->usual, tide);
	j->log_p = robust_nb_log_upper(value, j->usual, size);
	if (j->z > RULE_CHANGE_TWO_Z && (double)s->last_z > RULE_CHANGE_TWO_Z) {
		double both = j->log_p + (double)s->last_log_p;

		j->log_p_two = both + log1p(-both);
	}
	/* What adds up for hours must not add up a port's own tide, steeper than that of all. */
	s->cusum = (float)fmax(0, (double)s->cusum + robust_nb_llr(value,
	                                                           j->usual * exp(fmax(tide, 0)),
	                                                           size, RULE_CUSUM_RATIO));
	j->gone = j->usual >= RULE_VANISH_USUAL && value < RULE_VANISH_SHARE * j->usual &&
	          robust_nb_log_lower(value, j->usual, size) < RULE_VANISH_LOG_P;
}

static double chance_of(const struct judgement *j)
{
	return fmin(j->log_p, j->log_p_two) + M_LN2;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The highest ln p that is an alarm among the series of a scope (Benjamini and Hochberg). */
static double limit_of_scope(struct change *c, enum scope scope)
{
	size_t n = 0;
	double limit = -INFINITY;

	for (size_t i = 0; i < c->trend.count; i++) {
		if (c->judged[i].judged && series_scope(c->trend.items[i].key) == scope)
			c->sorted[n++] = chance_of(&c->judged[i]);
	}
	qsort(c->sorted, n, sizeof(*c->sorted), compare);
	for (size_t i = 0; i < n; i++) {
		if (c->sorted[i] <= log(RULE_CHANGE_FDR * (double)(i + 1) / (double)n))
			limit = c->sorted[i];
	}
	return limit;
}

static bool is_large(const struct series *s, const struct judgement *j)
{
	return (double)s->value >= RULE_CHANGE_FACTOR * j->usual &&
	       (double)s->value >= j->usual + RULE_CHANGE_SOURCES;
}

static void decide(struct change *c)
{
	for (int scope = 0; scope < SCOPE_COUNT; scope++) {
		double limit = limit_of_scope(c, (enum scope)scope);

		for (size_t i = 0; i < c->trend.count; i++) {
			struct series *s = &c->trend.items[i];
			struct judgement *j = &c->judged[i];

			if (!j->judged || (int)series_scope(s->key) != scope || !is_large(s, j))
				continue;
			j->alarm =
			        chance_of(j) <= limit && (j->z > RULE_CHANGE_Z || j->log_p_two < 0);
			j->slow = !j->alarm && (double)s->cusum > RULE_CUSUM_LIMIT;
		}
	}
}

/* One panel alone is one sensor's word, or that of sensors in one place. */
static bool is_shared(const struct trend *t, const struct series *s)
{
	return t->settled >= 3 || (t->settled == 2 && s->risen == 2);
}

static void say_confidence(struct event *e, const struct trend *t, const struct series *s,
                           const struct judgement *j)
{
	double base = e->state == EVENT_PROVISIONAL ? 0.5 : 0.9;

	event_forget_reasons(e);
	event_reason(e, "robust z %.1f against %u bins; chance in one bin %.1e", j->z, s->filled,
	             exp(fmax(chance_of(j), -700)));
	if (t->settled == 1) {
		event_reason(e, "one panel of sensors: a local change cannot be told from others");
		base -= 0.2;
	} else if (!is_shared(t, s)) {
		event_reason(e, "one of two panels of sensors saw it");
		base -= 0.3;
	} else {
		event_reason(e, "no panel of sensors alone can move it: %u count", t->settled);
	}
	e->confidence = base;
}

static void describe(struct episode *p, const struct trend *t, const struct series *s,
                     const struct judgement *j)
{
	struct event *e = &p->event;
	double times = (double)s->value / fmax(j->usual, 0.5);

	if (!p->down && (double)s->value > p->peak)
		p->peak = (double)s->value;
	event_number(e, "sources", (double)s->value);
	event_number(e, "usual", j->usual);
	event_number(e, "peak", p->peak);
	event_number(e, "packets", (double)s->packets);
	event_number(e, "z", j->z);
	event_number(e, "tide", exp(t->common));
	event_number(e, "panels", t->settled);
	if (p->down)
		snprintf(e->title, sizeof(e->title),
		         "%s: almost nobody comes any more: %.0f sources in ten minutes, "
		         "usually %.0f",
		         e->subject, (double)s->value, j->usual);
	else if (p->bins <= 1 || (double)s->value >= p->peak)
		snprintf(e->title, sizeof(e->title),
		         "%s: %.1f times the usual number of sources: %.0f in ten minutes, "
		         "usually %.0f",
		         e->subject, times, (double)s->value, j->usual);
	say_confidence(e, t, s, j);
	snprintf(e->wrong_if, sizeof(e->wrong_if), "%s",
	         p->down ? "the path to the sensors failed for this port alone"
	                 : "the sources are forged, or the six hours before were not usual");
}

static struct episode *free_episode(struct change *c, uint32_t *number)
{
	for (uint32_t i = 0; i < EPISODES_MAX; i++) {
		if (c->episodes[i].event.id == 0) {
			*number = i + 1;
			return &c->episodes[i];
		}
	}
	c->forgotten++;
	return NULL;
}

static enum status begin(struct change *c, struct series *s, const struct judgement *j,
                         const struct scene *scene, const struct event_sink *sink)
{
	char subject[SERIES_TEXT_MAX];
	struct episode *p = free_episode(c, &s->episode);
	const char *what = j->gone ? "vanished" : j->slow ? "slow rise" : "rise";

	if (!p)
		return STATUS_OK;
	series_text(s->key, subject);
	*p = (struct episode){.down = j->gone, .bins = 1};
	event_init(&p->event, "change", what, subject, scene->start_s);
	p->event.noticed_s = scene->noted_s;
	p->event.end_s = scene->end_s;
	if (j->slow || (is_shared(&c->trend, s) && j->log_p < RULE_EPISODE_SURE))
		p->event.state = EVENT_CONFIRMED;
	describe(p, &c->trend, s, j);
	return detector_tell(&p->event, scene, sink);
}

static bool goes_on(const struct episode *p, const struct series *s, const struct judgement *j)
{
	if (p->down)
		return (double)s->value < 0.5 * j->usual;
	return j->z > 3 || (double)s->value > RULE_CHANGE_FACTOR * j->usual;
}

static enum status end(struct change *c, struct series *s, struct episode *p,
                       const struct scene *scene, const struct event_sink *sink)
{
	enum status st;

	(void)c;
	p->event.state = p->event.state == EVENT_PROVISIONAL ? EVENT_WITHDRAWN : EVENT_CLOSED;
	if (p->bins > RULE_EPISODE_BINS) {
		event_text(&p->event, "ended", "as the new level");
		trend_restart(s);
	}
	st = detector_tell(&p->event, scene, sink);
	*p = (struct episode){0};
	s->episode = 0;
	s->cusum = 0;
	return st;
}

static enum status follow(struct change *c, struct series *s, const struct judgement *j,
                          const struct scene *scene, const struct event_sink *sink)
{
	struct episode *p = &c->episodes[s->episode - 1];
	double peak = p->peak;
	bool on = goes_on(p, s, j);

	p->bins++;
	p->quiet = on ? 0 : p->quiet + 1;
	if (on)
		p->event.end_s = scene->end_s;
	if (p->bins > RULE_EPISODE_BINS ||
	    p->quiet >= (p->event.state == EVENT_PROVISIONAL ? 1 : RULE_EPISODE_QUIET))
		return end(c, s, p, scene, sink);
	if (!on)
		return STATUS_OK;
	if (p->event.state == EVENT_PROVISIONAL &&
	    (is_shared(&c->trend, s) || c->trend.settled == 1)) {
		p->event.state = EVENT_CONFIRMED;
		describe(p, &c->trend, s, j);
		return detector_tell(&p->event, scene, sink);
	}
	if (p->down || (double)s->value < 1.5 * peak)
		return STATUS_OK;
	describe(p, &c->trend, s, j);
	return detector_tell(&p->event, scene, sink);
}

/* None in two bins that follow one another; the first one enters the ring, which bears it. */
static bool vanished(struct series *s, struct judgement *j)
{
	bool twice = j->gone && (double)s->last_z < -RULE_CHANGE_TWO_Z;

	j->gone = twice;
	return twice;
}

static enum status watch_series(struct change *c, size_t i, const struct scene *scene,
                                const struct event_sink *sink)
{
	struct series *s = &c->trend.items[i];
	struct judgement *j = &c->judged[i];
	enum status st = STATUS_OK;

	if (s->episode)
		st = follow(c, s, j, scene, sink);
	else if (vanished(s, j) || j->alarm || j->slow)
		st = begin(c, s, j, scene, sink);
	if (!s->episode)
		trend_push(s, scene);
	s->last_z = (float)j->z;
	s->last_log_p = (float)j->log_p;
	return st;
}

static enum status change_watch(void *state, const struct scene *scene,
                                const struct event_sink *sink)
{
	struct change *c = state;
	bool usable;
	enum status st = trend_watch(&c->trend, scene, &usable);

	if (!st && usable)
		st = make_room(c);
	if (st || !usable)
		return st;
	for (size_t i = 0; i < c->trend.count; i++)
		judge(&c->trend, &c->trend.items[i], &c->judged[i]);
	decide(c);
	for (size_t i = 0; i < c->trend.count && !st; i++)
		st = watch_series(c, i, scene, sink);
	trend_sweep(&c->trend);
	return st;
}

static void change_save(const void *state, struct keep *out)
{
	const struct change *c = state;

	trend_save(&c->trend, out);
	keep_u64(out, c->forgotten);
	for (size_t i = 0; i < c->trend.count; i++) {
		uint32_t number = c->trend.items[i].episode;
		const struct episode *p;

		if (number == 0)
			continue;
		p = &c->episodes[number - 1];
		keep_u64(out, (uint64_t)p->down << 63 | (uint64_t)p->bins << 16 | p->quiet);
		keep_double(out, p->peak);
		keep_event(out, &p->event);
	}
}

static enum status change_load(void *state, struct cursor *in)
{
	struct change *c = state;
	enum status st = trend_load(&c->trend, in);

	c->forgotten = cursor_le64(in);
	for (size_t i = 0; i < c->trend.count && !st; i++) {
		struct series *s = &c->trend.items[i];
		struct episode p = {0};
		uint64_t numbers;

		if (s->episode == 0)
			continue;
		numbers = cursor_le64(in);
		p.down = numbers >> 63;
		p.bins = numbers >> 16 & 0xffff;
		p.quiet = numbers & 0xffff;
		p.peak = keep_get_double(in);
		keep_get_event(in, &p.event);
		if (s->episode > EPISODES_MAX || in->failed)
			return STATUS_FORMAT;
		c->episodes[s->episode - 1] = p;
	}
	return st;
}

static uint64_t change_forgotten(const void *state)
{
	const struct change *c = state;

	return c->forgotten + c->trend.forgotten;
}

const struct detector detector_change = {
        .name = "change",
        .help = "more sources than usual on a port, from a country or network; or none any more",
        .period_s = BIN_SECONDS,
        .open = change_open,
        .watch = change_watch,
        .close = change_close,
        .save = change_save,
        .load = change_load,
        .forgotten = change_forgotten,
};
