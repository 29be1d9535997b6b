/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/truth.h"

#include "base/json_out.h"
#include "base/timefmt.h"
#include "model/packet.h"

#include <math.h>

enum { PORTS_LISTED = 64, CURVE_POINTS = 96, ENOUGH = 5, STEADY_PACKETS = 15 };

enum behaviour truth_behaviour(const struct sender *s)
{
	bool many_targets = s->destinations.count >= ENOUGH, many_ports = s->ports.count >= ENOUGH;

	if (s->campaign->model == MODEL_REPLY)
		return BEHAVIOUR_BACKSCATTER;
	if (many_targets && many_ports)
		return BEHAVIOUR_BLOCK;
	if (many_targets)
		return BEHAVIOUR_HORIZONTAL;
	if (many_ports)
		return BEHAVIOUR_VERTICAL;
	if (s->destinations.count == 1 && s->ports.count == 1 && s->packets >= STEADY_PACKETS)
		return BEHAVIOUR_ONE_FLOW;
	return BEHAVIOUR_PROBE;
}

static const char *proto_text(uint32_t proto)
{
	switch (proto) {
	case PROTO_TCP:
		return "tcp";
	case PROTO_UDP:
		return "udp";
	case PROTO_ICMP:
		return "icmp";
	default:
		return "icmpv6";
	}
}

static void write_time(struct json_out *j, const char *key, uint64_t time_ns)
{
	char text[TIME_TEXT_MAX];

	time_text(time_ns, 6, text);
	json_string(j, key, text);
}

static void write_address(struct json_out *j, const char *key, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	addr_text(a, text);
	json_string(j, key, text);
}

static void write_ports(struct json_out *j, const struct sender *s)
{
	uint32_t ports[PORTS_LISTED];
	size_t n = exact_set_lowest(&s->ports, ports, PORTS_LISTED);

	json_u64(j, "port_count", s->ports.count);
	json_array_open(j, "ports");
	for (size_t i = 0; i < n; i++) {
		json_object_open(j, NULL);
		json_string(j, "proto", proto_text(ports[i] >> 16));
		json_u64(j, "port", ports[i] & 0xffff);
		json_object_close(j);
	}
	json_array_close(j);
}

static void write_source(struct json_out *j, const struct sender *s)
{
	json_object_open(j, NULL);
	write_address(j, "address", &s->address);
	json_string(j, "label", s->campaign->label);
	json_string(j, "type", campaign_type_name(s->campaign->type));
	json_string(j, "tool", tool_name(model_tool(s->model)));
	json_string(j, "behaviour", behaviour_name(truth_behaviour(s)));
	json_string(j, "kind", packet_kind_name(campaign_kind(s->campaign)));
	json_u64(j, "packets", s->packets);
	json_u64(j, "destinations", s->destinations.count);
	json_bool(j, "destinations_exact", !s->destinations.inexact);
	write_time(j, "first", s->first_ns);
	write_time(j, "last", s->last_ns);
	write_ports(j, s);
	json_bool(j, "infected", campaign_is_infected(s->campaign));
	json_bool(j, "spoofed", false);
	json_string(j, "operator", s->campaign->operator_name);
	json_object_close(j);
}

static void write_sources(struct json_out *j, const struct generator *g)
{
	json_array_open(j, "sources");
	for (size_t i = 0; i < g->sender_count; i++) {
		if (g->senders[i].packets && !campaign_is_forged(g->senders[i].campaign))
			write_source(j, &g->senders[i]);
	}
	json_array_close(j);
}

static uint64_t count_seen(const struct generator *g, const struct tally *tally)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < tally->sender_count; i++)
		seen += g->senders[tally->first_sender + i].packets > 0;
	return seen;
}

static uint64_t count_forged(const struct generator *g, const struct tally *tally)
{
	uint64_t sources = 0;

	for (size_t i = 0; i < tally->sender_count; i++)
		sources += g->senders[tally->first_sender + i].forged.count;
	return sources;
}

/* One line a section, forged floods as well. */
static void write_campaigns(struct json_out *j, const struct generator *g)
{
	json_array_open(j, "campaigns");
	for (size_t i = 0; i < g->scenario->campaign_count; i++) {
		const struct campaign *c = &g->scenario->campaigns[i];
		const struct tally *tally = &g->tallies[i];
		bool is_forged = campaign_is_forged(c);

		json_object_open(j, NULL);
		json_string(j, "label", c->label);
		json_string(j, "type", campaign_type_name(c->type));
		json_string(j, "tool", tool_name(model_tool(c->model)));
		json_string(j, "kind", packet_kind_name(campaign_kind(c)));
		json_bool(j, "spoofed", is_forged);
		json_u64(j, "senders", tally->sender_count);
		json_u64(j, "sources", is_forged ? count_forged(g, tally) : count_seen(g, tally));
		json_u64(j, "packets", tally->packets);
		if (tally->packets) {
			write_time(j, "first", tally->first_ns);
			write_time(j, "last", tally->last_ns);
		}
		json_object_close(j);
	}
	json_array_close(j);
}

static void write_attack(struct json_out *j, const struct generator *g, const struct sender *s)
{
	const struct campaign *c = s->campaign;
	static const char *const attacked[] = {"tcp", "udp", "icmp"};
	static const char *const replies[] = {"syn-ack",      "rst", "unreachable",
	                                      "ttl-exceeded", "udp", "echo-reply"};
	uint32_t port = 0;
	const char *proto = attacked[ATTACKED_TCP];

	if (c->reply == REPLY_UNREACHABLE || c->reply == REPLY_TTL_EXCEEDED)
		proto = attacked[c->attacked];
	else if (c->reply == REPLY_UDP || c->reply == REPLY_ECHO)
		proto = attacked[c->reply == REPLY_UDP ? ATTACKED_UDP : ATTACKED_ICMP];
	exact_set_lowest(&s->ports, &port, 1);
	json_object_open(j, NULL);
	write_address(j, "victim", &s->address);
	json_string(j, "label", c->label);
	json_string(j, "proto", proto);
	json_u64(j, "port", port & 0xffff);
	json_string(j, "reply", replies[c->reply]);
	write_time(j, "start", g->scenario->start_ns + c->start_ns);
	write_time(j, "end", g->scenario->start_ns + c->end_ns);
	write_time(j, "first", s->first_ns);
	write_time(j, "last", s->last_ns);
	json_u64(j, "packets", s->packets);
	json_u64(j, "destinations", s->destinations.count);
	json_double(j, "rate_pps", c->rate > 0 ? c->rate : NAN, 12);
	json_object_close(j);
}

static void write_attacks(struct json_out *j, const struct generator *g)
{
	json_array_open(j, "attacks");
	for (size_t i = 0; i < g->sender_count; i++) {
		if (g->senders[i].packets && g->senders[i].campaign->model == MODEL_REPLY)
			write_attack(j, g, &g->senders[i]);
	}
	json_array_close(j);
}

static void write_group(struct json_out *j, const struct generator *g, size_t which)
{
	const struct campaign *c = &g->scenario->campaigns[which];
	const struct tally *tally = &g->tallies[which];

	json_object_open(j, NULL);
	json_string(j, "label", c->label);
	json_double(j, "interval_s", (double)c->interval_ns / 1e9, 9);
	write_time(j, "start", g->scenario->start_ns + c->start_ns);
	write_time(j, "end", g->scenario->start_ns + c->end_ns);
	json_u64(j, "packets", tally->packets);
	json_array_open(j, "members");
	for (size_t i = 0; i < tally->sender_count; i++) {
		const struct sender *s = &g->senders[tally->first_sender + i];

		if (s->packets)
			write_address(j, NULL, &s->address);
	}
	json_array_close(j);
	json_object_close(j);
}

static void write_groups(struct json_out *j, const struct generator *g)
{
	json_array_open(j, "groups");
	for (size_t i = 0; i < g->scenario->campaign_count; i++) {
		if (g->scenario->campaigns[i].type == TYPE_SLOW_GROUP)
			write_group(j, g, i);
	}
	json_array_close(j);
}

/* How many hosts are infected, and how many of them the telescope has seen, by a time. */
static void write_point(struct json_out *j, const struct generator *g, size_t which,
                        uint64_t offset_ns)
{
	const struct campaign *c = &g->scenario->campaigns[which];
	const struct tally *tally = &g->tallies[which];
	uint64_t time_ns = g->scenario->start_ns + c->start_ns + offset_ns;
	uint64_t infected = 0, seen = 0;

	for (uint64_t i = 0; i < tally->sender_count; i++) {
		const struct sender *s = &g->senders[tally->first_sender + i];

		infected += growth_time_s(c, i) * 1e9 <= (double)offset_ns;
		seen += s->packets > 0 && s->first_ns <= time_ns;
	}
	json_object_open(j, NULL);
	write_time(j, "time", time_ns);
	json_u64(j, "infected", infected);
	json_u64(j, "seen", seen);
	json_object_close(j);
}

static void write_worms(struct json_out *j, const struct generator *g)
{
	json_array_open(j, "worms");
	for (size_t i = 0; i < g->scenario->campaign_count; i++) {
		const struct campaign *c = &g->scenario->campaigns[i];

		if (c->type != TYPE_GROWTH || c->end_ns <= c->start_ns)
			continue;
		json_object_open(j, NULL);
		json_string(j, "label", c->label);
		json_double(j, "alpha_per_hour", c->alpha, 12);
		json_u64(j, "population", c->population);
		json_u64(j, "initial", c->initial);
		json_double(j, "rate_pps", c->rate, 12);
		json_array_open(j, "curve");
		for (uint64_t k = 0; k <= CURVE_POINTS; k++)
			write_point(j, g, i, (c->end_ns - c->start_ns) / CURVE_POINTS * k);
		json_array_close(j);
		json_object_close(j);
	}
	json_array_close(j);
}

static void write_telescope(struct json_out *j, const struct scenario *s)
{
	char text[PREFIX_TEXT_MAX];

	json_array_open(j, "telescope");
	for (size_t i = 0; i < s->telescope.count; i++) {
		prefix_text(&s->telescope.items[i], text);
		json_string(j, NULL, text);
	}
	json_array_close(j);
}

static void write_totals(struct json_out *j, const struct generator *g)
{
	json_object_open(j, "totals");
	json_u64(j, "packets", g->packets);
	json_object_open(j, "kinds");
	for (int i = 0; i < KIND_COUNT; i++) {
		if (g->kinds[i])
			json_u64(j, packet_kind_name((enum packet_kind)i), g->kinds[i]);
	}
	json_object_close(j);
	json_object_close(j);
}

void truth_write(const struct generator *g, struct outfile *out)
{
	struct json_out j;

	json_init(&j, out, 1);
	json_object_open(&j, NULL);
	json_string(&j, "scenario", g->scenario->name);
	json_u64(&j, "seed", g->scenario->seed);
	write_telescope(&j, g->scenario);
	write_time(&j, "start", g->scenario->start_ns);
	write_time(&j, "end", g->scenario->start_ns + g->scenario->duration_ns);
	write_totals(&j, g);
	write_campaigns(&j, g);
	write_sources(&j, g);
	write_attacks(&j, g);
	write_groups(&j, g);
	write_worms(&j, g);
	json_object_close(&j);
}
