/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/trend.h"

#include "base/hash.h"
#include "detect/robust.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COMMON_MEDIAN 5.0 /* sources a bin: ports with fewer say nothing about all */
#define COMMON_MOST   1.5 /* ln: beyond a factor of 4.5 it is no common tide */
#define RISEN         1.3
#define USUAL_BINS    12.0 /* what is usual follows within two hours */

enum { COMMON_PORTS = 8, COMMON_ROOM = ROBUST_MAX };

enum status trend_init(struct trend *t, uint64_t memory)
{
	*t = (struct trend){.most = (size_t)(memory / (sizeof(struct series) + 8))};
	t->room = 1024;
	while (t->most < t->room)
		t->room /= 2;
	t->items = calloc(t->room, sizeof(*t->items));
	t->index = calloc(t->room * 2, sizeof(*t->index));
	if (t->items && t->index)
		return STATUS_OK;
	trend_clear(t);
	return STATUS_NO_MEMORY;
}

void trend_clear(struct trend *t)
{
	free(t->items);
	free(t->index);
	*t = (struct trend){0};
}

static size_t slot_of(const struct trend *t, uint64_t key)
{
	size_t mask = t->room * 2 - 1, at = hash_u64(key, 7) & mask;

	while (t->index[at] && t->items[t->index[at] - 1].key != key)
		at = (at + 1) & mask;
	return at;
}

static void index_again(struct trend *t)
{
	memset(t->index, 0, t->room * 2 * sizeof(*t->index));
	for (size_t i = 0; i < t->count; i++)
		t->index[slot_of(t, t->items[i].key)] = (uint32_t)i + 1;
}

static enum status grow(struct trend *t)
{
	struct series *items = reallocarray(t->items, t->room * 2, sizeof(*items));
	uint32_t *index;

	if (!items)
		return STATUS_NO_MEMORY;
	t->items = items;
	index = reallocarray(t->index, t->room * 4, sizeof(*index));
	if (!index)
		return STATUS_NO_MEMORY;
	t->index = index;
	t->room *= 2;
	index_again(t);
	return STATUS_OK;
}

/* A series that was not kept had next to nothing in the bins before. */
static enum status admit(struct trend *t, uint64_t key)
{
	struct series *s;

	if (t->count == t->room) {
		enum status st;

		if (t->room * 2 > t->most) {
			t->forgotten++;
			return STATUS_OK;
		}
		st = grow(t);
		if (st)
			return st;
	}
	t->index[slot_of(t, key)] = (uint32_t)t->count + 1;
	s = &t->items[t->count++];
	*s = (struct series){.key = key};
	s->filled = (uint8_t)(t->bins < TREND_BINS ? t->bins : TREND_BINS);
	s->at = s->filled % TREND_BINS;
	return STATUS_OK;
}

static enum status admit_all(struct trend *t, const struct digest *d)
{
	size_t count;
	const struct cell *cells = digest_cells(d, &count);
	enum status st = STATUS_OK;

	for (size_t i = 0; i < count && !st; i++) {
		if (cells[i].sources >= TREND_ADMIT && !t->index[slot_of(t, cells[i].key)])
			st = admit(t, cells[i].key);
	}
	return st;
}

/* Of three ratios or more the outermost are drawn in to their neighbours. */
static void draw_in(double *ratios, unsigned n)
{
	unsigned low = 0, high = 0;
	double next_low = INFINITY, next_high = -INFINITY;

	if (n < 3)
		return;
	for (unsigned i = 1; i < n; i++) {
		low = ratios[i] < ratios[low] ? i : low;
		high = ratios[i] > ratios[high] ? i : high;
	}
	for (unsigned i = 0; i < n; i++) {
		next_low = i != low ? fmin(next_low, ratios[i]) : next_low;
		next_high = i != high ? fmax(next_high, ratios[i]) : next_high;
	}
	ratios[low] = next_low;
	ratios[high] = next_high;
}

static bool counts(const struct trend *t, const struct coverage *c, unsigned panel)
{
	return c->use[panel] && t->age[panel] >= TREND_SETTLE;
}

static double panel_count(const struct cell *cell, const struct coverage *c, unsigned panel)
{
	return cell ? cell->by_panel[panel] / c->share[panel] : 0;
}

static void put_together(const struct trend *t, struct series *s, const struct cell *cell,
                         const struct coverage *c)
{
	double ratios[PANELS], weights[PANELS], sum = 0, here = 0, all = 0, least = 0;
	unsigned n = 0;

	s->risen = 0;
	for (unsigned p = 0; p < PANELS; p++) {
		double usual = (double)s->usual[p] + 0.5;

		if (t->age[p] >= TREND_SETTLE) {
			all += usual;
			least += 0.5;
		}
		if (!counts(t, c, p))
			continue;
		ratios[n] = (panel_count(cell, c, p) + 0.5) / usual;
		s->risen = (uint8_t)(s->risen + (ratios[n] > RISEN));
		weights[n++] = usual;
		here += usual;
	}
	draw_in(ratios, n);
	for (unsigned i = 0; i < n; i++)
		sum += ratios[i] * weights[i];
	s->value = (float)fmax(0, here > 0 ? sum / here * all - least : 0);
	s->packets = cell ? cell->packets : 0;
	s->sources = cell ? cell->sources : 0;
	s->median = s->filled ? (float)robust_median(s->ring, s->filled) : 0;
}

/* What all busier ports have in common: the hour of the day, sensors that came or went. */
static double common_factor(const struct trend *t)
{
	float logs[COMMON_ROOM];
	size_t n = 0;

	for (size_t i = 0; i < t->count && n < COMMON_ROOM; i++) {
		const struct series *s = &t->items[i];

		if (series_scope(s->key) == SCOPE_PORT && (double)s->median >= COMMON_MEDIAN)
			logs[n++] = (float)log(((double)s->value + 1) / ((double)s->median + 1));
	}
	if (n < COMMON_PORTS)
		return 0;
	return fmax(-COMMON_MOST, fmin(COMMON_MOST, robust_median(logs, n)));
}

/* A panel that counts from now on: rings stand for all panels that count, so they grow. */
static void join_panel(struct trend *t, unsigned joining)
{
	for (size_t i = 0; i < t->count; i++) {
		struct series *s = &t->items[i];
		double before = 0;
		float factor;

		for (unsigned p = 0; p < PANELS; p++)
			before +=
			        p != joining && t->age[p] >= TREND_SETTLE ? (double)s->usual[p] : 0;
		if (before <= 0)
			continue;
		factor = (float)(1 + (double)s->usual[joining] / before);
		for (unsigned b = 0; b < TREND_BINS; b++)
			s->ring[b] *= factor;
	}
}

static void age_panels(struct trend *t, const struct coverage *c)
{
	t->settled = 0;
	for (unsigned p = 0; p < PANELS; p++) {
		if (c->use[p] && t->age[p] <= TREND_SETTLE && ++t->age[p] == TREND_SETTLE)
			join_panel(t, p);
		t->settled += counts(t, c, p);
	}
}

static void learn_usual(struct series *s, const struct scene *scene)
{
	const struct cell *cell = digest_find(scene->digest, s->key);

	for (unsigned p = 0; p < PANELS; p++) {
		double usual = (double)s->usual[p], count;

		if (!scene->coverage->use[p])
			continue;
		count = panel_count(cell, scene->coverage, p);
		if (usual > 0)
			count = fmin(count, 3 * usual + 5);
		s->usual[p] = (float)(usual > 0 ? usual + (count - usual) / USUAL_BINS : count);
	}
}

enum status trend_watch(struct trend *t, const struct scene *scene, bool *usable)
{
	enum status st;

	*usable = scene->coverage->usable > 0;
	if (!*usable)
		return STATUS_OK;
	st = admit_all(t, scene->digest);
	if (st)
		return st;
	trend_sort(t);
	age_panels(t, scene->coverage);
	*usable = t->settled > 0;
	for (size_t i = 0; i < t->count; i++)
		put_together(t, &t->items[i], digest_find(scene->digest, t->items[i].key),
		             scene->coverage);
	/* While panels settle, what is usual in them is learnt and nothing else. */
	for (size_t i = 0; i < t->count && !*usable; i++)
		learn_usual(&t->items[i], scene);
	t->common = common_factor(t);
	t->bins += *usable && t->bins < TREND_BINS;
	return STATUS_OK;
}

void trend_push(struct series *s, const struct scene *scene)
{
	learn_usual(s, scene);
	s->ring[s->at] = s->value;
	s->at = (uint8_t)((s->at + 1) % TREND_BINS);
	s->filled = (uint8_t)(s->filled < TREND_BINS ? s->filled + 1 : TREND_BINS);
}

void trend_restart(struct series *s)
{
	s->filled = s->at = 0;
	s->cusum = s->last_z = s->last_log_p = 0;
	memset(s->ring, 0, sizeof(s->ring));
}

static bool is_empty(const struct series *s)
{
	for (unsigned b = 0; b < TREND_BINS; b++) {
		if (s->ring[b] > 0)
			return false;
	}
	return s->sources == 0 && s->episode == 0;
}

void trend_sweep(struct trend *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->count; i++) {
		if (!is_empty(&t->items[i]))
			t->items[kept++] = t->items[i];
	}
	if (kept == t->count)
		return;
	t->count = kept;
	index_again(t);
}

static int compare(const void *a, const void *b)
{
	const struct series *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

void trend_sort(struct trend *t)
{
	for (size_t i = 1; i < t->count; i++) {
		if (t->items[i - 1].key > t->items[i].key) {
			qsort(t->items, t->count, sizeof(*t->items), compare);
			index_again(t);
			return;
		}
	}
}

static void save_floats(struct keep *out, const float *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		keep_double(out, (double)values[i]);
}

static void load_floats(struct cursor *in, float *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		values[i] = (float)keep_get_double(in);
}

void trend_save(const struct trend *t, struct keep *out)
{
	for (unsigned p = 0; p < PANELS; p++)
		keep_u64(out, t->age[p]);
	keep_u64(out, t->bins);
	keep_u64(out, t->forgotten);
	keep_u64(out, t->count);
	for (size_t i = 0; i < t->count; i++) {
		const struct series *s = &t->items[i];

		keep_u64(out, s->key);
		keep_u64(out, (uint64_t)s->filled << 8 | s->at);
		keep_u64(out, s->episode);
		keep_u64(out, s->sources);
		save_floats(out, s->usual, PANELS);
		save_floats(out, s->ring, TREND_BINS);
		save_floats(out, (const float[]){s->cusum, s->last_z, s->last_log_p}, 3);
	}
}

static bool load_series(struct cursor *in, struct series *s)
{
	uint64_t place;
	float owner[3];

	*s = (struct series){.key = cursor_le64(in)};
	place = cursor_le64(in);
	s->filled = (uint8_t)(place >> 8);
	s->at = (uint8_t)place;
	s->episode = (uint32_t)cursor_le64(in);
	s->sources = (uint32_t)cursor_le64(in);
	load_floats(in, s->usual, PANELS);
	load_floats(in, s->ring, TREND_BINS);
	load_floats(in, owner, 3);
	s->cusum = owner[0];
	s->last_z = owner[1];
	s->last_log_p = owner[2];
	return !in->failed && s->filled <= TREND_BINS && s->at < TREND_BINS && s->key;
}

enum status trend_load(struct trend *t, struct cursor *in)
{
	struct series s;
	size_t count;

	for (unsigned p = 0; p < PANELS; p++)
		t->age[p] = (unsigned)cursor_le64(in);
	t->bins = (unsigned)cursor_le64(in);
	t->forgotten = cursor_le64(in);
	count = keep_get_count(in, 8 * (4 + PANELS + TREND_BINS + 3));
	for (size_t i = 0; i < count; i++) {
		enum status st;

		if (!load_series(in, &s))
			return STATUS_FORMAT;
		if (t->index[slot_of(t, s.key)])
			continue;
		st = admit(t, s.key);
		if (st)
			return st;
		if (t->count && t->items[t->count - 1].key == s.key)
			t->items[t->count - 1] = s;
	}
	return STATUS_OK;
}
