/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/shard.h"

#include "base/prefetch.h"
#include "base/timefmt.h"

#include <string.h>

enum { MERGE_GROUP = 16, MERGE_STAGES = 5 };

static uint32_t blocks_within(size_t budget)
{
	size_t blocks = budget / (sizeof(struct space_block) + 2 * sizeof(uint32_t));

	return blocks < SPACE_BLOCKS_MAX ? (uint32_t)blocks : SPACE_BLOCKS_MAX;
}

/* Half of the budget goes to sources, a quarter to ports and vectors; the last quarter bounds the
 * open windows (see pipeline.c). Where the space is to be inferred, an eighth comes on top. */
enum status shard_init(struct shard *s, const struct shard_options *o)
{
	enum status st;

	*s = (struct shard){.destination_key = o->destination_key, .infer_space = o->infer_space};
	st = window_new(&s->window, o->destination_key);
	if (!st)
		st = sources_init(&s->sources, o->budget / 2);
	if (!st)
		st = ports_init(&s->ports, o->budget / 8);
	if (!st)
		st = vectors_init(&s->vectors, o->budget / 8);
	if (!st)
		st = series_init(&s->series);
	if (!st && o->infer_space)
		st = space_init(&s->asked, blocks_within(o->budget / 16));
	if (!st && o->infer_space)
		st = space_init(&s->answered, blocks_within(o->budget / 16));
	return st;
}

void shard_clear(struct shard *s)
{
	window_free(s->window);
	s->window = NULL;
	sources_clear(&s->sources);
	ports_clear(&s->ports);
	vectors_clear(&s->vectors);
	series_clear(&s->series);
	space_clear(&s->asked);
	space_clear(&s->answered);
}

enum status shard_finish(struct shard *s, uint64_t time_ns)
{
	window_free(s->window);
	s->window = NULL;
	return vectors_close(&s->vectors, time_ns, true);
}

static enum series series_class(uint64_t key)
{
	if (key_kind(key) == KIND_BACKSCATTER)
		return SERIES_BACKSCATTER;
	if (key_kind(key) != KIND_SCAN)
		return SERIES_OTHER;
	switch (key_class(key)) {
	case CLASS_TCP:
		return SERIES_SCAN_TCP;
	case CLASS_UDP:
		return SERIES_SCAN_UDP;
	default:
		return SERIES_SCAN_ICMP;
	}
}

static void add_to_series(struct series_sum *bin, struct source_entry *e, const struct row *row,
                          uint32_t number)
{
	enum series class = series_class(row->key);

	if (e->seen_window != number) {
		e->seen_window = number;
		e->seen = 0;
		bin->sources_all++;
	}
	bin->packets[class] += row->packets;
	bin->sources[class] += !(e->seen & 1u << class);
	e->seen |= 1u << class;
}

struct merge {
	uint32_t start_s, number;
	struct series_sum *bin;
};

/* A row on its way into its source. */
struct merging {
	const struct row *row;
	struct source_entry *entry;
	struct addr source;
	uint64_t hash;
};

/* Rows come from the table in the order of their arrival, which is no order in memory. So they
 * move in groups through stages, each of which asks for what the next one needs; a group's loads
 * have the work of the groups before it to arrive in. */
struct merge_group {
	struct merging rows[MERGE_GROUP];
	uint32_t count;
};

static enum status merge_row(struct shard *s, const struct merging *g, const struct merge *m)
{
	const struct row *row = g->row;
	bool new_port;

	if (sources_merge(&s->sources, g->entry, s->window, row, m->start_s * UINT64_C(1000000),
	                  &new_port))
		return STATUS_NO_MEMORY;
	s->kinds[key_kind(row->key)] += row->packets;
	add_to_series(m->bin, g->entry, row, m->number);
	return ports_add(&s->ports, port_key(row->key), row->packets, new_port);
}

static void ask_rows(const struct shard *s, uint32_t first, struct merge_group *g)
{
	const struct window *w = s->window;

	g->count = w->count - first < MERGE_GROUP ? w->count - first : MERGE_GROUP;
	for (uint32_t i = 0; i < g->count; i++) {
		g->rows[i].row = &w->rows[w->used[first + i]];
		prefetch_read(g->rows[i].row);
	}
}

static void ask_slots(const struct shard *s, struct merge_group *g)
{
	for (uint32_t i = 0; i < g->count; i++) {
		struct merging *m = &g->rows[i];

		m->source = window_source(s->window, m->row->key);
		m->hash = source_hash(&m->source);
		sources_prefetch(&s->sources, m->hash);
		ports_prefetch(&s->ports, port_key(m->row->key));
		distinct_prefetch(&s->window->pool, m->row->words, (uint8_t)m->row->distinct, 0);
	}
}

static void ask_entries(const struct shard *s, const struct merge_group *g)
{
	for (uint32_t i = 0; i < g->count; i++)
		sources_prefetch_entry(&s->sources, g->rows[i].hash);
}

static enum status find_sources(struct shard *s, struct merge_group *g)
{
	for (uint32_t i = 0; i < g->count; i++) {
		struct merging *m = &g->rows[i];

		m->entry = sources_find(&s->sources, &m->source, m->hash);
		if (!m->entry)
			return STATUS_NO_MEMORY;
		sources_prefetch_blocks(&s->sources, m->entry, s->window, m->row);
	}
	return STATUS_OK;
}

static enum status merge_rows(struct shard *s, const struct merge_group *g, const struct merge *m)
{
	enum status st = STATUS_OK;

	for (uint32_t i = 0; i < g->count && !st; i++)
		st = merge_row(s, &g->rows[i], m);
	return st;
}

static enum status merge_window(struct shard *s, const struct merge *m)
{
	struct merge_group groups[MERGE_STAGES];
	uint32_t n = (s->window->count + MERGE_GROUP - 1) / MERGE_GROUP;
	enum status st = STATUS_OK;

	for (uint32_t i = 0; n && i < n + MERGE_STAGES - 1 && !st; i++) {
		if (i >= 4)
			st = merge_rows(s, &groups[(i - 4) % MERGE_STAGES], m);
		if (i >= 3 && i - 3 < n && !st)
			st = find_sources(s, &groups[(i - 3) % MERGE_STAGES]);
		if (i >= 2 && i - 2 < n)
			ask_entries(s, &groups[(i - 2) % MERGE_STAGES]);
		if (i >= 1 && i - 1 < n)
			ask_slots(s, &groups[(i - 1) % MERGE_STAGES]);
		if (i < n)
			ask_rows(s, i * MERGE_GROUP, &groups[i % MERGE_STAGES]);
	}
	return st;
}

enum status shard_close_window(struct shard *s, uint32_t start_s, uint32_t number)
{
	struct merge m = {start_s, number, series_at(&s->series, start_s)};
	enum status st;

	ports_cover(&s->ports, start_s);
	st = merge_window(s, &m);
	if (!st && sources_over_budget(&s->sources))
		st = sources_fold(&s->sources);
	return st;
}
