/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sensors say of their own watching: how complete an answer is, where the gaps are,
 * and what its rates are divided by. Inside of this room only.
 *
 * Read once for an answer, in units that are as fine as WINDOWS_CELLS_WANTED allows. Owns its
 * memory. One thread.
 */
#ifndef STORE_ANSWER_WINDOWS_H
#define STORE_ANSWER_WINDOWS_H

#include "store/answer_scope.h"

enum { WINDOWS_CELLS_WANTED = 30000, WINDOWS_CELLS_MAX = 4 << 20 };

/* One sensor in one unit of time. */
struct window_cell {
	uint32_t unit, sensor;
	uint32_t windows; /* of a minute; at most those that the unit has */
	uint64_t packets, dropped, malformed;
	double address_hours;
};

struct answer_windows {
	const struct answer_scope *scope;
	uint32_t from, to;         /* minutes */
	uint32_t minutes;          /* of a unit */
	struct window_cell *cells; /* by unit, then sensor */
	size_t count, room;
	uint32_t *since; /* of each watched sensor: the minute from which windows are expected */
};

/* Sums over a stretch of time and some of the sensors. */
struct window_sums {
	uint64_t windows, packets, dropped, malformed;
	double address_hours;
};

/* Read them for [from, to); units divide `width` (0: any). */
MUST_USE enum status answer_windows_read(struct answer_windows *w, struct engine *e,
                                         const struct engine_run *run, const struct answer_scope *s,
                                         uint32_t from, uint32_t to, uint32_t width,
                                         struct trouble *t);
void answer_windows_clear(struct answer_windows *w);

/* Of the units in [from, to); sensor and member 0: all. */
struct window_sums answer_windows_sum(const struct answer_windows *w, uint32_t from, uint32_t to,
                                      uint32_t sensor, uint32_t member);

/* Windows that were to be expected in [from, to): each watched sensor, while the hub knew it or
 * from its first window in the period on, which a replay may have sent from before;
 * without the two newest minutes, which may still be on their way. */
uint64_t answer_windows_expected(const struct answer_windows *w, uint32_t from, uint32_t to,
                                 uint32_t sensor, uint32_t member);

/* The whole period's figures and gaps. Gaps are told of sensors that the viewer may name. */
MUST_USE enum status answer_windows_tell(const struct answer_windows *w,
                                         struct answer_complete *out);

#endif
