/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sensors.h"

#include "base/hash.h"
#include "detect/lookout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GONE_SECONDS  86400u /* silent for so long, a sensor is not expected any more */
#define SPARSE_WINDOW 20.0   /* packets: with fewer, windows without any are to be expected */
#define GAP_SHARE     0.9    /* below, a panel is a gap */

void sensors_clear(struct sensors *s)
{
	free(s->items);
	free(s->index);
	*s = (struct sensors){0};
}

static size_t slot_of(const struct sensors *s, uint32_t number)
{
	size_t mask = s->room * 2 - 1, at = hash_u64(number, 0) & mask;

	while (s->index[at] && s->items[s->index[at] - 1].number != number)
		at = (at + 1) & mask;
	return at;
}

static enum status grow(struct sensors *s)
{
	size_t room = s->room ? s->room * 2 : 16;
	struct sensor *items = reallocarray(s->items, room, sizeof(*items));
	uint32_t *index;

	if (!items)
		return STATUS_NO_MEMORY;
	s->items = items;
	index = calloc(room * 2, sizeof(*index));
	if (!index)
		return STATUS_NO_MEMORY;
	free(s->index);
	s->index = index;
	s->room = room;
	for (size_t i = 0; i < s->count; i++)
		s->index[slot_of(s, s->items[i].number)] = (uint32_t)i + 1;
	return STATUS_OK;
}

static enum status add(struct sensors *s, const struct sensor *new, struct sensor **out)
{
	if (s->count == s->room) {
		enum status st = grow(s);

		if (st)
			return st;
	}
	s->index[slot_of(s, new->number)] = (uint32_t)s->count + 1;
	s->items[s->count] = *new;
	*out = &s->items[s->count++];
	return STATUS_OK;
}

enum status sensors_take(struct sensors *s, const struct window_header *h, struct sensor **out)
{
	struct sensor new = {
	        .number = h->sensor, .first_s = h->start_s, .packets = (double)h->packets};

	*out = NULL;
	if (s->room) {
		size_t at = slot_of(s, h->sensor);

		if (s->index[at]) {
			*out = &s->items[s->index[at] - 1];
			return STATUS_OK;
		}
	}
	return s->count == LOOKOUT_SENSORS_MAX ? STATUS_OK : add(s, &new, out);
}

static uint32_t watched_ms(const struct window_header *h)
{
	uint64_t span_ms = (uint64_t)h->span_s * 1000;

	if (span_ms > BIN_SECONDS * 1000u)
		span_ms = BIN_SECONDS * 1000u;
	if (h->health && h->health->watched_ms < span_ms)
		return h->health->watched_ms;
	return (uint32_t)span_ms;
}

void sensors_note(struct sensors *s, struct sensor *from, const struct window_header *h)
{
	uint32_t ms = watched_ms(h);

	from->arrival = ++s->arrivals;
	if (h->start_s > from->last_s)
		from->last_s = h->start_s;
	from->bin_packets[h->start_s / BIN_SECONDS % OPEN_PERIODS] += h->packets;
	from->addresses = h->addresses;
	from->bin_ms[h->start_s / BIN_SECONDS % OPEN_PERIODS] += ms;
	from->slot_ms[h->start_s / SLOT_SECONDS % OPEN_PERIODS] += ms;
}

/* Others' windows came a few times over and none of this one: it no longer has a say. */
static bool is_alive(const struct sensors *s, const struct sensor *x)
{
	return x->arrival + 4 * s->count + 16 >= s->arrivals;
}

uint64_t sensors_time(const struct sensors *s)
{
	uint64_t first = 0, second = 0;
	size_t alive = 0;

	for (size_t i = 0; i < s->count; i++) {
		uint64_t last = s->items[i].last_s;

		if (!is_alive(s, &s->items[i]))
			continue;
		alive++;
		if (last > first) {
			second = first;
			first = last;
		} else if (last > second) {
			second = last;
		}
	}
	return alive >= 3 ? second : first;
}

static bool is_expected(const struct sensor *x, uint64_t start_s)
{
	return x->first_s <= start_s && x->last_s + GONE_SECONDS > start_s;
}

/* Of a sensor that sees little, windows without packets may not come at all. */
static double delivered_ms(const struct sensor *x, uint32_t ms, uint64_t start_s, uint32_t length_s)
{
	double whole = length_s * 1000.0;

	if (x->packets < SPARSE_WINDOW && x->last_s >= start_s + length_s)
		return whole;
	return fmin(ms, whole);
}

/* Only what closed bins held, so that a restart changes nothing; of a gap nothing is learnt. */
static void learn_packets(struct sensor *x, size_t at, uint32_t ms)
{
	if (ms)
		x->packets += ((double)x->bin_packets[at] * 60000 / ms - x->packets) / 8;
	x->bin_packets[at] = 0;
}

void sensors_cover(struct sensors *s, uint64_t start_s, uint32_t length_s, struct coverage *out)
{
	size_t at = start_s / length_s % OPEN_PERIODS;
	double expected[PANELS] = {0}, got[PANELS] = {0};

	*out = (struct coverage){0};
	for (size_t i = 0; i < s->count; i++) {
		struct sensor *x = &s->items[i];
		uint32_t *ms = length_s == BIN_SECONDS ? &x->bin_ms[at] : &x->slot_ms[at];
		double came = delivered_ms(x, *ms, start_s, length_s);

		if (length_s == BIN_SECONDS)
			learn_packets(x, at, *ms);
		*ms = 0;
		if (!is_expected(x, start_s))
			continue;
		expected[sensors_panel(i)] += length_s * 1000.0;
		got[sensors_panel(i)] += came;
		out->sensors += came > 0;
		out->addresses += came > 0 ? x->addresses : 0;
	}
	for (unsigned p = 0; p < PANELS; p++) {
		out->panels += expected[p] > 0;
		out->share[p] = expected[p] > 0 ? got[p] / expected[p] : 0;
		out->use[p] = out->share[p] >= GAP_SHARE;
		out->usable += out->use[p];
	}
}

void sensors_save(const struct sensors *s, uint64_t before_s, struct keep *out)
{
	size_t count = 0;

	while (count < s->count && s->items[count].first_s < before_s)
		count++;
	keep_u64(out, s->arrivals);
	keep_u64(out, count);
	for (size_t i = 0; i < count; i++) {
		const struct sensor *x = &s->items[i];
		uint64_t last_s = x->last_s < before_s ? x->last_s : before_s - 1;

		keep_u64(out, x->number);
		keep_u64(out, x->first_s);
		keep_u64(out, last_s);
		keep_u64(out, x->arrival);
		keep_double(out, x->packets);
		keep_double(out, x->addresses);
	}
}

enum status sensors_load(struct sensors *s, struct cursor *in)
{
	size_t count;

	s->arrivals = cursor_le64(in);
	count = keep_get_count(in, 48);
	for (size_t i = 0; i < count && i < LOOKOUT_SENSORS_MAX; i++) {
		struct sensor x = {.number = (uint32_t)cursor_le64(in)}, *added;
		enum status st;

		x.first_s = cursor_le64(in);
		x.last_s = cursor_le64(in);
		x.arrival = cursor_le64(in);
		x.packets = keep_get_double(in);
		x.addresses = keep_get_double(in);
		st = add(s, &x, &added);
		if (st)
			return st;
	}
	return in->failed ? STATUS_FORMAT : STATUS_OK;
}
