/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/sources.h"

#include "aggregate/ports.h"
#include "model/packet.h"

#include <string.h>

/* Class of a port key back to the IANA number; see row_key. */
static uint8_t key_number(uint32_t key)
{
	return key_proto((uint64_t)(key & 0xffff) << 16 | (uint64_t)(key >> 16 & 0x3f) << 8);
}

void port_key_parts(uint32_t key, uint8_t *proto, uint8_t *kind, uint16_t *port)
{
	*proto = key_number(key);
	*kind = (uint8_t)(key >> 16 & 7);
	*port = (enum proto_class)(key >> 19 & 7) == CLASS_OTHER ? 0 : (uint16_t)key;
}

/* True where a stands before b in a source's list of ports. */
static bool port_before(const struct source_port *a, const struct source_port *b)
{
	if (a->packets != b->packets)
		return a->packets > b->packets;
	if (a->proto != b->proto)
		return a->proto < b->proto;
	if (a->port != b->port)
		return a->port < b->port;
	return a->kind < b->kind;
}

static void keep_top(void *state, const struct source_port_count *count)
{
	struct source *out = state;
	struct source_port port = {.packets = count->packets};
	unsigned at;

	port_key_parts(count->key, &port.proto, &port.kind, &port.port);
	for (at = out->top_port_count; at > 0 && port_before(&port, &out->top_ports[at - 1]);
	     at--) {
		if (at < SOURCE_PORTS)
			out->top_ports[at] = out->top_ports[at - 1];
	}
	if (at < SOURCE_PORTS)
		out->top_ports[at] = port;
	if (out->top_port_count < SOURCE_PORTS)
		out->top_port_count++;
}

void sources_fingerprint(const struct sources *s, const struct source_entry *e, struct source *out)
{
	out->address = e->address;
	out->packets = e->packets;
	for (unsigned i = 0; i < KIND_COUNT; i++)
		out->kinds[i] = source_count(s, e, i);
	out->syns = e->syns;
	out->ttl_min = e->ttl_min;
	out->ttl_max = e->ttl_max;
	out->signs = e->signs;
	out->ip_id = e->ip_id;
	out->ip_len = (uint16_t)e->fingerprint;
	out->tcp_window = (uint16_t)(e->fingerprint >> 16);
	out->options_hash = (uint32_t)(e->fingerprint >> 32);
}

void sources_facts(const struct sources *s, const struct source_entry *e, struct source *out)
{
	memset(out, 0, sizeof(*out));
	sources_fingerprint(s, e, out);
	out->bytes = e->bytes;
	out->first_ns = e->first_us * UINT64_C(1000);
	out->last_ns = e->last_us * UINT64_C(1000);
	out->unicorn = e->unicorn;
	out->destinations = distinct_count(&s->pool, e->destinations.words, e->destinations.state);
	out->destinations_exact = e->destinations.state != DISTINCT_SKETCH;
	out->ports = e->port_count;
	for (unsigned i = 0; i < MARK_COUNT; i++)
		out->marks[i] = source_count(s, e, SOURCE_MARKS + i);
	if (e->more != SLAB_NONE) {
		const struct source_more *more = slab_at(&s->more, e->more);

		out->payload_port = more->payload_port;
		out->syn445_destinations =
		        more->syn445 < out->destinations ? more->syn445 : out->destinations;
	}
	sources_ports(s, e, keep_top, out);
}
