/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/reflection.h"

#include "aggregate/ports.h"
#include "detect/rules.h"
#include "model/packet.h"

#include <inttypes.h>

static const struct {
	uint16_t port;
	const char *name;
} services[REFLECTION_SERVICES] = {{53, "DNS"}, {123, "NTP"}, {137, "NetBIOS"}, {161, "SNMP"}};

void reflection_init(struct reflection *r)
{
	*r = (struct reflection){0};
	distinct_pool_init(&r->pool, true);
}

void reflection_clear(struct reflection *r)
{
	distinct_pool_clear(&r->pool);
}

/* Packets of a source from each service. */
struct answers {
	uint64_t packets[REFLECTION_SERVICES];
};

static void count_port(void *state, const struct source_port_count *count)
{
	struct answers *a = state;
	uint8_t proto, kind;
	uint16_t port;

	port_key_parts(count->key, &proto, &kind, &port);
	for (int i = 0; i < REFLECTION_SERVICES; i++) {
		if (proto == PROTO_UDP && kind == KIND_BACKSCATTER && port == services[i].port)
			a->packets[i] += count->packets;
	}
}

void reflection_note(struct reflection *r, const struct sources *s, const struct source_entry *e)
{
	struct answers a = {{0}};

	if (source_count(s, e, KIND_BACKSCATTER) == 0)
		return;
	sources_ports(s, e, count_port, &a);
	for (int i = 0; i < REFLECTION_SERVICES; i++) {
		if (a.packets[i] == 0)
			continue;
		r->services[i].sources++;
		r->services[i].packets += a.packets[i];
		distinct_merge(&r->pool, &r->services[i].destinations, &s->pool,
		               e->destinations.words, e->destinations.state);
	}
}

void reflection_merge(struct reflection *r, const struct reflection *other)
{
	for (int i = 0; i < REFLECTION_SERVICES; i++) {
		const struct distinct *d = &other->services[i].destinations;

		r->services[i].sources += other->services[i].sources;
		r->services[i].packets += other->services[i].packets;
		distinct_merge(&r->pool, &r->services[i].destinations, &other->pool, d->words,
		               d->state);
	}
}

enum status reflection_tell(const struct reflection *r, struct analysis *a)
{
	enum status st = STATUS_OK;

	for (int i = 0; i < REFLECTION_SERVICES && !st; i++) {
		const struct distinct *d = &r->services[i].destinations;
		uint64_t sources = r->services[i].sources;
		double destinations = distinct_count(&r->pool, d->words, d->state);

		if (sources < RULE_REFLECTORS ||
		    destinations * RULE_REFLECTORS_EACH > (double)sources)
			continue;
		st = analysis_warn(
		        a,
		        "%" PRIu64 " %s servers send %" PRIu64
		        " answers to %.0f monitored address%s: a flood that is reflected "
		        "onto the monitored space (amplification)",
		        sources, services[i].name, r->services[i].packets, destinations,
		        destinations == 1 ? "" : "es");
	}
	return st;
}
