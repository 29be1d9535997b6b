/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/attack.h"

#include "detect/rules.h"
#include "detect/telescope.h"

#include <math.h>

static uint64_t duration_ns(const struct vector *v)
{
	return v->last_ns > v->start_ns ? v->last_ns - v->start_ns : 0;
}

static bool lasts(const struct vector *v)
{
	return v->packets >= RULE_ATTACK_PACKETS &&
	       duration_ns(v) >= RULE_ATTACK_SECONDS * UINT64_C(1000000000);
}

static bool rsdos_holds(const struct vector *v)
{
	return lasts(v) && v->highest_minute >= RULE_ATTACK_MINUTE;
}

static double destinations_needed(const struct attack_rule *rule)
{
	if (rule->inferred || !(rule->monitored > 0))
		return RULE_ATTACK_DESTINATIONS;
	return fmin(RULE_ATTACK_DESTINATIONS, floor(fmax(rule->monitored, 1)));
}

static bool telescope_holds(const struct attack_rule *rule, const struct vector *v)
{
	return lasts(v) && v->destinations >= destinations_needed(rule);
}

static void fill(const struct attack_rule *rule, const struct vector *v, enum attack_state state,
                 struct attack *out)
{
	struct telescope_rate rate =
	        telescope_victim_rate(v->packets, (double)duration_ns(v) / 1e9,
	                              addr_is_v4(&v->victim) ? rule->monitored : 0);

	*out = (struct attack){
	        .victim = v->victim,
	        .proto = v->proto,
	        .port = v->port,
	        .start_ns = v->start_ns,
	        .end_ns = v->last_ns,
	        .packets = v->packets,
	        .destinations = v->destinations,
	        .highest_minute = v->highest_minute,
	        .rate = rate.estimate,
	        .rate_low = rate.low,
	        .rate_high = rate.high,
	        .rule = rule->rsdos ? "rsdos" : "telescope",
	        .state = state,
	};
}

bool attack_judge(const struct attack_rule *rule, const struct vector *v, struct attack *out)
{
	bool holds = rule->rsdos ? rsdos_holds(v) : telescope_holds(rule, v);

	if (holds)
		fill(rule, v, v->closed ? ATTACK_CLOSED : ATTACK_CONFIRMED, out);
	else if (!rule->rsdos && v->provisional_ns)
		fill(rule, v, v->closed ? ATTACK_WITHDRAWN : ATTACK_PROVISIONAL, out);
	else
		return false;
	return true;
}
