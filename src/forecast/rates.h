/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many small rates that fade: under each key, how often something came of how often it could.
 *
 * What was counted loses half of its weight every `half_s` seconds. A key with few counts is
 * pulled to a prior that the caller gives, as if `weight` counts had said it. The table has a
 * fixed size: where it is full around a key, the one that was longest not touched gives way and
 * is counted. Keys are hashes; two that fall together share a rate. Owns its memory; one thread.
 */
#ifndef FORECAST_RATES_H
#define FORECAST_RATES_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate {
	uint64_t key; /* 0: empty */
	float came, could;
	uint32_t time_s;
};

struct rates {
	struct rate *slots;
	size_t slot_count; /* a power of two */
	double half_s;     /* 0: never fades */
	uint64_t evicted;
};

MUST_USE enum status rates_init(struct rates *r, unsigned log2_slots, double half_s);

/* The rate under a key, drawn to `prior` with the weight of that many counts. */
double rates_get(const struct rates *r, uint64_t key, double prior, double weight, uint32_t now_s);

/* One more chance, and whether it came. */
void rates_add(struct rates *r, uint64_t key, bool came, uint32_t now_s);

void rates_clear(struct rates *r);

#endif
