/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exact set of small numbers, for the truth about what a sender reached.
 *
 * A hash set that turns into a bitmap where that is smaller. All sets of a run share a
 * budget of bytes; a set that may not grow stops counting and says so (`inexact`: `count`
 * is then a lower bound). exact_set_clear() frees. One thread.
 */
#ifndef SYNTH_EXACT_SET_H
#define SYNTH_EXACT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exact_set {
	uint32_t *slots; /* value + 1, 0 empty; or the bitmap */
	uint32_t count;
	uint32_t room; /* slots, a power of two */
	bool bitmap, inexact;
};

/* Add a value < universe (the same for all calls; at most 2^32 - 1). True if it is new. */
bool exact_set_add(struct exact_set *d, uint32_t value, uint32_t universe, size_t *budget);

bool exact_set_has(const struct exact_set *d, uint32_t value);

/* Up to max values in ascending order, the lowest ones; how many were put. */
size_t exact_set_lowest(const struct exact_set *d, uint32_t *values, size_t max);

void exact_set_clear(struct exact_set *d);

#endif
