/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub's side of shipping: a sensor's frame is checked, made durable, acknowledged, and then
 * put into the store, exactly once.
 *
 *   front (any thread)   intake_submit: header -> repeat? -> decode, check -> journal -> fsync ->
 * yes writer (one thread)  segment -> rows, country, network, tool -> store under the segment's
 *                        number -> control data: how far each sensor is -> segment removed
 *
 * A frame is known by (sensor, boot id, sequence). The highest sequence of each boot is
 * kept; what is not above it is a repeat: acknowledged, not counted again. Everything that a
 * hostile sensor can do is bounded to rows under its own number. See docs/adr/0012.
 */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "base/log.h"
#include "base/metrics.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct control;
struct observations;
struct observations_keep;
struct geo;

enum intake_verdict {
	INTAKE_ACKNOWLEDGED, /* durable */
	INTAKE_REPEAT,       /* durable since before */
	INTAKE_PROVISIONAL,  /* taken, not durable, nothing to resend */
	INTAKE_MALFORMED,    /* no frame: damaged, cut, of another version */
	INTAKE_REFUSED,      /* a frame that cannot be true; resending will not help */
	INTAKE_LATER,        /* no room, the store is far behind, or the window's time is not yet */
};

enum { INTAKE_WHY_MAX = 160 };

struct intake_answer {
	uint64_t boot_id, sequence;
	uint32_t retry_after_s;   /* LATER */
	char why[INTAKE_WHY_MAX]; /* for the sensor's log; no secrets, nothing of other sensors */
};

struct intake_options {
	const char *journal; /* directory */
	uint64_t journal_bytes_max;
	struct control *control; /* borrowed */
	/* Opens the store, in the writer's thread and for it, which closes it: tried again until
	 * it works, while the journal fills. */
	enum status (*open_store)(void *state, struct observations **out, struct trouble *t);
	void *store_state;
	const struct observations_keep *keep; /* looked at once an hour; NULL: for ever */
	const struct geo *country, *network;  /* borrowed; NULL: nothing is known */
	const char *hub_id;                   /* names this hub's blocks in the store */
	uint64_t (*now_ns)(void *state);      /* true time; NULL: the system's clock */
	void *now_state;
	struct metrics *metrics; /* INTAKE_, STORE_ and JOURNAL_ figures; may be NULL */
	const struct log *log;
	bool journal_only; /* the writer does not start: frames stay in the journal (tests) */
};

struct intake;

MUST_USE enum status intake_open(struct intake **out, const struct intake_options *o,
                                 struct trouble *t);

/* One frame of the sensor whose certificate it came with. Any thread; waits for the disk. */
enum intake_verdict intake_submit(struct intake *in, uint32_t sensor, const uint8_t *frame,
                                  size_t n, struct intake_answer *answer);

/* Wait until all that was acknowledged before the call is in the store; STATUS_UNAVAILABLE where it
 * is not after wait_ms. */
MUST_USE enum status intake_drain(struct intake *in, uint32_t wait_ms);

/* Stop the writer after its current segment; what waits stays in the journal. */
void intake_close(struct intake *in);

#endif
