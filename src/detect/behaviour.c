/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/behaviour.h"

#include "detect/rules.h"
#include "detect/telescope.h"

#include <math.h>

enum trw behaviour_trw(double destinations)
{
	/* The ratio must pass detection / alpha: 4^4 = 256 > 99 > 4^3. */
	if (destinations * log(RULE_TRW_RATIO) >= log(RULE_TRW_DETECTION / RULE_TRW_ALPHA))
		return TRW_SCANNER;
	return TRW_UNDECIDED;
}

static double many_destinations(double monitored)
{
	if (monitored > 0 && monitored < RULE_MANY_DESTINATIONS)
		return fmax(monitored, 2);
	return RULE_MANY_DESTINATIONS;
}

/* Does one port take most of the packets? */
static bool has_main_port(const struct source *s)
{
	return s->top_port_count > 0 &&
	       (double)s->top_ports[0].packets >= RULE_MOST * (double)s->packets;
}

/* Too few destinations and ports for a scan. */
static enum behaviour judge_small(const struct source *s)
{
	if (s->packets <= RULE_SMALL_PACKETS)
		return BEHAVIOUR_PROBE;
	return s->destinations < 1.5 && s->ports <= 1 ? BEHAVIOUR_ONE_FLOW : BEHAVIOUR_OTHER;
}

static enum behaviour judge_scan(const struct source *s, double monitored)
{
	bool wide = s->destinations >= many_destinations(monitored);
	bool deep = s->ports >= RULE_MANY_PORTS;

	if (!wide && !deep)
		return judge_small(s);
	if (!wide)
		return BEHAVIOUR_VERTICAL;
	return deep && !has_main_port(s) ? BEHAVIOUR_BLOCK : BEHAVIOUR_HORIZONTAL;
}

enum behaviour behaviour_judge(const struct source *s, bool inside, double monitored)
{
	uint64_t scans = s->kinds[KIND_SCAN] + s->kinds[KIND_STEALTH], most = scans;
	enum behaviour other = BEHAVIOUR_COUNT;

	if (inside || s->kinds[KIND_OUTBOUND] > 0)
		return BEHAVIOUR_OUTBOUND;
	if (s->kinds[KIND_BACKSCATTER] > most) {
		most = s->kinds[KIND_BACKSCATTER];
		other = BEHAVIOUR_BACKSCATTER;
	}
	if (s->kinds[KIND_MALFORMED] > most) {
		most = s->kinds[KIND_MALFORMED];
		other = BEHAVIOUR_MALFORMED;
	}
	if (s->kinds[KIND_OTHER] > most || most == 0)
		other = BEHAVIOUR_OTHER;
	return other == BEHAVIOUR_COUNT ? judge_scan(s, monitored) : other;
}

/* Packets of scans on the port that gets most of them. */
static uint64_t main_scan_packets(const struct source *s)
{
	for (unsigned i = 0; i < s->top_port_count; i++) {
		if (s->top_ports[i].kind == KIND_SCAN)
			return s->top_ports[i].packets;
	}
	return 0;
}

/* No port can have more distinct addresses than packets. */
bool behaviour_is_internet_wide(const struct source *s, double monitored)
{
	double seconds = (double)(s->last_ns - s->first_ns) / 1e9;
	uint64_t packets = main_scan_packets(s);

	if (!(monitored > 0) || s->last_ns < s->first_ns)
		return false;
	if (s->destinations < RULE_WIDE_DESTINATIONS || packets < RULE_WIDE_DESTINATIONS)
		return false;
	return (double)packets / fmax(seconds, 1) * TELESCOPE_SPACE_V4 / monitored >= RULE_WIDE_PPS;
}

bool behaviour_is_aggressive(const struct source *s, double monitored)
{
	return monitored > 0 && s->destinations >= RULE_MANY_DESTINATIONS &&
	       s->destinations >= RULE_AGGRESSIVE_SHARE * monitored;
}
