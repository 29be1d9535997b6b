/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/monitor.h"

#include <string.h>

enum { V4_BITS = 96 };

bool monitor_has_in_part(const struct monitor *m, uint32_t a32)
{
	uint8_t answer = m->v4[a32 >> 16];

	if (answer >= MONITOR_PART)
		answer = m->parts[answer - MONITOR_PART][a32 >> 8 & 0xff];
	return answer == MONITOR_LOOK ? monitor_look(m, addr_v4(a32)) : answer == MONITOR_IN;
}

/* A prefix within one /16. */
static void add_part(struct monitor *m, uint32_t base, unsigned length)
{
	uint8_t *answer = &m->v4[base >> 16];

	if (*answer < MONITOR_LOOK && m->part_count < MONITOR_PARTS_MAX)
		*answer = (uint8_t)(MONITOR_PART + m->part_count++);
	else if (*answer < MONITOR_LOOK)
		*answer = MONITOR_LOOK;
	if (*answer >= MONITOR_PART)
		memset(&m->parts[*answer - MONITOR_PART][base >> 8 & 0xff],
		       length <= 24 ? MONITOR_IN : MONITOR_LOOK,
		       length <= 24 ? 1u << (24 - length) : 1);
}

static bool covers_v4(const struct prefix *p)
{
	return p->length < V4_BITS &&
	       prefix_contains(p, &(struct addr){{[10] = 0xff, [11] = 0xff}});
}

void monitor_init(struct monitor *m, const struct prefix_set *set)
{
	m->set = set;
	m->part_count = 0;
	memset(m->v4, MONITOR_OUT, sizeof(m->v4));
	memset(m->parts, MONITOR_OUT, sizeof(m->parts));
	for (size_t i = 0; i < set->count; i++) {
		const struct prefix *p = &set->items[i];
		uint32_t base = addr_low32(&p->base);

		if (covers_v4(p)) { /* ::/0 and the like cover all of IPv4 */
			memset(m->v4, MONITOR_IN, sizeof(m->v4));
			return;
		}
		if (p->length < V4_BITS || !addr_is_v4(&p->base))
			continue;
		if (p->length <= V4_BITS + 16)
			memset(&m->v4[base >> 16], MONITOR_IN, 1u << (V4_BITS + 16 - p->length));
		else
			add_part(m, base, p->length - V4_BITS);
	}
}
