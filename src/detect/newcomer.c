/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Newcomers: a port, a country on a port, or a network from which nobody came for so long (28
 * days), and now so many sources (10) come to so many panels of sensors (2, or as many as there
 * are).
 *
 * For each series the last bin with a source is kept. Who comes after the quiet time is watched for
 * an hour: its different sources are counted from samples of the lowest hashes, exactly up to
 * DIGEST_KEPT. While less was watched than the quiet time asks for, what is new is new
 * since then, and stays provisional; before a quarter of it nothing is said. Bounded: past the
 * budget the series silent longest is forgotten, which is counted: it may be called new again.
 */
#include "detect/detector.h"

#include "base/hash.h"
#include "detect/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WATCH_SECONDS = 3600, SEEN_FIRST = 1 << 10, SLACK = 4 };

struct seen {
	uint64_t key;     /* 0: free */
	uint64_t last_s;  /* of the last bin with a source */
	uint64_t since_s; /* of the first bin after a quiet time; 0: it is no newcomer */
	uint32_t kept[DIGEST_KEPT];
	uint8_t kept_count;
	bool told;
};

struct newcomers {
	struct detect_settings settings;
	struct seen *table;
	size_t count, room, most;
	uint64_t begin_s, watched_s; /* since when, and how much of it without a gap */
	uint64_t forgotten;
};

static void newcomer_close(void *state)
{
	struct newcomers *n = state;

	if (!n)
		return;
	free(n->table);
	free(n);
}

static enum status newcomer_open(void **state, const struct detect_settings *settings)
{
	struct newcomers *n = calloc(1, sizeof(*n));

	*state = NULL;
	if (!n)
		return STATUS_NO_MEMORY;
	n->settings = *settings;
	n->room = SEEN_FIRST;
	n->most = SEEN_FIRST;
	while (n->most * 2 * sizeof(*n->table) <= settings->memory)
		n->most *= 2;
	n->table = calloc(n->room, sizeof(*n->table));
	if (!n->table) {
		newcomer_close(n);
		return STATUS_NO_MEMORY;
	}
	*state = n;
	return STATUS_OK;
}

static struct seen *slot_of(struct seen *table, size_t room, uint64_t key)
{
	size_t at = hash_u64(key, 9) & (room - 1);

	while (table[at].key && table[at].key != key)
		at = (at + 1) & (room - 1);
	return &table[at];
}

/* All younger than `after_s`, in a table of this room; with `networks` other series stay. */
static enum status move(struct newcomers *n, size_t room, uint64_t after_s, bool networks)
{
	struct seen *table = calloc(room, sizeof(*table));

	if (!table)
		return STATUS_NO_MEMORY;
	n->count = 0;
	for (size_t i = 0; i < n->room; i++) {
		uint64_t key = n->table[i].key;
		bool stays = networks && series_scope(key) != SCOPE_NETWORK;

		if (!key || (n->table[i].last_s < after_s && !stays))
			continue;
		*slot_of(table, room, n->table[i].key) = n->table[i];
		n->count++;
	}
	free(n->table);
	n->table = table;
	n->room = room;
	return STATUS_OK;
}

/* Forget what was silent for the quiet time, then for half of it, ... */
static enum status forget(struct newcomers *n, uint64_t now_s, bool networks)
{
	uint64_t keep_s = n->settings.quiet_s;

	for (; n->count >= n->room / 4 * 3 && keep_s; keep_s /= 2) {
		size_t before = n->count;
		enum status st = move(n, n->room, now_s > keep_s ? now_s - keep_s : 0, networks);

		if (st)
			return st;
		if (keep_s < n->settings.quiet_s)
			n->forgotten += before - n->count;
	}
	return STATUS_OK;
}

/* Grow; at the bound networks give way first: each of them is seen on a busy day. */
static enum status make_room(struct newcomers *n, uint64_t now_s)
{
	enum status st;

	if (n->count < n->room / 4 * 3)
		return STATUS_OK;
	if (n->room < n->most)
		return move(n, n->room * 2, 0, false);
	st = forget(n, now_s, true);
	return st ? st : forget(n, now_s, false);
}

/* The lowest hashes of both, as many as there is room for. */
static void merge_kept(struct seen *s, const struct cell *c)
{
	uint32_t out[DIGEST_KEPT] = {0};
	unsigned a = 0, b = 0, n = 0;

	while (n < DIGEST_KEPT && (a < s->kept_count || b < c->kept_count)) {
		uint32_t x = a < s->kept_count ? s->kept[a] : UINT32_MAX;
		uint32_t y = b < c->kept_count ? c->kept[b] : UINT32_MAX;

		out[n++] = x < y ? x : y;
		a += x <= y;
		b += y <= x;
	}
	memcpy(s->kept, out, n * sizeof(out[0]));
	s->kept_count = (uint8_t)n;
}

static unsigned panels_of(const struct cell *c)
{
	unsigned n = 0;

	for (unsigned p = 0; p < PANELS; p++)
		n += c->by_panel[p] > 0;
	return n;
}

/* Different sources so far; past the sample's room the bin's own count. */
static unsigned sources_of(const struct seen *s, const struct cell *c)
{
	return c->sources > s->kept_count ? c->sources : s->kept_count;
}

static const char *what_of(enum scope scope)
{
	return scope == SCOPE_PORT      ? "new port"
	       : scope == SCOPE_COUNTRY ? "new country"
	                                : "new network";
}

static void describe(struct event *e, const struct newcomers *n, const struct cell *c,
                     const struct seen *s, const struct scene *scene)
{
	uint64_t watched = scene->start_s - n->begin_s, quiet = n->settings.quiet_s;
	bool whole = watched >= quiet;
	double days = (double)(whole ? quiet : watched) / 86400;

	e->state = whole && panels_of(c) >= n->settings.new_panels ? EVENT_CONFIRMED
	                                                           : EVENT_PROVISIONAL;
	event_number(e, "sources", sources_of(s, c));
	event_number(e, "packets", (double)c->packets);
	event_number(e, "quiet_days", days);
	event_number(e, "watched_share", watched ? (double)n->watched_s / (double)watched : 0);
	event_number(e, "panels", panels_of(c));
	snprintf(e->title, sizeof(e->title), "%s: %u sources, after nobody in %.1f days",
	         e->subject, sources_of(s, c), days);
	event_reason(e, "%u different sources within an hour, %u needed", sources_of(s, c),
	             n->settings.newcomers);
	if (!whole)
		event_reason(e, "only %.1f days were watched, not %.0f", days,
		             (double)quiet / 86400);
	if (scene->coverage->panels < 2)
		event_reason(e, "one panel of sensors: it may be local");
	e->confidence = (whole ? 0.9 : 0.6) - (scene->coverage->panels < 2 ? 0.2 : 0);
	snprintf(e->wrong_if, sizeof(e->wrong_if),
	         "the sources are forged, or came before and were missed in gaps");
}

static enum status tell(struct newcomers *n, struct seen *s, const struct cell *c,
                        const struct scene *scene, const struct event_sink *sink)
{
	struct event e;
	char subject[SERIES_TEXT_MAX];

	series_text(s->key, subject);
	event_init(&e, "newcomer", what_of(series_scope(s->key)), subject, s->since_s);
	e.noticed_s = scene->noted_s;
	e.end_s = scene->end_s;
	describe(&e, n, c, s, scene);
	s->told = true;
	return detector_tell(&e, scene, sink);
}

static enum status see(struct newcomers *n, const struct cell *c, const struct scene *scene,
                       const struct event_sink *sink)
{
	struct seen *s = slot_of(n->table, n->room, c->key);
	unsigned wanted = n->settings.new_panels, panels = scene->coverage->panels;
	bool is_first = s->key == 0, was_quiet;

	was_quiet = is_first ? scene->start_s - n->begin_s >= n->settings.quiet_s / SLACK
	                     : scene->start_s - s->last_s > n->settings.quiet_s;
	if (is_first) {
		*s = (struct seen){.key = c->key};
		n->count++;
	}
	if (was_quiet) {
		s->since_s = scene->start_s;
		s->kept_count = 0;
		s->told = false;
	}
	s->last_s = scene->start_s;
	if (!s->since_s || s->told || scene->start_s >= s->since_s + WATCH_SECONDS)
		return STATUS_OK;
	merge_kept(s, c);
	if (sources_of(s, c) < n->settings.newcomers ||
	    panels_of(c) < (wanted < panels ? wanted : panels))
		return STATUS_OK;
	return tell(n, s, c, scene, sink);
}

static int compare_cells(const void *a, const void *b)
{
	const struct cell *x = *(const struct cell *const *)a, *y = *(const struct cell *const *)b;

	return (x->key > y->key) - (x->key < y->key);
}

static enum status newcomer_watch(void *state, const struct scene *scene,
                                  const struct event_sink *sink)
{
	struct newcomers *n = state;
	size_t count;
	const struct cell *cells = digest_cells(scene->digest, &count);
	const struct cell **sorted = calloc(count + 1, sizeof(*sorted));
	enum status st = STATUS_OK;

	if (!sorted)
		return STATUS_NO_MEMORY;
	if (!n->begin_s)
		n->begin_s = scene->start_s;
	if (scene->coverage->usable)
		n->watched_s += scene->end_s - scene->start_s;
	for (size_t i = 0; i < count; i++)
		sorted[i] = &cells[i];
	qsort(sorted, count, sizeof(*sorted), compare_cells);
	for (size_t i = 0; i < count && !st; i++) {
		if (series_scope(sorted[i]->key) == SCOPE_ALL)
			continue;
		st = make_room(n, scene->start_s);
		if (!st)
			st = see(n, sorted[i], scene, sink);
	}
	free(sorted);
	return st;
}

static void newcomer_save(const void *state, struct keep *out)
{
	const struct newcomers *n = state;

	keep_u64(out, n->begin_s);
	keep_u64(out, n->watched_s);
	keep_u64(out, n->forgotten);
	keep_u64(out, n->count);
	for (size_t i = 0; i < n->room; i++) {
		const struct seen *s = &n->table[i];

		if (!s->key)
			continue;
		keep_u64(out, s->key);
		keep_u64(out, s->last_s);
		keep_u64(out, s->since_s);
		keep_u64(out, (uint64_t)s->told << 8 | s->kept_count);
		for (unsigned k = 0; k < s->kept_count; k++)
			keep_u64(out, s->kept[k]);
	}
}

static enum status newcomer_load(void *state, struct cursor *in)
{
	struct newcomers *n = state;
	size_t count;

	n->begin_s = cursor_le64(in);
	n->watched_s = cursor_le64(in);
	n->forgotten = cursor_le64(in);
	count = keep_get_count(in, 32);
	for (size_t i = 0; i < count; i++) {
		struct seen s = {.key = cursor_le64(in)}, *to;
		uint64_t flags;
		enum status st = make_room(n, 0);

		s.last_s = cursor_le64(in);
		s.since_s = cursor_le64(in);
		flags = cursor_le64(in);
		s.told = flags >> 8 & 1;
		s.kept_count = (uint8_t)flags;
		if (st || in->failed || !s.key || s.kept_count > DIGEST_KEPT)
			return st ? st : STATUS_FORMAT;
		for (unsigned k = 0; k < s.kept_count; k++)
			s.kept[k] = (uint32_t)cursor_le64(in);
		to = slot_of(n->table, n->room, s.key);
		n->count += to->key == 0;
		*to = s;
	}
	return in->failed ? STATUS_FORMAT : STATUS_OK;
}

static uint64_t newcomer_forgotten(const void *state)
{
	return ((const struct newcomers *)state)->forgotten;
}

const struct detector detector_newcomer = {
        .name = "newcomer",
        .help = "a port, country or network that was quiet for 28 days, now with many sources",
        .period_s = BIN_SECONDS,
        .open = newcomer_open,
        .watch = newcomer_watch,
        .close = newcomer_close,
        .save = newcomer_save,
        .load = newcomer_load,
        .forgotten = newcomer_forgotten,
};
