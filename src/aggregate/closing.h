/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the meters of one sensor agree on, for windows of one length: which window comes next,
 * what its figures are together, when one of them had no room; and the way to the sink.
 *
 * Units count the closings, from 0; each meter opens and closes every unit, in order, and is
 * at most EXPORT_AHEAD ahead of the slowest (export.h). The meter that comes first says
 * where a unit starts and with which monitored space. All functions are for any meter's thread,
 * unless they say otherwise.
 */
#ifndef AGGREGATE_CLOSING_H
#define AGGREGATE_CLOSING_H

#include "aggregate/meter_sink.h"
#include "aggregate/monitored.h"
#include "aggregate/window.h"

#include <stdbool.h>
#include <stdint.h>

struct closing;

struct closing_options {
	const struct meter_sink *sink; /* borrowed */
	unsigned meters;
	bool pass_over_empty; /* windows without packets and losses do not reach the sink */
	uint32_t destination_key;
};

MUST_USE enum status closing_new(struct closing **out, const struct closing_options *o);

/* The space that units take which open from now on. Takes a reference of its own. */
void closing_watch(struct closing *c, struct monitored *space);

/* That space, for packets before the first unit; the caller's reference. */
struct monitored *closing_space(struct closing *c);

struct closing_unit {
	uint64_t start_ns;
	struct monitored *space; /* NULL: all; the meter's reference, to be dropped */
};

/* A meter opens its unit `unit`; start_ns counts if it is the first to. */
struct closing_unit closing_open(struct closing *c, uint64_t unit, uint64_t start_ns);

/* This unit is to be closed before its time by all: one had no room. */
void closing_hasten(struct closing *c, uint64_t unit);
bool closing_is_hastened(struct closing *c, uint64_t unit);

/* What one meter has to say of its part of a window; figures of all parts are added up, of
 * watched_ms the least counts. */
struct closing_part {
	struct window_header header;
	struct window_health health;
};

/* Meter `meter` closes its unit: *w goes away, an empty window comes. May wait for the sink. */
MUST_USE enum status closing_give(struct closing *c, uint64_t unit, unsigned meter,
                                  struct window **w, const struct closing_part *part);

/* Units that some meter opened. */
uint64_t closing_opened(struct closing *c);

/* Nobody waits any more. */
void closing_abort(struct closing *c, enum status why);

/* All meters have given their last unit: wait until the sink has them. One thread. */
MUST_USE enum status closing_finish(struct closing *c);
void closing_free(struct closing *c);

#endif
