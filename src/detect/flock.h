/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which sources did the same at the same time: the search behind the detector `group`.
 *
 * Each source's ports of the last six slots are three windows of ten minutes; a signature is one
 * port from each. Sources that move together share a signature with at least two
 * different ports. Whether that is chance is read from the same sources' data: were times
 * exchangeable, the same ports in another order would be shared by as many. What is shared far
 * more often in one order than in any other is movement in step. (An exact form of MinHash
 * over (port, window) sets with bands of three: short sets need no sketch.) Slots overlap windows
 * by half, so that a burst of five minutes lies in one window of one phase at least.
 *
 * Bounded: past FLOCK_SOURCES new sources are counted and left out. Owns its memory; one thread.
 */
#ifndef DETECT_FLOCK_H
#define DETECT_FLOCK_H

#include "detect/keep.h"
#include "detect/roster.h"

#include <stddef.h>
#include <stdint.h>

enum { FLOCK_SLOTS = 6, FLOCK_WINDOWS = 3, FLOCK_SOURCES = 1 << 17 };

struct flock_source {
	struct addr address;
	uint64_t sensors; /* as in the roster, of all slots here */
	uint32_t print;
	uint32_t packets[FLOCK_SLOTS];
	uint32_t ports[FLOCK_SLOTS][ACTOR_PORTS];
	uint8_t counts[FLOCK_SLOTS]; /* 0: not there; ACTOR_PORTS + 1: too many ports */
	uint8_t marks;
};

struct flock {
	struct flock_source *sources;
	size_t count, room;
	uint32_t *index;
	unsigned slot; /* of the newest */
	uint64_t forgotten;
};

/* A set of sources with one signature. */
struct sighting {
	uint32_t ports[FLOCK_WINDOWS]; /* the oldest window first */
	uint32_t *members;             /* places in flock.sources */
	size_t count;
	double by_chance; /* members that would be expected were they not together */
};

MUST_USE enum status flock_init(struct flock *f);
void flock_clear(struct flock *f);

/* A slot passes. */
MUST_USE enum status flock_add(struct flock *f, const struct roster *r);

/* What is seen now, the largest first, each source in one at most. The caller frees with
 * flock_free_sightings(). */
MUST_USE enum status flock_search(const struct flock *f, struct sighting **out, size_t *count);
void flock_free_sightings(struct sighting *s, size_t count);

void flock_save(const struct flock *f, struct keep *out);
MUST_USE enum status flock_load(struct flock *f, struct cursor *in);

#endif
