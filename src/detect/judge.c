/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/judge.h"

#include "detect/behaviour.h"
#include "detect/rules.h"
#include "model/bogon.h"

#include <math.h>

/* Private destinations do not come from the Internet: one is enough to know a private net. */
static bool is_private(const struct prefix_set *telescope)
{
	for (size_t i = 0; i < telescope->count; i++) {
		if (bogon_is_private(&telescope->items[i].base))
			return true;
	}
	return false;
}

void judge_context_init(struct judge_context *c, const struct prefix_set *telescope, bool inferred,
                        const struct spoof_census *census)
{
	double v4 = prefix_set_size_v4(telescope);

	*c = (struct judge_context){
	        .telescope = telescope,
	        .census = census,
	        .inferred = inferred,
	        .addresses = v4 > 0 ? v4 : prefix_set_size_v6(telescope),
	        .addresses_v4 = v4,
	        .tools = {inferred && v4 < RULE_INFERRED_ENOUGH ? 0 : v4,
	                  tool_conficker_share(telescope)},
	        .private_telescope = is_private(telescope),
	};
}

/* An inferred telescope is where packets went: it says nothing about who lives there. */
static bool is_inside(const struct judge_context *c, const struct source *s)
{
	return !c->inferred && prefix_set_contains(c->telescope, &s->address);
}

static bool is_scan(enum behaviour b)
{
	return b == BEHAVIOUR_HORIZONTAL || b == BEHAVIOUR_BLOCK;
}

void judge_source(const struct judge_context *c, const struct source *s, struct verdict *v)
{
	bool v4 = addr_is_v4(&s->address);
	struct tool_verdict tool = {TOOL_UNKNOWN, NAN, 0};

	*v = (struct verdict){.tool_p = NAN};
	v->behaviour = behaviour_judge(s, is_inside(c, s), c->inferred ? 0 : c->addresses);
	if (v->behaviour == BEHAVIOUR_OUTBOUND)
		return;
	tool = tool_judge(s, &c->tools);
	v->tool = tool.tool;
	v->tool_p = tool.p;
	v->tool_packets = tool.packets;
	if (is_scan(v->behaviour) && v4) {
		v->internet_wide = behaviour_is_internet_wide(s, c->addresses_v4);
		v->aggressive = behaviour_is_aggressive(s, c->addresses_v4);
	}
	spoof_judge(c->census, s, c->private_telescope, v);
}

struct attack_rule judge_attack_rule(const struct judge_context *c, bool rsdos)
{
	return (struct attack_rule){rsdos, c->addresses_v4, c->inferred};
}
