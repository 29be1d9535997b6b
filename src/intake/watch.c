/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/watch.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_SHARE   0.2         /* of a window in rate_now */
#define USUAL_SHARE (1 / 1440.) /* of a window in rate_usual */
#define LOSS_MAX    0.001
#define DARK_SHARE  0.05 /* of the usual rate: below it the traffic is gone */
#define SEES_SHARE  0.5  /* of the usual rate: above it the traffic is there */
#define DARK_USUAL  5.0  /* packets a minute: with less nothing can be told */

static const char *const words[SENSOR_STATES] = {
#define STATE(id, word, help) [SENSOR_##id] = (word),
#include "intake/state.def"
#undef STATE
};

struct watch {
	pthread_mutex_t mutex;
	const struct log *log;
	struct sensor_watch *sensors; /* by number, ascending */
	size_t count, room;
	uint32_t last_tick;
};

static double mean_to(double mean, double value, double share, uint64_t windows)
{
	/* The first windows weigh more, so that the mean begins where the values are. */
	return mean + (value - mean) * fmax(share, 1 / (double)(windows + 1));
}

void sensor_watch_add(struct sensor_watch *s, const struct window_row *w, uint32_t now_s)
{
	const struct window_health *h = &w->health;
	uint64_t dropped = w->header.dropped;
	double watched = h->watched_ms ? h->watched_ms / 60000.0 : 1;
	double rate = (double)w->header.packets / watched;
	double all = (double)w->header.packets + (double)dropped;
	uint32_t end = w->header.start_s + w->header.span_s;

	s->rate_now = mean_to(s->rate_now, rate, NOW_SHARE, s->windows);
	s->rate_usual = mean_to(s->rate_usual, rate, USUAL_SHARE, s->windows);
	s->loss = mean_to(s->loss, all > 0 ? (double)dropped / all : 0, NOW_SHARE, s->windows);
	/* Counted by the sensor since it first ran: what we find is no news. */
	if (s->windows && h->lost_windows > s->lost_windows)
		s->lost_at = now_s;
	s->windows++;
	s->lost_windows = h->lost_windows;
	s->clock_offset_us = h->clock_offset_us;
	s->clock_error_us = h->clock_error_us;
	s->addresses = w->header.addresses;
	memcpy(s->version, h->version, sizeof(s->version));
	if (w->header.start_s >= s->last_window) {
		s->last_window = w->header.start_s;
		s->arrival_delay_s = now_s > end ? now_s - end : 0;
	}
	s->changed = true;
}

/* Is the traffic gone that used to be there? */
static bool is_dark(const struct sensor_watch *s)
{
	return s->windows >= WATCH_LEARN && s->rate_usual >= DARK_USUAL &&
	       s->rate_now < DARK_SHARE * s->rate_usual;
}

static bool is_skewed(const struct sensor_watch *s)
{
	return s->windows &&
	       (s->clock_offset_us > WATCH_SKEW_US || s->clock_offset_us < -WATCH_SKEW_US ||
	        s->clock_error_us == UINT64_MAX);
}

unsigned sensor_watch_judge(const struct sensor_watch *s, unsigned others, uint32_t now_s)
{
	bool silent = now_s > s->last_contact && now_s - s->last_contact > WATCH_SILENT_S;
	bool lost = s->lost_at && now_s - s->lost_at < 3600;
	bool lapsing = s->certificate_end && s->certificate_end < now_s + WATCH_LAPSING_S;

	return (unsigned)silent << SENSOR_SILENT |
	       (unsigned)(s->loss > LOSS_MAX || lost) << SENSOR_LOSSY |
	       (unsigned)is_skewed(s) << SENSOR_SKEWED |
	       (unsigned)(others >= WATCH_OTHERS && is_dark(s)) << SENSOR_DARK |
	       (unsigned)(s->arrival_delay_s > WATCH_LATE_S) << SENSOR_LATE |
	       (unsigned)lapsing << SENSOR_LAPSING;
}

void sensor_states_print(unsigned states, char out[CONTROL_WORDS_MAX])
{
	size_t at = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < SENSOR_STATES; i++) {
		if (states >> i & 1)
			at += (size_t)snprintf(out + at, CONTROL_WORDS_MAX - at, "%s%s",
			                       at ? " " : "", words[i]);
	}
}

enum status watch_new(struct watch **out, const struct log *log)
{
	struct watch *w = calloc(1, sizeof(*w));

	*out = w;
	if (!w)
		return STATUS_NO_MEMORY;
	pthread_mutex_init(&w->mutex, NULL);
	w->log = log;
	return STATUS_OK;
}

/* Where the sensor is or would go. The mutex is held. */
static size_t place_of(const struct watch *w, uint32_t number)
{
	size_t low = 0, high = w->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (w->sensors[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The sensor's entry, made if need be; NULL: no memory. The mutex is held. */
static struct sensor_watch *entry_of(struct watch *w, uint32_t number)
{
	size_t at = place_of(w, number);

	if (at < w->count && w->sensors[at].number == number)
		return &w->sensors[at];
	if (w->count == w->room) {
		size_t room = w->room ? 2 * w->room : 64;
		struct sensor_watch *more = realloc(w->sensors, room * sizeof(*more));

		if (!more)
			return NULL;
		w->sensors = more;
		w->room = room;
	}
	memmove(&w->sensors[at + 1], &w->sensors[at], (w->count - at) * sizeof(*w->sensors));
	w->count++;
	w->sensors[at] = (struct sensor_watch){.number = number};
	return &w->sensors[at];
}

void watch_contact(struct watch *w, uint32_t sensor, uint32_t now_s)
{
	struct sensor_watch *s;

	pthread_mutex_lock(&w->mutex);
	s = entry_of(w, sensor);
	if (s && now_s > s->last_contact) {
		s->last_contact = now_s;
		s->changed = true;
	}
	pthread_mutex_unlock(&w->mutex);
}

void watch_window(struct watch *w, const struct window_row *row, uint32_t now_s)
{
	struct sensor_watch *s;

	pthread_mutex_lock(&w->mutex);
	s = entry_of(w, row->header.sensor);
	if (s)
		sensor_watch_add(s, row, now_s);
	pthread_mutex_unlock(&w->mutex);
}

/* What control data know and we do not: active sensors, what was there before our start. */
static void learn(struct watch *w, const struct control_sensor *sensors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct control_sensor *c = &sensors[i];
		struct sensor_watch *s;

		if (c->state != CONTROL_SENSOR_ACTIVE)
			continue;
		s = entry_of(w, c->number);
		if (!s)
			return;
		s->certificate_end = c->certificate_end;
		if (s->last_contact < c->last_contact)
			s->last_contact = c->last_contact;
		if (s->last_contact == 0) /* it has from its birth on to say something */
			s->last_contact = c->created;
		if (s->last_window == 0) {
			s->last_window = c->last_window;
			s->addresses = c->addresses;
			memcpy(s->version, c->version, sizeof(s->version));
		}
	}
}

static unsigned count_seeing(const struct watch *w)
{
	unsigned seeing = 0;

	for (size_t i = 0; i < w->count; i++) {
		const struct sensor_watch *s = &w->sensors[i];

		seeing += s->windows >= WATCH_LEARN && s->rate_usual >= DARK_USUAL &&
		          s->rate_now >= SEES_SHARE * s->rate_usual &&
		          !(s->states >> SENSOR_SILENT & 1);
	}
	return seeing;
}

static bool is_active(const struct control_sensor *sensors, size_t count, uint32_t number)
{
	for (size_t i = 0; i < count; i++) {
		if (sensors[i].number == number)
			return sensors[i].state == CONTROL_SENSOR_ACTIVE;
	}
	return false;
}

/* Sensors that ended are no longer watched. */
static void forget_ended(struct watch *w, const struct control_sensor *sensors, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->count; i++) {
		if (is_active(sensors, count, w->sensors[i].number))
			w->sensors[kept++] = w->sensors[i];
	}
	w->count = kept;
}

static void judge(struct watch *w, struct sensor_watch *s, unsigned others, uint32_t now_s)
{
	unsigned states = sensor_watch_judge(s, others, now_s);
	char text[CONTROL_WORDS_MAX], quoted[CONTROL_WORDS_MAX + 16];

	if (states == s->states)
		return;
	s->states = states;
	s->changed = true;
	sensor_states_print(states, text);
	log_note(w->log, "sensor-state", "sensor=%u state=%s", s->number,
	         log_quote(states ? text : "well", quoted, sizeof(quoted)));
}

static void describe(const struct sensor_watch *s, struct control_health *out)
{
	memset(out, 0, sizeof(*out));
	out->sensor = s->number;
	out->last_contact = s->last_contact;
	out->last_window = s->last_window;
	out->addresses = s->addresses;
	memcpy(out->version, s->version, sizeof(out->version));
	sensor_states_print(s->states, out->words);
}

/* Judge everybody; *changed gets a new array of what is to be written. */
static size_t judge_all(struct watch *w, const struct control_sensor *sensors, size_t count,
                        uint32_t now_s, struct control_health **changed)
{
	unsigned others;
	size_t n = 0;

	pthread_mutex_lock(&w->mutex);
	learn(w, sensors, count);
	forget_ended(w, sensors, count);
	others = count_seeing(w);
	*changed = calloc(w->count ? w->count : 1, sizeof(**changed));
	for (size_t i = 0; i < w->count && *changed; i++) {
		judge(w, &w->sensors[i], others, now_s);
		if (w->sensors[i].changed)
			describe(&w->sensors[i], &(*changed)[n++]);
		w->sensors[i].changed = false;
	}
	pthread_mutex_unlock(&w->mutex);
	return n;
}

enum status watch_tick(struct watch *w, struct control *control, uint32_t now_s, struct trouble *t)
{
	struct control_sensor *sensors = NULL;
	struct control_health *changed = NULL;
	size_t count = 0, n;
	enum status st;

	if (now_s - w->last_tick < WATCH_TICK_S)
		return STATUS_OK;
	w->last_tick = now_s;
	st = control_sensors(control, 0, &sensors, &count, t);
	if (st)
		return st;
	n = judge_all(w, sensors, count, now_s, &changed);
	st = !changed ? trouble_set(t, STATUS_NO_MEMORY, "", 0, "out of memory")
	     : n      ? control_health_update(control, changed, n, t)
	              : STATUS_OK;
	free(sensors);
	free(changed);
	return st;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	pthread_mutex_destroy(&w->mutex);
	free(w->sensors);
	free(w);
}
