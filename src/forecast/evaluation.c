/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/evaluation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400, WEEK_DAYS = 7, DAY_HOURS = 24 };

const char *evaluation_group_name(enum tally_kind kind)
{
	static const char *const names[TALLY_KINDS] = {
	        [TALLY_SENSOR] = "sensor", [TALLY_PORT] = "port", [TALLY_COUNTRY] = "country"};

	return names[kind];
}

static enum status run_set(struct evaluation *e, struct evaluation_group *g, const double **values,
                           struct trouble *t)
{
	struct backtest_group group = {
	        .series = values,
	        .count = g->set.count,
	        .bins = e->span.bins,
	        .train = e->train,
	        .season = e->span.step_s == DAY_S ? WEEK_DAYS : WEEK_DAYS * DAY_HOURS,
	        .gamma = INTERVAL_GAMMA,
	        .outlook = g->outlook,
	};

	for (size_t i = 0; i < g->set.count; i++)
		values[i] = g->set.items[i].values;
	return backtest_run(&g->result, &group, NULL, t);
}

/* What is too short or empty is told and left out. */
static enum status run_group(struct evaluation *e, enum tally_kind kind)
{
	struct evaluation_group *g = &e->groups[kind];
	size_t most = kind == TALLY_SENSOR ? EVALUATION_SENSORS_MAX : e->options.keys;
	const double **values = NULL;
	struct trouble t = {0};
	enum status st = tally_build(&g->set, e->history, &e->span, kind, most, e->train);

	if (st || g->set.count == 0) {
		snprintf(g->why, sizeof(g->why), "the training bins name no %s",
		         evaluation_group_name(kind));
		return st;
	}
	values = calloc(g->set.count, sizeof(*values));
	g->outlook = calloc(g->set.count, sizeof(*g->outlook));
	st = values && g->outlook ? run_set(e, g, values, &t) : STATUS_NO_MEMORY;
	g->done = !st;
	if (st == STATUS_LIMIT) {
		snprintf(g->why, sizeof(g->why), "%.*s", EVALUATION_WHY_MAX - 1, t.text);
		st = STATUS_OK;
	}
	free(values);
	return st;
}

static enum status run_next(struct evaluation *e)
{
	struct next_backtest b = {
	        .history = e->history,
	        .span = &e->days,
	        .list_length = e->options.list_length,
	        .memory = e->options.memory,
	};
	struct trouble t = {0};
	enum status st = tally_span_of(&e->days, e->history, DAY_S, &t);

	if (!st) {
		e->train_days = e->days.bins * e->options.train_percent / 100;
		b.train = e->train_days;
		st = next_backtest_run(&e->next, &b, &t);
	}
	e->next_done = !st;
	if (st == STATUS_LIMIT) {
		snprintf(e->next_why, sizeof(e->next_why), "%.*s", EVALUATION_WHY_MAX - 1, t.text);
		st = STATUS_OK;
	}
	return st;
}

enum status evaluation_run(struct evaluation *e, const struct history *h,
                           const struct evaluation_options *o, struct trouble *t)
{
	enum status st;

	*e = (struct evaluation){.history = h, .options = *o};
	st = tally_span_of(&e->span, h, o->step_s, t);
	if (st)
		return st;
	e->train = e->span.bins * o->train_percent / 100;
	for (int kind = 0; kind < TALLY_KINDS && !st; kind++)
		st = run_group(e, (enum tally_kind)kind);
	if (!st)
		st = run_next(e);
	if (st) {
		evaluation_clear(e);
		return trouble_set(t, st, NULL, 0, "out of memory");
	}
	return STATUS_OK;
}

void evaluation_clear(struct evaluation *e)
{
	for (int kind = 0; kind < TALLY_KINDS; kind++) {
		tally_clear(&e->groups[kind].set);
		free(e->groups[kind].outlook);
		e->groups[kind].outlook = NULL;
	}
}
