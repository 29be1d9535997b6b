/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/fresh.h"

#include "detect/rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How many of the columns before each one saw anything; [count]: all that did. */
struct course {
	unsigned before[PORT_BINS + 1], count;
};

static struct course course_of(const struct analysis *a)
{
	struct course c = {.count = a->port_bin_count < PORT_BINS ? (unsigned)a->port_bin_count
	                                                          : PORT_BINS};
	bool seen[PORT_BINS] = {false};

	for (size_t i = 0; i < a->port_count; i++) {
		for (unsigned b = 0; b < c.count; b++)
			seen[b] |= a->ports[i].bins[b] > 0;
	}
	for (unsigned b = 0; b < c.count; b++)
		c.before[b + 1] = c.before[b] + seen[b];
	return c;
}

/* ln of the Poisson chance that no source comes in the columns before `first`, at the
 * average rate of the columns since. */
static double log_chance_of_none(const struct course *c, unsigned first, uint64_t sources)
{
	double before = c->before[first], since = c->before[c->count] - before;

	return -(double)sources * before / since;
}

/* Sources are what comes independently. The packets of one source come together, so that
 * their number would make chance look impossible: counted by packets, a late source or two
 * on a port of a dozen would pass for news. */
static bool is_new(const struct course *c, const struct port_report *p, unsigned *first)
{
	unsigned at = 0;

	if (p->kind != KIND_SCAN || p->sources < RULE_FRESH_SOURCES ||
	    p->packets < RULE_FRESH_PACKETS)
		return false;
	while (at < c->count && p->bins[at] == 0)
		at++;
	if (at == c->count || c->before[at] < RULE_FRESH_SHARE * c->before[c->count])
		return false;
	*first = at;
	return log_chance_of_none(c, at, p->sources) < log(RULE_FRESH_P);
}

static bool ranks_before(const struct fresh_port *x, const struct fresh_port *y)
{
	if (x->sources != y->sources)
		return x->sources > y->sources;
	if (x->port != y->port)
		return x->port < y->port;
	return x->proto < y->proto;
}

/* The best FRESH_MAX stay, in order. */
static void keep(struct analysis *a, const struct fresh_port *port)
{
	size_t at = a->fresh_count;

	while (at > 0 && ranks_before(port, &a->fresh[at - 1]))
		at--;
	if (at == FRESH_MAX)
		return;
	if (a->fresh_count < FRESH_MAX)
		a->fresh_count++;
	memmove(&a->fresh[at + 1], &a->fresh[at], (a->fresh_count - 1 - at) * sizeof(*a->fresh));
	a->fresh[at] = *port;
}

enum status fresh_find(struct analysis *a)
{
	struct course c = course_of(a);

	if (c.before[c.count] < RULE_FRESH_COLUMNS)
		return STATUS_OK;
	a->fresh = calloc(FRESH_MAX, sizeof(*a->fresh));
	if (!a->fresh)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < a->port_count; i++) {
		const struct port_report *p = &a->ports[i];
		unsigned first;

		if (is_new(&c, p, &first))
			keep(a, &(struct fresh_port){.proto = p->proto,
			                             .port = p->port,
			                             .since_ns = a->port_bin_start_ns +
			                                         first * a->port_bin_ns,
			                             .packets = p->packets,
			                             .sources = p->sources});
	}
	return STATUS_OK;
}
