/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Who is next" tried on a history: everything is fed in time order, and what was said of the
 * test days is scored when the truth is in. Pure but for memory; the history is the caller's.
 */
#ifndef FORECAST_NEXT_BACKTEST_H
#define FORECAST_NEXT_BACKTEST_H

#include "forecast/lists.h"
#include "forecast/next.h"
#include "history/tally.h"

enum { NEXT_OUTCOMES_MAX = 1 << 24, LISTS_SAMPLES_MAX = 1 << 24 };

/* One way to give chances. */
struct next_score {
	double auc, brier, lift; /* lift: of the 1 % with the highest chances */
	double skill;            /* 1 - brier / brier of the rate that came */
};

struct list_score {
	double auc;
	double hits; /* mean share of a list's sources that came */
};

struct next_result {
	uint64_t chances;  /* scored */
	uint64_t unscored; /* past NEXT_OUTCOMES_MAX or without room */
	double rate;       /* share that came */
	struct next_score own, port_rate;
	double skill_over_port_rate; /* 1 - brier / brier of the port rate */
	/* Lists: every test day, every sensor. */
	uint64_t lists, candidates;
	unsigned list_length;
	double list_rate; /* share of candidates that came */
	double list_brier, list_skill;
	struct list_score by[LIST_KINDS];
	bool lists_left_out; /* too many sources and sensors for the memory */
};

struct next_backtest {
	const struct history *history;
	const struct tally_span *span; /* of days */
	size_t train;                  /* days */
	unsigned list_length;          /* sources on a list */
	uint64_t memory;               /* for the lists' cells */
};

/* STATUS_LIMIT where there are less than 2 sensors, or more than NEXT_SENSORS_MAX, or nothing to
 * score; STATUS_NO_MEMORY. */
MUST_USE enum status next_backtest_run(struct next_result *r, const struct next_backtest *b,
                                       struct trouble *t);

#endif
