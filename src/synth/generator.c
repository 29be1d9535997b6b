/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/generator.h"

#include "base/hash.h"
#include "model/packet.h"
#include "synth/aim.h"
#include "synth/model.h"
#include "synth/trace_out.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_EVERY = 1 << 16, DRAWS_MAX = 1000 };

static const size_t SET_BUDGET = (size_t)256 << 20;

enum packet_kind campaign_kind(const struct campaign *c)
{
	if (c->model == MODEL_REPLY)
		return KIND_BACKSCATTER;
	return c->model == MODEL_NMAP && c->probe_flags ? KIND_STEALTH : KIND_SCAN;
}

/* A label's own stream of randomness, whatever other sections there are. */
static uint64_t label_seed(const struct scenario *scenario, const struct campaign *c)
{
	uint64_t seed = hash_u64(scenario->seed, 0x73796e7468);

	for (const char *at = c->label; *at; at++)
		seed = hash_u64((uint64_t)(unsigned char)*at, seed);
	return seed;
}

/* An address that no listed sender has; false where the prefixes given hold no more. */
static bool draw_address(struct generator *g, struct sender *s)
{
	const struct targets *space = &g->scenario->space;
	const struct prefix_set *from = &s->campaign->from;
	size_t unlimited = SIZE_MAX / 2;

	for (int i = 0; i < DRAWS_MAX; i++) {
		if (from->count)
			s->address = prefix_draw(
			        &from->items[prng_below(&s->random, (uint32_t)from->count)],
			        &s->random);
		else if (s->campaign->type == TYPE_IPV6)
			s->address = targets_v6_source(&s->random);
		else
			s->address = addr_v4(targets_draw_crowded(space, &s->random));
		if (!addr_is_v4(&s->address) ||
		    exact_set_add(&g->taken, addr_low32(&s->address), UINT32_MAX, &unlimited))
			return true;
	}
	return false;
}

static enum status name_sender(struct generator *g, struct sender *s, size_t nth, struct trouble *t)
{
	const struct campaign *c = s->campaign;
	size_t unlimited = SIZE_MAX / 2;

	if (campaign_is_forged(c))
		return STATUS_OK;
	if (c->addresses.count) {
		s->address = c->addresses.items[nth].base;
		if (addr_is_v4(&s->address) && addr_low32(&s->address) < UINT32_MAX)
			exact_set_add(&g->taken, addr_low32(&s->address), UINT32_MAX, &unlimited);
		return STATUS_OK;
	}
	if (!draw_address(g, s))
		return trouble_set(t, STATUS_FORMAT, g->scenario->ini->path, c->line,
		                   "section %s: its prefixes hold too few addresses", c->label);
	return STATUS_OK;
}

static enum status add_campaign(struct generator *g, size_t which, struct trouble *t)
{
	const struct campaign *c = &g->scenario->campaigns[which];
	struct tally *tally = &g->tallies[which];
	uint64_t seed = label_seed(g->scenario, c);
	double share = activity_share(c, &g->scenario->space);

	if (c->aim == AIM_CONFICKER && share == 0)
		return trouble_set(t, STATUS_FORMAT, g->scenario->ini->path, c->line,
		                   "section %s: conficker reaches no address of the telescope",
		                   c->label);
	warp_init(&g->warps[which], c, g->scenario->start_ns);
	assert(g->tallies && g->senders);
	tally->first_sender = g->sender_count;
	tally->sender_count = c->sources;
	for (size_t i = 0; i < c->sources; i++) {
		struct sender *s = &g->senders[g->sender_count++];
		enum status st;

		s->campaign = c;
		prng_init(&s->random, hash_u64(i, seed));
		st = name_sender(g, s, i, t);
		if (st)
			return st;
		sender_dress(s);
		activity_plan(s, g->scenario, &g->warps[which], share, i);
	}
	return STATUS_OK;
}

static enum status schedule_fresh(struct generator *g, uint32_t which)
{
	struct sender *s = &g->senders[which];
	struct pending next = {.sender = which};

	assert(s);
	if (!activity_next(s, &g->warps[s->campaign - g->scenario->campaigns], &next.time_ns))
		return STATUS_OK;
	return schedule_add(&g->schedule, &next);
}

enum status generator_init(struct generator *g, const struct scenario *scenario, struct trouble *t)
{
	size_t senders = 0, campaigns = scenario->campaign_count;
	enum status st = STATUS_OK;

	*g = (struct generator){.scenario = scenario, .budget = SET_BUDGET};
	for (size_t i = 0; i < campaigns; i++)
		senders += scenario->campaigns[i].sources;
	g->senders = calloc(senders, sizeof(*g->senders));
	g->warps = calloc(campaigns, sizeof(*g->warps));
	g->tallies = calloc(campaigns, sizeof(*g->tallies));
	if (!g->senders || !g->warps || !g->tallies)
		st = trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	/* Named senders first: nobody may draw their addresses. */
	for (int named = 1; named >= 0; named--) {
		for (size_t i = 0; i < campaigns && !st; i++) {
			if ((scenario->campaigns[i].addresses.count > 0) == named)
				st = add_campaign(g, i, t);
		}
	}
	for (uint32_t i = 0; i < g->sender_count && !st; i++) {
		st = schedule_fresh(g, i);
		if (st)
			trouble_set(t, st, NULL, 0, "cannot keep all senders");
	}
	if (st)
		generator_clear(g);
	return st;
}

/* What went out, for the truth. */
static void record(struct generator *g, struct sender *s, const struct shot *shot)
{
	struct tally *tally = &g->tallies[s->campaign - g->scenario->campaigns];
	uint32_t targets = addr_is_v4(&shot->dst) ? g->scenario->space.v4_size : UINT32_MAX;

	if (s->packets++ == 0)
		s->first_ns = shot->time_ns;
	s->last_ns = shot->time_ns;
	if (tally->packets++ == 0)
		tally->first_ns = shot->time_ns;
	tally->last_ns = shot->time_ns;
	g->packets++;
	g->kinds[campaign_kind(s->campaign)]++;
	exact_set_add(&s->destinations, shot->target, targets, &g->budget);
	exact_set_add(&s->ports, (uint32_t)shot->proto << 16 | shot->truth_port, 1 << 24,
	              &g->budget);
	if (campaign_is_forged(s->campaign))
		exact_set_add(&s->forged, addr_low32(&shot->src), UINT32_MAX, &g->budget);
}

/* A forged source: anywhere public, but no listed sender's address. */
static struct addr draw_forged(struct generator *g, struct sender *s)
{
	uint32_t a;

	do {
		a = targets_draw_uniform(&g->scenario->space, &s->random);
	} while (exact_set_has(&g->taken, a));
	return addr_v4(a);
}

static struct shot prepare(struct generator *g, struct sender *s, const struct pending *p)
{
	struct shot shot = {.time_ns = p->time_ns, .attempt = p->attempt, .proto = PROTO_TCP};

	shot.src = campaign_is_forged(s->campaign) ? draw_forged(g, s) : s->address;
	if (p->attempt) {
		shot.target = p->target;
		shot.dst = aim_address(s, &g->scenario->space, shot.target);
		shot.seq = p->seq;
		shot.src_port = p->src_port;
		shot.dst_port = p->dst_port;
		shot.truth_port = s->model == MODEL_REPLY ? shot.src_port : shot.dst_port;
		return shot;
	}
	shot.target = aim_target(s, &g->scenario->space, &shot.dst_port);
	shot.dst = aim_address(s, &g->scenario->space, shot.target);
	shot.truth_port = shot.dst_port;
	model_of(s->model)->open(s, &shot);
	return shot;
}

static void schedule_retransmission(struct generator *g, const struct pending *p,
                                    const struct shot *shot)
{
	const struct sender *s = &g->senders[p->sender];
	const struct model *model = model_of(s->model);
	uint64_t wait =
	        model->wait_ns && s->campaign->patient ? model->wait_ns(s, p->attempt + 1u) : 0;
	struct pending again = {
	        .time_ns = p->time_ns + wait,
	        .sender = p->sender,
	        .target = shot->target,
	        .seq = shot->seq,
	        .src_port = shot->src_port,
	        .dst_port = shot->dst_port,
	        .attempt = (uint8_t)(p->attempt + 1),
	};

	if (wait == 0 || again.time_ns >= g->scenario->start_ns + g->scenario->duration_ns)
		return;
	if (schedule_add(&g->schedule, &again))
		g->dropped_retransmissions++;
}

static bool go_on(const struct generator *g, const struct progress *progress, uint64_t time_ns)
{
	if (g->packets % REPORT_EVERY || !progress || !progress->report)
		return true;
	return progress->report(progress->context, g->packets,
	                        (double)(time_ns - g->scenario->start_ns) /
	                                (double)g->scenario->duration_ns);
}

enum status generator_run(struct generator *g, struct outfile *capture,
                          const struct progress *progress, struct trouble *t)
{
	struct trace_out out;
	struct pending p;
	struct frame frame;

	trace_begin(&out, capture, g->scenario->format, (uint32_t)g->scenario->snaplen);
	while (schedule_next(&g->schedule, &p)) {
		struct sender *s = &g->senders[p.sender];
		struct shot shot = prepare(g, s, &p);

		model_of(s->model)->write(s, &shot, &frame);
		trace_frame(&out, shot.time_ns, &frame);
		record(g, s, &shot);
		schedule_retransmission(g, &p, &shot);
		if (p.attempt == 0 && schedule_fresh(g, p.sender))
			return trouble_set(t, STATUS_LIMIT, NULL, 0, "cannot keep all senders");
		if (!go_on(g, progress, shot.time_ns))
			return trouble_set(t, STATUS_INTERRUPTED, NULL, 0, "interrupted");
		if (g->packets % REPORT_EVERY == 0 && outfile_status(capture))
			break; /* the commit tells why */
	}
	return STATUS_OK;
}

void generator_clear(struct generator *g)
{
	for (size_t i = 0; i < g->sender_count; i++) {
		exact_set_clear(&g->senders[i].destinations);
		exact_set_clear(&g->senders[i].ports);
		exact_set_clear(&g->senders[i].forged);
	}
	free(g->senders);
	free(g->warps);
	free(g->tallies);
	exact_set_clear(&g->taken);
	schedule_clear(&g->schedule);
	*g = (struct generator){0};
}
