/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The course over time: packets, and distinct sources a minute, by class.
 *
 * Distinct sources do not add up over wider bins, so each bin holds the sum over its
 * minutes, and the mean a minute is what comes out. One a shard; sums merge. One thread.
 */
#ifndef AGGREGATE_SERIES_H
#define AGGREGATE_SERIES_H

#include "aggregate/timebins.h"
#include "base/status.h"
#include "model/analysis.h"

#include <stdint.h>

struct series_sum {
	uint64_t packets[SERIES_COUNT];
	uint64_t sources[SERIES_COUNT];
	uint64_t sources_all;
};

struct series_totals {
	struct timebins time;
	struct series_sum *bins; /* SERIES_BINS */
};

MUST_USE enum status series_init(struct series_totals *s);
void series_clear(struct series_totals *s);

/* The bin of a time, after making it fit. */
struct series_sum *series_at(struct series_totals *s, uint32_t time_s);

/* Add another shard's sums; both must cover the same times. */
void series_merge(struct series_totals *s, const struct series_totals *other);

#endif
