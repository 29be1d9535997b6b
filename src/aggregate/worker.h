/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker of the pipeline: walks every record, keeps its own shards' packets in a
 * batch, and counts a full batch after asking memory for all its rows at once.
 * Private to aggregate/; one thread each.
 */
#ifndef AGGREGATE_WORKER_H
#define AGGREGATE_WORKER_H

#include "aggregate/columns.h"
#include "aggregate/export.h"
#include "aggregate/monitor.h"
#include "aggregate/pipeline.h"
#include "aggregate/shard.h"
#include "capture/records.h"

#include <stdatomic.h>

enum { WORKER_BATCH = RECORD_BATCH };

_Static_assert((int)WORKER_BATCH == (int)COLUMN_PLACES, "a place for each sample");

/* What all workers share; constant while they run but for `failed`. */
struct engine {
	struct shard *shards; /* SHARD_COUNT; shard s belongs to worker s % workers */
	unsigned workers;
	const struct monitor *monitor; /* NULL: to be inferred */
	struct export *export;         /* NULL: no sink */
	uint32_t destination_key;
	double addresses;
	uint64_t window_packets_max; /* a window with more closes early */
	atomic_bool failed;
};

/* A packet that waits for its row, and an answer that waits for its vector. */
struct pending_sample {
	struct sample sample;
	struct window *window;
};

struct pending_answer {
	struct answer answer;
	struct vectors *vectors;
};

/* A destination that waits to be noted in the space, IPv4. */
struct pending_note {
	struct space *space;
	uint32_t destination;
};

struct worker {
	struct engine *engine;
	unsigned id;
	enum status status;       /* our own failure */
	enum status input_status; /* how the last input ended */
	struct trouble trouble;
	struct pipeline_counters counters;
	atomic_uint_fast64_t progress; /* records read, for others to see */

	/* the open window */
	bool open;
	uint64_t start_ns, span_ns;  /* span 0: none is open */
	uint32_t number;             /* of the window */
	uint64_t unit;               /* of the closing */
	struct window_header header; /* of what came since the last closing */

	uint32_t mine; /* bit s: shard s is ours */
	unsigned sample_count, answer_count, note_count;
	struct pending_sample samples[WORKER_BATCH];
	struct columns columns; /* of the samples */
	struct pending_answer answers[WORKER_BATCH];
	struct pending_note notes[WORKER_BATCH];
};

void worker_init(struct worker *w, struct engine *e, unsigned id);

/* Read an input to its end; the outcome is in status, input_status and trouble. */
void worker_run(struct worker *w, struct input *in);

/* Close the open window. */
MUST_USE enum status worker_finish(struct worker *w);

#endif
