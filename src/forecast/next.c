/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/next.h"

#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400, TABLE_LOG2 = 18, NO_PENDING = 0 };

#define STEP 0.05

enum table {
	ALL,       /* everything */
	PORT,      /* the port, and for the baseline without fading: PORT_PLAIN */
	PORT_FROM, /* port, sensor that saw it */
	PORT_PAIR, /* port, sensor that saw it, sensor asked about */
	PAIR,      /* the two sensors */
	NET24,
	NET16,
	NET16_PORT,
	RECENT_FROM, /* as PORT_FROM and PORT_PAIR, but of the last days */
	RECENT_PAIR,
	PORT_PLAIN,
	TABLES
};

/* Half-lives in seconds, and the counts that the prior weighs. */
static const struct {
	double half_s, weight;
} tables[TABLES] = {
        [ALL] = {14 * DAY_S, 10},       [PORT] = {14 * DAY_S, 20},
        [PORT_FROM] = {14 * DAY_S, 10}, [PORT_PAIR] = {14 * DAY_S, 10},
        [PAIR] = {14 * DAY_S, 50},      [NET24] = {14 * DAY_S, 5},
        [NET16] = {14 * DAY_S, 10},     [NET16_PORT] = {14 * DAY_S, 10},
        [RECENT_FROM] = {2 * DAY_S, 8}, [RECENT_PAIR] = {2 * DAY_S, 8},
        [PORT_PLAIN] = {0, 20},
};

/* A chance for each sensor but the one that saw the source. */
struct question {
	float x[NEXT_FEATURES];
	float chance, port_rate;
};

struct pending {
	struct next_sighting sighting;
	uint64_t came;    /* bit of each sensor that was visited since */
	uint64_t skipped; /* sensors not asked about */
};

struct next {
	unsigned sensors;
	struct next_listener listener;
	struct rates rates[TABLES];
	struct logistic weights;
	struct pending *ring; /* pending_max, with `sensors` questions each */
	struct question *questions;
	size_t ring_size, first, count;
	uint32_t sources;
	uint32_t *last_seen; /* + 1; 0: never */
	uint32_t *open;      /* place in the ring + 1; NO_PENDING */
	uint64_t unasked;
};

static uint64_t key_of(enum table t, uint64_t a, uint64_t b)
{
	return hash_mix(hash_u64(a, (uint64_t)t + 1), hash_u64(b, 0x6e657874));
}

/* The first `bytes` of the address: 3 and 2 of IPv4, 6 and 4 of IPv6. */
static uint64_t network_of(const struct addr *a, bool wide)
{
	bool v4 = addr_is_v4(a);
	uint64_t net = v4;

	for (unsigned i = 0; i < (v4 ? (wide ? 2u : 3u) : (wide ? 4u : 6u)); i++)
		net = net << 8 | a->b[i + (v4 ? 12 : 0)];
	return net;
}

/* Where a sighting and a recipient are counted in each table. */
static uint64_t place(enum table t, const struct next_sighting *s, unsigned to)
{
	uint64_t from = (uint64_t)s->port << 16 | s->sensor;

	switch (t) {
	case PORT:
	case PORT_PLAIN:
		return key_of(t, s->port, 0);
	case PORT_FROM:
	case RECENT_FROM:
		return key_of(t, from, 0);
	case PORT_PAIR:
	case RECENT_PAIR:
		return key_of(t, from, to);
	case PAIR:
		return key_of(t, s->sensor, to);
	case NET24:
		return key_of(t, network_of(&s->addr, false), 0);
	case NET16:
		return key_of(t, network_of(&s->addr, true), 0);
	case NET16_PORT:
		return key_of(t, network_of(&s->addr, true), s->port);
	case ALL:
	case TABLES:
		break;
	}
	return key_of(ALL, 0, 0);
}

static double ask(const struct next *n, enum table t, const struct next_sighting *s, unsigned to,
                  double prior)
{
	return rates_get(&n->rates[t], place(t, s, to), prior, tables[t].weight, s->time_s);
}

/* Each rate is drawn to the one that knows less of the case. */
static void fill_question(const struct next *n, const struct next_sighting *s, unsigned to,
                          struct question *q)
{
	double all = ask(n, ALL, s, to, 0.05);
	double port = ask(n, PORT, s, to, all);
	double from = ask(n, PORT_FROM, s, to, port);
	double pair = ask(n, PORT_PAIR, s, to, from);
	double net16 = ask(n, NET16, s, to, all);
	double net24 = ask(n, NET24, s, to, net16);
	double recent = ask(n, RECENT_PAIR, s, to, ask(n, RECENT_FROM, s, to, from));
	float base = logistic_odds(all);

	q->x[0] = 1;
	q->x[1] = logistic_odds(pair);
	q->x[2] = logistic_odds(ask(n, PAIR, s, to, all)) - base;
	q->x[3] = logistic_odds(net24) - base;
	q->x[4] = logistic_odds(ask(n, NET16_PORT, s, to, port)) - logistic_odds(port);
	q->x[5] = logistic_odds(recent) - q->x[1];
	q->x[6] = logistic_odds(from) - base;
	q->chance = (float)logistic_chance(&n->weights, q->x);
	q->port_rate = (float)ask(n, PORT_PLAIN, s, to, all);
}

static void settle_question(struct next *n, const struct pending *p, unsigned to,
                            const struct question *q)
{
	struct next_outcome outcome = {
	        .time_s = p->sighting.time_s,
	        .source = p->sighting.source,
	        .from = p->sighting.sensor,
	        .to = (uint16_t)to,
	        .chance = q->chance,
	        .port_rate = q->port_rate,
	        .came = p->came >> to & 1,
	};

	logistic_learn(&n->weights, q->x, outcome.came);
	for (int t = 0; t < TABLES; t++)
		rates_add(&n->rates[t], place((enum table)t, &p->sighting, to), outcome.came,
		          p->sighting.time_s);
	if (n->listener.settled)
		n->listener.settled(n->listener.state, &outcome);
}

void next_settle(struct next *n, uint32_t now_s)
{
	while (n->count) {
		struct pending *p = &n->ring[n->first];

		if ((uint64_t)p->sighting.time_s + NEXT_HORIZON_S >= now_s)
			return;
		for (unsigned to = 0; to < n->sensors; to++) {
			if (!(p->skipped >> to & 1))
				settle_question(n, p, to,
				                &n->questions[n->first * n->sensors + to]);
		}
		n->open[p->sighting.source] = NO_PENDING;
		n->first = (n->first + 1) % n->ring_size;
		n->count--;
	}
}

enum status next_new(struct next **out, unsigned sensors, uint32_t sources, size_t pending_max,
                     const struct next_listener *listener)
{
	struct next *n;
	enum status st = STATUS_OK;

	*out = NULL;
	if (sensors < 2 || sensors > NEXT_SENSORS_MAX || pending_max == 0 ||
	    pending_max >= UINT32_MAX)
		return STATUS_LIMIT;
	n = calloc(1, sizeof(*n));
	if (!n)
		return STATUS_NO_MEMORY;
	n->sensors = sensors;
	n->sources = sources;
	n->ring_size = pending_max;
	if (listener)
		n->listener = *listener;
	n->ring = calloc(pending_max, sizeof(*n->ring));
	n->questions = calloc(pending_max * sensors, sizeof(*n->questions));
	n->last_seen = calloc((size_t)sources + 1, sizeof(*n->last_seen));
	n->open = calloc((size_t)sources + 1, sizeof(*n->open));
	for (int t = 0; t < TABLES && !st; t++)
		st = rates_init(&n->rates[t], t == ALL ? 4 : TABLE_LOG2, tables[t].half_s);
	if (st || !n->ring || !n->questions || !n->last_seen || !n->open) {
		next_free(n);
		return STATUS_NO_MEMORY;
	}
	/* Before anything is learned the rate of the pair is the chance. */
	logistic_init(&n->weights, NEXT_FEATURES, STEP);
	n->weights.weight[1] = 1;
	*out = n;
	return STATUS_OK;
}

/* The questions about a new source. */
static void ask_all(struct next *n, const struct next_sighting *s, float *chances)
{
	size_t at = (n->first + n->count) % n->ring_size;
	struct pending *p = &n->ring[at];

	*p = (struct pending){.sighting = *s, .skipped = UINT64_C(1) << s->sensor};
	n->count++;
	n->open[s->source] = (uint32_t)at + 1;
	for (unsigned to = 0; to < n->sensors; to++) {
		struct question *q = &n->questions[at * n->sensors + to];

		if (to == s->sensor) {
			chances[to] = 1;
			continue;
		}
		fill_question(n, s, to, q);
		chances[to] = q->chance;
	}
}

/* A visit in the very second of the first sighting was not to be foreseen: not asked about. */
static void mark_visit(struct next *n, const struct next_sighting *s)
{
	uint32_t place = n->open[s->source];
	struct pending *p;

	if (place == NO_PENDING)
		return;
	p = &n->ring[place - 1];
	if (s->time_s == p->sighting.time_s)
		p->skipped |= UINT64_C(1) << s->sensor;
	else
		p->came |= UINT64_C(1) << s->sensor;
}

void next_see(struct next *n, const struct next_sighting *s, float *chances, unsigned *count)
{
	uint32_t last;

	assert(s->source < n->sources && s->sensor < n->sensors);
	next_settle(n, s->time_s);
	*count = 0;
	mark_visit(n, s);
	last = n->last_seen[s->source];
	if (last == 0 || (uint64_t)s->time_s + 1 > (uint64_t)last + NEXT_FORGET_S) {
		if (n->count < n->ring_size) {
			ask_all(n, s, chances);
			*count = n->sensors;
		} else {
			n->unasked++;
		}
	}
	n->last_seen[s->source] = s->time_s + 1;
}

uint64_t next_unasked(const struct next *n)
{
	return n->unasked;
}

void next_free(struct next *n)
{
	if (!n)
		return;
	for (int t = 0; t < TABLES; t++)
		rates_clear(&n->rates[t]);
	free(n->ring);
	free(n->questions);
	free(n->last_seen);
	free(n->open);
	free(n);
}
