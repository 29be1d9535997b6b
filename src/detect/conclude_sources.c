/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/conclude_parts.h"

#include "aggregate/shard.h"
#include "detect/judge.h"
#include "detect/reflection.h"

#include <pthread.h>
#include <stdlib.h>

/* A source's place in the ranking. */
struct rank {
	uint64_t packets;
	struct addr address;
	uint32_t entry;
	uint8_t shard;
};

/* What one shard adds to the analysis. */
struct tally {
	uint64_t inside[KIND_COUNT]; /* packets by kind of sources that turned out to be inside */
	uint64_t behaviours[BEHAVIOUR_COUNT], behaviour_sources[BEHAVIOUR_COUNT];
	uint64_t tool_sources[TOOL_COUNT], tool_packets[TOOL_COUNT];
	struct reflection reflection;
	struct rank *ranks; /* the shard's best, at most `top`, unsorted heap: worst first */
	size_t rank_count, rank_room;
	enum status status;
};

struct judging {
	struct pipeline *pipeline;
	const struct judge_context *context;
	uint64_t top;
	unsigned threads;
	struct tally tallies[SHARD_COUNT];
};

struct share {
	struct judging *judging;
	unsigned first; /* shards first, first + threads, ... */
	pthread_t thread;
	bool started;
};

/* True where a stands before b in the report. */
static bool ranks_before(const struct rank *a, const struct rank *b)
{
	if (a->packets != b->packets)
		return a->packets > b->packets;
	return addr_compare(&a->address, &b->address) < 0;
}

static int compare_ranks(const void *left, const void *right)
{
	return ranks_before(left, right) ? -1 : 1;
}

static void swap(struct rank *a, struct rank *b)
{
	struct rank t = *a;

	*a = *b;
	*b = t;
}

/* The heap's root is the worst of those kept. */
static void sift_down(struct rank *heap, size_t n)
{
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= n)
			return;
		if (child + 1 < n && ranks_before(&heap[child], &heap[child + 1]))
			child++;
		if (!ranks_before(&heap[at], &heap[child]))
			return;
		swap(&heap[at], &heap[child]);
		at = child;
	}
}

static void sift_up(struct rank *heap, size_t at)
{
	while (at > 0 && ranks_before(&heap[(at - 1) / 2], &heap[at])) {
		swap(&heap[(at - 1) / 2], &heap[at]);
		at = (at - 1) / 2;
	}
}

static enum status keep_rank(struct tally *t, struct rank r, uint64_t top)
{
	if (t->rank_count < top) {
		if (t->rank_count == t->rank_room) {
			size_t room = t->rank_room ? t->rank_room * 2 : 256;
			struct rank *grown = reallocarray(t->ranks, room, sizeof(*grown));

			if (!grown)
				return STATUS_NO_MEMORY;
			t->ranks = grown;
			t->rank_room = room;
		}
		t->ranks[t->rank_count++] = r;
		sift_up(t->ranks, t->rank_count - 1);
	} else if (top && ranks_before(&r, &t->ranks[0])) {
		t->ranks[0] = r;
		sift_down(t->ranks, t->rank_count);
	}
	return STATUS_OK;
}

/* In an inferred space, who never asked for anything only answered. */
static bool answered_from_inside(const struct judge_context *c, const struct sources *s,
                                 const struct source_entry *e)
{
	return c->inferred && source_count(s, e, KIND_SCAN) == 0 &&
	       source_count(s, e, KIND_STEALTH) == 0 &&
	       prefix_set_contains(c->telescope, &e->address);
}

static void remove_port(void *state, const struct source_port_count *port)
{
	ports_remove(state, port->key, port->packets);
}

/* An estimate can overshoot: a packet reaches one address, and who sends from outside reaches
 * monitored addresses of its own family and no others. */
static void cap_destinations(const struct judge_context *c, struct source *facts)
{
	double most =
	        addr_is_v4(&facts->address) ? c->addresses_v4 : prefix_set_size_v6(c->telescope);

	if (facts->destinations_exact)
		return;
	if (most > 0 && facts->kinds[KIND_OUTBOUND] == 0 && facts->destinations > most)
		facts->destinations = most;
	if (facts->destinations > (double)facts->packets)
		facts->destinations = (double)facts->packets;
}

/* The facts and the verdict on one source, as they are counted and printed. */
static void look_at(const struct judge_context *c, struct shard *shard,
                    const struct source_entry *e, struct source *facts, struct verdict *verdict)
{
	sources_facts(&shard->sources, e, facts);
	cap_destinations(c, facts);
	judge_source(c, facts, verdict);
	if (answered_from_inside(c, &shard->sources, e)) {
		uint64_t packets = facts->packets;

		*verdict = (struct verdict){.behaviour = BEHAVIOUR_OUTBOUND,
		                            .tool_p = verdict->tool_p};
		for (int i = 0; i < KIND_COUNT; i++)
			facts->kinds[i] = 0;
		facts->kinds[KIND_OUTBOUND] = packets;
	}
}

static void count(struct tally *t, const struct source *s, const struct verdict *v)
{
	uint64_t asked = s->kinds[KIND_SCAN] + s->kinds[KIND_STEALTH];

	t->behaviours[v->behaviour] += s->kinds[KIND_SCAN];
	t->behaviour_sources[v->behaviour]++;
	if (asked == 0)
		return;
	t->tool_sources[v->tool]++;
	t->tool_packets[v->tool] += v->tool == TOOL_UNKNOWN ? asked : v->tool_packets;
}

static enum status judge_shard(struct judging *j, unsigned number)
{
	struct shard *shard = pipeline_shard(j->pipeline, number);
	struct tally *t = &j->tallies[number];
	enum status st = STATUS_OK;

	for (uint32_t i = 0; i < sources_room(&shard->sources) && !st; i++) {
		const struct source_entry *e = sources_at(&shard->sources, i);
		struct source facts;
		struct verdict verdict;

		if (!e)
			continue;
		look_at(j->context, shard, e, &facts, &verdict);
		count(t, &facts, &verdict);
		reflection_note(&t->reflection, &shard->sources, e);
		if (answered_from_inside(j->context, &shard->sources, e)) {
			for (unsigned k = 0; k < KIND_COUNT; k++)
				t->inside[k] += source_count(&shard->sources, e, k);
			sources_ports(&shard->sources, e, remove_port, &shard->ports);
		}
		st = keep_rank(t, (struct rank){e->packets, e->address, i, (uint8_t)number},
		               j->top);
	}
	return st;
}

static void *judge_share(void *state)
{
	struct share *s = state;

	for (unsigned i = s->first; i < SHARD_COUNT; i += s->judging->threads)
		s->judging->tallies[i].status = judge_shard(s->judging, i);
	return NULL;
}

static enum status judge_all(struct judging *j)
{
	struct share shares[SHARD_COUNT];
	enum status st = STATUS_OK;

	for (unsigned i = 0; i < j->threads; i++) {
		shares[i] = (struct share){.judging = j, .first = i};
		shares[i].started =
		        i + 1 < j->threads &&
		        pthread_create(&shares[i].thread, NULL, judge_share, &shares[i]) == 0;
		if (!shares[i].started)
			judge_share(&shares[i]);
	}
	for (unsigned i = 0; i < j->threads; i++) {
		if (shares[i].started)
			pthread_join(shares[i].thread, NULL);
	}
	for (unsigned i = 0; i < SHARD_COUNT; i++)
		st = st ? st : j->tallies[i].status;
	return st;
}

/* Who shares a fingerprint with many, before anybody is judged. */
static void take_census(struct pipeline *p, struct spoof_census *census)
{
	for (unsigned k = 0; k < SHARD_COUNT; k++) {
		struct shard *shard = pipeline_shard(p, k);

		for (uint32_t i = 0; i < sources_room(&shard->sources); i++) {
			const struct source_entry *e = sources_at(&shard->sources, i);
			struct source facts;

			if (!e)
				continue;
			sources_fingerprint(&shard->sources, e, &facts);
			spoof_census_add(census, &facts);
		}
	}
}

static void sum(struct judging *j, struct analysis *out)
{
	for (unsigned k = 0; k < SHARD_COUNT; k++) {
		const struct tally *t = &j->tallies[k];
		const struct shard *shard = pipeline_shard(j->pipeline, k);
		const struct sources *s = &shard->sources;
		uint64_t ever;

		for (int i = 0; i < KIND_COUNT; i++) {
			out->kinds[i] += shard->kinds[i] - t->inside[i];
			out->kinds[KIND_OUTBOUND] += t->inside[i];
		}
		for (int i = 0; i < BEHAVIOUR_COUNT; i++) {
			out->behaviours[i] += t->behaviours[i];
			out->behaviour_sources[i] += t->behaviour_sources[i];
		}
		for (int i = 0; i < TOOL_COUNT; i++) {
			out->tools[i].sources += t->tool_sources[i];
			out->tools[i].packets += t->tool_packets[i];
		}
		ever = (uint64_t)(sources_ever(s) + 0.5);
		out->sources_total += ever;
		out->folded.sources += ever - s->count;
		out->folded.packets += s->folded_packets;
		out->folded.ports += s->folded_ports;
		out->behaviours[BEHAVIOUR_PROBE] += s->folded_kinds[KIND_SCAN];
	}
}

/* All shards' best, ranked together. */
static enum status report_top(struct judging *j, struct analysis *out)
{
	struct rank *all;
	size_t n = 0, at = 0;

	for (unsigned i = 0; i < SHARD_COUNT; i++)
		n += j->tallies[i].rank_count;
	all = malloc((n ? n : 1) * sizeof(*all));
	if (!all)
		return STATUS_NO_MEMORY;
	for (unsigned i = 0; i < SHARD_COUNT; i++) {
		for (size_t k = 0; k < j->tallies[i].rank_count; k++)
			all[at++] = j->tallies[i].ranks[k];
	}
	qsort(all, n, sizeof(*all), compare_ranks);
	n = n < j->top ? n : (size_t)j->top;
	out->sources = calloc(n ? n : 1, sizeof(*out->sources));
	for (size_t i = 0; i < n && out->sources; i++) {
		struct shard *shard = pipeline_shard(j->pipeline, all[i].shard);
		struct source_report *r = &out->sources[i];

		look_at(j->context, shard, sources_at(&shard->sources, all[i].entry), &r->facts,
		        &r->verdict);
		r->facts.sharers = spoof_census_sharers(j->context->census, &r->facts);
	}
	out->source_count = out->sources ? n : 0;
	free(all);
	return out->sources ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status conclude_sources(struct pipeline *p, const struct conclude_options *o,
                             struct analysis *out)
{
	struct judging *j = calloc(1, sizeof(*j));
	struct spoof_census *census = spoof_census_new();
	struct judge_context context;
	enum status st = j && census ? STATUS_OK : STATUS_NO_MEMORY;

	for (unsigned i = 0; j && i < SHARD_COUNT; i++)
		reflection_init(&j->tallies[i].reflection);
	if (!st) {
		take_census(p, census);
		judge_context_init(&context, &out->telescope, out->inferred, census);
		j->pipeline = p;
		j->context = &context;
		j->top = o->top;
		j->threads = o->threads;
		st = judge_all(j);
	}
	if (!st) {
		sum(j, out);
		st = report_top(j, out);
	}
	if (!st) {
		for (unsigned i = 1; i < SHARD_COUNT; i++)
			reflection_merge(&j->tallies[0].reflection, &j->tallies[i].reflection);
		st = reflection_tell(&j->tallies[0].reflection, out);
	}
	for (unsigned i = 0; j && i < SHARD_COUNT; i++) {
		free(j->tallies[i].ranks);
		reflection_clear(&j->tallies[i].reflection);
	}
	spoof_census_free(census);
	free(j);
	return st;
}
