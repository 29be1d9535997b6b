/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/series.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum status series_init(struct series_totals *s)
{
	*s = (struct series_totals){.time.columns = SERIES_BINS};
	s->bins = calloc(SERIES_BINS, sizeof(*s->bins));
	return s->bins ? STATUS_OK : STATUS_NO_MEMORY;
}

void series_clear(struct series_totals *s)
{
	free(s->bins);
	s->bins = NULL;
}

static void add(struct series_sum *to, const struct series_sum *from)
{
	for (int i = 0; i < SERIES_COUNT; i++) {
		to->packets[i] += from->packets[i];
		to->sources[i] += from->sources[i];
	}
	to->sources_all += from->sources_all;
}

static void move_bins(struct series_totals *s, const struct timebins_move *move)
{
	struct series_sum moved[SERIES_BINS];

	memset(moved, 0, sizeof(moved));
	for (uint32_t i = 0; i < SERIES_BINS; i++) {
		uint32_t to = timebins_moved(move, i);

		if (to < SERIES_BINS)
			add(&moved[to], &s->bins[i]);
	}
	memcpy(s->bins, moved, sizeof(moved));
}

struct series_sum *series_at(struct series_totals *s, uint32_t time_s)
{
	struct timebins_move move;

	if (timebins_cover(&s->time, time_s, &move))
		move_bins(s, &move);
	return &s->bins[timebins_column(&s->time, time_s)];
}

void series_merge(struct series_totals *s, const struct series_totals *other)
{
	assert(s->time.width_s == other->time.width_s && s->time.first == other->time.first);
	for (uint32_t i = 0; i < s->time.used; i++)
		add(&s->bins[i], &other->bins[i]);
}
