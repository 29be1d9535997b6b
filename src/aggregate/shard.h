/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sixteenth of the traffic, by a hash of the source: everything that is counted for
 * those sources.
 *
 * The number of shards is fixed, so that what is counted, and what a full budget folds,
 * does not depend on the number of threads: a thread owns whole shards. Packets go into the
 * open window's rows; closing the window merges the rows into sources, ports and series. One
 * thread at a time.
 */
#ifndef AGGREGATE_SHARD_H
#define AGGREGATE_SHARD_H

#include "aggregate/ports.h"
#include "aggregate/series.h"
#include "aggregate/sources.h"
#include "aggregate/space.h"
#include "aggregate/vectors.h"
#include "aggregate/window.h"

#include <stdbool.h>
#include <stdint.h>

enum { SHARD_COUNT = 16, SHARD_SHIFT = 60 };

struct shard_options {
	size_t budget;            /* bytes for this shard */
	uint32_t destination_key; /* hashes destinations */
	bool infer_space;         /* note destinations, to infer the monitored space */
};

struct shard {
	struct window *window;
	struct sources sources;
	struct ports ports;
	struct vectors vectors;
	struct space asked;    /* destinations of scans */
	struct space answered; /* destinations of backscatter */
	struct series_totals series;
	uint64_t kinds[KIND_COUNT];
	uint32_t destination_key;
	bool infer_space;
};

MUST_USE enum status shard_init(struct shard *s, const struct shard_options *o);
void shard_clear(struct shard *s);

/* The shard of a packet's source. */
static inline unsigned shard_of(uint64_t source_hash)
{
	return (unsigned)(source_hash >> SHARD_SHIFT);
}

/* Merge the open window's rows into the totals. `number` counts windows from 0, the same for
 * both parts of a window that was closed early; the rows stay until the window is reset. */
MUST_USE enum status shard_close_window(struct shard *s, uint32_t start_s, uint32_t number);

/* The capture is over, at time_ns: close the running vectors and give the window's memory back, so
 * that what is made of the totals has room. Nothing can be counted any more. */
MUST_USE enum status shard_finish(struct shard *s, uint64_t time_ns);

#endif
