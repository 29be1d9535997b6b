/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From captures to counts: the engine of `analyze`, later of the sensor.
 *
 * Every worker walks all records and keeps the sources whose shard is its own; workers
 * share nothing but the input's blocks. Windows of WINDOW_SECONDS close at the same record for all
 * workers, so results do not depend on their number. Usage: pipeline_new, pipeline_run for
 * each input in turn, pipeline_finish, what detect/conclude.h reads, pipeline_free. These calls
 * belong to one thread; the workers are made and joined inside.
 *
 * Time: a packet up to a window's length older than the open window is counted into it
 * (and in `late`); an older one closes the window and opens one at its own time.
 * Memory: half of the budget bounds the sources (past it the smallest are folded into
 * counted remainders), a quarter the open windows (past it they close early and a source
 * can have two rows in a window), the rest ports and backscatter vectors.
 */
#ifndef AGGREGATE_PIPELINE_H
#define AGGREGATE_PIPELINE_H

#include "base/status.h"
#include "capture/input.h"
#include "model/analysis.h"
#include "model/flow.h"
#include "model/vector.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIPELINE_MEMORY_MIN     UINT64_C(33554432)   /* 32 MiB */
#define PIPELINE_MEMORY_DEFAULT UINT64_C(1073741824) /* 1 GiB */

struct pipeline;

struct pipeline_options {
	unsigned threads;                   /* 1 to INPUT_WORKERS_MAX */
	uint64_t memory;                    /* bytes; at least PIPELINE_MEMORY_MIN */
	const struct prefix_set *monitored; /* sealed, borrowed; NULL: to be inferred */
	const struct flow_sink *sink;       /* takes closed windows; NULL: nobody */
	uint32_t destination_key;           /* hashes destinations */
	double addresses;                   /* monitored; 0 where not known */
	void (*tick)(void *state); /* called about 4 times a second while running, or NULL */
	void *tick_state;
};

/* What one input held. */
struct pipeline_input {
	uint64_t packets, bytes; /* records, bytes on the wire */
	bool readable;           /* it was a capture */
	bool truncated;          /* it ended early; the trouble says where */
};

MUST_USE enum status pipeline_new(struct pipeline **out, const struct pipeline_options *o);

/* Read an input (opened for the same number of workers) to its end. STATUS_OK also where the
 * input was cut or was no capture at all: *result says, with the trouble. */
MUST_USE enum status pipeline_run(struct pipeline *p, struct input *in,
                                  struct pipeline_input *result, struct trouble *t);

/* Records read so far; any thread. */
uint64_t pipeline_packets(const struct pipeline *p);

/* Close the last window and wait for the sink. Returns the sink's failure, if any. */
MUST_USE enum status pipeline_finish(struct pipeline *p);

void pipeline_free(struct pipeline *p);

/* After pipeline_finish: what detect/conclude.h reads. */
struct shard;
struct shard *pipeline_shard(struct pipeline *p, unsigned i);

/* Counters that all workers agree on. */
struct pipeline_counters {
	uint64_t packets, bytes; /* records; bytes on the wire */
	uint64_t first_ns, last_ns;
	uint64_t skipped[SKIP_COUNT];
	uint64_t late, backward; /* backward: windows reopened at an older time */
	uint64_t windows, early; /* closings; those before their time */
};
const struct pipeline_counters *pipeline_counters(const struct pipeline *p);

#endif
