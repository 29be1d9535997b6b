/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/track.h"

#include "base/timefmt.h"

#include <stdio.h>
#include <string.h>

/* A packet that is older than the open window by this much at most is late, not of another time. */
#define LATE_NS  (WINDOW_SECONDS * NS_PER_SECOND)
#define GRACE_NS (TRACK_GRACE_MS * UINT64_C(1000000))

enum {
	GAP_WINDOWS = 2, /* more of them without a word: nobody watched */
	GROWTH = 3,      /* a table that doubles holds the old and the new one */
	V6_BYTES = 4 * sizeof(struct addr),
};

enum status track_init(struct track *t, struct closing *c, const struct vigil *v, unsigned meter,
                       const struct track_options *o)
{
	*t = (struct track){
	        .closing = c,
	        .vigil = v,
	        .meter = meter,
	        .span_ns = o->span_s * NS_PER_SECOND,
	        .room = o->room,
	};
	return window_new(&t->window, o->closing->destination_key);
}

void track_clear(struct track *t)
{
	window_free(t->window);
	monitored_drop(t->space);
	t->window = NULL;
	t->space = NULL;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Watched time of the open window that is not in watched_ns yet. */
static uint64_t watched_now(const struct track *t)
{
	const struct vigil *v = t->vigil;
	uint64_t from = larger(larger(t->start_ns, t->floor_ns), v->since_ns);
	uint64_t to = smaller(t->start_ns + t->span_ns, v->now_ns);

	return v->watching && v->since_ns && to > from ? to - from : 0;
}

void track_pause(struct track *t)
{
	if (!t->open)
		return;
	t->watched_ns += watched_now(t);
	t->floor_ns = t->vigil->now_ns;
}

static void fill_part(struct track *t)
{
	const struct vigil *v = t->vigil;
	struct window_header *h = &t->part.header;
	struct window_health *e = &t->part.health;

	h->start_s = (uint32_t)(t->start_ns / NS_PER_SECOND);
	h->span_s = (uint32_t)(t->span_ns / NS_PER_SECOND);
	h->sensor = v->sensor;
	h->addresses = t->space ? t->space->addresses : 0;
	h->dropped = e->dropped_kernel + e->dropped_own;
	e->watched_ms = (uint32_t)((t->watched_ns + watched_now(t)) / 1000000);
	e->uptime_s = v->uptime_s;
	e->clock_offset_us = v->clock_offset_us;
	e->clock_error_us = v->clock_error_us;
	snprintf(e->version, sizeof(e->version), "%s", v->version);
}

void track_open(struct track *t, uint64_t start_ns)
{
	struct closing_unit unit = closing_open(t->closing, t->unit, start_ns);

	monitored_drop(t->space);
	t->space = unit.space;
	t->start_ns = unit.start_ns;
	t->open = true;
	t->watched_ns = 0;
}

enum status track_close(struct track *t)
{
	enum status st;

	t->part.health.dropped_own += track_flush(t);
	fill_part(t);
	st = closing_give(t->closing, t->unit, t->meter, &t->window, &t->part);
	t->part = (struct closing_part){0};
	t->floor_ns = smaller(t->vigil->now_ns, t->start_ns + t->span_ns);
	t->open = false;
	t->unit++;
	t->windows++;
	return st;
}

static uint64_t window_start(const struct track *t, uint64_t time_ns)
{
	return time_ns - time_ns % t->span_ns;
}

static bool is_within(const struct track *t, uint64_t time_ns)
{
	return t->open && time_ns - t->start_ns < t->span_ns;
}

static bool is_late(const struct track *t, uint64_t time_ns)
{
	return t->open && time_ns < t->start_ns && t->start_ns - time_ns <= LATE_NS;
}

/* Go to the window of this time. Other meters may have gone elsewhere first: then once more, for
 * as often as there can be units ahead of us. */
static enum status move(struct track *t, uint64_t time_ns)
{
	enum status st = STATUS_OK;

	for (int i = 0; i < 4 && !st && !is_within(t, time_ns) && !is_late(t, time_ns); i++) {
		if (t->open)
			st = track_close(t);
		if (!st)
			track_open(t, window_start(t, time_ns));
	}
	return st;
}

/* The same window goes on in the next unit. */
static enum status close_early(struct track *t)
{
	uint64_t start_ns = t->start_ns;
	enum status st = track_close(t);

	if (!st)
		track_open(t, start_ns);
	t->early++;
	return st;
}

enum status track_enter(struct track *t, uint64_t time_ns)
{
	enum status st = STATUS_OK;

	if (!is_within(t, time_ns))
		st = move(t, time_ns);
	if (!st && closing_is_hastened(t->closing, t->unit))
		st = close_early(t);
	if (!is_within(t, time_ns)) {
		t->part.header.late++;
		t->late++;
	}
	t->part.header.packets++;
	return st;
}

bool track_add(struct track *t, const struct packet *p, enum packet_kind kind)
{
	struct sample *s = &t->samples[t->count];
	uint32_t source = p->src32;

	if (p->v6) {
		source = window_v6_number(t->window, &p->src);
		if (source == UINT32_MAX)
			return false;
	}
	sample_fill(s, p, kind, source, window_destination(t->window->destination_key, p),
	            t->start_ns);
	sample_judge(s, p, kind);
	window_aim(t->window, s);
	t->count++;
	return true;
}

unsigned track_flush(struct track *t)
{
	unsigned lost = 0;

	for (unsigned i = 0; i < t->count; i++)
		window_seek(t->window, &t->samples[i]);
	for (unsigned i = 0; i < t->count; i++)
		window_prefetch_block(t->window, &t->samples[i]);
	for (unsigned i = 0; i < t->count; i++)
		lost += !window_add(t->window, &t->samples[i]);
	t->count = 0;
	return lost;
}

void track_check_room(struct track *t)
{
	const struct window *w = t->window;
	size_t slots = w->mask + 1, table = slots * (sizeof(*w->rows) + sizeof(*w->used));
	size_t lists = distinct_pool_live(&w->pool) + w->v6_count * V6_BYTES;
	bool will_double = w->count + TRACK_BATCH > slots / 4 * 3;

	if (table + lists > t->room || (will_double && table * GROWTH + lists > t->room))
		closing_hasten(t->closing, t->unit);
}

/* Window by window, so that those in which nothing came are handed out too; but not those in
 * which nobody was there to see. */
static enum status catch_up(struct track *t, uint64_t now_ns)
{
	bool gap = now_ns - t->start_ns > (GAP_WINDOWS + 1) * t->span_ns + GRACE_NS;
	enum status st = STATUS_OK;

	while (!st && now_ns - t->start_ns >= t->span_ns + GRACE_NS) {
		uint64_t next_ns = t->start_ns + t->span_ns;

		st = track_close(t);
		if (!st)
			track_open(t, gap ? window_start(t, now_ns - GRACE_NS) : next_ns);
		if (t->start_ns > now_ns)
			break; /* another meter is ahead of our clock */
	}
	return st;
}

enum status track_tick(struct track *t, uint64_t now_ns)
{
	enum status st = STATUS_OK;

	if (!t->open)
		track_open(t, window_start(t, now_ns));
	if (now_ns >= t->start_ns)
		st = catch_up(t, now_ns);
	else if (!is_late(t, now_ns))
		st = move(t, now_ns);
	if (!st && closing_is_hastened(t->closing, t->unit))
		st = close_early(t);
	return st;
}
