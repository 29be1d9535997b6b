/* SPDX-License-Identifier: Apache-2.0 */
#include "store/answer_windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ON_THEIR_WAY = 2 }; /* minutes */

/* A sensor that sends no figures of its own watched for its whole window. Spans are in seconds. */
static void write_windows(struct sql *sql, const struct answer_windows *w)
{
	sql_text(sql, "SELECT intDiv(minute, ");
	sql_u64(sql, w->minutes);
	sql_text(sql, ") AS u, sensor, count() AS n, sum(packets) AS p, sum(dropped) AS d, "
	              "sum(malformed) AS m, sum(addresses * if(watched_ms = 0 AND uptime_s = 0, "
	              "span * 1000, watched_ms)) / 3600000 AS h FROM windows WHERE minute >= ");
	sql_u64(sql, w->from);
	sql_text(sql, " AND minute < ");
	sql_u64(sql, w->to);
	sql_text(sql, " AND ");
	if (w->scope->all && w->scope->request->roster->sensor_count == 0)
		sql_text(sql, "1");
	else
		answer_sql_sensors(sql, &w->scope->watched);
	sql_text(sql, " GROUP BY u, sensor ORDER BY u, sensor");
}

static uint32_t unit_minutes(const struct answer_windows *w, uint32_t unit)
{
	uint32_t from = unit * w->minutes, to = from + w->minutes;

	from = from < w->from ? w->from : from;
	to = to > w->to ? w->to : to;
	return to > from ? to - from : 0;
}

static enum status take_cells(void *state, const struct native_block *b)
{
	struct answer_windows *w = state;

	if (w->count + b->rows > WINDOWS_CELLS_MAX)
		return STATUS_LIMIT;
	if (w->count + b->rows > w->room) {
		size_t room = (w->count + b->rows) * 2;
		struct window_cell *cells = realloc(w->cells, room * sizeof(*cells));

		if (!cells)
			return STATUS_NO_MEMORY;
		w->cells = cells;
		w->room = room;
	}
	for (size_t i = 0; i < b->rows; i++) {
		struct window_cell *c = &w->cells[w->count++];
		uint64_t n = native_u64(b, 2, i);

		*c = (struct window_cell){.unit = (uint32_t)native_u64(b, 0, i),
		                          .sensor = (uint32_t)native_u64(b, 1, i),
		                          .packets = native_u64(b, 3, i),
		                          .dropped = native_u64(b, 4, i),
		                          .malformed = native_u64(b, 5, i),
		                          .address_hours = native_f64(b, 6, i)};
		/* A restart within a minute makes two windows of it. */
		c->windows = unit_minutes(w, c->unit);
		c->windows = n < c->windows ? (uint32_t)n : c->windows;
	}
	return STATUS_OK;
}

/* Where a watched sensor stands in the list; its length where it does not. */
static size_t place_of(const struct answer_windows *w, uint32_t number)
{
	const struct sensor_list *l = &w->scope->watched;
	size_t low = 0, high = l->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (l->numbers[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < l->count && l->numbers[low] == number ? low : l->count;
}

/* Cells come by time: a sensor's first one is its earliest. */
static enum status find_starts(struct answer_windows *w, struct trouble *t)
{
	const struct sensor_list *l = &w->scope->watched;

	w->since = calloc(l->count + 1, sizeof(*w->since));
	if (!w->since)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	for (size_t i = 0; i < l->count; i++) {
		const struct roster_sensor *s =
		        answer_sensor(w->scope->request->roster, l->numbers[i]);

		w->since[i] = (uint32_t)((s->since_s + 59) / 60);
	}
	for (size_t i = 0; i < w->count; i++) {
		size_t at = place_of(w, w->cells[i].sensor);
		uint32_t first = w->cells[i].unit * w->minutes;

		if (at < l->count && first < w->since[at])
			w->since[at] = first;
	}
	return STATUS_OK;
}

static uint32_t choose_unit(const struct answer_windows *w, uint32_t width)
{
	static const uint32_t units[] = {1, 10, 60, 360, 1440};
	size_t sensors = w->scope->watched.count ? w->scope->watched.count : 1;
	uint32_t best = 1;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (width % units[i] == 0)
			best = units[i];
		if ((uint64_t)(w->to - w->from) / best * sensors <= WINDOWS_CELLS_WANTED)
			break;
	}
	return best;
}

enum status answer_windows_read(struct answer_windows *w, struct engine *e,
                                const struct engine_run *run, const struct answer_scope *s,
                                uint32_t from, uint32_t to, uint32_t width, struct trouble *t)
{
	struct sql sql = {0};
	enum status st;

	*w = (struct answer_windows){.scope = s, .from = from, .to = to};
	w->minutes = choose_unit(w, width);
	write_windows(&sql, w);
	st = sql_check(&sql, t);
	if (!st)
		st = engine_query(e, sql.text, run, take_cells, w, t);
	if (!st)
		st = find_starts(w, t);
	sql_clear(&sql);
	if (st)
		answer_windows_clear(w);
	return st;
}

void answer_windows_clear(struct answer_windows *w)
{
	free(w->cells);
	free(w->since);
	w->cells = NULL;
	w->since = NULL;
	w->count = w->room = 0;
}

static size_t first_of(const struct answer_windows *w, uint32_t unit)
{
	size_t low = 0, high = w->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (w->cells[middle].unit < unit)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_meant(const struct answer_windows *w, uint32_t number, uint32_t sensor,
                     uint32_t member)
{
	const struct roster_sensor *s;

	if (sensor)
		return number == sensor;
	if (!member)
		return true;
	s = answer_sensor(w->scope->request->roster, number);
	return s && s->member == member;
}

struct window_sums answer_windows_sum(const struct answer_windows *w, uint32_t from, uint32_t to,
                                      uint32_t sensor, uint32_t member)
{
	struct window_sums sums = {0};

	for (size_t i = first_of(w, from / w->minutes); i < w->count; i++) {
		const struct window_cell *c = &w->cells[i];

		if ((uint64_t)c->unit * w->minutes >= to)
			break;
		if (!is_meant(w, c->sensor, sensor, member))
			continue;
		sums.windows += c->windows;
		sums.packets += c->packets;
		sums.dropped += c->dropped;
		sums.malformed += c->malformed;
		sums.address_hours += c->address_hours;
	}
	return sums;
}

/* Minutes of [from, to) in which this sensor was to send windows. */
static uint32_t sensor_minutes(const struct answer_windows *w, const struct roster_sensor *s,
                               uint32_t from, uint32_t to)
{
	uint64_t now = w->scope->request->now_s / 60;
	uint64_t start = w->since[place_of(w, s->number)],
	         end = now > ON_THEIR_WAY ? now - ON_THEIR_WAY : 0;

	if (s->until_s && s->until_s / 60 < end)
		end = s->until_s / 60;
	start = start < from ? from : start;
	end = end > to ? to : end;
	return end > start ? (uint32_t)(end - start) : 0;
}

uint64_t answer_windows_expected(const struct answer_windows *w, uint32_t from, uint32_t to,
                                 uint32_t sensor, uint32_t member)
{
	uint64_t sum = 0;

	from = from < w->from ? w->from : from;
	to = to > w->to ? w->to : to;
	for (size_t i = 0; i < w->scope->watched.count; i++) {
		uint32_t number = w->scope->watched.numbers[i];

		if (is_meant(w, number, sensor, member))
			sum += sensor_minutes(w, answer_sensor(w->scope->request->roster, number),
			                      from, to);
	}
	return sum;
}

static void keep_gap(struct answer_complete *out, const struct answer_windows *w,
                     const struct roster_sensor *s, uint32_t from, uint32_t to)
{
	struct answer_gap gap = {
	        .sensor = s->number, .from_s = (uint64_t)from * 60, .to_s = (uint64_t)to * 60};
	uint64_t newest = w->scope->request->now_s - ON_THEIR_WAY * 60;
	size_t at = out->listed;

	if (from >= to || !sensor_minutes(w, s, from, to))
		return;
	if (gap.to_s > newest)
		gap.to_s = newest / 60 * 60;
	out->gap_count++;
	snprintf(gap.name, sizeof(gap.name), "%s", s->name ? s->name : "");
	while (at > 0 && out->gaps[at - 1].to_s - out->gaps[at - 1].from_s < gap.to_s - gap.from_s)
		at--;
	if (at == ANSWER_GAPS_MAX)
		return;
	if (out->listed < ANSWER_GAPS_MAX)
		out->listed++;
	memmove(&out->gaps[at + 1], &out->gaps[at], (out->listed - 1 - at) * sizeof(out->gaps[0]));
	out->gaps[at] = gap;
}

static int by_sensor(const void *a, const void *b)
{
	const struct window_cell *one = a, *two = b;

	if (one->sensor != two->sensor)
		return one->sensor < two->sensor ? -1 : 1;
	return one->unit < two->unit ? -1 : one->unit > two->unit;
}

/* The gaps of one sensor, whose cells are in time's order. A unit that is not whole counts. */
static void find_gaps(const struct answer_windows *w, const struct roster_sensor *s,
                      const struct window_cell *cells, size_t count, struct answer_complete *out)
{
	uint32_t since = w->since[place_of(w, s->number)];
	uint32_t from = since > w->from ? since : w->from, unit, to;

	for (size_t i = 0; i < count; i++) {
		unit = cells[i].unit * w->minutes;
		to = unit < w->from ? w->from : unit;
		keep_gap(out, w, s, from, to);
		from = unit + w->minutes;
		/* With units of many minutes a hole within one is known, its place is not. */
		if (cells[i].windows < sensor_minutes(w, s, to, from > w->to ? w->to : from))
			keep_gap(out, w, s, to, from > w->to ? w->to : from);
	}
	keep_gap(out, w, s, from, w->to);
}

static bool may_name(const struct answer_scope *s, uint32_t number)
{
	if (s->all || s->request->viewer->others.sensors_named)
		return true;
	for (size_t i = 0; i < s->own.count; i++) {
		if (s->own.numbers[i] == number)
			return true;
	}
	return false;
}

static enum status tell_gaps(const struct answer_windows *w, struct answer_complete *out)
{
	struct window_cell *sorted = malloc((w->count + 1) * sizeof(*sorted));
	size_t at = 0;

	if (!sorted)
		return STATUS_NO_MEMORY;
	if (w->count)
		memcpy(sorted, w->cells, w->count * sizeof(*sorted));
	qsort(sorted, w->count, sizeof(*sorted), by_sensor);
	for (size_t i = 0; i < w->scope->watched.count; i++) {
		uint32_t number = w->scope->watched.numbers[i];
		size_t first;

		while (at < w->count && sorted[at].sensor < number)
			at++;
		first = at;
		while (at < w->count && sorted[at].sensor == number)
			at++;
		out->sensors += at > first;
		if (may_name(w->scope, number))
			find_gaps(w, answer_sensor(w->scope->request->roster, number),
			          sorted + first, at - first, out);
	}
	free(sorted);
	return STATUS_OK;
}

enum status answer_windows_tell(const struct answer_windows *w, struct answer_complete *out)
{
	struct window_sums sums = answer_windows_sum(w, w->from, w->to, 0, 0);

	out->expected = answer_windows_expected(w, w->from, w->to, 0, 0);
	/* The newest ones are not expected yet, and nobody minds if they are there. */
	out->present = sums.windows;
	if (w->scope->watched.count && out->present > out->expected)
		out->present = out->expected;
	out->packets = sums.packets;
	out->dropped = sums.dropped;
	out->malformed = sums.malformed;
	out->address_hours = sums.address_hours;
	return tell_gaps(w, out);
}
