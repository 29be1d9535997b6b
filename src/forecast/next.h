/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is next: a source that nobody knew is seen at one sensor; which others will it visit within
 * a day?
 *
 * Fed with sightings in time order, it gives for each new source (not seen anywhere for
 * NEXT_FORGET_S) and each other sensor the chance of a visit within NEXT_HORIZON_S. The chance
 * is a logistic combination of fading rates (rates.h): of this port from this sensor to that one,
 * of the two sensors, of the source's /24 and /16 (IPv6: /48 and /32), of the last two days. All
 * is learned on the way: when a day is over, each chance is settled: it came or not; then the
 * rates and weights learn, and whoever listens is told. A chance never uses what came after it.
 *
 * State is bounded: NEXT_SENSORS_MAX recipients, `pending_max` open chances (a sighting that
 * finds no room is counted and not asked about), tables of fixed size. The caller gives sources
 * numbers; `sources` says how many. Owns its memory; one thread.
 */
#ifndef FORECAST_NEXT_H
#define FORECAST_NEXT_H

#include "forecast/logistic.h"
#include "forecast/rates.h"
#include "model/addr.h"

enum {
	NEXT_HORIZON_S = 86400,
	NEXT_FORGET_S = 28 * 86400,
	NEXT_SENSORS_MAX = 64,
	NEXT_FEATURES = 7,
};

struct next_sighting {
	uint32_t time_s;
	uint32_t source; /* number below `sources` */
	uint16_t sensor; /* below `sensors` */
	uint32_t port;   /* proto << 16 | port */
	struct addr addr;
};

/* What became of one chance. */
struct next_outcome {
	uint32_t time_s; /* of the sighting */
	uint32_t source;
	uint16_t from, to; /* sensors */
	float chance;
	float port_rate; /* what the plain rate of the port alone said */
	bool came;
};

struct next_listener {
	void (*settled)(void *state, const struct next_outcome *outcome);
	void *state;
};

struct next;

/* sensors: 2 to NEXT_SENSORS_MAX. STATUS_NO_MEMORY, STATUS_LIMIT. */
MUST_USE enum status next_new(struct next **out, unsigned sensors, uint32_t sources,
                              size_t pending_max, const struct next_listener *listener);

/* One sighting, not older than the one before. Settles what is due first. Where the source is
 * new, chances[sensor] is filled for every other sensor and *count says `sensors`; else 0. */
void next_see(struct next *n, const struct next_sighting *s, float *chances, unsigned *count);

/* Settle what was due at that time, though nothing was seen. */
void next_settle(struct next *n, uint32_t now_s);

/* Sightings of new sources for which there was no room. */
uint64_t next_unasked(const struct next *n);

void next_free(struct next *n);

#endif
