/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lookout: closed windows of all sensors in, events out.
 *
 * It sorts windows into bins and slots, closes each when sensors had `grace_s` to deliver, and
 * shows it to every detector. Windows may come out of order within that time; later ones, those
 * that came before, and those of a clock far ahead are counted and passed over. The time is what
 * the sensors' windows say: with three and more alive, what two of them say, so that one clock
 * cannot close the bins of others. Sensors that are missing are gaps, and a gap raises nothing.
 *
 * No clock, no files, no globals: the same windows in the same order give the same events. A
 * checkpoint holds what closed bins left; after lookout_load() the caller hands in again what
 * starts at lookout_resume_s() or later. One thread.
 */
#ifndef DETECT_LOOKOUT_H
#define DETECT_LOOKOUT_H

#include "detect/detector.h"
#include "model/flow.h"

#include <stdint.h>

enum { LOOKOUT_GRACE_SECONDS = 120, LOOKOUT_GRACE_MAX = 600, LOOKOUT_SENSORS_MAX = 1 << 16 };

struct lookout;

struct lookout_options {
	struct detect_settings settings;
	const struct detector *const *wanted; /* ends with NULL; NULL: all but references */
	struct event_sink sink;
	uint32_t grace_s; /* up to LOOKOUT_GRACE_MAX */
	/* Two capitals into out, or an empty text; NULL: countries are not known. */
	void (*country)(void *state, const struct addr *a, char out[3]);
	void *country_state;
};

MUST_USE enum status lookout_new(struct lookout **out, const struct lookout_options *o);

/* Where windows go: begin, rows, end. */
struct flow_sink lookout_sink(struct lookout *l);

/* No more windows come: close what is open. What is cut short counts as a gap. */
MUST_USE enum status lookout_finish(struct lookout *l);

enum lookout_counter {
#define LOOKOUT(id, name) LOOKOUT_##id,
#include "detect/lookout.def"
#undef LOOKOUT
	LOOKOUT_COUNTERS
};

uint64_t lookout_count(const struct lookout *l, enum lookout_counter counter);
const char *lookout_counter_name(enum lookout_counter counter);

/* What closed bins left, as bytes that belong to the caller (keep_clear()). */
MUST_USE enum status lookout_save(const struct lookout *l, struct keep *out);

/* Into a new lookout with the same options. STATUS_FORMAT: damaged or of another version. */
MUST_USE enum status lookout_load(struct lookout *l, const void *bytes, size_t n);

/* From where on windows are wanted again. */
uint64_t lookout_resume_s(const struct lookout *l);

void lookout_free(struct lookout *l);

#endif
