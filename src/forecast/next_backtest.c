/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/next_backtest.h"

#include "forecast/score.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400, PENDING_MAX = 1 << 18 };

/* A growing array of chances and what came, up to a bound. */
struct pile {
	struct score_chance *items;
	size_t count, room, bound;
	uint64_t left_out;
	bool no_memory;
};

static void pile_add(struct pile *p, double chance, bool came)
{
	if (p->count >= p->room && p->room < p->bound) {
		size_t room = p->room ? p->room * 2 : 4096;
		struct score_chance *items = realloc(p->items, room * sizeof(*items));

		if (!items) {
			p->no_memory = true;
			return;
		}
		p->items = items;
		p->room = room;
	}
	if (p->count >= p->room) {
		p->left_out++;
		return;
	}
	p->items[p->count++] = (struct score_chance){(float)chance, came};
}

struct collect {
	const struct next_backtest *b;
	struct pile own, port_rate;
};

static uint32_t test_start(const struct next_backtest *b)
{
	return (uint32_t)(b->span->start_s + b->train * DAY_S);
}

static uint32_t span_end(const struct next_backtest *b)
{
	return (uint32_t)(b->span->start_s + b->span->bins * DAY_S);
}

static void collect_outcome(void *state, const struct next_outcome *o)
{
	struct collect *c = state;

	if (o->time_s < test_start(c->b))
		return;
	pile_add(&c->own, (double)o->chance, o->came);
	pile_add(&c->port_rate, (double)o->port_rate, o->came);
}

static struct next_score score_pile(struct pile *p)
{
	double rate = score_rate(p->items, p->count);
	struct next_score s = {.brier = score_brier(p->items, p->count)};

	s.auc = score_auc(p->items, p->count);
	s.lift = score_lift(p->items, p->count, 0.01);
	s.skill = 1 - s.brier / (rate * (1 - rate));
	return s;
}

/* All rows up to the end of the span; what is due after it is not settled, for its truth is not
 * in. Rows before the span (a partial first day) are history like any other. */
static void feed_pairs(struct next *n, const struct next_backtest *b)
{
	const struct history *h = b->history;
	float chances[NEXT_SENSORS_MAX];
	unsigned count;

	for (size_t i = 0; i < b->span->end_row; i++) {
		const struct history_row *row = &h->rows[i];
		struct next_sighting s = {
		        .time_s = row->time_s,
		        .source = row->source,
		        .sensor = row->sensor,
		        .port = row->port,
		        .addr = history_source(h, row->source),
		};

		next_see(n, &s, chances, &count);
	}
	next_settle(n, span_end(b));
}

static enum status run_pairs(struct next_result *r, const struct next_backtest *b)
{
	struct collect c = {
	        .b = b, .own.bound = NEXT_OUTCOMES_MAX, .port_rate.bound = NEXT_OUTCOMES_MAX};
	struct next_listener listener = {collect_outcome, &c};
	struct next *n;
	enum status st = next_new(&n, b->history->sensors.count, b->history->sources.count,
	                          PENDING_MAX, &listener);

	if (st)
		return st;
	feed_pairs(n, b);
	r->unscored = c.own.left_out + next_unasked(n) * (b->history->sensors.count - 1);
	next_free(n);
	if (c.own.no_memory || c.port_rate.no_memory) {
		st = STATUS_NO_MEMORY;
	} else if (c.own.count) {
		r->chances = c.own.count;
		r->rate = score_rate(c.own.items, c.own.count);
		r->own = score_pile(&c.own);
		r->port_rate = score_pile(&c.port_rate);
		r->skill_over_port_rate = 1 - r->own.brier / r->port_rate.brier;
	}
	free(c.own.items);
	free(c.port_rate.items);
	return st;
}

struct listing {
	struct next_result *r;
	const struct next_backtest *b;
	struct lists *lists;
	struct lists_candidate *candidates[NEXT_SENSORS_MAX]; /* for the day that runs */
	size_t counts[NEXT_SENSORS_MAX];
	struct pile piles[LIST_KINDS];
	double hits[LIST_KINDS];
};

/* qsort has no state of ours: one comparison for each way to rank; ties by number. */
#define RANK(name, kind)                                                   \
	static int name(const void *left, const void *right)               \
	{                                                                  \
		const struct lists_candidate *a = left, *b = right;        \
                                                                           \
		if (a->score[kind] != b->score[kind])                      \
			return a->score[kind] > b->score[kind] ? -1 : 1;   \
		return a->source < b->source ? -1 : a->source > b->source; \
	}

RANK(by_predicted, LIST_PREDICTED)
RANK(by_local, LIST_LOCAL)
RANK(by_global, LIST_GLOBAL)

static int (*const ranks[LIST_KINDS])(const void *, const void *) = {
        [LIST_PREDICTED] = by_predicted,
        [LIST_LOCAL] = by_local,
        [LIST_GLOBAL] = by_global,
};

/* The truth of a day for one sensor's candidates. */
static void score_sensor(struct listing *l, unsigned sensor)
{
	struct lists_candidate *c = l->candidates[sensor];
	size_t n = l->counts[sensor], length = l->b->list_length;

	for (int k = 0; k < LIST_KINDS; k++) {
		size_t hits = 0;

		for (size_t i = 0; i < n; i++)
			pile_add(&l->piles[k], (double)c[i].score[k],
			         lists_came(l->lists, c[i].source, sensor));
		qsort(c, n, sizeof(*c), ranks[k]);
		for (size_t i = 0; i < n && i < length; i++)
			hits += lists_came(l->lists, c[i].source, sensor);
		l->hits[k] += (double)hits / (double)length;
	}
	l->r->lists++;
	l->r->candidates += n;
}

/* Lists for each test day are made before it begins, scored when it is over. */
static void end_day(struct listing *l, size_t ended)
{
	unsigned sensors = l->b->history->sensors.count;

	lists_end_day(l->lists);
	for (unsigned s = 0; s < sensors && ended >= l->b->train; s++)
		score_sensor(l, s);
	for (unsigned s = 0; s < sensors && ended + 1 >= l->b->train; s++)
		lists_candidates(l->lists, s, l->candidates[s], &l->counts[s]);
}

static void feed_lists(struct listing *l)
{
	const struct tally_span *span = l->b->span;
	const struct history *h = l->b->history;
	size_t row = span->first_row;

	for (size_t day = 0; day < span->bins; day++) {
		uint64_t end = span->start_s + (day + 1) * DAY_S;

		for (; row < span->end_row && h->rows[row].time_s < end; row++)
			lists_see(l->lists, h->rows[row].source, h->rows[row].sensor,
			          h->rows[row].count);
		end_day(l, day);
	}
}

static void score_lists(struct listing *l)
{
	struct pile *p = &l->piles[LIST_PREDICTED];
	struct next_result *r = l->r;

	r->list_rate = score_rate(p->items, p->count);
	r->list_brier = score_brier(p->items, p->count);
	r->list_skill = 1 - r->list_brier / (r->list_rate * (1 - r->list_rate));
	for (int k = 0; k < LIST_KINDS; k++) {
		r->by[k].auc = score_auc(l->piles[k].items, l->piles[k].count);
		r->by[k].hits = l->hits[k] / (double)r->lists;
	}
}

static enum status run_lists(struct next_result *r, const struct next_backtest *b)
{
	const struct history *h = b->history;
	struct listing l = {.r = r, .b = b};
	uint64_t cells = (uint64_t)h->sources.count * h->sensors.count;
	enum status st;

	r->list_length = b->list_length;
	r->lists_left_out = cells * (LISTS_CELL_BYTES + sizeof(struct lists_candidate)) > b->memory;
	if (r->lists_left_out)
		return STATUS_OK;
	st = lists_new(&l.lists, h->sensors.count, h->sources.count);
	for (int k = 0; k < LIST_KINDS; k++)
		l.piles[k].bound = LISTS_SAMPLES_MAX;
	for (unsigned s = 0; s < h->sensors.count && !st; s++) {
		l.candidates[s] = malloc(((size_t)h->sources.count + 1) * sizeof(**l.candidates));
		st = l.candidates[s] ? STATUS_OK : STATUS_NO_MEMORY;
	}
	if (!st)
		feed_lists(&l);
	for (int k = 0; k < LIST_KINDS && !st; k++)
		st = l.piles[k].no_memory ? STATUS_NO_MEMORY : STATUS_OK;
	if (!st && r->lists)
		score_lists(&l);
	for (unsigned s = 0; s < NEXT_SENSORS_MAX; s++)
		free(l.candidates[s]);
	for (int k = 0; k < LIST_KINDS; k++)
		free(l.piles[k].items);
	lists_free(l.lists);
	return st;
}

enum status next_backtest_run(struct next_result *r, const struct next_backtest *b,
                              struct trouble *t)
{
	unsigned sensors = b->history->sensors.count;
	enum status st;

	assert(b->span->step_s == DAY_S && b->list_length > 0);
	*r = (struct next_result){0};
	if (sensors < 2 || sensors > NEXT_SENSORS_MAX)
		return trouble_set(t, STATUS_LIMIT, NULL, 0,
		                   "who is next needs 2 to %d sensors; here are %u",
		                   NEXT_SENSORS_MAX, sensors);
	if (b->train >= b->span->bins)
		return trouble_set(t, STATUS_LIMIT, NULL, 0, "there is no test day");
	st = run_pairs(r, b);
	if (!st)
		st = run_lists(r, b);
	if (st)
		return trouble_set(t, st, NULL, 0, "out of memory");
	if (r->chances == 0)
		return trouble_set(t, STATUS_LIMIT, NULL, 0,
		                   "no new source was seen on a test day");
	return STATUS_OK;
}
