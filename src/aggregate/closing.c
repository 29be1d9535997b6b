/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/closing.h"

#include "aggregate/export.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* More than can be open at once: what waits for the sink, and what is counted into. */
enum { UNITS = 8 };

struct unit {
	uint64_t start_ns;
	struct monitored *space;
	atomic_bool hastened;
	unsigned parts;
	struct closing_part sum;
};

struct closing {
	struct closing_options options;
	pthread_mutex_t lock;
	struct monitored *space;
	uint64_t opened;
	struct unit units[UNITS]; /* unit u lives in units[u % UNITS] */
	struct flow_sink inner;
	struct export *export;
	/* the exporter's thread */
	uint64_t sent;
	bool passing; /* the present window does not reach the sink */
};

static bool is_empty(const struct closing_part *part)
{
	return part->header.packets == 0 && part->header.dropped == 0;
}

/* Export knows headers only: the unit's figures are looked up as its turn comes. */
static enum status begin_window(void *state, const struct window_header *header)
{
	struct closing *c = state;
	struct closing_part sum;

	pthread_mutex_lock(&c->lock);
	sum = c->units[c->sent++ % UNITS].sum;
	pthread_mutex_unlock(&c->lock);
	sum.header.rows = header->rows;
	c->passing = c->options.pass_over_empty && is_empty(&sum);
	if (c->passing)
		return STATUS_OK;
	return c->options.sink->begin(c->options.sink->state, &sum.header, &sum.health);
}

static enum status pass_row(void *state, const struct flow *row)
{
	struct closing *c = state;

	return c->passing ? STATUS_OK : c->options.sink->row(c->options.sink->state, row);
}

static enum status end_window(void *state)
{
	struct closing *c = state;

	return c->passing ? STATUS_OK : c->options.sink->end(c->options.sink->state);
}

enum status closing_new(struct closing **out, const struct closing_options *o)
{
	struct closing *c = calloc(1, sizeof(*c));

	*out = c;
	if (!c)
		return STATUS_NO_MEMORY;
	c->options = *o;
	pthread_mutex_init(&c->lock, NULL);
	c->inner = (struct flow_sink){
	        .state = c, .begin = begin_window, .row = pass_row, .end = end_window};
	return export_new(&c->export, &c->inner, o->meters, o->meters, EXPORT_AHEAD,
	                  o->destination_key);
}

void closing_watch(struct closing *c, struct monitored *space)
{
	struct monitored *old;

	pthread_mutex_lock(&c->lock);
	old = c->space;
	c->space = monitored_take(space);
	pthread_mutex_unlock(&c->lock);
	monitored_drop(old);
}

struct monitored *closing_space(struct closing *c)
{
	struct monitored *space;

	pthread_mutex_lock(&c->lock);
	space = monitored_take(c->space);
	pthread_mutex_unlock(&c->lock);
	return space;
}

/* Under the lock. */
static void start_unit(struct closing *c, uint64_t start_ns)
{
	struct unit *u = &c->units[c->opened++ % UNITS];

	monitored_drop(u->space);
	u->start_ns = start_ns;
	u->space = monitored_take(c->space);
	atomic_store(&u->hastened, false);
	u->parts = 0;
}

struct closing_unit closing_open(struct closing *c, uint64_t unit, uint64_t start_ns)
{
	struct closing_unit out;
	struct unit *u = &c->units[unit % UNITS];

	pthread_mutex_lock(&c->lock);
	assert(unit <= c->opened && unit + UNITS > c->opened);
	if (unit == c->opened)
		start_unit(c, start_ns);
	out = (struct closing_unit){.start_ns = u->start_ns, .space = monitored_take(u->space)};
	pthread_mutex_unlock(&c->lock);
	return out;
}

void closing_hasten(struct closing *c, uint64_t unit)
{
	atomic_store_explicit(&c->units[unit % UNITS].hastened, true, memory_order_relaxed);
}

bool closing_is_hastened(struct closing *c, uint64_t unit)
{
	return atomic_load_explicit(&c->units[unit % UNITS].hastened, memory_order_relaxed);
}

static void add_part(struct unit *u, const struct closing_part *part)
{
	struct window_header *h = &u->sum.header;
	struct window_health *e = &u->sum.health;

	if (u->parts++ == 0) {
		u->sum = *part;
		return;
	}
	h->packets += part->header.packets;
	h->dropped += part->header.dropped;
	h->skipped += part->header.skipped;
	h->late += part->header.late;
	e->dropped_kernel += part->health.dropped_kernel;
	e->dropped_own += part->health.dropped_own;
	e->malformed += part->health.malformed;
	if (part->health.watched_ms < e->watched_ms)
		e->watched_ms = part->health.watched_ms;
	if (part->health.uptime_s > e->uptime_s)
		e->uptime_s = part->health.uptime_s;
}

enum status closing_give(struct closing *c, uint64_t unit, unsigned meter, struct window **w,
                         const struct closing_part *part)
{
	struct unit *u = &c->units[unit % UNITS];
	enum status st = export_give(c->export, unit, meter, w);

	if (st)
		return st;
	pthread_mutex_lock(&c->lock);
	add_part(u, part);
	export_close(c->export, unit, &u->sum.header);
	pthread_mutex_unlock(&c->lock);
	return STATUS_OK;
}

uint64_t closing_opened(struct closing *c)
{
	uint64_t opened;

	pthread_mutex_lock(&c->lock);
	opened = c->opened;
	pthread_mutex_unlock(&c->lock);
	return opened;
}

void closing_abort(struct closing *c, enum status why)
{
	export_abort(c->export, why);
}

enum status closing_finish(struct closing *c)
{
	return export_finish(c->export);
}

void closing_free(struct closing *c)
{
	if (!c)
		return;
	export_free(c->export);
	for (unsigned i = 0; i < UNITS; i++)
		monitored_drop(c->units[i].space);
	monitored_drop(c->space);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
