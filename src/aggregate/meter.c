/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/meter.h"

#include "aggregate/track.h"
#include "base/timefmt.h"
#include "parse/parse.h"
#include "parse/usual.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

/* Windows are named by 32-bit seconds: a later time (after 2106) is taken as the last one. */
#define TIME_MAX_NS ((UINT64_C(0xffffffff) - 120) * NS_PER_SECOND)

/* Nobody called for so long: we did not watch, the machine slept. */
#define GAP_NS (WINDOW_SECONDS * NS_PER_SECOND)

enum {
	TRACKS = 2, /* minutes, seconds */
	/* of one meter and track: open, two that wait for the sink, one that is sorted, with its
	 * list of rows */
	WINDOWS_AT_ONCE = 5,
};

struct meter {
	struct vigil vigil;
	struct track tracks[TRACKS];
	struct meter_counts counts;
	pthread_mutex_t lock; /* of `shown` */
	struct meter_counts shown;
};

struct meters {
	struct meters_options options;
	struct closing *closings[TRACKS]; /* the second NULL: no live sink */
	struct meter *meters;
};

static enum status make_closings(struct meters *set)
{
	const struct meters_options *o = &set->options;
	struct closing_options minutes = {
	        .sink = o->sink, .meters = o->meters, .destination_key = o->destination_key};
	struct closing_options seconds = minutes;
	enum status st = closing_new(&set->closings[0], &minutes);

	seconds.sink = o->live;
	seconds.pass_over_empty = true;
	return !st && o->live ? closing_new(&set->closings[1], &seconds) : st;
}

static enum status init_meter(struct meters *set, unsigned number)
{
	const struct meters_options *o = &set->options;
	struct meter *m = &set->meters[number];
	unsigned tracks = o->live ? 2 : 1;
	struct closing_options closing = {.destination_key = o->destination_key};
	struct track_options track = {
	        .closing = &closing,
	        .span_s = WINDOW_SECONDS,
	        .room = (size_t)(o->memory / tracks / o->meters / WINDOWS_AT_ONCE),
	};
	enum status st;

	pthread_mutex_init(&m->lock, NULL);
	m->vigil = (struct vigil){.watching = true,
	                          .sensor = o->sensor,
	                          .version = o->version ? o->version : "",
	                          .clock_error_us = UINT64_MAX};
	st = track_init(&m->tracks[0], set->closings[0], &m->vigil, number, &track);
	track.span_s = 1;
	if (!st && o->live)
		st = track_init(&m->tracks[1], set->closings[1], &m->vigil, number, &track);
	return st;
}

enum status meters_new(struct meters **out, const struct meters_options *o)
{
	struct meters *set = calloc(1, sizeof(*set));
	enum status st;

	assert(o->meters >= 1 && o->meters <= METERS_MAX &&
	       o->memory >= METER_MEMORY_MIN * o->meters);
	*out = set;
	if (!set)
		return STATUS_NO_MEMORY;
	set->options = *o;
	set->options.monitored = NULL;
	set->meters = calloc(o->meters, sizeof(*set->meters));
	st = set->meters ? make_closings(set) : STATUS_NO_MEMORY;
	for (unsigned i = 0; i < o->meters && !st; i++)
		st = init_meter(set, i);
	return !st && o->monitored ? meters_watch(set, o->monitored) : st;
}

struct meter *meters_at(struct meters *set, unsigned i)
{
	assert(i < set->options.meters);
	return &set->meters[i];
}

enum status meters_watch(struct meters *set, const struct prefix_set *monitored)
{
	struct monitored *space;
	enum status st = monitored_new(&space, monitored);

	for (int k = 0; k < TRACKS && !st; k++) {
		if (set->closings[k])
			closing_watch(set->closings[k], space);
	}
	if (!st)
		monitored_drop(space);
	return st;
}

void meters_abort(struct meters *set, enum status why)
{
	for (int k = 0; k < TRACKS; k++) {
		if (set->closings[k])
			closing_abort(set->closings[k], why);
	}
}

/* The meter that is furthest behind: another one would wait for it for ever. */
static struct track *next_to_finish(struct meters *set, int k)
{
	uint64_t opened = closing_opened(set->closings[k]);
	struct track *last = NULL;

	for (unsigned i = 0; i < set->options.meters; i++) {
		struct track *t = &set->meters[i].tracks[k];

		if (t->unit < opened && (!last || t->unit < last->unit))
			last = t;
	}
	return last;
}

static enum status finish_tracks(struct meters *set, int k)
{
	struct track *t;
	enum status st = STATUS_OK;

	while (!st && (t = next_to_finish(set, k)) != NULL) {
		if (t->open)
			st = track_close(t);
		else
			track_open(t, 0); /* that of the others */
	}
	if (st)
		closing_abort(set->closings[k], st);
	return st;
}

enum status meters_finish(struct meters *set)
{
	enum status st = STATUS_OK;

	for (int k = 0; k < TRACKS; k++) {
		enum status sent;

		if (!set->closings[k])
			continue;
		st = st ? st : finish_tracks(set, k);
		sent = closing_finish(set->closings[k]);
		st = st ? st : sent;
	}
	return st;
}

void meters_free(struct meters *set)
{
	if (!set)
		return;
	for (unsigned i = 0; set->meters && i < set->options.meters; i++) {
		for (int k = 0; k < TRACKS; k++)
			track_clear(&set->meters[i].tracks[k]);
		pthread_mutex_destroy(&set->meters[i].lock);
	}
	closing_free(set->closings[0]);
	closing_free(set->closings[1]);
	free(set->meters);
	free(set);
}

static void hear_time(struct vigil *v, uint64_t time_ns)
{
	if (v->watching && v->since_ns == 0)
		v->since_ns = time_ns;
	v->now_ns = time_ns;
}

static void skip(struct meter *m)
{
	m->counts.skipped++;
	for (int k = 0; k < TRACKS; k++)
		m->tracks[k].part.header.skipped++;
}

/* Count a packet that is ours into the windows of one length. usual: the record whose options are
 * hashed only where a row begins; or NULL. */
static inline enum status count(struct meter *m, struct track *t, const struct packet *p,
                                enum packet_kind kind, const struct record *usual)
{
	enum status st = track_enter(t, p->time_ns);

	if (st)
		return st;
	t->part.health.malformed += kind == KIND_MALFORMED;
	if (!track_add(t, p, kind)) {
		t->part.health.dropped_own++;
		m->counts.dropped_own++;
	} else if (usual) {
		struct sample *s = &t->samples[t->count - 1];
		uint32_t bytes;

		s->options = usual_options(usual, &bytes);
		s->option_bytes = (uint8_t)bytes;
	}
	return STATUS_OK;
}

/* The same for the windows of all lengths. */
static inline enum status count_all(struct meter *m, const struct packet *p, enum packet_kind kind,
                                    const struct record *usual)
{
	enum status st;

	m->counts.packets++;
	m->counts.malformed += kind == KIND_MALFORMED;
	hear_time(&m->vigil, p->time_ns);
	st = count(m, &m->tracks[0], p, kind, usual);
	return !st && m->tracks[1].closing ? count(m, &m->tracks[1], p, kind, usual) : st;
}

/* Four fifths of what comes, in fewer steps; false: it is not one of these. */
static bool handle_usual(struct meter *m, const struct record *record, enum status *st)
{
	const struct monitored *space = m->tracks[0].space;
	struct packet p;

	if (!usual_is_tcp(record) || record->time_ns > TIME_MAX_NS)
		return false;
	if (space && (monitor_has_v4(&space->monitor, usual_src32(record)) ||
	              !monitor_has_v4(&space->monitor, usual_dst32(record))))
		return false;
	usual_tcp(record, &p);
	*st = count_all(m, &p, classify_tcp(p.tcp_flags), record);
	return true;
}

static enum status handle_any(struct meter *m, const struct record *record)
{
	const struct monitored *space = m->tracks[0].space;
	struct transport transport;
	struct packet p;
	enum skip_reason why;
	bool outbound;

	if (!parse_network(record, &p, &transport, &why) ||
	    (space && !monitor_directs(&space->monitor, &p, &outbound))) {
		skip(m);
		return STATUS_OK;
	}
	parse_transport(&p, &transport);
	if (p.time_ns > TIME_MAX_NS)
		p.time_ns = TIME_MAX_NS;
	return count_all(m, &p, space && outbound ? KIND_OUTBOUND : classify_kind(&p), NULL);
}

static enum status handle(struct meter *m, const struct record *record)
{
	enum status st;

	return handle_usual(m, record, &st) ? st : handle_any(m, record);
}

static void show_counts(struct meter *m)
{
	const struct track *minutes = &m->tracks[0];

	m->counts.late = minutes->late;
	m->counts.early = minutes->early;
	m->counts.windows = minutes->windows;
	pthread_mutex_lock(&m->lock);
	m->shown = m->counts;
	pthread_mutex_unlock(&m->lock);
}

enum status meter_take(struct meter *m, const struct record *records, unsigned n)
{
	enum status st = STATUS_OK;

	if (!m->tracks[0].space) /* before the first window, which will know */
		m->tracks[0].space = closing_space(m->tracks[0].closing);
	for (unsigned from = 0; from < n && !st; from += TRACK_BATCH) {
		unsigned to = n - from < TRACK_BATCH ? n : from + TRACK_BATCH;

		for (unsigned i = from; i < to && !st; i++) {
			m->counts.records++;
			m->counts.bytes += records[i].wire;
			st = handle(m, &records[i]);
		}
		for (int k = 0; k < TRACKS && m->tracks[k].closing; k++) {
			unsigned lost = track_flush(&m->tracks[k]);

			m->tracks[k].part.health.dropped_own += lost;
			m->counts.dropped_own += k == 0 ? lost : 0;
			track_check_room(&m->tracks[k]);
		}
	}
	show_counts(m);
	return st;
}

enum status meter_tick(struct meter *m, uint64_t now_ns)
{
	enum status st = STATUS_OK;

	bool asleep = m->vigil.now_ns && now_ns > m->vigil.now_ns + GAP_NS;

	if (now_ns > TIME_MAX_NS)
		now_ns = TIME_MAX_NS;
	asleep = asleep && m->vigil.watching;
	if (asleep)
		meter_set_watching(m, false);
	hear_time(&m->vigil, now_ns);
	if (asleep)
		meter_set_watching(m, true);
	for (int k = 0; k < TRACKS && m->tracks[k].closing && !st; k++)
		st = track_tick(&m->tracks[k], now_ns);
	show_counts(m);
	return st;
}

void meter_lose(struct meter *m, uint64_t by_kernel, uint64_t by_us)
{
	m->counts.dropped_kernel += by_kernel;
	m->counts.dropped_own += by_us;
	for (int k = 0; k < TRACKS; k++) {
		m->tracks[k].part.health.dropped_kernel += by_kernel;
		m->tracks[k].part.health.dropped_own += by_us;
	}
}

void meter_set_watching(struct meter *m, bool watching)
{
	if (m->vigil.watching == watching)
		return;
	for (int k = 0; k < TRACKS; k++)
		track_pause(&m->tracks[k]);
	m->vigil.watching = watching;
	m->vigil.since_ns = watching ? m->vigil.now_ns : 0;
}

void meter_set_clock(struct meter *m, uint64_t uptime_s, int64_t offset_us, uint64_t error_us)
{
	m->vigil.uptime_s = uptime_s;
	m->vigil.clock_offset_us = offset_us;
	m->vigil.clock_error_us = error_us;
}

struct meter_counts meter_counts(struct meter *m)
{
	struct meter_counts counts;

	pthread_mutex_lock(&m->lock);
	counts = m->shown;
	pthread_mutex_unlock(&m->lock);
	return counts;
}
