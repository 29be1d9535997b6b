/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hands closed windows to a flow sink, sorted, from a thread of its own.
 *
 * Workers give the closed windows of their shards, unit by unit (a unit is one closing, the same
 * for all workers); when all workers have given theirs, the exporter sorts the unit's
 * rows by (source, proto, port, kind, marks) and calls the sink. At most `ahead` units
 * wait; a worker that is further ahead waits. The order of what the sink sees does not
 * depend on the number of workers.
 */
#ifndef AGGREGATE_EXPORT_H
#define AGGREGATE_EXPORT_H

#include "aggregate/window.h"
#include "base/status.h"
#include "model/flow.h"

#include <stdint.h>

enum { EXPORT_AHEAD = 2 }; /* at most */

struct export;

/* shards windows a unit; workers give them. `ahead`, 1 to EXPORT_AHEAD, costs a unit's windows
 * each: 1 is enough for who may wait. The sink is borrowed. */
MUST_USE enum status export_new(struct export **out, const struct flow_sink *sink, unsigned shards,
                                unsigned workers, unsigned ahead, uint32_t destination_key);

/* Give window `*w` of `shard` in unit `unit` away and get an empty one for it. May wait. Units
 * of one shard come in order, from 0. */
MUST_USE enum status export_give(struct export *e, uint64_t unit, unsigned shard,
                                 struct window **w);

/* This worker has given all its shards of the unit. The header may come from any worker: it
 * is the same. */
void export_close(struct export *e, uint64_t unit, const struct window_header *header);

/* Give up: nobody waits any more, nothing more goes to the sink. */
void export_abort(struct export *e, enum status why);

/* Wait until all whole units went out; returns the first failure of the sink. */
MUST_USE enum status export_finish(struct export *e);

void export_free(struct export *e);

#endif
