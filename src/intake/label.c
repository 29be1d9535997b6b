/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/label.h"

#include "detect/rules.h"
#include "model/packet.h"

/* Rules of one packet, from the least to the most likely to hold by luck. */
static const struct {
	enum mark mark;
	enum tool tool;
} marked[] = {
        {MARK_MIRAI, TOOL_MIRAI},         {MARK_MASSCAN, TOOL_MASSCAN},     {MARK_ZMAP, TOOL_ZMAP},
        {MARK_HAJIME, TOOL_HAJIME},       {MARK_ZMAP_LIKE, TOOL_ZMAP_LIKE}, {MARK_NMAP, TOOL_NMAP},
        {MARK_IRREGULAR, TOOL_IRREGULAR},
};

/* See worm_of in detect/tool.c: Witty goes to any port. */
static enum tool payload_tool(const struct flow *row)
{
	if (row->proto == PROTO_UDP)
		return row->port == 1434 ? TOOL_SLAMMER : TOOL_WITTY;
	if (row->proto == PROTO_TCP && row->port == 80)
		return TOOL_CODERED;
	return row->proto == PROTO_TCP && row->port == 135 ? TOOL_BLASTER : TOOL_UNKNOWN;
}

enum tool label_tool(const struct flow *row)
{
	if (row->kind != KIND_SCAN)
		return TOOL_UNKNOWN;
	if (row->marks & MARK_BIT(PAYLOAD))
		return payload_tool(row);
	if (row->proto == PROTO_TCP && row->unicorn > RULE_UNICORN_REPEATS &&
	    row->unicorn >= row->packets)
		return TOOL_UNICORN;
	for (unsigned i = 0; i < sizeof(marked) / sizeof(marked[0]); i++) {
		if (row->marks >> marked[i].mark & 1)
			return marked[i].tool;
	}
	return TOOL_UNKNOWN;
}
