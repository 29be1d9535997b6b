/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floods that are reflected onto the monitored space itself: many servers answer to few
 * of our addresses, because somebody asks them in our name (Rossow 2014, "Amplification Hell").
 *
 * Ordinary backscatter is the other way round: few victims answer to many of our
 * addresses. Counted for the UDP services whose answers are backscatter (53, 123, 137, 161).
 * Note sources, merge what several threads noted, then tell. One thread each.
 */
#ifndef DETECT_REFLECTION_H
#define DETECT_REFLECTION_H

#include "aggregate/sources.h"
#include "model/analysis.h"

enum { REFLECTION_SERVICES = 4 };

struct reflection {
	struct distinct_pool pool;
	struct {
		struct distinct destinations;
		uint64_t sources, packets;
	} services[REFLECTION_SERVICES];
};

void reflection_init(struct reflection *r);
void reflection_clear(struct reflection *r);

/* Count a source's answers. */
void reflection_note(struct reflection *r, const struct sources *s, const struct source_entry *e);

void reflection_merge(struct reflection *r, const struct reflection *other);

/* A warning for each service that is used to flood us. */
MUST_USE enum status reflection_tell(const struct reflection *r, struct analysis *a);

#endif
