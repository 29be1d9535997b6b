/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed number of columns over a time span that is not known before.
 *
 * Columns start a minute wide and widen along a chain of round widths (1, 5, 15, 30
 * minutes, 1, 3, 6, 12 hours, 1, 7, 28 days, then fourfold) whenever a time does not fit; each
 * width is a multiple of the one before and columns are aligned to multiples of their width since
 * 1970, so that merging columns is exact. The counts live with the owner, who moves them as
 * timebins_move says. Pure values.
 */
#ifndef AGGREGATE_TIMEBINS_H
#define AGGREGATE_TIMEBINS_H

#include <stdbool.h>
#include <stdint.h>

struct timebins {
	uint32_t columns;
	uint32_t width_s; /* 0: nothing covered yet */
	uint64_t first;   /* time of column 0 in units of width_s */
	uint32_t used;    /* columns from the first to the last touched */
};

/* How columns move: new = (old + shift) / factor. */
struct timebins_move {
	uint64_t shift;
	uint32_t factor;
};

/* Make time_s fit. Returns true when columns moved: then apply *move to all counts. */
bool timebins_cover(struct timebins *b, uint32_t time_s, struct timebins_move *move);

/* The column of a covered time. */
static inline uint32_t timebins_column(const struct timebins *b, uint32_t time_s)
{
	return (uint32_t)(time_s / b->width_s - b->first);
}

static inline uint32_t timebins_moved(const struct timebins_move *move, uint32_t column)
{
	return (uint32_t)((column + move->shift) / move->factor);
}

#endif
