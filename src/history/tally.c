/* SPDX-License-Identifier: Apache-2.0 */
#include "history/tally.h"

#include "query/value.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400, KEYS_MAX = 1 << 20 };

/* From the middle row outwards, as far as no silence is too long. */
static void find_stretch(struct tally_span *s, const struct history *h)
{
	size_t middle = h->count / 2, first = middle, end = middle + 1;
	const struct history_row *rows = h->rows;

	while (first > 0 &&
	       rows[first].time_s - rows[first - 1].time_s <= (uint32_t)TALLY_SILENCE_DAYS * DAY_S)
		first--;
	while (end < h->count &&
	       rows[end].time_s - rows[end - 1].time_s <= (uint32_t)TALLY_SILENCE_DAYS * DAY_S)
		end++;
	s->first_row = first;
	s->end_row = end;
	s->strays = first + (h->count - end);
}

enum status tally_span_of(struct tally_span *span, const struct history *h, uint32_t step_s,
                          struct trouble *t)
{
	uint64_t first, last, start, end;

	*span = (struct tally_span){.step_s = step_s};
	if (h->count == 0)
		return trouble_set(t, STATUS_LIMIT, NULL, 0, "the history is empty");
	find_stretch(span, h);
	first = h->rows[span->first_row].time_s;
	last = h->rows[span->end_row - 1].time_s;
	start = first / step_s * step_s;
	if (first - start > step_s / 16)
		start += step_s;
	end = last / step_s * step_s;
	if (last - end >= step_s - step_s / 16)
		end += step_s;
	if (end <= start)
		return trouble_set(t, STATUS_LIMIT, NULL, 0, "the history fills not one %s",
		                   step_s == DAY_S ? "day" : "hour");
	if ((end - start) / step_s > TALLY_BINS_MAX)
		return trouble_set(t, STATUS_LIMIT, NULL, 0, "the history is longer than %d %s",
		                   TALLY_BINS_MAX, step_s == DAY_S ? "days" : "hours");
	span->start_s = start;
	span->bins = (size_t)((end - start) / step_s);
	while (span->first_row < span->end_row && h->rows[span->first_row].time_s < start)
		span->first_row++;
	while (span->end_row > span->first_row && h->rows[span->end_row - 1].time_s >= end)
		span->end_row--;
	return STATUS_OK;
}

static uint32_t key_of(const struct history_row *row, enum tally_kind kind)
{
	return kind == TALLY_SENSOR ? row->sensor : kind == TALLY_PORT ? row->port : row->country;
}

static struct ids_key wide(uint32_t key)
{
	struct ids_key k = {{0}};

	memcpy(k.b, &key, sizeof(key));
	return k;
}

static size_t bin_of(const struct tally_span *span, const struct history_row *row)
{
	return (size_t)((row->time_s - span->start_s) / span->step_s);
}

static int heavier(const void *left, const void *right)
{
	const struct tally *a = left, *b = right;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

/* Keys with their weights, by number. */
struct weighing {
	struct ids ids;
	struct tally *all;
	size_t room;
};

static enum status weigh(struct weighing *w, const struct history_row *row, enum tally_kind kind)
{
	struct ids_key key = wide(key_of(row, kind));
	uint32_t known = w->ids.count, id = ids_of(&w->ids, &key);

	if (id == IDS_NONE)
		return STATUS_OK; /* the table is full of keys: a new one is not among the heavy */
	if (id >= w->room) {
		size_t room = w->room ? w->room * 2 : 256;
		struct tally *all = realloc(w->all, room * sizeof(*all));

		if (!all)
			return STATUS_NO_MEMORY;
		memset(all + w->room, 0, (room - w->room) * sizeof(*all));
		w->all = all;
		w->room = room;
	}
	if (id == known)
		w->all[id].key = key_of(row, kind);
	w->all[id].weight += row->count;
	return STATUS_OK;
}

/* Weigh all keys; the set keeps the heaviest. */
static enum status choose(struct tally_set *set, const struct history *h,
                          const struct tally_span *span, size_t most, size_t weighed)
{
	struct weighing w = {.all = NULL};
	enum status st = STATUS_OK;

	ids_init(&w.ids, KEYS_MAX);
	for (size_t i = span->first_row; i < span->end_row && !st; i++) {
		const struct history_row *row = &h->rows[i];

		if (bin_of(span, row) >= weighed)
			break;
		if (set->kind != TALLY_COUNTRY || row->country != 0)
			st = weigh(&w, row, set->kind);
	}
	if (!st && w.all) {
		qsort(w.all, w.ids.count, sizeof(*w.all), heavier);
		set->count = w.ids.count < most ? w.ids.count : most;
		set->items = w.all;
	} else {
		free(w.all);
	}
	ids_clear(&w.ids);
	return st;
}

static void mark_gaps(struct tally_set *set, const struct history *h, const struct tally_span *span)
{
	size_t next = 0;

	for (size_t i = span->first_row; i <= span->end_row; i++) {
		size_t bin = i < span->end_row ? bin_of(span, &h->rows[i]) : span->bins;

		for (; next < bin; next++) {
			for (size_t j = 0; j < set->count; j++)
				set->items[j].values[next] = NAN;
		}
		if (next == bin)
			next++;
	}
}

enum status tally_build(struct tally_set *set, const struct history *h,
                        const struct tally_span *span, enum tally_kind kind, size_t most,
                        size_t weighed)
{
	struct ids ids;
	enum status st;

	assert(weighed <= span->bins);
	*set = (struct tally_set){.kind = kind, .bins = span->bins};
	st = choose(set, h, span, most, weighed);
	if (st || set->count == 0)
		return st;
	set->memory = calloc(set->count * set->bins, sizeof(*set->memory));
	if (!set->memory) {
		tally_clear(set);
		return STATUS_NO_MEMORY;
	}
	ids_init(&ids, (uint32_t)set->count);
	for (size_t i = 0; i < set->count && !st; i++) {
		struct ids_key key = wide(set->items[i].key);

		set->items[i].values = set->memory + i * set->bins;
		st = ids_of(&ids, &key) == IDS_NONE ? STATUS_NO_MEMORY : STATUS_OK;
	}
	for (size_t i = span->first_row; i < span->end_row && !st; i++) {
		struct ids_key key = wide(key_of(&h->rows[i], kind));
		uint32_t id = ids_find(&ids, &key);

		if (id != IDS_NONE)
			set->items[id].values[bin_of(span, &h->rows[i])] += h->rows[i].count;
	}
	ids_clear(&ids);
	if (st)
		tally_clear(set);
	else
		mark_gaps(set, h, span);
	return st;
}

void tally_name(const struct history *h, enum tally_kind kind, uint32_t key,
                char out[TALLY_TEXT_MAX])
{
	char text[VALUE_TEXT_MAX];

	if (kind == TALLY_SENSOR) {
		snprintf(out, TALLY_TEXT_MAX, "%s", h->sensor_names[key]);
	} else if (kind == TALLY_PORT) {
		value_port_text((uint8_t)(key >> 16), (uint16_t)key, text);
		snprintf(out, TALLY_TEXT_MAX, "%.*s", TALLY_TEXT_MAX - 1, text);
	} else {
		snprintf(out, TALLY_TEXT_MAX, "%c%c", (char)(key >> 8), (char)key);
	}
}

void tally_clear(struct tally_set *set)
{
	free(set->items);
	free(set->memory);
	*set = (struct tally_set){.kind = set->kind};
}
