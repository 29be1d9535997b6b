/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts over time: one value an hour or a day (UTC) for each sensor, port or country of a
 * history.
 *
 * The span is the stretch of days around the middle row that no silence of more than
 * TALLY_SILENCE_DAYS breaks, so that one row with a wild date does not make a century; rows
 * outside are counted as strays. A first or last bin that the log does not fill is left out:
 * the log must begin in the first sixteenth of a bin, and end in the last. A bin in which
 * no sensor saw anything is a gap (NaN), not a zero. Owns its memory.
 */
#ifndef HISTORY_TALLY_H
#define HISTORY_TALLY_H

#include "history/history.h"

enum { TALLY_SILENCE_DAYS = 28, TALLY_BINS_MAX = 100000, TALLY_TEXT_MAX = 80 };

enum tally_kind { TALLY_SENSOR, TALLY_PORT, TALLY_COUNTRY, TALLY_KINDS };

/* The span in time of all series of a history. */
struct tally_span {
	uint64_t start_s; /* of the first bin */
	uint32_t step_s;  /* 3600 or 86400 */
	size_t bins;
	size_t first_row, end_row; /* rows within */
	uint64_t strays;           /* rows far from the rest in time */
};

struct tally {
	uint32_t key;    /* sensor's number, port as in history_row, country */
	double *values;  /* `bins`, in the set's memory */
	uint64_t weight; /* sum over the bins by which it was chosen */
};

struct tally_set {
	enum tally_kind kind;
	size_t count, bins;
	struct tally *items; /* the heaviest first */
	double *memory;
};

/* STATUS_LIMIT where the history has no bin that is whole, or more than TALLY_BINS_MAX. */
MUST_USE enum status tally_span_of(struct tally_span *span, const struct history *h,
                                   uint32_t step_s, struct trouble *t);

/* The `most` heaviest series of a kind, weighed by what is in the first `weighed` bins alone.
 * STATUS_NO_MEMORY. */
MUST_USE enum status tally_build(struct tally_set *set, const struct history *h,
                                 const struct tally_span *span, enum tally_kind kind, size_t most,
                                 size_t weighed);

/* "groucho-eu", "445/tcp", "JP". Names of sensors are as the log has them. */
void tally_name(const struct history *h, enum tally_kind kind, uint32_t key,
                char out[TALLY_TEXT_MAX]);

void tally_clear(struct tally_set *set);

#endif
