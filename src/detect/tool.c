/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/tool.h"

#include "detect/behaviour.h"
#include "detect/chance.h"
#include "detect/rules.h"
#include "model/packet.h"

#include <math.h>

#define SMALLEST_P 1e-300 /* a chance is never quite nothing */

static const struct tool_verdict unknown = {TOOL_UNKNOWN, NAN, 0};

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How many SYNs can have been drawn anew: one to each destination and port where some came
 * twice. A packet that was sent again repeats its luck. */
static uint64_t independent_syns(const struct source *s)
{
	double targets = ceil(s->destinations) * (double)s->ports;

	if (!(s->signs & SIGN_REPEATED) || !(targets < (double)s->syns))
		return s->syns;
	return targets < 1 ? 1 : (uint64_t)targets;
}

static struct tool_verdict tested(enum tool tool, uint64_t packets, double log_p)
{
	if (!(log_p < log(RULE_TOOL_P)))
		return unknown;
	return (struct tool_verdict){tool, fmax(exp(log_p), SMALLEST_P), packets};
}

/* Matches of one packet rule among the SYNs. */
static struct tool_verdict marked(const struct source *s, enum mark mark, enum tool tool)
{
	uint64_t matches = smaller(s->marks[mark], s->syns);

	if (matches < RULE_TOOL_PACKETS)
		return unknown;
	return tested(tool, matches,
	              chance_log_tail(smaller(matches, independent_syns(s)), s->syns,
	                              ldexp(1, tool_chance_log2(tool))));
}

/* The first packet sets the constant and proves nothing. */
static struct tool_verdict unicorn(const struct source *s)
{
	uint64_t packets = smaller(s->unicorn, s->syns), repeats = packets ? packets - 1 : 0;

	if (repeats < RULE_UNICORN_REPEATS)
		return unknown;
	return tested(
	        TOOL_UNICORN, repeats + 1,
	        chance_log_tail(repeats, s->syns - 1, ldexp(1, tool_chance_log2(TOOL_UNICORN))));
}

/* Which worm a payload match stands for. Witty goes to any port (its mark is the source
 * port 4000), so it is what UDP leaves. */
static enum tool worm_of(uint64_t payload_port)
{
	switch (payload_port) {
	case PROTO_UDP * 65536 + 1434:
		return TOOL_SLAMMER;
	case PROTO_TCP * 65536 + 80:
		return TOOL_CODERED;
	case PROTO_TCP * 65536 + 135:
		return TOOL_BLASTER;
	default:
		return payload_port >> 16 == PROTO_UDP ? TOOL_WITTY : TOOL_UNKNOWN;
	}
}

static struct tool_verdict worm(const struct source *s)
{
	uint64_t matches = smaller(s->marks[MARK_PAYLOAD], s->packets);
	enum tool tool = worm_of(s->payload_port);

	if (matches < RULE_TOOL_PACKETS || tool == TOOL_UNKNOWN)
		return unknown;
	return tested(tool, matches,
	              chance_log_tail(matches, s->packets, ldexp(1, tool_chance_log2(tool))));
}

/* Packets that were no SYN to TCP 445, so far as the main ports tell. */
static uint64_t packets_elsewhere(const struct source *s)
{
	for (unsigned i = 0; i < s->top_port_count; i++) {
		const struct source_port *p = &s->top_ports[i];

		if (p->proto == PROTO_TCP && p->port == 445 && p->kind == KIND_SCAN)
			return s->packets - smaller(p->packets, s->packets);
	}
	return s->packets;
}

/* Distinct targets on TCP 445. The fact is a lower bound where rows were sketched; another one
 * is all targets less one for each packet that went elsewhere. */
static double conficker_targets(const struct source *s)
{
	double all = s->destinations - (double)packets_elsewhere(s);

	return fmin(fmax(s->syn445_destinations, all), (double)s->syns);
}

static struct tool_verdict conficker(const struct source *s, double share)
{
	double targets = conficker_targets(s);

	if (targets < RULE_CONFICKER_HOSTS || (s->signs & SIGN_NOT_CONFICKER) || !(share > 0))
		return unknown;
	return tested(TOOL_CONFICKER, s->syns, targets * log(share));
}

/* As many distinct targets as if each SYN of a port were drawn anew? A TCP stack tries the
 * same one two or three times. A small telescope that was scanned over and over has none left. */
static bool sends_nothing_again(const struct source *s, double monitored)
{
	double draws = (double)s->syns / fmax((double)s->ports, 1), expected = draws;

	if (monitored > 0)
		expected = monitored * -expm1(-draws / monitored);
	return !(s->signs & SIGN_REPEATED) && expected <= s->destinations * RULE_STATELESS_RATIO;
}

/* The options are those of real Windows: only a source that never repeats itself counts. */
static struct tool_verdict zmap_like(const struct source *s, double monitored)
{
	if (s->syns < RULE_TOOL_PACKETS || s->marks[MARK_ZMAP_LIKE] < s->syns ||
	    !sends_nothing_again(s, monitored))
		return unknown;
	return (struct tool_verdict){TOOL_ZMAP_LIKE, NAN, s->syns};
}

/* At least half of the packets: an OS probe sends other packets besides. */
static struct tool_verdict nmap_like(const struct source *s)
{
	uint64_t matches = s->marks[MARK_NMAP];

	if (matches < RULE_TOOL_PACKETS ||
	    (double)matches < RULE_MOST * (double)(s->syns + s->kinds[KIND_STEALTH]))
		return unknown;
	return (struct tool_verdict){TOOL_NMAP, NAN, matches};
}

/* Any forged SYN without options fits this rule, so the source must first be proved to
 * scan at all. */
static struct tool_verdict irregular(const struct source *s)
{
	if (s->syns < RULE_TOOL_PACKETS || s->marks[MARK_IRREGULAR] < s->syns ||
	    behaviour_trw(s->destinations) != TRW_SCANNER)
		return unknown;
	return (struct tool_verdict){TOOL_IRREGULAR, NAN, s->syns};
}

/* Most of the traffic is of sources that match nothing twice. */
static bool nothing_to_test(const struct source *s)
{
	uint64_t most = s->unicorn;

	for (int i = 0; i < MARK_COUNT; i++)
		most = s->marks[i] > most ? s->marks[i] : most;
	return most < RULE_TOOL_PACKETS && s->syn445_destinations < RULE_CONFICKER_HOSTS;
}

struct tool_verdict tool_judge(const struct source *s, const struct tool_telescope *telescope)
{
	struct tool_verdict v = unknown;

	if (nothing_to_test(s))
		return v;
	if (!v.tool)
		v = marked(s, MARK_MIRAI, TOOL_MIRAI);
	if (!v.tool)
		v = marked(s, MARK_MASSCAN, TOOL_MASSCAN);
	if (!v.tool)
		v = marked(s, MARK_ZMAP, TOOL_ZMAP);
	if (!v.tool)
		v = unicorn(s);
	if (!v.tool)
		v = worm(s);
	if (!v.tool)
		v = conficker(s, telescope->conficker_share);
	if (!v.tool)
		v = zmap_like(s, telescope->monitored);
	if (!v.tool)
		v = marked(s, MARK_HAJIME, TOOL_HAJIME);
	if (!v.tool)
		v = nmap_like(s);
	if (!v.tool)
		v = irregular(s);
	return v;
}

/* The share of a prefix's addresses whose bit `bit` (of the 16-byte form) is zero. */
static double zero_share(const struct prefix *p, unsigned bit)
{
	if (p->length <= bit)
		return 0.5;
	return p->base.b[bit / 8] >> (7 - bit % 8) & 1 ? 0 : 1;
}

double tool_conficker_share(const struct prefix_set *telescope)
{
	enum { SECOND_OCTET = 96 + 8, FOURTH_OCTET = 96 + 24 };
	double all = 0, reached = 0;

	for (size_t i = 0; i < telescope->count; i++) {
		const struct prefix *p = &telescope->items[i];

		if (p->length < 96 || !addr_is_v4(&p->base))
			continue;
		all += prefix_size(p);
		reached +=
		        prefix_size(p) * zero_share(p, SECOND_OCTET) * zero_share(p, FOURTH_OCTET);
	}
	return all > 0 ? reached / all : 1;
}
