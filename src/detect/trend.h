/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The series keeper: for each series the sources of the last TREND_BINS bins.
 *
 * A bin's value is put together from panels, so that no panel can move it alone: each panel's
 * count is held against what is usual in it, and of three or more the highest and the lowest
 * ratio are drawn in to the next (winsorised mean). Panels with a gap do not count, and the value
 * stands for all as if they were there. A series is kept from its first bin with TREND_ADMIT
 * sources until its ring is empty; what finds no room is counted in `forgotten`. Bins without any
 * usable panel are not kept at all. Owns its memory; one thread.
 */
#ifndef DETECT_TREND_H
#define DETECT_TREND_H

#include "detect/digest.h"
#include "detect/keep.h"
#include "detect/scene.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TREND_BINS = 36, /* six hours: section 5 of the design */
	TREND_ADMIT = 5,
	TREND_SETTLE = 3, /* bins until a panel counts */
};

struct series {
	uint64_t key;
	float usual[PANELS];
	float ring[TREND_BINS];
	uint8_t filled, at;
	/* of this bin */
	float value;   /* sources as put together */
	float median;  /* of the ring before this bin; 0 where it is empty */
	uint8_t risen; /* panels that saw more than 1.3 times what is usual */
	uint64_t packets;
	uint32_t sources;
	/* of its owner */
	float cusum, last_z, last_log_p;
	uint32_t episode; /* 1 + its number; 0: none */
};

struct trend {
	struct series *items;
	size_t count, room, most;
	uint32_t *index; /* 1 + place, 0: free; twice the room */
	unsigned age[PANELS];
	unsigned bins;    /* without a gap in all panels */
	unsigned settled; /* panels that count in this bin */
	double common;    /* ln of the factor that all ports share in this bin; see trend_watch() */
	uint64_t forgotten;
};

/* memory: bytes of all series. */
MUST_USE enum status trend_init(struct trend *t, uint64_t memory);
void trend_clear(struct trend *t);

/* A bin: sets value and median of every series, new ones included. false: it was all gap and
 * nothing was set. The common factor is the middle one of the busier ports. */
MUST_USE enum status trend_watch(struct trend *t, const struct scene *scene, bool *usable);

/* The series' value enters its ring, and what is usual in its panels follows. */
void trend_push(struct series *s, const struct scene *scene);

/* Start over at the present level. */
void trend_restart(struct series *s);

/* Drop the series that saw nothing for the whole ring and have no episode. */
void trend_sweep(struct trend *t);

/* Sorted by key, so that it does not depend on the order of rows. */
void trend_sort(struct trend *t);

void trend_save(const struct trend *t, struct keep *out);
MUST_USE enum status trend_load(struct trend *t, struct cursor *in);

#endif
