/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One meter's windows of one length: the open one, its figures, the packets that wait for
 * their rows. A meter has one of a minute, and one of a second where the newest data are wanted.
 *
 * Private to meter.c. Times are the packets' and the caller's clock, never asked for here. One
 * thread: the meter's.
 */
#ifndef AGGREGATE_TRACK_H
#define AGGREGATE_TRACK_H

#include "aggregate/closing.h"
#include "aggregate/sample.h"

enum { TRACK_BATCH = 64, TRACK_GRACE_MS = 300 };

/* When the meter was watching, and what it knows of itself; shared by its tracks. */
struct vigil {
	bool watching;
	uint64_t since_ns; /* watching since; 0: a first time is awaited */
	uint64_t now_ns;   /* the latest time heard of */
	uint64_t uptime_s;
	int64_t clock_offset_us;
	uint64_t clock_error_us;
	uint32_t sensor;
	const char *version;
};

struct track {
	struct closing *closing; /* NULL: this track is not used */
	const struct vigil *vigil;
	unsigned meter;
	uint64_t span_ns;
	size_t room; /* bytes of a window */

	uint64_t unit; /* the open one, or the next */
	bool open;
	uint64_t start_ns;
	struct monitored *space;
	struct window *window;
	struct closing_part part;
	uint64_t watched_ns; /* earlier stretches of this window */
	uint64_t floor_ns;   /* watching counts from here: an early closing took the rest */
	uint64_t windows, early, late;

	unsigned count;
	struct sample samples[TRACK_BATCH];
};

struct track_options {
	const struct closing_options *closing;
	uint32_t span_s;
	size_t room;
};

MUST_USE enum status track_init(struct track *t, struct closing *c, const struct vigil *v,
                                unsigned meter, const struct track_options *o);
void track_clear(struct track *t);

/* Open the next unit: at start_ns, or where another meter had it begin. */
void track_open(struct track *t, uint64_t start_ns);

/* Make the open window that of a packet with this time; see pipeline.h, "Time". */
MUST_USE enum status track_enter(struct track *t, uint64_t time_ns);

/* Count a packet into the open window. False: no memory for it. */
bool track_add(struct track *t, const struct packet *p, enum packet_kind kind);

/* Put waiting packets into their rows; returns how many there was no memory for. */
unsigned track_flush(struct track *t);

/* No room left in the window: all meters close it. */
void track_check_room(struct track *t);

/* Time goes by: close what is over, also empty windows, and what was hastened. */
MUST_USE enum status track_tick(struct track *t, uint64_t now_ns);

/* Watching ends or begins at the vigil's present time: call it before the vigil changes. */
void track_pause(struct track *t);

/* Close the open window. */
MUST_USE enum status track_close(struct track *t);

#endif
