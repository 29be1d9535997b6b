/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is an address monitored? Asked twice for each packet, so IPv4 answers from a byte a
 * /16: out, in, or "look it up"; the first few /16s that are monitored in part answer from a
 * byte a /24. Built once; read by any thread.
 */
#ifndef AGGREGATE_MONITOR_H
#define AGGREGATE_MONITOR_H

#include "model/addr.h"
#include "model/packet.h"

#include <stdbool.h>
#include <stdint.h>

enum monitor_answer { MONITOR_OUT, MONITOR_IN, MONITOR_LOOK, MONITOR_PART };

enum { MONITOR_PARTS_MAX = 8 };

struct monitor {
	const struct prefix_set *set; /* sealed; borrowed */
	/* enum monitor_answer by the upper half of the address; part p is MONITOR_PART + p */
	uint8_t v4[1 << 16];
	uint8_t parts[MONITOR_PARTS_MAX][1 << 8]; /* by the third byte */
	uint8_t part_count;
};

void monitor_init(struct monitor *m, const struct prefix_set *set);

static inline bool monitor_look(const struct monitor *m, struct addr a)
{
	return prefix_set_contains(m->set, &a);
}

/* The address lies in a /16 that is monitored in part. */
bool monitor_has_in_part(const struct monitor *m, uint32_t a32);

static inline bool monitor_has_v4(const struct monitor *m, uint32_t a32)
{
	uint8_t answer = m->v4[a32 >> 16];

	return answer >= MONITOR_LOOK ? monitor_has_in_part(m, a32) : answer == MONITOR_IN;
}

static inline bool monitor_has_src(const struct monitor *m, const struct packet *p)
{
	return p->v6 ? monitor_look(m, p->src) : monitor_has_v4(m, p->src32);
}

static inline bool monitor_has_dst(const struct monitor *m, const struct packet *p)
{
	return p->v6 ? monitor_look(m, p->dst) : monitor_has_v4(m, p->dst32);
}

/* Where the packet goes by its addresses: true where it is our business, and whether it comes from
 * monitored space. */
static inline bool monitor_directs(const struct monitor *m, const struct packet *p, bool *outbound)
{
	*outbound = monitor_has_src(m, p);
	return *outbound || monitor_has_dst(m, p);
}

#endif
