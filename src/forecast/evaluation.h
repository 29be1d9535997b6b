/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that a history says about our forecasts: back-tests of its sensors, ports and countries, an
 * outlook on the bin after the last, and who is next. What reports print.
 *
 * Days are split by time: the first `train_percent` are training days; ports and countries are
 * chosen on them. A part that a history is too short or too poor for is left out with the
 * reason. The evaluation owns its memory and looks into the history, which must outlive it.
 * One thread.
 */
#ifndef FORECAST_EVALUATION_H
#define FORECAST_EVALUATION_H

#include "forecast/backtest.h"
#include "forecast/next_backtest.h"

enum { EVALUATION_SENSORS_MAX = 100, EVALUATION_WHY_MAX = 200 };

struct evaluation_options {
	uint32_t step_s;        /* 3600 or 86400 */
	unsigned train_percent; /* 10 to 90 */
	size_t keys;            /* ports and countries, at most */
	unsigned list_length;
	uint64_t memory; /* for who is next */
};

struct evaluation_group {
	bool done;
	char why[EVALUATION_WHY_MAX]; /* not done */
	struct tally_set set;
	struct backtest_result result;
	struct backtest_outlook *outlook; /* as many as series */
};

struct evaluation {
	const struct history *history;
	struct evaluation_options options;
	struct tally_span span;
	size_t train; /* bins */
	struct evaluation_group groups[TALLY_KINDS];
	struct tally_span days; /* of who is next */
	size_t train_days;
	bool next_done;
	char next_why[EVALUATION_WHY_MAX];
	struct next_result next;
};

/* The history must be sealed. STATUS_LIMIT where there is not one whole bin; STATUS_NO_MEMORY. */
MUST_USE enum status evaluation_run(struct evaluation *e, const struct history *h,
                                    const struct evaluation_options *o, struct trouble *t);

/* The group's name: "sensor", "port", "country". */
const char *evaluation_group_name(enum tally_kind kind);

void evaluation_clear(struct evaluation *e);

#endif
