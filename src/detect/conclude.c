/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/conclude.h"

#include "aggregate/shard.h"
#include "base/timefmt.h"
#include "detect/conclude_parts.h"
#include "detect/fresh.h"
#include "detect/infer.h"
#include "detect/telescope.h"

#include <stdlib.h>
#include <string.h>

static void take_counters(const struct pipeline *p, struct analysis *out)
{
	const struct pipeline_counters *c = pipeline_counters(p);

	out->packets = c->packets;
	out->bytes = c->bytes;
	out->first_ns = c->last_ns ? c->first_ns : 0;
	out->last_ns = c->last_ns;
	out->late = c->late;
	memcpy(out->skipped, c->skipped, sizeof(out->skipped));
}

static enum status copy_prefixes(const struct prefix_set *from, struct prefix_set *to)
{
	for (size_t i = 0; i < from->count; i++) {
		if (prefix_set_add(to, from->items[i]))
			return STATUS_NO_MEMORY;
	}
	prefix_set_seal(to);
	return STATUS_OK;
}

/* The blocks that were asked for; where nobody asked, those that got answers. */
static enum status merge_space(struct pipeline *p, bool answered, struct space *all)
{
	enum status st = space_init(all, SPACE_BLOCKS_MAX);

	for (unsigned i = 0; i < SHARD_COUNT && !st; i++) {
		struct shard *shard = pipeline_shard(p, i);

		st = space_merge(all, answered ? &shard->answered : &shard->asked);
	}
	return st;
}

static enum status infer(struct pipeline *p, struct analysis *out)
{
	struct inference inference = {0};
	struct space all = {0};
	enum status st = merge_space(p, false, &all);

	if (!st && all.count == 0) {
		space_clear(&all);
		st = merge_space(p, true, &all);
	}
	if (!st)
		st = infer_prefixes(all.blocks, all.count, &inference);
	if (!st)
		st = copy_prefixes(&inference.prefixes, &out->telescope);
	out->inferred = true;
	if (!st && (inference.scattered || all.folded))
		st = analysis_warn(out,
		                   "the destinations are scattered: %llu more groups of addresses "
		                   "are left out of the inferred space; name it with --net",
		                   (unsigned long long)inference.left_out);
	prefix_set_clear(&inference.prefixes);
	space_clear(&all);
	return st;
}

static void set_limits(struct analysis *a)
{
	double v4 = prefix_set_size_v4(&a->telescope);

	a->addresses = v4 > 0 ? v4 : prefix_set_size_v6(&a->telescope);
	a->smallest_victim_pps = telescope_smallest_victim(v4);
	a->seconds_to_see_10pps_95 = telescope_seconds_to_see(v4, TELESCOPE_SPACE_V4, 10, 0.95);
}

static enum status warn(const struct pipeline *p, struct analysis *a)
{
	const struct pipeline_counters *c = pipeline_counters(p);
	enum status st = STATUS_OK;

	if (c->backward)
		st = analysis_warn(
		        a,
		        "time goes back by more than a minute %llu times: rows of one minute "
		        "may appear twice",
		        (unsigned long long)c->backward);
	if (!st && c->early)
		st = analysis_warn(
		        a,
		        "windows were closed early %llu times, because a minute had more packets "
		        "than the memory budget holds; --memory raises it",
		        (unsigned long long)c->early);
	if (!st && a->folded.sources)
		st = analysis_warn(
		        a,
		        "%llu sources with few packets were folded into a remainder to stay "
		        "within the memory budget; --memory raises it",
		        (unsigned long long)a->folded.sources);
	return st;
}

static void cut_ports(const struct conclude_options *o, struct analysis *a)
{
	if (o->top != UINT64_MAX && a->port_count > CONCLUDE_PORTS)
		a->port_count = CONCLUDE_PORTS;
}

enum status conclude(struct pipeline *p, const struct conclude_options *o, struct analysis *out)
{
	enum status st;

	take_counters(p, out);
	st = o->monitored ? copy_prefixes(o->monitored, &out->telescope) : infer(p, out);
	if (!st)
		set_limits(out);
	if (!st)
		st = conclude_sources(p, o, out);
	if (!st)
		st = conclude_ports(p, out);
	if (!st)
		st = fresh_find(out); /* in all ports: new ones may be small */
	cut_ports(o, out);
	if (!st)
		st = conclude_attacks(p, o, out);
	if (!st)
		st = conclude_series(p, out);
	return st ? st : warn(p, out);
}
