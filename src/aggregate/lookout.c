/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/lookout.h"

#include "base/clock.h"
#include "base/timefmt.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	WAIT_MS = 100,
	BUSY_LOOPS = 16,    /* batches between looks at the clock while packets come */
	DRAIN_MS = 2000,    /* at the end, for what the kernel holds */
	DRAIN_WAIT_MS = 70, /* until a block that is not full comes */
	SAY_DROPS_S = 60,
};

/* One queue's thread. */
struct watcher {
	struct lookout *watch;
	struct meter *meter;
	unsigned number;
	pthread_t thread;
	bool started, watching;
	uint64_t second; /* of the last look at slow things, since the start */
	uint64_t outage_ns, said_ns;
	uint64_t unsaid; /* dropped since that was last said */
	unsigned busy;
	enum status status;
	struct trouble trouble;
};

struct lookout {
	struct tap *tap;
	struct meters *meters;
	struct raw *raw;
	const struct log *log;
	uint64_t begun_ns; /* steady */
	unsigned queues;
	struct watcher watchers[TAP_QUEUES_MAX];
	const atomic_bool *stop;
	atomic_bool ending; /* one thread is done: so are all */
	atomic_uint blind;  /* queues that would not see a packet */
	atomic_uint_fast64_t outages, outage_ms;
};

static enum status open_tap(struct lookout *w, const struct lookout_options *o, struct trouble *t)
{
	const struct capture_settings *s = o->capture;
	struct tap_options live = {
	        .interface = s->interface,
	        .filter = s->filter,
	        .queues = (unsigned)s->threads,
	        .ring_bytes = s->ring,
	        .promiscuous = s->promiscuous,
	};

	if (o->replay)
		return tap_open_replay(&w->tap, o->replay, &o->replay_options, t);
	if (!s->interface)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "[capture] needs interface, or --replay a file");
	return tap_open_live(&w->tap, &live, t);
}

static enum status open_meters(struct lookout *w, const struct lookout_options *o,
                               struct trouble *t)
{
	struct meters_options m = {
	        .meters = w->queues,
	        .memory = o->capture->memory,
	        .monitored = &o->capture->net,
	        .sink = o->sink,
	        .live = o->capture->live ? o->live : NULL,
	        .destination_key = o->destination_key,
	        .sensor = o->sensor,
	        .version = o->version,
	};
	enum status st = meters_new(&w->meters, &m);

	return st ? trouble_set(t, st, NULL, 0, "%s", status_text(st)) : STATUS_OK;
}

enum status lookout_open(struct lookout **out, const struct lookout_options *o, struct trouble *t)
{
	struct lookout *w = calloc(1, sizeof(*w));
	enum status st = capture_settings_check(o->capture, t);

	*out = NULL;
	if (!w)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	w->log = o->log;
	w->begun_ns = clock_steady_ns();
	if (!st)
		st = open_tap(w, o, t);
	w->queues = st ? 0 : tap_queues(w->tap);
	if (!st)
		st = open_meters(w, o, t);
	if (!st && o->raw && o->raw->directory)
		st = raw_open(&w->raw, o->raw->directory, o->raw->size, w->queues, t);
	if (st) {
		lookout_close(w);
		return st;
	}
	for (unsigned i = 0; i < w->queues; i++)
		w->watchers[i] = (struct watcher){.watch = w,
		                                  .meter = meters_at(w->meters, i),
		                                  .number = i,
		                                  .watching = true};
	*out = w;
	return STATUS_OK;
}

static void note_outage(struct watcher *q, bool watching)
{
	struct lookout *w = q->watch;
	uint64_t now_ns = clock_steady_ns();

	if (watching == q->watching)
		return;
	q->watching = watching;
	meter_set_watching(q->meter, watching);
	if (!watching) {
		q->outage_ns = now_ns;
		if (atomic_fetch_add(&w->blind, 1) > 0)
			return;
		atomic_fetch_add(&w->outages, 1);
		log_warning(w->log, "capture-outage", "reason=interface-down");
	} else if (atomic_fetch_sub(&w->blind, 1) == 1) {
		uint64_t ms = (now_ns - q->outage_ns) / 1000000;

		atomic_fetch_add(&w->outage_ms, ms);
		log_note(w->log, "capture-resumed", "after_ms=%llu", (unsigned long long)ms);
	}
}

static void note_drops(struct watcher *q, uint64_t now_ns)
{
	uint64_t dropped = tap_dropped(q->watch->tap, q->number);

	if (dropped)
		meter_lose(q->meter, dropped, 0);
	q->unsaid += dropped;
	if (!q->unsaid || (q->said_ns && now_ns - q->said_ns < SAY_DROPS_S * NS_PER_SECOND))
		return;
	log_warning(q->watch->log, "capture-dropped", "thread=%u packets=%llu", q->number,
	            (unsigned long long)q->unsaid);
	q->unsaid = 0;
	q->said_ns = now_ns;
}

/* What is looked at while it is quiet, and now and then while it is not. */
static enum status look_around(struct watcher *q, uint64_t time_ns)
{
	struct lookout *w = q->watch;
	uint64_t now_ns = clock_steady_ns();
	uint64_t second = (now_ns - w->begun_ns) / NS_PER_SECOND;

	note_drops(q, now_ns);
	note_outage(q, tap_is_watching(w->tap, q->number));
	if (second != q->second || second == 0) {
		struct clock_truth truth = clock_truth_now();

		meter_set_clock(q->meter, second, truth.offset_us, truth.error_us);
		if (w->raw)
			raw_flush(w->raw, q->number);
		q->second = second;
	}
	return time_ns ? meter_tick(q->meter, time_ns) : STATUS_OK;
}

static enum status take_batch(struct watcher *q, const struct tap_batch *batch)
{
	struct lookout *w = q->watch;
	enum status st;

	if (batch->count == 0)
		return look_around(q, tap_now_ns(w->tap));
	if (w->raw)
		raw_write(w->raw, q->number, batch);
	st = meter_take(q->meter, batch->records, batch->count);
	if (!st && ++q->busy % BUSY_LOOPS == 0)
		st = look_around(q, batch->records[batch->count - 1].time_ns);
	return st;
}

/* The kernel may hold packets that came before the stop. */
static enum status drain(struct watcher *q, struct tap_batch *batch)
{
	uint64_t until_ns = clock_steady_ns() + DRAIN_MS * UINT64_C(1000000);
	enum status st;

	do {
		st = tap_next(q->watch->tap, q->number, batch, DRAIN_WAIT_MS, &q->trouble);
		if (!st)
			st = take_batch(q, batch);
	} while (!st && batch->count > 0 && clock_steady_ns() < until_ns);
	return st == STATUS_END ? STATUS_OK : st;
}

static void *watch_queue(void *state)
{
	struct watcher *q = state;
	struct lookout *w = q->watch;
	struct tap_batch batch;
	enum status st = STATUS_OK;

	while (!st && !atomic_load_explicit(w->stop, memory_order_relaxed) &&
	       !atomic_load_explicit(&w->ending, memory_order_relaxed)) {
		st = tap_next(w->tap, q->number, &batch, WAIT_MS, &q->trouble);
		if (st)
			break;
		st = take_batch(q, &batch);
		if (st)
			meters_abort(w->meters, st);
	}
	if (!st)
		st = drain(q, &batch);
	if (w->raw)
		raw_flush(w->raw, q->number);
	note_drops(q, clock_steady_ns());
	q->status = st == STATUS_END ? STATUS_OK : st;
	atomic_store(&w->ending, true);
	return NULL;
}

static enum status start(struct lookout *w, struct trouble *t)
{
	for (unsigned i = 0; i < w->queues; i++) {
		struct watcher *q = &w->watchers[i];

		q->started = pthread_create(&q->thread, NULL, watch_queue, q) == 0;
		if (q->started)
			continue;
		atomic_store(&w->ending, true);
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "cannot make a thread");
	}
	return STATUS_OK;
}

enum status lookout_run(struct lookout *w, const atomic_bool *stop, struct trouble *t)
{
	enum status st, finished;

	w->stop = stop;
	st = start(w, t);
	for (unsigned i = 0; i < w->queues; i++) {
		struct watcher *q = &w->watchers[i];

		if (q->started)
			pthread_join(q->thread, NULL);
		q->started = false;
		if (!st && q->status) {
			st = q->status;
			if (t && q->trouble.status)
				*t = q->trouble;
			else
				(void)trouble_set(t, st, NULL, 0, "%s", status_text(st));
		}
	}
	finished = meters_finish(w->meters);
	if (!st && finished)
		st = trouble_set(t, finished, NULL, 0, "windows: %s", status_text(finished));
	return st;
}

enum status lookout_reload(struct lookout *w, const struct capture_settings *s, struct trouble *t)
{
	enum status st = capture_settings_check(s, t);

	if (!st)
		st = tap_filter(w->tap, s->filter, t);
	if (st == STATUS_UNSUPPORTED && !s->filter)
		st = STATUS_OK;
	if (st)
		return st;
	st = meters_watch(w->meters, &s->net);
	return st ? trouble_set(t, st, NULL, 0, "%s", status_text(st)) : STATUS_OK;
}

static void add_counts(struct meter_counts *sum, const struct meter_counts *c)
{
	sum->packets += c->packets;
	sum->bytes += c->bytes;
	sum->records += c->records;
	sum->skipped += c->skipped;
	sum->malformed += c->malformed;
	sum->late += c->late;
	sum->early += c->early;
	sum->dropped_kernel += c->dropped_kernel;
	sum->dropped_own += c->dropped_own;
	if (c->windows > sum->windows)
		sum->windows = c->windows;
}

struct lookout_stats lookout_stats(struct lookout *w)
{
	struct lookout_stats s = {
	        .threads = w->queues,
	        .watching = atomic_load(&w->blind) == 0,
	        .outages = atomic_load(&w->outages),
	        .outage_ms = atomic_load(&w->outage_ms),
	        .uptime_s = (clock_steady_ns() - w->begun_ns) / NS_PER_SECOND,
	};

	for (unsigned i = 0; i < w->queues; i++) {
		struct meter_counts c = meter_counts(meters_at(w->meters, i));

		add_counts(&s.counts, &c);
	}
	if (w->raw)
		s.raw = raw_counts(w->raw);
	return s;
}

void lookout_close(struct lookout *w)
{
	if (!w)
		return;
	meters_free(w->meters);
	tap_close(w->tap);
	raw_close(w->raw);
	free(w);
}
