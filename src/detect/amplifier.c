/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searches for amplifiers, by vector, and the warning that follows: one that is searched for more
 * than usual may soon be used.
 *
 * Searchers are few and send much, so packets are counted, but of a bin no more than
 * PACKETS_EACH for each source: one source alone is no more than its share. The last six bins
 * are held against the day before (median and spread of hours, on logs). The warning says
 * that use may follow; how likely is not known here and is not claimed.
 */
#include "detect/detector.h"

#include "detect/digest.h"
#include "detect/robust.h"
#include "detect/rules.h"
#include "model/packet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOUR_BINS = 6, HOURS = 24, HOURS_LEAST = 4, PACKETS_EACH = 50 };

static const struct {
	uint16_t port;
	const char *name;
} vectors[] = {
#define VECTOR_PORT(port, name) {port, name},
#include "detect/vector_port.def"
#undef VECTOR_PORT
};

enum { VECTORS = sizeof(vectors) / sizeof(vectors[0]) };

struct search {
	float hours[HOURS];    /* bounded packets of past hours */
	float bins[HOUR_BINS]; /* of the newest bins */
	uint32_t sources[HOUR_BINS];
	unsigned filled, at; /* of hours */
	unsigned bins_filled, bin_at;
	struct event event; /* id 0: none */
	unsigned quiet;
	double peak;
};

struct searches {
	struct search items[VECTORS];
};

static enum status amplifier_open(void **state, const struct detect_settings *settings)
{
	(void)settings;
	*state = calloc(1, sizeof(struct searches));
	return *state ? STATUS_OK : STATUS_NO_MEMORY;
}

static void amplifier_close(void *state)
{
	free(state);
}

static double last_hour(const struct search *s)
{
	double sum = 0;

	for (unsigned i = 0; i < s->bins_filled; i++)
		sum += (double)s->bins[i];
	return sum;
}

static uint32_t most_sources(const struct search *s)
{
	uint32_t most = 0;

	for (unsigned i = 0; i < s->bins_filled; i++)
		most = s->sources[i] > most ? s->sources[i] : most;
	return most;
}

static void add_bin(struct search *s, const struct cell *c)
{
	uint64_t bound = c ? (uint64_t)c->sources * PACKETS_EACH : 0;

	s->bins[s->bin_at] = c ? (float)(c->packets < bound ? c->packets : bound) : 0;
	s->sources[s->bin_at] = c ? c->sources : 0;
	s->bin_at = (s->bin_at + 1) % HOUR_BINS;
	s->bins_filled += s->bins_filled < HOUR_BINS;
}

/* A whole hour that was not searched more than usual becomes part of what is usual. */
static void add_hour(struct search *s)
{
	s->hours[s->at] = (float)last_hour(s);
	s->at = (s->at + 1) % HOURS;
	s->filled += s->filled < HOURS;
}

/* How many deviations the hour's logarithm is above that of the hours before. */
static double excess_of(const struct search *s, double *usual)
{
	float logs[HOURS];
	double median, spread;

	for (unsigned i = 0; i < s->filled; i++)
		logs[i] = log1pf(s->hours[i]);
	median = robust_median(logs, s->filled);
	*usual = expm1(median);
	spread = fmax(robust_deviation(logs, s->filled, median), RULE_SEARCH_SPREAD);
	return (log1p(last_hour(s)) - median) / spread;
}

static void describe(struct search *s, unsigned vector, double z, double usual)
{
	struct event *e = &s->event;
	double now = last_hour(s);

	s->peak = fmax(s->peak, now);
	event_text(e, "vector", vectors[vector].name);
	event_number(e, "packets_an_hour", now);
	event_number(e, "usual", usual);
	event_number(e, "peak", s->peak);
	event_number(e, "sources", most_sources(s));
	event_number(e, "z", z);
	snprintf(e->title, sizeof(e->title),
	         "%s (%s): searched for %.1f times as much as usual; attacks by it may follow",
	         e->subject, vectors[vector].name, now / fmax(usual, 1));
	event_forget_reasons(e);
	event_reason(e,
	             "%.0f packets in an hour, at most %d of a source in ten minutes; usual %.0f",
	             now, PACKETS_EACH, usual);
	event_reason(e, "%u sources in ten minutes; %u hours to compare with", most_sources(s),
	             s->filled);
	e->confidence = e->state == EVENT_PROVISIONAL ? 0.5 : 0.8;
	snprintf(e->wrong_if, sizeof(e->wrong_if),
	         "research scanners search it, or others use the port for something else");
}

static enum status begin(struct search *s, unsigned vector, double z, double usual,
                         const struct scene *scene, const struct event_sink *sink)
{
	char subject[SERIES_TEXT_MAX];

	series_text(series_port(PROTO_UDP, vectors[vector].port), subject);
	event_init(&s->event, "amplifier", "search", subject, scene->start_s);
	s->event.noticed_s = scene->noted_s;
	s->event.end_s = scene->end_s;
	s->quiet = 0;
	s->peak = 0;
	describe(s, vector, z, usual);
	return detector_tell(&s->event, scene, sink);
}

static enum status go_on(struct search *s, unsigned vector, double z, double usual,
                         const struct scene *scene, const struct event_sink *sink)
{
	bool on = z > RULE_SEARCH_Z / 2;
	enum status st;

	s->quiet = on ? 0 : s->quiet + 1;
	if (on)
		s->event.end_s = scene->end_s;
	if (on && s->event.state == EVENT_PROVISIONAL) {
		s->event.state = EVENT_CONFIRMED;
		describe(s, vector, z, usual);
		return detector_tell(&s->event, scene, sink);
	}
	if (s->quiet < HOUR_BINS && scene->end_s < s->event.start_s + RULE_SEARCH_SECONDS)
		return STATUS_OK;
	s->event.state = s->event.state == EVENT_PROVISIONAL ? EVENT_WITHDRAWN : EVENT_CLOSED;
	st = detector_tell(&s->event, scene, sink);
	s->event = (struct event){0};
	return st;
}

static enum status watch_vector(struct search *s, unsigned vector, const struct scene *scene,
                                const struct event_sink *sink)
{
	double usual = 0, z = 0;
	enum status st = STATUS_OK;

	add_bin(s, digest_find(scene->digest, series_port(PROTO_UDP, vectors[vector].port)));
	if (s->filled >= HOURS_LEAST)
		z = excess_of(s, &usual);
	if (s->event.id)
		st = go_on(s, vector, z, usual, scene, sink);
	else if (z > RULE_SEARCH_Z && most_sources(s) >= RULE_SEARCH_SOURCES)
		st = begin(s, vector, z, usual, scene, sink);
	if (!s->event.id && s->bins_filled == HOUR_BINS && s->bin_at == 0)
		add_hour(s);
	return st;
}

static enum status amplifier_watch(void *state, const struct scene *scene,
                                   const struct event_sink *sink)
{
	struct searches *all = state;
	enum status st = STATUS_OK;

	/* A gap in some panels is a smaller telescope for a while: nothing is said or learnt. */
	if (scene->coverage->usable == 0 || scene->coverage->usable < scene->coverage->panels)
		return STATUS_OK;
	for (unsigned v = 0; v < VECTORS && !st; v++)
		st = watch_vector(&all->items[v], v, scene, sink);
	return st;
}

static void amplifier_save(const void *state, struct keep *out)
{
	const struct searches *all = state;

	for (unsigned v = 0; v < VECTORS; v++) {
		const struct search *s = &all->items[v];

		for (unsigned i = 0; i < HOURS; i++)
			keep_double(out, (double)s->hours[i]);
		for (unsigned i = 0; i < HOUR_BINS; i++) {
			keep_double(out, (double)s->bins[i]);
			keep_u64(out, s->sources[i]);
		}
		keep_u64(out, s->filled);
		keep_u64(out, s->at);
		keep_u64(out, s->bins_filled);
		keep_u64(out, s->bin_at);
		keep_u64(out, s->quiet);
		keep_double(out, s->peak);
		keep_event(out, &s->event);
	}
}

static enum status amplifier_load(void *state, struct cursor *in)
{
	struct searches *all = state;

	for (unsigned v = 0; v < VECTORS; v++) {
		struct search *s = &all->items[v];

		for (unsigned i = 0; i < HOURS; i++)
			s->hours[i] = (float)keep_get_double(in);
		for (unsigned i = 0; i < HOUR_BINS; i++) {
			s->bins[i] = (float)keep_get_double(in);
			s->sources[i] = (uint32_t)cursor_le64(in);
		}
		s->filled = (unsigned)cursor_le64(in);
		s->at = (unsigned)cursor_le64(in);
		s->bins_filled = (unsigned)cursor_le64(in);
		s->bin_at = (unsigned)cursor_le64(in);
		s->quiet = (unsigned)cursor_le64(in);
		s->peak = keep_get_double(in);
		keep_get_event(in, &s->event);
		if (in->failed || s->filled > HOURS || s->at >= HOURS ||
		    s->bins_filled > HOUR_BINS || s->bin_at >= HOUR_BINS)
			return STATUS_FORMAT;
	}
	return STATUS_OK;
}

static uint64_t amplifier_forgotten(const void *state)
{
	(void)state;
	return 0; /* as many as there are vectors */
}

const struct detector detector_amplifier = {
        .name = "amplifier",
        .help = "a vector of amplification attacks searched for more than usual",
        .period_s = BIN_SECONDS,
        .open = amplifier_open,
        .watch = amplifier_watch,
        .close = amplifier_close,
        .save = amplifier_save,
        .load = amplifier_load,
        .forgotten = amplifier_forgotten,
};
