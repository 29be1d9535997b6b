/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events held against the truth (30-detection section 10): what was found and how early, what was
 * not, and what was told for nothing.
 *
 * Withdrawn events count as noise that was taken back, apart from false alarms. Plain data and pure
 * functions but for the collector, which owns what it keeps. One thread.
 */
#ifndef DETECT_EVALUATE_H
#define DETECT_EVALUATE_H

#include "detect/answer.h"
#include "detect/event_list.h"

enum { EVALUATE_BURN_IN_S = 4 * 3600, EVALUATE_ROWS = 256 };

/* Every version of events about worms: their sizes are judged at the time. */
struct evaluate_log {
	struct event *items;
	size_t count, room;
};

MUST_USE enum status evaluate_note(struct evaluate_log *log, const struct event *e);
void evaluate_log_clear(struct evaluate_log *log);

/* One true thing and what became of it. */
struct evaluate_row {
	const char *label;
	bool found;
	double delay_s;           /* from its begin to the notice */
	double precision, recall; /* of the members of a group */
	double share;             /* of the population infected at the notice, of a worm */
	double size, low, high;   /* at 10 % infected, of a worm; NAN: nothing was said */
	double population;
	const struct event *event;
};

struct evaluate_table {
	struct evaluate_row rows[EVALUATE_ROWS];
	unsigned count, found;
	unsigned events, true_events, withdrawn; /* events: not withdrawn */
	double false_per_day;
};

struct evaluation {
	double days;
	struct evaluate_table change, group, worm, search;
};

void evaluate(const struct answer *truth, const struct event_list *events,
              const struct evaluate_log *log, struct evaluation *out);

#endif
