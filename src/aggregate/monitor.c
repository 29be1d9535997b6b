/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/monitor.h"

#include <string.h>

enum { V4_BITS = 96 };

void monitor_init(struct monitor *m, const struct prefix_set *set)
{
	m->set = set;
	memset(m->v4, MONITOR_OUT, sizeof(m->v4));
	for (size_t i = 0; i < set->count; i++) {
		const struct prefix *p = &set->items[i];
		uint32_t first = addr_low32(&p->base) >> 16, count = 1;

		if (p->length < V4_BITS &&
		    prefix_contains(p, &(struct addr){{[10] = 0xff, [11] = 0xff}})) {
			memset(m->v4, MONITOR_IN,
			       sizeof(m->v4)); /* ::/0 and the like cover all of IPv4 */
			return;
		}
		if (p->length < V4_BITS || !addr_is_v4(&p->base))
			continue;
		if (p->length <= V4_BITS + 16)
			count = 1u << (V4_BITS + 16 - p->length);
		memset(&m->v4[first], p->length <= V4_BITS + 16 ? MONITOR_IN : MONITOR_LOOK, count);
	}
}
