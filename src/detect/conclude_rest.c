/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/conclude_parts.h"

#include "aggregate/shard.h"
#include "base/timefmt.h"
#include "detect/judge.h"

#include <stdlib.h>
#include <string.h>

static int compare_keys(const void *left, const void *right)
{
	const struct port_report *a = left, *b = right;

	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return (int)a->kind - (int)b->kind;
}

static int compare_ports(const void *left, const void *right)
{
	const struct port_report *a = left, *b = right;

	if (a->packets != b->packets)
		return a->packets > b->packets ? -1 : 1;
	return compare_keys(left, right);
}

static void copy_port(const struct ports *ports, const struct port_total *total,
                      struct port_report *out)
{
	*out = (struct port_report){.packets = total->packets, .sources = total->sources};
	port_key_parts(total->key, &out->proto, &out->kind, &out->port);
	for (unsigned i = 0; i < PORT_BINS; i++)
		out->bins[i] = ports_bin(ports, total, i);
}

/* Neighbours with the same key become one. Returns how many are left. */
static size_t melt(struct port_report *ports, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct port_report *last = kept ? &ports[kept - 1] : NULL;

		if (!last || compare_keys(last, &ports[i]) != 0) {
			ports[kept++] = ports[i];
			continue;
		}
		last->packets += ports[i].packets;
		last->sources += ports[i].sources;
		for (unsigned k = 0; k < PORT_BINS; k++)
			last->bins[k] += ports[i].bins[k];
	}
	return kept;
}

enum status conclude_ports(struct pipeline *p, struct analysis *out)
{
	const struct timebins *time = &pipeline_shard(p, 0)->ports.time;
	size_t n = 0, at = 0;

	for (unsigned k = 0; k < SHARD_COUNT; k++)
		n += pipeline_shard(p, k)->ports.count;
	out->ports = malloc((n ? n : 1) * sizeof(*out->ports));
	if (!out->ports)
		return STATUS_NO_MEMORY;
	for (unsigned k = 0; k < SHARD_COUNT; k++) {
		const struct ports *ports = &pipeline_shard(p, k)->ports;

		out->folded.ports += ports->folded;
		for (uint32_t i = 0; i <= ports->mask; i++) {
			if (ports->slots[i].key && ports->slots[i].packets)
				copy_port(ports, &ports->slots[i], &out->ports[at++]);
		}
	}
	qsort(out->ports, at, sizeof(*out->ports), compare_keys);
	out->port_count = melt(out->ports, at);
	qsort(out->ports, out->port_count, sizeof(*out->ports), compare_ports);
	out->port_bin_start_ns = time->first * time->width_s * NS_PER_SECOND;
	out->port_bin_ns = time->width_s * NS_PER_SECOND;
	out->port_bin_count = time->used;
	return STATUS_OK;
}

static int compare_attacks(const void *left, const void *right)
{
	const struct attack *a = left, *b = right;
	int order = addr_compare(&a->victim, &b->victim);

	if (a->start_ns != b->start_ns)
		return a->start_ns < b->start_ns ? -1 : 1;
	return order ? order : (int)a->proto - (int)b->proto;
}

static enum status add_attack(struct analysis *out, size_t *room, const struct attack *attack)
{
	if (out->attack_count == *room) {
		size_t more = *room ? *room * 2 : 64;
		struct attack *grown = reallocarray(out->attacks, more, sizeof(*grown));

		if (!grown)
			return STATUS_NO_MEMORY;
		out->attacks = grown;
		*room = more;
	}
	out->attacks[out->attack_count++] = *attack;
	return STATUS_OK;
}

enum status conclude_attacks(struct pipeline *p, const struct conclude_options *o,
                             struct analysis *out)
{
	struct judge_context context;
	struct attack_rule rule;
	size_t room = 0;
	enum status st = STATUS_OK;

	judge_context_init(&context, &out->telescope, out->inferred, NULL);
	rule = judge_attack_rule(&context, o->rsdos);
	for (unsigned k = 0; k < SHARD_COUNT; k++) {
		const struct vectors *v = &pipeline_shard(p, k)->vectors;

		out->folded.vectors += v->folded;
		for (size_t i = 0; i < v->closed_count && !st; i++) {
			struct attack attack;

			if (!prefix_set_contains(&out->telescope, &v->closed[i].victim) &&
			    attack_judge(&rule, &v->closed[i], &attack))
				st = add_attack(out, &room, &attack);
		}
	}
	if (out->attack_count)
		qsort(out->attacks, out->attack_count, sizeof(*out->attacks), compare_attacks);
	return st;
}

/* Minutes of a bin that lie within the capture. */
static double minutes_of(const struct analysis *a, size_t bin)
{
	const uint64_t minute = 60 * NS_PER_SECOND;
	uint64_t start = a->series_start_ns + bin * a->series_bin_ns,
	         end = start + a->series_bin_ns;
	uint64_t first = a->first_ns - a->first_ns % minute,
	         last = a->last_ns - a->last_ns % minute + minute;

	start = start > first ? start : first;
	end = end < last ? end : last;
	return end > start ? (double)(end - start) / (double)minute : 1;
}

enum status conclude_series(struct pipeline *p, struct analysis *out)
{
	struct series_totals *all = &pipeline_shard(p, 0)->series;

	for (unsigned k = 1; k < SHARD_COUNT; k++)
		series_merge(all, &pipeline_shard(p, k)->series);
	out->series_start_ns = all->time.first * all->time.width_s * NS_PER_SECOND;
	out->series_bin_ns = all->time.width_s * NS_PER_SECOND;
	out->series_count = all->time.used;
	out->series = calloc(all->time.used ? all->time.used : 1, sizeof(*out->series));
	if (!out->series)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < out->series_count; i++) {
		struct series_bin *bin = &out->series[i];
		double minutes = minutes_of(out, i);

		for (int k = 0; k < SERIES_COUNT; k++) {
			bin->packets[k] = all->bins[i].packets[k];
			bin->sources[k] = (double)all->bins[i].sources[k] / minutes;
		}
		bin->sources_all = (double)all->bins[i].sources_all / minutes;
	}
	return STATUS_OK;
}
