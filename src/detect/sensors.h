/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sensors that windows come from: which panel each is in, what it has delivered of the open
 * bins and slots, what time its windows say. Part of the lookout. Owns its memory; one thread.
 */
#ifndef DETECT_SENSORS_H
#define DETECT_SENSORS_H

#include "detect/keep.h"
#include "detect/scene.h"
#include "model/flow.h"

#include <stddef.h>
#include <stdint.h>

enum { OPEN_PERIODS = 8 }; /* bins and slots that may be open at once */

struct sensor {
	uint32_t number;
	uint64_t first_s, last_s; /* starts of its first and latest window */
	uint64_t arrival;         /* of its latest window, counted over all sensors */
	double packets;           /* of a window, on average over closed bins */
	double addresses;
	uint64_t bin_packets[OPEN_PERIODS];
	uint32_t bin_ms[OPEN_PERIODS], slot_ms[OPEN_PERIODS]; /* watched */
};

struct sensors {
	struct sensor *items;
	size_t count, room;
	uint32_t *index; /* 1 + place, 0: free; twice the room */
	uint64_t arrivals;
};

void sensors_clear(struct sensors *s);

/* The sensor of a window, made where it is new; NULL in *out: no room for one more. */
MUST_USE enum status sensors_take(struct sensors *s, const struct window_header *h,
                                  struct sensor **out);

/* Its window came. */
void sensors_note(struct sensors *s, struct sensor *from, const struct window_header *h);

static inline unsigned sensors_panel(size_t index)
{
	return (unsigned)(index % PANELS);
}

/* Up to when windows have come, as at least two say where three are alive. */
uint64_t sensors_time(const struct sensors *s);

/* What was there of the period [start_s, start_s + length_s); what it took is forgotten. */
void sensors_cover(struct sensors *s, uint64_t start_s, uint32_t length_s, struct coverage *out);

/* As they were before that time: what is younger comes in again. */
void sensors_save(const struct sensors *s, uint64_t before_s, struct keep *out);
MUST_USE enum status sensors_load(struct sensors *s, struct cursor *in);

#endif
