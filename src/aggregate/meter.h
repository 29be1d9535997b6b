/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sensor's engine: packets in, closed windows of flow rows out, nothing else kept.
 *
 * One meter for each capture thread; a source's packets should all come to the same one (rows
 * that come to several stay apart). The meters of a set close their windows together and one
 * thread of the set's own sorts them and calls the sink, as the pipeline does: the same packets
 * with the same key give the same rows (tests/unit/aggregate/meter_test.c). With a second
 * sink each packet is also counted into a window of one second, for those who want the newest.
 *
 * Time: packets close windows as in pipeline.h; so does the clock that meter_tick() is told,
 * TRACK_GRACE_MS later, for what the kernel still holds. A window in which nothing came is handed
 * out empty: it says that somebody watched. One in which nobody watched is not handed out.
 * Memory: the budget is shared by all windows, open and on their way; past it all meters close the
 * window early, and a source has two rows in it. Where the system has no memory a packet is
 * lost and counted. While the sink is slow the meters wait, and the kernel's ring fills up.
 *
 * A set belongs to one thread, each meter to its own; what is for any thread says so.
 */
#ifndef AGGREGATE_METER_H
#define AGGREGATE_METER_H

#include "aggregate/meter_sink.h"
#include "capture/records.h"
#include "model/addr.h"

#include <stdbool.h>
#include <stdint.h>

#define METER_MEMORY_MIN     UINT64_C(4194304)  /* 4 MiB */
#define METER_MEMORY_DEFAULT UINT64_C(33554432) /* 32 MiB */

enum { METERS_MAX = 16 };

struct meters;
struct meter;

struct meters_options {
	unsigned meters;                    /* 1 to METERS_MAX */
	uint64_t memory;                    /* bytes; at least METER_MEMORY_MIN a meter */
	const struct prefix_set *monitored; /* copied; NULL: everything */
	const struct meter_sink *sink;      /* takes windows of a minute; borrowed */
	const struct meter_sink *live;      /* takes windows of a second; borrowed; NULL: nobody */
	uint32_t destination_key;           /* secret of the sensor */
	uint32_t sensor;                    /* its number */
	const char *version;                /* borrowed */
};

MUST_USE enum status meters_new(struct meters **out, const struct meters_options *o);
struct meter *meters_at(struct meters *set, unsigned i);

/* Watch another space from the next window on. Any thread. */
MUST_USE enum status meters_watch(struct meters *set, const struct prefix_set *monitored);

/* Nobody waits for the sink any more; what the meters return then is `why`. Any thread. */
void meters_abort(struct meters *set, enum status why);

/* All threads are done with their meters: close the last windows, wait for the sinks. */
MUST_USE enum status meters_finish(struct meters *set);
void meters_free(struct meters *set);

/* Count n records, in the order in which they came. Their bytes are not needed afterwards. */
MUST_USE enum status meter_take(struct meter *m, const struct record *records, unsigned n);

/* Now it is now_ns (since 1970): close what is over. Call it at least each 100 ms, and after the
 * records that are older. */
MUST_USE enum status meter_tick(struct meter *m, uint64_t now_ns);

/* The kernel dropped packets, or we did, before they came here. */
void meter_lose(struct meter *m, uint64_t by_kernel, uint64_t by_us);

/* Whether packets would be seen now: an interface that is down watches nothing. Meters begin
 * watching. At the time of the last tick or packet. */
void meter_set_watching(struct meter *m, bool watching);

/* What the windows say of the sensor itself from now on. */
void meter_set_clock(struct meter *m, uint64_t uptime_s, int64_t offset_us, uint64_t error_us);

/* Totals since the start. Any thread. */
struct meter_counts {
	uint64_t packets;   /* counted into windows */
	uint64_t bytes;     /* on the wire, of all records */
	uint64_t records;   /* that came */
	uint64_t skipped;   /* no IP packet, or no business of ours */
	uint64_t malformed; /* of `packets` */
	uint64_t late, early, windows;
	uint64_t dropped_kernel, dropped_own;
};
struct meter_counts meter_counts(struct meter *m);

#endif
